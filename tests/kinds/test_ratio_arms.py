"""Arms and reports of one trial, and what leads where a model does not suit the counts."""

import pytest

from singlearm.catalogue.tables import columns
from singlearm.kinds import KINDS
from singlearm.kinds.ratio_pool import ratio_rows
from singlearm.kinds.ratio_trials import entry_of, trials_of
from singlearm.synthesis.ratio_choice import poisson_doubts, reading_order
from singlearm.synthesis.ratio_counts import two_by_two
from singlearm.synthesis.ratio_pooling import pool_ratios, pool_ratios_bayes
from singlearm.synthesis.ratios import ratio_from_counts

EMPTY = dict.fromkeys(columns("comparative"))


def counted(study, a, n1, c, n2, comparison="A v B", **known):
    counts = {"events_treat": a, "n_treat": n1, "events_ctrl": c, "n_ctrl": n2}
    names = {"study_id": study, "comparison": comparison, "outcome": "death"}
    return EMPTY | names | counts | known


def printed(study, *values, measure="HR", comparison="A v B", **known):
    names = {"study_id": study, "comparison": comparison, "outcome": "death"}
    effect = dict(zip(("estimate", "ci_low", "ci_high"), values, strict=True))
    return EMPTY | names | {"effect_measure": measure} | effect | known


def pooled(rows, measure=None, trial_ids=None):
    entry = {"kind": "ratio"} | ({"measure": measure} if measure else {})
    found = ratio_rows(rows, {"death": entry}, trial_ids)
    return [row for row in found if row["row"] == "pooled"], found


OTHERS = [counted("B", 3, 40, 6, 40), counted("D", 2, 40, 6, 40)]


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_an_arm_without_events_is_joined_before_ratios_are_taken(measure):
    arms = [
        counted("A", 0, 20, 0, 20, comparison="low v C"),
        counted("A", 3, 20, 0, 20, comparison="high v C"),
    ]
    (trial,) = trials_of(arms, {})
    entry = entry_of(trial, measure)
    table = entry.table
    assert (*table.events_treat, *table.n_treat, *table.events_ctrl, *table.n_ctrl) == (
        3, 40, 0, 20,
    )  # fmt: skip
    assert entry.ratio.yi == ratio_from_counts(measure, 3, 40, 0, 20).yi
    assert len(entry.used) == 2
    rows, _ = pooled([*arms, *OTHERS], measure)
    assert rows[0]["n"] == 60 + 80 + 80 and "arms_combined=1" in rows[0]["note"]


def test_an_arm_without_a_value_is_counted_where_counts_cannot_be_joined():
    arms = [
        printed("A", 0.5, 0.3, 0.8, comparison="low v C"),
        printed("A", 0.6, 0.4, 0.9, comparison="middle v C"),
        printed("A", 0.7, None, None, comparison="high v C"),
    ]
    rows, _ = pooled([*arms, printed("B", 0.7, 0.5, 1.0)])
    assert {"arms_correlated=1", "arms_left_out=1"} <= set(rows[0]["note"].split("; "))


def test_arms_of_equal_counts_are_no_repeat():
    arms = [counted("A", 3, 20, 1, 20, comparison=f"{dose} v C") for dose in ("low", "high")]
    rows, _ = pooled([*arms, *OTHERS], "OR")
    assert rows[0]["n"] == 60 + 80 + 80
    assert "arms_combined=1" in rows[0]["note"] and "repeated" not in rows[0]["note"]
    # another report of the same numbers is no further arm, whatever it calls them
    again = counted("Again", 3, 20, 1, 20, comparison="low dose against control")
    rows, _ = pooled([*arms, again, *OTHERS], "OR", {"A": "N1", "Again": "N1"})
    assert rows[0]["n"] == 60 + 80 + 80 and "repeated_left_out=1" in rows[0]["note"]


@pytest.mark.parametrize("months", [None, 12.0])
def test_two_reports_of_one_comparison_are_not_two_arms(months):
    reports = [
        printed("First", 0.5, 0.3, 0.8, followup_months=months),
        printed("Later", 0.55, 0.35, 0.85, comparison="A vs. b", followup_months=months),
    ]
    rows, found = pooled(
        [*reports, printed("B", 0.7, 0.5, 1.0)], trial_ids={"First": "N1", "Later": "N1"}
    )
    notes = set(rows[0]["note"].split("; "))
    assert "repeated_left_out=1" in notes and not any(n.startswith("arms") for n in notes)
    first, later = (r for r in found if r["study_id"] in ("First", "Later"))
    assert first["used"] and first["note"] == "kept_of_reports=2" and not later["used"]


def test_of_two_reports_the_one_with_more_patients_enters():
    reports = [counted("First", 5, 40, 9, 40), counted("Later", 8, 60, 13, 60)]
    (trial,) = trials_of(reports, {"First": "N1", "Later": "N1"})
    assert trial.patients == 120
    assert [row["study_id"] for row, _ in entry_of(trial, "RR").used] == ["Later"]


def test_two_measures_of_one_comparison_are_one_contrast():
    """A row with a hazard ratio and one with an odds ratio: its counts are counted once."""
    counts = {"events_treat": 10, "n_treat": 50, "events_ctrl": 20, "n_ctrl": 50}
    rows = [
        printed("A", 0.5, 0.3, 0.8, **counts),
        printed("A", 0.5, 0.3, 0.8, measure="OR", **counts),
    ]
    (trial,) = trials_of(rows, {})
    assert trial.patients == 100
    entry = entry_of(trial, "RR")
    assert entry.ratio.yi == ratio_from_counts("RR", 10, 50, 20, 50).yi and not entry.notes


# -- what leads ----------------------------------------------------------------------------------


def test_the_poisson_model_does_not_lead_risk_ratios_of_common_events():
    trials = [(20, 15), (18, 14), (17, 13), (19, 12), (16, 12)]
    rows, _ = pooled([counted(f"T{i}", a, 20, c, 20) for i, (a, c) in enumerate(trials)], "RR")
    assert rows[0]["lead"] and rows[0]["method"] == "mh"
    model = rows[-1]
    assert (model["method"], model["estimate"]) == ("glmm_cm_al", None)
    assert model["note"] == "poisson_events_common"


@pytest.mark.parametrize(("events", "doubts"), [(10, ()), (11, ("poisson_events_common",))])
def test_border_of_the_poisson_model(events, doubts):
    t = two_by_two([0, events], [50, 50], [1, 1], [50, 50])
    assert poisson_doubts(t) == doubts
    first = "mh" if doubts else "glmm_cm_al"
    assert reading_order("RR", 2, t, "reml_hk_adhoc")[0] == first


def test_trials_without_events_do_not_make_a_model_of_one_trial_lead():
    rows = [
        printed("A", 0.5, 0.3, 0.83, measure="OR"),
        counted("B", 3, 40, 6, 40),
        counted("C", 0, 30, 0, 30),
    ]
    found, _ = pooled(rows, "OR")
    assert (found[0]["method"], found[0]["k"]) == ("bayes", 2)
    assert "double_zero_left_out=1" in found[0]["note"]


def test_without_an_event_in_any_trial_the_measure_is_one_that_trials_have():
    rows = [counted(name, 0, 30, 0, 30) for name in "AB"]
    _, every = pooled(rows)
    lead = KINDS["ratio"].lead(every, {})
    assert (lead["effect_measure"], lead["note"]) == ("OR", "no_data; double_zero_left_out=2")


# -- risk differences and I2 ---------------------------------------------------------------------


def test_the_prior_of_tau_fits_the_scale_of_a_difference():
    y, v = [0.1, -0.25], [0.025, 0.022]
    wide = pool_ratios_bayes(y, v, measure="RD", scale=0.5)
    own = pool_ratios_bayes(y, v, measure="RD")
    assert own.ci_high - own.ci_low < 0.5 * (wide.ci_high - wide.ci_low)
    assert own == pool_ratios_bayes(y, v, measure="RD", scale=0.125)
    assert pool_ratios_bayes(y, v) == pool_ratios_bayes(y, v, scale=0.5)


def test_limits_of_a_difference_are_cut_and_say_so():
    r = pool_ratios([0.1, -0.25], [0.025, 0.022], measure="RD")
    assert (r.ci_low, r.ci_high) == (-1.0, 1.0) and "limits_cut_to_1" in r.note
    inside = pool_ratios([0.1, 0.12], [0.001, 0.001], measure="RD", tau2=None)
    assert inside.ci_high < 1 and "limits_cut" not in inside.note
    assert "limits_cut_to_1" in ratio_from_counts("RD", 2, 2, 0, 2).note


def test_rows_that_lead_have_i2():
    few = [printed(name, v, v / 2, v * 2) for name, v in (("A", 0.4), ("B", 0.9), ("C", 0.5))]
    counts = [counted(n, a, 60, c, 60) for n, a, c in (("A", 1, 6), ("B", 7, 4), ("C", 2, 9))]
    for rows, measure, method in ((few, "HR", "bayes"), (counts, "OR", "glmm_cm_el")):
        lead = pooled(rows, measure)[0][0]
        assert lead["lead"] and lead["method"] == method
        assert 0 <= lead["i2_low"] <= lead["i2"] <= lead["i2_high"] < 1

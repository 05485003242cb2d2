"""Randomised comparisons from extracted rows to the rows of `ratios.csv`."""

import csv
import doctest
from pathlib import Path

import pytest

from singlearm.catalogue.tables import columns, table_text
from singlearm.kinds import KINDS, ratio_words
from singlearm.kinds.ratio_check import row_faults as check
from singlearm.kinds.ratio_pool import ratio_rows

CASES = Path(__file__).parents[1] / "cases"
EMPTY = dict.fromkeys(columns("comparative"))
NUMBERS = (
    "followup_months", "estimate", "ci_low", "ci_high",
    "events_treat", "n_treat", "events_ctrl", "n_ctrl",
)  # fmt: skip


def cut(study, comparison="A vs B", outcome="death", **known):
    return EMPTY | {"study_id": study, "comparison": comparison, "outcome": outcome} | known


def counted(study, a, n1, c, n2, **known):
    counts = {"events_treat": a, "n_treat": n1, "events_ctrl": c, "n_ctrl": n2}
    return cut(study, **(counts | known))


def printed(study, measure, *values, **known):
    names = ("estimate", "ci_low", "ci_high")
    return cut(study, effect_measure=measure, **dict(zip(names, values, strict=False)), **known)


def case(name):
    with (CASES / name / "comparative_1.csv").open() as file:
        rows = [{k: v or None for k, v in row.items()} for row in csv.DictReader(file)]
    return [
        EMPTY
        | row
        | {n: float(row[n]) if "." in row[n] else int(row[n]) for n in NUMBERS if row[n]}
        for row in rows
    ]


def rows_of(comparative, measure=None, **settings):
    outcomes = {
        name: {"kind": "ratio"} | ({"measure": measure} if measure else {})
        for name in dict.fromkeys(row["outcome"] for row in comparative)
    }
    rows = ratio_rows(comparative, outcomes, **settings)
    assert table_text("ratios", rows)  # declared columns, declared types
    return rows


def pooled(rows, method, measure=None):
    found = [
        row
        for row in rows
        if row["method"] == method and (measure is None or row["effect_measure"] == measure)
    ]
    assert len(found) == 1, (method, [(r["method"], r["effect_measure"]) for r in rows])
    return found[0]


def numbers(row):
    return [row["estimate"], row["ci_low"], row["ci_high"]]


# -- the shared cases ----------------------------------------------------------------------------


def test_shared_control():
    """Arms combined: 0.4619 [0.2666, 0.8001] of two trials."""
    rows = rows_of(case("ratios-multi-arm/shared-control"))
    common = pooled(rows, "common", "OR")
    assert numbers(common) == pytest.approx([0.4619, 0.2666, 0.8001], abs=1e-3)
    assert (common["k"], common["n"]) == (2, 50 * 3 + 60 * 2)
    assert "arms_combined=1" in common["note"]
    arms = [r for r in rows if r["row"] == "trial" and r["study_id"] == "Beta2020" and r["used"]]
    assert {r["comparison"] for r in arms} == {"low vs placebo", "high vs placebo"}


def test_printed_and_counts():
    rows = rows_of(case("ratios-mixed/printed-and-counts"))
    common = pooled(rows, "common", "OR")
    assert numbers(common) == pytest.approx([0.5607, 0.4021, 0.7817], abs=1e-3)
    assert (common["k"], common["k_printed"], common["k_counts"]) == (3, 1, 2)
    assert common["source"] == "printed_and_counts"
    measure, trials, results = ratio_words.forest_rows(rows)
    assert measure == "OR" and len(trials) == 3 and results[0]["lead"]


def test_ratio_interval_without_width():
    rows = case("check-passes-then-stops/ratio-interval-without-width")
    faults = list(check(rows[0]))
    assert [(rule, column) for rule, column, *_ in faults] == [("interval_width", "ci_low")]
    (trial, nothing) = rows_of(rows)
    assert (trial["estimate"], trial["note"]) == (None, "interval_width")
    assert nothing["k"] == 0 and "trials_with_fault=1" in nothing["note"]


def test_rosiglitazone():
    """A binomial model leads, Mantel-Haenszel and Peto beside it, inverse variance last."""
    with (CASES / "ratios-rare/rosiglitazone-infarction/data.csv").open() as file:
        trials = [
            counted(row["study"], *(int(row[n]) for n in NUMBERS[4:]))
            for row in csv.DictReader(file)
        ]
    rows = rows_of(trials, "OR")
    order = sorted((r for r in rows if r["row"] == "pooled"), key=lambda r: r["rank"])
    assert [r["method"] for r in order] == [
        "glmm_cm_el", "glmm_um_fs", "mh", "peto", "reml_hk_adhoc", "common",
    ]  # fmt: skip
    assert [r["lead"] for r in order] == [True] + [False] * 5
    assert order[3]["estimate"] == pytest.approx(1.428, abs=5e-4)
    assert all("double_zero_left_out=4" in r["note"] for r in order)
    assert {r["effect"] for r in order if r["method"] in ("mh", "peto", "common")} == {"common"}


# -- one cut of a trial --------------------------------------------------------------------------


def test_two_cuts_are_never_pooled_however_the_contrast_is_worded():
    rows = rows_of(
        [
            printed("A", "HR", 0.5, 0.3, 0.8, comparison="x v y", followup_months=12),
            printed("A", "HR", 0.6, 0.4, 0.9, comparison="x against y", followup_months=24),
            printed("B", "HR", 0.7, 0.5, 1.0),
        ]
    )
    common = pooled(rows, "common")
    assert common["k"] == 2 and "earlier_cuts_left_out=1" in common["note"]
    assert [r["estimate"] for r in rows if r["row"] == "trial"] == [0.6, 0.7]


def test_reports_of_one_trial_are_one_trial():
    comparative = [
        printed("First", "HR", 0.5, 0.3, 0.8, followup_months=12),
        printed("Later", "HR", 0.6, 0.4, 0.9, followup_months=24),
        printed("Other", "HR", 0.7, 0.5, 1.0),
    ]
    assert pooled(rows_of(comparative), "common")["k"] == 3
    trial_ids = {"First": "NCT1", "Later": "NCT1", "Other": "NCT2"}
    assert pooled(rows_of(comparative, trial_ids=trial_ids), "common")["k"] == 2


def test_a_contrast_told_twice_counts_once():
    twice = [counted("A", 10, 50, 20, 50, comparison=text) for text in ("x v y", "x vs y")]
    common = pooled(rows_of([*twice, counted("B", 15, 60, 20, 60)]), "common", "OR")
    assert common["n"] == 220 and common["note"] == "two_studies; repeated_left_out=1"


def test_printed_arms_are_correlated():
    arms = [
        printed("A", "HR", 0.5, 0.25, 1.0, comparison="low v placebo"),
        printed("A", "HR", 0.51, 0.255, 1.02, comparison="high v placebo"),
    ]
    other = printed("B", "HR", 0.7, 0.5, 0.98)
    both = pooled(rows_of([*arms, other]), "common")
    one = pooled(rows_of([arms[0], other]), "common")
    assert both["k"] == 2 and "arms_correlated=1" in both["note"]
    # two arms of equal effect know more than one of them, and less than two trials
    alone = pooled(rows_of([arms[0], arms[1] | {"study_id": "C"}, other]), "common")
    width = [r["ci_high"] / r["ci_low"] for r in (alone, both, one)]
    assert width[0] < width[1] < width[2]


def test_one_trial_of_several_arms_has_one_value_that_leads():
    arms = [counted("A", a, 50, 20, 50, comparison=text) for a, text in ((10, "low"), (8, "high"))]
    rows = rows_of(arms)
    lead = KINDS["ratio"].lead(rows, {})
    assert (lead["row"], lead["k"]) == ("pooled", 1)
    assert lead["note"] == "single_study; arms_combined=1"
    assert KINDS["ratio"].sentence(lead, "Death").endswith(", one trial.")


# -- what is missing is told ---------------------------------------------------------------------


def test_every_trial_that_is_missing_is_counted():
    rows = rows_of(
        [
            printed("A", "HR", 0.5, 0.3, 0.8),
            printed("B", "HR", 0.6, 0.4, 0.9),
            printed("C", "HR", 0.7),
            counted("D", 3, 10, 5, 10),
            counted("E", 3, 0, 5, 10),
        ],
        "HR",
    )
    note = pooled(rows, "common")["note"]
    for code in ("trials_without_interval=1", "trials_of_other_measure=1", "trials_with_fault=1"):
        assert code in note
    broken = [r for r in rows if r["study_id"] == "E"]
    assert [r["note"] for r in broken] == ["arm_empty"]


def test_a_printed_ratio_without_interval_gives_way_to_the_counts():
    rows = rows_of(
        [
            counted("A", 176, 208, 142, 211, effect_measure="RR", estimate=2.2),
            counted("B", 180, 254, 55, 132),
        ]
    )
    used = [(r["source"], r["estimate"]) for r in rows if r["used"] and r["effect_measure"] == "RR"]
    assert [source for source, _ in used] == ["counts", "counts"]
    assert used[0][1] == pytest.approx(1.257, abs=1e-3)


def test_peto_is_left_out_with_its_reason():
    rows = rows_of([counted(f"T{i}", 1, 20, 2, 20) for i in range(6)], "OR")
    row = pooled(rows, "peto")
    assert row["estimate"] is None
    assert {"peto_events_common", "peto_effect_large"} <= set(row["note"].split("; "))


def test_double_zero_trials_only():
    rows = rows_of([counted(name, 0, 30, 0, 30) for name in "ABC"], "OR")
    lead = next(r for r in rows if r["row"] == "pooled")
    assert lead["k"] == 0 and lead["note"] == "no_data; double_zero_left_out=3"
    difference = rows_of([counted(name, 0, 30, 0, 30) for name in "ABC"], "RD")
    assert pooled(difference, "mh")["note"].count("double_zero_kept=3") == 1


def test_without_data():
    (row,) = ratio_rows([], {"death": {"kind": "ratio"}, "orr": {"kind": "proportion"}})
    assert (row["k"], row["note"]) == (0, "no_data")


# -- choice of measure ---------------------------------------------------------------------------


def test_measure_of_the_protocol():
    trials = [counted(f"T{i}", 30 + i, 100, 40, 100) for i in range(5)]
    for measure in ("OR", "RR", "RD"):
        rows = rows_of(trials, measure)
        assert {r["effect_measure"] for r in rows if r["row"] == "pooled"} == {measure}
    lead = KINDS["ratio"].lead(rows, {})
    assert lead["estimate"] == pytest.approx(-0.08, abs=0.01)
    assert "risk difference" in KINDS["ratio"].sentence(lead, "Death")


def test_measure_that_leads_without_the_protocol():
    common = [counted(f"T{i}", 30 + i, 100, 40, 100) for i in range(5)]
    rare = [counted(f"T{i}", 1, 100, 2, 100) for i in range(5)]
    hazard = [printed(f"H{i}", "HR", 0.5, 0.3, 0.8) for i in range(6)]
    for trials, measure in ((common, "RR"), (rare, "OR"), (common + hazard, "HR")):
        assert KINDS["ratio"].lead(rows_of(trials), {})["effect_measure"] == measure


def test_trials_without_any_event_do_not_make_the_difference_lead():
    with_events = [counted(name, 2, 100, 7, 100) for name in "abc"]
    (lead,) = [r for r in rows_of([*with_events, counted("d", 0, 50, 0, 50)]) if r["lead"]]
    assert lead["effect_measure"] == "OR"
    assert "double_zero_left_out=1" in lead["note"]


def test_settings_of_the_protocol():
    trials = [printed(f"H{i}", "HR", 0.5, 0.3 + i / 100, 0.8) for i in range(6)]
    rows = rows_of(trials, settings={"tau2": "PM", "ci": "hk"})
    row = pooled(rows, "pm_hk")
    assert row["lead"] and "narrower_than_common" in row["note"]


# -- words ---------------------------------------------------------------------------------------


def test_sentences_say_what_the_method_is():
    trials = [counted(f"T{i}", 5 + 9 * i, 100, 40, 100) for i in range(5)]
    rows = rows_of(trials, "OR")
    random = ratio_words.sentence(pooled(rows, "reml_hk_adhoc"), "Death")
    assert "which may differ (REML, modified Hartung-Knapp interval)" in random
    assert "in a further trial is expected between" in random
    common = ratio_words.sentence(pooled(rows, "common"), "Death")
    assert "taken to be the same in all 5 trials" in common and "differ by more than" in common


def test_every_method_has_its_words():
    rows = rows_of([counted(f"T{i}", 1, 100, 2, 100) for i in range(3)])
    assert {r["method"] for r in rows if r["method"]} <= set(ratio_words.METHODS)


def test_examples_in_docstrings():
    assert doctest.testmod(ratio_words).failed == 0


# -- the check -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "rules"),
    [
        (printed("A", "HR", 0.5, 0.3, 0.8), []),
        (printed("A", "HR", 0.5, 0.6, 0.8), ["interval_order"]),
        (printed("A", None, 0.5, 0.3, 0.8), ["measure_missing"]),
        (printed("A", "HR", None, 0.3, 0.8), ["estimate_missing"]),
        (printed("A", "HR", 0.0), ["ratio_zero"]),
        (printed("A", "RD", -0.1, -0.2, 0.0), []),
        (printed("A", "RD", 5, 1, 9), ["difference_beyond_1"] * 2),
        (counted("A", 0, 10, 0, 10), []),
        (counted("A", 0, 0, 0, 10), ["arm_empty"]),
        (counted("A", 11, 10, 0, 10), ["events_above_total"]),
    ],
)
def test_check(row, rules):
    assert [rule for rule, *_ in check(row)] == rules


@pytest.mark.parametrize(
    ("measure", "value", "odd"),
    [
        ("RR", 2.2, True),
        ("RR", 1.3, False),
        ("OR", 2.67, False),
        ("OR", 1.26, True),
        ("RD", 0.173, False),
        ("RD", 0.4, True),
        ("HR", 9.0, False),
    ],
)
def test_a_printed_value_that_the_counts_do_not_give_is_asked_about(measure, value, odd):
    """CARTITUDE-4: 176 of 208 against 142 of 211, with a risk ratio of 2.2 beside them."""
    row = counted("A", 176, 208, 142, 211, effect_measure=measure, estimate=value)
    faults = list(check(row))
    assert [(fault.rule, fault.severity) for fault in faults] == [
        ("not_of_counts", "warning")
    ] * odd
    (trial, *_) = (found for found in rows_of([row]) if found["row"] == "trial")
    assert "not_of_counts" not in (trial["note"] or "")
    none = counted("A", 0, 208, 142, 211, effect_measure=measure, estimate=value)
    assert list(check(none)) == []


def test_check_of_decisions_skips_what_cannot_be_read():
    row = {f"decision_{k}": v for k, v in printed("A", "HR", object(), 0.3, 0.3).items()}
    faults = list(check(row, "decision_"))
    assert [column for _, column, *_ in faults] == ["decision_ci_low"]


def test_a_further_trial_is_predicted_as_the_protocol_says():
    """By plug-in without a spread it has the interval of the mean; else, and by default, more."""
    trials = [printed(f"T{i}", "HR", 0.7 + i / 100, 0.5, 1.0) for i in range(5)]
    plug = pooled(rows_of(trials, settings={"prediction": "t"}), "reml_hk_adhoc")
    whole = pooled(rows_of(trials), "reml_hk_adhoc")
    assert plug["tau2"] == whole["tau2"] == 0
    assert (plug["pi_low"], plug["pi_high"]) == pytest.approx((plug["ci_low"], plug["ci_high"]))
    assert whole["pi_low"] < whole["ci_low"] < whole["ci_high"] < whole["pi_high"]
    said = ratio_words.methods({})
    assert "REML, modified Hartung-Knapp interval" in said and "integrated out" in said
    told = ratio_words.methods({"ratios": {"tau2": "PM", "ci": "wald", "prediction": "t"}})
    assert "Paule-Mandel, normal interval" in told and "integrated" not in told


def test_binomial_models_have_limits_of_tau2_or_say_that_there_are_none():
    counts = [(1, 60, 6, 61), (9, 70, 8, 66), (2, 80, 9, 75), (12, 66, 5, 70), (0, 50, 3, 52)]
    trials = [counted(f"T{i}", *each) for i, each in enumerate(counts)]
    row = pooled(rows_of(trials, "OR"), "glmm_cm_el")
    assert row["tau2_low"] <= row["tau2"] <= row["tau2_high"]
    assert row["pi_low"] < row["ci_low"] < row["ci_high"] < row["pi_high"]
    few = [counted("A", 0, 6, 1, 6), counted("B", 0, 6, 1, 6), counted("C", 1, 6, 0, 6)]
    row = pooled(rows_of(few, "OR"), "glmm_cm_el")
    assert row["pi_low"] is None and "tau2_interval_open" in row["note"]

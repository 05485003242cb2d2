"""When a conclusion counts as changed, by each part of the rule; what counts as a difference."""

import pytest

from singlearm.catalogue.tables import columns
from singlearm.kinds import KINDS
from singlearm.report.changed_data import values_text
from singlearm.report.changed_results import changes, side
from singlearm.report.versions import ConclusionRule, Snapshot, Update

FULL = ConclusionRule(threshold=True, significance=0.05, proportion=0.1, months=3.0)


def row(kind, **values):
    return dict.fromkeys(columns(kind)) | values


def snapshot(version, **tables):
    rows = {kind: [row(kind, **r) for r in found] for kind, found in tables.items()}
    return Snapshot(version, rows)


def update(before, after, rule=FULL):
    return Update(
        before=snapshot("1", **before),
        after=snapshot("2", **after),
        protocol={
            "outcomes": {
                "orr": {"kind": "proportion", "threshold": 0.5},
                "cr": {"kind": "proportion"},
            },
            "models": {"glmm": {"likelihood": "binomial_normal"}},
            "primary": "glmm",
        },
        rule=rule,
    )


def conclusion(before, after, rule=FULL):
    (found,) = [r for r in changes(update(before, after, rule)) if r["kind"] == "conclusion"]
    return found["act"], found["changed"], found["reason"]


def pooled(estimate, low, high, outcome="orr", k=5):
    fit = {"outcome": outcome, "model": "glmm", "k": k}
    return {"pooled": [fit | {"estimate": estimate, "ci_low": low, "ci_high": high}]}


def contrast(p_value, test="lrt"):
    keys = {"outcome": "orr", "by": "arm", "model": "glmm", "tau2_mode": "common"}
    return {"subgroup_tests": [keys | {"test": test, "p_value": p_value}]}


def median(months):
    return {
        "times": [
            {"outcome": "pfs", "method": "weighted_median", "estimate_months": months, "k": 4}
        ]
    }


def ratio(low, high):
    keys = {"outcome": "os", "effect_measure": "HR", "row": "pooled", "method": "reml_hk_adhoc"}
    keys |= {"lead": True}
    return {"ratios": [keys | {"k": 2, "estimate": 0.7, "ci_low": low, "ci_high": high}]}


@pytest.mark.parametrize(("headline", "moved"), [("average", (0.5, 0.6)), ("typical", (0.4, 0.7))])
def test_a_subgroup_moves_by_its_headline(headline, moved):
    keys = {"outcome": "orr", "by": "arm", "level": "one", "model": "glmm", "tau2_mode": "common"}
    keys |= {"k": 3, "events": 6, "total": 12, "tau2": 0.2, "note": None}
    rows = [
        keys
        | {"estimate": typical, "ci_low": typical - 0.1, "ci_high": typical + 0.1}
        | {"marginal": average, "marginal_low": average - 0.1, "marginal_high": average + 0.1}
        for typical, average in ((0.4, 0.5), (0.7, 0.6))
    ]
    compared = update(*({"subgroups": [row]} for row in rows))
    compared.protocol["headline"] = headline
    (found,) = [row for row in changes(compared) if row["kind"] == "subgroup"]
    assert (found["value_before"], found["value_after"]) == moved
    assert found["low_after"] == pytest.approx(moved[1] - 0.1)


def test_an_interval_that_comes_off_the_threshold_changes_the_conclusion():
    act, changed, reason = conclusion(pooled(0.6, 0.45, 0.75), pooled(0.62, 0.51, 0.73))
    assert (act, changed) == ("changed", True)
    assert reason == "interval on both sides of 50% before, above 50% now"


def test_the_threshold_part_can_be_left_out():
    rule = ConclusionRule(proportion=0.1)
    kept = conclusion(pooled(0.6, 0.45, 0.75), pooled(0.62, 0.51, 0.73), rule)
    assert kept == ("kept", False, None)


@pytest.mark.parametrize(("after", "changed"), [(0.81, True), (0.79, False)])
def test_an_estimate_counts_from_more_than_the_set_amount(after, changed):
    found = conclusion(pooled(0.7, 0.6, 0.8), pooled(after, 0.6, 0.9))
    assert found[1] is changed
    if changed:
        assert found[2] == "+11.0 percentage points, more than 10.0 percentage points"


def test_an_outcome_without_a_threshold_is_judged_by_its_move_alone():
    assert conclusion(pooled(0.4, 0.3, 0.6, "cr"), pooled(0.45, 0.41, 0.5, "cr"))[1] is False
    assert conclusion(pooled(0.4, 0.3, 0.6, "cr"), pooled(0.25, 0.2, 0.3, "cr"))[1] is True


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [(0.04, 0.2, True), (0.2, 0.04, True), (0.04, 0.01, False), (0.05, 0.6, False)],
)
def test_a_contrast_flips_at_the_set_p_value(before, after, changed):
    assert conclusion(contrast(before), contrast(after))[1] is changed


def test_the_models_own_test_decides_where_there_are_several():
    both = contrast(0.2)["subgroup_tests"] + contrast(0.01, "q_between")["subgroup_tests"]
    assert conclusion({"subgroup_tests": both}, contrast(0.01, "q_between"))[1] is True


@pytest.mark.parametrize(("after", "changed"), [(11.1, True), (10.9, False), (4.9, True)])
def test_a_median_moves_by_months(after, changed):
    assert conclusion(median(8.0), median(after))[1] is changed


def rate(value, k=4):
    fit = {"outcome": "it", "model": "poisson_normal", "estimate": value, "k": k, "events": 9}
    return {"rates": [fit | {"person_time": 120.0, "tau2": 0.1}]}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (
            (0.05, 0.20),
            "5.00 per 100 person-years before, 20.00 per 100 person-years now, by more than the "
            "factor 2",
        ),
        (
            (0.20, 0.05),
            "20.00 per 100 person-years before, 5.00 per 100 person-years now, by more than the "
            "factor 2",
        ),
        ((0.0, 0.05), None),
        ((0.05, 0.09), ""),
    ],
)
def test_a_rate_moves_by_a_factor(values, reason):
    """Whatever it did, it counted as kept."""
    before, after = map(rate, values)
    rule = ConclusionRule(rate=2)
    act, changed, told = conclusion(before, after, rule)
    assert changed is (reason != "")
    assert act == ("changed" if changed else "kept")
    assert reason is None or (told or "") == reason


def test_a_kind_that_no_key_judges_holds_no_conclusion():
    """Such a rate was one of those that can be compared, and had not changed."""
    assert conclusion(rate(0.05), rate(0.2), ConclusionRule(threshold=True))[0] == "none"
    assert conclusion(median(8.0), median(30.0), ConclusionRule(proportion=0.1))[0] == "none"


def test_one_study_alone_is_no_conclusion_to_change():
    """A median of twelve patients in one study moved by 51.1 months, "by the protocol's rule"."""
    one = median(8.0)
    one["times"][0]["k"] = 1
    assert conclusion(one, median(59.1))[0] == "new"
    assert conclusion(median(59.1), one)[0] == "lost"
    assert conclusion(one, one)[0] == "none"
    alone = pooled(0.2, 0.1, 0.4, "cr", k=1)
    assert conclusion(alone, pooled(0.7, 0.6, 0.8, "cr"))[0] == "new"
    # an exact interval on a side of the threshold is one, and moves only by its side
    assert conclusion(pooled(0.6, 0.52, 0.8, k=1), pooled(0.9, 0.8, 0.95)) == ("kept", False, None)
    assert conclusion(pooled(0.4, 0.3, 0.6, k=1), pooled(0.9, 0.8, 0.95))[1] is True


def test_a_ratio_is_held_against_one():
    act, changed, reason = conclusion(ratio(0.5, 1.1), ratio(0.5, 0.9))
    assert (act, changed) == ("changed", True)
    assert reason == "interval on both sides of 1 before, below 1 now"


def test_new_and_lost_conclusions_are_not_called_changed():
    assert conclusion({}, pooled(0.7, 0.6, 0.8)) == ("new", False, None)
    assert conclusion(pooled(0.7, 0.6, 0.8), {}) == ("lost", False, None)
    assert conclusion(pooled(None, None, None, k=0), pooled(0.7, 0.6, 0.8))[0] == "new"


def test_an_interval_that_is_not_there_is_said():
    _, changed, reason = conclusion(pooled(0.6, None, None), pooled(0.62, 0.51, 0.73))
    assert changed
    assert reason == "no interval before, above 50% now"
    assert side(KINDS["proportion"], {"low": 0.5, "high": 0.9}, 0.5) == "on both sides of 50%"


def test_a_study_without_a_log_row_is_in_no_layer():
    before = {"studies": [{"study_id": "A", "year": 2020, "layer": "1"}]}
    (found,) = changes(update(before, {}))
    assert (found["act"], found["reason"]) == ("removed", "in no layer of version 2")


def test_where_a_study_was_read_is_no_change():
    study = {"study_id": "A", "year": 2020, "layer": "1", "row": 2}
    assert changes(update({"studies": [study]}, {"studies": [study | {"row": 9}]})) == []


def test_a_column_that_only_one_version_has_is_a_change():
    study = {"study_id": "A", "year": 2020, "layer": "2"}
    (found,) = changes(
        update({"studies": [study | {"grade": "x"}]}, {"studies": [study | {"year": 2021}]})
    )
    assert (found["before"], found["after"]) == ("year 2020, grade x", "year 2021")


def test_cuts_of_a_trial_are_cells_of_their_own():
    cut = {"study_id": "T", "outcome": "os", "comparison": "a v b", "estimate": 0.8, "layer": "2"}
    log = {"act": "withdrawn", "study_id": "T", "outcome": "os, a v b, 6 months", "reason": "Old."}
    log |= {"layer": "2", "sheet": "adjudication_comparative", "row": 2}
    study = {"study_id": "T", "layer": "1"}
    old = {"studies": [study], "comparative": [cut | {"followup_months": 6.0}]}
    new = {"studies": [study], "comparative": [cut | {"followup_months": 30.5}]}
    found = changes(update(old, new | {"change_log": [log]}))
    told = {r["item"]: (r["act"], r["before"], r["after"], r["reason"]) for r in found}
    estimate = KINDS["ratio"].sheet.text(row("comparative", **cut)) or "estimate 0.8"
    assert told == {
        "T/os/a v b/6": ("withdrawn", estimate, None, "Old."),
        "T/os/a v b/30.5": ("added", None, estimate, "layer 2"),
    }


def test_values_are_written_with_their_own_digits():
    values = {"k": 3, "estimate": 0.1, "value_months": 8.0, "note": None}
    assert values_text(values, values) == "k 3, estimate 0.1, value months 8"
    assert values_text({"note": None}, ["note"]) is None


def test_numbers_of_results_stand_in_columns_of_their_own():
    rows = changes(update(pooled(0.6, 0.45, 0.75), pooled(0.62, 0.51, 0.73)))
    found = [row for row in rows if row["kind"] in ("estimate", "conclusion")]
    assert [row["kind"] for row in found] == ["estimate", "conclusion"]
    for row in found:
        assert (row["k_before"], row["value_before"], row["high_before"]) == (5, 0.6, 0.75)
        assert (row["k_after"], row["value_after"], row["low_after"]) == (5, 0.62, 0.51)


@pytest.mark.parametrize(
    ("after", "act"),
    [
        ((0.6, 0.45, 0.75), "unchanged"),
        ((0.6 * (1 + 3e-16), 0.45 * (1 - 1e-13), 0.75), "unchanged"),
        ((0.6, 0.45, 0.75 + 1e-7), "updated"),
        ((0.6, 0.45, None), "updated"),
        ((0.6 + 1e-7, 0.45, 0.75), "moved"),
    ],
)
def test_rounding_is_no_change(after, act):
    """The same studies in another order give other last digits, and nothing else."""
    (found, _) = changes(update(pooled(0.6, 0.45, 0.75), pooled(*after)))
    assert (found["act"], found["changed"]) == (act, act != "unchanged")


def test_a_cell_of_a_superseded_report_is_carried_over_and_not_added():
    cell = {"study_id": "New", "outcome": "orr", "events": 5, "total": 9, "layer": "1"}
    study = {"study_id": "New", "layer": "2"}
    carried = {"studies": [study], "outcomes": [cell | {"carried_from": "Old"}]}
    (found,) = changes(update({"studies": [study]}, carried))
    assert (found["item"], found["act"], found["after"]) == ("New/orr", "carried over", "5/9")
    (found,) = changes(update({"studies": [study]}, carried | {"outcomes": [cell]}))
    assert found["act"] == "added"
    older = {"studies": [study], "outcomes": [cell | {"carried_from": "Older", "events": 4}]}
    (found,) = changes(update(older, carried))
    assert (found["act"], found["before"]) == ("carried over", "4/9")

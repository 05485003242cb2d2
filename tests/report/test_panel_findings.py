"""What readers found in the reports: sentences that said more, or less, than is known."""

import lxml.html
import pytest

from singlearm.catalogue.tables import columns
from singlearm.kinds import KINDS, survival
from singlearm.kinds.base import headline
from singlearm.report import findings
from singlearm.report.certainty import Certainty
from singlearm.report.changed_results import conclusions, error_of
from singlearm.report.review import Review
from singlearm.report.sections import groups, quality, summary, update
from singlearm.report.site import pages
from singlearm.report.versions import ConclusionRule, Snapshot, Update

OUTCOMES = {
    "orr": {"kind": "proportion", "label": "Response"},
    "os": {"kind": "ratio", "label": "Death"},
    "os_12mo": {"kind": "landmark", "of": "os", "months": 12, "label": "Alive at 12 months"},
    "median_os": {"kind": "time", "of": "os", "label": "Median overall survival"},
    "os_all": {"kind": "survival", "of": "os", "label": "Overall survival"},
}
PROTOCOL = {
    "outcomes": OUTCOMES, "subgroups": {}, "models": {"glmm": {"likelihood": "binomial_normal"}},
    "primary": "glmm", "version": {"title": "v"},
    "review": {"name": "r", "title": "t", "question": "", "authors": []},
}  # fmt: skip


def row(table, /, **values):
    return dict.fromkeys(columns(table)) | values


def review_of(protocol=PROTOCOL, **tables) -> Review:
    return Review(protocol, "1", "", tables)


def simulated(p, adjusted, error=None, **values):
    """A leading bootstrap test of one contrast."""
    known = {"outcome": "orr", "by": "arm", "model": "glmm", "tau2_mode": "common"}
    known |= {"test": "lrt_bootstrap", "lead": True, "p_value": p, "p_adjusted": adjusted}
    return row("subgroup_tests", **known | {"p_permutation_se": error} | values)


# Contrasts whose p is simulated

OTHER_SIDE = ", so that another run may come to the other side of 0.05)."


@pytest.mark.parametrize(
    ("error", "act"), [(0.0024, "kept"), (0.0003, "changed"), (None, "changed")]
)
def test_a_conclusion_does_not_change_by_the_error_of_a_simulation(error, act):
    """The same statistic, simulated twice: p = 0.057 before, 0.048 now."""
    rows = simulated(0.0114, 0.057, error), simulated(0.008, 0.048, error)
    before, after = (Snapshot(v, {"subgroup_tests": [r]}) for v, r in zip("12", rows, strict=True))
    rule = ConclusionRule(significance=0.05)
    (found,) = conclusions(Update(before, after, PROTOCOL, rule))
    assert (found["act"], found["changed"]) == (act, act == "changed")
    assert (found["before"], found["after"]) == ("adjusted p = 0.057", "adjusted p = 0.048")


def test_the_error_of_p_grows_with_its_adjustment_and_is_that_of_a_bootstrap_alone():
    assert error_of(simulated(0.01, 0.05, 0.002)) == pytest.approx(0.01)
    assert error_of(simulated(0.01, None, 0.002)) == 0.002
    of_permutations = simulated(0.01, 0.05, 0.002, test="q_between", p_permutation=0.02)
    assert error_of(of_permutations) == 0.0


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (simulated(0.008, 0.048, 0.002), f"p = 0.048; its simulation error is 0.012{OTHER_SIDE}"),
        (simulated(0.04, 0.06, 0.004), f"p = 0.060; its simulation error is 0.006{OTHER_SIDE}"),
        (simulated(0.001, 0.005, 0.0007), "p = 0.005)."),
        (simulated(0.05, 0.05), "p = 0.050)."),
    ],
)
def test_a_p_that_another_run_may_put_on_the_other_side_says_its_error(test, said):
    told = groups._verdict([test], [test])
    assert told.endswith(said)
    assert told.startswith("Whether the groups differ") == (OTHER_SIDE in said)
    others = [
        row("subgroup_tests", test=name, model="glmm", tau2_mode="common", p_value=p)
        for name, p in (("lrt", 0.01), ("f", 0.3))
    ]
    told = groups._verdict([test], [test, *others])
    if OTHER_SIDE in said:
        assert told.endswith("Of 2 other tests 1 would show a difference (p = 0.010).")


# Other tests of a contrast


def test_adjusted_p_are_not_mixed_with_those_of_permutations():
    test = simulated(0.002, 0.015)
    others = [
        row("subgroup_tests", test=name, tau2_mode="common", p_value=p, p_permutation=again,
            p_adjusted=adjusted)
        for name, p, again, adjusted in (
            ("q_between", 0.02, 0.059, 0.12), ("f", 0.03, None, 0.16), ("lrt", 0.001, None, 0.01),
        )
    ]  # fmt: skip
    told = groups._verdict([test], [test, *others])
    assert told.endswith("2 of 3 other tests do not show it (adjusted p from 0.12 to 0.16).")
    bare = [other | {"p_adjusted": None} for other in others]
    told = groups._verdict([test], [test, *bare])
    assert told.endswith("1 of 4 other tests does not show it (p = 0.059).")


@pytest.mark.parametrize(
    ("adjusted", "said"),
    [
        ((0.01, 0.03, 0.4), "2 of 3 other tests would show one (adjusted p from 0.010 to 0.030)."),
        ((0.01, 0.4, 0.5), "1 of 3 other tests would show one (adjusted p = 0.010)."),
        ((0.3, 0.4, 0.5), ")."),
    ],
)
def test_no_difference_is_not_said_without_the_tests_that_show_one(adjusted, said):
    test = simulated(0.013, 0.066)
    others = [
        row("subgroup_tests", test="f", tau2_mode="common", p_value=0.01, p_adjusted=p)
        for p in adjusted
    ]
    told = groups._verdict([test], [test, *others])
    assert told.startswith("No difference between the groups was shown")
    assert told.endswith(said) and ("would show" in told) == ("would show" in said)


# A curve that was not fitted, and one whose median lies beyond its times


NOT_FITTED = row(
    "survival_model", outcome="os_all", model="cloglog", quantity="median", k=5,
    note="survival_does_not_fall",
)  # fmt: skip
BEYOND = NOT_FITTED | {"n": 400, "points": 9, "note": "not_reached"}
AT_12 = BEYOND | {
    "quantity": "survival", "time_months": 12.0, "at_horizon": True, "note": None,
    "estimate": 0.9, "ci_low": 0.8, "ci_high": 0.95,
}  # fmt: skip


def test_a_curve_that_was_not_fitted_has_no_median_that_is_not_reached():
    kind, lead = KINDS["survival"], headline(NOT_FITTED)
    unjudged = Certainty("not judged", ())
    assert findings.result(kind, lead) == "no curve"
    told = findings.in_words(kind, lead, "OS", unjudged)
    assert told.startswith("OS: The points lie on no curve that falls") and told.endswith("half.")
    bare = lead | {"note": None}
    assert findings.in_words(kind, bare, "OS", unjudged) == "OS: no curve."
    beyond = headline(BEYOND)
    assert findings.result(kind, beyond) == "median not reached"
    assert findings.in_words(kind, beyond, "OS", unjudged) == "OS: median not reached."
    assert survival.sentence(lead, "OS") == "OS: too little is reported for a curve."


def test_a_median_beyond_all_times_leaves_the_rest_of_the_curve():
    said = survival.sentence(survival.lead([BEYOND, AT_12], {}), "OS")
    assert said.startswith("OS: median not reached; 90.0% (95% CI 80.0 to 95.0) at 12 months; ")
    assert said.endswith("5 studies, 400 patients; 9 points reported.")


# Cells


def test_cells_of_an_outcome_that_pools_others_are_not_counted_twice():
    """A median is one cell, though it is a point of the curve from all evidence, too."""
    both = row("reconciliation", value_1="1", value_2="1")
    kept = {"status": "available", "study_id": "A"}
    out = {"status": "held out", "study_id": "B", "value": "4.7", "reason": "Of two diseases."}
    alone = out | {"value": "70%", "reason": "At a time of no other outcome."}
    review = review_of(
        reconciliation=[both],
        availability=[
            *(row("availability", outcome=name, **kept) for name in ("median_os", "os_all")),
            *(row("availability", outcome=name, **out) for name in ("median_os", "os_all")),
            row("availability", outcome="os_all", **alone),
        ],
    )
    (told,) = [text for text in summary.sure(review) if "study by outcome" in text]
    assert told.startswith("1 cell (study by outcome)") and "; 2 held out" in told
    listed = quality._held_out(review)
    assert [(each["outcome"], each["reason"]) for each in listed] == [
        ("Median overall survival", "Of two diseases."),
        ("Overall survival", "At a time of no other outcome."),
    ]


# The site


def test_a_ratio_has_its_measure_and_each_result_what_it_rests_on():
    pooled = row(
        "ratios", outcome="os", effect_measure="HR", row="pooled", method="common", k=2, n=805,
        estimate=0.38, ci_low=0.18, ci_high=0.81, lead=True,
    )  # fmt: skip
    proportion = row(
        "pooled", outcome="orr", model="glmm", k=3, events=40, total=50, estimate=0.8, ci_low=0.7,
        ci_high=0.9,
    )  # fmt: skip
    made = pages([review_of(ratios=[pooled], pooled=[proportion], survival_model=[NOT_FITTED])])
    cells = {}
    for line in lxml.html.fromstring(made["index.html"]).xpath("//table[@id='outcomes']/tbody/tr"):
        name, cell = (" ".join(each.itertext()) for each in line)
        cells[name] = cell
    assert cells["Death"] == "HR 0.38 (95% CI 0.18 to 0.81) 805 (2 studies)"
    assert cells["Response"].endswith("50 (3 studies)")
    assert cells["Overall survival"] == "no curve 5 studies"
    heads = {
        name: lxml.html.fromstring(made[f"outcomes/{name}.html"]).xpath("//thead//th/text()")
        for name in ("os", "orr")
    }
    assert "Result" in heads["os"] and "As a frequency" not in heads["os"]
    assert "As a frequency" in heads["orr"] and "Result" not in heads["orr"]
    assert "HR 0.38 (95% CI 0.18 to 0.81)" in made["outcomes/os.html"]


@pytest.mark.parametrize(
    ("others", "ends"),
    [
        ([], "B (B v none) 0.45 (95% CI 0.30 to 0.68)"),
        ([{"method": "common", "rank": 2, "i2": 0.612}], "0.68); I² = 61%"),
    ],
)
def test_the_few_trials_of_a_bayesian_ratio_have_no_i2_with_the_prior_in_it(others, ends):
    of = {"outcome": "os", "effect_measure": "HR", "k": 2, "n": 805}
    trials = [
        row(
            "ratios", **of, row="trial", study_id=study, comparison=f"{study} v none", used=True,
            estimate=estimate, ci_low=low, ci_high=high,
        )
        for study, estimate, low, high in (("A", 0.3, 0.2, 0.45), ("B", 0.45, 0.3, 0.68))
    ]  # fmt: skip
    result = of | {"row": "pooled", "estimate": 0.38, "ci_low": 0.18, "ci_high": 0.81}
    lead = row("ratios", **result, method="bayes", rank=1, lead=True, i2=0.873)
    review = review_of(ratios=[*trials, lead, *(row("ratios", **result | more) for more in others)])
    notes = " ".join(findings.summary_of_findings(review).notes)
    (told,) = (note for note in notes.split(". ") if "The trials by themselves" in note)
    assert told.startswith("The trials by themselves: A (A v none) 0.30")
    assert told.rstrip(".").endswith(ends)


# Survival at a time of no outcome


@pytest.mark.parametrize(
    ("without", "cell", "said"),
    [
        ((), "os/27", "Survival at 27 months (overall survival)"),
        (("os_all",), "os/27", "Survival at 27 months (median overall survival)"),
        (("os_all", "median_os"), "os/27", "Survival at 27 months (death)"),
        (("os_all", "median_os", "os"), "os/27", "os: free of the event at 27 months"),
        ((), "os/12", "Alive at 12 months"),
        ((), "dfs/12", "dfs: free of the event at 12 months"),
    ],
)
def test_survival_at_a_time_is_said_in_the_protocols_words(without, cell, said):
    kept = {name: each for name, each in OUTCOMES.items() if name not in without}
    review = review_of(PROTOCOL | {"outcomes": kept})
    assert update._cell(review, cell) == said

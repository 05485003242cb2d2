"""What is said of very few studies, and of intervals that hold less than they promise."""

import re
from pathlib import Path

import pytest

import write_tables
from singlearm.catalogue import TABLES, numbers
from singlearm.catalogue.tables import columns, read_table
from singlearm.kinds import proportion, ratio_words
from singlearm.report import (
    findings,
    methods_models,
    methods_text,
    prisma,
    tables,
    tables_xlsx,
    words,
)
from singlearm.report.review import OF_SEVERAL, Review, _read
from singlearm.report.sections import outcome, sensitivity

MODELS = {
    "glmm": {"likelihood": "binomial_normal", "label": "GLMM"},
    "dl": {"likelihood": "normal", "tau2": "DL", "ci": "wald", "label": "DL"},
    "reml": {"likelihood": "normal", "tau2": "REML", "label": "REML"},
}
OUTCOMES = {name: {"kind": "proportion", "label": name} for name in "abcdefghi"}
PROTOCOL = {"outcomes": OUTCOMES, "models": MODELS, "primary": "glmm", "review": {"title": "t"}}


def row(table, /, **values):
    return dict.fromkeys(columns(table)) | values


def review_of(protocol=PROTOCOL, **tables) -> Review:
    return Review(protocol, "1", "", tables)


def pooled(name="a", model="glmm", **values):
    known = {"k": 3, "total": 90, "events": 30, "estimate": 0.3, "ci_low": 0.2, "ci_high": 0.4}
    return row("pooled", outcome=name, model=model, tau2=0.1, **(known | values))


def test_latex_prints_tau2_as_it_is(invented, tmp_path):
    """In rows of percentages it was printed 100 times too large."""
    inputs, outputs, params = invented.write(tmp_path)
    write_tables.run(inputs, outputs, params)
    (path,) = [path for path in outputs.latex if "all_results" in path]
    text = Path(path).read_text(encoding="utf-8").replace("{[}", "[").replace("{]}", "]")
    known = [r for r in read_table(inputs.pooled, "pooled") if r["tau2"] and r["tau2_low"]]
    assert known
    for r in known:
        printed = numbers.tau2_ci(r["tau2"], r["tau2_low"], r["tau2_high"]).replace("<", "")
        assert printed in re.sub(r"\\textless\{\}|<|\$", "", text), printed


def test_a_single_study_has_no_heterogeneity(invented, tmp_path):
    inputs, _, _ = invented.write(tmp_path)
    path = tmp_path / "pooled.csv"
    lines = Path(inputs.pooled).read_text(encoding="utf-8").splitlines()
    head = lines[0].split(",")
    cells = lines[1].split(",")
    cells[head.index("k")], cells[head.index("tau2")], cells[head.index("i2")] = "1", "0", "0"
    path.write_text("\n".join([lines[0], ",".join(cells)]) + "\n", encoding="utf-8")
    (one,) = _read(str(path), "pooled")
    assert [one[name] for name in OF_SEVERAL] == [None] * len(OF_SEVERAL)
    assert one["estimate"] is not None


def test_two_numbers_that_differ_by_rounding_are_one():
    same = {"marginal": 0.3 * (1 + 1e-15), "marginal_low": 0.2, "marginal_high": 0.4}
    assert proportion.is_one_number(pooled(**same))
    assert not proportion.is_one_number(pooled(**same | {"marginal_high": 0.41}))
    assert not proportion.is_one_number(pooled())


def test_intervals_of_very_different_width_are_told():
    narrow, wide = pooled(), pooled(model="dl", ci_low=0.1, ci_high=0.9)
    told = outcome._model_range(review_of(), [narrow, wide])
    assert told.startswith("Under each of 2 models the pooled value (median study) is 30.0%. ")
    assert "Their 95% intervals are 20.0 to 80.0 points wide" in told
    assert "wide" not in outcome._model_range(review_of(), [narrow, pooled(model="dl")])


@pytest.mark.parametrize(
    ("low", "high", "wide"),
    [
        (0.01, 0.274, True),
        (0.726, 0.99, True),
        (0.2, 0.71, True),
        (0.4, 0.8, False),
        (0.0, 0.03, False),
        (0.0, 0.09, True),
        (0.02, 0.12, False),
    ],
)
def test_a_prediction_of_a_rare_event_is_wide_by_its_odds(low, high, wide):
    """Up to 27 times as many patients with a harm were no wide range, being below 50 points."""
    told = words.prediction(pooled(pi_low=low, pi_high=high, ci_low=low, ci_high=high))
    assert ("That range is wide" in told) == wide


def test_among_as_many_studies_those_with_more_patients_come_first():
    sizes = dict(zip(OUTCOMES, (50, 90, 10, 80, 70, 60, 30, 20, 40), strict=True))
    review = review_of(pooled=[pooled(name, total=n) for name, n in sizes.items()])
    assert findings.key_outcomes(review) == list("abdefgi")
    assert findings.choice(review).startswith("7 of 9 outcomes: of each kind those with the most")
    few = review_of(pooled=[pooled("a"), pooled("b")])
    assert findings.choice(few) == "All outcomes with data."


@pytest.mark.parametrize(("k", "pairs"), [(2, False), (3, False), (4, True)])
def test_what_is_left_of_two_studies_is_no_pooled_value(k, pairs):
    ones = [
        row("leave_one_out", model="glmm", left_out=study, estimate=value)
        for study, value in (("x", 0.2), ("y", 0.4))
    ]
    twos = [row("leave_two_out", model="glmm", left_out="x;y", estimate=0.3)] * 2
    review = review_of(pooled=[pooled(k=k)], studies=[])
    told = sensitivity._left_out(review, {"leave_one_out": ones, "leave_two_out": twos}, "a")
    assert bool(told) == (k > 2)
    assert ("; without any two" in told or "; without two of the" in told) == pairs


def test_of_few_subsets_the_whole_range_is_told():
    summary = row(
        "gosh_summary", model="DL", quantity="estimate", subsets=4, minimum=0.1, q025=0.11,
        q975=0.39, maximum=0.4, note="exhaustive",
    )  # fmt: skip
    study = {"study_id": "x", "mean_with": 0.3, "mean_without": 0.2}
    found = {"gosh_summary": [summary], "gosh_studies": [row("gosh_studies", **study)]}
    review = review_of(studies=[], pooled=[pooled()])
    told = sensitivity._subsets(review, found, "a")
    assert told.startswith("Over all 4 subsets of two studies or more")
    assert "the estimates lie between 10.0% and 40.0%" in told
    found["gosh_summary"] = [summary | {"subsets": 57}]
    told = sensitivity._subsets(review, found, "a")
    assert "the middle 95% of the estimates lie between 11.0% and 39.0%" in told


def test_equal_effects_are_told_apart_from_the_estimators():
    """They are among the estimators of tau2, and make most of the range where studies differ."""

    def level(choice, level, low, high):
        return row("multiverse_summary", choice=choice, level=level, minimum=low, maximum=high)

    rows = [
        level("tau2_estimator", "EE", 0.1, 0.9),
        level("tau2_estimator", "REML", 0.4, 0.5),
        level("likelihood", "normal", 0.1, 0.9),
        level("likelihood", "binomial_normal", 0.38, 0.38),
    ]
    told = sensitivity._with_tau2(rows)
    assert told.endswith("which let no studies differ, from 38.0% to 50.0%")
    assert sensitivity._with_tau2(rows[1:]) == ""


def test_what_intervals_hold_is_told_as_printed_and_of_every_model():
    def held(model, coverage, prediction=None):
        return {"model": model, "coverage": coverage, "prediction": prediction}

    rows = [held("glmm", 0.9295, 0.899), held("dl", 0.85), held("reml", 0.915)]
    told = sensitivity._trust(review_of(), rows, None)
    assert told == (
        "The 95% interval (median study) held the true value in 93% or more of the simulated "
        "reviews under: GLMM (93.0%). "
        "The 95% interval (median study) held the true value in 90% to 93% of the simulated "
        "reviews under: REML (91.5%). "
        "The 95% interval (median study) held the true value in fewer than 90% of the simulated "
        "reviews under: DL (85.0%). "
        "The 95% prediction interval of the primary model held the true proportion of a new "
        "study in 89.9%. Prediction intervals that held it in fewer than 90%, so that new studies "
        "differ more than they say: GLMM (89.9%)."
    )
    average = pooled(of="average")
    assert "which leads, is not simulated. The 95% pred" in sensitivity._trust(
        review_of(), rows, average
    )


def test_methods_and_checklist_tell_of_small_study_effects_where_there_are_any():
    none = review_of(reporting_bias=[row("reporting_bias", outcome="a", p_value=None)])
    some = review_of(reporting_bias=[row("reporting_bias", outcome="a", p_value=0.3)])
    assert methods_text._reporting_bias(none).endswith("could not be looked at.")
    assert "trim and fill" in methods_text._reporting_bias(some)
    assert [prisma.reported(review, "asymmetry") for review in (none, some)] == [False, True]


def test_methods_name_the_choices_that_were_varied():
    rows = [row("multiverse_summary", choice=c) for c in ("all", "likelihood", "measure")]
    review = Review(PROTOCOL, "1", "", {}, sensitivity={"a": {"multiverse_summary": rows}})
    said = methods_text._sensitivity(review)
    assert "every combination of analytic choices (likelihood and scale)" in said


def test_methods_tell_of_every_analysis_that_the_report_draws(repository):
    """Diagnostics of influence and the cumulative analysis were drawn and described nowhere."""
    rules = (repository / "workflow/rules/sensitivity.smk").read_text(encoding="utf-8")
    given = re.findall(r'^    "(\w+)",$', rules, re.M)
    told = methods_text._sensitivity(
        Review(
            PROTOCOL,
            "1",
            "",
            {},
            sensitivity={"a": {kind: [{}] for kind in ("influence", "cumulative")}},
        )
    )
    assert {"influence", "cumulative"} <= set(given)
    assert "Diagnostics of influence were computed" in told
    assert "pooled as the studies came in" in told


def test_q_of_a_likelihood_model_is_called_a_likelihood_ratio():
    fit = pooled(i2=0.96, q=66.2, q_df=4, q_p=0.001)
    assert "test of homogeneity, likelihood ratio Q = 66.20" in outcome._heterogeneity(
        review_of(), fit
    )
    two_step = outcome._heterogeneity(review_of(), fit | {"model": "dl"})
    assert "test of homogeneity Q = 66.20" in two_step
    said = methods_models.heterogeneity(review_of())
    assert "Q of the logistic model is the likelihood ratio" in said
    assert "(Q − df)/Q may be another number" in said


def test_the_workbook_shows_percentage_points_as_such():
    """A difference of 35 points stood there as -0.35 above the words "percentage points"."""
    columns = {column.name: column for column in TABLES["subgroup_differences"].columns}
    for name in ("difference", "difference_low", "marginal", "marginal_high"):
        assert tables_xlsx._number_format(columns[name], {name: -0.354}) == "0.0%", name


def test_all_results_tell_times_and_bounds():
    """Survival at 12 and at 24 months were two rows alike; limits stood without their median."""
    outcomes = {
        "os_all": {"kind": "survival", "of": "os", "label": "Survival"},
        "median_os": {"kind": "time", "label": "Median"},
    }
    points = [
        row("survival_model", outcome="os_all", model="cloglog", quantity="survival", k=2,
            estimate=value, unit="%", time_months=months, at_horizon=True)
        for months, value in ((12.0, 0.85), (24.0, 0.7))
    ]  # fmt: skip
    median = row("times", outcome="median_os", method="weighted_median", k=9, ci_low=15.9,
                 bound_low=38.1, bound_high=55.8)  # fmt: skip
    protocol = PROTOCOL | {"outcomes": outcomes, "subgroups": {}, "studies": {}}
    found = tables.all_results(review_of(protocol, survival_model=points, times=[median]))
    told = {(r["outcome"], r["time_months"]) for r in found.rows}
    assert {("os_all", 12.0), ("os_all", 24.0)} <= told
    (bounded,) = [r for r in found.rows if r["outcome"] == "median_os"]
    columns = {column.name: column for column in found.columns}
    assert [found.text(columns[name], bounded) for name in ("bound_low", "bound_high")] == [
        "38.1",
        "55.8",
    ]


@pytest.mark.parametrize("name", ["bayes", "reml_hk_adhoc", "mh"])
def test_methods_of_ratios_have_words(name):
    assert words.method(name) == ratio_words.METHODS[name]


def test_every_source_of_a_pooled_ratio_has_words():
    """Of printed ratios and counts together the code was printed, in every language."""
    assert set(words.RATIO_SOURCES) == {"printed", "counts", "printed_and_counts"}

"""What readers found wrong in figures: each test is one finding."""

import dataclasses

import invented
import pytest
import survival_cases
from matplotlib.figure import Figure

import cases
from singlearm.figures.draw.bubbles import draw_regression
from singlearm.figures.draw.compare import LOOKS, draw_compare
from singlearm.figures.marks.axis import percent_axis
from singlearm.figures.marks.bubbles import regression_marks
from singlearm.figures.marks.choices import ForestChoices
from singlearm.figures.marks.compare import claims_marks, models_marks
from singlearm.figures.marks.drapery import drapery_marks
from singlearm.figures.marks.forest import OFF_AXIS, ForestRow, off_axis
from singlearm.figures.marks.funnel import funnel_marks
from singlearm.figures.marks.groups import groups_marks
from singlearm.figures.marks.inputs import CREDIBLE, FigureModel
from singlearm.figures.marks.landmarks import ASSUMED, landmark_marks
from singlearm.figures.marks.landscape import (
    CURVE_POINTS,
    calibration_marks,
    curve_marks,
    gosh_marks,
)
from singlearm.figures.marks.orchard import orchard_marks
from singlearm.figures.marks.other_forests import times_marks
from singlearm.figures.marks.overview import overview_marks
from singlearm.figures.marks.sensitivity import (
    cumulative_marks,
    influence_marks,
    leave_one_out_marks,
)
from singlearm.figures.marks.survival import points_marks
from singlearm.figures.marks.words import CHOICES
from singlearm.figures.save import texts_of
from singlearm.kinds import survival
from singlearm.kinds.base import headline

ROWS = invented.effects(6)
POOLED = invented.pooled(ROWS)
LABELS = cases.labels_of(ROWS)
AVERAGE = {"marginal": 0.61, "marginal_low": 0.5, "marginal_high": 0.72}
MEDIAN, MEAN = "Pooled: the median study.", "Pooled: the mean over studies."


# Survival at a fixed time


def landmarks(k=3, **study):
    """Three studies, and both models in the order of the table."""
    limits = {"ci_low": 0.6, "ci_high": 0.9, "weighed_low": 0.6, "weighed_high": 0.9}
    base = {"outcome": "pfs", "months": 12.0, "n": 20}
    studies = [
        base | limits | {"study_id": name, "survival": 0.8, "weight": 33.0, "n_at_risk": None}
        for name in "abc"
    ]
    pooled = [
        base | {"model": model, "k": k, "estimate": 0.8, "pi_low": 0.5, "pi_high": 0.9} | limits
        for model in ("cloglog_bayes", "cloglog_reml_hk", "logit_reml_hk")
    ]
    rows = [studies[0] | study, *studies[1:]]
    return landmark_marks(rows, pooled, {}, survival_cases.OUTCOME, cases.DATA)


@pytest.mark.parametrize(
    ("k", "first"), [(3, "Log-log scale, Bayesian"), (6, "Log-log scale, REML")]
)
def test_the_row_that_leads_in_the_report_is_the_first_diamond(k, first):
    rows = [row for row in landmarks(k).rows if row.kind != "study"]
    assert [row.kind for row in rows] == ["total", "prediction", "subtotal", "subtotal"]
    assert rows[0].left[0] == first
    assert rows[-1].left[0] == "Logit scale, REML"


def test_round_brackets_are_explained_where_there_are_any():
    assert ASSUMED not in landmarks().footer
    marks = landmarks(ci_high=None)
    assert ASSUMED in marks.footer
    assert marks.rows[0].right[1] == "(60.0, 90.0)"


# Median times


@pytest.mark.parametrize(
    ("high", "said"), [(23.3, "between 21.8 and 23.3"), (None, "at least 21.8")]
)
def test_a_weighted_median_between_bounds_leads_without_a_diamond(high, said):
    row = {"outcome": "median_pfs", "k": 12, "n": 550, "ci_low": 10.9, "ci_high": 33.9}
    bounded = {"bound_low": 21.8, "bound_high": high, "estimate_months": None}
    fits = [
        row | {"method": "weighted_median_endless", "estimate_months": 23.3},
        row | {"method": "weighted_median"} | bounded,
        row | {"method": "inverse_variance", "estimate_months": None},
    ]
    marks = times_marks(cases.durations(ROWS), fits, LABELS, cases.TIME, cases.DATA)
    total, endless = marks.rows[-2:]
    assert (total.kind, total.right) == ("total", (said, "[10.9, 33.9]"))
    assert (total.estimate, total.low, total.high) == (None, None, None)
    assert (endless.kind, endless.left[0]) == (
        "subtotal", "Weighted median, not reached as endless (k 12)",
    )  # fmt: skip


def test_cut_limits_are_told_where_there_are_any():
    told = "Limits below 0 are cut to 0."
    for note in ("limits_cut_to_0; lower_limit_only=3", "lower_limit_only=3", None):
        fits = [row | {"note": note} for row in cases.pooled_times()]
        marks = times_marks(cases.durations(ROWS), fits, LABELS, cases.TIME, cases.DATA)
        assert (told in marks.footer) == ("limits_cut" in (note or ""))


# Sensitivity


def test_influence_needs_a_study_with_both_coordinates():
    rows = [row | {"q_deleted": None} for row in cases.influence_rows(ROWS)]
    left, rest = cases.without_each(ROWS), (cases.analysis(ROWS), "t")
    assert influence_marks(rows, left, *rest).empty
    assert influence_marks(cases.influence_rows(ROWS), [], *rest).empty
    marks = influence_marks(cases.influence_rows(ROWS), left, *rest)
    assert not marks.empty
    assert any(line.startswith("Orange, with names:") for line in marks.footer)


def test_small_letters_stand_among_the_large_in_alphabetic_order():
    named = dict(zip(LABELS, ("Zhao", "van Oers", "Xu", "d'Agostino", "Cohen", "Du"), strict=True))
    analysis = dataclasses.replace(cases.analysis(ROWS), labels=named)
    order = ["Cohen", "d'Agostino", "Du", "van Oers", "Xu", "Zhao"]
    left = cases.without_each(ROWS)
    found = leave_one_out_marks(left, analysis, "t").rows[:-1]
    assert [row.left[0].removeprefix("without ") for row in found] == order
    assert list(influence_marks(cases.influence_rows(ROWS), left, analysis, "t").labels) == order


def test_a_step_has_the_year_that_the_name_lacks():
    analysis = dataclasses.replace(cases.analysis(ROWS), labels={"S001": "Martin 2023"})
    (row, *_) = cases.without_each(ROWS)
    for year, label in (
        (2025, "+ Martin 2023 (2025)"),
        (2023, "+ Martin 2023"),
        (None, "+ Martin 2023"),
    ):
        assert cumulative_marks([row | {"year": year}], analysis, "t").rows[0].left == (label,)


# Survival, funnel, meta-regression


def test_without_a_fitted_curve_there_are_no_words_of_one():
    row = dict.fromkeys(("time_months", "estimate", "study_id"))
    rows = [row | {"outcome": "pfs", "quantity": "median"}]
    marks = points_marks(
        rows, {}, survival_cases.OUTCOME, cases.DATA, "median not reached; – points"
    )
    assert marks.empty
    assert (marks.subtitle, marks.footer) == ("", (str(cases.DATA),))


@pytest.mark.parametrize(("points", "told"), [(1, "1 point reported"), (27, "27 points reported")])
def test_points_are_not_those_of_curves_alone(points, told):
    row = {"k": 21, "n": 1300, "points": points, "estimate": None, "ci_low": None, "ci_high": None}
    assert survival.counts(headline(row)) == f"21 studies, 1300 patients; {told}"


def test_the_funnel_of_few_studies_says_so_once():
    rows = invented.effects(1)
    marks = funnel_marks(rows, invented.pooled(rows), cases.MODEL, cases.DATA, title="Response")
    assert marks.subtitle == "1 study"
    assert marks.empty == "Fewer than 10 studies, whose funnel says nothing."


def test_a_protocol_without_a_continuous_moderator_is_told_apart():
    only = {"product": cases.MODERATORS["product"]}
    rest = (cases.MODEL, cases.DATA)
    marks = regression_marks(ROWS, [], [], only, *rest, title="x")
    assert marks.empty == "The protocol names no continuous moderator."


def test_the_numbers_above_a_panel_of_a_regression_are_whole():
    """Of a caption of more than two lines the rest was left out."""
    marks = cases.regression(ROWS)
    told = " ".join(f"number{n}" for n in range(60))
    longer = (dataclasses.replace(marks.panels[0], caption=told), *marks.panels[1:])
    (page,) = draw_regression(dataclasses.replace(marks, panels=longer))
    drawn = [text for text in texts_of(page) if "number" in text.get_text()]
    assert len(drawn) > 2
    assert " ".join(text.get_text() for text in drawn).split() == told.split()
    (usual,) = draw_regression(marks)
    assert page.get_figheight() > usual.get_figheight()


# Forests


def test_an_arrow_is_explained_where_there_is_one():
    axis = percent_axis([0.1, 0.2])
    inside = ForestRow("study", ("a",), estimate=0.1, low=0.0, high=axis.high)
    assert off_axis([inside], axis) == ()
    assert off_axis([dataclasses.replace(inside, high=axis.high + 0.01)], axis) == (OFF_AXIS,)
    assert off_axis([ForestRow("prediction", ("p",), low=0.0, high=0.9)], axis) == (OFF_AXIS,)
    unreached = dataclasses.replace(inside, estimate=None, high=0.9)
    assert off_axis([unreached], axis) == (), "told by the sentence on n/r"
    for make in ("ratios", "times"):
        assert OFF_AXIS in cases.FIGURES[make][0](ROWS).footer, make
    assert OFF_AXIS not in cases.forest(ROWS).footer
    one_wide = [
        row | {"proportion": 0.02, "ci_low": 0.0, "ci_high": 0.03} for row in invented.effects(20)
    ]
    one_wide[0]["ci_high"] = 0.9
    low = invented.pooled(
        one_wide, estimate=0.02, ci_low=0.01, ci_high=0.03, pi_low=0.0, pi_high=0.04
    )
    assert OFF_AXIS in cases.forest(one_wide, pooled=low, grouped=False).footer
    assert OFF_AXIS in landmarks(ci_low=0.01, survival=0.95).footer


def test_a_group_with_none_or_all_of_the_events_says_what_its_interval_is():
    rows = [row | {"events": 0} for row in ROWS if row["group_target_class"] == "single"]
    rows += invented.effects(6, seed=3, levels=("dual",))
    exact = {"estimate": 0.0, "ci_low": 0.0, "ci_high": 0.07, "note": "homogeneous_exact"}
    dual, single = invented.subgroups(rows)
    levels = [dual, single | exact]
    marks = cases.forest(rows, groups=cases.groups(rows, subgroups=levels))
    subtotals = [row.left[0] for row in marks.rows if row.kind == "subtotal"]
    assert "(exact interval of the summed counts)" in subtotals[0]
    assert "(" not in subtotals[1]
    told = "A sign at 0% or 100%: the exact interval of the summed counts."
    for found, there in ((levels, True), ([dual, single], False)):
        groups = groups_marks(found, [], cases.ALL_OUTCOMES, cases.GROUPS, cases.MODEL, cases.DATA)
        assert (told in groups.footer) == there


def drawn(pooled, model, headline):
    """Every figure that may draw one estimate alone."""
    rest = (model, cases.DATA)
    common = {"title": "x", "headline": headline}
    levels = [row | {name: pooled[name] for name in AVERAGE} for row in invented.subgroups(ROWS)]
    choices = ForestChoices(headline=headline)
    return {
        "forest": cases.forest_marks(ROWS, pooled, cases.ORR, *rest, choices=choices),
        "overview": overview_marks([pooled], cases.ALL_OUTCOMES, *rest, headline=headline),
        "groups": groups_marks(
            levels, [], cases.ALL_OUTCOMES, cases.GROUPS, *rest, headline=headline
        ),
        "orchard": orchard_marks(ROWS, pooled, *rest, **common),
        "drapery": drapery_marks(ROWS, pooled, *rest, **common),
    }


def test_one_estimate_alone_is_named():
    both = POOLED | AVERAGE
    for marks in drawn(both, cases.MODEL, "typical").values():
        assert MEDIAN in marks.footer, marks.title
    beta = FigureModel.of("glmm", {"likelihood": "beta_binomial"})
    for marks in drawn(POOLED, beta, "average").values():
        assert MEAN in marks.footer, marks.title
    equal = FigureModel.of("glmm", {"likelihood": "normal", "tau2": "EE"})
    for marks in drawn(POOLED, equal, "typical").values():
        assert not {MEDIAN, MEAN} & set(marks.footer), marks.title
    for name, marks in drawn(both, cases.MODEL, "average").items():
        assert MEDIAN not in marks.footer, name
        assert (MEAN in marks.footer) == (name in ("orchard", "drapery")), name


@pytest.mark.parametrize("bayesian", [False, True])
def test_a_forest_calls_credible_intervals_so(bayesian):
    model = FigureModel("glmm", "x", bayesian=bayesian)
    assert (CREDIBLE in drawn(POOLED, model, "typical")["forest"].footer) == bayesian


# Landscapes


def specifications(**varied):
    rows = [
        {**dict.fromkeys(CHOICES), "spec": i, "inclusion": "rare" if i == 1001 else "usual",
         "ci_low": None, "ci_high": None, "estimate": 0.5 + i / 10_000, "ci": "hk", "zeros": None}
        for i in range(2000)
    ]  # fmt: skip
    rows[7] |= varied
    return curve_marks(rows, cases.DATA, title="t")


def test_a_thinned_curve_has_each_choice_at_least_once():
    marks = specifications()
    assert len(marks.estimates) == CURVE_POINTS + 1
    assert {level for (level,) in marks.taken} == {0, 1}
    assert list(marks.estimates) == sorted(marks.estimates)
    told = f"Drawn: {CURVE_POINTS + 1} of them, along the curve, with each choice at least once."
    assert told in marks.footer


@pytest.mark.parametrize("varied", [{}, {"ci": "t"}, {"zeros": "all"}])
def test_choices_without_a_row_are_named(varied):
    found = [line for line in specifications(**varied).footer if line.startswith("Not shown below")]
    assert bool(found) == bool(varied)


def test_calibration_says_what_is_estimated_and_what_is_not_simulated():
    row = {"model": "glmm", "datasets": 200, "coverage": 0.9, "coverage_se": 0.01, "width": 0.3,
           "bias": None}  # fmt: skip
    marks = calibration_marks([row], cases.models(), cases.DATA, title="t")
    assert MEDIAN in marks.footer
    assert "Not simulated: logit_dl." in marks.footer
    whole = calibration_marks([row], cases.models()[:1], cases.DATA, title="t")
    assert not any(line.startswith("Not simulated") for line in whole.footer)


@pytest.mark.parametrize(
    ("k", "subsets", "said", "empty"),
    [
        (5, 26, "all 26 subsets of two studies or more", ""),
        (25, 2_000_000, "2,000,000 subsets drawn at random", ""),
        (4, 11, "all 11 subsets of two studies or more", "Too few studies for this analysis."),
        (0, 0, None, "No subsets of the studies were pooled."),
    ],
)
def test_gosh_tells_all_subsets_from_a_sample(k, subsets, said, empty):
    cells = [{"estimate_low": 0.5, "estimate_high": 0.6, "i2_low": 0.0, "i2_high": 0.1}]
    studies = [
        {"study_id": f"S{i}", "mean_with": 0.6, "mean_without": 0.6, "i2_with": 0, "i2_without": 0}
        for i in range(k)
    ]
    marks = gosh_marks(
        [cell | {"subsets": subsets} for cell in cells], studies, {}, cases.DATA, title="t"
    )
    assert marks.empty == empty
    assert said is None or marks.subtitle == said
    assert "Pooled in two steps with tau² by DerSimonian and Laird." in marks.footer


# Comparisons


@pytest.mark.parametrize("verdict", ["", "consistent"])
def test_verdicts_are_explained_where_they_are_shown(verdict):
    audit = [{"claim_id": claim["claim_id"], "verdict": verdict} for claim in cases.claims(ROWS)]
    both = (cases.MODEL, cases.MODEL)
    marks = claims_marks(cases.claims(ROWS), audit, [POOLED], [], both, cases.DATA)
    assert any(line.startswith("Verdict") for line in marks.footer) == bool(verdict)


@pytest.mark.parametrize("count", [8, 9])
def test_eight_models_differ_and_more_stand_in_the_order_of_the_key(count):
    assert len(set(LOOKS)) == len(LOOKS) == 8
    named = {f"m{number}": {} for number in range(count)}
    pooled = [POOLED | {"model": name} for name in named]
    marks = models_marks(pooled, cases.ALL_OUTCOMES, cases.models(named), "m0", cases.DATA)
    pages = draw_compare(marks)
    assert all(isinstance(page, Figure) for page in pages)
    told = " ".join(text.get_text() for page in pages for text in texts_of(page))
    assert ("in the order of the key" in told) == (count > 8)

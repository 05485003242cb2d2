"""Marks of the smaller figures: what they take from the tables, order, choice and refuse."""

import dataclasses

import invented
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cases
from singlearm.figures.marks.axis import (
    nice_ticks,
    number_axis,
    percent_axis,
    ratio_axis,
    share_axis,
)
from singlearm.figures.marks.compare import claims_marks, models_marks, versions_marks
from singlearm.figures.marks.inputs import FigureModel, Outcome
from singlearm.figures.marks.landscape import (
    CURVE_POINTS,
    calibration_marks,
    curve_marks,
    gosh_marks,
)
from singlearm.figures.marks.sensitivity import (
    cumulative_marks,
    influence_marks,
    leave_one_out_marks,
)
from singlearm.figures.marks.words import CHOICES, heterogeneity_line

ROWS = invented.effects(6)
LABELS = cases.labels_of(ROWS)
POOLED = invented.pooled(ROWS)
ANALYSIS = cases.analysis(ROWS)


# Axes


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.lists(st.floats(0, 1), max_size=30))
def test_a_percent_axis_shows_every_estimate_and_nine_in_ten_limits(values, bounds):
    axis = percent_axis(values, bounds)
    assert 0 <= axis.low < axis.high <= 1
    assert all(-1e-9 <= axis.place(value) <= 1 + 1e-9 for value in values)
    hidden = [bound for bound in bounds if not -1e-9 <= axis.place(bound) <= 1 + 1e-9]
    assert len(hidden) <= 0.2 * len(bounds)
    assert len(axis.ticks) >= 3


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_round_few_and_inside(low, span):
    ticks = nice_ticks(low, low + span)
    assert 2 <= len(ticks) <= 12
    slack = 1e-6 * (abs(low) + span)
    assert all(low - slack <= tick <= low + span + slack for tick in ticks)


def test_a_ratio_axis_has_one_on_it_and_equal_steps_for_equal_ratios():
    axis = ratio_axis([0.2, 0.5])
    assert axis.low < 0.2 < 1 < axis.high
    assert 1.0 in [tick for tick, _ in axis.ticks]
    assert axis.place(0.2) - axis.place(0.1) == pytest.approx(axis.place(1) - axis.place(0.5))


def test_no_tick_stands_between_two_years():
    years = number_axis([2016.0, 2017.0, 2019.0])
    assert [label for _, label in years.ticks] == ["2016", "2017", "2018", "2019"]
    assert "2016.5" in [label for _, label in number_axis([2016.0, 2016.7, 2019.0]).ticks]
    assert len(number_axis([3.0]).ticks) > 1


def test_axes_of_one_value_or_none_have_a_width():
    for axis in (number_axis([3.0]), number_axis([]), share_axis([0.5]), share_axis([])):
        assert axis.high > axis.low


# Words


def test_heterogeneity_line_leaves_out_what_is_missing():
    nothing = POOLED | {"tau2": None, "i2": None, "q": None}
    assert heterogeneity_line(nothing, cases.MODEL) == ""
    assert heterogeneity_line(
        POOLED | {"tau2": 0.001, "tau2_low": None, "tau2_high": None}, cases.MODEL
    ) == ("Heterogeneity: τ² < 0.01, I² = 57%, Q = 29.8 (df 5, p = 0.005)")


# Sensitivity


def test_leave_one_out_names_the_study_left_out_and_ends_with_all():
    rows = cases.without_each(ROWS)
    marks = leave_one_out_marks(rows, ANALYSIS, "t")
    assert marks.rows[0].left == (f"without {LABELS['S001']}",)
    assert marks.rows[0].estimate == rows[0]["estimate"]
    assert (marks.rows[-1].kind, marks.rows[-1].estimate) == ("total", POOLED["estimate"])
    assert leave_one_out_marks([], ANALYSIS, "t").empty


def test_cumulative_follows_the_steps():
    rows = list(reversed(cases.without_each(ROWS)))
    marks = cumulative_marks(rows, ANALYSIS, "t")
    assert [row.key for row in marks.rows[:-1]] == sorted(LABELS)


def test_studies_without_a_year_have_no_order():
    empty = cumulative_marks([], ANALYSIS, "t").empty
    assert empty.startswith("No study names its year")


def test_influence_measures_are_the_fall_of_q_and_the_shift_in_points():
    rows = [row | {"q_deleted": 20.0} for row in cases.influence_rows(ROWS)]
    left = [row | {"estimate": POOLED["estimate"]} for row in cases.without_each(ROWS)]
    left[3]["estimate"] += 0.05
    marks = influence_marks(rows, left[1:], ANALYSIS, "t")
    assert marks.drop_in_q[0] == pytest.approx(POOLED["q"] - 20.0)
    assert marks.shift[0] is None
    assert marks.shift[3] == pytest.approx(5.0)
    assert marks.named[0] == 3
    leverage = next(panel for panel in marks.panels if panel.title == "Leverage")
    assert leverage.bound == (0.5,)


@pytest.mark.parametrize("figure", [leave_one_out_marks, cumulative_marks])
def test_refits_are_of_the_number_that_leads(figure):
    """The forest led with 8.9%, and these figures ended in 4.5%."""
    names = ("marginal", "marginal_low", "marginal_high")
    average = dict(zip(names, (0.089, 0.045, 0.168), strict=True))
    analysis = dataclasses.replace(ANALYSIS, pooled=POOLED | average, headline="average")
    rows = [row | average | {"marginal": 0.078} for row in cases.without_each(ROWS)]
    # where nothing is left but studies without events, mean and median study are one number
    rows[1] |= {"estimate": 0.0} | dict.fromkeys(names)
    marks = figure(rows, analysis, "t")
    assert sorted(row.estimate for row in marks.rows)[:3] == [0.0, 0.078, 0.078]
    assert (marks.rows[-1].estimate, marks.reference) == (0.089, 0.089)
    assert marks.rows[-1].right[:2] == ("8.9", "[4.5, 16.8]")
    assert "Pooled: the mean over studies." in marks.footer


@pytest.mark.parametrize(
    ("likelihood", "said"),
    [
        ("binomial_normal", "Pooled: the median study."),
        ("beta_binomial", "Pooled: the mean over studies."),
    ],
)
def test_figures_of_one_estimate_say_which(likelihood, said):
    """The report leads with the mean over studies, ten points away in the flagship."""
    model = FigureModel.of("m", {"likelihood": likelihood})
    analysis = dataclasses.replace(ANALYSIS, model=model)
    rows = cases.without_each(ROWS)
    for marks in (
        leave_one_out_marks(rows, analysis, "t"),
        cumulative_marks(rows, analysis, "t"),
        influence_marks(cases.influence_rows(ROWS), rows, analysis, "t"),
        versions_marks([POOLED], [POOLED], cases.ALL_OUTCOMES, model, "0", cases.DATA),
        claims_marks([], [], [], [], (model, model), cases.DATA),
    ):
        assert said in marks.footer, marks.title
    equal = FigureModel.of("m", {"likelihood": "normal", "tau2": "EE"})
    alone = leave_one_out_marks(rows, dataclasses.replace(analysis, model=equal), "t")
    assert not any(line.startswith("Pooled:") for line in alone.footer)


def test_figures_of_some_of_many_studies_say_of_how_many():
    many = dataclasses.replace(ANALYSIS, pooled=POOLED | {"k": 500})
    rows = cases.without_each(ROWS)
    told = f"{len(ROWS)} of 500 studies, those that move the two-step estimate most."
    assert told in leave_one_out_marks(rows, many, "t").footer
    assert f"{len(ROWS)} of 500 steps" in cumulative_marks(rows, many, "t").footer[0]
    marks = influence_marks(cases.influence_rows(ROWS), rows, many, "t")
    assert told in marks.footer
    assert marks.panels[-1].bound == (3 / 500,)
    assert told not in leave_one_out_marks(rows, ANALYSIS, "t").footer


def test_influence_names_the_study_that_adds_most_to_q():
    rows = [row | {"q_deleted": POOLED["q"]} for row in cases.influence_rows(ROWS)]
    rows[-1]["q_deleted"] = 1.0
    left = [row | {"estimate": POOLED["estimate"] + 0.01} for row in cases.without_each(ROWS)]
    left[-1]["estimate"] = POOLED["estimate"]
    assert len(ROWS) - 1 in influence_marks(rows, left, ANALYSIS, "t").named


def test_influence_of_too_few_studies_is_a_page_that_says_so():
    unknown = [
        dict.fromkeys(row) | {"study_id": row["study_id"]} for row in cases.influence_rows(ROWS)
    ]
    for rows in ([], unknown):
        assert influence_marks(rows, [], ANALYSIS, "t").empty


def test_gosh_highlights_the_study_with_the_largest_split():
    cells = [
        {"estimate_low": 0.5, "estimate_high": 0.6, "i2_low": 0.0, "i2_high": 0.1, "subsets": n}
        for n in (0, 30, 60)
    ]
    studies = [
        {"study_id": "S001", "mean_with": 0.6, "mean_without": 0.61, "i2_with": 0, "i2_without": 0},
        {"study_id": "S002", "mean_with": 0.5, "mean_without": 0.7, "i2_with": 0, "i2_without": 0},
    ]
    marks = gosh_marks(cells, studies, LABELS, cases.DATA, title="t")
    assert marks.means == ((0.5, 0), (0.7, 0))
    assert [cell[-1] for cell in marks.cells] == [0.5, 1.0]
    assert marks.subtitle == "90 subsets drawn at random"
    assert "50.0% with it, 70.0% without it" in marks.footer[0]


def test_a_curve_is_sorted_thinned_and_keeps_its_ends():
    rows = [
        {**dict.fromkeys(CHOICES, "same"), "spec": i, "measure": ("PLO", "x_y")[i % 2],
         "ci_low": None, "ci_high": None, "estimate": 0.5 + (i * 7 % 2000) / 10_000}
        for i in range(2000)
    ]  # fmt: skip
    failed = [rows[0] | {"spec": 9999, "estimate": None}]
    marks = curve_marks(rows + failed, cases.DATA, title="t")
    assert list(marks.estimates) == sorted(marks.estimates)
    assert len(marks.estimates) == CURVE_POINTS
    assert (marks.estimates[0], marks.estimates[-1]) == (0.5, 0.5 + 1999 / 10_000)
    assert marks.choices == (("Scale", ("logit", "x y")),)
    told = "2000 different estimates: 50.0 to 70.0%, median 60.0%"
    assert marks.subtitle == f"2000 specifications, {told}"
    twice = curve_marks(rows + rows, cases.DATA, title="t")
    assert twice.subtitle == f"4000 specifications, {told}"  # other intervals, say
    assert "1 further specifications gave no estimate." in marks.footer


def test_a_curve_says_what_its_values_are_of():
    row = {**dict.fromkeys(CHOICES), "spec": 1, "ci_low": None, "ci_high": None, "estimate": 0.5}
    logit = row | {"likelihood": "normal", "measure": "PLO"}
    for other, said in (
        ({"likelihood": "binomial_normal", "measure": None}, "Pooled: the median study."),
        ({"likelihood": "normal", "measure": "PR"}, "Not all estimate the same"),
        ({"likelihood": "beta_binomial", "measure": None}, "Not all estimate the same"),
    ):
        marks = curve_marks([logit, row | other], cases.DATA, title="t")
        assert marks.footer[0].startswith(said), other


def test_calibration_bars_are_two_standard_errors_and_the_axis_reaches_them():
    row = {"model": "glmm", "datasets": 200, "coverage": 0.7, "coverage_se": 0.01, "width": 0.3,
           "bias": None}  # fmt: skip
    marks = calibration_marks([row], cases.models(), cases.DATA, title="t")
    assert [row.bar for row in marks.rows] == [0.02]
    assert marks.axis.place(0.68) >= 0
    assert marks.subtitle == "200 simulated data sets a model"


# Comparisons


def test_claims_stand_against_the_row_they_speak_of():
    claim = {"claim_id": "a", "statement": "Dual: 43%.", "outcome": "orr", "by": "target_class",
             "level": "dual", "quantity": "estimate_percent", "value": 43.0, "low": None,
             "high": None, "decimals": 0}  # fmt: skip
    separate = invented.subgroups(ROWS, tau2_mode="separate")
    common = [row | {"estimate": 0.99} for row in invented.subgroups(ROWS)]
    marks = claims_marks(
        [claim, claim | {"claim_id": "b", "by": None}, claim | {"quantity": "k"}],
        [{"claim_id": "a", "verdict": "not_reproduced"}],
        [POOLED],
        common + separate,
        (cases.MODEL, FigureModel("absent", "Absent")),
        cases.DATA,
    )
    dual = next(row for row in separate if row["level"] == "dual")
    first, second = marks.rows
    assert first.points[0].text == "43"
    assert first.points[1].estimate == dual["estimate"]
    assert first.points[2].estimate is None
    assert first.note == "Not reproduced"
    assert second.points[1].estimate == POOLED["estimate"]


def test_versions_show_an_outcome_that_only_one_of_them_has():
    rest = (cases.ALL_OUTCOMES, cases.MODEL, "0", cases.DATA)
    marks = versions_marks([], [invented.pooled(ROWS)], *rest)
    (row,) = marks.rows
    assert row.note == "0 → 6"
    assert [point.estimate for point in row.points] == [None, POOLED["estimate"]]
    assert versions_marks([], [], *rest).empty == "No outcome to compare."


def test_versions_are_compared_by_the_headline():
    average = {"marginal": 0.61, "marginal_low": 0.5, "marginal_high": 0.72}
    rest = (cases.ALL_OUTCOMES, cases.MODEL, "0", cases.DATA)
    rows = [invented.pooled(ROWS)], [invented.pooled(ROWS) | average]
    (row,) = versions_marks(*rows, *rest, headline="average").rows
    assert [point.estimate for point in row.points] == [POOLED["estimate"], 0.61]
    (row,) = versions_marks(*rows, *rest).rows
    assert [point.estimate for point in row.points] == [POOLED["estimate"]] * 2
    assert "mean over studies" in versions_marks(*rows, *rest, headline="average").subtitle


def test_models_stand_side_by_side_with_their_spread():
    rows = [POOLED | {"model": "logit_dl", "estimate": POOLED["estimate"] + 0.0312}, POOLED]
    outcomes = [Outcome("orr", "Overall response"), Outcome("none", "Nothing")]
    marks = models_marks(rows, outcomes, cases.models(), "glmm", cases.DATA)
    assert marks.series == (f"{cases.MODELS['glmm']['label']} (primary)", "logit_dl")
    (row,) = marks.rows
    assert (row.label, row.note) == ("Overall response", "3.1")
    assert row.points[0].estimate == POOLED["estimate"]
    assert marks.footer[0] == "Spread: largest less smallest estimate, percentage points."
    assert marks.footer[1] == "Pooled: the median study."
    beta = FigureModel.of("beta", {"likelihood": "beta_binomial"})
    mixed = models_marks(rows, outcomes, [*cases.models(), beta], "glmm", cases.DATA)
    assert "Not all estimate the same" in mixed.footer[1]
    equal = [FigureModel.of("ee", {"likelihood": "normal", "tau2": "EE"}), beta]
    assert models_marks(rows, outcomes, equal, "ee", cases.DATA).footer[1] == (
        "Pooled: the mean over studies."
    )

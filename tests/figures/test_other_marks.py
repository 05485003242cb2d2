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
from singlearm.figures.marks.bubbles import regression_marks
from singlearm.figures.marks.compare import claims_marks, models_marks, versions_marks
from singlearm.figures.marks.evidence import evidence_marks, timeline_marks
from singlearm.figures.marks.flow import FlowError, flow_marks
from singlearm.figures.marks.inputs import FigureModel, Outcome, StudyWords
from singlearm.figures.marks.landscape import (
    CURVE_POINTS,
    calibration_marks,
    curve_marks,
    gosh_marks,
)
from singlearm.figures.marks.other_forests import ratios_marks, times_marks
from singlearm.figures.marks.risk import (
    UnknownJudgement,
    judgement_class,
    risk_of_bias_marks,
    study_signs,
)
from singlearm.figures.marks.sensitivity import (
    cumulative_marks,
    influence_marks,
    leave_one_out_marks,
)
from singlearm.figures.marks.words import heterogeneity_line

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
        {"spec": i, "a": ("PLO", "x_y")[i % 2], "b": "same", "ci_low": None, "ci_high": None,
         "estimate": 0.5 + (i * 7 % 2000) / 10_000}
        for i in range(2000)
    ]  # fmt: skip
    failed = [
        {"spec": 9999, "a": "x_y", "b": "same", "estimate": None, "ci_low": None, "ci_high": None}
    ]
    marks = curve_marks(rows + failed, cases.DATA, title="t", choices={"a": "A", "b": "B"})
    assert list(marks.estimates) == sorted(marks.estimates)
    assert len(marks.estimates) == CURVE_POINTS
    assert (marks.estimates[0], marks.estimates[-1]) == (0.5, 0.5 + 1999 / 10_000)
    assert marks.choices == (("A", ("logit", "x y")),)
    told = "2000 different estimates: 50.0 to 70.0%, median 60.0%"
    assert marks.subtitle == f"2000 specifications, {told}"
    twice = curve_marks(rows + rows, cases.DATA, title="t", choices={"a": "A"})
    assert twice.subtitle == f"4000 specifications, {told}"  # other intervals, say
    assert "1 further specifications gave no estimate." in marks.footer


def test_a_curve_says_what_its_values_are_of():
    row = {"spec": 1, "ci_low": None, "ci_high": None, "estimate": 0.5}
    logit = row | {"likelihood": "normal", "measure": "PLO"}
    for other, said in (
        ({"likelihood": "binomial_normal", "measure": None}, "Pooled: the median study."),
        ({"likelihood": "normal", "measure": "PR"}, "Not all estimate the same"),
        ({"likelihood": "beta_binomial", "measure": None}, "Not all estimate the same"),
    ):
        marks = curve_marks([logit, row | other], cases.DATA, title="t", choices={})
        assert marks.footer[0].startswith(said), other


def test_calibration_bars_are_two_standard_errors_and_the_axis_reaches_them():
    row = {"model": "glmm", "datasets": 200, "coverage": 0.7, "coverage_se": 0.01, "width": 0.3,
           "bias": None}  # fmt: skip
    marks = calibration_marks([row], cases.models(), cases.DATA, title="t")
    assert marks.bars == (0.02,)
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
    assert first.note == "not reproduced"
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


# Evidence


def test_evidence_counts_groups_and_says_what_it_leaves_out():
    rows = [
        {"study_id": "a", "year": 2018, "n_infused": 10, "target_antigens": "CD19"},
        {"study_id": "b", "year": 2020, "n_infused": None, "target_antigens": "BCMA"},
        {"study_id": "c", "year": 2020, "n_infused": 5, "target_antigens": "BCMA"},
        {"study_id": "d", "year": 2020, "n_infused": 7, "target_antigens": None},
        {"study_id": "e", "year": None, "n_infused": 5, "target_antigens": "BCMA"},
    ]
    marks = evidence_marks(rows, {}, cases.WORDS, cases.DATA)
    assert marks.groups == ("BCMA", "CD19", "not reported")
    assert marks.totals == ((2, 5), (1, 10), (1, 7))
    assert marks.years == (2018, 2019, 2020)
    assert "1 study without a year is not shown." in marks.footer[0]
    timeline = timeline_marks(rows, cases.WORDS, cases.DATA)
    assert (timeline.studies, timeline.running) == ((1, 0, 3), (10, 10, 22))
    assert timeline.people_axis.title == "Patients infused, running total"


def test_evidence_says_nothing_of_what_the_review_does_not_have():
    rows = [{"study_id": name, "year": 2020, "setting": "ward"} for name in "ab"]
    absent = evidence_marks(rows, {}, StudyWords(), cases.DATA)
    assert "names no column that groups" in absent.empty
    sized = [row | {"n": 5} for row in rows]
    for marks in (absent, evidence_marks(sized, {}, StudyWords(size="n"), cases.DATA)):
        assert marks.footer == (str(cases.DATA),)  # every study has a year, and none is drawn
    equal = evidence_marks(rows, {}, StudyWords(group="setting", size="n_gone"), cases.DATA)
    assert (equal.totals, equal.size_head) == (((2, None),), "")
    timeline = timeline_marks(rows, StudyWords(), cases.DATA)
    assert (timeline.people, timeline.people_axis) == (None, None)
    for marks in (absent, equal, timeline):
        words = " ".join([marks.title, marks.subtitle, marks.description, *marks.footer])
        assert "atient" not in words
        assert "nfused" not in words


def test_regression_draws_the_fitted_curve_on_the_percent_scale():
    marks = cases.regression(ROWS)
    first, year = marks.panels
    assert first.curve[0][0] == min(point.moderator for point in first.points)
    low = 1 / (1 + 2.718281828459045 ** -(0.5 + 0.02 * first.curve[0][0]))
    assert first.curve[0][1] == pytest.approx(low, rel=1e-12)
    assert (first.x_axis.title, year.x_axis.title) == ("Follow-up", "Year")
    assert first.caption == "slope 0.020 [0.000, 0.040], p = 0.040, k 6"
    assert (year.curve, year.caption) == ((), "no line: too few studies")
    assert "Follow-up: slope 0.020" in marks.description
    assert marks.footer[1] == "Lines: what the median study would have."


def test_regression_quotes_the_bootstrap_where_there_is_one():
    first, _ = cases.regression(ROWS, p_bootstrap=0.21).panels
    assert first.caption == "slope 0.020 [0.000, 0.040], p = 0.21, k 6"


def test_regression_draws_no_curve_where_the_link_is_not_the_logit():
    arcsine = FigureModel.of("glmm", {"likelihood": "normal", "measure": "PAS"})
    marks = cases.regression(ROWS, arcsine)
    assert (marks.panels[0].curve, len(marks.panels[0].points)) == ((), len(ROWS))
    assert "change of the arcsine" in marks.footer[0]
    assert not any(line.startswith("Lines") for line in marks.footer)
    assert "change of the log odds" in cases.regression(ROWS).footer[0]


def test_regression_says_when_no_moderator_is_known():
    marks = regression_marks(ROWS, [], [], cases.MODERATORS, cases.MODEL, cases.DATA, title="x")
    assert marks.panels == ()
    assert marks.description.startswith("No study of this outcome")


# Times and ratios


def test_a_median_that_was_not_reached_points_beyond_the_axis():
    marks = times_marks(cases.durations(ROWS), cases.pooled_times(), LABELS, cases.TIME, cases.DATA)
    first = marks.rows[0]
    assert first.right == ("n/r", "–")
    assert first.estimate is None
    assert marks.axis.place(first.high) > 1
    totals = marks.rows[-2:]
    assert [row.kind for row in totals] == ["total", "subtotal"]
    assert [row.right for row in totals] == [("8.0", "[5.9, 11.8]"), ("9.0", "[5.9, 999.0]")]
    assert totals[0].left[0] == "Weighted median of medians (k 4)"
    assert marks.axis.place(totals[1].high) > 1


def test_ratios_show_one_measure_of_each_outcome_trials_before_the_pooled_rows():
    marks = ratios_marks(cases.ratios(ROWS[:2]), LABELS, cases.RATIO_OUTCOMES, cases.DATA)
    trials, pooled = ["study"] * 2, ["subtotal"] * 2
    kinds = ["heading", *trials, *pooled, "gap", "heading", *trials]
    assert [row.kind for row in marks.rows] == kinds
    heads = [row.left[0] for row in marks.rows if row.kind == "heading"]
    assert heads == [
        "Progression or death: hazard ratio as printed (less is better)",
        "Overall response: risk ratio from counts (more is better)",
    ]
    assert marks.rows[1].left[0] == f"{ROWS[0]['label']}, this vs that, 30.9 months"
    assert marks.rows[3].right == ("0.50", "[0.40, 0.60]")
    assert marks.axis.log
    assert marks.axis.place(marks.rows[4].high) > 1
    assert marks.reference == 1.0


# Search flow


def test_flow_boxes_carry_their_counts_and_sums():
    marks = flow_marks(cases.flow_rows(ROWS), cases.DATA)
    heads = [box.lines[0] for box in marks.boxes]
    assert "Records identified: 66" in heads
    assert "Studies in the synthesis: 6" in heads
    assert marks.columns == ("previous", "main", "out")
    pairs = {(marks.boxes[a].lines[0], marks.boxes[b].lines[0]) for a, b in marks.arrows}
    assert ("Records screened: 60", "Records excluded: 48") in pairs
    assert ("Studies of the previous version: 3", "Studies in all: 9") in pairs


@pytest.mark.parametrize(
    ("box", "count", "told"),
    [
        ("screened", 61, "database \\+ register - removed = 60, but screened says 61"),
        ("sought", 11, "screened - excluded_by_screening = 12, but sought says 11"),
        ("total_studies", 8, "previous_studies \\+ included_studies = 9, but total_studies says 8"),
        ("synthesis", -1, "box 'synthesis' has no count"),
        ("screend", 5, "unknown box 'screend'.*Known boxes: previous_studies"),
    ],
)
def test_a_flow_that_does_not_add_up_is_refused(box, count, told):
    boxes = {row["box"]: row["count"] for row in cases.flow_rows(ROWS)} | {box: count}
    with pytest.raises(FlowError, match=told):
        flow_marks([{"box": b, "count": c} for b, c in boxes.items()], cases.DATA)


def test_a_doubled_box_is_refused():
    with pytest.raises(FlowError, match="box 'screened' stands twice"):
        flow_marks([*cases.flow_rows(ROWS), {"box": "screened", "count": 60}], cases.DATA)


# Risk of bias


def test_judgements_of_all_tools_have_a_class_and_others_are_refused():
    assert [judgement_class(word) for word in ("Low", " yes", "2")] == ["good"] * 3
    assert judgement_class(None) == "unknown"
    assert judgement_class("Serious") != judgement_class("no information")
    with pytest.raises(UnknownJudgement, match="'good' is not one of 0, 1, 2, critical"):
        judgement_class("good")


def test_risk_of_bias_has_a_table_for_each_tool_any_number_of_domains():
    rows = [
        {"study_id": study, "tool": tool, "domain": f"domain {i}", "judgement": "yes",
         "order": i}
        for tool, count in (("JBI", 10), ("MINORS", 8))
        for study in ("a", "b")
        for i in range(count)
    ]  # fmt: skip
    jbi, minors = risk_of_bias_marks(rows[1:], {"a": "Zed", "b": "Abe"}, cases.DATA).tables
    assert (len(jbi.domains), len(minors.domains)) == (10, 8)
    assert jbi.studies == ("Abe", "Zed")
    assert sorted(row.count("unknown") for row in jbi.judgements) == [0, 1]
    domains, signs = study_signs(rows)
    assert len(domains) == 10
    assert signs["a"] == ("good",) * 10
    assert study_signs([]) == ((), {})

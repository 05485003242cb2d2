"""Marks of evidence, regressions, medians, ratios, the search and risk of bias."""

import doctest

import invented
import pytest
from matplotlib.patches import PathPatch

import cases
from singlearm.catalogue import points
from singlearm.figures.draw.evidence import draw_evidence
from singlearm.figures.marks.bubbles import regression_marks
from singlearm.figures.marks.evidence import evidence_marks, timeline_marks
from singlearm.figures.marks.flow import FlowError, flow_marks
from singlearm.figures.marks.inputs import FigureModel, StudyWords
from singlearm.figures.marks.other_forests import ratios_marks, times_marks
from singlearm.figures.marks.risk import (
    UNKNOWN,
    Judged,
    UnknownJudgement,
    judgement_class,
    risk_of_bias_marks,
    signs_key,
    study_signs,
)

ROWS = invented.effects(6)
LABELS = cases.labels_of(ROWS)
POOLED = invented.pooled(ROWS)
ANALYSIS = cases.analysis(ROWS)

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


def test_a_study_of_unknown_size_looks_neither_smallest_nor_largest():
    sizes = {"a": 400, "b": None, "c": 1}
    rows = [
        {"study_id": name, "year": 2020, "n_infused": size, "target_antigens": "BCMA"}
        for name, size in sizes.items()
    ]
    widths = {}
    for words in (cases.WORDS, StudyWords(group="target_antigens")):
        (page,) = draw_evidence(evidence_marks(rows, {}, words, cases.DATA))
        drawn = {patch.get_gid(): patch for patch in page.findobj(PathPatch)}
        widths[words.size] = [drawn[f"row:{n}"].get_path().get_extents().width for n in sizes]
    largest, unknown, smallest = widths["n_infused"]
    assert smallest < unknown < largest
    assert widths[""] == pytest.approx([unknown] * 3)


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
    assert sorted(row.count(UNKNOWN) for row in jbi.judgements) == [0, 1]
    domains, signs = study_signs(rows)
    assert len(domains) == 10
    assert signs["a"] == (Judged("good", "+"),) * 10
    assert study_signs([]) == ((), {})


def judged(tool, judgements):
    """Heads and signs of one study: `judgements` by domain."""
    rows = [
        {"study_id": "a", "tool": tool, "domain": domain, "judgement": word, "order": i}
        for i, (domain, word) in enumerate(judgements.items())
    ]
    domains, signs = study_signs(rows)
    return domains, [(one.name, one.sign) for one in signs["a"]]


def test_stars_of_the_newcastle_ottawa_scale_are_numbers_of_those_an_item_can_have():
    """One star was drawn as some concerns, three or four were refused."""
    domains, signs = judged(
        "Newcastle-Ottawa Scale",
        {"Selection": "4", "Comparability": "1", "Outcome": "0", "Assessment of outcome": "1",
         "Total": "5", "Exposure": "no information"},
    )  # fmt: skip
    assert domains == (
        "Selection (of 4)", "Comparability (of 2)", "Outcome (of 3)",
        "Assessment of outcome (of 1)", "Total", "Exposure",
    )  # fmt: skip
    assert signs == [
        ("good", "4"), ("concern", "1"), ("bad", "0"), ("good", "1"), ("counted", "5"),
        ("unknown", "?"),
    ]  # fmt: skip


def test_stars_of_an_adapted_scale_have_no_class_unless_it_says_how_many():
    assert judged("NOS, cross-sectional", {"Selection": "5"}) == (
        ("Selection",), [("counted", "5")],
    )  # fmt: skip
    assert judged("NOS, cross-sectional", {"Selection (max 5 stars)": "5"}) == (
        ("Selection (max 5 stars)",), [("good", "5")],
    )  # fmt: skip
    # one study with five stars tells that no study's four are all
    rows = [
        {"study_id": name, "tool": "NOS", "domain": "Selection", "judgement": n, "order": 1}
        for name, n in (("a", "4"), ("b", "5"))
    ]
    (table,) = risk_of_bias_marks(rows, {}, cases.DATA).tables
    assert [one.name for (one,) in table.judgements] == ["counted"] * 2
    assert "Selection: 1 with 5, 1 with 4." in table.description


def test_the_most_that_a_domain_can_have():
    assert doctest.testmod(points).failed == 0


def test_points_of_minors_stay_signs_and_numbers_above_them_are_refused():
    assert judged("MINORS", {"Clear aim": "2", "Blinding": "1"}) == (
        ("Clear aim", "Blinding"), [("good", "+"), ("concern", "~")],
    )  # fmt: skip
    assert judged("IHE", {"Aim (of 1)": "1"})[1] == [("good", "1")]
    with pytest.raises(UnknownJudgement, match="'3' is not one of"):
        judged("MINORS", {"Clear aim": "3"})


def test_not_applicable_has_a_sign_of_its_own():
    """It was drawn as no information."""
    _, signs = judged("JBI", {"Follow-up": "not applicable", "Consecutive": "no information"})
    assert signs == [("not_applicable", "/"), ("unknown", "?")]


def test_the_key_explains_the_signs_in_use():
    used = [Judged("good", "4"), Judged("unknown", "?"), Judged("counted", "9")]
    told = ["n stars or points (green: all, orange: some, red: none, grey: the most is not known)"]
    assert signs_key(used) == [*told, "? no information"]
    assert signs_key([Judged("good", "+")]) == ["+ low risk, or criterion met"]

"""The overview of all outcomes and the subgroups side by side."""

import boxes
import invented

import cases
from singlearm.catalogue.notes import short
from singlearm.figures.draw.forest import draw_forest
from singlearm.figures.draw.groups import draw_groups
from singlearm.figures.marks.groups import groups_marks
from singlearm.figures.marks.inputs import Outcome
from singlearm.figures.marks.overview import overview_marks
from singlearm.figures.save import texts_of

OUTCOMES = {
    "orr": {"label": "Overall response", "favours": "high"},
    "crs": {"label": "Cytokine release syndrome of grade 3 or higher", "favours": "low"},
    "cr": {"label": "Complete response", "favours": "high"},
}
COMMON = ([Outcome.of(*item) for item in OUTCOMES.items()], cases.MODEL, cases.DATA)
GROUPINGS = {
    "target_class": {"label": "Target", "levels": ["single", "dual"]},
    "three": {"label": "Three", "levels": ["a", "b", "c"]},
    "free": {"label": "No levels named"},
}


def test_overview_keeps_the_protocols_order_within_benefit_and_harm():
    rows = invented.effects(5)
    pooled = [invented.pooled(rows, outcome=name) for name in ("crs", "orr")]
    other = [row | {"model": "other", "estimate": 0.01} for row in pooled]
    marks = overview_marks(other + pooled, *COMMON)
    assert [row.left[0] for row in marks.rows if row.left] == [
        "Benefit (higher is better)",
        "Overall response",
        "Complete response",
        "Harm (lower is better)",
        "Cytokine release syndrome of grade 3 or higher",
    ]
    response = marks.rows[1]
    assert response.estimate == pooled[0]["estimate"]
    assert response.left[1:] == ("5", str(pooled[0]["total"]))
    assert (response.outer_low, response.outer_high) == (pooled[0]["pi_low"], pooled[0]["pi_high"])
    assert marks.rows[2].right[1] == "no study"
    (page,) = draw_forest(marks)
    assert boxes.outside(page) == boxes.overlapping(page) == []


def test_overview_says_why_an_outcome_has_no_estimate():
    rows = invented.effects(4)
    fit = invented.pooled(rows, estimate=None, ci_low=None, ci_high=None, note="no_finite_maximum")
    marks = overview_marks([fit], *COMMON)
    assert marks.rows[1].right == ("–", short("no_finite_maximum"), "")


def groups_of(rows, **changes):
    return groups_marks(
        invented.subgroups(rows) + invented.subgroups(rows, tau2_mode="separate"),
        invented.tests(**changes),
        COMMON[0],
        GROUPINGS,
        *COMMON[1:],
    )


def test_groups_show_two_level_subgroupings_and_only_outcomes_with_a_level():
    marks = groups_of(invented.effects(9))
    assert marks.outcomes == ("Overall response",)
    assert [panel.label for panel in marks.panels] == ["Target"]
    (cell,) = marks.panels[0].cells
    assert marks.panels[0].levels == ("single", "dual")
    assert [point.k for point in cell.points] == [7, 2]
    assert (cell.p_text, cell.k_text) == ("p = 0.13", "k 7, 2")
    assert "Overall response, Target: p = 0.13." in marks.description


def test_groups_are_drawn_at_the_headline():
    rows = invented.effects(9)
    average = {"marginal": 0.61, "marginal_low": 0.5, "marginal_high": 0.72}
    levels = [row | average if row["k"] > 2 else row for row in invented.subgroups(rows)]
    for headline, value in (("average", 0.61), ("typical", levels[1]["estimate"])):
        marks = groups_marks(
            levels, invented.tests(), COMMON[0], GROUPINGS, *COMMON[1:], headline=headline
        )
        single, dual = marks.panels[0].cells[0].points
        assert single.estimate == value
        assert dual.estimate == levels[0]["estimate"], "one without an average has its own"
        assert ("Signs at the mean over studies" in marks.footer[0]) == (headline == "average")


def test_a_level_without_studies_has_no_point_and_no_test_no_p():
    rows = invented.effects(3)
    marks = groups_of(rows, p_value=None)
    (cell,) = marks.panels[0].cells
    assert cell.points[1].estimate is None
    assert (cell.p_text, cell.k_text) == ("", "k 3, 0")


def test_panels_hold_their_texts():
    rows = invented.effects(12)
    subgroups, tests = [], []
    groupings = dict.fromkeys(("a", "b", "c", "d"), GROUPINGS["target_class"])
    for by in groupings:
        for outcome in OUTCOMES:
            subgroups += [row | {"by": by, "outcome": outcome} for row in invented.subgroups(rows)]
            tests += [row | {"outcome": outcome} for row in invented.tests(by, p_value=0.0001)]
    pages = draw_groups(groups_marks(subgroups, tests, COMMON[0], groupings, *COMMON[1:]))
    assert len(pages) == 2
    for page in pages:
        assert boxes.outside(page) == boxes.overlapping(page) == []


def test_an_outcome_without_a_good_side_has_its_row():
    rows = invented.effects(5)
    plain = [Outcome("orr", "Prevalence")]
    marks = overview_marks([invented.pooled(rows)], plain, cases.MODEL, cases.DATA)
    assert [row.left[0] for row in marks.rows] == ["Prevalence"]
    mixed = overview_marks([], [*COMMON[0], *plain], cases.MODEL, cases.DATA)
    assert "Outcomes without a good side" in [row.left[0] for row in mixed.rows if row.left]


def test_overview_prints_both_estimates_and_draws_the_average_where_that_comes_first():
    fit = invented.pooled(invented.effects(5), marginal=0.61, marginal_low=0.5, marginal_high=0.72)
    marks = overview_marks([fit], *COMMON, headline="average")
    assert marks.right_heads == ("Mean, %", "Median study, %", "95% PI")
    row = marks.rows[1]
    assert (row.estimate, row.low, row.high) == (0.61, 0.5, 0.72)
    assert row.right[0] == "61.0 [50.0, 72.0]"
    assert row.right[1].startswith(f"{100 * fit['estimate']:.1f} ")


def test_no_subgrouping_of_two_groups_gives_a_page_that_says_so():
    marks = groups_marks([], [], COMMON[0], {}, *COMMON[1:])
    assert marks.empty
    (page,) = draw_groups(marks)
    assert marks.empty in [text.get_text() for text in texts_of(page)]

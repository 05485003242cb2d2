"""The overview of all outcomes and the subgroups side by side."""

import boxes
import invented

from singlearm.figures.draw.forest import draw_forest
from singlearm.figures.draw.groups import draw_groups
from singlearm.figures.marks.groups import groups_marks
from singlearm.figures.marks.overview import overview_marks

OUTCOMES = {
    "orr": {"label": "Overall response", "favours": "high"},
    "crs": {"label": "Cytokine release syndrome of grade 3 or higher", "favours": "low"},
    "cr": {"label": "Complete response", "favours": "high"},
}
COMMON = {"outcomes": OUTCOMES, "model": "glmm", "model_label": "Some model", "version": "1"}
GROUPINGS = {
    "target_class": {"label": "Target", "levels": ["single", "dual"]},
    "three": {"label": "Three", "levels": ["a", "b", "c"]},
    "free": {"label": "No levels named"},
}


def test_overview_keeps_the_protocols_order_within_benefit_and_harm():
    rows = invented.effects(5)
    pooled = [invented.pooled(rows, outcome=name) for name in ("crs", "orr")]
    other = [row | {"model": "other", "estimate": 0.01} for row in pooled]
    marks = overview_marks(other + pooled, **COMMON)
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
    fit = invented.pooled(rows, estimate=None, ci_low=None, ci_high=None, note="not_converged")
    marks = overview_marks([fit], **COMMON)
    assert marks.rows[1].right == ("–", "did not converge, no estimate", "")


def groups_of(rows, **changes):
    return groups_marks(
        invented.subgroups(rows) + invented.subgroups(rows, tau2_mode="separate"),
        invented.tests(**changes),
        groupings=GROUPINGS,
        **COMMON,
    )


def test_groups_show_two_level_subgroupings_and_only_outcomes_with_a_level():
    marks = groups_of(invented.effects(9))
    assert marks.outcomes == ("Overall response",)
    assert [panel.by for panel in marks.panels] == ["target_class"]
    (cell,) = marks.panels[0].cells
    assert [(point.level, point.k) for point in cell.points] == [("single", 7), ("dual", 2)]
    assert (cell.p_text, cell.k_text) == ("p = 0.13", "k 7, 2")
    assert "Overall response, Target: p = 0.13." in marks.description


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
    pages = draw_groups(groups_marks(subgroups, tests, groupings=groupings, **COMMON))
    assert len(pages) == 2
    for page in pages:
        assert boxes.outside(page) == boxes.overlapping(page) == []

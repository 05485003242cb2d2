"""The forest plot as the protocol wants it: columns, layouts, both estimates, shrunken values."""

import invented
import pytest

import cases
from singlearm.catalogue import numbers
from singlearm.figures.marks.choices import ForestChoices, ForestError
from singlearm.figures.marks.inputs import FigureModel
from singlearm.figures.marks.study_forest import forest_marks

marks_of = cases.bare_forest


def test_a_column_that_the_studies_lack_is_refused_with_those_they_have():
    rows = invented.effects(3)
    choices = ForestChoices(columns=["setting"])
    with pytest.raises(ForestError, match=r"'setting' is no column of studies: .*phase, product"):
        cases.forest(rows, choices=choices)


def test_each_subgroup_has_its_own_heterogeneity():
    rows = invented.effects(12)
    separate = [row | {"tau2": 0.7} for row in invented.subgroups(rows, tau2_mode="separate")]
    marks = marks_of(rows, groups=cases.groups(rows, subgroups=invented.subgroups(rows) + separate))
    remarks = [row.left for row in marks.rows if row.kind == "remark"]
    assert remarks == [("Heterogeneity: τ² = 0.70",)] * 2


def test_with_the_average_first_both_estimates_have_a_diamond():
    rows = invented.effects(6)
    average = {"marginal": 0.61, "marginal_low": 0.5, "marginal_high": 0.72}
    pooled = invented.pooled(rows) | average
    marks = marks_of(rows, pooled=pooled, choices=ForestChoices(headline="average"))
    first, second = marks.rows[-3:-1]
    assert (first.left[0], first.right[:2]) == (
        "All studies, mean over studies",
        ("61.0", "[50.0, 72.0]"),
    )
    assert (second.left[0], second.estimate) == ("All studies, median study", pooled["estimate"])
    assert marks.reference == 0.61
    only = marks_of(rows, choices=ForestChoices(headline="average")).rows[-2]
    assert only.left[0] == "All studies", "a model without an average has one diamond"


AVERAGE = {"marginal": 0.61, "marginal_low": 0.5, "marginal_high": 0.72}


@pytest.mark.parametrize(("layout", "side"), [("standard", "right"), ("revman", "left")])
def test_both_estimates_can_have_a_column_for_subgroups_too(layout, side):
    rows = invented.effects(8)
    levels = [row | AVERAGE for row in invented.subgroups(rows)]
    pooled = invented.pooled(rows) | AVERAGE
    groups = cases.groups(rows, subgroups=levels)
    choices = ForestChoices(layout=layout, both=True, headline="average")
    marks = marks_of(rows, groups=groups, pooled=pooled, choices=choices)
    place = getattr(marks, f"{side}_heads").index("Median study")
    told = {row.kind: getattr(row, side)[place] for row in marks.rows if row.estimate is not None}
    own = numbers.percent_ci(pooled["estimate"], pooled["ci_low"], pooled["ci_high"])
    assert (told["total"], told["study"]) == (own, "")
    of_levels = {getattr(row, side)[place] for row in marks.rows if row.kind == "subtotal"}
    assert of_levels == {
        numbers.percent_ci(row["estimate"], row["ci_low"], row["ci_high"])
        for row in levels
        if row["k"] > 1
    }
    assert sum(row.kind == "total" for row in marks.rows) == 1


def test_one_estimate_has_no_second_column():
    rows = invented.effects(6)
    marks = marks_of(rows, choices=ForestChoices(both=True, headline="average"))
    assert "Median study" not in (*marks.left_heads, *marks.right_heads)


@pytest.mark.parametrize("headline", ["average", "typical"])
def test_a_subgroups_diamond_is_the_headline(headline):
    rows = invented.effects(8)
    levels = [row | AVERAGE for row in invented.subgroups(rows)]
    marks = marks_of(
        rows,
        groups=cases.groups(rows, subgroups=levels),
        pooled=invented.pooled(rows) | AVERAGE,
        choices=ForestChoices(headline=headline),
    )
    drawn = [row for row in marks.rows if row.kind == "subtotal" and "Subgroup" in row.left[0]]
    own = [(row["estimate"], row["ci_low"], row["ci_high"]) for row in levels if row["k"] > 1]
    average = [tuple(AVERAGE.values())] * len(own)
    expected = average if headline == "average" else sorted(own)
    assert sorted((row.estimate, row.low, row.high) for row in drawn) == expected
    said = any("Subgroups: diamonds at the mean over studies under one" in f for f in marks.footer)
    assert said == (headline == "average")


def test_an_estimate_that_is_an_average_has_one_diamond():
    rows = invented.effects(4)
    model = FigureModel("glmm", "Beta-binomial", estimand="average")
    row = invented.pooled(rows)
    same = row | {"marginal": row["estimate"]}
    marks = forest_marks(
        rows, same, cases.ORR, model, cases.DATA, choices=ForestChoices(headline="average")
    )
    assert [each.left[0] for each in marks.rows if each.kind in ("total", "subtotal")] == [
        "All studies"
    ]


def test_shrunken_values_are_drawn_on_request_and_refused_where_there_are_none():
    rows = [row | {"shrunken_glmm": "0.66"} for row in invented.effects(3)]
    asked = ForestChoices(shrunken=True)
    assert {row.shrunken for row in marks_of(rows).rows} == {None}
    assert {row.shrunken for row in marks_of(rows, choices=asked).rows if row.key} == {0.66}
    with pytest.raises(ForestError, match="glmm has no such values"):
        marks_of(invented.effects(3), choices=asked)


def test_the_key_says_what_the_rings_are_or_why_there_are_none():
    rows = [row | {"shrunken_glmm": "0.66"} for row in invented.effects(3)]
    asked = ForestChoices(shrunken=True)
    said = " ".join(marks_of(rows, choices=asked).footer)
    assert (
        "Rings: each study's value under the model of all studies, drawn towards the median" in said
    )
    assert "Rings" not in " ".join(marks_of(rows).footer)
    # a column without a value, where nothing was fitted
    none = [row | {"shrunken_glmm": ""} for row in rows]
    marks = forest_marks(
        none,
        invented.pooled(none, note="homogeneous_exact"),
        cases.ORR,
        cases.MODEL,
        cases.DATA,
        choices=asked,
    )
    assert {row.shrunken for row in marks.rows} == {None}
    why = "No rings: the model has no value for each study (exact interval of the summed counts)."
    assert why in marks.footer


def test_columns_of_values_change_nothing_unless_they_are_asked_for():
    rows = invented.effects(5)
    more = [row | {"shrunken_glmm": "0.66", "low_shrunken_glmm": "0.5"} for row in rows]
    assert marks_of(more) == marks_of(rows)


@pytest.mark.parametrize(
    ("layout", "left", "right"),
    [
        ("jama", ("Source", "Events", "Total", "% (95% CI)"), ()),
        ("lancet", ("Study", "Events/patients"), ("% (95% CI)", "Weight (%)")),
        ("revman", ("Study or subgroup", "Events", "Total", "Weight, %", "% [95% CI]"), ()),
    ],
)
def test_layouts_have_the_columns_of_their_journal(layout, left, right):
    rows = [invented.effects(1)[0] | {"proportion": 0.712, "ci_low": 0.5, "ci_high": 0.9}]
    marks = marks_of(rows, grouped=False, choices=ForestChoices(layout=layout))
    assert (marks.left_heads, marks.right_heads) == (left, right)
    texts = marks.rows[0].left + marks.rows[0].right
    effect = {"jama": "71.2 (50.0, 90.0)", "lancet": "71·2 (50·0, 90·0)"}
    assert effect.get(layout, "71.2 [50.0, 90.0]") in texts

"""The two further figures of an outcome: what their marks say of the tables."""

import math
from dataclasses import replace
from types import SimpleNamespace

import invented
import pytest
from matplotlib.lines import Line2D

import cases
from singlearm.figures import style
from singlearm.figures.draw.drapery import LEVELS, draw_drapery
from singlearm.figures.draw.orchard import LARGEST_BRANCH, _swarm, draw_orchard
from singlearm.figures.marks.axis import percent_axis
from singlearm.figures.marks.drapery import drapery_marks
from singlearm.figures.marks.inputs import FigureModel
from singlearm.figures.marks.orchard import orchard_marks
from singlearm.figures.save import texts_of
from singlearm.synthesis import study_intervals


def drapery(rows, pooled=None):
    pooled = pooled or invented.pooled(rows)
    return drapery_marks(rows, pooled, cases.MODEL, cases.DATA, title="x")


def crossings(curve, level=0.05):
    """Where a curve crosses a level."""
    return [x for x, p in curve if p == level]


def test_a_studys_curve_crosses_005_at_its_exact_limits():
    row = invented.effects(1)[0] | {"events": 7, "total": 20}
    low, high = map(float, study_intervals(7, 20))
    assert crossings(drapery([row]).studies[0]) == pytest.approx([low, high], rel=1e-9)


@pytest.mark.parametrize(("events", "end"), [(0, 0.0), (12, 1.0)])
def test_a_study_of_none_or_all_has_p_of_one_up_to_the_end(events, end):
    row = invented.effects(1)[0] | {"events": events, "total": 12}
    curve = drapery([row]).studies[0]
    assert (end, 1.0) in curve
    assert len(crossings(curve)) == 1


def test_the_pooled_curve_has_its_summit_and_limits_where_the_table_has_them():
    rows = invented.effects(9)
    pooled = invented.pooled(rows, estimate=0.62, ci_low=0.51, ci_high=0.71)
    curve = drapery(rows, pooled).pooled
    assert max(curve, key=lambda point: point[1]) == (pytest.approx(0.62), 1.0)
    assert crossings(curve) == pytest.approx([0.51, 0.71], rel=1e-9)


def test_of_none_or_all_events_the_pooled_curve_is_that_of_the_summed_counts():
    rows = invented.effects(4, rate=0.0)
    pooled = invented.pooled(rows, note="homogeneous_exact")
    marks = drapery(rows, pooled)
    limit = float(study_intervals(0, pooled["total"])[1])
    assert crossings(marks.pooled) == pytest.approx([limit], rel=1e-9)
    assert "the summed counts" in marks.footer[0]


@pytest.mark.parametrize(
    ("events", "total"), [(1, 100_000), (125, 100_000), (50_120, 100_000), (3, 2000), (1, 2)]
)
def test_curves_reach_p_of_one_and_their_limits_at_any_size(events, total):
    row = invented.effects(1)[0] | {"events": events, "total": total, "proportion": events / total}
    curve = drapery([row]).studies[0]
    low, high = map(float, study_intervals(events, total))
    assert max(p for _, p in curve) == 1.0
    assert crossings(curve) == pytest.approx([low, high], rel=1e-9)


@pytest.mark.parametrize(
    ("model", "said"), [(True, "a Bayesian model has no p value"), (False, "Thick: pooled")]
)
def test_only_what_has_a_p_value_has_a_pooled_curve(model, said):
    rows = invented.effects(5)
    shown = FigureModel("glmm", "x", bayesian=model)
    marks = drapery_marks(rows, invented.pooled(rows), shown, cases.DATA, title="x")
    assert bool(marks.pooled) is not model
    assert said in marks.footer[0]


def test_a_model_that_does_not_sum_the_counts_has_no_curve_of_them():
    rows = invented.effects(4, rate=0.0)
    other = invented.pooled(rows, note=None, estimate=0.01, ci_low=0.002, ci_high=0.04)
    assert "the summed counts" not in drapery(rows, other).footer[0]


def test_studies_that_all_have_every_event_are_drawn():
    rows = [row | {"events": 9, "total": 9, "proportion": 1.0} for row in invented.effects(2)]
    none = {"estimate": 1.0, "ci_low": None, "ci_high": None, "pi_low": None, "pi_high": None}
    marks = orchard(rows, pooled=invented.pooled(rows, **none))
    assert marks.axis.low < 1.0
    assert draw_orchard(marks)


def test_an_interval_wider_than_the_studies_is_within_the_axis():
    rows = [row | {"proportion": 0.05} for row in invented.effects(3)]
    marks = orchard(rows, pooled=invented.pooled(rows, ci_low=0.002, ci_high=0.9))
    assert marks.axis.low <= 0.002 < 0.9 <= marks.axis.high


@pytest.mark.parametrize("missing", [{"estimate": None}, {"ci_low": None}])
def test_what_was_not_pooled_has_no_curve(missing):
    rows = invented.effects(5)
    assert drapery(rows, invented.pooled(rows, **missing)).pooled == ()


def test_one_study_is_no_pooled_curve():
    assert drapery(invented.effects(1)).pooled == ()


def orchard(rows, **options):
    pooled = options.pop("pooled", None) or invented.pooled(rows)
    return orchard_marks(rows, pooled, cases.MODEL, cases.DATA, title="x", **options)


def test_each_study_is_on_its_groups_trunk_and_on_that_of_all():
    rows = invented.effects(12)
    marks = orchard(rows, groups=cases.groups(rows))
    *groups, whole = marks.trunks
    assert [trunk.label for trunk in groups] == ["single", "dual"]
    assert sum(len(trunk.fruit) for trunk in groups) == len(whole.fruit) == 12
    assert sorted(whole.fruit) == sorted((row["proportion"], row["total"]) for row in rows)


def test_a_trunk_has_the_headline_of_its_group():
    rows = invented.effects(8)
    pooled = invented.pooled(rows, marginal=0.4, marginal_low=0.3, marginal_high=0.5)
    (whole,) = orchard(rows, pooled=pooled, headline="average").trunks
    assert (whole.value, whole.interval) == (0.4, (0.3, 0.5))
    assert whole.text == "40.0 [30.0, 50.0]"


def test_a_group_of_one_study_is_not_pooled():
    rows = invented.effects(5)
    rows[0]["group_target_class"] = "alone"
    marks = orchard(rows, groups=cases.groups(rows, subgroups=invented.subgroups(rows)))
    alone = next(trunk for trunk in marks.trunks if trunk.label == "alone")
    assert (alone.value, alone.text, len(alone.fruit)) == (None, "not pooled", 1)


def test_studies_without_a_group_are_counted():
    rows = invented.effects(6)
    rows[0]["group_target_class"] = rows[1]["group_target_class"] = None
    assert "2 studies are in no group." in orchard(rows, groups=cases.groups(rows)).footer[0]
    assert "in no group" not in orchard(rows).footer[0]


def test_a_long_label_is_whole():
    rows = [row | {"group_target_class": "very long words " * 12} for row in invented.effects(3)]
    marks = orchard(rows, groups=cases.groups(rows, subgroups=invented.subgroups(rows)))
    (page,) = draw_orchard(marks)
    told = " ".join(text.get_text() for text in texts_of(page))
    assert told.count("long") == 12


def test_a_label_breaks_between_its_words_whatever_stands_between_them():
    """One of several lines was taken for a single word, and its words were cut."""
    rows = [row | {"group_target_class": "several\nlines\n" * 12} for row in invented.effects(3)]
    marks = orchard(rows, groups=cases.groups(rows, subgroups=invented.subgroups(rows)))
    (page,) = draw_orchard(marks)
    words = " ".join(text.get_text() for text in texts_of(page)).split()
    assert (words.count("several"), words.count("lines")) == (12, 12)


def test_a_curve_that_leaves_the_axis_is_drawn_to_its_border():
    rows = [row | {"events": 19, "total": 20, "proportion": 0.95} for row in invented.effects(3)]
    marks = replace(drapery(rows), x_axis=percent_axis([0.9, 1.0]))
    edge = marks.x_axis.low
    assert marks.studies[0][0][0] < edge
    lines = [line.get_xdata() for line in draw_drapery(marks).artists if isinstance(line, Line2D)]
    curves = [xs for xs in lines if len(xs) > 5]
    assert [min(xs) for xs in curves[:3]] == [style.MARGIN + LEVELS] * 3


def test_discs_of_a_trunk_do_not_overlap_and_stand_at_their_value():
    fruit = tuple((0.5 + 0.002 * i, 40 + i) for i in range(20))
    trunk = SimpleNamespace(fruit=fruit)
    axis = percent_axis([0.0, 1.0])
    discs = _swarm(trunk, axis, 300.0, 1.0)
    assert [x for x, *_ in discs] == pytest.approx([300 * value for value, _ in fruit])
    for i, (x, y, size) in enumerate(discs):
        assert abs(y) + size / 2 <= LARGEST_BRANCH / 2 + 1.5
        for other_x, other_y, other in discs[:i]:
            assert math.hypot(x - other_x, y - other_y) >= (size + other) / 2 - 1e-9

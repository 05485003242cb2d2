"""Funnel plot of proportions on the arcsine scale, where the variance depends on size alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import say
from singlearm.figures.marks.axis import Axis
from singlearm.figures.marks.base import Marks
from singlearm.figures.marks.estimands import pooled_is
from singlearm.figures.marks.inputs import Data, FigureModel, Rows, rows_of
from singlearm.figures.marks.words import AXIS_TITLE

#: Below so many studies the shape of a funnel says nothing (Sterne 2011, BMJ 343:d4002).
MIN_STUDIES = 10
PERCENTS = (0, 1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 100)
SIZES = (2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class FunnelMarks(Marks):
    """Studies by arcsine of the root of the proportion and 1 over the root of the size.

    points: (x, y) of each study, y negative so that large studies stand on top. limits: the pooled
    proportion, and where 95% of studies of a size would lie if they did not differ; x at each y.
    """

    points: tuple[tuple[float, float], ...]
    limits: tuple[tuple[float, float, float, float], ...]
    x_axis: Axis
    y_axis: Axis

    @property
    def description(self) -> str:
        """The figure in words."""
        return self.empty or f"{self.title}, {self.subtitle}."


def funnel_marks(
    effects: Rows, pooled: Row, model: FigureModel, data: Data, *, title: str
) -> FunnelMarks:
    """The funnel of one outcome, for ten studies or more.

    Parameters
    ----------
    effects : Rows
        Studies with `events` and `total`.
    pooled : Row
        The row of the primary model.
    model : FigureModel
        That model.
    """
    studies = rows_of(effects)
    centre = pooled["estimate"]
    empty = ""
    if len(studies) < MIN_STUDIES:
        empty = say("Fewer than {n} studies, whose funnel says nothing.", n=MIN_STUDIES)
    elif centre is None:
        empty = say("No pooled value to stand in the middle.")
    sizes = [row["total"] for row in studies] or [1]
    lowest = _height(min(sizes))
    low, heights = 1.06 * lowest, {_height(n): numbers.count(n) for n in SIZES}
    return FunnelMarks(
        title=title,
        subtitle=numbers.plural(len(studies), "study", "studies"),
        points=tuple(
            (_angle(row["events"] / row["total"]), _height(row["total"])) for row in studies
        ),
        limits=() if empty else _limits(_angle(centre), lowest),
        x_axis=_percents(studies, centre),
        y_axis=Axis(low, 0.0, _spaced(heights, low, 0.0), say("Patients")),
        footer=(
            say(
                "Lines: the pooled proportion, and where 95% of the studies of a size would lie if "
                "their true proportions were equal. A lopsided funnel of single-arm studies has "
                "many causes and is no evidence of missing results."
            ),
            *pooled_is([model]),
            str(data),
        ),
        empty=empty,
    )


def _angle(proportion: float) -> float:
    return math.asin(math.sqrt(proportion))


def _height(size: int) -> float:
    return -1 / math.sqrt(size)


def _limits(centre: float, lowest: float) -> tuple[tuple[float, float, float, float], ...]:
    """(y, left, centre, right) from the top down; the standard error is 1 / (2 sqrt(n))."""
    last = math.pi / 2
    lines = []
    for step in range(41):
        y = lowest * step / 40
        half = _Z * -y / 2
        lines.append((y, max(0.0, centre - half), centre, min(last, centre + half)))
    return tuple(lines)


def _percents(studies: Sequence[Row], centre: float | None) -> Axis:
    """As much of 0 to 100% as the studies need."""
    places = [_angle(row["events"] / row["total"]) for row in studies]
    places += [_angle(centre)] if centre is not None else []
    low, high = min(places, default=0.0) - 0.08, max(places, default=math.pi / 2) + 0.08
    low, high = max(0.0, low), min(math.pi / 2, high)
    labels = {_angle(percent / 100): f"{percent}" for percent in PERCENTS}
    return Axis(low, high, _spaced(labels, low, high), say(AXIS_TITLE))


def _spaced(labels: dict[float, str], low: float, high: float) -> tuple[tuple[float, str], ...]:
    """The ticks within a range, in order, without those that stand too close to the one before."""
    ticks: list[tuple[float, str]] = []
    for place, label in labels.items():
        near = ticks and place - ticks[-1][0] < 0.06 * (high - low)
        if low <= place <= high and not near:
            ticks.append((place, label))
    return tuple(ticks)

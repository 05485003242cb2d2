"""A plotting area on a page: places values by two axes, draws ticks, grid and titles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from singlearm.figures import style
from singlearm.figures.marks.axis import Axis
from singlearm.figures.page import Page
from singlearm.figures.text import plain

#: Left, top, right and bottom on the page.
Box = tuple[float, float, float, float]
#: Across plots of rows, which have one axis.
NO_AXIS = Axis(0.0, 1.0, ())


@dataclass(frozen=True, slots=True)
class Panel:
    """An area of a page between `left` and `right`, `top` and `bottom`, in points."""

    page: Page
    left: float
    top: float
    right: float
    bottom: float
    x_axis: Axis
    y_axis: Axis = NO_AXIS

    def x(self, value: float) -> float:
        """Where a value stands across, kept inside the area."""
        return self.left + _inside(self.x_axis.place(value)) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Where a value stands; larger values are higher."""
        return self.bottom - _inside(self.y_axis.place(value)) * (self.bottom - self.top)

    def line(self, points: Sequence[tuple[float, float]], **look: Any) -> None:
        """A line through points of the data."""
        xs, ys = [self.x(x) for x, _ in points], [self.y(y) for _, y in points]
        if xs:
            self.page.line(xs, ys, **look)

    def interval(
        self, low: float | None, estimate: float, high: float | None, y: float, **look: Any
    ) -> None:
        """An interval at `y` of the page; a limit that is not known ends at the estimate."""
        ends = [self.x(estimate if end is None else end) for end in (low, high)]
        self.page.line(ends, [y, y], **look)

    def draw_axes(self, grid: bool = True) -> None:
        """Both axes with ticks, labels and titles."""
        for value, label in self.x_axis.ticks:
            x = self.x(value)
            if grid:
                self._grid([x, x], [self.top, self.bottom])
            self.page.line([x, x], [self.bottom, self.bottom + 2.5], width=style.HAIR)
            self.page.text(x, self.bottom + 8, label, align="center", size=style.SMALL)
        for value, label in self.y_axis.ticks:
            y = self.y(value)
            if grid:
                self._grid([self.left, self.right], [y, y])
            self.page.line([self.left - 2.5, self.left], [y, y], width=style.HAIR)
            self.page.text(self.left - 5, y, label, align="right", size=style.SMALL)
        self.page.line([self.left, self.right], [self.bottom] * 2, width=style.HAIR)
        if self.y_axis.ticks:
            self.page.line([self.left] * 2, [self.top, self.bottom], width=style.HAIR)
        middle = (self.left + self.right) / 2
        self.page.text(
            middle, self.bottom + 18, self.x_axis.title, align="center", size=style.SMALL
        )
        self.page.text(self.left, self.top - 6, self.y_axis.title, size=style.SMALL)

    def _grid(self, xs: list[float], ys: list[float]) -> None:
        self.page.line(xs, ys, width=style.HAIR, color=style.FAINT, zorder=0.5)


def label_points(
    panel: Panel,
    points: Sequence[tuple[float, float, float, str]],
    obstacles: Sequence[tuple[float, float, float]] = (),
) -> None:
    """Write labels beside discs where they overlap nothing and stay inside the area.

    points: x, y and radius (points on the page) and the text, the most important first. obstacles:
    further discs to keep clear of. Each text takes the first free place around its disc, if any.
    """
    discs = [point[:3] for point in points] + list(obstacles)
    taken = [(x - r, y - r, x + r, y + r) for x, y, r in discs]
    for x, y, radius, text in points:
        width, half, away = style.small_width(plain(text)), style.SMALL * 0.62, radius + 2
        right, left, middle = away, -away - width, -width / 2
        for dx, dy in (
            (right, 0), (left, 0), (middle, -away - half), (middle, away + half),
            (right, -7), (right, 7), (left, -7), (left, 7), (right, -11), (left, -11),
        ):  # fmt: skip
            box = (x + dx, y + dy - half, x + dx + width, y + dy + half)
            if _free(box, taken, panel):
                panel.page.text(box[0], y + dy, text, size=style.SMALL)
                taken.append(box)
                break


def _free(box: Box, taken: Sequence[Box], panel: Panel) -> bool:
    inside = (
        box[0] >= panel.left
        and box[2] <= panel.right
        and box[1] >= panel.top
        and box[3] <= panel.bottom
    )
    return inside and not any(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
        for other in taken
    )


def _inside(place: float) -> float:
    return min(1.0, max(0.0, place))

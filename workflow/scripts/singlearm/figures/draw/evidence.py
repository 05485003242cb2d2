"""Draw the evidence map and the timeline."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure

from singlearm.catalogue import numbers
from singlearm.catalogue.language import say
from singlearm.figures import style
from singlearm.figures.draw.forest import draw_notice, finished, plot_page, row_pages
from singlearm.figures.draw.layout import side_by_side
from singlearm.figures.draw.panel import Panel
from singlearm.figures.marks.axis import Axis
from singlearm.figures.marks.evidence import Bubble, EvidenceMarks, TimelineMarks
from singlearm.figures.page import Look, Page
from singlearm.figures.text import plain, wrap

GROUP_WIDTH, TOTALS_WIDTH = 96.0, 74.0  # columns left and right of the years
LEFT, TOP = style.MARGIN + GROUP_WIDTH, style.MARGIN + 48  # where the years and the groups begin
LARGEST = 17.0  # diameter of the largest bubble
SMALLEST = 3.0
OF_UNKNOWN_SIZE = 5.0  # neither the smallest nor a large one
#: A bubble with its place from the middle of its cell, and its diameter.
Placed = tuple[Bubble, float, float, float]


class GroupRow(NamedTuple):
    """A group: its name as lines, its totals, for each year the bubbles and their height."""

    name: tuple[str, ...]
    totals: tuple[int, int | None]
    cells: list[tuple[list[Placed], float]]
    height: float


def draw_evidence(marks: EvidenceMarks, width: float = style.DOUBLE_COLUMN) -> list[Figure]:
    """Bubbles in cells of group and year, packed side by side so that none hides another."""
    if marks.empty:
        return [draw_notice(marks, width)]
    column = (_right(width) - LEFT) / len(marks.years)
    largest = max(bubble.size or 0 for bubble in marks.bubbles) or 1
    names = [wrap(plain(group), GROUP_WIDTH - 6, style.text_width) for group in marks.groups]
    rows = []
    for group, lines, totals in zip(marks.groups, names, marks.totals, strict=True):
        cells = [
            _pack([b for b in marks.bubbles if (b.group, b.year) == (group, year)], largest, column)
            for year in marks.years
        ]
        height = max(16.0, 10.0 * len(lines) + 4, *(tall + 4 for _, tall in cells))
        rows.append(GroupRow(lines, totals, cells, height))
    pages = []
    for page, footer, part in row_pages(marks, width, TOP, [row.height for row in rows], 8):
        _draw_groups(page, marks, rows[part])
        bottom = TOP + sum(row.height for row in rows[part])
        pages.append(finished(page, footer, bottom + 6))
    return pages


def _right(width: float) -> float:
    """Where the years end and the totals begin."""
    return width - style.MARGIN - TOTALS_WIDTH


def _draw_groups(page: Page, marks: EvidenceMarks, rows: Sequence[GroupRow]) -> None:
    """The groups of a page below the head."""
    right, end = _right(page.width), page.width - style.MARGIN
    column = (right - LEFT) / len(marks.years)
    middles = [LEFT + (i + 0.5) * column for i in range(len(marks.years))]
    for x, year in zip(middles, marks.years, strict=True):
        page.text(x, TOP - 9, str(year), align="center", size=style.SMALL, bold=True)
    page.text(right + 36, TOP - 9, say("Studies"), align="right", size=style.SMALL, bold=True)
    page.text(end, TOP - 9, marks.size_head, align="right", size=style.SMALL, bold=True)
    page.line([style.MARGIN, end], [TOP - 2] * 2, width=style.HAIR)
    y = TOP
    for number, row in enumerate(rows):
        if number % 2:
            page.box(style.MARGIN, y, end - style.MARGIN, row.height, zorder=0.2)
        middle = y + row.height / 2
        page.lines(style.MARGIN + 1, middle, row.name, 10)
        page.text(right + 36, middle, numbers.count(row.totals[0]), align="right")
        if marks.size_head:
            page.text(end, middle, numbers.count(row.totals[1]), align="right")
        for x, (placed, tall) in zip(middles, row.cells, strict=True):
            for bubble, dx, dy, diameter in placed:
                hollow = marks.size_head and bubble.size is None
                look: Look = {"edge": style.INK, "stroke": style.HAIR, "name": f"row:{bubble.key}"}
                look["fill"] = style.PAPER if hollow else style.SKY
                page.dot(x + dx, middle - tall / 2 + dy, diameter, **look)
        y += row.height


def draw_timeline(marks: TimelineMarks, width: float = style.SINGLE_COLUMN) -> Figure:
    """Bars of studies above, the running total of people as steps below."""
    if marks.empty:
        return draw_notice(marks, width)
    left, right = style.MARGIN + 24, width - style.MARGIN
    first, second, tall = style.MARGIN + 50, style.MARGIN + 156, 76.0
    last = first if marks.people_axis is None else second
    page, footer = plot_page(marks, width, last + tall, 18)
    count = len(marks.years)
    across = Axis(-0.5, count - 0.5, ())
    panel = Panel(page, left, first, right, first + tall, across, marks.studies_axis)
    panel.draw_axes()
    step = (right - left) / count
    for i, value in enumerate(marks.studies):
        y = panel.y(value)
        page.box(panel.x(i) - step * 0.36, y, step * 0.72, panel.bottom - y, fill=style.BLUE)
        if value:
            page.text(panel.x(i), y - 5, str(value), align="center", size=style.SMALL)
    if marks.people_axis is not None:
        panel = Panel(page, left, second, right, second + tall, across, marks.people_axis)
        panel.draw_axes()
        steps = [(i + side, n) for i, n in enumerate(marks.running) for side in (-0.5, 0.5)]
        panel.line(steps, width=style.THICK, color=style.VERMILION)
    every = math.ceil(count * 20 / (right - left))
    for i, year in enumerate(marks.years):
        if (count - 1 - i) % every == 0:
            page.text(panel.x(i), panel.bottom + 8, str(year), align="center", size=style.SMALL)
    return finished(page, footer, panel.bottom + 16)


def _pack(bubbles: list[Bubble], largest: int, width: float) -> tuple[list[Placed], float]:
    """Places in lines no wider than `width`: (bubble, dx, dy, diameter), and the total height."""
    ordered = sorted(bubbles, key=lambda one: -(one.size or 0))
    sizes = [_diameter(one.size, largest) for one in ordered]
    placed, y = [], 0.0
    for line in side_by_side(sizes, width - 2, gap=1):
        tall = max(sizes[index] for index, _ in line)
        middle = sum(sizes[index] + 1 for index, _ in line) / 2
        for index, place in line:
            x = place - middle + sizes[index] / 2
            placed.append((ordered[index], x, y + tall / 2, sizes[index]))
        y = y + tall + 1
    return placed, y


def _diameter(size: int | None, largest: int) -> float:
    """Of a bubble whose area goes by the number of people."""
    if size is None:
        return OF_UNKNOWN_SIZE
    return max(SMALLEST, LARGEST * math.sqrt(size / largest))

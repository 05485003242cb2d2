"""Draw an orchard plot."""

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from singlearm.figures import style
from singlearm.figures.draw.forest import draw_notice, finished, row_pages
from singlearm.figures.draw.panel import Panel
from singlearm.figures.marks.axis import Axis
from singlearm.figures.marks.orchard import OrchardMarks, Trunk
from singlearm.figures.page import Look
from singlearm.figures.text import plain, wrap

LABEL, NUMBERS = 120.0, 88.0  # columns left and right of the plot
DISC, DISC_MIN = 15.0, 2.5  # diameters of the largest and the smallest disc
CROWD = 25  # of more studies on a trunk the discs are smaller
BRANCH = 46.0  # height of a trunk with its fruit
LARGEST_BRANCH = 120.0
LINE = 10.0  # of a label
#: Place on the trunk, distance from it and diameter.
Disc = tuple[float, float, float]


def draw_orchard(marks: OrchardMarks, width: float = style.DOUBLE_COLUMN) -> list[Figure]:
    """One trunk below the other; a crowded one is given more room."""
    if marks.empty:
        return [draw_notice(marks, width)]
    left, right = style.MARGIN + LABEL, width - style.MARGIN - NUMBERS
    scale = _scale(marks.trunks)
    swarms = [_swarm(trunk, marks.axis, right - left, scale) for trunk in marks.trunks]
    room = LABEL - style.GUTTER
    labels = [wrap(plain(trunk.label), room, style.bold_width) for trunk in marks.trunks]
    heights = [_height(*both) for both in zip(swarms, labels, strict=True)]
    rows = list(zip(marks.trunks, labels, swarms, heights, strict=True))
    top, pages = style.MARGIN + 34, []
    for page, footer, part in row_pages(marks, width, top, heights):
        bottom = top + sum(heights[part])
        panel = Panel(page, left, top, right, bottom, marks.axis)
        panel.draw_axes()
        y = top
        for trunk, label, swarm, height in rows[part]:
            _draw_trunk(panel, trunk, label, swarm, y + height / 2)
            y += height
        pages.append(finished(page, footer, bottom + 28))
    return pages


def _draw_trunk(
    panel: Panel, trunk: Trunk, label: Sequence[str], swarm: Sequence[Disc], y: float
) -> None:
    page = panel.page
    for number, line in enumerate([*label, trunk.counts]):
        place = y + (number - len(label) / 2) * LINE
        bold = number < len(label)
        page.text(style.MARGIN, place, line, bold=bold, size=style.TEXT if bold else style.SMALL)
    page.text(page.width - style.MARGIN, y, trunk.text, align="right")
    look: Look = {"fill": style.SKY, "edge": style.BLUE, "stroke": style.HAIR}
    for x, offset, diameter in swarm:
        page.dot(panel.left + x, y + offset, diameter, **look, alpha=0.6, zorder=2)
    for ends, stroke in ((trunk.prediction, style.THIN), (trunk.interval, 2.4)):
        if ends:
            page.line([panel.x(end) for end in ends], [y, y], width=stroke, zorder=4)
    if trunk.value is not None:
        ring: Look = {"fill": style.PAPER, "edge": style.INK, "stroke": 1.4}
        page.dot(panel.x(trunk.value), y, 6.5, **ring, zorder=5)


def _scale(trunks: Sequence[Trunk]) -> float:
    """Diameter of a disc over the root of its patients."""
    largest = max(patients for trunk in trunks for _, patients in trunk.fruit)
    most = max(len(trunk.fruit) for trunk in trunks)
    return DISC * math.sqrt(min(1.0, CROWD / most) / largest)


def _swarm(trunk: Trunk, axis: Axis, width: float, scale: float) -> list[Disc]:
    """Place, distance from the trunk and diameter of each disc: the nearest that is free."""
    placed: list[Disc] = []
    for value, patients in trunk.fruit:
        diameter = max(DISC_MIN, scale * math.sqrt(patients))
        x = axis.place(value) * width
        for step in range(200):
            side = -1 if step % 2 else 1
            offset = side * math.ceil(step / 2) * 1.5
            if abs(offset) + diameter / 2 > LARGEST_BRANCH / 2 or all(
                math.hypot(x - other, offset - away) >= (diameter + size) / 2
                for other, away, size in placed
            ):
                break
        placed.append((x, offset, diameter))
    return placed


def _height(swarm: Sequence[Disc], label: Sequence[str]) -> float:
    reach = max((abs(offset) + diameter / 2 for _, offset, diameter in swarm), default=0.0)
    return max(BRANCH, 2 * reach + 10, (len(label) + 2) * LINE)

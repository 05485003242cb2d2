"""Draw a meta-regression: bubbles, fitted curves, names of the largest where there is room."""

import math

from matplotlib.figure import Figure

from singlearm.figures import style
from singlearm.figures.draw.forest import draw_notice, finished, row_pages
from singlearm.figures.draw.panel import Panel, label_points
from singlearm.figures.marks.bubbles import BubbleMarks, BubblePanel
from singlearm.figures.page import Look, Page
from singlearm.figures.text import plain, wrap

LARGEST = 10.0
SMALLEST = 3.0
HEIGHT = 140.0
#: Above each panel its numbers, in two lines or, in all panels, as many as the longest takes; below
#: it ticks and title.
ABOVE, LINE, BELOW = 28.0, 9.0, 34.0
#: Left of a panel its numbers on the axis, right of it the gap to the next.
TICKS, GAP = 26.0, 10.0
NAMED = 5  # studies with a name: the largest ones


def draw_regression(marks: BubbleMarks, width: float = style.DOUBLE_COLUMN) -> list[Figure]:
    """Panels in two columns, percent over each moderator."""
    if marks.empty:
        return [draw_notice(marks, width)]
    column = (width - 2 * style.MARGIN) / 2
    captions = [
        wrap(plain(panel.caption), column - GAP - TICKS, style.small_width)
        for panel in marks.panels
    ]
    above = ABOVE + LINE * max(0, max(map(len, captions)) - 2)
    tall = above + HEIGHT + BELOW
    both = list(zip(marks.panels, captions, strict=True))
    pairs = [both[i : i + 2] for i in range(0, len(both), 2)]
    top, pages = style.MARGIN + 32, []
    for page, footer, part in row_pages(marks, width, top, [tall] * len(pairs), 0):
        for row, pair in enumerate(pairs[part]):
            y = top + row * tall
            for side, (panel, caption) in enumerate(pair):
                left = style.MARGIN + side * column + TICKS
                right = style.MARGIN + side * column + column - GAP
                for number, line in enumerate(caption):
                    page.text(left, y + 4 + LINE * number, line, size=style.SMALL)
                area = left, y + above, right, y + above + HEIGHT
                _draw_panel(page, panel, Panel(page, *area, panel.x_axis, marks.y_axis))
        pages.append(finished(page, footer, top + len(pairs[part]) * tall + 4))
    return pages


def _draw_panel(page: Page, panel: BubblePanel, place: Panel) -> None:
    place.draw_axes()
    place.line(panel.curve, width=style.THICK, color=style.BLUE)
    placed = []
    for point in panel.points:
        x, y, size = place.x(point.moderator), place.y(point.proportion), point.weight
        diameter = SMALLEST * 2 if size is None else max(SMALLEST, LARGEST * math.sqrt(size))
        look: Look = {"fill": style.SKY, "edge": style.INK, "stroke": style.HAIR, "alpha": 0.75}
        page.dot(x, y, diameter, **look, name=f"row:{point.key}")
        placed.append((-(size or 0.0), x, y, diameter / 2, point.label))
    discs = [disc[1:] for disc in sorted(placed)]
    obstacles = [disc[:3] for disc in discs[NAMED:]]
    obstacles += [(place.x(x), place.y(y), 1.5) for x, y in panel.curve]
    label_points(place, discs[:NAMED], obstacles)

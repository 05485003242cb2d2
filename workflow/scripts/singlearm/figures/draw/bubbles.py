"""Draw a meta-regression: bubbles, fitted curves, names of the largest where there is room."""

import math

from matplotlib.figure import Figure

from singlearm.figures import style
from singlearm.figures.draw.forest import draw_notice, finished, plot_page
from singlearm.figures.draw.panel import Panel, label_points
from singlearm.figures.marks.bubbles import BubbleMarks, BubblePanel
from singlearm.figures.page import Look, Page
from singlearm.figures.text import plain, wrap

LARGEST = 10.0
SMALLEST = 3.0
HEIGHT = 140.0
#: Above each panel its line of numbers, below it ticks and title.
ABOVE, BELOW = 28.0, 34.0
NAMED = 5  # studies with a name: the largest ones


def draw_regression(marks: BubbleMarks, width: float = style.DOUBLE_COLUMN) -> Figure:
    """Panels in two columns, percent over each moderator."""
    if marks.empty:
        return draw_notice(marks, width)
    rows = math.ceil(len(marks.panels) / 2)
    tall = ABOVE + HEIGHT + BELOW
    top = style.MARGIN + 32
    page, footer = plot_page(marks, width, top + rows * tall, 0)
    column = (width - 2 * style.MARGIN) / 2
    for index, panel in enumerate(marks.panels):
        left = style.MARGIN + (index % 2) * column
        y = top + (index // 2) * tall
        _draw_panel(page, marks, panel, (left, y, left + column - 10, y + ABOVE + HEIGHT))
    return finished(page, footer, top + rows * tall + 4)


def _draw_panel(
    page: Page, marks: BubbleMarks, panel: BubblePanel, area: tuple[float, float, float, float]
) -> None:
    left, top, right, bottom = area
    place = Panel(page, left + 26, top + ABOVE, right, bottom, panel.x_axis, marks.y_axis)
    place.draw_axes()
    caption = wrap(plain(panel.caption), right - left - 26, style.small_width)
    for number, line in enumerate(caption[:2]):
        page.text(left + 26, top + 4 + 9 * number, line, size=style.SMALL)
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

"""Draw a meta-regression: bubbles, the fitted curve, names where there is room."""

import math

from matplotlib.figure import Figure

from figures import style
from figures.draw.forest import FOOT_LINE, draw_footer, draw_title
from figures.draw.layout import small_lines
from figures.draw.panel import Panel, label_points
from figures.marks.bubbles import BubbleMarks
from figures.page import Page

LARGEST = 14.0
SMALLEST = 3.0
HEIGHT = 180.0
NAMED = 6  # studies with a name: the largest ones


def draw_regression(marks: BubbleMarks, width: float = style.SINGLE_COLUMN) -> Figure:
    """One panel, percent over the moderator."""
    footer = small_lines(marks.footer, width)
    top = style.MARGIN + 46
    page = Page(width, top + HEIGHT + 30 + len(footer) * FOOT_LINE + style.MARGIN)
    draw_title(page, marks.title, marks.subtitle)
    area = (style.MARGIN + 26, top, width - style.MARGIN, top + HEIGHT)
    panel = Panel(page, *area, marks.x_axis, marks.y_axis)
    panel.draw_axes()
    if marks.curve:
        xs = [panel.x(x) for x, _ in marks.curve]
        page.line(xs, [panel.y(y) for _, y in marks.curve], width=style.THICK, color=style.BLUE)
    placed = []
    for key, label, x, y, size in marks.points:
        diameter = SMALLEST * 2 if size is None else max(SMALLEST, LARGEST * math.sqrt(size))
        look = {"fill": style.SKY, "edge": style.INK, "stroke": style.HAIR, "alpha": 0.75}
        page.dot(panel.x(x), panel.y(y), diameter, **look, name=f"row:{key}")
        placed.append((-(size or 0.0), panel.x(x), panel.y(y), diameter / 2, label))
    placed = [point[1:] for point in sorted(placed)]
    label_points(panel, placed[:NAMED], [point[:3] for point in placed[NAMED:]])
    draw_footer(page, footer, top + HEIGHT + 28)
    return page.figure

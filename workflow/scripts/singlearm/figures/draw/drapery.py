"""Draw a drapery plot."""

from matplotlib.figure import Figure

from singlearm.figures import style
from singlearm.figures.draw.forest import FOOT_LINE, draw_footer, draw_notice, draw_title
from singlearm.figures.draw.layout import small_lines
from singlearm.figures.draw.panel import Panel
from singlearm.figures.marks.drapery import Curve, DraperyMarks
from singlearm.figures.page import Page

HEIGHT = 210.0
LEVELS = 52.0  # room for the levels left of the plot


def draw_drapery(marks: DraperyMarks, width: float = style.DOUBLE_COLUMN) -> Figure:
    """All curves over one axis, the pooled one in front."""
    if marks.empty:
        return draw_notice(marks, width)
    footer = small_lines(marks.footer, width)
    top = style.MARGIN + 46
    bottom = top + HEIGHT
    page = Page(width, bottom + 32 + len(footer) * FOOT_LINE + style.MARGIN)
    draw_title(page, marks.title, marks.subtitle)
    left, right = style.MARGIN + LEVELS, width - style.MARGIN - 8
    panel = Panel(page, left, top, right, bottom, marks.x_axis, marks.y_axis)
    panel.draw_axes()
    for curve in marks.studies:
        _draw_curve(panel, curve, width=style.HAIR, color=style.STUDY, zorder=2)
    level = panel.y(0.05)
    page.line([left, right], [level, level], width=style.THIN, dash=(3, 2), zorder=3)
    if marks.prediction:
        low, high = (panel.x(end) for end in marks.prediction)
        page.line([low, high], [level, level], width=2.4, color=style.ORANGE, zorder=4)
    if marks.pooled:
        _draw_curve(panel, marks.pooled, width=style.THICK, color=style.BLUE, zorder=5)
    draw_footer(page, footer, bottom + 28)
    return page.figure


def _draw_curve(panel: Panel, curve: Curve, width: float, color: str, zorder: float) -> None:
    """A curve as far as the axis goes."""
    low, high = panel.x_axis.low, panel.x_axis.high
    inside = [(x, p) for x, p in curve if low <= x <= high]
    xs, ys = [panel.x(x) for x, _ in inside], [panel.y(p) for _, p in inside]
    panel.page.line(xs, ys, width=width, color=color, zorder=zorder)

"""Draw a drapery plot."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from singlearm.figures import style
from singlearm.figures.draw.forest import draw_notice, finished, plot_page
from singlearm.figures.draw.panel import Panel
from singlearm.figures.marks.drapery import Curve, DraperyMarks

HEIGHT = 210.0
LEVELS = 52.0  # room for the levels left of the plot


def draw_drapery(marks: DraperyMarks, width: float = style.DOUBLE_COLUMN) -> Figure:
    """All curves over one axis, the pooled one in front."""
    if marks.empty:
        return draw_notice(marks, width)
    top = style.MARGIN + 46
    bottom = top + HEIGHT
    page, footer = plot_page(marks, width, bottom)
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
    return finished(page, footer, bottom + 28)


def _draw_curve(panel: Panel, curve: Curve, **look: Any) -> None:
    """A curve as far as the axis goes, up to its border."""
    low, high = panel.x_axis.low, panel.x_axis.high
    xs, ps = map(list, zip(*curve, strict=True))
    cut = [edge for edge in (low, high) if xs[0] < edge < xs[-1]]
    met = [(edge, float(np.interp(edge, xs, ps))) for edge in cut]
    inside = sorted([(x, p) for x, p in curve if low <= x <= high] + met, key=lambda it: it[0])
    panel.line(inside, **look)

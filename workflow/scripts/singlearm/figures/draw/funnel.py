"""Draw the funnel of an outcome."""

from matplotlib.figure import Figure

from singlearm.figures import style
from singlearm.figures.draw.forest import draw_notice, finished, plot_page
from singlearm.figures.draw.panel import Panel
from singlearm.figures.marks.funnel import FunnelMarks

HEIGHT = 190.0


def draw_funnel(marks: FunnelMarks, width: float = style.SINGLE_COLUMN) -> Figure:
    """Large studies on top, small ones below."""
    if marks.empty:
        return draw_notice(marks, width)
    top = style.MARGIN + 46
    bottom = top + HEIGHT
    page, footer = plot_page(marks, width, bottom)
    left = style.MARGIN + 26
    panel = Panel(page, left, top, width - style.MARGIN - 8, bottom, marks.x_axis, marks.y_axis)
    panel.draw_axes()
    for side, dash in ((1, (3, 2)), (2, None), (3, (3, 2))):
        line = [(limits[side], limits[0]) for limits in marks.limits]
        panel.line(line, width=style.THIN, color=style.BLUE, dash=dash)
    places = [(panel.x(x), panel.y(y)) for x, y in marks.points]
    page.dots(places, 4.0, fill=style.INK, zorder=4, name="studies")
    return finished(page, footer, bottom + 28)

"""Draw survival curves: studies thin, the summary bold within its bands, numbers at risk below."""

from collections.abc import Sequence
from itertools import cycle

from matplotlib.figure import Figure

from singlearm.figures import style
from singlearm.figures.draw.forest import FOOT_LINE, draw_footer, draw_notice, draw_title
from singlearm.figures.draw.layout import small_lines
from singlearm.figures.draw.panel import Panel
from singlearm.figures.marks.survival import CurvesMarks, Line
from singlearm.figures.page import Page

HEIGHT = 230.0
#: Below the axis: ticks, title, and the line of numbers at risk.
BELOW = 48.0
#: Up to so many studies each has its colour and its name; more are grey.
NAMED = 6
COLOURS = (style.VERMILION, style.GREEN, style.ORANGE, style.SKY, style.MUTED, style.INK)
KEY_STEP = 9.6


def draw_curves(marks: CurvesMarks, width: float = style.DOUBLE_COLUMN) -> Figure:
    """One panel."""
    if marks.empty:
        return draw_notice(marks, width)
    footer = small_lines(marks.footer, width)
    named = len(marks.studies) <= NAMED
    top = style.MARGIN + 34
    bottom = top + HEIGHT
    page = Page(width, bottom + BELOW + len(footer) * FOOT_LINE + style.MARGIN)
    draw_title(page, marks.title, marks.subtitle)
    left, right = style.MARGIN + 30, width - style.MARGIN - 8
    panel = Panel(page, left, top, right, bottom, marks.x_axis, marks.y_axis)
    panel.draw_axes()
    _draw_band(panel, marks.pi_low, marks.pi_high, 0.18)
    _draw_band(panel, marks.low, marks.high, 0.4)
    colours = cycle(COLOURS if named else (style.MUTED,))
    for (label, line), colour in zip(marks.studies, colours, strict=False):
        _draw_line(panel, line, style.HAIR if not named else style.THIN, colour, label)
    _draw_line(panel, marks.summary, 1.4 * style.THICK, style.BLUE, "summary")
    if named:
        _draw_key(panel, [label for label, _ in marks.studies])
    _draw_risk(panel, marks.at_risk)
    draw_footer(page, footer, bottom + BELOW + 4)
    return page.figure


def _draw_band(panel: Panel, low: Line, high: Line, alpha: float) -> None:
    if low and high:
        around = [*low, *reversed(high)]
        points = [(panel.x(time), panel.y(value)) for time, value in around]
        panel.page.polygon(points, fill=style.SKY, alpha=alpha, zorder=1)


def _draw_line(panel: Panel, line: Line, width: float, colour: str, name: str) -> None:
    xs, ys = [panel.x(time) for time, _ in line], [panel.y(value) for _, value in line]
    if xs:
        zorder = 4 if name == "summary" else 2
        panel.page.line(xs, ys, width=width, color=colour, zorder=zorder, name=f"row:{name}")


def _draw_key(panel: Panel, labels: Sequence[str]) -> None:
    """Names of the curves at the top right, where survival curves seldom are."""
    widest = max((style.text_width(label, style.SMALL) for label in labels), default=0.0)
    x = panel.right - widest - 4
    for number, (label, colour) in enumerate(zip(labels, COLOURS, strict=False)):
        y = panel.top + 6 + number * KEY_STEP
        panel.page.line([x - 16, x - 4], [y, y], width=style.THIN, color=colour)
        panel.page.text(x, y, label, size=style.SMALL)


def _draw_risk(panel: Panel, at_risk: Sequence[tuple[float, int]]) -> None:
    y = panel.bottom + 38
    panel.page.text(panel.left - 30, y - 10, "At risk", size=style.SMALL, color=style.MUTED)
    for time, patients in at_risk:
        panel.page.text(panel.x(time), y, f"{patients}", align="center", size=style.SMALL)

"""Draw survival over time: studies thin, the summary bold within its bands, risk table below."""

from collections.abc import Sequence
from itertools import cycle

from matplotlib.figure import Figure

from singlearm.catalogue.language import say
from singlearm.figures import style
from singlearm.figures.draw.forest import draw_notice, finished, plot_page
from singlearm.figures.draw.panel import Panel
from singlearm.figures.marks.survival import CurvesMarks, Line
from singlearm.figures.page import Look
from singlearm.figures.text import plain, wrap

HEIGHT = 230.0
#: Below the axis: ticks and title; and the line of numbers at risk.
BELOW, RISK = 28.0, 20.0
#: Up to so many studies each has its colour and its name; more are grey.
NAMED = 6
COLOURS = (style.VERMILION, style.GREEN, style.ORANGE, style.SKY, style.MUTED, style.INK)
KEY_STEP = 9.6
#: Size of a sign.
SIGN = 4.4


def draw_curves(marks: CurvesMarks, width: float = style.DOUBLE_COLUMN) -> Figure:
    """One panel."""
    if marks.empty:
        return draw_notice(marks, width)
    named = len(marks.studies) <= NAMED
    top = style.MARGIN + 34
    bottom = top + HEIGHT
    below = BELOW + RISK * bool(marks.at_risk)
    page, footer = plot_page(marks, width, bottom, below)
    left, right = style.MARGIN + 30, width - style.MARGIN - 8
    panel = Panel(page, left, top, right, bottom, marks.x_axis, marks.y_axis)
    panel.draw_axes()
    summary = marks.summary
    _draw_band(panel, summary.pi_low, summary.pi_high, 0.18)
    _draw_band(panel, summary.low, summary.high, 0.4)
    colours = cycle(COLOURS if named else (style.MUTED,))
    signs_of = marks.signs or ((),) * len(marks.studies)
    stroke = style.THIN if named else style.HAIR
    for study, signs, colour in zip(marks.studies, signs_of, colours, strict=False):
        panel.line(study.line, width=stroke, color=colour, name=f"row:{study.key}")
        for (time, value), sign in zip(study.line, signs, strict=False):
            _draw_sign(panel, time, value, sign, colour)
    look: Look = {"width": 1.4 * style.THICK, "color": style.BLUE, "zorder": 4}
    panel.line(summary.line, **look)
    if named:
        _draw_key(panel, [study.label for study in marks.studies])
    if marks.at_risk:
        _draw_risk(panel, marks.at_risk)
    return finished(page, footer, bottom + below + 4)


def _draw_band(panel: Panel, low: Line, high: Line, alpha: float) -> None:
    if low and high:
        around = [*low, *reversed(high)]
        points = [(panel.x(time), panel.y(value)) for time, value in around]
        panel.page.polygon(points, fill=style.SKY, alpha=alpha, zorder=1)


def _draw_sign(panel: Panel, time: float, value: float, sign: str, colour: str) -> None:
    """What a study reports at one time."""
    x, y, half = panel.x(time), panel.y(value), SIGN / 2
    if sign == "disc":
        panel.page.dot(x, y, SIGN, fill=colour)
    elif sign == "square":
        panel.page.square(x, y, SIGN, fill=colour)
    else:
        around = [(x - half, y), (x, y - half), (x + half, y), (x, y + half)]
        panel.page.polygon(around, fill=colour, zorder=3)


def _draw_key(panel: Panel, labels: Sequence[str]) -> None:
    """Names of the studies at the top right, where survival seldom is."""
    room = (panel.right - panel.left) / 2
    names = [wrap(plain(label), room, style.small_width) for label in labels]
    widest = max((style.small_width(line) for name in names for line in name), default=0.0)
    x, y = panel.right - widest - 4, panel.top + 6
    for name, colour in zip(names, COLOURS, strict=False):
        panel.page.line([x - 16, x - 4], [y, y], width=style.THIN, color=colour)
        for line in name:
            panel.page.text(x, y, line, size=style.SMALL)
            y += KEY_STEP


def _draw_risk(panel: Panel, at_risk: Sequence[tuple[float, int]]) -> None:
    y = panel.bottom + 38
    panel.page.text(panel.left - 30, y - 10, say("At risk"), size=style.SMALL, color=style.MUTED)
    for time, patients in at_risk:
        panel.page.text(panel.x(time), y, f"{patients}", align="center", size=style.SMALL)

"""Draw influence: Baujat's scatter beside small panels of case diagnostics."""

from matplotlib.figure import Figure

from singlearm.figures import style
from singlearm.figures.draw.forest import draw_notice, finished, plot_page
from singlearm.figures.draw.panel import Panel, label_points
from singlearm.figures.marks.axis import Axis
from singlearm.figures.marks.sensitivity import InfluenceMarks, InfluencePanel
from singlearm.figures.page import Look, Page

SCATTER = 200.0  # side of the scatter
SMALL_HEIGHT = 52.0
SMALL_GAP = 38.0


def draw_influence(marks: InfluenceMarks, width: float = style.DOUBLE_COLUMN) -> Figure:
    """Scatter on the left, panels in two columns on the right."""
    if marks.empty:
        return draw_notice(marks, width)
    top = style.MARGIN + 46
    body = 3 * SMALL_HEIGHT + 2 * SMALL_GAP
    page, footer = plot_page(marks, width, top + body, 30)
    _draw_scatter(page, marks, top, top + body)
    left = style.MARGIN + 34 + SCATTER + 36
    column = (width - style.MARGIN - left - 34) / 2
    for index, panel in enumerate(marks.panels):
        x = left + (index % 2) * (column + 34)
        y = top + (index // 2) * (SMALL_HEIGHT + SMALL_GAP)
        _draw_small(page, panel, x, y, x + column)
    return finished(page, footer, top + body + 28)


def _draw_scatter(page: Page, marks: InfluenceMarks, top: float, bottom: float) -> None:
    left = style.MARGIN + 34
    panel = Panel(page, left, top, left + SCATTER, bottom, marks.x_axis, marks.y_axis)
    panel.draw_axes()
    page.line([panel.left, panel.right], [panel.y(0)] * 2, width=style.HAIR, color=style.RULE)
    named, others = [], []
    for i, (drop, shift) in enumerate(zip(marks.drop_in_q, marks.shift, strict=True)):
        if drop is None or shift is None:
            continue
        strong = i in marks.named
        color = style.VERMILION if strong else style.STUDY
        x, y = panel.x(drop), panel.y(shift)
        page.dot(x, y, 5.0, fill=color, zorder=4 if strong else 3, name=f"row:{marks.keys[i]}")
        place = (x, y, 2.5)
        if strong:
            named.append((marks.named.index(i), *place, marks.labels[i]))
        else:
            others.append(place)
    label_points(panel, [point[1:] for point in sorted(named)], others)


def _draw_small(page: Page, marks: InfluencePanel, left: float, top: float, right: float) -> None:
    """Stems from zero, one a study; bounds dashed."""
    ticks = marks.axis.ticks[:: max(1, len(marks.axis.ticks) // 3)]
    axis = Axis(marks.axis.low, marks.axis.high, ticks)
    count = len(marks.values)
    panel = Panel(page, left, top, right, top + SMALL_HEIGHT, Axis(0, count + 1, ()), axis)
    panel.draw_axes(grid=False)
    page.text(left, top - 8, marks.title, size=style.SMALL, bold=True)
    for bound in marks.bound:
        look: Look = {"width": style.HAIR, "color": style.BLUE, "dash": (3, 2)}
        page.line([left, right], [panel.y(bound)] * 2, **look)
    points = [(panel.x(i), panel.y(y)) for i, y in enumerate(marks.values, 1) if y is not None]
    base = panel.y(0.0)
    stems = [((x, base), (x, y)) for x, y in points]
    page.segments(stems, width=style.HAIR, color=style.STUDY)
    page.dots(points, 2.6, fill=style.INK)

"""Draw GOSH density, specification curve and calibration."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from matplotlib.figure import Figure

from singlearm.catalogue import numbers
from singlearm.catalogue.language import say
from singlearm.figures import style
from singlearm.figures.draw.forest import draw_notice, finished, plot_page, row_pages
from singlearm.figures.draw.panel import Panel
from singlearm.figures.marks.axis import Axis
from singlearm.figures.marks.landscape import CalibrationMarks, Coverage, CurveMarks, GoshMarks
from singlearm.figures.page import Look, Page
from singlearm.figures.text import plain, wrap

SHADES = ((229, 240, 248), (0, 60, 100))  # the emptiest and the fullest cell, in RGB
SHADE_COUNT = 16
CHOICE_LABEL, MODEL_LABEL = 120.0, 190.0
CALIBRATION_TOP = style.MARGIN + 50  # of the first model
LEVEL_HEIGHT = 9.2
BAR = 6.0  # height of the bar of a level
#: Ends of the estimate, ends of I2, share of the fullest cell; or the shade of several cells.
Cell = tuple[float, float, float, float, float]
Run = tuple[float, float, float, float, int]
MANY = 60  # estimates from which on a line shows them better than dots


def draw_gosh(marks: GoshMarks, width: float = style.SINGLE_COLUMN) -> Figure:
    """Cells shaded by the root of their share in 16 steps, so that thin regions stay visible."""
    if marks.empty:
        return draw_notice(marks, width)
    top, side = style.MARGIN + 46, width - 2 * style.MARGIN - 30
    page, footer = plot_page(marks, width, top + side)
    left = style.MARGIN + 26
    panel = Panel(page, left, top, left + side, top + side, marks.x_axis, marks.y_axis)
    panel.draw_axes()
    boxes, fills = [], []
    for left_end, right_end, i2_low, i2_high, level in _runs(marks.cells):
        x, y = panel.x(left_end), panel.y(i2_high)
        boxes.append((x, y, panel.x(right_end) - x, panel.y(i2_low) - y))
        fills.append(_shade(level))
    page.boxes(boxes, fills, name="density")
    _draw_means(page, panel, marks)
    return finished(page, footer, top + side + 28)


def draw_curve(marks: CurveMarks, width: float = style.DOUBLE_COLUMN) -> Figure:
    """Estimates in order of size above, the choices behind each below."""
    if marks.empty:
        return draw_notice(marks, width)
    top, height = style.MARGIN + 44, 120.0
    levels = [level for _, levels in marks.choices for level in levels]
    below = len(levels) * LEVEL_HEIGHT + len(marks.choices) * 12
    page, footer = plot_page(marks, width, top + height + 14 + below, 14)
    left, right = style.MARGIN + CHOICE_LABEL, width - style.MARGIN
    across = Axis(-0.5, len(marks.estimates) - 0.5, ())
    panel = Panel(page, left, top, right, top + height, across, marks.axis)
    panel.draw_axes()
    _draw_references(page, panel, marks)
    _draw_curve_points(page, panel, marks)
    _draw_choices(page, panel, marks, top + height + 14)
    return finished(page, footer, top + height + 14 + below + 12)


def draw_calibration(marks: CalibrationMarks, width: float = style.DOUBLE_COLUMN) -> list[Figure]:
    """One row a model: coverage against the nominal level, width and bias as numbers."""
    if marks.empty:
        return [draw_notice(marks, width)]
    names = [wrap(plain(row.model), MODEL_LABEL, style.text_width) for row in marks.rows]
    heights = [max(14.0, 10.0 * len(lines) + 4) for lines in names]
    rows = list(zip(marks.rows, names, heights, strict=True))
    pages = []
    for page, footer, part in row_pages(marks, width, CALIBRATION_TOP, heights):
        bottom = _draw_models(page, marks.axis, rows[part])
        pages.append(finished(page, footer, bottom + 28))
    return pages


def _draw_models(
    page: Page, axis: Axis, rows: Sequence[tuple[Coverage, tuple[str, ...], float]]
) -> float:
    """The models of a page with their names as lines and their heights; returns the y below."""
    top, right = CALIBRATION_TOP, page.width - style.MARGIN
    bottom = top + sum(height for *_, height in rows)
    heads = ((say("Bias"), 40.0), (say("Width"), 46.0), (say("Coverage, %"), 64.0))
    places, end = [], right
    for head, least in heads:
        page.text(end, top - 10, head, align="right", bold=True)
        places.append(end)
        end -= max(least, style.text_width(head, bold=True) + 7)
    page.text(style.MARGIN, top - 10, say("Model"), bold=True)
    page.line([style.MARGIN, right], [top - 3] * 2, width=style.HAIR)
    panel = Panel(page, style.MARGIN + MODEL_LABEL + style.GUTTER, top, end, bottom, axis)
    panel.draw_axes()
    nominal = panel.x(0.95)
    look: Look = {"width": style.THIN, "color": style.BLUE, "dash": (3, 2)}
    page.line([nominal, nominal], [top, bottom], **look)
    y = top
    for row, lines, height in rows:
        middle = y + height / 2
        page.lines(style.MARGIN, middle, lines, 10)
        _draw_coverage(panel, row, middle)
        for x, value in zip(places, (row.bias, row.width, row.coverage), strict=True):
            page.text(x, middle, numbers.percent(value), align="right")
        y += height
    return bottom


def _draw_means(page: Page, panel: Panel, marks: GoshMarks) -> None:
    """Where the subsets with and without the splitting study lie; the footer names it."""
    signs = ((say("with"), style.VERMILION), (say("without"), style.ORANGE))
    lowest = min((mean[0] for mean in marks.means), default=0.0)
    for number, ((estimate, i2), (sign, color)) in enumerate(zip(marks.means, signs, strict=False)):
        x = panel.x(estimate)
        page.line([x, x], [panel.top, panel.bottom], width=style.MEDIUM, color=color, zorder=2)
        page.dot(x, panel.y(i2), 5.5, fill=color, edge=style.PAPER, zorder=4)
        to_left = (estimate == lowest and x - panel.left > 40) or panel.right - x < 40
        place = (x - 3 if to_left else x + 3, panel.top + 6 + 10 * number)
        page.text(*place, sign, align="right" if to_left else "left", size=style.SMALL)


def _draw_curve_points(page: Page, panel: Panel, marks: CurveMarks) -> None:
    """Intervals as hairs, estimates as dots."""
    span = (panel.right - panel.left) / len(marks.estimates)
    intervals = [
        ((panel.x(i), panel.y(low)), (panel.x(i), panel.y(high)))
        for i, (low, high) in enumerate(zip(marks.low, marks.high, strict=True))
        if low is not None and high is not None
    ]
    hair = max(0.4, min(1.0, span * 0.6))
    page.segments(intervals, width=hair, color=style.RULE, zorder=1, name="intervals")
    estimates = list(enumerate(marks.estimates))
    if len(estimates) > MANY:
        panel.line(estimates, width=style.THICK, zorder=4, name="estimates")
    else:
        places = [(panel.x(i), panel.y(value)) for i, value in estimates]
        page.dots(places, 3.0, zorder=4, fill=style.INK, name="estimates")


def _draw_references(page: Page, panel: Panel, marks: CurveMarks) -> None:
    """Lines of the primary and the published value, their names apart from each other."""
    looks = (
        (say("primary"), marks.primary, {"color": style.BLUE, "dash": (3, 2)}),
        (say("published"), marks.published, {"color": style.VERMILION, "dash": (1, 1.5)}),
    )
    lines = sorted((panel.y(value), name, look) for name, value, look in looks if value is not None)
    close = len(lines) == 2 and lines[1][0] - lines[0][0] < 9
    for number, (y, name, look) in enumerate(lines):
        page.line([panel.left, panel.right], [y, y], width=style.MEDIUM, zorder=3, **look)
        shift = (number - 0.5) * 9 if close else 0
        page.text(panel.left - 24, y + shift, name, align="right", size=style.SMALL)


def _draw_choices(page: Page, panel: Panel, marks: CurveMarks, top: float) -> None:
    """Below each estimate the levels that it took; neighbours of one level are one bar."""
    half = min(0.4, 1.5 * len(marks.estimates) / (panel.right - panel.left))
    y = top
    for number, (name, levels) in enumerate(marks.choices):
        page.text(style.MARGIN, y + 5, name, size=style.SMALL, bold=True)
        y += 12
        taken = [choices[number] for choices in marks.taken]
        bars: list[list[tuple[float, float]]] = [[] for _ in levels]
        for index, members in groupby(enumerate(taken), key=lambda item: item[1]):
            places = [place for place, _ in members]
            bars[index].append((panel.x(places[0] - half), panel.x(places[-1] + half)))
        for level, spans in zip(levels, bars, strict=True):
            middle = y + LEVEL_HEIGHT / 2
            page.text(style.MARGIN + 6, middle, level.replace("_", " "), size=style.SMALL)
            page.line(
                [panel.left, panel.right], [middle] * 2,
                width=style.HAIR, color=style.FAINT, zorder=0.5,
            )  # fmt: skip
            ends = [((start, middle), (stop, middle)) for start, stop in spans]
            page.segments(ends, width=BAR, color=style.BLUE)
            y += LEVEL_HEIGHT


def _runs(cells: Sequence[Cell]) -> Iterator[Run]:
    """Neighbours in a row of one I2 and one shade as one cell, so that a figure stays small."""
    run: Run | None = None
    for low, high, i2_low, i2_high, share in sorted(cells, key=lambda cell: (cell[2], cell[0])):
        level = max(1, round(SHADE_COUNT * share**0.5))
        start = low
        if run and run[2:] == (i2_low, i2_high, level) and abs(run[1] - low) < 1e-9:
            start = run[0]
        elif run:
            yield run
        run = (start, high, i2_low, i2_high, level)
    if run:
        yield run


def _draw_coverage(panel: Panel, row: Coverage, y: float) -> None:
    if row.coverage is None:
        return
    if row.bar is not None:
        ends = [panel.x(row.coverage - row.bar), panel.x(row.coverage + row.bar)]
        panel.page.line(ends, [y, y], width=style.MEDIUM, color=style.STUDY)
    panel.page.dot(panel.x(row.coverage), y, 5.0, fill=style.INK)


def _shade(level: int) -> str:
    """The colour of a step from light to dark blue, as hex."""
    weight = level / SHADE_COUNT
    mixed = (round(a + (b - a) * weight) for a, b in zip(*SHADES, strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)

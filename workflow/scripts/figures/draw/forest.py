"""Draw any forest: columns of text, intervals between them, as many pages as the rows need."""

import math
import re
from dataclasses import dataclass

from matplotlib.figure import Figure

from figures import style
from figures.marks.axis import Axis
from figures.marks.forest import ForestMarks, ForestRow
from figures.page import Page
from figures.text import plain, wrap
from pipeline import numbers

#: Study rows on one page.
PAGE_ROWS = 60
ROW_PAD = 3.0  # added to the height of a row's lines
LINE_HEIGHT = style.TEXT * 1.2
LABEL_SHARE = 0.36  # of the page: the widest that the first column gets
EXTRA_WIDTH = 78.0  # the widest that any other column gets
PLOT_MIN = 130.0
SQUARE = 7.5  # side of the square with the largest weight
SQUARE_MIN = 2.0
DIAMOND = 8.0
FOOT_LINE = style.SMALL * style.LINE
AXIS_HEIGHT = 27.0
_NUMBER = re.compile(rf"[\d.,]+|{numbers.MISSING}")
BOLD_KINDS = frozenset({"heading", "subtotal", "total"})


@dataclass(frozen=True, slots=True)
class Column:
    """A text column: where its text starts (left) or ends (right), and its width."""

    x: float
    width: float
    align: str


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns on both sides and the plot's range between them, in points."""

    left: tuple[Column, ...]
    right: tuple[Column, ...]
    plot_low: float
    plot_high: float

    def x(self, axis: Axis, value: float) -> float:
        """Where a value stands, kept inside the plot."""
        place = min(1.0, max(0.0, axis.place(value)))
        return self.plot_low + place * (self.plot_high - self.plot_low)


def draw_forest(marks: ForestMarks, width: float = style.DOUBLE_COLUMN) -> list[Figure]:
    """Pages of a forest, `width` points wide and as high as they need to be."""
    if marks.empty:
        return [_draw_empty(marks, width)]
    layout = forest_layout(marks, width)
    lines = [_row_lines(row, layout, width) for row in marks.rows]
    heights = [_row_height(row, cells) for row, cells in zip(marks.rows, lines, strict=True)]
    footer = _footer_lines(marks, width)
    head = _head_height(marks, width)
    room = style.PAGE_HEIGHT - head - AXIS_HEIGHT - len(footer) * FOOT_LINE - 3 * style.MARGIN
    breaks = paginate(marks.rows, heights, room)
    pages = []
    for number, (start, stop) in enumerate(breaks, 1):
        last = stop == len(marks.rows)
        below = footer if last else [f"Page {number} of {len(breaks)}, continued"]
        height = head + sum(heights[start:stop]) + AXIS_HEIGHT + len(below) * FOOT_LINE
        page = Page(width, height + 2 * style.MARGIN)
        rows = list(zip(marks.rows, lines, heights, strict=True))[start:stop]
        _draw_page(page, marks, layout, rows, head, below)
        pages.append(page.figure)
    return pages


def forest_layout(marks: ForestMarks, width: float) -> Layout:
    """Columns as wide as their widest text, up to a limit; the plot gets what is left."""
    inner = width - 2 * style.MARGIN
    right_widths = [_natural(marks, "right", i) for i in range(len(marks.right_heads))]
    left_widths = [_natural(marks, "left", i) for i in range(len(marks.left_heads))]
    left_widths[1:] = [min(natural, EXTRA_WIDTH) for natural in left_widths[1:]]
    gutters = (len(left_widths) + len(right_widths)) * style.GUTTER
    rest = inner - sum(left_widths[1:]) - sum(right_widths) - gutters
    left_widths[0] = min(left_widths[0], LABEL_SHARE * inner, max(rest - PLOT_MIN, 60.0))
    x, left = style.MARGIN, []
    numeric = [_is_numeric(marks, i) for i in range(len(left_widths))]
    for natural, is_number in zip(left_widths, numeric, strict=True):
        left.append(
            Column(x + natural, natural, "right") if is_number else Column(x, natural, "left")
        )
        x += natural + style.GUTTER
    plot_low, x = x, width - style.MARGIN
    right = []
    for natural in reversed(right_widths):
        right.insert(0, Column(x, natural, "right"))
        x -= natural + style.GUTTER
    return Layout(tuple(left), tuple(right), plot_low, x)


def paginate(
    rows: tuple[ForestRow, ...], heights: list[float], room: float
) -> list[tuple[int, int]]:
    """Ranges of rows per page: at most `PAGE_ROWS` studies and `room` points.

    A heading is never the last row of a page.
    """
    breaks, start, used, studies = [], 0, 0.0, 0
    for index, (row, height) in enumerate(zip(rows, heights, strict=True)):
        full = studies >= PAGE_ROWS and row.kind in {"study", "heading"}
        if index > start and (full or used + height > room):
            stop = index - 1 if rows[index - 1].kind == "heading" and index - 1 > start else index
            breaks.append((start, stop))
            start = stop
            used = sum(heights[start:index])
            studies = sum(other.kind == "study" for other in rows[start:index])
        used += height
        studies += row.kind == "study"
    return [*breaks, (start, len(rows))]


def _natural(marks: ForestMarks, side: str, index: int) -> float:
    """Width of a column's widest text, heads and bold rows included."""
    heads = marks.left_heads if side == "left" else marks.right_heads
    widths = [style.text_width(heads[index], style.TEXT, bold=True)]
    for row in marks.rows:
        cells = getattr(row, side)
        if row.kind not in {"heading", "gap"} and index < len(cells):
            bold = row.kind in BOLD_KINDS
            widths.append(style.text_width(plain(cells[index]), style.TEXT, bold))
    return max(widths) + 0.5


def _is_numeric(marks: ForestMarks, index: int) -> bool:
    """Whether a left column holds numbers only, and so is aligned to the right."""
    shown = {"study", "summary"}
    texts = [row.left[index] for row in marks.rows if row.kind in shown and row.left[index]]
    return index > 0 and bool(texts) and all(_NUMBER.fullmatch(text) for text in texts)


def _row_lines(row: ForestRow, layout: Layout, width: float) -> tuple[tuple[str, ...], ...]:
    """Each left cell of a row as wrapped lines."""
    bold = row.kind in BOLD_KINDS

    def measure(text: str) -> float:
        return style.text_width(text, style.TEXT, bold)

    if row.kind == "heading":
        return (wrap(plain(row.left[0]), width - 2 * style.MARGIN, measure),)
    widths = [column.width for column in layout.left]
    if row.kind in {"total", "subtotal", "prediction"}:
        widths[0] = _free_width(row, layout)
    return tuple(
        wrap(plain(cell), limit, measure) for cell, limit in zip(row.left, widths, strict=False)
    )


def _free_width(row: ForestRow, layout: Layout) -> float:
    """Room of a pooled row's label: up to its next column that holds a text."""
    filled = [i for i, cell in enumerate(row.left) if i and cell]
    if not filled:
        return layout.plot_low - style.GUTTER - style.MARGIN
    column = layout.left[filled[0]]
    starts = column.x - column.width if column.align == "right" else column.x
    return starts - style.GUTTER - style.MARGIN


def _row_height(row: ForestRow, cells: tuple[tuple[str, ...], ...]) -> float:
    if row.kind == "gap":
        return 4.0
    return max(len(lines) for lines in cells) * LINE_HEIGHT + ROW_PAD


def _head_height(marks: ForestMarks, width: float) -> float:
    """Title, subtitle and column heads."""
    return len(_title_lines(marks, width)) * 12.0 + (10.0 if marks.subtitle else 0.0) + 22.0


def _title_lines(marks: ForestMarks, width: float) -> tuple[str, ...]:
    return wrap(
        plain(marks.title),
        width - 2 * style.MARGIN,
        lambda text: style.text_width(text, style.TITLE, bold=True),
    )


def _footer_lines(marks: ForestMarks, width: float) -> list[str]:
    return [
        line
        for text in marks.footer
        for line in wrap(
            plain(text),
            width - 2 * style.MARGIN,
            lambda part: style.text_width(part, style.SMALL),
        )
    ]


def _draw_title(page: Page, marks: ForestMarks) -> float:
    """Title and subtitle; returns the y below them."""
    y = style.MARGIN + 5.0
    for line in _title_lines(marks, page.width):
        page.text(style.MARGIN, y, line, size=style.TITLE, bold=True)
        y += 12.0
    if marks.subtitle:
        page.text(style.MARGIN, y - 1, marks.subtitle, size=style.SMALL, color=style.MUTED)
        y += 10.0
    return y


def _draw_page(page, marks, layout, rows, head, footer) -> None:
    y = _draw_title(page, marks)
    top = style.MARGIN + head
    page.line([style.MARGIN, page.width - style.MARGIN], [top - 2] * 2, width=style.HAIR)
    for column, text in zip(
        layout.left + layout.right, marks.left_heads + marks.right_heads, strict=True
    ):
        page.text(column.x, y + 5, text, align=column.align, bold=True)
    bottom = top + sum(height for _, _, height in rows)
    _draw_scale(page, marks, layout, top, bottom)
    y = top
    for row, cells, height in rows:
        _draw_row(page, marks, layout, row, cells, y, height)
        y += height
    y = bottom + AXIS_HEIGHT
    for line in footer:
        page.text(style.MARGIN, y + FOOT_LINE / 2, line, size=style.SMALL, color=style.MUTED)
        y += FOOT_LINE


def _draw_scale(page, marks, layout, top, bottom) -> None:
    """Faint grid, reference line, axis with ticks and title below the rows."""
    axis = marks.axis
    for value, label in axis.ticks:
        x = layout.x(axis, value)
        page.line([x, x], [top, bottom], width=style.HAIR, color=style.FAINT, zorder=0.5)
        page.line([x, x], [bottom, bottom + 2.5], width=style.HAIR)
        page.text(x, bottom + 8, label, align="center", size=style.SMALL)
    page.line([layout.plot_low, layout.plot_high], [bottom] * 2, width=style.HAIR)
    if marks.reference is not None:
        x = layout.x(axis, marks.reference)
        page.line(
            [x, x], [top, bottom], width=style.THIN, color=style.BLUE, dash=(3, 2), zorder=1.5
        )
    middle = (layout.plot_low + layout.plot_high) / 2
    y = bottom + 18
    page.text(middle, y, axis.title, align="center", size=style.SMALL)
    if marks.better == "high":
        page.text(
            layout.plot_high, y, "better →", align="right", size=style.SMALL, color=style.MUTED
        )
    elif marks.better == "low":
        page.text(layout.plot_low, y, "← better", size=style.SMALL, color=style.MUTED)


def _draw_row(page, marks, layout, row, cells, y, height) -> None:
    if row.kind == "gap":
        return
    bold = row.kind in BOLD_KINDS
    middle = y + height / 2
    if row.key:
        page.box(
            style.MARGIN, y, page.width - 2 * style.MARGIN, height,
            fill=style.PAPER, zorder=0.1, name=f"row:{row.key}",
        )  # fmt: skip
    if row.kind == "total":
        page.line([style.MARGIN, page.width - style.MARGIN], [y, y], width=style.HAIR)
    first = middle - (max(len(lines) for lines in cells) - 1) * LINE_HEIGHT / 2
    for column, lines in zip(layout.left, cells, strict=False):
        start = first if column is layout.left[0] else middle - (len(lines) - 1) * LINE_HEIGHT / 2
        for index, line in enumerate(lines):
            page.text(column.x, start + index * LINE_HEIGHT, line, align=column.align, bold=bold)
    for column, text in zip(layout.right, row.right, strict=False):
        page.text(column.x, middle, text, align=column.align, bold=bold)
    _draw_interval(page, marks, layout, row, middle)


def _draw_interval(page, marks, layout, row, y) -> None:
    """Square with its line, diamond, or the bar of a prediction interval."""
    axis = marks.axis
    if row.low is None or row.high is None:
        return
    low, high = layout.x(axis, row.low), layout.x(axis, row.high)
    if row.kind in {"subtotal", "total"} and row.estimate is not None:
        x = layout.x(axis, row.estimate)
        half = DIAMOND / 2
        fill = style.BLUE if row.kind == "total" else style.SKY
        points = [(low, y), (x, y - half), (high, y), (x, y + half)]
        page.polygon(points, fill=fill, edge=style.INK, width=style.HAIR)
        return
    if row.kind == "summary":
        _draw_summary(page, layout, axis, row, y)
        return
    prediction = row.kind == "prediction"
    color = style.VERMILION if prediction else style.STUDY
    width = style.THICK if prediction else style.MEDIUM
    page.line([low, high], [y, y], width=width, color=color)
    for end, value, sign in ((low, row.low, -1), (high, row.high, 1)):
        if not 0.0 <= axis.place(value) <= 1.0:
            tip = [(end + sign * 3.5, y), (end - sign * 1.0, y - 2.6), (end - sign * 1.0, y + 2.6)]
            page.polygon(tip, fill=color)
        elif prediction:
            page.line([end, end], [y - 2.6, y + 2.6], width=width, color=color)
    if row.estimate is not None:
        side = SQUARE / 2 if row.size is None else max(SQUARE_MIN, SQUARE * math.sqrt(row.size))
        page.square(layout.x(axis, row.estimate), y, side, fill=style.INK)


def _draw_summary(page, layout, axis, row, y) -> None:
    """A disc, its interval as a strong line, the wider one as a thin line with caps."""
    if row.outer_low is not None:
        ends = [layout.x(axis, row.outer_low), layout.x(axis, row.outer_high)]
        page.line(ends, [y, y], width=style.THIN, color=style.VERMILION)
        for end in ends:
            page.line([end, end], [y - 2.2, y + 2.2], width=style.THIN, color=style.VERMILION)
    page.line(
        [layout.x(axis, row.low), layout.x(axis, row.high)], [y, y],
        width=2.0, color=style.BLUE, zorder=3,
    )  # fmt: skip
    page.dot(layout.x(axis, row.estimate), y, 4.6, fill=style.BLUE, zorder=4)


def _draw_empty(marks: ForestMarks, width: float) -> Figure:
    """A short page that says why there is no forest."""
    footer = _footer_lines(marks, width)
    page = Page(width, _head_height(marks, width) + 14 + len(footer) * FOOT_LINE + style.MARGIN)
    y = _draw_title(page, marks) + 8
    page.text(style.MARGIN, y, marks.empty)
    for line in footer:
        y += FOOT_LINE + 4
        page.text(style.MARGIN, y, line, size=style.SMALL, color=style.MUTED)
    return page.figure

"""Draw any forest: columns of text, intervals between them, as many pages as the rows need."""

import math
from collections.abc import Sequence
from typing import Protocol

from matplotlib.figure import Figure

from singlearm.catalogue.language import mark, say, within
from singlearm.figures import style
from singlearm.figures.draw.layout import (
    BOLD_KINDS,
    LINE_SPACING,
    Layout,
    PlacedRow,
    choose_pages,
    forest_layout,
    heading_again,
    place_rows,
    small_lines,
    title_lines,
)
from singlearm.figures.draw.signs import draw_judgement
from singlearm.figures.marks.forest import ForestMarks, ForestRow
from singlearm.figures.page import Look, Page
from singlearm.figures.text import plain, wrap

SQUARE = 7.5  # side of the square with the largest weight
SQUARE_MIN = 2.0
DIAMOND = 8.0
ARROW_CLEAR = 0.6  # white between a mark and the arrow behind it
FOOT_LINE = style.SMALL * style.LINE
TITLE_LINE = 12.0
NOTICE_LINE = style.TEXT * style.LINE
#: Fill of the marks in each layout, by the kind of row.
COLOURS = {
    "standard": {"study": style.INK, "subtotal": style.SKY, "total": style.BLUE},
    "jama": {"study": style.BLUE, "subtotal": style.SKY, "total": style.SKY},
    "lancet": {"study": style.INK, "subtotal": style.PAPER, "total": style.PAPER},
    "revman": {"study": style.BLUE, "subtotal": style.INK, "total": style.INK},
}
#: Title of an axis, by its good side.
BETTER = {
    "high": mark("{axis}, higher is better →"),
    "low": mark("← lower is better, {axis}"),
}
Ends = tuple[float, float]
#: Names the text of a figure that has nothing to draw, so that a report can leave it out.
NOTICE = "notice"
HEAD_HEIGHT = 22.0  # column heads and the rule under them
AXIS_HEIGHT = 27.0


class Notice(Protocol):
    """Marks of any figure that can say why there is nothing to draw."""

    @property
    def title(self) -> str: ...
    @property
    def subtitle(self) -> str: ...
    @property
    def footer(self) -> tuple[str, ...]: ...
    @property
    def empty(self) -> str: ...


def draw_forest(marks: ForestMarks, width: float = style.DOUBLE_COLUMN) -> list[Figure]:
    """Pages of a forest, `width` points wide and as high as they need to be."""
    if marks.empty:
        return [draw_notice(marks, width)]
    layout = forest_layout(marks, width)
    footer = small_lines(marks.footer, width)
    head = _title_height(marks, width) + HEAD_HEIGHT
    frame = 2 * style.MARGIN + head + AXIS_HEIGHT + len(footer) * FOOT_LINE
    placed = place_rows(marks, layout, width)
    pad, ranges = choose_pages(placed, style.PAGE_HEIGHT - frame)
    pages = []
    for number, (start, stop) in enumerate(ranges, 1):
        last = stop == len(placed)
        below = footer if last else [_continued(number, len(ranges))]
        rows = heading_again(placed, start) + placed[start:stop]
        body = sum(row.height + pad for row in rows)
        height = head + body + AXIS_HEIGHT + len(below) * FOOT_LINE + 2 * style.MARGIN
        page = Page(width, height)
        _draw_page(page, marks, layout, rows, pad, below)
        pages.append(page.figure)
    return pages


def _continued(number: int, pages: int) -> str:
    return say("Page {number} of {pages}, continued on the next", number=number, pages=pages)


def known_ends(
    low: float | None, estimate: float | None, high: float | None
) -> tuple[float | None, float | None]:
    """What to draw of an interval: a side whose limit is not known ends at the estimate."""
    return (estimate if low is None else low, estimate if high is None else high)


def _title_height(marks: Notice, width: float) -> float:
    return len(title_lines(marks.title, width)) * TITLE_LINE + (10.0 if marks.subtitle else 0.0)


def draw_title(page: Page, title: str, subtitle: str) -> float:
    """Title and subtitle at the top of a page; returns the y below them."""
    y = style.MARGIN + 5.0
    for line in title_lines(title, page.width):
        page.text(style.MARGIN, y, line, size=style.TITLE, bold=True)
        y += TITLE_LINE
    if subtitle:
        page.text(style.MARGIN, y - 1, subtitle, size=style.SMALL, color=style.MUTED)
        y += 10.0
    return y - 5.0


def plot_page(
    marks: Notice, width: float, bottom: float, below: float = 32
) -> tuple[Page, list[str]]:
    """A page with its title for a plot that ends at `bottom`, and the footer to draw `below` it."""
    footer = small_lines(marks.footer, width)
    page = Page(width, bottom + below + len(footer) * FOOT_LINE + style.MARGIN)
    draw_title(page, marks.title, marks.subtitle)
    return page, footer


def draw_footer(page: Page, lines: Sequence[str], top: float) -> None:
    """Lines of small print below `top`."""
    for index, line in enumerate(lines):
        y = top + (index + 0.5) * FOOT_LINE
        page.text(style.MARGIN, y, line, size=style.SMALL, color=style.MUTED)


def _draw_page(
    page: Page,
    marks: ForestMarks,
    layout: Layout,
    rows: list[PlacedRow],
    pad: float,
    footer: list[str],
) -> None:
    top = draw_title(page, marks.title, marks.subtitle) + HEAD_HEIGHT
    page.line([style.MARGIN, page.width - style.MARGIN], [top - 3] * 2, width=style.HAIR)
    heads = marks.left_heads + marks.right_heads
    for column, text in zip(layout.left + layout.right, heads, strict=True):
        page.text(column.x, top - 12, text, align=column.align, bold=True, size=column.size)
    for x, text in zip(layout.signs, marks.sign_heads, strict=True):
        page.text(x, top - 12, text, align="center", bold=True, size=style.SMALL)
    bottom = top + sum(row.height + pad for row in rows)
    _draw_scale(page, marks, layout, top, bottom)
    y = top
    for placed in rows:
        _draw_row(page, marks, layout, placed, y, placed.height + pad)
        y += placed.height + pad
    draw_footer(page, footer, bottom + AXIS_HEIGHT)


def _draw_scale(page: Page, marks: ForestMarks, layout: Layout, top: float, bottom: float) -> None:
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
        look: Look = {"width": style.THIN, "color": style.BLUE, "dash": (3, 2), "zorder": 1.5}
        page.line([x, x], [top, bottom], **look)
    middle = (layout.plot_low + layout.plot_high) / 2
    text = axis.title
    if marks.better:
        within_it = within(text) if marks.better == "low" else text
        text = say(BETTER[marks.better], axis=within_it)
    page.text(middle, bottom + 18, text, align="center", size=style.SMALL)


def _draw_row(
    page: Page, marks: ForestMarks, layout: Layout, placed: PlacedRow, y: float, height: float
) -> None:
    row = placed.row
    if row.kind == "gap":
        return
    bold = row.kind in BOLD_KINDS
    color = style.MUTED if row.kind == "remark" else style.INK
    middle = y + height / 2
    inner = page.width - 2 * style.MARGIN
    if row.key:
        page.box(
            style.MARGIN, y, inner, height, fill=style.PAPER, zorder=0.1, name=f"row:{row.key}"
        )
    if row.kind in {"heading", "remark"}:
        _clear_below(page, placed, middle, height)
    if row.kind == "total":
        page.line([style.MARGIN, style.MARGIN + inner], [y, y], width=style.HAIR)
    for column, lines in zip(layout.left, placed.cells, strict=False):
        size = style.SMALL if row.kind == "remark" else column.size
        step = size * LINE_SPACING
        start = middle - (len(lines) - 1) * step / 2
        look: Look = {"align": column.align, "bold": bold, "size": size, "color": color}
        for index, line in enumerate(lines):
            page.text(column.x, start + index * step, line, **look)
    for column, text in zip(layout.right, row.right, strict=False):
        page.text(column.x, middle, text, align=column.align, bold=bold)
    for x, judgement in zip(layout.signs, row.signs, strict=False):
        draw_judgement(page, x, middle, judgement)
    _draw_interval(page, marks, layout, row, middle)


def _clear_below(page: Page, placed: PlacedRow, middle: float, height: float) -> None:
    """White under a heading or remark, which runs over the lines of the plot."""
    bold = placed.row.kind == "heading"
    size = style.TEXT if bold else style.SMALL
    wide = max(style.text_width(line, size, bold) for line in placed.cells[0])
    page.box(style.MARGIN, middle - height / 2, wide + 2, height, fill=style.PAPER, zorder=1.8)


def _draw_interval(
    page: Page, marks: ForestMarks, layout: Layout, row: ForestRow, y: float
) -> None:
    """The row's mark by its kind; nothing where the table has no numbers."""
    low, high = known_ends(row.low, row.estimate, row.high)
    if low is None or high is None:
        return
    ends = (layout.x(marks.axis, low), layout.x(marks.axis, high))
    x = None if row.estimate is None else layout.x(marks.axis, row.estimate)
    if row.kind in {"subtotal", "total"} and x is not None:
        fill = COLOURS[marks.layout][row.kind]
        points = [(ends[0], y), (x, y - DIAMOND / 2), (ends[1], y), (x, y + DIAMOND / 2)]
        page.polygon(points, fill=fill, edge=style.INK, stroke=style.HAIR)
        _draw_arrows(page, marks, (low, high), ends, y, style.INK)
    elif row.kind == "summary":
        _draw_summary(page, marks, layout, row, ends, x, y)
    elif row.kind == "prediction":
        _draw_line(page, marks, (low, high), ends, y, style.VERMILION, style.THICK, caps=True)
    else:
        side = max(SQUARE_MIN, SQUARE / 2 if row.size is None else SQUARE * math.sqrt(row.size))
        mark = None if x is None else (x, side)
        _draw_line(page, marks, (low, high), ends, y, style.STUDY, style.MEDIUM, mark=mark)
        if x is not None:
            page.square(x, y, side, fill=COLOURS[marks.layout]["study"])
        if row.shrunken is not None:
            # white inside, so that it is seen on the square as well, also in grey
            ring: Look = {"fill": style.PAPER, "edge": style.VERMILION, "zorder": 4.0}
            page.dot(layout.x(marks.axis, row.shrunken), y, 3.6, **ring)


def _draw_line(
    page: Page,
    marks: ForestMarks,
    limits: Ends,
    ends: Ends,
    y: float,
    color: str,
    width: float,
    caps: bool = False,
    mark: tuple[float, float] | None = None,
) -> None:
    """An interval; a limit outside the axis ends in an arrow, clear of a `mark` (x, side)."""
    page.line(ends, [y, y], width=width, color=color)
    for end, limit in zip(ends, limits, strict=True):
        if caps and not _beyond(marks, limit):
            page.line([end, end], [y - 2.6, y + 2.6], width=width, color=color)
    _draw_arrows(page, marks, limits, ends, y, color, mark)


def _draw_arrows(
    page: Page,
    marks: ForestMarks,
    limits: Ends,
    ends: Ends,
    y: float,
    color: str,
    mark: tuple[float, float] | None = None,
) -> None:
    """A head at each end whose limit lies beyond the axis, behind a mark that stands there."""
    for end, limit, sign in zip(ends, limits, (-1, 1), strict=True):
        if _beyond(marks, limit):
            back, outwards = end - sign, max if sign > 0 else min
            if mark is not None:
                back = outwards(back, mark[0] + sign * (mark[1] / 2 + ARROW_CLEAR))
            tip = outwards(end, back) + sign * 3.5
            page.polygon([(tip, y), (back, y - 2.6), (back, y + 2.6)], fill=color)


def _beyond(marks: ForestMarks, limit: float) -> bool:
    return not -1e-9 <= marks.axis.place(limit) <= 1 + 1e-9


def _draw_summary(
    page: Page,
    marks: ForestMarks,
    layout: Layout,
    row: ForestRow,
    ends: Ends,
    x: float | None,
    y: float,
) -> None:
    """A disc, its interval as a strong line, the wider one as a thin line with caps."""
    if row.outer_low is not None and row.outer_high is not None:
        limits = (row.outer_low, row.outer_high)
        outer = (layout.x(marks.axis, limits[0]), layout.x(marks.axis, limits[1]))
        _draw_line(page, marks, limits, outer, y, style.VERMILION, style.THIN, caps=True)
    page.line(ends, [y, y], width=2.0, color=style.BLUE, zorder=3)
    if x is not None:
        page.dot(x, y, 4.6, fill=style.BLUE, zorder=4)


def draw_notice(marks: Notice, width: float = style.DOUBLE_COLUMN) -> Figure:
    """A short page that says why there is nothing to draw: title, `empty` and footer of marks."""
    footer = small_lines(marks.footer, width)
    lines = wrap(plain(marks.empty), width - 2 * style.MARGIN, style.text_width)
    more = (len(lines) - 1) * NOTICE_LINE
    height = _title_height(marks, width) + 20 + more + len(footer) * FOOT_LINE + 2 * style.MARGIN
    page = Page(width, height)
    y = draw_title(page, marks.title, marks.subtitle) + 8
    for number, line in enumerate(lines):
        page.text(style.MARGIN, y + number * NOTICE_LINE, line, name=None if number else NOTICE)
    draw_footer(page, footer, y + more + 10)
    return page.figure

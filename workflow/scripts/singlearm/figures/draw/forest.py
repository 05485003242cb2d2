"""Draw any forest: columns of text, intervals between them, as many pages as the rows need."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

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
    page_ranges,
    place_row,
    small_lines,
    title_lines,
)
from singlearm.figures.draw.panel import Panel
from singlearm.figures.draw.signs import draw_judgement
from singlearm.figures.marks.base import Marks
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
CONTINUED = mark("Page {number} of {pages}, continued on the next")
Ends = tuple[float, float]
#: Names the text of a figure that has nothing to draw, so that a report can leave it out.
NOTICE = "notice"
HEAD_HEIGHT = 22.0  # column heads and the rule under them
AXIS_HEIGHT = 27.0


def draw_forest(marks: ForestMarks, width: float = style.DOUBLE_COLUMN) -> list[Figure]:
    """Pages of a forest, `width` points wide and as high as they need to be."""
    if marks.empty:
        return [draw_notice(marks, width)]
    layout = forest_layout(marks, width)
    footer = small_lines(marks.footer, width)
    head = _title_height(marks, width) + HEAD_HEIGHT
    frame = 2 * style.MARGIN + head + AXIS_HEIGHT + len(footer) * FOOT_LINE
    placed = [place_row(row, layout, width) for row in marks.rows]
    pad, ranges = choose_pages(placed, style.PAGE_HEIGHT - frame)
    pages = []
    for number, (start, stop) in enumerate(ranges, 1):
        more = say(CONTINUED, number=number, pages=len(ranges))
        below = footer if stop == len(placed) else [more]
        rows = heading_again(placed, start) + placed[start:stop]
        body = sum(row.height + pad for row in rows)
        height = head + body + AXIS_HEIGHT + len(below) * FOOT_LINE + 2 * style.MARGIN
        pages.append(_draw_page(Page(width, height), marks, layout, rows, pad, below))
    return pages


def _title_height(marks: Marks, width: float) -> float:
    return len(title_lines(marks.title, width)) * TITLE_LINE + (10.0 if marks.subtitle else 0.0)


def draw_title(page: Page, marks: Marks) -> float:
    """Title and subtitle at the top of a page; returns the y below them."""
    y = style.MARGIN + 5.0
    for line in title_lines(marks.title, page.width):
        page.text(style.MARGIN, y, line, size=style.TITLE, bold=True)
        y += TITLE_LINE
    if marks.subtitle:
        page.text(style.MARGIN, y - 1, marks.subtitle, size=style.SMALL, color=style.MUTED)
        y += 10.0
    return y - 5.0


def plot_page(
    marks: Marks, width: float, bottom: float, below: float = 32, more: Sequence[str] = ()
) -> tuple[Page, list[str]]:
    """A page with its title for a plot that ends at `bottom`, and the footer to draw `below` it.

    `more` stands before the footer of the marks.
    """
    footer = small_lines([*more, *marks.footer], width)
    page = Page(width, bottom + below + len(footer) * FOOT_LINE + style.MARGIN)
    draw_title(page, marks)
    return page, footer


def row_pages(
    marks: Marks, width: float, top: float, heights: Sequence[float], below: float = 32
) -> Iterator[tuple[Page, list[str], slice]]:
    """Pages of a plot of rows that starts at `top`: as `plot_page`, and which rows stand on it.

    As many as the rows need; each has the footer, which explains the signs, and all but the last
    say that it goes on.
    """
    footer = small_lines(marks.footer, width)
    room = style.PAGE_HEIGHT - top - below - len(footer) * FOOT_LINE - style.MARGIN
    ranges = page_ranges(heights, room)
    if len(ranges) > 1:
        ranges = page_ranges(heights, room - FOOT_LINE)
    for start, stop in ranges:
        more = [say("Continued")] if stop < len(heights) else []
        bottom = top + sum(heights[start:stop])
        yield *plot_page(marks, width, bottom, below, more), slice(start, stop)


def finished(page: Page, footer: Sequence[str], top: float) -> Figure:
    """The page as a figure, with the lines of its footer below `top`."""
    for index, line in enumerate(footer):
        y = top + (index + 0.5) * FOOT_LINE
        page.text(style.MARGIN, y, line, size=style.SMALL, color=style.MUTED)
    return page.figure


def _draw_page(
    page: Page,
    marks: ForestMarks,
    layout: Layout,
    rows: list[PlacedRow],
    pad: float,
    footer: list[str],
) -> Figure:
    top = draw_title(page, marks) + HEAD_HEIGHT
    page.line([style.MARGIN, page.width - style.MARGIN], [top - 3] * 2, width=style.HAIR)
    heads = marks.left_heads + marks.right_heads
    for column, text in zip(layout.left + layout.right, heads, strict=True):
        page.text(column.x, top - 12, text, align=column.align, bold=True, size=column.size)
    for x, text in zip(layout.signs, marks.sign_heads, strict=True):
        page.text(x, top - 12, text, align="center", bold=True, size=style.SMALL)
    bottom = top + sum(row.height + pad for row in rows)
    axis = replace(marks.axis, title=_axis_title(marks))
    panel = Panel(page, layout.plot_low, top, layout.plot_high, bottom, axis)
    panel.draw_axes()
    if marks.reference is not None:
        x = panel.x(marks.reference)
        look: Look = {"width": style.THIN, "color": style.BLUE, "dash": (3, 2), "zorder": 1.5}
        page.line([x, x], [top, bottom], **look)
    y = top
    for placed in rows:
        height = placed.height + pad
        if placed.row.kind != "gap":
            _draw_row(panel, layout, placed, y, height)
            _draw_interval(panel, COLOURS[marks.layout], placed.row, y + height / 2)
        y += height
    return finished(page, footer, bottom + AXIS_HEIGHT)


def _axis_title(marks: ForestMarks) -> str:
    """The axis with its good side."""
    title = marks.axis.title
    if not marks.better:
        return title
    return say(BETTER[marks.better], axis=within(title) if marks.better == "low" else title)


def _draw_row(panel: Panel, layout: Layout, placed: PlacedRow, y: float, height: float) -> None:
    """The texts and signs of a row."""
    page, row = panel.page, placed.row
    bold = row.kind in BOLD_KINDS
    color = style.MUTED if row.kind == "remark" else style.INK
    left, middle, inner = style.MARGIN, y + height / 2, page.width - 2 * style.MARGIN
    if row.key:
        page.box(left, y, inner, height, fill=style.PAPER, zorder=0.1, name=f"row:{row.key}")
    if row.kind in {"heading", "remark"}:
        # white under a text that runs over the lines of the plot
        size = style.TEXT if bold else style.SMALL
        wide = max(style.text_width(line, size, bold) for line in placed.cells[0])
        page.box(left, y, wide + 2, height, fill=style.PAPER, zorder=1.8)
    if row.kind == "total":
        page.line([left, left + inner], [y, y], width=style.HAIR)
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


def _draw_interval(panel: Panel, fills: Mapping[str, str], row: ForestRow, y: float) -> None:
    """The row's mark by its kind; nothing where the table has no numbers."""
    # a side whose limit is not known ends at the estimate
    low = row.estimate if row.low is None else row.low
    high = row.estimate if row.high is None else row.high
    if low is None or high is None:
        return
    page = panel.page
    x = None if row.estimate is None else panel.x(row.estimate)
    if row.kind in {"subtotal", "total"} and x is not None:
        points = [(panel.x(low), y), (x, y - DIAMOND / 2), (panel.x(high), y), (x, y + DIAMOND / 2)]
        page.polygon(points, fill=fills[row.kind], edge=style.INK, stroke=style.HAIR)
        _draw_arrows(panel, (low, high), y, style.INK)
    elif row.kind == "summary":
        if row.outer_low is not None and row.outer_high is not None:
            _draw_capped(panel, (row.outer_low, row.outer_high), y, style.THIN)
        page.line([panel.x(low), panel.x(high)], [y, y], width=2.0, color=style.BLUE, zorder=3)
        if x is not None:
            page.dot(x, y, 4.6, fill=style.BLUE, zorder=4)
    elif row.kind == "prediction":
        _draw_capped(panel, (low, high), y, style.THICK)
    else:
        side = max(SQUARE_MIN, SQUARE / 2 if row.size is None else SQUARE * math.sqrt(row.size))
        line: Look = {"width": style.MEDIUM, "color": style.STUDY}
        page.line([panel.x(low), panel.x(high)], [y, y], **line)
        _draw_arrows(panel, (low, high), y, style.STUDY, None if x is None else (x, side))
        if x is not None:
            page.square(x, y, side, fill=fills["study"])
        if row.shrunken is not None:
            # white inside, so that it is seen on the square as well, also in grey
            ring: Look = {"fill": style.PAPER, "edge": style.VERMILION, "zorder": 4.0}
            page.dot(panel.x(row.shrunken), y, 3.6, **ring)


def _draw_capped(panel: Panel, limits: Ends, y: float, width: float) -> None:
    """Where a further study is expected: a cap at each end, an arrow where it leaves the axis."""
    look: Look = {"width": width, "color": style.VERMILION}
    ends = [panel.x(limit) for limit in limits]
    panel.page.line(ends, [y, y], **look)
    for end, limit in zip(ends, limits, strict=True):
        if not _beyond(panel, limit):
            panel.page.line([end, end], [y - 2.6, y + 2.6], **look)
    _draw_arrows(panel, limits, y, style.VERMILION)


def _draw_arrows(
    panel: Panel, limits: Ends, y: float, color: str, mark: tuple[float, float] | None = None
) -> None:
    """A head at each end whose limit lies beyond the axis, behind a `mark` (x, side) there."""
    for limit, sign in zip(limits, (-1, 1), strict=True):
        if _beyond(panel, limit):
            end, outwards = panel.x(limit), max if sign > 0 else min
            back = end - sign
            if mark is not None:
                back = outwards(back, mark[0] + sign * (mark[1] / 2 + ARROW_CLEAR))
            tip = outwards(end, back) + sign * 3.5
            panel.page.polygon([(tip, y), (back, y - 2.6), (back, y + 2.6)], fill=color)


def _beyond(panel: Panel, limit: float) -> bool:
    return not -1e-9 <= panel.x_axis.place(limit) <= 1 + 1e-9


def draw_notice(marks: Marks, width: float = style.DOUBLE_COLUMN) -> Figure:
    """A short page that says why there is nothing to draw: title, `empty` and footer of marks."""
    footer = small_lines(marks.footer, width)
    lines = wrap(plain(marks.empty), width - 2 * style.MARGIN, style.text_width)
    more = (len(lines) - 1) * NOTICE_LINE
    height = _title_height(marks, width) + 20 + more + len(footer) * FOOT_LINE + 2 * style.MARGIN
    page = Page(width, height)
    y = draw_title(page, marks) + 8
    for number, line in enumerate(lines):
        page.text(style.MARGIN, y + number * NOTICE_LINE, line, name=None if number else NOTICE)
    return finished(page, footer, y + more + 10)

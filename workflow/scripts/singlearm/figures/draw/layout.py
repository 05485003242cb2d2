"""Where the texts of a forest stand: columns, wrapped lines, row heights, pages. No drawing."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from singlearm.catalogue import numbers
from singlearm.figures import style
from singlearm.figures.marks.forest import ForestMarks, ForestRow
from singlearm.figures.text import plain, wrap

#: Study rows on one page.
PAGE_ROWS = 60
#: White between rows: the first that lets a forest stay on one page, else the last.
ROW_PADS = (3.0, 2.0, 1.0)
LINE_SPACING = 1.17  # of a cell with several lines, as a multiple of its text size
ROW_HEIGHT = 9.6  # the least height of a row, without padding
GAP_HEIGHT = 4.0
REMARK_HEIGHT = 8.4
LABEL_SHARE = 0.36  # of the page: the widest that the first column gets
LABEL_MIN = 64.0
DETAIL_WIDTH = 66.0  # the widest that a study detail gets
PLOT_MIN = 130.0
TICK_ROOM = 8.0  # for half of the last tick label, where no column stands right of the plot
ARROW_ROOM = 3.0  # for an arrow behind a square at the end of the axis, beside the gutter
SIGN_WIDTH = 11.0  # a judgement on bias
BOLD_KINDS = frozenset({"heading", "subtotal", "total"})
POOLED_KINDS = frozenset({"subtotal", "total", "prediction"})
_NUMBER = re.compile(rf"[\d.,]+|{numbers.MISSING}")


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A text column: where its text starts (left) or ends (right), its width and text size."""

    x: float
    width: float
    align: str
    size: float = style.TEXT

    @property
    def start(self) -> float:
        """Its left edge."""
        return self.x - self.width if self.align == "right" else self.x


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns on both sides, the plot's range between them, the middles of the bias signs."""

    left: tuple[TextColumn, ...]
    right: tuple[TextColumn, ...]
    plot_low: float
    plot_high: float
    signs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row with its left cells as lines and the height it takes without padding."""

    row: ForestRow
    cells: tuple[tuple[str, ...], ...]
    height: float


def forest_layout(marks: ForestMarks, width: float) -> Layout:
    """Columns as wide as their widest text, up to a limit; the plot gets what is left."""
    inner = width - 2 * style.MARGIN
    signs = len(marks.sign_heads)
    right_widths = [_natural(marks, "right", i, style.TEXT) for i in range(len(marks.right_heads))]
    details = range(1, 1 + marks.details)
    columns = range(len(marks.left_heads))
    sizes = [style.SMALL if i in details else style.TEXT for i in columns]
    left_widths = [_natural(marks, "left", i, size) for i, size in enumerate(sizes)]
    for i in details:
        left_widths[i] = min(left_widths[i], DETAIL_WIDTH)
    gutters = (len(left_widths) + len(right_widths) + bool(signs)) * style.GUTTER
    fixed = sum(left_widths[1:]) + sum(right_widths) + gutters + signs * SIGN_WIDTH
    rest = inner - fixed
    least = max(LABEL_MIN, style.bold_width(marks.left_heads[0]))
    left_widths[0] = min(left_widths[0], LABEL_SHARE * inner, max(rest - PLOT_MIN, least))

    x, left = style.MARGIN, []
    for i, (natural, size) in enumerate(zip(left_widths, sizes, strict=True)):
        to_right = i > 0 and (i not in details or _is_numeric(marks, i))
        align = "right" if to_right else "left"
        left.append(TextColumn(x + natural if to_right else x, natural, align, size))
        x += natural + style.GUTTER
    plot_low, x = x, width - style.MARGIN - (0.0 if right_widths or signs else TICK_ROOM)
    middles = [x - (signs - i - 0.5) * SIGN_WIDTH for i in range(signs)]
    x -= signs * SIGN_WIDTH + bool(signs) * style.GUTTER
    right: list[TextColumn] = []
    for natural in reversed(right_widths):
        right.insert(0, TextColumn(x, natural, "right"))
        x -= natural + style.GUTTER
    x -= ARROW_ROOM if right else 0.0
    return Layout(tuple(left), tuple(right), plot_low, x, tuple(middles))


def place_row(row: ForestRow, layout: Layout, width: float) -> PlacedRow:
    """A row with its left cells wrapped; a heading or remark runs over the whole width."""
    if row.kind == "gap":
        return PlacedRow(row, (), GAP_HEIGHT)
    limits = [column.width for column in layout.left]
    sizes, least = [column.size for column in layout.left], ROW_HEIGHT
    if row.kind in {"heading", "remark"}:
        limits = [width - 2 * style.MARGIN]
    elif row.kind in POOLED_KINDS:
        limits[0] = _free_width(row, layout)
    if row.kind == "remark":
        sizes, least = [style.SMALL], REMARK_HEIGHT
    bold = row.kind in BOLD_KINDS
    cells = tuple(
        wrap(plain(cell), limit, partial(style.text_width, size=size, bold=bold))
        for cell, limit, size in zip(row.left, limits, sizes, strict=False)
    )
    tall = [len(cell) * size * LINE_SPACING for cell, size in zip(cells, sizes, strict=False)]
    return PlacedRow(row, cells, max(least, *tall))


def choose_pages(placed: Sequence[PlacedRow], room: float) -> tuple[float, list[tuple[int, int]]]:
    """Padding of the rows, and the range of rows on each page: the widest with fewest pages."""
    rows = [p.row for p in placed]
    headings = [p.height for p in placed if p.row.kind == "heading"]
    choices = []
    for pad in ROW_PADS:
        heights = [p.height + pad for p in placed]
        pages = paginate(rows, heights, room)
        if len(pages) > 1:  # a page may repeat a heading
            pages = paginate(rows, heights, room - max(headings, default=0.0) - pad)
        choices.append((len(pages), -pad, pages))
    _, pad, pages = min(choices)
    return -pad, pages


def heading_again(placed: Sequence[PlacedRow], start: int) -> list[PlacedRow]:
    """The heading to repeat on a page that begins inside a subgroup."""
    if not start or placed[start].row.kind not in {"study", "subtotal", "remark"}:
        return []
    above = [p for p in placed[:start] if p.row.kind == "heading"]
    return above[-1:]


def paginate(
    rows: Sequence[ForestRow], heights: Sequence[float], room: float, most: int = PAGE_ROWS
) -> list[tuple[int, int]]:
    """Ranges of rows per page: at most `most` studies and `room` points.

    A heading is never the last row of a page, a gap or remark never the first.
    """
    breaks, start, used, studies = [], 0, 0.0, 0
    for index, (row, height) in enumerate(zip(rows, heights, strict=True)):
        full = studies >= most and row.kind in {"study", "heading"}
        if index > start and row.kind not in {"gap", "remark"} and (full or used + height > room):
            stop = index - 1 if rows[index - 1].kind == "heading" and index - 1 > start else index
            breaks.append((start, stop))
            start = stop
            used = sum(heights[start:index])
            studies = sum(other.kind == "study" for other in rows[start:index])
        used += height
        studies += row.kind == "study"
    return [*breaks, (start, len(rows))]


def page_ranges(
    heights: Sequence[float], room: float, most: int = PAGE_ROWS
) -> list[tuple[int, int]]:
    """Ranges per page of rows that are all alike, such as models or groups."""
    return paginate([ForestRow("study", ())] * len(heights), heights, room, most)


def small_lines(texts: Sequence[str], width: float) -> list[str]:
    """Texts in small print as lines that fit the page."""
    inner = width - 2 * style.MARGIN
    return [line for text in texts for line in wrap(plain(text), inner, style.small_width)]


def title_lines(title: str, width: float) -> tuple[str, ...]:
    """A title as lines that fit the page."""
    measure = partial(style.bold_width, size=style.TITLE)
    return wrap(plain(title), width - 2 * style.MARGIN, measure)


def side_by_side(
    widths: Iterable[float], room: float, gap: float = 0.0
) -> list[list[tuple[int, float]]]:
    """Lines of things, as many beside each other as fit: index and place of each in its line."""
    lines: list[list[tuple[int, float]]] = []
    used = math.inf
    for index, width in enumerate(widths):
        if used + width > room:
            lines.append([])
            used = 0.0
        lines[-1].append((index, used))
        used += width + gap
    return lines


def _natural(marks: ForestMarks, side: str, index: int, size: float) -> float:
    """Width of a column's widest text, heads and bold rows included."""
    heads = marks.left_heads if side == "left" else marks.right_heads
    widths = [style.text_width(heads[index], size, bold=True)]
    for row in marks.rows:
        cells = getattr(row, side)
        spans = marks.details and side == "left" and index == 0 and row.kind in POOLED_KINDS
        if row.kind in {"heading", "remark", "gap"} or spans or index >= len(cells):
            continue
        widths.append(style.text_width(plain(cells[index]), size, row.kind in BOLD_KINDS))
    return max(widths) + 0.5


def _is_numeric(marks: ForestMarks, index: int) -> bool:
    """Whether a detail holds numbers of several digits only, and so is aligned to the right."""
    texts = [row.left[index] for row in marks.rows if row.kind == "study" and row.left[index]]
    return max(map(len, texts), default=0) > 1 and all(map(_NUMBER.fullmatch, texts))


def _free_width(row: ForestRow, layout: Layout) -> float:
    """Room of a pooled row's label: up to its next column that holds a text, or the plot."""
    filled = [i for i, cell in enumerate(row.left) if i and cell]
    end = layout.left[filled[0]].start if filled else layout.plot_low
    return end - style.GUTTER - style.MARGIN

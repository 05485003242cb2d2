"""Draw estimates of one quantity below each other, the sources apart by shape and colour."""

from collections.abc import Sequence
from itertools import cycle

from matplotlib.figure import Figure

from singlearm.catalogue.language import say
from singlearm.figures import style
from singlearm.figures.draw.forest import FOOT_LINE, draw_notice, draw_title, finished
from singlearm.figures.draw.layout import page_ranges, side_by_side, small_lines
from singlearm.figures.draw.panel import Panel
from singlearm.figures.draw.signs import draw_point
from singlearm.figures.marks.compare import CompareMarks, CompareRow
from singlearm.figures.page import Page
from singlearm.figures.text import plain, wrap

LABEL_WIDTH = 168.0
NOTE_WIDTH = 66.0
STEP = 9.6
PAD = 5.0
HEAD = 22.0
TAIL = 27.0
#: A row with its label and note as lines, and its height.
Drawn = tuple[CompareRow, tuple[str, ...], tuple[str, ...], float]
#: Colour, shape and whether it is filled, for each series in turn.
Look = tuple[str, str, bool]
LOOKS: tuple[Look, ...] = (
    (style.INK, "square", False),
    (style.BLUE, "dot", True),
    (style.VERMILION, "square", True),
    (style.GREEN, "dot", False),
    (style.MUTED, "square", True),
    (style.ORANGE, "dot", True),
    (style.SKY, "square", False),
    (style.INK, "dot", True),
)


def draw_compare(marks: CompareMarks, width: float = style.DOUBLE_COLUMN) -> list[Figure]:
    """Pages of rows, each row as high as its points or its label need."""
    order = [say("In each row the models stand in the order of the key.")]
    order = order if len(marks.series) > len(LOOKS) else []
    footer = small_lines([*marks.footer[:-1], *order, *marks.footer[-1:]], width)
    if marks.empty:
        return [draw_notice(marks, width)]
    labels = [wrap(plain(row.label), LABEL_WIDTH, style.text_width) for row in marks.rows]
    notes = [wrap(plain(row.note), NOTE_WIDTH, style.text_width) for row in marks.rows]
    lines = [
        max(len(label), len(note), len(marks.series))
        for label, note in zip(labels, notes, strict=True)
    ]
    heights = [count * STEP + PAD for count in lines]
    several = marks.series if len(marks.series) > 1 else ()
    wide = [20 + style.small_width(plain(name)) for name in several]
    keys = side_by_side(wide, width - 2 * style.MARGIN)
    head = HEAD + len(keys) * STEP
    frame = style.MARGIN * 2 + 22 + head + TAIL + len(footer) * FOOT_LINE
    pages = []
    for start, stop in page_ranges(heights, style.PAGE_HEIGHT - frame):
        page = Page(width, frame + sum(heights[start:stop]))
        part = slice(start, stop)
        _draw_key(page, marks.series, keys, draw_title(page, marks) + 5)
        top = style.MARGIN + 22 + head
        drawn = list(zip(marks.rows[part], labels[part], notes[part], heights[part], strict=True))
        _draw_page(page, marks, top, drawn)
        pages.append(finished(page, footer, page.height - style.MARGIN - len(footer) * FOOT_LINE))
    return pages


def _draw_page(page: Page, marks: CompareMarks, top: float, rows: Sequence[Drawn]) -> None:
    right = page.width - style.MARGIN
    texts = [point.text for row in marks.rows for point in row.points]
    value_width = max(style.text_width(text) for text in texts)
    note_left = right - NOTE_WIDTH
    value_right = note_left - style.GUTTER
    plot = (style.MARGIN + LABEL_WIDTH + style.GUTTER, value_right - value_width - style.GUTTER)
    bottom = top + sum(height for *_, height in rows)
    panel = Panel(page, plot[0], top, plot[1], bottom, marks.axis)
    panel.draw_axes()
    page.line([style.MARGIN, right], [top - 2] * 2, width=style.HAIR)
    page.text(value_right, top - 9, say("% [95% CI]"), align="right", bold=True)
    page.text(note_left, top - 9, marks.note_head, bold=True)
    y = top
    for index, (row, label, note, height) in enumerate(rows):
        if index % 2:
            page.box(style.MARGIN, y, right - style.MARGIN, height, zorder=0.2)
        page.lines(style.MARGIN + 1, y + height / 2, label, STEP)
        page.lines(note_left, y + height / 2, note, STEP)
        _draw_points(page, panel, row, y + height / 2, value_right)
        y += height


def _draw_key(
    page: Page, series: Sequence[str], lines: list[list[tuple[int, float]]], top: float
) -> None:
    """The series with their looks."""
    for number, line in enumerate(lines):
        y = top + number * STEP
        for index, place in line:
            x = style.MARGIN + place
            draw_point(page, x + 3, y, *LOOKS[index % len(LOOKS)])
            page.text(x + 9, y, series[index], size=style.SMALL)


def _draw_points(page: Page, panel: Panel, row: CompareRow, middle: float, right: float) -> None:
    for number, (point, look) in enumerate(zip(row.points, cycle(LOOKS), strict=False)):
        y = middle + (number - (len(row.points) - 1) / 2) * STEP
        colour = style.TEXT_COLOURS.get(look[0], look[0])
        page.text(right, y, point.text, align="right", color=colour)
        if point.estimate is not None:
            place = (point.low, point.estimate, point.high, y)
            panel.interval(*place, width=style.MEDIUM, color=look[0])
            draw_point(page, panel.x(point.estimate), y, *look)

"""Draw what the studies report: a sign for each study and outcome, with totals of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.figure import Figure

from singlearm.catalogue import numbers
from singlearm.catalogue.language import mark, say
from singlearm.figures import style
from singlearm.figures.draw.forest import FOOT_LINE, draw_notice, draw_title, finished
from singlearm.figures.draw.layout import side_by_side, small_lines
from singlearm.figures.marks.availability import SIGNS, AvailabilityMarks, StudyCells
from singlearm.figures.page import Page
from singlearm.figures.text import plain, wrap

ROW, NAME_LINE = 10.4, 9.4
CELL = 7.2  # side of a sign
PITCH = 9.8  # the narrowest column
MORE = 5.0  # what a column grows by where there is room
HEAD_LINE = 8.2
#: How tall the outcomes' names may stand: the first that lets all columns fit the page.
HEADS = (84.0, 112.0, 140.0, 168.0)
LABEL_MIN, LABEL_SHARE = 92.0, 0.32
TOTAL = 17.0  # the column of the studies' totals
PAGE_STUDIES = 60
TOP_HEAD, RIGHT_HEAD = mark("Studies with it"), mark("Outcomes")
_bold = partial(style.small_width, bold=True)


@dataclass(frozen=True, slots=True)
class Columns:
    """Width of the studies' names; each outcome's name as lines, and the width of its column."""

    label: float
    heads: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]

    def wanted(self) -> float:
        """Width of a page on which every column grows."""
        across = sum(self.widths) + MORE * len(self.widths)
        return 2 * style.MARGIN + self.label + style.GUTTER + across + TOTAL

    def height(self) -> float:
        """Of the names, which stand upright."""
        lines = [line for head in self.heads for line in head]
        return max(_bold(say(RIGHT_HEAD)), *map(style.small_width, lines))


def draw_availability(marks: AvailabilityMarks, width: float = style.DOUBLE_COLUMN) -> list[Figure]:
    """Pages of at most 60 studies, no taller than paper; columns that do not fit follow below."""
    if marks.empty:
        return [draw_notice(marks, width)]
    columns = _columns(marks, width)
    # Few outcomes need no whole page: half of it would stay empty.
    width = min(width, max(style.SINGLE_COLUMN, columns.wanted()))
    names = [wrap(plain(one.label), columns.label, style.text_width) for one in marks.studies]
    heights = [max(ROW, len(lines) * NAME_LINE + 1.0) for lines in names]
    wide = [CELL + 4 + style.small_width(say(SIGNS[sign])) for sign in marks.signs]
    key = side_by_side(wide, width - 2 * style.MARGIN, gap=12)
    frame = 2 * style.MARGIN + 26 + columns.height() + 26 + 12 + len(key) * FOOT_LINE
    foot = small_lines(marks.footer, width)
    room = style.PAGE_HEIGHT - frame - len(foot) * FOOT_LINE
    rows = _chunks(heights, room, PAGE_STUDIES)
    inner = width - 2 * style.MARGIN - columns.label - style.GUTTER - TOTAL
    across = _chunks(columns.widths, inner + 0.01, len(columns.widths))
    parts = [(part, some) for some in across for part in rows]
    pages = []
    for number, (shown, some) in enumerate(parts, start=1):
        footer = foot if number == len(parts) else [say("Continued")]
        drawn = list(zip(marks.studies[shown], names[shown], heights[shown], strict=True))
        page = Page(width, frame + sum(heights[shown]) + len(footer) * FOOT_LINE)
        _draw_page(page, marks, columns, some, drawn)
        top = page.height - style.MARGIN - (len(key) + len(footer)) * FOOT_LINE
        _draw_key(page, marks.signs, key, top - 2)
        pages.append(finished(page, footer, top + len(key) * FOOT_LINE))
    return pages


def _columns(marks: AvailabilityMarks, width: float) -> Columns:
    """The tallest names are the last resort, since a reader must turn the head to read them."""
    inner = width - 2 * style.MARGIN - style.GUTTER - TOTAL
    natural = max(style.text_width(plain(one.label)) for one in marks.studies)
    least = max(LABEL_MIN, _bold(say(TOP_HEAD)))
    free = inner - len(marks.outcomes) * PITCH
    wanted = max(least, min(natural, LABEL_SHARE * inner, free))
    for tall, label in [*((tall, wanted) for tall in HEADS), (HEADS[-1], least)]:
        heads = tuple(wrap(plain(name), tall, style.small_width) for name in marks.outcomes)
        counts = [_bold(numbers.count(total)) + 1.8 for total in marks.totals]
        widths = [
            max(PITCH, len(lines) * HEAD_LINE + 2.4, count)
            for lines, count in zip(heads, counts, strict=True)
        ]
        if sum(widths) <= inner - label:
            break
    return Columns(label, heads, tuple(widths))


def _chunks(sizes: Sequence[float], room: float, most: int) -> list[slice]:
    """Ranges of at most `most` whose sizes fit the room, about equally many in each."""
    parts = 1
    while True:
        each = -(-len(sizes) // parts)
        ranges = [slice(start, start + each) for start in range(0, len(sizes), each)]
        fits = all(sum(sizes[part]) <= room for part in ranges)
        if each == 1 or (each <= most and fits):
            return ranges
        parts += 1


def _draw_page(
    page: Page,
    marks: AvailabilityMarks,
    columns: Columns,
    some: slice,
    studies: list[tuple[StudyCells, tuple[str, ...], float]],
) -> None:
    """Heads and totals of the outcomes of a page, then its studies."""
    base = draw_title(page, marks) + 6 + columns.height()
    top = base + 20
    left = style.MARGIN + columns.label + style.GUTTER
    widths = columns.widths[some]
    free = page.width - style.MARGIN - TOTAL - left - sum(widths)
    more = min(MORE, free / len(widths))
    middles, x = [], left
    for width in widths:
        middles.append(x + (width + more) / 2)
        x += width + more
    right = x + TOTAL
    for middle, lines in zip(middles, columns.heads[some], strict=True):
        for i, line in enumerate(lines):
            place = middle + (i - (len(lines) - 1) / 2) * HEAD_LINE
            page.text(place, base, line, size=style.SMALL, up=True)
    page.text(right - 5, base, say(RIGHT_HEAD), size=style.SMALL, bold=True, up=True)
    page.text(style.MARGIN, base + 11, say(TOP_HEAD), size=style.SMALL, bold=True)
    for middle, total in zip(middles, marks.totals[some], strict=True):
        text = numbers.count(total)
        page.text(middle, base + 11, text, align="center", size=style.SMALL, bold=True)
    page.line([style.MARGIN, right], [top - 2] * 2, width=style.HAIR)
    places: dict[str, list[tuple[float, float]]] = {sign: [] for sign in SIGNS}
    y = top
    for number, (study, lines, height) in enumerate(studies):
        fill = style.BAND if number % 2 else style.PAPER
        # An id stands once in a figure: on the first of the pages that a study is on.
        name = f"row:{study.key}" if some.start == 0 else None
        page.box(style.MARGIN, y, right - style.MARGIN, height, fill=fill, zorder=0.1, name=name)
        page.lines(style.MARGIN, y + height / 2, lines, NAME_LINE)
        for middle, sign in zip(middles, study.cells[some], strict=True):
            places[sign].append((middle, y + height / 2))
        text = numbers.count(study.total)
        page.text(right - 1, y + height / 2, text, align="right", size=style.SMALL, bold=True)
        y += height
    for sign, spots in places.items():
        draw_signs(page, sign, spots)


def draw_signs(page: Page, sign: str, spots: Sequence[tuple[float, float]]) -> None:
    """All signs of one kind: full, half with a stroke, an outline, a point."""
    half = CELL / 2
    frames = [(x - half, y - half, CELL, CELL) for x, y in spots]
    if sign == "available":
        page.boxes(frames, [style.BLUE] * len(frames), zorder=3)
        return
    if sign == "not asked":
        page.segments([((x - 1.4, y), (x + 1.4, y)) for x, y in spots], color=style.STUDY)
        return
    inset = half - style.THIN / 2
    fill = style.ORANGE if sign == "held out" else style.PAPER
    page.boxes(frames, [style.STUDY] * len(frames), zorder=3)
    inner = 2 * inset - style.THIN / 2
    inside = [(x - inner / 2, y - inner / 2, inner, inner) for x, y in spots]
    page.boxes(inside, [fill] * len(spots), zorder=3.1)
    if sign == "held out":
        strokes = [((x - inset, y + inset), (x + inset, y - inset)) for x, y in spots]
        page.segments(strokes, width=style.MEDIUM, zorder=3.2)


def _draw_key(
    page: Page, signs: Sequence[str], lines: list[list[tuple[int, float]]], top: float
) -> None:
    for i, line in enumerate(lines):
        y = top + (i + 0.5) * FOOT_LINE
        for index, place in line:
            x, sign = style.MARGIN + place, signs[index]
            draw_signs(page, sign, [(x + CELL / 2, y)])
            page.text(x + CELL + 4, y, say(SIGNS[sign]), size=style.SMALL, color=style.MUTED)

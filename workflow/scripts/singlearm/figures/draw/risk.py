"""Draw risk of bias: the traffic-light table with each domain's shares beneath."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from singlearm.catalogue.language import say
from singlearm.figures import style
from singlearm.figures.draw.forest import FOOT_LINE, draw_title, finished
from singlearm.figures.draw.layout import page_ranges, small_lines
from singlearm.figures.draw.signs import COLORS, draw_judgement
from singlearm.figures.marks.risk import SIGNS, Judged, RiskMarks, RiskTables, signs_key
from singlearm.figures.page import Page
from singlearm.figures.text import plain, wrap

TOP = style.MARGIN + 46  # of the first study
ROW, NAME_LINE = 12.0, 9.6
CELL = 15.0
BAR = 30.0
SHARES = BAR + 14  # the bars and what stands around them
BELOW = 8.0  # between the table and its footer
PAGE_STUDIES = 48
#: A study's name as lines, the height of its row and its judgements.
Row = tuple[tuple[str, ...], float, tuple[Judged, ...]]


def draw_risk_of_bias(marks: RiskTables, width: float = style.DOUBLE_COLUMN) -> list[Figure]:
    """Pages of at most 48 studies; the last one of a tool has the shares and the key."""
    return [page for table in marks.tables for page in _draw_table(table, width)]


def _draw_table(marks: RiskMarks, width: float) -> list[Figure]:
    signs = ";  ".join(signs_key(one for row in marks.judgements for one in row))
    domains = "; ".join(f"{number}: {name}" for number, name in enumerate(marks.domains, 1))
    footer = small_lines([signs + ".", domains + ".", *marks.footer], width)
    label = width - 2 * style.MARGIN - len(marks.domains) * CELL - style.GUTTER
    label = min(label, max(40.0, *(style.text_width(plain(name)) for name in marks.studies)))
    names = [wrap(plain(name), label, style.text_width) for name in marks.studies]
    heights = [max(ROW, len(lines) * NAME_LINE + 2) for lines in names]
    rows = list(zip(names, heights, marks.judgements, strict=True))
    pages = []
    for start, stop in _ranges(heights, len(footer)):
        last = stop == len(rows)
        below = footer if last else [say("Continued")]
        end = TOP + sum(heights[start:stop])
        top = end + last * SHARES + BELOW
        page = Page(width, top + len(below) * FOOT_LINE + style.MARGIN)
        draw_title(page, marks)
        left = style.MARGIN + label + style.GUTTER
        middles = [left + (number + 0.5) * CELL for number in range(len(marks.domains))]
        _draw_rows(page, rows[start:stop], middles, left + len(middles) * CELL)
        if last:
            _draw_shares(page, marks, middles, end + 8)
        pages.append(finished(page, below, top - 2))
    return pages


def _ranges(heights: Sequence[float], foot_lines: int) -> list[tuple[int, int]]:
    """Studies on each page. The last page has less room: the shares and the key stand there."""
    room = style.PAGE_HEIGHT - TOP - BELOW - FOOT_LINE - style.MARGIN
    *whole, (start, stop) = page_ranges(heights, room, PAGE_STUDIES)
    rest = page_ranges(heights[start:stop], room - SHARES - (foot_lines - 1) * FOOT_LINE)
    return whole + [(start + first, start + after) for first, after in rest]


def _draw_rows(page: Page, rows: Sequence[Row], middles: Sequence[float], end: float) -> None:
    """The head of the table and the studies below it."""
    page.text(style.MARGIN, TOP - 8, say("Study"), bold=True)
    for number, x in enumerate(middles, 1):
        page.text(x, TOP - 8, str(number), align="center", size=style.SMALL, bold=True)
    page.line([style.MARGIN, end], [TOP - 2] * 2, width=style.HAIR)
    y = TOP
    for lines, height, judgements in rows:
        page.lines(style.MARGIN, y + height / 2, lines, NAME_LINE)
        for x, judgement in zip(middles, judgements, strict=True):
            draw_judgement(page, x, y + height / 2, judgement, 9.4)
        y += height


def _draw_shares(page: Page, marks: RiskMarks, middles: list[float], top: float) -> None:
    """Stacked bars of the classes, the best at the bottom."""
    page.text(style.MARGIN, top + BAR / 2, say("Share of studies"), size=style.SMALL)
    for x, shares in zip(middles, marks.shares, strict=True):
        y = top + BAR
        for name, share in zip(SIGNS, shares, strict=True):
            height = share * BAR
            if height:
                y -= height
                look = {"fill": COLORS[name], "edge": style.PAPER, "stroke": style.HAIR}
                page.box(x - 5, y, 10, height, **look)

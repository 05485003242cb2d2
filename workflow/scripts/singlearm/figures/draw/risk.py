"""Draw risk of bias: the traffic-light table with each domain's shares beneath."""

from matplotlib.figure import Figure

from singlearm.catalogue.language import say
from singlearm.figures import style
from singlearm.figures.draw.forest import FOOT_LINE, draw_title, finished
from singlearm.figures.draw.layout import small_lines
from singlearm.figures.draw.signs import COLORS, draw_judgement
from singlearm.figures.marks.risk import SIGNS, RiskMarks, RiskTables, signs_key
from singlearm.figures.page import Page
from singlearm.figures.text import plain, wrap

ROW = 12.0
CELL = 15.0
BAR = 30.0
PAGE_STUDIES = 48


def draw_risk_of_bias(marks: RiskTables, width: float = style.DOUBLE_COLUMN) -> list[Figure]:
    """Pages of at most 48 studies; the last one of a tool has the shares and the key."""
    return [
        _draw_page(table, start, width)
        for table in marks.tables
        for start in range(0, max(1, len(table.studies)), PAGE_STUDIES)
    ]


def _draw_page(marks: RiskMarks, start: int, width: float) -> Figure:
    stop = min(start + PAGE_STUDIES, len(marks.studies))
    last = stop == len(marks.studies)
    signs = ";  ".join(signs_key(one for row in marks.judgements for one in row))
    domains = "; ".join(f"{number}: {name}" for number, name in enumerate(marks.domains, 1))
    footer = small_lines(
        [signs + ".", domains + ".", *marks.footer] if last else [say("Continued")], width
    )
    label = width - 2 * style.MARGIN - len(marks.domains) * CELL - style.GUTTER
    label = min(label, max(40.0, *(style.text_width(plain(name)) for name in marks.studies)))
    names = [wrap(plain(name), label, style.text_width) for name in marks.studies[start:stop]]
    heights = [max(ROW, len(lines) * 9.6 + 2) for lines in names]
    top = style.MARGIN + 46
    bottom = top + sum(heights)
    bars = BAR + 14 if last else 0
    page = Page(width, bottom + bars + 8 + len(footer) * FOOT_LINE + style.MARGIN)
    draw_title(page, marks)
    left = style.MARGIN + label + style.GUTTER
    middles = [left + (number + 0.5) * CELL for number in range(len(marks.domains))]
    page.text(style.MARGIN, top - 8, say("Study"), bold=True)
    for number, x in enumerate(middles, 1):
        page.text(x, top - 8, str(number), align="center", size=style.SMALL, bold=True)
    end = left + len(middles) * CELL
    page.line([style.MARGIN, end], [top - 2] * 2, width=style.HAIR)
    y = top
    for lines, height, judgements in zip(names, heights, marks.judgements[start:stop], strict=True):
        page.lines(style.MARGIN, y + height / 2, lines, 9.6)
        for x, judgement in zip(middles, judgements, strict=True):
            draw_judgement(page, x, y + height / 2, judgement, 9.4)
        y += height
    if last:
        _draw_shares(page, marks, middles, bottom + 8)
    return finished(page, footer, bottom + bars + 6)


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

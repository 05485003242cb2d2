"""Draw the flow diagram: boxes as high as their texts, rows aligned across columns."""

from functools import partial

from matplotlib.figure import Figure

from singlearm.figures import style
from singlearm.figures.draw.forest import finished, plot_page
from singlearm.figures.marks.flow import FlowMarks
from singlearm.figures.page import Page
from singlearm.figures.text import plain, wrap

INSET = 5.0
LINE = style.SMALL * style.LINE
ROW_GAP = 16.0
COLUMN_GAP = 18.0
WIDEST = 190.0
Place = tuple[float, float, float, float]  # left, top, width, height


def draw_flow(marks: FlowMarks, width: float = style.DOUBLE_COLUMN) -> Figure:
    """One page, `width` points wide."""
    inner = width - 2 * style.MARGIN
    count = len(marks.columns)
    box_width = min(WIDEST, (inner - (count - 1) * COLUMN_GAP) / count)
    texts = [_lines(box.lines, box_width - 2 * INSET) for box in marks.boxes]
    heights = [len(lines) * LINE + 2 * INSET for lines in texts]
    tall: dict[int, float] = {}
    for box, height in zip(marks.boxes, heights, strict=True):
        tall[box.row] = max(tall.get(box.row, 0.0), height)
    tops, y = {}, style.MARGIN + 26
    for row in sorted(tall):
        tops[row] = y
        y += tall[row] + ROW_GAP
    page, footer = plot_page(marks, width, y, 0)
    places = []
    for box, lines, height in zip(marks.boxes, texts, heights, strict=True):
        x = style.MARGIN + marks.columns.index(box.column) * (box_width + COLUMN_GAP)
        top = tops[box.row] + (tall[box.row] - height) / 2
        places.append((x, top, box_width, height))
        page.box(x, top, box_width, height, fill=style.PAPER, edge=style.INK, zorder=3)
        for number, (text, bold) in enumerate(lines):
            middle = top + INSET + (number + 0.5) * LINE
            page.text(x + INSET, middle, text, size=style.SMALL, bold=bold)
    for start, end in marks.arrows:
        _draw_arrow(page, places[start], places[end])
    return finished(page, footer, y)


def _lines(texts: tuple[str, ...], width: float) -> list[tuple[str, bool]]:
    """Wrapped lines, the head of the box in bold."""
    lines = []
    for number, text in enumerate(texts):
        bold = number == 0
        measure = partial(style.small_width, bold=bold)
        lines += [(line, bold) for line in wrap(plain(text), width, measure)]
    return lines


def _draw_arrow(page: Page, start: Place, end: Place) -> None:
    """Straight down or sideways; from another column down and then sideways."""
    x, y, width, height = start
    x2, y2, width2, height2 = end
    if x == x2:
        points = [(x + width / 2, y + height), (x + width / 2, y2)]
    elif y < y2 + height2 and y2 < y + height:
        side = (x + width, x2) if x2 > x else (x, x2 + width2)
        level = (max(y, y2) + min(y + height, y2 + height2)) / 2
        points = [(side[0], level), (side[1], level)]
    else:
        level = y2 + height2 / 2
        points = [(x + width / 2, y + height), (x + width / 2, level)]
        points.append((x2 + width2 if x > x2 else x2, level))
    page.line([x for x, _ in points], [y for _, y in points], width=style.THIN, color=style.MUTED)
    (x1, _), (x2, y2) = points[-2:]
    if x1 == x2:
        head = [(x2, y2), (x2 - 2.5, y2 - 4.5), (x2 + 2.5, y2 - 4.5)]
    else:
        sign = 1 if x2 > x1 else -1
        head = [(x2, y2), (x2 - sign * 4.5, y2 - 2.5), (x2 - sign * 4.5, y2 + 2.5)]
    page.polygon(head, fill=style.MUTED)

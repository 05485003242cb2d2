"""Draw subgroups side by side: discs against squares, so that grey print keeps them apart."""

from collections.abc import Iterator, Sequence

from matplotlib.figure import Figure

from singlearm.figures import style
from singlearm.figures.draw.forest import draw_notice, finished, row_pages
from singlearm.figures.draw.panel import Panel
from singlearm.figures.draw.signs import draw_point
from singlearm.figures.marks.groups import GroupCell, GroupMarks, GroupPanel
from singlearm.figures.page import Look, Page
from singlearm.figures.text import plain, wrap

LABEL_WIDTH = 116.0
ROW = 23.0
LEVEL_STEP = 9.0
LABEL_LINE = 7.7
KEY_GAP = 18.0
TEXT_WIDTH = 44.0  # p value and numbers of studies, right of each panel
PANELS_A_PAGE = 3
LOOKS = ((style.BLUE, "dot"), (style.VERMILION, "square"))


def draw_groups(marks: GroupMarks, width: float = style.DOUBLE_COLUMN) -> list[Figure]:
    """Pages with up to three panels each, and as many outcomes as fit below each other."""
    if marks.empty:
        return [draw_notice(marks, width)]
    chunks = [
        marks.panels[i : i + PANELS_A_PAGE] for i in range(0, len(marks.panels), PANELS_A_PAGE)
    ]
    return [page for panels in chunks for page in _draw_panels(marks, panels, width)]


def _draw_panels(
    marks: GroupMarks, panels: tuple[GroupPanel, ...], width: float
) -> Iterator[Figure]:
    """The pages of a few panels beside each other."""
    share = (width - 2 * style.MARGIN - LABEL_WIDTH) / len(panels)
    heads = [wrap(plain(panel.label), share - style.GUTTER, style.bold_width) for panel in panels]
    labels = [wrap(plain(outcome), LABEL_WIDTH, style.small_width) for outcome in marks.outcomes]
    heights = [max(ROW, len(lines) * LABEL_LINE + 4) for lines in labels]
    stacked = any(_key_width(panel) > share - style.GUTTER for panel in panels)
    top = style.MARGIN + 36 + max(map(len, heads)) * 10 + (20 if stacked else 10)
    for page, footer, part in row_pages(marks, width, top, heights, 28):
        bottom = top + sum(heights[part])
        middles = _draw_outcomes(page, labels[part], heights[part], top)
        for index, (panel, head) in enumerate(zip(panels, heads, strict=True)):
            left = style.MARGIN + LABEL_WIDTH + index * share + style.GUTTER
            right = style.MARGIN + LABEL_WIDTH + (index + 1) * share
            key_top = top - (20 if stacked else 10)
            for number, line in enumerate(head):
                page.text(left, key_top - 2 - (len(head) - number) * 10, line, bold=True)
            _draw_key(page, panel, left, key_top, stacked)
            area = Panel(page, left, top, right - TEXT_WIDTH, bottom, marks.axis)
            _draw_panel(area, panel.cells[part], middles, right)
        yield finished(page, footer, bottom + 26)


def _draw_outcomes(
    page: Page, labels: Sequence[tuple[str, ...]], heights: Sequence[float], top: float
) -> list[float]:
    """Bands and names of the outcomes of a page; returns the middle of each."""
    page.line([style.MARGIN, page.width - style.MARGIN], [top - 2] * 2, width=style.HAIR)
    middles, y = [], top
    for index, (lines, height) in enumerate(zip(labels, heights, strict=True)):
        if index % 2:
            page.box(style.MARGIN, y, page.width - 2 * style.MARGIN, height, zorder=0.2)
        middles.append(y + height / 2)
        page.lines(style.MARGIN + 1, y + height / 2, lines, LABEL_LINE, size=style.SMALL)
        y += height
    return middles


def _draw_panel(
    area: Panel, cells: Sequence[GroupCell], middles: Sequence[float], right: float
) -> None:
    area.draw_axes()
    look: Look = {"align": "right", "size": style.SMALL}
    for cell, middle in zip(cells, middles, strict=True):
        _draw_cell(area, cell, middle)
        area.page.text(right, middle - LEVEL_STEP / 2, cell.p_text, **look)
        area.page.text(right, middle + LEVEL_STEP / 2, cell.k_text, **look, color=style.MUTED)


def _draw_key(page: Page, panel: GroupPanel, x: float, y: float, stacked: bool) -> None:
    """Which sign stands for which level, beside each other where there is room in all panels."""
    for level, (color, sign) in zip(panel.levels, LOOKS, strict=True):
        draw_point(page, x + 3, y, color, sign, size=4.6)
        page.text(x + 8, y, level, size=style.SMALL)
        if stacked:
            y += 10
        else:
            x += KEY_GAP + style.small_width(plain(level))


def _key_width(panel: GroupPanel) -> float:
    return sum(KEY_GAP + style.small_width(plain(level)) for level in panel.levels)


def _draw_cell(area: Panel, cell: GroupCell, middle: float) -> None:
    """The two levels below each other."""
    for number, (point, (color, sign)) in enumerate(zip(cell.points, LOOKS, strict=True)):
        if point.estimate is None:
            continue
        y = middle + (number - 0.5) * LEVEL_STEP
        ends = (point.low, point.estimate, point.high)
        area.interval(*ends, y, width=style.MEDIUM, color=color)
        draw_point(area.page, area.x(point.estimate), y, color, sign, point.k != 1, 4.6)

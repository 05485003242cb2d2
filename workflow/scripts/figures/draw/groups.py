"""Draw subgroups side by side: discs against squares, so that grey print keeps them apart."""

from matplotlib.figure import Figure

from figures import style
from figures.draw.forest import FOOT_LINE, draw_footer, draw_title, known_ends
from figures.draw.layout import small_lines
from figures.marks.groups import GroupCell, GroupMarks, GroupPanel
from figures.page import Page
from figures.text import plain, wrap

LABEL_WIDTH = 116.0
ROW = 23.0
LEVEL_STEP = 9.0
TEXT_WIDTH = 44.0  # p value and numbers of studies, right of each panel
PANELS_A_PAGE = 3
LOOKS = ((style.BLUE, "dot"), (style.VERMILION, "square"))


def draw_groups(marks: GroupMarks, width: float = style.DOUBLE_COLUMN) -> list[Figure]:
    """Pages with up to three panels each."""
    chunks = [
        marks.panels[i : i + PANELS_A_PAGE] for i in range(0, len(marks.panels), PANELS_A_PAGE)
    ]
    return [_draw_page(marks, panels, width) for panels in chunks or [()]]


def _draw_page(marks: GroupMarks, panels: tuple[GroupPanel, ...], width: float) -> Figure:
    inner = width - 2 * style.MARGIN
    footer = small_lines(marks.footer, width)
    share = (inner - LABEL_WIDTH) / max(1, len(panels))
    heads = [
        wrap(
            plain(panel.label),
            share - style.GUTTER,
            lambda part: style.text_width(part, style.TEXT, bold=True),
        )
        for panel in panels
    ]
    head_lines = max((len(head) for head in heads), default=0)
    top = style.MARGIN + 30 + head_lines * 10 + 16
    bottom = top + len(marks.outcomes) * ROW
    height = bottom + 28 + len(footer) * FOOT_LINE + style.MARGIN
    page = Page(width, height)
    draw_title(page, marks.title, marks.subtitle)
    page.line([style.MARGIN, width - style.MARGIN], [top - 2] * 2, width=style.HAIR)
    for index, outcome in enumerate(marks.outcomes):
        _draw_label(page, outcome, top + index * ROW, index)
    for index, (panel, head) in enumerate(zip(panels, heads, strict=True)):
        left = style.MARGIN + LABEL_WIDTH + index * share + style.GUTTER
        right = style.MARGIN + LABEL_WIDTH + (index + 1) * share
        _draw_panel(page, marks, panel, head, left, right, top, bottom)
    draw_footer(page, footer, bottom + 26)
    return page.figure


def _draw_label(page: Page, outcome: str, y: float, index: int) -> None:
    """Name of an outcome in up to three lines, on a band in every second row."""
    if index % 2:
        page.box(style.MARGIN, y, page.width - 2 * style.MARGIN, ROW, zorder=0.2)
    size = style.SMALL
    lines = wrap(plain(outcome), LABEL_WIDTH, lambda part: style.text_width(part, size))
    for number, line in enumerate(lines[:3]):
        offset = (number - (min(len(lines), 3) - 1) / 2) * size * 1.1
        page.text(style.MARGIN + 1, y + ROW / 2 + offset, line, size=size)


def _draw_panel(page, marks, panel, head, left, right, top, bottom) -> None:
    for number, line in enumerate(head):
        page.text(left, top - 16 - (len(head) - number) * 10 + 4, line, bold=True)
    _draw_key(page, panel, left, top - 10)
    plot_right = right - TEXT_WIDTH

    def x(value: float) -> float:
        return left + marks.axis.place(value) * (plot_right - left)

    for value, label in marks.axis.ticks:
        page.line([x(value)] * 2, [top, bottom], width=style.HAIR, color=style.FAINT, zorder=0.5)
        page.line([x(value)] * 2, [bottom, bottom + 2.5], width=style.HAIR)
        page.text(x(value), bottom + 8, label, align="center", size=style.SMALL)
    page.line([left, plot_right], [bottom] * 2, width=style.HAIR)
    page.text(
        (left + plot_right) / 2, bottom + 18, marks.axis.title, align="center", size=style.SMALL
    )
    for index, cell in enumerate(panel.cells):
        middle = top + (index + 0.5) * ROW
        _draw_cell(page, cell, x, middle)
        page.text(right, middle - LEVEL_STEP / 2, cell.p_text, align="right", size=style.SMALL)
        page.text(
            right, middle + LEVEL_STEP / 2, cell.k_text,
            align="right", size=style.SMALL, color=style.MUTED,
        )  # fmt: skip


def _draw_key(page: Page, panel: GroupPanel, x: float, y: float) -> None:
    """Which sign stands for which level."""
    for level, (color, sign) in zip(panel.levels, LOOKS, strict=True):
        _draw_sign(page, sign, x + 3, y, color)
        page.text(x + 8, y, level, size=style.SMALL)
        x += 18 + style.text_width(plain(level), style.SMALL)


def _draw_cell(page: Page, cell: GroupCell, x, middle: float) -> None:
    """The two levels below each other."""
    for number, (point, (color, sign)) in enumerate(zip(cell.points, LOOKS, strict=True)):
        if point.estimate is None:
            continue
        y = middle + (number - 0.5) * LEVEL_STEP
        ends = known_ends(point.low, point.estimate, point.high)
        page.line([x(end) for end in ends], [y, y], width=style.MEDIUM, color=color)
        _draw_sign(page, sign, x(point.estimate), y, color, hollow=point.k == 1)


def _draw_sign(page: Page, sign: str, x: float, y: float, color: str, hollow: bool = False) -> None:
    look = {"fill": style.PAPER if hollow else color, "edge": color, "zorder": 4}
    if sign == "dot":
        page.dot(x, y, 4.6, **look)
    else:
        page.square(x, y, 4.2, **look)

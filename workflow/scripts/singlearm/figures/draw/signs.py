"""Signs of estimates, and judgements on bias as coloured discs with a sign, also without colour."""

from singlearm.figures import style
from singlearm.figures.marks.risk import SIGNS
from singlearm.figures.page import Look, Page

COLORS = {
    "good": style.GREEN,
    "concern": style.ORANGE,
    "bad": style.VERMILION,
    "worst": style.INK,
    "unknown": style.RULE,
}


def draw_judgement(page: Page, x: float, y: float, judgement: str, diameter: float = 8.6) -> None:
    """A disc with the sign of its class."""
    page.dot(x, y, diameter, fill=COLORS[judgement])
    sign, _ = SIGNS[judgement]
    color = style.PAPER if judgement == "worst" else style.INK
    page.text(x, y, sign, align="center", size=style.SMALL, bold=True, color=color)


def draw_point(
    page: Page,
    x: float,
    y: float,
    color: str,
    shape: str,
    filled: bool = True,
    size: float = 4.8,
) -> None:
    """A dot or a square as large, so that grey print keeps them apart."""
    look: Look = {"fill": color if filled else style.PAPER, "edge": color, "zorder": 4}
    if shape == "dot":
        page.dot(x, y, size, **look)
    else:
        page.square(x, y, size - 0.4, **look)

"""Signs of estimates, and judgements on bias as coloured discs with a sign, also without colour."""

from singlearm.figures import style
from singlearm.figures.marks.risk import Judged
from singlearm.figures.page import Look, Page

COLORS = {
    "good": style.GREEN,
    "concern": style.ORANGE,
    "bad": style.VERMILION,
    "worst": style.INK,
    "counted": style.FAINT,
    "unknown": style.RULE,
    "not_applicable": style.PAPER,
}


def draw_judgement(page: Page, x: float, y: float, judged: Judged, diameter: float = 8.6) -> None:
    """A disc with the sign of its class, or with the number; a ring where none applies."""
    ring = style.RULE if judged.name == "not_applicable" else None
    page.dot(x, y, diameter, fill=COLORS[judged.name], edge=ring)
    color = style.PAPER if judged.name == "worst" else style.INK
    page.text(x, y, judged.sign, align="center", size=style.SMALL, bold=True, color=color)


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

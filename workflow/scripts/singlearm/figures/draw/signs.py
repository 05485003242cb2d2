"""Judgements on bias as coloured discs with a sign, so that colour is never needed."""

from singlearm.figures import style
from singlearm.figures.marks.risk import SIGNS
from singlearm.figures.page import Page

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

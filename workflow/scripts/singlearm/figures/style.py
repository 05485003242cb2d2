"""The one place for sizes, colours, line widths and the font of all figures.

Lengths are points (1/72 inch) at final print size. Colours are Okabe and Ito's palette (Color
Universal Design, 2008), chosen so that neighbours also differ in grey; shape or position says the
same as colour everywhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from singlearm.figures.fonts import FAMILY, advance

MM = 72 / 25.4
#: Column widths of journals (Nature, Lancet, BMJ lie within 2 mm of them).
SINGLE_COLUMN = 89 * MM
DOUBLE_COLUMN = 183 * MM
#: A4 with the margins of a printer. No page of rows is taller, unless one row alone is; the
#: specification curve and the flow diagram have no rows to break between.
PAGE_HEIGHT = 267 * MM

TEXT = 8.0
SMALL = 7.0
TITLE = 9.0
LINE = 1.3  # line spacing, as a multiple of the text size
MARGIN = 6.0
GUTTER = 8.0

INK = "#16191d"
MUTED = "#59616b"
RULE = "#aab1ba"
FAINT = "#dfe3e8"
BAND = "#eceff4"
PAPER = "#ffffff"
STUDY = "#5f6b78"
BLUE = "#0072b2"
SKY = "#56b4e9"
VERMILION = "#d55e00"
ORANGE = "#e69f00"
GREEN = "#009e73"
#: Colours of text beside marks of a colour: dark enough to read (4.5:1) on paper and band.
TEXT_COLOURS = {
    BLUE: "#0067a1",
    SKY: "#27688f",
    VERMILION: "#a84a00",
    ORANGE: "#7d5600",
    GREEN: "#00704f",
}
#: All of them, kept exact in a picture of 256 colours.
COLOURS = (
    INK, MUTED, RULE, FAINT, BAND, PAPER, STUDY, BLUE, SKY, VERMILION, ORANGE, GREEN,
)  # fmt: skip

HAIR = 0.5
THIN = 0.75
MEDIUM = 1.0
THICK = 1.6

#: What an SVG falls back to where neither the embedded subset nor DejaVu Sans is at hand. Verdana
#: has the same widths within 2%; the others are narrower, so text never grows into its neighbour.
FONT_STACK = [FAMILY, "Verdana", "Arial", "Helvetica"]

#: What we want other than matplotlib's own defaults.
RC = {
    "font.sans-serif": FONT_STACK,
    "font.size": TEXT,
    "text.color": INK,
    "text.parse_math": False,
    "text.hinting": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "figures",
    "pdf.fonttype": 42,
    "path.simplify": False,
    "figure.dpi": 72.0,
}


@contextmanager
def settings() -> Iterator[None]:
    """matplotlib's defaults and `RC`, whatever matplotlibrc says; the caller's are put back."""
    import matplotlib

    defaults: Any = {
        name: value for name, value in matplotlib.rcParamsDefault.items() if name != "backend"
    }
    with matplotlib.rc_context(defaults | RC):
        yield


def text_width(text: str, size: float = TEXT, bold: bool = False) -> float:
    """Width of one line in points: the sum of the font's own advances, without kerning.

    A sign that no font has counts as a full square, as wide as the box that stands for it.
    """
    return size * sum(advance(sign, bold) for sign in text)


#: Widths of a line of small print, and of a bold line of the usual size.
small_width = partial(text_width, size=SMALL)
bold_width = partial(text_width, bold=True)

"""Text from the sheets made safe to draw: one line, no control signs, wrapped by measured width."""

import unicodedata
from collections.abc import Callable

#: Signs that change the order or the look of their neighbours without being seen themselves.
BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
#: Invisible joiners that some scripts need to be spelled rightly.
JOINERS = frozenset("\u200c\u200d")

Measure = Callable[[str], float]


def plain(value: object) -> str:
    """One line of visible text: white space collapsed, bidi controls dropped, others shown as �.

    Study names are data. Newlines would break the layout, bidi controls reverse the numbers beside
    them, and control characters make an SVG that no reader opens.
    """
    text = unicodedata.normalize("NFC", " ".join(str(value).split()))
    return "".join(_visible(sign) for sign in text if sign not in BIDI_CONTROLS)


def is_wide(sign: str) -> bool:
    """Whether a sign fills a full square (Chinese, Japanese, Korean)."""
    return unicodedata.east_asian_width(sign) in "WF"


def wrap(text: str, width: float, measure: Measure) -> tuple[str, ...]:
    """Break text into lines that are no wider than `width`. Nothing is dropped or abbreviated.

    Lines break at spaces and between wide signs; a word that does not fit a line by itself breaks
    after `-`, `_` or `/`, and what is then still too long anywhere. An opened bracket with one sign
    stays with what follows: `(k 3)`.
    """
    lines, line = [], ""
    for word in _tied(_pieces(text, " ")):
        fits = measure(word.rstrip()) <= width
        for piece in [word] if fits else _pieces(word, " -_/"):
            if line and measure((line + piece).rstrip()) > width:
                lines.append(line.rstrip())
                line = ""
            line += piece
            while len(line) > 1 and measure(line.rstrip()) > width:
                cut = _fitting(line, width, measure)
                lines.append(line[:cut])
                line = line[cut:]
    return (*lines, line.rstrip()) if line.strip() or not lines else tuple(lines)


def _visible(sign: str) -> str:
    if sign in JOINERS or unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Cn"}:
        return sign
    return "\N{REPLACEMENT CHARACTER}"


def _pieces(text: str, ends: str) -> list[str]:
    """Parts of a text, each with the sign of `ends` that ends it, and each wide sign by itself."""
    pieces = [""]
    for sign in text:
        if is_wide(sign) and pieces[-1]:
            pieces.append("")
        pieces[-1] += sign
        if sign in ends or is_wide(sign):
            pieces.append("")
    return [piece for piece in pieces if piece]


def _tied(pieces: list[str]) -> list[str]:
    """The pieces, `(k ` and its like joined with the next."""
    tied: list[str] = []
    for piece in pieces:
        if tied and len(tied[-1].rstrip()) == 2 and tied[-1].startswith("("):
            tied[-1] += piece
        else:
            tied.append(piece)
    return tied


def _fitting(piece: str, width: float, measure: Measure) -> int:
    """How many signs of a piece fit the width; at least one, so that wrapping ends."""
    cut = len(piece)
    while cut > 1 and measure(piece[:cut]) > width:
        cut -= 1
    return cut

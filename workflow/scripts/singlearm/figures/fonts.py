"""The fonts of the figures, never one of the machine: DejaVu Sans, and Noto for what it lacks.

A figure needs some hundred signs of fonts of thousands. So its glyphs are put into one small
TrueType font, which every format embeds; a drawing library then has little to read and to cut.
"""

import base64
import hashlib
import io
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont
    from matplotlib.ft2font import FT2Font

#: The name that a figure's font has in an SVG and a PDF.
FAMILY = "DejaVu Sans"
FONT_FILES = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}
WEIGHTS = {False: 400, True: 700}
#: Packages of fonts in our lock with the files to look into, all under the SIL Open Font License.
FALLBACKS = (
    ("manimgx_fonts", "NotoSans*wght].ttf"),
    ("manimgx_fonts", "NotoEmoji*wght].ttf"),
    ("manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc"),
)
#: Faces of the CJK collection: Japanese, Korean, simplified Chinese forms of shared signs.
JAPANESE, KOREAN, CHINESE = 0, 1, 2
UNITS = 2048
EPOCH = 2_082_844_800  # the start of 1970 in seconds since 1904, as fonts count
#: What every small font holds beside the signs of the figure: so most figures share theirs.
COMMON_SIGNS = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("–—−×≥≤<>±·…’“”τ²χµ→←")
#: What stands for a sign that no font has, in multiples of the text size: a box and its inside.
BOX = (
    ((0.1, 0.0), (0.1, 0.72), (0.9, 0.72), (0.9, 0.0)),
    ((0.16, 0.06), (0.84, 0.06), (0.84, 0.66), (0.16, 0.66)),
)


def font_file(text: str, signs: frozenset[str], bold: bool) -> Path:
    """The file to draw a line of text with, of a figure whose texts hold these signs.

    Signs that join or reorder (Arabic, Devanagari ...) need the rules of a whole font.
    """
    return _whole_font(bold) if is_shaped(text) else _small_font(_drawable(signs), bold)


def font_face(text: str, bold: bool = False) -> str:
    """A CSS rule with the glyphs that `text` needs, as WOFF in base64."""
    return _font_face(_drawable(frozenset(text)), bold)


@cache
def _drawable(signs: frozenset[str]) -> frozenset[str]:
    """The signs that the figures can show, and the common ones."""
    return COMMON_SIGNS | frozenset(filter(has_glyph, signs))


@cache
def has_glyph(sign: str) -> bool:
    """Whether the figures can show a sign."""
    return _source(sign, False) is not None


@cache
def advance(sign: str, bold: bool) -> float:
    """Advance of one sign, as a multiple of the text size; a sign that is lacking has 1."""
    from matplotlib.ft2font import LoadFlags

    source = _source(sign, bold)
    if source is None:
        return 1.0
    face = _face(*source)
    return face.load_char(ord(sign), flags=LoadFlags.NO_SCALE).horiAdvance / face.units_per_EM


def text_outline(text: str, bold: bool) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (n, 2) in multiples of the text size and path codes (n,) of a line of text."""
    vertices, codes, x = [np.empty((0, 2))], [np.empty(0, np.uint8)], 0.0
    for sign in text:
        points, moves = _outline(sign, bold)
        vertices.append(np.add(points, (x, 0.0)))
        codes.append(moves)
        x += advance(sign, bold)
    return np.concatenate(vertices), np.concatenate(codes)


@cache
def _outline(sign: str, bold: bool) -> tuple[np.ndarray, np.ndarray]:
    from matplotlib.ft2font import LoadFlags

    if not has_glyph(sign):
        return np.concatenate([[*box, box[0]] for box in BOX]), np.tile([1, 2, 2, 2, 79], len(BOX))
    face = _face(_small_font(_drawable(frozenset(sign)), bold), 0)
    face.load_char(ord(sign), flags=LoadFlags.NO_SCALE)
    vertices, codes = face.get_path()
    return vertices * 64 / UNITS, codes


def is_shaped(text: str) -> bool:
    """Whether signs of a text take their form from their neighbours (Arabic and its kin)."""
    return any(unicodedata.bidirectional(sign) in {"AL", "R"} for sign in text)


@cache
def _source(sign: str, bold: bool) -> tuple[Path, int] | None:
    """File and face of the first font that has a sign."""
    for path, index in [(_dejavu(bold), 0), *_fallbacks(_cjk_face(sign))]:
        if _face(path, index).get_char_index(ord(sign)):
            return path, index
    return None


def _cjk_face(sign: str) -> int:
    name = unicodedata.name(sign, "")
    if name.startswith(("HIRAGANA", "KATAKANA")):
        return JAPANESE
    return KOREAN if name.startswith("HANGUL") else CHINESE


@cache
def _fallbacks(cjk_face: int) -> list[tuple[Path, int]]:
    """The further fonts that are installed, in the order in which they are asked."""
    found = []
    for package, pattern in FALLBACKS:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            continue
        for path in sorted(Path(spec.origin).parent.glob(pattern)):
            found.append((path, cjk_face if path.suffix == ".ttc" else 0))
    return found


@cache
def _face(path: Path, index: int) -> "FT2Font":
    from matplotlib.ft2font import FT2Font

    return FT2Font(path, face_index=index)


def _dejavu(bold: bool) -> Path:
    """The font file that ships with matplotlib."""
    import matplotlib

    return Path(matplotlib.get_data_path(), "fonts", "ttf", FONT_FILES[bold])


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Where the fonts of this process lie; removed at its end.

    All in one folder: a PDF lists its fonts by their paths, which must not depend on the machine.
    """
    return tempfile.TemporaryDirectory(prefix="figure-fonts-")


@cache
def _whole_font(bold: bool) -> Path:
    path = Path(_folder().name, f"whole-{FONT_FILES[bold]}")
    path.write_bytes(_dejavu(bold).read_bytes())
    return path


@cache
def _small_font(signs: frozenset[str], bold: bool) -> Path:
    content = hashlib.sha256("".join(sorted(signs)).encode()).hexdigest()
    path = Path(_folder().name, f"{WEIGHTS[bold]}-{content}.ttf")
    _built_font(signs, bold).save(path)
    return path


@cache
def _font_face(signs: frozenset[str], bold: bool) -> str:
    from fontTools.ttLib import TTFont

    font = TTFont(_small_font(signs, bold), recalcTimestamp=False)
    font.flavor = "woff"
    content = io.BytesIO()
    font.save(content)
    data = base64.b64encode(content.getvalue()).decode("ascii")
    weight = "bold" if bold else "normal"
    return (
        f"@font-face{{font-family:'{FAMILY}';font-weight:{weight};"
        f"src:url(data:font/woff;base64,{data}) format('woff')}}"
    )


def _built_font(signs: Iterable[str], bold: bool) -> "TTFont":
    """A TrueType font of the signs, drawn from the fonts that have them."""
    from fontTools.fontBuilder import FontBuilder

    glyphs = dict(_glyphs(signs, bold))
    style = "Bold" if bold else "Regular"
    builder = FontBuilder(UNITS, isTTF=True)
    builder.setupGlyphOrder([".notdef", *glyphs])
    builder.setupCharacterMap({int(name[1:], 16): name for name in glyphs})
    shapes = {name: shape for name, (shape, _) in glyphs.items()}
    builder.setupGlyf({".notdef": _box_glyph(), **shapes})
    metrics = {name: (width, shape.xMin) for name, (shape, width) in glyphs.items()}
    builder.setupHorizontalMetrics({".notdef": (UNITS, 0), **metrics})
    # The ascent and descent of DejaVu Sans, in its own units.
    builder.setupHorizontalHeader(ascent=1901, descent=-483)
    builder.setupNameTable(
        {"familyName": FAMILY, "styleName": style, "psName": f"DejaVuSans-{style}"}
    )
    builder.setupOS2(sTypoAscender=1901, sTypoDescender=-483, usWinAscent=1901, usWinDescent=483)
    builder.setupPost(keepGlyphNames=False)
    builder.font["head"].created = builder.font["head"].modified = EPOCH
    builder.font.recalcTimestamp = False
    return builder.font


def _box_glyph() -> Any:
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    for box in BOX:
        corners = [(round(x * UNITS), round(y * UNITS)) for x, y in box]
        pen.moveTo(corners[0])
        for corner in corners[1:]:
            pen.lineTo(corner)
        pen.closePath()
    return pen.glyph()


def _glyphs(signs: Iterable[str], bold: bool) -> Iterator[tuple[str, tuple[Any, int]]]:
    """Name, outline in quadratic curves and advance of each sign, in units of the small font."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.filterPen import DecomposingFilterPen
    from fontTools.pens.transformPen import TransformPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    for sign in sorted(signs):
        source = _source(sign, bold)
        if source is None:
            continue
        outlines, names, units = _outlines(*source, bold)
        scale = UNITS / units
        glyph = outlines[names[ord(sign)]]
        pen = TTGlyphPen(None)
        # Outlines of CFF fonts turn the other way round and are cubic.
        to_quadratic = Cu2QuPen(pen, 1.0, reverse_direction=source[0].suffix == ".ttc")
        scaled = TransformPen(to_quadratic, (scale, 0, 0, scale, 0, 0))
        glyph.draw(DecomposingFilterPen(scaled, outlines))
        yield f"u{ord(sign):04X}", (pen.glyph(), round(glyph.width * scale))


@cache
def _outlines(path: Path, index: int, bold: bool) -> tuple[Any, dict[int, str], int]:
    """The glyphs of a font file by name at the weight, its map of signs, and its units."""
    from fontTools.ttLib import TTFont

    font = TTFont(path, fontNumber=index, lazy=True)
    place = {"wght": WEIGHTS[bold]} if "fvar" in font else None
    return font.getGlyphSet(location=place), font.getBestCmap(), font["head"].unitsPerEm

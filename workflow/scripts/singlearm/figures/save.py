"""Write a figure as SVG, PDF and PNG: the only place of the project that saves one.

The bytes depend on the drawing alone: no date, no software name, no path, ids from a fixed salt,
and only fonts that ship with matplotlib.

- SVG: text stays text. The part of the font that the figure uses is embedded (15 kB), so a browser
  shows the measured widths; a program that ignores embedded fonts takes `style.FONT_STACK`, which
  is no wider than measured.
- PDF: fonts embedded as TrueType subsets, text can be selected and edited. One page each.
- PNG: 300 dots an inch. Pages stand below each other, as in the SVG.
"""

import base64
import io
import re
import warnings
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.text import Text

from singlearm.figures import style
from singlearm.figures.compact import compact

PNG_DPI = 300
LAYOUT_TABLES = ["GSUB", "GPOS", "GDEF", "kern"]
#: White between two pages of an SVG or PNG, in points.
PAGE_GAP = 18.0
#: What every font subset holds beside the signs of the figure: so most figures share their subset.
COMMON_SIGNS = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("–—−×≥≤<>±·…’“”τ²χµ→←")


def save_figure(
    figure: Figure | Sequence[Figure],
    *,
    svg: str | Path,
    pdf: str | Path,
    png: str | Path,
    title: str = "",
    description: str = "",
) -> None:
    """Write one figure, or the pages of one, in three formats.

    `title` and `description` become the accessible name and text of the SVG and the PDF's title.
    """
    pages = [figure] if isinstance(figure, Figure) else list(figure)
    for path in (svg, pdf, png):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    _warn_of_missing_signs(pages)
    with style.settings(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # told above, once
        Path(svg).write_text(_svg(pages, title, description), encoding="utf-8", newline="\n")
        Path(pdf).write_bytes(_pdf(pages, title))
        _write_png(pages, png)


def save_marks(draw: Callable, marks, *, svg: str | Path, pdf: str | Path, png: str | Path) -> None:
    """Draw marks and write the figure, named and described by the marks themselves."""
    texts = {"title": marks.title, "description": marks.description}
    save_figure(draw(marks), svg=svg, pdf=pdf, png=png, **texts)


def font_face(text: str, bold: bool = False) -> str:
    """A CSS rule with the part of the figures' font that `text` needs, as WOFF in base64."""
    return _font_face(COMMON_SIGNS | frozenset(text), bold)


@cache
def _font_face(signs: frozenset[str], bold: bool) -> str:
    from fontTools import subset

    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    # The table "name" has to stay: browsers refuse a font without it.
    options.drop_tables += [*LAYOUT_TABLES, "FFTM"]
    content = io.BytesIO()
    with subset.load_font(style.font_path(bold), options, lazy=True) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text="".join(sorted(signs)))
        subsetter.subset(font)
        font.flavor = "woff"
        font.save(content)
    data = base64.b64encode(content.getvalue()).decode("ascii")
    weight = "bold" if bold else "normal"
    return (
        f"@font-face{{font-family:'{style.FONT_STACK[0]}';font-weight:{weight};"
        f"src:url(data:font/woff;base64,{data}) format('woff')}}"
    )


def texts_of(figure: Figure) -> list[Text]:
    """The text artists of a page, in drawing order."""
    return [artist for artist in figure.artists + figure.texts if isinstance(artist, Text)]


def _svg(pages: list[Figure], title: str, description: str) -> str:
    """All pages in one SVG, each in an inner `svg` below the other."""
    bodies, top, width = [], 0.0, 0.0
    for page in pages:
        drawn = io.StringIO()
        FigureCanvasAgg(page)
        page.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
        inner = drawn.getvalue()
        body = inner[inner.index(">", inner.index("<svg")) + 1 : inner.rindex("</svg>")]
        body = re.sub(r"\s*<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
        body = compact(re.sub(r' transform="rotate\(-0 [^"]*"', "", body))
        page_width, page_height = (72 * size for size in page.get_size_inches())
        bodies.append(f'<g transform="translate(0 {top:g})">{body}</g>' if top else body)
        top += page_height + PAGE_GAP
        width = max(width, page_width)
    height = top - PAGE_GAP
    texts = [text for page in pages for text in texts_of(page)]
    faces = [
        font_face("".join(text.get_text() for text in texts if _is_bold(text) == bold), bold)
        for bold in (False, True)
        if any(_is_bold(text) == bold for text in texts)
    ]
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' width="{width:g}pt" height="{height:g}pt" viewBox="0 0 {width:g} {height:g}"'
        f' version="1.1" role="img">\n'
        f"<title>{escape(title)}</title>\n<desc>{escape(description)}</desc>\n"
        f'<style class="fonts">{"".join(faces)}</style>{"".join(bodies)}</svg>\n'
    )


def _pdf(pages: list[Figure], title: str) -> bytes:
    content = io.BytesIO()
    metadata = {"Creator": None, "Producer": None, "CreationDate": None}
    if title:
        metadata["Title"] = title
    with _lean_subsets(), PdfPages(content, metadata=metadata) as book:
        for page in pages:
            book.savefig(page)
    return content.getvalue()


@contextmanager
def _lean_subsets():
    """Let matplotlib embed fonts without tables for layout and names of signs: no page needs them.

    Cutting those down to the used signs would take half the time of a figure.
    """
    from fontTools import subset

    full = subset.Options

    def lean(**options):
        made = full(**options | {"glyph_names": False})
        made.drop_tables += LAYOUT_TABLES
        return made

    subset.Options = lean
    try:
        yield
    finally:
        subset.Options = full


def _write_png(pages: list[Figure], path: str | Path) -> None:
    """All pages below each other; one page is the plain case of it."""
    from PIL import Image

    rendered = []
    for page in pages:
        canvas = FigureCanvasAgg(page)
        page.set_dpi(PNG_DPI)
        canvas.draw()
        rendered.append(Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB"))
        page.set_dpi(72)
    sheet = rendered[0] if len(rendered) == 1 else _below_each_other(rendered)
    _with_palette(sheet).save(path, format="png", dpi=(PNG_DPI, PNG_DPI), compress_level=6)


def _below_each_other(rendered):
    from PIL import Image

    gap = round(PAGE_GAP * PNG_DPI / 72)
    height = sum(image.height + gap for image in rendered) - gap
    sheet = Image.new("RGB", (max(image.width for image in rendered), height), style.PAPER)
    top = 0
    for image in rendered:
        sheet.paste(image, (0, top))
        top += image.height + gap
    return sheet


def _with_palette(sheet):
    """256 colours: a third of the file size, no channel off by more than 6%, the paper white."""
    from PIL import Image

    reduced = sheet.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette = reduced.getpalette()
    paper = 3 * reduced.getpixel((0, 0))
    palette[paper : paper + 3] = sheet.getpixel((0, 0))
    reduced.putpalette(palette)
    return reduced


def _is_bold(text: Text) -> bool:
    return text.get_fontweight() == "bold"


def _warn_of_missing_signs(pages: list[Figure]) -> None:
    """Name the texts with signs that the font lacks: boxes in PNG and PDF, right in the SVG."""
    texts = dict.fromkeys(text.get_text() for page in pages for text in texts_of(page))
    odd = [text for text in texts if not all(map(style.has_glyph, text))]
    if odd:
        warnings.warn(
            "the figures' font lacks signs of these texts, which are boxes in PDF and PNG (the SVG "
            f"is right): {'; '.join(odd)}",
            stacklevel=3,
        )

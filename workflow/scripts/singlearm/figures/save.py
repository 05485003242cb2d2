"""Write a figure as SVG, PDF and PNG: the only place of the project that saves one.

The bytes depend on the drawing alone: no date, no software name, no path, ids from a fixed salt,
and only fonts of locked packages.

- SVG: text stays text. The part of the font that the figure uses is embedded (18 kB, of which bold
  is one half), so a browser shows the measured widths; a program that ignores embedded fonts takes
  `style.FONT_STACK`, which is no wider than measured.
- PDF: fonts embedded as TrueType subsets, text can be selected and edited. One page each.
- PNG: 300 dots an inch, 150 above four pages. Pages stand below each other, as in the SVG.
"""

import html
import io
import re
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.text import Text

from singlearm.figures import style
from singlearm.figures.compact import compact
from singlearm.figures.fonts import font_face, has_glyph
from singlearm.figures.marks.base import Marks

PNG_DPI, COARSE_DPI = 300, 150
#: Pages of a PNG up to which it has all its dots.
SHARP_PAGES = 4
WHITE = 0xFFF
#: White between two pages of an SVG or PNG, in points.
PAGE_GAP = 18.0


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


#: Marks with the function that draws them.
Drawing = tuple[Callable[[Any], Figure | list[Figure]], Marks]


def save_outputs(drawing: Drawing, outputs: Any, prefix: str = "") -> None:
    """Draw marks and write the figure to a rule's outputs `<prefix>svg`, `...pdf` and `...png`.

    The figure is named and described by its marks.
    """
    draw, marks = drawing
    paths = {kind: outputs[f"{prefix}{kind}"] for kind in ("svg", "pdf", "png")}
    save_figure(draw(marks), **paths, title=marks.title, description=marks.description)


def texts_of(figure: Figure) -> list[Text]:
    """The text artists of a page, in drawing order."""
    return [artist for artist in figure.artists + figure.texts if isinstance(artist, Text)]


def _svg(pages: list[Figure], title: str, description: str) -> str:
    """All pages in one SVG below each other: those after the first in a group moved down."""
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
    height, drawn_pages = top - PAGE_GAP, _with_ids_once("".join(bodies))
    used = {False: "", True: ""}
    for text in (text for page in pages for text in texts_of(page)):
        used[text.get_fontweight() == "bold"] += text.get_text()
    faces = [font_face(signs, bold) for bold, signs in used.items() if signs]
    named, told = (html.escape(text, quote=False) for text in (title, description))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' width="{width:g}pt" height="{height:g}pt" viewBox="0 0 {width:g} {height:g}"'
        f' version="1.1" role="img">\n'
        f"<title>{named}</title>\n<desc>{told}</desc>\n"
        f'<style class="fonts">{"".join(faces)}</style>{drawn_pages}</svg>\n'
    )


def _with_ids_once(markup: str) -> str:
    """Number an id that stands again, as of a study in several panels: `row:A`, `row:A#2`."""
    counts: Counter[str] = Counter()

    def numbered(found: re.Match[str]) -> str:
        counts[found[1]] += 1
        again = counts[found[1]]
        return found[0] if again == 1 else f' id="{found[1]}#{again}"'

    return re.sub(r' id="([^"]*)"', numbered, markup)


def _pdf(pages: list[Figure], title: str) -> bytes:
    content = io.BytesIO()
    metadata = {"Creator": None, "Producer": None, "CreationDate": None, "Title": title or None}
    with PdfPages(content, metadata=metadata) as book:
        for page in pages:
            book.savefig(page)
    return content.getvalue()


def _write_png(pages: list[Figure], path: str | Path) -> None:
    """All pages below each other; one page is the plain case of it.

    In 256 colours, which make a third of the file. One page after the other, so that a long figure
    needs little memory.
    """
    from PIL import Image

    dots = PNG_DPI if len(pages) <= SHARP_PAGES else COARSE_DPI
    drawn = [_inked(page, dots) for page in pages]
    palette, index = _palette(np.sum([_counts(*page) for page in drawn], axis=0))
    gap = round(PAGE_GAP * dots / 72)
    height = sum(len(ink) + gap for ink, _ in drawn) - gap
    sheet = np.full((height, max(ink.shape[1] for ink, _ in drawn)), index[WHITE], np.uint8)
    top = 0
    for ink, keys in drawn:
        sheet[top : top + len(ink), : ink.shape[1]][ink] = index[keys]
        top += len(ink) + gap
    image = Image.fromarray(sheet)
    image.putpalette(palette)
    image.save(path, format="png", dpi=(dots, dots), compress_level=4)


def _inked(page: Figure, dots: int) -> tuple[np.ndarray, np.ndarray]:
    """Which pixels of a page are not white, and a number for each of these: the four high bits of
    red, blue and green. Nine tenths of a figure are white."""
    canvas = FigureCanvasAgg(page)
    page.set_dpi(dots)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba()).view("<u4")[..., 0]
    ink = pixels != 0xFFFFFFFF
    keys = pixels[ink] & 0xF0F0F0
    # The product has red's bits from the 20th on, blue's from the 24th, green's from the 28th.
    keys *= 0x10010
    keys >>= 20
    page.set_dpi(72)
    return ink, keys.astype(np.uint16)


def _counts(ink: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """How many pixels of a page (4096,) have each key."""
    counts = np.bincount(keys, minlength=4096)
    counts[WHITE] += ink.size - keys.size
    return counts


def _palette(counts: np.ndarray) -> tuple[list[int], np.ndarray]:
    """256 colours as red, green, blue, and the index of each key into them.

    The colours of the style are exact. Of the others each channel is 17 times its four bits, from
    black to white, off by 15 of 255 (6%) at most. Of more than 256 the rarest take the nearest
    one's place.
    """
    by_use = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    used = by_use[:256]
    channels = np.arange(4096)[:, None] >> (0, 8, 4) & 0xF
    index = np.zeros(4096, np.uint8)
    for rare in by_use[256:]:
        index[rare] = np.abs(channels[used] - channels[rare]).sum(axis=1).argmin()
    index[used] = np.arange(len(used))
    colours = channels * 17
    for colour in style.COLOURS:
        exact = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
        colours[(exact >> 4) @ (1, 256, 16)] = exact
    return colours[used].ravel().tolist(), index


def _warn_of_missing_signs(pages: list[Figure]) -> None:
    """Name the texts with signs that the font lacks: boxes in PNG and PDF, right in the SVG."""
    texts = dict.fromkeys(text.get_text() for page in pages for text in texts_of(page))
    odd = [text for text in texts if not all(map(has_glyph, text))]
    if odd:
        warnings.warn(
            "the figures' font lacks signs of these texts, which are boxes in PDF and PNG (the SVG "
            f"is right): {'; '.join(odd)}",
            stacklevel=3,
        )

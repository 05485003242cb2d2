"""Files of a figure: same bytes every time, text as text, fonts inside, inert names."""

import hashlib
import io
import os
import re
import subprocess
import sys
import warnings
import zlib
from pathlib import Path
from xml.etree import ElementTree

import boxes
import matplotlib
import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from singlearm.figures import save, style
from singlearm.figures.fonts import font_face, font_file, has_glyph
from singlearm.figures.page import Page
from singlearm.figures.save import COARSE_DPI, PNG_DPI, save_figure
from singlearm.figures.text import wrap

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd()|' /C calc'!A0",
    "\"quotes\" & 'single'",
    "two\nlines\tand\ttabs",
    "right\u202eto left\u200f",
    "bell\x07 and null\x00",
    "$x^2$ and \\alpha",
]


def page_of(texts, width=style.SINGLE_COLUMN):
    page = Page(width, 14.0 * len(texts) + 12)
    for i, text in enumerate(texts):
        page.text(6, 12 + 14 * i, text, bold=bool(i % 2), name=f"row:{text}")
    page.line([6, 80], [4, 4])
    page.dot(90, 6, 4)
    return page.figure


def written(figure, folder, **options):
    paths = {kind: Path(folder, f"figure.{kind}") for kind in ("svg", "pdf", "png")}
    save_figure(figure, **paths, **options)
    return paths


def svg_texts(path):
    root = ElementTree.parse(path).getroot()
    return ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]


def test_bytes_are_the_same_in_another_process_with_other_settings(tmp_path):
    script = tmp_path / "draw.py"
    script.write_text(
        "import sys; sys.path[:0] = sys.argv[1].split(',')\n"
        "import test_save\n"
        "test_save.written(test_save.page_of(['Plain 12.5%', 'Zażółć']), sys.argv[2], title='t')\n"
    )
    config = tmp_path / "config"
    config.mkdir()
    (config / "matplotlibrc").write_text(
        "font.size: 20\nsvg.fonttype: path\npdf.fonttype: 3\nsavefig.dpi: 50\n"
        "lines.antialiased: 0\nlines.dash_capstyle: round\nlines.solid_capstyle: round\n"
        "text.color: red\nfigure.facecolor: red\nsavefig.facecolor: red\npatch.antialiased: 0\n"
    )
    here = Path(__file__).parent
    paths = ",".join(map(str, (here, here.parents[1] / "workflow" / "scripts")))
    prints = []
    for number, extra in enumerate(
        ({}, {"MPLCONFIGDIR": str(config), "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"})
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        subprocess.run(
            [sys.executable, str(script), paths, str(folder)], check=True, env=os.environ | extra
        )
        prints.append(
            {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}
        )
    assert len(prints[0]) == 3
    assert prints[0] == prints[1]


def test_svg_keeps_text_as_text_and_carries_its_font(tmp_path):
    path = written(page_of(["Overall 77.1", "Bold τ²"]), tmp_path, title="A <b>")["svg"]
    assert svg_texts(path) == ["Overall 77.1", "Bold τ²"]
    root = ElementTree.parse(path).getroot()
    assert root.find(f"{SVG}title").text == "A <b>"
    fonts = root.find(f"{SVG}style").text
    assert fonts.count("@font-face") == 2
    assert "'DejaVu Sans', 'Verdana', 'Arial', 'Helvetica', sans-serif" in path.read_text()
    assert root.get("width") == f"{style.SINGLE_COLUMN:g}pt"
    for word in ("matplotlib", "<metadata", "DOCTYPE"):
        assert word.lower() not in path.read_text().lower()


def test_pdf_embeds_truetype_and_names_no_software_or_date(tmp_path):
    content = written(page_of(["Overall 77.1"]), tmp_path, title="Orr")["pdf"].read_bytes()
    assert b"/FontFile2" in content
    assert b"/Subtype /Type3" not in content
    for word in (b"CreationDate", b"Creator", b"Producer"):
        assert word not in content
    assert b"/Title" in content


def pdf_fonts(path):
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", path.read_bytes(), re.DOTALL)
    contents = [zlib.decompress(stream) for stream in streams]
    kinds = (b"\0\1\0\0", b"true")
    return [TTFont(io.BytesIO(content)) for content in contents if content[:4] in kinds]


def test_pdf_fonts_hold_the_used_signs_and_no_layout_tables(tmp_path):
    fonts = pdf_fonts(written(page_of(["Overall 77.1", "Σωκράτης"]), tmp_path)["pdf"])
    assert len(fonts) == 2
    for font in fonts:
        assert not set(font.keys()) & {"GSUB", "GPOS", "GDEF", "kern"}
        assert 1 < font["maxp"].numGlyphs < 60


def test_arabic_letters_join(tmp_path):
    """Hah inside a word has the glyph of its middle form, and not the one it has by itself."""
    fonts = pdf_fonts(written(page_of(["محمد"]), tmp_path)["pdf"])
    names = {name for font in fonts for name in font.getGlyphOrder()}
    assert "uniFEA4" in names
    assert "uni062D" not in names


def test_chinese_japanese_korean_and_emoji_are_drawn(tmp_path):
    pytest.importorskip("manimgx_fonts_cjk", reason="not in this environment's lock yet")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = written(page_of(["王伟", "かな 한국 👨"]), tmp_path)
    assert svg_texts(paths["svg"])[0] == "王伟"
    assert all(has_glyph(sign) for sign in "王伟かな한국👨")
    small = TTFont(font_file("王伟", frozenset("王伟"), bold=False))
    assert {ord(sign) for sign in "王伟"} <= set(small.getBestCmap())


def test_png_has_300_dots_an_inch_at_column_width(tmp_path):
    with Image.open(written(page_of(["a", "b"]), tmp_path)["png"]) as image:
        assert image.width == pytest.approx(89 / 25.4 * PNG_DPI, abs=1)
        assert image.info["dpi"] == pytest.approx((PNG_DPI, PNG_DPI), abs=0.1)
        assert "Software" not in image.info
        assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_pages_stand_below_each_other_and_are_pages_of_the_pdf(tmp_path):
    paths = written([page_of(["one"]), page_of(["two"])], tmp_path)
    assert svg_texts(paths["svg"]) == ["one", "two"]
    assert paths["pdf"].read_bytes().count(b"/Type /Page ") == 2
    single = written(page_of(["one"]), tmp_path / "single")["png"]
    with Image.open(paths["png"]) as both, Image.open(single) as one:
        assert both.height > 2 * one.height


def test_no_id_stands_twice(tmp_path):
    """A study in two panels or on two pages: XML knows an id once."""
    pages = [page_of(["A & B", "A & B", "C"]), page_of(["A & B"])]
    root = ElementTree.parse(written(pages, tmp_path)["svg"]).getroot()
    ids = [one.get("id") for one in root.iter() if "id" in one.attrib]
    assert len(ids) == len(set(ids))
    assert [i for i in ids if i.startswith("row:")] == [
        "row:A & B", "row:A & B#2", "row:C", "row:A & B#3",
    ]  # fmt: skip


def test_a_png_of_many_pages_is_coarser_and_has_the_styles_colours(tmp_path):
    path = written([page_of(["one"])] * 5, tmp_path)["png"]
    with Image.open(path) as image:
        assert image.info["dpi"] == pytest.approx((COARSE_DPI, COARSE_DPI), abs=0.1)
        colours = {colour for _, colour in image.convert("RGB").getcolors()}
    ink = tuple(int(style.INK[i : i + 2], 16) for i in (1, 3, 5))
    assert {ink, (255, 255, 255)} <= colours


def test_hostile_names_are_inert(tmp_path):
    paths = written(page_of(HOSTILE, width=style.DOUBLE_COLUMN), tmp_path, title=HOSTILE[0])
    root = ElementTree.parse(paths["svg"]).getroot()
    assert not list(root.iter(f"{SVG}script"))
    assert not list(root.iter("script"))
    texts = svg_texts(paths["svg"])
    assert texts == [
        "<script>alert(1)</script>",
        "=cmd()|' /C calc'!A0",
        "\"quotes\" & 'single'",
        "two lines and tabs",
        "rightto left",
        "bell� and null�",
        "$x^2$ and \\alpha",
    ]


def test_texts_that_the_font_cannot_show_are_named_once_and_kept_in_the_svg(tmp_path):
    with pytest.warns(UserWarning, match=r"boxes in PDF and PNG \(.*\): 𒀀 2021$") as warned:
        paths = written(page_of(["𒀀 2021", "plain"]), tmp_path)
    assert len(warned) == 1
    assert svg_texts(paths["svg"])[0] == "𒀀 2021"


def test_measured_widths_are_the_drawn_ones():
    for text, bold in (("Overall response 77.1 [65.4, 85.8]", False), ("Weight, %", True)):
        page = Page(style.DOUBLE_COLUMN, 30)
        page.text(10, 12, text, bold=bold)
        ((_, box),) = boxes.text_boxes(page.figure)
        assert box[2] - box[0] == pytest.approx(style.text_width(text, bold=bold), abs=0.5)


def test_a_bracket_with_one_sign_stays_with_its_number():
    assert wrap("on a log scale (k 12)", 17, len) == ("on a log scale", "(k 12)")
    assert wrap("a scale (REML, k 12)", 15, len) == ("a scale (REML,", "k 12)")


def test_font_subsets_of_ordinary_texts_are_one_and_the_same():
    assert font_face("Brudno 2018 16/20") == font_face("81.2 [57.0, 93.4]")
    assert font_face("Łukasz") != font_face("Lukasz")


def test_the_font_is_as_large_as_it_is_said_to_be(repository):
    size = sum(len(font_face("a", bold)) for bold in (False, True))
    page = (repository / "docs/figures.md").read_text(encoding="utf-8")
    said = [re.search(r"\((\d+) kB,", text)[1] for text in (save.__doc__, page)]
    assert said == [f"{size / 1000:.0f}"] * 2


def test_nothing_is_left_in_the_callers_settings():
    before = dict(matplotlib.rcParams)
    page_of(["x"])
    assert dict(matplotlib.rcParams) == before


def test_a_pdf_stream_can_be_read_back(tmp_path):
    content = written(page_of(["x"]), tmp_path)["pdf"].read_bytes()
    start = content.index(b"stream\n") + 7
    assert zlib.decompressobj().decompress(content[start:])

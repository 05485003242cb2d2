"""Names and texts from the sheets are data: inert in page, figure, XLSX, DOCX, CSV and LaTeX."""

import csv
import json
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import docx
import free_texts
import hostile_review
import lxml.html
import openpyxl
import pytest

import write_manuscript
import write_report
import write_tables
from singlearm.catalogue import TABLES
from singlearm.catalogue.tables import read_table
from singlearm.kinds import KINDS
from singlearm.report import links
from singlearm.report.prisma import HEADINGS
from singlearm.report.review import Review, figure_of
from singlearm.report.site import pages
from singlearm.report.svg import Figures
from singlearm.report.tables_latex import escape

HOSTILE = [
    "<script>alert(1)</script>",
    '=cmd|"/C calc"!A0',
    "+1+1",
    "@SUM(A1)",
    "-2+3",
    'O\'Brien "quoted" & Söhne',
    "line\nbreak\ttab",
    "right\u202eto left\u200f",
    "]]><svg onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %}",
    "\\input{/etc/passwd} $x^2$ 100%",
    "漢字の研究",
    "</script>`${alert(1)}`\u2028<!--",
    "x" * 120,
]


@pytest.fixture(scope="module", params=HOSTILE, ids=range(len(HOSTILE)))
def hostile(request, make_invented, tmp_path_factory):
    """The invented review with one text put wherever a text can stand."""
    text, invented = request.param, make_invented()
    hostile_review.hostile(invented, text)
    inputs, outputs, params = invented.write(tmp_path_factory.mktemp("hostile"))
    for write in (write_tables, write_report, write_manuscript):
        write.run(inputs, outputs, params)
    return text, outputs


def test_page_has_the_text_and_nothing_that_acts(hostile):
    text, outputs = hostile
    page = lxml.html.parse(outputs.report).getroot()
    scripts = page.xpath("//script")
    assert len(scripts) == 1
    assert text not in scripts[0].text_content()
    attributes = [name for element in page.iter() for name in element.attrib]
    assert not [name for name in attributes if name.lower().startswith("on")]
    addresses = page.xpath("//@href")
    assert all(address.startswith(("#", "https://", "http://")) for address in addresses)
    headings = [" ".join(cell.text_content().split()) for cell in page.xpath("//tbody/tr/th")]
    assert any(" ".join(text.split()) in heading for heading in headings)


@pytest.fixture(scope="module", params=HOSTILE, ids=range(len(HOSTILE)))
def site(request, make_invented, tmp_path_factory):
    """The pages of the site of two versions with the text wherever a text can stand."""
    text, versions = request.param, []
    for version in ("1", "2"):
        invented = make_invented()
        hostile_review.hostile(invented, text)
        inputs, _, params = invented.write(tmp_path_factory.mktemp(version))
        tables = {n: read_table(path, n) for n, path in inputs.items() if isinstance(path, str)}
        figures = {figure_of(Path(path)): Path(path) for path in inputs.figures}
        versions.append(Review(params.protocol, version, "0" * 12, tables, figures=figures))
    return text, pages(versions)


def told(text):
    """A text as it reads on a page or in a paragraph, whatever its spaces."""
    return " ".join(text.split())


def test_page_has_every_text_of_the_protocol(hostile):
    text, outputs = hostile
    page = lxml.html.parse(outputs.report).getroot()
    for name in ("abstract", "summary"):
        assert told(text) in told(page.get_element_by_id(name).text_content()), name
    for key in HEADINGS:
        (below,) = page.xpath(f"//*[@id='process-{key}']/following-sibling::p[1]")
        assert told(text) in told(below.text_content()), key
    for name in {kind.table for kind in KINDS.values()} - {"pooled"}:
        assert told(text) in told(page.get_element_by_id(name).text_content()), name
    assert f"10.0% ({told(text)})" in told(page.text_content())  # why a decision changes there


def test_manuscript_and_checklist_hold_the_text_and_no_field(hostile):
    text, outputs = hostile
    paragraphs = [paragraph.text for paragraph in docx.Document(outputs.manuscript).paragraphs]
    assert sum(told(text) in told(paragraph) for paragraph in paragraphs) > 20
    for path in (outputs.manuscript, outputs.prisma, outputs.moose):
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        for name, part in parts.items():
            if name.endswith((".xml", ".rels")):
                root = ElementTree.fromstring(part)
                tags = {element.tag.rpartition("}")[2] for element in root.iter()}
                assert not tags & {"instrText", "fldSimple", "hyperlink", "object", "altChunk"}
                assert b'TargetMode="External"' not in part, name


def test_site_has_the_text_and_nothing_that_acts(site):
    text, made = site
    for name, written in made.items():
        if name.endswith(".xml"):
            feed = ElementTree.fromstring(written)
            assert told(text) in told("".join(feed.itertext()))
            continue
        page = lxml.html.fromstring(written.encode())
        for code in page.xpath("//script"):
            (index,) = re.findall(r"^  const index = (.*);$", code.text, re.MULTILINE)
            assert "<" not in index
            assert any(text in entry for _, entry in json.loads(index))
            assert text not in code.text.replace(index, "")
        attributes = [name for element in page.iter() for name in element.attrib]
        assert not [name for name in attributes if name.lower().startswith("on")]
        assert not [a for a in page.xpath("//@href") if re.match(r"\s*(javascript|data):", a)]
        assert told(text) in told(page.text_content()), name


def test_the_names_that_no_text_is_put_into_are_there():
    """A key or column that is no more is not left out by a name that nobody reads."""
    assert free_texts.all_ways() >= free_texts.NAMES
    known = {column.name for table in TABLES.values() for column in table.columns}
    assert known >= hostile_review.CODES | hostile_review.LINKS
    assert {"review", "outcomes", "versions", "studies"} <= {
        way[0] for way in free_texts.protocol_texts()
    }


def test_workbook_keeps_the_text_as_text(hostile):
    text, outputs = hostile
    book = openpyxl.load_workbook(outputs.xlsx)
    values = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert not [cell for cell in values if cell.data_type == "f"]
    assert any(cell.value == text for cell in values)
    with zipfile.ZipFile(outputs.xlsx) as archive:
        sheets = [name for name in archive.namelist() if "worksheets/sheet" in name]
        assert not any(b"<f>" in archive.read(name) for name in sheets)


def test_word_document_holds_the_text(hostile):
    text, outputs = hostile
    cells = [
        cell.text
        for table in docx.Document(outputs.docx).tables
        for row in table.rows
        for cell in row.cells
    ]
    assert any(text in cell for cell in cells)


def test_csv_cells_start_no_formula(hostile):
    _, outputs = hostile
    with Path(outputs.study_characteristics).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [value for row in rows for value in row.values() if value]
    assert texts
    assert not [value for value in texts if re.match(r"\s*[=+@]", value)]
    assert not [value for value in texts if re.match(r"\s*-(?!\d+(\.\d+)?$)", value)]


def test_latex_holds_no_command_of_the_text(hostile):
    _, outputs = hostile
    for path in outputs.latex:
        assert r"\input" not in Path(path).read_text(encoding="utf-8")


def test_latex_escapes_every_sign_that_acts():
    told = escape("\\ { } $ & # % _ ^ ~ [ ]")
    bare = re.sub(r"\\(?:text\w+|allowbreak)\{\}|\\[{}$&#%_]|\{\[\}|\{\]\}", "", told)
    assert not set(bare) & set("\\{}$&#%_^~[]")


def test_figure_with_scripts_is_disarmed(tmp_path):
    path = tmp_path / "figure.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'viewBox="0 0 10 10" onload="alert(1)"><script>alert(1)</script>'
        '<foreignObject><p>x</p></foreignObject><a xlink:href="https://example.org/"><text>t</text></a>'
        '<image href="https://example.org/a.png"/><path id="p" style="clip-path: url(#p)"/>'
        "<style>@import url(https://example.org/a.css);</style>"
        '<g id="row:&lt;b&gt;"><text>&lt;b&gt;</text></g><g id="row:&lt;b&gt;#2"/></svg>',
        encoding="utf-8",
    )
    (told,) = Figures().inline(path, lambda _: "a <b> figure")
    assert "script" not in told
    assert "example.org" not in told
    assert "onload" not in told
    root = ElementTree.fromstring(told)
    assert root.get("aria-label") == "a <b> figure"
    assert [row.get("data-study") for row in root.findall(".//*[@data-study]")] == ["<b>"] * 2
    assert 'id="f1-p" style="clip-path: url(#f1-p)"' in told


def test_ids_differ_between_figures(tmp_path):
    path = tmp_path / "figure.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path id="p"/></svg>',
        encoding="utf-8",
    )
    figures = Figures()
    told = "".join(figures.inline(path, lambda _: "") + figures.inline(path, lambda _: ""))
    assert sorted(re.findall(r'id="([^"]+)"', told)) == ["f1-p", "f2-p"]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (links.source, "javascript:alert(1)"),
        (links.source, "https://user@example.org/"),
        (links.source, "https://example.org/\nx"),
        (links.source, "//example.org/"),
        (links.source, "https://[::1"),
        (links.doi, "10.1/x"),
        (links.doi, "10.1000/<script>"),
        (links.pubmed, "12a"),
        (links.registration, "NCT123"),
        (links.registration, "NCT00000001 x"),
    ],
)
def test_no_address_from_what_is_not_one(make, text):
    assert make(text) is None


def test_addresses_of_valid_ids():
    assert links.doi("10.1002/sim.4040") == "https://doi.org/10.1002/sim.4040"
    assert links.doi("10.1016/0197-2456(86)90046-2").endswith("/0197-2456(86)90046-2")
    assert links.pubmed("33746596") == "https://pubmed.ncbi.nlm.nih.gov/33746596/"
    assert links.registration("NCT03361748") == "https://clinicaltrials.gov/study/NCT03361748"
    assert links.source("https://a.org/b?c=d#e") == "https://a.org/b?c=d#e"


def test_pages_of_a_figure_become_pictures_of_their_own(tmp_path):
    path = tmp_path / "figure.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 30"><path id="a"/>'
        '<g transform="translate(0 18.5)"><path id="b"/></g></svg>',
        encoding="utf-8",
    )
    first, second = Figures().inline(path, lambda _: "Forest.")
    assert 'viewBox="0 0 10 18.5"' in first
    assert 'viewBox="0 18.5 10 11.5"' in second
    assert "f1-a" in first
    assert "f1-b" not in first
    assert 'aria-label="Forest. Page 2 of 2."' in second

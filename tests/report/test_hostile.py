"""Names and texts from the sheets are data: inert in page, figure, XLSX, DOCX, CSV and LaTeX."""

import csv
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import docx
import lxml.html
import openpyxl
import pytest

import write_report
import write_tables
from singlearm.report import links
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
    "x" * 120,
]


@pytest.fixture(scope="module", params=HOSTILE, ids=range(len(HOSTILE)))
def hostile(request, make_invented, tmp_path_factory):
    """The invented review with one text put wherever a text can stand."""
    text, invented = request.param, make_invented()
    for row in invented.tables["studies"]:
        row |= {"first_author": text, "title": text, "source": text, "product": text}
        row |= {"country": text, "notes": text, "registration": text, "doi": text, "pmid": text}
    first = invented.tables["studies"][0]["study_id"]
    for rows in (*invented.tables.values(), *invented.effects.values()):
        for row in rows:
            if row.get("study_id") == first:
                row["study_id"] = text
            if "label" in row:
                row["label"] = text
            for name in ("source_url", "source_locator", "reason", "message", "value_1"):
                if name in row:
                    row[name] = text
    for row in invented.tables["claims"]:
        row |= {"statement": text, "reason": text}
    in_every_text(invented, text)
    inputs, outputs, params = invented.write(tmp_path_factory.mktemp("hostile"))
    write_tables.run(inputs, outputs, params)
    write_report.run(inputs, outputs, params)
    return text, outputs


#: Texts that are names: they lead from table to table, or choose what is printed.
NAMES = {"study_id", "outcome", "model", "design", "kind", "by", "level", "note", "state", "status"}
NAMES |= {"verdict", "quantity", "role", "effect", "measure", "method", "subgroup", "claim_id"}


def in_every_text(invented, text):
    """Put a text into every text of the protocol, and into every free column of the sheets."""
    protocol = invented.protocol
    protocol["review"] |= {"title": text, "question": text, "authors": [text], "limits": [text]}
    protocol["version"]["title"] = text
    for section in ("outcomes", "subgroups", "moderators", "models"):
        for entry in protocol[section].values():
            entry["label"] = text
    protocol["studies"] |= {"size_label": text}
    labels = protocol["studies"]["labels"]
    protocol["studies"]["labels"] = dict.fromkeys(labels, text)
    for kind in ("studies", "risk_of_bias", "certainty", "search_flow"):
        for row in invented.tables.get(kind, []):
            for name, value in row.items():
                if isinstance(value, str) and name not in NAMES:
                    row[name] = text


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
        '<g id="row:&lt;b&gt;"><text>&lt;b&gt;</text></g></svg>',
        encoding="utf-8",
    )
    (told,) = Figures().inline(path, lambda _: "a <b> figure")
    assert "script" not in told
    assert "example.org" not in told
    assert "onload" not in told
    root = ElementTree.fromstring(told)
    assert root.get("aria-label") == "a <b> figure"
    (row,) = root.findall(".//*[@data-study]")
    assert row.get("data-study") == "<b>"
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

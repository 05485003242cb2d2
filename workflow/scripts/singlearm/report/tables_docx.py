"""Publication tables as a Word document to paste from; its bytes depend on the tables alone."""

import datetime
import io
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Length, Pt
from docx.table import Table as Grid
from docx.table import _Cell as Cell

from singlearm.catalogue.language import ENGLISH, current, say
from singlearm.report.manuscript import Block, Heading
from singlearm.report.table import Table

#: Dates inside the document and of the members of its ZIP.
_CREATED = datetime.datetime(2000, 1, 1)
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
#: XML 1.0 has no place for these.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
#: Width between the margins of A4, landscape and upright.
_WIDE_CM, _NARROW_CM = 25.7, 17.0
#: A rule of a printed table: the border of a cell.
_RULE = {"val": "single", "sz": "6", "space": "0", "color": "000000"}
#: A figure leaves room for its legend.
_TALLEST_CM = 21.0


def write_docx(path: Path, tables: list[Table], about: list[tuple[str, str]]) -> None:
    """Write a landscape A4 document: what this is, then each table with its notes."""
    document = Document()
    _set_up(document, about[0][1], landscape=True)
    for name, text in about[1:]:
        document.add_paragraph(_clean(f"{name}: {text}"))
    for number, table in enumerate(tables, start=1):
        _add_table(document, table, number, _WIDE_CM)
    _save(document, path)


def write_manuscript(path: Path, blocks: list[Block], about: list[tuple[str, str]]) -> None:
    """Write an upright A4 document of headings, paragraphs, tables and figures with legends."""
    document = Document()
    _set_up(document, about[0][1], landscape=False)
    document.add_paragraph(_clean("; ".join(f"{name}: {text}" for name, text in about[1:])))
    number = 0
    for block in blocks:
        if isinstance(block, str):
            document.add_paragraph(_clean(block))
        elif isinstance(block, Heading):
            document.add_heading(_clean(block.text), level=1 + block.level)
        elif isinstance(block, Table):
            number += 1
            _add_table(document, block, number, _NARROW_CM)
        else:
            picture = document.add_picture(str(block.path), width=Cm(_NARROW_CM))
            if picture.height > Cm(_TALLEST_CM):
                picture.width = int(picture.width * Cm(_TALLEST_CM) / picture.height)
                picture.height = Cm(_TALLEST_CM)
            document.add_paragraph(_clean(block.legend))
    _save(document, path)


def _save(document: WordDocument, path: Path) -> None:
    content = io.BytesIO()
    document.save(content)
    path.write_bytes(repacked(content.getvalue()))


def repacked(archive: bytes) -> bytes:
    """The same ZIP members, sorted, with fixed dates, modes and compression."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target,
    ):
        names = sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name))
        for name in names:
            member = zipfile.ZipInfo(name, _ZIP_DATE)
            member.create_system = 3
            member.external_attr = 0o644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, source.read(name))
    return content.getvalue()


def _set_up(document: WordDocument, title: str, *, landscape: bool) -> None:
    section = document.sections[0]
    long, short = Cm(29.7), Cm(21.0)
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (long, short) if landscape else (short, long)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(9)
    style.paragraph_format.space_after = Pt(4)
    if current() != ENGLISH:
        for language in document.styles.element.iter(qn("w:lang")):
            language.set(qn("w:val"), current().tag)
    document.core_properties.created = document.core_properties.modified = _CREATED
    document.core_properties.author = ""
    document.core_properties.title = _clean(title)
    document.add_heading(_clean(title), level=1)


def _add_table(document: WordDocument, table: Table, number: int, width_cm: float) -> None:
    title = say("Table {number}. {title}", number=number, title=table.title)
    document.add_heading(_clean(title), level=2)
    total = sum(column.width for column in table.cells)
    widths = [Cm(column.width / total * width_cm) for column in table.cells]
    grid = document.add_table(rows=1 + len(table.rows), cols=len(table.cells))
    grid.style = document.styles["Normal Table"]
    grid.alignment = WD_TABLE_ALIGNMENT.LEFT
    grid.autofit = False
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = width
    texts = [[column.heading for column in table.cells]]
    texts += [[column.text(row) for column in table.cells] for row in table.rows]
    for index, (grid_row, line) in enumerate(zip(grid.rows, texts, strict=True)):
        cells = grid_row.cells  # read once, which keeps long tables fast
        for cell, text, column, width in zip(cells, line, table.cells, widths, strict=True):
            _fill(cell, text, column.align, width, bold=index == 0)
        _rule(cells, top=index == 0, bottom=index in {0, len(table.rows)})
    _repeat_head(grid)
    for note in table.notes:
        paragraph = document.add_paragraph(_clean(note))
        paragraph.paragraph_format.space_before = Pt(3)
        paragraph.runs[0].font.size = Pt(8)


def _fill(cell: Cell, text: str, align: str, width: Length, bold: bool) -> None:
    cell.width = width
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1.5)
    if align == "right":
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run = paragraph.add_run(_clean(text))
    run.font.size = Pt(8)
    run.bold = bold


def _rule(cells: Iterable[Cell], top: bool, bottom: bool) -> None:
    """The three rules of a printed table: above the heads, below them, and at the end."""
    sides = [name for name, wanted in (("top", top), ("bottom", bottom)) if wanted]
    if not sides:
        return
    for cell in cells:
        borders = OxmlElement("w:tcBorders")
        for side in sides:
            edge = OxmlElement(f"w:{side}")
            for name, value in _RULE.items():
                edge.set(qn(f"w:{name}"), value)
            borders.append(edge)
        cell._tc.get_or_add_tcPr().append(borders)


def _repeat_head(grid: Grid) -> None:
    """Repeat the heading row on each page, and keep rows whole."""
    for index, row in enumerate(grid.rows):
        settings = row._tr.get_or_add_trPr()
        settings.append(OxmlElement("w:cantSplit"))
        if index == 0:
            settings.append(OxmlElement("w:tblHeader"))


def _clean(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))

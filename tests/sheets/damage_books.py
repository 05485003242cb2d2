"""Layers in the other formats of spreadsheets, whole, damaged as a file, or with a damaged cell.

Strict XLSX, OpenDocument and the binary XLS, of which no locked package writes one: its only file
here is that of a case, made from the invented review.
"""

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from damage_cells import damaged_count, edit_cell, pick_sheet, swapped_cells, wrong_type
from damage_tables import footnote_mark
from review import NUMBER, ROOT, load, save_workbook

XLS = ROOT / "tests/cases/ods-xls/extraction-xls/overlay/data/raw/first/extraction.xls"
#: Sheets that the XLS holds.
IN_XLS = ("adjudication", "durations_1", "outcomes_1", "outcomes_2", "studies")
#: Names of the transitional XLSX and of the strict one.
STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main":
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships":
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    b"http://schemas.openxmlformats.org/drawingml/2006/main":
        b"http://purl.oclc.org/ooxml/drawingml/main",
}  # fmt: skip
#: The header of an OLE file is so long, and says where everything is.
HEADER = 512


def strict_workbook(_, layer):
    """A workbook as "Strict Open XML Spreadsheet" is saved: nothing to complain about."""
    _as_book(layer, _write_strict)


def opendocument_workbook(_, layer):
    """A workbook as LibreOffice saves it: nothing to complain about."""
    _as_book(layer, _write_opendocument)


def damaged_book(rng, layer):
    """Either of them with a damaged cell, cut short, or with wrong bytes."""
    way = rng.randrange(3)
    if way == 0:
        rng.choice([damaged_count, swapped_cells, wrong_type, footnote_mark, _blank])(rng, layer)
    book = _as_book(layer, rng.choice([_write_strict, _write_opendocument]))
    content = bytearray(book.read_bytes())
    if way == 1:
        content = content[: rng.randrange(len(content))]
    elif way == 2:
        for _ in range(rng.randrange(1, 40)):
            content[rng.randrange(len(content))] = rng.randrange(256)
    book.write_bytes(bytes(content))


def old_workbook(_, layer):
    """The invented review's sheets as XLS: nothing to complain about."""
    for sheet in (*IN_XLS, "durations_2"):
        (layer / f"{sheet}.csv").unlink()
    (layer / "extraction.xls").write_bytes(XLS.read_bytes())


def damaged_old_workbook(rng, layer):
    """The same cut short, or with a damaged header.

    No sum guards the bytes of its cells: another digit there is another valid review.
    """
    old_workbook(rng, layer)
    content = bytearray(XLS.read_bytes())
    if rng.random() < 0.5:
        content = content[: rng.randrange(len(content))]
    else:
        for _ in range(rng.randrange(1, 10)):
            content[rng.randrange(HEADER)] = rng.randrange(256)
    (layer / "extraction.xls").write_bytes(bytes(content))


def _as_book(layer, write):
    """Turn a CSV layer into a workbook."""
    book = layer / ("extraction.xlsx" if write is _write_strict else "extraction.ods")
    write(layer, book)
    for file in layer.glob("*.csv"):
        file.unlink()
    return book


def _blank(rng, layer):
    """A value lost from a sheet that double extraction guards."""
    sheet = pick_sheet(rng, layer, ("outcomes_1", "outcomes_2"))
    edit_cell(rng, layer, sheet, rng.choice(["events", "total"]), lambda _: "")


def _write_strict(layer: Path, book: Path) -> None:
    plain = layer.parent / f"{layer.name}-plain.xlsx"
    save_workbook(layer, plain)
    with zipfile.ZipFile(plain) as parts, zipfile.ZipFile(book, "w") as written:
        for name in parts.namelist():
            content = parts.read(name)
            for old, new in STRICT.items():
                content = content.replace(old, new)
            if name == "xl/workbook.xml":
                content = content.replace(b"<workbook ", b'<workbook conformance="strict" ', 1)
            written.writestr(name, content, zipfile.ZIP_DEFLATED)
    plain.unlink()


def _write_opendocument(layer: Path, book: Path) -> None:
    names = "urn:oasis:names:tc:opendocument:xmlns:"
    tabs = "".join(
        f"<table:table table:name={quoteattr(file.stem)}>"
        f"{''.join(map(_row, load(layer, file.stem)))}</table:table>"
        for file in sorted(layer.glob("*.csv"))
    )
    content = (
        f'<office:document-content xmlns:office="{names}office:1.0" xmlns:table="{names}table:1.0"'
        f' xmlns:text="{names}text:1.0"><office:body><office:spreadsheet>{tabs}'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<manifest:manifest xmlns:manifest="{names}manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    with zipfile.ZipFile(book, "w") as parts:
        parts.writestr("mimetype", kind)
        parts.writestr("content.xml", content, zipfile.ZIP_DEFLATED)
        parts.writestr("META-INF/manifest.xml", manifest)


def _row(cells: list[str]) -> str:
    return f"<table:table-row>{''.join(map(_cell, cells))}</table:table-row>"


def _cell(text: str) -> str:
    if not text:
        return "<table:table-cell/>"
    said = "".join(f"<text:p>{escape(line)}</text:p>" for line in text.split("\n"))
    kind = 'office:value-type="string"'
    if NUMBER.fullmatch(text):
        kind = f'office:value-type="float" office:value="{text}"'
    return f"<table:table-cell {kind}>{said}</table:table-cell>"


BOOKS = (
    strict_workbook, opendocument_workbook, damaged_book, old_workbook, damaged_old_workbook,
)  # fmt: skip

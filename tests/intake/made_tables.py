"""Tables that the tests of this folder make, and what came of them."""

import csv
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import xlsxwriter

from singlearm.intake.folder import LAYER

#: Study, events and total of the two outcomes that most samples here hold.
ORR = [("Smith 2019", 13, 26), ("Jones 2020", 8, 20), ("Lee 2021", 30, 41)]
CR = [("Smith 2019", 3, 26), ("Jones 2020", 1, 20), ("Lee 2021", 12, 41)]


def sheet(folder: Path, name: str) -> list[dict[str, str]]:
    """Rows of a sheet of the review."""
    with (folder / LAYER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def values(folder: Path, outcome: str) -> list[tuple[str, int, int]]:
    """Study, events and total of an outcome."""
    rows = sheet(folder, "outcomes_1")
    return [
        (row["study_id"], int(row["events"]), int(row["total"]))
        for row in rows
        if row["outcome"] == outcome
    ]


def text_file(path: Path, rows: list[list[object]], sign: str = ",") -> Path:
    """A text table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=sign).writerows(rows)
    return path


def long_rows() -> list[list[object]]:
    return [
        ["Study", "Outcome", "Events", "Total"],
        *([s, "ORR", e, n] for s, e, n in ORR),
        *([s, "CR", e, n] for s, e, n in CR),
    ]


def workbook(path: Path, rows: list[list[object]]) -> Path:
    """An .xlsx with one tab."""
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False})
    tab = book.add_worksheet("Extraction 2021")
    for number, row in enumerate(rows):
        tab.write_row(number, 0, row)
    book.close()
    return path


def opendocument(path: Path, rows: list[list[object]]) -> Path:
    """A small .ods, as LibreOffice stores one, with a million empty rows below."""
    names = "urn:oasis:names:tc:opendocument:xmlns:"
    lines = []
    for row in rows:
        cells = "".join(
            f'<table:table-cell office:value-type="float" office:value="{cell}"><text:p>{cell}'
            "</text:p></table:table-cell>"
            if isinstance(cell, int | float)
            else f'<table:table-cell office:value-type="string"><text:p>{escape(str(cell))}'
            "</text:p></table:table-cell>"
            for cell in row
        )
        lines.append(f"<table:table-row>{cells}</table:table-row>")
    lines.append(
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row>'
    )
    content = (
        f'<office:document-content xmlns:office="{names}office:1.0" xmlns:table="{names}table:1.0"'
        f' xmlns:text="{names}text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="Sheet1">{"".join(lines)}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parts.writestr("content.xml", content)
    return path

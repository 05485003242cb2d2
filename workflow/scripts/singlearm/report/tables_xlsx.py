"""Publication tables as one workbook: typed numbers with formats, texts that stay texts."""

import datetime
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from singlearm.catalogue import Column, Row
from singlearm.catalogue.language import known, mark, say
from singlearm.catalogue.numbers import decimals_of, is_missing, p_number
from singlearm.report.table import Table

#: A cell format by its number format and look.
Formats = Callable[..., Any]
#: Names of sheets. Those of a subgrouping have its name.
SHEETS = (
    mark("Summary of findings"), mark("Proportions"), mark("Study characteristics"),
    mark("All results"), mark("Subgroup differences"), mark("Subgroup tests"),
    mark("Meta regression"), mark("Survival model"), mark("Landmarks"), mark("Curve summary"),
    mark("Times"), mark("Rates"), mark("Ratios"), mark("Group results"), mark("Group tests"),
    mark("Other regression"), mark("Claims"),
)  # fmt: skip

#: Number formats by how a column prints; shares of 1 are shown in percent.
_FORMATS = {
    "year": "0",
    "count": "#,##0",
    "percent": "0.0%",
    "points": "0.0%",
    "i2": "0%",
    "decimal": "0.0",
    "months": "0.0",
    "per_100": "0.0000",
    "coefficient": "0.000",
    "p": '[<0.001]"{}";[<0.1]0.000;0.00',
}
#: Any other number; whole numbers of a review's own columns stay whole.
_NUMBER, _WHOLE = "0.00", "0"
#: Widths of columns by how they print; numbers are narrower.
_WIDTHS = {"long": 60, "note": 50, "label": 40, "text": 18, "code": 18, "model": 40}
_WIDTHS |= dict.fromkeys(("plain", "word", "design"), 16)
_NUMBERS_WIDTH = 11
#: The format of a column whose unit differs from row to row.
_BY_UNIT = {"%": "0.0%", "months": "0.0"}
#: A workbook holds the date it was made; ours is always the same.
_CREATED = datetime.datetime(2000, 1, 1)
_HEAD = {"bold": True, "text_wrap": True, "bottom": 1, "valign": "bottom"}
_LOOK = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
#: The longest text a cell can hold.
_LONGEST = 32_767
_A4 = 9


def write_xlsx(path: Path, tables: list[Table], about: list[tuple[str, str]]) -> None:
    """Write a first sheet that says what this is, then a sheet for each table."""
    with xlsxwriter.Workbook(
        str(path),
        {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    ) as book:
        book.set_properties({"title": about[0][1], "created": _CREATED})
        formats = _formats(book)
        _write_about(book.add_worksheet(say("About")), about, tables, formats)
        for table in tables:
            _write_table(book.add_worksheet(_sheet_name(table)), table, formats)


def _formats(book: xlsxwriter.Workbook) -> Formats:
    """The cell formats of a workbook, each made once."""

    @cache
    def made(number: str = "@", **look: Any) -> Any:
        return book.add_format({**_LOOK, "num_format": number, **look})

    return made


def _write_about(
    sheet: Worksheet, about: list[tuple[str, str]], tables: list[Table], formats: Formats
) -> None:
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 90)
    wrapped = formats(text_wrap=True)
    rows = [*about, *((_sheet_name(table), table.title) for table in tables)]
    for number, (name, text) in enumerate(rows):
        sheet.write_string(number, 0, name, formats(bold=True))
        sheet.write_string(number, 1, text, wrapped)


def _write_table(sheet: Worksheet, table: Table, formats: Formats) -> None:
    sheet.write_string(0, 0, table.title, formats(bold=True, font_size=12))
    top = 2
    for index, column in enumerate(table.columns):
        sheet.set_column(index, index, _WIDTHS.get(column.prints, _NUMBERS_WIDTH))
        sheet.write_string(top, index, known(column.heading), formats(**_HEAD))
    for number, row in enumerate(table.rows, start=top + 1):
        for index, column in enumerate(table.columns):
            _write_cell(sheet, (number, index), table, column, row, formats)
    bottom = top + len(table.rows)
    if table.rows:
        sheet.autofilter(top, 0, bottom, len(table.columns) - 1)
    sheet.freeze_panes(top + 1, 1)
    sheet.set_paper(_A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)
    for number, note in enumerate(table.notes, start=bottom + 2):
        sheet.write_string(number, 0, note, formats(italic=True))


def _write_cell(
    sheet: Worksheet, at: tuple[int, int], table: Table, column: Column, row: Row, formats: Formats
) -> None:
    value = row.get(column.name)
    if is_missing(value):
        return
    if isinstance(value, bool):
        sheet.write_boolean(*at, value, formats())
    elif isinstance(value, int | float):
        shown = _with_digits(value, _number_format(column, row))
        sheet.write_number(*at, value, formats(shown))
    else:
        sheet.write_string(*at, table.text(column, row)[:_LONGEST], formats())


def _number_format(column: Column, row: Row) -> str:
    if column.prints == "by_unit":
        return _BY_UNIT.get(row["unit"], _NUMBER)
    if column.prints == "quantity" and isinstance(row[column.name], int):
        return _WHOLE
    return _FORMATS.get(column.prints, _NUMBER).format(p_number(0.0))


def _with_digits(value: float, form: str) -> str:
    """The format, or one with more digits where it would show 0 for what is not 0."""
    plain = form.removesuffix("%")
    if "[" in form or "#" in form or not value:
        return form
    percent, decimals = plain != form, len(plain.partition(".")[2])
    if abs(value) * (100 if percent else 1) >= 0.5 * 10.0**-decimals:
        return form
    return f"0.{'0' * decimals_of(abs(value))}%" if percent else "0.0E+00"


def _sheet_name(table: Table) -> str:
    name = table.name.replace("_", " ").capitalize()
    if table.name.startswith("by_"):
        return say("By {group}", group=name.removeprefix("By "))[:31]
    return known(name)[:31]

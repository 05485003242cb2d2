"""Read the tabs of an `extraction.xlsx` as text, and name what Excel did to the cells.

Values and merged ranges come from calamine. Calamine hides two things that change what a cell
means, number formats (0.85 shown as 85%) and formulas without a stored value (read as empty), so
openpyxl looks at those beside it, in its streaming mode.
"""

import datetime
import zipfile
from pathlib import Path

from .csv_sheets import Grid
from .problems import Faults

#: A workbook that unpacks to more than this is refused: no extraction sheet is that large.
LARGEST = 1_000_000_000


def read_workbook(path: Path, faults: Faults) -> dict[str, Grid]:
    """The grids of all tabs that are not blank, by tab name."""
    import openpyxl
    import python_calamine

    try:
        with zipfile.ZipFile(path) as parts:
            if sum(part.file_size for part in parts.infolist()) > LARGEST:
                raise ValueError("it unpacks to more than a gigabyte")
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        tabs = {name: book.get_sheet_by_name(name) for name in book.sheet_names}
        values = {name: tab.to_python(skip_empty_area=False) for name, tab in tabs.items()}
        formats = openpyxl.load_workbook(path, read_only=True, data_only=False)
    except Exception as error:  # both readers raise many kinds on a damaged file
        faults.error(
            path.name,
            None,
            "",
            "unreadable",
            "",
            f"is not a readable workbook: {error}",
            "open it in the spreadsheet program and save it again as .xlsx",
        )
        return {}
    grids = {}
    try:
        for name, grid in values.items():
            if not any(cell not in ("", None) for cells in grid for cell in cells):
                continue
            _merged(name, tabs[name].merged_cell_ranges, faults)
            marks = _marks(formats[name]) if name in formats.sheetnames else {}
            grids[name] = _grid(name, grid, marks, faults)
    finally:
        formats.close()
    return grids


def _merged(sheet: str, ranges, faults: Faults) -> None:
    for (top, left), (bottom, right) in ranges or []:
        where = f"{_letters(left)}{top + 1}:{_letters(right)}{bottom + 1}"
        faults.error(
            sheet,
            top + 1,
            "",
            "merged_cells",
            where,
            "cells are merged; each cell must stand by itself",
            "unmerge them and fill each cell",
        )


def _marks(tab) -> dict[tuple[int, int], str]:
    """(row, column), from 0, of the cells that are percentages or formulas."""
    tab.reset_dimensions()
    marks = {}
    for row, cells in enumerate(tab.iter_rows()):
        for column, cell in enumerate(cells):
            if cell.value is None:
                continue
            if cell.data_type == "f":
                marks[row, column] = "formula"
            elif cell.data_type == "n" and "%" in (cell.number_format or ""):
                marks[row, column] = "percent"
    return marks


def _grid(sheet: str, grid: list[list], marks: dict, faults: Faults) -> Grid:
    records = []
    names = [_text(cell) for cell in grid[0]]
    for row, cells in enumerate(grid):
        texts = []
        for column, cell in enumerate(cells):
            name = names[column] or _letters(column)
            mark = marks.get((row, column))
            if mark == "formula" and cell in ("", None):
                faults.error(
                    sheet,
                    row + 1,
                    name,
                    "formula_without_value",
                    "",
                    "holds a formula whose result is not stored",
                    "write the value, or open and save the workbook in a spreadsheet program",
                )
            if mark == "percent":
                faults.error(
                    sheet,
                    row + 1,
                    name,
                    "percent_format",
                    f"{cell:.10g}",
                    "is formatted as a percentage, so the stored and the shown number differ",
                    "format the cell as a number and type it again",
                )
            texts.append(_text(cell))
        records.append((row + 1, texts))
    return records[0][1], records[1:]


def _text(cell) -> str:
    """The text that a CSV of the same sheet would have."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        midnight = cell.time() == datetime.time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    return str(cell)


def _letters(column: int) -> str:
    """Name of a spreadsheet column, from 0: A to Z, AA, …"""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name

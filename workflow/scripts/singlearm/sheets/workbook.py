"""Read the tabs of an `extraction.xlsx` as text, and name what Excel did to the cells.

Values and merged ranges come from calamine. Calamine hides two things that change what a cell
means, number formats (0.85 shown as 85%) and formulas without a stored value (read as empty), so
openpyxl looks at those beside it, in its streaming mode.
"""

import datetime
import zipfile
from pathlib import Path

from .cells import DIGITS, Fault
from .codebook import SHEETS, Codebook, Column
from .csv_sheets import Grid
from .problems import Faults, near, shorten

#: Tabs that explain the workbook and hold no data.
EXPLAINING_TABS = ("guide", "lists")

Columns = dict[str, Column]
DATES = (datetime.date, datetime.time, datetime.timedelta)
#: Kinds of values that deserve a look besides the marked cells.
ODD = (*DATES, float)

#: A workbook that unpacks to more than this is refused: no extraction sheet is that large.
LARGEST = 1_000_000_000


def read_workbook(path: Path, codebook: Codebook, faults: Faults) -> dict[str, Grid] | None:
    """The grids of all tabs that are not blank, by tab name; `None` if the file cannot be read."""
    import openpyxl  # here: only a layer that is a workbook pays for these imports
    import python_calamine

    try:
        with zipfile.ZipFile(path) as parts:
            if sum(part.file_size for part in parts.infolist()) > LARGEST:
                raise ValueError("it unpacks to more than a gigabyte")
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        tabs = {name: book.get_sheet_by_name(name) for name in book.sheet_names}
        values = {name: tab.to_python(skip_empty_area=False) for name, tab in tabs.items()}
        formats = openpyxl.load_workbook(path, read_only=True, data_only=False)
        marks = {tab.title: _marks(tab) for tab in formats.worksheets}
        formats.close()
    except Exception as error:  # both readers raise many kinds on a damaged file
        faults.error(
            path.name,
            "unreadable",
            f"is not a readable workbook: {shorten(str(error))}",
            "open it in the spreadsheet program and save it again as .xlsx",
        )
        return None
    grids = {}
    for name, grid in values.items():
        if not any(cell not in ("", None) for cells in grid for cell in cells):
            continue
        if name in SHEETS:
            _tell_merged(name, tabs[name].merged_cell_ranges, faults)
            columns = codebook.of(SHEETS[name])
            grids[name] = _grid(name, grid, marks.get(name, {}), columns, faults)
        elif name not in EXPLAINING_TABS:
            tell_unknown(f"{path.name} tab {name}", name, faults)
    return grids


def tell_unknown(shown: str, stem: str, faults: Faults) -> None:
    """A file or tab that is not a sheet of a layer."""
    hint = near(stem, SHEETS) or f"sheets are called {', '.join(SHEETS)}"
    faults.error(
        shown,
        "unknown_sheet",
        "is not a sheet of a layer and was not read",
        f"{hint}; move other things out of the layer",
    )


def _tell_merged(sheet: str, ranges, faults: Faults) -> None:
    for (top, left), (bottom, right) in ranges or []:
        faults.error(
            sheet,
            "merged_cells",
            "cells are merged; each cell must stand by itself",
            "unmerge them and fill each cell",
            row=top + 1,
            column=_letters(left),
            value=f"{_letters(left)}{top + 1}:{_letters(right)}{bottom + 1}",
        )


def _marks(tab) -> dict[tuple[int, int], str]:
    """(row, column), from 0, of the cells that are percentages, formulas or error values."""
    tab.reset_dimensions()
    marks = {}
    for row, cells in enumerate(tab.iter_rows()):
        for column, cell in enumerate(cells):
            if cell.value is None:
                continue
            if cell.data_type in ("f", "e"):
                marks[row, column] = cell.data_type
            elif cell.data_type == "n" and "%" in (cell.number_format or ""):
                marks[row, column] = "%"
    return marks


def _grid(sheet: str, grid: list[list], marks: dict, columns: Columns, faults: Faults) -> Grid:
    names = [_text(cell) for cell in grid[0]]
    for row, cells in enumerate(grid):
        for place, cell in enumerate(cells):
            mark = marks.get((row, place))
            wrong = (mark or isinstance(cell, ODD)) and _odd(cell, mark, columns.get(names[place]))
            if wrong:
                where = {"row": row + 1, "column": names[place] or _letters(place)}
                told = (sheet, wrong.rule, wrong.message, wrong.hint)
                faults.add(wrong.severity, *told, **where, value=_text(cell))
    records = [(row + 1, [_text(cell) for cell in cells]) for row, cells in enumerate(grid)]
    return names, records[1:]


def _odd(cell, mark: str | None, column: Column | None) -> Fault | None:
    """What Excel did to a cell, where its text alone would not show it."""
    retype = "format the column as text and type it again"
    if mark == "f" and cell in ("", None):
        told = "holds a formula whose result is not stored, empty or an error"
        return Fault("formula_without_value", "error", told, "write the value itself")
    if mark == "e":
        return Fault("excel_error", "error", "holds an error value", "write the value itself")
    if mark == "%":
        told = "is formatted as a percentage, so the stored and the shown number differ"
        again = "format the cell as a number and type it again"
        return Fault("percent_format", "error", told, again)
    if column is None or column.type not in ("text", "list"):
        return None  # the codebook's own check sees a date or a fraction there
    if isinstance(cell, DATES):
        told = f"is a date; allowed: {column.allows()}"
        return Fault("date_damage", "error", told, f"the program made a date of it: {retype}")
    if isinstance(cell, float) and not cell.is_integer():
        told = "is a number in a column of texts; the program may have dropped digits"
        return Fault("number_as_text", "warning", told, retype)
    return None


def _text(cell) -> str:
    """The text that a CSV of the same sheet would have."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return f"{cell:.{DIGITS}g}"
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

"""The sheets of a layer that are tabs of a workbook, as text, and what the program did to cells."""

import datetime
from collections.abc import Iterator
from pathlib import Path

from singlearm.kinds.columns import Column

from .cells import DIGITS, Fault
from .codebook import Codebook
from .core import SHEETS
from .csv_sheets import Grid
from .problems import Faults, near
from .spreadsheets import Mark, Tab, Value, WorkbookError, cell_name, letters, read_tabs, spans

#: Tabs that explain the workbook and hold no data.
EXPLAINING_TABS = ("guide", "lists")

Columns = dict[str, Column]
DATES = (datetime.date, datetime.time, datetime.timedelta)
#: Kinds of values that deserve a look besides the marked cells.
ODD = (*DATES, float)


def read_workbook(path: Path, codebook: Codebook, faults: Faults) -> dict[str, Grid] | None:
    """The grids of all tabs that are not blank, by tab name; `None` if the file cannot be read."""
    tabs = _tabs(path, path.name, faults)
    if tabs is None:
        return None
    grids: dict[str, Grid] = {}
    for tab in filter(_holds_data, tabs):
        name = _called(tab)
        if name in SHEETS and name not in grids:
            grids[name] = _grid(name, tab, codebook.of(SHEETS[name]), faults)
        else:
            tell_unknown(f"{path.name} tab {tab.name}", tab.name, faults)
    return grids


def read_single(path: Path, sheet: str, columns: Columns, faults: Faults) -> Grid | None:
    """The grid of a workbook that is called like a sheet and has one tab, whatever its name."""
    tabs = _tabs(path, sheet, faults)
    if tabs is None:
        return None
    filled = [tab for tab in tabs if _holds_data(tab)]
    if len(filled) != 1:
        told = f"the workbook has {len(filled)} tabs with content, not one"
        right = f"extraction{path.suffix}"
        hint = f"keep one tab, or call the workbook {right} and its tabs like sheets"
        faults.error(sheet, "tabs", told, hint, value=path.name)
        return None
    return _grid(sheet, filled[0], columns, faults)


def _called(tab: Tab) -> str:
    """The name of a tab, whatever its capitals and the blanks around it."""
    return tab.name.strip().casefold()


def _holds_data(tab: Tab) -> bool:
    return not tab.blank and _called(tab) not in EXPLAINING_TABS


def _tabs(path: Path, sheet: str, faults: Faults) -> list[Tab] | None:
    try:
        return read_tabs(path)
    except (WorkbookError, OSError) as error:
        told = f"is not a readable workbook: {error}"
        hint = "open it in the spreadsheet program and save it again as .xlsx"
        value = path.name if sheet != path.name else ""
        faults.error(sheet, "unreadable", told, hint, value=value)
        return None


def tell_unknown(shown: str, stem: str, faults: Faults) -> None:
    """A file or tab that is not a sheet of a layer."""
    hint = near(stem, SHEETS) or f"sheets are called {', '.join(SHEETS)}"
    hint += "; a table of your own becomes a review by 'make review' (docs/your-review.md)"
    hint += "; move other things out of the layer"
    faults.error(shown, "unknown_sheet", "is not a sheet of a layer and was not read", hint)


def _tell_tab(sheet: str, tab: Tab, faults: Faults) -> None:
    """What concerns the tab as a whole: merged, hidden or commented cells."""
    for top, left, bottom, right in tab.merged:
        told = "cells are merged; each cell must stand by itself"
        span = f"{cell_name(top, left)}:{cell_name(bottom, right)}"
        where = {"row": top + 1, "column": letters(left), "value": span}
        faults.error(sheet, "merged_cells", told, "unmerge them and fill each cell", **where)
    filled = tab.filled_hidden_rows()
    if filled:
        told = "rows are hidden or filtered out, and are read like all others"
        hint = "show all rows; delete those that do not count"
        faults.warn(sheet, "hidden_rows", told, hint, row=filled[0], value=spans(filled))
    columns = [c for c in tab.hidden_columns if any(len(r) > c and r[c] != "" for r in tab.rows)]
    if columns:
        told = "columns are hidden, and are read like all others"
        hint = "show all columns; delete those that do not count"
        faults.warn(sheet, "hidden_columns", told, hint, value=", ".join(map(letters, columns[:6])))
    if tab.hidden:
        faults.warn(sheet, "hidden_tab", "the tab is hidden, and is read like all others")
    comments = [(row, column) for row, column in tab.comments if row > 0]
    if comments:
        told = f"{len(comments)} cells have comments, which are not read"
        named = ", ".join(cell_name(*place) for place in comments[:6])
        where = {"row": comments[0][0] + 1, "value": named}
        faults.warn(sheet, "comments", told, "put what matters into the column notes", **where)
    if not tab.formats_known:
        told = "comes from a binary workbook, whose percent formats, formulas, raised digits, "
        told += "hidden rows and comments cannot be seen"
        hint = "save as .xlsx or .ods to have them checked"
        faults.warn(sheet, "formats_unknown", told, hint)


def _grid(sheet: str, tab: Tab, columns: Columns, faults: Faults) -> Grid:
    _tell_tab(sheet, tab, faults)
    names = [as_text(cell) for cell in tab.rows[0]]
    for row, place, cell, mark in _to_look_at(tab):
        name = names[place] if place < len(names) else ""
        wrong = _odd(cell, mark, columns.get(name))
        if wrong:
            where = {"row": row + 1, "column": name or letters(place), "value": as_text(cell)}
            faults.take(sheet, wrong, **where)
    records = []
    for row, cells in enumerate(tab.rows[1:], start=2):
        texts = [as_text(cell) for cell in cells]
        records.append((row, texts + [""] * (len(names) - len(texts))))
    return names, records


def _to_look_at(tab: Tab) -> Iterator[tuple[int, int, Value, Mark]]:
    """Row, place, value and mark of the cells that may be other than their text says."""
    for row, cells in enumerate(tab.rows):
        for place, cell in enumerate(cells):
            mark = tab.marks.get((row, place))
            if mark or isinstance(cell, ODD):
                yield row, place, cell, mark or Mark()
    for (row, place), mark in tab.marks.items():
        # a formula without a result may stand beyond the last value of its row, or the last row
        if mark.no_result and (row >= len(tab.rows) or place >= len(tab.rows[row])):
            yield row, place, "", mark


def _odd(cell: Value, mark: Mark, column: Column | None) -> Fault | None:
    """What the program did to a cell, where its text alone would not show it."""
    numeric = column is not None and column.type in ("integer", "number")
    retype = "format the column as text and type it again"
    if mark.no_result:
        told = "holds a formula whose result is not stored, empty or an error"
        return Fault("formula_without_value", "error", told, "write the value itself")
    if mark.percent:
        told = "is formatted as a percentage, so the stored and the shown number differ"
        again = "format the cell as a number and type it again"
        return Fault("percent_format", "error", told, again)
    if (mark.raised or mark.struck) and numeric:
        how = "raised or lowered" if mark.raised else "struck through"
        told = f"has {how} signs beside the number, which would be read as digits of it"
        again = "write the number alone; put a footnote mark into the column notes"
        return Fault("raised_text" if mark.raised else "struck_text", "error", told, again)
    if mark.raised and column is not None and column.key:
        told = "has a raised or lowered part, which is read as ordinary letters"
        return Fault("raised_text", "warning", told, "delete it if it is a footnote mark")
    if mark.struck or mark.all_struck:
        told = "is struck through, and is read like any other cell"
        return Fault("struck_text", "warning", told, "delete what does not count")
    if mark.shown is not None and numeric:
        told = f"is shown as '{mark.shown}' by its number format; the stored number is read"
        return Fault("shown_otherwise", "warning", told, "type the number that is meant")
    words = column is not None and column.type == "category" and not column.allowed
    if column is None or (column.type not in ("text", "list") and not words):
        return None  # the codebook's own check sees a date or a fraction there
    if isinstance(cell, DATES):
        told = f"is a date; allowed: {column.allows()}"
        return Fault("date_damage", "error", told, f"the program made a date of it: {retype}")
    if isinstance(cell, float) and not cell.is_integer() and not words:
        told = "is a number in a column of texts; the program may have dropped digits"
        return Fault("number_as_text", "warning", told, retype)
    return None


def as_text(cell: Value) -> str:
    """The text that a CSV of the same sheet would have."""
    if isinstance(cell, str):
        return cell
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

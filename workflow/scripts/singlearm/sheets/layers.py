"""Read the sheets of a layer, from text files, workbooks of one tab, or the tabs of one workbook
`extraction`: the same result either way.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from .cells import BAD, EDGES, parse
from .codebook import Codebook
from .core import EXTRACTED, REQUIRED_SHEETS, SHEETS
from .csv_sheets import Grid
from .files import read_file, read_files, sheet_files
from .problems import Faults


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. `texts` holds the cells as they stand, `rows` their values, both by column name.

    Each row also has `row`, its number in a spreadsheet program. A cell that cannot be read is
    `BAD`, as are all but the key cells of a row that is too short or too long (`broken`).
    """

    name: str
    kind: str
    numbers: list[int]
    texts: dict[str, list[str]]
    broken: frozenset[int]
    rows: list[dict]


@dataclass(frozen=True, slots=True)
class Layer:
    """The sheets of a folder by name; `name` is how faults and artifacts call the layer.

    `unread` are sheets that are there, or should be, and could not be read.
    """

    name: str
    path: Path
    sheets: dict[str, Sheet]
    unread: frozenset[str] = frozenset()

    def columns(self, sheet: str) -> set[str]:
        """Column names of a sheet, none for a sheet that is not there."""
        return set(self.sheets[sheet].texts) if sheet in self.sheets else set()

    def rows(self, sheet: str) -> list[dict]:
        """Rows of a sheet, none for a sheet that is not there."""
        return self.sheets[sheet].rows if sheet in self.sheets else []

    def extracted(self, kind: str) -> list[dict]:
        """Rows of both extractors' sheets of a kind."""
        return [*self.rows(f"{kind}_1"), *self.rows(f"{kind}_2")]


def layer_names(paths: list[str]) -> dict[str, str]:
    """How each layer is called: its folder's name, or its path where two folders share a name."""
    names = [Path(path).name for path in paths]
    return {
        str(path): name if names.count(name) == 1 else str(path)
        for path, name in zip(paths, names, strict=True)
    }


def read_layer(path: str | Path, name: str, codebook: Codebook, faults: Faults) -> Layer:
    """All sheets of a layer; what cannot be read is in `faults`."""
    folder = Path(path)
    if not folder.is_dir():
        hint = "compare the layers of the protocol with the folders under data/raw"
        faults.error("", "missing_layer", "there is no such folder", hint, value=str(path))
        return Layer(name, folder, {}, frozenset(SHEETS))
    grids, unread = read_files(folder, codebook, faults)
    read = {name: _sheet(name, grid, codebook, faults) for name, grid in grids.items()}
    sheets = {name: sheet for name in SHEETS if (sheet := read.get(name))}
    unread |= set(read) - set(sheets)
    _tell_missing(unread | set(sheets), faults)
    unread |= set(REQUIRED_SHEETS) - set(sheets)
    return Layer(name, folder, sheets, frozenset(unread))


def read_sheet(path: Path, name: str, codebook: Codebook, faults: Faults) -> Sheet | None:
    """A sheet that lies in a file of its own, in no layer of the version."""
    grid = read_file(path, name, codebook, faults)
    return _sheet(name, grid, codebook, faults) if grid else None


def _tell_missing(there: set[str], faults: Faults) -> None:
    needed = [sheet for sheet in REQUIRED_SHEETS if sheet not in there]
    if not any(f"{kind}_{number}" in there for kind in EXTRACTED for number in (1, 2)):
        needed.append("outcomes_1")
    for sheet in needed:
        told = "the sheet is missing; a layer needs studies and what was extracted from them "
        told += f"({', '.join(f'{kind}_1' for kind in EXTRACTED)})"
        hint = f"add {sheet}.csv, or the tab {sheet} of extraction.xlsx; a header alone will do"
        faults.error(sheet, "missing_sheet", told, hint)
    for kind in EXTRACTED:
        first, second = f"{kind}_1", f"{kind}_2"
        if second in there and first not in there:
            hint = f"a single extractor's sheet is called {first}"
            faults.error(first, "missing_sheet", f"{second} is there without {first}", hint)


def layer_sha256(folder: str | Path) -> str:
    """SHA-256 over the names and contents of a layer's sheets, for a frozen version."""
    digest = hashlib.sha256()
    for file in sheet_files(Path(folder)):
        digest.update(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n".encode())
    return digest.hexdigest()


def _sheet(name: str, grid: Grid, codebook: Codebook, faults: Faults) -> Sheet | None:
    kind = SHEETS[name]
    header, records = grid
    places = _columns(name, header, records, faults)
    _tell_order(name, list(places), list(codebook.of(kind)), faults)
    if not places:
        told, hint = "the header row is empty", "row 1 holds the column names"
        faults.error(name, "empty_sheet", told, hint, row=1)
        return None
    width = max(places.values()) + 1
    broken, kept = set(), []
    for row, record in records:
        if not any(cell.strip() for cell in record):
            continue
        kept.append((row, record))
        if len(record) < width or any(cell.strip() for cell in record[len(header) :]):
            broken.add(row)
            told = f"has {len(record)} cells, the header has {width}"
            slip = "a comma inside a text needs quote signs around the text"
            slip = slip if len(record) > len(header) else "the row may be cut"
            faults.error(name, "row_length", told, slip, row=row)
    texts = {
        column: [record[place] if place < len(record) else "" for _, record in kept]
        for column, place in places.items()
    }
    numbers = [row for row, _ in kept]
    values = _values(texts, numbers, frozenset(broken), codebook, kind)
    return Sheet(name, kind, numbers, texts, frozenset(broken), values)


def _columns(
    name: str, header: list[str], records: list[tuple[int, list[str]]], faults: Faults
) -> dict[str, int]:
    """Place of each column that has a name, after telling what is wrong with the header."""
    places: dict[str, int] = {}
    for place, cell in enumerate(header):
        column = cell.strip(EDGES)
        if column == "":
            filled = next((row for row, r in records if place < len(r) and r[place].strip()), None)
            if filled is not None:
                told = f"the column has cells (first in row {filled}) but no name"
                hint = "name it as in the codebook, or delete it; unmerge merged header cells"
                faults.error(name, "blank_header", told, hint, row=1, column=f"column {place + 1}")
        elif column in places:
            told, where = "the column is there twice", {"row": 1, "column": column, "value": column}
            faults.error(name, "duplicate_header", told, "keep one of them", **where)
        else:
            places[column] = place
            if column != cell:
                told = "has blanks around it, which are not read"
                where = {"row": 1, "column": column, "value": cell}
                faults.warn(name, "blanks", told, "delete the blanks", **where)
    return places


def _tell_order(name: str, there: list[str], columns: list[str], faults: Faults) -> None:
    """Names in another order than the codebook's: perhaps two header cells were swapped."""
    known = [column for column in there if column in columns]
    wanted = [column for column in columns if column in known]
    moved = [pair for pair in zip(known, wanted, strict=True) if pair[0] != pair[1]]
    if moved:
        told = f"stands where the codebook has {moved[0][1]}; the values are read by column name"
        hint = "make sure that no two names were swapped"
        faults.warn(name, "column_order", told, hint, row=1, column=moved[0][0])


def _values(
    texts: dict[str, list[str]],
    numbers: list[int],
    broken: frozenset[int],
    codebook: Codebook,
    kind: str,
) -> list[dict]:
    """The rows with their values; each different text of a column is read once."""
    columns: dict[str, list[Any]] = {"row": numbers}
    for column in codebook.of(kind).values():
        missing = BAD if column.required != "optional" else None
        if column.name not in texts:
            columns[column.name] = [missing] * len(numbers)
            continue
        places, different = pd.factorize(pd.Series(texts[column.name], dtype=object))
        meanings = [parse(column, text) for text in different]
        values = [meanings[place] for place in places]
        if broken and not column.key:
            values = [
                missing if row in broken else v for row, v in zip(numbers, values, strict=True)
            ]
        columns[column.name] = values
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

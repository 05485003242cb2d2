"""Read the sheets of a layer, from CSV files or one `extraction.xlsx`, same result either way."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from . import cells
from .codebook import EXTRACTED, REQUIRED_SHEETS, SHEETS, Codebook
from .csv_sheets import Grid, read_csv
from .problems import Faults, near

WORKBOOK = "extraction.xlsx"
#: Tabs that explain the workbook and hold no data.
EXPLAINING_TABS = ("guide", "lists")
#: Other files that somebody may take for sheets.
SHEET_LIKE = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods")


class _Bad:
    """The value of a cell that cannot be read; its fault is reported once, where it stands."""

    def __repr__(self) -> str:
        return "BAD"


BAD = _Bad()


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

    def rows(self, sheet: str) -> list[dict]:
        """Rows of a sheet, none for a sheet that is not there."""
        return self.sheets[sheet].rows if sheet in self.sheets else []


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
        faults.error(
            "",
            None,
            "",
            "missing_layer",
            str(path),
            "there is no such folder",
            "compare the layers of the protocol with the folders under data/raw",
        )
        return Layer(name, folder, {}, frozenset(SHEETS))
    grids: dict[str, Grid] = {}
    files = sheet_files(folder)
    for file in files:
        if file.suffix == ".csv" and file.stem in SHEETS:
            grid = read_csv(file, file.stem, faults)
            if grid:
                grids[file.stem] = grid
        elif file.name != WORKBOOK:
            _unknown_sheet(file.name, file.stem, faults)
    if folder / WORKBOOK in files:
        _add_tabs(folder / WORKBOOK, grids, {file.stem for file in files}, faults)
    sheets = {
        sheet: _sheet(sheet, grids[sheet], codebook, faults) for sheet in SHEETS if sheet in grids
    }
    unread = {problem.sheet for problem in faults.found} & set(SHEETS) - set(sheets)
    there = unread | set(sheets)
    for sheet in REQUIRED_SHEETS:
        if sheet not in there and not (sheet == "outcomes_1" and "outcomes_2" in there):
            faults.error(
                sheet,
                None,
                "",
                "missing_sheet",
                "",
                "the sheet is missing; every layer needs studies and outcomes_1",
                f"add {sheet}.csv, or the tab {sheet} of {WORKBOOK}; a header alone will do",
            )
    for kind in EXTRACTED:
        if f"{kind}_2" in there and f"{kind}_1" not in there:
            faults.error(
                f"{kind}_1",
                None,
                "",
                "missing_sheet",
                "",
                f"{kind}_2 is there without {kind}_1",
                f"a single extractor's sheet is called {kind}_1",
            )
    unread |= {sheet for sheet in REQUIRED_SHEETS if sheet not in sheets}
    return Layer(name, folder, sheets, frozenset(unread))


def sheet_files(folder: Path) -> list[Path]:
    """The files of a folder that are, or look like, sheets; hidden and lock files left out."""
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix.lower() in SHEET_LIKE and not file.name.startswith((".", "~"))
    )


def layer_sha256(folder: str | Path) -> str:
    """SHA-256 over the names and contents of a layer's sheets, for a frozen version."""
    digest = hashlib.sha256()
    for file in sheet_files(Path(folder)):
        digest.update(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n".encode())
    return digest.hexdigest()


def _unknown_sheet(shown: str, stem: str, faults: Faults) -> None:
    hint = near(stem, SHEETS) or f"sheets are called {', '.join(SHEETS)}"
    faults.error(
        shown,
        None,
        "",
        "unknown_sheet",
        "",
        "is not a sheet of a layer and was not read",
        f"{hint}; move other files out of the folder",
    )


def _add_tabs(path: Path, grids: dict[str, Grid], csv_stems: set[str], faults: Faults) -> None:
    from .workbook import read_workbook  # only a layer that is a workbook pays for these libraries

    for tab, grid in read_workbook(path, faults).items():
        if tab in EXPLAINING_TABS:
            continue
        if tab not in SHEETS:
            _unknown_sheet(f"{path.name} tab {tab}", tab, faults)
        elif tab in csv_stems:
            faults.error(
                tab,
                None,
                "",
                "sheet_twice",
                "",
                f"is there as {tab}.csv and as a tab of {path.name}",
                "keep one of them",
            )
        else:
            grids[tab] = grid


def _sheet(name: str, grid: Grid, codebook: Codebook, faults: Faults) -> Sheet:
    kind = SHEETS[name]
    header, records = grid
    places = _columns(name, header, records, faults)
    broken, kept = set(), []
    for row, record in records:
        if not any(cell.strip() for cell in record):
            continue
        kept.append((row, record))
        if len(record) < len(header) or any(cell.strip() for cell in record[len(header) :]):
            broken.add(row)
            slip = "a comma inside a text needs quote signs around the text"
            slip = slip if len(record) > len(header) else "the row may be cut"
            faults.error(
                name,
                row,
                "",
                "row_length",
                "",
                f"has {len(record)} cells, the header has {len(header)}",
                slip,
            )
    texts = {
        column: [record[place] if place < len(record) else "" for _, record in kept]
        for column, place in places.items()
    }
    numbers = [row for row, _ in kept]
    values = _values(texts, numbers, frozenset(broken), codebook, kind)
    return Sheet(name, kind, numbers, texts, frozenset(broken), values)


def _columns(name, header, records, faults) -> dict[str, int]:
    """Place of each column that has a name, after telling what is wrong with the header."""
    places: dict[str, int] = {}
    for place, cell in enumerate(header):
        column = cell.strip(cells.EDGES)
        if column == "":
            filled = next((row for row, r in records if place < len(r) and r[place].strip()), None)
            if filled is not None:
                faults.error(
                    name,
                    1,
                    f"column {place + 1}",
                    "blank_header",
                    "",
                    f"the column has cells (first in row {filled}) but no name",
                    "name it as in the codebook, or delete it; unmerge merged header cells",
                )
        elif column in places:
            faults.error(
                name,
                1,
                column,
                "duplicate_header",
                column,
                "the column is there twice",
                "keep one of them",
            )
        else:
            places[column] = place
            if column != cell:
                faults.warn(
                    name,
                    1,
                    column,
                    "blanks",
                    cell,
                    "has blanks around it, which are not read",
                    "delete the blanks",
                )
    return places


def _values(texts, numbers, broken, codebook: Codebook, kind: str) -> list[dict]:
    rows = [{"row": row} for row in numbers]
    for column in codebook.of(kind).values():
        missing = BAD if column.required != "optional" else None
        column_texts = texts.get(column.name)
        for place, row in enumerate(rows):
            if column_texts is None or (row["row"] in broken and not column.key):
                row[column.name] = missing
                continue
            try:
                row[column.name] = cells.parse(column, column_texts[place])
            except cells.BadCell:
                row[column.name] = BAD
    return rows

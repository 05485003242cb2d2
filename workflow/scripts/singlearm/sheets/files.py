"""The files of a layer: which are sheets, which are nearly called so, which cannot be read."""

import re
from pathlib import Path

from .codebook import Codebook
from .core import SHEETS
from .csv_sheets import Grid, read_csv
from .headers import tell_header, tell_totals
from .problems import Faults
from .workbook import read_single, read_workbook, tell_unknown

#: What a layer's workbook is called, with any of the endings of workbooks.
WORKBOOK = "extraction"
TEXT_ENDINGS = (".csv", ".tsv")
WORKBOOK_ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
#: Files that are sheets, or that somebody may take for sheets.
SHEET_LIKE = TEXT_ENDINGS + WORKBOOK_ENDINGS

#: Endings of sheets that are not read, which is told of a file that is called like a sheet.
UNREAD_ENDINGS = (".fods", ".ots", ".xltx", ".xltm", ".numbers", ".txt", ".tab", ".dat")

#: What a browser or a file manager adds to the name of a second copy.
_COPY = re.compile(
    r"(?:copy of |kopie von )?(.*?)(?:[ _-]*\([0-9]+\)|[ _-]+(?:copy|kopie)(?: ?[0-9]+)?)?",
    re.IGNORECASE,
)


def sheet_files(folder: Path) -> list[Path]:
    """The files of a folder that are, or look like, sheets; hidden and lock files left out."""
    return [path for path in _sheet_like(folder) if _is_file(path)]


def _sheet_like(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "~")))
    return [path for path in paths if path.suffix.lower() in SHEET_LIKE or _unread(path)]


def _unread(path: Path) -> bool:
    """Whether a file is called like a sheet and saved in a form that is not read."""
    return (
        path.suffix.lower() in UNREAD_ENDINGS
        and _called(path) in (*SHEETS, WORKBOOK)
        and _is_file(path)
    )


def _called(path: Path) -> str:
    """The name without its ending; outcomes_2.csv.txt has two."""
    stem = path.stem.strip().casefold()
    return stem.removesuffix(Path(stem).suffix) if Path(stem).suffix in SHEET_LIKE else stem


def _is_file(path: Path) -> bool:
    """Whether a path leads to an ordinary file; a loop of links does not."""
    try:
        return path.is_file()
    except OSError:
        return False


def read_files(
    folder: Path, codebook: Codebook, faults: Faults
) -> tuple[dict[str, Grid], set[str]]:
    """The grids of a folder by sheet, and the sheets that are there and cannot be read."""
    found = _Found(faults)
    workbooks = []
    for path in _sheet_like(folder):
        stem = path.stem.strip().casefold()
        if path.suffix.lower() in UNREAD_ENDINGS:
            found.unread |= _tell_unread(path, faults)
        elif not _is_file(path):
            told = "is not a file (a folder, a pipe, a device or a link that leads nowhere)"
            hint = "put the file itself into the layer"
            faults.error(path.name, "unreadable", told, hint)
            found.unread |= {stem} & set(SHEETS)
        elif stem in SHEETS:
            found.add(stem, read_one(path, stem, codebook, faults), path.name)
        elif stem == WORKBOOK and path.suffix.lower() in WORKBOOK_ENDINGS:
            workbooks.append(path)
        elif name := _copied(stem):
            right = f"{name}{path.suffix.lower()}"
            told = "is called like a second copy and was not read"
            hint = f"rename it to {right}, or delete it if {right} is there too"
            faults.error(path.name, "file_name", told, hint)
            found.unread |= _sheets_in(name)
        elif stem.startswith(WORKBOOK) and path.suffix.lower() in WORKBOOK_ENDINGS:
            right = f"{WORKBOOK}{path.suffix.lower()}"
            hint = f"rename it to {right}; if that is there too, keep one of them"
            told = f"is not called {right} and was not read"
            faults.error(path.name, "file_name", told, hint)
            found.unread |= set(SHEETS)
        else:
            tell_unknown(path.name, path.stem, faults)
    for path in workbooks:
        tabs = read_workbook(path, codebook, faults)
        if tabs is None:
            found.unread |= set(SHEETS) - set(found.grids)
        for sheet, grid in (tabs or {}).items():
            found.add(sheet, grid, f"a tab of {path.name}")
    for sheet, grid in list(found.grids.items()):
        if tell_header(sheet, grid, codebook.of(SHEETS[sheet]), faults):
            tell_totals(sheet, grid, faults)
        else:
            found.unread.add(sheet)
            del found.grids[sheet]
    return found.grids, found.unread


def read_file(path: Path, sheet: str, codebook: Codebook, faults: Faults) -> Grid | None:
    """The grid of one sheet in a file of any name, or in a tab of a workbook `extraction`."""
    if path.suffix.lower() not in SHEET_LIKE:
        told = f"{path.name} is not a sheet: its name ends in none of {', '.join(SHEET_LIKE)}"
        faults.error(sheet, "unreadable", told, "save it as 'CSV UTF-8'")
        return None
    if path.stem.casefold() == WORKBOOK and path.suffix.lower() in WORKBOOK_ENDINGS:
        tabs = read_workbook(path, codebook, faults)
        grid = (tabs or {}).get(sheet)
        if tabs is not None and grid is None:
            told = f"{path.name} has no tab {sheet} with content"
            faults.error(sheet, "missing_sheet", told, "name the file that has the sheet")
    else:
        grid = read_one(path, sheet, codebook, faults)
    if grid is None or not tell_header(sheet, grid, codebook.of(SHEETS[sheet]), faults):
        return None
    return grid


class _Found:
    """The sheets of a layer as they are found, each once."""

    def __init__(self, faults: Faults) -> None:
        self.grids: dict[str, Grid] = {}
        self.unread: set[str] = set()
        self._faults = faults
        self._origins: dict[str, str] = {}

    def add(self, sheet: str, grid: Grid | None, origin: str) -> None:
        """Put a sheet to the others; one that is there already is a fault."""
        first = self._origins.setdefault(sheet, origin)
        if first != origin:
            told = f"is there as {first} and as {origin}"
            self._faults.error(sheet, "sheet_twice", told, "keep one of them")
        elif grid is None:
            self.unread.add(sheet)
        else:
            self.grids[sheet] = grid


def read_one(path: Path, sheet: str, codebook: Codebook, faults: Faults) -> Grid | None:
    """The grid of a text file, or of the one tab of a workbook, as it stands."""
    columns = codebook.of(SHEETS[sheet])
    if path.suffix.lower() in TEXT_ENDINGS:
        return read_csv(path, sheet, faults, columns)
    return read_single(path, sheet, columns, faults)


def _tell_unread(path: Path, faults: Faults) -> set[str]:
    """Tell a sheet of a form that is not read; the sheets that may be in it."""
    name = _called(path)
    told = f"is called like a sheet and was not read: files {path.suffix.lower()} are not"
    hint = f"save it as {name}.xlsx" + (f" or {name}.csv" if name != WORKBOOK else "")
    faults.error(path.name, "file_format", told, hint)
    return _sheets_in(name)


def _sheets_in(name: str) -> set[str]:
    """The sheets that a file of this name may hold: one, or all of a workbook."""
    return set(SHEETS) if name == WORKBOOK else {name}


def _copied(stem: str) -> str:
    """What a file copies that is called like a second copy of a sheet or workbook, else nothing."""
    copy = _COPY.fullmatch(stem)
    return copy[1] if copy and copy[1] != stem and copy[1] in (*SHEETS, WORKBOOK) else ""

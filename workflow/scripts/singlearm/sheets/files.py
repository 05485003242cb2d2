"""The files of a layer: which are sheets, which are nearly called so, which cannot be read."""

import re
from pathlib import Path

from .codebook import SHEETS, Codebook
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

#: What a browser or a file manager adds to the name of a second copy.
_COPY = re.compile(
    r"(?:copy of |kopie von )?(.*?)(?:[ _-]*\([0-9]+\)|[ _-]+(?:copy|kopie)(?: ?[0-9]+)?)?",
    re.IGNORECASE,
)


def sheet_files(folder: Path) -> list[Path]:
    """The files of a folder that are, or look like, sheets; hidden and lock files left out."""
    return [path for path in _sheet_like(folder) if _is_file(path)]


def _sheet_like(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SHEET_LIKE and not path.name.startswith((".", "~"))
    )


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
    grids: dict[str, Grid | None] = {}
    origins: dict[str, str] = {}
    whole: list[Path] = []
    for path in _sheet_like(folder):
        stem = path.stem.strip().casefold()
        if not _is_file(path):
            _tell_no_file(path, faults)
            if stem in SHEETS:
                grids.setdefault(stem, None)
        elif stem in SHEETS:
            grid = _read_one(path, stem, codebook, faults)
            _add(stem, grid, path.name, grids, origins, faults)
        elif stem == WORKBOOK and path.suffix.lower() in WORKBOOK_ENDINGS:
            whole.append(path)
        elif not _tell_copy(path, stem, faults):
            tell_unknown(path.name, path.stem, faults)
        else:
            grids |= {} if stem in SHEETS else dict.fromkeys(_of_copy(stem), None)
    for path in whole:
        tabs = read_workbook(path, codebook, faults)
        if tabs is None:
            tabs = dict.fromkeys(set(SHEETS) - set(grids), None)
        for sheet, grid in tabs.items():
            _add(sheet, grid, f"a tab of {path.name}", grids, origins, faults)
    for sheet, grid in grids.items():
        if grid is None:
            continue
        if tell_header(sheet, grid, codebook.of(SHEETS[sheet]), faults):
            tell_totals(sheet, grid, faults)
        else:
            grids[sheet] = None
    read = {sheet: grid for sheet, grid in grids.items() if grid is not None}
    return read, set(grids) - set(read)


def _read_one(path: Path, sheet: str, codebook: Codebook, faults: Faults) -> Grid | None:
    columns = codebook.of(SHEETS[sheet])
    if path.suffix.lower() in TEXT_ENDINGS:
        return read_csv(path, sheet, faults, columns)
    return read_single(path, sheet, columns, faults)


def _add(
    sheet: str,
    grid: Grid | None,
    origin: str,
    grids: dict[str, Grid | None],
    origins: dict[str, str],
    faults: Faults,
) -> None:
    """Put a sheet to the others; one that is there already is a fault."""
    if sheet in origins:
        faults.error(
            sheet,
            "sheet_twice",
            f"is there as {origins[sheet]} and as {origin}",
            "keep one of them",
        )
        return
    grids[sheet] = grid
    origins[sheet] = origin


def _tell_no_file(path: Path, faults: Faults) -> None:
    faults.error(
        path.name,
        "unreadable",
        "is not a file (a folder, a pipe, a device or a link that leads nowhere)",
        "put the file itself into the layer",
    )


def _of_copy(stem: str) -> set[str]:
    """Sheets that a second copy hides: one, or all for a workbook."""
    copy = _COPY.fullmatch(stem)
    name = copy[1] if copy else ""
    return set(SHEETS) if name == WORKBOOK else {name} & set(SHEETS)


def _tell_copy(path: Path, stem: str, faults: Faults) -> bool:
    """Tell a name that a browser gave to a second download; whether it was one."""
    copy = _COPY.fullmatch(stem)
    if copy is None or not _of_copy(stem):
        return False
    right = f"{copy[1]}{path.suffix.lower()}"
    faults.error(
        path.name,
        "file_name",
        "is called like a second copy and was not read",
        f"rename it to {right}, or delete it if {right} is there too",
    )
    return True

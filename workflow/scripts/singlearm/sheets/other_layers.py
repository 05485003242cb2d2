"""Which layers of other versions the check of a version has to read: a plan asks, so it is quick.

An outcome without data in any version is a fault of the protocol. To tell it from one whose data
stand in another version's layer, that layer is read as well, and no more layers than needed: one
that is added for a new version shall not re-run the others.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from singlearm.kinds import KINDS
from singlearm.kinds.columns import Column

from .cells import EDGES, parse
from .codebook import Codebook
from .core import EXTRACTED
from .csv_sheets import Grid
from .files import WORKBOOK, read_one, sheet_files
from .problems import Faults
from .workbook import read_workbook

#: A file larger than this is not read to make a plan.
LARGEST = 20_000_000
_OF_SHEET = {f"{sheet}_{number}": sheet for sheet in EXTRACTED for number in (1, 2)}

Outcomes = Mapping[str, Mapping[str, Any]]
#: The outcomes that a layer surely has, and those that it may have.
Found = tuple[frozenset[str], frozenset[str]]


def other_layers(
    versions: Mapping[str, Mapping[str, Any]],
    version: str,
    outcomes: Iterable[str],
    found_in: Callable[[str], Found],
) -> list[str]:
    """Layers of other versions until each outcome that this version's layers lack is found.

    Parameters
    ----------
    versions : mapping
        The protocol's versions with their `layers`.
    outcomes : iterable of str
        The protocol's outcomes; a layer is looked into only while some are not found.
    found_in : callable
        `outcomes_in` for a layer; of the version's own layers only what they surely have counts,
        of the others also what they may have.
    """
    own = versions[version]["layers"]
    layers = dict.fromkeys(layer for entry in versions.values() for layer in entry["layers"])
    others = [layer for layer in layers if layer not in own]
    lacking, chosen = set(outcomes) if others else set(), []
    for layer in (*own, *others):
        if not lacking:
            break
        surely, perhaps = found_in(layer)
        if layer not in own and lacking & perhaps:
            chosen.append(layer)
        lacking -= surely
    return chosen


def outcomes_in(layer: str, outcomes: Outcomes, codebook: Codebook) -> Found:
    """The protocol's outcomes that the extractors' sheets of a layer have, read as the check does.

    A layer with a sheet that cannot be read surely has what the others of its sheets have, and may
    have everything; why it cannot be read is the check's to tell.
    """
    surely, whole = {n for n, o in outcomes.items() if KINDS[o["kind"]].derived}, True
    for sheet, grid in _grids(Path(layer), codebook):
        rows = _rows(grid, codebook.of(sheet)) if grid else None
        whole = whole and rows is not None
        for name, outcome in outcomes.items():
            kind = KINDS[outcome["kind"]]
            if kind.sheet.name == sheet and any(kind.is_of(r, name, outcome) for r in rows or ()):
                surely.add(name)
    return frozenset(surely), frozenset(surely if whole else outcomes)


def _grids(folder: Path, codebook: Codebook) -> Iterator[tuple[str, Grid | None]]:
    """The extractors' sheets of a folder with their grids; none for one that is not read."""
    for path in sheet_files(folder) if folder.is_dir() else ():
        stem, untold = path.stem.strip().casefold(), Faults("")
        large = path.stat().st_size > LARGEST
        if stem in _OF_SHEET:
            yield _OF_SHEET[stem], None if large else read_one(path, stem, codebook, untold)
        elif stem == WORKBOOK:
            tabs = None if large else read_workbook(path, codebook, untold)
            if tabs is None:
                yield from dict.fromkeys(EXTRACTED).items()
            for tab in _OF_SHEET.keys() & (tabs or {}).keys():
                yield _OF_SHEET[tab], (tabs or {})[tab]


def _rows(grid: Grid, columns: Mapping[str, Column]) -> list[dict[str, Any]] | None:
    """Outcome and time of each row; None without a header in the first row."""
    header, records = [cell.strip(EDGES) for cell in grid[0]], grid[1]
    if "outcome" not in header:
        return None
    places = {
        name: header.index(name)
        for name in ("outcome", "months")
        if name in header and name in columns
    }
    different = dict.fromkeys(
        tuple(record[place] if place < len(record) else "" for place in places.values())
        for _, record in records
    )
    return [
        {name: parse(columns[name], text) for name, text in zip(places, texts, strict=True)}
        for texts in different
    ]

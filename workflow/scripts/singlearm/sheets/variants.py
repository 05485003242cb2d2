"""The versions of an outcome's data that a multiverse analyses: who counts, and out of how many.

All versions list the same studies, absent ones marked, so that they can be analysed side by side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
#: Name of an inclusion set to columns and the values that are kept.
Filters = Mapping[str, Mapping[str, Sequence[str]]]
LATEST, EARLIER, REPORTED, ALL = "latest", "earlier", "reported", "all"


@dataclass(frozen=True, slots=True)
class Variant:
    """One version of the data, a value for each row of `rows_of`: counts, and who takes part.

    `complete` says whether all who are in the inclusion set and the data cut have the denominator.
    """

    inclusion: str
    data_cut: str
    denominators: str
    events: tuple[int, ...]
    total: tuple[int, ...]
    present: tuple[bool, ...]
    complete: bool = True


def rows_of(cells: Sequence[Row], earlier: Sequence[Row] = ()) -> list[Row]:
    """The outcome's cells, then the earlier reports that a later one of them replaces."""
    return [*cells, *(row for row, _ in _replaced(cells, earlier))]


def variants(
    cells: Sequence[Row],
    earlier: Sequence[Row],
    filters: Filters,
    denominators: Sequence[str],
) -> list[Variant]:
    """Every combination of data cut, denominator and inclusion set, the plain one first.

    Args:
        cells: The analysis set of the outcome.
        earlier: The outcome's cells in the version before; where a study of `cells` supersedes or
            updates one of them, the data cut `earlier` takes the earlier report in its place. No
            such study: no such cut.
        filters: Name of an inclusion set to columns and the values that are kept.
        denominators: Columns that may stand for the reported total, `n_enrolled` say; a study
            whose column is empty or below the events takes no part then, so that no version mixes
            two kinds of denominator, and the version is not `complete`: beside the reported totals
            it would compare other studies, not other denominators.

    Raises:
        ValueError: A filter or denominator names a column that the cells do not have.
    """
    rows = rows_of(cells, earlier)
    _check_columns(rows, filters, denominators)
    updated = {index for _, index in _replaced(cells, earlier)}
    cuts = {LATEST: [i < len(cells) for i in range(len(rows))]}
    if updated:
        cuts[EARLIER] = [i not in updated for i in range(len(rows))]
    events = tuple(row["events"] for row in rows)
    totals = {REPORTED: tuple(row["total"] for row in rows)}
    totals |= {column: tuple(_total(row, column) for row in rows) for column in denominators}
    has = {REPORTED: [True] * len(rows)}
    has |= {column: [_usable(row, column) for row in rows] for column in denominators}
    kept = {ALL: [True] * len(rows)}
    kept |= {name: [_passes(row, where) for row in rows] for name, where in filters.items()}
    return [
        Variant(inclusion, cut, denominator, events, total, *_who(there, passes, has[denominator]))
        for cut, there in cuts.items()
        for denominator, total in totals.items()
        for inclusion, passes in kept.items()
    ]


def _who(*conditions: Sequence[bool]) -> tuple[tuple[bool, ...], bool]:
    """Who is in the data cut and the inclusion set and has the denominator, and whether all have
    the last who fulfil the others."""
    present = tuple(map(all, zip(*conditions, strict=True)))
    asked = tuple(map(all, zip(*conditions[:-1], strict=True)))
    return present, present == asked


def _replaced(cells: Sequence[Row], earlier: Sequence[Row]) -> list[tuple[Row, int]]:
    """Earlier reports, each with the index of the cell that took its place."""
    places: dict[str, int] = {}
    for index, cell in enumerate(cells):
        for name in [cell["study_id"], *str(cell.get("supersedes") or "").split(";")]:
            places.setdefault(name.strip(), index)
    current = {(row["study_id"], row["events"], row["total"]) for row in cells}
    return [
        (row, places[row["study_id"]])
        for row in earlier
        if row["study_id"] in places
        and (row["study_id"], row["events"], row["total"]) not in current
    ]


def _usable(row: Row, column: str) -> bool:
    return row[column] is not None and int(row[column]) >= row["events"]


def _total(row: Row, column: str) -> int:
    return int(row[column]) if _usable(row, column) else row["total"]


def _passes(row: Row, where: Mapping[str, Sequence[str]]) -> bool:
    return all(str(row[column] or "") in map(str, kept) for column, kept in where.items())


def _check_columns(rows: Sequence[Row], filters: Filters, denominators: Sequence[str]) -> None:
    if not rows:
        return
    named = {column for where in filters.values() for column in where} | set(denominators)
    unknown = sorted(named - set(rows[0]))
    if unknown:
        raise ValueError(
            f"multiverse: no column {', '.join(unknown)}; there are: {', '.join(sorted(rows[0]))}"
        )

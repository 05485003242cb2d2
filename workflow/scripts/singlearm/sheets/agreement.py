"""How well the two extractors agree, from the reconciliation table."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from singlearm.catalogue.numbers import Z95

#: Name of the row that compares all fields of a cell together, or counts all outcomes.
ALL = "all"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on one field (`all`: on every field of the cell) of one outcome (`all`: of any).

    Of the `both` cells that both extractors filled, `equal` are exactly equal: `share` of them,
    with the Wilson 95% interval; both are `None` without such cells. `only_1` and `only_2` count
    the cells that one extractor alone filled.
    """

    sheet_kind: str
    outcome: str
    field: str
    both: int
    equal: int
    share: float | None
    ci_low: float | None
    ci_high: float | None
    only_1: int
    only_2: int


def agreement(rows: Iterable[Mapping], layer: str | None = None) -> list[Agreement]:
    """Agreement for each kind of sheet, outcome and field, sorted, `all` first.

    Args:
        rows: Rows of `clean/reconciliation.csv`.
        layer: Counts only this layer's extraction; by default all layers'.
    """
    cells: dict[tuple, dict[str, tuple]] = {}
    for row in rows:
        if layer is None or row["layer"] == layer:
            key = (row["sheet_kind"], row["layer"], row["study_id"], row["outcome"])
            cells.setdefault(key, {})[row["field"]] = (row["value_1"], row["value_2"])
    groups: dict[tuple, list[dict]] = {}
    for (kind, _, _, outcome), fields in cells.items():
        name = outcome.partition(",")[0]  # a comparative cell is called outcome, contrast, cut
        for group in ((kind, ALL), (kind, name)):
            groups.setdefault(group, []).append(fields)
    compared = [
        _compare(kind, outcome, field, members)
        for (kind, outcome), members in groups.items()
        for field in (ALL, *members[0])
    ]
    compared.sort(key=lambda a: (a.sheet_kind, a.outcome != ALL, a.outcome, a.field != ALL))
    return compared


def agreement_rows(rows: list[dict]) -> list[dict]:
    """Rows of `clean/agreement.csv`: the agreement within each layer that was extracted twice."""
    layers = sorted({row["layer"] for row in rows})
    return [{"layer": layer} | asdict(a) for layer in layers for a in agreement(rows, layer)]


def _compare(kind: str, outcome: str, field: str, cells: list[dict[str, tuple]]) -> Agreement:
    filled = [
        [any(pair[n] is not None for pair in cell.values()) for n in (0, 1)] for cell in cells
    ]
    pairs = [cell for cell, there in zip(cells, filled, strict=True) if all(there)]
    names = list(cells[0]) if field == ALL else [field]
    equal = sum(all(cell[name][0] == cell[name][1] for name in names) for cell in pairs)
    only = [sum(there[n] and not there[1 - n] for there in filled) for n in (0, 1)]
    return Agreement(kind, outcome, field, len(pairs), equal, *wilson(equal, len(pairs)), *only)


def wilson(events: int, total: int) -> tuple[float | None, float | None, float | None]:
    """Share and its 95% interval by Wilson's score method (Newcombe 1998, Stat Med 17:857).

    >>> [round(x, 4) for x in wilson(81, 263)]
    [0.308, 0.2553, 0.3662]
    """
    if total == 0:
        return None, None, None
    share = events / total
    centre = (share + Z95**2 / (2 * total)) / (1 + Z95**2 / total)
    spread = math.sqrt(share * (1 - share) / total + Z95**2 / (4 * total**2))
    half = Z95 * spread / (1 + Z95**2 / total)
    return share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))

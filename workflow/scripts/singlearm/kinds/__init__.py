"""One module for each kind of outcome: its sheet, checks, pooling and words."""

from functools import partial

from . import by_group, curve, landmark, proportion, rate, ratio, survival, time
from .base import Evidence, Kind, Measure, Pooling, Settings, Sheet

#: Every kind by the word that the protocol writes.
KINDS: dict[str, Kind] = {
    module.KIND.name: module.KIND
    for module in (proportion, survival, landmark, curve, time, rate, ratio)
}

#: The kinds that have a sheet of their own.
WITH_SHEETS: tuple[Kind, ...] = tuple(kind for kind in KINDS.values() if not kind.derived)

_BESIDE = tuple(kind for kind in KINDS.values() if kind.poolings)
_READ = tuple(dict.fromkeys(t for k in _BESIDE for t in k.poolings[k.table].tables))
#: The tables of the protocol's subgroupings and moderators, of every kind but proportions.
BY_GROUP: dict[str, Pooling] = {
    table: Pooling(tuple(dict.fromkeys([*_READ, "studies"])), partial(rows, kinds=_BESIDE))
    for table, rows in (
        ("group_results", by_group.group_rows),
        ("group_tests", by_group.group_tests),
        ("other_regression", by_group.regression_rows),
    )
}

#: Every table that is pooled for a version as a whole, by its name.
POOLINGS: dict[str, Pooling] = {
    table: pooling for kind in KINDS.values() for table, pooling in kind.poolings.items()
} | BY_GROUP

__all__ = [
    "BY_GROUP", "KINDS", "POOLINGS", "WITH_SHEETS", "Evidence", "Kind", "Measure", "Pooling",
    "Settings", "Sheet",
]  # fmt: skip

"""One module for each kind of outcome: the only place that knows what is special about it."""

from . import curve, landmark, proportion, rate, ratio, survival, time
from .base import Evidence, Kind, Measure, Pooling, Settings, Sheet

#: Every kind by the word that the protocol writes.
KINDS: dict[str, Kind] = {
    module.KIND.name: module.KIND
    for module in (proportion, survival, landmark, curve, time, rate, ratio)
}

#: The kinds that have a sheet of their own.
WITH_SHEETS: tuple[Kind, ...] = tuple(kind for kind in KINDS.values() if not kind.derived)

#: Every table that is pooled for a version as a whole, by its name.
POOLINGS: dict[str, Pooling] = {
    table: pooling for kind in KINDS.values() for table, pooling in kind.poolings.items()
}

__all__ = [
    "KINDS", "POOLINGS", "WITH_SHEETS", "Evidence", "Kind", "Measure", "Pooling", "Settings",
    "Sheet",
]  # fmt: skip

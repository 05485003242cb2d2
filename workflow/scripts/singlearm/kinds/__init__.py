"""One module for each kind of outcome: the only place that knows what is special about it."""

from . import curve, landmark, proportion, rate, ratio, time
from .base import Evidence, Kind, Measure, Pooling, Settings, Sheet

#: Every kind by the word that the protocol writes.
KINDS: dict[str, Kind] = {
    module.KIND.name: module.KIND for module in (proportion, landmark, curve, time, rate, ratio)
}

#: Every table that is pooled for a version as a whole, by its name.
POOLINGS: dict[str, Pooling] = {
    table: pooling for kind in KINDS.values() for table, pooling in kind.poolings.items()
}

__all__ = ["KINDS", "POOLINGS", "Evidence", "Kind", "Measure", "Pooling", "Settings", "Sheet"]

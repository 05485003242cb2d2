"""One module for each kind of outcome: the only place that knows what is special about it."""

from . import curve, landmark, proportion, rate, ratio, time
from .base import Kind, Measure, Settings, Sheet

#: Every kind by the word that the protocol writes.
KINDS: dict[str, Kind] = {
    module.KIND.name: module.KIND for module in (proportion, rate, landmark, curve, time, ratio)
}

__all__ = ["KINDS", "Kind", "Measure", "Settings", "Sheet"]

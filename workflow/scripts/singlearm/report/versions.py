"""Two data versions of a review, and when a conclusion counts as changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from singlearm.catalogue import Row
from singlearm.kinds import KINDS, Settings

#: The tables of one version that a comparison reads.
TABLES = (
    "studies",
    "change_log",
    "subgroups",
    "subgroup_tests",
    *(kind.sheet.clean_table for kind in KINDS.values()),
    *(kind.table for kind in KINDS.values()),
)


@dataclass(frozen=True, slots=True)
class ConclusionRule:
    """When a conclusion counts as changed; a part that is None (or False) does not count.

    Parameters
    ----------
    threshold : bool
        The interval comes to lie on another side of the outcome's threshold, or of 1 for a ratio
        (above, below, on both sides of it).
    significance : float, optional
        The p value of a contrast between subgroups, adjusted for their number, moves across this
        value, and by more than twice the simulation error of both.
    proportion : float, optional
        An estimate moves by more than this (0.1 is ten percentage points).
    months : float, optional
        A combined median moves by more than this.
    rate : float, optional
        A pooled rate is more than so many times the other one.
    """

    threshold: bool = False
    significance: float | None = None
    proportion: float | None = None
    months: float | None = None
    rate: float | None = None

    def limit(self, moves: str) -> float | None:
        """How far an estimate may move, by the key that its kind names."""
        return getattr(self, moves, None) if moves else None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The tables of one data version by kind; one that is not there counts as empty."""

    version: str
    tables: Mapping[str, list[Row]]

    def rows(self, kind: str) -> list[Row]:
        """The rows of a kind of table."""
        return list(self.tables.get(kind, ()))


@dataclass(frozen=True, slots=True)
class Update:
    """Two snapshots, and what the protocol says about outcomes, models and comparing them."""

    before: Snapshot
    after: Snapshot
    protocol: Settings
    rule: ConclusionRule

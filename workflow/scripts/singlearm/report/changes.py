"""What differs between two data versions: the rows of `changes.csv`.

Kinds: `study` and `cell` list what came in, went out or was replaced; `estimate` and `subgroup`
put every pooled result before beside its result after, changed or not; `conclusion` says whether
what a reader would conclude is another, by the rule that the protocol states.
"""

from dataclasses import dataclass

from singlearm.catalogue import Row
from singlearm.report.changed_data import cell_changes, study_changes
from singlearm.report.changed_results import ConclusionRule, conclusions, estimates, group_estimates

__all__ = ["ConclusionRule", "Snapshot", "Update", "changes"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The tables of one data version, rows as `read_table` gives them."""

    version: str
    studies: list[Row]
    outcomes: list[Row]
    durations: list[Row]
    comparative: list[Row]
    change_log: list[Row]
    pooled: list[Row]
    subgroups: list[Row]
    tests: list[Row]
    times: list[Row]
    ratios: list[Row]


@dataclass(frozen=True, slots=True)
class Update:
    """Two snapshots and what the protocol says about comparing them.

    `outcomes` are the protocol's settings by name; conclusions are drawn under the `primary` model
    and, for median times, with the method `time_method`.
    """

    before: Snapshot
    after: Snapshot
    outcomes: dict[str, dict]
    primary: str
    time_method: str
    rule: ConclusionRule


def changes(update: Update) -> list[Row]:
    """All rows of `changes.csv`.

    A study's and a cell's rows are differences only. Texts with several values are written as
    `name=value; name=value` with numbers at full precision (`parse_values` reads them).
    """
    return [
        *study_changes(update),
        *cell_changes(update),
        *estimates(update),
        *group_estimates(update),
        *conclusions(update),
    ]

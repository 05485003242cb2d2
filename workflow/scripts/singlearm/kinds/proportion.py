"""Proportions: patients with an event of patients assessed."""

import re
from collections.abc import Iterator

from singlearm.catalogue import Row

from .base import Kind, Sheet
from .columns import (
    CONFIDENCE,
    LABEL,
    NOTES,
    OUTCOME,
    SOURCE_LOCATOR,
    SOURCE_TYPE,
    SOURCE_URL,
    VERIFIED,
    category,
    count,
)
from .rows import RowFault, count_faults, given, plain

#: "84% of 128" in a note: the percentage that a count was made from, and of how many.
PERCENT_OF = re.compile(
    r"(?<![0-9.])([0-9]{1,3}(?:\.[0-9]+)?)\s?%\s+of\s+(?:the\s+|all\s+)?([0-9]+)\b"
)
#: A note that adds or subtracts gives the percentage of a part, not of the count itself.
SUM = re.compile(r"\b(minus|plus|less)\b|[0-9] \+ [0-9]")

COLUMNS = (
    LABEL,
    OUTCOME,
    count("events", "Patients with the event: a count, not a percentage", required="filled"),
    count("total", "Patients assessed for it", minimum=1, required="filled"),
    category("derived", ("no", "from_percent", "from_sum"), "How the count was obtained"),
    SOURCE_URL,
    SOURCE_LOCATOR,
    SOURCE_TYPE,
    CONFIDENCE,
    NOTES,
    *VERIFIED,
)


def check(row: Row, prefix: str) -> Iterator[RowFault]:
    """Counts that cannot be, and a count that no rounding of the percentage in its note gives."""
    yield from count_faults(row, f"{prefix}events", f"{prefix}total")
    if not prefix and row["derived"] == "from_percent":
        yield from _percent(row)


def _percent(row: Row) -> Iterator[RowFault]:
    if not given(row["events"], row["total"], row["notes"]):
        return
    sentences = [part for part in re.split(r"[.;]\s", row["notes"]) if not SUM.search(part)]
    found = [(p, int(n)) for part in sentences for p, n in PERCENT_OF.findall(part)]
    found = [(percent, n) for percent, n in found if n == row["total"]]
    if found and not any(_fits(row["events"], row["total"], percent) for percent, _ in found):
        percent, total = found[0]
        exact = float(percent) * total / 100
        yield RowFault(
            "derived_count",
            "events",
            row["events"],
            f"the note says {percent}% of {total}, which is {exact:.4g} patients",
            f"{round(exact)} would fit; check the count or the note",
            "warning",
        )


def _fits(events: int, total: int, percent: str) -> bool:
    """Whether the count rounds to the printed percentage, or is next to what it stands for."""
    decimals = len(percent.partition(".")[2])
    half = 0.5 * 10**-decimals
    exact = float(percent) * total / 100
    return abs(100 * events / total - float(percent)) <= half + 1e-9 or abs(events - exact) <= 0.5


SHEET = Sheet(
    "outcomes",
    "adjudication",
    COLUMNS,
    fields=("events", "total"),
    text=lambda row: f"{plain(row['events'])}/{plain(row['total'])}",
    check=check,
    counted="total",
)

KIND = Kind("proportion", SHEET, table="pooled")

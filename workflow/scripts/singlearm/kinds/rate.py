"""Rates: events in a time under observation."""

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
    number,
)
from .rows import RowFault, plain

UNITS = ("person-years", "person-months")
COLUMNS = (
    LABEL,
    OUTCOME,
    count("events", "Events counted", unit="events", required="filled"),
    number("person_time", "as unit", 0, None, "Time under observation", required="filled"),
    category("unit", UNITS, "Unit of that time", required="filled"),
    SOURCE_URL,
    SOURCE_LOCATOR,
    SOURCE_TYPE,
    CONFIDENCE,
    NOTES,
    *VERIFIED,
)


def check(row: Row, prefix: str) -> Iterator[RowFault]:
    """No time under observation."""
    if row[f"{prefix}person_time"] == 0:
        yield RowFault(
            "no_time",
            f"{prefix}person_time",
            "0",
            "a rate needs a time above 0",
            "check the source, or take the row out",
        )


SHEET = Sheet(
    "rates",
    "adjudication_rates",
    COLUMNS,
    fields=("events", "person_time", "unit"),
    text=lambda row: f"{plain(row['events'])}/{plain(row['person_time'])} {row['unit'] or ''}",
    check=check,
    clean="rate_values",
)

KIND = Kind("rate", SHEET, table="rates")

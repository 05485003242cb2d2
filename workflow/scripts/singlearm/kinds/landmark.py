"""Landmarks: the probability of being free of an event at a fixed time."""

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
    count,
    number,
)
from .rows import RowFault, given, interval_faults, interval_text, plain

MONTHS = number(
    "months", "months", 0, 1200, "The time of the landmark", required="filled", key=True
)
COLUMNS = (
    LABEL,
    OUTCOME,
    MONTHS,
    number("value_percent", "percent", 0, 100, "Free of the event then", required="filled"),
    number("ci_low", "percent", 0, 100, "Lower limit of the 95% interval"),
    number("ci_high", "percent", 0, 100, "Upper limit of the 95% interval"),
    count("n", "Patients at the start", minimum=1),
    count("n_at_risk", "Patients at risk at that time"),
    SOURCE_URL,
    SOURCE_LOCATOR,
    SOURCE_TYPE,
    CONFIDENCE,
    NOTES,
    *VERIFIED,
)


def check(row: Row, prefix: str) -> Iterator[RowFault]:
    """An interval out of order, more patients at risk than at the start."""
    yield from interval_faults(row, prefix, "value_percent")
    at_risk, patients = row[f"{prefix}n_at_risk"], row[f"{prefix}n"]
    if given(at_risk, patients) and at_risk > patients:
        yield RowFault(
            "at_risk_above_n",
            f"{prefix}n_at_risk",
            at_risk,
            f"{at_risk} at risk of {patients} at the start",
            "are n and n_at_risk swapped?",
        )


SHEET = Sheet(
    "landmarks",
    "adjudication_landmarks",
    COLUMNS,
    fields=("value_percent", "ci_low", "ci_high", "n", "n_at_risk"),
    label=lambda row: f"{row['outcome']}, {plain(row['months'])} months",
    text=lambda row: (
        f"{plain(row['value_percent'])}%{interval_text(row)}, n={plain(row['n']) or '?'}"
    ),
    check=check,
    clean="landmark_values",
    by_end_point=True,
    counted="n",
    counted_severity="warning",
)

KIND = Kind("landmark", SHEET, table="landmarks")

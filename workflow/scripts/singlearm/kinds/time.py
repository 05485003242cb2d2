"""Median times to an event, in months."""

from collections.abc import Iterator

from singlearm.catalogue import Row

from .base import Kind, Sheet
from .columns import EVIDENCE, LABEL, OUTCOME, VERIFIED, YES_NO, category, count, number
from .rows import RowFault, interval_faults, interval_text, plain

COLUMNS = (
    LABEL,
    OUTCOME,
    number("value_months", "months", 0, 1200, "The median; empty if not reached"),
    number("ci_low", "months", 0, 1200, "Lower limit of the 95% interval"),
    number("ci_high", "months", 0, 1200, "Upper limit; empty if not estimable"),
    count("n", "Patients behind the median", minimum=1),
    category(
        "not_reached", YES_NO, "yes: the median was not reached", required="filled",
        recodes=(("Yes", "yes"), ("YES", "yes"), ("No", "no"), ("NO", "no")),
    ),
    *EVIDENCE,
    *VERIFIED,
)  # fmt: skip


def check(row: Row, prefix: str) -> Iterator[RowFault]:
    """An interval out of order, a median of zero, one that is reached and not."""
    yield from interval_faults(row, prefix, "value_months")
    reached, value = row[f"{prefix}not_reached"], row[f"{prefix}value_months"]
    column = f"{prefix}value_months"
    if value == 0 or row[f"{prefix}ci_high"] == 0:
        zero = column if value == 0 else f"{prefix}ci_high"
        yield RowFault(
            "median_zero",
            zero,
            "0",
            "a median time is above 0",
            "check the source; leave it empty where nothing is reported",
        )
    if reached == "yes" and isinstance(value, float):
        yield RowFault(
            "not_reached",
            column,
            plain(value),
            "has a value although not_reached is yes",
            "empty one of the two",
        )
    if reached == "no" and value is None:
        yield RowFault(
            "not_reached",
            column,
            "",
            "is empty although not_reached is no",
            "fill it, or write yes",
        )


def text(row: Row) -> str:
    """`7.2 (5 to 9), n=16`, for logs."""
    value = "not reached" if row["not_reached"] == "yes" else plain(row["value_months"])
    return f"{value or '?'}{interval_text(row)}, n={plain(row['n']) or '?'}"


SHEET = Sheet(
    "durations",
    "adjudication_durations",
    COLUMNS,
    fields=("value_months", "ci_low", "ci_high", "n", "not_reached"),
    text=text,
    check=check,
    counted="n",
    counted_severity="warning",
)

KIND = Kind("time", SHEET, table="times")

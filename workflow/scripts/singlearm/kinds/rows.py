"""Faults within one extracted row, in the words that the checks print."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import current


class RowFault(NamedTuple):
    """What is wrong with a row: rule, column, value, message and remedy; `error` or `warning`."""

    rule: str
    column: str
    value: object
    message: str
    hint: str
    severity: str = "error"


def given(*values: Any) -> bool:
    """Whether all values are there and can be read (an unreadable cell is no number)."""
    return all(isinstance(value, int | float | str) for value in values)


def plain(value: Any) -> str:
    """A value as logs and messages show it; nothing for nothing.

    >>> plain(7.0), plain(0.25), plain("no"), plain(None)
    ('7', '0.25', 'no', '')
    """
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def told(value: Any) -> str:
    """As `plain`, for people: a number has the decimal mark of the language in use."""
    text = plain(value)
    return text.replace(".", current().decimal) if isinstance(value, float) else text


def count_faults(row: Row, events: str, total: str) -> Iterator[RowFault]:
    """More events than patients."""
    if given(row[events], row[total]) and row[events] > row[total]:
        yield RowFault(
            "events_above_total",
            events,
            row[events],
            f"{row[events]} events among {row[total]} patients; allowed: 0 to {row[total]}",
            "are events and total swapped?",
        )


def interval_faults(row: Row, prefix: str, value: str) -> Iterator[RowFault]:
    """Limits and value that do not rise."""
    low, middle, high = (row[f"{prefix}{name}"] for name in ("ci_low", value, "ci_high"))
    pairs = ((low, high, "ci_low"), (low, middle, "ci_low"), (middle, high, "ci_high"))
    for lower, upper, column in pairs:
        if given(lower, upper) and lower > upper:
            shown = ", ".join(plain(each) or "?" for each in (low, middle, high))
            yield RowFault(
                "interval_order",
                f"{prefix}{column}",
                plain(row[f"{prefix}{column}"]),
                f"the interval is not in order: {shown}",
                "lower limit, value and upper limit must rise",
            )
            return


def rise(
    before: Row,
    row: Row,
    column: str,
    time: str,
    hint: str,
    what: str = "",
    severity: str = "error",
) -> RowFault:
    """A value that is larger than the one at an earlier time, and may only fall."""
    return RowFault(
        f"{column}_rises",
        column,
        plain(row[column]),
        f"{what}rises from {plain(before[column])} at {plain(before[time])} months "
        f"(row {before['row']}) to {plain(row[column])} at {plain(row[time])}",
        hint,
        severity,
    )


def interval_text(row: Row) -> str:
    """The limits of an interval as read in a source, a blank before; empty if there are none."""
    low, high = row["ci_low"], row["ci_high"]
    if low is None and high is None:
        return ""
    return f" ({numbers.span(told(low) or '?', told(high) or '?')})"


def in_time_order(rows: Iterable[Row], time: str) -> dict[tuple[str, str], list[Row]]:
    """The rows of each study and end point by the column `time`, and where it is the same in
    order.
    """
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if given(row["study_id"], row["outcome"], row[time]):
            found[row["study_id"], row["outcome"]].append(row)
    for own in found.values():
        own.sort(key=lambda row: row[time])
    return found

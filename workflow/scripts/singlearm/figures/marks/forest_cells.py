"""The texts of a study forest's cells, by the column of its layout."""

from typing import Any

from singlearm.catalogue import Row, numbers


def counts(row: Row) -> dict[str, str]:
    """Events and patients, together and apart."""
    return {
        "fraction": numbers.events_total(row["events"], row["total"]),
        "events": numbers.count(row["events"]),
        "patients": numbers.count(row["total"]),
    }


def effect(value: float | None, low: float | None, high: float | None) -> dict[str, str]:
    """A percentage and its limits; of a prediction interval the limits alone."""
    interval = numbers.percent_interval(low, high)
    if value is None:
        return {"percent": "", "interval": interval, "effect": interval}
    return {
        "percent": numbers.percent(value),
        "interval": interval,
        "effect": numbers.percent_ci(value, low, high),
    }


def cell(value: Any) -> str:
    """A value of a column of studies."""
    if isinstance(value, float):
        return numbers.shortest(value)
    return "" if value is None else str(value)

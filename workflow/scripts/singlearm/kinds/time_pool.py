"""From the clean medians of a version to the rows of `times.csv`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from singlearm.catalogue import Row
from singlearm.catalogue.tables import row_of
from singlearm.synthesis import pool_median_times, weighted_median_time
from singlearm.synthesis.notes import Note
from singlearm.synthesis.times import PooledTimes


def time_rows(durations: Sequence[Row], outcomes: Iterable[str]) -> list[Row]:
    """Every method side by side, for each outcome."""
    return [
        row_of(pooled, "times", outcome=outcome)
        for outcome in outcomes
        for pooled in pool_medians([row for row in durations if row["outcome"] == outcome])
    ]


def pool_medians(medians: Sequence[Row]) -> Iterator[PooledTimes]:
    """The methods on the medians of one outcome; one without a number of patients has no weight."""
    weighed = [row for row in medians if row["n"]]
    median = weighted_median_time(_column(weighed, "value_months"), _column(weighed, "n"))
    without = len(medians) - len(weighed)
    more = (Note("no_weight", value=without),) if without else ()
    yield replace(median, notes=(*median.notes, *more))
    months, low, high, n = (
        _column(medians, name) for name in ("value_months", "ci_low", "ci_high", "n")
    )
    for scale in ("natural", "log"):
        yield pool_median_times(months, low, high, n, scale=scale)


def _column(rows: Sequence[Row], name: str) -> list[float | None]:
    return [row[name] for row in rows]

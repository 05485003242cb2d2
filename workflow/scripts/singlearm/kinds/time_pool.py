"""From the clean medians of a version to the rows of `times.csv`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import log
from typing import Any

from singlearm.catalogue import Row
from singlearm.catalogue.tables import row_of
from singlearm.synthesis import pool_median_times, weighted_median_time
from singlearm.synthesis.notes import Note
from singlearm.synthesis.times import PooledTimes, median_standard_errors
from singlearm.synthesis.weighted_times import bounded_median_time

from .base import Effects, Evidence
from .time import ENDLESS, KIND


def time_rows(evidence: Evidence) -> list[Row]:
    """Every method side by side, for each outcome."""
    followup = {row["study_id"]: row.get("median_followup_months") for row in evidence.studies}
    return [
        row_of(pooled, "times", outcome=outcome)
        for outcome in evidence.of_kind(KIND.name)
        for pooled in pool_medians(evidence.rows(KIND, outcome), followup)
    ]


def pool_medians(
    medians: Sequence[Row], followup: Mapping[str, float | None]
) -> Iterator[PooledTimes]:
    """The methods on the medians of one outcome; one without a number of patients has no weight.

    Parameters
    ----------
    medians : sequence of dict
        Rows of `clean/durations.csv`.
    followup : mapping
        study_id to its median follow-up: the bound of a median that was not reached and has no
        lower limit. It is that of the study's row, which may be of an earlier report than the
        median; a median that is not reached later was not reached then, so it stays a bound.
    """
    weighed = [row for row in medians if row["n"]]
    without = len(medians) - len(weighed)
    more = (Note("no_weight", value=without),) if without else ()
    months, n = _column(weighed, "value_months"), _column(weighed, "n")
    bounds = [
        followup.get(row["study_id"]) if row["ci_low"] is None else row["ci_low"] for row in weighed
    ]
    for median in (
        bounded_median_time(months, n, bounds, strict=True),
        replace(weighted_median_time(months, n, strict=True), method=ENDLESS),
    ):
        yield replace(median, notes=(*median.notes, *more))
    months, low, high, n = (
        _column(medians, name) for name in ("value_months", "ci_low", "ci_high", "n")
    )
    for scale in ("natural", "log"):
        yield pool_median_times(months, low, high, n, scale=scale)


def study_effects(evidence: Evidence, outcome: str) -> Effects:
    """Log medians of the studies that reached theirs, with the variance that the interval gives."""
    rows = [row for row in evidence.rows(KIND, outcome) if row["value_months"] is not None]
    months, low, high = (_column(rows, name) for name in ("value_months", "ci_low", "ci_high"))
    errors = median_standard_errors(months, low, high, scale="log")
    studies = [row["study_id"] for row in rows]
    return Effects(studies, [log(value) for value in months], (errors**2).tolist())


def _column(rows: Sequence[Row], name: str) -> list[Any]:
    return [row[name] for row in rows]

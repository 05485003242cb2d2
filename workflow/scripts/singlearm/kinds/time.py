"""Median times to an event, in months."""

from collections.abc import Sequence

from singlearm.catalogue import Row, numbers

from . import base
from .base import Kind, Measure, Settings, Sheet, headline

MEASURE = Measure("months", " months", " months", moves="months")
COLUMNS = ("estimate_months", "ci_low", "ci_high")
DEFAULT_METHOD = "weighted_median"
#: Methods of combining medians as people call them.
METHODS = {
    "weighted_median": "Weighted median of medians",
    "inverse_variance": "Inverse-variance mean of medians",
    "inverse_variance_log": "Inverse-variance mean, log scale",
    "median_of_medians": "Median of medians",
}


def lead(rows: Sequence[Row], protocol: Settings) -> Row | None:
    """The row by the protocol's method for medians."""
    method = protocol.get("paper_times", DEFAULT_METHOD)
    row = next((row for row in rows if row["method"] == method), None)
    return row and headline(row, COLUMNS)


def counts(row: Row) -> str:
    """`19 studies, 1231 patients; in 4 the median was not reached`."""
    told = base.counts(row)
    if row["k_not_reached"]:
        told += f"; in {numbers.count(row['k_not_reached'])} the median was not reached"
    return told


def method_words(name: str) -> str:
    """A method of combining medians in the middle of a sentence."""
    words = METHODS.get(name, name.replace("_", " "))
    return words[:1].lower() + words[1:]


def sentence(row: Row, label: str) -> str:
    """`Overall survival: 8.0 months (95% CI 5.9 to 11.8), weighted median of 19 studies ...`."""
    if row["value"] is None:
        return ""
    said = MEASURE.text(row["value"], row["low"], row["high"])
    return f"{label}: {said}, {method_words(row['method'])} of {counts(row)}."


def methods(_: Settings) -> str:
    """How medians are combined."""
    return (
        "Median times were combined over studies by the weighted median of the studies' medians "
        "[@mcgrath2019] and by inverse-variance means, on the scale of months and on its "
        "logarithm. In the weighted median a median that was not reached counts as longer than "
        "every one that was; it stays out of the means and is counted."
    )


KIND = Kind(
    "time",
    Sheet(
        "durations",
        "adjudication_durations",
        text=lambda row: MEASURE.text(row["value_months"], row["ci_low"], row["ci_high"]),
    ),
    table="times",
    measure=MEASURE,
    columns=COLUMNS,
    lead=lead,
    counts=counts,
    sentence=sentence,
    methods=methods,
)

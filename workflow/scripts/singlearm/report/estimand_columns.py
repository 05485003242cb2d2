"""Columns of pooled proportions by what they are of: the median study, or the average."""

from collections.abc import Iterable
from dataclasses import replace

from singlearm.catalogue import Column, Row
from singlearm.catalogue.language import mark
from singlearm.catalogue.results import AVERAGE
from singlearm.kinds.model_words import estimand, model_of
from singlearm.report.review import Review
from singlearm.report.table import Table

#: Headings of an estimate alone and with its limits, by what it is of.
HEADINGS = {
    "average": (AVERAGE.split(" [")[0], AVERAGE),
    "common": (mark("Common proportion, %"), mark("Common proportion, % [95% CI]")),
}


def called(found: Table, review: Review) -> Table:
    """A table of the primary model's results, its estimates called what they are, the headline
    first.
    """
    of = estimand(model_of(review.protocol, review.protocol["primary"]))
    columns = headline_first(review, _called(found.columns, of))
    return replace(found, columns=tuple(columns))


def _called(columns: Iterable[Column], of: str) -> list[Column]:
    """The columns, the estimate called what it is: of the median study, an average, or common."""
    if of == "typical":
        return list(columns)
    alone, cell = HEADINGS[of]
    return [
        replace(column, heading=alone if column.name == "estimate" else column.heading, cell=cell)
        if column.name in ("estimate", "ci_low", "ci_high")
        else column
        for column in columns
        if not column.name.startswith("marginal")
    ]


def headline_first(
    review: Review, columns: Iterable[Column], before: str = "estimate"
) -> list[Column]:
    """The columns, those of the average over studies before those of the median study, which begin
    with `before`, where the average is the headline.
    """
    columns = list(columns)
    if review.protocol.get("headline", "average") != "average":
        return columns
    average = [column for column in columns if column.name.startswith("marginal")]
    others = [column for column in columns if column not in average]
    names = [column.name for column in others]
    at = names.index(before)
    return [*others[:at], *average, *others[at:]]


def by_estimand(review: Review, row: Row) -> Row:
    """The row with an estimate that is not of the median study moved to the average."""
    if estimand(model_of(review.protocol, row["model"])) == "typical":
        return row
    names = {"marginal": "estimate", "marginal_low": "ci_low", "marginal_high": "ci_high"}
    return row | {to: row[name] for to, name in names.items()} | dict.fromkeys(names.values())

"""Columns of pooled proportions by what they are of: the median study, or the average."""

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
    columns = found.columns
    if of != "typical":
        alone, cell = HEADINGS[of]
        columns = tuple(
            replace(column, cell=cell, heading={"estimate": alone}.get(column.name, column.heading))
            if column.name in ("estimate", "ci_low", "ci_high")
            else column
            for column in columns
            if not column.name.startswith("marginal")
        )
    return replace(found, columns=headline_first(review, columns))


def headline_first(
    review: Review, columns: tuple[Column, ...], before: str = "estimate"
) -> tuple[Column, ...]:
    """The columns, those of the average over studies before those of the median study, which begin
    with `before`, where the average is the headline.
    """
    if review.protocol.get("headline", "average") != "average":
        return columns
    average = [column for column in columns if column.name.startswith("marginal")]
    others = [column for column in columns if column not in average]
    names = [column.name for column in others]
    at = names.index(before)
    return (*others[:at], *average, *others[at:])


def by_estimand(review: Review, row: Row) -> Row:
    """The row with an estimate that is not of the median study moved to the average."""
    if estimand(model_of(review.protocol, row["model"])) == "typical":
        return row
    names = {"marginal": "estimate", "marginal_low": "ci_low", "marginal_high": "ci_high"}
    return row | {to: row[name] for to, name in names.items()} | dict.fromkeys(names.values())

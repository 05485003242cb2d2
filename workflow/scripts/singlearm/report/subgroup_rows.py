"""Which of the computed subgroup results a reader sees, and in which order."""

from singlearm.catalogue import Row
from singlearm.kinds.model_words import ESTIMANDS
from singlearm.kinds.proportion import headlined
from singlearm.report.review import Review, distinct

#: A group or an outcome with fewer studies is called small.
FEW = 5
#: One tau2 for all groups, as in the figures: a small group's own tau2 would be a guess.
TAU2_MODE = "common"


def mode_of(rows: list[Row]) -> str:
    """The kind of tau2 that is displayed: the common one where it was computed."""
    modes = distinct(row["tau2_mode"] for row in rows)
    return TAU2_MODE if TAU2_MODE in modes or not modes else modes[0]


def displayed(review: Review, outcome: str, by: str) -> list[Row]:
    """The groups of a subgrouping under the primary model, in the protocol's order of levels, each
    with its headline.
    """
    primary = review.protocol["primary"]
    rows = review.rows("subgroups", outcome=outcome, by=by, model=primary)
    mode = mode_of(rows)
    order = review.protocol["subgroups"][by].get("levels", [])
    return sorted(
        (headlined(row, review.protocol) for row in rows if row["tau2_mode"] == mode),
        key=lambda row: (
            order.index(row["level"]) if row["level"] in order else len(order),
            row["level"] or "",
        ),
    )


def said_of(rows: list[Row]) -> str:
    """What the headlines of groups are: `average over studies`.

    Groups of one study, or without variation, have one proportion, which goes without saying
    beside others.
    """
    several = distinct(row["of"] for row in rows if row["of"] != "common")
    return " or ".join(ESTIMANDS[of] for of in several or ["common"])

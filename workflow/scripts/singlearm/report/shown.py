"""Which of the computed subgroup results a reader is shown, and in which order."""

from singlearm.catalogue import Row
from singlearm.report.review import Review, distinct

#: A group or an outcome with fewer studies is called small.
FEW = 5
#: One tau2 for all groups, as in the figures: a small group's own tau2 would be a guess.
SHOWN_TAU2 = "common"


def shown_mode(rows: list[Row]) -> str | None:
    """The tau2 mode to show: the common one where it was computed."""
    modes = distinct(row["tau2_mode"] for row in rows)
    return SHOWN_TAU2 if SHOWN_TAU2 in modes or not modes else modes[0]


def ordered(review: Review, by: str, rows: list[Row]) -> list[Row]:
    """Rows of a subgrouping in the protocol's order of levels, further levels by name."""
    order = review.protocol["subgroups"][by].get("levels", [])
    return sorted(
        rows,
        key=lambda row: (
            order.index(row["level"]) if row["level"] in order else len(order),
            row["level"] or "",
        ),
    )

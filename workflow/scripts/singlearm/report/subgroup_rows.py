"""Which of the computed subgroup results a reader sees, and in which order."""

from collections.abc import Callable

from singlearm.catalogue import Row
from singlearm.catalogue.language import mark, say
from singlearm.kinds.model_words import ESTIMANDS
from singlearm.kinds.proportion import headlined
from singlearm.report import words
from singlearm.report.review import Review, distinct, place

#: A group or an outcome with fewer studies is called small.
FEW = 5
#: One tau2 for all groups, as in the figures: a small group's own tau2 would be a guess.
TAU2_MODE = "common"


def p_of(test: Row) -> float:
    """The p of a test between groups that has one: adjusted for the number of subgroupings where it
    is."""
    p: float = test["p_value"] if test["p_adjusted"] is None else test["p_adjusted"]
    return p


def displayed(review: Review, outcome: str, by: str) -> list[Row]:
    """The groups of a subgrouping under the primary model, in the protocol's order of levels, each
    with its headline.
    """
    known = {"model": review.protocol["primary"], "tau2_mode": TAU2_MODE}
    rows = review.rows("subgroups", outcome=outcome, by=by, **known)
    shown = (headlined(row, review.protocol) for row in rows)
    return sorted(shown, key=level_place(review, by))


def level_place(review: Review, by: str) -> Callable[[Row], tuple[int, str]]:
    """Where a group's row stands: in the protocol's order of levels, others behind, by name."""
    order = review.protocol["subgroups"][by].get("levels", [])
    return lambda row: (place(row["level"], order), row["level"] or "")


def said_of(rows: list[Row]) -> str:
    """What the headlines of groups are: `average over studies`.

    Groups of one study, or without variation, have one proportion, which goes without saying
    beside others.
    """
    several = distinct(row["of"] for row in rows if row["of"] != "common")
    return words.listing([say(ESTIMANDS[of]) for of in several or ["common"]], mark("or"))

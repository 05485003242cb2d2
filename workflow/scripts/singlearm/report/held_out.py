"""What studies report of an outcome and the analysis leaves out, and why."""

from dataclasses import dataclass

from singlearm.report import words
from singlearm.report.review import Review

#: What the change log appends to a reason: the row that is withdrawn.
WITHDRAWS = "; withdraws "


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A cell that is held out: what it says, and the reason that the sheets give."""

    study_id: str
    outcome: str
    value: str
    reason: str


def held_out(review: Review, **values: object) -> list[HeldOut]:
    """The cells that are held out, of the outcome or the study that `values` name."""
    reasons: dict[tuple[str | None, str], str] = {}
    before: dict[tuple[str | None, str], str] = {}
    for row in (*review.rows("reconciliation"), *review.rows("change_log")):
        # of a comparison the sheets name the contrast and the data cut behind the outcome
        place = (row["study_id"], (row["outcome"] or "").partition(",")[0])
        reason, _, _ = (row["reason"] or "").partition(WITHDRAWS)
        reasons[place] = reason or reasons.get(place, "")
        before[place] = row.get("before") or before.get(place, "")
    return [
        HeldOut(*place, before.get(place, ""), reasons.get(place, ""))
        for row in review.rows("availability", **values)
        if words.plain(row["status"]) == "held out"
        for place in [(row["study_id"], row["outcome"])]
    ]

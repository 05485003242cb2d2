"""Certainty of the evidence (GRADE): what a person judged, and what stated rules propose.

A rule proposes a domain, never a level: only a person, in the sheet `certainty`, judges. Risk of
bias, indirectness and reporting bias have no rule. (Asymmetry of a funnel of proportions is no
evidence of bias.)
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.clean import GRADE_DOMAINS
from singlearm.catalogue.language import mark, say, within
from singlearm.kinds import Kind
from singlearm.report import words
from singlearm.report.review import Review

SERIOUS = (mark("not serious"), mark("serious"), mark("very serious"))
LEVELS = (mark("very low"), mark("low"), mark("moderate"), mark("high"))
#: Where a body of evidence starts, by the protocol's `question_type`, and why.
STARTS = {
    "prognosis": ("high", mark("a question of prognosis, answered by cohorts")),
    "effect": ("low", mark("a question of effect, answered without a comparison group")),
}
RANDOMISED = ("high", mark("randomised trials"))
#: Imprecision by the probability that the value is on its side of the decision threshold: at least
#: so much is not serious, so much serious, less very serious.
SURE, LIKELY = 0.975, 0.8
PROPOSED, UNJUDGED = mark("proposed by rule"), mark("not judged")
_Z = NormalDist().inv_cdf(SURE)


@dataclass(frozen=True, slots=True)
class Certainty:
    """How sure one is of a result: a level or why there is none (English, to be said), and the
    reasons.
    """

    judgement: str
    reasons: tuple[str, ...]


def certainty(review: Review, outcome: str) -> Certainty:
    """What the sheet says, and the rules' proposals wherever they differ or nobody has judged.

    Parameters
    ----------
    review : Review
        The version with its sheet `certainty`.
    outcome : str
        An outcome that has a result.

    Returns
    -------
    Certainty
    """
    proposals = dict(_proposals(review, outcome))
    row = next(iter(review.rows("certainty", outcome=outcome)), None)
    if row is not None:
        return Certainty(row["judgement"], tuple(_judged(review, outcome, row, proposals)))
    reasons = [
        f"{say(GRADE_DOMAINS[name])}: {say(level)}; {why}"
        for name, (level, why) in proposals.items()
    ]
    if not proposals:
        return Certainty(UNJUDGED, ())
    rest = words.listing(
        [within(say(label)) for name, label in GRADE_DOMAINS.items() if name not in proposals]
    )
    start = _start(review, outcome)
    if start:
        reasons.insert(0, say("Starts at {level}: {why}", level=say(start[0]), why=say(start[1])))
    return Certainty(PROPOSED, (*reasons, say("Not judged: {domains}", domains=rest)))


def _judged(
    review: Review, outcome: str, row: Row, proposals: dict[str, tuple[str, str]]
) -> Iterator[str]:
    """The reasons of a person's judgement, and where the rules would have it otherwise."""
    yield row["reason"]
    for name, label in GRADE_DOMAINS.items():
        said, (level, why) = row.get(name), proposals.get(name, ("", ""))
        if said and level and said != level:
            yield say(
                "{domain}: judged {judged}; the rule proposes {level}, as {why}",
                domain=say(label),
                judged=say(said),
                level=say(level),
                why=why,
            )
        elif said:
            yield f"{say(label)}: {say(said)}"
    start = _start(review, outcome)
    if start is None:
        return
    steps = sum(SERIOUS.index(level) for level, _ in proposals.values())
    most = LEVELS[max(0, LEVELS.index(start[0]) - steps)]
    if LEVELS.index(row["judgement"]) > LEVELS.index(most):
        yield say(
            "The rules would give {most} at most: from {start} ({why}), {steps} down",
            most=say(most),
            start=say(start[0]),
            why=say(start[1]),
            steps=steps,
        )


def _start(review: Review, outcome: str) -> tuple[str, str] | None:
    if review.kind_of(outcome).name == "ratio":
        return RANDOMISED
    return STARTS.get(review.protocol["review"].get("question_type", ""))


def _proposals(review: Review, outcome: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """(domain, (level, why)); nothing without the protocol's `decision_threshold`."""
    row, kind = review.lead(outcome), review.kind_of(outcome)
    threshold = review.outcome(outcome).get("decision_threshold")
    if row is None or threshold is None:
        return
    reason = review.outcome(outcome).get("decision_reason", "").rstrip(".")
    at = f"{kind.measure.text(threshold, None, None)} ({reason})"
    above = probability_above(kind, row, threshold)
    if above is not None:
        sure = max(above, 1 - above)
        level = SERIOUS[0] if sure >= SURE else SERIOUS[1] if sure >= LIKELY else SERIOUS[2]
        why = say(
            "the probability that it lies above {threshold} is {probability}"
            if above >= 0.5
            else "the probability that it lies below {threshold} is {probability}",
            threshold=at,
            probability=numbers.probability(sure),
        )
        yield "imprecision", (level, why)
    elif _open_towards(row, threshold):
        why = say("the interval has no limit on the side of {threshold}", threshold=at)
        yield "imprecision", (SERIOUS[2], why)
    limits = (row["low"], row["high"], row.get("pi_low"), row.get("pi_high"))
    if any(numbers.is_missing(value) for value in limits) or limits[0] <= threshold <= limits[1]:
        return  # without a prediction, or where already the mean may lie on either side
    if limits[2] <= threshold <= limits[3]:
        why = say("the prediction interval crosses {threshold}", threshold=at)
        yield "inconsistency", (SERIOUS[1], why)
    else:
        why = say("the prediction interval stays on one side of {threshold}", threshold=at)
        yield "inconsistency", (SERIOUS[0], why)


def _open_towards(row: Row, threshold: float) -> bool:
    """Whether only the limit on the threshold's side is missing."""
    if row["value"] is None:
        return False
    ends = ("low", "high") if threshold < row["value"] else ("high", "low")
    return row[ends[0]] is None and row[ends[1]] is not None


def probability_above(kind: Kind, row: Row, threshold: float) -> float | None:
    """The probability that the true headline lies above a threshold.

    Normal on the scale of the kind (log-odds of a proportion, log of a time, rate or ratio), with
    the distance to the limit on the threshold's side, so that it reaches 97.5% exactly where the
    95% interval leaves the threshold out.

    Parameters
    ----------
    kind : Kind
        The kind of the outcome.
    row : dict
        Its leading row, with `value`, `low` and `high`.
    threshold : float
        In the units of the row.

    Returns
    -------
    float or None
        None where a limit or the threshold has no place on the scale.
    """
    names = ("value", "low", "high")
    points = [_link(kind, row, number) for number in (*(row[n] for n in names), threshold)]
    value, low, high, cut = (math.nan if point is None else point for point in points)
    half = value - low if cut < value else high - value
    return NormalDist().cdf(_Z * (value - cut) / half) if half > 0 else None


def _link(kind: Kind, row: Row, number: float | None) -> float | None:
    if number is None or row.get("effect_measure") == "RD":
        return number
    if number <= 0 or (kind.measure.prints == "percent" and number >= 1):
        return None
    odds = number / (1 - number) if kind.measure.prints == "percent" else number
    return math.log(odds)

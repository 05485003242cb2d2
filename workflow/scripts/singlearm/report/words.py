"""Numbers in sentences, and the pipeline's own terms in a reader's words."""

from collections.abc import Mapping, Sequence
from typing import Any

from singlearm.catalogue import Row, notes, numbers
from singlearm.catalogue.language import mark, say
from singlearm.kinds import KINDS, ratio_words
from singlearm.kinds.base import studies as studies  # for those who import this module

#: The number of a claim with its unit, and the sign before a claimed p value, by quantity.
CLAIM_NUMBERS = {"estimate_percent": mark("{n}%"), "median_months": mark("{n} months")}
P_SIGNS = {"p_below": "<", "p_at_least": "≥"}
DESIGNS = {
    "rct_arm": mark("arm of a randomised trial"),
    "single_arm": mark("single arm"),
    "real_world": mark("real world"),
}
ACTS = {
    "replaced": mark("Replaced by a newer report"),
    "added": mark("Added"),
    "carried": mark("Carried over"),
    "withdrawn": mark("Withdrawn"),
    "superseded": mark("Superseded by a newer report"),
    "excluded": mark("Excluded"),
}
#: What a point of a curve comes from, and what a study's survival at a fixed time is weighed by.
POINT_SOURCES = {
    "curve": mark("curve"),
    "landmark_interval": mark("fixed time, printed interval"),
    "landmark_one_limit": mark("fixed time, one printed limit"),
    "landmark_at_risk": mark("fixed time, number at risk"),
    "landmark_n": mark("fixed time, number of patients"),
    "median_interval": mark("median, printed interval"),
    "median_n": mark("median, number of patients"),
}
WEIGHT_SOURCES = {
    "interval": mark("interval"),
    "one_limit": mark("one limit"),
    "at_risk": mark("number at risk"),
    "n": mark("number of patients"),
}
#: How a ratio came about.
RATIO_SOURCES = {
    "printed": mark("printed"),
    "counts": mark("from counts"),
    "printed_and_counts": mark("printed and counts"),
}
#: Models and methods of all kinds but proportions, as the reader calls them.
METHODS = {name: label for kind in KINDS.values() for name, label in kind.models.items()}
METHODS |= ratio_words.METHODS | {"printed": ""}

#: What stands before the last of several words.
AND = mark("and")
#: A prediction interval wider than this (half of all that is possible) is called wide, and so is
#: one of at least so many points whose ends have odds more than this factor apart (1% and 27%).
WIDE, WIDE_IF_RARE, ODDS_WIDE = 0.5, 0.05, 10.0


def tuned(protocol: Mapping[str, Any]) -> str:
    """What the agreement with published numbers rests on."""
    if (protocol.get("version") or {}).get("chosen_by_claims"):
        return say(
            "No statistical choice was tuned to agree, but the published numbers helped to choose "
            "the studies."
        )
    return say("Nothing was tuned to agree.")


def trials_of(rows: Sequence[Mapping[str, object]]) -> int:
    """Number of trials whose arms the rows of the studies are; 0 where each is a study of its own.

    >>> trials_of([{"trial": "A"}, {"trial": "A"}, {"trial": None}]), trials_of([{"trial": "A"}])
    (2, 0)
    """
    named = [row["trial"] for row in rows if row.get("trial")]
    different = len(set(named))
    return different + len(rows) - len(named) if different < len(named) else 0


def arms_of_trials(rows: Sequence[Mapping[str, object]]) -> str:
    """That what is called a study is an arm, where trials have several."""
    trials = trials_of(rows)
    if not trials:
        return ""
    return say(
        "The {studies} are arms of {trials}.",
        studies=studies(len(rows)),
        trials=numbers.plural(trials, "trial"),
    )


def listing(words: list[str], last: str = AND) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {say(last)} {words[-1]}"


def method(name: str) -> str:
    """A method of combining medians or ratios as the reader calls it."""
    return say(METHODS[name]) if name in METHODS else numbers.plain(name).capitalize()


def coded(labels: dict[str, str], code: str | None) -> str:
    """A code that has a label as the reader calls it, another one in plain words."""
    return say(labels[code]) if code in labels else numbers.plain(code)


def capital(text: str) -> str:
    """The text with a capital at its start, the rest as it is."""
    return text[:1].upper() + text[1:]


def claim_number(value: float | None, claim: Row, *, published: bool = False) -> str:
    """A number of the claims audit in the claim's own unit: `77%`, `8 months`, `p < 0.01`.

    claim: its row of the published claims. The published number keeps the decimals that it was
    printed with; ours has one more than a whole number.
    """
    if value is None:
        return numbers.MISSING
    quantity, decimals = claim["quantity"], claim["decimals"] or 0
    if quantity in P_SIGNS and published:
        return f"p {P_SIGNS[quantity]} {numbers.number(value, decimals)}"
    if quantity in P_SIGNS:
        return numbers.p_value(value)
    if quantity in CLAIM_NUMBERS:
        told = numbers.number if published else numbers.significant
        n = told(value, decimals if published else max(1, decimals))
        return say(CLAIM_NUMBERS[quantity], n=n)
    return numbers.count(int(value)) if float(value).is_integer() else numbers.number(value, 1)


def span(low: float | None, high: float | None) -> str:
    """Two proportions as `32% to 96%`; 100% and 0% stay whole."""
    return numbers.span(f"{numbers.percent(low)}%", f"{numbers.percent(high)}%")


def prediction(row: Row) -> str:
    """What a new, similar study would show, or why that is not known."""
    if numbers.is_missing(row["pi_low"]):
        return _no_prediction(row)
    sentences = [
        say(
            "In a new, similar study we expect a true proportion between {low}% and {high}% "
            "(95% prediction interval).",
            low=numbers.percent(row["pi_low"], numbers.decimals_of(row["pi_high"])),
            high=numbers.percent(row["pi_high"]),
        )
    ]
    if row["pi_low"] > row["ci_low"] or row["pi_high"] < row["ci_high"]:
        sentences.append(
            say(
                "At one end it is narrower than the confidence interval: they rest on different "
                "rules."
            )
        )
    if is_wide(row["pi_low"], row["pi_high"]):
        sentences.append(say("That range is wide: a single new study could look very different."))
    return " ".join(sentences)


def is_wide(low: float, high: float) -> bool:
    """Whether a prediction interval is called wide."""
    odds_apart = high * (1 - low) > ODDS_WIDE * low * (1 - high)
    return high - low > WIDE or (high - low >= WIDE_IF_RARE and odds_apart)


def _no_prediction(row: Row) -> str:
    if row["k"] == 1:
        return say("There is no prediction interval: there is one study only.")
    if "two_studies" in notes.codes(row["note"]):
        return ""  # the note says it
    if row["k"] == 2:
        return say("There is no prediction interval: two studies are too few.")
    if row["converged"] is False:
        return say("There is no prediction interval: the model did not converge.")
    if row["tau2"] is not None or row.get("rho") is not None:  # the notes say why
        return say("There is no prediction interval.")
    return say(
        "There is no prediction interval: the differences between studies could not be estimated."
    )


def above_threshold(row: Row, threshold: float | None) -> str:
    """The probability that a new study's true proportion lies above the protocol's threshold."""
    if threshold is None or numbers.is_missing(row["p_above"]):
        return ""
    return say(
        "The probability that the true proportion of such a study lies above {threshold}% is "
        "{probability}.",
        threshold=numbers.percent(threshold, 0),
        probability=numbers.probability(row["p_above"]),
    )


def quantity(value: int | float | None) -> str:
    """A number of a review's own columns: one decimal unless it is a whole one by nature."""
    return numbers.significant(value, 1) if isinstance(value, float) else numbers.count(value)

"""Numbers in sentences, and the pipeline's own terms in a reader's words."""

from collections.abc import Mapping, Sequence

from singlearm.catalogue import Row, notes, numbers
from singlearm.catalogue.language import mark, say
from singlearm.kinds import KINDS, ratio_words

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
    "withdrawn": mark("Withdrawn"),
    "superseded": mark("Superseded by a newer report"),
    "excluded": mark("Excluded"),
}
#: How a ratio came about, and how ratios were pooled.
RATIO_SOURCES = {"printed": mark("printed"), "counts": mark("from counts")}
RATIO_METHODS = ratio_words.METHODS | {"printed": ""}
#: Models and methods of all kinds but proportions, as the reader calls them.
METHODS = {name: label for kind in KINDS.values() for name, label in kind.models.items()}


#: What stands before the last of several words.
AND = mark("and")
#: A prediction interval wider than this (half of all that is possible) is called wide.
WIDE = 0.5


def studies(k: int | None) -> str:
    """`1 study`, `23 studies`."""
    return numbers.plural(k, "study", "studies")


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
    known = METHODS | RATIO_METHODS
    return say(known[name]) if name in known else plain(name).capitalize()


def design(name: str | None) -> str:
    """A study design as the reader calls it."""
    return say(DESIGNS[name]) if name in DESIGNS else plain(name)


def plain(name: object) -> str:
    """A code of the tables as words: `rct_arm` to `rct arm`; empty for missing."""
    return "" if name is None else str(name).replace("_", " ")


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
        n = numbers.number(value, decimals if published else max(1, decimals))
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
    if row["pi_high"] - row["pi_low"] > WIDE:
        sentences.append(say("That range is wide: a single new study could look very different."))
    return " ".join(sentences)


def _no_prediction(row: Row) -> str:
    if row["k"] == 1:
        return say("There is no prediction interval: there is one study only.")
    if "two_studies" in notes.codes(row["note"]):
        return ""  # the note says it
    if row["k"] == 2:
        return say("There is no prediction interval: two studies are too few.")
    if row["converged"] is False:
        return say("There is no prediction interval: the model did not converge.")
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
        probability=probability(row["p_above"]),
    )


def probability(value: float) -> str:
    """A probability in percent that never claims certainty: `87%`, `more than 99%`."""
    if value > 0.99:
        return say("more than 99%")
    if value < 0.01:
        return say("less than 1%")
    return f"{numbers.percent(value, 0)}%"


def quantity(value: int | float | None) -> str:
    """A number of a review's own columns: one decimal unless it is a whole one by nature."""
    return numbers.number(value, 1) if isinstance(value, float) else numbers.count(value)

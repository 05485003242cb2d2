"""Numbers in sentences, and the pipeline's own terms in a reader's words."""

from collections.abc import Mapping, Sequence

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import say
from singlearm.kinds import KINDS

VERDICTS = {
    "reproduced": "Reproduced",
    "consistent": "Not contradicted",
    "not_reproduced": "Not reproduced",
    "not_testable": "Not testable",
}
TESTS = {
    "q_between": "Q-between",
    "lrt": "likelihood ratio",
    "lrt_bootstrap": "likelihood ratio, bootstrap",
    "f": "F (Hartung-Knapp)",
}
TAU2_MODES = {"separate": "own tau² per group", "common": "one tau² for all groups"}
#: What follows the number of a claim, and the sign before a claimed p value, by quantity.
CLAIM_UNITS = {"estimate_percent": "%", "median_months": " months"}
P_SIGNS = {"p_below": "<", "p_at_least": "≥"}
DESIGNS = {"rct_arm": "arm of a randomised trial", "single_arm": "single arm"}
ACTS = {
    "replaced": "Replaced by a newer report",
    "added": "Added",
    "withdrawn": "Withdrawn",
    "superseded": "Superseded by a newer report",
    "excluded": "Excluded",
}
#: How a ratio came about, and how ratios were pooled.
RATIO_SOURCES = {"printed": "printed", "counts": "from counts"}
RATIO_METHODS = {
    "common": "Common effect",
    "reml_hk": "Random effects (REML, Hartung-Knapp)",
    "printed": "",
}
#: Models and methods of all kinds but proportions, as the reader calls them.
METHODS = {name: label for kind in KINDS.values() for name, label in kind.models.items()}


#: A prediction interval wider than this (half of all that is possible) is called wide.
WIDE = 0.5


def plural(n: int | None, one: str, many: str | None = None) -> str:
    """`1 study`, `23 studies`; the number as `numbers.count` prints it."""
    return say("{n} " + (one if n == 1 else many or f"{one}s"), n=numbers.count(n))


def studies(k: int | None) -> str:
    """`1 study`, `23 studies`."""
    return plural(k, "study", "studies")


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
    return f"The {studies(len(rows))} are arms of {plural(trials, 'trial')}." if trials else ""


def listing(words: list[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {say(last)} {words[-1]}"


def method(name: str) -> str:
    """A method of combining medians or ratios as the reader calls it."""
    return (METHODS | RATIO_METHODS).get(name, plain(name).capitalize())


def design(name: str | None) -> str:
    """A study design as the reader calls it."""
    return DESIGNS.get(name or "", plain(name))


def plain(name: object) -> str:
    """A code of the tables as words: `rct_arm` to `rct arm`; empty for missing."""
    return "" if name is None else str(name).replace("_", " ")


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
    if quantity in CLAIM_UNITS:
        return (
            numbers.number(value, decimals if published else max(1, decimals))
            + (CLAIM_UNITS[quantity])
        )
    return numbers.count(int(value)) if float(value).is_integer() else numbers.number(value, 1)


def span(low: float | None, high: float | None) -> str:
    """Two proportions as `32% to 96%`; 100% and 0% stay whole."""
    return f"{numbers.percent(low)}% to {numbers.percent(high)}%"


def prediction(row: Row) -> str:
    """What a new, similar study would show, or why that is not known."""
    if numbers.is_missing(row["pi_low"]):
        return "There is no prediction interval: " + _no_prediction(row)
    sentence = (
        "In a new, similar study we expect a true proportion between "
        f"{numbers.percent(row['pi_low'])}% and {numbers.percent(row['pi_high'])}% "
        "(95% prediction interval)."
    )
    if row["pi_low"] > row["ci_low"] or row["pi_high"] < row["ci_high"]:
        sentence += (
            " At one end it is narrower than the confidence interval: they rest on different rules."
        )
    if row["pi_high"] - row["pi_low"] > WIDE:
        sentence += " That range is wide: a single new study could look very different."
    return sentence


def _no_prediction(row: Row) -> str:
    if row["k"] == 1:
        return "there is one study only."
    if row["k"] == 2:
        return "two studies are too few."
    if row["converged"] is False:
        return "the model did not converge."
    return "the differences between studies could not be estimated."


def above_threshold(row: Row, threshold: float | None) -> str:
    """The probability that a new study's true proportion lies above the protocol's threshold."""
    if threshold is None or numbers.is_missing(row["p_above"]):
        return ""
    return (
        f"The probability that it lies above {numbers.percent(threshold, 0)}% "
        f"is {probability(row['p_above'])}."
    )


def probability(value: float) -> str:
    """A probability in percent that never claims certainty: `87%`, `more than 99%`."""
    if value > 0.99:
        return "more than 99%"
    if value < 0.01:
        return "less than 1%"
    return f"{numbers.percent(value, 0)}%"


def quantity(value: int | float | None) -> str:
    """A number of a review's own columns: one decimal unless it is a whole one by nature."""
    return numbers.number(value, 1) if isinstance(value, float) else numbers.count(value)

"""Numbers in sentences, and the pipeline's own terms in a reader's words."""

from singlearm.catalogue import Row, numbers

VERDICTS = {
    "reproduced": "Reproduced",
    "consistent": "Consistent",
    "not_reproduced": "Not reproduced",
    "not_testable": "Not testable",
}
TESTS = {
    "q_between": "Q-between",
    "lrt": "likelihood ratio",
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
TIME_METHODS = {
    "weighted_median": "Weighted median of medians",
    "inverse_variance": "Inverse-variance mean of medians",
    "inverse_variance_log": "Inverse-variance mean, log scale",
    "median_of_medians": "Median of medians",
}


def plural(n: int | None, one: str, many: str | None = None) -> str:
    """`1 study`, `23 studies`; the number as `numbers.count` prints it."""
    return f"{numbers.count(n)} {one if n == 1 else many or one + 's'}"


def studies(k: int | None) -> str:
    """`1 study`, `23 studies`."""
    return plural(k, "study", "studies")


def listing(words: list[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def time_method(name: str) -> str:
    """A method of combining medians as the reader calls it."""
    return TIME_METHODS.get(name, plain(name))


def design(name: str | None) -> str:
    """A study design as the reader calls it."""
    return DESIGNS.get(name, plain(name))


def plain(name: object) -> str:
    """A code of the tables as words: `rct_arm` to `rct arm`; empty for missing."""
    return "" if name is None else str(name).replace("_", " ")


def lowered(text: str) -> str:
    """The text for the middle of a sentence: `Overall response` lowered, `MRD-negative` kept."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or len(text) == 1 else text


def claim_number(value: float | None, claim: Row, *, published: bool = False) -> str:
    """A number of the claims audit in the claim's own unit: `77%`, `8 months`, `p < 0.01`.

    claim: its row of the published claims. The published number keeps the decimals that it was
    printed with; ours has one more than a whole number.
    """
    if numbers.is_missing(value):
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


def counts(row: Row) -> str:
    """`282 of 363 patients in 20 studies`."""
    patients = "patient" if row["total"] == 1 else "patients"
    return (
        f"{numbers.count(row['events'])} of {numbers.count(row['total'])} {patients} "
        f"in {studies(row['k'])}"
    )


def median_study(row: Row) -> str:
    """`78.1% (95% CI 65.4 to 85.8)`, the estimate of the median study."""
    return numbers.percent_words(row["estimate"], row["ci_low"], row["ci_high"])


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
            " At one end it is narrower than the confidence interval: where no difference between "
            "studies was found, the two rest on different rules (the prediction interval on the "
            "standard error, the confidence interval on the model's own)."
        )
    width = row["pi_high"] - row["pi_low"]
    if width > 0.5:
        sentence += " That range is wide: a single new trial could look very different."
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


def months(value: float | None, low: float | None, high: float | None) -> str:
    """`8.0 months (95% CI 5.9 to 11.8)`; without an upper limit `(95% CI from 5.9)`."""
    if numbers.is_missing(value):
        return numbers.MISSING
    limits = months_interval(low, high)
    return f"{numbers.months(value)} months" + (f" ({limits})" if limits else "")


def months_interval(low: float | None, high: float | None) -> str:
    """`95% CI 5.9 to 11.8`, `95% CI from 5.9` without an upper limit, or nothing."""
    if numbers.is_missing(low):
        return ""
    if numbers.is_missing(high):
        return f"{numbers.LEVEL} CI from {numbers.months(low)}, no upper limit"
    return f"{numbers.LEVEL} CI {numbers.months(low)} to {numbers.months(high)}"

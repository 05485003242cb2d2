"""Pooled ratios in words: methods, the row that leads, a sentence that is true for its method."""

from collections.abc import Mapping, Sequence
from typing import Any

from singlearm.catalogue import Row, numbers

from .base import headline

MEASURES = {
    "HR": "hazard ratio",
    "OR": "odds ratio",
    "RR": "risk ratio",
    "RD": "risk difference",
}
_ESTIMATORS = {"reml": "REML", "pm": "Paule-Mandel", "dl": "DerSimonian-Laird"}
_INTERVALS = {
    "hk_adhoc": "modified Hartung-Knapp interval",
    "hk": "Hartung-Knapp interval",
    "wald": "normal interval",
}
#: Methods as people call them, by the word in the column `method`.
METHODS = {
    "common": "Common effect, inverse variance",
    "bayes": "Random effects, Bayesian, half-normal(0.5) prior of tau",
    "mh": "Common effect, Mantel-Haenszel",
    "peto": "Common effect, Peto",
    "glmm_cm_el": "Random effects, exact conditional binomial model",
    "glmm_um_fs": "Random effects, binomial model with a baseline for each trial",
    "glmm_cm_al": "Random effects, conditional binomial model",
} | {
    f"{tau2}_{ci}": f"Random effects, {estimator}, {interval}"
    for tau2, estimator in _ESTIMATORS.items()
    for ci, interval in _INTERVALS.items()
}


def lead(rows: Sequence[Row], _: Mapping[str, Any]) -> Row | None:
    """Of the rows of one outcome the one that leads: a pooled one, else the only trial's."""
    row = next((row for row in rows if row["lead"]), None)
    return row and headline(row)


def forest_rows(rows: Sequence[Row]) -> tuple[str, list[Row], list[Row]] | None:
    """What a forest of one outcome shows: the measure that leads, trials and pooled rows.

    Trials are the values that were pooled (of a trial that prints another value too, only the one
    in use); pooled rows come in the order of reading. None if nothing leads.
    """
    first = lead(rows, {})
    if first is None:
        return None
    measure = first["effect_measure"]
    same = [row for row in rows if row["effect_measure"] == measure]
    trials = [row for row in same if row["row"] == "trial" and row["used"]]
    pooled = [row for row in same if row["row"] == "pooled" and row["estimate"] is not None]
    return measure, trials, sorted(pooled, key=lambda row: row["rank"])


def estimate(row: Row) -> str:
    """`0.76 (95% CI 0.60 to 0.97)`."""
    if row["estimate"] is None:
        return numbers.MISSING
    said = numbers.significant(row["estimate"])
    if row["ci_low"] is None or row["ci_high"] is None:
        return said
    limits = f"{numbers.significant(row['ci_low'])} to {numbers.significant(row['ci_high'])}"
    return f"{said} ({numbers.interval_name(_interval_word(row))} {limits})"


def sentence(row: Row, label: str) -> str:
    """A row in one sentence, true for its method.

    >>> row = {"estimate": 0.5, "ci_low": 0.4, "ci_high": 0.6, "row": "pooled", "k": 3,
    ...        "effect_measure": "OR", "method": "peto", "effect": "common", "q_p": 0.5}
    >>> sentence(row, "Death")
    'Death: odds ratio 0.50 (95% CI 0.40 to 0.60), taken to be the same in all 3 trials (Peto).'
    """
    if row["estimate"] is None:
        return ""
    said = f"{label}: {MEASURES[row['effect_measure']]} {estimate(row)}"
    if row["k"] == 1:
        return f"{said}, one trial."
    k = numbers.count(row["k"])
    all_ = "both" if row["k"] == 2 else f"all {k}"
    if row["effect"] == "common":
        method = METHODS[row["method"]].removeprefix("Common effect, ")
        said += f", taken to be the same in {all_} trials ({method})."
        if row["q_p"] is not None and row["q_p"] < 0.1:
            said += " The trials differ by more than chance would have it, so this is no more than "
            said += "a summary of them."
        return said
    method = METHODS[row["method"]].removeprefix("Random effects, ")
    said += f", the mean of the effects of {k} trials, which may differ ({method})."
    if row["pi_low"] is not None:
        limits = f"{numbers.significant(row['pi_low'])} and {numbers.significant(row['pi_high'])}"
        said += f" The effect in a further trial is expected between {limits} (95%)."
    return said


def methods(protocol: Mapping[str, Any]) -> str:
    """How randomised comparisons are pooled, for the methods section."""
    from .ratio_pool import RANDOM

    how = RANDOM | dict(protocol.get("ratios") or {})
    random = f"{_ESTIMATORS[how['tau2'].lower()]}, {_INTERVALS[how['ci']]}"
    further = (
        "with the mean and the variance between trials integrated out [@nagashima2019]"
        if how["prediction"] == "integrated"
        else "taking the mean and the variance between trials as they are estimated [@higgins2009]"
    )
    return (
        "Of each randomised trial the latest data cut was used, with one effect for each measure: "
        "the printed one with its interval where there is one, else that of its counts; arms with "
        "one control were taken together. Where an arm had no event, or arms had fewer than five "
        "events on average, a binomial model of the counts leads (for odds ratios the exact "
        "conditional one), beside the Mantel-Haenszel estimate, and Peto's where events were about "
        "1%, the effect was small and arms were balanced. Otherwise effects were pooled by inverse "
        f"variance, with random effects ({random}) or, for two to four "
        "trials, with a half-normal(0.5) prior of tau; a common effect stands beside them. Where "
        f"the effect in a further trial lies was predicted from three trials on, {further}."
    )


def _interval_word(row: Row) -> str:
    return "CrI" if row["method"] == "bayes" else "CI"

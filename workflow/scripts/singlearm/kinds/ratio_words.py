"""Pooled ratios in words: methods, the row that leads, a sentence that is true for its method."""

from collections.abc import Mapping, Sequence
from typing import Any

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say

from .base import headline
from .measure import Measure

MEASURE = Measure("ratio", null=1.0)
MEASURES = {
    "HR": mark("hazard ratio"),
    "OR": mark("odds ratio"),
    "RR": mark("risk ratio"),
    "RD": mark("risk difference"),
}
#: Methods as people call them, by the word in the column `method`: the kind of effect, a comma, how
#: it was found.
METHODS = {
    "common": mark("Common effect, inverse variance"),
    "bayes": mark("Random effects, Bayesian, half-normal prior of tau"),
    "mh": mark("Common effect, Mantel-Haenszel"),
    "peto": mark("Common effect, Peto"),
    "glmm_cm_el": mark("Random effects, exact conditional binomial model"),
    "glmm_um_fs": mark("Random effects, binomial model with a baseline for each trial"),
    "glmm_cm_al": mark("Random effects, conditional binomial model"),
    "reml_hk_adhoc": mark("Random effects, REML, modified Hartung-Knapp interval"),
    "reml_hk": mark("Random effects, REML, Hartung-Knapp interval"),
    "reml_wald": mark("Random effects, REML, normal interval"),
    "pm_hk_adhoc": mark("Random effects, Paule-Mandel, modified Hartung-Knapp interval"),
    "pm_hk": mark("Random effects, Paule-Mandel, Hartung-Knapp interval"),
    "pm_wald": mark("Random effects, Paule-Mandel, normal interval"),
    "dl_hk_adhoc": mark("Random effects, DerSimonian-Laird, modified Hartung-Knapp interval"),
    "dl_hk": mark("Random effects, DerSimonian-Laird, Hartung-Knapp interval"),
    "dl_wald": mark("Random effects, DerSimonian-Laird, normal interval"),
}


def lead(rows: Sequence[Row], _: Mapping[str, Any]) -> Row | None:
    """Of the rows of one outcome the one that leads: a pooled one, else the only trial's."""
    row = next((row for row in rows if row["lead"]), None)
    return row and headline(row) | {"interval": _interval_word(row)}


def i2_of(row: Row) -> float | None:
    """I2 to print beside Q; not that of a Bayesian tau2, which has the prior in it."""
    i2: float | None = None if row["method"] == "bayes" else row.get("i2")
    return i2


def _interval_word(row: Row) -> str:
    return "CrI" if row["method"] == "bayes" else "CI"


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
    """`0.76 (95% CI 0.60 to 0.97)`; a limit without the other is no interval."""
    limits = row["ci_low"], row["ci_high"]
    low, high = (None, None) if None in limits else limits
    return MEASURE.text(row["estimate"], low, high, _interval_word(row))


def sentence(row: Row, label: str) -> str:
    """A row in one sentence, true for its method.

    >>> row = {"estimate": 0.5, "ci_low": 0.4, "ci_high": 0.6, "row": "pooled", "k": 3,
    ...        "effect_measure": "OR", "method": "peto", "effect": "common", "q_p": 0.5}
    >>> sentence(row, "Death")
    'Death: odds ratio 0.50 (95% CI 0.40 to 0.60), taken to be the same in all 3 trials (Peto).'
    """
    if row["estimate"] is None:
        return ""
    result = f"{label}: {say(MEASURES[row['effect_measure']])} {estimate(row)}"
    if row["k"] == 1:
        return say("{result}, one trial.", result=result)
    if row["effect"] == "common":
        said = say(
            "{result}, taken to be the same in both trials ({method})."
            if row["k"] == 2
            else "{result}, taken to be the same in all {k} trials ({method}).",
            result=result,
            k=numbers.count(row["k"]),
            method=_how(row["method"]),
        )
        if row["q_p"] is None or row["q_p"] >= 0.1:
            return said
        return f"{said} " + say(
            "The trials differ by more than chance would have it, so this is no more than a "
            "summary of them."
        )
    said = say(
        "{result}, the mean of the effects of {k} trials, which may differ ({method}).",
        result=result,
        k=numbers.count(row["k"]),
        method=_how(row["method"]),
    )
    if row["pi_low"] is None:
        return said
    return f"{said} " + say(
        "The effect in a further trial is expected between {low} and {high} (95%).",
        low=numbers.significant(row["pi_low"]),
        high=numbers.significant(row["pi_high"]),
    )


def _how(method: str) -> str:
    """A method without the words on its kind of effect: `REML, normal interval`."""
    return say(METHODS[method]).partition(", ")[2]


def methods(protocol: Mapping[str, Any]) -> str:
    """How randomised comparisons are pooled, for the methods section."""
    from .ratio_pool import RANDOM

    how = RANDOM | dict(protocol.get("ratios") or {})
    further = say(
        "with the mean and the variance between trials integrated out [@nagashima2019]"
        if how["prediction"] == "integrated"
        else "taking the mean and the variance between trials as they are estimated [@higgins2009]"
    )
    return say(
        "Of each randomised trial the latest data cut was used, with one effect for each "
        "measure: the printed one with its interval where there is one, else that of its "
        "counts; arms with one control were taken together. Where an arm had no event, or arms "
        "had fewer than five events on average, a binomial model of the counts leads (for odds "
        "ratios the exact conditional one; none for risk ratios of events above 10% and for "
        "differences), beside the Mantel-Haenszel estimate, and Peto's where events were about "
        "1%, the effect was small and arms were balanced. Otherwise effects were pooled by "
        "inverse variance, with random effects ({random}) or, for two to four trials, with a "
        "half-normal(0.5) prior of tau (0.125 for differences); a common effect stands beside "
        "them. Where the effect in a further trial lies was predicted from three trials on, "
        "{further}.",
        random=_how(f"{how['tau2'].lower()}_{how['ci']}"),
        further=further,
    )

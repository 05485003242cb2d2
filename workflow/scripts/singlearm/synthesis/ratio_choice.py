"""Which method leads when effects of randomised trials are pooled, and what must hold for it.

The thresholds stand in `suitability`, with their sources.
"""

import numpy as np

from .ratio_common import mantel_haenszel
from .ratio_counts import TwoByTwo, observed_less_expected
from .suitability import (
    COUNTS_SHARE,
    EVENTS_PER_ARM,
    FEW_TRIALS,
    PETO_IMBALANCE,
    PETO_ODDS_RATIO,
    PETO_RISK,
    POISSON_RISK,
)

#: The binomial models by measure. For risk ratios the conditional one of Poisson counts, where
#: `poisson_doubts` has none: rare events are nearly Poisson (Cai, Parast and Ryan 2010, Stat Med
#: 29:2078).
BINOMIAL_MODELS = {"OR": ("CM.EL", "UM.FS"), "RR": ("CM.AL",)}


def rare_events(tables: TwoByTwo) -> bool:
    """Whether any arm has no event (or nothing else), or arms have fewer than five on average.

    Events or their complement, whichever is rarer: a ratio of near-certain events is as uncertain.

    Examples
    --------
    >>> from .ratio_counts import two_by_two
    >>> rare_events(two_by_two([5, 6], [50, 50], [5, 4], [50, 50]))
    False
    >>> rare_events(two_by_two([5, 5], [50, 50], [5, 4], [50, 50]))
    True
    """
    if not len(tables.n_treat):
        return False
    events = tables.events_treat.sum() + tables.events_ctrl.sum()
    patients = tables.n_treat.sum() + tables.n_ctrl.sum()
    fewer = min(events, patients - events)
    return bool(tables.zero.any() or fewer / (2 * len(tables.n_treat)) < EVENTS_PER_ARM)


def poisson_doubts(tables: TwoByTwo) -> tuple[str, ...]:
    """`poisson_events_common` where an arm's risk over all trials is above 10%; else empty.

    That events are certain, or nearly so, makes the model no better: it counts events alone.
    """
    if not len(tables.n_treat):
        return ()
    risks = (
        tables.events_treat.sum() / tables.n_treat.sum(),
        tables.events_ctrl.sum() / tables.n_ctrl.sum(),
    )
    return ("poisson_events_common",) if max(risks) > POISSON_RISK else ()


def peto_doubts(tables: TwoByTwo) -> tuple[str, ...]:
    """Conditions of Peto's method that do not hold, as note codes; empty: it may be used.

    `peto_events_common`: the share of patients with an event is above 1%. `peto_effect_large`: the
    Mantel-Haenszel odds ratio lies outside 1/2 to 2. `peto_arms_unequal`: the larger arm is more
    than twice the smaller one, as a geometric mean over trials with Peto's weights.
    """
    t = tables.where(~tables.double_zero)
    if not len(t.n_treat):
        return ("peto_no_events",)
    doubts = []
    events = tables.events_treat.sum() + tables.events_ctrl.sum()
    if events / (tables.n_treat.sum() + tables.n_ctrl.sum()) > PETO_RISK:
        doubts.append("peto_events_common")
    log_ratio = mantel_haenszel("OR", t).estimate
    if not abs(log_ratio) <= np.log(PETO_ODDS_RATIO):
        doubts.append("peto_effect_large")
    _, weight = observed_less_expected(t)
    unequal = np.average(np.abs(np.log(t.n_treat / t.n_ctrl)), weights=weight)
    if unequal > np.log(PETO_IMBALANCE):
        doubts.append("peto_arms_unequal")
    return tuple(doubts)


def reading_order(measure: str, k: int, tables: TwoByTwo, random: str) -> tuple[str, ...]:
    """The methods for k trials in the order in which they should be read; the first one leads.

    Parameters
    ----------
    measure : {"HR", "OR", "RR", "RD"}
    k : int
        Trials with a value, at least 2.
    tables : TwoByTwo
        Of the trials that report counts, those without events among them.
    random : str
        The name of the inverse-variance random-effects method.

    Notes
    -----
    Rare events: binomial model, Mantel-Haenszel, Peto, then inverse variance; for risk ratios of
    common events, where non-events are rare, Mantel-Haenszel first, whose variance is that of
    binomial counts. Otherwise, for fewer than five trials, the posterior, from five on the
    random-effects model; the common effect last. Trials that say nothing of a ratio do not count.
    """
    normal = ("bayes", random, "common") if k < FEW_TRIALS else (random, "common")
    telling = tables if measure == "RD" else tables.where(~tables.double_zero)
    counted = len(telling.n_treat)
    if measure == "HR" or counted < 2 or not rare_events(tables):
        return normal
    models = tuple(f"glmm_{m.lower().replace('.', '_')}" for m in BINOMIAL_MODELS.get(measure, ()))
    binomial = (*models, "mh", *(("peto",) if measure == "OR" else ()))
    if measure == "RR" and poisson_doubts(tables):
        binomial = ("mh", *models)
    return (*binomial, *normal) if counted > COUNTS_SHARE * k else (*normal, *binomial)

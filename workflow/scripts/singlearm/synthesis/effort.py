"""How much of the sensitivity analyses is computed, so that a review of any size ends in time.

Up to the bounds everything is computed. Beyond them the number of refits falls as the studies of
each refit rise: the work stays the same. What is left out is chosen by rule, never at random, and
the tables show what was done: they have fewer rows than there are studies, pairs or steps.
"""

import numpy as np

from .arrays import ArrayLike, Ints
from .effects import effect_sizes
from .heterogeneity import estimate_tau2
from .stack import stack

#: Refits times studies of one analysis: every study left out up to 387, every pair up to 67.
REFITS = 150_000
#: Fewest refits, however many studies.
LEAST_REFITS = 30
#: Simulated datasets times studies, and the fewest datasets.
SIMULATED = 90_000
LEAST_DATASETS = 100


def refits(k: int) -> int:
    """Refits of one analysis of k studies.

    >>> refits(40), refits(500), refits(2000)
    (3750, 300, 75)
    """
    return max(LEAST_REFITS, REFITS // max(k, 1))


def studies_in_pairs(k: int) -> int:
    """Studies of which all pairs are left out.

    >>> studies_in_pairs(40), studies_in_pairs(500)
    (87, 25)
    """
    return int((1 + np.sqrt(1 + 8 * refits(k))) / 2)


def datasets(k: int, wanted: int) -> int:
    """Simulated datasets of k studies, never more than wanted.

    >>> datasets(40, 2000), datasets(500, 2000)
    (2000, 180)
    """
    return min(wanted, max(LEAST_DATASETS, SIMULATED // max(k, 1)))


def most_moving(events: ArrayLike, total: ArrayLike, most: int) -> Ints:
    """The studies without which the pooled value moves most, in their own order.

    Parameters
    ----------
    events, total : array_like of int, shape (k,)
        Counts of the studies.
    most : int
        How many are wanted; all where there are no more.

    Returns
    -------
    array of int
        Their indices.

    Notes
    -----
    By the two-step model on the logit scale with tau2 (DerSimonian-Laird) held: without study i the
    value moves by w_i (mean - y_i) / (sum(w) - w_i).
    """
    k = np.size(np.asarray(events))
    if k <= most:
        return np.arange(k)
    e = effect_sizes(events, total, "PLO")
    weights = 1 / (e.vi + estimate_tau2(stack(e.yi, e.vi)[0], "DL")[0])
    mean = (weights * e.yi).sum() / weights.sum()
    moves = np.abs(weights * (mean - e.yi) / (weights.sum() - weights))
    return np.sort(np.argsort(-moves, kind="stable")[:most])


def steps(k: int) -> Ints:
    """Numbers of studies after which a cumulative analysis pools: evenly spread, the last is k."""
    return np.unique(np.round(np.linspace(1, k, min(k, refits(k)))).astype(int))

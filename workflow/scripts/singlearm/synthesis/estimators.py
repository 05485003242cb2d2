"""Every estimator of the between-study variance tau2: its names and, where it has one, its form.

A new estimator of closed form is a function and a line of `ESTIMATORS`, both here: protocol,
models, specification curve, methods text and figures take the list from this module. What iterates
has its loop in `heterogeneity`. Source: Veroniki et al. (2016), Res Synth Methods 7:55.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .arrays import Floats
from .linear import inverse_variance_fit, trace, weighted_fit
from .stack import Stack


@dataclass(frozen=True, slots=True)
class Estimator:
    """An estimator of tau2.

    Parameters
    ----------
    short : str
        What a figure calls it.
    words : str
        What a sentence calls it, with its citation.
    closed : callable, optional
        tau2 (B,) of a `Stack`, below 0 where it falls so; None of one that iterates.
    """

    short: str
    words: str
    closed: Callable[[Stack], Floats] | None = None


def _equal_effects(s: Stack) -> Floats:
    return np.zeros(s.k.shape)


def _der_simonian_laird(s: Stack) -> Floats:
    f = inverse_variance_fit(s, 0.0)
    return (f.q - s.df) / trace(s, f)


def _hedges(s: Stack) -> Floats:
    f = weighted_fit(s, s.present.astype(float))
    if s.design is None:
        leverage = np.broadcast_to(f.inverse[0], s.y.shape)
    else:
        leverage = np.einsum("pkb,pqb,qkb->kb", s.design + 0 * s.y, f.inverse, s.design + 0 * s.y)
    unexplained = np.where(s.present, (1 - leverage) * np.where(s.present, s.v, 0.0), 0.0)
    return (f.q - unexplained.sum(axis=0)) / s.df


def _hunter_schmidt(s: Stack) -> Floats:
    f = inverse_variance_fit(s, 0.0)
    return (f.q - s.k) / f.weights.sum(axis=0)


def _hunter_schmidt_k(s: Stack) -> Floats:
    f = inverse_variance_fit(s, 0.0)
    return (f.q * s.k / s.df - s.k) / f.weights.sum(axis=0)


def crude_variance(s: Stack) -> Floats:
    """Variance of the effect sizes about their plain mean, divisor k."""
    r = np.where(s.present, s.y - s.y.sum(axis=0) / s.k, 0.0)
    return np.einsum("kb,kb->b", r, r) / s.k


def _sidik_jonkman(s: Stack) -> Floats:
    crude = crude_variance(s)
    return np.where(crude > 0, crude * inverse_variance_fit(s, crude).q / s.df, 0.0)


ESTIMATORS = {
    "EE": Estimator("none (equal effects)", "no between-study variance", _equal_effects),
    "DL": Estimator(
        "DerSimonian-Laird",
        "the DerSimonian-Laird estimator [@dersimonian1986]",
        _der_simonian_laird,
    ),
    "HE": Estimator("Hedges", "the Hedges estimator", _hedges),
    "HS": Estimator("Hunter-Schmidt", "the Hunter-Schmidt estimator", _hunter_schmidt),
    "HSk": Estimator(
        "Hunter-Schmidt, k",
        "the Hunter-Schmidt estimator with a small-sample correction",
        _hunter_schmidt_k,
    ),
    "SJ": Estimator("Sidik-Jonkman", "the Sidik-Jonkman estimator", _sidik_jonkman),
    "ML": Estimator("maximum likelihood", "maximum likelihood"),
    "REML": Estimator("restricted ML", "restricted maximum likelihood [@viechtbauer2005]"),
    "EB": Estimator("empirical Bayes", "the empirical Bayes estimator"),
    "PM": Estimator("Paule-Mandel", "the Paule-Mandel estimator"),
    "PMM": Estimator("Paule-Mandel, median", "the median-unbiased Paule-Mandel estimator"),
}
TAU2_METHODS = tuple(ESTIMATORS)

"""Logistic regression without a random effect, for many datasets at once, and its algebra.

Arrays are (K, B): studies x datasets; absent studies have n = 0. A design is (P, K, B), or
broadcastable to it.
"""

import numpy as np

from .arrays import Bools, Floats
from .linear import gram
from .quadrature import softplus

MAX_STEPS = 60
#: A log-likelihood that falls by more than this, relative to 1 + its size, falls.
FALLS = 1e-9


def intercept() -> Floats:
    """The design of one pooled value: (1, 1, 1), broadcast over studies and datasets."""
    return np.ones((1, 1, 1))


def predictor(design: Floats, beta: Floats) -> Floats:
    """design (P, K, B) and beta (P, B) to linear predictors (K, B); (1, B) for an intercept."""
    if design.size == 1:
        return beta
    return (design * beta[:, None, :]).sum(axis=0)


def separated(x: Floats, n: Floats) -> Bools:
    """Datasets (B,) in which every study has no events or only events, and not all one patient.

    Their likelihood grows with tau without end. Studies of one patient each know nothing of tau.
    """
    return ((x == 0) | (x == n)).all(axis=0) & (n.max(axis=0) > 1)


def fit_common(x: Floats, n: Floats, design: Floats) -> tuple[Floats, Floats, Bools]:
    """Logistic regression without random effect: beta (P, B), log-likelihood without constant (B,),
    and whether the search arrived. A step that lowers the likelihood is halved."""
    events, total = x.sum(axis=0), n.sum(axis=0)
    beta = np.zeros((design.shape[0], x.shape[1]))
    beta[0] = np.log((events + 0.5) / (total - events + 0.5))
    if design.size == 1:
        with np.errstate(divide="ignore"):
            beta[0] = np.log(events) - np.log(total - events)
    good, best, step = beta, np.full(x.shape[1], -np.inf), np.zeros_like(beta)
    ok = np.zeros(x.shape[1], bool)
    for _ in range(MAX_STEPS):
        mu = predictor(design, beta)
        loglik = (x * mu - n * softplus(mu)).sum(axis=0)
        fell = loglik < best - FALLS * (1 + np.abs(best))
        good, best = np.where(fell, good, beta), np.where(fell, best, loglik)
        e = 1 / (1 + np.exp(-mu))
        onward = solve(-weighted_gram(design, -n * e * (1 - e)), project(design, x - n * e))
        step = np.where(fell, step / 2, np.clip(onward, -2, 2))
        beta = good + step
        ok = np.isfinite(beta).all(axis=0) & (np.abs(step).max(axis=0) < 1e-9) & ~fell
        if ok.all():
            break
    mu = predictor(design, beta)
    return beta, (x * mu - n * softplus(mu)).sum(axis=0), ok


def project(design: Floats, score: Floats) -> Floats:
    """Sum over studies of design * score: (P, B)."""
    if design.size == 1:
        return score.sum(axis=0)[None]
    return (design * score).sum(axis=1)


def weighted_gram(design: Floats, weight: Floats) -> Floats:
    """Sum over studies of design design' weight: (P, P, B)."""
    if design.size == 1:
        return weight.sum(axis=0)[None, None]
    return gram(design, weight)


def solve(matrix: Floats, right: Floats) -> Floats:
    """Solve (P, P, B) systems for right-hand sides (P, B); NaN where singular."""
    if right.shape[0] == 1:
        with np.errstate(divide="ignore", invalid="ignore"):
            return right / matrix[0]
    a = np.moveaxis(matrix, -1, 0)
    # without any variation the search runs off to infinity, where there is no matrix
    good = np.asarray(np.isfinite(a).all(axis=(1, 2)))
    a = np.where(good[:, None, None], a, np.eye(a.shape[1]))
    good &= np.linalg.cond(a) < 1e14
    a = np.where(good[:, None, None], a, np.eye(a.shape[1]))
    out = np.linalg.solve(a, np.moveaxis(right, -1, 0)[..., None])[..., 0]
    return np.where(good[:, None], out, np.nan).T

"""Three-level model: arms within trials, with a variance of the trials and one of their arms.

y = beta + (trial) + (arm) + error, variances sigma2_cluster and sigma2_arm by restricted maximum
likelihood: Newton steps on the derivatives of the likelihood, with the projection P = W - W 1 (1'W
1)^-1 1'W and W the inverse of the covariance of y (Konstantopoulos 2011, Res Synth Methods 2:61;
Van den Noortgate et al. 2013, Behav Res Methods 45:576).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import log

import numpy as np
from scipy.special import chdtri

from .arrays import ArrayLike, Floats
from .words import SynthesisError

MAX_STEPS = 200
#: Largest relative step that counts as standing still.
STILL = 1e-9
#: Shares of the scale of the data (trials, arms) from which the search starts.
STARTS = ((0.5, 0.5), (0.9, 0.0), (0.0, 0.9), (0.1, 0.1))
#: A limit of a variance is not looked for beyond this multiple of the scale of the data.
FARTHEST = 1e4
#: Accuracy of a limit: relative to itself, and to the scale where it is near 0.
CLOSE, CLOSE_TO_ZERO = 1e-7, 1e-12


@dataclass(frozen=True, slots=True)
class ThreeLevel:
    """A pooled value of arms in trials, on the scale of the effect sizes.

    `se` is model-based; for robust limits put both variances into `cr2.cluster_robust`. The limits
    of the variances, and of their sum (`total`), are profile-likelihood ones, NaN where not asked
    for or not found. `identified` is False where no trial has two arms: then only the sum of the
    two variances can be told. `loglik_common` is the restricted log-likelihood with both variances
    0.
    """

    k: int
    clusters: int
    estimate: float
    se: float
    sigma2_cluster: float
    sigma2_arm: float
    sigma2_cluster_low: float
    sigma2_cluster_high: float
    sigma2_arm_low: float
    sigma2_arm_high: float
    total_low: float
    total_high: float
    q: float
    loglik: float
    loglik_common: float
    converged: bool
    identified: bool

    @property
    def total(self) -> float:
        """The variance between arms, of trials and arms together."""
        return self.sigma2_cluster + self.sigma2_arm


@dataclass(frozen=True, slots=True)
class _Data:
    """Effects (k,), variances (k,) and same[i, j] = 1 for arms of one trial."""

    y: Floats
    v: Floats
    same: Floats

    @property
    def scale(self) -> float:
        """What variances are measured by: equal effects vary as little as their errors allow."""
        return max(float(np.var(self.y)), float(self.v.mean()))

    def covariance(self, sigma2: Floats) -> Floats:
        return np.asarray(np.diag(self.v + sigma2[1]) + sigma2[0] * self.same)


def three_level(
    yi: ArrayLike,
    vi: ArrayLike,
    clusters: Iterable[object],
    *,
    level: float = 0.95,
    profile: bool = True,
) -> ThreeLevel:
    """Pool arms (k,) that belong to trials.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effect sizes and sampling variances.
    clusters : iterable of length k
        The trial of each arm.
    level : float
        Coverage of the limits of the variances.
    profile : bool
        Whether to compute the profile-likelihood limits of the variances.

    Returns
    -------
    ThreeLevel

    Raises
    ------
    SynthesisError
        For fewer than two trials, or data that are no effects.
    """
    y, v = np.asarray(yi, float), np.asarray(vi, float)
    names, index = np.unique([str(label) for label in clusters], return_inverse=True)
    if y.ndim != 1 or not y.shape == v.shape == index.shape:
        raise SynthesisError("yi, vi and clusters must be three lists of one length")
    if not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0).all()):
        raise SynthesisError("an effect size is missing or has a variance that is not positive")
    if names.size < 2:
        raise SynthesisError("a three-level model needs two trials or more")
    same = (index[:, None] == index).astype(float)
    data = _Data(y, v, same)
    sigma2, converged = _best_of(data, [data.scale * np.array(start) for start in STARTS])
    loglik, beta, variance = _likelihood(data, sigma2)
    identified = bool(same.sum() > y.size)
    limits = np.full((3, 2), np.nan)
    if profile and identified:
        limits[:2] = [_profile(data, sigma2, loglik, j, level) for j in (0, 1)]
        limits[2] = _profile_total(data, float(sigma2.sum()), loglik, level)
    w = 1 / v
    return ThreeLevel(
        k=y.size,
        clusters=int(names.size),
        estimate=beta,
        se=float(np.sqrt(variance)),
        sigma2_cluster=float(sigma2[0]),
        sigma2_arm=float(sigma2[1]),
        sigma2_cluster_low=float(limits[0, 0]),
        sigma2_cluster_high=float(limits[0, 1]),
        sigma2_arm_low=float(limits[1, 0]),
        sigma2_arm_high=float(limits[1, 1]),
        total_low=float(limits[2, 0]),
        total_high=float(limits[2, 1]),
        q=float((w * (y - (w * y).sum() / w.sum()) ** 2).sum()),
        loglik=loglik,
        loglik_common=_likelihood(data, np.zeros(2))[0],
        converged=converged,
        identified=identified,
    )


def _likelihood(data: _Data, sigma2: Floats) -> tuple[float, float, float]:
    """Restricted log-likelihood with metafor's constant, the pooled value and its variance."""
    lower, k = np.linalg.cholesky(data.covariance(sigma2)), data.y.size
    one, y = np.linalg.solve(lower, np.ones(k)), np.linalg.solve(lower, data.y)
    variance = 1 / float(one @ one)
    beta = variance * float(one @ y)
    residual = y - one * beta
    logs = 2 * np.log(np.diag(lower)).sum() - log(variance) - log(k)
    value = -0.5 * ((k - 1) * np.log(2 * np.pi) + logs + residual @ residual)
    return float(value), beta, variance


def _derivatives(data: _Data, sigma2: Floats) -> tuple[Floats, Floats, Floats]:
    """Score (2,), observed and expected information (2, 2) of the restricted likelihood."""
    w = np.linalg.inv(data.covariance(sigma2))
    one = np.ones(data.y.size)
    rows = w @ one
    variance = 1 / (one @ rows)
    p = w - np.outer(rows * variance, rows)
    py = p @ data.y
    parts = (p @ data.same, p)
    shifted = (data.same @ py, py)
    score = np.array([py @ shifted[j] - np.trace(parts[j]) for j in (0, 1)]) / 2
    expected, observed = np.empty((2, 2)), np.empty((2, 2))
    for i in (0, 1):
        for j in (0, 1):
            expected[i, j] = 0.5 * (parts[i] * parts[j].T).sum()
            observed[i, j] = shifted[i] @ p @ shifted[j] - expected[i, j]
    return score, observed, expected


def _best_of(
    data: _Data, starts: list[Floats], fixed: tuple[int, float] | None = None
) -> tuple[Floats, bool]:
    """The best of what the starts lead to; `fixed` holds one variance (its place and value)."""
    best, top, arrived = np.zeros(2), -np.inf, False
    for start in starts:
        sigma2, ok = _climb(data, start, fixed)
        loglik = _likelihood(data, sigma2)[0]
        if loglik > top + 1e-10:
            best, top, arrived = sigma2, loglik, ok
    return best, arrived


def _climb(data: _Data, sigma2: Floats, fixed: tuple[int, float] | None) -> tuple[Floats, bool]:
    """Newton steps (Fisher scoring where not concave) within sigma2 >= 0, halved when they fall."""
    sigma2 = sigma2.copy()
    free = np.ones(2, bool)
    if fixed is not None:
        free[fixed[0]], sigma2[fixed[0]] = False, fixed[1]
    value = _likelihood(data, sigma2)[0]
    for _ in range(MAX_STEPS):
        score, observed, expected = _derivatives(data, sigma2)
        go = np.flatnonzero(free & ((sigma2 > 0) | (score > 0)))
        if go.size == 0:
            return sigma2, True
        inner = np.ix_(go, go)
        concave = np.linalg.eigvalsh(observed[inner])[0] > 1e-8 * np.trace(expected[inner])
        information = observed[inner] if concave else expected[inner]
        step = np.zeros(2)
        step[go] = np.linalg.lstsq(information, score[go], rcond=1e-12)[0]
        new = _uphill(data, sigma2, step, value)
        if new is None:
            return sigma2, True
        moved = np.abs(new - sigma2).max()
        sigma2, value = new, _likelihood(data, new)[0]
        if moved <= STILL * (sigma2.max() + 1e-8):
            return sigma2, True
    return sigma2, False


def _uphill(data: _Data, at: Floats, step: Floats, value: float) -> Floats | None:
    """The first of the halved steps that does not lower the likelihood; None if none is left."""
    for halving in range(40):
        new = np.maximum(at + step * 0.5**halving, 0.0)
        if _likelihood(data, new)[0] >= value:
            return np.asarray(new)
    return None


def _profile(
    data: _Data, best: Floats, top: float, which: int, level: float
) -> tuple[float, float]:
    """Limits of one variance where the likelihood, maximised over the other, has dropped."""
    drop = float(chdtri(1, 1 - level)) / 2
    # the other variance is looked for from its estimate and, if that is 0, from above
    start = best.copy()
    start[1 - which] = best[1 - which] or 0.1 * data.scale

    def gap(value: float) -> float:
        sigma2, _ = _best_of(data, [start], (which, value))
        return top - _likelihood(data, sigma2)[0] - drop

    return _both_limits(data, gap, float(best[which]))


def _profile_total(data: _Data, total: float, top: float, level: float) -> tuple[float, float]:
    """The same for the sum of the variances, maximised over the share of the trials in it."""
    from scipy.optimize import minimize_scalar  # a tenth of a second, for few trials only

    drop = float(chdtri(1, 1 - level)) / 2

    def gap(value: float) -> float:
        def lost(share: float) -> float:
            return top - _likelihood(data, value * np.array([share, 1 - share]))[0]

        inner = minimize_scalar(lost, bounds=(0.0, 1.0), method="bounded").fun
        return min(float(inner), lost(0.0), lost(1.0)) - drop

    return _both_limits(data, gap, total)


def _both_limits(data: _Data, gap: Callable[[float], float], at: float) -> tuple[float, float]:
    """Where `gap` is 0 below and above the estimate: 0 if it is not below, NaN if not above."""
    low = 0.0
    if at > 0 and gap(0.0) > 0:
        low = _root(data, gap, 0.0, at)
    high = max(2 * at, 0.1 * data.scale)
    while gap(high) < 0:
        high *= 2
        if high > FARTHEST * data.scale:
            return low, np.nan
    return low, _root(data, gap, at, high)


def _root(data: _Data, gap: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq  # see `_profile_total`

    return float(brentq(gap, low, high, xtol=CLOSE_TO_ZERO * data.scale, rtol=CLOSE))

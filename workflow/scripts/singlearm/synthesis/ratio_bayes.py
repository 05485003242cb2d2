"""Bayesian pooling of two-arm effects: normal effects, half-normal prior of tau, by integration."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from .arrays import ArrayLike, Floats

#: Scale of the half-normal prior of tau for log ratios: 95% of trials' ratios within a factor of
#: exp(1.96 * 2 * 0.5) at most; Roever et al. (2021), Res Synth Methods 12:448, section 5.
TAU_SCALE = 0.5
#: The same for risk differences: a difference of log odds is p (1 - p), 1/4 at most, times as large
#: in the risk, so a tau of 0.5 there is one of 12.5 points or less here.
TAU_SCALE_RD = TAU_SCALE / 4
#: Points of the grid in tau, and where it ends, in scales: the prior beyond has 6e-16 of its mass.
POINTS = 2001
END = 8.0


@dataclass(frozen=True, slots=True)
class NormalPosterior:
    """Posterior medians and equal-tailed intervals on the scale of the effects."""

    estimate: float
    interval: tuple[float, float]
    prediction: tuple[float, float]
    tau: float
    tau_interval: tuple[float, float]


def pool_bayes(
    yi: ArrayLike, vi: ArrayLike, *, scale: float = TAU_SCALE, level: float = 0.95
) -> NormalPosterior:
    """Posterior of the mean effect and of tau; the prior of the mean is uniform.

    Parameters
    ----------
    yi, vi : (k,) array_like
        Effects and their variances.
    scale : float
        Of the half-normal prior of tau.
    level : float

    Notes
    -----
    Given tau the mean is normal; tau is integrated out on a grid (Simpson). The model of the R
    package bayesmeta (Roever 2020, J Stat Softw 93(6)). For two to four trials, where tau cannot
    be estimated, a weakly informative prior is what Bender et al. (2018), Res Synth Methods
    9:382, and Friede et al. (2017), Res Synth Methods 8:79, advise.

    Examples
    --------
    >>> post = pool_bayes([-0.6, 0.01], [0.032, 0.028])
    >>> [round(v, 2) for v in (post.estimate, *post.interval)]
    [-0.29, -1.09, 0.51]
    """
    y, v = np.asarray(yi, float), np.asarray(vi, float)
    # squares of an even grid: more points near 0, where the density of tau changes fastest
    root = np.linspace(0.0, np.sqrt(END * scale), POINTS)
    tau = root**2
    w = 1 / (v + tau[:, None] ** 2)
    total = w.sum(axis=1)
    mean = (w * y).sum(axis=1) / total
    logs = (np.log(w).sum(axis=1) - np.log(total)) / 2
    logs -= (w * (y - mean[:, None]) ** 2).sum(axis=1) / 2 + (tau / scale) ** 2 / 2
    weights = np.exp(logs - logs.max()) * _simpson(POINTS) * 2 * root
    weights /= weights.sum()
    spread = np.sqrt(1 / total)
    wide = np.sqrt(1 / total + tau**2)
    tails = ((1 - level) / 2, (1 + level) / 2)
    return NormalPosterior(
        _mixture_quantile(0.5, weights, mean, spread),
        _both(lambda p: _mixture_quantile(p, weights, mean, spread), tails),
        _both(lambda p: _mixture_quantile(p, weights, mean, wide), tails),
        _grid_quantile(0.5, weights, tau),
        _both(lambda p: _grid_quantile(p, weights, tau), tails),
    )


def _simpson(points: int) -> Floats:
    weights = np.full(points, 2.0)
    weights[1::2] = 4.0
    weights[[0, -1]] = 1.0
    return weights


def _both(quantile: Callable[[float], float], tails: tuple[float, float]) -> tuple[float, float]:
    return quantile(tails[0]), quantile(tails[1])


def _mixture_quantile(p: float, weights: Floats, mean: Floats, spread: Floats) -> float:
    low, high = float((mean - 10 * spread).min()), float((mean + 10 * spread).max())
    return float(
        brentq(lambda x: float(weights @ ndtr((x - mean) / spread)) - p, low, high, xtol=1e-12)
    )


def _grid_quantile(p: float, weights: Floats, tau: Floats) -> float:
    """By the cumulated weights, in pairs of steps so that Simpson's 4 and 2 even out."""
    pairs = np.concatenate([[0.0], weights[:-2:2] / 2 + weights[1:-1:2] + weights[2::2] / 2])
    pairs[1] += weights[0] / 2
    pairs[-1] += weights[-1] / 2
    return float(np.interp(p, np.cumsum(pairs), tau[::2]))

"""A joint posterior of (mu, tau) on a grid, for many datasets at once, and its quantiles.

Both sums over the grid are midpoint rules of analytic functions that vanish at the ends, which
converge faster than any power of the step; distribution functions come from the sinc expansion of
the same grid values, hence are as exact as the sums (Trefethen and Weideman 2014, SIAM Review
56:385); their values and first three derivatives at the grid points are matrix products, and the
polynomials of degree 7 that share them fill the steps between. Arrays end in the datasets B: tau
(T, B), mu (M, T, B).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.special import expit, ndtr, ndtri, sici

from .arrays import Bools, Floats
from .quadrature import hermite_nodes

#: Below this ratio of tau to the step of mu a new study is smoothed by Hermite nodes.
NARROW = 1.0
SMOOTH_NODES = 7
#: Steps of the averages over studies up to each tau, and beyond.
AVERAGE_TAUS, AVERAGE_STEPS = (1.0, 2.0, 4.0), (0.8, 0.45, 0.24, 1.0)
ROOT_STEPS = 60
#: Accepted error of a quantile in normal scores.
CLOSE = 1e-10


@dataclass(frozen=True, slots=True)
class Grid:
    """Posteriors of B datasets.

    `tau` (T, B), `mu` (M, T, B), `step` (T, B) of mu; `weight` (M, T, B) sums to 1 over a dataset,
    `share` (T, B) are the weights of tau; tau = `scale` sinh(s) with s in steps of `spacing` (B,);
    `from_zero` (B,): the grid of tau starts at 0; `log_evidence` (B,). `below` (4, M, T, B) is the
    joint probability of mu up to each point and tau, and its derivatives by the steps of mu.
    """

    tau: Floats
    mu: Floats
    step: Floats
    weight: Floats
    share: Floats
    scale: Floats
    spacing: Floats
    from_zero: Bools
    log_evidence: Floats
    below: Floats

    def mean_mu(self) -> Floats:
        """Posterior mean of mu (B,)."""
        return (self.weight * self.mu).sum(axis=(0, 1))

    def sd_mu(self) -> Floats:
        """Posterior standard deviation of mu (B,)."""
        return np.sqrt((self.weight * (self.mu - self.mean_mu()) ** 2).sum(axis=(0, 1)))

    def cdf_mu(self, at: Floats) -> Floats:
        """P(mu <= at) (B,)."""
        return self._given_tau(np.broadcast_to(at, self.tau.shape)).sum(axis=0)

    def cdf_tau(self, at: Floats) -> Floats:
        """P(tau <= at) (B,), from the grid mirrored at 0 where it reaches there."""
        to, s = np.arcsinh(at / self.scale), np.arcsinh(self.tau / self.scale)
        whole = _sinc_step((to - s) / self.spacing)
        mirrored = np.where(self.from_zero, _sinc_step((to + s) / self.spacing) - 1, 0.0)
        return np.where(at > 0, (self.share * (whole + mirrored)).sum(axis=0), 0.0)

    def cdf_new(self, at: Floats) -> Floats:
        """P(logit of a new study <= at) (B,)."""
        wide = self.tau >= NARROW * self.step
        scores = (at - self.mu) / np.where(wide, self.tau, 1.0)
        total = np.where(wide, (self.weight * ndtr(scores)).sum(axis=0), 0.0)
        narrow = ~wide.all(axis=1)
        if narrow.any():  # whole rows of tau: which of their datasets need it is `wide` again
            u, log_weight = hermite_nodes(SMOOTH_NODES)
            rows = replace(
                self, tau=self.tau[narrow], mu=self.mu[:, narrow], step=self.step[narrow],
                below=self.below[:, :, narrow],
            )  # fmt: skip
            smooth = np.exp(log_weight - 0.5 * u * u)
            given = sum(
                w * rows._given_tau(at - node * rows.tau) for w, node in zip(smooth, u, strict=True)
            )
            total[narrow] = np.where(wide[narrow], total[narrow], given)
        return total.sum(axis=0)

    def average(self) -> "Average":
        """The population-averaged proportion over the grid."""
        mean, slope = _averages(self.mu, self.tau)
        with np.errstate(divide="ignore", invalid="ignore"):
            logit = np.log(mean) - np.log1p(-mean)
            # where the mean rounds to 0 or 1 there is no mass: any increasing values will do
            logit = np.where(np.isfinite(logit), logit, 40.0 * np.sign(self.mu))
            rate = np.where(slope > 0, slope / np.maximum(mean * (1 - mean), 1e-300), 1.0)
        return Average(self, logit, self.step * np.clip(rate, 1e-6, 1.0))

    def _given_tau(self, at: Floats) -> Floats:
        """Joint P(mu <= at_t, tau = t) (T, B) for limits `at` (T, B)."""
        last = len(self.mu) - 1
        place = np.clip((at - self.mu[0]) / self.step, 0.0, last)
        cell = np.minimum(place.astype(np.intp), last - 1)
        joint, size = self.below.reshape(4, -1), self.tau.size
        index = cell * size + np.arange(size).reshape(self.tau.shape)
        left, right = joint.take(index, axis=1), joint.take(index + size, axis=1)
        return _between(left, right, place - cell)


@dataclass(frozen=True, slots=True)
class Average:
    """Logit of the population-averaged proportion at each point of a grid (M, T, B), and its rise
    over one step of mu there. Given tau it is a monotone function of mu, and nearly linear."""

    grid: Grid
    logit: Floats
    rise: Floats

    def cdf(self, at: Floats) -> Floats:
        """P(logit of the average <= at) (B,)."""
        last = len(self.logit) - 2
        cell = np.clip((self.logit < at).sum(axis=0) - 1, 0, last)[None]
        low, high = (np.take_along_axis(self.logit, cell + i, axis=0)[0] for i in (0, 1))
        left, right = (np.take_along_axis(self.rise, cell + i, axis=0)[0] for i in (0, 1))
        # where the cubic between the two points reaches `at`, by Newton from the straight line
        t = np.clip((at - low) / np.maximum(high - low, 1e-300), -1e3, 1e3)
        inside = (t > 0) & (t < 1)
        for _ in range(3):
            t2 = t * t
            t3 = t2 * t
            value = low + (high - low) * (3 * t2 - 2 * t3) + left * (t3 - 2 * t2 + t)
            value += right * (t3 - t2)
            slope = 6 * (high - low) * (t - t2) + left * (3 * t2 - 4 * t + 1)
            slope += right * (3 * t2 - 2 * t)
            t = np.where(inside, t - (value - at) / np.maximum(slope, 1e-300), t)
        mu = np.take_along_axis(self.grid.mu, cell, axis=0)[0] + t * self.grid.step
        return self.grid._given_tau(mu).sum(axis=0)


def sums_below(weight: Floats) -> Floats:
    """Sinc expansion of weights (M, T, B): its integral and three derivatives (4, M, T, B)."""
    points = len(weight)
    sums = _sinc_sums(points) @ weight.reshape(points, -1)
    return sums.reshape(4, *weight.shape)


@lru_cache(maxsize=64)
def _sinc_sums(points: int) -> Floats:
    """What a weight at each of the points gives to the expansion at each point (4 M, M)."""
    away = np.subtract.outer(np.arange(points), np.arange(points)).astype(float)
    off = np.where(away == 0, np.inf, away)
    sign = np.where(away % 2 == 0, 1.0, -1.0)
    curve = np.where(away == 0, -(np.pi**2) / 3, -2 * sign / off**2)
    return np.concatenate([_sinc_step(away), np.eye(points), sign / off, curve])


def _sinc_step(z: Floats) -> Floats:
    """Integral of the sinc function up to z, from 0 to 1."""
    return 0.5 + sici(np.pi * z)[0] / np.pi


def _between(left: Floats, right: Floats, t: Floats) -> Floats:
    """The polynomials of degree 7 with given values and derivatives (4, ...) at 0 and 1, at t."""
    a0, a1, a2, a3 = left[0], left[1], left[2] / 2, left[3] / 6
    gap = np.stack(
        [
            right[0] - (a0 + a1 + a2 + a3),
            right[1] - (a1 + 2 * a2 + 3 * a3),
            right[2] - (2 * a2 + 6 * a3),
            right[3] - 6 * a3,
        ]
    )
    b0, b1, b2, b3 = np.tensordot(_FROM_GAPS, gap, axes=1)
    high = b0 + t * (b1 + t * (b2 + t * b3))
    found: Floats = a0 + t * (a1 + t * (a2 + t * (a3 + t * high)))
    return found


#: Coefficients of t^4 to t^7 from what value and derivatives at 1 are still lacking.
_FROM_GAPS = np.linalg.inv(
    [[1.0, 1, 1, 1], [4.0, 5, 6, 7], [12.0, 20, 30, 42], [24.0, 60, 120, 210]]
)


def _averages(mu: Floats, tau: Floats) -> tuple[Floats, Floats]:
    """E[expit(mu + tau z)] and its derivative in mu, to 1e-8, at mu (M, T, B) and tau (T, B).

    Sums over even steps, which meet an integral once they are small beside the normal density and
    the distance of expit's poles. `logistic_normal_mean` gives the last digit.
    """
    mean, slope = np.empty(mu.shape), np.empty(mu.shape)
    kind = np.searchsorted(AVERAGE_TAUS, tau)
    for i in np.unique(kind):
        at = kind == i
        of = _over_normal if i < len(AVERAGE_TAUS) else _over_logistic
        mean[:, at], slope[:, at] = of(mu[:, at], tau[at], AVERAGE_STEPS[i])
    return mean, slope


def _over_normal(mu: Floats, tau: Floats, step: float) -> tuple[Floats, Floats]:
    """Mean and slope at mu (M, N) and tau (N,) as sums over z."""
    points = step * np.arange(-np.ceil(6 / step), np.ceil(6 / step) + 1)
    mean, slope = np.zeros((2, *mu.shape))
    with np.errstate(over="ignore"):
        for z, weight in zip(points, step * np.exp(-0.5 * points**2), strict=True):
            p = 1 / (1 + np.exp(-(mu + tau * z)))
            mean += weight * p
            slope += weight * p * (1 - p)
    return mean / np.sqrt(2 * np.pi), slope / np.sqrt(2 * np.pi)


def _over_logistic(mu: Floats, tau: Floats, step: float) -> tuple[Floats, Floats]:
    """The same as sums over the logistic law, of which expit is the distribution function."""
    points = step * np.arange(-np.ceil(20 / step), np.ceil(20 / step) + 1)
    p = expit(points)
    weight = step * p * (1 - p)
    score = (mu[..., None] - points) / tau[:, None]
    density = np.exp(-0.5 * score * score) / (tau[:, None] * np.sqrt(2 * np.pi))
    return ndtr(score) @ weight, density @ weight


def quantiles(cdf: Callable[[Floats], Floats], p: float, mean: Floats, sd: Floats) -> Floats:
    """The values (B,) where the distribution functions reach p, by secant steps on normal scores.

    On that scale the distribution function of a near-normal posterior is a straight line; `mean`
    and `sd` (B,) give its first guess. Steps are held within a bracket once there is one.
    """
    goal = float(ndtri(p))
    low, high = np.full(mean.shape, -np.inf), np.full(mean.shape, np.inf)
    at, slope = mean + goal * sd, 1 / sd
    before: tuple[Floats, Floats] | None = None
    for _ in range(ROOT_STEPS):
        score = ndtri(np.clip(cdf(at), 1e-300, 1 - 1e-16))
        gap = score - goal
        if (np.abs(gap) < CLOSE).all():
            break
        low, high = np.where(gap < 0, at, low), np.where(gap < 0, high, at)
        if before is not None:
            moved = (score != before[1]) & (at != before[0])
            with np.errstate(divide="ignore", invalid="ignore"):
                secant = (score - before[1]) / (at - before[0])
            slope = np.where(moved, np.maximum(secant, 0.02 / sd), slope)
        before = (at, score)
        step = at - np.where(np.abs(gap) < CLOSE, 0.0, gap / slope)
        outside = (step <= low) | (step >= high)
        with np.errstate(invalid="ignore"):
            at = np.where(outside & np.isfinite(low + high), (low + high) / 2, step)
    return at

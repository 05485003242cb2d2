"""What a model with random intercepts knows of each study's own logit.

Given the parameters a study's logit eta = mu + tau u has a density proportional to binomial
likelihood times normal prior, which is log-concave. On an even grid over all of its mass the
trapezoid rule is exact to rounding, since the density is analytic in a strip around the real line
(see `step_integrals`), whatever x, n and tau are; its distribution function is the sinc expansion
of the same values (see `posterior_grid`). Arrays are (G, K): points x studies.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import sici

from .arrays import Floats
from .posterior_grid import Grid, quantiles
from .quadrature import hermite_nodes, softplus

#: A density is followed until it has dropped by this much in logs.
DROP = 40.0
#: The same of a likelihood alone, which may disagree with what the other studies say.
DROP_LIKELIHOOD = 200.0
#: Steps of the grid: on the logit scale, and in standard deviations of the density.
STEP, SHARE = 1 / 3, 0.5
#: Halvings of a range: to the last digit, and to where a grid may end.
HALVINGS, ENOUGH = 60, 30
#: Values of (mu, tau), or of tau, that weigh less are left out.
LIGHT = 1e-12
#: Normal deviations of a logit that are followed.
REACH = 6.5
#: Nodes for a tau that is narrower than the grid of mu.
NODES = 9
TINY = np.finfo(float).tiny


@dataclass(frozen=True, slots=True)
class Density:
    """Densities of K studies on even grids: `points` and `weight` (G, K), which sums to 1."""

    points: Floats
    weight: Floats

    @property
    def mean(self) -> Floats:
        """Means (K,)."""
        return (self.weight * self.points).sum(axis=0)

    @property
    def variance(self) -> Floats:
        """Variances (K,)."""
        return (self.weight * (self.points - self.mean) ** 2).sum(axis=0)

    def cdf(self, at: Floats) -> Floats:
        """Probability (K,) that a study lies below `at` (K,)."""
        step = self.points[1] - self.points[0]
        # of the sinc function itself: `posterior_grid` has a table, for grids of fewer steps
        below = 0.5 + sici(np.pi * (at - self.points) / step)[0] / np.pi
        total: Floats = (self.weight * below).sum(axis=0)
        return total

    def quantile(self, p: float) -> Floats:
        """The values (K,) below which a study lies with probability p."""
        return quantiles(self.cdf, p, self.mean, np.sqrt(self.variance))


def deviations(x: Floats, n: Floats, mu: float, tau: float) -> Density:
    """The posterior of u, each study's deviation from mu in units of tau, parameters given.

    Parameters
    ----------
    x, n : (K,) arrays
        Events and totals.
    mu, tau : float
        Mean and standard deviation of the logits; tau may be 0.

    Returns
    -------
    Density
        Its variance is the share of a shift of mu that a study's logit takes part in.
    """

    def height(u: Floats) -> Floats:
        eta = mu + tau * u
        return x * eta - n * softplus(eta) - 0.5 * u * u

    mode = _mode(x, n, mu, tau)
    top = height(mode)
    # the curvature is never below that of the normal density
    far = np.full(x.shape, np.sqrt(2 * DROP))
    low, high = (_reach(height, mode, mode + side * far, top - DROP) for side in (-1, 1))
    p = _expit(mu + tau * mode)
    step = SHARE / np.sqrt(1 + tau**2 * n * p * (1 - p))
    if tau > 0:
        step = np.minimum(STEP / tau, step)
    points = np.linspace(low, high, int(np.ceil((high - low) / step).max()) + 1)
    weight = np.exp(height(points) - top)
    return Density(points, weight / weight.sum(axis=0))


def mixed_over_tau(
    x: Floats, n: Floats, mu: float, taus: Floats, weights: Floats, tails: tuple[float, ...]
) -> list[Floats]:
    """Quantiles (K,) of the studies' logits, tau drawn from its own distribution.

    Parameters
    ----------
    x, n : (K,) arrays
        Events and totals.
    mu : float
        Mean of the logits.
    taus, weights : (J,) arrays
        Values of tau, some of which may be 0, and their weights.
    tails : tuple of float
        Probabilities.
    """
    at_mu = weights[taus == 0].sum()
    spread = [
        (weight, tau, deviations(x, n, mu, tau))
        for weight, tau in zip(weights, taus, strict=True)
        if tau > 0 and weight > LIGHT
    ]

    def cdf(at: Floats) -> Floats:
        total = at_mu * (at >= mu)
        for weight, tau, part in spread:
            total = total + weight * part.cdf((at - mu) / tau)
        return total

    mean, square = np.zeros(x.shape), np.zeros(x.shape)
    for weight, tau, part in spread:
        mean += weight * tau * part.mean
        square += weight * tau**2 * (part.variance + part.mean**2)
    about = np.sqrt(np.maximum(square - mean**2, TINY))
    return [quantiles(cdf, tail, mu + mean, about) for tail in tails]


def _expit(eta: Floats) -> Floats:
    return np.exp(-softplus(-eta))


def _mode(x: Floats, n: Floats, mu: float, tau: float) -> Floats:
    """Where the density of u has its summit (K,): its log has a slope that only falls."""
    low, high = -tau * (n - x) - 1, tau * x + 1
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        rises = tau * (x - n * _expit(mu + tau * middle)) > middle
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    return (low + high) / 2


def _reach(height: Callable[[Floats], Floats], near: Floats, far: Floats, floor: Floats) -> Floats:
    """Between `near` and `far`, where a concave function has fallen to `floor`; else `far`."""
    inside, outside = near, far
    for _ in range(ENOUGH):
        middle = (inside + outside) / 2
        above = height(middle) > floor
        inside, outside = np.where(above, middle, inside), np.where(above, outside, middle)
    return outside


def mixed_logit(x: float, n: float, grid: Grid) -> Density:
    """The posterior of one study's logit, parameters integrated out.

    Parameters
    ----------
    x, n : float
        Events and total of the study, which is one of those behind `grid`.
    grid : Grid
        The posterior of (mu, tau) of one dataset.

    Returns
    -------
    Density
        With K = 1. It is the sum over the grid of likelihood times normal prior, each divided by
        its own integral.
    """
    tau, step = grid.tau[:, 0], grid.step[:, 0]
    mu = grid.mu[:, :, 0]
    weight = np.where(grid.weight[:, :, 0] > LIGHT, grid.weight[:, :, 0], 0.0)
    rows = np.flatnonzero(weight.any(axis=0))
    own = float(np.log((x + 0.5) / (n - x + 0.5)))
    ends = {t: _ends(mu[weight[:, t] > 0, t], own, tau[t], step[t]) for t in rows}
    low, high = min(low for low, _ in ends.values()), max(high for _, high in ends.values())
    eta = _eta_grid(x, n, low, high, np.maximum(tau, step)[rows].min())
    width = eta[1] - eta[0]
    top = (x * eta - n * softplus(eta)).max()

    def likelihood(at: Floats) -> Floats:
        return np.exp(x * at - n * softplus(at) - top)

    here = likelihood(eta)
    prior = np.zeros(eta.shape)
    for t in rows:
        some = slice(*np.searchsorted(eta, ends[t]))
        if tau[t] >= step[t]:
            score = (eta[some] - mu[:, t, None]) / tau[t]
            normal = np.exp(-0.5 * score * score) / (tau[t] * np.sqrt(2 * np.pi))
            given = normal @ here[some] * width
            prior[some] += (weight[:, t] / np.maximum(given, TINY)) @ normal
        else:
            prior[some] += _narrow(likelihood, eta[some], mu[:, t], weight[:, t], tau[t])
    density = here * prior
    return Density(eta[:, None], (density / density.sum())[:, None])


def _ends(mu: Floats, own: float, tau: float, step: float) -> tuple[float, float]:
    """Between what values a study's logit lies for one tau: around `mu` and its own value."""
    reach = REACH * tau + step
    return min(float(mu[0]), own) - reach, max(float(mu[-1]), own) + reach


def _eta_grid(x: float, n: float, low: float, high: float, finest: float) -> Floats:
    """Points of the logit of one study within a range, close enough for likelihood and prior."""

    def height(at: Floats) -> Floats:
        return x * at - n * softplus(at)

    near = np.clip(np.log((x + 1e-9) / (n - x + 1e-9)), low, high)
    floor = height(near) - DROP_LIKELIHOOD
    low, high = (float(_reach(height, near, np.array(end), floor)) for end in (low, high))
    p = (x + 0.5) / (n + 1)
    step = min(STEP, finest, SHARE / np.sqrt(n * p * (1 - p)))
    return np.linspace(low, high, int(np.ceil((high - low) / step)) + 2)


def _narrow(
    likelihood: Callable[[Floats], Floats], eta: Floats, mu: Floats, weight: Floats, tau: float
) -> Floats:
    """The prior of the logit at `eta` for a tau below the step of `mu`: the sinc expansion of the
    density of mu, smoothed by Hermite nodes."""
    u, log_weight = hermite_nodes(NODES)
    smooth = np.exp(log_weight - 0.5 * u * u)
    given = likelihood(mu[:, None] + tau * u) @ smooth
    step = mu[1] - mu[0]
    lifted = weight / np.maximum(given, TINY)
    shifted = (eta[:, None] - tau * u).ravel()
    expansion = (lifted / step) @ np.sinc((shifted - mu[:, None]) / step)
    out: Floats = expansion.reshape(eta.size, u.size) @ smooth
    return np.maximum(out, 0.0)

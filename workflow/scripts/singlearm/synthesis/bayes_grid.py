"""Joint posterior of the Bayesian binomial-normal model on a grid, for many datasets at once.

Model: events binomial with logit eta_i ~ N(mu, tau^2). Priors: tau half-normal with a given scale;
mu logistic with a given scale (1: uniform on the typical proportion expit(mu)), so that data
without any event still give a proper posterior. No sampling, so no seed.

The grid of tau is uniform in s, tau = scale sinh(s) with the scale of the studies' own errors: fine
where tau is small beside them, even in log tau beyond. For each tau, mu runs over a uniform grid
centred and scaled to its conditional posterior. Both sums are midpoint rules of analytic functions
that vanish at the ends (the posterior is even in s, so tau = 0 is no end), which converge faster
than any power of the step (Trefethen and Weideman 2014, SIAM Review 56:385). Distribution functions
come from the sinc expansion of the same grid values, hence are as exact as the sums.

Arrays end in the datasets B: counts (K, B), a study that is absent having n = 0; tau (T, B); mu
(M, T, B).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr, ndtri, sici

from .quadrature import (
    binomial_constant,
    hermite_nodes,
    integrate,
    log_integral,
    move_centres,
    softplus,
    start_centres,
)
from .suitability import predictable

Array = NDArray[np.float64]

#: Step of the mu grid in conditional standard deviations.
STEP = 0.4
#: Values of tau on the grid, and those at which its posterior is first looked at.
TAUS, PROBES = 28, 17
#: The grids end where the log posterior has dropped by this much (a share of 1e-9).
DROP = 21.0
#: First reach of the mu grid, and what it grows by, in steps.
REACH, GROW = 16, 4
#: Nodes of the study integrals: enough for 1e-7 up to each tau (the wider, the more).
NODES = ((0.25, 7), (0.5, 11), (0.8, 13), (1.2, 19), (2.0, 31), (np.inf, 61))
#: Below this ratio of tau to the step of mu a new study is smoothed by Hermite nodes.
NARROW = 1.0
SMOOTH_NODES = 13
#: The integral of the sinc function is tabulated to this distance from 0, so many values a step.
SINC_REACH, SINC_FINE = 128.0, 64
#: Points of the averages over studies, for narrow tau and for wide.
AVERAGE_NODES, AVERAGE_REACH = 17, 20.0
ROOT_STEPS = 60
#: Accepted error of a quantile in normal scores.
CLOSE = 1e-8


@dataclass(frozen=True, slots=True)
class Grid:
    """Posteriors of B datasets.

    `tau` (T, B), `mu` (M, T, B), `step` (T, B) of mu; `weight` (M, T, B) sums to 1 over a dataset,
    `share` (T, B) are the weights of tau; tau = `scale` sinh(s) with s in steps of `spacing` (B,);
    `from_zero` (B,): the grid of tau starts at 0; `log_evidence` (B,).
    """

    tau: Array
    mu: Array
    step: Array
    weight: Array
    share: Array
    scale: Array
    spacing: Array
    from_zero: NDArray[np.bool_]
    log_evidence: Array

    def mean_mu(self) -> Array:
        """Posterior mean of mu (B,)."""
        return (self.weight * self.mu).sum(axis=(0, 1))

    def sd_mu(self) -> Array:
        """Posterior standard deviation of mu (B,)."""
        return np.sqrt((self.weight * (self.mu - self.mean_mu()) ** 2).sum(axis=(0, 1)))

    def cdf_mu(self, at: Array) -> Array:
        """P(mu <= at) (B,)."""
        return self._given_tau(np.broadcast_to(at, self.tau.shape)).sum(axis=0)

    def cdf_tau(self, at: Array) -> Array:
        """P(tau <= at) (B,), from the grid mirrored at 0 where it reaches there."""
        to, s = np.arcsinh(at / self.scale), np.arcsinh(self.tau / self.scale)
        whole = _sinc_step((to - s) / self.spacing)
        mirrored = np.where(self.from_zero, _sinc_step((to + s) / self.spacing) - 1, 0.0)
        return np.where(at > 0, (self.share * (whole + mirrored)).sum(axis=0), 0.0)

    def cdf_new(self, at: Array) -> Array:
        """P(logit of a new study <= at) (B,)."""
        wide = self.tau >= NARROW * self.step
        scores = (at - self.mu) / np.where(wide, self.tau, 1.0)
        total = np.where(wide, (self.weight * ndtr(scores)).sum(axis=0), 0.0)
        narrow = ~wide.all(axis=1)
        if narrow.any():  # whole rows of tau: which of their datasets need it is `wide` again
            u, log_weight = hermite_nodes(SMOOTH_NODES)
            rows = Grid(
                self.tau[narrow],
                self.mu[:, narrow],
                self.step[narrow],
                self.weight[:, narrow],
                self.share[narrow],
                self.scale,
                self.spacing,
                self.from_zero,
                self.log_evidence,
            )
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

    def _given_tau(self, at: Array) -> Array:
        """Joint P(mu <= at_t, tau = t) (T, B) for limits `at` (T, B)."""
        return np.einsum("mtb,mtb->tb", self.weight, _sinc_step((at - self.mu) / self.step))


@dataclass(frozen=True, slots=True)
class Average:
    """Logit of the population-averaged proportion at each point of a grid (M, T, B), and its rise
    over one step of mu there. Given tau it is a monotone function of mu, and nearly linear."""

    grid: Grid
    logit: Array
    rise: Array

    def cdf(self, at: Array) -> Array:
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
            value = (
                low
                + (high - low) * (3 * t2 - 2 * t3)
                + left * (t3 - 2 * t2 + t)
                + right * (t3 - t2)
            )
            slope = (
                6 * (high - low) * (t - t2) + left * (3 * t2 - 4 * t + 1) + right * (3 * t2 - 2 * t)
            )
            t = np.where(inside, t - (value - at) / np.maximum(slope, 1e-300), t)
        mu = np.take_along_axis(self.grid.mu, cell, axis=0)[0] + t * self.grid.step
        return self.grid._given_tau(mu).sum(axis=0)


@lru_cache(maxsize=1)
def _sinc_table() -> tuple[float, Array, Array]:
    """The integral of the sinc function and its slope on a fine grid, for interpolation."""
    z = np.linspace(-SINC_REACH, SINC_REACH, int(2 * SINC_REACH * SINC_FINE) + 1)
    value, slope = 0.5 + sici(np.pi * z)[0] / np.pi, np.sinc(z)
    value[0], value[-1] = 0.0, 1.0  # beyond, the waves of neighbouring grid points cancel
    return float(z[1] - z[0]), value, slope


def _sinc_step(z: Array) -> Array:
    """Integral of the sinc function up to z, from 0 to 1 (cubic between table values: 1e-8)."""
    width, value, slope = _sinc_table()
    place = np.clip((z + SINC_REACH) / width, 0.0, value.size - 1.000001)
    low = place.astype(np.intp)
    t = place - low
    high = low + 1
    t2 = t * t
    t3 = t2 * t
    blend = 3 * t2 - 2 * t3
    first, last = value[low], value[high]
    return (
        first
        + (last - first) * blend
        + width * ((t3 - 2 * t2 + t) * slope[low] + (t3 - t2) * slope[high])
    )


def _averages(mu: Array, tau: Array) -> tuple[Array, Array]:
    """E[expit(mu + tau z)] and its derivative in mu, to 1e-8, at mu (M, T, B) and tau (T, B).

    `logistic_normal_mean` gives them to the last digit, with four times as many points.
    """
    mean, slope = np.empty(mu.shape), np.empty(mu.shape)
    below = 0.0
    for limit in (0.5, 1.0, np.inf):
        at = (tau > below) & (tau <= limit)
        if at.any():
            some, few = mu[:, at], tau[at]
            if limit == 0.5:
                z, log_weight = hermite_nodes(AVERAGE_NODES)
                p = expit(some[..., None] + few[:, None] * z)
                weight = np.exp(log_weight - 0.5 * z * z)
                mean[:, at], slope[:, at] = p @ weight, (p * (1 - p)) @ weight
            else:  # expit is the distribution function of the logistic law, summed over its points
                t = np.arange(-AVERAGE_REACH, AVERAGE_REACH + below, below)
                p = expit(t)
                score = (some[..., None] - t) / few[:, None]
                weight = below * p * (1 - p)
                mean[:, at] = ndtr(score) @ weight
                slope[:, at] = np.exp(-0.5 * score * score) @ weight / (few * np.sqrt(2 * np.pi))
        below = limit
    return mean, slope


def quantiles(cdf: Callable[[Array], Array], p: float, mean: Array, sd: Array) -> Array:
    """The values (B,) where the distribution functions reach p, by secant steps on normal scores.

    On that scale the distribution function of a near-normal posterior is a straight line; `mean`
    and `sd` (B,) give its first guess. Steps are held within a bracket once there is one.
    """
    goal = float(ndtri(p))
    low, high = np.full(mean.shape, -np.inf), np.full(mean.shape, np.inf)
    at, slope = mean + goal * sd, 1 / sd
    before: tuple[Array, Array] | None = None
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


def posterior(x: Array, n: Array, tau_scale: float, mu_scale: float = 1.0) -> Grid:
    """Joint posteriors of (mu, tau).

    Parameters
    ----------
    x, n : array (K, B)
        Events and totals; n = 0 marks a study that is absent. Each dataset has one study or more.
    tau_scale : float
        Scale of the half-normal prior of tau, in logits.
    mu_scale : float
        Scale of the logistic prior of mu, in logits; 1 is uniform on the typical proportion.
    """
    prior = _Prior(tau_scale, mu_scale)
    tau, scale, spacing, from_zero, conditional = _tau_grid(x, n, prior)
    mu, log_joint = _mu_grid(x, n, tau, conditional, prior)
    spread = conditional.spread
    # d tau = scale cosh(s) ds
    log_joint += prior.log_tau(tau) + np.log(STEP * spread) + 0.5 * np.log(scale**2 + tau**2)
    top = log_joint.max(axis=(0, 1))
    weight = np.exp(log_joint - top)
    total = weight.sum(axis=(0, 1))
    evidence = top + np.log(total * spacing) + binomial_constant(x, n)
    weight /= total
    return Grid(
        tau, mu, STEP * spread, weight, weight.sum(axis=0), scale, spacing, from_zero, evidence
    )


@dataclass(frozen=True, slots=True)
class _Prior:
    tau_scale: float
    mu_scale: float

    def log_tau(self, tau: Array) -> Array:
        """Half-normal log density."""
        return 0.5 * np.log(2 / np.pi) - np.log(self.tau_scale) - 0.5 * (tau / self.tau_scale) ** 2

    def log_mu(self, mu: Array) -> Array:
        """Logistic log density."""
        z = mu / self.mu_scale
        return z - 2 * softplus(z) - np.log(self.mu_scale)

    def slopes_mu(self, mu: Array) -> tuple[Array, Array]:
        """First and second derivative of the log density."""
        p = expit(mu / self.mu_scale)
        return (1 - 2 * p) / self.mu_scale, -2 * p * (1 - p) / self.mu_scale**2


@dataclass(frozen=True, slots=True)
class _Conditional:
    """Per tau (T, B): log posterior `height` up to a constant, mode and spread of mu; and per study
    (K, T*B) the centres of the study integrals there."""

    height: Array
    mode: Array
    spread: Array
    centres: tuple[Array, Array]


def _repeat(a: Array, count: int) -> Array:
    """Counts (K, B) for each of `count` values a dataset: (K, count * B)."""
    k, b = a.shape
    return np.broadcast_to(a[:, None, :], (k, count, b)).reshape(k, count * b)


def _tau_grid(
    x: Array, n: Array, prior: _Prior
) -> tuple[Array, Array, Array, NDArray[np.bool_], _Conditional]:
    """Grid of tau, uniform in s; the scale of s, its spacing, whether it starts at 0.

    Looked for with a Laplace approximation in mu: the range outside of which the posterior has
    dropped, narrowed until its spread is well resolved, then a grid over that range.
    """
    b = x.shape[1]
    scale = _error_scale(x, n)
    low, high = np.zeros(b), np.arcsinh(prior.tau_scale * np.sqrt(2 * DROP) / scale)
    for _ in range(4):
        part = (high - low) / PROBES
        probe = low + part * (np.arange(PROBES)[:, None] + 0.5)
        height = _laplace(x, n, scale * np.sinh(probe), prior).height + np.log(np.cosh(probe))
        inside = height > height.max(axis=0) - DROP
        first = np.argmax(inside, axis=0)
        last = PROBES - 1 - np.argmax(inside[::-1], axis=0)
        mass = np.exp(height - height.max(axis=0))
        mass /= mass.sum(axis=0)
        centre = (mass * probe).sum(axis=0)
        spread = np.sqrt((mass * (probe - centre) ** 2).sum(axis=0))
        low, high = (
            np.where(first > 0, low + part * (first - 0.5), low),
            np.minimum(high, low + part * (last + 1.5)),
        )
        if (part < spread).all():
            break
    spacing = (high - low) / TAUS
    tau = scale * np.sinh(low + spacing * (np.arange(TAUS)[:, None] + 0.5))
    return tau, scale, spacing, low == 0, _laplace(x, n, tau, prior)


def _error_scale(x: Array, n: Array) -> Array:
    """The typical standard error of a study's logit (B,), with the prior's help at 0% and 100%."""
    events, total, k = x.sum(axis=0), n.sum(axis=0), (n > 0).sum(axis=0)
    p = (events + 1) / (total + 2)
    return np.sqrt(k / ((total + 2) * p * (1 - p)))


def _laplace(x: Array, n: Array, tau: Array, prior: _Prior) -> _Conditional:
    """Approximate log marginal posterior of tau (T, B), mode and spread of mu given it, centres."""
    xs, ns = _repeat(x, len(tau)), _repeat(n, len(tau))
    events, total = x.sum(axis=0), n.sum(axis=0)
    t = tau.ravel()
    mu = np.broadcast_to(np.log((events + 0.5) / (total - events + 0.5)), tau.shape).ravel()
    centre, spread = start_centres(xs, ns, mu, t)
    for _ in range(40):
        got = integrate(xs, ns, mu, t, centre, spread, 11)
        first, second = prior.slopes_mu(mu)
        slope, curve = got.score[0].sum(axis=0) + first, got.hessian[0].sum(axis=0) + second
        step = np.clip(-slope / np.minimum(curve, -1e-3), -3, 3)
        centre, spread = got.centre, got.spread
        if np.abs(step).max() < 1e-3:
            break
        moved = mu + step
        centre, spread = move_centres(centre, spread, (mu, t), (moved, t))
        mu = moved
    wide = 1 / np.sqrt(np.maximum(-curve, 1e-3))
    height = got.loglik.sum(axis=0) + prior.log_mu(mu) + prior.log_tau(t) + np.log(wide)
    return _Conditional(
        *(a.reshape(tau.shape) for a in (height, mu, wide)), centres=(centre, spread)
    )


def _mu_grid(
    x: Array, n: Array, tau: Array, given: _Conditional, prior: _Prior
) -> tuple[Array, Array]:
    """Points (M, T, B) of mu and the log joint density without the prior of tau.

    Widened until the density has dropped at both ends everywhere.
    """

    def density(offsets: NDArray[np.int_]) -> Array:
        mu = given.mode + STEP * offsets[:, None, None] * given.spread
        return _log_likelihood(x, n, tau, mu, given) + prior.log_mu(mu)

    offsets = np.arange(-REACH, REACH + 1)
    values = density(offsets)
    floor = values.max(axis=(0, 1)) - DROP
    for _ in range(60):
        below = bool((values[0] < floor).all())
        above = bool((values[-1] < floor).all())
        if below and above:
            break
        if not below:
            more = np.arange(offsets[0] - GROW, offsets[0])
            values, offsets = np.concatenate([density(more), values]), np.r_[more, offsets]
        if not above:
            more = np.arange(offsets[-1] + 1, offsets[-1] + 1 + GROW)
            values, offsets = np.concatenate([values, density(more)]), np.r_[offsets, more]
    return given.mode + STEP * offsets[:, None, None] * given.spread, values


def _log_likelihood(x: Array, n: Array, tau: Array, mu: Array, given: _Conditional) -> Array:
    """Log-likelihood without constant at mu (M, T, B), tau (T, B); nodes by the size of tau."""
    m, count = len(mu), tau.shape[0]
    xs, ns = _repeat(x, count), _repeat(n, count)
    t, mode, flat = tau.ravel(), given.mode.ravel(), mu.reshape(m, -1)
    out, above = np.empty(flat.shape), 0.0
    for limit, nodes in NODES:
        at = np.flatnonzero((t > above) & (t <= limit))
        above = limit
        if not at.size:
            continue
        wide = (len(x), m, at.size)
        own = (a[:, None, at] for a in given.centres)
        centre, spread = move_centres(*own, (mode[at], t[at]), (flat[:, at], t[at]))
        columns = (np.broadcast_to(a, wide).reshape(wide[0], -1) for a in (centre, spread))
        counts = (np.broadcast_to(a[:, None, at], wide).reshape(wide[0], -1) for a in (xs, ns))
        taus = np.broadcast_to(t[at], (m, at.size)).ravel()
        got = log_integral(*counts, flat[:, at].ravel(), taus, *columns, nodes)
        out[:, at] = got.sum(axis=0).reshape(m, -1)
    return out.reshape(mu.shape)


def summaries(
    x: Array,
    n: Array,
    tau_scale: float,
    level: float = 0.95,
    threshold: float | None = None,
    mu_scale: float = 1.0,
) -> dict[str, Array]:
    """Posterior summaries (B,) of datasets with counts (K, B).

    `estimate` (median study) and `marginal` (population average) are posterior medians with
    equal-tailed intervals, `tau2` the squared median of tau, `pi_*` the equal-tailed interval of a
    new study, from three studies on; `p_above` is the probability that a new study lies above
    `threshold`; `estimate_link` and `se_link` the posterior mean and standard deviation of mu.
    """
    grid = posterior(x, n, tau_scale, mu_scale)
    tails = (0.5, (1 - level) / 2, (1 + level) / 2)
    centre, spread = grid.mean_mu(), grid.sd_mu()
    mu = [expit(quantiles(grid.cdf_mu, p, centre, spread)) for p in tails]
    mean_tau = (grid.share * grid.tau).sum(axis=0)
    tau = [
        np.exp(quantiles(lambda at: grid.cdf_tau(np.exp(at)), p, np.log(mean_tau), half))
        for half in (np.full(mean_tau.shape, 0.5),)
        for p in tails
    ]
    average = grid.average()
    mean = (grid.weight * average.logit).sum(axis=(0, 1))
    about = np.sqrt((grid.weight * (average.logit - mean) ** 2).sum(axis=(0, 1)))
    marginal = [expit(quantiles(average.cdf, p, mean, about)) for p in tails]
    wide = np.hypot(spread, tau[0])
    new = [expit(quantiles(grid.cdf_new, p, centre, wide)) for p in tails[1:]]
    enough = predictable((n > 0).sum(axis=0))
    out = {
        "estimate": mu[0],
        "ci_low": mu[1],
        "ci_high": mu[2],
        "marginal": marginal[0],
        "marginal_low": marginal[1],
        "marginal_high": marginal[2],
        "tau2": tau[0] ** 2,
        "tau2_low": tau[1] ** 2,
        "tau2_high": tau[2] ** 2,
        "estimate_link": centre,
        "se_link": spread,
        "loglik": grid.log_evidence,
        "pi_low": np.where(enough, new[0], np.nan),
        "pi_high": np.where(enough, new[1], np.nan),
        "p_above": np.full(centre.shape, np.nan),
    }
    if threshold is not None:
        at = np.full(centre.shape, np.log(threshold / (1 - threshold)))
        out["p_above"] = np.where(enough, 1 - grid.cdf_new(at), np.nan)
    return out

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

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from .common_points import CommonPoints
from .posterior_grid import Grid, quantiles, sums_below
from .quadrature import (
    binomial_constant,
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
#: Modes are found to this part of a standard deviation: they only place the grid.
NEAR_MODE = 0.02
#: The grids end where the log posterior has dropped by this much (a share of 1e-9).
DROP = 21.0
#: First reach of the mu grid, what it grows by, in steps, and how often.
REACH, GROW, MOST_ROUNDS = 20, 4, 60
#: Up to here studies share points.
MOST_REACH = 32
#: Between two steps that far apart the log density rises by less.
BETWEEN = 3.0
#: Nodes of the study integrals: enough for 1e-7 up to each tau (the wider, the more).
NODES = ((0.25, 7), (0.5, 11), (0.8, 13), (1.2, 19), (2.0, 31), (np.inf, 61))


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
        tau,
        mu,
        STEP * spread,
        weight,
        weight.sum(axis=0),
        scale,
        spacing,
        from_zero,
        evidence,
        sums_below(weight),
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

    def of(self, b: int) -> "_Conditional":
        """Those of one dataset."""
        shape, one = (-1, *self.mode.shape), slice(b, b + 1)
        centre, spread = (a.reshape(shape)[:, :, b] for a in self.centres)
        of_tau = self.height[:, one], self.mode[:, one], self.spread[:, one]
        return _Conditional(*of_tau, (centre, spread))


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
        got = integrate(xs, ns, mu, t, centre, spread, 7)
        first, second = prior.slopes_mu(mu)
        slope, curve = got.score[0].sum(axis=0) + first, got.hessian[0].sum(axis=0) + second
        step = np.clip(-slope / np.minimum(curve, -1e-3), -3, 3)
        centre, spread = got.centre, got.spread
        if (np.abs(step) * np.sqrt(np.maximum(-curve, 1e-3)) < NEAR_MODE).all():
            break
        moved = mu + step
        centre, spread = move_centres(centre, spread, (mu, t), (moved, t))
        mu = moved
    wide = 1 / np.sqrt(np.maximum(-curve, 1e-3))
    height = got.loglik.sum(axis=0) + prior.log_mu(mu) + prior.log_tau(t) + np.log(wide)
    shape = tau.shape
    centres = (centre, spread)
    return _Conditional(height.reshape(shape), mu.reshape(shape), wide.reshape(shape), centres)


def _mu_grid(
    x: Array, n: Array, tau: Array, given: _Conditional, prior: _Prior
) -> tuple[Array, Array]:
    """Points (M, T, B) of mu and the log joint density without the prior of tau.

    Those of a dataset are widened until its density has dropped at both ends; it is -inf where it
    was not looked at.
    """
    each = [
        _followed(_Density.of(x[:, [b]], n[:, [b]], tau[:, [b]], given.of(b), prior))
        for b in range(tau.shape[1])
    ]
    first, last = min(offsets[0] for offsets, _ in each), max(offsets[-1] for offsets, _ in each)
    offsets = np.arange(first, last + 1)
    values = np.full((offsets.size, *tau.shape), -np.inf)
    for b, (some, found) in enumerate(each):
        values[some - first, :, b] = found
    return given.mode + STEP * offsets[:, None, None] * given.spread, values


@dataclass(frozen=True, slots=True)
class _Density:
    """The log joint density, without the prior of tau, of one dataset.

    Counts (K, 1), tau (T, 1).
    """

    x: Array
    n: Array
    tau: Array
    given: _Conditional
    prior: _Prior
    points: CommonPoints | None

    @classmethod
    def of(cls, x: Array, n: Array, tau: Array, given: _Conditional, prior: _Prior) -> "_Density":
        """With points that the studies share, if these are not too many."""
        there, ends = n[:, 0] > 0, STEP * MOST_REACH * given.spread * np.array([-1, 1])
        mu, taus = (given.mode + ends).ravel(), np.repeat(tau, 2)
        points = CommonPoints.of(x[there, 0], n[there, 0], mu, taus)
        return cls(x, n, tau, given, prior, points)

    def at(self, offsets: NDArray[np.int_]) -> Array:
        """Values (M, T) at steps (M,) from the modes."""
        return self.where(offsets, np.ones((offsets.size, self.tau.size), bool))

    def where(self, offsets: NDArray[np.int_], wanted: NDArray[np.bool_]) -> Array:
        """The same where `wanted` (M, T), elsewhere -inf or the value."""
        mu = (self.given.mode + STEP * self.given.spread * offsets).T
        if self.points is None or np.abs(offsets).max() > MOST_REACH:
            found = _log_likelihood(self.x, self.n, self.tau, mu[:, :, None], self.given)[:, :, 0]
        else:
            found = np.full(mu.shape, -np.inf)
            tau = np.broadcast_to(self.tau[:, 0], mu.shape)
            found[wanted] = self.points.log_likelihood(mu[wanted], tau[wanted])
        return found + self.prior.log_mu(mu)


def _followed(density: _Density) -> tuple[NDArray[np.int_], Array]:
    """Offsets (M,) from the modes, and the density (M, T) until it has dropped at both ends.

    First at every fourth step; the steps between are left out where both of these are far down.
    """
    coarse = np.arange(-REACH, REACH + 1, GROW)
    first = density.at(coarse)
    near = first >= first.max() - DROP - BETWEEN
    offsets = np.arange(-REACH, REACH + 1)
    wanted = np.zeros((offsets.size, first.shape[1]), bool)
    wanted[:-1] = np.repeat(near[1:] | near[:-1], GROW, axis=0)
    wanted[::GROW] = False
    values = density.where(offsets, wanted)
    values[::GROW] = first
    floor = values.max() - DROP
    for _ in range(MOST_ROUNDS):
        below, above = ((values[end] < floor).all() for end in (0, -1))
        if below and above:
            break
        if not below:
            more = np.arange(offsets[0] - GROW, offsets[0])
            values, offsets = np.concatenate([density.at(more), values]), np.r_[more, offsets]
        if not above:
            more = np.arange(offsets[-1] + 1, offsets[-1] + 1 + GROW)
            values, offsets = np.concatenate([values, density.at(more)]), np.r_[offsets, more]
    return offsets, values


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

        def spread_out(a: Array, shape: tuple[int, ...] = wide) -> Array:
            return np.broadcast_to(a, shape).reshape(shape[0], -1)

        centre, width = (a[:, None, at] for a in given.centres)
        centre, width = move_centres(centre, width, (mode[at], t[at]), (flat[:, at], t[at]))
        events, total = spread_out(xs[:, None, at]), spread_out(ns[:, None, at])
        taus = np.broadcast_to(t[at], (m, at.size)).ravel()
        about = spread_out(centre), spread_out(width)
        got = log_integral(events, total, flat[:, at].ravel(), taus, *about, nodes)
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

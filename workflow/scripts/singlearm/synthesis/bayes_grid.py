"""Joint posterior of the Bayesian binomial-normal model on a grid, for many datasets at once.

Model: events binomial with logit eta_i ~ N(mu, tau^2). Priors: tau half-normal with a given scale;
mu standard logistic (uniform on the typical proportion expit(mu)), so that data without any event
still give a proper posterior. No sampling, so no seed.

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
from scipy.special import expit

from .arrays import Bools, Floats, Ints
from .common_points import CommonPoints
from .posterior_grid import Grid, sums_below
from .quadrature import (
    binomial_constant,
    integrate,
    log_integral,
    move_centres,
    softplus,
    start_centres,
)

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


def posterior(x: Floats, n: Floats, tau_scale: float) -> Grid:
    """Joint posteriors of (mu, tau).

    Parameters
    ----------
    x, n : array (K, B)
        Events and totals; n = 0 marks a study that is absent. Each dataset has one study or more.
    tau_scale : float
        Scale of the half-normal prior of tau, in logits.
    """
    tau, scale, spacing, from_zero, conditional = _tau_grid(x, n, tau_scale)
    mu, log_joint = _mu_grid(x, n, tau, conditional)
    step = STEP * conditional.spread
    # d tau = scale cosh(s) ds
    log_joint += _log_tau(tau, tau_scale) + np.log(step) + 0.5 * np.log(scale**2 + tau**2)
    top = log_joint.max(axis=(0, 1))
    weight = np.exp(log_joint - top)
    total = weight.sum(axis=(0, 1))
    evidence = top + np.log(total * spacing) + binomial_constant(x, n)
    weight /= total
    share, below = weight.sum(axis=0), sums_below(weight)
    return Grid(tau, mu, step, weight, share, scale, spacing, from_zero, evidence, below)


def _log_tau(tau: Floats, scale: float) -> Floats:
    """Log density of the prior of tau."""
    return 0.5 * np.log(2 / np.pi) - np.log(scale) - 0.5 * (tau / scale) ** 2


def _log_mu(mu: Floats) -> Floats:
    """Log density of the prior of mu."""
    return mu - 2 * softplus(mu)


@dataclass(frozen=True, slots=True)
class _Conditional:
    """Per tau (T, B): log posterior `height` up to a constant, mode and spread of mu; and per study
    (K, T*B) the centres of the study integrals there."""

    height: Floats
    mode: Floats
    spread: Floats
    centres: tuple[Floats, Floats]

    def of(self, b: int) -> "_Conditional":
        """Those of one dataset."""
        shape, one = (-1, *self.mode.shape), slice(b, b + 1)
        centre, spread = (a.reshape(shape)[:, :, b] for a in self.centres)
        of_tau = self.height[:, one], self.mode[:, one], self.spread[:, one]
        return _Conditional(*of_tau, (centre, spread))


def _repeat(a: Floats, count: int) -> Floats:
    """Counts (K, B) for each of `count` values a dataset: (K, count * B)."""
    k, b = a.shape
    return np.broadcast_to(a[:, None, :], (k, count, b)).reshape(k, count * b)


def _tau_grid(
    x: Floats, n: Floats, tau_scale: float
) -> tuple[Floats, Floats, Floats, Bools, _Conditional]:
    """Grid of tau, uniform in s; the scale of s, its spacing, whether it starts at 0.

    Looked for with a Laplace approximation in mu: the range outside of which the posterior has
    dropped, narrowed until its spread is well resolved, then a grid over that range.
    """
    b = x.shape[1]
    scale = _error_scale(x, n)
    low, high = np.zeros(b), np.arcsinh(tau_scale * np.sqrt(2 * DROP) / scale)
    for _ in range(4):
        part = (high - low) / PROBES
        probe = low + part * (np.arange(PROBES)[:, None] + 0.5)
        height = _laplace(x, n, scale * np.sinh(probe), tau_scale).height + np.log(np.cosh(probe))
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
    return tau, scale, spacing, low == 0, _laplace(x, n, tau, tau_scale)


def _error_scale(x: Floats, n: Floats) -> Floats:
    """The typical standard error of a study's logit (B,), with the prior's help at 0% and 100%."""
    events, total, k = x.sum(axis=0), n.sum(axis=0), (n > 0).sum(axis=0)
    p = (events + 1) / (total + 2)
    return np.sqrt(k / ((total + 2) * p * (1 - p)))


def _laplace(x: Floats, n: Floats, tau: Floats, tau_scale: float) -> _Conditional:
    """Approximate log marginal posterior of tau (T, B), mode and spread of mu given it, centres."""
    xs, ns = _repeat(x, len(tau)), _repeat(n, len(tau))
    events, total = x.sum(axis=0), n.sum(axis=0)
    t = tau.ravel()
    mu = np.broadcast_to(np.log((events + 0.5) / (total - events + 0.5)), tau.shape).ravel()
    centre, spread = start_centres(xs, ns, mu, t)
    for _ in range(40):
        got = integrate(xs, ns, mu, t, centre, spread, 7)
        p = expit(mu)
        slope = got.score[0].sum(axis=0) + (1 - 2 * p)
        curve = got.hessian[0].sum(axis=0) - 2 * p * (1 - p)
        step = np.clip(-slope / np.minimum(curve, -1e-3), -3, 3)
        centre, spread = got.centre, got.spread
        if (np.abs(step) * np.sqrt(np.maximum(-curve, 1e-3)) < NEAR_MODE).all():
            break
        moved = mu + step
        centre, spread = move_centres(centre, spread, (mu, t), (moved, t))
        mu = moved
    wide = 1 / np.sqrt(np.maximum(-curve, 1e-3))
    height = got.loglik.sum(axis=0) + _log_mu(mu) + _log_tau(t, tau_scale) + np.log(wide)
    shape, centres = tau.shape, (centre, spread)
    return _Conditional(height.reshape(shape), mu.reshape(shape), wide.reshape(shape), centres)


def _mu_grid(x: Floats, n: Floats, tau: Floats, given: _Conditional) -> tuple[Floats, Floats]:
    """Points (M, T, B) of mu and the log joint density without the prior of tau.

    Those of a dataset are widened until its density has dropped at both ends; it is -inf where it
    was not looked at.
    """
    each = [
        _followed(_Density.of(x[:, [b]], n[:, [b]], tau[:, [b]], given.of(b)))
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

    x: Floats
    n: Floats
    tau: Floats
    given: _Conditional
    points: CommonPoints | None

    @classmethod
    def of(cls, x: Floats, n: Floats, tau: Floats, given: _Conditional) -> "_Density":
        """With points that the studies share, if these are not too many."""
        there, ends = n[:, 0] > 0, STEP * MOST_REACH * given.spread * np.array([-1, 1])
        mu, taus = (given.mode + ends).ravel(), np.repeat(tau, 2)
        points = CommonPoints.of(x[there, 0], n[there, 0], mu, taus)
        return cls(x, n, tau, given, points)

    def at(self, offsets: Ints) -> Floats:
        """Values (M, T) at steps (M,) from the modes."""
        return self.where(offsets, np.ones((offsets.size, self.tau.size), bool))

    def where(self, offsets: Ints, wanted: Bools) -> Floats:
        """The same where `wanted` (M, T), elsewhere -inf or the value."""
        mu = (self.given.mode + STEP * self.given.spread * offsets).T
        if self.points is None or np.abs(offsets).max() > MOST_REACH:
            found = _log_likelihood(self.x, self.n, self.tau[:, 0], mu, self.given)
        else:
            found = np.full(mu.shape, -np.inf)
            tau = np.broadcast_to(self.tau[:, 0], mu.shape)
            found[wanted] = self.points.log_likelihood(mu[wanted], tau[wanted])
        return found + _log_mu(mu)


def _followed(density: _Density) -> tuple[Ints, Floats]:
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


def _log_likelihood(x: Floats, n: Floats, tau: Floats, mu: Floats, given: _Conditional) -> Floats:
    """Log-likelihood of one dataset without constant at tau (T,) and mu (M, T); nodes by tau."""
    m, mode = len(mu), given.mode[:, 0]
    out, above = np.empty(mu.shape), 0.0
    for limit, nodes in NODES:
        at = np.flatnonzero((tau > above) & (tau <= limit))
        above = limit
        if not at.size:
            continue
        wide = (len(x), m, at.size)

        def spread_out(a: Floats, shape: tuple[int, ...] = wide) -> Floats:
            return np.broadcast_to(a, shape).reshape(shape[0], -1)

        centre, width = (a[:, None, at] for a in given.centres)
        centre, width = move_centres(centre, width, (mode[at], tau[at]), (mu[:, at], tau[at]))
        events, total = spread_out(x[:, :, None]), spread_out(n[:, :, None])
        taus = np.broadcast_to(tau[at], (m, at.size)).ravel()
        about = spread_out(centre), spread_out(width)
        got = log_integral(events, total, mu[:, at].ravel(), taus, *about, nodes)
        out[:, at] = got.sum(axis=0).reshape(m, -1)
    return out

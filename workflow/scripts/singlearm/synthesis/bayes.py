"""Bayesian binomial-normal model by grid integration: no sampling, so no seed.

Model: events binomial with logit eta_i ~ N(mu, tau^2). Priors: tau half-normal with a given scale;
mu standard logistic, which is a uniform prior on the typical proportion expit(mu), so that data
without any event still give a proper posterior.

The grid of tau is uniform in s, tau = scale sinh(s) with the scale of the studies' own errors: fine
where tau is small beside them, even in log tau beyond. For each tau, mu runs over a uniform grid
centred and scaled to its conditional posterior. Both sums are trapezoid rules of analytic functions
that vanish at the ends (the posterior is even in s, so tau = 0 is no end), which converge faster
than any power of the step (Trefethen and Weideman 2014, SIAM Review 56:385). Distribution functions
come from the sinc expansion of the same grid values, hence are as exact as the sums.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, sici

from .arrays import Floats, Ints
from .effects import expit
from .marginal import logistic_normal_mean
from .quadrature import (
    at_zero,
    binomial_constant,
    hermite_nodes,
    integrate,
    log_integral,
    move_centres,
    softplus,
    start_centres,
)

#: Centres and spreads of the study integrals, and the (mu, tau) they belong to.
Centres = tuple[Floats, Floats, tuple[Floats, Floats]]
#: Step of the mu grid in conditional standard deviations.
STEP = 0.4
#: Step of the tau grid in posterior standard deviations of s.
TAU_STEP = 0.25
#: Values of tau at which its posterior is first looked at.
PROBES = 33
#: The grids end where the log posterior has dropped by this much (a share of 1e-9).
DROP = 21.0
#: Nodes of the study integrals: enough for 1e-7 up to each tau (the wider, the more).
NODES = ((0.5, 13), (0.8, 17), (1.2, 25), (2.0, 41), (np.inf, 81))
#: Below this ratio of tau to the spread of mu a new study is smoothed by Hermite nodes.
NARROW = 0.8
SMOOTH_NODES = 31
ROOT_STEPS = 60
#: Accepted error of a quantile in normal scores.
CLOSE = 1e-10


@dataclass(frozen=True, slots=True)
class Posterior:
    """Grid of the joint posterior: `tau` (T,), `mu` (M, T), `step` (T,) of mu, `weight` (M, T)
    summing to 1, `share` (T,) the weights of tau, `log_evidence`; tau = `scale` sinh(s) with s in
    steps of `spacing`."""

    tau: Floats
    mu: Floats
    step: Floats
    weight: Floats
    share: Floats
    scale: float
    spacing: float
    log_evidence: float

    def mean_mu(self) -> float:
        return float((self.weight * self.mu).sum())

    def sd_mu(self) -> float:
        return float(np.sqrt((self.weight * (self.mu - self.mean_mu()) ** 2).sum()))

    def cdf_mu(self, at: float) -> float:
        """P(mu <= at)."""
        return float(self._cdf_given_tau(np.broadcast_to(at, self.tau.shape)).sum())

    def _cdf_given_tau(self, at: Floats) -> Floats:
        """Joint P(mu <= at_t, tau = t) for limits `at` (T,) or (N, T)."""
        z = (np.asarray(at)[..., None, :] - self.mu) / self.step
        return (self.weight * _sinc_step(z)).sum(axis=-2)

    def cdf_tau(self, at: float) -> float:
        """P(tau <= at), from the grid mirrored at 0 when it reaches there."""
        if at <= 0:
            return 0.0
        to, s = np.arcsinh(at / self.scale), np.arcsinh(self.tau / self.scale)
        whole = _sinc_step((to - s) / self.spacing)
        if self.tau[0] > 0:
            return float((self.share * whole).sum())
        mirrored = _sinc_step((to + s) / self.spacing)
        return float((self.share * (whole + mirrored - 1)).sum())

    def cdf_new(self, at: float) -> float:
        """P(logit of a new study <= at)."""
        spread = self.step / STEP
        wide = self.tau >= NARROW * spread
        total = 0.0
        if wide.any():
            z = (at - self.mu[:, wide]) / self.tau[wide]
            total += float((self.weight[:, wide] * ndtr(z)).sum())
        if not wide.all():
            u, log_weight = hermite_nodes(SMOOTH_NODES)
            part = Posterior(
                self.tau[~wide], self.mu[:, ~wide], self.step[~wide], self.weight[:, ~wide],
                self.share[~wide], self.scale, self.spacing, self.log_evidence,
            )  # fmt: skip
            given = part._cdf_given_tau(at - u[:, None] * part.tau)
            total += float((np.exp(log_weight - 0.5 * u * u)[:, None] * given).sum())
        return total

    def cdf_marginal(self, at: float, start: Floats | None = None) -> tuple[float, np.ndarray]:
        """P(logit of the population-averaged proportion <= at); and, per tau, the mu that gives
        that average, of which it is a monotone function, to start the next call from."""
        mu = at * np.sqrt(1 + 0.346 * self.tau**2) if start is None else start
        for _ in range(ROOT_STEPS):
            mean, slope, _ = logistic_normal_mean(mu, self.tau)
            # on the logit of the mean the problem is nearly linear
            rest = 1 - mean
            # a mean that rounds to 0 or 1 lies where there is no mass: it stays
            inner = (mean > 0) & (rest > 0) & (slope > 0)
            mean, rest, slope = (np.where(inner, a, 0.5) for a in (mean, rest, slope))
            move = np.where(inner, (np.log(mean / rest) - at) * mean * rest / slope, 0.0)
            mu = mu - move
            if np.abs(move).max() < 1e-6 * (1 + np.abs(mu).max()):  # and the next is its square
                break
        return float(self._cdf_given_tau(mu).sum()), mu


def _sinc_step(z: Floats) -> Floats:
    """Integral of the sinc function up to z, from 0 to 1."""
    return 0.5 + sici(np.pi * z)[0] / np.pi


def quantile(cdf: Callable[[float], float], p: float, mean: float, sd: float) -> float:
    """The value where `cdf` reaches p, by secant steps on the normal scores of both.

    On that scale the distribution function of a near-normal posterior is a straight line; `mean`
    and `sd` give its first guess. Steps are held within a bracket once there is one.
    """
    goal = float(ndtri(p))
    low, high = -float(np.inf), float(np.inf)
    at, slope = mean + goal * sd, 1 / sd
    before = None
    for _ in range(ROOT_STEPS):
        score = float(ndtri(min(max(cdf(at), 1e-300), 1 - 1e-16)))
        gap = score - goal
        if abs(gap) < CLOSE:
            break
        low, high = (at, high) if gap < 0 else (low, at)
        if before is not None and score != before[1]:
            slope = max((score - before[1]) / (at - before[0]), 0.02 / sd)
        before = (at, score)
        at = at - gap / slope
        if not low < at < high:
            at = (low + high) / 2
    return at


def posterior(x: Floats, n: Floats, tau_scale: float) -> Posterior:
    """Joint posterior of (mu, tau) for one dataset, counts (k,)."""
    x, n = np.asarray(x, float)[:, None], np.asarray(n, float)[:, None]
    tau, scale, spacing, centre, spread, centres = _tau_grid(x, n, tau_scale)
    mu, log_joint = _mu_grid(x, n, tau, centre, spread, centres)
    log_joint = log_joint + _log_prior_tau(tau, tau_scale) + np.log(STEP * spread)
    # d tau = scale cosh(s) ds
    log_joint += 0.5 * np.log(scale**2 + tau**2)
    log_joint[:, tau == 0] -= np.log(2.0)
    top = log_joint.max()
    weight = np.exp(log_joint - top)
    total = weight.sum()
    evidence = top + np.log(total * spacing) + float(binomial_constant(x, n)[0])
    weight /= total
    share = weight.sum(axis=0)
    return Posterior(tau, mu, STEP * spread, weight, share, scale, spacing, float(evidence))


def _log_prior_mu(mu: Floats) -> Floats:
    return mu - 2 * softplus(mu)


def _log_prior_tau(tau: Floats, scale: float) -> Floats:
    return 0.5 * np.log(2 / np.pi) - np.log(scale) - 0.5 * (tau / scale) ** 2


def _tau_grid(
    x: Floats, n: Floats, tau_scale: float
) -> tuple[Floats, float, float, Floats, Floats, Centres | None]:
    """Grid of tau, uniform in s; the scale of s, its spacing, and per tau the mode and spread of mu
    given tau, and where the study integrals have their centres there.

    Looked for with a Laplace approximation in mu: the range outside of which the posterior has
    dropped, narrowed until its spread is well resolved, then a grid in steps of that spread.
    """
    alone = _laplace(x, n, np.zeros(1), tau_scale)[2]
    scale = float(alone[0] * np.sqrt(len(x)))
    probe = np.linspace(0.0, np.arcsinh(tau_scale * np.sqrt(2 * DROP) / scale), PROBES)
    for _ in range(4):
        height = _laplace(x, n, scale * np.sinh(probe), tau_scale)[0] + np.log(np.cosh(probe))
        inside = np.flatnonzero(height > height.max() - DROP)
        low = probe[max(inside[0] - 1, 0)]
        high = probe[min(inside[-1] + 1, PROBES - 1)]
        mass = np.exp(height - height.max())
        centre = (mass * probe).sum() / mass.sum()
        spread = np.sqrt((mass * (probe - centre) ** 2).sum() / mass.sum())
        if (probe[1] - probe[0]) < spread:
            break
        probe = np.linspace(low, high, PROBES)
    count = int(np.ceil((high - low) / (TAU_STEP * spread))) + 1
    s = np.linspace(low, high, count)
    tau = scale * np.sinh(s)
    _, centre, spread, centres = _laplace(x, n, tau, tau_scale)
    return tau, scale, float(s[1] - s[0]), centre, spread, centres


def _laplace(
    x: Floats, n: Floats, tau: Floats, scale: float
) -> tuple[Floats, Floats, Floats, Centres | None]:
    """Approximate log marginal posterior of tau (T,); mode and spread of mu given tau; centres."""
    mu = np.full(tau.shape, float(np.log((x.sum() + 0.5) / (n.sum() - x.sum() + 0.5))))
    centres = None
    for _ in range(40):
        value, slope, curve, centres = _loglik(x, n, mu, tau, 11, centres)
        p = expit(mu)
        slope, curve = slope + 1 - 2 * p, curve - 2 * p * (1 - p)
        step = np.clip(-slope / np.minimum(curve, -1e-3), -3, 3)
        if np.abs(step).max() < 1e-3:
            break
        mu = mu + step
    height = value + _log_prior_mu(mu) + _log_prior_tau(tau, scale) - 0.5 * np.log(-curve)
    return height, mu, 1 / np.sqrt(-curve), centres


def _loglik(
    x: Floats,
    n: Floats,
    mu: Floats,
    tau: Floats,
    count: int,
    centres: Centres | None = None,
) -> tuple[Floats, Floats, Floats, Centres | None]:
    """Log-likelihood without constant, slope, curvature in mu for pairs (B,); centres to reuse."""
    zero, g, h, _ = at_zero(x, n, mu)
    value, slope, curve = zero.sum(axis=0), g.sum(axis=0), h.sum(axis=0)
    live = tau > 0
    if not live.any():
        return value, slope, curve, None
    m, t = mu[live], tau[live]
    xs, ns = np.broadcast_to(x, (x.shape[0], m.size)), np.broadcast_to(n, (x.shape[0], m.size))
    if centres is None:
        centre, spread = start_centres(xs, ns, m, t)
        got = integrate(xs, ns, m, t, centre, spread, 11)
        centre, spread = got.centre, got.spread
    else:
        centre, spread = move_centres(centres[0], centres[1], centres[2], (m, t))
    got = integrate(xs, ns, m, t, centre, spread, count)
    value[live], slope[live] = got.loglik.sum(axis=0), got.score[0].sum(axis=0)
    curve[live] = got.hessian[0].sum(axis=0)
    return value, slope, curve, (got.centre, got.spread, (m, t))


def _mu_grid(
    x: Floats,
    n: Floats,
    tau: Floats,
    centre: Floats,
    spread: Floats,
    centres: Centres | None,
) -> tuple[Floats, Floats]:
    """Points (M, T) of mu and the log joint density without the prior of tau; widened until the
    density has dropped at both ends."""

    def density(offsets: Ints) -> Floats:
        return _density(x, n, tau, centre + STEP * offsets[:, None] * spread, centres)

    offsets = np.arange(-18, 19)
    values = density(offsets)
    top = values.max()
    for _ in range(60):
        if (values[0] < top - DROP).all():
            break
        more = np.arange(offsets[0] - 6, offsets[0])
        values = np.vstack([density(more), values])
        offsets = np.concatenate([more, offsets])
    for _ in range(60):
        if (values[-1] < top - DROP).all():
            break
        more = np.arange(offsets[-1] + 1, offsets[-1] + 7)
        values = np.vstack([values, density(more)])
        offsets = np.concatenate([offsets, more])
    return centre + STEP * offsets[:, None] * spread, values


def _density(
    x: Floats,
    n: Floats,
    tau: Floats,
    mu: Floats,
    centres: Centres | None,
) -> Floats:
    """Log joint density without the prior of tau at mu (M, T)."""
    out = np.empty(mu.shape)
    zero = tau == 0
    out[:, zero] = at_zero(x, n, mu[:, zero].ravel())[0].sum(axis=0).reshape(mu.shape[0], -1)
    live, above = np.flatnonzero(~zero), 0.0
    for limit, count in NODES:
        rows = live[(tau[live] > above) & (tau[live] <= limit)]
        above = limit
        if rows.size and centres is not None:
            # the centres cover the positive tau only
            own = [a[:, rows - int(zero.sum())] for a in centres[:2]]
            at, width = centres[2]
            before = (at[rows - int(zero.sum())], width[rows - int(zero.sum())])
            out[:, rows] = _at_nodes(x, n, mu[:, rows], tau[rows], own, before, count)
    return out + _log_prior_mu(mu)


def _at_nodes(
    x: Floats,
    n: Floats,
    mu: Floats,
    tau: Floats,
    own: list[Floats],
    before: tuple[Floats, Floats],
    count: int,
) -> Floats:
    """Log-likelihood without constant (M, T) at mu (M, T), tau (T,) > 0; study centres (K, T)."""
    shape = (x.shape[0], *mu.shape)
    centre, spread = move_centres(own[0][:, None, :], own[1][:, None, :], before, (mu, tau))
    c, s = (np.broadcast_to(a, shape).reshape(shape[0], -1) for a in (centre, spread))
    xs, ns = (np.broadcast_to(a, (shape[0], mu.size)) for a in (x, n))
    t = np.broadcast_to(tau, mu.shape).ravel()
    return log_integral(xs, ns, mu.ravel(), t, c, s, count).sum(axis=0).reshape(mu.shape)

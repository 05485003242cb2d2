"""Poisson-normal model: maximum likelihood of events per person-time, for many datasets at once.

Events of study i are Poisson with mean t_i exp(eta_i), eta_i = mu + tau u_i, u_i standard normal
(Stijnen, Hamza and Ozdemir 2010, Stat Med 29:3046). The integral over u is taken by the trapezoid
rule between the points where the integrand has fallen to e^-FALL of its top. It is an entire
function of u, for which the rule is exact to rounding once the step is short enough (Trefethen and
Weideman 2014, SIAM Review 56:385). Posterior moments of u give the exact derivatives:

    dl/dmu = E[u]/tau            d2l/dmu2    = (Var[u] - 1)/tau^2
    dl/dtau = (E[u^2] - 1)/tau   d2l/dmudtau = (Cov[u, u^2] - 2 E[u])/tau^2
                                 d2l/dtau2   = (Var[u^2] - 3 E[u^2] + 1)/tau^2

Arrays are (K, B): studies x datasets; a study that is absent has no events in no time, and adds 0.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import gammaln, xlogy

from .arrays import Bools, Floats, Ints
from .profile import RISES, SHARES
from .roots import likelihood_limits

#: Natural logs between the top of the integrand and the ends of the integral.
FALL = 37.0
#: Step of the rule in units of 1 / sqrt(1 + tau^2 (x + 4)); 0.75 gives 10 digits, 0.6 all.
STEP = 0.6
#: Doubles in one temporary array.
BLOCK = 2_000_000
#: Values of tau from which the search starts; the likelihood can have more than one maximum.
STARTS = (0.05, 0.15, 0.4, 0.8, 1.5, 3.0)
#: Values of tau that are looked at where mu is given, in distances of the studies from mu.
LOOKS = (0.01, 0.03, 0.07, 0.15, 0.3, 0.5, 0.75, 1.0)
#: A tau below this is taken as 0: the likelihood no longer tells them apart.
TAU_FLOOR = 1e-4
#: A limit of tau beyond this is not looked for.
TAU_CEILING = 50.0
MAX_STEPS = 100
STILL = 1e-10
#: A step is halved down to this share; it counts as arrived if its whole length was below NEAR.
LEAST_DAMP, NEAR = 1e-6, 1e-5


class Likelihood(NamedTuple):
    """Log-likelihood with all constants (B,), `score` (2, B) and `hessian` (3, B) in (mu, tau)."""

    value: Floats
    score: Floats
    hessian: Floats


@dataclass(frozen=True, slots=True)
class PoissonFit:
    """Maximum of the likelihood for B datasets, all (B,).

    `se` is that of mu with tau estimated (at tau = 0: tau known), `covariance` the one of mu and
    tau, `variance_tau` that of tau, both 0 at tau = 0.
    """

    mu: Floats
    tau: Floats
    loglik: Floats
    loglik_common: Floats
    se: Floats
    covariance: Floats
    variance_tau: Floats
    converged: Bools


#: What a climb reaches: mu and tau (B,), the likelihood there, and which datasets arrived.
Climbed = tuple[Floats, Floats, Likelihood, Bools]


def log_likelihood(x: Floats, t: Floats, mu: Floats, tau: Floats) -> Likelihood:
    """Log-likelihood and derivatives at mu (B,) and tau (B,), tau > 0, for data (K, B)."""
    size = max(1, BLOCK // (512 * max(x.shape[0], 1)))
    parts = [
        _integrated(x[:, i : i + size], t[:, i : i + size], mu[i : i + size], tau[i : i + size])
        for i in range(0, x.shape[1], size)
    ]
    return Likelihood(*(np.concatenate(p, axis=-1) for p in zip(*parts, strict=True)))


def _integrated(x: Floats, t: Floats, mu: Floats, tau: Floats) -> tuple[Floats, Floats, Floats]:
    """The fields of `Likelihood` for one block."""
    low, high, top = _reach(x, t, mu, tau)
    step = STEP / np.sqrt(1 + tau * tau * (x + 4))
    count = int(np.ceil(((high - low) / step).max())) + 1
    share = np.linspace(0.0, 1.0, count)[:, None, None]
    u = low + (high - low) * share
    mass = np.exp(_log_integrand(u, x, t, mu, tau) - top)
    whole = mass.sum(axis=0)
    m1 = (mass * u).sum(axis=0) / whole
    # moments about the mean keep their digits where the posterior is narrow
    d = u - m1
    mass *= d * d
    var = mass.sum(axis=0) / whole
    mass *= d
    third = mass.sum(axis=0) / whole
    mass *= d
    fourth = mass.sum(axis=0) / whole
    second = m1 * m1 + var
    cov = 2 * m1 * var + third
    var_square = 4 * m1 * m1 * var + 4 * m1 * third + fourth - var * var
    width = (high - low) / max(count - 1, 1)
    loglik = top + np.log(whole * width) - 0.5 * np.log(2 * np.pi) + _constant(x, t)
    there = t > 0
    score = np.where(there, np.stack([m1, second - 1]), 0.0) / tau
    bends = np.stack([var - 1, cov - 2 * m1, var_square - 3 * second + 1])
    hessian = np.where(there, bends, 0.0) / (tau * tau)
    value = np.where(there, loglik, 0.0).sum(axis=0)
    return value, score.sum(axis=1), hessian.sum(axis=1)


def _log_integrand(u: Floats, x: Floats, t: Floats, mu: Floats, tau: Floats) -> Floats:
    eta = mu + tau * u
    return x * eta - t * np.exp(np.minimum(eta, 700.0)) - 0.5 * u * u


def _constant(x: Floats, t: Floats) -> Floats:
    return xlogy(x, t) - gammaln(x + 1)


def _reach(x: Floats, t: Floats, mu: Floats, tau: Floats) -> tuple[Floats, Floats, Floats]:
    """Ends (K, B) of the integral in u and the top of the log integrand.

    The integrand is log-concave and at least as narrow as the standard normal density. Its top lies
    between 0 and the u of the study's own rate; from there Newton's steps are few for any tau.
    """
    with np.errstate(divide="ignore"):
        own = np.where(t > 0, (np.log(np.maximum(x, 0.5) / t) - mu) / tau, 0.0)
    u = np.where(x > 0, own, np.minimum(own, 0.0))
    for _ in range(MAX_STEPS):
        rate = t * np.exp(np.minimum(mu + tau * u, 700.0))
        step = (tau * (x - rate) - u) / (1 + tau * tau * rate)
        u = u + np.clip(step, -np.inf, 1 / tau)
        if np.abs(step).max(initial=0.0) < 1e-6:
            break
    top = _log_integrand(u, x, t, mu, tau)
    ends = []
    for side in (-1.0, 1.0):
        inside, outside = np.zeros(x.shape), np.full(x.shape, np.sqrt(2 * FALL))
        for _ in range(12):
            middle = 0.5 * (inside + outside)
            near = _log_integrand(u + side * middle, x, t, mu, tau) > top - FALL
            inside, outside = np.where(near, middle, inside), np.where(near, outside, middle)
        ends.append(u + side * outside)
    return ends[0], ends[1], top


def at_zero(x: Floats, t: Floats, mu: Floats) -> tuple[Floats, Floats, Floats]:
    """Log-likelihood (B,) at tau = 0, its slope in mu and its slope in tau^2."""
    rate = t * np.exp(mu)
    residual = x - rate
    value = (xlogy(x, rate) - rate - gammaln(x + 1)).sum(axis=0)
    return value, residual.sum(axis=0), 0.5 * (residual**2 - rate).sum(axis=0)


def climb(x: Floats, t: Floats, mu: Floats, tau: Floats, free: str = "both") -> Climbed:
    """Maximise over mu, tau or `both` from the given start by Newton steps.

    Returns mu, tau, the likelihood there and which datasets arrived, in tau > TAU_FLOOR. A dataset
    whose tau falls below the floor stops there. A step that lowers the likelihood is halved.
    """
    mu, tau = mu.copy(), np.maximum(tau, TAU_FLOOR)
    top = log_likelihood(x, t, mu, tau)
    value, score, hessian = top.value, top.score, top.hessian
    arrived, todo = np.zeros(mu.shape, bool), np.arange(mu.size)
    damp = np.ones(mu.shape)
    for _ in range(MAX_STEPS):
        step_mu, step_tau = _newton_step(score[:, todo], hessian[:, todo], tau[todo], free)
        small = (np.abs(step_mu) < STILL) & (np.abs(step_tau) < STILL * (1 + tau[todo]))
        arrived[todo[small]] = True
        go = ~small & ((tau[todo] > TAU_FLOOR) | (step_tau > 0))
        todo, step_mu, step_tau = todo[go], step_mu[go], step_tau[go]
        if todo.size == 0:
            break
        new_mu = mu[todo] + damp[todo] * step_mu
        new_tau = np.maximum(tau[todo] + damp[todo] * step_tau, TAU_FLOOR)
        got = log_likelihood(x[:, todo], t[:, todo], new_mu, new_tau)
        rose = got.value >= value[todo] - 1e-11 * (1 + np.abs(value[todo]))
        damp[todo] = np.where(rose, np.minimum(2 * damp[todo], 1.0), 0.5 * damp[todo])
        at = todo[rose]
        mu[at], tau[at], value[at] = new_mu[rose], new_tau[rose], got.value[rose]
        score[:, at], hessian[:, at] = got.score[:, rose], got.hessian[:, rose]
        # where rounding hides the rest of the rise, no shorter step will help
        stuck = damp[todo] < LEAST_DAMP
        near = np.maximum(np.abs(step_mu), np.abs(step_tau)) < NEAR
        arrived[todo[stuck & near]] = True
        todo = todo[~stuck]
    return mu, tau, top, arrived & (tau > TAU_FLOOR)


def _higher(first: Climbed, second: Climbed) -> Climbed:
    """Of two climbs the one that came higher, dataset by dataset; of equals the first."""
    higher = second[2].value > first[2].value
    top = Likelihood(*(np.where(higher, b, a) for a, b in zip(first[2], second[2], strict=True)))
    mu, tau, arrived = (np.where(higher, second[i], first[i]) for i in (0, 1, 3))
    return mu, tau, top, arrived


def _newton_step(score: Floats, hessian: Floats, tau: Floats, free: str) -> tuple[Floats, Floats]:
    """Newton step in (mu, tau); in tau uphill where the likelihood there is not concave.

    A step that is too long is shortened as a whole, so that it stays an ascent.
    """
    (g_mu, g_tau), (h_mm, h_mt, h_tt) = score, hessian
    zero = np.zeros(tau.shape)
    if free == "mu":
        return np.clip(-g_mu / h_mm, -2, 2), zero
    cross = zero if free == "tau" else h_mt / h_mm
    bend, slope = h_tt - h_mt * cross, g_tau - g_mu * cross
    concave = bend < 0
    step_tau = np.where(concave, -slope / np.where(concave, bend, 1.0), np.sign(slope) * tau)
    step_mu = zero if free == "tau" else -g_mu / h_mm - cross * step_tau
    excess = np.maximum(np.abs(step_mu) / 2, np.maximum(step_tau / 2, -step_tau / 0.75) / tau)
    shorter = 1 / np.maximum(excess, 1.0)
    return step_mu * shorter, step_tau * shorter


def _alike(x: Floats, t: Floats) -> tuple[Floats, Floats]:
    """Mean and spread of the log rates, each study as much as any other: mu (B,), tau (B,)."""
    there = t > 0
    y = np.where(there, np.log((x + 0.5) / np.where(there, t, 1.0)), 0.0)
    k = there.sum(axis=0)
    mean = y.sum(axis=0) / k
    rest = np.where(there, y - mean, 0.0)
    return mean, np.clip(np.sqrt((rest * rest).sum(axis=0) / np.maximum(k - 1, 1)), 0.3, 3.0)


def fit_poisson_normal(x: Floats, t: Floats) -> PoissonFit:
    """Fit B datasets (K, B) of events in person-time; each needs at least one event.

    The search starts from several values of tau and keeps the best of what they lead to; with an
    event in every dataset the likelihood has a finite maximum.
    """
    b = x.shape[1]
    common = np.log(x.sum(axis=0) / t.sum(axis=0))
    zero, _, rise = at_zero(x, t, common)
    xs, ts = (np.tile(a, len(STARTS)) for a in (x, t))
    mu, tau = np.tile(common, len(STARTS)), np.repeat(STARTS, b)
    looks = log_likelihood(xs, ts, mu, tau)
    # the mean log rate lies below the log of the mean rate: one step in mu before comparing
    mu = mu + _newton_step(looks.score, looks.hessian, tau, "mu")[0]
    heights = log_likelihood(xs, ts, mu, tau).value.reshape(len(STARTS), b)
    best = heights.argmax(axis=0) * b + np.arange(b)
    # where one study has nearly all events that starts at its rate: a second start weighs all alike
    mu, tau, top, arrived = _higher(climb(x, t, mu[best], tau[best]), climb(x, t, *_alike(x, t)))
    border = (tau <= TAU_FLOOR) | (top.value <= zero + 1e-10)
    h_mm, h_mt, h_tt = top.hessian
    with np.errstate(divide="ignore", invalid="ignore"):
        determinant = h_mm * h_tt - h_mt * h_mt
        inner = np.stack([-h_tt, h_mt, -h_mm]) / determinant
    inner = np.where(border, 0.0, inner)
    inner[0] = np.where(border, 1 / x.sum(axis=0), inner[0])
    return PoissonFit(
        mu=np.where(border, common, mu),
        tau=np.where(border, 0.0, tau),
        loglik=np.where(border, zero, top.value),
        loglik_common=zero,
        se=np.sqrt(inner[0]),
        covariance=inner[1],
        variance_tau=inner[2],
        converged=np.where(border, rise <= 1e-6 * (1 + x.sum(axis=0)), arrived),
    )


def profile_mu(x: Floats, t: Floats, fit: PoissonFit, z: float) -> tuple[Floats, Floats]:
    """Limits (B,), (B,) of mu where the log-likelihood has dropped by z^2/2; NaN if not found."""
    xs, ts, centre = np.tile(x, 2), np.tile(t, 2), np.tile(fit.mu, 2)
    near = np.tile(np.where(fit.tau > 0.05, fit.tau, 0.3), 2)
    side = np.repeat([-1.0, 1.0], fit.mu.size)

    def evaluate(at: Floats, todo: Ints) -> tuple[Floats, Floats]:
        value, slope, tau = best_over_tau(xs[:, todo], ts[:, todo], at, near[todo])
        near[todo] = np.where(tau > TAU_FLOOR, tau, 0.1)
        return value, slope

    def bound(at: Floats, step: Floats) -> Floats:
        # with one study of events among many without a limit can be far away
        far = np.maximum(3.0, 0.5 * np.abs(at))
        return np.clip(step, -far, far)

    start = centre + side * z * np.tile(fit.se, 2)
    limits = likelihood_limits(evaluate, start, side, np.tile(fit.loglik, 2), z, bound, centre)
    return limits[: fit.mu.size], limits[fit.mu.size :]


def best_over_tau(x: Floats, t: Floats, mu: Floats, near: Floats) -> tuple[Floats, Floats, Floats]:
    """Maximise over tau >= 0 at fixed mu (B,): log-likelihood, its slope in mu, tau.

    Away from the maximum a small tau that leaves the studies where they are and a large one that
    reaches out to mu can both be summits. So the climb starts from `near` and from the best of
    `LOOKS`, and the better of them and tau = 0 is kept.
    """
    b = mu.size
    away = np.where(t > 0, np.log((x + 0.5) / np.where(t > 0, t, 1.0)) - mu, 0.0)
    reach = np.sqrt((away * away).sum(axis=0) / np.maximum((t > 0).sum(axis=0), 1))
    looks = np.array(LOOKS)[:, None] * np.clip(reach, 0.1, TAU_CEILING)
    # one by one: the largest tau sets how fine the integrals of a call are
    heights = np.array([log_likelihood(x, t, mu, tau).value for tau in looks])
    far = looks[heights.argmax(axis=0), np.arange(b)]
    _, tau, top, _ = _higher(*(climb(x, t, mu, start, "tau") for start in (near, far)))
    zero, slope, rise = at_zero(x, t, mu)
    border = (tau <= TAU_FLOOR) | ((zero >= top.value) & (rise <= 0))
    value, score = np.where(border, zero, top.value), np.where(border, slope, top.score[0])
    return value, score, np.where(border, 0.0, tau)


def two_maxima(x: Floats, t: Floats, fit: PoissonFit, low: Floats, high: Floats) -> Bools:
    """Whether the profile over tau has a second summit (B,) within the limits `low` and `high`.

    Seen from tau = 0, as for counts of patients (`profile.two_maxima`).
    """
    rise = at_zero(x, t, np.log(x.sum(axis=0) / t.sum(axis=0)))[2]
    out = (fit.tau > 0) & (low == 0) & (rise < 0)
    best = np.flatnonzero((fit.tau == 0) & np.isfinite(high) & (high > 0))
    for share in SHARES if best.size else ():
        at = share * high[best]
        _, _, top, _ = climb(x[:, best], t[:, best], fit.mu[best], at, "mu")
        out[best] |= top.score[1] > RISES
    return out


def profile_tau(x: Floats, t: Floats, fit: PoissonFit, z: float) -> tuple[Floats, Floats]:
    """Limits (B,), (B,) of tau; the lower one is 0 where tau = 0 is within the drop."""
    centre = fit.mu.copy()

    def evaluate(at: Floats, todo: Ints) -> tuple[Floats, Floats]:
        mu, _, top, _ = climb(x[:, todo], t[:, todo], centre[todo], at, "mu")
        centre[todo] = mu
        return top.value, top.score[1]

    def bound(at: Floats, step: Floats) -> Floats:
        step = np.clip(step, -0.6 * at, 2 * at + 0.2)
        return np.where(at + step > TAU_CEILING, np.nan, step)

    side = np.ones(fit.mu.shape)
    spread = np.sqrt(fit.variance_tau)
    above = fit.tau + np.where(fit.tau > 0, z * spread, 0.3)
    high = likelihood_limits(evaluate, above, side, fit.loglik, z, bound)
    low, centre = np.zeros(fit.mu.shape), fit.mu.copy()
    some = np.flatnonzero(2 * (fit.loglik - fit.loglik_common) > z * z)
    if some.size:
        start, top = np.maximum(fit.tau - z * spread, 0.3 * fit.tau)[some], fit.loglik[some]
        low[some] = likelihood_limits(
            lambda at, todo: evaluate(at, some[todo]), start, -side[some], top, z, bound
        )
    return low, high

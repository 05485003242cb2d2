"""Profile-likelihood limits of the binomial-normal model, for many datasets at once.

Each parameter's likelihood is maximised over the other one. Arrays (K, B) as in `glmm`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from .arrays import Bools, Floats, Ints
from .glmm import TAU_CEILING, TAU_FLOOR, GlmmFit
from .quadrature import at_zero, binomial_constant, integrate, move_centres, start_centres
from .roots import growing_to, likelihood_limits

#: The fewest nodes used away from the maximum.
LEAST_NODES = 41
#: Nodes when the estimate of tau lies above each of these.
STEEP_TAU, STEEP_NODES = (1.5, 2.5), (81, 161)
#: Nodes for the likelihood of groups that share a mean, away from their own maxima.
SHARED_NODES = 81
ROUNDS = 40
#: What the last step over mu gains: small enough that the terms left out are below 1e-9.
NEAR = 5e-7
#: A limit whose drop of twice the log-likelihood lies this far below its quantile stopped early.
EARLY = 1e-4
#: A function that maximises over tau.
OverTau = Callable[[Floats, Floats, Floats, Floats, int], tuple[Floats, Floats, Floats]]
#: Shares of the upper limit of tau at which the profile is looked at for a rise.
SHARES = (0.1, 0.2, 0.35, 0.5, 0.7)
#: A slope of the log-likelihood in tau that is no rounding.
RISES = 1e-4
#: What limits a step of tau.
_below_ceiling = growing_to(TAU_CEILING)


def profile_mu(x: Floats, n: Floats, fit: GlmmFit, z: float) -> tuple[Floats, Floats]:
    """Limits (B,), (B,) of mu where the log-likelihood has dropped by z^2/2; NaN if not found."""
    se = np.sqrt(np.maximum(fit.variance()[0, 0], 1e-12))
    low, high = _by_nodes(x, n, fit, partial(_mu_limits, z=z), se)
    return low, high


def profile_tau(x: Floats, n: Floats, fit: GlmmFit, z: float) -> tuple[Floats, Floats]:
    """Limits of tau in the same sense; the lower one is 0 where tau = 0 is within the drop."""
    error = np.sqrt(np.maximum(np.nan_to_num(fit.covariance()[1, 1]), 0.0))
    low, high = _by_nodes(x, n, fit, partial(_tau_limits, z=z), fit.loglik_common, error)
    return low, high


def shared_tau_limits(x: Floats, n: Floats, fit: GlmmFit, z: float) -> tuple[float, float]:
    """Limits of the tau that groups with a mean each have in common, in the sense of `profile_tau`.

    Counts (K, G) of the groups, 0 of 0 where a group has fewer studies; `fit` of one dataset with a
    coefficient for each. Given tau the groups' means are found one by one.
    """
    mu, tau = fit.beta[:, 0].copy(), fit.tau
    count = int(max(fit.nodes[0], (LEAST_NODES, *STEEP_NODES)[np.searchsorted(STEEP_TAU, tau[0])]))

    def evaluate(at: Floats, _: Ints) -> tuple[Floats, Floats]:
        found = _over_mu(x, n, mu, np.full(mu.shape, at[0]), count)
        mu[:] = found.mu
        return found.loglik.sum(keepdims=True), found.slope.sum(keepdims=True)

    def limit(start: Floats, side: float) -> float:
        one, top = np.array([side]), fit.loglik - binomial_constant(x, n).sum()
        return float(likelihood_limits(evaluate, start, one, top, z, _below_ceiling, tau)[0])

    inside = 2 * (fit.loglik[0] - fit.loglik_common[0]) > z * z
    low = limit(0.5 * tau, -1.0) if inside else 0.0
    mu[:] = fit.beta[:, 0]
    return low, limit(np.where(tau > 0, 1.5 * tau, 0.5), 1.0)


def two_maxima(x: Floats, n: Floats, fit: GlmmFit, low: Floats, high: Floats) -> Bools:
    """Whether the profile over tau has a second summit (B,) within the limits `low` and `high`.

    Seen from tau = 0: a maximum there with a rise at some tau below the upper limit, or one further
    out while the likelihood falls from 0.
    """
    _, _, _, rise = at_zero(x, n, fit.beta_common)
    out = (fit.tau > 0) & (low == 0) & (rise.sum(axis=0) < 0)
    at_zero_best = np.flatnonzero((fit.tau == 0) & np.isfinite(high) & (high > 0))
    for share in SHARES if at_zero_best.size else ():
        tau = share * high[at_zero_best]
        xs, ns, mu = x[:, at_zero_best], n[:, at_zero_best], fit.beta[0, at_zero_best]
        slope = _over_mu(xs, ns, mu, tau, LEAST_NODES).slope
        out[at_zero_best] |= slope > RISES
    return out


def profile_loglik(x: Floats, n: Floats, fit: GlmmFit, mu: Floats) -> Floats:
    """Log-likelihood (B,) maximised over tau at the given mu (B,), with all constants."""
    start = np.where(fit.tau > 0, fit.tau, 0.3)
    done = _by_nodes(
        x, n, fit, lambda xs, ns, _, m, t, c: _best_over_tau(xs, ns, m, t, c), mu, start
    )
    return done[0] + binomial_constant(x, n)


def _by_nodes(
    x: Floats, n: Floats, fit: GlmmFit, solve: Callable[..., tuple[Floats, ...]], *extra: Floats
) -> tuple[Floats, ...]:
    """Run `solve` on groups of datasets that need the same number of nodes; a tuple of arrays."""
    # at the limits tau is larger than at the maximum, and large tau needs many nodes
    steep = np.searchsorted(STEEP_TAU, fit.tau)
    need = np.maximum(fit.nodes, np.asarray((LEAST_NODES, *STEEP_NODES))[steep])
    out: tuple[Floats, ...] = ()
    for count in np.unique(need):
        pick = np.flatnonzero(need == count)
        sub = (fit.beta[0, pick], fit.tau[pick], fit.loglik[pick])
        part = solve(x[:, pick], n[:, pick], sub, *(e[pick] for e in extra), int(count))
        if not out:
            out = tuple(np.full(need.shape, np.nan) for _ in part)
        for whole, values in zip(out, part, strict=True):
            whole[pick] = values
    return out


def _over_tau(
    x: Floats, n: Floats, mu: Floats, tau: Floats, count: int
) -> tuple[Floats, Floats, Floats]:
    """Maximise over tau >= 0 at fixed mu: log-likelihood (no constant), its slope in mu, tau."""
    zero, slope_zero, _, rise = at_zero(x, n, mu)
    zero, slope_zero, rise = zero.sum(axis=0), slope_zero.sum(axis=0), rise.sum(axis=0)
    tau = tau.copy()
    loglik, slope = np.full(mu.shape, -np.inf), np.zeros(mu.shape)
    todo = np.arange(mu.size)
    centre, spread = start_centres(x, n, mu, tau)
    for _ in range(ROUNDS):
        t = tau[todo]
        got = integrate(x[:, todo], n[:, todo], mu[todo], t, centre, spread, count)
        g, h = got.score[1].sum(axis=0), got.hessian[2].sum(axis=0)
        step = np.where(h < 0, -g / np.where(h < 0, h, 1), np.sign(g) * t)
        step = np.clip(step, -0.75 * t, 2 * t)
        loglik[todo], slope[todo] = got.loglik.sum(axis=0), got.score[0].sum(axis=0)
        tau[todo] = t + step
        go = ~((np.abs(step) < 1e-7 * (1 + t)) | (t < TAU_FLOOR) | (t > TAU_CEILING))
        if not go.any():
            break
        todo, before = todo[go], (mu[todo[go]], t[go])
        centre, spread = got.centre[:, go], got.spread[:, go]
        centre, spread = move_centres(centre, spread, before, (before[0], tau[todo]))
    border = (tau < TAU_FLOOR) | ((zero >= loglik) & (rise <= 0))
    loglik, slope = np.where(border, zero, loglik), np.where(border, slope_zero, slope)
    return loglik, slope, np.where(border, 0.0, tau)


def _best_over_tau(
    x: Floats, n: Floats, mu: Floats, tau: Floats, count: int
) -> tuple[Floats, Floats, Floats]:
    """The same, the better of two starts: the one given, and the distance of the studies from mu.

    Away from the maximum a small tau that leaves the studies where they are and a large one that
    reaches out to mu can both be summits.
    """
    away = np.where(n > 0, np.log((x + 0.5) / (n - x + 0.5)) - mu, 0.0)
    reach = np.sqrt((away * away).sum(axis=0) / np.maximum((n > 0).sum(axis=0), 1))
    near = _over_tau(x, n, mu, tau, count)
    far = _over_tau(x, n, mu, np.clip(reach, 0.1, 10.0), count)
    higher = far[0] > near[0]
    loglik, slope, best = (np.where(higher, f, s) for f, s in zip(far, near, strict=True))
    return loglik, slope, best


class Crest(NamedTuple):
    """The likelihood maximised over mu at given tau, (B,) each but the last two, (K, B).

    `slope` is that of the log-likelihood in tau, `drift` that of mu, `centre` and `spread` the
    posterior's of each study.
    """

    loglik: Floats
    slope: Floats
    mu: Floats
    drift: Floats
    centre: Floats
    spread: Floats


def _over_mu(
    x: Floats,
    n: Floats,
    mu: Floats,
    tau: Floats,
    count: int,
    around: tuple[Floats, Floats] | None = None,
) -> Crest:
    """Maximise over mu (concave) at fixed tau > 0; `around` are centres and spreads to begin with.

    The last step is not followed by another look: what it gains is known to its third order.
    """
    mu = mu.copy()
    loglik, slope, drift = np.full(mu.shape, -np.inf), np.zeros(mu.shape), np.zeros(mu.shape)
    centres, spreads = around or start_centres(x, n, mu, tau)
    todo, centre, spread = np.arange(mu.size), centres, spreads
    for _ in range(ROUNDS):
        here, t = mu[todo], tau[todo]
        got = integrate(x[:, todo], n[:, todo], here, t, centre, spread, count)
        if todo.size == mu.size:
            centres, spreads = got.centre, got.spread
        else:
            centres[:, todo], spreads[:, todo] = got.centre, got.spread
        score, bend = got.score.sum(axis=1), got.hessian.sum(axis=1)
        gain = -0.5 * score[0] ** 2 / bend[0]
        loglik[todo], drift[todo] = got.loglik.sum(axis=0) + gain, -bend[1] / bend[0]
        slope[todo] = score[1] + drift[todo] * score[0]
        mu[todo] = here + np.clip(-score[0] / bend[0], -2, 2)
        go = ~((bend[0] < 0) & (gain < NEAR))
        if not go.any():
            break
        todo, t = todo[go], t[go]
        before, centre, spread = here[go], got.centre[:, go], got.spread[:, go]
        centre, spread = move_centres(centre, spread, (before, t), (mu[todo], t))
    return Crest(loglik, slope, mu, drift, centres, spreads)


def _mu_limits(
    x: Floats, n: Floats, best: tuple[Floats, Floats, Floats], se: Floats, count: int, z: float
) -> tuple[Floats, Floats]:
    mu, tau, top = best
    b = mu.size
    x2, n2, top2 = (np.tile(a, 2) for a in (x, n, top - binomial_constant(x, n)))
    other = np.tile(np.where(tau > 0, tau, 0.3), 2)
    side = np.repeat([-1.0, 1.0], b)

    def evaluate(at: Floats, todo: Ints, over_tau: OverTau = _over_tau) -> tuple[Floats, Floats]:
        loglik, slope, t = over_tau(x2[:, todo], n2[:, todo], at, other[todo], count)
        other[todo] = np.where(t > 0.01, t, 0.1)
        # a limit that needs tau beyond its ceiling is given up, not made up
        return np.where(t > TAU_CEILING, np.nan, loglik), slope

    def bound(at: Floats, step: Floats) -> Floats:
        far = np.maximum(2.0, 0.5 * np.abs(at))
        return np.clip(step, -far, far)

    start = np.tile(mu, 2) + side * z * np.tile(se, 2)
    at = likelihood_limits(evaluate, start, side, top2, z, bound, np.tile(mu, 2))
    # a limit is one only if no other tau lifts the profile above it
    found = np.flatnonzero(np.isfinite(at))
    loglik, _ = evaluate(at[found], found, _best_over_tau)
    early = found[2 * (top2[found] - loglik) < z * z - EARLY]
    if early.size:
        at[early] = likelihood_limits(
            lambda here, todo: evaluate(here, early[todo], _best_over_tau),
            at[early], side[early], top2[early], z, bound, np.tile(mu, 2)[early],
        )  # fmt: skip
    return at[:b], at[b:]


def _tau_limits(
    x: Floats,
    n: Floats,
    best: tuple[Floats, Floats, Floats],
    loglik_common: Floats,
    error: Floats,
    count: int,
    z: float,
) -> tuple[Floats, Floats]:
    mu, tau, top = best
    level = top - binomial_constant(x, n)
    # the log-likelihood is nearer to a parabola in log tau than in tau
    factor = np.exp(np.clip(z * error / np.where(tau > 0, tau, 1.0), 0.1, 1.0))
    low = np.zeros(tau.shape)
    inside = np.flatnonzero(2 * (top - loglik_common) > z * z)
    if inside.size:
        part = (x[:, inside], n[:, inside], mu[inside], tau[inside])
        start = tau[inside] / factor[inside]
        low[inside] = _tau_root(*part, start, level[inside], -1.0, count, z)
    start = np.where(tau > 0, tau * factor, 0.5)
    return low, _tau_root(x, n, mu, tau, start, level, 1.0, count, z)


def _tau_root(
    x: Floats,
    n: Floats,
    mu: Floats,
    tau: Floats,
    start: Floats,
    top: Floats,
    side: float,
    count: int,
    z: float,
) -> Floats:
    """The tau on one side of the maximum; NaN beyond the ceiling."""
    mu, last, drift = mu.copy(), start.copy(), np.zeros(mu.shape)
    centre, spread = start_centres(x, n, mu, start)

    def evaluate(at: Floats, todo: Ints) -> tuple[Floats, Floats]:
        before = mu[todo], last[todo]
        near = before[0] + np.clip(drift[todo] * (at - before[1]), -2, 2)
        around = move_centres(centre[:, todo], spread[:, todo], before, (near, at))
        found = _over_mu(x[:, todo], n[:, todo], near, at, count, around)
        last[todo], mu[todo], drift[todo] = at, found.mu, found.drift
        centre[:, todo], spread[:, todo] = found.centre, found.spread
        return found.loglik, found.slope

    sides = np.full(start.shape, side)
    return likelihood_limits(evaluate, start, sides, top, z, _below_ceiling, tau)


def shared_mean_loglik(groups: Sequence[tuple[Floats, Floats, bool]]) -> tuple[float, bool]:
    """Largest log-likelihood of groups with one mu and a tau each; and whether it was found.

    `groups`: (x (k, 1), n (k, 1), whether tau is free, else 0). The slope in mu is followed to 0 on
    a bracket that spans the groups' own proportions.
    """
    rates = [np.log((x.sum() + 0.5) / (n.sum() - x.sum() + 0.5)) for x, n, _ in groups]
    low, high = min(rates) - 3.0, max(rates) + 3.0
    taus = [0.5] * len(groups)

    def value(mu: float) -> tuple[float, float]:
        total = slope = 0.0
        for i, (x, n, free) in enumerate(groups):
            best, rise, tau = _group_value(x, n, free, np.array([mu]), taus[i])
            total, slope = total + best, slope + rise
            # the next value of mu is near: so is its tau
            taus[i] = max(tau, 0.1)
        return total, slope

    f_low, f_high = value(low)[1], value(high)[1]
    if not f_low > 0 > f_high:
        return np.nan, False
    for _ in range(200):
        # regula falsi (Illinois) keeps the bracket
        mid = (low * f_high - high * f_low) / (f_high - f_low)
        best, slope = value(mid)
        if abs(slope) < 1e-9 or high - low < 1e-12:
            return best, True
        if slope > 0:
            low, f_low, f_high = mid, slope, f_high / 2
        else:
            high, f_high, f_low = mid, slope, f_low / 2
    return best, False


def _group_value(
    x: Floats, n: Floats, free: bool, mu: Floats, tau: float
) -> tuple[float, float, float]:
    """Log-likelihood with constants, slope in mu and tau of one group, maximised over its tau."""
    constant = float(binomial_constant(x, n)[0])
    if not free:
        value, slope, _, _ = at_zero(x, n, mu)
        return float(value.sum()) + constant, float(slope.sum()), 0.0
    value, slope, best = _best_over_tau(x, n, mu, np.array([tau]), SHARED_NODES)
    return float(value[0]) + constant, float(slope[0]), float(best[0])

"""Profile-likelihood limits of the binomial-normal model, for many datasets at once.

Each parameter's likelihood is maximised over the other one (`crest`). Between two values of the
parameter the other one moves along its tangent, and is maximised no further than the distance from
the limit asks for: nearly the joint iteration of Venzon and Moolgavkar (1988, Applied Statistics
37:87), but each value is bracketed. Arrays (K, B) as in `glmm`.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from .arrays import Bools, Floats, Ints
from .crest import Crest, bounded, climb, far_over_tau, met, or_far
from .glmm import TAU_CEILING, GlmmFit
from .quadrature import at_zero, binomial_constant, move_centres, start_centres
from .roots import growing_to, likelihood_limits

#: The fewest nodes used away from the maximum.
LEAST_NODES = 41
#: Nodes when the estimate of tau lies above each of these.
STEEP_TAU, STEEP_NODES = (1.5, 2.5), (81, 161)
#: Nodes for the likelihood of groups that share a mean, away from their own maxima.
SHARED_NODES = 81
#: Where other summits over tau are looked for, as shares of the distance of the studies from mu.
STARTS = (1.0, 0.5, 0.05)
#: Beside a study of so many times the others' size there may be several; the first start alone
#: serves elsewhere.
GIANT = 10.0
#: A limit whose drop of twice the log-likelihood lies this far from its quantile is none.
ASTRAY = 1e-4
#: Shares of the upper limit of tau at which the profile is looked at for a rise.
SHARES = (0.1, 0.2, 0.35, 0.5, 0.7)
#: A slope of the log-likelihood in tau that is no rounding.
RISES = 1e-4
#: What limits a step of tau.
_below_ceiling = growing_to(TAU_CEILING)


def profile_mu(x: Floats, n: Floats, fit: GlmmFit, z: float) -> tuple[Floats, Floats]:
    """Limits (B,), (B,) of mu where the log-likelihood has dropped by z^2/2; NaN if not found."""
    covariance = fit.covariance()
    variance = np.maximum(covariance[0, 0], 1e-12)
    drift = covariance[0, 1] / variance
    low, high = _by_nodes(x, n, fit, partial(_mu_limits, z=z), np.sqrt(variance), drift)
    return low, high


def profile_tau(x: Floats, n: Floats, fit: GlmmFit, z: float) -> tuple[Floats, Floats]:
    """Limits of tau in the same sense; the lower one is 0 where tau = 0 is within the drop."""
    covariance = np.nan_to_num(fit.covariance())
    variance = np.maximum(covariance[1, 1], 0.0)
    drift = covariance[0, 1] / np.where(variance > 0, variance, 1.0)
    solve = partial(_tau_limits, z=z)
    low, high = _by_nodes(x, n, fit, solve, fit.loglik_common, np.sqrt(variance), drift)
    return low, high


def shared_tau_limits(x: Floats, n: Floats, fit: GlmmFit, z: float) -> tuple[float, float]:
    """Limits of the tau that groups with a mean each have in common, in the sense of `profile_tau`.

    Counts (K, G) of the groups, 0 of 0 where a group has fewer studies; `fit` of one dataset with a
    coefficient for each. Given tau the groups' means are found one by one.
    """
    mu, tau = fit.beta[:, 0].copy(), fit.tau
    count = int(max(fit.nodes[0], (LEAST_NODES, *STEEP_NODES)[np.searchsorted(STEEP_TAU, tau[0])]))

    def evaluate(at: Floats, _: Ints) -> tuple[Floats, ...]:
        found = climb(x, n, np.array([mu, np.full(mu.shape, at[0])]), 0, count)
        mu[:] = found.point[0]
        return tuple(a.sum(keepdims=True) for a in (found.loglik, found.slope, found.bend))

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
        slope = climb(xs, ns, np.array([mu, tau]), 0, LEAST_NODES).slope
        out[at_zero_best] |= slope > RISES
    return out


def profile_loglik(x: Floats, n: Floats, fit: GlmmFit, mu: Floats) -> Floats:
    """Log-likelihood (B,) maximised over tau at the given mu (B,), with all constants."""
    start = np.where(fit.tau > 0, fit.tau, 0.3)

    def solve(xs: Floats, ns: Floats, _: object, m: Floats, t: Floats, count: int) -> tuple[Floats]:
        return (or_far(xs, ns, climb(xs, ns, np.array([m, t]), 1, count), count).loglik,)

    return _by_nodes(x, n, fit, solve, mu, start)[0] + binomial_constant(x, n)


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


def _begin(x: Floats, n: Floats, mu: Floats, tau: Floats, drift: Floats) -> Crest:
    """The maximum of the likelihood as a place to walk away from."""
    point, unseen = np.array([mu, np.where(tau > 0, tau, 0.3)]), np.full((3, mu.size), np.nan)
    around = start_centres(x, n, point[0], point[1])
    return Crest(unseen[0], unseen[1], unseen[2], drift, point, *around)


def _followed(
    x: Floats, n: Floats, state: Crest, free: int, count: int, aim: Floats, thorough: bool = False
) -> Callable[[Floats, Ints], tuple[Floats, ...]]:
    """What `likelihood_limits` asks of a profile; `state` is where each dataset was last, which
    says where it goes from there. `thorough`: each time with further starts over tau."""

    def evaluate(at: Floats, todo: Ints) -> tuple[Floats, ...]:
        last, xs, ns = state.columns(todo), x[:, todo], n[:, todo]
        point, tau = last.point.copy(), last.point[1]
        point[1 - free] = at
        point[free] += bounded(last.drift * (at - last.point[1 - free]), free, tau)
        if free == 1:
            point[1] = np.where(tau > 0.01, point[1], 0.1)
        around = move_centres(last.centre, last.spread, last.point, point)
        found = climb(xs, ns, point, free, count, around, aim[todo])
        for share in STARTS if thorough else ():
            found = or_far(xs, ns, found, count, share)
        state.put(todo, found)
        # a limit that needs tau beyond its ceiling is given up, not made up
        return np.where(found.point[1] > TAU_CEILING, np.nan, found.loglik), found.slope, found.bend

    return evaluate


def _mu_limits(
    x: Floats,
    n: Floats,
    best: tuple[Floats, Floats, Floats],
    se: Floats,
    drift: Floats,
    count: int,
    z: float,
) -> tuple[Floats, Floats]:
    b = se.size
    x, n, top = (np.tile(a, 2) for a in (x, n, best[2] - binomial_constant(x, n)))
    mu, tau, se, drift = (np.tile(a, 2) for a in (*best[:2], se, drift))
    side, aim = np.repeat([-1.0, 1.0], b), top - 0.5 * z * z

    def bound(at: Floats, step: Floats) -> Floats:
        far = np.maximum(2.0, 0.5 * np.abs(at))
        return np.clip(step, -far, far)

    state = _begin(x, n, mu, tau, drift)
    evaluate = _followed(x, n, state, 1, count, aim)
    at = likelihood_limits(evaluate, mu + side * z * se, side, top, z, bound, mu)
    astray = _astray(x, n, at, state, aim, count)
    if astray.size:
        part = (x[:, astray], n[:, astray], state.columns(astray))
        evaluate = _followed(*part, 1, count, aim[astray], thorough=True)
        at[astray] = likelihood_limits(
            evaluate, at[astray], side[astray], top[astray], z, bound, mu[astray]
        )
        still = _astray(*part[:2], at[astray], part[2], aim[astray], count)
        at[astray[still]] = np.nan
    return at[:b], at[b:]


def _beside_a_giant(n: Floats) -> Bools:
    """The datasets with one study that is `GIANT` times as large as the others on average."""
    largest, others = n.max(axis=0), np.maximum((n > 0).sum(axis=0) - 1, 1)
    return np.asarray(largest * others > GIANT * (n.sum(axis=0) - largest))


def _astray(x: Floats, n: Floats, at: Floats, state: Crest, aim: Floats, count: int) -> Ints:
    """The limits `at` that are none, as the profile is not there, or another tau lifts it above."""
    found = np.flatnonzero(np.isfinite(at))
    last, xs, ns = state.columns(found), x[:, found], n[:, found]
    step = at[found] - last.point[0]
    near = np.array([last.point[1], last.loglik + step * (last.slope + 0.5 * last.bend * step)])
    value, beside = near[1].copy(), _beside_a_giant(ns)
    for share in STARTS:
        some = slice(None) if share == STARTS[0] else beside
        far = far_over_tau(xs[:, some], ns[:, some], at[found][some], count, share, near[:, some])
        other = ~met(near[:, some], far.point[1], far.loglik)
        value[some] = np.where(other, np.maximum(value[some], far.loglik), value[some])
    return found[np.abs(value - aim[found]) > 0.5 * ASTRAY]


def _tau_limits(
    x: Floats,
    n: Floats,
    best: tuple[Floats, Floats, Floats],
    loglik_common: Floats,
    error: Floats,
    drift: Floats,
    count: int,
    z: float,
) -> tuple[Floats, Floats]:
    mu, tau, top = best
    # the log-likelihood is nearer to a parabola in log tau than in tau
    factor = np.exp(np.clip(z * error / np.where(tau > 0, tau, 1.0), 0.1, 1.0))
    inside = np.flatnonzero(2 * (top - loglik_common) > z * z)
    # both sides at once: first the upper limits, then the lower ones that are not 0
    which = np.concatenate([np.arange(tau.size), inside])
    side = np.where(np.arange(which.size) < tau.size, 1.0, -1.0)
    start = np.where(tau > 0, tau, 0.5)[which] * np.where(tau > 0, factor, 1.0)[which] ** side
    x, n, top = x[:, which], n[:, which], (top - binomial_constant(x, n))[which]
    state = _begin(x, n, mu[which], tau[which], drift[which])
    evaluate = _followed(x, n, state, 0, count, top - 0.5 * z * z)
    at = likelihood_limits(evaluate, start, side, top, z, _below_ceiling, tau[which])
    low = np.zeros(tau.shape)
    low[inside] = at[tau.size :]
    return low, at[: tau.size]


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
    near = climb(x, n, np.array([mu, [tau]]), 1, SHARED_NODES)
    best = or_far(x, n, near, SHARED_NODES)
    return float(best.loglik[0]) + constant, float(best.slope[0]), float(best.point[1, 0])

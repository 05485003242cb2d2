"""Profile-likelihood limits of the binomial-normal model, for many datasets at once.

The signed root of the likelihood-ratio statistic is nearly linear in the parameter, so Newton steps
on it arrive in a few rounds; each round maximises over the other parameter, whose derivative drops
out of the slope. Arrays (K, B) as in `glmm`.
"""

import numpy as np

from .glmm import TAU_CEILING, TAU_FLOOR, GlmmFit
from .quadrature import at_zero, binomial_constant, integrate, start_centres

#: The fewest nodes used away from the maximum.
LEAST_NODES = 41
ROUNDS = 40
#: Accepted distance of the signed root from its quantile.
CLOSE = 1e-9


def profile_mu(x, n, fit: GlmmFit, z: float) -> tuple[np.ndarray, np.ndarray]:
    """Limits (B,), (B,) of mu where the log-likelihood has dropped by z^2/2; NaN if not found."""
    se = np.sqrt(np.maximum(fit.variance()[0, 0], 1e-12))
    return _by_nodes(x, n, fit, lambda *a: _mu_limits(*a, z), se)


def profile_tau(x, n, fit: GlmmFit, z: float) -> tuple[np.ndarray, np.ndarray]:
    """Limits of tau in the same sense; the lower one is 0 where tau = 0 is within the drop."""
    return _by_nodes(x, n, fit, lambda *a: _tau_limits(*a, z), fit.loglik_common)


def profile_loglik(x, n, fit: GlmmFit, mu) -> np.ndarray:
    """Log-likelihood (B,) maximised over tau at the given mu (B,), with all constants."""
    start = np.where(fit.tau > 0, fit.tau, 0.3)
    done = _by_nodes(x, n, fit, lambda xs, ns, _, m, t, c: _over_tau(xs, ns, m, t, c), mu, start)
    return done[0] + binomial_constant(x, n)


def _by_nodes(x, n, fit, solve, *extra):
    """Run `solve` on groups of datasets that need the same number of nodes; a tuple of arrays."""
    need = np.maximum(fit.nodes, LEAST_NODES)
    out = None
    for count in np.unique(need):
        pick = np.flatnonzero(need == count)
        sub = (fit.beta[0, pick], fit.tau[pick], fit.loglik[pick])
        part = solve(x[:, pick], n[:, pick], sub, *(e[pick] for e in extra), int(count))
        if out is None:
            out = tuple(np.full(need.shape, np.nan) for _ in part)
        for whole, values in zip(out, part, strict=True):
            whole[pick] = values
    return out


def _over_tau(x, n, mu, tau, count):
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
        step = np.clip(
            np.where(h < 0, -g / np.where(h < 0, h, 1), np.sign(g) * t), -0.75 * t, 2 * t
        )
        loglik[todo], slope[todo] = got.loglik.sum(axis=0), got.score[0].sum(axis=0)
        tau[todo] = t + step
        stop = (np.abs(step) < 1e-7 * (1 + t)) | (t < TAU_FLOOR) | (t > TAU_CEILING)
        if stop.all():
            break
        todo, centre, spread = todo[~stop], got.centre[:, ~stop], got.spread[:, ~stop]
    border = (tau < TAU_FLOOR) | ((zero >= loglik) & (rise <= 0))
    return (
        np.where(border, zero, loglik),
        np.where(border, slope_zero, slope),
        np.where(border, 0.0, tau),
    )


def _over_mu(x, n, mu, tau, count):
    """Maximise over mu (concave) at fixed tau > 0: log-likelihood, its slope in tau, mu."""
    mu = mu.copy()
    loglik, slope = np.full(mu.shape, -np.inf), np.zeros(mu.shape)
    todo = np.arange(mu.size)
    centre, spread = start_centres(x, n, mu, tau)
    for _ in range(ROUNDS):
        got = integrate(x[:, todo], n[:, todo], mu[todo], tau[todo], centre, spread, count)
        step = np.clip(-got.score[0].sum(axis=0) / got.hessian[0].sum(axis=0), -2, 2)
        loglik[todo], slope[todo] = got.loglik.sum(axis=0), got.score[1].sum(axis=0)
        mu[todo] += step
        stop = np.abs(step) < 1e-7
        if stop.all():
            break
        todo, centre, spread = todo[~stop], got.centre[:, ~stop], got.spread[:, ~stop]
    return loglik, slope, mu


def _mu_limits(x, n, best, se, count, z):
    mu, tau, top = best
    b = mu.size
    side = np.repeat([-1.0, 1.0], b)
    two = np.tile
    x2, n2, top2 = two(x, 2), two(n, 2), two(top - binomial_constant(x, n), 2)
    at, other = two(mu, 2) + side * z * two(se, 2), two(np.where(tau > 0, tau, 0.3), 2)
    found = np.zeros(2 * b, bool)
    todo = np.arange(2 * b)
    for _ in range(ROUNDS):
        loglik, slope, t = _over_tau(x2[:, todo], n2[:, todo], at[todo], other[todo], count)
        root = np.sqrt(np.maximum(2 * (top2[todo] - loglik), 1e-12))
        # d root / d mu = -slope / root, positive when walking away from the maximum
        rate = np.maximum(-slope * side[todo] / root, 1e-3)
        step = np.clip((z - root) / rate, -2, 2)
        close = np.abs(z - root) < CLOSE
        found[todo[close]] = True
        at[todo] += np.where(close, 0.0, side[todo] * step)
        other[todo] = np.where(t > 0.01, t, 0.1)
        todo = todo[~close]
        if todo.size == 0:
            break
    at = np.where(found, at, np.nan)
    return at[:b], at[b:]


def _tau_limits(x, n, best, loglik_common, count, z):
    mu, tau, top = best
    constant = binomial_constant(x, n)
    low = np.zeros(tau.shape)
    open_low = np.flatnonzero(2 * (top - loglik_common) > z * z)
    if open_low.size:
        low[open_low] = _tau_root(
            x[:, open_low], n[:, open_low], mu[open_low], 0.5 * tau[open_low],
            (top - constant)[open_low], -1.0, count, z,
        )  # fmt: skip
    start = np.where(tau > 0, 1.5 * tau, 0.5)
    return low, _tau_root(x, n, mu, start, top - constant, 1.0, count, z)


def _tau_root(x, n, mu, at, top, side, count, z):
    """The tau on one side of the maximum where the signed root equals z; NaN if none is found."""
    at, mu = at.copy(), mu.copy()
    found = np.zeros(at.shape, bool)
    todo = np.arange(at.size)
    for _ in range(ROUNDS):
        t = at[todo]
        loglik, slope, mu[todo] = _over_mu(x[:, todo], n[:, todo], mu[todo], t, count)
        root = np.sqrt(np.maximum(2 * (top[todo] - loglik), 1e-12))
        rate = np.maximum(-slope * side / root, 1e-3)
        step = np.clip(side * (z - root) / rate, -0.6 * t, 1.5 * t)
        close = np.abs(z - root) < CLOSE
        found[todo[close]] = True
        at[todo] += np.where(close, 0.0, step)
        todo = todo[~close & (at[todo] < TAU_CEILING)]
        if todo.size == 0:
            break
    return np.where(found, at, np.nan)


def shared_mean_loglik(groups) -> tuple[float, bool]:
    """Largest log-likelihood of groups with one mu and a tau each; and whether it was found.

    `groups`: (x (k, 1), n (k, 1), whether tau is free, else 0). The slope in mu is followed to 0 on
    a bracket that spans the groups' own proportions.
    """
    low, high = np.inf, -np.inf
    for x, n, _ in groups:
        rates = np.log((x.sum() + 0.5) / (n.sum() - x.sum() + 0.5))
        low, high = min(low, rates), max(high, rates)
    low, high = low - 3.0, high + 3.0

    def value(mu):
        total = slope = 0.0
        for x, n, free in groups:
            part = _group_value(x, n, free, np.array([mu]))
            total, slope = total + part[0], slope + part[1]
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


def _group_value(x, n, free, mu):
    """Log-likelihood with constants, and slope in mu, of one group maximised over its tau."""
    constant = float(binomial_constant(x, n)[0])
    if not free:
        value, slope, _, _ = at_zero(x, n, mu)
        return float(value.sum()) + constant, float(slope.sum())
    value, slope, _ = _over_tau(x, n, mu, np.array([0.5]), 81)
    return float(value[0]) + constant, float(slope[0])

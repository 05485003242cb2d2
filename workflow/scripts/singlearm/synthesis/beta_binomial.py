"""Beta-binomial model by maximum likelihood, for many datasets at once.

Study proportions follow a beta distribution with mean m and intraclass correlation rho. With
g = rho / (1 - rho) the likelihood of x events among n is, up to the binomial constant,

    prod_{j<x} (m + j g) prod_{j<n-x} (1 - m + j g) / prod_{j<n} (1 + j g),

so the log-likelihood of a dataset is a sum over j of logs, each counted as often as studies reach j
(Griffiths 1973, Biometrics 29:637). It holds at g = 0, the common-effect model, and costs the same
for five studies as for five thousand. Counts (K, B), n = 0 where a study is absent.

Where patients are many, the sum over j from `ONE_BY_ONE` on is taken in stretches on which the
number of studies does not change and j at most doubles, each by the Gauss rule of the sum over its
integers (of the discrete Chebyshev polynomials: Gautschi 2004, Orthogonal Polynomials, ch. 1.5).
The logs are singular at j = -m / g < 0 at the nearest, so 12 points leave 5.8^-24 = 5e-19
(Trefethen 2008, SIAM Review 50:67), and nothing cancels, as in differences of gamma functions.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import polygamma, psi

from .arrays import Bools, Floats, Ints
from .quadrature import binomial_constant
from .roots import growing_to, likelihood_limits

MAX_STEPS = 100
STILL = 1e-10
#: Up to this many patients the sum is taken one by one; beyond, with this many points a stretch.
ONE_BY_ONE, POINTS = 512, 12
#: A dispersion below this is taken as 0.
FLOOR = 1e-8
#: A dispersion beyond this has no limit: every study is all or none.
LARGEST_DISPERSION = 1e4
#: Dispersions that are looked at where the mean is given.
LOOKS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
#: A limit whose drop of twice the log-likelihood lies this far below its quantile stopped early.
EARLY = 1e-6


@dataclass(frozen=True, slots=True)
class Tally:
    """How many studies reach j = 0, 1, ...: events, non-events, totals; each (J, B).

    `at` (J, 1) or (J, B) are the j; where a Gauss rule stands for a stretch of them, they are its
    points and the numbers of studies are times its weights.
    """

    at: Floats
    events: Floats
    others: Floats
    totals: Floats
    constant: Floats

    def columns(self, pick: Bools | Ints) -> "Tally":
        shared = self.at.shape[1] == 1
        return Tally(
            self.at if shared else self.at[:, pick],
            self.events[:, pick], self.others[:, pick], self.totals[:, pick], self.constant[pick],
        )  # fmt: skip


def tally(x: Floats, n: Floats) -> Tally:
    """Count the studies of each dataset whose events, non-events and totals exceed j."""
    size, b = int(n.max(initial=1)), x.shape[1]
    counts, constant = (x, n - x, n), binomial_constant(x, n)
    ends = _stretches(np.concatenate(counts), size)
    few = min(size, ONE_BY_ONE)
    if few + POINTS * (len(ends) - 1) >= size:
        at = np.arange(float(size))[:, None]
        events, others, totals = (_exceeding(a, size, b) for a in counts)
        return Tally(at, events, others, totals, constant)
    points, weights = _sum_rule(ends[1:] - ends[:-1])
    points += ends[:-1]
    at = np.concatenate([np.tile(np.arange(float(few))[:, None], b), points.reshape(-1, b)])

    def reached(a: Floats) -> Floats:
        beyond = np.array([(a > start).sum(axis=0) for start in ends[:-1]]) * weights
        near = _exceeding(np.minimum(a, few), few, b)
        return np.concatenate([near, beyond.reshape(-1, b)])

    events, others, totals = (reached(a) for a in counts)
    return Tally(at, events, others, totals, constant)


def _stretches(counts: Floats, size: int) -> Floats:
    """Ends (S + 1, B) of the stretches of j that are summed by a rule, up to `size`."""
    octaves = ONE_BY_ONE * 2.0 ** np.arange(max(np.ceil(np.log2(size / ONE_BY_ONE)), 0))
    every = [counts, np.tile(np.r_[octaves, size][:, None], counts.shape[1])]
    ends = np.sort(np.clip(np.concatenate(every), ONE_BY_ONE, None), axis=0)
    moved = (ends[1:] > ends[:-1]).any(axis=1)
    return np.concatenate([ends[:1], ends[1:][moved]])


def _sum_rule(lengths: Floats) -> tuple[Floats, Floats]:
    """Points and weights (POINTS, S, B) of sums over 0, 1, ..., length - 1, for lengths (S, B).

    Golub and Welsch (1969), Math Comp 23:221; short sums in full, with weights 0 beyond their end.
    """
    known, which = np.unique(lengths, return_inverse=True)
    points = np.tile(np.arange(POINTS)[:, None], known.size).astype(float)
    weights = (points < known).astype(float)
    k, long = np.arange(1.0, POINTS)[:, None], known > POINTS
    off = k / 2 * np.sqrt((known[long] ** 2 - k * k) / (4 * k * k - 1))
    jacobi = np.zeros((off.shape[1], POINTS, POINTS))
    step = np.arange(POINTS - 1)
    jacobi[:, step, step + 1] = jacobi[:, step + 1, step] = off.T
    nodes, vectors = np.linalg.eigh(jacobi)
    points[:, long] = nodes.T + (known[long] - 1) / 2
    weights[:, long] = known[long] * vectors[:, 0].T ** 2
    shape = (POINTS, *lengths.shape)
    return points[:, which].reshape(shape), weights[:, which].reshape(shape)


def _exceeding(counts: Floats, size: int, b: int) -> Floats:
    cells = counts.astype(np.int64) * b + np.arange(b)
    seen = np.bincount(cells.ravel(), minlength=(size + 1) * b).reshape(size + 1, b)
    return (seen.sum(axis=0) - np.cumsum(seen, axis=0))[:size].astype(float)


@dataclass(frozen=True, slots=True)
class BetaBinomialFit:
    """Maximum for B datasets: mean `m`, `rho`, log-likelihoods with constants, `information`
    (2, 2, B) in (logit m, g), zero in g at the border, and whether it converged."""

    m: Floats
    rho: Floats
    loglik: Floats
    loglik_common: Floats
    information: Floats
    converged: Bools

    def variance(self) -> Floats:
        """Variance of logit m (B,), rho estimated."""
        (a, b), (_, d) = self.information
        return 1 / (a - np.where(d > 0, b * b / np.where(d > 0, d, 1), 0.0))


def _derivatives(
    t: Tally, m: Floats, g: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
    """Log-likelihood without constant and its derivatives in (m, g): l, lm, lg, lmm, lmg, lgg."""
    j = t.at
    up, down, all_ = m + j * g, 1 - m + j * g, 1 + j * g
    loglik = (t.events * np.log(up) + t.others * np.log(down) - t.totals * np.log(all_)).sum(axis=0)
    a, b, c = t.events / up, t.others / down, t.totals / all_
    lm, lg = (a - b).sum(axis=0), (j * (a + b - c)).sum(axis=0)
    a, b, c = a / up, b / down, c / all_
    return (
        loglik, lm, lg,
        -(a + b).sum(axis=0), (j * (b - a)).sum(axis=0), (j * j * (c - a - b)).sum(axis=0),
    )  # fmt: skip


def _on_logit(m: Floats, lm: Floats, lmm: Floats, lmg: Floats) -> tuple[Floats, Floats, Floats]:
    """Derivatives in (logit m, g) from those in (m, g)."""
    d = m * (1 - m)
    return d * lm, d * d * lmm + d * (1 - 2 * m) * lm, d * lmg


def fit_beta_binomial(x: Floats, n: Floats) -> BetaBinomialFit:
    """Fit datasets with both events and non-events; counts (K, B)."""
    t = tally(x, n)
    m0 = x.sum(axis=0) / n.sum(axis=0)
    loglik0, _, rise, lmm, _, _ = _derivatives(t, m0, np.zeros_like(m0))
    m, g, arrived = _climb(t, m0, _alike(x, n))
    loglik, lm, _, lmm1, lmg1, lgg1 = _derivatives(t, m, g)
    border = (g <= FLOOR) | ((loglik <= loglik0 + 1e-10) & (rise <= 0))
    m, g = np.where(border, m0, m), np.where(border, 0.0, g)
    _, haa, hag = _on_logit(m, np.where(border, 0.0, lm), np.where(border, lmm, lmm1), lmg1)
    off = np.where(border, 0.0, -hag)
    info = np.array([[-haa, off], [off, np.where(border, 0.0, -lgg1)]])
    return BetaBinomialFit(
        m, g / (1 + g), np.where(border, loglik0, loglik) + t.constant, loglik0 + t.constant,
        info, border | (arrived & (info[1, 1] > 0)),
    )  # fmt: skip


def _alike(x: Floats, n: Floats) -> Floats:
    """The mean (B,) of the studies' proportions, each as much as any other.

    Where one study has nearly all patients, the pooled proportion is its own, on a narrow peak
    without dispersion beside the maximum.
    """
    there = n > 0
    shares = np.where(there, (x + 0.5) / (n + 1), 0.0)
    return np.asarray(shares.sum(axis=0) / there.sum(axis=0))


def _climb(t: Tally, m0: Floats, alike: Floats) -> tuple[Floats, Floats, Bools]:
    """Newton steps from three dispersions about the pooled proportion and two about the studies'
    mean, the best kept: m, g, arrived."""
    runs = []
    starts = [(m0, g) for g in (0.02, 0.1, 0.5)] + [(alike, g) for g in (0.1, 0.5)]
    for start, g0 in starts:
        m, g, arrived = _newton(t, start, np.full(start.shape, g0))
        runs.append((_derivatives(t, m, g)[0], m, g, arrived))
    values = np.array([np.where(np.isfinite(r[0]), r[0], -np.inf) for r in runs])
    best = values.argmax(axis=0), np.arange(m0.size)
    return tuple(np.array([r[i] for r in runs])[best] for i in (1, 2, 3))


def _newton(t: Tally, m: Floats, g: Floats) -> tuple[Floats, Floats, Bools]:
    eta, g = np.log(m) - np.log1p(-m), g.copy()
    arrived, todo, part = np.zeros(g.shape, bool), np.arange(g.size), t
    for _ in range(MAX_STEPS):
        m = 1 / (1 + np.exp(-eta[todo]))
        _, lm, lg, lmm, lmg, lgg = _derivatives(part, m, g[todo])
        ga, haa, hag = _on_logit(m, lm, lmm, lmg)
        haa = np.minimum(haa, -1e-8)
        schur = lgg - hag * hag / haa
        slope = lg - hag * ga / haa
        here, curved = g[todo], schur < 0
        step_g = np.where(curved, -slope / np.where(curved, schur, 1), np.sign(slope) * here)
        step_g = np.clip(step_g, -0.75 * here, 3 * here)
        step = np.clip(-(ga + hag * step_g) / haa, -2, 2)
        eta[todo] += step
        g[todo] += step_g
        done = (np.abs(step) < STILL) & (np.abs(step_g) < STILL * (1e-3 + g[todo]))
        arrived[todo[done]] = True
        go = ~done & (g[todo] > FLOOR) & (g[todo] < 1e6)
        if not go.any():
            break
        todo, part = todo[go], part.columns(go)
    return 1 / (1 + np.exp(-eta)), g, arrived


#: A function that maximises over the dispersion.
OverDispersion = Callable[[Tally, Floats, Floats], tuple[Floats, Floats, Floats]]


def maximised_loglik(t: Tally, eta: Floats, g: Floats) -> tuple[Floats, Floats, Floats]:
    """Log-likelihood (no constant) maximised over g >= 0 at fixed logit m; slope in it; g."""
    m = 1 / (1 + np.exp(-eta))
    g, todo, part = g.copy(), np.arange(g.size), t
    for _ in range(MAX_STEPS):
        _, _, lg, _, _, lgg = _derivatives(part, m[todo], g[todo])
        here = g[todo]
        step = np.where(lgg < 0, -lg / np.where(lgg < 0, lgg, 1), np.sign(lg) * here)
        step = np.clip(step, -0.75 * here, 2 * here)
        g[todo] = here + step
        go = (np.abs(step) > 1e-9 * (1e-3 + here)) & (g[todo] > FLOOR) & (g[todo] < 1e6)
        if not go.any():
            break
        todo, part = todo[go], part.columns(go)
    loglik, lm, *_ = _derivatives(t, m, g)
    zero, lm0, *_ = _derivatives(t, m, np.zeros_like(g))
    border = (g <= FLOOR) | (zero > loglik)
    d = m * (1 - m)
    return np.where(border, zero, loglik), d * np.where(border, lm0, lm), np.where(border, 0.0, g)


def profile_mean(x: Floats, n: Floats, fit: BetaBinomialFit, z: float) -> tuple[Floats, Floats]:
    """Profile-likelihood limits of logit m (B,), (B,)."""
    t = tally(np.tile(x, 2), np.tile(n, 2))
    b = fit.m.size
    side = np.repeat([-1.0, 1.0], b)
    other = np.tile(np.maximum(fit.rho / (1 - fit.rho), 0.05), 2)
    top = np.tile(fit.loglik, 2) - t.constant

    def evaluate(
        at: Floats, todo: Ints, over_dispersion: OverDispersion = maximised_loglik
    ) -> tuple[Floats, Floats]:
        loglik, slope, g = over_dispersion(t.columns(todo), at, other[todo])
        other[todo] = np.maximum(g, 0.01)
        return loglik, slope

    def bound(_: Floats, step: Floats) -> Floats:
        return np.clip(step, -2, 2)

    centre = np.tile(np.log(fit.m) - np.log1p(-fit.m), 2)
    start = centre + side * z * np.tile(np.sqrt(fit.variance()), 2)
    at = likelihood_limits(evaluate, start, side, top, z, bound, centre)
    # a limit is one only if no other dispersion lifts the profile above it
    begin = np.where(np.isfinite(at), at, start)
    loglik, _ = evaluate(begin, np.arange(2 * b), best_over_dispersion)
    early = np.flatnonzero(np.isnan(at) | (2 * (top - loglik) < z * z - EARLY))
    if early.size:
        at[early] = likelihood_limits(
            lambda here, todo: evaluate(here, early[todo], best_over_dispersion),
            begin[early], side[early], top[early], z, bound, centre[early],
        )  # fmt: skip
    return at[:b], at[b:]


def best_over_dispersion(t: Tally, eta: Floats, near: Floats) -> tuple[Floats, Floats, Floats]:
    """`maximised_loglik`, the better of two starts: `near`, and the best of `LOOKS`.

    Away from the maximum no dispersion and a large one that reaches out to the mean can both be
    summits.
    """
    m = 1 / (1 + np.exp(-eta))
    heights = [_derivatives(t, m, np.full(m.shape, g))[0] for g in LOOKS]
    far = maximised_loglik(t, eta, np.array(LOOKS)[np.argmax(heights, axis=0)])
    close = maximised_loglik(t, eta, near)
    higher = far[0] > close[0]
    loglik, slope, g = (np.where(higher, f, c) for f, c in zip(far, close, strict=True))
    return loglik, slope, g


def maximised_over_mean(t: Tally, eta: Floats, g: Floats) -> tuple[Floats, Floats, Floats]:
    """Log-likelihood (no constant) maximised over the logit of m at fixed g; slope in g; logit."""
    eta = eta.copy()
    for _ in range(MAX_STEPS):
        m = 1 / (1 + np.exp(-eta))
        loglik, lm, lg, lmm, lmg, _ = _derivatives(t, m, g)
        slope, curve, _ = _on_logit(m, lm, lmm, lmg)
        step = np.clip(-slope / np.minimum(curve, -1e-8), -2, 2)
        if (np.abs(step) < 1e-9).all():
            break
        eta += step
    return loglik, lg, eta


def profile_rho(x: Floats, n: Floats, fit: BetaBinomialFit, z: float) -> tuple[Floats, Floats]:
    """Profile-likelihood limits of rho (B,), (B,); the lower one 0 where 0 is within the drop."""
    t, g = tally(x, n), fit.rho / (1 - fit.rho)
    top, eta = fit.loglik - t.constant, np.log(fit.m) - np.log1p(-fit.m)

    def limits(pick: Ints, start: Floats, side: float) -> Floats:
        part, other = t.columns(pick), eta[pick].copy()

        def evaluate(at: Floats, todo: Ints) -> tuple[Floats, Floats]:
            loglik, slope, other[todo] = maximised_over_mean(part.columns(todo), other[todo], at)
            return loglik, slope

        sides, bound = np.full(pick.size, side), growing_to(LARGEST_DISPERSION)
        return likelihood_limits(evaluate, start, sides, top[pick], z, bound, g[pick])

    low = np.zeros(g.shape)
    inside = np.flatnonzero(2 * (fit.loglik - fit.loglik_common) > z * z)
    if inside.size:
        low[inside] = limits(inside, 0.5 * g[inside], -1.0)
    high = limits(np.arange(g.size), np.where(g > 0, 1.5 * g, 0.05), 1.0)
    return low / (1 + low), high / (1 + high)


def logit_moments(m: Floats, rho: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of logit(theta), theta beta with mean m and intraclass correlation rho."""
    with np.errstate(divide="ignore"):
        size = (1 - rho) / rho
    flat = ~np.isfinite(size) | (size > 1e12)
    a, b = np.where(flat, 1.0, m * size), np.where(flat, 1.0, (1 - m) * size)
    centre = np.where(flat, np.log(m) - np.log1p(-m), psi(a) - psi(b))
    return centre, np.where(flat, 0.0, polygamma(1, a) + polygamma(1, b))

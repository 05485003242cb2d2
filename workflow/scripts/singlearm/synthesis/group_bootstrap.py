"""Test between groups of studies by a parametric bootstrap of the binomial-normal model.

The statistic is the likelihood ratio of "each group its own mean" against "one mean", one tau^2
for all. Its reference distribution is drawn from the fitted null (one mean, one tau^2) at each
study's own size, so that groups whose studies differ in size are compared fairly; a permutation
test takes the sizes for exchangeable, the chi-square for large numbers of studies. Noma and others
(2020, Biometrics 76:1232) bootstrap the same way for prediction.

The likelihood of a study depends on its count alone, so the log-likelihoods of all counts that
occur are tabulated once over a grid of (mu, tau); a dataset's maximum is then a matrix product and
a parabola.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from .arrays import ArrayLike, Floats, Ints
from .common_points import CommonPoints
from .glmm import fit_glmm
from .quadrature import at_zero, log_integral, start_centres

#: Offsets of the grid of mu from the null's, in logits.
OFFSETS = np.linspace(-7.0, 7.0, 57)
#: Values of tau on its grid, which ends at the larger of these: a number, a multiple of the null's.
TAUS, TAU_END, TAU_TIMES = 11, 1.0, 3.0
#: Nodes of the study integrals up to each tau.
NODES = ((0.8, 13), (2.0, 25), (np.inf, 49))
#: Datasets at once, so that the sums over studies stay in the processor's cache.
CHUNK = 128
#: Two statistics closer than this are equal.
TIE = 1e-6


def bootstrap_test(
    events: ArrayLike, total: ArrayLike, groups: ArrayLike, *, draws: int, seed: int
) -> tuple[float, float]:
    """Do the groups differ more than the studies within them?

    Parameters
    ----------
    events, total : array_like (k,)
        Counts of each study.
    groups : array_like (k,)
        Group of each study, whole numbers from 0.
    draws : int
        Datasets drawn under the null.
    seed : int
        Seed of the draws.

    Returns
    -------
    p_value, error : float
        The share of datasets under the null (and the data themselves) with a likelihood ratio at
        least as large, and its Monte Carlo standard error.

    Examples
    --------
    >>> p, _ = bootstrap_test([9, 8, 9, 2, 1, 2], [10] * 6, [0, 0, 0, 1, 1, 1], draws=200, seed=1)
    >>> p < 0.02
    True
    """
    x, n = np.asarray(events, int), np.asarray(total, int)
    index = np.asarray(groups, np.intp)
    fit = fit_glmm(x[:, None].astype(float), n[:, None].astype(float))
    mu, tau = float(fit.beta[0, 0]), float(fit.tau[0])
    random = np.random.default_rng(seed)
    logits = mu + tau * random.standard_normal((draws, len(x)))
    counts = np.vstack([x, random.binomial(n, expit(logits))])
    # a number for each study and count: numpy sorts pairs ten times as slowly
    width = int(n.max()) + 1
    numbers, place = np.unique(np.arange(len(x)) * width + counts, return_inverse=True)
    study, count = np.divmod(numbers, width)
    table = log_likelihoods(count, n[study], Grid.around(mu, tau))
    values = likelihood_ratios(table, place, index)
    hits = int((values >= values[0] - TIE * (1 + abs(values[0]))).sum())  # the data are among them
    p = hits / (draws + 1)
    return p, float(np.sqrt(p * (1 - p) / draws))


@dataclass(frozen=True, slots=True)
class Grid:
    """Values of mu (M,), evenly spaced, and of tau (T,), even in asinh, from 0 on."""

    mu: Floats
    tau: Floats

    @classmethod
    def around(cls, mu: float, tau: float) -> "Grid":
        """The grid for datasets drawn with these parameters."""
        end = max(TAU_END, TAU_TIMES * tau)
        scale = end / 8
        return cls(mu + OFFSETS, scale * np.sinh(np.linspace(0.0, np.arcsinh(8.0), TAUS)))


def log_likelihoods(x: Ints, n: Ints, grid: Grid) -> Floats:
    """Log-likelihood of each count without its constant, on the grid: (rows, T, M)."""
    counts, totals = np.asarray(x, float), np.asarray(n, float)
    out = np.empty((len(x), len(grid.tau), len(grid.mu)))
    out[:, 0] = at_zero(counts[:, None], totals[:, None], grid.mu)[0]
    tau, mu = (a.ravel() for a in np.meshgrid(grid.tau[1:], grid.mu, indexing="ij"))
    points = CommonPoints.of(counts, totals, mu, tau)
    if points is not None:
        out[:, 1:] = points.each(mu, tau).T.reshape(len(x), -1, len(grid.mu))
        return out
    below = 0.0
    for limit, nodes in NODES:
        at = np.flatnonzero((below < tau) & (tau <= limit))
        below = limit
        wide = (len(x), at.size)
        xs, ns = (np.broadcast_to(a[:, None], wide) for a in (counts, totals))
        centre, spread = start_centres(xs, ns, mu[at], tau[at])
        got = log_integral(xs, ns, mu[at], tau[at], centre, spread, nodes)
        out[:, 1:].reshape(len(x), -1)[:, at] = got
    return out


def likelihood_ratios(table: Floats, place: Ints, index: Ints) -> Floats:
    """Likelihood ratios (B,) of datasets whose studies have the rows `place` (B, k) of a table.

    A parabola between the grid's points makes the ratio good to about 0.1, which is all that a
    statistic needs that is compared with itself only.
    """
    levels = int(index.max()) + 1
    parts = []
    for first in range(0, len(place), CHUNK):
        some = place[first : first + CHUNK]
        sums = np.zeros((levels, len(some), *table.shape[1:]))
        for study, level in enumerate(index):
            sums[level] += table[some[:, study]]
        own = _peak(sums).sum(axis=0)
        one = _peak(sums.sum(axis=0))
        parts.append(2 * np.maximum(_peak(own) - _peak(one), 0.0))
    return np.concatenate(parts)


def _peak(values: Floats) -> Floats:
    """Maximum along the last axis of a smooth curve, by the parabola through its highest point and
    that point's neighbours; at an end the end itself."""
    i = np.argmax(values, axis=-1)
    inner = np.clip(i, 1, values.shape[-1] - 2)[..., None]
    low, mid, high = (np.take_along_axis(values, inner + d, -1)[..., 0] for d in (-1, 0, 1))
    bend = np.minimum(low - 2 * mid + high, -1e-12)
    top = mid - 0.125 * (low - high) ** 2 / bend
    first = np.take_along_axis(values, i[..., None], -1)[..., 0]
    return np.where(inner[..., 0] == i, top, first)

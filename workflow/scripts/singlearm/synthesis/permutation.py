"""Permutation tests: labels moved among studies, or signs of effects flipped.

Exact when all arrangements can be visited; otherwise Monte Carlo with a seed, and its error stated.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import factorial, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arguments import lists
from .arrays import ArrayLike, Columns, Floats, Ints
from .effects import effect_sizes
from .glmm import fit_glmm, newton
from .heterogeneity import estimate_tau2
from .levels import BetweenTest, Grouped, cell_means
from .linear import inverse_variance_fit
from .models import Model
from .notes import Note, Notes
from .permutation_reml import fit_level_means
from .quadrature import at_zero, binomial_constant
from .records import Number
from .stack import Stack, stack
from .subgroups_normal import q_between
from .twostep import small_sample
from .words import CI_METHODS, check_word

#: From arrangements (K, B) to the statistic of each test (B,).
Statistics = Callable[[NDArray[Any]], Columns]
#: Arrangements up to which a permutation test goes through all of them.
EXACT_UP_TO = 200_000
#: Random arrangements otherwise.
DRAWS = 10_000
SEED = 20210101
#: Two statistics closer than this, relative to 1 + their size, are equal.
TIE = 1e-6
#: Studies x arrangements handled at once.
CHUNK = 200_000
#: Nodes for the likelihood of an arrangement; all arrangements are compared on the same nodes.
NODES = 11


def arrangements(sizes: Sequence[int]) -> int:
    """How many distinct ways labels with these group sizes can be arranged over the studies."""
    return factorial(sum(sizes)) // prod(factorial(m) for m in sizes)


def all_arrangements(sizes: Sequence[int]) -> NDArray[np.int8]:
    """Every distinct arrangement, level indices (K, N)."""
    rows = np.zeros((0, 1), np.int8)
    left = np.array(sizes)[:, None]
    for _ in range(sum(sizes)):
        pieces, remaining = [], []
        for g in range(len(sizes)):
            able = left[g] > 0
            pieces.append(np.vstack([rows[:, able], np.full((1, able.sum()), g, np.int8)]))
            fewer = left[:, able].copy()
            fewer[g] -= 1
            remaining.append(fewer)
        rows, left = np.hstack(pieces), np.hstack(remaining)
    return rows


def random_arrangements(index: Ints, count: int, seed: int) -> NDArray[np.int8]:
    """`count` random orders of the level indices `index` (K,), as (K, count)."""
    keys = np.random.default_rng(seed).random((count, len(index)))
    return np.asarray(index, np.int8)[np.argsort(keys, axis=1)].T


def add_permutation_p(
    data: Grouped,
    model: Model,
    tau2_mode: str,
    tests: tuple[BetweenTest, ...],
    most: int,
    draws: int,
    seed: int,
) -> tuple[BetweenTest, ...]:
    """The tests with `p_permutation` filled in, and how it was found in their notes.

    For the binomial-normal model only under a common tau2: exchangeable labels mean that all levels
    share one distribution, hence one tau2.
    """
    if model.likelihood == "binomial_normal" and tau2_mode == "separate":
        elsewhere = (Note("permutation_under_common_tau2"),)
        return tuple(replace(test, notes=test.notes + elsewhere) for test in tests)
    used = data.with_data
    index = np.searchsorted(used, data.index)
    statistics = _statistics(data, model, tau2_mode, len(used))
    return with_permutation_p(tests, statistics, index, most, draws, seed)


def with_permutation_p(
    tests: tuple[BetweenTest, ...],
    statistics: Statistics,
    index: Ints,
    most: int,
    draws: int,
    seed: int,
) -> tuple[BetweenTest, ...]:
    """The tests with the p of their `statistics` among arrangements of the level indices (K,)."""
    sizes = np.bincount(index).tolist()
    exact = arrangements(sizes) <= most
    moved = all_arrangements(sizes) if exact else random_arrangements(index, draws, seed)
    observed = statistics(index[:, None])
    step = max(1, CHUNK // len(index))
    parts = [statistics(moved[:, i : i + step]) for i in range(0, moved.shape[1], step)]
    out = []
    for test in tests:
        if test.statistic is None or test.test not in observed:  # a bootstrap has a p of its own
            out.append(test)
            continue
        all_ = np.concatenate([p[test.test] for p in parts])
        p, error, notes = _p_value(observed[test.test][0], all_, exact)
        out.append(
            replace(
                test,
                p_permutation=p,
                permutations=all_.size,
                p_permutation_se=error,
                notes=test.notes + notes,
            )
        )
    return tuple(out)


def _p_value(observed: float, values: Floats, exact: bool) -> tuple[float, Number, Notes]:
    """Share of arrangements at least as extreme, its Monte Carlo error, and notes.

    An undefined statistic counts as extreme.
    """
    values = np.where(np.isnan(values), np.inf, values)
    least = observed - TIE * (1 + abs(observed)) if np.isfinite(observed) else np.inf
    hits = int((values >= least).sum())
    if exact:
        return hits / values.size, None, (Note("permutations_exact", count=values.size),)
    p = (hits + 1) / (values.size + 1)
    error = float(np.sqrt(p * (1 - p) / values.size))
    drawn = Note("permutations_random", count=values.size)
    return p, error, (drawn, Note("p_permutation_se", value=f"{error:.2g}"))


def _statistics(data: Grouped, model: Model, tau2_mode: str, levels: int) -> Statistics:
    """A function from arrangements (K, B) to the statistics of each test, (B,)."""
    if model.likelihood == "binomial_normal":
        return _likelihood_ratio(data, levels)
    e = effect_sizes(data.x, data.n, model.effect_measure)
    y, v = e.yi[:, None], e.vi[:, None]
    if tau2_mode == "separate":
        return lambda index: {"q_between": _separate(y, v, index, levels, model)}
    return lambda index: common_tau2_statistics(y, v, index, levels, str(model.tau2), str(model.ci))


def _separate(y: Floats, v: Floats, index: Ints, levels: int, model: Model) -> Floats:
    means, variances = [], []
    for g in range(levels):
        there = index == g
        s = Stack(
            np.where(there, y, 0.0), np.where(there, v, np.inf), there, there.sum(axis=0) * 1.0
        )
        f = inverse_variance_fit(s, estimate_tau2(s, str(model.tau2))[0])
        factor, _ = small_sample(s, f, str(model.ci))
        means.append(f.beta[0])
        variances.append(factor**2 * f.inverse[0, 0])
    return q_between(np.array(means), np.array(variances))


def common_tau2_statistics(
    y: Floats, v: Floats, index: Ints, levels: int, tau2: str, ci: str
) -> Columns:
    """Q between the levels and its F under one tau2, each (B,).

    `y` and `v` (K, 1) are effect sizes and variances, `index` (K, B) who belongs to which level.
    """
    shape = index.shape
    if tau2 in ("ML", "REML"):
        means, variances, q_error, _ = fit_level_means(y[:, 0], v[:, 0], index, levels, tau2)
        q, df = q_between(means, variances), shape[0] - levels
        factor2 = _factor2(q_error, df, ci)
        return {"q_between": q, "f": q / factor2 / max(levels - 1, 1)}
    y, v = np.broadcast_to(y, shape), np.broadcast_to(v, shape)
    s = Stack(y, v, np.ones(shape, bool), np.full(shape[1], float(shape[0])))
    s = replace(s, design=cell_means(index, np.arange(levels)))
    f = inverse_variance_fit(s, estimate_tau2(s, tau2)[0])
    q = q_between(f.beta, np.einsum("ppb->pb", f.inverse))
    factor, _ = small_sample(s, f, ci)
    return {"q_between": q, "f": q / factor**2 / max(levels - 1, 1)}


def _factor2(q_error: Floats, df: int, ci: str) -> Floats:
    """Squared factor of Hartung and Knapp on the standard errors (B,), 1 for other intervals."""
    if ci not in ("hk", "hk_adhoc") or df <= 0:
        return np.ones_like(q_error)
    return np.maximum(q_error / df, 1.0) if ci == "hk_adhoc" else q_error / df


def _likelihood_ratio(data: Grouped, levels: int) -> Statistics:
    """Twice the log-likelihood with a mean for each level; the null model is the same throughout.

    A level that an arrangement leaves without variation adds nothing at its best.
    """
    x, n = data.x[:, None], data.n[:, None]
    null = fit_glmm(x, n)
    tau = np.maximum(null.tau, 0.2)
    floor = float(null.loglik[0] - binomial_constant(x, n)[0])

    def statistics(index: Ints) -> Columns:
        inside = index[None] == np.arange(levels)[:, None, None]
        events, total = (inside * x).sum(axis=1), (inside * n).sum(axis=1)
        edge = (events == 0) | (events == total)
        kept = ~np.take_along_axis(edge, index.astype(int), axis=0)
        xs, ns = np.where(kept, x, 0.0), np.where(kept, n, 0.0)
        design = (inside & kept).astype(float)
        rate = np.log(np.where(edge, 1.0, events)) - np.log(np.where(edge, 1.0, total - events))
        p = np.where(edge, 0.5, events / total)
        inner = events * np.log(p) + (total - events) * np.log1p(-p)
        height = np.where(edge, 0.0, inner).sum(axis=0)
        # only where the likelihood rises from tau = 0 is there a better tau to look for
        *_, rise = at_zero(xs, ns, (design * rate[:, None]).sum(axis=0))
        open_ = np.flatnonzero(rise.sum(axis=0) > 0)
        if open_.size:
            best = newton(
                xs[:, open_], ns[:, open_], design[:, :, open_], rate[:, open_],
                np.full(open_.size, tau[0]), NODES, still=1e-4, steps=30,
            )  # fmt: skip
            height[open_] = np.fmax(best["loglik"], height[open_])
        return {"lrt": 2 * (height - floor)}

    return statistics


def sign_flip_test(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "wald",
    most: int = EXACT_UP_TO,
    draws: int = DRAWS,
    seed: int = SEED,
) -> tuple[float, Number, Notes]:
    """Permutation p of a pooled value against 0: the signs of the effects are flipped.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effect sizes and variances.
    tau2, ci
        As in `pool_effects`; they make the statistic.
    most, draws, seed : int
        All sign patterns are visited when there are at most `most`, otherwise `draws` are drawn.

    Returns
    -------
    p : float
        Share of the sign patterns that are at least as extreme.
    error : float or None
        Its Monte Carlo error; None when all were visited.
    notes : tuple of Note
        How many there were.

    Raises
    ------
    SynthesisError
        As `pool_effects`.

    References
    ----------
    Follmann and Proschan (1999), Biometrics 55:732.
    """
    check_word("ci", ci, CI_METHODS["normal"])
    y, v = lists(yi=yi, vi=vi)
    k = y.size
    exact = 2**k <= most
    if exact:
        signs = 1.0 - 2.0 * ((np.arange(2**k)[:, None] >> np.arange(k)) & 1)
    else:
        signs = np.random.default_rng(seed).choice([-1.0, 1.0], (draws, k))

    def statistic(values: Floats) -> Floats:
        s, _ = stack(values, np.broadcast_to(v, values.shape))
        f = inverse_variance_fit(s, estimate_tau2(s, tau2)[0])
        factor, _ = small_sample(s, f, ci)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.abs(f.beta[0]) / (factor * np.sqrt(f.inverse[0, 0]))

    return _p_value(statistic(y[None])[0], statistic(y * signs), exact)

"""The between-study variance tau2: its estimators, Q-profile and likelihood intervals.

Every function takes a `Stack` (K studies x B datasets, moderators included) and gives arrays (B,).
Sources: Veroniki et al. (2016), Res Synth Methods 7:55; Viechtbauer (2005), J Educ Behav Stat
30:261, (2007), Stat Med 26:37 and (2021), J Educ Behav Stat 46 (PMM); Sidik and Jonkman (2005).
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, gammaincinv, ndtri

from .arrays import ArrayLike, Bools, Floats, Ints
from .estimators import ESTIMATORS, TAU2_METHODS, crude_variance
from .linear import Fitted, gram, inverse_variance_fit, quadratic, trace, trace_square
from .roots import likelihood_limits
from .stack import Stack
from .words import check_word

MAX_STEPS = 200
#: Relative size of the last step of a linear iteration, and of a Newton step, which squares it.
ARRIVED = 1e-11
ARRIVED_NEWTON = 1e-6
#: Datasets that have arrived are set aside once they are this share of those still carried.
SET_ASIDE = 0.3


def estimate_tau2(s: Stack, method: str) -> tuple[Floats, Bools]:
    """tau2 (B,), never negative, and whether the estimator arrived (B,) for each dataset.

    `method` is a name of `estimators.ESTIMATORS`: a closed form is there, an iteration here.
    Without a residual degree of freedom tau2 = 0.
    """
    check_word("tau2", method, TAU2_METHODS)
    several = s.df > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        if method in ("ML", "REML"):
            tau2, arrived = likelihood_tau2(s, method)
        elif method in ("PM", "EB"):
            tau2, arrived = solve_generalised_q(s, s.df)
        elif method == "PMM":
            tau2, arrived = solve_generalised_q(s, 2 * gammaincinv(np.maximum(s.df, 1) / 2, 0.5))
        else:
            closed = ESTIMATORS[method].closed
            assert closed is not None, f"{method} has neither a form nor an iteration"
            tau2, arrived = closed(s), np.ones(s.k.shape, bool)
    return np.where(several, np.maximum(tau2, 0.0), 0.0), arrived | ~several


def solve_generalised_q(s: Stack, target: ArrayLike) -> tuple[Floats, Bools]:
    """The tau2 >= 0 with Q(tau2) = target, 0 where already Q(0) <= target; and whether it arrived.

    Newton steps on 1/Q, which is linear in tau2 for equal variances and concave otherwise: from
    the left they rise to the root without overshooting.
    """
    goal = np.broadcast_to(np.asarray(target, float), s.k.shape)
    tau2, arrived = np.zeros(s.k.shape), np.zeros(s.k.shape, bool)
    todo, part = np.arange(s.k.size), s
    for _ in range(MAX_STEPS):
        t = tau2[todo]
        f = inverse_variance_fit(part, t)
        wr = f.weights * f.residuals
        slope = np.einsum("kb,kb->b", wr, wr)
        q = np.einsum("kb,kb->b", wr, f.residuals)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = np.maximum(t + (q / goal - 1) * q / slope, 0.0)
        new = np.where((slope > 0) & (goal > 0), new, t)
        tau2[todo] = new
        done = np.abs(new - t) <= ARRIVED_NEWTON * new
        arrived[todo[done]] = True
        if done.all():
            break
        if done.mean() > SET_ASIDE:
            todo, part, goal = todo[~done], part.columns(~done), goal[~done]
    return tau2, arrived


def log_likelihood(
    s: Stack, tau2: Floats | float, method: str, fitted: Fitted | None = None
) -> Floats:
    """ML or REML log-likelihood (B,) at `tau2`, with all constants; `fitted` there saves the fit.

    REML carries log|X'X|/2 as metafor does, so that models with the same moderators compare.
    """
    f = inverse_variance_fit(s, tau2) if fitted is None else fitted
    ml = 0.5 * (_log_product(s, f.weights) - f.q - s.k * np.log(2 * np.pi))
    if method == "ML":
        return ml
    return ml + 0.5 * (s.coefficients * np.log(2 * np.pi) + _log_det(f.inverse) + _log_xx(s))


def _log_product(s: Stack, weights: Floats) -> Floats:
    """Sum of the logs of the weights over studies, axis -2: logs of products of a few."""
    if s.k.min(initial=np.inf) < weights.shape[-2]:
        weights = np.where(s.present, weights, 1.0)
    # a product of six stays within the range of double, but not of single precision
    for _ in range(2 if weights.dtype == float else 0):
        half, odd = divmod(weights.shape[-2], 2)
        if half:
            product = weights[..., :half, :] * weights[..., half : 2 * half, :]
            if odd:
                product[..., 0, :] *= weights[..., -1, :]
            weights = product
    return np.log(weights).sum(axis=-2)


def _log_det(matrices: Floats) -> Floats:
    if matrices.shape[0] == 1:
        return np.log(matrices[0, 0])
    with np.errstate(invalid="ignore"):  # a tau2 that is not known
        return np.linalg.slogdet(np.moveaxis(matrices, -1, 0))[1]


def _log_xx(s: Stack) -> Floats:
    if s.design is None:
        return np.log(s.k)
    return _log_det(gram(s.design, s.present.astype(float)))


def _score(
    s: Stack, tau2: Floats, reml: bool, work: Floats | None = None
) -> tuple[Floats, Floats, Floats]:
    """First derivative, observed and expected information of twice the log-likelihood in tau2.

    `work`: memory to compute in, see `_memory`; getting it anew each time costs more than the sums.
    """
    if s.design is None:
        return _plain_score(s, tau2, reml, _memory(s) if work is None else work)
    f = inverse_variance_fit(s, tau2)
    w = f.weights
    wr = w * f.residuals
    rr = np.einsum("kb,kb->b", wr, wr)
    rrr = quadratic(s, f, wr)
    if reml:
        first, second = trace(s, f), trace_square(s, f)
    else:
        first, second = w.sum(axis=0), np.einsum("kb,kb->b", w, w)
    return rr - first, 2 * rrr - second, second


def _memory(s: Stack) -> Floats:
    """Room for two arrays of the size of the data."""
    return np.empty((2, s.y.size))


def _plain_score(s: Stack, tau2: Floats, reml: bool, work: Floats) -> tuple[Floats, Floats, Floats]:
    """`_score` without moderators, in place and in as few passes as it takes."""
    w, r = (part[: s.y.size].reshape(s.y.shape) for part in work)
    np.reciprocal(np.add(s.v, tau2, out=w), out=w)
    with np.errstate(invalid="ignore", divide="ignore"):
        inverse = 1 / w.sum(axis=0)
        mean = np.einsum("kb,kb->b", w, s.y) * inverse
    np.subtract(s.y, mean, out=r)
    r *= w
    rr, wr = np.einsum("kb,kb->b", r, r), np.einsum("kb,kb->b", w, r)
    rrr = np.einsum("kb,kb,kb->b", w, r, r) - wr * wr * inverse
    np.multiply(w, w, out=r)
    w2 = r.sum(axis=0)
    if not reml:
        return rr - 1 / inverse, 2 * rrr - w2, w2
    w3, share = np.einsum("kb,kb->b", r, w), w2 * inverse
    second = w2 - 2 * w3 * inverse + share**2
    return rr - 1 / inverse + share, 2 * rrr - second, second


#: Grid points are evaluated together while they have at most this many cells.
GRID_CELLS = 10_000
#: Studies up to which their sums are good enough in single precision for a first look.
ROUGH_UP_TO = 200
#: Shares of the crude variance at which the likelihood is looked at before iterating.
START_SHARES = (0.012, 0.06, 0.2, 0.6, 1.5)


def likelihood_tau2(s: Stack, method: str) -> tuple[Floats, Bools]:
    """Maximum (restricted) likelihood tau2 (B,), and whether the iteration arrived.

    The likelihood can have several maxima: it is looked at on a grid from 0 to 1.5 times the
    crude variance, and climbed from the best point with Newton steps where it is concave, Fisher
    scoring elsewhere, a step changing tau2 by at most a factor of 5. The result is compared with
    tau2 = 0 at the end where it came far from its start.
    """
    crude, work = crude_variance(s), _memory(s)
    start = _best_start(s, crude, method)
    tau2, arrived = start.copy(), np.zeros(s.k.shape, bool)
    todo, part, small = np.arange(s.k.size), s, 1e-6 * crude
    for _ in range(MAX_STEPS):
        t = tau2[todo]
        slope, observed, expected = _score(part, t, method == "REML", work)
        concave = observed > 0.01 * expected
        information = np.where(concave, observed, expected)
        bounded = np.clip(t + slope / information, t / 5, 5 * t)
        new = np.where(t > small, bounded, np.maximum(t + slope / expected, 0.0))
        tau2[todo] = new
        done = np.abs(new - t) <= np.where(concave, ARRIVED_NEWTON, ARRIVED) * new
        arrived[todo[done]] = True
        if done.all():
            break
        if done.mean() > SET_ASIDE:
            todo, part, small = todo[~done], part.columns(~done), small[~done]
    # the start beat tau2 = 0; only what wandered far from it has to be compared again
    far = np.flatnonzero((tau2 > 5 * start) | (tau2 < start / 5))
    if far.size:
        pair = np.stack([np.zeros(far.size), tau2[far]])
        at_zero, at_end = _grid_heights(s.columns(far), pair, method)
        tau2[far] = np.where(at_end < at_zero, 0.0, tau2[far])
    return tau2, arrived


def _best_start(s: Stack, crude: Floats, method: str) -> Floats:
    """Where the likelihood is highest on the grid (B,), set right by its neighbours there."""
    shares = np.array((0.0, *START_SHARES))
    heights = _grid_heights(s, shares[:, None] * crude, method, rough=True)
    best, columns = heights.argmax(axis=0), np.arange(s.k.size)
    # the summit of the parabola in log tau2 through the best point and those beside it
    inner = np.clip(best, 2, len(shares) - 2)
    x0, x1, x2 = (np.log(shares[inner + i]) for i in (-1, 0, 1))
    h0, h1, h2 = (heights[inner + i, columns] for i in (-1, 0, 1))
    left, right = (h1 - h0) / (x1 - x0), (h2 - h1) / (x2 - x1)
    bend = left - right
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        summit = np.exp((x0 + x1) / 2 + left * (x2 - x0) / (2 * bend))
    peak = (best == inner) & (bend > 0)
    return np.where(peak, summit, shares[best]) * crude


def _grid_heights(s: Stack, grid: NDArray[Any], method: str, rough: bool = False) -> Floats:
    """Log-likelihoods (G, B) up to scale and constant, for values of tau2 (G, B).

    `rough`: a look to start from, in single precision where the data are many and the studies few.
    """
    if s.design is not None:
        return np.stack([log_likelihood(s, t, method) for t in grid])
    y: NDArray[Any] = s.y - s.y.sum(axis=0) / s.k
    y = y if s.k.min(initial=np.inf) == s.y.shape[0] else np.where(s.present, y, 0.0)
    if grid.shape[0] * s.y.size <= GRID_CELLS:
        return _heights(s, y, 1 / (s.v + grid[:, None]), method)
    v: NDArray[Any] = s.v
    if rough and len(v) <= ROUGH_UP_TO:
        y, v, grid = y.astype(np.float32), v.astype(np.float32), grid.astype(np.float32)
    w, heights = np.empty_like(v), np.empty(grid.shape)
    for height, tau2 in zip(heights, grid, strict=True):
        np.add(v, tau2, out=w)
        height[:] = _heights(s, y, np.reciprocal(w, out=w), method)
    return heights


def _heights(s: Stack, y: Floats, w: Floats, method: str) -> Floats:
    """Twice the log-likelihood without constants, (..., B) for weights w (..., K, B), which become
    w y; y centred."""
    total, logs = w.sum(axis=-2), _log_product(s, w)
    w *= y
    first, square = w.sum(axis=-2), np.einsum("...kb,kb->...b", w, y)
    heights = logs - square + first * first / total
    return heights - np.log(total) if method == "REML" else heights


def q_profile(s: Stack, level: float = 0.95) -> tuple[Floats, Floats]:
    """Q-profile interval of tau2 (B,), (B,): the values at which Q is a chi-square quantile.

    Viechtbauer (2007). Both limits are 0 when even Q(0) lies below the lower quantile. NaN without
    a residual degree of freedom.
    """
    tail = (1 - level) / 2
    df = np.maximum(s.df, 1)
    low, _ = solve_generalised_q(s, chdtri(df, tail))
    high, _ = solve_generalised_q(s, chdtri(df, 1 - tail))
    return np.where(s.df > 0, low, np.nan), np.where(s.df > 0, high, np.nan)


def likelihood_profile(s: Stack, method: str, level: float = 0.95) -> tuple[Floats, Floats]:
    """Profile-likelihood interval of tau2 (B,), (B,) under ML or REML.

    Hardy and Thompson (1996), Stat Med 15:619. The lower limit is 0 when tau2 = 0 lies within the
    drop; NaN without a residual degree of freedom.
    """
    check_word("method", method, ("ML", "REML"))
    z = ndtri(0.5 + level / 2)
    tau2, _ = estimate_tau2(s, method)
    # in a unit of the data's own: effects may be months as well as logits
    unit = np.where(s.df > 0, np.fmax(tau2, typical_variance(s)), 1.0)
    s, tau2 = replace(s, y=s.y / np.sqrt(unit), v=s.v / unit), tau2 / unit
    top = log_likelihood(s, tau2, method)

    def evaluate(at: Floats, todo: Ints) -> tuple[Floats, Floats]:
        part = s.columns(todo)
        return log_likelihood(part, at, method), _score(part, at, method == "REML")[0] / 2

    def bound(at: Floats, step: Floats) -> Floats:
        return np.clip(step, -0.6 * at, 4 * at)

    some = np.ones(s.k.shape)
    start = np.maximum(2 * tau2, q_profile(s, level)[1])
    start = np.where(start > 0, start, np.where(s.df > 0, typical_variance(s), np.nan))
    high = likelihood_limits(evaluate, start, some, top, z, bound, tau2)
    inside = 2 * (top - log_likelihood(s, 0.0, method)) > z * z
    start = np.where(inside, tau2 / 2, np.nan)
    low = np.where(inside, likelihood_limits(evaluate, start, -some, top, z, bound, tau2), 0.0)
    low, high = (np.where(s.df > 0, unit * end, np.nan) for end in (low, high))
    return low, high


def typical_variance(s: Stack) -> Floats:
    """The typical sampling variance of Higgins and Thompson (2002), (k - P) / tr P."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return s.df / trace(s, inverse_variance_fit(s, 0.0))

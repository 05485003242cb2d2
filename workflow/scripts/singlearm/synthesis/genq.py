"""Intervals of tau2 that belong to a moment estimator: the generalised Q statistic.

Q = sum of a_i (y_i - mean)^2, mean with the weights a: those of DerSimonian and Laird 1/v, of
Hedges 1, or any others. For a given tau2 it is distributed as a sum of chi-squares with the
eigenvalues of S^(1/2) (A - a a'/sum a) S^(1/2) as weights, S = diag(v + tau2). The limits are the
tau2 at which the observed Q is the upper or lower quantile of that distribution, so they go with
the estimator from the same weights (Jackson 2013, Res Synth Methods 4:220; Jackson, Turner, Rhodes
and Viechtbauer 2014, BMC Med Res Methodol 14:103).

The distribution function is the inverse Laplace transform of det(z)^(-1/2)/z, det(z) = product of
(1 + 2 z eigenvalue), whose singularities lie on the negative real axis: the trapezoid rule on a
parabola around it is exact to 13 digits with 20 nodes for few studies (Weideman and Trefethen 2007,
Math Comp 76:1341), and on a line through the saddle point for many. The determinant needs no
eigenvalues: with d_i = 1 + 2 z a_i (v_i + tau2) it is (product of d_i) (sum of a_i/d_i)/(sum of
a_i).
"""

import numpy as np
from scipy.special import ndtri

from .arrays import ArrayLike, Bools, Columns, Complexes, Floats
from .heterogeneity import likelihood_profile, q_profile
from .stack import Stack, stack
from .twostep import heterogeneity_limits
from .words import SynthesisError

#: Nodes on one half of the parabola; the error is about e^(-2 pi N / 3).
NODES = 20
#: From these degrees of freedom on the parabola loses digits to the integrand's growth beside it.
MANY = 25
#: Points on a line at most.
MOST_POINTS = 2_000
#: Datasets at a time, few enough for the processor's cache.
BLOCK = 256
#: Studies whose factors are multiplied before a logarithm is taken: few enough not to overflow.
TOGETHER = 8
#: A Q of this share of what is expected at tau2 = 0, or less, is improbable at any tau2.
NOTHING = 1e-30
ROUNDS = 200
ROUNDING = 1e-14
#: A step of this share is the last one: Newton's method has twice the digits after it.
CLOSE = 1e-7

WEIGHTS = ("DL", "HE")


def generalised_q_interval(
    yi: ArrayLike,
    vi: ArrayLike,
    weights: str | ArrayLike = "DL",
    *,
    level: float = 0.95,
    present: ArrayLike | None = None,
) -> Columns:
    """Moment estimate of tau2 with its exact interval, for datasets on the leading axes.

    Parameters
    ----------
    yi, vi : array_like, shape (..., k)
        Effect sizes and sampling variances.
    weights : {"DL", "HE"} or array_like, shape (..., k)
        1/vi, 1, or positive weights that do not depend on yi; 1/sqrt(vi) is a compromise that
        Jackson (2013) recommends.
    level : float
        Confidence level.
    present : array_like of bool, shape (..., k), optional
        The studies that belong to each dataset.

    Returns
    -------
    dict of ndarray, shape (...)
        `tau2` (moment estimate, not below 0) and, with `_low` and `_high`, `tau2`, `tau`, `i2`
        (fraction), `h2`. Both limits are 0 where even tau2 = 0 makes so small a Q improbable; NaN
        for one study.

    Raises
    ------
    SynthesisError
        For weights that are not positive or an unknown word.

    Examples
    --------
    >>> r = generalised_q_interval([0.1, 0.3, 0.9], [0.02, 0.03, 0.05])
    >>> [round(float(r[name]), 4) for name in ("tau2", "tau2_low", "tau2_high")]
    [0.111, 0.0075, 5.7799]
    """
    s, lead = stack(yi, vi, present)
    a = _weights(s, weights)
    low, high = _limits(s, a, level)
    tau2 = np.where(s.k > 1, _moment(s, a, _statistic(s, a)), 0.0)
    out = {"tau2": tau2} | heterogeneity_limits(s, low, high)
    return {name: np.reshape(values, lead) for name, values in out.items()}


def estimator_interval(
    yi: ArrayLike,
    vi: ArrayLike,
    tau2: ArrayLike,
    method: str,
    *,
    level: float = 0.95,
    present: ArrayLike | None = None,
) -> tuple[Columns, Columns]:
    """Limits that belong to an estimate of tau2 and hold it, for datasets on the leading axes.

    Parameters
    ----------
    yi, vi : array_like, shape (..., k)
        Effect sizes and sampling variances.
    tau2 : array_like, shape (...)
        The estimate.
    method : str
        Its estimator; see `estimate_tau2`.
    level : float
        Confidence level.
    present : array_like of bool, shape (..., k), optional
        The studies that belong to each dataset.

    Returns
    -------
    limits : dict of ndarray, shape (...)
        `tau2`, `tau`, `i2` and `h2`, each with `_low` and `_high`.
    notes : dict of ndarray of bool, shape (...)
        Where the code of a note applies: `tau2_interval_by_likelihood`, `tau2_limit_moved`.

    References
    ----------
    Viechtbauer (2007), Stat Med 26:37; Hardy and Thompson (1996), Stat Med 15:619; Jackson (2013),
    Res Synth Methods 4:220.
    """
    s, lead = stack(yi, vi, present)
    low, high, profiled, moved = limits_of_estimator(s, np.ravel(tau2), method, level)
    limits = heterogeneity_limits(s, low, high)
    notes = {"tau2_interval_by_likelihood": profiled, "tau2_limit_moved": moved}
    return (
        {name: a.reshape(lead) for name, a in limits.items()},
        {code: a.reshape(lead) for code, a in notes.items()},
    )


def limits_of_estimator(
    s: Stack, tau2: Floats, method: str, level: float
) -> tuple[Floats, Floats, Bools, Bools]:
    """Limits of tau2 (B,) that hold the estimate `tau2` (B,) by `method`, NaN for one study.

    Generalised Q for DL and HE without moderators; Q-profile for the others. Where that leaves the
    estimate out, the profile of the likelihood for ML and REML (third array), and the estimate
    itself as the nearer limit for the rest (fourth), whose estimators are known to be biased.
    """
    if method in WEIGHTS and s.design is None:
        low, high = _limits(s, _weights(s, method), level)
    else:
        low, high = q_profile(s, level)
    outside = (s.df > 0) & ((tau2 < low) | (tau2 > high))
    profiled = np.zeros(outside.shape, bool)
    if method in ("ML", "REML") and outside.any():
        at = np.flatnonzero(outside)
        low[at], high[at] = likelihood_profile(s.columns(at), method, level)
        profiled[at] = True
    # the rest of a hair is rounding
    moved = outside & ~profiled & (np.fmax(low - tau2, tau2 - high) > 1e-9 * (1 + tau2))
    return np.minimum(low, tau2), np.maximum(high, tau2), profiled, moved


def _limits(s: Stack, a: Floats, level: float) -> tuple[Floats, Floats]:
    """Limits of tau2 (B,) for weights a (K, B)."""
    q, tail = _statistic(s, a), (1 - level) / 2
    low, high = _solve(s, a, q, 1 - tail), _solve(s, a, q, tail)
    return np.where(s.k > 1, low, np.nan), np.where(s.k > 1, high, np.nan)


def _weights(s: Stack, weights: str | ArrayLike) -> Floats:
    """The weights (K, B), 0 for absent studies."""
    if isinstance(weights, str):
        if weights not in WEIGHTS:
            raise SynthesisError(f"weights: {weights!r} is not known; allowed: DL, HE, numbers")
        return np.asarray(1 / s.v if weights == "DL" else s.present.astype(float))
    given = np.asarray(weights, float)
    rows = np.broadcast_to(given, (*given.shape[:-1], s.y.shape[0])).reshape(-1, s.y.shape[0]).T
    a = np.where(s.present, rows, 0.0)
    if not (np.isfinite(a).all() and (a[s.present] > 0).all()):
        raise SynthesisError("weights must be positive numbers")
    return np.asarray(a)


def _statistic(s: Stack, a: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (a * s.y).sum(axis=0) / a.sum(axis=0)
    return np.asarray((a * (s.y - mean) ** 2).sum(axis=0))


def _moment(s: Stack, a: Floats, q: Floats) -> Floats:
    """The tau2 at which Q has the value expected, not below 0."""
    at_zero, rise = _expected(s, a)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.maximum(np.nan_to_num((q - at_zero) / rise), 0.0))


def _expected(s: Stack, a: Floats) -> tuple[Floats, Floats]:
    """The expected Q (B,) at tau2 = 0, and what it rises by with each unit of tau2."""
    v, total = np.where(s.present, s.v, 0.0), a.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        at_zero = (a * v).sum(axis=0) - (a * a * v).sum(axis=0) / total
        return at_zero, total - (a * a).sum(axis=0) / total


def q_distribution(s: Stack, a: Floats, q: Floats, tau2: Floats) -> tuple[Floats, Floats]:
    """P(Q <= q) (B,), and its slope in tau2, for weights a (K, B), q > 0 (B,) and tau2 (B,)."""
    spread = np.where(s.present, s.v + tau2, 0.0) * a
    out = np.empty((2, q.size))
    for i in range(0, q.size, BLOCK):
        part = slice(i, i + BLOCK)
        out[:, part] = _probability(a[:, part], spread[:, part], q[part])
    return np.clip(out[0], 0.0, 1.0), out[1]


def _probability(a: Floats, spread: Floats, q: Floats) -> Floats:
    """The same (2, B): on the parabola, and on a line where the studies count for many."""
    total = a.sum(axis=0)
    expected = spread.sum(axis=0) - (a * spread).sum(axis=0) / total
    squares = (spread**2).sum(axis=0) - 2 * (a * spread**2).sum(axis=0) / total
    squares += ((a * spread).sum(axis=0) / total) ** 2
    # the degrees of freedom of the chi-square with this expectation and variance
    many = expected**2 > MANY * squares
    out = np.empty((2, q.size))
    if not many.all():
        out[:, ~many] = _on_parabola(a[:, ~many], spread[:, ~many], q[~many])
    if many.any():
        width = 1 / np.sqrt(2 * squares[many])
        saddle = (expected - q)[many] * width**2
        out[:, many] = _on_line(a[:, many], spread[:, many], q[many], saddle, width)
    return out


def _on_parabola(a: Floats, spread: Floats, q: Floats) -> Floats:
    root = 1j * (np.arange(NODES) + 0.5) * (3 / NODES) + 1
    scale = np.pi * NODES / (12 * q)
    weight = 2j * root[:, None] * scale * 3 / (NODES * np.pi)
    parts = _integrand(a, spread, q, (root**2)[:, None] * scale)
    return np.array([(part * weight).imag.sum(axis=0) for part in parts])


def _on_line(a: Floats, spread: Floats, q: Floats, at: Floats, width: Floats) -> Floats:
    """The trapezoid rule on a vertical line through the saddle point `at`, where many studies make
    the integrand nearly a normal density of standard deviation `width`.

    The line keeps to the right of the singularities but the pole at 0; how near they are sets the
    step.
    """
    at = np.where(at < 0, np.minimum(at, -width), np.maximum(at, width))
    nearest = 0.5 / spread.max(axis=0)
    at = np.maximum(at, -0.5 * nearest)
    step = np.minimum(0.25 * width, 0.17 * np.minimum(np.abs(at), at + nearest))
    out = np.zeros((2, q.size))
    for first in range(0, MOST_POINTS, NODES):
        y = (np.arange(first, first + NODES) + 0.5)[:, None] * step
        parts = _integrand(a, spread, q, at + 1j * y)
        out += [part.real.sum(axis=0) * step / np.pi for part in parts]
        if (np.abs(parts[0][-1]) * step < 1e-17).all():
            break
    # to the left of the pole the integral is that of P - 1
    return np.array([out[0] + (at < 0), out[1]])


def _integrand(a: Floats, spread: Floats, q: Floats, z: Complexes) -> tuple[Complexes, Complexes]:
    """exp(z q) det(z)^(-1/2) / z, and its derivative in tau2, at z (N, B)."""
    logs, product = np.zeros(z.shape, complex), np.ones(z.shape, complex)
    turns = np.zeros(z.shape)
    ratio, square = np.zeros(z.shape, complex), np.zeros(z.shape, complex)
    for i, (weight, variance) in enumerate(zip(a, spread, strict=True)):
        d = 1 + (2 * variance) * z
        # a logarithm for every study would take most of the time. Each factor turns by less than
        # half a circle, so a product that leaves the upper half plane has passed the cut
        upper = product.imag >= 0
        product *= d
        turns += upper & (product.imag < 0)
        if i % TOGETHER == TOGETHER - 1:
            logs += np.log(product)
            product[...] = 1
        share = weight / d
        ratio += share
        square += share * share
    logs += np.log(product) + 2j * np.pi * turns + np.log(ratio / a.sum(axis=0))
    with np.errstate(over="ignore", invalid="ignore"):
        terms = np.exp(z * q - 0.5 * logs) / z
        # the determinant's logarithm rises with tau2 by 2 z (sum of w - sum of w^2 / sum of w),
        # w = a/d
        return terms, -terms * z * (ratio - square / ratio)


def _solve(s: Stack, a: Floats, q: Floats, probability: float) -> Floats:
    """The tau2 >= 0 (B,) with P(Q <= q) = probability; 0 where it is lower already at 0.

    Newton's method where the curve is nearly straight: Q over its expectation, to the power of 1/3,
    is nearly normal (Wilson and Hilferty 1931, PNAS 17:684), so the normal quantile of P is nearly
    linear in the expectation to the power of -1/3. Each step stays between what lies on both sides.
    """
    out, low, high = np.zeros((3, *q.shape))
    high[...] = np.inf
    at_zero, rise = _expected(s, a)
    # variances so far apart that a study counts for nothing leave no spread to be seen
    out[(s.k > 1) & ~(rise > 0)] = np.nan
    todo = np.flatnonzero((s.k > 1) & (rise > 0) & (q > NOTHING * at_zero))
    for _ in range(ROUNDS):
        at, rate = out[todo], rise[todo]
        p, slope = q_distribution(s.columns(todo), a[:, todo], q[todo], at)
        low[todo] = bottom = np.where(p > probability, at, low[todo])
        high[todo] = top = np.where(p > probability, high[todo], at)
        mean = at_zero[todo] + rate * at
        x, quantile = mean ** (-1 / 3), ndtri(p)
        with np.errstate(all="ignore"):
            # d quantile / dx, by way of P and tau2
            density = np.exp(-0.5 * quantile**2) / np.sqrt(2 * np.pi)
            bend = slope * -3 * mean / (x * rate) / density
            step = (ndtri(probability) - quantile) / bend
            new = ((x + step) ** -3.0 - at_zero[todo]) / rate
        # a bracket that has closed holds what can be known
        done = (np.abs(step) < CLOSE * x) | (top - bottom <= ROUNDING * mean / rate)
        between = np.where(np.isinf(top), 2 * at + mean / rate, 0.5 * (bottom + top))
        inside = (bottom <= new) & (new <= top)
        out[todo] = np.where(inside, new, np.where(done, at, between))
        todo = todo[~done]
        if not todo.size:
            break
    return out

"""Survival at a fixed time in single studies: effect sizes, where their errors come from, checks.

Values are probabilities; every function is element-wise over studies, shape (..., k), NaN for what
was not printed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from .arguments import check_positive, check_share, together
from .arrays import ArrayLike, Bools, Floats
from .words import SynthesisError, check_word

LANDMARK_SCALES = ("cloglog", "logit")
#: Where a standard error comes from; "" where there is none.
SOURCES = ("interval", "one_limit", "at_risk", "n")
#: Scales that programs compute intervals of a survival probability on.
PRINTED_SCALES = ("cloglog", "log", "plain", "logit", "arcsine")
#: Half a unit of a percentage printed with one decimal.
ROUNDING = 0.0005
#: One half of an interval may be this much longer than the other on the best-fitting scale.
LOPSIDED = 1.25


@dataclass(frozen=True, slots=True)
class LandmarkEffects:
    """Effect sizes of survival probabilities, all (..., k) but `n_ratio` (...).

    `yi` and `sei` are on the scale asked for, `source` says where each error comes from;
    `effective` is the number of patients that would give it without censoring, `n_ratio` the ratio
    of effective to printed number that was put in where no interval is printed.
    """

    yi: Floats
    sei: Floats
    source: NDArray[np.str_]
    effective: Floats
    n_ratio: Floats


def landmark_scale(survival: ArrayLike, scale: str = "cloglog") -> Floats:
    """log(-log S), which falls with S, or the logit; infinite at 0 and 1."""
    check_word("scale", scale, LANDMARK_SCALES)
    s = np.asarray(survival, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(-np.log(s)) if scale == "cloglog" else np.log(s) - np.log1p(-s))


def landmark_back(values: ArrayLike, scale: str = "cloglog") -> Floats:
    """The survival probability of values on the scale."""
    check_word("scale", scale, LANDMARK_SCALES)
    y = np.asarray(values, float)
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(-np.exp(y)) if scale == "cloglog" else 1 / (1 + np.exp(-y)))


def landmark_slope(survival: Floats, scale: str) -> Floats:
    """How steep the scale is there: the absolute slope by survival."""
    if scale == "cloglog":
        return np.asarray(1 / np.abs(survival * np.log(survival)))
    return np.asarray(1 / (survival * (1 - survival)))


def landmark_effects(
    survival: ArrayLike,
    ci_low: ArrayLike = np.nan,
    ci_high: ArrayLike = np.nan,
    n: ArrayLike = np.nan,
    at_risk: ArrayLike = np.nan,
    *,
    scale: str = "cloglog",
    n_ratio: float | None = None,
    level: float = 0.95,
) -> LandmarkEffects:
    """Effect sizes of survival probabilities at one time, and their standard errors.

    In this order the error comes from: both limits of the printed interval; one limit; the number
    at risk at the time (variance S^2 (1-S)/at_risk, Peto et al. 1977); the number of patients n
    (variance S (1-S)/(n_ratio n)).

    Parameters
    ----------
    survival : array_like, shape (..., k)
        Printed probabilities. 0 and 1 become (S n + 1/2)/(n + 1), with the error from n.
    ci_low, ci_high : array_like
        Printed limits of level `level`, NaN where none is printed.
    n, at_risk : array_like
        Patients, and patients at risk at that time.
    scale : {"cloglog", "logit"}
        cloglog keeps proportional hazards linear; logit is a sensitivity analysis.
    n_ratio : float, optional
        Effective per printed number of patients where only n is known. None: the median ratio over
        the studies with both limits and n of the same dataset, at most 1; 1 where there is none.
    level : float
        Level of the printed intervals.

    Returns
    -------
    LandmarkEffects

    Raises
    ------
    SynthesisError
        For values outside 0 to 1, limits that do not hold their value, numbers that are not
        positive.

    References
    ----------
    Peto et al. (1977), Br J Cancer 35:1; Kalbfleisch and Prentice (1980) for the log-log scale.

    Examples
    --------
    >>> e = landmark_effects([0.788, 0.583], [0.686, np.nan], [0.86, np.nan], [103, 18])
    >>> [round(float(v), 4) for v in e.sei], e.source.tolist(), round(float(e.n_ratio), 3)
    ([0.2336, 0.4024], ['interval', 'n'], 0.843)
    """
    check_word("scale", scale, LANDMARK_SCALES)
    level = check_share("level", level)
    given = together(survival=survival, ci_low=ci_low, ci_high=ci_high, n=n, at_risk=at_risk)
    s, low, high, size, risk = (np.array(a) for a in given)
    _check(s, low, high, size, risk)
    certain = (s == 0) | (s == 1)
    s = np.where(certain, (s * size + 0.5) / (size + 1), s)
    low, high = np.where(certain, np.nan, low), np.where(certain, np.nan, high)
    y, z = landmark_scale(s, scale), float(ndtri(0.5 + level / 2))
    # a printed limit of exactly 0 or 100% has no place on the scale: the other one is used
    g_low, g_high = (
        np.where(np.isfinite(at), at, np.nan)
        for at in (landmark_scale(low, scale), landmark_scale(high, scale))
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = landmark_slope(s, scale)
        both, one = (
            np.abs(g_high - g_low) / (2 * z),
            np.fmax(np.abs(y - g_low), np.abs(y - g_high)) / z,
        )
        ratio = _ratio(s, both, size, slope, n_ratio)
        from_risk = slope * np.sqrt(s * s * (1 - s) / risk)
        from_n = slope * np.sqrt(s * (1 - s) / (size * ratio[..., None]))
    sei, source = np.full(s.shape, np.nan), np.full(s.shape, "", dtype="<U9")
    for name, values in zip(reversed(SOURCES), (from_n, from_risk, one, both), strict=True):
        usable = np.isfinite(values) & (values > 0) & np.isfinite(y)
        sei, source = np.where(usable, values, sei), np.where(usable, name, source)
    with np.errstate(invalid="ignore"):
        effective = s * (1 - s) * (slope / sei) ** 2
    return LandmarkEffects(y, sei, source, effective, ratio)


def _check(s: Floats, low: Floats, high: Floats, n: Floats, risk: Floats) -> None:
    with np.errstate(invalid="ignore"):
        faults = {
            "values outside 0 to 1": ~np.isnan(s) & ~((s >= 0) & (s <= 1)),
            "limits outside 0 to 1": (low < 0) | (low > 1) | (high < 0) | (high > 1),
            "limits that do not hold their value": (low > s) | (high < s),
            "numbers of patients that are not positive": (n <= 0) | (risk < 0) | np.isinf(n),
            "more patients at risk than patients": risk > n,
        }
    found = [f"{int(where.sum())} {what}" for what, where in faults.items() if where.any()]
    if found:
        raise SynthesisError(f"survival at a fixed time: {'; '.join(found)}")


def _ratio(s: Floats, both: Floats, n: Floats, slope: Floats, given: float | None) -> Floats:
    """Effective per printed number of patients, one value for each dataset."""
    if given is not None:
        if check_positive("n_ratio", given) > 1:
            raise SynthesisError(f"n_ratio: {given!r} is not in (0, 1]")
        return np.full(s.shape[:-1], given)
    if not s.size:
        return np.ones(s.shape[:-1])
    each = s * (1 - s) * (slope / both) ** 2 / n
    each = np.where(np.isfinite(each), each, np.nan)
    none = np.isnan(each).all(axis=-1, keepdims=True)
    median = np.nanmedian(np.where(none, 1.0, each), axis=-1)
    return np.asarray(np.minimum(median, 1.0))


def check_interval(
    survival: ArrayLike, ci_low: ArrayLike, ci_high: ArrayLike, *, rounding: float = ROUNDING
) -> Bools:
    """Whether the printed limits sit about the value as on some scale; if not, one is misprinted.

    On the scale on which the two halves are most alike, the longer one divided by the shorter is
    at most LOPSIDED, rounding allowed for; true where there is nothing to check. `rounding` is half
    a unit of the last printed digit, as a probability.

    Examples
    --------
    >>> check_interval([0.788, 0.788], [0.686, 0.786], [0.86, 0.86]).tolist()
    [True, False]
    """
    s, low, high = np.broadcast_arrays(*(np.asarray(a, float) for a in (survival, ci_low, ci_high)))
    # a half may be longer or shorter by the rounding of the value and of the limit
    slack = 2 * rounding
    found = []
    for scale in PRINTED_SCALES:
        below = [np.abs(_on(s, scale) - _on(low + d, scale)) for d in (-slack, 0.0, slack)]
        above = [np.abs(_on(high + d, scale) - _on(s, scale)) for d in (-slack, 0.0, slack)]
        least = np.maximum(np.fmin.reduce(below) / np.fmax.reduce(above), 1.0)
        other = np.maximum(np.fmin.reduce(above) / np.fmax.reduce(below), 1.0)
        # without rounding, to tell scales apart where all fit
        plain = np.abs(np.log(below[1] / above[1]))
        found.append((np.maximum(least, other), plain))
    asymmetry = np.array([f[0] for f in found])
    exact = np.array([np.where(np.isfinite(f[1]), f[1], np.inf) for f in found])
    best = np.expand_dims(exact.argmin(axis=0), 0)
    there = np.isfinite(exact).any(axis=0)
    worst = np.where(there, np.take_along_axis(asymmetry, best, 0)[0], np.nan)
    return np.asarray(~(worst > LOPSIDED))


def _on(s: Floats, scale: str) -> Floats:
    inside = np.clip(s, 0.0, 1.0)
    if scale in LANDMARK_SCALES:
        return landmark_scale(inside, scale)
    with np.errstate(divide="ignore"):
        return np.asarray(
            {"log": np.log(inside), "plain": inside, "arcsine": np.arcsin(np.sqrt(inside))}[scale]
        )


def equals_crude_count(survival: ArrayLike, n: ArrayLike, *, rounding: float = ROUNDING) -> Bools:
    """Whether a printed probability is a whole number of the n patients, within its rounding.

    A Kaplan-Meier estimate after censoring seldom is, so with n below some 50 it is worth asking
    whether a crude rate was printed (68.8% is 11 of 16).

    Examples
    --------
    >>> [bool(v) for v in equals_crude_count([0.688, 0.679], 16)]
    [True, False]
    """
    s, size = np.asarray(survival, float), np.asarray(n, float)
    return np.asarray(np.abs(np.round(s * size) / size - s) <= rounding * (1 + 1e-9))

"""Events per person-time of single studies: effect sizes, back-transforms, exact intervals."""

from typing import Any

import numpy as np
from scipy.special import gammaincinv

from .arguments import together
from .arrays import ArrayLike, Floats
from .words import SynthesisError, check_word

RATE_MEASURES = ("IRLN", "IR", "IRS", "IRFT")


def check_rates(events: ArrayLike, person_time: ArrayLike) -> tuple[Floats, Floats]:
    """Both as float arrays of one shape.

    Raises
    ------
    SynthesisError
        For events that are not whole numbers of 0 or more, or person-time that is not positive;
        up to five studies are named.
    """
    x, t = together(events=events, person_time=person_time)
    with np.errstate(invalid="ignore"):
        good = (x >= 0) & (x == np.floor(x)) & np.isfinite(x) & (t > 0) & np.isfinite(t)
    if not good.all():
        bad = [tuple(int(j) for j in i) for i in np.argwhere(~good)[:5]]
        first = "; ".join(f"{x[i]:g} in {t[i]:g} at {i}" for i in bad)
        raise SynthesisError(
            "events must be whole numbers, 0 or more, and person-time positive; "
            f"{int((~good).sum())} are not: {first}"
        )
    return x, t


def rate_effects(
    events: ArrayLike, person_time: ArrayLike, measure: str = "IRLN"
) -> tuple[Floats, Floats]:
    """Effect sizes and sampling variances of rates, shape (..., k).

    Parameters
    ----------
    events, person_time : array_like
        Events and the person-time at risk in which they occurred.
    measure : {"IRLN", "IR", "IRS", "IRFT"}
        Log rate; raw rate; square root; Freeman-Tukey (half the sum of two roots). The first two
        add 1/2 to the events of studies without events, and only to those.

    Returns
    -------
    yi, vi : ndarray
        On the scale of the measure.

    References
    ----------
    Viechtbauer (2010), J Stat Softw 36(3), metafor's `escalc`; Freeman and Tukey (1950), Ann Math
    Stat 21:607.

    Examples
    --------
    >>> yi, vi = rate_effects([7, 0], [1344, 100])
    >>> [round(float(v), 4) for v in yi], [round(float(v), 4) for v in vi]
    ([-5.2575, -5.2983], [0.1429, 2.0])
    """
    check_word("measure", measure, RATE_MEASURES)
    x, t = check_rates(events, person_time)
    if measure == "IRS":
        return np.sqrt(x / t), 1 / (4 * t)
    if measure == "IRFT":
        return 0.5 * (np.sqrt(x / t) + np.sqrt((x + 1) / t)), 1 / (4 * t)
    x = np.where(x == 0, 0.5, x)
    return (np.log(x / t), 1 / x) if measure == "IRLN" else (x / t, x / (t * t))


def rate_back_transform(values: ArrayLike, measure: str, time: Any = None) -> Floats:
    """Rates, 0 or more, for `values` on the scale of `measure`, any shape.

    IRFT needs `time`, the person-time put into its inverse: for a pooled value the harmonic mean of
    the studies' times, as metafor. Values below that of no events become 0.

    Raises
    ------
    SynthesisError
        For IRFT without `time`.
    """
    check_word("measure", measure, RATE_MEASURES)
    y = np.asarray(values, float)
    if measure == "IRLN":
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(y))
    if measure == "IR":
        return np.asarray(np.maximum(y, 0.0))
    if measure == "IRS":
        return np.asarray(np.maximum(y, 0.0) ** 2)
    if time is None:
        raise SynthesisError("rate_back_transform: IRFT needs `time`, the person-time to invert at")
    t = np.asarray(time, float)
    y = np.maximum(y, 0.5 / np.sqrt(t))
    return np.asarray((y - 1 / (4 * t * y)) ** 2)


def rate_intervals(
    events: ArrayLike, person_time: ArrayLike, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Exact limits of each rate, any shape, from the gamma (chi-square) quantiles.

    References
    ----------
    Garwood (1936), Biometrika 28:437.

    Examples
    --------
    >>> low, high = rate_intervals(0, 120.0)
    >>> float(low), round(float(high), 5)
    (0.0, 0.03074)
    """
    x, t = check_rates(events, person_time)
    tail = (1 - level) / 2
    low = np.where(x > 0, gammaincinv(np.maximum(x, 1), tail), 0.0) / t
    return low, gammaincinv(x + 1, 1 - tail) / t

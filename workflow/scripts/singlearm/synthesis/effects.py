"""Effect sizes of single proportions, their sampling variances and back-transformations.

All functions are element-wise over arrays of any shape; the last axis holds the studies.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .arguments import together
from .arrays import ArrayLike, Columns, Floats
from .words import MEASURES, SynthesisError, check_word

ZERO_RULES = ("only0", "if0all", "all", "none")
VARIANCES = ("study", "pooled")


@dataclass(frozen=True, slots=True)
class EffectSizes:
    """Effect sizes and their sampling variances.

    Parameters
    ----------
    measure : str
        What they are, as in `effect_sizes`.
    yi, vi : array
        Effect sizes on the measure's scale, and their variances (same shape).
    """

    measure: str
    yi: Floats
    vi: Floats


def check_counts(events: ArrayLike, total: ArrayLike) -> tuple[Floats, Floats]:
    """Return both as float arrays of one shape; raise SynthesisError naming every bad study."""
    x, n = together(events=events, total=total)
    with np.errstate(invalid="ignore"):
        bad = ~((x >= 0) & (n > 0) & (x <= n) & (x == np.floor(x)) & (n == np.floor(n)))
    bad |= ~np.isfinite(n)
    if bad.any():
        first = [
            f"{x[tuple(i)]:g}/{n[tuple(i)]:g} at {tuple(map(int, i))}" for i in np.argwhere(bad)[:5]
        ]
        raise SynthesisError(
            f"counts must be whole numbers with 0 <= events <= total and total >= 1; "
            f"{int(bad.sum())} are not: {'; '.join(first)}"
        )
    return x, n


def effect_sizes(
    events: ArrayLike,
    total: ArrayLike,
    measure: str,
    *,
    add: float | None = None,
    zeros: str = "only0",
    variance: str = "study",
) -> EffectSizes:
    """Effect sizes of proportions and their sampling variances.

    Parameters
    ----------
    events, total : array_like of int, shape (..., k)
        Counts; the last axis holds the studies of one dataset.
    measure : {"PLO", "PLN", "PAS", "PFT", "PR"}
        Logit, log, arcsine of the square root, Freeman-Tukey double arcsine (half the sum, so 0 to
        pi/2), raw proportion.
    add : float, optional
        What a study that needs it gets added to events and to non-events: 1/2 by default, but 0 for
        PAS and PFT.
    zeros : {"only0", "if0all", "all", "none"}
        Which studies get it: those without or with only events, all of them when one needs it, all,
        none.
    variance : {"study", "pooled"}
        Whether the variance of PR, PLN and PLO is that of the study's own proportion, or of the
        weighted mean of all.

    Returns
    -------
    EffectSizes
        NaN where a logit or log is not defined and no correction was asked for.

    Raises
    ------
    SynthesisError
        For counts that are not counts and words that are not known.

    References
    ----------
    Viechtbauer (2010), J Stat Softw 36(3); Freeman and Tukey (1950), Ann Math Stat 21:607.

    Examples
    --------
    >>> e = effect_sizes([4, 0], [10, 20], "PLO")
    >>> [round(float(v), 4) for v in e.yi]
    [-0.4055, -3.7136]
    """
    check_word("measure", measure, MEASURES)
    check_word("zeros", zeros, ZERO_RULES)
    check_word("variance", variance, VARIANCES)
    x, n = check_counts(events, total)
    x, n = _corrected(x, n, measure, add, zeros)
    with np.errstate(divide="ignore", invalid="ignore"):
        yi, vi = _transformed(x, n, measure, variance)
    undefined = ~(np.isfinite(yi) & np.isfinite(vi))
    return EffectSizes(measure, np.where(undefined, np.nan, yi), np.where(undefined, np.nan, vi))


def _corrected(
    x: Floats, n: Floats, measure: str, add: float | None, zeros: str
) -> tuple[Floats, Floats]:
    amount = (0.0 if measure in ("PAS", "PFT") else 0.5) if add is None else float(add)
    edge = (x == 0) | (x == n)
    touched = {
        "only0": edge,
        "if0all": edge.any(axis=-1, keepdims=True),
        "all": np.ones_like(edge),
        "none": np.zeros_like(edge),
    }[zeros]
    return x + amount * touched, n + 2 * amount * touched


def _transformed(x: Floats, n: Floats, measure: str, variance: str) -> tuple[Floats, Floats]:
    if measure == "PAS":
        return np.arcsin(np.sqrt(x / n)), 1 / (4 * n)
    if measure == "PFT":
        return freeman_tukey(x, n), 1 / (4 * n + 2)
    p = x / n
    if variance == "pooled":
        p = np.broadcast_to(x.sum(axis=-1, keepdims=True) / n.sum(axis=-1, keepdims=True), x.shape)
    if measure == "PR":
        return x / n, p * (1 - p) / n
    if measure == "PLN":
        return np.log(x / n), 1 / (p * n) - 1 / n
    return np.log(x / (n - x)), 1 / (p * n) + 1 / ((1 - p) * n)


def freeman_tukey(events: Any, total: Any) -> Floats:
    """Double arcsine, half the sum: (asin sqrt(x/(n+1)) + asin sqrt((x+1)/(n+1))) / 2."""
    return 0.5 * (
        np.arcsin(np.sqrt(events / (total + 1))) + np.arcsin(np.sqrt((events + 1) / (total + 1)))
    )


def back_transform(values: ArrayLike, measure: str, size: ArrayLike | None = None) -> Floats:
    """Proportions from 0 to 1 for values on the scale of a measure.

    Parameters
    ----------
    values : array_like
        Of any shape. Values beyond those of 0 and 1 are cut there.
    measure : str
        As in `effect_sizes`.
    size : array_like, optional
        For PFT, and needed there: the sample size of the inverse; `freeman_tukey_sizes` gives the
        three in use and says why the answer depends on the choice.

    Returns
    -------
    array
        Of the shape of `values`.

    Raises
    ------
    SynthesisError
        For a measure that is not known, and for PFT without a size.

    References
    ----------
    Miller (1978), Am Stat 32:138.

    Examples
    --------
    >>> round(float(back_transform(1.0, "PLO")), 4)
    0.7311
    """
    check_word("measure", measure, MEASURES)
    t = np.asarray(values, float)
    if measure == "PLO":
        return expit(t)
    if measure == "PLN":
        return np.minimum(np.exp(np.minimum(t, 0.0)), 1.0)
    if measure == "PAS":
        return np.sin(np.clip(t, 0.0, np.pi / 2)) ** 2
    if measure == "PR":
        return np.clip(t, 0.0, 1.0)
    if size is None:
        raise SynthesisError("back_transform: PFT needs `size`, the sample size of the inverse")
    return _inverse_freeman_tukey(t, np.asarray(size, float))


def _inverse_freeman_tukey(t: Floats, size: Floats) -> Floats:
    low, high = freeman_tukey(0.0, size), freeman_tukey(size, size)
    inside = np.clip(t, low, high)
    s, c = np.sin(2 * inside), np.cos(2 * inside)
    root = np.sqrt(np.maximum(0.0, 1 - (s + (s - 1 / s) / size) ** 2))
    p = 0.5 * (1 - np.sign(c) * root)
    return np.where(t <= low, 0.0, np.where(t >= high, 1.0, p))


def transform(proportion: ArrayLike, measure: str) -> Floats:
    """The value of a proportion on the scale of `measure` (PFT: of an infinitely large study)."""
    check_word("measure", measure, MEASURES)
    p = np.asarray(proportion, float)
    with np.errstate(divide="ignore"):
        if measure == "PLO":
            return np.log(p) - np.log1p(-p)
        if measure == "PLN":
            return np.log(p)
    return p.copy() if measure == "PR" else np.arcsin(np.sqrt(p))


def freeman_tukey_sizes(
    total: ArrayLike, vi_pooled: ArrayLike | None = None, axis: int = -1
) -> Columns:
    """Sample sizes that are used to invert a pooled Freeman-Tukey value.

    Parameters
    ----------
    total : array_like
        Sizes of the studies along `axis`.
    vi_pooled : array_like, optional
        Variance of the pooled value; asks for `inverse_variance`, 1 / (4 variance).
    axis : int
        The axis of `total` that numbers the studies.

    Returns
    -------
    dict
        `harmonic` and `arithmetic` means, and `inverse_variance`.

    Notes
    -----
    They can give results as far apart as 0.000% and 0.154% (Schwarzer 2019, Res Synth Methods
    10:476), so all are reported side by side and none is "the" answer. The third is Barendregt's
    (2013, J Epidemiol Community Health 67:974).
    """
    n = np.asarray(total, float)
    sizes = {"harmonic": n.shape[axis] / (1 / n).sum(axis=axis), "arithmetic": n.mean(axis=axis)}
    if vi_pooled is not None:
        sizes["inverse_variance"] = 1 / (4 * np.asarray(vi_pooled, float))
    return sizes


def expit(t: Any) -> Floats:
    """1 / (1 + exp(-t)) without overflow."""
    e = np.exp(-np.abs(t))
    return np.where(t >= 0, 1.0, e) / (1 + e)


def logit(p: ArrayLike) -> Floats:
    """log(p / (1 - p)); infinite at 0 and 1."""
    p = np.asarray(p, float)
    with np.errstate(divide="ignore"):
        return np.log(p) - np.log1p(-p)

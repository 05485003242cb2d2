"""The weighted median of median times, which medians not reached enter as well."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import bdtr, ndtri

from .arguments import check_share, lists
from .arrays import Bools, Floats
from .notes import Note, notes_of, without
from .records import number
from .times import PooledTimes
from .words import SynthesisError, check_word

TIME_INTERVALS = ("normal", "exact", "none")


def weighted_median_time(
    months: Sequence[float | None],
    weights: Sequence[float],
    *,
    interval: str = "normal",
    level: float = 0.95,
    strict: bool = False,
) -> PooledTimes:
    """Median of the study medians, each counted with its weight (patients).

    Parameters
    ----------
    months : sequence of float or None, length k
        Medians; None where not reached.
    weights : sequence of float, length k
        Patients behind each.
    interval : {"normal", "exact", "none"}
        Quantiles at 1/2 -+ z/(2 sqrt k); order statistics by the sign test (for weights at the same
        ranks' shares); none. Both rest on the number of studies, not of patients.
    level : float
        Coverage of the interval.
    strict : bool
        Whether to leave out an interval that the studies do not bear: of so few that the smallest
        and the largest median hold the true one less often than `level` (five at 95%), or where
        the study in the middle has so many patients that it holds a limit as well.

    Returns
    -------
    PooledTimes
        Without a number where the weighted median itself was not reached.

    Raises
    ------
    SynthesisError
        For medians that are neither positive nor marked, weights that are not positive, and words
        that are not known.

    Notes
    -----
    Limits that coincide, because one study has most of the weight, are no interval and are left
    out (`one_study_outweighs`). A median that was not reached is taken as longer than every reached
    one: it moves the answer up as a bound, and when the weighted median itself is one of these the
    answer is `not_reached`, without a number. Of two it is the larger study's (`two_medians`).

    References
    ----------
    McGrath et al. (2019), Stat Med 38:969; numbers as R's metamedian.

    Examples
    --------
    >>> weighted_median_time([5, 8, None], [10, 30, 20]).estimate_months
    8.0
    """
    check_word("interval", interval, TIME_INTERVALS)
    data = _times(months, weights)
    return _weighted(data, interval, check_share("level", level), strict).with_width()


def _weighted(
    data: tuple[Floats, Floats, Bools], interval: str, level: float, strict: bool
) -> PooledTimes:
    """The same of medians, weights and who was not reached; limits may coincide."""
    x, w, missing = data
    k = x.size
    base: dict[str, Any] = {"method": "weighted_median", "k": k, "k_without_ci": 0}
    base |= {"k_not_reached": int(missing.sum()), "n": int(w.sum())}
    if k == 0:
        return PooledTimes(**base, notes=(Note("no_data"),))
    x = np.where(missing, np.inf, x)
    estimate = weighted_quantile(x, w, 0.5)
    larger = k == 2 and w[0] != w[1] and x[0] != x[1] and estimate == x[np.argmax(w)]
    low, high, no_interval = _median_interval(x, w, interval, level, strict)
    notes = notes_of(
        k == 1 and Note("single_study"),
        bool(larger) and Note("two_medians"),
        bool(missing.any()) and Note("not_reached_as_bound"),
        not np.isfinite(estimate) and Note("not_reached"),
        no_interval,
        bool(np.isposinf(high)) and Note("upper_limit_not_reached"),
    )
    base |= {"estimate_months": number(estimate), "ci_low": number(low), "ci_high": number(high)}
    return PooledTimes(**base, notes=notes)


def bounded_median_time(
    months: Sequence[float | None],
    weights: Sequence[float],
    bounds: Sequence[float | None],
    *,
    level: float = 0.95,
    strict: bool = False,
) -> PooledTimes:
    """Weighted median where a median that was not reached lies somewhere above its bound.

    Parameters
    ----------
    months : sequence of float or None, length k
        Medians; None where not reached.
    weights : sequence of float, length k
        Patients behind each.
    bounds : sequence of float or None, length k
        Of those not reached the lower limit or the follow-up; None: nothing is known, and 0 counts.
    level, strict
        As in `weighted_median_time`.

    Returns
    -------
    PooledTimes
        The weighted median is computed twice: with the medians not reached at their bounds, and
        endless. Every way to complete them lies between the two. Where they agree that is the
        estimate; else there is none, and the limits are the lower one of the first and the upper
        one of the second.

    Raises
    ------
    SynthesisError
        As in `weighted_median_time`.

    Examples
    --------
    >>> r = bounded_median_time([10, 20, None], [10, 20, 25], [None, None, 12])
    >>> r.estimate_months, r.bound_low, r.bound_high
    (None, 12.0, 20.0)
    """
    level = check_share("level", level)
    x, w, missing = data = _times(months, weights)
    endless = _weighted(data, "normal", level, strict)
    if not endless.k_not_reached:
        whole = endless.estimate_months
        return replace(endless, bound_low=whole, bound_high=whole).with_width()
    known = np.array([np.nan if b is None else b for b in bounds], float)
    at_bound = np.where(missing, np.where(np.isnan(known), 0.0, known), x)
    least = weighted_quantile(at_bound, w, 0.5)
    low, _, no_interval = _median_interval(at_bound, w, "normal", level, strict)
    none = no_interval is not None or endless.ci_low is None
    agree = least == endless.estimate_months
    unknown = int((missing & np.isnan(known)).sum())
    dropped = ("not_reached_as_bound", "not_reached")
    return replace(
        endless,
        estimate_months=least if agree else None,
        ci_low=None if none else number(low),
        ci_high=None if none else endless.ci_high,
        bound_low=least,
        bound_high=endless.estimate_months,
        notes=notes_of(
            *without(endless.notes, *dropped),
            endless.ci_low is not None and no_interval,
            Note("bounds_agree") if agree else Note("bounds_differ"),
            unknown > 0 and Note("no_bound", count=unknown),
        ),
    ).with_width()


def _times(
    months: Sequence[float | None], weights: Sequence[float]
) -> tuple[Floats, Floats, Bools]:
    """The medians, their weights, and which of them were not reached."""
    x, w = lists(months=months, weights=weights)
    missing = np.isnan(x)
    bad = (~missing & ~(x > 0)) | ~(w > 0)
    if bad.any():
        raise SynthesisError(
            f"{int(bad.sum())} medians are neither positive nor marked as not reached, "
            f"or have no positive weight"
        )
    return x, w, missing


def weighted_quantile(x: Floats, w: Floats, p: float) -> float:
    """Quantile of values repeated `w` times, linear between ranks (Hyndman-Fan type 7)."""
    order = np.argsort(x, kind="stable")
    x, reached = np.asarray(x)[order], np.cumsum(np.asarray(w)[order])
    position = 1 + (reached[-1] - 1) * p
    low = max(np.floor(position), 1.0)
    share = position - np.floor(position)
    # a hair of slack: cumulated weights carry rounding
    at = np.minimum(np.searchsorted(reached, np.array([low, low + 1]) - 1e-9), x.size - 1)
    first, second = x[at]
    if share == 0 or first == second:
        return float(first)
    return float(second if np.isinf(second) else (1 - share) * first + share * second)


def _median_interval(
    x: Floats, w: Floats, interval: str, level: float, strict: bool
) -> tuple[float, float, Note | None]:
    """Limits, NaN when there are none, and the note that says why."""
    k, none = x.size, (np.nan, np.nan)
    if interval == "none" or k < 3:
        return *none, Note("no_interval")
    rank = sign_test_rank(k, level)
    if rank == 0 and (strict or interval == "exact"):
        return *none, Note("too_few_studies_for_exact_interval")
    if interval == "exact" and (w == w[0]).all():
        ordered = np.sort(x)
        return float(ordered[rank - 1]), float(ordered[k - rank]), None
    half = -ndtri((1 - level) / 2) / (2 * np.sqrt(k))
    shares = (max(0.5 - half, 0.0), min(0.5 + half, 1.0))
    if interval == "exact":
        shares = (rank / k, (k - rank + 1) / k)
    if strict and _in_one_study(x, w, shares):
        return *none, Note("one_study_outweighs")
    return weighted_quantile(x, w, shares[0]), weighted_quantile(x, w, shares[1]), None


def _in_one_study(x: Floats, w: Floats, shares: tuple[float, float]) -> bool:
    """Whether the study in the middle of the weights reaches to one of these shares of them."""
    reached = np.cumsum(np.asarray(w)[np.argsort(x, kind="stable")])
    places = np.floor(1 + (reached[-1] - 1) * np.array([0.5, *shares]))
    middle, *ends = np.searchsorted(reached, places - 1e-9).tolist()
    return middle in ends


def sign_test_rank(k: int, level: float) -> int:
    """Largest r for which the r-th and (k-r+1)-th of k values cover the median; 0 if none."""
    ranks = np.arange(1, k // 2 + 1)
    if not ranks.size:
        return 0
    covered = 1 - 2 * bdtr(ranks - 1.0, k, 0.5) >= level
    return int(ranks[covered].max()) if covered.any() else 0

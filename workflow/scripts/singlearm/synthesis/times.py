"""Median times to an event (months) pooled over studies."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import bdtr, ndtri

from .arguments import check_share, lists
from .arrays import Bools, Floats
from .genq import limits_of_estimator
from .new_effect import new_effect, of_each
from .notes import Note, notes_of, without
from .records import Noted, Number, number
from .stack import stack
from .suitability import predictable
from .twostep import NO_ERROR, pool_effects
from .words import PREDICTIONS, SynthesisError, check_word

TIME_INTERVALS = ("normal", "exact", "none")
SCALES = ("natural", "log")


@dataclass(frozen=True, slots=True)
class PooledTimes(Noted):
    """One pooled median; fields are the columns of `times.csv` after outcome. Times in months.

    `k` counts the medians that entered, `k_without_ci` those left out (or, for the weighted median,
    merely lacking) for want of a usable limit, `k_not_reached` those not reached, `n` the patients
    behind the `k`. `bound_low` and `bound_high` are the answers with the medians that were not
    reached at their bounds, and endless (None: not reached).
    """

    method: str
    k: int
    k_without_ci: int
    k_not_reached: int
    n: int
    estimate_months: Number = None
    ci_low: Number = None
    ci_high: Number = None
    pi_low: Number = None
    pi_high: Number = None
    tau2: Number = None
    bound_low: Number = None
    bound_high: Number = None

    def with_width(self) -> "PooledTimes":
        """Without the interval where its limits coincide: one study has most of the weight, and
        its own uncertainty is not in them."""
        if self.ci_low is None or self.ci_low != self.ci_high:
            return self
        notes = (*self.notes, Note("one_study_outweighs"))
        return replace(self, ci_low=None, ci_high=None, notes=notes)


def weighted_median_time(
    months: Sequence[float | None],
    weights: Sequence[float],
    not_reached: Sequence[bool] | None = None,
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
    not_reached : sequence of bool, optional
        Default: where `months` is None.
    interval : {"normal", "exact", "none"}
        Quantiles at 1/2 -+ z/(2 sqrt k); order statistics by the sign test (for weights at the same
        ranks' shares); none. Both rest on the number of studies, not of patients.
    level : float
        Coverage.
    strict : bool
        Whether to leave out an interval that the studies do not bear: of so few that the smallest
        and the largest median hold the true one less often than `level` (five at 95%), or where
        the study in the middle has so many patients that it holds a limit as well.

    Returns
    -------
    PooledTimes

    Raises
    ------
    SynthesisError
        For medians that are neither positive nor marked, and weights that are not positive.

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
    data = _times(months, weights, not_reached)
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
    interval: str = "normal",
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
    interval, level, strict
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
    check_word("interval", interval, TIME_INTERVALS)
    x, w, missing = data = _times(months, weights, None)
    endless = _weighted(data, interval, level, strict)
    if not endless.k_not_reached:
        whole = endless.estimate_months
        return replace(endless, bound_low=whole, bound_high=whole).with_width()
    known = np.array([np.nan if b is None else b for b in bounds], float)
    at_bound = np.where(missing, np.where(np.isnan(known), 0.0, known), x)
    least = weighted_quantile(at_bound, w, 0.5)
    low, _, no_interval = _median_interval(at_bound, w, interval, level, strict)
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
    months: Sequence[float | None],
    weights: Sequence[float],
    not_reached: Sequence[bool] | None,
) -> tuple[Floats, Floats, Bools]:
    x, w = lists(months=months, weights=weights)
    missing = np.isnan(x) if not_reached is None else np.array(not_reached, bool)
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


def median_standard_errors(
    months: Sequence[float | None],
    ci_low: Sequence[float | None],
    ci_high: Sequence[float | None],
    scale: str = "natural",
    level: float = 0.95,
) -> Floats:
    """Standard errors (k,) of medians from their limits; NaN where no limit serves.

    Both limits: their distance over 2 z. Lower limit alone (the upper was not reached): distance of
    the median from it over z. McGrath et al. (2025), arXiv:2503.03065.
    """
    check_word("scale", scale, SCALES)
    to = np.log if scale == "log" else np.asarray
    x, low, high = lists(months=months, ci_low=ci_low, ci_high=ci_high)
    z = -ndtri((1 - level) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        both, lower = (to(high) - to(low)) / (2 * z), (to(x) - to(low)) / z
    se = np.where(np.isfinite(both), both, lower)
    return np.where(np.isfinite(se) & (se > 0), se, np.nan)


def pool_median_times(
    months: Sequence[float | None],
    ci_low: Sequence[float | None],
    ci_high: Sequence[float | None],
    n: Sequence[int | None],
    not_reached: Sequence[bool] | None = None,
    *,
    scale: str = "natural",
    tau2: str = "REML",
    ci: str = "hk_adhoc",
    prediction: str = "integrated",
    level: float = 0.95,
) -> PooledTimes:
    """Inverse-variance mean of reached medians, standard errors from their intervals.

    Parameters
    ----------
    months, ci_low, ci_high : sequence of float or None, length k
        Medians and limits; None where missing.
    n : sequence of int or None, length k
        Patients.
    not_reached : sequence of bool, optional
        Default: where `months` is None.
    scale : {"natural", "log"}
        Months, or their logs, which suit skewed intervals.
    tau2, ci, level
        As in `pool_effects`.
    prediction : {"integrated", "t"}
        The median of a new study, from three studies on: mean and tau2 integrated out, or taken as
        they are estimated, with t(k-1).

    Returns
    -------
    PooledTimes

    Notes
    -----
    Medians not reached, and medians without a lower limit, cannot enter: both are counted. That
    shortens the answer when long medians are the ones not reached, so it never stands alone.

    References
    ----------
    McGrath et al. (2025), arXiv:2503.03065.
    """
    check_word("scale", scale, SCALES)
    check_word("prediction", prediction, PREDICTIONS)
    level = check_share("level", level)
    size = lists(months=months, n=n)[0].size
    given = [m is None or m != m for m in months] if not_reached is None else not_reached
    missing = np.array(given, bool)
    if missing.shape != (size,):
        raise SynthesisError("not_reached must have as many entries as months")
    se = median_standard_errors(months, ci_low, ci_high, scale, level)
    used = ~missing & np.isfinite(se)
    alone = used & np.array([h is None or h != h for h in ci_high], bool)
    base: dict[str, Any] = {
        "method": "inverse_variance" if scale == "natural" else "inverse_variance_log",
        "k": int(used.sum()),
        "k_without_ci": int((~missing & ~used).sum()),
        "k_not_reached": int(missing.sum()),
        "n": int(
            sum(size for size, take in zip(n, used, strict=True) if take and size is not None)
        ),
    }
    if not used.any():
        return PooledTimes(**base, notes=(Note("no_data"),))
    x = np.array([m for m, take in zip(months, used, strict=True) if take], float)
    y, v = np.log(x) if scale == "log" else x, se[used] ** 2
    r = pool_effects(y, v, tau2=tau2, ci=ci, level=level)
    back = np.exp if scale == "log" else np.asarray
    link = {"estimate_months": r.estimate, "ci_low": r.ci_low, "ci_high": r.ci_high}
    tau2_open = False
    if base["k"] > 1 and tau2 != "EE":
        s, _ = stack(y, v)
        low, high, _, _ = limits_of_estimator(s, np.ravel(r.tau2), tau2, level)
        tau2_open = not np.isfinite(high[0])
        if predictable(base["k"]):
            new = new_effect(s, of_each(r), (low, high), level, prediction)
            link |= {"pi_low": new[0][0], "pi_high": new[1][0]}
    values: dict[str, Any] = {name: number(back(v)) for name, v in link.items()}
    cut = [name for name, v in values.items() if v is not None and v < 0]
    values |= dict.fromkeys(cut, 0.0)
    k = int(used.sum())
    notes = notes_of(
        k == 1 and Note("single_study"),
        k == 2 and Note("two_studies"),
        k == 1 and ci != "wald" and Note("wald_interval"),
        bool(alone.any()) and Note("lower_limit_only", count=int(alone.sum())),
        bool(cut) and Note("limits_cut_to_0"),
        bool(r.tau2 == 0) and k > 1 and tau2 != "EE" and Note("tau2_at_zero"),
        tau2_open and Note("tau2_interval_open"),
        bool(r.se < NO_ERROR) and Note("standard_error_zero"),
    )
    return PooledTimes(**base, **values, tau2=number(r.tau2), notes=notes)

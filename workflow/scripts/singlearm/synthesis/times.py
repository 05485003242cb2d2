"""Median times to an event (months) pooled over studies: the record, and the mean of medians."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtri

from .arguments import check_share, lists
from .arrays import Floats
from .genq import limits_of_estimator
from .new_effect import new_effect, of_each
from .notes import Note, few_studies, notes_of
from .records import Noted, Number, number
from .stack import stack
from .suitability import predictable
from .twostep import NO_ERROR, pool_effects
from .words import PREDICTIONS, SynthesisError, check_word

SCALES = ("natural", "log")


@dataclass(frozen=True, slots=True)
class PooledTimes(Noted):
    """One pooled median; fields are the columns of `times.csv` after outcome. Times in months.

    Parameters
    ----------
    method : str
        `weighted_median`, `inverse_variance` or `inverse_variance_log`.
    k : int
        The medians that entered.
    k_without_ci : int
        Those left out for want of a usable limit; none of a weighted median, which needs no limit.
    k_not_reached : int
        Those not reached.
    n : int
        The patients behind the `k`.
    estimate_months, ci_low, ci_high : float, optional
        The pooled median with its interval.
    pi_low, pi_high : float, optional
        Where the median of a new study lies.
    tau2 : float, optional
        Variance between studies on the scale of pooling.
    bound_low, bound_high : float, optional
        The answers with the medians that were not reached at their bounds, and endless (None: not
        reached).
    notes : tuple of Note
        What to know about the numbers.
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
        Without a number where no median can enter.

    Raises
    ------
    SynthesisError
        For lists of several lengths and words that are not known.

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
    x, patients = lists(months=months, n=n)
    missing = np.isnan(x) if not_reached is None else np.array(not_reached, bool)
    if missing.shape != x.shape:
        raise SynthesisError("not_reached must have as many entries as months")
    se = median_standard_errors(months, ci_low, ci_high, scale, level)
    used = ~missing & np.isfinite(se)
    alone = int((used & np.isnan(lists(ci_high=ci_high)[0])).sum())
    k = int(used.sum())
    base: dict[str, Any] = {
        "method": "inverse_variance" if scale == "natural" else "inverse_variance_log",
        "k": k,
        "k_without_ci": int((~missing & ~used).sum()),
        "k_not_reached": int(missing.sum()),
        "n": int(np.nansum(patients[used])),
    }
    if not k:
        return PooledTimes(**base, notes=(Note("no_data"),))
    y, v = np.log(x[used]) if scale == "log" else x[used], se[used] ** 2
    r = pool_effects(y, v, tau2=tau2, ci=ci, level=level)
    back = np.exp if scale == "log" else np.asarray
    link = {"estimate_months": r.estimate, "ci_low": r.ci_low, "ci_high": r.ci_high}
    tau2_open = False
    if k > 1 and tau2 != "EE":
        s, _ = stack(y, v)
        low, high, _, _ = limits_of_estimator(s, np.ravel(r.tau2), tau2, level)
        tau2_open = not np.isfinite(high[0])
        if predictable(k):
            new = new_effect(s, of_each(r), (low, high), level, prediction)
            link |= {"pi_low": new[0][0], "pi_high": new[1][0]}
    values: dict[str, Any] = {name: number(back(v)) for name, v in link.items()}
    cut = [name for name, v in values.items() if v is not None and v < 0]
    values |= dict.fromkeys(cut, 0.0)
    notes = notes_of(
        *few_studies(k),
        k == 1 and ci != "wald" and Note("wald_interval"),
        alone > 0 and Note("lower_limit_only", count=alone),
        bool(cut) and Note("limits_cut_to_0"),
        bool(r.tau2 == 0) and k > 1 and tau2 != "EE" and Note("tau2_at_zero"),
        tau2_open and Note("tau2_interval_open"),
        bool(r.se < NO_ERROR) and Note("standard_error_zero"),
    )
    return PooledTimes(**base, **values, tau2=number(r.tau2), notes=notes)

"""Ratios of randomised trials (hazard, odds, risk): printed, from counts, and pooled."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from .effects import check_counts
from .notes import join
from .records import Number, number
from .twostep import pool_effects
from .words import SynthesisError, check_word

RATIO_MEASURES = ("OR", "RR")
RATIO_METHODS = ("common", "reml_hk")
#: A printed interval whose middle lies further than this share of its half-width from the estimate,
#: on the log scale, gets a note: a misprint, or an interval that is not of the usual kind.
SKEW = 0.15


@dataclass(frozen=True, slots=True)
class Ratio:
    """A trial's ratio with its interval; `yi` and `vi` are its log and the variance of that."""

    estimate: Number
    ci_low: Number
    ci_high: Number
    yi: Number
    vi: Number
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PooledRatio:
    """Pooled ratio; tau2 is on the log scale."""

    method: str
    k: int
    estimate: Number = None
    ci_low: Number = None
    ci_high: Number = None
    tau2: Number = None
    note: str = ""


def ratio_from_counts(measure, events_treat, n_treat, events_ctrl, n_ctrl, *, level=0.95) -> Ratio:
    """Odds or risk ratio of one trial from its counts, with the normal interval of the log.

    When any cell of the two-by-two table is 0, 1/2 is added to all four, as in metafor. A trial
    with no events (for OR also: only events) in both arms carries no information on the ratio: its
    number is left out with the note double_zero.

    >>> r = ratio_from_counts("RR", 10, 100, 20, 100)
    >>> round(r.estimate, 3), round(r.ci_low, 3), round(r.ci_high, 3)
    (0.5, 0.247, 1.014)
    """
    check_word("measure", measure, RATIO_MEASURES)
    yi, vi, note = log_ratios(measure, events_treat, n_treat, events_ctrl, n_ctrl)
    a, c = float(events_treat), float(events_ctrl)
    empty = a == c == 0 or (measure == "OR" and a == n_treat and c == n_ctrl)
    if empty:
        return Ratio(None, None, None, None, None, "counts", "double_zero")
    half = -ndtri((1 - level) / 2) * np.sqrt(vi)
    ends = (float(np.exp(v)) for v in (yi, yi - half, yi + half))
    return Ratio(*ends, float(yi), float(vi), "counts", note)


def log_ratios(measure, events_treat, n_treat, events_ctrl, n_ctrl):
    """Log ratios, their variances (element-wise) and a note when 1/2 was added anywhere."""
    a, n1 = check_counts(events_treat, n_treat)
    c, n2 = check_counts(events_ctrl, n_ctrl)
    zero = (a == 0) | (c == 0) | (a == n1) | (c == n2)
    half = 0.5 * zero
    a, c, n1, n2 = a + half, c + half, n1 + 2 * half, n2 + 2 * half
    note = "half_added_to_cells" if np.any(zero) else ""
    if measure == "RR":
        return np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2, note
    b, d = n1 - a, n2 - c
    return np.log(a / b) - np.log(c / d), 1 / a + 1 / b + 1 / c + 1 / d, note


def ratio_from_printed(estimate, ci_low=None, ci_high=None, *, level=0.95) -> Ratio:
    """A printed ratio; its variance from the width of the interval on the log scale.

    Without both limits the ratio is shown but cannot be pooled (note no_interval).
    """
    values = {"estimate": estimate, "ci_low": ci_low, "ci_high": ci_high}
    bad = [f"{name}={v!r}" for name, v in values.items() if v is not None and not v > 0]
    if estimate is None or bad:
        raise SynthesisError(
            f"a ratio and its limits must be positive: {', '.join(bad) or 'no estimate'}"
        )
    if ci_low is None or ci_high is None:
        low, high = number_or_none(ci_low), number_or_none(ci_high)
        return Ratio(
            float(estimate), low, high, float(np.log(estimate)), None, "printed", "no_interval"
        )
    if not ci_low <= estimate <= ci_high:
        raise SynthesisError(f"the interval {ci_low} to {ci_high} does not contain {estimate}")
    if ci_low == ci_high:
        raise SynthesisError(f"the interval {ci_low} to {ci_high} has no width")
    low, high, at = np.log(ci_low), np.log(ci_high), np.log(estimate)
    half = (high - low) / 2
    se = half / -ndtri((1 - level) / 2)
    skewed = abs((low + high) / 2 - at) > SKEW * half
    note = "interval_not_symmetric_on_log_scale" if skewed else ""
    numbers = (float(v) for v in (estimate, ci_low, ci_high, at, se**2))
    return Ratio(*numbers, "printed", note)


def number_or_none(value) -> Number:
    return None if value is None else number(value)


def pool_ratios(yi, vi, method="reml_hk", *, level=0.95) -> PooledRatio:
    """Pool log ratios `yi` (k,) with variances `vi`: common effect, or REML with Hartung-Knapp.

    Entries that are None are left out and counted in the note.
    """
    check_word("method", method, RATIO_METHODS)
    known = [(y, v) for y, v in zip(yi, vi, strict=True) if y is not None and v is not None]
    left_out = len(list(yi)) - len(known)
    note = f"left_out={left_out}" if left_out else ""
    if not known:
        return PooledRatio(method, 0, note=join("no_data", note))
    y, v = np.array(known, float).T
    settings = {"tau2": "EE", "ci": "wald"} if method == "common" else {"tau2": "REML", "ci": "hk"}
    r = pool_effects(y, v, level=level, **settings)
    words = {1: "single_study", 2: "two_studies"}.get(len(known), "")
    wald = "wald_interval" if len(known) == 1 and method == "reml_hk" else ""
    ends = (number(np.exp(a)) for a in (r.estimate, r.ci_low, r.ci_high))
    tau2 = None if method == "common" else number(r.tau2)
    return PooledRatio(method, len(known), *ends, tau2, join(words, wald, note))

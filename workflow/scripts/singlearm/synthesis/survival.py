"""Patient-level times to an event: Kaplan-Meier, its median and restricted mean."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from .arrays import ArrayLike, Floats
from .words import SynthesisError

#: A survival this close to 1/2 counts as 1/2: the median is then the middle of the step.
HALF = 1e-9


@dataclass(frozen=True, slots=True)
class KaplanMeier:
    """Survival after each distinct time (j,) of an event or censoring.

    `at_risk` are the patients before that time, `log_variance` Greenwood's variance of log
    survival, infinite where survival is 0.
    """

    time: Floats
    survival: Floats
    at_risk: Floats
    events: Floats
    log_variance: Floats

    def at(self, times: ArrayLike) -> Floats:
        """Survival at `times`, NaN after the last time seen unless survival is 0 there."""
        return self._step(times, self.survival, 1.0)

    def log_variance_at(self, times: ArrayLike) -> Floats:
        """Greenwood's variance of log survival at `times`, NaN where survival is unknown."""
        return self._step(times, self.log_variance, 0.0)

    def _step(self, times: ArrayLike, values: Floats, first: float) -> Floats:
        t = np.asarray(times, float)
        out = np.concatenate([[first], values])[np.searchsorted(self.time, t, side="right")]
        beyond = (t > self.time[-1]) & (self.survival[-1] > 0)
        return np.where(beyond, np.nan, out)

    def at_risk_at(self, times: ArrayLike) -> Floats:
        """Patients whose time is `times` or later: what a risk table prints."""
        return self._patients(times, "left")

    def at_risk_after(self, times: ArrayLike) -> Floats:
        """Patients who are still followed after `times`; at time 0 all."""
        after = self._patients(times, "right")
        return np.where(np.asarray(times, float) > 0, after, self.at_risk[0])

    def _patients(self, times: ArrayLike, side: Literal["left", "right"]) -> Floats:
        place = np.searchsorted(self.time, np.asarray(times, float), side=side)
        return np.concatenate([self.at_risk, [0.0]])[place]

    @property
    def median(self) -> float:
        """The first time with survival below 1/2, the middle of the step at 1/2; NaN if neither."""
        return quantile_of_steps(self.time, self.survival)

    def median_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Limits of the median: where the log-log limits of survival cross 1/2; NaN where not.

        Brookmeyer and Crowley (1982), Biometrics 38:29.
        """
        s = np.clip(self.survival, 1e-300, 1 - 1e-16)
        with np.errstate(invalid="ignore"):
            half = ndtri(0.5 + level / 2) * np.sqrt(self.log_variance) / np.abs(np.log(s))
        centre = np.log(-np.log(s))
        bands = [np.exp(-np.exp(centre + sign * half)) for sign in (1, -1)]
        bands = [np.where(self.survival >= 1, 1.0, np.nan_to_num(band)) for band in bands]
        low, high = (quantile_of_steps(self.time, band) for band in bands)
        return low, high

    def restricted_mean(self, horizon: float) -> tuple[float, float]:
        """Area under the curve up to `horizon` and its standard error.

        Raises
        ------
        SynthesisError
            When the curve ends before the horizon above 0.
        """
        if horizon > self.time[-1] and self.survival[-1] > 0:
            raise SynthesisError(f"the curve ends at {self.time[-1]:g}, before {horizon:g}")
        inside = self.time < horizon
        ends = np.concatenate([[0.0], self.time[inside], [horizon]])
        areas = np.diff(ends) * np.concatenate([[1.0], self.survival[inside]])
        left = areas.sum() - np.cumsum(areas)[:-1]
        n, d = self.at_risk[inside], self.events[inside]
        terms = np.where(n > d, d / (n * np.maximum(n - d, 1)), 0.0)
        return float(areas.sum()), float(np.sqrt((left**2 * terms).sum()))


def quantile_of_steps(time: Floats, survival: Floats) -> float:
    """The median of a falling step function; NaN where it stays above 1/2."""
    below = np.flatnonzero(survival < 0.5 - HALF)
    reached = np.flatnonzero(survival <= 0.5 + HALF)
    if reached.size == 0:
        return float("nan")
    first = time[reached[0]]
    if below.size == 0 or below[0] == reached[0]:
        return float(first)
    return float((first + time[below[0]]) / 2)


def kaplan_meier(time: ArrayLike, status: ArrayLike) -> KaplanMeier:
    """The product-limit estimate.

    Parameters
    ----------
    time : array_like, shape (n,)
        Follow-up of each patient, 0 or more.
    status : array_like, shape (n,)
        1 for an event, 0 for censoring; events come first among equal times.

    Raises
    ------
    SynthesisError
        For no patients, negative times or another status.

    Examples
    --------
    >>> km = kaplan_meier([1, 2, 2, 3], [1, 1, 0, 1])
    >>> [round(float(v), 3) for v in km.survival], km.median
    ([0.75, 0.5, 0.0], 2.5)
    """
    t, d = np.asarray(time, float), np.asarray(status, float)
    if t.ndim != 1 or t.shape != d.shape or not t.size:
        raise SynthesisError("time and status must be two lists of one length, not empty")
    if not ((t >= 0).all() and np.isfinite(t).all() and np.isin(d, (0, 1)).all()):
        raise SynthesisError("times must be 0 or more and every status 0 or 1")
    times, index = np.unique(t, return_inverse=True)
    leaving = np.bincount(index).astype(float)
    events = np.bincount(index, weights=d).astype(float)
    at_risk = t.size - np.concatenate([[0.0], np.cumsum(leaving)[:-1]])
    survival = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore"):
        terms = events / (at_risk * (at_risk - events))
    log_variance = np.cumsum(np.where(events > 0, terms, 0.0))
    return KaplanMeier(times, survival, at_risk, events, log_variance)

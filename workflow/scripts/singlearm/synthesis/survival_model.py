"""One survival curve from all that studies report of it: points of their survival functions.

On the complementary log-log scale (Weibull) or the logit scale (log-logistic) a survival function
is a straight line over log time. A study gives points of its line: a curve many, a landmark or a
median one. Points of one study are dependent: the covariance of log survival at two times is the
variance at the earlier one. Studies differ by a random intercept and, with enough of them, a random
slope. With known covariances within studies this is a linear mixed model, so its likelihood has no
integral that would need quadrature; only the average over studies is integrated.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from .arguments import lists
from .arrays import Floats
from .landmark_effects import LANDMARK_SCALES, landmark_back, landmark_scale, landmark_slope
from .new_study import Predictive, spread_values
from .notes import Note, Notes, few_studies
from .suitability import SLOPES_STUDIES, predictable
from .survival_spread import Lines, Points, fit_spread, gls, spread_region
from .twostep import quantile
from .words import SynthesisError, check_word

#: Coefficients of the typical line: as many points of several studies lie on it in any case.
COEFFICIENTS = 2
#: Points of Simpson's rule for the restricted mean; nodes for the average over studies.
STEPS, NODES = 400, 40
#: Fits again, with the variances at the survival of the fit before.
REFITS = 2
#: Nearest to 0 and 1 that an expected survival may be for a variance.
EDGE = 1e-3
#: A slope on the scale of the model, by log time, that is none.
FLAT = 1e-6
#: What two readings of one step differ by at least.
HAIR = 1e-6


class NoLineError(SynthesisError):
    """There is no line that falls; `code` is the note that says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class StudyPoints:
    """Points of one study's survival function.

    Parameters
    ----------
    time, survival : array, shape (p,)
        Rising times above 0, falling probabilities between 0 and 1.
    log_variance : array, shape (p,)
        Variance of log survival at each time; it does not fall.
    of_times : bool
        Whether the times were observed and the survival given, as for a median.
    """

    time: Floats
    survival: Floats
    log_variance: Floats
    of_times: bool = False

    def __post_init__(self) -> None:
        values = {name: getattr(self, name) for name in ("time", "survival", "log_variance")}
        t, s, v = lists(**values)
        for name, one in zip(values, (t, s, v), strict=True):
            object.__setattr__(self, name, one)
        good = t.size and np.isfinite(t).all() and (t > 0).all() and (np.diff(t) > 0).all()
        good = good and ((s > 0) & (s < 1)).all() and (np.diff(s) < 0).all()
        good = good and np.isfinite(v).all()
        if not (good and (v > 0).all() and (np.diff(v) >= 0).all()):
            raise SynthesisError(
                "points of a survival function need rising times, falling survival between 0 and 1 "
                "and variances of log survival that do not fall"
            )

    def on(self, scale: str, expected: Floats | None = None) -> tuple[Floats, Floats]:
        """Values (p,) on the scale and their covariance (p, p) by the delta method.

        With `expected` survival (p,) the variances are those of as many patients at that survival:
        observed ones are large where survival came out high by chance, and would pull it down.
        """
        s, variance = self.survival, self.log_variance
        if expected is not None and not self.of_times:
            s, variance = expected, self._variance_at(expected)
        slope = 1 / np.log(s) if scale == "cloglog" else 1 / (1 - s)
        earlier = np.minimum.outer(np.arange(s.size), np.arange(s.size))
        # a hair on the diagonal: two readings of one step have one variance
        covariance = slope[:, None] * variance[earlier] * slope
        covariance[np.diag_indices_from(covariance)] *= 1 + HAIR
        return landmark_scale(self.survival, scale), covariance

    def _variance_at(self, expected: Floats) -> Floats:
        """Variances of log survival (p,) if survival were as expected, of the same patients.

        A step's share of the variance is (1 - q) / (q n), q the survival of those at risk.
        """
        observed, there = (s / np.concatenate([[1.0], s[:-1]]) for s in (self.survival, expected))
        steps = np.diff(self.log_variance, prepend=0.0)
        return np.cumsum(steps * (1 - there) / there * observed / (1 - observed))


@dataclass(frozen=True, slots=True)
class SurvivalModel:
    """A fitted model; all methods give survival probabilities or times in the unit of the data.

    `beta` (2,) intercept at the time exp(`centre`) and slope of the typical study, `covariance`
    theirs, `between` (2, 2) that of studies. `df` are the degrees of freedom of the t quantiles,
    infinite for one study. `weights` (k,) are the shares of information in percent, `loglik` the
    log-likelihood as a density of the survival probabilities, so that scales can be compared; NaN
    where the line goes through all points on either scale. `studies` are the values that were
    fitted, `sloped` says whether slopes differ between them. `converged`: whether the restricted
    likelihood has a maximum within the range of spreads and is not flat there.

    Without a spread that the points can tell (`spread_known`) `between` and `covariance` are NaN,
    and so is all that rests on them: limits, prediction, average.
    """

    scale: str
    k: int
    points: int
    centre: float
    beta: Floats
    covariance: Floats
    between: Floats
    df: float
    loglik: float
    weights: Floats
    converged: bool
    studies: Points = field(repr=False, compare=False)
    sloped: bool

    @property
    def falls(self) -> bool:
        """Whether survival of the typical study falls over time."""
        return bool((self.beta[1] if self.scale == "cloglog" else -self.beta[1]) > FLAT)

    @property
    def spread_known(self) -> bool:
        """Whether the points tell how much studies differ; of one study they need not."""
        return self.k < 2 or self.points > COEFFICIENTS

    @property
    def notes(self) -> Notes:
        """What to know about the numbers: why some of them are not there."""
        if not self.spread_known:
            return (Note("points_as_coefficients"),)
        return few_studies(self.k)

    def _rows(self, times: Floats) -> Floats:
        return np.stack([np.ones(times.size), np.log(times) - self.centre], axis=1)

    def survival(self, times: Floats, level: float = 0.95) -> tuple[Floats, Floats, Floats]:
        """Survival of the typical study and its confidence limits, each (J,); NaN for no limits."""
        x = self._rows(times)
        eta, half = x @ self.beta, self._half(x, level)
        ends = [landmark_back(eta + sign * half, self.scale) for sign in (-1, 1)]
        return landmark_back(eta, self.scale), np.minimum(*ends), np.maximum(*ends)

    def prediction(self, times: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
        """Limits of the survival of a new study, each (J,), line and spread integrated out.

        The rule of `new_study` at each time; NaN for fewer than three studies, and where the
        spread has no upper limit.
        """
        if not predictable(self.k):
            return np.full(times.shape, np.nan), np.full(times.shape, np.nan)
        x, z = self._rows(times), float(ndtri(0.5 + level / 2))
        region = spread_region(self.studies, self.between, self.sloped, z)
        spread = np.sqrt(np.einsum("ji,ik,jk->j", x, self.between, x))
        root = np.full(spread.shape, region.root_at_zero)
        low, high = region.limits(x)
        half = self._half(x, level) / z
        drawn = spread_values(spread, np.minimum(low, spread), high, root, z)
        ends = Predictive(x @ self.beta, half, half, *drawn).limits(level)
        turned = [landmark_back(end, self.scale) for end in ends]
        return np.minimum(*turned), np.maximum(*turned)

    def _half(self, x: Floats, level: float) -> Floats:
        """Half the width of the confidence band on the scale, at rows (J, 2)."""
        variance = np.einsum("ji,ik,jk->j", x, self.covariance, x)
        return np.asarray(self.quantile(level) * np.sqrt(variance))

    def quantile(self, level: float) -> float:
        """Quantile for two-sided limits."""
        return float(quantile(self.df, level))

    def average(self, times: Floats) -> Floats:
        """Mean survival over studies (J,), by Gauss-Hermite quadrature; NaN without a spread."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        x = self._rows(times)
        spread = np.sqrt(np.einsum("ji,ik,jk->j", x, self.between, x))
        values = landmark_back((x @ self.beta)[:, None] + spread[:, None] * nodes, self.scale)
        return np.asarray(values @ weights / weights.sum(), float)

    def median(self, level: float = 0.95) -> tuple[float, float | None, float | None]:
        """Median of the typical study, and where the limits of its curve cross one half (Fieller).

        A limit that is not reached is None.
        """
        half = float(landmark_scale(np.array(0.5), self.scale))
        above, slope = self.beta[0] - half, self.beta[1]
        c, q2 = self.covariance, self.quantile(level) ** 2
        middle = float(np.exp(self.centre - above / slope))
        a = slope**2 - q2 * c[1, 1]
        b = above * slope - q2 * c[0, 1]
        root = b * b - a * (above**2 - q2 * c[0, 0])
        if not (a > 0 and root >= 0):  # NaN neither
            return middle, None, None
        ends = [float(np.exp(self.centre + (-b + sign * np.sqrt(root)) / a)) for sign in (-1, 1)]
        return middle, ends[0], ends[1]

    def restricted_mean(self, horizon: float, level: float = 0.95) -> tuple[float, float, float]:
        """Area under the typical curve up to the horizon; limits by the delta method or NaN."""
        times = np.linspace(0.0, horizon, STEPS + 1)
        weights = np.ones(STEPS + 1)
        weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
        weights *= horizon / STEPS / 3

        def area(beta: Floats) -> float:
            inside = landmark_back(self._rows(times[1:]) @ beta, self.scale)
            return float(weights @ np.concatenate([[1.0], inside]))

        step = 1e-5
        around = step * np.eye(2)
        slopes = np.array([area(self.beta + s) - area(self.beta - s) for s in around]) / (2 * step)
        middle = area(self.beta)
        half = self.quantile(level) * float(np.sqrt(slopes @ self.covariance @ slopes))
        low, high = np.clip([middle - half, middle + half], 0.0, horizon)
        return middle, float(low), float(high)


def fit_survival_model(studies: Sequence[StudyPoints], scale: str = "cloglog") -> SurvivalModel:
    """Fit the mixed model by restricted maximum likelihood.

    Parameters
    ----------
    studies : sequence of StudyPoints
        Each study once; together at least two different times.
    scale : {"cloglog", "logit"}
        Weibull or log-logistic lines.

    Returns
    -------
    SurvivalModel

    Raises
    ------
    NoLineError
        A SynthesisError with its `code`: without two different times a line cannot be drawn
        (`too_few_points`); points of one survival at several times, medians alone for one, are on
        no line that falls (`survival_does_not_fall`).

    Notes
    -----
    Intercepts differ between studies from two of them on, slopes from `SLOPES_STUDIES` studies
    with two points on. Limits are those of t with as many degrees of freedom as studies less two,
    at least one. Two points of two studies lie on a line whatever the spread, so that its
    likelihood is flat: there are no limits, spread or `loglik`, and `notes` say so. From three
    points on some contrast of studies is off the line, so that spreads differ in likelihood.

    References
    ----------
    Royston and Parmar (2002), Stat Med 21:2175 (lines over log time); Arends, Hunink and Stijnen
    (2008), Stat Med 27:4381 (joint pooling of survival at several times).

    Examples
    --------
    >>> s = [StudyPoints(np.array([6.0, 12.0]), np.array(p), np.array([0.003, 0.006]))
    ...      for p in ([0.8, 0.6], [0.75, 0.58], [0.85, 0.7])]
    >>> m = fit_survival_model(s)
    >>> round(m.median()[0], 1)
    17.0
    """
    check_word("scale", scale, LANDMARK_SCALES)
    if not (isinstance(studies, Sequence) and all(isinstance(s, StudyPoints) for s in studies)):
        raise SynthesisError("studies must be a list of StudyPoints")
    times = np.concatenate([s.time for s in studies]) if studies else np.zeros(0)
    if np.unique(times).size < 2:
        raise NoLineError(
            "too_few_points", "a survival model needs points at two different times or more"
        )
    centre = float(np.log(times).mean())
    fit = _fitted(studies, scale, centre, None)
    for _ in range(REFITS if len(studies) > 1 else 0):
        fit = _fitted(studies, scale, centre, fit)
    if not fit.falls:
        raise NoLineError(
            "survival_does_not_fall",
            "the fitted survival does not fall over time: medians alone are all at one half",
        )
    return fit


def _fitted(
    studies: Sequence[StudyPoints], scale: str, centre: float, before: SurvivalModel | None
) -> SurvivalModel:
    """One fit, with variances at the survival that the fit before expects."""
    data = []
    for study in studies:
        expected = None if before is None else _inside(before.survival(study.time)[0])
        y, v = study.on(scale, expected)
        x = np.stack([np.ones(y.size), np.log(study.time) - centre], axis=1)
        data.append((y, v, x))
    sloped = sum(s.time.size > 1 for s in studies) >= SLOPES_STUDIES
    lines, k = Lines.of(data), len(studies)
    between, converged = _between(lines, k, sloped, None if before is None else before.between)
    fit = gls(lines, np.nan_to_num(between)[None])
    covariance = fit.covariance[0]
    information = np.einsum("ij,kji->k", covariance, fit.of_studies[0])
    jacobian = sum(float(np.log(landmark_slope(s.survival, scale)).sum()) for s in studies)
    loglik = float(fit.loglik[0]) - 0.5 * lines.points * float(np.log(2 * np.pi)) + jacobian
    return SurvivalModel(
        scale, k, lines.points, centre, fit.beta[0],
        covariance if np.isfinite(between).all() else np.full((2, 2), np.nan), between,
        float(max(k - 2, 1)) if k > 1 else np.inf,
        loglik if lines.points > COEFFICIENTS else np.nan,
        100 * information / information.sum(), converged, data, sloped,
    )  # fmt: skip


def _between(lines: Lines, k: int, sloped: bool, before: Floats | None) -> tuple[Floats, bool]:
    """Covariance between studies, and whether nothing failed: none of one study, NaN unknown."""
    if k < 2:
        return np.zeros((2, 2)), True
    if lines.points <= COEFFICIENTS:
        return np.full((2, 2), np.nan), True
    return fit_spread(lines, sloped, before)


def _inside(survival: Floats) -> Floats:
    """Survival away from 0 and 1 that falls, by a hair where the line does not."""
    falling = np.minimum.accumulate(np.clip(survival, EDGE, 1 - EDGE))
    return np.asarray(falling * (1 - HAIR * np.arange(survival.size)))

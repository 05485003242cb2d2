"""A summary survival curve from the curves of several studies, after Combescure et al. (2014).

Survival falls from one time of a common grid to the next by a conditional probability p, with n
patients at risk at the start. The arcsines asin sqrt((n p + 1/4)/(n + 1/2)), variance 1/(4 (n +
1/2)), of all times are pooled together, independent within a study; between studies they have a
covariance matrix by moments (DerSimonian and Laird for each time, Jackson, White and Riley 2010 for
each pair), its negative eigenvalues set to 0. The summary survival is the product of the squared
sines. Combescure, Foucher and Jackson (2014), Stat Med 33:2521; Jackson, White and Riley (2010),
Stat Med 29:1282.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, stdtrit

from .arguments import check_count, check_positive, check_share, real_numbers
from .arrays import ArrayLike, Bools, Floats
from .notes import Note, Notes, few_studies, notes_of
from .records import number
from .suitability import predictable
from .survival import KaplanMeier
from .words import SynthesisError, check_word

CURVE_MODELS = ("random", "fixed")
CURVE_LIMITS = ("monte_carlo", "greenwood")
#: Draws for the limits that have no formula, and the seed they start from.
DRAWS = 10_000
SEED = 20_140
#: Fewer draws have no 2.5% of their own at either end.
LEAST_DRAWS = 100


@dataclass(frozen=True, slots=True)
class SummaryCurve:
    """A summary survival curve at `time` (J,), linear between times and 1 at time 0.

    `pi_*` where the curve of a new study lies, NaN for the fixed model and below three studies.
    `studies` (J,) counts the curves that reach each time. `median` is None where the curve stays
    above 1/2, a limit where its curves do. `restricted_mean` is the area up to `horizon`. `q` and
    `i2` (a fraction) compare the studies over all times. `between` (J, J) is the covariance between
    studies, `covariance` that of the pooled arcsines `arcsine`.
    """

    model: str
    k: int
    time: Floats
    survival: Floats
    ci_low: Floats
    ci_high: Floats
    pi_low: Floats
    pi_high: Floats
    studies: Floats
    median: float | None
    median_low: float | None
    median_high: float | None
    horizon: float
    restricted_mean: float
    restricted_mean_low: float
    restricted_mean_high: float
    q: float
    q_df: int
    q_p: float
    i2: float
    arcsine: Floats
    covariance: Floats
    between: Floats
    notes: Notes


def curve_on_grid(
    curves: Sequence[KaplanMeier], times: ArrayLike, *, effective: bool = True
) -> tuple[Floats, Floats]:
    """Survival and numbers at risk of several curves on a common grid.

    Parameters
    ----------
    curves : sequence of KaplanMeier
        One for each study.
    times : array_like, shape (J,)
        The grid, rising, above 0.
    effective : bool
        Numbers at risk that have the Greenwood variance of the conditional survival, smaller than
        those at the start of an interval where patients are censored within; where nobody dies the
        mean of start and end. False: those at the start, as in the publication.

    Returns
    -------
    survival, at_risk : ndarray, shape (K, J)
        Survival at each time, NaN beyond the end of a study, and the number at risk in the interval
        that ends there.
    """
    grid = np.asarray(times, float)
    starts = np.concatenate([[0.0], grid[:-1]])
    survival = np.array([curve.at(grid) for curve in curves])
    at_risk = np.array([curve.at_risk_after(starts) for curve in curves])
    known = np.logical_and.accumulate(np.isfinite(survival) & (at_risk > 0), axis=1)
    survival = np.where(known, survival, np.nan)
    if effective:
        at_end = np.array([curve.at_risk_after(grid) for curve in curves])
        variance = np.array([curve.log_variance_at(grid) for curve in curves])
        at_risk = np.where(known, _effective(survival, variance, at_risk, at_end), at_risk)
    return survival, at_risk


def _effective(survival: Floats, variance: Floats, start: Floats, end: Floats) -> Floats:
    """Numbers (K, J) whose binomial variance is the Greenwood variance of each interval."""
    with np.errstate(invalid="ignore", divide="ignore"):
        p = survival / _from_one(survival)[:, :-1]
        own = np.diff(variance, axis=1, prepend=0.0)
        size = (1 - p) / (p * own)
    inner = np.isfinite(size) & (p < 1) & (p > 0)
    return np.where(inner, size, np.where(p == 1, (start + end) / 2, start))


def summary_curve(
    survival: ArrayLike,
    at_risk: ArrayLike,
    times: ArrayLike,
    *,
    model: str = "random",
    limits: str = "monte_carlo",
    small_sample: bool = True,
    horizon: float | None = None,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = SEED,
) -> SummaryCurve:
    """Pool survival curves given on a common grid.

    Parameters
    ----------
    survival, at_risk : array_like, shape (K, J)
        Of each study survival at each time, NaN after its last one, and the patients at risk at the
        start of the interval that ends there.
    times : array_like, shape (J,)
        The grid, rising, above 0.
    model : {"random", "fixed"}
        Whether curves may differ between studies.
    limits : {"monte_carlo", "greenwood"}
        Limits of survival: percentiles of curves drawn from the distribution of the arcsines, or
        exp(log S +- quantile se), which can exceed 1. Median and restricted mean are always drawn.
    small_sample : bool
        Whether quantiles and draws are those of t with K - 1 degrees of freedom (random model)
        instead of the normal ones of the publication, too short for few studies.
    horizon : float, optional
        End of the restricted mean; the last time by default.
    draws, seed : int
        Of the Monte Carlo limits: the same seed gives the same limits.

    Returns
    -------
    SummaryCurve

    Raises
    ------
    SynthesisError
        For a grid that does not rise, a study with a gap, survival that rises.

    Examples
    --------
    >>> survival, at_risk = [[0.8, 0.6], [0.9, 0.5], [0.7, 0.4]], [[50, 40], [30, 27], [60, 42]]
    >>> r = summary_curve(survival, at_risk, [6, 12])
    >>> [round(float(v), 3) for v in r.survival], round(r.restricted_mean, 2)
    ([0.793, 0.501], 9.26)
    """
    check_word("model", model, CURVE_MODELS)
    check_word("limits", limits, CURVE_LIMITS)
    level, draws = check_share("level", level), check_count("draws", draws, LEAST_DRAWS)
    s, n, t = _checked(survival, at_risk, times)
    y, w = _arcsines(s, n)
    k = s.shape[0]
    between = _between(y, w) if model == "random" and k > 1 else np.zeros((t.size, t.size))
    beta, covariance = _pool(y, w, between)
    df = k - 1 if small_sample and model == "random" and k > 1 else np.inf
    sample = _draws(beta, covariance, df, draws, seed)
    curves = np.cumprod(np.sin(sample) ** 2, axis=1)
    estimate = np.cumprod(np.sin(beta) ** 2)
    if limits == "greenwood":
        low, high = _greenwood(estimate, beta, covariance, df, level)
    else:
        low, high = _percentiles(curves, level)
    predicted = np.full((2, t.size), np.nan)
    if model == "random" and predictable(k):
        new = np.sin(_draws(beta, between, df, draws, seed + 1)) ** 2
        own = _percentiles(np.cumprod(new, axis=1), level)
        predicted = _both(estimate, (low, high), own)
        if limits == "greenwood":  # the same formula, so that the band holds the limits
            predicted = np.array(_greenwood(estimate, beta, covariance + between, df, level))
    end = float(t[-1]) if horizon is None else check_positive("horizon", horizon)
    if end > t[-1]:
        raise SynthesisError(f"horizon: {end:g} is not within the grid, which ends at {t[-1]:g}")
    median = _interval(lambda c: _medians(t, c), estimate, curves, level)
    mean = _interval(lambda c: _restricted_means(t, c, end), estimate, curves, level)
    q, q_df, i2 = _heterogeneity(y, w)
    return SummaryCurve(
        model=model,
        k=k,
        time=t,
        survival=estimate,
        ci_low=low,
        ci_high=high,
        pi_low=predicted[0],
        pi_high=predicted[1],
        studies=(w > 0).sum(axis=0).astype(float),
        median=number(median[0]),
        median_low=number(median[1]),
        median_high=number(median[2]),
        horizon=end,
        restricted_mean=mean[0],
        restricted_mean_low=mean[1],
        restricted_mean_high=mean[2],
        q=q,
        q_df=q_df,
        q_p=float(chdtrc(q_df, q)) if q_df > 0 else 1.0,
        i2=i2,
        arcsine=beta,
        covariance=covariance,
        between=between,
        notes=_notes(w > 0),
    )


def _heterogeneity(y: Floats, w: Floats) -> tuple[float, int, float]:
    """Q of all studies and times about the fixed curve, its degrees of freedom, and I2."""
    fixed = (w * y).sum(axis=0) / w.sum(axis=0)
    q, df = float((w * (y - fixed) ** 2).sum()), int((w > 0).sum() - y.shape[1])
    h2 = q / df if df > 0 else 1.0
    return q, df, max(0.0, 1 - 1 / h2) if h2 > 0 else 0.0


def _notes(there: Bools) -> Notes:
    """What to know about the number of studies (K, J) at each time."""
    k = there.shape[0]
    late = k > 1 and bool((there.sum(axis=0) < max(k / 2, 2)).any())
    return (*few_studies(k), *notes_of(late and Note("few_curves_at_late_times")))


def _checked(
    survival: ArrayLike, at_risk: ArrayLike, times: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    s = np.atleast_2d(real_numbers("survival", survival))
    n = np.atleast_2d(real_numbers("at_risk", at_risk))
    t = real_numbers("times", times)
    if s.shape != n.shape or t.shape != s.shape[1:] or not s.size:
        raise SynthesisError(
            "survival and at_risk must be tables with a row per study and a column per time, not "
            f"{s.shape} and {n.shape} for times {t.shape}"
        )
    if not ((np.diff(t) > 0).all() and t[0] > 0 and np.isfinite(t).all()):
        raise SynthesisError("times of the grid must be above 0 and rise")
    known = np.isfinite(s)
    if (np.diff(known.astype(int), axis=1) > 0).any() or not known[:, 0].all():
        raise SynthesisError("every study needs its survival at each time up to its last one")
    whole = np.where(known, s, 0.0)
    steps = np.diff(_from_one(whole), axis=1)
    if not ((whole >= 0).all() and (steps <= 1e-12).all()):
        raise SynthesisError("survival must lie between 0 and 1 and must not rise")
    if not known.any(axis=0).all():
        raise SynthesisError("no study reaches the last time of the grid")
    if (over := ~(whole[:, :-1] > 0).any(axis=0)).any():
        raise SynthesisError(f"every curve is at 0 from {t[:-1][over][0]:g} on: end the grid there")
    if not ((n[known] > 0).all() and np.isfinite(n[known]).all()):
        raise SynthesisError("numbers at risk must be above 0 at the start of each interval")
    return s, n, t


def _arcsines(s: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Arcsines (K, J) of the conditional probabilities and their weights, 0 where unknown."""
    before = _from_one(s)[:, :-1]
    known = np.isfinite(s) & (before > 0)
    p = np.where(known, s / np.where(known, before, 1.0), 0.0)
    size = np.where(known, n, 0.0)
    y = np.where(known, np.arcsin(np.sqrt((size * p + 0.25) / (size + 0.5))), 0.0)
    return y, np.where(known, 4 * (size + 0.5), 0.0)


def _between(y: Floats, w: Floats) -> Floats:
    """The covariance between studies (J, J) by moments, no eigenvalue below 0."""
    there = w > 0
    root = np.sqrt(w)
    # a pair of times is compared over the studies that have both, with the product of their roots
    a = root[:, :, None] * root[:, None, :]
    total = a.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        first = np.einsum("kij,ki->ij", a, y) / total
        crossed = np.einsum("kij,ki,kj->ij", a, y, y) - total * first * first.T
        scale = total - (a * a).sum(axis=0) / total
    crossed[np.diag_indices_from(crossed)] -= np.maximum(there.sum(axis=0) - 1, 0)
    known = np.isfinite(scale) & (scale > 1e-12 * total)
    moments = np.where(known, crossed / np.where(known, scale, 1.0), 0.0)
    values, vectors = np.linalg.eigh((moments + moments.T) / 2)
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)


def _pool(y: Floats, w: Floats, between: Floats) -> tuple[Floats, Floats]:
    """Generalised least squares: pooled arcsines (J,) and their covariance (J, J)."""
    information, right = np.zeros(between.shape), np.zeros(between.shape[0])
    for study, weights in zip(y, w, strict=True):
        at = np.flatnonzero(weights)
        inner = np.ix_(at, at)
        inverse = np.linalg.inv(np.diag(1 / weights[at]) + between[inner])
        information[inner] += inverse
        right[at] += inverse @ study[at]
    covariance: Floats = np.asarray(np.linalg.inv(information), float)
    return covariance @ right, covariance


def _draws(mean: Floats, covariance: Floats, df: float, draws: int, seed: int) -> Floats:
    """Normal or t draws (draws, J)."""
    generator = np.random.default_rng(seed)
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    out = generator.standard_normal((draws, mean.size)) @ root.T
    if np.isfinite(df):
        out *= np.sqrt(df / generator.chisquare(df, (draws, 1)))
    return np.asarray(mean + out)


def _percentiles(curves: Floats, level: float) -> tuple[Floats, Floats]:
    tail = (1 - level) / 2
    ends: Floats = np.quantile(curves, [tail, 1 - tail], axis=0).astype(float)
    return ends[0], ends[1]


def _both(estimate: Floats, mean: tuple[Floats, Floats], own: tuple[Floats, Floats]) -> Floats:
    """Limits (2, J) of a new curve: those of the mean and those of a curve about it, squared and
    added on the scale of arcsines, as t sqrt(tau2 + se^2) is; never within those of the mean."""
    at, ends = np.arcsin(np.sqrt(estimate)), []
    for sign, limit, about in zip((-1, 1), mean, own, strict=True):
        far = np.hypot(*(np.arcsin(np.sqrt(value)) - at for value in (limit, about)))
        ends.append(np.sin(np.clip(at + sign * far, 0.0, np.pi / 2)) ** 2)
    return np.array(ends)


def _greenwood(
    estimate: Floats, beta: Floats, covariance: Floats, df: float, level: float
) -> tuple[Floats, Floats]:
    """exp(log S +- quantile se) with the delta method on the logs of the squared sines."""
    slope = 2 / np.tan(beta)
    logs = np.cumsum(np.cumsum(slope[:, None] * covariance * slope, axis=0), axis=1)
    half = stdtrit(min(df, 1e10), 0.5 + level / 2) * np.sqrt(np.diag(logs))
    return np.asarray(estimate * np.exp(-half)), np.asarray(estimate * np.exp(half))


def _interval(
    function: Callable[[Floats], Floats], estimate: Floats, curves: Floats, level: float
) -> tuple[float, float, float]:
    """A quantity of the summary curve and its percentiles; infinite draws stay infinite."""
    tail = (1 - level) / 2
    drawn = np.sort(function(curves))
    places = [tail * (drawn.size - 1), (1 - tail) * (drawn.size - 1)]
    low, high = (drawn[round(place)] for place in places)
    return float(function(estimate[None])[0]), float(low), float(high)


def _from_one(curves: Floats) -> Floats:
    """Curves (D, J) from time 0 on, where survival is 1: (D, J + 1)."""
    return np.concatenate([np.ones((curves.shape[0], 1)), curves], axis=1)


def _medians(times: Floats, curves: Floats) -> Floats:
    """The times (D,) at which curves (D, J) cross 1/2, linear between times; infinite if never."""
    t, s = np.append(0.0, times), _from_one(curves)
    below = s <= 0.5
    at = np.maximum(below.argmax(axis=1), 1)
    rows = np.arange(s.shape[0])
    high, low = s[rows, at - 1], s[rows, at]
    with np.errstate(invalid="ignore", divide="ignore"):
        crossing = t[at - 1] + (high - 0.5) / (high - low) * (t[at] - t[at - 1])
    return np.where(below.any(axis=1), crossing, np.inf)


def _restricted_means(times: Floats, curves: Floats, horizon: float) -> Floats:
    """Areas (D,) under curves (D, J) up to the horizon, linear between times."""
    t, s = np.append(0.0, times), _from_one(curves)
    inside = t < horizon
    last = int(inside.sum())
    share = (horizon - t[last - 1]) / (t[last] - t[last - 1])
    end = s[:, last - 1] + share * (s[:, last] - s[:, last - 1])
    ts, ss = np.append(t[inside], horizon), np.concatenate([s[:, inside], end[:, None]], axis=1)
    return np.asarray(((ss[:, 1:] + ss[:, :-1]) / 2 * np.diff(ts)).sum(axis=1))

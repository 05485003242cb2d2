"""Profile likelihood of tau in the binomial models of two-arm trials; the next trial's effect."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from .arrays import Floats, Ints
from .new_study import Predictive, small_sample_widening, spread_values
from .ratio_counts import TwoByTwo
from .ratio_glmm import RatioGlmm, common_loglik, integrated_loglik, likelihood_of
from .roots import likelihood_limits

#: Beyond this the likelihood is taken to set tau no upper limit (95% of the trials would have
#: ratios from 1e-17 to 1e17).
FURTHEST = 20.0
#: Where the search for the upper limit begins, at least.
LEAST_START = 0.5


@dataclass(frozen=True, slots=True)
class TauProfile:
    """Limits of tau, NaN where there is none, and the signed root of the likelihood ratio at 0."""

    low: float
    high: float
    root_at_zero: float
    level: float


def profile_ratio_tau(tables: TwoByTwo, fit: RatioGlmm, *, level: float = 0.95) -> TauProfile:
    """Profile-likelihood limits of the standard deviation between trials.

    Parameters
    ----------
    tables : TwoByTwo
        The trials that `fit` is from.
    fit : RatioGlmm
        With an estimate; without one, or of one trial, the limits are NaN.
    level : float

    Returns
    -------
    TauProfile
        The lower limit is 0 where tau = 0 lies within the drop; the upper one is NaN where the
        likelihood has not dropped far enough at `FURTHEST`.

    Notes
    -----
    Hardy and Thompson (1996), Stat Med 15:619.
    """
    nan = float("nan")
    if not np.isfinite(fit.estimate) or fit.k < 2:
        return TauProfile(nan, nan, nan, level)
    likelihood, z = likelihood_of(tables, fit.model), float(ndtri(0.5 + level / 2))
    tau = np.sqrt(fit.tau2)
    mu, nuisance = fit.estimate, likelihood.start()

    def evaluate(at: Floats, _: Ints) -> tuple[Floats, Floats]:
        nonlocal mu, nuisance  # the next value is near: begin there
        found = integrated_loglik(likelihood, float(at[0]), mu, nuisance)
        loglik, slope, mu, nuisance = found
        return np.array([loglik]), np.array([slope])

    def bound(at: Floats, step: Floats) -> Floats:
        return np.clip(step, -0.6 * at, 2 * at)

    drop = 2 * max(fit.loglik - common_loglik(likelihood), 0.0)

    def limit(start: float, side: float) -> float:
        one, top = np.array([side]), np.array([fit.loglik])
        found = likelihood_limits(evaluate, np.array([start]), one, top, z, bound, np.array([tau]))
        return float(found[0])

    furthest = integrated_loglik(likelihood, FURTHEST, mu, nuisance)[0]
    closed = 2 * (fit.loglik - furthest) > z * z
    high = limit(max(2 * tau, LEAST_START), 1.0) if closed else nan
    low = limit(tau / 2, -1.0) if drop > z * z else 0.0
    return TauProfile(low, high, -float(np.sqrt(drop)), level)


def next_trial(fit: RatioGlmm, tau: TauProfile) -> tuple[float, float]:
    """Limits of the effect in a further trial on the scale of pooling, parameters integrated out.

    NaN where tau has no upper limit. The mean's limits are normal ones, widened to t(k-1).
    """
    z = float(ndtri(0.5 + tau.level / 2))
    spread, low, high, root = (
        np.array([v]) for v in (np.sqrt(fit.tau2), tau.low, tau.high, tau.root_at_zero)
    )
    values, weights = spread_values(spread, low, high, root, z)
    small = small_sample_widening(np.array([float(fit.k)]), "wald", tau.level)
    centre, half = np.array([fit.estimate]), small * fit.se
    new = Predictive(centre, half, half, values, weights)
    ends = new.limits(tau.level)
    return float(ends[0][0]), float(ends[1][0])

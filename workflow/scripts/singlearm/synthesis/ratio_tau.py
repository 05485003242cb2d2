"""Profile likelihood of tau in the binomial models of two-arm trials; the next trial's effect.

Where tau is large the likelihood of a small trial is a step or a plateau beside the normal density
of the effects, which Gauss-Hermite nodes at the mode of the product no longer follow. There the
integral is a sum over even steps of t, the effect being mode + width sinh(t): fine where both the
likelihood and the density bend, coarse in the long tail of the density. The integrand is analytic,
so the sum converges faster than any power of the step (Trefethen and Weideman 2014, SIAM Review
56:385).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp, ndtri

from .arrays import Floats, Ints
from .new_study import Predictive, small_sample_widening, spread_values
from .ratio_counts import TwoByTwo
from .ratio_glmm import RatioGlmm, common_loglik, integrated_loglik, likelihood_of
from .ratio_likelihoods import Point, TrialLikelihood
from .roots import likelihood_limits

#: Beyond this the likelihood is taken to set tau no upper limit (95% of the trials would have
#: ratios from 1e-17 to 1e17).
FURTHEST = 20.0
#: Where the search for the upper limit begins, at least.
LEAST_START = 0.5
#: Beyond this tau integrals are sums over `POINTS` even steps, as far as `REACH` tau from the mean.
WIDE, POINTS, REACH = 2.0, 241, 9.0
#: Steps of a search, the longest in logits, and where it stands still.
STEPS, LONGEST, STILL = 200, 2.0, 1e-7


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
        loglik, slope, mu, nuisance = profile_loglik(likelihood, float(at[0]), mu, nuisance)
        return np.array([loglik]), np.array([slope])

    def bound(at: Floats, step: Floats) -> Floats:
        return np.clip(step, -0.6 * at, 2 * at)

    drop = 2 * max(fit.loglik - common_loglik(likelihood), 0.0)

    def limit(start: float, side: float) -> float:
        one, top = np.array([side]), np.array([fit.loglik])
        found = likelihood_limits(evaluate, np.array([start]), one, top, z, bound, np.array([tau]))
        return float(found[0])

    furthest = profile_loglik(likelihood, FURTHEST, mu, nuisance)[0]
    closed = 2 * (fit.loglik - furthest) > z * z
    high = limit(max(2 * tau, LEAST_START), 1.0) if closed else nan
    low = limit(tau / 2, -1.0) if drop > z * z else 0.0
    return TauProfile(low, high, -float(np.sqrt(drop)), level)


def profile_loglik(
    likelihood: TrialLikelihood, tau: float, mu: float, nuisance: Floats
) -> tuple[float, float, float, Floats]:
    """Log-likelihood at `tau` maximised over the mean, its slope in tau, and where it is.

    Parameters
    ----------
    likelihood : TrialLikelihood
    tau : float
        Standard deviation between trials, above 0.
    mu, nuisance : float, array (k,)
        Where the search begins.
    """
    if tau <= WIDE:
        return integrated_loglik(likelihood, tau, mu, nuisance)
    centre = np.full((likelihood.k, 1), mu)
    for _ in range(STEPS):
        centre, theta, log_step = _even_steps(likelihood, mu, tau, nuisance, centre)
        p, z = likelihood.at(theta, nuisance), (theta - mu) / tau
        logs = p.value - z * z / 2 + log_step
        value = logsumexp(logs, axis=1)
        weights = np.exp(logs - value[:, None])
        step, shift = _newton_step(p, z, weights, tau)
        if max(abs(step), np.abs(shift).max()) < STILL:
            break
        mu, nuisance = mu + step, nuisance + shift
    rise = float(((weights * z * z).sum(axis=1) - 1).sum() / tau)
    return float(value.sum()), rise, mu, nuisance


def _newton_step(p: Point, z: Floats, weights: Floats, tau: float) -> tuple[float, Floats]:
    """The step in the mean, and that of each trial's nuisance parameter (k,) with it."""
    mean = (weights * z).sum(axis=1)
    slope, curve = mean / tau, ((weights * z * z).sum(axis=1) - mean**2 - 1) / tau**2
    own, along = np.zeros_like(mean), np.zeros_like(mean)
    if p.slope is not None and p.bend is not None:
        first = (weights * p.slope).sum(axis=1)
        bend = (weights * (p.bend + p.slope**2)).sum(axis=1) - first**2
        # it may bend upwards far from the top: then the complete-data curvature
        bend = np.where(bend < 0, bend, (weights * p.bend).sum(axis=1))
        mixed = (weights * z * p.slope).sum(axis=1) / tau - slope * first
        own, along = -first / bend, -mixed / bend
        slope, curve = slope + mixed * own, curve + mixed * along
    step = float(np.clip(-slope.sum() / curve.sum(), -LONGEST, LONGEST))
    return step, np.clip(own + along * step, -LONGEST, LONGEST)


def _even_steps(
    likelihood: TrialLikelihood, mu: float, tau: float, nuisance: Floats, centre: Floats
) -> tuple[Floats, Floats, Floats]:
    """The mode of each trial's integrand (k, 1), points theta (k, m) around it, and the logarithms
    of their steps times the height of the normal density."""
    for _ in range(STEPS):
        p = likelihood.at(centre, nuisance)
        bend = p.second - 1 / tau**2
        step = np.clip(-(p.first - (centre - mu) / tau**2) / bend, -LONGEST, LONGEST)
        centre = centre + step
        if np.abs(step).max() < 1e-3:  # it only places the points
            break
    width = np.minimum(1 / np.sqrt(-bend), 1.0)
    end = np.arcsinh((np.abs(centre - mu) + REACH * tau) / width)
    t = end * np.linspace(-1.0, 1.0, POINTS)
    rise = width * np.cosh(t) * (2 * end / (POINTS - 1))
    return centre, centre + width * np.sinh(t), np.log(rise / (tau * np.sqrt(2 * np.pi)))


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

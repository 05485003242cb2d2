"""Binomial models for odds ratios of rare events, without any correction of empty cells.

The effects of the trials are normal about a mean `mu` with standard deviation `tau`; the counts of
a trial are binomial given its effect. The integral over the effects is taken by adaptive
Gauss-Hermite quadrature, the maximum is found by Newton steps in (mu, tau) from the best of several
starts, tau = 0 among them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, logsumexp

from .arrays import Floats
from .quadrature import hermite_nodes
from .ratio_counts import TwoByTwo
from .ratio_likelihoods import (
    ApproximateConditional,
    ExactConditional,
    Point,
    TrialLikelihood,
    Unconditional,
)
from .words import check_word

RATIO_GLMMS = ("CM.EL", "UM.FS", "CM.AL")
_LIKELIHOODS: dict[str, Callable[[TwoByTwo], TrialLikelihood]] = {
    "CM.EL": ExactConditional,
    "UM.FS": Unconditional,
    "CM.AL": ApproximateConditional,
}
#: Quadrature nodes of the final value, and of the search for the place.
NODES = 61
SEARCH_NODES = 15
#: Where the search for tau begins, on the log odds scale; the last is beyond what ratios show.
STARTS = (0.1, 0.3, 0.8, 2.0)
#: Beyond these an estimate runs away: there is no finite maximum, or none that means anything (a
#: ratio of 5e8; trials of which 95% have ratios from 5e-5 to 2e4).
FAR = 20.0
FAR_TAU = 5.0
STEPS = 100
STILL = 1e-9
#: The same away from the maximum, where the height changes with the square of the distance.
STILL_PROFILE = 1e-6


@dataclass(frozen=True, slots=True)
class RatioGlmm:
    """A fitted binomial model, on the log scale; NaN where it has no finite estimate.

    `q` with `q_df` is the likelihood ratio of the saturated against the common-effect model.
    `se_tau_fixed` takes tau as known; `se` does not.
    """

    model: str
    k: int
    estimate: float
    se: float
    se_tau_fixed: float
    tau2: float
    loglik: float
    q: float
    q_df: int
    q_p: float
    converged: bool


def fit_ratio_glmm(tables: TwoByTwo, model: str = "CM.EL", *, common: bool = False) -> RatioGlmm:
    """Maximum likelihood of a binomial model for the counts of randomised trials.

    Parameters
    ----------
    tables : TwoByTwo
        Double-zero trials say nothing about the ratio and are left out of the sums.
    model : {"CM.EL", "UM.FS", "CM.AL"}
        Exact conditional (odds ratio), unconditional with a baseline for each trial (odds ratio),
        approximate conditional (risk ratio; an odds ratio only where events are rare).
    common : bool
        Whether all trials share one effect (tau = 0).

    Returns
    -------
    RatioGlmm
        Without an estimate where the likelihood has no finite maximum: all events in one arm, or
        trials at opposite ends.

    Raises
    ------
    SynthesisError
        For a model that is not known.

    Notes
    -----
    Stijnen, Hamza and Ozdemir (2010), Stat Med 29:3046; Jackson et al. (2018), Stat Med 37:1059.

    Examples
    --------
    >>> from .ratio_counts import two_by_two
    >>> t = two_by_two([1, 0, 2], [50, 60, 80], [4, 2, 5], [50, 60, 80])
    >>> fit = fit_ratio_glmm(t)
    >>> round(float(np.exp(fit.estimate)), 3), round(fit.tau2, 3)
    (0.262, 0.0)
    """
    check_word("model", model, RATIO_GLMMS)
    used = tables.where(~tables.double_zero)
    k = len(used.n_treat)
    if not k or _one_sided(used, model):
        return _without_estimate(model, k)
    likelihood = likelihood_of(tables, model)
    at_zero = _common_maximum(likelihood)
    best = at_zero if common or k < 2 else _maximum(likelihood, at_zero)
    if abs(best.mu) > FAR or best.tau > FAR_TAU or not best.converged:
        return _without_estimate(model, k)
    q = max(0.0, 2 * (likelihood.best() - at_zero.loglik))
    q_p = float(chdtrc(k - 1, q)) if k > 1 else 1.0
    found = (best.mu, best.se, best.se_tau_fixed, best.tau**2, best.loglik)
    return RatioGlmm(model, k, *found, q, k - 1, q_p, best.converged)


def likelihood_of(tables: TwoByTwo, model: str) -> TrialLikelihood:
    """The likelihood of the trials that say something about the ratio."""
    return _LIKELIHOODS[model](tables.where(~tables.double_zero))


def common_loglik(likelihood: TrialLikelihood) -> float:
    """The highest log-likelihood of one effect common to all trials."""
    return _common_maximum(likelihood).loglik


def integrated_loglik(
    likelihood: TrialLikelihood, tau: float, mu: float, nuisance: Floats
) -> tuple[float, float, float, Floats]:
    """Log-likelihood at `tau` maximised over the mean, its slope in tau, and where it is.

    `mu` and `nuisance` are where the search begins.
    """
    for _ in range(STEPS):
        sums = _integrated(likelihood, mu, tau, nuisance, NODES)
        nuisance = sums.nuisance
        step = float(np.clip(-sums.gradient[0] / sums.hessian[0, 0], -2, 2))
        if abs(step) < STILL_PROFILE:
            break
        mu += step
    return sums.loglik, float(sums.gradient[1]), mu, nuisance


@dataclass(frozen=True, slots=True)
class _Maximum:
    mu: float
    tau: float
    loglik: float
    se: float
    se_tau_fixed: float
    converged: bool


@dataclass(frozen=True, slots=True)
class _Sums:
    """Log-likelihood over all trials, nuisance parameters at their best, with its derivatives."""

    loglik: float
    gradient: Floats  # (2,): mu, tau
    hessian: Floats  # (2, 2)
    nuisance: Floats  # (k,)


def _one_sided(t: TwoByTwo, model: str) -> bool:
    """Whether the ratio that fits best is 0 or infinite: all trials at the same end."""
    a, c, n1, n2 = t.events_treat, t.events_ctrl, t.n_treat, t.n_ctrl
    full = model != "CM.AL"  # given the events of both arms, the numbers without play no part
    low = (a == 0) | ((c == n2) & full)
    high = (c == 0) | ((a == n1) & full)
    return bool(low.all() or high.all())


def _without_estimate(model: str, k: int) -> RatioGlmm:
    nan = float("nan")
    return RatioGlmm(model, k, nan, nan, nan, nan, nan, nan, max(k - 1, 0), nan, False)


def _common_maximum(likelihood: TrialLikelihood) -> _Maximum:
    mu, nuisance, arrived = 0.0, likelihood.start(), False
    for _ in range(STEPS):
        sums = _at_zero(likelihood, mu, nuisance)
        nuisance = sums.nuisance
        step = float(np.clip(-sums.gradient[0] / sums.hessian[0, 0], -2, 2))
        mu += step
        arrived = abs(step) < STILL
        if arrived or abs(mu) > FAR:
            break
    sums = _at_zero(likelihood, mu, nuisance)
    se = float(1 / np.sqrt(-sums.hessian[0, 0]))
    return _Maximum(mu, 0.0, sums.loglik, se, se, arrived)


def _maximum(likelihood: TrialLikelihood, at_zero: _Maximum) -> _Maximum:
    """The best over tau: Newton from several starts with few nodes, the best again with all."""
    rough = [_newton(likelihood, at_zero.mu, tau, SEARCH_NODES) for tau in STARTS]
    rough = [found for found in rough if np.isfinite(found.loglik)]
    if not rough:
        return at_zero
    start = max(rough, key=lambda found: found.loglik)
    found = _newton(likelihood, start.mu, start.tau, NODES)
    return found if found.loglik > at_zero.loglik + 1e-9 and found.tau > 1e-4 else at_zero


def _newton(likelihood: TrialLikelihood, mu: float, tau: float, count: int) -> _Maximum:
    """Newton steps in (mu, tau); tau moves by a factor of 3 at most, downwards to 0."""
    nuisance, arrived = likelihood.start(), False
    for _ in range(STEPS):
        sums = _integrated(likelihood, mu, tau, nuisance, count)
        nuisance = sums.nuisance
        h = sums.hessian
        h_tau = h[1, 1] - h[0, 1] ** 2 / h[0, 0]
        slope = sums.gradient[1] - h[0, 1] / h[0, 0] * sums.gradient[0]
        # where the profile in tau bends upwards its curvature says nothing: a bounded step uphill
        step_tau = -slope / h_tau if h_tau < 0 else np.sign(slope) * tau
        step_tau = float(np.clip(step_tau, -2 / 3 * tau, 2 * tau))
        step_mu = float(np.clip(-(sums.gradient[0] + h[0, 1] * step_tau) / h[0, 0], -2, 2))
        mu, tau = mu + step_mu, tau + step_tau
        arrived = abs(step_mu) < STILL and abs(step_tau) < STILL * (1 + tau)
        if arrived or tau < 1e-5 or abs(mu) > FAR or tau > FAR_TAU:
            break
    sums = _integrated(likelihood, mu, tau, nuisance, count)
    h = sums.hessian
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(-h[1, 1] / (h[0, 0] * h[1, 1] - h[0, 1] ** 2))
        fixed = 1 / np.sqrt(-h[0, 0])
    return _Maximum(mu, tau, sums.loglik, float(se), float(fixed), arrived)


def _at_zero(likelihood: TrialLikelihood, mu: float, nuisance: Floats) -> _Sums:
    """Without differences between trials: the effects are all `mu`."""
    theta = np.full((likelihood.k, 1), mu)
    for _ in range(STEPS):
        p = likelihood.at(theta, nuisance)
        if p.slope is None or p.bend is None:
            break
        step = np.clip(-p.slope / p.bend, -2, 2)[:, 0]
        nuisance = nuisance + step
        if np.abs(step).max() < STILL:
            break
    p = likelihood.at(theta, nuisance)
    second = p.second
    if p.bend is not None:
        second = second - _cross(likelihood, theta, nuisance) ** 2 / p.bend
    hessian = np.array([[second.sum(), 0.0], [0.0, -1.0]])
    return _Sums(float(p.value.sum()), np.array([p.first.sum(), 0.0]), hessian, nuisance)


def _cross(likelihood: TrialLikelihood, theta: Floats, nuisance: Floats) -> Floats:
    """Mixed second derivative along theta and the nuisance, (k, 1), by a central difference."""
    step = 1e-5
    up, down = likelihood.at(theta, nuisance + step), likelihood.at(theta, nuisance - step)
    return np.asarray((up.first - down.first) / (2 * step))


def _integrated(
    likelihood: TrialLikelihood, mu: float, tau: float, nuisance: Floats, count: int
) -> _Sums:
    """The integral over the effects; the derivatives by Louis (1982), JRSS B 44:226."""
    nodes, log_weights = hermite_nodes(count)
    centre = np.full((likelihood.k, 1), mu)
    for _ in range(STEPS):
        centre, spread = _mode(likelihood, mu, tau, nuisance, centre)
        theta = centre + spread * nodes
        p = likelihood.at(theta, nuisance)
        z = (theta - mu) / tau
        # the nodes' weights already hold the inverse of the standard normal density
        logs = p.value - z * z / 2 + np.log(spread / tau) + log_weights
        value = logsumexp(logs, axis=1)
        weights = np.exp(logs - value[:, None])
        if p.slope is None:
            break
        step = _nuisance_step(p, weights)
        nuisance = nuisance + step
        if np.abs(step).max() < STILL:
            break
    return _louis(p, weights, z, tau, value, nuisance)


def _mode(
    likelihood: TrialLikelihood, mu: float, tau: float, nuisance: Floats, centre: Floats
) -> tuple[Floats, Floats]:
    """Where each trial's integrand is highest, and its width there, (k, 1) each."""
    for _ in range(STEPS):
        p = likelihood.at(centre, nuisance)
        bend = p.second - 1 / tau**2
        step = np.clip(-(p.first - (centre - mu) / tau**2) / bend, -2, 2)
        centre = centre + step
        if np.abs(step).max() < 1e-8:
            break
    p = likelihood.at(centre, nuisance)
    return centre, 1 / np.sqrt(1 / tau**2 - p.second)


def _nuisance_step(p: Point, weights: Floats) -> Floats:
    """A Newton step (k,) of the nuisance parameters on the integrated likelihood."""
    assert p.slope is not None and p.bend is not None
    mean = (weights * p.slope).sum(axis=1)
    bend = (weights * (p.bend + p.slope**2)).sum(axis=1) - mean**2
    # the integrated likelihood may bend upwards far from its top: then the complete-data curvature
    bend = np.where(bend < 0, bend, (weights * p.bend).sum(axis=1))
    return np.asarray(np.clip(-mean / bend, -2, 2))


def _louis(
    p: Point, weights: Floats, z: Floats, tau: float, value: Floats, nuisance: Floats
) -> _Sums:
    """Gradient and Hessian in (mu, tau) summed over trials, nuisance parameters profiled out."""
    scores = [z / tau, (z * z - 1) / tau]
    second = {
        (0, 0): np.full_like(z, -1 / tau**2),
        (0, 1): -2 * z / tau**2,
        (1, 1): (1 - 3 * z * z) / tau**2,
    }
    if p.slope is not None and p.bend is not None:
        scores.append(p.slope)
        second |= {(0, 2): np.zeros_like(z), (1, 2): np.zeros_like(z), (2, 2): p.bend}
    means = [(weights * s).sum(axis=1) for s in scores]
    h = np.zeros((len(scores), len(scores), len(value)))
    for (i, j), direct in second.items():
        mixed = (weights * (direct + scores[i] * scores[j])).sum(axis=1)
        h[i, j] = h[j, i] = mixed - means[i] * means[j]
    hessian = h[:2, :2]
    if len(scores) == 3:
        hessian = hessian - h[:2, None, 2] * h[None, :2, 2] / h[2, 2]
    gradient = np.array([means[0].sum(), means[1].sum()])
    return _Sums(float(value.sum()), gradient, hessian.sum(axis=2), nuisance)

"""A fitted model as a truth: the distribution of its studies, and reviews drawn from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betainc, ndtr

from .arrays import ArrayLike, Floats, Ints
from .bayes_grid import posterior
from .effects import back_transform, expit, freeman_tukey_sizes, logit, transform
from .marginal import logistic_normal_mean
from .models import TAU_SCALE, Model, named_model
from .pooling import pool
from .quadrature import hermite_nodes

#: Values of tau at which its posterior is tabulated; nodes of the variance of normal logits.
TAU_VALUES, RHO_NODES = 801, 61
#: A rho below is 0.
LEAST_RHO = 1e-9


@dataclass(frozen=True, slots=True)
class Truth:
    """The distribution of the studies' proportions.

    Parameters
    ----------
    measure : str
        The scale on which it is normal, as in `effect_sizes`; or `beta`.
    mean : float
        On that scale; of a beta distribution the mean proportion.
    tau : float or array, shape (B,)
        Its standard deviation there, of a beta distribution rho: one, or one for each drawn review.
    size : float, optional
        Of PFT: the sample size of its inverse.
    """

    measure: str
    mean: float
    tau: float | Floats
    size: float | None = None

    def draw(self, rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
        """True proportions."""
        tau = np.broadcast_to(np.asarray(self.tau, float), shape[:1])[:, None]
        if self.measure == "beta":
            rho = np.maximum(tau, 1e-12)
            m = (1 - rho) / rho
            values = rng.beta(self.mean * m, (1 - self.mean) * m, shape)
            return np.where(tau > LEAST_RHO, values, self.mean)
        return self._back(self.mean + tau * rng.standard_normal(shape))

    def _back(self, values: ArrayLike) -> Floats:
        return back_transform(values, self.measure, self.size)

    def first(self, count: int) -> "Truth":
        """The truth of the first `count` reviews."""
        return self if np.ndim(self.tau) == 0 else replace(self, tau=np.asarray(self.tau)[:count])

    def typical(self) -> float:
        """The proportion of the median study (for the beta-binomial: the mean)."""
        return self.mean if self.measure == "beta" else float(self._back(self.mean))

    def average(self) -> float | Floats:
        """The mean proportion over the population of studies, of each review if tau differs."""
        if self.measure == "beta":
            return self.mean
        if self.measure == "PLO":
            mean = logistic_normal_mean(self.mean, self.tau)[0]
        else:
            z = np.linspace(-8, 8, 1601)
            weight = np.exp(-0.5 * z * z)
            values = self._back(self.mean + np.multiply.outer(self.tau, z))
            mean = values @ weight / weight.sum()
        return float(mean) if np.ndim(self.tau) == 0 else mean

    def below(self, proportion: Floats) -> Floats:
        """Probability that a new study's true proportion lies below (B,)."""
        p, tau = np.asarray(proportion, float), np.asarray(self.tau, float)
        with np.errstate(invalid="ignore", divide="ignore"):
            if self.measure == "beta":
                m = (1 - tau) / tau
                spread = betainc(self.mean * m, (1 - self.mean) * m, p)
                return np.where(tau > LEAST_RHO, spread, p >= self.mean)
            away = transform(p, self.measure) - self.mean
            return np.where(tau > 0, ndtr(away / tau), away >= 0)


def truth_of(events: ArrayLike, total: ArrayLike, model: Model | str) -> Truth | None:
    """The fitted model as a truth to draw from.

    Parameters
    ----------
    events, total : array_like of int, shape (k,)
        Counts of the review.
    model : Model or str
        See `pool`.

    Returns
    -------
    Truth or None
        None where the fit has no distribution of studies.

    Raises
    ------
    SynthesisError
        As `pool`.
    """
    model = named_model(model)
    fit = pool(events, total, model)
    at, link = fit.estimate, fit.estimate_link
    if not fit.converged or link is None or at is None or not 0 < at < 1:
        return None
    if model.likelihood == "beta_binomial":
        return None if fit.rho is None else Truth("beta", at, fit.rho)
    if fit.tau2 is None and not (model.likelihood == "normal" and model.tau2 == "EE"):
        return None
    measure = model.effect_measure
    size = float(freeman_tukey_sizes(total)["harmonic"]) if measure == "PFT" else None
    return Truth(measure, link, float(np.sqrt(fit.tau2 or 0.0)), size)


def uncertain(
    truth: Truth, events: ArrayLike, total: ArrayLike, datasets: int, seed: int | Sequence[int]
) -> Truth:
    """The truth with a spread for each review, drawn from its posterior given the counts.

    The posterior of tau is that of the Bayesian model with the usual prior, on the logit; on
    another scale tau is that of the same studies near the mean, of a beta distribution the rho of
    the same variance. A truth at a border (tau = 0) is then one of many that the data allow.

    Parameters
    ----------
    truth : Truth
        The fitted distribution.
    events, total : array_like of int, shape (k,)
        Counts of the review.
    datasets : int
        How many spreads.
    seed : int or sequence of int
        Seed of numpy's PCG64.
    """
    x, n = (np.asarray(a, float)[:, None] for a in (events, total))
    grid = posterior(x, n, TAU_SCALE)
    values = np.linspace(0.0, np.arcsinh(1.2 * grid.tau.max() / grid.scale[0]), TAU_VALUES)
    tau = grid.scale[0] * np.sinh(values)
    below = np.maximum.accumulate(grid.cdf_tau(tau))
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn = np.interp(rng.random(datasets) * below[-1], below, tau)
    if truth.measure == "beta":
        return replace(truth, tau=_rho_of(truth.mean, drawn))
    at = float(logit(truth.typical()))
    step = 1e-4
    low, high = (float(transform(expit(at + side), truth.measure)) for side in (-step, step))
    return replace(truth, tau=drawn * (high - low) / (2 * step))


def _rho_of(mean: float, tau: Floats) -> Floats:
    """The rho (B,) of the beta distribution with the mean and variance of normal logits."""
    z, log_weight = hermite_nodes(RHO_NODES)
    weight = np.exp(log_weight - 0.5 * z * z)
    p = expit(float(logit(mean)) + tau[:, None] * z)
    centre = p @ weight
    return np.maximum((p * p) @ weight - centre**2, 0.0) / (centre * (1 - centre))


def simulate(truth: Truth, total: ArrayLike, datasets: int, seed: int | Sequence[int]) -> Ints:
    """Draw reviews whose studies have the given sizes.

    Parameters
    ----------
    truth : Truth
        The distribution of the studies' true proportions.
    total : array_like of int, shape (k,)
        Sizes.
    datasets : int
        How many reviews.
    seed : int or sequence of int
        Seed of numpy's PCG64.

    Returns
    -------
    array of int, shape (datasets, k)
        Events.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    n = np.asarray(total, int)
    return rng.binomial(n, truth.draw(rng, (datasets, n.size)))

"""How far to trust each interval for this review: datasets drawn from a fitted model, pooled again.

Studies keep their sizes; their true proportions are drawn from the fitted mean with a spread drawn
from its posterior, their events from the binomial. Every model is fitted to every dataset (a
Bayesian one to some of the first source; the workflow leaves it out), and the share of intervals
that hold the true value is their coverage. The prediction interval's coverage is exact for each
dataset: the probability that it holds the true proportion of a new study.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import betainc, ndtr

from .arrays import ArrayLike, Bools, Columns, Floats, Ints
from .batch_results import LIKELIHOOD_RESULTS, exact_results, without_variation
from .bayes_grid import posterior
from .effects import (
    back_transform,
    effect_sizes,
    expit,
    freeman_tukey_sizes,
    logit,
    transform,
)
from .genq import limits_of_estimator
from .marginal import logistic_normal_mean
from .model_columns import Asked
from .models import TAU_SCALE, Model, named_model
from .new_effect import new_effect
from .pooling import pool, pool_many
from .quadrature import hermite_nodes
from .stack import stack
from .twostep import fit_stack

DATASETS = 2000
#: A Bayesian fit takes a hundred times as long as another.
BAYES_DATASETS = 200
#: Values of tau at which its posterior is tabulated; nodes of the variance of normal logits.
TAU_VALUES, RHO_NODES = 801, 61
#: A rho below is 0.
LEAST_RHO = 1e-9
SEED = 20210101
#: Quadrature for drawn datasets: the error of drawing is a thousand times that of these nodes.
RUNGS, STILL = (15, 31, 61, 121, 241), 1e-5


@dataclass(frozen=True, slots=True)
class Truth:
    """The distribution of the studies' proportions: `measure` scale normal with `mean` and `tau`,
    or beta with `mean` and, as `tau`, rho when `measure` is "beta". `tau` is a number, or one for
    each drawn review (B,)."""

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

    def usual(self) -> "Truth":
        """The same with one tau, the median."""
        return replace(self, tau=float(np.median(self.tau)))

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


@dataclass(frozen=True, slots=True)
class Calibration:
    """One interval of one model: over `datasets` that gave one (`failed` did not), how often it
    held the true value (`coverage`, Monte Carlo error `coverage_se`), its mean `width` and the mean
    error of the estimate (`bias`), on the 0-1 scale."""

    interval: str
    datasets: int
    failed: int
    coverage: float
    coverage_se: float
    width: float
    bias: float | None


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


#: What is judged of every dataset.
RESULTS = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high", "converged")


def calibrate(
    events: ArrayLike, total: ArrayLike, model: Model, truth: Truth, *, level: float = 0.95
) -> list[Calibration]:
    """How the confidence and the prediction interval of a model do on drawn reviews.

    Parameters
    ----------
    events : array_like of int, shape (B, k)
        Drawn events.
    total : array_like of int, shape (k,)
        Sizes of the studies.
    model : Model
        The model judged.
    truth : Truth
        What the events were drawn from.
    level : float
        Nominal coverage.

    Returns
    -------
    list of Calibration
        Confidence interval; prediction interval for three studies or more.
    """
    (rows,) = _calibrations(events, total, [model], truth, level)
    return rows


def _calibrations(
    events: ArrayLike, total: ArrayLike, models: Sequence[Model], truth: Truth, level: float
) -> list[list[Calibration]]:
    """The same of several models of one likelihood, which share their fits."""
    x = np.asarray(events, float).T.copy()
    n = np.broadcast_to(np.asarray(total, float)[:, None], x.shape).copy()
    results = _results(x, n, models, truth, level)
    return [_judged(got, m, truth, n.shape[0]) for m, got in zip(models, results, strict=True)]


def _judged(got: Columns, model: Model, truth: Truth, k: int) -> list[Calibration]:
    """Whether the intervals of every dataset hold what they should."""
    target = truth.average() if model.likelihood == "beta_binomial" else truth.typical()
    low, high = got["ci_low"], got["ci_high"]
    there = got["converged"] & np.isfinite(low) & np.isfinite(high)
    held, width = (low <= target) & (target <= high), high - low
    rows = [_row("confidence", there, held, width, got["estimate"] - target)]
    if k > 2 and not (model.likelihood == "normal" and model.tau2 == "EE"):
        share = truth.below(got["pi_high"]) - truth.below(got["pi_low"])
        there = got["converged"] & np.isfinite(got["pi_low"]) & np.isfinite(got["pi_high"])
        rows.append(_row("prediction", there, share, got["pi_high"] - got["pi_low"]))
    return rows


def calibrate_all(
    events: ArrayLike,
    total: ArrayLike,
    models: Mapping[str, Model],
    *,
    datasets: int = DATASETS,
    seed: int = SEED,
    level: float = 0.95,
) -> list[tuple[str, str, Calibration]]:
    """Every model on datasets drawn from every fitted model.

    Parameters
    ----------
    events, total : array_like of int, shape (k,)
        Counts of the review.
    models : mapping of str to Model
        By their names.
    datasets, seed : int
        How many are drawn from each model; a Bayesian one is judged by `BAYES_DATASETS` of them,
        and on the first source only.

    Notes
    -----
    The mean is the model's estimate; tau is drawn anew for every review from its posterior, as the
    estimate may be far off (`uncertain`): intervals judged at an estimate of 0 look better than
    they are. The Bayesian models are no sources, as all have their tau from that posterior.

    Returns
    -------
    list of (str, str, Calibration)
        Name of the model, name of the model drawn from, and what was found. A model that has no
        distribution of studies to draw from, or the same as one before, is left out as a source.
    """
    rows, seen = [], set()
    for number, (source, fitted) in enumerate(models.items()):
        point = None if fitted.likelihood == "bayes" else truth_of(events, total, fitted)
        if point is None or point in seen:
            continue
        seen.add(point)
        truth = point
        if fitted.tau2 != "EE":
            truth = uncertain(point, events, total, datasets, [seed, number, 1])
        drawn = simulate(truth, total, datasets, [seed, number])
        found: dict[str, list[Calibration]] = {}
        for likelihood in dict.fromkeys(model.likelihood for model in models.values()):
            if likelihood == "bayes" and len(seen) > 1:
                continue
            count = BAYES_DATASETS if likelihood == "bayes" else datasets
            alike = {n: model for n, model in models.items() if model.likelihood == likelihood}
            of_alike = list(alike.values())
            judged = _calibrations(drawn[:count], total, of_alike, truth.first(count), level)
            found |= dict(zip(alike, judged, strict=True))
        rows += [(name, source, one) for name in models for one in found.get(name, ())]
    return rows


def _row(
    name: str, there: Bools, held: Floats | Bools, width: Floats, error: Floats | None = None
) -> Calibration:
    count = int(there.sum())
    if not count:
        return Calibration(name, 0, int(there.size), np.nan, np.nan, np.nan, None)
    held = held[there].astype(float)
    return Calibration(
        name, count, int(there.size) - count, float(held.mean()),
        float(held.std() / np.sqrt(count)), float(width[there].mean()),
        None if error is None else float(error[there].mean()),
    )  # fmt: skip


def _results(
    x: Floats, n: Floats, models: Sequence[Model], truth: Truth, level: float
) -> list[Columns]:
    """Estimate, confidence and prediction limits of every dataset, for models of one likelihood."""
    likelihood = models[0].likelihood
    if likelihood == "normal":
        return [_two_step(x, n, model, level) for model in models]
    if likelihood == "bayes":
        return [_pooled(x, n, model, level) for model in models]
    k = np.full(x.shape[1], float(x.shape[0]))
    out = exact_results(x, n, level)
    out |= {"pi_low": np.full(k.shape, np.nan), "pi_high": np.full(k.shape, np.nan)}
    some = np.flatnonzero(~without_variation(x, n, k))
    if not some.size:
        return [out] * len(models)
    search: dict[str, Any] = {}
    if likelihood == "binomial_normal" and truth.measure == "PLO":
        start = ([truth.mean], max(float(truth.usual().tau), 0.3))
        search = {"start": start, "rungs": RUNGS, "still": STILL}
    part, how = (x[:, some], n[:, some], k[some]), [str(model.ci) for model in models]
    fitted = LIKELIHOOD_RESULTS[likelihood](*part, how, Asked(level), predict=True, **search)
    found = []
    for _, got in fitted:
        whole = {name: out[name].copy() for name in RESULTS}
        for name in RESULTS:
            whole[name][some] = got[name]
        found.append(whole)
    return found


def _pooled(x: Floats, n: Floats, model: Model, level: float) -> Columns:
    many = pool_many(x.T, n.T, model, level=level)
    return {name: getattr(many, name) for name in RESULTS}


def _two_step(x: Floats, n: Floats, model: Model, level: float) -> Columns:
    """The same of a two-step model, without the columns of `pool_many` that nobody asks for."""
    e = effect_sizes(x.T, n.T, model.effect_measure)
    s, _ = stack(e.yi, e.vi)
    f = fit_stack(s, str(model.tau2), str(model.ci), level)
    found = {name: f[name] for name in ("estimate", "ci_low", "ci_high")}
    if model.tau2 != "EE":
        ends = (np.full(s.k.shape, np.nan),) * 2
        if model.prediction == "integrated":
            ends = limits_of_estimator(s, f["tau2"], str(model.tau2), level)[:2]
        predicted = new_effect(s, f, ends, level, str(model.prediction))
        found |= dict(zip(("pi_low", "pi_high"), predicted, strict=True))
    sizes = freeman_tukey_sizes(n, axis=0)["harmonic"]
    back = {name: back_transform(v, model.effect_measure, sizes) for name, v in found.items()}
    return back | {"converged": f["converged"].astype(bool)}

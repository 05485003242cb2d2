"""How far to trust each interval for this review: datasets drawn from a fitted model, pooled again.

Studies keep their sizes; their true proportions are drawn from the fitted mean with a spread drawn
from its posterior, their events from the binomial. Every model is fitted to every dataset (a
Bayesian one to some of the first source; the workflow leaves it out), and the share of intervals
that hold the true value is their coverage. The prediction interval's coverage is exact for each
dataset: the probability that it holds the true proportion of a new study.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arguments import check_share
from .arrays import ArrayLike, Bools, Columns, Floats
from .batch_results import LIKELIHOOD_RESULTS, exact_results, without_variation
from .effects import back_transform, effect_sizes, freeman_tukey_sizes
from .genq import limits_of_estimator
from .model_columns import Asked
from .models import Model
from .new_effect import new_effect
from .pooling import pool_many
from .stack import stack
from .truths import Truth, simulate, truth_of, uncertain
from .twostep import fit_stack

DATASETS = 2000
#: A Bayesian fit takes a hundred times as long as another.
BAYES_DATASETS = 200
SEED = 20210101
#: Quadrature for drawn datasets: the error of drawing is a thousand times that of these nodes.
RUNGS, STILL = (15, 31, 61, 121, 241), 1e-5


@dataclass(frozen=True, slots=True)
class Calibration:
    """How one interval of one model did on drawn reviews, on the 0-1 scale.

    Parameters
    ----------
    interval : {"confidence", "prediction"}
        Which one.
    datasets, failed : int
        Reviews that gave one, and that did not.
    coverage, coverage_se : float
        How often it held the true value, and the Monte Carlo error of that; of the prediction
        interval the mean share of new studies that lie in it.
    width : float
        Its mean length.
    bias : float, optional
        The mean error of the estimate, with the confidence interval.
    """

    interval: str
    datasets: int
    failed: int
    coverage: float
    coverage_se: float
    width: float
    bias: float | None


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

    Raises
    ------
    SynthesisError
        For counts that are not counts, and a level that does not lie between 0 and 1.
    """
    level = check_share("level", level)
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
        How many are drawn from each model; a Bayesian one is judged by `BAYES_DATASETS` of them
        and on the first source only.
    level : float
        Nominal coverage.

    Returns
    -------
    list of (str, str, Calibration)
        Name of the model, name of the model drawn from, and what was found. A model that has no
        distribution of studies to draw from, or the same as one before, is left out as a source.

    Raises
    ------
    SynthesisError
        As `pool`.

    Notes
    -----
    The mean is the model's estimate; tau is drawn anew for every review from its posterior, as the
    estimate may be far off (`uncertain`): intervals judged at an estimate of 0 look better than
    they are. The Bayesian models are no sources, as all have their tau from that posterior.
    """
    level = check_share("level", level)
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
        fits = [pool_many(x.T, n.T, model, level=level) for model in models]
        return [{name: getattr(fit, name) for name in RESULTS} for fit in fits]
    k = np.full(x.shape[1], float(x.shape[0]))
    out = exact_results(x, n, level)
    out |= {"pi_low": np.full(k.shape, np.nan), "pi_high": np.full(k.shape, np.nan)}
    some = np.flatnonzero(~without_variation(x, n, k))
    if not some.size:
        return [out] * len(models)
    search: dict[str, Any] = {}
    if likelihood == "binomial_normal" and truth.measure == "PLO":
        start = ([truth.mean], max(float(np.median(truth.tau)), 0.3))
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

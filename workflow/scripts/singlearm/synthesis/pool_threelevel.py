"""Columns of the two-step model of arms within trials (`threelevel`), for one dataset.

Limits have t quantiles with trials - 1 degrees of freedom. In simulation they held 94% or more of
the truths from five trials on (docs/statistics.md, section 12), where CR2 on top of the model held
no more and has, with five equal trials, fewer than the four degrees of freedom it needs.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from scipy.special import chdtrc, ndtri

from .arrays import Columns, Floats
from .effects import back_transform, effect_sizes, freeman_tukey_sizes, transform
from .heterogeneity import typical_variance
from .model_columns import Asked, ModelColumns
from .models import Model
from .new_study import Predictive, spread_values
from .notes import NoteTable
from .pool_normal import add_value_notes, average
from .stack import stack
from .suitability import predictable
from .threelevel import ThreeLevel, three_level
from .twostep import prediction_interval, probability_above, quantile, wald_limits


def columns(
    x: Floats, n: Floats, trials: Sequence[object], model: Model, asked: Asked
) -> ModelColumns:
    """Columns (1,) for counts (K,) of arms whose trials are named; both variances are REML's."""
    measure = model.effect_measure
    e = effect_sizes(x, n, measure)
    fit = three_level(e.yi, e.vi, trials, level=asked.level, profile=asked.tau2_limits)
    back = partial(back_transform, measure=measure, size=freeman_tukey_sizes(n)["harmonic"])
    mean, se, tau2 = (np.array([v]) for v in (fit.estimate, fit.se, fit.total))
    df = np.array([fit.clusters - 1.0])
    null = None if asked.null_value is None else transform([asked.null_value], measure)
    out = {"estimate": back(mean), "estimate_link": mean, "se_link": se, "tau2": tau2}
    out |= wald_limits(mean, se, df, asked.level, null, back)
    out |= _variances(e.yi, e.vi, fit)
    t = quantile(df, asked.level)
    half = t * se
    if measure == "PLO":
        out |= average(mean, se, tau2, t)
    if predictable(fit.clusters):
        at = None
        if asked.threshold is not None and measure != "PFT":
            at = float(transform(asked.threshold, measure))
        low, high, above = _prediction(fit, half, at, model, asked.level)
        out |= {"pi_low": back(low), "pi_high": back(high)}
        out |= {} if above is None else {"p_above": above}
    notes = NoteTable(1)
    link = {"estimate": mean, "se": se, "ci_high": mean + half, "ci_low": mean - half}
    there = np.ones((x.size, 1), bool)
    add_value_notes(notes, link, out["estimate"], measure, x[:, None], n[:, None], there)
    notes.add(model.tau2 != "REML", "variances_by_reml")
    weights = _weights(e.vi, trials, fit)[:, None]
    return ModelColumns(out, np.array([fit.converged]), weights, notes)


def _prediction(
    fit: ThreeLevel, half: Floats, threshold: float | None, model: Model, level: float
) -> tuple[Floats, Floats, Floats | None]:
    """Limits of a new arm of a new trial, and the probability that it lies above the threshold.

    Mean and total spread integrated out as everywhere (`new_study`), or both as they are estimated
    (`prediction: t`).
    """
    mean, se, tau2 = (np.array([v]) for v in (fit.estimate, fit.se, fit.total))
    if model.prediction == "t":
        of_trials = (mean, se, tau2, np.array([float(fit.clusters)]))
        low, high = prediction_interval(*of_trials, level=level)
        return low, high, None if threshold is None else probability_above(threshold, *of_trials)
    z = float(ndtri(0.5 + level / 2))
    root_at_zero = -np.sqrt(2 * np.maximum(np.array([fit.loglik - fit.loglik_common]), 0))
    least, most = (np.sqrt(np.array([end])) for end in (fit.total_low, fit.total_high))
    spread, weights = spread_values(np.sqrt(tau2), least, most, root_at_zero, z)
    new = Predictive(mean, half / z, half / z, spread, weights)
    low, high = new.limits(level)
    return low, high, None if threshold is None else 1 - new.cdf(threshold)[0]


def _variances(yi: Floats, vi: Floats, fit: ThreeLevel) -> Columns:
    """Limits of the variances and of their sum, I2 and H2, and the test that studies agree."""
    vt = float(typical_variance(stack(yi, vi)[0])[0])
    ends = {"": fit.total, "_low": fit.total_low, "_high": fit.total_high}
    out = {f"tau2{end}": value for end, value in ends.items()}
    out |= {f"i2{end}": value / (value + vt) for end, value in ends.items()}
    df = fit.k - 1
    out |= {"h2": fit.total / vt + 1, "q": fit.q, "q_df": df, "q_p": float(chdtrc(df, fit.q))}
    out |= {
        "loglik": fit.loglik,
        "tau2_trials": fit.sigma2_cluster,
        "tau2_trials_low": fit.sigma2_cluster_low,
        "tau2_trials_high": fit.sigma2_cluster_high,
        "tau2_arms": fit.sigma2_arm,
        "tau2_arms_low": fit.sigma2_arm_low,
        "tau2_arms_high": fit.sigma2_arm_high,
    }
    return {name: np.array([float(value)]) for name, value in out.items()}


def _weights(vi: Floats, trials: Sequence[object], fit: ThreeLevel) -> Floats:
    """Percent per arm (K,): the row sums of the inverse of the covariance."""
    _, index = np.unique([str(label) for label in trials], return_inverse=True)
    own = 1 / (vi + fit.sigma2_arm)
    of_trial = np.bincount(index, own)
    weights = own / (1 + fit.sigma2_cluster * of_trial[index])
    return np.asarray(100 * weights / weights.sum())

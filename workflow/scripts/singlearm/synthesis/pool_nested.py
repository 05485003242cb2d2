"""Columns of the binomial model of arms within trials, for one dataset.

The mean is that of the median arm of the median trial; where a new arm of a new trial lies rests on
both variances together, so tau2 and what follows from it are of their sum.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import chdtrc, ndtri

from .arrays import Columns, Floats
from .effects import expit, logit
from .marginal import marginal_interval
from .model_columns import Asked, ModelColumns
from .nested_climb import Held
from .nested_glmm import NestedFit, fit_nested, profile_spread
from .new_study import Predictive, spread_values
from .notes import NoteTable
from .pool_binomial import inconsistency, saturated_loglik
from .suitability import predictable
from .twostep import quantile, wald_limits


def columns(x: Floats, n: Floats, trials: Sequence[object], asked: Asked) -> ModelColumns:
    """Columns (1,) for counts (K,) of arms whose trials are named.

    The interval of the mean and that of the average have t quantiles with trials - 1 degrees of
    freedom and the full information in the mean and both spreads; the variances have profile
    limits; prediction integrates mean and total spread out (`new_study`).
    """
    fit = fit_nested(x, n, trials)
    ok = np.array([fit.converged])
    notes = NoteTable(1)
    if not fit.converged:
        return ModelColumns({}, ok, fit.weights[:, None], notes)
    mu, total = np.array([fit.at[0]]), np.array([fit.total])
    df = float(fit.arms.starts.size - 1)
    se = np.sqrt(np.array([fit.covariance[0, 0]]))
    out = {"estimate": expit(mu), "estimate_link": mu, "se_link": se, "tau2": total**2}
    null = None if asked.null_value is None else logit(np.array([asked.null_value]))
    out |= wald_limits(mu, se, df, asked.level, null, expit)
    covariance = fit.covariance_of_total()[..., None]
    out |= marginal_interval(mu, total, covariance, quantile(df, asked.level))
    out |= _variances(fit, asked)
    k = float(x.size)
    q = 2 * np.maximum(saturated_loglik(x[:, None], n[:, None]) - fit.loglik_common, 0)
    out |= {"q": q, "q_df": np.array([k - 1]), "q_p": chdtrc(k - 1, q)}
    there = np.ones((x.size, 1), bool)
    spread = (out["tau2"], out["tau2_low"], out["tau2_high"])
    out |= inconsistency(x[:, None], n[:, None], there, spread)
    if predictable(fit.arms.starts.size) and np.isfinite(out["tau2_high"][0]):
        out |= _prediction(fit, out, asked)
    return ModelColumns(out | {"loglik": np.array([fit.loglik])}, ok, fit.weights[:, None], notes)


def _variances(fit: NestedFit, asked: Asked) -> Columns:
    """Limits of the sum of the variances and of each, and the test that both are 0."""
    z = float(ndtri(0.5 + asked.level / 2))
    out = {"tau2_p": _p_of_no_spread(fit)}
    parts: tuple[tuple[str, float, Held], ...] = (
        ("tau2", fit.total, "total"),
        ("tau2_trials", fit.at[1], "trial"),
        ("tau2_arms", fit.at[2], "arm"),
    )
    for name, value, held in parts:
        low, high = profile_spread(fit, held, z) if asked.tau2_limits else (np.nan, np.nan)
        out |= {name: float(value**2), f"{name}_low": low**2, f"{name}_high": high**2}
    return {name: np.array([value]) for name, value in out.items()}


def _p_of_no_spread(fit: NestedFit) -> float:
    """p of the likelihood ratio for no variance at all.

    Both variances lie at the end of their range, so the ratio is a mixture of chi-squares with 0, 1
    and 2 degrees of freedom, whose shares follow from the angle between the two in the metric of
    their information (Self and Liang 1987, JASA 82:605, case 7).
    """
    ratio = 2 * max(fit.loglik - fit.loglik_common, 0.0)
    if fit.total == 0:
        return 1.0
    p = fit.arms.x.sum() / fit.arms.n.sum()
    information = fit.arms.n * p * (1 - p)
    of_trials = fit.arms.summed(information)
    cosine = np.sqrt((information**2).sum() / (of_trials**2).sum())
    both = float(np.arccos(min(cosine, 1.0))) / (2 * np.pi)
    return float(0.5 * chdtrc(1, ratio) + both * chdtrc(2, ratio))


def _prediction(fit: NestedFit, found: Columns, asked: Asked) -> Columns:
    """Limits of a new arm in a new trial, and the probability that it lies above the threshold."""
    z = float(ndtri(0.5 + asked.level / 2))
    gain = -np.sqrt(2 * np.maximum(np.array([fit.loglik - fit.loglik_common]), 0))
    ends = np.sqrt(found["tau2_low"]), np.sqrt(found["tau2_high"])
    spread, weights = spread_values(np.array([fit.total]), *ends, gain, z)
    low, high = found["ci_low_link"], found["ci_high_link"]
    new = Predictive.of(np.array([fit.at[0]]), low, high, np.array([z]), spread, weights)
    low, high = new.limits(asked.level)
    out = {"pi_low": expit(low), "pi_high": expit(high)}
    if asked.threshold is not None:
        below, _ = new.cdf(float(logit(asked.threshold)))
        out["p_above"] = 1 - below
    return out

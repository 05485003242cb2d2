"""Columns of the beta-binomial model."""

import numpy as np
from scipy.special import chdtrc, ndtri

from .arrays import Bools, Columns, Floats
from .beta_binomial import (
    BetaBinomialFit,
    fit_beta_binomial,
    maximised_loglik,
    profile_mean,
    profile_rho,
    tally,
)
from .effects import expit, logit
from .model_columns import ModelColumns
from .models import Model
from .notes import NoteTable
from .prediction_beta import BetaPredictive
from .twostep import interval


def columns(
    x: Floats, n: Floats, present: Bools, model: Model, level: float, threshold: float | None
) -> ModelColumns:
    """Columns (B,) for counts (K, B) with n = 0 where absent.

    The mean of the beta distribution is the population average, so `estimate` and `marginal` agree.
    ci: profile, wald or t (k-1), on the logit of the mean. The prediction interval holds the
    quantiles of the beta distribution, mean and rho integrated out. Weights
    are n / (1 + (n - 1) rho), those of the best linear mean.
    """
    z = ndtri(0.5 + level / 2)
    k = present.sum(axis=0).astype(float)
    fit = fit_beta_binomial(x, n)
    notes = NoteTable(k.size)
    at, se = logit(fit.m), np.sqrt(fit.variance())
    out = {"estimate": fit.m, "estimate_link": at, "se_link": se, "rho": fit.rho}
    out["loglik"] = fit.loglik
    out |= limits(x, n, fit, str(model.ci), at, se, k, level, z)
    out |= {name: out[of] for name, of in _SAME.items()}
    new = predictive(x, n, fit, at, logit(out["ci_low"]), logit(out["ci_high"]), z)
    several = k > 2
    out["pi_low"] = np.where(several, expit(new.quantile((1 - level) / 2)), np.nan)
    out["pi_high"] = np.where(several, expit(new.quantile((1 + level) / 2)), np.nan)
    if threshold is not None:
        below = new.cdf(np.full(k.shape, float(logit(threshold))))
        out["p_above"] = np.where(several, 1 - below, np.nan)
    size = n / (1 + (n - 1) * fit.rho)
    weights = 100 * size / size.sum(axis=0)
    notes.add(fit.rho == 0, "rho_at_zero")
    missing = ~(np.isfinite(out["ci_low"]) & np.isfinite(out["ci_high"]))
    notes.add(fit.converged & missing, "interval_not_found")
    notes.add(~fit.converged, "no_finite_maximum")
    return ModelColumns(out, fit.converged, weights, notes)


_SAME = {"marginal": "estimate", "marginal_low": "ci_low", "marginal_high": "ci_high"}


def predictive(
    x: Floats, n: Floats, fit: BetaBinomialFit, at: Floats, low: Floats, high: Floats, z: float
) -> BetaPredictive:
    """The distribution of a new study from the logit of the mean with its limits at the root z."""
    root_at_zero = -np.sqrt(2 * np.maximum(fit.loglik - fit.loglik_common, 0))
    rho = (fit.rho, *profile_rho(x, n, fit, z))
    return BetaPredictive.of((at, low, high), rho, root_at_zero, z)


def limits(
    x: Floats,
    n: Floats,
    fit: BetaBinomialFit,
    ci: str,
    at: Floats,
    se: Floats,
    k: Floats,
    level: float,
    z: float,
) -> Columns:
    """Limits on the 0-1 scale and p against 50%, (B,) each, for one of the model's `ci`."""
    if ci == "profile":
        low, high = profile_mean(x, n, fit, z)
        t = tally(x, n)
        start = np.maximum(fit.rho / (1 - fit.rho), 0.05)
        half, _, _ = maximised_loglik(t, np.zeros(k.shape), start)
        p = chdtrc(1, 2 * np.maximum(fit.loglik - t.constant - half, 0))
        return {"ci_low": expit(low), "ci_high": expit(high), "p_value": p}
    out = interval(at, se, np.inf if ci == "wald" else k - 1, level)
    return out | {"ci_low": expit(out["ci_low"]), "ci_high": expit(out["ci_high"])}

"""Columns of the beta-binomial model."""

import numpy as np
from scipy.special import chdtrc, ndtri

from .arrays import Bools, Columns, Floats
from .beta_binomial import (
    BetaBinomialFit,
    best_over_dispersion,
    fit_beta_binomial,
    profile_mean,
    profile_rho,
    tally,
)
from .effects import expit, logit
from .model_columns import Asked, ModelColumns
from .models import Model
from .new_study import small_sample_widening
from .new_study_beta import BetaPredictive
from .notes import NoteTable
from .suitability import predictable
from .twostep import wald_limits


def columns(x: Floats, n: Floats, present: Bools, model: Model, asked: Asked) -> ModelColumns:
    """Columns (B,) for counts (K, B) with n = 0 where absent.

    The mean of the beta distribution is the population average, so `estimate` and `marginal` agree.
    ci: profile, wald or t (k-1), on the logit of the mean. The prediction interval holds the
    quantiles of the beta distribution, mean and rho integrated out. Weights
    are n / (1 + (n - 1) rho), those of the best linear mean.
    """
    level = asked.level
    k = present.sum(axis=0).astype(float)
    fit = fit_beta_binomial(x, n)
    notes = NoteTable(k.size)
    at, se = logit(fit.m), np.sqrt(fit.variance())
    out = {"estimate": fit.m, "estimate_link": at, "se_link": se}
    out |= {"rho": fit.rho, "loglik": fit.loglik}
    out |= limits(x, n, fit, str(model.ci), at, se, k, asked)
    out |= {"marginal": fit.m, "marginal_low": out["ci_low"], "marginal_high": out["ci_high"]}
    if asked.predict:
        new, several = predictive(x, n, fit, out, k, str(model.ci), level), predictable(k)
        for end, q in zip(("pi_low", "pi_high"), new.limits(level), strict=True):
            out[end] = np.where(several, expit(q), np.nan)
        if asked.threshold is not None:
            below = new.cdf(np.full(k.shape, float(logit(asked.threshold))))
            out["p_above"] = np.where(several, 1 - below, np.nan)
    size = n / (1 + (n - 1) * fit.rho)
    weights = 100 * size / size.sum(axis=0)
    notes.add(fit.rho == 0, "rho_at_zero")
    missing = ~(np.isfinite(out["ci_low"]) & np.isfinite(out["ci_high"]))
    notes.add(fit.converged & missing, "interval_not_found")
    notes.add(~fit.converged, "no_finite_maximum")
    return ModelColumns(out, fit.converged, weights, notes)


def predictive(
    x: Floats, n: Floats, fit: BetaBinomialFit, limits: Columns, k: Floats, ci: str, level: float
) -> BetaPredictive:
    """The distribution of a new study from the `limits` of the mean and those of rho."""
    z = float(ndtri(0.5 + level / 2))
    root_at_zero = -np.sqrt(2 * np.maximum(fit.loglik - fit.loglik_common, 0))
    rho = (fit.rho, *profile_rho(x, n, fit, z))
    mean = (logit(fit.m), limits["ci_low_link"], limits["ci_high_link"])
    return BetaPredictive.of(mean, rho, root_at_zero, z, small_sample_widening(k, ci, level))


def limits(
    x: Floats,
    n: Floats,
    fit: BetaBinomialFit,
    ci: str,
    at: Floats,
    se: Floats,
    k: Floats,
    asked: Asked,
) -> Columns:
    """Limits on the 0-1 scale (B,) and as logits (`*_link`), for one of the model's `ci`, and p
    against the value asked."""
    z = ndtri(0.5 + asked.level / 2)
    null = None if asked.null_value is None else np.full(k.shape, logit(asked.null_value))
    if ci == "profile":
        low, high = profile_mean(x, n, fit, z)
        out = {"ci_low": expit(low), "ci_high": expit(high)}
        out |= {"ci_low_link": low, "ci_high_link": high}
        if null is not None:
            t = tally(x, n)
            start = np.maximum(fit.rho / (1 - fit.rho), 0.05)
            there, _, _ = best_over_dispersion(t, null, start)
            out["p_value"] = chdtrc(1, 2 * np.maximum(fit.loglik - t.constant - there, 0))
        return out
    return wald_limits(at, se, np.inf if ci == "wald" else k - 1, asked.level, null, expit)

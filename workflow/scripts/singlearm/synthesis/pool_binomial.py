"""Columns of the binomial-normal model: what the likelihood says, small samples included."""

import numpy as np
from scipy.special import chdtrc, ndtri, xlog1py, xlogy

from .arrays import ArrayLike, Bools, Columns, Floats
from .effects import expit, logit
from .glmm import GlmmFit, fit_glmm
from .heterogeneity import typical_variance
from .marginal import marginal_interval
from .model_columns import Asked, ModelColumns
from .models import Model
from .new_study import Predictive, small_sample_widening, spread_values
from .notes import NoteTable
from .pool_normal import effect_stack
from .profile import profile_loglik, profile_mu, profile_tau, two_maxima
from .quadrature import binomial_constant
from .suitability import predictable
from .twostep import NO_ERROR, quantile, wald_limits

#: tau2 with its limits, (B,) each.
Spread = tuple[Floats, Floats, Floats]


def columns(x: Floats, n: Floats, present: Bools, model: Model, asked: Asked) -> ModelColumns:
    """Columns (B,) for counts (K, B) with n = 0 where absent.

    Every dataset has two studies or more and neither no events nor only events. Standard errors
    come from the full information in (mu, tau). ci: profile (likelihood-ratio limits), wald, t
    (k-1), hk (scaled by the spread of the studies' scores as Hartung and Knapp scale by that of the
    effects, with t k-1), hk_adhoc (the same, never narrower than unscaled).
    """
    fit = fit_glmm(x, n)
    ok, b = fit.converged, x.shape[1]
    notes = NoteTable(b)
    notes.add(~ok, "no_finite_maximum")
    numbers: Columns = {}
    weights = np.full(x.shape, np.nan)
    if ok.any():
        part = fit.columns(ok)
        weights[:, ok] = 100 * part.curvature / part.curvature.sum(axis=0)
        found = _converged(x[:, ok], n[:, ok], present[:, ok], part, model, asked)
        for name, values in found.items():
            numbers[name] = np.full(b, np.nan)
            numbers[name][ok] = values
        limited = "tau2_high" in numbers
        if limited:
            tau_ends = (np.sqrt(numbers[f"tau2_{end}"][ok]) for end in ("low", "high"))
            bimodal = np.zeros(b, bool)
            bimodal[ok] = two_maxima(x[:, ok], n[:, ok], part, *tau_ends)
            notes.add(bimodal, "two_maxima")
        limits_found = np.isfinite(numbers["ci_low"]) & np.isfinite(numbers["ci_high"])
        notes.add(ok & (numbers["tau2"] == 0), "tau2_at_zero")
        notes.add(ok & ~limits_found, "interval_not_found")
        if limited:
            notes.add(ok & ~np.isfinite(numbers["tau2_high"]), "tau2_interval_open")
        if model.ci == "hk":
            factor = np.full(b, np.inf)
            k = present[:, ok].sum(axis=0).astype(float)
            factor[ok] = small_sample_factor(part, k, "hk") * quantile(k - 1, asked.level)
            notes.add(ok & (factor < ndtri(0.5 + asked.level / 2)), "narrower_than_wald")
            notes.add(ok & (factor < NO_ERROR), "standard_error_zero")
    return ModelColumns(numbers, ok, weights, notes)


def _converged(
    x: Floats, n: Floats, present: Bools, fit: GlmmFit, model: Model, asked: Asked
) -> Columns:
    """Columns of datasets whose fit converged."""
    level = asked.level
    z = ndtri(0.5 + level / 2)
    k = present.sum(axis=0).astype(float)
    mu, tau = fit.beta[0], fit.tau
    se = np.sqrt(fit.variance()[0, 0]) * small_sample_factor(fit, k, str(model.ci))
    out = {"estimate": expit(mu), "estimate_link": mu, "se_link": se, "tau2": tau**2}
    out |= limits(x, n, fit, str(model.ci), se, k, asked)
    out |= average(fit, quantile(k - 1, level))
    low = high = np.full(tau.shape, np.nan)
    if asked.tau2_limits or asked.predict or model.ci == "profile":
        low, high = profile_tau(x, n, fit, z)
        out |= {"tau2_low": low**2, "tau2_high": high**2}
    out |= _heterogeneity(x, n, present, fit, k, (tau**2, low**2, high**2))
    if model.ci == "profile":
        # where tau has no upper limit the profile of mu rests on its ceiling: no limit is made up
        bounded = np.isfinite(out["tau2_high"])
        ends = ("ci_low", "ci_high", "ci_low_link", "ci_high_link")
        out |= {end: np.where(bounded, out[end], np.nan) for end in ends}
    out["loglik"] = fit.loglik
    if asked.predict:
        new, several = predictive(fit, out, k, str(model.ci), level), predictable(k)
        for end, at in zip(("pi_low", "pi_high"), new.limits(level), strict=True):
            out[end] = np.where(several, expit(at), np.nan)
        if asked.threshold is not None:
            below, _ = new.cdf(float(logit(asked.threshold)))
            out["p_above"] = np.where(several, 1 - below, np.nan)
    return out


def predictive(fit: GlmmFit, limits: Columns, k: Floats, ci: str, level: float) -> Predictive:
    """The distribution of a new study's logit, from the `limits` of the mean and of tau2."""
    z = float(ndtri(0.5 + level / 2))
    root_at_zero = -np.sqrt(2 * np.maximum(fit.loglik - fit.loglik_common, 0))
    least, most = np.sqrt(limits["tau2_low"]), np.sqrt(limits["tau2_high"])
    spread, weights = spread_values(fit.tau, least, most, root_at_zero, z)
    low, high = limits["ci_low_link"], limits["ci_high_link"]
    small = small_sample_widening(k, ci, level)
    return Predictive.of(fit.beta[0], low, high, z / small, spread, weights)


def small_sample_factor(fit: GlmmFit, k: Floats, ci: str) -> Floats:
    """Factor (B,) on the standard error: 1, or the root of the scaled sum of squared scores.

    With normal effects score^2 / curvature is w (y - mean)^2, so this is the Hartung-Knapp factor.
    """
    if ci not in ("hk", "hk_adhoc"):
        return np.ones(k.shape)
    there = fit.curvature < 0
    part = np.where(there, fit.score**2 / np.where(there, -fit.curvature, 1.0), 0.0)
    factor = np.sqrt(part.sum(axis=0) / (k - 1))
    return np.maximum(factor, 1.0) if ci == "hk_adhoc" else factor


def limits(
    x: Floats, n: Floats, fit: GlmmFit, ci: str, se: Floats, k: Floats, asked: Asked
) -> Columns:
    """Limits from 0 to 1 (B,) and as logits (`*_link`), for one of the model's `ci`, and p against
    the value asked."""
    mu = fit.beta[0]
    null = None if asked.null_value is None else np.full(k.shape, logit(asked.null_value))
    if ci == "profile":
        low, high = profile_mu(x, n, fit, ndtri(0.5 + asked.level / 2))
        out = {"ci_low": expit(low), "ci_high": expit(high)}
        out |= {"ci_low_link": low, "ci_high_link": high}
        if null is not None:
            drop = fit.loglik - profile_loglik(x, n, fit, null)
            out["p_value"] = chdtrc(1, 2 * np.maximum(drop, 0))
        return out
    return wald_limits(mu, se, np.inf if ci == "wald" else k - 1, asked.level, null, expit)


def average(fit: GlmmFit, half: ArrayLike, at: int = 0) -> Columns:
    """The average over studies whose mean is coefficient `at`, with `half` standard errors on its
    logit to each side."""
    pair = [at, -1]
    covariance = fit.covariance()[np.ix_(pair, pair)]
    return marginal_interval(fit.beta[at], fit.tau, covariance, half)


def _heterogeneity(
    x: Floats, n: Floats, present: Bools, fit: GlmmFit, k: Floats, spread: Spread
) -> Columns:
    """Test of tau2, likelihood-ratio Q against the saturated model, metafor's I2 and H2; `spread`
    is tau2 with its limits."""
    ratio = 2 * np.maximum(fit.loglik - fit.loglik_common, 0)
    # the border is one end of the range of tau2: half the chi-square (Self and Liang 1987)
    out = {"tau2_p": np.where(fit.tau > 0, 0.5 * chdtrc(1, ratio), 1.0)}
    saturated = saturated_loglik(x, n)
    q = 2 * np.maximum(saturated - fit.loglik_common, 0)
    out |= {"q": q, "q_df": k - 1, "q_p": chdtrc(k - 1, q)}
    return out | inconsistency(x, n, present, spread)


def inconsistency(x: Floats, n: Floats, present: Bools, tau2: Spread) -> Columns:
    """metafor's I2 with limits and H2 (B,), of tau2 and its limits and the typical variance."""
    vt = typical_variance(effect_stack(x, n, present, "PLO"))
    out = {name: t / (t + vt) for name, t in zip(("i2", "i2_low", "i2_high"), tau2, strict=True)}
    return out | {"h2": tau2[0] / vt + 1}


def saturated_loglik(x: Floats, n: Floats) -> Floats:
    """Log-likelihood (B,) with one probability for each study, constants included."""
    p = x / np.maximum(n, 1)
    return (xlogy(x, p) + xlog1py(n - x, -p)).sum(axis=0) + binomial_constant(x, n)

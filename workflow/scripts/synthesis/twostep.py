"""Two-step pooling of effect sizes: pooled value, its interval, heterogeneity, prediction."""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

from .heterogeneity import (
    estimate_tau2,
    generalised_q,
    log_likelihood,
    q_profile,
    typical_variance,
)  # fmt: skip
from .stack import Stack, stack, weighted_mean
from .words import CI_METHODS, check_word

PI_METHODS = ("t", "t_k2", "normal")


@dataclass(frozen=True, slots=True)
class TwoStep:
    """Result on the scale of the effect sizes; every field has the leading shape of the input.

    `i2` and `h2` come from tau2 (for EE from Q), `i2_q` and `h2_q` from Q; fractions, not percent.
    `df` is infinite for normal quantiles. `weights` (..., k) in percent.
    """

    k: np.ndarray
    estimate: np.ndarray
    se: np.ndarray
    df: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    p_value: np.ndarray
    tau2: np.ndarray
    converged: np.ndarray
    q: np.ndarray
    q_p: np.ndarray
    i2: np.ndarray
    h2: np.ndarray
    i2_q: np.ndarray
    h2_q: np.ndarray
    typical_variance: np.ndarray
    loglik: np.ndarray
    weights: np.ndarray


def pool_effects(yi, vi, *, tau2="REML", ci="hk", level=0.95, present=None) -> TwoStep:
    """Pool effect sizes `yi` with variances `vi`, shape (..., k), datasets on the leading axes.

    `tau2`: an estimator (see `estimate_tau2`). `ci`: wald (normal), t (k-1), hk (Hartung and Knapp
    2001; Sidik and Jonkman 2002), hk_adhoc (never narrower than with the unscaled standard error;
    Roever et al. 2015). One study has no t or hk interval: its limits are NaN.

    >>> r = pool_effects([0.1, 0.3, 0.6], [0.02, 0.03, 0.05], tau2="DL", ci="wald")
    >>> round(float(r.estimate), 4), round(float(r.tau2), 4)
    (0.2862, 0.0148)
    """
    check_word("ci", ci, CI_METHODS["normal"])
    s, lead = stack(yi, vi, present)
    return _shaped(fit_stack(s, tau2, ci, level), lead)


def fit_stack(s: Stack, method: str, ci: str, level: float) -> dict[str, np.ndarray]:
    """The fields of `TwoStep` for a Stack, each (B,), weights (K, B)."""
    tau2, converged = estimate_tau2(s, method)
    w, total, mean = weighted_mean(s, tau2)
    with np.errstate(invalid="ignore", divide="ignore"):
        out = {"k": s.k, "estimate": mean, "tau2": tau2, "converged": converged}
        out["weights"] = 100 * w / total
        out |= standard_error(s, w, total, mean, ci)
        out |= interval(mean, out["se"], out["df"], level)
        out |= inconsistency(s, tau2, method)
        out["loglik"] = log_likelihood(s, tau2, "REML" if method == "REML" else "ML")
    return out


def standard_error(s, w, total, mean, ci) -> dict[str, np.ndarray]:
    """Standard error of the pooled value and the degrees of freedom of its distribution."""
    se, df = np.sqrt(1 / total), np.full(s.k.shape, np.inf)
    if ci == "wald":
        return {"se": se, "df": df}
    df = s.k - 1
    if ci in ("hk", "hk_adhoc"):
        r = s.y - mean
        scale = np.sqrt(np.einsum("kb,kb,kb->b", w, r, r) / df)
        se = se * (np.maximum(scale, 1.0) if ci == "hk_adhoc" else scale)
    return {"se": se, "df": df}


def interval(mean, se, df, level) -> dict[str, np.ndarray]:
    """Limits and the two-sided p-value against 0."""
    half = quantile(df, level) * se
    stat = np.abs(mean / se)
    return {"ci_low": mean - half, "ci_high": mean + half, "p_value": two_sided_p(stat, df)}


def quantile(df, level) -> np.ndarray:
    """Upper quantile of t(df) that leaves (1 - level)/2 above it; normal where df is infinite."""
    upper = 0.5 + level / 2
    df = np.asarray(df, float)
    finite = np.isfinite(df) & (df > 0)
    if not finite.any():
        return np.where(np.isinf(df), ndtri(upper), np.nan)
    # few distinct df, each costly: solve once for each
    distinct, back = np.unique(np.where(finite, df, 1.0), return_inverse=True)
    t = stdtrit(distinct, upper)[back].reshape(df.shape)
    return np.where(finite, t, np.where(np.isinf(df), ndtri(upper), np.nan))


def two_sided_p(stat, df) -> np.ndarray:
    """P(|T| >= stat) for t(df), normal where df is infinite, NaN where df is not positive."""
    stat, df = np.broadcast_arrays(np.asarray(stat, float), np.asarray(df, float))
    out = 2 * ndtr(-stat)
    finite = np.isfinite(df)
    if finite.any():
        out = np.where(finite, 2 * stdtr(np.where(finite, np.maximum(df, 1), 1.0), -stat), out)
    return np.where(df > 0, out, np.nan)


def inconsistency(s: Stack, tau2, method) -> dict[str, np.ndarray]:
    """Q with its p-value, I2 and H2 from tau2 and from Q."""
    q, df = generalised_q(s, 0.0), s.k - 1
    several = df > 0
    vt = typical_variance(s)
    i2_q, h2_q = np.where(q > df, (q - df) / q, 0.0), q / df
    i2, h2 = (i2_q, h2_q) if method == "EE" else (tau2 / (tau2 + vt), tau2 / vt + 1)
    nan = np.nan
    return {
        "q": q,
        "q_p": np.where(several, chdtrc(np.maximum(df, 1), q), nan),
        "i2": np.where(several, i2, nan), "h2": np.where(several, h2, nan),
        "i2_q": np.where(several, i2_q, nan), "h2_q": np.where(several, h2_q, nan),
        "typical_variance": vt,
    }  # fmt: skip


def prediction_interval(estimate, se, tau2, k, *, method="t", level=0.95):
    """Where the true value of a new study lies: estimate +- quantile * sqrt(tau2 + se^2).

    `method`: t with k-1 degrees of freedom, t_k2 with k-2 (Higgins, Thompson and Spiegelhalter
    2009, JRSS A 172:137), normal. With the Hartung-Knapp `se` this is the HK interval. NaN when
    no degree of freedom is left.
    """
    check_word("method", method, PI_METHODS)
    df = {
        "t": np.asarray(k) - 1.0,
        "t_k2": np.asarray(k) - 2.0,
        "normal": np.full(np.shape(k), np.inf),
    }
    half = quantile(df[method], level) * np.sqrt(tau2 + se**2)
    return estimate - half, estimate + half


def probability_above(threshold_link, estimate, se, tau2, k) -> np.ndarray:
    """P(true value of a new study > threshold), from the same t(k-1) as the prediction interval."""
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (estimate - threshold_link) / np.sqrt(tau2 + se**2)
    df = np.maximum(np.asarray(k, float) - 1, 1)
    return np.where(np.asarray(k) > 1, stdtr(df, z), np.nan)


def tau2_interval(yi, vi, level=0.95, present=None) -> dict[str, np.ndarray]:
    """Q-profile limits of tau2, tau, I2 and H2, each of the leading shape of the input."""
    s, lead = stack(yi, vi, present)
    low, high = q_profile(s, level)
    return {name: a.reshape(lead) for name, a in heterogeneity_limits(s, low, high).items()}


def heterogeneity_limits(s: Stack, low, high) -> dict[str, np.ndarray]:
    """Limits of tau, I2 and H2 that follow from those of tau2."""
    vt = typical_variance(s)
    out = {}
    for end, t in (("low", low), ("high", high)):
        out |= {f"tau2_{end}": t, f"tau_{end}": np.sqrt(t)}
        out |= {f"i2_{end}": t / (t + vt), f"h2_{end}": t / vt + 1}
    return out


def _shaped(fields, lead) -> TwoStep:
    weights = np.moveaxis(fields.pop("weights"), 0, -1)
    shaped = {name: np.reshape(a, lead) for name, a in fields.items()}
    return TwoStep(**shaped, weights=weights.reshape(*lead, weights.shape[-1]))

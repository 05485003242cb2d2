"""Two-step pooling of effect sizes: pooled value, its interval, heterogeneity, prediction."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

from .arguments import check_share
from .arrays import ArrayLike, Bools, Columns, Floats
from .heterogeneity import (
    estimate_tau2,
    likelihood_profile,
    log_likelihood,
    q_profile,
    typical_variance,
)
from .linear import Fitted, inverse_variance_fit, trace
from .stack import Stack, stack
from .words import CI_METHODS, check_word

PI_METHODS = ("t", "t_k2", "normal")
#: Studies x datasets fitted at once: temporary arrays stay in the processor's cache.
CHUNK = 40_000
TAU2_INTERVALS = ("q_profile", "ML", "REML")
#: The limits that a pooled result prints.
TAU2_LIMITS = ("tau2_low", "tau2_high", "i2_low", "i2_high")
#: A standard error below this is none: the effects are identical.
NO_ERROR = 1e-12


@dataclass(frozen=True, slots=True)
class TwoStep:
    """Result on the scale of the effect sizes; every field has the leading shape of the input.

    Parameters
    ----------
    k : array
        Studies.
    estimate, se, df, ci_low, ci_high, p_value : array
        The pooled value; `df` is infinite for normal quantiles, `p_value` against 0.
    tau2 : array
        Variance between studies.
    converged : array of bool
        Whether its estimator arrived.
    q, q_p : array
        Test of homogeneity.
    i2, h2, i2_q, h2_q : array
        From tau2 (for EE from Q), and from Q; fractions, not percent.
    typical_variance : array
        The variance within studies that `i2` goes by.
    loglik : array
        Restricted for REML, else of maximum likelihood.
    weights : array, shape (..., k)
        In percent.
    """

    k: Floats
    estimate: Floats
    se: Floats
    df: Floats
    ci_low: Floats
    ci_high: Floats
    p_value: Floats
    tau2: Floats
    converged: Bools
    q: Floats
    q_p: Floats
    i2: Floats
    h2: Floats
    i2_q: Floats
    h2_q: Floats
    typical_variance: Floats
    loglik: Floats
    weights: Floats


def pool_effects(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "hk_adhoc",
    level: float = 0.95,
    present: ArrayLike | None = None,
) -> TwoStep:
    """Pool effect sizes with known variances.

    Parameters
    ----------
    yi, vi : array_like, shape (..., k)
        Effect sizes and variances; all axes but the last number the datasets.
    tau2 : str
        Estimator of the between-study variance; see `estimate_tau2`.
    ci : {"hk_adhoc", "hk", "t", "wald"}
        Hartung and Knapp, never narrower than with the unscaled standard error, or plain; t(k-1);
        normal. A single study gets the normal one whatever this says, as in metafor.
    level : float
        Coverage of the interval.
    present : array_like of bool, shape (..., k), optional
        Which studies belong to each dataset; default all.

    Returns
    -------
    TwoStep
        On the scale of the effect sizes.

    Raises
    ------
    SynthesisError
        For a missing effect size, a variance that is not positive, and words that are not known.

    References
    ----------
    Hartung and Knapp (2001), Stat Med 20:3875; Sidik and Jonkman (2002), Stat Med 21:3153; Roever,
    Knapp and Friede (2015), BMC Med Res Methodol 15:99.

    Examples
    --------
    >>> r = pool_effects([0.1, 0.3, 0.6], [0.02, 0.03, 0.05], tau2="DL", ci="wald")
    >>> round(float(r.estimate), 4), round(float(r.tau2), 4)
    (0.2921, 0.0255)
    """
    check_word("ci", ci, CI_METHODS["normal"])
    level = check_share("level", level)
    s, lead = stack(yi, vi, present)
    size = max(1, CHUNK // max(s.y.shape[0], 1))
    parts = [
        fit_stack(s.columns(slice(i, i + size)), tau2, ci, level)
        for i in range(0, max(s.k.size, 1), size)
    ]
    whole = {name: np.concatenate([p[name] for p in parts], axis=-1) for name in parts[0]}
    weights = np.moveaxis(whole.pop("weights"), 0, -1)
    shaped = {name: np.reshape(a, lead) for name, a in whole.items()}
    return TwoStep(**shaped, weights=weights.reshape(*lead, weights.shape[-1]))


def fit_stack(s: Stack, method: str, ci: str, level: float) -> Columns:
    """The fields of `TwoStep` for a Stack without moderators, each (B,), weights (K, B)."""
    tau2, converged = estimate_tau2(s, method)
    f = inverse_variance_fit(s, tau2)
    mean = f.beta[0]
    out = {"k": s.k, "estimate": mean, "tau2": tau2, "converged": converged}
    with np.errstate(invalid="ignore", divide="ignore"):
        out["weights"] = f.weights * (100 * f.inverse[0, 0])
        factor, df = small_sample(s, f, ci)
        out |= {"se": factor * np.sqrt(f.inverse[0, 0]), "df": df}
        out |= interval(mean, out["se"], df, level)
        out |= inconsistency(s, tau2, method)
        out["loglik"] = log_likelihood(s, tau2, "REML" if method == "REML" else "ML", f)
    return out


def small_sample(s: Stack, f: Fitted, ci: str) -> tuple[Floats, Floats]:
    """Factor on the standard errors and the degrees of freedom of their distribution (B,).

    Without a residual degree of freedom: 1 and infinity, the Wald interval.
    """
    factor, df = np.ones(s.k.shape), np.full(s.k.shape, np.inf)
    if ci == "wald":
        return factor, df
    several = s.df > 0
    df = np.where(several, s.df, np.inf)
    if ci in ("hk", "hk_adhoc"):
        scale = np.sqrt(f.q / np.where(several, s.df, 1))
        factor = np.where(several, np.maximum(scale, 1.0) if ci == "hk_adhoc" else scale, 1.0)
    return factor, df


def narrower_than_wald(s: Stack, tau2: Floats, se: Floats, df: Floats, level: float) -> Bools:
    """Where an interval from `se` and `df` is narrower than the normal one of tau2.

    The three have the shape of the datasets, which the answer has, too.
    """
    weights = inverse_variance_fit(s, np.ravel(tau2)).weights.sum(axis=0)
    plain = np.sqrt(1 / weights.reshape(np.shape(se)))
    return np.asarray(quantile(df, level) * se < quantile(np.inf, level) * plain * (1 - 1e-9))


def interval(mean: Floats, se: Floats, df: ArrayLike, level: float) -> Columns:
    """Limits and the two-sided p-value against 0."""
    half = quantile(df, level) * se
    with np.errstate(invalid="ignore", divide="ignore"):
        stat = np.abs(mean / se)
    return {"ci_low": mean - half, "ci_high": mean + half, "p_value": two_sided_p(stat, df)}


def wald_limits(
    mean: Floats,
    se: Floats,
    df: ArrayLike,
    level: float,
    null: Floats | None,
    back: Callable[[Floats], Floats],
) -> Columns:
    """Limits taken back to proportions, and as they are on the mean's scale (`*_link`); for a null
    value on that scale its p."""
    ends = interval(mean, se, df, level)
    out = {name: back(ends[name]) for name in ("ci_low", "ci_high")}
    out |= {f"{name}_link": ends[name] for name in ("ci_low", "ci_high")}
    if null is not None:
        with np.errstate(invalid="ignore", divide="ignore"):
            out["p_value"] = two_sided_p(np.abs((mean - null) / se), df)
    return out


def quantile(df: ArrayLike, level: float) -> Floats:
    """Upper quantile of t(df) that leaves (1 - level)/2 above it; normal where df is infinite."""
    upper = 0.5 + level / 2
    df = np.asarray(df, float)
    finite = np.isfinite(df) & (df > 0)
    normal = np.where(np.isinf(df), ndtri(upper), np.nan)
    if not finite.any():
        return normal
    # few distinct df, each costly: solve once for each
    distinct, back = np.unique(np.where(finite, df, 1.0), return_inverse=True)
    return np.where(finite, stdtrit(distinct, upper)[back].reshape(df.shape), normal)


def two_sided_p(stat: ArrayLike, df: ArrayLike) -> Floats:
    """P(|T| >= stat) for t(df), normal where df is infinite, NaN where df is not positive."""
    stat, df = np.broadcast_arrays(np.asarray(stat, float), np.asarray(df, float))
    out = 2 * ndtr(-stat)
    finite = np.isfinite(df)
    if finite.any():
        out = np.where(finite, 2 * stdtr(np.where(finite, np.maximum(df, 1), 1.0), -stat), out)
    return np.where(df > 0, out, np.nan)


def inconsistency(s: Stack, tau2: Floats, method: str) -> Columns:
    """Q with its p-value, I2 and H2 from tau2 and from Q; for no residual df 0, 1, 0 and 1."""
    common, df = inverse_variance_fit(s, 0.0), np.maximum(s.df, 1)
    several = s.df > 0
    q, vt = np.where(several, common.q, 0.0), s.df / trace(s, common)
    i2_q, h2_q = np.where(q > df, (q - df) / np.where(q > 0, q, 1), 0.0), q / df
    i2, h2 = (i2_q, h2_q) if method == "EE" else (tau2 / (tau2 + vt), tau2 / vt + 1)
    return {
        "q": q,
        "q_p": np.where(several, chdtrc(df, q), 1.0),
        "i2": np.where(several, i2, 0.0),
        "h2": np.where(several, h2, 1.0),
        "i2_q": i2_q,
        "h2_q": np.where(several, h2_q, 1.0),
        "typical_variance": vt,
    }


def prediction_interval(
    estimate: Floats | float,
    se: Floats | float,
    tau2: Floats | float,
    k: ArrayLike,
    *,
    method: str = "t",
    level: float = 0.95,
) -> tuple[Floats, Floats]:
    """Where the true value of a new study lies, estimate and tau2 taken as they are (plug-in).

    Parameters
    ----------
    estimate, se, tau2 : array_like
        Pooled value, its standard error (the Hartung-Knapp one gives the HK interval), tau2.
    k : array_like
        Numbers of studies.
    method : {"t", "t_k2", "normal"}
        t with k-1 or k-2 degrees of freedom, or normal quantiles.
    level : float
        Coverage.

    Returns
    -------
    low, high : arrays
        estimate -+ quantile * sqrt(tau2 + se^2); NaN when no degree of freedom is left.

    Raises
    ------
    SynthesisError
        For a method that is not known, and a level that does not lie between 0 and 1.

    References
    ----------
    Higgins, Thompson and Spiegelhalter (2009), JRSS A 172:137.
    """
    check_word("method", method, PI_METHODS)
    level = check_share("level", level)
    k = np.asarray(k, float)
    df = {"t": k - 1, "t_k2": k - 2, "normal": np.full(k.shape, np.inf)}[method]
    half = quantile(df, level) * np.sqrt(tau2 + np.asarray(se) ** 2)
    return estimate - half, estimate + half


def probability_above(
    threshold_link: float, estimate: Floats, se: Floats, tau2: Floats, k: Floats
) -> Floats:
    """P(true value of a new study > threshold), from the same t(k-1) as the prediction interval."""
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (estimate - threshold_link) / np.sqrt(tau2 + se**2)
    df = np.maximum(np.asarray(k, float) - 1, 1)
    return np.where(np.asarray(k) > 1, stdtr(df, z), np.nan)


def tau2_interval(
    yi: ArrayLike,
    vi: ArrayLike,
    method: str = "q_profile",
    *,
    level: float = 0.95,
    present: ArrayLike | None = None,
) -> Columns:
    """Limits of tau2 and of what follows from it.

    Parameters
    ----------
    yi, vi : array_like, shape (..., k)
        Effect sizes and variances.
    method : {"q_profile", "ML", "REML"}
        Q-profile, or the profile of that likelihood.
    level : float
        Coverage.
    present : array_like of bool, optional
        Which studies belong to each dataset.

    Returns
    -------
    dict of arrays
        `tau2_low`, `tau2_high`, and the same for `tau`, `i2` and `h2`, of the leading shape.

    Raises
    ------
    SynthesisError
        For a method that is not known, and as `pool_effects`.

    References
    ----------
    Viechtbauer (2007), Stat Med 26:37; Hardy and Thompson (1996), Stat Med 15:619.
    """
    check_word("method", method, TAU2_INTERVALS)
    level = check_share("level", level)
    s, lead = stack(yi, vi, present)
    low, high = (
        q_profile(s, level) if method == "q_profile" else likelihood_profile(s, method, level)
    )
    return {name: a.reshape(lead) for name, a in heterogeneity_limits(s, low, high).items()}


def heterogeneity_limits(s: Stack, low: Floats, high: Floats) -> Columns:
    """Limits of tau, I2 and H2 that follow from those of tau2."""
    vt = typical_variance(s)
    out: Columns = {}
    for end, t in (("low", low), ("high", high)):
        out |= {f"tau2_{end}": t, f"tau_{end}": np.sqrt(t)}
        out |= {f"i2_{end}": t / (t + vt), f"h2_{end}": t / vt + 1}
    return out

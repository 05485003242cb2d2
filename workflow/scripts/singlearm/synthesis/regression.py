"""Meta-regression on effect sizes: any number of moderators, the estimators of `heterogeneity`."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc, fdtrc

from .arguments import check_share, real_numbers
from .arrays import ArrayLike, Bools, Columns, Floats
from .heterogeneity import estimate_tau2, typical_variance
from .linear import inverse_variance_fit
from .stack import Stack, stack
from .twostep import interval, small_sample
from .words import CI_METHODS, SynthesisError, check_word


@dataclass(frozen=True, slots=True)
class MetaRegression:
    """Coefficients (..., P) with inference, and heterogeneity (...). Fractions, not percent.

    Parameters
    ----------
    beta, se, stat, ci_low, ci_high, p_value : array, shape (..., P)
        Coefficients, standard errors, their quotient, limits, p.
    df : array
        Degrees of freedom of the limits; infinite for normal ones.
    tau2, i2, h2 : array
        What remains between studies.
    r2 : array
        The share of tau2 (for EE of Q) that the moderators explain, cut at 0.
    qm, qm_df, qm_df2, qm_p : array, int, array, array
        Test of all coefficients but the first: chi-square, or F when `qm_df2` is finite.
    qe, qe_p : array
        Test of homogeneity about the regression.
    converged : array of bool
        Whether the estimator of tau2 arrived.
    covariance : array, shape (..., P, P)
        Of the coefficients.
    """

    beta: Floats
    se: Floats
    stat: Floats
    ci_low: Floats
    ci_high: Floats
    p_value: Floats
    df: Floats
    tau2: Floats
    i2: Floats
    h2: Floats
    r2: Floats
    qm: Floats
    qm_df: int
    qm_df2: Floats
    qm_p: Floats
    qe: Floats
    qe_p: Floats
    converged: Bools
    covariance: Floats


def regress_effects(
    yi: ArrayLike,
    vi: ArrayLike,
    design: ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "hk_adhoc",
    level: float = 0.95,
) -> MetaRegression:
    """Mixed-effects regression of effect sizes.

    Parameters
    ----------
    yi, vi : array_like, shape (..., k)
        Effect sizes and variances.
    design : array_like, shape (k, P) or (..., k, P)
        Moderators, intercept first.
    tau2, ci, level
        As in `pool_effects`, with k - P degrees of freedom.

    Returns
    -------
    MetaRegression
        Coefficients in the order of the columns of `design`.

    Raises
    ------
    SynthesisError
        When a column is constant or repeats another, for shapes that do not fit, and as
        `pool_effects`.

    References
    ----------
    Knapp and Hartung (2003), Stat Med 22:2693.
    """
    check_word("ci", ci, CI_METHODS["normal"])
    level = check_share("level", level)
    s, lead = stack(yi, vi)
    x = real_numbers("design", design)
    if x.ndim < 2 or x.shape[-2] != s.y.shape[0]:
        raise SynthesisError(
            f"design must have shape (..., k, P), k = {s.y.shape[0]}, not {x.shape}"
        )
    columns = x.reshape(int(np.prod(x.shape[:-2])), *x.shape[-2:]).T  # (P, k, B) or (P, k, 1)
    columns, undo = _standardised(np.broadcast_to(columns, (x.shape[-1], *s.y.shape)), s)
    s = replace(s, design=columns)
    fields = fit_design(s, tau2, ci, level, undo)
    if not np.isfinite(fields["beta"]).all():
        raise SynthesisError("a moderator is constant or repeats others: nothing to estimate")
    width = columns.shape[0]
    shaped = {
        # the datasets, last in here, come first
        name: np.moveaxis(a, -1, 0).reshape((*lead, *(width,) * (a.ndim - 1)))
        for name, a in fields.items()
    }
    return MetaRegression(**shaped, qm_df=width - 1)


def _standardised(columns: Floats, s: Stack) -> tuple[Floats, Floats]:
    """Moderators centred and scaled per dataset, and the matrix (P, P, B) that undoes it.

    A year near 2000 next to an intercept would cost half the digits otherwise.
    """
    middle = columns[1:].sum(axis=1) / s.k
    away = columns[1:] - middle[:, None]
    scale = np.sqrt((away**2).sum(axis=1) / s.k)
    scale = np.where(scale > 0, scale, 1.0)
    undo = np.zeros((columns.shape[0], columns.shape[0], s.k.size))
    undo[0, 0] = 1.0
    undo[0, 1:] = -middle / scale
    at = np.arange(1, columns.shape[0])
    undo[at, at] = 1 / scale
    return np.concatenate([columns[:1], away / scale[:, None]]), undo


def fit_design(s: Stack, method: str, ci: str, level: float, undo: Floats) -> Columns:
    """The fields of `MetaRegression` for a Stack with a design: (P, B) and (B,).

    `undo` (P, P, B) takes the coefficients of the design to those reported.
    """
    tau2, converged = estimate_tau2(s, method)
    f = inverse_variance_fit(s, tau2)
    factor, df = small_sample(s, f, ci)
    inner = f.inverse * factor**2
    beta = np.einsum("pqb,qb->pb", undo, f.beta)
    covariance = np.einsum("pqb,qrb,srb->psb", undo, inner, undo)
    se = np.sqrt(np.einsum("ppb->pb", covariance))
    with np.errstate(invalid="ignore", divide="ignore"):
        out = {"beta": beta, "se": se, "stat": beta / se, "df": df}
    out |= interval(beta, se, np.broadcast_to(df, se.shape), level)
    out |= residual_heterogeneity(s, tau2, method)
    out |= omnibus(f.beta, inner, df)
    return out | {"tau2": tau2, "converged": converged, "covariance": covariance}


def residual_heterogeneity(s: Stack, tau2: Floats, method: str) -> Columns:
    """QE, I2 and H2 about the regression, and R2 against the model without moderators."""
    qe, df = inverse_variance_fit(s, 0.0).q, np.maximum(s.df, 1)
    vt = typical_variance(s)
    with np.errstate(invalid="ignore", divide="ignore"):
        without = replace(s, design=None)
        if method == "EE":
            i2, h2 = np.maximum(0.0, 1 - df / qe), qe / df
            # the share of Q explained, adjusted for the number of coefficients
            ratio = (qe / df) / (inverse_variance_fit(without, 0.0).q / without.df)
        else:
            i2, h2 = tau2 / (tau2 + vt), tau2 / vt + 1
            ratio = tau2 / estimate_tau2(without, method)[0]
        r2 = np.maximum(0.0, 1 - ratio)
    return {"qe": qe, "qe_p": chdtrc(df, qe), "i2": i2, "h2": h2, "r2": r2}


def omnibus(beta: Floats, covariance: Floats, df: Floats) -> Columns:
    """Wald test of all coefficients but the first; F for finite `df` (B,), else chi-square."""
    if beta.shape[0] == 1:
        nan = np.full(beta.shape[1], np.nan)
        return {"qm": nan, "qm_df2": nan, "qm_p": nan}
    statistic, p = wald_test(beta[1:], covariance[1:, 1:], df)
    return {"qm": statistic, "qm_df2": df, "qm_p": p}


def wald_test(beta: Floats, covariance: Floats, df: Floats) -> tuple[Floats, Floats]:
    """Whether coefficients (P, B) are all 0, and p: F for finite `df` (B,), else chi-square."""
    width = beta.shape[0]
    # units of the moderators play no part in the test, and may not cost digits in it
    scale = np.sqrt(np.einsum("ppb->pb", covariance))
    # plain Hartung-Knapp of studies that a line meets exactly has no width to test by
    good = np.asarray((np.isfinite(covariance).all(axis=(0, 1))) & (scale > 0).all(axis=0))
    scale = np.where(good, scale, 1.0)
    middle = np.moveaxis(covariance / scale[:, None] / scale[None], -1, 0)
    middle = np.where(good[:, None, None], middle, np.eye(width))
    right = np.moveaxis(beta / scale, -1, 0)[..., None]
    q = np.where(good, (right * np.linalg.solve(middle, right)).sum(axis=(1, 2)), np.nan)
    finite = np.isfinite(df)
    stat = np.where(finite, q / width, q)
    p = np.where(finite, fdtrc(width, np.where(finite, df, 1), q / width), chdtrc(width, q))
    return stat, p

"""Tests of small-study effects. Off unless asked for, and never without their caveat.

For single proportions a funnel has no meaning in itself: the variance of a logit depends on the
proportion, so asymmetry arises without any bias (Hunter et al. 2014, J Clin Epidemiol 67:897). They
are here to reproduce published work; against 1/sqrt(n) they are least misleading.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import ndtr

from .arguments import lists
from .arrays import ArrayLike, Floats
from .effects import check_counts, effect_sizes
from .heterogeneity import estimate_tau2
from .linear import inverse_variance_fit
from .notes import Note, Notes
from .records import Noted, Number, number
from .regression import regress_effects
from .stack import stack
from .suitability import ASYMMETRY_STUDIES
from .twostep import TwoStep, pool_effects, quantile, two_sided_p
from .words import SynthesisError, check_word

CAVEAT = Note("asymmetry_of_proportions_is_not_evidence_of_bias")
PREDICTORS = ("sqrtninv", "ninv", "sqrtni", "ni", "sei", "vi")
MODELS = ("mixed", "dispersion")
ESTIMATORS = ("L0", "R0", "Q0")
SIDES = ("left", "right")
#: Up to this many studies without ties Kendall's tau has its exact distribution.
EXACT_RANKS = 50


@dataclass(frozen=True, slots=True)
class AsymmetryTest(Noted):
    """Slope of the effect sizes on a measure of size, or their rank correlation.

    Parameters
    ----------
    test : str
        `rank`, or `regression` with its model and predictor.
    k : int
        Studies.
    statistic, df, p_value : float, optional
        Kendall's tau, or the slope over its standard error; `df` is None for a normal one.
    slope, slope_se : float, optional
        Of the regression.
    limit, limit_low, limit_high : float, optional
        The pooled value at infinite size with its limits, on the scale of the measure, where the
        predictor vanishes there.
    tau2 : float, optional
        What remains between studies in a mixed model.
    notes : tuple of Note
        The caveat first.
    """

    test: str
    k: int
    statistic: Number = None
    df: Number = None
    p_value: Number = None
    slope: Number = None
    slope_se: Number = None
    limit: Number = None
    limit_low: Number = None
    limit_high: Number = None
    tau2: Number = None
    notes: Notes = field(default=(CAVEAT,), kw_only=True)


def asymmetry_test(
    events: ArrayLike,
    total: ArrayLike,
    *,
    measure: str = "PLO",
    test: str = "regression",
    predictor: str = "sqrtninv",
    model: str = "mixed",
    tau2: str = "REML",
    level: float = 0.95,
) -> AsymmetryTest:
    """A regression or rank test of small-study effects, for ten studies or more.

    Parameters
    ----------
    events, total : array_like of int, shape (k,)
        Counts of the studies.
    measure : str
        Effect size; see `effect_sizes`.
    test : {"regression", "rank"}
        Regression on a measure of size, or Begg's rank correlation (1994).
    predictor, model, tau2
        Of the regression; see `regression_test`. Egger's test (1997) is predictor="sei",
        model="dispersion"; that of Peters (2006) ninv with dispersion.
    level : float
        Coverage of the interval at infinite size.

    Returns
    -------
    AsymmetryTest
        With the caveat that asymmetry of proportions is no evidence of bias; below ten studies
        without a number.

    Raises
    ------
    SynthesisError
        For counts that are not counts, words that are not known, and a predictor that is the same
        in all studies.
    """
    check_word("test", test, ("regression", "rank"))
    events, total = check_counts(*lists(events=events, total=total))
    k = events.size
    if k < ASYMMETRY_STUDIES:
        return AsymmetryTest(
            test, k, notes=(CAVEAT, Note(f"fewer_than_{ASYMMETRY_STUDIES}_studies"))
        )
    e = effect_sizes(events, total, measure)
    if test == "rank":
        tau, p = rank_test(e.yi, e.vi)
        return AsymmetryTest("rank", k, statistic=number(tau), p_value=number(p))
    return regression_test(
        e.yi, e.vi, total, predictor=predictor, model=model, tau2=tau2, level=level
    )


def regression_test(
    yi: ArrayLike,
    vi: ArrayLike,
    total: ArrayLike,
    *,
    predictor: str = "sqrtninv",
    model: str = "mixed",
    tau2: str = "REML",
    level: float = 0.95,
) -> AsymmetryTest:
    """Regression of effect sizes on a measure of size, no gate.

    mixed: random-effects regression with `tau2`, normal test. dispersion: weighted least squares
    with a multiplicative dispersion, t with k - 2.
    """
    check_word("model", model, MODELS)
    check_word("predictor", predictor, PREDICTORS)
    v, n = np.asarray(vi, float), np.asarray(total, float)
    x = {
        "sei": np.sqrt(v), "vi": v, "ni": n, "ninv": 1 / n, "sqrtni": np.sqrt(n),
        "sqrtninv": 1 / np.sqrt(n),
    }[predictor]  # fmt: skip
    design = np.stack([np.ones_like(x), x], axis=1)
    if model == "mixed":
        r = regress_effects(yi, vi, design, tau2=tau2, ci="wald", level=level)
        beta, se, df, t2 = r.beta, r.se, np.inf, number(r.tau2)
    else:
        s = replace(stack(yi, vi)[0], design=design.T[:, :, None])
        if s.df[0] <= 0:
            raise SynthesisError("the dispersion test needs three studies")
        f = inverse_variance_fit(s, 0.0)
        if not np.isfinite(f.beta).all():
            raise SynthesisError(f"{predictor} is the same in all studies")
        beta, df, t2 = f.beta[:, 0], float(s.df[0]), None
        se = np.sqrt(np.einsum("ppb->pb", f.inverse)[:, 0] * f.q[0] / df)
    with np.errstate(divide="ignore", invalid="ignore"):
        stat = float(beta[1] / se[1])
    half = float(quantile(np.array(df), level)) * se[0]
    limit = (beta[0], beta[0] - half, beta[0] + half)
    if predictor in ("ni", "sqrtni"):
        limit = (np.nan,) * 3
    return AsymmetryTest(
        f"regression_{model}_{predictor}", len(x), number(stat), number(df),
        number(two_sided_p(abs(stat), df)), number(beta[1]), number(se[1]),
        number(limit[0]), number(limit[1]), number(limit[2]), t2,
    )  # fmt: skip


def rank_test(yi: ArrayLike, vi: ArrayLike, *, exact: bool | None = None) -> tuple[float, float]:
    """Begg and Mazumdar (1994): Kendall's tau-b of standardised effects with variances, p-value.

    Exact distribution for fewer than 50 studies without ties, otherwise normal with ties allowed
    for; `exact` overrides.
    """
    y, v = np.asarray(yi, float), np.asarray(vi, float)
    total = (1 / v).sum()
    mean = (y / v).sum() / total
    z = (y - mean) / np.sqrt(v - 1 / total)
    return kendall(z, v, exact)


def kendall(a: Floats, b: Floats, exact: bool | None = None) -> tuple[float, float]:
    """Kendall's tau-b and its two-sided p-value; NaN where all values are tied."""
    tied = len(np.unique(a)) < len(a) or len(np.unique(b)) < len(b)
    wanted = len(a) < EXACT_RANKS if exact is None else exact
    if len(a) < 3:  # one pair: scipy's normal approximation divides by k - 2
        if tied:
            return np.nan, np.nan
        tau = float(np.sign((a[1] - a[0]) * (b[1] - b[0])))
        return tau, 1.0 if wanted else float(2 * ndtr(-1.0))
    from scipy.stats import kendalltau  # half a second that other tests need not wait for

    found = kendalltau(a, b, method="exact" if wanted and not tied else "asymptotic")
    return float(found.statistic), float(found.pvalue)


@dataclass(frozen=True, slots=True)
class TrimFill(Noted):
    """Trim and fill: how many studies it adds, and the fit with them.

    Parameters
    ----------
    side : {"left", "right"}
        Where studies are missing.
    k0, k0_se : int, float
        How many, and its standard error.
    k0_p : float, optional
        Of the hypothesis that none is; of the estimator R0 alone.
    filled_yi, filled_vi : array, shape (k0,)
        Effect sizes and variances of the studies that are added.
    fit : TwoStep
        All studies pooled, with those.
    notes : tuple of Note
        The caveat.
    """

    side: str
    k0: int
    k0_se: float
    k0_p: Number
    filled_yi: Floats
    filled_vi: Floats
    fit: TwoStep
    notes: Notes = field(default=(CAVEAT,), kw_only=True)


def trim_and_fill(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "wald",
    estimator: str = "L0",
    side: str | None = None,
    level: float = 0.95,
) -> TrimFill:
    """How many studies are missing on one side, and the fit with them imputed.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effect sizes and variances.
    tau2, ci, level
        As in `pool_effects`.
    estimator : {"L0", "R0", "Q0"}
        Of the number missing.
    side : {"left", "right"}, optional
        Default: the side on which small studies are lacking by a regression on the standard error.

    Returns
    -------
    TrimFill
        With the caveat that asymmetry of proportions is no evidence of bias.

    Raises
    ------
    SynthesisError
        If every study would be dropped, and as `pool_effects`.

    References
    ----------
    Duval and Tweedie (2000), J Am Stat Assoc 95:89.
    """
    check_word("estimator", estimator, ESTIMATORS)
    y, v = lists(yi=yi, vi=vi)
    if side is None:
        design = np.stack([np.ones_like(v), np.sqrt(v)], axis=1)
        slope = regress_effects(y, v, design, tau2=tau2, ci="wald").beta[1]
        side = "right" if slope < 0 else "left"
    check_word("side", side, SIDES)
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * y, kind="stable")
    y, v = sign * y[order], v[order]
    k, k0, seen = y.size, 0, -1
    k0_se = 0.0
    for _ in range(100):
        if k0 == seen:
            break
        if k0 >= k:
            raise SynthesisError("trim and fill would drop every study")
        seen = k0
        kept = slice(0, k - k0)
        s, _ = stack(y[kept], v[kept])
        mean = inverse_variance_fit(s, estimate_tau2(s, tau2)[0]).beta[0, 0]
        k0, k0_se = _missing(y - mean, estimator)
    fill_y, fill_v = 2 * mean - y[k - k0 :], v[k - k0 :]
    fit = pool_effects(
        np.concatenate([y, fill_y]) * sign,
        np.concatenate([v, fill_v]),
        tau2=tau2,
        ci=ci,
        level=level,
    )
    # under no bias the run of largest ranks on one side is geometric
    p = 0.5 ** (k0 + 1) if estimator == "R0" else None
    return TrimFill(side, k0, k0_se, p, sign * fill_y, fill_v, fit)


def _missing(centred: Floats, estimator: str) -> tuple[int, float]:
    """Estimated number of missing studies and its standard error."""
    k = centred.size
    rank = np.empty(k)
    rank[np.argsort(np.abs(centred), kind="stable")] = np.arange(1, k + 1)
    signed = np.sign(centred) * rank
    if estimator == "R0":
        below = -signed[signed < 0]
        k0 = k - (below.max() if below.size else 0) - 1
        return int(max(0, np.round(k0))), float(np.sqrt(2 * max(0.0, k0) + 2))
    total = signed[signed > 0].sum()
    if estimator == "L0":
        k0 = (4 * total - k * (k + 1)) / (2 * k - 1)
        scale = 4 / (2 * k - 1)
    else:
        k0 = k - 0.5 - np.sqrt(max(2 * k * k - 4 * total + 0.25, 0.0))
        scale = 2 / np.sqrt(max((k - 0.5) ** 2 - k0 * (2 * k - k0 - 1), 1e-300))
    cubic = 10 * k0**3 + 27 * k0**2 + 17 * k0 - 18 * k * k0**2 - 18 * k * k0 + 6 * k * k * k0
    variance = (k * (k + 1) * (2 * k + 1) + cubic) / 24
    # the variance formula can fall below 0 for extreme counts: then there is no standard error
    return int(max(0, np.round(k0))), float(scale * np.sqrt(variance)) if variance >= 0 else np.nan

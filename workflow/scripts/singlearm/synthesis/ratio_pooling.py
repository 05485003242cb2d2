"""Pooled effects of randomised trials: inverse variance, a posterior, and fits to counts.

All come as one record, with the effect on the scale that people read.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from .arguments import check_positive, check_share, lists
from .arguments import labels as listed
from .arrays import Floats
from .genq import generalised_q_interval
from .heterogeneity import typical_variance
from .new_effect import new_effect, of_each
from .notes import Note, Notes, notes_of
from .ratio_bayes import TAU_SCALE, TAU_SCALE_RD, pool_bayes
from .ratio_common import CommonEffect
from .ratio_counts import Contrasts
from .ratio_glmm import RatioGlmm
from .ratio_tau import TauProfile, next_trial
from .ratios import RATIO_MEASURES, back_of
from .records import Number, RandomEffects, number
from .stack import stack
from .suitability import predictable
from .twostep import NO_ERROR, TAU2_LIMITS, pool_effects, tau2_interval
from .words import PREDICTIONS, SynthesisError, check_word

RATIO_TAU2 = ("REML", "PM", "DL")
RATIO_CI = ("hk_adhoc", "wald", "hk")


@dataclass(frozen=True, slots=True)
class PooledRatio(RandomEffects):
    """A pooled ratio or risk difference; tau2 is on the scale of pooling.

    `method` names how it was pooled, `effect` what it is: `common` (one effect of all trials) or
    `random` (the mean of the trials' effects). None: does not apply.
    """

    method: str
    effect: str
    k: int
    p_value: Number = None


def pool_ratios(
    yi: Iterable[Number],
    vi: Iterable[Number],
    *,
    measure: str = "OR",
    tau2: str | None = "REML",
    ci: str = "hk_adhoc",
    prediction: str = "integrated",
    level: float = 0.95,
) -> PooledRatio:
    """Pool effects by inverse variance.

    Parameters
    ----------
    yi, vi : iterable of float or None, k each
        Effects on the scale of pooling and their variances. Entries that are None are left out and
        counted in the note.
    measure : {"HR", "OR", "RR", "RD"}
        RD is not back-transformed.
    tau2 : {"REML", "PM", "DL"} or None
        Estimator of the variance between trials; None: a common effect.
    ci : {"hk_adhoc", "wald", "hk"}
        Modified Hartung-Knapp with t(k-1), whose standard error is never below the model's own
        (Roever, Knapp and Friede 2015, BMC Med Res Methodol 15:99); normal; or Hartung-Knapp as
        published, which can be narrower than the common-effect interval and is then marked
        (note narrower_than_common). A single trial gets its own normal interval.
    prediction : {"integrated", "t"}
        Where the effect of a further trial lies, from three trials on: mean and tau2 integrated
        out, or taken as they are estimated, with t(k-1).
    level : float
        Coverage of the intervals.

    Returns
    -------
    PooledRatio
        The effect as people read it, a ratio or a difference of risks; tau2 on the scale of
        pooling. Without an effect that is known it has no number, and a note says so.

    Raises
    ------
    SynthesisError
        For words that are not known, lists of two lengths, effects that are not finite, and
        variances that are not above 0.

    Notes
    -----
    The interval of tau2 belongs to its estimator: profile likelihood for REML, Q-profile for PM
    (the value at which Q is its mean lies inside by construction), generalised Q for DL.

    Examples
    --------
    >>> r = pool_ratios([-0.7, -0.5, -0.9], [0.02, 0.03, 0.04])
    >>> round(r.estimate, 4), r.effect, r.q_df
    (0.5043, 'random', 2)
    """
    check_word("measure", measure, RATIO_MEASURES)
    check_word("ci", ci, RATIO_CI)
    check_word("prediction", prediction, PREDICTIONS)
    if tau2 is not None:
        check_word("tau2", tau2, RATIO_TAU2)
    level = check_share("level", level)
    method = "common" if tau2 is None else f"{tau2.lower()}_{ci}"
    effect = "common" if tau2 is None else "random"
    y, v, notes = _known(yi, vi)
    if not len(y):
        return PooledRatio(method, effect, 0, converged=False, notes=(Note("no_data"), *notes))
    fit = pool_effects(y, v, tau2=tau2 or "EE", ci="wald" if tau2 is None else ci, level=level)
    back, k = back_of(measure), len(y)
    cut = _cut(measure, float(fit.ci_low), float(fit.ci_high))
    predicted: tuple[Number, Number] = (None, None)
    limits: dict[str, Number] = {}
    if tau2 is not None and k > 1:
        limits = _tau2_limits(y, v, tau2, level)
        if predictable(k):
            ends = [np.array([_or_nan(limits[f"tau2_{end}"])]) for end in ("low", "high")]
            new = new_effect(stack(y, v)[0], of_each(fit), (ends[0], ends[1]), level, prediction)
            predicted = (back(float(new[0][0])), back(float(new[1][0])))
            cut = cut or _cut(measure, float(new[0][0]), float(new[1][0]))
        narrow = fit.ci_high - fit.ci_low < _common_width(y, v, level)
        notes = (
            *notes_of(
                bool(fit.tau2 == 0) and Note("tau2_at_zero"),
                bool(narrow) and Note("narrower_than_common"),
                bool(fit.se < NO_ERROR) and Note("standard_error_zero"),
                limits["tau2_high"] is None and Note("tau2_interval_open"),
            ),
            *notes,
        )
    return PooledRatio(
        method,
        effect,
        k,
        estimate=back(float(fit.estimate)),
        ci_low=back(float(fit.ci_low)),
        ci_high=back(float(fit.ci_high)),
        p_value=number(fit.p_value),
        pi_low=predicted[0],
        pi_high=predicted[1],
        tau2=None if tau2 is None or k == 1 else number(fit.tau2),
        i2=number(fit.i2) if k > 1 else None,
        q=number(fit.q) if k > 1 else None,
        q_df=k - 1 if k > 1 else None,
        q_p=number(fit.q_p) if k > 1 else None,
        converged=bool(fit.converged),
        notes=(*_few(k), *cut, *notes),
        tau2_low=limits.get("tau2_low"),
        tau2_high=limits.get("tau2_high"),
        i2_low=limits.get("i2_low"),
        i2_high=limits.get("i2_high"),
    )


def pool_ratios_bayes(
    yi: Iterable[Number],
    vi: Iterable[Number],
    *,
    measure: str = "OR",
    scale: float | None = None,
    level: float = 0.95,
) -> PooledRatio:
    """The same by the posterior of a normal model with a half-normal(`scale`) prior of tau.

    Without `scale` it is 0.5 for log ratios and 0.125 for risk differences (`ratio_bayes`).

    Parameters
    ----------
    yi, vi, measure
        As in `pool_ratios`.
    scale : float, optional
        Scale of the prior of tau.
    level : float
        Of the intervals, which are equal-tailed.

    Returns
    -------
    PooledRatio
        `estimate` is the posterior median of the mean effect, `tau2` the squared posterior median
        of tau. See `ratio_bayes.pool_bayes`.

    Raises
    ------
    SynthesisError
        As `pool_ratios`, and for a scale that is not above 0.
    """
    check_word("measure", measure, RATIO_MEASURES)
    if scale is None:
        scale = TAU_SCALE_RD if measure == "RD" else TAU_SCALE
    scale, level = check_positive("scale", scale), check_share("level", level)
    y, v, notes = _known(yi, vi)
    if not len(y):
        return PooledRatio("bayes", "random", 0, converged=False, notes=(Note("no_data"), *notes))
    post, back, k = pool_bayes(y, v, scale=scale, level=level), back_of(measure), len(y)
    common = pool_ratios(y, v, measure=measure, tau2=None, level=level)
    predicted = post.prediction if predictable(k) else (float("nan"), float("nan"))
    taus = (post.tau, *post.tau_interval)
    i2 = _i2(_typical(y, v), [tau**2 for tau in taus]) if k > 1 else [None] * 3
    return PooledRatio(
        "bayes",
        "random",
        k,
        estimate=back(post.estimate),
        ci_low=back(post.interval[0]),
        ci_high=back(post.interval[1]),
        pi_low=back(predicted[0]),
        pi_high=back(predicted[1]),
        tau2=post.tau**2,
        tau2_low=post.tau_interval[0] ** 2,
        tau2_high=post.tau_interval[1] ** 2,
        i2=i2[0],
        i2_low=i2[1],
        i2_high=i2[2],
        q=common.q,
        q_df=common.q_df,
        q_p=common.q_p,
        notes=(
            *_few(k),
            Note("posterior_median"),
            *_cut(measure, *post.interval, *predicted),
            *notes,
        ),
    )


def from_common_effect(fit: CommonEffect, method: str, measure: str) -> PooledRatio:
    """A Mantel-Haenszel or Peto fit as a `PooledRatio`."""
    back = back_of(measure)
    known = np.isfinite(fit.estimate)
    cut = _cut(measure, float(fit.ci_low), float(fit.ci_high))
    return PooledRatio(
        method,
        "common",
        fit.k,
        estimate=back(fit.estimate),
        ci_low=back(fit.ci_low),
        ci_high=back(fit.ci_high),
        p_value=number(fit.p_value),
        i2=number(fit.i2),
        q=number(fit.q),
        q_df=fit.q_df if known else None,
        q_p=number(fit.q_p),
        converged=bool(known),
        notes=cut if known else (Note("no_finite_estimate"),),
    )


def from_glmm(
    fit: RatioGlmm,
    measure: str,
    tau: TauProfile | None = None,
    own: Contrasts | None = None,
    *,
    level: float = 0.95,
) -> PooledRatio:
    """A binomial model as a `PooledRatio`, with the normal interval.

    With the limits of `tau` at the same level it has those of tau2 and, from three trials on, where
    the effect of a further trial lies; with the trials' `own` effects I2, tau2 beside their typical
    variance as metafor has it.
    """
    back = back_of(measure)
    half = float(-ndtri((1 - level) / 2)) * fit.se
    known = np.isfinite(fit.estimate)
    open_ = known and fit.k > 1 and tau is not None and not np.isfinite(tau.high)
    predicted: tuple[Number, Number] = (None, None)
    if tau is not None and predictable(fit.k):
        low, high = next_trial(fit, tau)
        predicted = (back(low), back(high))
    ends = [fit.tau2, *([np.nan] * 2 if tau is None else [tau.low**2, tau.high**2])]
    told = known and fit.k > 1 and own is not None
    i2 = _i2(_typical(own.yi, own.vi), ends) if told and own is not None else [None] * 3
    return PooledRatio(
        f"glmm_{fit.model.lower().replace('.', '_')}",
        "random",
        fit.k,
        estimate=back(fit.estimate),
        ci_low=back(fit.estimate - half),
        ci_high=back(fit.estimate + half),
        p_value=_normal_p(fit.estimate / fit.se) if known else None,
        pi_low=predicted[0],
        pi_high=predicted[1],
        tau2=number(fit.tau2),
        tau2_low=None if tau is None else number(tau.low**2),
        tau2_high=None if tau is None else number(tau.high**2),
        i2=i2[0],
        i2_low=i2[1],
        i2_high=i2[2],
        q=number(fit.q),
        q_df=fit.q_df if known else None,
        q_p=number(fit.q_p),
        converged=fit.converged,
        notes=(
            *_few(fit.k),
            *notes_of(
                not known and Note("no_finite_estimate"),
                bool(fit.tau2 == 0) and Note("tau2_at_zero"),
                bool(open_) and Note("tau2_interval_open"),
            ),
        ),
    )


def _known(yi: Iterable[Number], vi: Iterable[Number]) -> tuple[Floats, Floats, Notes]:
    """The effects with a variance, as arrays, and the note that counts the others.

    What is missing is None, or NaN as in a column of pandas.
    """
    y, v = lists(yi=listed("yi", yi), vi=listed("vi", vi))
    known = ~(np.isnan(y) | np.isnan(v))
    left_out = int((~known).sum())
    y, v = y[known], v[known]
    if not (np.isfinite(y).all() and (v > 0).all() and np.isfinite(v).all()):
        raise SynthesisError("effects must be finite and their variances above 0, or None")
    return y, v, notes_of(left_out > 0 and Note("left_out", count=left_out))


def _typical(yi: Floats, vi: Floats) -> float:
    """The typical sampling variance of the effects that are known."""
    known = np.isfinite(yi) & np.isfinite(vi)
    return float(typical_variance(stack(yi[known], vi[known])[0])[0])


def _i2(typical: float, tau2: Iterable[float]) -> list[Number]:
    """I2 of values of tau2, None where one is not known."""
    return [number(t / (t + typical)) for t in tau2]


def _cut(measure: str, *limits: float) -> Notes:
    """The note that a limit of a risk difference lay beyond what one can be (`back_of` cuts it)."""
    beyond = measure == "RD" and any(abs(limit) > 1 for limit in limits)
    return notes_of(beyond and Note("limits_cut_to_1"))


def _few(k: int) -> Notes:
    return {1: (Note("single_study"),), 2: (Note("two_studies"),)}.get(k, ())


def _common_width(y: Floats, v: Floats, level: float) -> float:
    fit = pool_effects(y, v, tau2="EE", ci="wald", level=level)
    return float(fit.ci_high - fit.ci_low)


def _tau2_limits(y: Floats, v: Floats, tau2: str, level: float) -> dict[str, Number]:
    if tau2 == "DL":
        found = generalised_q_interval(y, v, "DL", level=level)
    else:
        found = tau2_interval(y, v, "REML" if tau2 == "REML" else "q_profile", level=level)
    return {name: number(found[name]) for name in TAU2_LIMITS}


def _or_nan(value: Number) -> float:
    return float("nan") if value is None else value


def _normal_p(z: float) -> float:
    return float(2 * ndtr(-abs(z)))

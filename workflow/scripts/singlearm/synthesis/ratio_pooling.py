"""Pooled effects of randomised trials: inverse variance, a posterior, and fits to counts.

All come as one record, with the effect on the scale that people read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from .arguments import check_positive, check_share, lists
from .arguments import labels as listed
from .arrays import Columns, Floats
from .genq import generalised_q_interval
from .heterogeneity import typical_variance
from .new_effect import new_effect, of_each
from .notes import Note, Notes, few_studies, notes_of
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
    more: dict[str, Any] = {}
    if k > 1:
        more = {name: number(getattr(fit, name)) for name in ("i2", "q", "q_p")} | {"q_df": k - 1}
    if tau2 is not None and k > 1:
        found = _tau2_limits(y, v, tau2, level)
        more |= {"tau2": number(fit.tau2)} | {name: number(found[name]) for name in TAU2_LIMITS}
        if predictable(k):
            ends = np.ravel(found["tau2_low"]), np.ravel(found["tau2_high"])
            new = new_effect(stack(y, v)[0], of_each(fit), ends, level, prediction)
            low, high = (float(end[0]) for end in new)
            more |= {"pi_low": back(low), "pi_high": back(high)}
            cut = cut or _cut(measure, low, high)
        narrow = fit.ci_high - fit.ci_low < _common_width(y, v, level)
        notes = (
            *notes_of(
                bool(fit.tau2 == 0) and Note("tau2_at_zero"),
                bool(narrow) and Note("narrower_than_common"),
                bool(fit.se < NO_ERROR) and Note("standard_error_zero"),
                more["tau2_high"] is None and Note("tau2_interval_open"),
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
        converged=bool(fit.converged),
        notes=(*few_studies(k), *cut, *notes),
        **more,
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
    tau2 = [tau**2 for tau in (post.tau, *post.tau_interval)]
    return PooledRatio(
        "bayes",
        "random",
        k,
        estimate=back(post.estimate),
        ci_low=back(post.interval[0]),
        ci_high=back(post.interval[1]),
        pi_low=back(predicted[0]),
        pi_high=back(predicted[1]),
        **_spread(tau2, (y, v) if k > 1 else None),
        q=common.q,
        q_df=common.q_df,
        q_p=common.q_p,
        notes=(
            *few_studies(k),
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


def from_glmm(fit: RatioGlmm, measure: str, tau: TauProfile, own: Contrasts) -> PooledRatio:
    """A binomial model as a `PooledRatio`, with the normal interval.

    From the limits of `tau`, whose level all have, come those of tau2 and, from three trials on,
    where the effect of a further trial lies; from the trials' `own` effects I2, tau2 beside their
    typical variance as metafor has it.
    """
    back = back_of(measure)
    half = float(-ndtri((1 - tau.level) / 2)) * fit.se
    known = bool(np.isfinite(fit.estimate))
    several = known and fit.k > 1
    low, high = next_trial(fit, tau) if predictable(fit.k) else (float("nan"), float("nan"))
    effects = (own.yi, own.vi) if several else None
    return PooledRatio(
        f"glmm_{fit.model.lower().replace('.', '_')}",
        "random",
        fit.k,
        estimate=back(fit.estimate),
        ci_low=back(fit.estimate - half),
        ci_high=back(fit.estimate + half),
        p_value=float(2 * ndtr(-abs(fit.estimate / fit.se))) if known else None,
        pi_low=back(low),
        pi_high=back(high),
        **_spread((fit.tau2, tau.low**2, tau.high**2), effects),
        q=number(fit.q),
        q_df=fit.q_df if known else None,
        q_p=number(fit.q_p),
        converged=fit.converged,
        notes=(
            *few_studies(fit.k),
            *notes_of(
                not known and Note("no_finite_estimate"),
                bool(fit.tau2 == 0) and Note("tau2_at_zero"),
                several and not np.isfinite(tau.high) and Note("tau2_interval_open"),
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


def _spread(tau2: Iterable[float], effects: tuple[Floats, Floats] | None) -> dict[str, Any]:
    """tau2 with its limits, and I2 beside the typical sampling variance of the effects known."""
    typical = np.nan
    if effects is not None:
        known = np.isfinite(effects[0]) & np.isfinite(effects[1])
        typical = float(typical_variance(stack(*(e[known] for e in effects))[0])[0])
    found: dict[str, Number] = {}
    for end, t in zip(("", "_low", "_high"), tau2, strict=True):
        found |= {f"tau2{end}": number(t), f"i2{end}": number(t / (t + typical))}
    return found


def _cut(measure: str, *limits: float) -> Notes:
    """The note that a limit of a risk difference lay beyond what one can be (`back_of` cuts it)."""
    beyond = measure == "RD" and any(abs(limit) > 1 for limit in limits)
    return notes_of(beyond and Note("limits_cut_to_1"))


def _common_width(y: Floats, v: Floats, level: float) -> float:
    fit = pool_effects(y, v, tau2="EE", ci="wald", level=level)
    return float(fit.ci_high - fit.ci_low)


def _tau2_limits(y: Floats, v: Floats, tau2: str, level: float) -> Columns:
    if tau2 == "DL":
        return generalised_q_interval(y, v, "DL", level=level)
    return tau2_interval(y, v, "REML" if tau2 == "REML" else "q_profile", level=level)

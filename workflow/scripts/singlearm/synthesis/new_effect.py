"""Where a new study's effect lies in a two-step model, on the scale of the effect sizes.

The rule of `new_study` for every kind of effect: the confidence distributions of the mean, from its
limits, and of the spread, from those of tau2, are integrated over.
"""

from collections.abc import Mapping

import numpy as np
from scipy.special import ndtri

from .arrays import Columns, Floats
from .heterogeneity import likelihood_profile, log_likelihood
from .new_study import Predictive, small_sample_widening, spread_values
from .stack import Stack
from .twostep import TwoStep, prediction_interval
from .words import PREDICTIONS, check_word

#: Limits of tau2, (B,) each.
Ends = tuple[Floats, Floats]


def predictive(s: Stack, fit: Mapping[str, Floats], tau2_ends: Ends, level: float) -> Predictive:
    """The distribution of a new study's effect, mean and spread integrated out.

    Parameters
    ----------
    s : Stack
        B datasets, with moderators or without.
    fit : mapping of arrays (B,)
        `estimate` with `ci_low` and `ci_high`, `df` of their quantiles (infinite: normal ones,
        which are widened to t) and `tau2`, as from `fit_stack`.
    tau2_ends : arrays (B,), (B,)
        Limits of tau2; where the upper one is NaN nothing is known of a new study.
    level : float
        Coverage of both pairs of limits.

    Returns
    -------
    Predictive

    Notes
    -----
    The signed root of tau at 0 is that of the restricted likelihood, for the moment estimators too.
    """
    z = float(ndtri(0.5 + level / 2))
    spread = np.sqrt(fit["tau2"])
    at, at_zero = (log_likelihood(s, v, "REML") for v in (fit["tau2"], np.zeros(spread.shape)))
    root_at_zero = -np.sqrt(2 * np.maximum(at - at_zero, 0))
    least, most = (np.sqrt(end) for end in tau2_ends)
    # studies too much alike for Q to leave any tau2 above the estimate: the likelihood still does
    bare = np.flatnonzero((s.df > 0) & (most <= spread))
    if bare.size:
        reach = np.sqrt(likelihood_profile(s.columns(bare), "REML", level)[1])
        most[bare] = np.maximum(reach, spread[bare])
    values, weights = spread_values(spread, least, most, root_at_zero, z)
    widened = small_sample_widening(s.df + 1, "wald", level)
    half = (fit["ci_high"] - fit["ci_low"]) / 2 * np.where(np.isinf(fit["df"]), widened, 1.0)
    return Predictive(fit["estimate"], half / z, half / z, values, weights)


def new_effect(
    s: Stack,
    fit: Mapping[str, Floats],
    tau2_ends: Ends,
    level: float,
    prediction: str = "integrated",
) -> Ends:
    """Limits (B,), (B,) of a new study's effect, NaN where they are not known.

    `prediction`: mean and spread integrated out, or "t" for estimate and tau2 as they are with a t
    distribution on the residual degrees of freedom (see `prediction_interval`); the rest as in
    `predictive`.
    """
    check_word("prediction", prediction, PREDICTIONS)
    if prediction == "t":
        return prediction_interval(fit["estimate"], fit["se"], fit["tau2"], s.df + 1, level=level)
    return predictive(s, fit, tau2_ends, level).limits(level)


def of_each(fit: TwoStep) -> Columns:
    """A fit of `pool_effects` as the columns (B,) that `new_effect` takes."""
    names = ("estimate", "ci_low", "ci_high", "df", "se", "tau2")
    return {name: np.ravel(getattr(fit, name)) for name in names}

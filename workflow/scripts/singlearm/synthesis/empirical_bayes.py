"""Each study's own value under a model: empirical Bayes (shrunken) values with their limits.

A random-effects model says that the true values of studies come from one distribution. Given it,
what is known of one study is its own data and where the others lie: the posterior of its true
value, drawn towards the pooled one the more, the less its own data say. Efron and Morris (1975), J
Am Stat Assoc 70:311; Raudenbush and Bryk (1985), J Educ Stat 10:75.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betaincinv, ndtri, xlog1py, xlogy

from .arrays import Floats
from .bayes_grid import posterior
from .effects import back_transform, effect_sizes, expit, logit
from .models import TAU_SCALE, Model
from .new_study import spread_values
from .notes import Note, Notes, notes_of
from .quadrature import binomial_constant
from .records import Noted, Number, Pooled, number
from .study_posterior import deviations, mixed_logit, mixed_over_tau
from .twostep import quantile
from .words import SynthesisError

if TYPE_CHECKING:
    import pandas as pd

#: Notes on a fit that say why there are no values of studies.
NO_FIT = ("no_data", "single_study", "homogeneous_exact", "no_finite_maximum", "not_converged")
#: Value and limits of each study (K,); NaN where nothing applies.
Values = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyValues(Noted):
    """What a model says of the true proportion of each study, in the order given.

    Parameters
    ----------
    estimate : tuple of float
        From 0 to 1: the posterior mean under the beta-binomial model, whose `estimate` is a mean
        too, else the posterior median. Without a fit None, and `notes` say why.
    ci_low, ci_high : tuple of float
        Limits; None where the model has no limits of its mean.
    model : Model, optional
        The model that gave the values.
    level : float
        Coverage of the limits, on average over studies.
    notes : tuple of Note
        What to know about the values, or why there are none.
    """

    estimate: tuple[Number, ...]
    ci_low: tuple[Number, ...]
    ci_high: tuple[Number, ...]
    model: Model | None = None
    level: float = 0.95

    def to_frame(self) -> "pd.DataFrame":
        """A row for each study (needs pandas)."""
        import pandas as pd

        names = ("estimate", "ci_low", "ci_high")
        return pd.DataFrame({name: getattr(self, name) for name in names})


#: Studies whose densities are held at a time.
BLOCK = 50


def study_values(fit: Pooled) -> StudyValues:
    """The value of every study under the model that was fitted to them.

    Parameters
    ----------
    fit : Pooled
        From `pool` or `pool_clustered(...).pooled(...)`: it knows its counts.

    Returns
    -------
    StudyValues
        Of a common-effect model, of arms within trials, of one study and where there is no fit none
        (see `notes`). The limits of an allowance for clusters are those of the mean alone, so
        studies have none.

    Raises
    ------
    SynthesisError
        If `fit` does not know its model or its counts.

    Notes
    -----
    The limits allow for the mean's own uncertainty, and under the binomial-normal model for that of
    the between-study variance; the two-step and beta-binomial models take it (or rho) as it is, as
    metafor's `blup` does, and `bayes` integrates both out. With a variance of 0 every study has the
    pooled value.

    Examples
    --------
    >>> from singlearm import pool
    >>> values = study_values(pool([4, 3, 2, 1], [10, 20, 30, 40]))
    >>> [round(value, 3) for value in values.estimate]
    [0.266, 0.129, 0.074, 0.045]
    """
    model = fit.model
    if model is None:
        raise SynthesisError("study_values: the result does not know its model")
    if len(fit.counts) != fit.k:
        raise SynthesisError("study_values: the result has no counts of its studies")
    notes = _why_none(fit, model)
    if notes:
        value = low = high = np.full(fit.k, np.nan)
    else:
        x, n = np.array(fit.counts, float).T
        value, low, high = _VALUES[model.likelihood](x, n, fit, model)
        clustered = fit.clusters is not None
        if clustered:
            low = high = np.full(fit.k, np.nan)
        missing = not clustered and not np.isfinite(low).all()
        notes = notes_of(
            clustered and Note("study_limits_left_out"), missing and Note("interval_not_found")
        )
    return StudyValues(
        estimate=_numbers(value),
        ci_low=_numbers(low),
        ci_high=_numbers(high),
        notes=notes,
        model=model,
        level=fit.level,
    )


def _numbers(values: Floats) -> tuple[Number, ...]:
    return tuple(map(number, values))


def _why_none(fit: Pooled, model: Model) -> Notes:
    """Why there are no values; nothing if there are."""
    if model.common_effect:
        return (Note("common_effect"),)
    if fit.tau2_trials is not None:
        return (Note("arms_within_trials"),)
    return tuple(note for note in fit.notes if note.code in NO_FIT)


def combined(centre: Floats, own: tuple[Floats, Floats], mean: tuple[Floats, Floats]) -> Values:
    """`centre` (K,) and limits for two independent uncertainties.

    `own` are the limits that hold with the mean known, `mean` how far below and above the mean's
    own limits lie, in what they move the centre by: the distances are added as variances are
    (Zou and Donner 2008, Stat Med 27:1693).
    """
    below = np.hypot(np.maximum(centre - own[0], 0.0), mean[0])
    above = np.hypot(np.maximum(own[1] - centre, 0.0), mean[1])
    return centre, centre - below, centre + above


def _tails(level: float) -> tuple[float, float, float]:
    return 0.5, (1 - level) / 2, (1 + level) / 2


def _mean_limits(fit: Pooled) -> tuple[float, float]:
    """How far the limits of the pooled value lie below and above it, on the logit scale."""
    at, low, high = map(_real, (fit.estimate_link, fit.ci_low_link, fit.ci_high_link))
    return at - low, high - at


def _real(value: Number) -> float:
    return np.nan if value is None else value


def _normal(x: Floats, n: Floats, fit: Pooled, model: Model) -> Values:
    """Best linear unbiased predictions, taken back from the scale (metafor's `blup`)."""
    effects = effect_sizes(x, n, model.effect_measure)
    mu, tau2 = _real(fit.estimate_link), _real(fit.tau2)
    share = tau2 / (tau2 + effects.vi)
    df = np.inf if model.ci == "wald" else fit.k - 1
    half = float(quantile(df, fit.level))
    own = half * np.sqrt(share * effects.vi)
    mean = (1 - share) * half * _real(fit.se_link)
    at = mu + share * (effects.yi - mu)
    ends = combined(at, (at - own, at + own), (mean, mean))
    value, low, high = (back_transform(end, effects.measure, n) for end in ends)
    return value, low, high


def _binomial_normal(x: Floats, n: Floats, fit: Pooled, _: Model) -> Values:
    """Posterior medians of the logit at the fitted parameters; quantiles with tau drawn from its
    confidence distribution, as for a new study."""
    mu, tau = _real(fit.estimate_link), float(np.sqrt(_real(fit.tau2)))
    taus, weights = _spreads(x, n, fit)
    below, above = _mean_limits(fit)
    found = np.empty((3, x.size))
    for start in range(0, x.size, BLOCK):
        part = slice(start, start + BLOCK)
        at = deviations(x[part], n[part], mu, tau)
        middle, moved = mu + tau * at.quantile(0.5), at.variance
        own = np.full((2, middle.size), np.nan)
        if np.isfinite(taus).all():
            tails = _tails(fit.level)[1:]
            own[:] = mixed_over_tau(x[part], n[part], mu, taus, weights, tails)
        found[:, part] = combined(middle, (own[0], own[1]), (moved * below, moved * above))
    value, low, high = (expit(end) for end in found)
    return value, low, high


def _spreads(x: Floats, n: Floats, fit: Pooled) -> tuple[Floats, Floats]:
    """Values of tau (J,) and their weights; not finite where tau has no upper limit."""
    p = x.sum() / n.sum()
    common = (xlogy(x, p) + xlog1py(n - x, -p)).sum() + binomial_constant(x, n)
    root = -np.sqrt(2 * np.maximum(_real(fit.loglik) - common, 0.0))  # at a tau of 0
    tau, low, high = (
        np.sqrt(np.array([_real(end)])) for end in (fit.tau2, fit.tau2_low, fit.tau2_high)
    )
    taus, weights = spread_values(tau, low, high, root, float(ndtri(0.5 + fit.level / 2)))
    return taus[:, 0], weights


def _beta_binomial(x: Floats, n: Floats, fit: Pooled, _: Model) -> Values:
    """Posterior mean and quantiles of the conjugate beta distribution."""
    m, rho = _real(fit.estimate), _real(fit.rho)
    dispersion = rho / (1 - rho)
    mean = (m + x * dispersion) / (1 + n * dispersion)
    own: list[Floats] = [mean, mean]
    if dispersion > 0:
        a, b = m / dispersion + x, (1 - m) / dispersion + n - x
        own = [np.asarray(betaincinv(a, b, tail), float) for tail in _tails(fit.level)[1:]]
    centre, low, high = (logit(np.clip(p, 1e-300, 1 - 1e-16)) for p in (mean, *own))
    rate = m * (1 - m) / (mean * (1 - mean)) / (1 + n * dispersion)
    below, above = (rate * end for end in _mean_limits(fit))
    low, high = combined(centre, (low, high), (below, above))[1:]
    return mean, expit(low), expit(high)


def _bayes(x: Floats, n: Floats, fit: Pooled, model: Model) -> Values:
    """Posterior medians and equal-tailed limits, mean and spread integrated out."""
    grid = posterior(x[:, None], n[:, None], model.tau_scale or TAU_SCALE)
    found = np.empty((3, x.size))
    for i, (events, total) in enumerate(zip(x, n, strict=True)):
        density = mixed_logit(events, total, grid)
        found[:, i] = [density.quantile(tail)[0] for tail in _tails(fit.level)]
    value, low, high = expit(found)
    return value, low, high


_VALUES = {
    "normal": _normal,
    "binomial_normal": _binomial_normal,
    "beta_binomial": _beta_binomial,
    "bayes": _bayes,
}

"""Events per person-time pooled over studies: the entrance `pool_rates` and its result."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import chdtrc, ndtri, xlogy

from .arguments import check_share, lists
from .arrays import ArrayLike, Floats
from .effects import freeman_tukey_sizes
from .estimators import TAU2_METHODS
from .genq import estimator_interval
from .heterogeneity import typical_variance
from .new_effect import new_effect, of_each
from .new_study import Predictive, small_sample_widening, spread_values
from .notes import Note, Notes, few_studies, notes_of
from .poisson_normal import PoissonFit, fit_poisson_normal, profile_mu, profile_tau, two_maxima
from .rate_effects import (
    RATE_MEASURES,
    check_rates,
    rate_back_transform,
    rate_effects,
    rate_intervals,
)
from .records import Number, RandomEffects, number
from .stack import stack
from .suitability import predictable
from .twostep import NO_ERROR, TAU2_LIMITS, interval, narrower_than_wald, pool_effects, quantile
from .words import PREDICTIONS, check_word, settle

#: The likelihoods and, of each, the intervals of the rate, the default first.
RATE_CI = {
    "poisson_normal": ("profile", "wald", "t"),
    "poisson_common": ("exact", "wald", "t"),
    "normal": ("hk_adhoc", "hk", "wald", "t"),
}


@dataclass(frozen=True, slots=True)
class RateModel:
    """How rates are pooled; the fields are a protocol's keys under `models:`.

    Parameters
    ----------
    likelihood : {"poisson_normal", "poisson_common", "normal"}
        Poisson events with normal log rates; one common rate; two steps, effect sizes first.
    measure : str, optional
        Of `normal` only: IRLN (default), IR, IRS, IRFT.
    tau2 : str, optional
        Of `normal` only: an estimator of the between-study variance, REML by default.
    ci : str, optional
        The interval of the rate, see `RATE_CI`; the default is the first there.
    prediction : {"integrated", "t"}, optional
        Of `normal` with a tau2 only, as in `Model`.

    Raises
    ------
    SynthesisError
        For an unknown word, and for a key that the likelihood does not use.
    """

    likelihood: str = "poisson_normal"
    measure: str | None = None
    tau2: str | None = None
    ci: str | None = None
    prediction: str | None = None

    def __post_init__(self) -> None:
        check_word("likelihood", self.likelihood, tuple(RATE_CI))
        two_steps = self.likelihood == "normal"
        settle(self, "measure", RATE_MEASURES if two_steps else (), "IRLN")
        settle(self, "tau2", TAU2_METHODS if two_steps else (), "REML")
        settle(self, "ci", RATE_CI[self.likelihood], RATE_CI[self.likelihood][0])
        predicts = two_steps and self.tau2 != "EE"
        settle(self, "prediction", PREDICTIONS if predicts else (), PREDICTIONS[0])

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "RateModel":
        """The model of a protocol's entry, whose `label` is passed over."""
        return cls(**{key: settings[key] for key in cls.__slots__ if key in settings})

    @property
    def has_tau2(self) -> bool:
        """Whether rates may differ between studies."""
        return self.likelihood != "poisson_common" and self.tau2 != "EE"


@dataclass(frozen=True, slots=True)
class PooledRate(RandomEffects):
    """A pooled rate, in events per unit of the person-time given. None: does not apply.

    `estimate` is the rate of the median study, `marginal` the average over the population of
    studies (log scales only), each with its limits; `pi_*` where the rate of a new study lies, from
    three studies on. `estimate_link`, `se_link` and `tau2` are on the scale of the model, `i2` is a
    fraction. `q` is the likelihood-ratio statistic of one common rate for the Poisson likelihoods,
    Cochran's for `normal`. `notes` are codes; `weights` percent per study, in the order given (of
    `normal` only).
    """

    k: int
    events: int
    person_time: float
    marginal: Number = None
    marginal_low: Number = None
    marginal_high: Number = None


def pool_rates(
    events: ArrayLike,
    person_time: ArrayLike,
    model: RateModel | str = "poisson_normal",
    *,
    level: float = 0.95,
) -> PooledRate:
    """Pool events per person-time of k studies (k may be 0).

    Parameters
    ----------
    events, person_time : array_like, shape (k,)
        Events, and the person-time at risk in which they occurred, all in one unit.
    model : RateModel or str
        The model, or the name of a likelihood with its defaults.
    level : float
        Confidence level of every interval.

    Returns
    -------
    PooledRate
        One study, or no events at all: the exact Poisson answer, with a note, whatever the model.

    Raises
    ------
    SynthesisError
        For counts or times that are none.

    References
    ----------
    Stijnen, Hamza and Ozdemir (2010), Stat Med 29:3046 (Poisson-normal); Garwood (1936),
    Biometrika 28:437 (exact); Self and Liang (1987), JASA 82:605 (`tau2_p`).

    Examples
    --------
    >>> r = pool_rates([7, 8, 3, 6, 1], [1344, 1600, 12012, 1536, 370])
    >>> round(r.estimate, 5), round(r.tau2, 3)
    (0.00217, 1.144)
    """
    if not isinstance(model, RateModel):
        model = RateModel(model)
    level = check_share("level", level)
    x, t = check_rates(*lists(events=events, person_time=person_time))
    base = PooledRate(x.size, int(x.sum()), float(t.sum()), weights=(None,) * x.size)
    if x.size == 0:
        return replace(base, notes=(Note("no_data"),))
    notes = few_studies(x.size)
    if x.size == 1:
        return _exact(base, x, t, level, notes)
    if x.sum() == 0:
        return _exact(base, x, t, level, (*notes, Note("no_events_exact")))
    columns = {"normal": _two_steps, "poisson_common": _common, "poisson_normal": _poisson_normal}
    values = columns[model.likelihood](x, t, model, level)
    notes += values.pop("notes")
    weights = tuple(number(w) for w in values.pop("weights", (None,) * x.size))
    converged = values.pop("converged", True)
    numbers: dict[str, Any] = {name: number(v) for name, v in values.items()}
    if not converged:
        return replace(base, converged=False, notes=notes)
    average = ("marginal", "marginal_low", "marginal_high")
    if numbers.get("marginal_low") is not None and None in (numbers[name] for name in average):
        numbers |= dict.fromkeys(average)
        notes += (Note("average_beyond_numbers"),)
    return replace(base, **numbers, weights=weights, notes=notes)


def _exact(base: PooledRate, x: Floats, t: Floats, level: float, notes: Notes) -> PooledRate:
    """The exact answer of one Poisson count: all events in all person-time."""
    low, high = map(float, rate_intervals(x.sum(), t.sum(), level))
    rate = float(x.sum() / t.sum())
    link = float(np.log(rate)) if rate > 0 else None
    return replace(base, estimate=rate, ci_low=low, ci_high=high, estimate_link=link, notes=notes)


def _common(x: Floats, t: Floats, model: RateModel, level: float) -> dict[str, Any]:
    """One common rate: all events in all person-time."""
    rate = x.sum() / t.sum()
    mu, se = np.log(rate), 1 / np.sqrt(x.sum())
    if model.ci == "exact":
        low, high = rate_intervals(x.sum(), t.sum(), level)
    else:
        low, high = map(np.exp, _limits(mu, se, model.ci, x.size, level))
    loglik = (xlogy(x, rate * t) - rate * t).sum() - _log_factorials(x)
    out = {"estimate": rate, "ci_low": low, "ci_high": high, "estimate_link": mu, "se_link": se}
    return out | {"loglik": loglik, "notes": ()} | _likelihood_ratio_q(x, loglik)


def _log_factorials(x: Floats) -> float:
    return float(sum(np.log(np.arange(1, int(n) + 1)).sum() for n in x))


def _likelihood_ratio_q(x: Floats, common: float) -> dict[str, Any]:
    """Likelihood-ratio test of one common rate against a rate for each study."""
    saturated = (xlogy(x, x) - x).sum() - _log_factorials(x)
    q, df = 2 * max(saturated - common, 0.0), x.size - 1
    return {"q": q, "q_df": df, "q_p": chdtrc(df, q)}


def _limits(mu: Any, se: Any, ci: str | None, k: int, level: float) -> tuple[Any, Any]:
    """Wald limits of the log rate: normal, or t with k - 1 degrees of freedom."""
    df = np.inf if ci == "wald" else k - 1.0
    ends = interval(np.asarray(mu), np.asarray(se), np.asarray(df), level)
    return ends["ci_low"], ends["ci_high"]


def _poisson_normal(x: Floats, t: Floats, model: RateModel, level: float) -> dict[str, Any]:
    """Maximum likelihood; limits from the profile or the information matrix."""
    columns, k, z = (x[:, None], t[:, None]), x.size, float(ndtri(0.5 + level / 2))
    fit = fit_poisson_normal(*columns)
    if not fit.converged[0]:
        return {"converged": False, "notes": (Note("no_finite_maximum"),)}
    mu, tau, se = fit.mu[0], fit.tau[0], fit.se[0]
    tau_low, tau_high = (v[0] for v in profile_tau(*columns, fit, z))
    if model.ci == "profile":
        low, high = (v[0] for v in profile_mu(*columns, fit, z))
    else:
        low, high = _limits(mu, se, model.ci, k, level)
    ratio = 2 * max(fit.loglik[0] - fit.loglik_common[0], 0.0)
    out = {"estimate": np.exp(mu), "ci_low": np.exp(low), "ci_high": np.exp(high)}
    out |= {"estimate_link": mu, "se_link": se, "loglik": fit.loglik[0], "tau2": tau**2}
    out |= {"tau2_low": tau_low**2, "tau2_high": tau_high**2}
    # the border is one end of the range of tau2: half the chi-square
    out["tau2_p"] = 0.5 * chdtrc(1, ratio) if tau > 0 else 1.0
    vt = float(typical_variance(stack(*rate_effects(x, t, "IRLN"))[0])[0])
    out |= {"i2": tau**2 / (tau**2 + vt), "h2": tau**2 / vt + 1}
    out |= {f"i2_{end}": v**2 / (v**2 + vt) for end, v in (("low", tau_low), ("high", tau_high))}
    out |= _likelihood_ratio_q(x, fit.loglik_common[0])
    out |= _average(fit, float(quantile(k - 1, level)))
    bounded = np.isfinite(low) and np.isfinite(high)
    if predictable(k) and np.isfinite(tau_high) and bounded:
        new = _predictive(fit, (low, high), (tau_low, tau_high), k, str(model.ci), level)
        with np.errstate(over="ignore"):
            out["pi_low"], out["pi_high"] = (np.exp(end[0]) for end in new.limits(level))
    several = two_maxima(*columns, fit, np.array([tau_low]), np.array([tau_high]))[0]
    notes = notes_of(
        bool(tau == 0) and Note("tau2_at_zero"),
        not bounded and Note("interval_not_found"),
        not np.isfinite(tau_high) and Note("tau2_interval_open"),
        bool(several) and Note("two_maxima"),
    )
    return out | {"notes": notes}


def _predictive(
    fit: PoissonFit,
    ends: tuple[float, float],
    tau_ends: tuple[float, float],
    k: int,
    ci: str,
    level: float,
) -> Predictive:
    """The distribution of a new study's log rate, as that of a logit in `pool_binomial`."""
    z = float(ndtri(0.5 + level / 2))
    root_at_zero = -np.sqrt(2 * np.maximum(fit.loglik - fit.loglik_common, 0))
    least, most, low, high = (np.array([v]) for v in (*tau_ends, *ends))
    spread, weights = spread_values(fit.tau, least, most, root_at_zero, z)
    small = small_sample_widening(np.array([float(k)]), ci, level)
    return Predictive.of(fit.mu, low, high, z / small, spread, weights)


def _average(fit: PoissonFit, quantile: float) -> dict[str, Any]:
    """The mean of the lognormal rates, exp(mu + tau2/2), with limits by the delta method.

    `quantile` is that of t(k-1): normal ones are too short for few studies.
    """
    mu, tau = fit.mu[0], fit.tau[0]
    variance = fit.se[0] ** 2 + 2 * tau * fit.covariance[0] + tau**2 * fit.variance_tau[0]
    centre, half = mu + tau**2 / 2, quantile * np.sqrt(max(variance, 0.0))
    ends = {"marginal": centre, "marginal_low": centre - half, "marginal_high": centre + half}
    with np.errstate(over="ignore"):
        return {name: np.exp(v) for name, v in ends.items()}


def _two_steps(x: Floats, t: Floats, model: RateModel, level: float) -> dict[str, Any]:
    """Inverse-variance pooling of effect sizes, metafor's conventions."""
    measure = str(model.measure)
    yi, vi = rate_effects(x, t, measure)
    fit = pool_effects(yi, vi, tau2=str(model.tau2), ci=str(model.ci), level=level)
    time = freeman_tukey_sizes(t)["harmonic"]

    def back(value: Any) -> Any:
        return rate_back_transform(value, measure, time)

    out = {"estimate": back(fit.estimate), "ci_low": back(fit.ci_low), "ci_high": back(fit.ci_high)}
    out |= {"estimate_link": fit.estimate, "se_link": fit.se, "q_df": x.size - 1}
    out |= {name: getattr(fit, name) for name in ("i2", "h2", "q", "q_p", "loglik", "weights")}
    notes: Notes = ()
    if measure in ("IRLN", "IR") and (x == 0).any():
        notes += (Note("half_added_to_events"),)
    if measure in ("IR", "IRS") and fit.ci_low < 0:
        notes += (Note("limits_cut_to_0"),)
    if model.ci == "hk":
        narrow = narrower_than_wald(stack(yi, vi)[0], fit.tau2, fit.se, fit.df, level)
        zero = bool(fit.se < NO_ERROR) and Note("standard_error_zero")
        notes += notes_of(bool(narrow) and Note("narrower_than_wald"), zero)
    if model.has_tau2:
        limits, doubts = estimator_interval(yi, vi, fit.tau2, str(model.tau2), level=level)
        out |= {"tau2": fit.tau2} | {name: limits[name] for name in TAU2_LIMITS}
        notes += tuple(Note(code) for code, there in doubts.items() if there)
        if fit.tau2 == 0:
            notes += (Note("tau2_at_zero"),)
        if not np.isfinite(limits["tau2_high"]):
            notes += (Note("tau2_interval_open"),)
        if predictable(x.size):
            ends = tuple(np.ravel(limits[f"tau2_{end}"]) for end in ("low", "high"))
            s, how = stack(yi, vi)[0], str(model.prediction)
            low, high = new_effect(s, of_each(fit), (ends[0], ends[1]), level, how)
            out |= {"pi_low": back(low[0]), "pi_high": back(high[0])}
        if measure == "IRLN":
            # two-step pooling takes tau2 as known; so do these limits, with t(k-1) whatever `ci` is
            half = quantile(x.size - 1, level) * fit.se
            for end, at in (("", 0.0), ("_low", -half), ("_high", half)):
                out[f"marginal{end}"] = np.exp(fit.estimate + at + fit.tau2 / 2)
    return out | {"converged": bool(fit.converged), "notes": notes}

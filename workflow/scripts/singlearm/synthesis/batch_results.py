"""Estimate, interval, tau2 and p of many datasets and nothing else, by any model.

For sensitivity analyses and simulations, which need none of the other columns of `pool_many`; the
numbers are the same.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtri

from . import pool_beta_binomial, pool_binomial
from .arrays import Bools, Columns, Floats, Objects
from .beta_binomial import fit_beta_binomial
from .effects import back_transform, expit, logit, transform
from .glmm import fit_glmm
from .heterogeneity import estimate_tau2
from .intervals import study_intervals
from .linear import inverse_variance_fit
from .model_columns import USUAL, Asked
from .new_study import Predictive
from .new_study_beta import BetaPredictive
from .profile import profile_tau
from .stack import Stack
from .twostep import interval, small_sample, two_sided_p

#: What every result holds, each (B,): `estimate` and limits on the 0-1 scale, `link` and `se` on
#: the model's own, `p_value` of the null value asked for.
FIELDS = (
    "estimate", "ci_low", "ci_high", "tau2", "p_value", "link", "se", "converged",
)  # fmt: skip


def normal_results(
    s: Stack,
    measure: Objects,
    sizes: Floats,
    tau2: str,
    methods: Sequence[str],
    asked: Asked = USUAL,
) -> Iterator[tuple[str, Columns]]:
    """Results of a two-step model for each interval of `methods`, as (ci, fields).

    `measure` (B,) may differ between the datasets, `sizes` (B,) invert the Freeman-Tukey values.
    """
    variance, converged = estimate_tau2(s, tau2)
    f = inverse_variance_fit(s, variance)
    mean = f.beta[0]
    null = np.full(mean.shape, np.nan)
    if asked.null_value is not None:
        null = np.array([float(transform(asked.null_value, m)) for m in measure])
    for ci in methods:
        factor, df = small_sample(s, f, ci)
        se = factor * np.sqrt(f.inverse[0, 0])
        ends = interval(mean, se, df, asked.level)
        with np.errstate(invalid="ignore", divide="ignore"):
            p = two_sided_p(np.abs((mean - null) / se), df)
        yield ci, {
            "estimate": back_by_measure(mean, measure, sizes),
            "ci_low": back_by_measure(ends["ci_low"], measure, sizes),
            "ci_high": back_by_measure(ends["ci_high"], measure, sizes),
            "tau2": np.full(mean.shape, np.nan) if tau2 == "EE" else variance,
            "p_value": p, "link": mean, "se": se, "spread": variance,
            "converged": converged,
        }  # fmt: skip


def back_by_measure(values: Floats, measure: Objects, sizes: Floats) -> Floats:
    """Proportions (B,) of pooled values, each on the scale of its own measure."""
    out = np.empty(values.shape)
    for m in dict.fromkeys(measure):
        own = measure == m
        out[own] = back_transform(values[own], m, sizes[own] if m == "PFT" else None)
    return out


def without_variation(x: Floats, n: Floats, k: Floats) -> Bools:
    """Datasets (B,) that get an exact answer in the likelihood models: one study, no events or
    events in everybody."""
    events, total = x.sum(axis=0), n.sum(axis=0)
    return (events == 0) | (events == total) | (k == 1)


def exact_results(x: Floats, n: Floats, level: float = 0.95) -> Columns:
    """Clopper-Pearson on the pooled counts (K, B)."""
    events, total = x.sum(axis=0), n.sum(axis=0)
    low, high = study_intervals(events, total, level=level)
    out = dict.fromkeys(FIELDS, np.full(events.shape, np.nan))
    return out | {
        "estimate": events / total, "ci_low": low, "ci_high": high, "link": logit(events / total),
        "converged": np.ones(events.shape, bool),
    }  # fmt: skip


def binomial_normal_results(
    x: Floats,
    n: Floats,
    k: Floats,
    methods: Sequence[str],
    asked: Asked = USUAL,
    predict: bool = False,
    **search: Any,
) -> Iterator[tuple[str, Columns]]:
    """Results of the binomial-normal model for each interval of `methods`, as (ci, fields); counts
    (K, B) with variation, `predict` asks for prediction limits, `search` goes to `fit_glmm`. NaN
    where the fit did not converge."""
    z = ndtri(0.5 + asked.level / 2)
    whole = fit_glmm(x, n, **search)
    ok = whole.converged
    fit, xs, ns, ks = whole.columns(ok), x[:, ok], n[:, ok], k[ok]
    plain = np.sqrt(fit.variance()[0, 0])
    ends: Columns = {}
    if predict:
        low, high = profile_tau(xs, ns, fit, z)
        ends = {"tau2_low": low**2, "tau2_high": high**2}
    for ci in methods:
        se = plain * pool_binomial.small_sample_factor(fit, ks, ci)
        found = {
            "estimate": expit(fit.beta[0]), "tau2": fit.tau**2, "link": fit.beta[0],
            "p_value": np.full(ks.shape, np.nan),
            **pool_binomial.limits(xs, ns, fit, ci, se, ks, asked), "se": se,
        }  # fmt: skip
        if predict:
            new = pool_binomial.predictive(fit, found | ends, ks, ci, asked.level)
            found |= prediction_limits(new, asked.level)
        out = {name: np.full(k.shape, np.nan) for name in found}
        for name, values in found.items():
            out[name][ok] = values
        yield ci, out | {"converged": ok}


def beta_binomial_results(
    x: Floats,
    n: Floats,
    k: Floats,
    methods: Sequence[str],
    asked: Asked = USUAL,
    predict: bool = False,
) -> Iterator[tuple[str, Columns]]:
    """The same for the beta-binomial model."""
    fit = fit_beta_binomial(x, n)
    at, se = logit(fit.m), np.sqrt(fit.variance())
    for ci in methods:
        found = {
            "estimate": fit.m, "tau2": np.full(k.shape, np.nan), "link": at, "se": se,
            "p_value": np.full(k.shape, np.nan),
            **pool_beta_binomial.limits(x, n, fit, ci, at, se, k, asked),
            "converged": fit.converged,
        }  # fmt: skip
        if predict:
            new = pool_beta_binomial.predictive(x, n, fit, found, k, ci, asked.level)
            found |= prediction_limits(new, asked.level)
        yield ci, found


def prediction_limits(new: Predictive | BetaPredictive, level: float) -> Columns:
    """Limits of a new study's proportion."""
    low, high = new.limits(level)
    return {"pi_low": expit(low), "pi_high": expit(high)}


LIKELIHOOD_RESULTS = {
    "binomial_normal": binomial_normal_results,
    "beta_binomial": beta_binomial_results,
}

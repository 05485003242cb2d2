"""Subgroups in the binomial-normal model: likelihood-ratio tests and common-tau2 levels."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import ndtri

from .arrays import Floats
from .effects import expit
from .glmm import GlmmFit, fit_glmm
from .levels import (
    NO_LIMITS,
    BetweenTest,
    Grouped,
    Level,
    cell_means,
    chi_square_test,
    level_rows,
    no_test,
    pool_levels,
    why_no_test,
)
from .models import Model
from .new_study import Predictive, small_sample_widening, spread_values
from .notes import Note, NoteTable, notes_of, without
from .pool_binomial import average
from .pooling import note_average
from .profile import shared_mean_loglik, shared_tau_limits
from .quadrature import binomial_constant
from .records import number
from .suitability import predictable
from .twostep import interval, quantile

#: Notes on a level's own fit that no longer hold when all levels share a tau2.
OF_OWN_FIT = (
    "two_maxima",
    "narrower_than_wald",
    "standard_error_zero",
    "tau2_at_zero",
    "tau2_interval_open",
    "interval_not_found",
    "average_beyond_prediction",
    "crude_outside",
)


def compare(
    data: Grouped, model: Model, tau2_mode: str, level: float, least: int
) -> tuple[list[Level], tuple[BetweenTest, ...]]:
    """Rows of the levels and the likelihood-ratio test between them.

    Levels without any event, or with events in everybody, have their best likelihood at the edge,
    where they contribute nothing; the test takes that supremum and says so. It needs `least`
    studies in each level.
    """
    rows = level_rows(data, pool_levels(data, model, level))
    reasons = (
        why_no_test(data)
        or notes_of(not varying(data.x, data.n) and Note("all_or_none"))
        or why_no_test(data, least)
    )
    if reasons:
        return rows, no_test("lrt", *reasons)
    if tau2_mode == "separate":
        return rows, (_separate_test(data),)
    return _common(data, model, level, rows)


def varying(x: Floats, n: Floats) -> bool:
    """Whether a level has both events and non-events."""
    return bool(0 < x.sum() < n.sum())


def _separate_test(data: Grouped) -> BetweenTest:
    """Each level its own tau2 under both hypotheses; under the null one mean.

    A level with one study, or at the edge, has tau2 = 0.
    """
    top, groups = 0.0, []
    for g in data.with_data:
        x, n = (a[:, None] for a in data.counts(g))
        groups.append((x, n, varying(x, n) and len(x) > 1))
        top += best_loglik(x, n)
    null, ok = shared_mean_loglik(groups)
    return _lrt(2 * (top - null), len(groups) - 1, ok and bool(np.isfinite(top)), data)


def best_loglik(x: Floats, n: Floats) -> float:
    """Maximum of a level's log-likelihood (k, 1), with constants; NaN when it was not reached."""
    if not varying(x, n):
        return 0.0
    if len(x) == 1:
        p = x / n
        return float((x * np.log(p) + (n - x) * np.log1p(-p)).sum() + binomial_constant(x, n)[0])
    fit = fit_glmm(x, n)
    return float(fit.loglik[0]) if fit.converged[0] else np.nan


def _lrt(statistic: float, df: int, ok: bool, data: Grouped) -> BetweenTest:
    edge = any(not varying(*data.counts(g)) for g in data.with_data)
    notes = notes_of(edge and Note("level_at_the_edge"), not ok and Note("no_finite_maximum"))
    # a tiny negative value is rounding in two equal likelihoods
    return chi_square_test("lrt", max(statistic, 0.0) if ok else np.nan, df, *notes)


def _common(
    data: Grouped, model: Model, level: float, rows: list[Level]
) -> tuple[list[Level], tuple[BetweenTest, ...]]:
    """One tau2 for all levels, under both hypotheses."""
    inner = [g for g in data.with_data if varying(*data.counts(g))]
    null = fit_glmm(data.x[:, None], data.n[:, None])
    width = len(data.with_data) - 1
    if not inner:  # every level at the edge, where its likelihood is 1
        statistic = -2 * float(null.loglik[0])
        return rows, (_lrt(statistic, width, bool(null.converged[0]), data),)
    fit = fit_levels(data, inner)
    ok = bool(fit.converged[0] and null.converged[0])
    test = _lrt(2 * float(fit.loglik[0] - null.loglik[0]), width, ok, data)
    out = list(rows)
    if fit.converged[0]:
        spread = _spread(data, inner, fit, level)
        for i, g in enumerate(inner):
            if rows[g].k > 1:
                out[g] = _common_row(rows[g], fit, spread, i, model, level)
    return out, (test,)


def fit_levels(data: Grouped, levels: Sequence[int]) -> GlmmFit:
    """Some levels, each with a mean, under one tau2."""
    kept = np.isin(data.index, levels)
    design = cell_means(data.index[kept][:, None], levels)
    return fit_glmm(data.x[kept][:, None], data.n[kept][:, None], design)


def _spread(
    data: Grouped, inner: Sequence[int], fit: GlmmFit, level: float
) -> tuple[Floats, Floats]:
    """Values of the common tau with their weights, as `spread_values` gives them."""
    x, n = data.side_by_side(inner)
    z = float(ndtri(0.5 + level / 2))
    low, high = (np.array([end]) for end in shared_tau_limits(x, n, fit, z))
    root_at_zero = -np.sqrt(2 * np.maximum(fit.loglik - fit.loglik_common, 0))
    return spread_values(fit.tau, low, high, root_at_zero, z)


def _common_row(
    row: Level, fit: GlmmFit, spread: tuple[Floats, Floats], i: int, model: Model, level: float
) -> Level:
    """Level `i` of the fit: Wald or t interval from the joint information; `spread` as `_spread`.

    The average over studies has t with the residual degrees of freedom, as `pool` has t(k-1);
    prediction integrates the level's mean and the common tau out.
    """
    width, k = fit.beta.shape[0], fit.score.shape[0]
    mean, se = fit.beta[i], np.sqrt(fit.variance()[i, i])
    ci, residual = str(model.ci), max(k - width, 1)
    normal = ci in ("wald", "profile")
    link = {"estimate": mean}
    link |= interval(mean, se, np.inf if normal else residual, level)
    del link["p_value"]
    if predictable(row.k) and k > width:
        z = ndtri(0.5 + level / 2) / small_sample_widening(np.array(residual + 1), ci, level)
        new = Predictive.of(mean, link["ci_low"], link["ci_high"], z, *spread)
        link |= dict(zip(("pi_low", "pi_high"), new.limits(level), strict=True))
    found = {name: expit(v) for name, v in link.items()}
    found |= average(fit, quantile(residual, level), i)
    values: dict[str, Any] = {name: number(v[0]) for name, v in found.items()}
    notes = NoteTable(1)
    note_average(notes, found, np.array([row.events / row.total]), row.k > 1)
    how = "wald_interval" if normal else "t_interval"
    more = notes_of(
        bool(fit.tau[0] == 0) and Note("tau2_at_zero"),
        not np.isfinite(spread[0]).all() and Note("tau2_interval_open"),
        ci not in ("wald", "t") and Note(how),
    )
    return replace(
        row,
        **NO_LIMITS | values,
        tau2=float(fit.tau[0] ** 2),
        converged=True,
        notes=without(row.notes, *OF_OWN_FIT) + more + notes.lists()[0],
    )

"""Subgroups in the two-step models: Q between the levels, and the F test of Knapp and Hartung."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .arrays import Floats
from .effects import back_transform, effect_sizes, freeman_tukey_sizes
from .genq import limits_of_estimator
from .heterogeneity import estimate_tau2
from .levels import (
    NO_LIMITS,
    BetweenTest,
    Grouped,
    Level,
    cell_means,
    chi_square_test,
    f_test,
    level_rows,
    no_test,
    pool_levels,
    why_no_test,
)
from .linear import Fitted, inverse_variance_fit
from .models import Model
from .new_effect import Ends, new_effect
from .notes import Note, NoteTable, notes_of, without
from .pool_normal import add_value_notes, average
from .pooling import note_average
from .records import number
from .stack import Stack, stack
from .suitability import predictable
from .twostep import NO_ERROR, interval, quantile, small_sample

#: Notes on a level's own fit that a common tau2 decides anew.
OF_OWN_FIT = (
    "tau2_at_zero",
    "tau2_limit_moved",
    "tau2_interval_by_likelihood",
    "tau2_interval_open",
    "standard_error_zero",
    "narrower_than_wald",
    "limits_cut_to_0_1",
    "freeman_tukey_for_reproduction_only",
    "freeman_tukey_estimate_outside_all_studies",
    "freeman_tukey_depends_on_size",
    "average_beyond_prediction",
    "crude_outside",
)


def compare(
    data: Grouped, model: Model, tau2_mode: str, level: float, least: int
) -> tuple[list[Level], tuple[BetweenTest, ...]]:
    """Rows of the levels and the tests between them, which need `least` studies in each."""
    fits = pool_levels(data, model, level)
    rows = level_rows(data, fits)
    reasons = why_no_test(data, least)
    if tau2_mode == "common" and data.x.size:
        rows, tests = _common(data, model, level, rows)
        return rows, no_test("q_between", *reasons) if reasons else tests
    if reasons:
        return rows, no_test("q_between", *reasons)
    means = np.array([fits[g].estimate_link for g in data.with_data], float)
    se = np.array([fits[g].se_link for g in data.with_data], float)
    q = q_between(means[:, None], se[:, None] ** 2)[0]
    zero = notes_of(bool((se < NO_ERROR).any()) and Note("standard_error_zero"))
    return rows, (chi_square_test("q_between", q, len(means) - 1, *zero),)


def q_between(means: Floats, variances: Floats) -> Floats:
    """Q of level means (G, B) about their weighted mean; levels with infinite variance drop out."""
    with np.errstate(divide="ignore", invalid="ignore"):
        w = 1 / variances
        centre = (w * means).sum(axis=0) / w.sum(axis=0)
        return (w * (means - centre) ** 2).sum(axis=0)


def fit_means(data: Grouped, model: Model) -> tuple[Stack, Floats, Fitted, Floats, Floats]:
    """The cell-means model, all levels with one tau2: its data, tau2 (1,), the fit, and factor and
    degrees of freedom of the standard errors."""
    e = effect_sizes(data.x, data.n, model.effect_measure)
    s = replace(stack(e.yi, e.vi)[0], design=cell_means(data.index[:, None], data.with_data))
    tau2, _ = estimate_tau2(s, str(model.tau2))
    f = inverse_variance_fit(s, tau2)
    return s, tau2, f, *small_sample(s, f, str(model.ci))


def _common(
    data: Grouped, model: Model, level: float, rows: list[Level]
) -> tuple[list[Level], tuple[BetweenTest, ...]]:
    """All levels with one tau2."""
    present = data.with_data
    s, tau2, f, factor, df = fit_means(data, model)
    variance = np.einsum("ppb->pb", f.inverse)
    out = list(rows)
    ends = limits_of_estimator(s, tau2, str(model.tau2), level)[:2]
    narrow = model.ci == "hk" and factor[0] * quantile(df[0], level) < quantile(np.inf, level)
    shared = _Shared(s, tau2, df, ends, bool(narrow))
    for i, g in enumerate(present):
        if rows[g].k > 1:
            mean_se = (f.beta[i], factor * np.sqrt(variance[i]))
            out[g] = _common_row(rows[g], data.counts(g), mean_se, shared, model, level)
    q = q_between(f.beta, variance)[0]
    width = len(present) - 1
    tests = [chi_square_test("q_between", q, width)]
    if model.ci != "wald" and s.df[0] > 0:
        scale = factor[0] ** 2
        tests.append(f_test(q / scale / width if width else np.nan, width, s.df[0]))
    return out, tuple(tests)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the levels have in common: the data, tau2 (1,) with its limits, df of the quantiles, and
    whether their intervals are narrower than normal ones.
    """

    s: Stack
    tau2: Floats
    df: Floats
    tau2_ends: Ends
    narrow: bool


def _common_row(
    row: Level,
    counts: tuple[Floats, Floats],
    mean_se: tuple[Floats, Floats],
    shared: _Shared,
    model: Model,
    level: float,
) -> Level:
    """A level's row under the common tau2, from its mean with standard error (1,) each."""
    measure, tau2, random = model.effect_measure, shared.tau2, model.tau2 != "EE"
    x, n = (a[:, None] for a in counts)
    present = np.ones(x.shape, bool)
    size = freeman_tukey_sizes(n, axis=0)["harmonic"]
    fit = {"estimate": mean_se[0], "se": mean_se[1], "df": shared.df, "tau2": tau2}
    fit |= interval(*mean_se, shared.df, level)
    link = {name: fit[name] for name in ("estimate", "ci_low", "ci_high")}
    residual = shared.s.df[0]
    if predictable(row.k) and random and residual > 0:
        how = str(model.prediction)
        ends = new_effect(shared.s, fit, shared.tau2_ends, level, how)
        link |= dict(zip(("pi_low", "pi_high"), ends, strict=True))
    back = {name: back_transform(v, measure, size) for name, v in link.items()}
    if measure == "PLO" and random:
        back |= average(*mean_se, tau2, quantile(residual, level))
    values: dict[str, Any] = {name: number(v[0]) for name, v in back.items()}
    notes = NoteTable(1)
    add_value_notes(notes, fit, back["estimate"], measure, x, n, present)
    note_average(notes, back, np.array([row.events / row.total]), row.k > 1)
    more = notes_of(
        bool(tau2[0] == 0) and random and Note("tau2_at_zero"),
        shared.narrow and Note("narrower_than_wald"),
    )
    return replace(
        row,
        **NO_LIMITS | values,
        tau2=float(tau2[0]) if random else None,
        converged=True,
        notes=without(row.notes, *OF_OWN_FIT) + notes.lists()[0] + more,
    )

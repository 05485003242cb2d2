"""Subgroups in the two-step models: Q between the levels, and the F test of Knapp and Hartung."""

import numpy as np

from .effects import back_transform, effect_sizes, freeman_tukey_sizes
from .heterogeneity import estimate_tau2
from .linear import inverse_variance_fit
from .moderators import (
    Grouped,
    Level,
    as_level,
    chi_square_test,
    f_test,
    no_test,
    separate_levels,
    too_few,
)
from .notes import join
from .stack import Stack, stack
from .twostep import interval, quantile, small_sample


def compare(data: Grouped, model, tau2_mode, level):
    """Rows of the levels and the tests between them."""
    fits = separate_levels(data, model, level)
    rows = [as_level(name, fit) for name, fit in zip(data.names, fits, strict=True)]
    reason = too_few(data)
    if tau2_mode == "common" and data.x.size:
        rows, tests = _common(data, model, level, rows)
        return rows, no_test("q_between", reason) if reason else tests
    if reason:
        return rows, no_test("q_between", reason)
    means = np.array([fits[g].estimate_link for g in data.with_data])
    se = np.array([fits[g].se_link for g in data.with_data])
    q = q_between(means[:, None], se[:, None] ** 2)[0]
    return rows, (chi_square_test("q_between", q, len(means) - 1, _zero(se)),)


def _zero(se):
    return "standard_error_zero" if (se < 1e-12).any() else ""


def q_between(means, variances) -> np.ndarray:
    """Q of level means (G, B) about their weighted mean; levels with infinite variance drop out."""
    with np.errstate(divide="ignore", invalid="ignore"):
        w = 1 / variances
        centre = (w * means).sum(axis=0) / w.sum(axis=0)
        return (w * (means - centre) ** 2).sum(axis=0)


def cell_means(index, levels) -> np.ndarray:
    """Indicators (G, K, B) of the levels for level indices (K, B)."""
    return (index[None] == np.asarray(levels)[:, None, None]).astype(float)


def _common(data, model, level, rows):
    """All levels with one tau2: the cell-means model."""
    e = effect_sizes(data.x, data.n, model.measure)
    present = data.with_data
    s, _ = stack(e.yi, e.vi)
    s = Stack(s.y, s.v, s.present, s.k, cell_means(data.index[:, None], present))
    tau2, _ = estimate_tau2(s, model.tau2)
    f = inverse_variance_fit(s, tau2)
    factor, df = small_sample(s, f, model.ci)
    variance = np.einsum("ppb->pb", f.inverse)
    out = list(rows)
    for i, g in enumerate(present):
        if rows[g].k > 1:
            mean, se = f.beta[i, 0], factor[0] * np.sqrt(variance[i, 0])
            out[g] = _common_row(rows[g], data, g, mean, se, tau2[0], df[0], s.df[0], model, level)
    q = q_between(f.beta, variance)[0]
    width = len(present) - 1
    tests = [chi_square_test("q_between", q, width)]
    if model.ci != "wald" and s.df[0] > 0:
        scale = factor[0] ** 2
        tests.append(f_test(q / scale / width if width else np.nan, width, s.df[0]))
    return out, tuple(tests)


def _common_row(row, data, g, mean, se, tau2, df, residual, model, level):
    """A level's row under the common tau2; prediction with the residual degrees of freedom."""
    size = None
    if model.measure == "PFT":
        size = freeman_tukey_sizes(data.n[data.studies(g)])["harmonic"]
    ends = interval(mean, se, df, level)
    limits = [mean, ends["ci_low"], ends["ci_high"]]
    predicted = row.k > 2 and model.tau2 != "EE" and residual > 0
    if predicted:
        half = quantile(residual, level) * np.sqrt(tau2 + se**2)
        limits += [mean - half, mean + half]
    values = [float(back_transform(v, model.measure, size)) for v in limits] + [None, None]
    kept = [w for w in row.note.split("; ") if w != "tau2_at_zero"]
    note = join(*kept, "tau2_at_zero" if tau2 == 0 and model.tau2 != "EE" else "")
    return Level(
        row.level, row.k, row.events, row.total, *values[:5],
        tau2=None if model.tau2 == "EE" else float(tau2), note=note,
    )  # fmt: skip

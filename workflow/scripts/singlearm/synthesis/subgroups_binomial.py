"""Subgroups in the binomial-normal model: likelihood-ratio tests and common-tau2 levels."""

import numpy as np

from .effects import expit
from .glmm import fit_glmm
from .moderators import (
    Grouped,
    Level,
    as_level,
    chi_square_test,
    no_test,
    separate_levels,
    too_few,
)
from .notes import join
from .profile import shared_mean_loglik
from .quadrature import binomial_constant
from .twostep import interval, quantile


def compare(data: Grouped, model, tau2_mode, level):
    """Rows of the levels and the likelihood-ratio test between them.

    Levels without any event, or with events in everybody, have their best likelihood at the edge,
    where they contribute nothing; the test takes that supremum and says so.
    """
    fits = separate_levels(data, model, level)
    rows = [as_level(name, fit) for name, fit in zip(data.names, fits, strict=True)]
    reason = too_few(data)
    if not reason and (data.x.sum() == 0 or data.x.sum() == data.n.sum()):
        reason = "homogeneous_exact"
    if tau2_mode == "separate":
        return rows, no_test("lrt", reason) if reason else _separate_test(data)
    if reason:
        return rows, no_test("lrt", reason)
    return _common(data, model, level, rows)


def varying(x, n) -> bool:
    """Whether a level has both events and non-events."""
    return 0 < x.sum() < n.sum()


def _separate_test(data):
    """Each level its own tau2 under both hypotheses; under the null one mean.

    A level with one study, or at the edge, has tau2 = 0.
    """
    top, groups = 0.0, []
    for g in data.with_data:
        x, n = (a[data.studies(g)][:, None] for a in (data.x, data.n))
        groups.append((x, n, varying(x, n) and len(x) > 1))
        top += best_loglik(x, n)
    null, ok = shared_mean_loglik(groups)
    return (_lrt(2 * (top - null), len(groups) - 1, ok and np.isfinite(top), data),)


def best_loglik(x, n) -> float:
    """Maximum of a level's log-likelihood (k, 1), with constants; NaN when it was not reached."""
    if not varying(x, n):
        return 0.0
    if len(x) == 1:
        p = x / n
        return float((x * np.log(p) + (n - x) * np.log1p(-p)).sum() + binomial_constant(x, n)[0])
    fit = fit_glmm(x, n)
    return float(fit.loglik[0]) if fit.converged[0] else np.nan


def _lrt(statistic, df, ok, data):
    edge = any(
        not varying(data.x[data.studies(g)], data.n[data.studies(g)]) for g in data.with_data
    )
    note = join("level_at_the_edge" if edge else "", "" if ok else "no_finite_maximum")
    # a tiny negative value is rounding in two equal likelihoods
    return chi_square_test("lrt", max(statistic, 0.0) if ok else np.nan, df, note)


def _common(data, model, level, rows):
    """One tau2 for all levels, under both hypotheses."""
    inner = [g for g in data.with_data if varying(data.x[data.studies(g)], data.n[data.studies(g)])]
    kept = np.isin(data.index, inner)
    x, n = data.x[kept][:, None], data.n[kept][:, None]
    design = (data.index[kept][None] == np.array(inner)[:, None]).astype(float)[:, :, None]
    fit = fit_glmm(x, n, design)
    null = fit_glmm(data.x[:, None], data.n[:, None])
    ok = bool(fit.converged[0] and null.converged[0])
    test = _lrt(2 * float(fit.loglik[0] - null.loglik[0]), len(data.with_data) - 1, ok, data)
    out = list(rows)
    if fit.converged[0]:
        for i, g in enumerate(inner):
            if rows[g].k > 1:
                out[g] = _common_row(rows[g], fit, i, len(inner), x.shape[0], model, level)
    return out, (test,)


def _common_row(row, fit, i, width, k, model, level):
    """A level under the common tau2: Wald or t interval from the joint information."""
    mean, se = fit.beta[i, 0], np.sqrt(fit.variance()[i, i, 0])
    tau2 = float(fit.tau[0] ** 2)
    df = np.inf if model.ci in ("wald", "profile") else max(k - width, 1)
    ends = interval(mean, se, df, level)
    limits = [mean, ends["ci_low"], ends["ci_high"]]
    if row.k > 2 and k > width:
        half = quantile(k - width, level) * np.sqrt(tau2 + se**2)
        limits += [mean - half, mean + half]
    values = [float(expit(v)) for v in limits] + [None, None]
    kept = [w for w in row.note.split("; ") if w != "tau2_at_zero"]
    note = join(
        *kept,
        "tau2_at_zero" if tau2 == 0 else "",
        "" if model.ci in ("wald", "t") else f"{'wald' if np.isinf(df) else 't'}_interval",
    )
    return Level(row.level, row.k, row.events, row.total, *values[:5], tau2=tau2, note=note)

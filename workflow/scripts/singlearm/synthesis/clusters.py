"""Arms of one trial: pooling with standard errors that allow for dependence within clusters."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from .arguments import check_share, cluster_labels, lists
from .arrays import ArrayLike, Floats
from .cr2 import cluster_robust
from .effects import (
    back_transform,
    check_counts,
    effect_sizes,
    expit,
    freeman_tukey_sizes,
    logit,
    transform,
)
from .glmm import fit_glmm
from .heterogeneity import estimate_tau2
from .models import DEFAULT_MODEL, Model, named_model
from .notes import Note, NoteTable, notes_of, without
from .pooling import note_average, pool
from .records import Noted, Number, Pooled, number
from .stack import stack
from .suitability import MANY_CLUSTERS, own_width_is_floor, robust_interval
from .twostep import interval, two_sided_p

#: Likelihoods whose scores are known by study.
WITH_SCORES = ("normal", "binomial_normal")
#: Columns that an allowance for dependence leaves as they are.
INDEPENDENT_OF_ERRORS = (
    "k", "events", "total", "estimate", "estimate_link", "marginal", "tau2", "i2", "h2", "weights",
    "model", "level", "counts",
)  # fmt: skip
#: Notes on limits that are not printed.
OF_OWN_LIMITS = (
    "tau2_interval_open", "interval_not_found", "average_beyond_prediction", "crude_outside",
    "tau2_limit_moved", "tau2_interval_by_likelihood",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clustered(Noted):
    """A pooled proportion with cluster-robust limits.

    Parameters
    ----------
    k, clusters : int
        Studies, and clusters of them.
    estimate, ci_low, ci_high : float, optional
        The model's own estimate with robust limits, from 0 to 1.
    estimate_link, se_link, df, p_value : float, optional
        On the model's scale; `df` are Satterthwaite's.
    tau2 : float, optional
        As the model estimates it.
    varies : bool
        Whether the counts vary; without variation there is nothing for clusters to change.
    notes : tuple of Note
        What to know about the limits.
    """

    k: int
    clusters: int
    estimate: Number = None
    ci_low: Number = None
    ci_high: Number = None
    estimate_link: Number = None
    se_link: Number = None
    df: Number = None
    p_value: Number = None
    tau2: Number = None
    varies: bool = True

    def pooled(self, plain: Pooled) -> Pooled:
        """The record `plain` of the same model with these limits.

        Average and prediction are widened as the estimate's interval is (`_widened`). What holds
        for independent studies only (interval and tests of tau2) is left empty. Without variation,
        or with one study in each cluster, nothing changes.
        """
        if not plain.converged:
            return plain
        if plain.k <= 1 or not self.varies:
            return replace(plain, notes=(*plain.notes, Note("clusters_ignored")))
        if self.clusters == self.k:
            notes = (*plain.notes, Note("one_study_per_cluster"))
            return replace(plain, clusters=self.clusters, notes=notes)
        kept = {name: getattr(plain, name) for name in INDEPENDENT_OF_ERRORS}
        robust = {name: getattr(self, name) for name in ("ci_low", "ci_high", "se_link", "p_value")}
        count = Note("clusters", count=self.clusters)
        wider: dict[str, Any] = self._widened(plain)
        table = NoteTable(1)
        ends = {name: np.array([np.nan if v is None else v]) for name, v in wider.items()}
        note_average(table, ends, np.array([plain.events / plain.total]))
        notes = (*without(plain.notes, *OF_OWN_LIMITS), count, *self.notes, *table.lists()[0])
        return Pooled(**kept, **robust, **wider, clusters=self.clusters, notes=notes)

    def _widened(self, plain: Pooled) -> dict[str, Number]:
        """Limits of the average and of a new study, on the scale of log odds.

        Those of the average lie further out by the ratio of the robust interval of the estimate to
        the model's own. A new study's variance is that of the mean plus tau2, so the square of its
        half-width gains what that of the mean gains; its interval holds the mean's as before.
        """
        own = self._reach(plain.estimate, plain.ci_low, plain.ci_high)
        robust = self._reach(plain.estimate, self.ci_low, self.ci_high)
        out: dict[str, Number] = {}
        if own is None or robust is None or plain.model is None or min(own) <= 0:
            return out
        average = self._reach(plain.marginal, plain.marginal_low, plain.marginal_high)
        if average is not None and plain.marginal is not None:
            at = float(logit(plain.marginal))
            ratio = [r / o for r, o in zip(robust, own, strict=True)]
            out["marginal_low"] = float(expit(at - average[0] * ratio[0]))
            out["marginal_high"] = float(expit(at + average[1] * ratio[1]))
        new = self._reach(plain.estimate, plain.pi_low, plain.pi_high)
        if new is not None and plain.estimate is not None:
            low, high = (
                np.sqrt(max(p**2 + r**2 - o**2, r**2))
                for p, r, o in zip(new, robust, own, strict=True)
            )
            at = float(logit(plain.estimate))
            out |= {"pi_low": float(expit(at - low)), "pi_high": float(expit(at + high))}
        return out

    @staticmethod
    def _reach(at: Number, low: Number, high: Number) -> tuple[float, float] | None:
        """How far the limits lie from a value, in log odds; None where one is not known."""
        if at is None or low is None or high is None or not 0 < low <= at <= high < 1:
            return None
        return float(logit(at) - logit(low)), float(logit(high) - logit(at))


def pool_clustered(
    events: ArrayLike,
    total: ArrayLike,
    clusters: Iterable[object],
    model: Model | str = DEFAULT_MODEL,
    *,
    null_value: float | None = None,
    level: float = 0.95,
) -> Clustered:
    """Pool as `model` does, with a variance that allows for clusters.

    Parameters
    ----------
    events, total : array_like of int, shape (k,)
        Counts of the studies.
    clusters : iterable, length k
        A label per study; equal labels are one cluster.
    model : Model or str
        A two-step or the binomial-normal model; others give a note.
    null_value : float, optional
        A proportion; asks for the p of the hypothesis that the pooled one is it.
    level : float
        Coverage of the interval.

    Returns
    -------
    Clustered
        Without limits for fewer than two clusters.

    Raises
    ------
    SynthesisError
        For lengths that differ, a study without a label, a level or null value not within 0 and 1.

    Notes
    -----
    The estimate is unchanged. Its variance is CR2, unbiased under the working model, with
    Satterthwaite's degrees of freedom: for the two-step models on the effects, for binomial_normal
    on the linearised ones (score and curvature of each study in mu), times what not knowing tau
    adds. Where the rules of `suitability` say so there is no interval, or one that reaches at least
    as far as the model's own.

    References
    ----------
    Bell and McCaffrey (2002), Surv Methodol 28:169; Tipton (2015), Psychol Methods 20:375.
    """
    model = named_model(model)
    x, n = check_counts(*lists(events=events, total=total))
    labels, level = cluster_labels(clusters, x.size), check_share("level", level)
    if null_value is not None:
        null_value = check_share("null_value", null_value)
    return robust_limits(x, n, labels, model, null_value, level)


def robust_limits(
    x: Floats,
    n: Floats,
    labels: Sequence[str],
    model: Model,
    null_value: float | None,
    level: float,
    own: Pooled | None = None,
) -> Clustered:
    """`pool_clustered` of checked arguments; `own` is what `pool` gives for them, where known."""
    k, m = x.size, len(set(labels))
    if model.likelihood not in WITH_SCORES:
        return _without_limits(k, m, f"no_cluster_robust_variance_for_{model.likelihood}")
    if m < 2:
        return _without_limits(k, m, "fewer_than_two_clusters")
    if model.likelihood == "binomial_normal" and not 0 < x.sum() < n.sum():
        return replace(_without_limits(k, m, "all_or_none"), varies=False)
    work = _normal(x, n, model) if model.likelihood == "normal" else _binomial(x, n)
    if work is None:
        return _without_limits(k, m, "no_finite_maximum")
    robust = cluster_robust(work.y, work.v, labels, tau2=work.extra)
    mean, se, df = float(robust.estimate), float(robust.se) * work.inflation, float(robust.df)
    out = Clustered(
        k, m, number(work.back(np.array(mean))), estimate_link=mean, se_link=number(se),
        df=number(df), tau2=work.tau2, notes=notes_of(m < MANY_CLUSTERS and Note("few_clusters")),
    )  # fmt: skip
    if not robust_interval(df):
        return replace(out, notes=(*out.notes, Note("few_degrees_of_freedom")))
    ends = interval(np.array(mean), np.array(se), np.array(df), level)
    p_value = None
    if null_value is not None:
        away = abs(mean - float(transform(null_value, model.effect_measure)))
        p_value = number(two_sided_p(away / se, df)) if se > 0 else None
    low, high = (number(work.back(ends[end])) for end in ("ci_low", "ci_high"))
    out = replace(out, ci_low=low, ci_high=high, p_value=p_value)
    if not own_width_is_floor(m, model.likelihood):
        return out
    return _at_least(out, own or pool(x, n, model, null_value=null_value, level=level))


def _at_least(robust: Clustered, own: Pooled) -> Clustered:
    """Robust limits that reach as far as the model's own, and a p that is not smaller."""
    low, high, p = robust.ci_low, robust.ci_high, robust.p_value
    if low is None or high is None or own.ci_low is None or own.ci_high is None:
        return robust
    outer = min(low, own.ci_low), max(high, own.ci_high)
    if outer == (low, high):
        return robust
    larger = None if p is None or own.p_value is None else max(p, own.p_value)
    notes = (*robust.notes, Note("not_narrower_than_model"))
    return replace(robust, ci_low=outer[0], ci_high=outer[1], p_value=larger, notes=notes)


def _without_limits(k: int, clusters: int, reason: str) -> Clustered:
    return Clustered(k, clusters, notes=(Note(reason),))


@dataclass(frozen=True, slots=True)
class _Working:
    """Effects and variances (k,) whose weighted mean is the estimate, with `extra` between-study
    variance in the weights; `inflation` of the standard error; the way back to proportions."""

    y: Floats
    v: Floats
    extra: float
    inflation: float
    tau2: Number
    back: Callable[[Floats], Floats]


def _normal(x: Floats, n: Floats, model: Model) -> _Working:
    measure = model.effect_measure
    e = effect_sizes(x, n, measure)
    s, _ = stack(e.yi, e.vi)
    tau2 = float(estimate_tau2(s, str(model.tau2))[0][0])
    back = partial(back_transform, measure=measure, size=freeman_tukey_sizes(n)["harmonic"])
    return _Working(e.yi, e.vi, tau2, 1.0, tau2, back)


def _binomial(x: Floats, n: Floats) -> _Working | None:
    """The likelihood near its maximum is that of normal effects mu + score/information."""
    fit = fit_glmm(x[:, None], n[:, None])
    if not fit.converged[0]:
        return None
    information = np.maximum(-fit.curvature[:, 0], 1e-12)
    mean = float(fit.beta[0, 0])
    # what not knowing tau adds to the variance of mu
    inflation = float(np.sqrt(fit.variance()[0, 0, 0] * information.sum()))
    effects = mean + fit.score[:, 0] / information
    return _Working(effects, 1 / information, 0.0, inflation, float(fit.tau[0] ** 2), expit)

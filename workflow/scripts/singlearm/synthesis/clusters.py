"""Arms of one trial: pooling with standard errors that allow for dependence within clusters."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .arrays import ArrayLike, Floats, Ints
from .effects import back_transform, effect_sizes, expit, freeman_tukey_sizes, transform
from .glmm import fit_glmm
from .heterogeneity import estimate_tau2
from .levels import SubgroupComparison, grouped, level_row, no_test, why_no_test
from .linear import inverse_variance_fit
from .models import DEFAULT_MODEL, Model, named_model
from .notes import Note, Notes, join, notes_of, without
from .pooling import pool
from .records import Number, Pooled, number
from .stack import stack
from .twostep import interval, two_sided_p
from .words import SynthesisError

#: Likelihoods whose scores are known by study.
WITH_SCORES = ("normal", "binomial_normal")
#: Below this many clusters the sandwich is known to be too small.
FEW_CLUSTERS = 10
#: Columns that an allowance for dependence leaves as they are.
INDEPENDENT_OF_ERRORS = (
    "k", "events", "total", "estimate", "estimate_link", "marginal", "tau2", "i2", "h2", "weights",
    "model", "level",
)  # fmt: skip
#: Notes on limits that are not printed.
OF_OWN_LIMITS = ("tau2_interval_open", "interval_not_found")


@dataclass(frozen=True, slots=True)
class Clustered:
    """A pooled proportion with cluster-robust limits.

    Parameters
    ----------
    k, clusters : int
        Studies, and clusters of them.
    estimate, ci_low, ci_high : float, optional
        The model's own estimate with robust limits, from 0 to 1.
    estimate_link, se_link, df, p_value : float, optional
        On the model's scale; `df` is the number of clusters less one.
    tau2 : float, optional
        As the model estimates it.
    varies : bool
        Whether the counts vary; without variation there is nothing for clusters to change.
    notes : tuple of Note
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
    notes: Notes = ()

    @property
    def note(self) -> str:
        """The notes as the text of a CSV cell."""
        return join(*self.notes)

    def pooled(self, plain: Pooled) -> Pooled:
        """The record `plain` of the same model with these limits.

        What holds for independent studies only (interval and tests of tau2, prediction) is left
        empty. Without variation nothing changes.
        """
        if plain.k <= 1 or not self.varies or not plain.converged:
            return replace(plain, notes=(*plain.notes, Note("clusters_ignored")))
        kept = {name: getattr(plain, name) for name in INDEPENDENT_OF_ERRORS}
        robust = {name: getattr(self, name) for name in ("ci_low", "ci_high", "se_link", "p_value")}
        count = Note("clusters", count=self.clusters)
        notes = (*without(plain.notes, *OF_OWN_LIMITS), count, *self.notes)
        return Pooled(**kept, **robust, clusters=self.clusters, notes=notes)


def pool_clustered(
    events: ArrayLike,
    total: ArrayLike,
    clusters: Iterable[object],
    model: Model | str = DEFAULT_MODEL,
    *,
    null_value: float | None = None,
    level: float = 0.95,
) -> Clustered:
    """Pool as `model` does, with the sandwich variance over clusters.

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
        For lengths that differ.

    Notes
    -----
    The estimate is unchanged; its variance is (information)^-1 (sum over clusters of the squared
    summed scores) (information)^-1 times m/(m-1) for m clusters, its distribution t(m-1): for the
    two-step models metafor's `robust`; for binomial_normal the same with the scores of (mu, tau).
    With few clusters it is too narrow: a sensitivity analysis.

    References
    ----------
    Hedges, Tipton and Johnson (2010), Res Synth Methods 1:39.
    """
    model = named_model(model)
    x, n = np.asarray(events, float), np.asarray(total, float)
    names, index = np.unique([str(label) for label in clusters], return_inverse=True)
    if x.size != index.size:
        raise SynthesisError("events, total and clusters must have one length")
    k, m = x.size, len(names)
    if model.likelihood not in WITH_SCORES:
        return _without_limits(k, m, f"no_cluster_robust_variance_for_{model.likelihood}")
    if m < 2:
        return _without_limits(k, m, "fewer_than_two_clusters")
    if model.likelihood == "normal":
        mean, variance, tau2, back = _normal(x, n, index, model)
    elif 0 < x.sum() < n.sum():
        mean, variance, tau2, back = _binomial(x, n, index)
    else:
        return replace(_without_limits(k, m, "all_or_none"), varies=False)
    if not np.isfinite(variance):
        return _without_limits(k, m, "no_finite_maximum")
    se = np.sqrt(variance * m / (m - 1))
    ends = interval(np.array(mean), np.array(se), np.array(float(m - 1)), level)
    p_value = None
    if null_value is not None:
        away = abs(mean - float(transform(null_value, model.effect_measure)))
        p_value = number(two_sided_p(away / se, m - 1))
    estimate, low, high = (
        number(back(v)) for v in (np.array(mean), ends["ci_low"], ends["ci_high"])
    )
    notes = notes_of(
        m < FEW_CLUSTERS and Note("few_clusters"), m == k and Note("one_study_per_cluster")
    )
    return Clustered(
        k, m, estimate, low, high, number(mean), number(se), float(m - 1), p_value,
        number(tau2), notes=notes,
    )  # fmt: skip


def _without_limits(k: int, clusters: int, reason: str) -> Clustered:
    return Clustered(k, clusters, notes=(Note(reason),))


def compare_clustered(
    events: ArrayLike,
    total: ArrayLike,
    groups: Iterable[str | None],
    clusters: Iterable[object],
    model: Model | str = DEFAULT_MODEL,
    *,
    tau2_mode: str = "separate",
    levels: Sequence[str] | None = None,
    level: float = 0.95,
) -> SubgroupComparison:
    """Each level pooled by itself as `pool_clustered` does.

    There is no test, as arms of one trial may lie in different levels.

    Parameters
    ----------
    events, total, groups, model, tau2_mode, levels, level
        As in `compare_subgroups`.
    clusters : iterable, length k
        A label per study.
    """
    model, groups = named_model(model), list(groups)
    data = grouped(events, total, groups, levels)
    labels = [c for c, group in zip(clusters, groups, strict=True) if group is not None]
    rows = []
    for g, name in enumerate(data.names):
        x, n = data.counts(g)
        robust = pool_clustered(x, n, [labels[i] for i in data.studies(g)], model, level=level)
        rows.append(level_row(name, robust.pooled(pool(x, n, model, level=level))))
    reasons = why_no_test(data) or notes_of(
        Note("no_test_with_clusters"), tau2_mode == "common" and Note("levels_pooled_separately")
    )
    left_out = notes_of(data.left_out > 0 and Note("left_out", count=data.left_out))
    (test,) = no_test("q_between", *reasons, *left_out)
    return SubgroupComparison(tuple(rows), (replace(test, left_out=data.left_out),))


def _summed(scores: Floats, index: Ints) -> Floats:
    """Scores (k,) or (P, k) summed within clusters."""
    scores = np.atleast_2d(scores)
    return np.stack([np.bincount(index, weights=row) for row in scores])


#: Value and variance on the model's scale, tau2, and the way back to proportions.
_Robust = tuple[float, float, float, Callable[[Floats], Floats]]


def _normal(x: Floats, n: Floats, index: Ints, model: Model) -> _Robust:
    measure = model.effect_measure
    e = effect_sizes(x, n, measure)
    s, _ = stack(e.yi, e.vi)
    tau2 = estimate_tau2(s, str(model.tau2))[0]
    f = inverse_variance_fit(s, tau2)
    summed = _summed((f.weights * f.residuals)[:, 0], index)[0]
    size = freeman_tukey_sizes(n)["harmonic"]

    def back(values: Floats) -> Floats:
        return back_transform(values, measure, size)

    return f.beta[0, 0], (summed**2).sum() * f.inverse[0, 0, 0] ** 2, tau2[0], back


def _binomial(x: Floats, n: Floats, index: Ints) -> _Robust:
    fit = fit_glmm(x[:, None], n[:, None])
    if not fit.converged[0]:
        return np.nan, np.nan, np.nan, expit
    bread = fit.covariance()[:, :, 0]
    scores = np.stack([fit.score[:, 0], fit.score_tau[:, 0]])
    meat = _summed(scores, index)
    variance = bread @ (meat @ meat.T) @ bread
    return fit.beta[0, 0], variance[0, 0], fit.tau[0] ** 2, expit

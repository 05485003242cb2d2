"""Arms of one trial: pooling with standard errors that allow for dependence within clusters."""

from dataclasses import dataclass, replace

import numpy as np

from .effects import back_transform, effect_sizes, expit, freeman_tukey_sizes
from .glmm import fit_glmm
from .heterogeneity import estimate_tau2
from .linear import inverse_variance_fit
from .models import Model
from .moderators import SubgroupComparison, as_level, grouped, no_test, too_few
from .notes import join
from .pooling import pool
from .records import Number, Pooled, number
from .stack import stack
from .twostep import interval
from .words import SynthesisError


@dataclass(frozen=True, slots=True)
class Clustered:
    """A pooled proportion with cluster-robust limits; `clusters` is their number, `df` one less."""

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
    note: str = ""

    def pooled(self, plain: Pooled) -> Pooled:
        """The record of the same model with these limits; what holds for independent studies only
        (interval and tests of tau2, prediction) is left empty. Without variation nothing changes.
        """
        if plain.k <= 1 or "homogeneous_exact" in self.note or not plain.converged:
            return replace(plain, note=join(plain.note, "clusters_ignored"))
        kept = {name: getattr(plain, name) for name in INDEPENDENT_OF_ERRORS}
        robust = {name: getattr(self, name) for name in ("ci_low", "ci_high", "se_link", "p_value")}
        words = plain.note.split("; ") if plain.note else []
        words = [word for word in words if word not in ("tau2_interval_open", "interval_not_found")]
        return Pooled(**kept, **robust, note=join(*words, f"clusters={self.clusters}", self.note))


#: Columns that an allowance for dependence leaves as they are.
INDEPENDENT_OF_ERRORS = (
    "k", "events", "total", "estimate", "estimate_link", "marginal", "tau2", "i2", "h2", "weights",
)  # fmt: skip


def pool_clustered(events, total, clusters, model: Model, *, level=0.95) -> Clustered:
    """Pool as `model` does, with the sandwich variance over `clusters` (a label per study).

    The estimate is unchanged; its variance is (information)^-1 (sum over clusters of the squared
    summed scores) (information)^-1 times m/(m-1) for m clusters, its distribution t(m-1): for the
    two-step models Hedges, Tipton and Johnson (2010), Res Synth Methods 1:39, metafor's `robust`;
    for binomial_normal the same with the scores of (mu, tau). With few clusters it is too narrow:
    a sensitivity analysis. Needs two clusters.
    """
    x, n = np.asarray(events, float), np.asarray(total, float)
    names, index = np.unique([str(label) for label in clusters], return_inverse=True)
    if x.size != index.size:
        raise SynthesisError("events, total and clusters must have one length")
    m = len(names)
    if model.likelihood not in ("normal", "binomial_normal"):
        return Clustered(x.size, m, note=f"no_cluster_robust_variance_for_{model.likelihood}")
    if m < 2:
        return Clustered(x.size, m, note="fewer_than_two_clusters")
    if model.likelihood == "normal":
        mean, variance, tau2, back = _normal(x, n, index, model)
    elif 0 < x.sum() < n.sum():
        mean, variance, tau2, back = _binomial(x, n, index)
    else:
        return Clustered(x.size, m, note="homogeneous_exact")
    if not np.isfinite(variance):
        return Clustered(x.size, m, note="no_finite_maximum")
    se = np.sqrt(variance * m / (m - 1))
    ends = interval(np.array(mean), np.array(se), np.array(float(m - 1)), level)
    limits = (number(back(v)) for v in (mean, ends["ci_low"], ends["ci_high"]))
    return Clustered(
        x.size, m, *limits, number(mean), number(se), float(m - 1), number(ends["p_value"]),
        number(tau2),
        join("few_clusters" if m < 10 else "", "one_study_per_cluster" if m == x.size else ""),
    )  # fmt: skip


def compare_clustered(
    events, total, groups, clusters, model: Model, *, tau2_mode="separate", levels=None, level=0.95
) -> SubgroupComparison:
    """Each level pooled by itself as `pool_clustered` does; no test, as arms of one trial may lie
    in different levels."""
    data = grouped(events, total, groups, levels)
    labels = [c for c, group in zip(clusters, groups, strict=True) if group is not None]
    rows = []
    for g, name in enumerate(data.names):
        at = data.studies(g)
        x, n = data.x[at], data.n[at]
        robust = pool_clustered(x, n, [labels[i] for i in at], model, level=level)
        rows.append(as_level(name, robust.pooled(pool(x, n, model, level=level))))
    word = too_few(data) or join(
        "no_test_with_clusters", "levels_pooled_separately" if tau2_mode == "common" else ""
    )
    left_out = f"left_out={data.left_out}" if data.left_out else ""
    return SubgroupComparison(tuple(rows), no_test("q_between", join(word, left_out)))


def _summed(scores, index):
    """Scores (k,) or (P, k) summed within clusters."""
    scores = np.atleast_2d(scores)
    return np.stack([np.bincount(index, weights=row) for row in scores])


def _normal(x, n, index, model):
    e = effect_sizes(x, n, model.measure)
    s, _ = stack(e.yi, e.vi)
    tau2 = estimate_tau2(s, model.tau2)[0]
    f = inverse_variance_fit(s, tau2)
    summed = _summed((f.weights * f.residuals)[:, 0], index)[0]
    size = freeman_tukey_sizes(n)["harmonic"]
    back = lambda v: back_transform(v, model.measure, size)  # noqa: E731
    return f.beta[0, 0], (summed**2).sum() * f.inverse[0, 0, 0] ** 2, tau2[0], back


def _binomial(x, n, index):
    fit = fit_glmm(x[:, None], n[:, None])
    if not fit.converged[0]:
        return np.nan, np.nan, np.nan, expit
    bread = fit.covariance()[:, :, 0]
    scores = np.stack([fit.score[:, 0], fit.score_tau[:, 0]])
    meat = _summed(scores, index)
    variance = bread @ (meat @ meat.T) @ bread
    return fit.beta[0, 0], variance[0, 0], fit.tau[0] ** 2, expit

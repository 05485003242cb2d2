"""Arms of one trial: pooling with standard errors that allow for dependence within clusters."""

from dataclasses import dataclass

import numpy as np

from .effects import back_transform, effect_sizes, expit, freeman_tukey_sizes
from .glmm import fit_glmm
from .heterogeneity import estimate_tau2
from .linear import inverse_variance_fit
from .models import Model
from .notes import join
from .records import Number, number
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


def pool_clustered(events, total, clusters, model: Model, *, level=0.95) -> Clustered:
    """Pool as `model` does, with the sandwich variance over `clusters` (a label per study).

    The estimate is unchanged; its variance is (information)^-1 (sum over clusters of the squared
    summed scores) (information)^-1 times m/(m-1) for m clusters, its distribution t(m-1): for the
    two-step models Hedges, Tipton and Johnson (2010), Res Synth Methods 1:39, metafor's `robust`;
    for binomial_normal the same with the scores of (mu, tau). With few clusters it is too narrow:
    a sensitivity analysis. Needs two clusters.
    """
    x, n = np.asarray(events, float), np.asarray(total, float)
    names, index = np.unique(np.asarray(clusters, str), return_inverse=True)
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
        number(tau2), join("few_clusters" if m < 10 else ""),
    )  # fmt: skip


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

"""Cluster-robust variances with few clusters: CR0, CR1 and CR2, Satterthwaite degrees of freedom.

Effects y with working covariance Phi, block-diagonal over clusters, are fitted with weights W =
Phi^-1: beta = M X'W y, M = (X'W X)^-1. With residuals e_i of cluster i the variance of beta is

    M [sum over i of X_i' W_i A_i e_i e_i' A_i' W_i X_i] M.

CR0 has A_i = 1; CR1 multiplies its standard error by sqrt(m/(m-1)) for m clusters; CR2 has A_i =
D_i' B_i^(-1/2) D_i with D_i the upper Cholesky factor of Phi_i and B_i = D_i (Phi_i - X_i M X_i')
D_i', so that the variance is unbiased under the working model. The variance of a coefficient is a
sum of squares of linear forms of y, so its degrees of freedom are those of a chi-square with the
same first two moments: (tr P)^2 / (sum of P_ij^2), P_ij = g_i' (Phi_ij - X_i M X_j') g_j, g_i =
A_i' W_i X_i M c.

Sources: Bell and McCaffrey (2002), Surv Methodol 28:169; Tipton (2015), Psychol Methods 20:375;
Pustejovsky and Tipton (2018), J Bus Econ Stat 36:672. Arrays: datasets B, clusters m, studies of
the largest cluster n (padded), coefficients P.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .arrays import ArrayLike, Bools, Floats, Ints
from .linear import invert
from .words import SynthesisError, check_word

CR_KINDS = ("CR0", "CR1", "CR2")
#: Eigenvalues of B_i below this share of the largest are zero: the cluster determines beta alone.
ZERO = 1e-10


@dataclass(frozen=True, slots=True)
class ClusterRobust:
    """Coefficients with cluster-robust errors; arrays (..., P), or (...) for one pooled value.

    `df` are Satterthwaite's: below 4 no interval is to be reported (Tipton 2015).
    """

    clusters: int
    estimate: Floats
    se: Floats
    df: Floats


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Studies by cluster: `rows` (m, n) index of the study, `there` (m, n) where there is one."""

    rows: Ints
    there: Bools

    def split(self, values: Floats) -> Floats:
        """Values (..., k) as (..., m, n), 0 where there is no study."""
        return np.where(self.there, values[..., self.rows], 0.0)


def cluster_robust(
    yi: ArrayLike,
    vi: ArrayLike,
    clusters: Iterable[object],
    *,
    tau2: ArrayLike = 0.0,
    sigma2_cluster: ArrayLike = 0.0,
    design: ArrayLike | None = None,
    kind: str = "CR2",
) -> ClusterRobust:
    """Pooled value or regression with a cluster-robust variance, for one dataset or many.

    Parameters
    ----------
    yi, vi : array_like, shape (..., k)
        Effect sizes and sampling variances.
    clusters : iterable of length k
        The trial of each study arm; in any order, the same for all datasets.
    tau2 : array_like, shape (...)
        Between-study variance of the working model and of the weights 1/(vi + tau2); of a
        three-level model that of the arms.
    sigma2_cluster : array_like, shape (...)
        Between-trial variance of a three-level model: the weights are then those of that model.
    design : array_like, shape (k, P), optional
        Moderators, intercept included; None for one pooled value.
    kind : {"CR2", "CR1", "CR0"}
        The adjustment; CR2 is the one to use.

    Returns
    -------
    ClusterRobust

    Raises
    ------
    SynthesisError
        For fewer than two clusters, or lengths that differ.

    Examples
    --------
    >>> r = cluster_robust([0.1, 0.3, 0.6, 0.2], [0.02, 0.03, 0.05, 0.04], ["a", "a", "b", "c"])
    >>> round(float(r.se), 4), round(float(r.df), 3)
    (0.0946, 1.495)
    """
    check_word("kind", kind, CR_KINDS)
    y, v = np.broadcast_arrays(np.asarray(yi, float), np.asarray(vi, float))
    labels = [str(label) for label in clusters]
    if y.shape[-1] != len(labels):
        raise SynthesisError(f"{y.shape[-1]} studies but {len(labels)} labels of clusters")
    blocks, m = _blocks(labels)
    if m < 2:
        raise SynthesisError("cluster-robust errors need two clusters or more")
    lead = y.shape[:-1]
    y, v = y.reshape(-1, y.shape[-1]), v.reshape(-1, v.shape[-1])
    x = np.ones((y.shape[1], 1)) if design is None else np.asarray(design, float)
    size = y.shape[:1]
    arm, trial = (
        np.broadcast_to(np.asarray(a, float), lead or (1,)) for a in (tau2, sigma2_cluster)
    )
    phi = _working(blocks, v, arm.reshape(size), trial.reshape(size))
    beta, variance, df = _estimate(blocks, y, phi, x, kind)
    if kind == "CR1":
        variance = variance * (m / (m - 1))
    shape = lead if design is None else (*lead, x.shape[1])
    return ClusterRobust(m, *(np.reshape(a, shape) for a in (beta, np.sqrt(variance), df)))


def _blocks(labels: list[str]) -> tuple[_Blocks, int]:
    """The studies of each cluster, padded to the largest, and the number of clusters."""
    _, index = np.unique(labels, return_inverse=True)
    members = [np.flatnonzero(index == i) for i in range(index.max(initial=-1) + 1)]
    widest = max((len(rows) for rows in members), default=0)
    rows = np.zeros((len(members), widest), np.intp)
    there = np.zeros(rows.shape, bool)
    for i, of_cluster in enumerate(members):
        rows[i, : len(of_cluster)], there[i, : len(of_cluster)] = of_cluster, True
    return _Blocks(rows, there), len(members)


def _working(blocks: _Blocks, v: Floats, arm: Floats, trial: Floats) -> Floats:
    """Working covariances (B, m, n, n); an absent study has variance 1 and no covariance."""
    own = np.where(blocks.there, blocks.split(v) + arm[:, None, None], 1.0)
    both = blocks.there[:, :, None] & blocks.there[:, None, :]
    common = np.where(both, trial[:, None, None, None], 0.0)
    return np.asarray(common + own[..., None] * np.eye(own.shape[-1]))


def _estimate(
    blocks: _Blocks, y: Floats, phi: Floats, x: Floats, kind: str
) -> tuple[Floats, Floats, Floats]:
    """Coefficients, their variances and degrees of freedom, each (B, P)."""
    xs = np.where(blocks.there[..., None], x[blocks.rows], 0.0)
    ys = blocks.split(y)
    weighted = np.linalg.solve(phi, np.broadcast_to(xs, (*phi.shape[:-1], xs.shape[-1])))
    information = np.einsum("mnp,bmnq->bpq", xs, weighted)
    inverse = np.moveaxis(invert(np.moveaxis(information, 0, -1)), -1, 0)
    beta = np.einsum("bpq,bmnq,bmn->bp", inverse, weighted, ys)
    residuals = ys - np.einsum("mnp,bp->bmn", xs, beta)
    forms = np.einsum("bmnp,bpq->bmnq", weighted, inverse)
    if kind == "CR2":
        forms = np.einsum("bmij,bmjq->bmiq", _adjustment(xs, phi, inverse), forms)
    variance = (np.einsum("bmnq,bmn->bmq", forms, residuals) ** 2).sum(axis=1)
    return beta, variance, _degrees_of_freedom(xs, phi, inverse, forms)


def _adjustment(xs: Floats, phi: Floats, inverse: Floats) -> Floats:
    """The matrices A_i (B, m, n, n) of CR2; symmetric, so A_i' = A_i."""
    upper = np.swapaxes(np.linalg.cholesky(phi), -1, -2)
    spread = phi - np.einsum("mip,bpq,mjq->bmij", xs, inverse, xs)
    b = upper @ spread @ np.swapaxes(upper, -1, -2)
    values, vectors = np.linalg.eigh(b)
    kept = values > ZERO * values[..., -1:]
    root = np.where(kept, 1 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    inner = (vectors * root[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    return np.asarray(np.swapaxes(upper, -1, -2) @ inner @ upper)


def _degrees_of_freedom(xs: Floats, phi: Floats, inverse: Floats, forms: Floats) -> Floats:
    """Satterthwaite's degrees of freedom (B, P) from P = (diagonal) - (low rank)."""
    own = np.einsum("bmiq,bmij,bmjq->bmq", forms, phi, forms)
    shadow = np.einsum("mnp,bmnq->bmpq", xs, forms)
    shared = np.einsum("bmpq,bpr,blrq->bmlq", shadow, inverse, shadow)
    m = own.shape[1]
    p = own[:, :, None] * np.eye(m)[:, :, None] - shared
    trace = np.einsum("bmmq->bq", p)
    return np.asarray(trace**2 / np.einsum("bmlq,bmlq->bq", p, p))

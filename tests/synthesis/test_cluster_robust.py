"""CR2 and the three-level model: against plain matrix algebra, and what must hold for any data."""

import numpy as np
import pytest
from scipy.linalg import cholesky
from scipy.special import chdtri
from scipy.stats import multivariate_normal

from singlearm.synthesis.cr2 import cluster_robust
from singlearm.synthesis.suitability import robust_interval
from singlearm.synthesis.threelevel import three_level
from singlearm.synthesis.words import SynthesisError

DRAW = np.random.default_rng(17)
CLUSTERS = np.array(list("cabbaccdeedb"))
K = CLUSTERS.size
Y, V = DRAW.normal(0, 0.6, K), DRAW.uniform(0.02, 0.4, K)
DESIGN = np.column_stack([np.ones(K), DRAW.normal(size=K), CLUSTERS == "b"]).astype(float)


def dense(y, v, clusters, x, tau2, trial, kind):
    """Definition by definition, with full matrices, cluster by cluster."""
    same = clusters[:, None] == clusters
    phi = np.diag(v + tau2) + trial * same
    w = np.linalg.inv(phi)
    m = np.linalg.inv(x.T @ w @ x)
    beta = m @ x.T @ w @ y
    e = y - x @ beta
    names = np.unique(clusters)
    away = np.eye(len(y)) - x @ m @ x.T @ w
    forms, meat = [], np.zeros((x.shape[1], x.shape[1]))
    for name in names:
        at = np.flatnonzero(clusters == name)
        a = np.eye(at.size)
        if kind == "CR2":
            d = cholesky(phi[np.ix_(at, at)])
            b = d @ (away @ phi @ away.T)[np.ix_(at, at)] @ d.T
            values, vectors = np.linalg.eigh(b)
            keep = values > 1e-9 * values.max()
            root = (vectors[:, keep] / np.sqrt(values[keep])) @ vectors[:, keep].T
            a = d.T @ root @ d
        g = x[at].T @ w[np.ix_(at, at)] @ a
        meat += np.outer(g @ e[at], g @ e[at])
        forms.append(away[at].T @ (g.T @ m))
    variance = m @ meat @ m * (len(names) / (len(names) - 1) if kind == "CR1" else 1)
    df = []
    for j in range(x.shape[1]):
        f = np.array([form[:, j] for form in forms])
        p = f @ phi @ f.T
        df.append(np.trace(p) ** 2 / (p**2).sum())
    return beta, np.sqrt(np.diag(variance)), np.array(df)


@pytest.mark.parametrize("kind", ["CR0", "CR1", "CR2"])
@pytest.mark.parametrize("trial", [0.0, 0.25])
@pytest.mark.parametrize("design", [None, DESIGN])
def test_definition(kind, trial, design):
    x = np.ones((K, 1)) if design is None else design
    beta, se, df = dense(Y, V, CLUSTERS, x, 0.1, trial, kind)
    r = cluster_robust(Y, V, CLUSTERS, tau2=0.1, sigma2_cluster=trial, design=design, kind=kind)
    assert np.ravel(r.estimate) == pytest.approx(beta, rel=1e-10)
    assert np.ravel(r.se) == pytest.approx(se, rel=1e-10)
    assert np.ravel(r.df) == pytest.approx(df, rel=1e-9)


def test_cr2_is_unbiased_where_the_working_model_is_true():
    draw = np.random.default_rng(4)
    phi = np.diag(V + 0.1) + 0.25 * (CLUSTERS[:, None] == CLUSTERS)
    y = draw.multivariate_normal(np.zeros(K), phi, 40_000)
    r = cluster_robust(y, np.broadcast_to(V, y.shape), CLUSTERS, tau2=0.1, sigma2_cluster=0.25)
    truth = 1 / np.linalg.inv(phi).sum()
    assert (r.se**2).mean() == pytest.approx(truth, rel=0.02)


def test_equal_clusters_have_one_degree_of_freedom_less_than_clusters():
    clusters = np.repeat(list("abcdef"), 2)
    r = cluster_robust(DRAW.normal(size=12), np.full(12, 0.2), clusters)
    assert r.df == pytest.approx(5.0, rel=1e-12) and robust_interval(r.df)


def test_few_clusters_are_not_suitable():
    r = cluster_robust(Y[:6], V[:6], ["a", "a", "a", "b", "b", "c"])
    assert r.df < 4 and not robust_interval(r.df)


def test_many_datasets_at_once_and_rows_in_any_order():
    y = np.random.default_rng(2).normal(size=(50, K))
    v = np.random.default_rng(3).uniform(0.05, 0.3, (50, K))
    tau2 = np.linspace(0, 0.5, 50)
    whole = cluster_robust(y, v, CLUSTERS, tau2=tau2)
    order = np.random.default_rng(5).permutation(K)
    for i in (0, 21, 49):
        one = cluster_robust(y[i, order], v[i, order], CLUSTERS[order], tau2=tau2[i])
        assert float(whole.se[i]) == pytest.approx(float(one.se), rel=1e-12)
        assert float(whole.df[i]) == pytest.approx(float(one.df), rel=1e-12)


def test_one_cluster_is_refused():
    with pytest.raises(SynthesisError, match="two clusters"):
        cluster_robust([0.1, 0.2], [1, 1], ["a", "a"])
    with pytest.raises(SynthesisError, match="two trials"):
        three_level([0.1, 0.2], [1, 1], ["a", "a"])


def restricted(y, v, clusters, trial, arm):
    """Restricted log-likelihood: the density of contrasts that do not hold the mean."""
    phi = np.diag(v + arm) + trial * (clusters[:, None] == clusters)
    contrasts = np.linalg.svd(np.ones((1, y.size)))[2][1:]
    return multivariate_normal(np.zeros(y.size - 1), contrasts @ phi @ contrasts.T).logpdf(
        contrasts @ y
    )


def test_three_level_is_the_maximum_of_the_restricted_likelihood():
    r = three_level(Y, V, CLUSTERS)
    top = restricted(Y, V, CLUSTERS, r.sigma2_cluster, r.sigma2_arm)
    assert r.loglik == pytest.approx(top, abs=1e-9)
    for trial in np.linspace(0, 1, 15):
        for arm in np.linspace(0, 1, 15):
            assert restricted(Y, V, CLUSTERS, trial, arm) <= top + 1e-9


def test_three_level_limits_lie_where_the_likelihood_has_dropped():
    y = Y + 1.5 * (CLUSTERS == "a") - (CLUSTERS == "d")
    r = three_level(y, V, CLUSTERS)
    drop = float(chdtri(1, 0.05)) / 2
    grid = np.concatenate([[0.0], np.geomspace(1e-4, 5, 400)])
    for limit, at in (
        (r.sigma2_cluster_high, lambda other: (r.sigma2_cluster_high, other)),
        (r.sigma2_arm_high, lambda other: (other, r.sigma2_arm_high)),
    ):
        assert limit > 0
        top = max(restricted(y, V, CLUSTERS, *at(g)) for g in grid)
        assert r.loglik - top == pytest.approx(drop, abs=1e-3)


@pytest.mark.parametrize("y", [np.zeros(K), 0.01 * (np.arange(K) == 0)])
def test_three_level_limits_of_effects_that_hardly_differ(y):
    r = three_level(y, np.full(K, 0.1), CLUSTERS)
    drop = float(chdtri(1, 0.05)) / 2
    assert (r.sigma2_cluster, r.sigma2_arm, r.total_low) == (0, 0, 0)
    for trial, arm in ((r.sigma2_cluster_high, 0), (0, r.sigma2_arm_high), (r.total_high, 0)):
        lost = r.loglik - restricted(y, np.full(K, 0.1), CLUSTERS, trial, arm)
        assert lost == pytest.approx(drop, rel=1e-6)


@pytest.mark.parametrize("unit", [1e-4, 1e4])
def test_three_level_limits_do_not_hang_on_the_unit(unit):
    y = Y + 1.5 * (CLUSTERS == "a") - (CLUSTERS == "d") + 3 * (np.arange(K) % 2)
    one, other = three_level(y, V, CLUSTERS), three_level(unit * y, unit**2 * V, CLUSTERS)
    for name in ("sigma2_cluster", "sigma2_arm", "total"):
        for end in ("low", "high"):
            limit = getattr(one, f"{name}_{end}")
            assert getattr(other, f"{name}_{end}") == pytest.approx(unit**2 * limit, rel=1e-6)
    assert one.total_low > 0


def test_one_arm_a_trial_tells_only_the_sum():
    r = three_level(Y, V, [f"t{i}" for i in range(K)])
    assert not r.identified and np.isnan(r.sigma2_arm_high)


def test_konstantopoulos_2011_as_published():
    from reference_ledger import load

    data = load("reference2/cr2", "konstantopoulos2011_smd")["data"]
    r = three_level(data["yi"], data["vi"], data["cluster"], profile=False)
    assert (round(r.estimate, 4), round(r.se, 4)) == (0.1847, 0.0846)
    assert (round(r.sigma2_cluster, 4), round(r.sigma2_arm, 4)) == (0.0651, 0.0327)

"""The Bayesian model against an independent numerical integration, and at the edges."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln

from singlearm.synthesis import (
    Model,
    bayes_grid,
    common_points,
    pool,
    pool_many,
    posterior_grid,
)
from singlearm.synthesis.bayes_grid import posterior
from singlearm.synthesis.common_points import CommonPoints
from singlearm.synthesis.marginal import logistic_normal_mean
from singlearm.synthesis.posterior_grid import Grid

SCALE = 0.8
DATA = [
    ([4, 3, 2, 1], [10, 20, 30, 40]),
    ([0, 0, 1], [12, 20, 30]),
    ([9, 5, 12, 7, 3], [10, 8, 12, 11, 9]),
]
#: A grid twice as fine, and wider.
FINER = {
    bayes_grid: {
        "STEP": 0.3, "TAUS": 56, "DROP": 30.0, "REACH": 28, "NODES": ((1.0, 81), (np.inf, 161)),
    },
    posterior_grid: {"SMOOTH_NODES": 31, "AVERAGE_STEPS": (0.4, 0.2, 0.1, 0.5)},
    common_points: {"SHARE": 0.35, "STEP": 0.2, "WIDE": 3.0},
}  # fmt: skip
FIELDS = (
    "estimate", "ci_low", "ci_high", "marginal", "marginal_low", "marginal_high", "pi_low",
    "pi_high", "tau2", "tau2_low", "tau2_high",
)  # fmt: skip


def make_finer(monkeypatch):
    for module, values in FINER.items():
        for name, value in values.items():
            monkeypatch.setattr(module, name, value)


def grid_of(x, n) -> Grid:
    """The posterior of one dataset."""
    return posterior(np.array(x, float)[:, None], np.array(n, float)[:, None], SCALE)


def brute_force(x, n):
    """The posterior on a plain rectangular grid of (mu, tau), study integrals by a trapezoid rule.

    Shares nothing with the code under test: no adaptive nodes, no conditional grids.
    """
    mu, tau = np.linspace(-22, 12, 341), np.linspace(0, 5.6, 113)
    u = np.linspace(-9, 9, 181)
    weight = np.exp(-u * u / 2) / np.sqrt(2 * np.pi) * (u[1] - u[0])
    theta = mu[:, None, None] + tau[None, :, None] * u
    log_like = np.zeros((mu.size, tau.size))
    for a, m in zip(x, n, strict=True):
        value = np.exp(a * theta - m * np.logaddexp(0, theta))
        log_like += np.log((value * weight).sum(axis=2))
        log_like += gammaln(m + 1) - gammaln(a + 1) - gammaln(m - a + 1)
    prior = mu[:, None] - 2 * np.logaddexp(0, mu[:, None]) - 0.5 * (tau / SCALE) ** 2
    density = np.exp(log_like + prior) * np.sqrt(2 / np.pi) / SCALE
    end = np.ones(tau.size)
    end[0] = 0.5
    density = density * end * (mu[1] - mu[0]) * (tau[1] - tau[0])
    return mu, tau, density


@pytest.mark.parametrize(("x", "n"), DATA)
def test_moments_and_evidence_agree_with_brute_force(x, n):
    mu, tau, density = brute_force(x, n)
    total = density.sum()
    share = density / total
    post = grid_of(x, n)
    assert post.log_evidence[0] == pytest.approx(np.log(total), abs=1e-6)
    assert post.mean_mu()[0] == pytest.approx((share * mu[:, None]).sum(), abs=1e-6)
    mean = (share * mu[:, None]).sum()
    spread = np.sqrt((share * (mu[:, None] - mean) ** 2).sum())
    assert post.sd_mu()[0] == pytest.approx(spread, abs=1e-6)
    # even in tau, as the sums on both sides require
    assert float((post.share * post.tau**2).sum()) == pytest.approx(
        (share * tau**2).sum(), abs=1e-6
    )


@pytest.mark.parametrize(("x", "n"), DATA)
def test_distribution_functions_agree_with_brute_force(x, n):
    """P(new study <= q) and P(mu <= q), smooth in mu for the first, by a fine sum for both."""
    from scipy.special import ndtr

    mu, tau, density = brute_force(x, n)
    share = density / density.sum()
    post = grid_of(x, n)
    for q in (-3.0, -1.0, 0.5):
        z = (q - mu[:, None]) / np.maximum(tau, 1e-9)
        step = np.where(tau > 0.2, ndtr(z), np.nan)
        wide = tau > 0.2
        narrow = share[:, ~wide].sum()
        low = (share[:, wide] * step[:, wide]).sum()
        # what lies at small tau is between 0 and its own mass; the rest must agree
        assert low - 1e-6 <= post.cdf_new(np.array([q]))[0] <= low + narrow + 1e-6
    # the density of mu is analytic: integrate its trigonometric interpolation by quad
    grid = share.sum(axis=1) / (mu[1] - mu[0])
    density_at = lambda v: (grid * np.sinc((v - mu) / (mu[1] - mu[0]))).sum()  # noqa: E731
    for q in (-2.0, 0.3):
        exact, _ = quad(density_at, -22, q, limit=400, epsabs=1e-10)
        assert post.cdf_mu(np.array([q]))[0] == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize(("x", "n"), DATA)
def test_quantiles_reach_their_probabilities(x, n):
    r, post = pool(x, n, Model("bayes", tau_scale=SCALE)), grid_of(x, n)
    logit = lambda p: np.log(p / (1 - p))  # noqa: E731

    def check(cdf, at, p):
        assert cdf(np.array([at]))[0] == pytest.approx(p, abs=1e-6)

    for value, p in ((r.estimate, 0.5), (r.ci_low, 0.025), (r.ci_high, 0.975)):
        check(post.cdf_mu, logit(value), p)
    for value, p in ((r.tau2, 0.5), (r.tau2_low, 0.025), (r.tau2_high, 0.975)):
        check(post.cdf_tau, np.sqrt(value), p)
    for value, p in ((r.pi_low, 0.025), (r.pi_high, 0.975)):
        check(post.cdf_new, logit(value), p)
    for value, p in ((r.marginal_low, 0.025), (r.marginal_high, 0.975)):
        check(post.average().cdf, logit(value), p)


def test_the_average_agrees_with_brute_force():
    """P(average <= q): each point of a plain grid adds its mass where its average lies below."""
    x, n = DATA[0]
    mu, tau, density = brute_force(x, n)
    share = density / density.sum()
    average = logistic_normal_mean(mu[:, None], tau)[0]
    for q in (0.1, 0.2):
        plain = share[average <= q].sum()
        exact = grid_of(x, n).average().cdf(np.array([np.log(q / (1 - q))]))[0]
        assert exact == pytest.approx(plain, abs=0.02)  # the plain sum is a step function


def test_many_datasets_at_once_are_as_each_alone():
    k = max(len(x) for x, _ in DATA)
    events, total = np.zeros((2, len(DATA), k))
    for i, (x, n) in enumerate(DATA):
        events[i, : len(x)], total[i, : len(x)] = x, n
    many = pool_many(events, np.maximum(total, 1), "bayes", present=total > 0)
    for i, (x, n) in enumerate(DATA):
        alone = pool(x, n, "bayes")
        for field in FIELDS:
            assert getattr(many, field)[i] == pytest.approx(getattr(alone, field), abs=2e-6), field


@pytest.mark.parametrize(
    ("x", "n"), [*DATA, ([0, 0, 10, 10], [100] * 4), ([0, 0, 0, 0], [12, 20, 30, 8])]
)
def test_a_finer_grid_gives_the_same_to_1e_6(x, n, monkeypatch):
    coarse = pool(x, n, Model("bayes"), threshold=0.5)
    make_finer(monkeypatch)
    fine = pool(x, n, Model("bayes"), threshold=0.5)
    for field in (*FIELDS, "p_above", "loglik"):
        assert getattr(coarse, field) == pytest.approx(getattr(fine, field), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("x", "n"), [*DATA, ([0, 40, 7], [100, 100, 7]), ([1, 60], [1, 61]), ([0], [1])]
)
def test_points_that_studies_share_give_the_integrals_of_each(x, n):
    """At tau far below the step of the points, at both sides of where they change, and far above;
    at the studies' own logits and far from them."""
    x, n = np.array(x, float), np.array(n, float)
    mu, tau = (a.ravel() for a in np.meshgrid(np.linspace(-9, 7, 33), TAUS))
    points = CommonPoints.of(x, n, mu, tau)
    z = np.linspace(-12, 12, 8_001)
    normal = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    exact = np.zeros(mu.size)
    for events, total in zip(x, n, strict=True):
        for i in range(mu.size):
            eta = mu[i] + tau[i] * z
            height = events * eta - total * np.logaddexp(0, eta)
            exact[i] += height.max() + np.log(np.exp(height - height.max()) @ normal)
    found = points.log_likelihood(mu, tau)
    error, share = np.abs(found - exact), np.exp(exact - exact.max())
    assert (error * share).max() < 2e-8
    assert error[share > 0.01].max() < 1e-6


TAUS = [1e-3, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.74, 0.76, 0.8, 1.0, 2.0, 6.0]


def test_studies_of_a_million_have_nodes_of_their_own(monkeypatch):
    x, n = [3000, 20, 500_000], [4000, 30, 1_000_000]
    counts = np.array(x, float), np.array(n, float)
    assert CommonPoints.of(*counts, np.array([-1.0, 1.0]), np.array([1.0, 1.0])) is None
    found = pool(x, n, Model("bayes"), threshold=0.5)
    monkeypatch.setattr(common_points, "MOST_POINTS", 1e6)
    shared = pool(x, n, Model("bayes"), threshold=0.5)
    for field in (*FIELDS, "p_above", "loglik"):
        assert getattr(found, field) == pytest.approx(getattr(shared, field), rel=2e-6), field


def test_no_events_still_give_a_proper_posterior():
    r = pool([0, 0, 0, 0], [12, 20, 30, 8], Model("bayes"))
    assert 0 < r.ci_low < r.estimate < r.ci_high < 0.1
    assert "all_or_none" in r.note and "posterior_median" in r.note


def test_a_wider_prior_means_more_heterogeneity():
    x, n = DATA[0]
    tau2 = [pool(x, n, Model("bayes", tau_scale=s)).tau2 for s in (0.25, 0.5, 1.0, 2.0)]
    assert tau2 == sorted(tau2)


@pytest.mark.parametrize("tau_scale", [0.3, 1.0, 3.0, 10.0])
@pytest.mark.parametrize(
    ("x", "n"),
    [
        ([14, 16], [35, 26]),
        ([2, 5], [41, 48]),
        ([0, 0, 0], [10, 20, 30]),
        ([0, 8, 0, 0], [5, 10, 5, 7]),
    ],
)
def test_a_finer_grid_changes_nothing(monkeypatch, x, n, tau_scale):
    """Few studies and a wide prior: tau has mass near 0 and far out, which even steps missed."""
    model = Model("bayes", tau_scale=tau_scale)
    coarse = pool(x, n, model)
    make_finer(monkeypatch)
    fine = pool(x, n, model)
    for name in (*FIELDS, "loglik"):
        rel = 5e-6 if name.startswith("tau2") else 0.0
        if len(x) == 2 and name.startswith("pi"):
            assert getattr(coarse, name) is getattr(fine, name) is None
            continue
        assert getattr(coarse, name) == pytest.approx(getattr(fine, name), rel=rel, abs=1e-6), name

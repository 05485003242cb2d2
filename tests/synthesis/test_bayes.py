"""The Bayesian model against an independent numerical integration, and at the edges."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln

from singlearm.synthesis import Model, bayes, pool
from singlearm.synthesis.bayes import posterior

SCALE = 0.8
DATA = [
    ([4, 3, 2, 1], [10, 20, 30, 40]),
    ([0, 0, 1], [12, 20, 30]),
    ([9, 5, 12, 7, 3], [10, 8, 12, 11, 9]),
]


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
    post = posterior(x, n, SCALE)
    assert post.log_evidence == pytest.approx(np.log(total), abs=1e-6)
    assert post.mean_mu() == pytest.approx((share * mu[:, None]).sum(), abs=1e-6)
    mean = (share * mu[:, None]).sum()
    spread = np.sqrt((share * (mu[:, None] - mean) ** 2).sum())
    assert post.sd_mu() == pytest.approx(spread, abs=1e-6)
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
    post = posterior(x, n, SCALE)
    for q in (-3.0, -1.0, 0.5):
        z = (q - mu[:, None]) / np.maximum(tau, 1e-9)
        step = np.where(tau > 0.2, ndtr(z), np.nan)
        wide = tau > 0.2
        narrow = share[:, ~wide].sum()
        low = (share[:, wide] * step[:, wide]).sum()
        # what lies at small tau is between 0 and its own mass; the rest must agree
        assert low - 1e-6 <= post.cdf_new(q) <= low + narrow + 1e-6
    # the density of mu is analytic: integrate its trigonometric interpolation by quad
    grid = share.sum(axis=1) / (mu[1] - mu[0])
    density_at = lambda v: (grid * np.sinc((v - mu) / (mu[1] - mu[0]))).sum()  # noqa: E731
    for q in (-2.0, 0.3):
        exact, _ = quad(density_at, -22, q, limit=400, epsabs=1e-10)
        assert post.cdf_mu(q) == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize(("x", "n"), DATA)
def test_quantiles_reach_their_probabilities(x, n):
    r, post = pool(x, n, Model("bayes", tau_scale=SCALE)), posterior(x, n, SCALE)
    logit = lambda p: np.log(p / (1 - p))  # noqa: E731
    for value, p in ((r.estimate, 0.5), (r.ci_low, 0.025), (r.ci_high, 0.975)):
        assert post.cdf_mu(logit(value)) == pytest.approx(p, abs=1e-8)
    for value, p in ((r.tau2, 0.5), (r.tau2_low, 0.025), (r.tau2_high, 0.975)):
        assert post.cdf_tau(np.sqrt(value)) == pytest.approx(p, abs=1e-8)
    for value, p in ((r.pi_low, 0.025), (r.pi_high, 0.975)):
        assert post.cdf_new(logit(value)) == pytest.approx(p, abs=1e-8)
    for value, p in ((r.marginal_low, 0.025), (r.marginal_high, 0.975)):
        assert post.cdf_marginal(logit(value))[0] == pytest.approx(p, abs=1e-8)


@pytest.mark.parametrize(
    ("x", "n"), [*DATA, ([0, 0, 10, 10], [100] * 4), ([0, 0, 0, 0], [12, 20, 30, 8])]
)
def test_a_finer_grid_gives_the_same_to_1e_6(x, n, monkeypatch):
    import singlearm.synthesis.bayes as module

    coarse = pool(x, n, Model("bayes"), threshold=0.5)
    for name, value in {
        "STEP": 0.2, "TAU_STEP": 0.125, "DROP": 32.0, "SMOOTH_NODES": 61,
        "NODES": ((1.0, 81), (np.inf, 161)),
    }.items():  # fmt: skip
        monkeypatch.setattr(module, name, value)
    fine = pool(x, n, Model("bayes"), threshold=0.5)
    for field in (
        "estimate",
        "ci_low",
        "ci_high",
        "marginal",
        "marginal_high",
        "pi_low",
        "pi_high",
    ):
        assert getattr(coarse, field) == pytest.approx(getattr(fine, field), abs=1e-6), field
    for field in ("tau2", "tau2_low", "tau2_high", "p_above", "loglik"):
        assert getattr(coarse, field) == pytest.approx(getattr(fine, field), rel=1e-6, abs=1e-6)


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
    names = ("estimate", "ci_low", "ci_high", "marginal", "pi_low", "pi_high", "loglik")
    coarse = pool(x, n, model)
    for name, value in {"STEP": 0.3, "TAU_STEP": 0.15, "DROP": 32.0}.items():
        monkeypatch.setattr(bayes, name, value)
    fine = pool(x, n, model)
    for name in names:
        assert getattr(coarse, name) == pytest.approx(getattr(fine, name), abs=1e-6), name
    for name in ("tau2", "tau2_low", "tau2_high"):
        assert getattr(coarse, name) == pytest.approx(getattr(fine, name), rel=5e-6, abs=1e-6)

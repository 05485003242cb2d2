"""Profile limits of the binomial-normal model: the short way against a search within a search."""

import numpy as np
import pytest
from scipy.special import expit

from singlearm.synthesis import Model, crest, pool, profile, roots
from singlearm.synthesis.glmm import fit_glmm
from singlearm.synthesis.quadrature import at_zero, binomial_constant, integrate, start_centres

Z = 1.96
#: Studies, patients of one, mean logit and tau (from, to), and by what the first is multiplied.
KINDS = {
    "usual": ((2, 30), (5, 120), (-2, 2), (0.0, 1.5), 1),
    "tiny": ((2, 12), (1, 9), (-2, 2), (0.0, 2.0), 1),
    "rare": ((3, 20), (5, 80), (-5, -3), (0.0, 1.0), 1),
    "wide": ((3, 10), (5, 200), (-3, 3), (3.0, 7.0), 1),
    "one giant": ((3, 10), (3, 60), (-2, 2), (0.5, 1.5), 200),
}


def drawn(kind, count=60):
    """Counts (K, B) that vary, and their fits."""
    studies, patients, means, taus, giant = KINDS[kind]
    rng = np.random.default_rng(list(KINDS).index(kind))
    there = np.arange(studies[1])[:, None] < rng.integers(*studies, count)
    n = np.where(there, rng.integers(*patients, there.shape), 0)
    n[0] *= giant
    theta = rng.uniform(*means, count) + rng.uniform(*taus, count) * rng.normal(size=n.shape)
    x = rng.binomial(n, expit(theta))
    events, total = x.sum(axis=0), n.sum(axis=0)
    varied = (events > 0) & (events < total)
    x, n = x[:, varied].astype(float), n[:, varied].astype(float)
    fit = fit_glmm(x, n)
    return x[:, fit.converged], n[:, fit.converged], fit.columns(fit.converged)


def limits(x, n, fit):
    return np.array([*profile.profile_mu(x, n, fit, Z), *profile.profile_tau(x, n, fit, Z)])


@pytest.mark.parametrize("kind", KINDS)
def test_limits_are_those_of_a_search_within_a_search(kind, monkeypatch):
    x, n, fit = drawn(kind)
    # few nodes would let the values hang on where they lie
    monkeypatch.setattr(profile, "LEAST_NODES", 321)
    monkeypatch.setattr(profile, "STEEP_NODES", (321, 641))
    quick, search = limits(x, n, fit), profile.likelihood_limits

    def nested(evaluate, *rest):
        """Newton's steps on values that are maximised to the end."""
        return search(lambda at, todo: evaluate(at, todo)[:2], *rest)

    monkeypatch.setattr(profile, "likelihood_limits", nested)
    for name, value in {"NEAR": 1e-13, "SHARE": 0.0, "MET": 0.0}.items():
        monkeypatch.setattr(crest, name, value)
    monkeypatch.setattr(roots, "CLOSE", 1e-11)
    np.testing.assert_allclose(quick, limits(x, n, fit), rtol=1e-8, atol=1e-8)


def one(x, n):
    x, n = np.array(x, float)[:, None], np.array(n, float)[:, None]
    return limits(x, n, fit_glmm(x, n))[:, 0]


# by a trapezoid rule the likelihood has dropped at these values, maximised over a grid of tau
def test_a_limit_between_three_summits_over_tau():
    """Near tau = 0, at the giant study's own distance from mu, and at the small studies'."""
    low, high, _, _ = one([17507, 1, 44, 22], [25676, 3, 56, 25])
    assert (low, high) == pytest.approx((0.7237287, 1.3344917), abs=1e-6)
    x, n = [4536, 1, 3, 3, 1, 0, 7, 1, 1], [49856, 5, 59, 41, 49, 46, 54, 34, 33]
    assert one(x, n)[:2] == pytest.approx((-3.536263, -2.262636), abs=1e-6)


def test_a_limit_holds_against_a_summit_at_a_larger_tau():
    x, n = [559, 3] + [0] * 9, [49977, 33, 28, 12, 54, 32, 47, 35, 16, 32, 52]
    assert one(x, n)[0] == pytest.approx(-7.716702, abs=1e-6)


def test_a_limit_of_tau_far_away_is_reached():
    x, n = [81, 0, 0, 33, 5, 101, 114, 42, 0], [81, 69, 188, 33, 120, 101, 114, 42, 118]
    assert one(x, n)[2:] == pytest.approx((9.23399, 590.0099), rel=1e-5)


def profile_on_a_grid(x, n, mu):
    """The log-likelihood (B,) maximised over a grid of tau and 0: a bound from below, whatever the
    summits; without the constant."""
    best = at_zero(x, n, mu)[0].sum(axis=0)
    for tau in np.geomspace(0.005, 20, 120):
        taus = np.full(mu.shape, tau)
        centre, spread = start_centres(x, n, mu, taus)
        for _ in range(3):
            got = integrate(x, n, mu, taus, centre, spread, 81)
            centre, spread = got.centre, got.spread
        best = np.maximum(best, got.loglik.sum(axis=0))
    return best


@pytest.mark.parametrize(("k", "factor"), [(3, 200), (5, 200), (6, 1000), (5, 30), (6, 1)])
def test_no_tau_lifts_the_profile_above_a_limit(k, factor):
    """One study as large as all others together many times over makes several summits over tau."""
    draw = np.random.default_rng(k * factor)
    n = draw.integers(5, 60, (k, 200)) * np.where(np.arange(k) == 0, factor, 1)[:, None]
    tau, mu = draw.choice([0.1, 0.5, 1, 2], 200), draw.normal(0, 2, 200)
    x = draw.binomial(n, expit(mu + tau * draw.standard_normal((k, 200))))
    some = (x.sum(axis=0) > 0) & (x.sum(axis=0) < n.sum(axis=0))
    x, n = x[:, some].astype(float), n[:, some].astype(float)
    fit = fit_glmm(x, n)
    x, n, fit = x[:, fit.converged], n[:, fit.converged], fit.columns(fit.converged)
    for limit in profile.profile_mu(x, n, fit, Z):
        at = np.isfinite(limit)
        assert at.mean() > 0.99
        top = (fit.loglik - binomial_constant(x, n))[at]
        drop = 2 * (top - profile_on_a_grid(x[:, at], n[:, at], limit[at]))
        # the grid leaves out at most a little of the profile
        assert (drop > Z * Z - 1e-3).all()


@pytest.mark.parametrize(
    ("x", "n", "end", "limit"),
    [
        ([5818, 31, 47, 18, 27, 39, 6], [7600, 39, 54, 18, 29, 51, 6], "ci_low", 0.7620),
        ([1369, 2, 1, 0, 1, 1], [12000, 18, 21, 22, 28, 48], "ci_high", 0.1182),
        ([45953, 33, 7, 32, 3, 33, 26], [57000, 40, 7, 36, 3, 34, 28], "ci_low", 0.8028),
    ],
)
def test_limits_beside_a_giant(x, n, end, limit):
    """By quadrature of its own on a fine grid of tau."""
    found = getattr(pool(x, n, Model("binomial_normal", ci="profile")), end)
    assert found == pytest.approx(limit, abs=5e-5)

"""Profile limits of the binomial-normal model: the short way against a search within a search."""

import numpy as np
import pytest
from scipy.special import expit

from singlearm.synthesis import crest, profile, roots
from singlearm.synthesis.glmm import fit_glmm

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

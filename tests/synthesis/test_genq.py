"""The exact distribution of the generalised Q and the intervals that follow from it."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from singlearm.synthesis.genq import generalised_q_interval, q_distribution
from singlearm.synthesis.stack import stack
from singlearm.synthesis.words import SynthesisError

DRAW = np.random.default_rng(23)
K = 7
Y, V = DRAW.normal(0, 0.7, K), DRAW.uniform(0.02, 0.5, K)


def statistic(y, a):
    return (a * (y - (a * y).sum() / a.sum()) ** 2).sum()


def eigenvalues(a, variance):
    root = np.sqrt(variance)
    inner = root[:, None] * (np.diag(a) - np.outer(a, a) / a.sum()) * root
    return np.linalg.eigvalsh(inner)[1:]


def imhof(weights, q):
    """P(Q <= q) by the integral of Imhof (1961), Biometrika 48:419."""

    def integrand(u):
        angle = 0.5 * np.arctan(weights * u).sum() - 0.5 * q * u
        return np.sin(angle) / (u * np.prod((1 + (weights * u) ** 2) ** 0.25))

    ends = np.concatenate([[1e-12], np.geomspace(0.1, 3e3, 200)])
    pieces = [quad(integrand, a, b, limit=500)[0] for a, b in pairwise(ends)]
    return 0.5 - sum(pieces) / np.pi


@pytest.mark.parametrize("tau2", [0.0, 0.2, 3.0])
@pytest.mark.parametrize("q", [0.3, 4.0, 30.0])
def test_distribution_agrees_with_imhof(tau2, q):
    a = 1 / V
    s, _ = stack(Y, V)
    ours = q_distribution(s, a[:, None], np.array([q]), np.array([tau2]))[0][0]
    assert ours == pytest.approx(imhof(eigenvalues(a, V + tau2), q), abs=1e-7)


@pytest.mark.parametrize("count", [2, 7, 40])
def test_the_slope_is_that_of_the_probability(count):
    draw = np.random.default_rng(count)
    v, q, tau2 = draw.uniform(0.02, 0.5, (3, count)), np.array([0.5, 9.0, 60.0]), 0.2
    s, _ = stack(np.zeros((3, count)), v)
    a = 1 / s.v
    ends = [q_distribution(s, a, q, np.full(3, tau2 + far))[0] for far in (-1e-5, 1e-5)]
    slope = q_distribution(s, a, q, np.full(3, tau2))[1]
    assert slope == pytest.approx((ends[1] - ends[0]) / 2e-5, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("weights", ["DL", "HE"])
@pytest.mark.parametrize("count", [2, 3, 8, 60, 300])
@pytest.mark.parametrize("tau2", [0.0, 0.02, 1.0, 1e4])
def test_limits_are_where_the_distribution_has_its_quantiles(weights, count, tau2):
    draw = np.random.default_rng(count)
    v = draw.uniform(0.01, 0.6, (max(5, 300 // count), count)) ** 2
    y = draw.normal(0, np.sqrt(v + tau2))
    r = generalised_q_interval(y, v, weights)
    s, _ = stack(y, v)
    a = 1 / s.v if weights == "DL" else np.ones(s.v.shape)
    q = (a * (s.y - (a * s.y).sum(axis=0) / a.sum(axis=0)) ** 2).sum(axis=0)
    for end, share in (("low", 0.975), ("high", 0.025)):
        p, _ = q_distribution(s, a, q, r[f"tau2_{end}"])
        at_zero = r[f"tau2_{end}"] == 0
        assert p[~at_zero] == pytest.approx(share, abs=1e-12)
        assert (p[at_zero] <= share + 1e-12).all()


def test_a_variance_beside_which_the_others_are_nothing():
    """No spread can be seen there: 0 would say that even tau2 = 0 makes Q improbable."""
    for v in ([1e-20, 0.1, 0.2], [1e-30, 0.1, 0.1]):
        r = generalised_q_interval([0.1, 0.5, 0.9], v)
        assert np.isnan([r["tau2_low"], r["tau2_high"]]).all()


@pytest.mark.parametrize("unit", [1e-60, 1e-8, 1e8, 1e60])
def test_effects_that_rounding_alone_tells_apart(unit):
    y = unit * np.array([0.2, 0.1 + 0.1, 0.3 - 0.1, 0.2 * (1 + 1e-15)])
    r = generalised_q_interval(y, np.full(4, 0.1))
    limits = float(r["tau2_low"]), float(r["tau2_high"])
    assert limits[0] <= limits[1] and np.isfinite(limits).all()


def test_equal_variances_give_the_chi_square():
    from scipy.stats import chi2

    s, _ = stack(np.zeros(9), np.full(9, 0.3))
    for q in (0.5, 8.0, 40.0, 200.0):
        ours = q_distribution(s, np.full((9, 1), 1 / 0.3), np.array([q]), np.zeros(1))[0][0]
        assert ours == pytest.approx(chi2.cdf(q, 8), abs=1e-13)


@pytest.mark.parametrize("count", [25, 26, 27, 40, 100, 150, 400, 2000])
def test_many_studies_too(count):
    """From 80 studies on the probability had lost its digits, from 150 on all of them."""
    from scipy.stats import chi2

    shares = np.array([1e-6, 0.025, 0.3, 0.499, 0.5, 0.501, 0.8, 0.975, 1 - 1e-7])
    q = chi2.ppf(shares, count - 1)
    s, _ = stack(np.zeros((q.size, count)), np.full((q.size, count), 0.3))
    ours, slope = q_distribution(s, 1 / s.v, q, np.zeros(q.size))
    assert ours == pytest.approx(shares, abs=1e-12)
    # Q is a chi-square times (v + tau2) / v
    assert slope == pytest.approx(-chi2.pdf(q, count - 1) * q / 0.3, rel=1e-9, abs=1e-12)


def test_q_profile_is_the_case_of_equal_variances():
    from singlearm.synthesis.twostep import tau2_interval

    v = np.full(K, 0.1)
    ours, profile = generalised_q_interval(Y, v), tau2_interval(Y, v)
    for name in ("tau2_low", "tau2_high", "i2_low", "i2_high"):
        assert float(ours[name]) == pytest.approx(float(profile[name]), rel=1e-7)


@pytest.mark.parametrize("weights", ["DL", "HE"])
def test_the_interval_covers_the_truth_as_often_as_it_says(weights):
    draw = np.random.default_rng(8)
    v = draw.uniform(0.02, 0.4, (2000, 8))
    y = draw.normal(0, np.sqrt(v + 0.15))
    r = generalised_q_interval(y, v, weights)
    covered = ((r["tau2_low"] <= 0.15) & (r["tau2_high"] >= 0.15)).mean()
    # exact: 95% but for the error of 2,000 draws
    assert abs(covered - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 2000)


def test_absent_studies_and_many_datasets():
    y, v = np.tile(Y, (3, 1)), np.tile(V, (3, 1))
    present = np.ones((3, K), bool)
    present[1, :2] = False
    whole = generalised_q_interval(y, v, present=present)
    alone = generalised_q_interval(Y[2:], V[2:])
    assert float(whole["tau2_high"][1]) == pytest.approx(float(alone["tau2_high"]), rel=1e-10)
    one = generalised_q_interval([0.3], [0.1])
    assert np.isnan(one["tau2_low"]) and np.isnan(one["tau2_high"])


def test_identical_effects_leave_nothing_between():
    r = generalised_q_interval(np.full(5, 0.2), np.full(5, 0.1))
    assert (float(r["tau2_low"]), float(r["tau2_high"])) == (0.0, 0.0)


def test_a_change_of_units():
    a, b = generalised_q_interval(Y, V), generalised_q_interval(1000 * Y, 1e6 * V)
    assert float(b["tau2_high"]) == pytest.approx(1e6 * float(a["tau2_high"]), rel=1e-9)


@pytest.mark.parametrize("weights", ["PM", [1, 1, -1], [1, np.nan, 1]])
def test_weights_are_checked(weights):
    with pytest.raises(SynthesisError, match="weights"):
        generalised_q_interval([0.1, 0.2, 0.3], [0.1, 0.1, 0.1], weights)

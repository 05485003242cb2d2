"""One study with most of the patients: two summits over the spread, and the limits still hold."""

import numpy as np
import pytest
from scipy.special import betaln, gammaln

from singlearm.synthesis import Model, pool
from singlearm.synthesis.notes import Note
from singlearm.synthesis.poisson_normal import at_zero, log_likelihood
from singlearm.synthesis.rates import pool_rates

DROP = 3.8414588


def highest_rates(x, t, rate):
    """The log-likelihood at a rate, highest over a fine grid of tau."""
    taus = np.geomspace(1e-3, 40, 1500)
    x, t = np.array(x, float)[:, None], np.array(t, float)[:, None]
    mu = np.full(taus.size, np.log(rate))
    grid = log_likelihood(np.tile(x, taus.size), np.tile(t, taus.size), mu, taus).value
    return max(grid.max(), at_zero(x, t, mu[:1])[0][0])


@pytest.mark.parametrize(
    ("x", "t", "low", "high"),
    [
        ([74, 4, 0, 0], [100, 5.87, 4.35, 3.24], 0.0087, 0.9749),
        ([2253, 7, 12, 5], [3000, 6.25, 7.92, 2.43], 0.7147, 1.7759),
        ([7944, 7], [2476.36, 4.8], None, None),
        ([25, 1, 2, 0, 1, 2, 0], [513.03, 7.0, 9.42, 3.31, 9.46, 9.12, 6.51], None, None),
    ],
)
def test_limits_of_a_rate_hold_against_every_tau(x, t, low, high):
    r = pool_rates(x, t)
    for limit, known in ((r.ci_low, low), (r.ci_high, high)):
        assert 2 * (r.loglik - highest_rates(x, t, limit)) == pytest.approx(DROP, abs=1e-3)
        assert known is None or limit == pytest.approx(known, abs=6e-5)
    assert r.pi_low is None or (r.pi_low <= r.ci_low and r.ci_high <= r.pi_high)


def test_the_higher_summit_of_rates_is_reached():
    """It stayed at tau = 0, where one study has most of the events."""
    x, t = [10, 4], [31.87, 3.78]
    r = pool_rates(x, t)
    assert r.tau2 > 0 and Note("two_maxima") in r.notes
    assert max(highest_rates(x, t, rate) for rate in np.geomspace(0.1, 3, 60)) <= r.loglik + 1e-6


def test_a_limit_far_away_is_found():
    r = pool_rates([0, 0, 0, 0, 28, 0], [366.9, 5.49, 3.38, 2.79, 6.59, 3.13])
    assert 0 < r.ci_low < 1e-30 and r.ci_high == pytest.approx(0.1353, abs=1e-4)


def test_a_rate_with_two_summits_is_marked():
    assert Note("two_maxima") in pool_rates([74, 4, 0, 0], [100, 5.87, 4.35, 3.24]).notes
    assert Note("two_maxima") not in pool_rates([7, 8, 3, 6], [1344, 1600, 3012, 1536]).notes


def highest_shares(x, n, m):
    """The beta-binomial log-likelihood at a mean, highest over a fine grid of dispersions."""
    g, total = np.geomspace(1e-8, 1e3, 4000), 0.0
    a, b = m / g, (1 - m) / g
    for xi, ni in zip(x, n, strict=True):
        choose = gammaln(ni + 1) - gammaln(xi + 1) - gammaln(ni - xi + 1)
        total = total + betaln(a + xi, b + ni - xi) - betaln(a, b) + choose
    return total.max()


@pytest.mark.parametrize(
    ("x", "n"),
    [
        ([535, 1, 3, 9], [713, 2, 3, 9]),
        ([750, 0], [1356, 5]),
        ([155, 0, 0, 4], [1862, 2, 7, 13]),
        # the fit itself stayed on the lower summit, without dispersion
        ([177, 4], [812, 4]),
        ([1036, 0, 1, 0], [1776, 4, 6, 2]),
    ],
)
def test_limits_of_a_beta_binomial_mean_hold_against_every_dispersion(x, n):
    r = pool(x, n, Model("beta_binomial"))
    for limit in (r.ci_low, r.ci_high):
        assert 2 * (r.loglik - highest_shares(x, n, limit)) == pytest.approx(DROP, abs=1e-3)
    means = np.linspace(0.02, 0.98, 49)
    assert max(highest_shares(x, n, m) for m in means) <= r.loglik + 1e-6

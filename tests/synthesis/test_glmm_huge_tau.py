"""Data whose studies are nearly all 0% or 100%: tau is huge, yet the likelihood has a maximum.

One study between 0 and 100% is enough: the likelihood falls as 1/tau. The flagship's single-target
products against other antigens than BCMA are such a case (0/5, 8/10, 0/5, 0/7). The maxima below
come from an independent integration on 20,001 points over +-12 standard deviations, maximised by
Nelder-Mead to 1e-8.
"""

import numpy as np
import pytest
from scipy.special import gammaln

from synthesis import Model, pool

CASES = [
    ([0, 8, 0, 0], [5, 10, 5, 7], -5.406123724693781, 26.433938536713967, -4.897216130106115),
    ([0, 0, 10, 10], [100] * 4, -4.381667771686733, 5.639060196238354, -10.664532685880431),
]


def loglik(mu, tau, events, total):
    u = np.linspace(-12, 12, 20_001)
    weight = np.exp(-u * u / 2) / np.sqrt(2 * np.pi) * (u[1] - u[0])
    theta = mu + tau * u
    return sum(
        np.log((np.exp(x * theta - n * np.logaddexp(0, theta)) * weight).sum())
        + gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
        for x, n in zip(events, total, strict=True)
    )  # fmt: skip


@pytest.mark.parametrize(("events", "total", "mu", "tau2", "maximum"), CASES)
def test_maximum_is_found(events, total, mu, tau2, maximum):
    fit = pool(events, total, Model("binomial_normal", ci="profile"))
    assert fit.converged, fit.note
    assert fit.loglik == pytest.approx(maximum, abs=1e-8)
    assert fit.estimate_link == pytest.approx(mu, rel=1e-5)
    assert fit.tau2 == pytest.approx(tau2, rel=1e-5)
    assert fit.loglik == pytest.approx(
        loglik(fit.estimate_link, fit.tau2**0.5, events, total), abs=1e-8
    )


def test_two_studies_one_of_them_empty():
    fit = pool([15, 0], [16, 7], Model("binomial_normal", ci="profile"))
    assert fit.converged, fit.note
    best = loglik(fit.estimate_link, fit.tau2**0.5, [15, 0], [16, 7])
    for factor in (0.9, 1.1):
        assert loglik(fit.estimate_link, factor * fit.tau2**0.5, [15, 0], [16, 7]) < best
        assert loglik(factor * fit.estimate_link, fit.tau2**0.5, [15, 0], [16, 7]) < best

"""The profile likelihood of tau of two-arm trials against brute integration, far out as well."""

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.optimize import brentq

from singlearm.synthesis.ratio_counts import two_by_two
from singlearm.synthesis.ratio_glmm import fit_ratio_glmm, likelihood_of
from singlearm.synthesis.ratio_tau import FURTHEST, WIDE, profile_loglik, profile_ratio_tau


def brute_profile(t, model, tau):
    """Log-likelihood at `tau` and its best mean, by a trapezoid rule with 2,001 points; under UM.FS
    with each trial's own best baseline."""
    likelihood, z = likelihood_of(t, model), np.linspace(-9, 9, 2001)

    def each(mu, baseline):
        theta = np.tile(mu + tau * z, (likelihood.k, 1))
        logs = likelihood.at(theta, baseline).value - z * z / 2
        return np.log(np.trapezoid(np.exp(logs), z, axis=1) / np.sqrt(2 * np.pi))

    def negative(at):
        return -each(at[0], np.r_[at[1:], np.zeros(likelihood.k)][: likelihood.k]).sum()

    start = np.r_[0.0, likelihood.start()] if model == "UM.FS" else np.zeros(1)
    return -optimize.minimize(negative, start, method="BFGS", options={"gtol": 1e-8}).fun


SIX = (
    [20, 14, 4, 17, 3, 22], [26, 20, 5, 27, 7, 29], [20, 8, 8, 9, 6, 24], [20, 9, 8, 9, 6, 30],
)  # fmt: skip
UNEQUAL = [4, 0], [29, 1], [14, 4], [16, 5]


@pytest.mark.parametrize(
    ("counts", "model", "high"),
    [(SIX, "CM.EL", 17.6035), (UNEQUAL, "CM.AL", 11.7906), (SIX, "CM.AL", None)],
)
def test_a_wide_limit_of_tau_is_that_of_brute_integration(counts, model, high):
    """61 Gauss-Hermite nodes gave 17.04 and 11.66: they do not follow a step beside a wide tau."""
    t = two_by_two(*counts)
    fit = fit_ratio_glmm(t, model)
    found, drop = profile_ratio_tau(t, fit, level=0.99).high, stats.chi2.ppf(0.99, 1) / 2

    def beyond(tau):
        return fit.loglik - drop - brute_profile(t, model, tau)

    own = brentq(beyond, max(0.3, np.sqrt(fit.tau2)), 40, xtol=1e-5)
    assert found == pytest.approx(own, rel=1e-5)
    if high is not None:
        assert found == pytest.approx(high, abs=2e-4)


@pytest.mark.parametrize("model", ["CM.EL", "CM.AL", "UM.FS"])
@pytest.mark.parametrize("tau", [WIDE - 0.1, WIDE + 0.1, 8.0, FURTHEST])
def test_the_profile_of_tau_is_that_of_brute_integration(model, tau):
    for counts in (SIX, UNEQUAL, ([0, 3, 90], [300, 250, 400], [5, 0, 40], [300, 250, 400])):
        t = two_by_two(*counts)
        likelihood = likelihood_of(t, model)
        found = profile_loglik(likelihood, tau, 0.0, likelihood.start())
        assert found[0] == pytest.approx(brute_profile(t, model, tau), abs=1e-6)
        near = [profile_loglik(likelihood, tau + e, *found[2:])[0] for e in (-1e-3, 1e-3)]
        assert found[1] == pytest.approx((near[1] - near[0]) / 2e-3, abs=1e-6)

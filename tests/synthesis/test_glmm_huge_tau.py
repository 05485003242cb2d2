"""Data whose studies are nearly all 0% or 100%: tau is huge, yet the likelihood has a maximum.

One study between 0 and 100% is enough: the likelihood falls as 1/tau. The flagship's single-target
products against other antigens than BCMA are such a case (0/5, 8/10, 0/5, 0/7). The maxima below
come from an independent integration on 20,001 points over +-12 standard deviations, maximised by
Nelder-Mead to 1e-8.
"""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import gammaln, logit

from singlearm.synthesis import Model, pool, pool_many
from singlearm.synthesis.quadrature import integrate, start_centres
from singlearm.synthesis.records import number

CASES = [
    ([0, 8, 0, 0], [5, 10, 5, 7], -5.406123724693781, 26.433938536713967, -4.897216130106115),
    ([0, 0, 10, 10], [100] * 4, -4.381667771686733, 5.639060196238354, -10.664532685880431),
]


def loglik(mu, tau, events, total):
    u = np.linspace(-12, 12, 20_001)
    weight = np.exp(-u * u / 2) / np.sqrt(2 * np.pi) * (u[1] - u[0])
    theta = mu + tau * u
    total_loglik = 0.0
    for x, n in zip(events, total, strict=True):
        integrand = x * theta - n * np.logaddexp(0, theta)
        top = integrand.max()
        total_loglik += top + np.log((np.exp(integrand - top) * weight).sum())
        total_loglik += gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    return total_loglik


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


#: Each with its mirror image: the limits lie where tau is between 20 and 90.
NEARLY_SEPARATED = [
    ([0, 7], [9, 9]), ([0, 8, 0, 0], [5, 10, 5, 7]), ([15, 0], [16, 7]), ([0, 5], [40, 6]),
    ([7, 0, 6, 4, 4], [7, 2, 6, 4, 8]),
]  # fmt: skip


def mirrored(events, total):
    return [n - x for x, n in zip(events, total, strict=True)]


@pytest.mark.parametrize(("events", "total"), NEARLY_SEPARATED)
def test_limits_lie_where_an_independent_likelihood_has_dropped(events, total):
    model = Model("binomial_normal", ci="profile")
    a, b = pool(events, total, model), pool(mirrored(events, total), total, model)
    drop = a.loglik - 1.959963984540054**2 / 2
    for end in ("tau2_low", "tau2_high"):
        tau = getattr(a, end) ** 0.5
        top = minimize_scalar(
            lambda mu, tau=tau: -loglik(mu, tau, events, total), (-tau, tau), options={"xtol": 1e-9}
        )
        assert -top.fun == pytest.approx(drop, abs=2e-7)
        assert getattr(b, end) == pytest.approx(getattr(a, end), rel=1e-9)
    # the end that is near 1 has lost its digits; the mirror image has them
    for low in (a.ci_low, b.ci_low):
        x = events if low == a.ci_low else mirrored(events, total)
        mu = float(logit(low))
        top = minimize_scalar(
            lambda t, mu=mu, x=x: -loglik(mu, np.exp(t), x, total), (0, 3), options={"xtol": 1e-9}
        )
        assert -top.fun == pytest.approx(drop, abs=2e-7)
    assert a.ci_high == pytest.approx(1 - b.ci_low, abs=1e-15)


@pytest.mark.parametrize("tau", [3.0, 8.0, 50.0, 400.0])
@pytest.mark.parametrize(("x", "n"), [(0, 1), (0, 7), (3, 3), (0, 2000), (60, 60)])
def test_a_study_at_the_edge_is_integrated_exactly(x, n, tau):
    """Likelihood, score and curvature against sums over 400,001 points; the nodes play no part."""
    u, step = np.linspace(-12, 12, 400_001, retstep=True)
    for share in (-1.4, 0.0, 0.9):
        mu = share * tau
        theta = mu + tau * u
        weight = np.exp(x * theta - n * np.logaddexp(0, theta) - u * u / 2)
        weight *= step / np.sqrt(2 * np.pi)
        moments = [(weight * u**j).sum() / weight.sum() for j in range(5)]
        e1, e2, e3, e4 = moments[1:]
        m, t, counts = np.array([mu]), np.array([tau]), (np.array([[x]]), np.array([[n]]))
        got = integrate(*counts, m, t, *start_centres(*counts, m, t), 21)
        assert got.loglik[0, 0] == pytest.approx(np.log(weight.sum()), abs=1e-10)
        assert got.score[:, 0, 0] == pytest.approx([e1 / tau, (e2 - 1) / tau], abs=1e-10)
        hessian = [e2 - e1 * e1 - 1, e3 - e1 * e2 - 2 * e1, e4 - e2 * e2 - 3 * e2 + 1]
        assert got.hessian[:, 0, 0] == pytest.approx(np.array(hessian) / tau**2, abs=1e-10)


@pytest.mark.parametrize(
    ("events", "total"),
    [([60, 1, 23, 0, 33], [60, 10, 48, 2, 59]), ([24, 0], [49, 11]), ([0, 6, 47], [40, 37, 47])],
)
def test_studies_that_are_absent_change_nothing(events, total):
    """Padded to a common length in a batch: the limits are those of the data alone.

    Once nodes stood wrongly for studies that were not there: tau2_high off by 3e-6, a limit lost.
    """
    model, k = Model("binomial_normal"), len(events)
    alone = pool(events, total, model, null_value=0.5)
    pad = ([*events, 0, 0], [*total, 0, 0])
    batch = pool_many([pad[0]], [pad[1]], model, present=[[True] * k + [False] * 2], null_value=0.5)
    for name in (
        "estimate",
        "ci_low",
        "ci_high",
        "tau2",
        "tau2_low",
        "tau2_high",
        "p_value",
        "pi_low",
        "pi_high",
    ):
        expected = getattr(alone, name)
        if expected is not None:
            expected = pytest.approx(expected, rel=1e-9)
        assert number(getattr(batch, name)[0]) == expected
    assert batch.notes[0] == alone.notes

"""Events per person-time: the exact integral, what must hold for any data, degenerate data."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import gammaln
from scipy.stats import chi2
from scipy.stats import t as student

from singlearm.synthesis import poisson_normal
from singlearm.synthesis.notes import Note
from singlearm.synthesis.poisson_normal import fit_poisson_normal, log_likelihood
from singlearm.synthesis.rate_effects import rate_effects
from singlearm.synthesis.rates import RateModel, pool_rates
from singlearm.synthesis.words import SynthesisError

X = np.array([7, 8, 3, 6, 1, 1, 17, 3, 0], float)
T = np.array([1344, 1600, 12012, 1536, 370, 729, 6760, 1107, 320.0])


def integrated(x, t, mu, tau):
    """The log-likelihood by adaptive integration over the log rate, cut into short pieces."""
    total = 0.0
    for n, time in zip(x, t, strict=True):
        mode = np.log((n + 0.5) / time)
        at = sorted({mu + tau * z for z in range(-12, 13)} | {mode + d for d in range(-6, 7)})
        top = n * mode - time * np.exp(mode)

        def density(eta, n=n, time=time, top=top):
            return np.exp(n * eta - time * np.exp(eta) - top - 0.5 * ((eta - mu) / tau) ** 2)

        pieces = [
            quad(density, a, b, epsabs=0, epsrel=1e-11, limit=200)[0] for a, b in pairwise(at)
        ]
        norm = tau * np.sqrt(2 * np.pi)
        total += np.log(sum(pieces) / norm) + top + n * np.log(time) - gammaln(n + 1)
    return total


@pytest.mark.parametrize(("mu", "tau"), [(-10.0, 9.0), (-40.0, 20.0), (3.0, 12.0)])
def test_likelihood_is_the_integral_where_rates_hardly_have_anything_in_common(mu, tau):
    """One study with all events: the search of the integrand's top did not arrive."""
    x, t = np.array([0, 30, 0, 0.0]), np.array([321.55, 13.15, 7.62, 313.64])
    got = log_likelihood(x[:, None], t[:, None], np.array([mu]), np.array([tau])).value[0]
    assert got == pytest.approx(integrated(x, t, mu, tau), rel=1e-8)
    r = pool_rates(x, t)
    assert r.converged and r.ci_high is not None and r.tau2_low < r.tau2


@pytest.mark.parametrize("tau", [0.02, 0.3, 1.0, 3.0, 8.0])
@pytest.mark.parametrize("mu", [-9.0, -6.0, -3.0])
def test_likelihood_is_the_integral(mu, tau):
    ours = log_likelihood(X[:, None], T[:, None], np.array([mu]), np.array([tau]))
    assert ours.value[0] == pytest.approx(integrated(X, T, mu, tau), rel=1e-10)


@pytest.mark.parametrize("tau", [0.05, 0.7, 4.0])
def test_derivatives_are_those_of_the_likelihood(tau):
    h, at = 1e-4, np.array([-6.2, tau])

    def value(theta):
        got = log_likelihood(X[:, None], T[:, None], theta[:1], theta[1:])
        return got.value[0], got.score[:, 0], got.hessian[:, 0]

    _, score, hessian = value(at)
    for i in range(2):
        step = h * tau * np.eye(2)[i]
        up, down = value(at + step), value(at - step)
        assert score[i] == pytest.approx((up[0] - down[0]) / (2 * h * tau), rel=1e-5)
        slopes = (up[1] - down[1]) / (2 * h * tau)
        assert hessian[[i, i + 1]] == pytest.approx(slopes, rel=1e-5)


def test_maximum_and_profile_are_those_of_the_integral():
    r = pool_rates(X, T)
    best = minimize(
        lambda p: -integrated(X, T, p[0], np.exp(p[1])),
        [-6.0, -0.2],
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-12},
    )
    assert r.estimate_link == pytest.approx(best.x[0], abs=1e-5)
    assert r.tau2 == pytest.approx(np.exp(2 * best.x[1]), rel=1e-5)
    assert r.loglik == pytest.approx(-best.fun, abs=1e-9)
    drop = chi2.ppf(0.95, 1) / 2
    for limit in (r.ci_low, r.ci_high):
        at = np.log(limit)
        top = minimize(lambda p, mu=at: -integrated(X, T, mu, np.exp(p[0])), [0.0], tol=1e-10)
        assert r.loglik + top.fun == pytest.approx(drop, abs=1e-5)
    for limit in (r.tau2_low, r.tau2_high):
        top = minimize(lambda p, v=limit: -integrated(X, T, p[0], np.sqrt(v)), [-6.0], tol=1e-10)
        assert r.loglik + top.fun == pytest.approx(drop, abs=1e-5)


def test_another_unit_of_time_changes_only_the_unit():
    months, years = pool_rates(X, T), pool_rates(X, T / 12)
    for name in ("estimate", "ci_low", "ci_high", "pi_low", "pi_high", "marginal"):
        assert getattr(years, name) == pytest.approx(12 * getattr(months, name), rel=1e-7)
    for name in ("tau2", "tau2_low", "tau2_high", "q", "tau2_p"):
        assert getattr(years, name) == pytest.approx(getattr(months, name), rel=1e-6, abs=1e-12)


def test_the_order_of_studies_does_not_matter():
    order = np.random.default_rng(3).permutation(X.size)
    a, b = pool_rates(X, T), pool_rates(X[order], T[order])
    assert b.estimate == pytest.approx(a.estimate, rel=1e-9)
    assert b.ci_high == pytest.approx(a.ci_high, rel=1e-7)


def test_a_batch_gives_what_single_fits_give():
    draw = np.random.default_rng(5)
    t = draw.uniform(20, 400, (8, 60))
    x = draw.poisson(t * np.exp(draw.normal(-3, draw.uniform(0, 1.5, 60), (8, 60)))).astype(float)
    x[0] = np.maximum(x[0], 1)
    whole = fit_poisson_normal(x, t)
    assert whole.converged.all()
    for i in range(0, 60, 7):
        one = fit_poisson_normal(x[:, [i]], t[:, [i]])
        assert whole.mu[i] == pytest.approx(one.mu[0], rel=1e-8)
        assert whole.tau[i] == pytest.approx(one.tau[0], rel=1e-7, abs=1e-9)
        assert whole.loglik[i] >= whole.loglik_common[i]


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """300 seeded reviews of ten studies: Wald coverage near its level, estimate without bias."""
    draw = np.random.default_rng(11)
    t = draw.uniform(50, 500, (10, 300))
    x = draw.poisson(t * np.exp(draw.normal(-3.5, 0.5, t.shape))).astype(float)
    fit = fit_poisson_normal(x, t)
    covered = np.abs(fit.mu + 3.5) < 1.96 * fit.se
    assert abs(fit.mu.mean() + 3.5) < 0.03
    assert 0.87 < covered.mean() < 0.97


@pytest.mark.parametrize(
    ("x", "t"),
    [
        ([0, 99482, 0, 52, 2, 60, 0, 147, 1269], [1.3, 4.5, 2.4, 7.8, 1.3, 1.1, 1.8, 2.2, 4.7]),
        ([0, 0, 0, 0, 8, 0], [2.0, 5.9, 7.9, 1.5, 5.3, 7.8]),
        ([3, 1, 0, 0, 0, 10, 99716], [39.15, 6.88, 94.49, 8.6, 1.26, 899.67, 643.74]),
    ],
)
def test_rates_that_differ_by_orders_of_magnitude(x, t):
    r = pool_rates(x, t)
    assert r.converged and r.ci_low < r.estimate < r.ci_high
    at = np.array([r.estimate_link]), np.array([np.sqrt(r.tau2)])
    top = log_likelihood(np.array(x, float)[:, None], np.array(t)[:, None], *at)
    assert np.abs(top.score).max() < 1e-5
    assert r.loglik == pytest.approx(integrated(x, t, at[0][0], at[1][0]), rel=1e-8)


def test_no_events_and_one_study_get_the_exact_answer():
    none = pool_rates([0, 0, 0], [120, 80.5, 300])
    assert (none.estimate, none.ci_low, none.notes) == (0.0, 0.0, (Note("no_events_exact"),))
    assert none.ci_high == pytest.approx(chi2.ppf(0.975, 2) / 2 / 500.5, rel=1e-12)
    one = pool_rates([7], [212.4], RateModel("normal"))
    assert one.notes == (Note("single_study"),)
    assert one.ci_low == pytest.approx(chi2.ppf(0.025, 14) / 2 / 212.4, rel=1e-12)
    assert one.tau2 is None and one.pi_low is None
    assert pool_rates([], []).notes == (Note("no_data"),)
    two = pool_rates([3, 9], [50, 60])
    assert two.pi_low is None and Note("two_studies") in two.notes


def test_one_event_in_three_studies_has_every_number_or_none():
    r = pool_rates([0, 0, 1], [10, 20, 30.0])
    assert r.converged and 0 < r.ci_low < r.estimate < r.ci_high < 1
    assert r.tau2 == 0 and Note("tau2_at_zero") in r.notes


def test_the_freeman_tukey_inverse_returns_the_rate():
    r = pool_rates([4, 4, 4], [100, 100, 100], RateModel("normal", measure="IRFT", ci="wald"))
    assert r.estimate == pytest.approx(0.04, rel=1e-12)


@pytest.mark.parametrize(
    ("x", "t"), [([1.5], [3]), ([-1], [3]), ([1], [0]), ([np.nan], [1]), ([1], [np.inf])]
)
def test_what_is_no_count_or_no_time_is_named(x, t):
    with pytest.raises(SynthesisError, match="person-time positive"):
        rate_effects(x, t)


def test_keys_that_a_likelihood_does_not_use_are_errors():
    with pytest.raises(SynthesisError, match="tau2: not a key"):
        RateModel("poisson_normal", tau2="DL")
    with pytest.raises(SynthesisError, match="allowed: profile, wald, t"):
        RateModel("poisson_normal", ci="hk")
    model = RateModel.of({"likelihood": "normal", "label": "x"})
    assert (model.measure, model.tau2, model.ci) == ("IRLN", "REML", "hk_adhoc")
    assert model.has_tau2


def test_the_limits_of_tau2_hold_the_estimate_of_every_estimator():
    x, t = [2, 9, 30, 4, 1, 12], [40, 60, 800, 35, 90, 30]
    for tau2 in ("DL", "HE", "HS", "SJ", "PM", "ML", "REML", "EB"):
        r = pool_rates(x, t, RateModel("normal", tau2=tau2))
        assert r.tau2_low <= r.tau2 <= r.tau2_high, tau2
        assert r.i2_low <= r.i2 <= r.i2_high, tau2


def test_a_plain_hartung_knapp_interval_is_marked_where_it_is_narrower():
    alike = [10, 20, 30], [100, 201, 299]
    plain = pool_rates(*alike, RateModel("normal", ci="hk"))
    wald = pool_rates(*alike, RateModel("normal", ci="wald"))
    assert plain.ci_high - plain.ci_low < wald.ci_high - wald.ci_low
    assert Note("narrower_than_wald") in plain.notes
    assert Note("narrower_than_wald") not in pool_rates(*alike, RateModel("normal")).notes
    wide = pool_rates([1, 20, 90], [100, 201, 299], RateModel("normal", ci="hk"))
    assert Note("narrower_than_wald") not in wide.notes


def test_the_prediction_interval_contains_the_profile_interval_where_tau2_is_0():
    # plug-in prediction lay within the profile interval of very unequal times
    x = [0, 1, 0, 0, 0, 0, 0]
    t = [1.01, 348.8, 42.7, 0.74, 8.76, 9.99, 2.53]
    for ci in ("profile", "t", "wald"):
        r = pool_rates(x, t, RateModel(ci=ci))
        assert r.tau2 == 0 and "tau2_at_zero" in r.note
        assert r.pi_low < r.ci_low < r.ci_high < r.pi_high


def test_random_rates_have_their_intervals_in_order():
    rng = np.random.default_rng(20)
    for _ in range(60):
        k = int(rng.integers(2, 10))
        t = np.exp(rng.normal(3, rng.choice([0.1, 3]), k))
        mean = rng.choice([-4, -2, 1])
        x = rng.poisson(t * np.exp(rng.normal(mean, rng.choice([0, 1]), k)))
        r = pool_rates(x, t)
        if r.ci_low is None or r.ci_high is None:
            assert r.note
            continue
        assert r.ci_low <= r.estimate <= r.ci_high
        if r.pi_low is None:
            assert k < 3 or r.note
        else:
            assert r.pi_low <= r.ci_low * (1 + 1e-9) and r.ci_high <= r.pi_high * (1 + 1e-9)


def test_the_average_of_few_studies_has_limits_by_t():
    r = pool_rates([4, 9, 14], [100.0, 100.0, 100.0])
    p = pool_rates([4, 9, 14], [100.0, 100.0, 100.0], level=0.5)
    wide, narrow = (np.log(f.marginal_high / f.marginal_low) / 2 for f in (r, p))
    expected = float(student.ppf(0.975, 2) / student.ppf(0.75, 2))
    assert wide / narrow == pytest.approx(expected, rel=1e-9)


def test_an_average_beyond_all_numbers_is_left_out_and_says_so():
    r = pool_rates([0, 900], [1e6, 1.0])
    assert r.tau2 > 20 and "tau2_interval_open" in r.note
    assert (r.marginal, r.marginal_low, r.marginal_high) == (None, None, None)
    assert "average_beyond_numbers" in r.note


def test_limits_of_the_mean_begin_at_the_tau_of_the_maximum(monkeypatch):
    """The start of the mean had taken the place of that of tau."""
    fit, begun, whole = fit_poisson_normal(X[:, None], T[:, None]), [], poisson_normal.best_over_tau

    def watched(x, t, mu, near):
        begun.append(near.tolist())
        return whole(x, t, mu, near)

    monkeypatch.setattr(poisson_normal, "best_over_tau", watched)
    poisson_normal.profile_mu(X[:, None], T[:, None], fit, 1.96)
    assert begun[0] == [fit.tau[0]] * 2

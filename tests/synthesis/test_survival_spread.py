"""Limits of the spread of survival lines, against optimisers that know nothing of rays."""

import numpy as np
import pytest
from scipy.optimize import NonlinearConstraint, brentq, minimize
from scipy.stats import multivariate_normal, norm, t

from singlearm.synthesis.landmark_effects import landmark_back
from singlearm.synthesis.suitability import SLOPES_STUDIES
from singlearm.synthesis.survival_model import StudyPoints, fit_survival_model
from singlearm.synthesis.survival_spread import LARGEST, Lines, fit_spread, gls, spread_region

Z = float(norm.ppf(0.975))
TIMES = np.array([3.0, 6.0, 12.0, 24.0])


def lines(k, sd=(0.4, 0.15), seed=1):
    """Studies of three points whose lines differ in height and slope."""
    draw, found, at = np.random.default_rng(seed), [], np.array([4.0, 9.0, 18.0])
    variance = np.array([0.002, 0.004, 0.006])
    for _ in range(k):
        slope = 0.9 + draw.normal(0, sd[1])
        y = -2.2 + draw.normal(0, sd[0]) + slope * np.log(at)
        found.append(StudyPoints(at, landmark_back(y), variance))
    return found


def rows_of(fit, times=TIMES):
    return np.stack([np.ones(times.size), np.log(times) - fit.centre], axis=1)


def loglik(fit, between):
    """The restricted likelihood as that of all contrasts: a multivariate normal density."""
    y = np.concatenate([y for y, _, _ in fit.studies])
    x = np.concatenate([x for _, _, x in fit.studies])
    w, at = np.zeros((y.size, y.size)), 0
    for own, v, rows in fit.studies:
        span = slice(at, at + own.size)
        w[span, span] = v + rows @ between @ rows.T
        at += own.size
    contrasts = np.linalg.svd(x)[0][:, 2:].T
    inner = contrasts @ w @ contrasts.T
    e = contrasts @ y
    return -0.5 * (e @ np.linalg.solve(inner, e) + np.linalg.slogdet(inner)[1])


def test_the_restricted_likelihood_is_that_of_the_contrasts():
    fit = fit_survival_model(lines(6))
    tried = np.array([np.diag([a, b]) + c for a, b, c in ((0.1, 0.02, 0.0), (0.3, 0.1, 0.05))])
    ours = gls(Lines.of(fit.studies), tried).restricted
    theirs = [loglik(fit, between) for between in tried]
    assert ours[1] - ours[0] == pytest.approx(theirs[1] - theirs[0], abs=1e-9)


def test_intercepts_alone_have_the_profile_limits_of_one_variance():
    fit = fit_survival_model(lines(SLOPES_STUDIES - 1, sd=(0.4, 0.0)))
    assert not fit.sloped
    region = spread_region(fit.studies, fit.between, False, Z)
    top = loglik(fit, fit.between)

    def drop(sd):
        return 2 * (top - loglik(fit, np.diag([sd**2, 0.0]))) - Z * Z

    best = np.sqrt(fit.between[0, 0])
    low, high = region.limits(rows_of(fit))
    assert high == pytest.approx(brentq(drop, best, LARGEST), rel=1e-3)
    assert low == pytest.approx(brentq(drop, 1e-6, best), rel=1e-2)


def test_slopes_too_have_the_profile_limits_at_each_time():
    """The largest spread at a time of all covariances within the drop, by constrained search."""
    fit = fit_survival_model(lines(8))
    assert fit.sloped
    rows = rows_of(fit, TIMES[::3])
    low, high = spread_region(fit.studies, fit.between, True, Z).limits(rows)
    top = loglik(fit, fit.between)

    def covariance(p):
        factor = np.array([[p[0], 0.0], [p[1], p[2]]])
        return factor @ factor.T

    within = NonlinearConstraint(lambda p: 2 * (top - loglik(fit, covariance(p))), -1.0, Z * Z)
    start = np.linalg.cholesky(fit.between + 1e-2 * np.eye(2))[[0, 1, 1], [0, 0, 1]]
    for row, least, most in zip(rows, low, high, strict=True):
        for sign, ours in ((-1, most), (1, least)):
            # at the maximum the constraint has no slope: from beside it, and not all arrive
            found = [
                minimize(
                    lambda p, r=row, s=sign: s * np.sqrt(r @ covariance(p) @ r), times * start,
                    constraints=[within], method="SLSQP", options={"ftol": 1e-9, "maxiter": 400},
                )
                for times in (0.8, 1.0, 1.3, 1.5)
            ]  # fmt: skip
            best = min(search.fun for search in found if search.success)
            assert ours == pytest.approx(sign * best, rel=0.01)


@pytest.mark.parametrize("k", [3, SLOPES_STUDIES, 9])
@pytest.mark.parametrize("sd", [(0.0, 0.0), (0.3, 0.1)])
@pytest.mark.parametrize("scale", ["cloglog", "logit"])
def test_prediction_holds_the_band_and_has_width_beyond(k, sd, scale):
    fit = fit_survival_model(lines(k, sd), scale)
    _, low, high = fit.survival(TIMES)
    pi_low, pi_high = fit.prediction(TIMES)
    assert (pi_low < low).all() and (high < pi_high).all()


def test_without_any_spread_the_band_is_that_of_the_mean_and_of_half_a_normal_spread():
    """tau is 0 with probability one half, else as a normal variable that has its limit at 1.96."""
    fit = fit_survival_model(lines(4, (0.0, 0.0)))
    assert fit.between[0, 0] < 1e-10
    region = spread_region(fit.studies, fit.between, False, Z)
    rows, most = rows_of(fit), region.limits(rows_of(fit))[1][0]
    draw = np.random.default_rng(4)
    mean = draw.normal(0, 1, 400_000) * t.ppf(0.975, fit.df) / Z
    sd = np.sqrt(np.einsum("ji,ik,jk->j", rows, fit.covariance, rows))[2]
    spread = np.maximum(draw.normal(0, 1, mean.size), 0) * most / Z
    new = mean * sd + spread * draw.normal(0, 1, mean.size)
    ends = landmark_back(rows[2] @ fit.beta + np.quantile(new, [0.975, 0.025]), "cloglog")
    ours = [end[2] for end in fit.prediction(TIMES)]
    assert ours == pytest.approx(list(ends), abs=0.01)


def test_fewer_than_three_studies_and_a_spread_without_limit_predict_nothing():
    assert np.isnan(fit_survival_model(lines(2)).prediction(TIMES)).all()
    apart = [
        StudyPoints(np.array([6.0, 12.0]), np.array(s), np.array([0.001, 0.002]))
        for s in ([0.999, 0.998], [0.5, 0.3], [0.02, 0.0002])
    ]
    assert np.isnan(fit_survival_model(apart).prediction(TIMES)).all()


def reports(seed, n, sd):
    """Times, survival and variances of 3 to 12 studies of n patients that report 1 to 5 points."""
    draw, found = np.random.default_rng(seed), []
    for _ in range(int(draw.integers(3, 13))):
        at = np.sort(np.exp(draw.normal(2.3, 0.8, int(draw.integers(1, 6)))))
        slope = 0.9 * np.exp(draw.normal(0, sd[1]))
        s = landmark_back(-2.2 + draw.normal(0, sd[0]) + slope * np.log(at))
        if (s > 1e-5).all() and (s < 1 - 1e-5).all():
            found.append((at, s, (1 - s) / (n * s)))
    return found


@pytest.mark.parametrize("n", [30, 300, 100_000])
@pytest.mark.parametrize("sd", [(0.0, 0.0), (0.3, 0.1), (1.0, 0.5)])
def test_neither_the_order_of_studies_nor_the_unit_of_time_matters(n, sd):
    # with 100,000 patients a study limits moved by 0.3 with the order: the search had stopped early
    for seed in range(4):
        raw = reports(seed, n, sd)
        order = np.random.default_rng(seed).permutation(len(raw))
        fits = [
            (fit_survival_model([StudyPoints(unit * t, s, v) for t, s, v in own]), unit)
            for own, unit in ((raw, 1.0), ([raw[i] for i in order], 1.0), (raw, 30.0))
        ]
        first, *others = (np.array(fit.survival(unit * TIMES)) for fit, unit in fits)
        assert all(fit.converged for fit, _ in fits)
        for other in others:
            np.testing.assert_allclose(other, first, atol=1e-9)


@pytest.mark.parametrize("n", [30, 100_000])
def test_no_search_finds_a_higher_likelihood(n):
    """Nelder and Mead from eight places, on the density of the contrasts."""
    draw = np.random.default_rng(5)
    for seed in range(3):
        fit = fit_survival_model([StudyPoints(*own) for own in reports(seed, n, (1.0, 0.5))])
        count, top = 3 if fit.sloped else 1, loglik(fit, fit.between)

        def loss(p, fit=fit, count=count):
            factor = np.zeros((2, 2))
            factor[[0, 1, 1][:count], [0, 0, 1][:count]] = p
            return -loglik(fit, factor @ factor.T)

        for start in draw.normal(0, 1, (8, count)):
            found = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 2000})
            assert -found.fun < top + 1e-5


def test_least_squares_are_those_of_the_whole_covariance():
    """Estimate, covariance, likelihoods and slopes, of studies with one point and with several."""
    fit = fit_survival_model([StudyPoints(*own) for own in reports(2, 50, (0.4, 0.2))])
    lines, between = Lines.of(fit.studies), np.array([[0.2, 0.03], [0.03, 0.05]])
    ours = gls(lines, between[None])
    information, right, whole = np.zeros((2, 2)), np.zeros(2), 0.0
    for y, v, x in fit.studies:
        w = np.linalg.inv(v + x @ between @ x.T)
        information, right = information + x.T @ w @ x, right + x.T @ w @ y
    beta = np.linalg.solve(information, right)
    for y, v, x in fit.studies:
        whole += multivariate_normal.logpdf(y, x @ beta, v + x @ between @ x.T)
    assert ours.beta[0] == pytest.approx(beta, rel=1e-9)
    np.testing.assert_allclose(ours.covariance[0], np.linalg.inv(information), rtol=1e-8)
    constant = 0.5 * lines.points * np.log(2 * np.pi)
    assert ours.loglik[0] - constant == pytest.approx(whole, rel=1e-9)
    step = 1e-6
    for way in (np.diag([1.0, 0.0]), np.diag([0.0, 1.0]), np.array([[0.0, 1.0], [1.0, 0.0]])):
        up, down = gls(lines, np.stack([between + step * way, between - step * way])).restricted
        slope = float((ours.gradient[0] * way).sum())
        assert (up - down) / (2 * step) == pytest.approx(slope, rel=1e-5)


@pytest.mark.parametrize("unit", [1.0, 30.0, 365.25])
def test_a_flat_likelihood_has_no_maximum(unit):
    """One contrast, of two readings of almost one time: it hardly varies with the spread."""
    curve = StudyPoints(
        unit * np.array([6.0, 6.0000006]), np.array([0.8, 0.7999999]), np.array([0.004, 0.00402])
    )
    later = StudyPoints(unit * np.array([24.0]), np.array([0.3]), np.array([0.03]))
    assert not fit_survival_model([curve, later]).converged


def test_a_spread_at_the_end_of_the_range_is_no_maximum():
    apart = [
        (np.array([y]), np.array([[1e-4]]), np.array([[1.0, x]]))
        for y, x in ((-20.0, -1.0), (20.0, 0.0), (-20.0, 1.0))
    ]
    between, found = fit_spread(Lines.of(apart), False)
    assert not found and between[0, 0] == pytest.approx(LARGEST**2)

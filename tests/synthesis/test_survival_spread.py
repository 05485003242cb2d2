"""Limits of the spread of survival lines, against optimisers that know nothing of rays."""

import numpy as np
import pytest
from scipy.optimize import NonlinearConstraint, brentq, minimize
from scipy.stats import norm, t

from singlearm.synthesis.landmark_effects import landmark_back
from singlearm.synthesis.survival_model import (
    LARGEST,
    LEAST_FOR_SLOPES,
    StudyPoints,
    fit_survival_model,
)
from singlearm.synthesis.survival_spread import restricted_loglik, spread_region

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
    ours = restricted_loglik(fit.studies, tried)
    theirs = [loglik(fit, between) for between in tried]
    assert ours[1] - ours[0] == pytest.approx(theirs[1] - theirs[0], abs=1e-9)


def test_intercepts_alone_have_the_profile_limits_of_one_variance():
    fit = fit_survival_model(lines(LEAST_FOR_SLOPES - 1, sd=(0.4, 0.0)))
    assert not fit.sloped
    region = spread_region(fit.studies, fit.between, False, LARGEST, Z)
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
    low, high = spread_region(fit.studies, fit.between, True, LARGEST, Z).limits(rows)
    top = loglik(fit, fit.between)

    def covariance(p):
        factor = np.array([[p[0], 0.0], [p[1], p[2]]])
        return factor @ factor.T

    within = NonlinearConstraint(lambda p: 2 * (top - loglik(fit, covariance(p))), -1.0, Z * Z)
    start = np.linalg.cholesky(fit.between + 1e-9 * np.eye(2))[[0, 1, 1], [0, 0, 1]]
    for row, least, most in zip(rows, low, high, strict=True):
        for sign, ours in ((-1, most), (1, least)):
            found = minimize(
                lambda p, r=row, s=sign: s * np.sqrt(r @ covariance(p) @ r),
                start, constraints=[within], method="SLSQP", options={"ftol": 1e-9, "maxiter": 400},
            )  # fmt: skip
            assert ours == pytest.approx(sign * found.fun, rel=0.01)


@pytest.mark.parametrize("k", [3, LEAST_FOR_SLOPES, 9])
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
    region = spread_region(fit.studies, fit.between, False, LARGEST, Z)
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

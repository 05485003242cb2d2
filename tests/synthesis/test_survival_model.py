"""One curve from all evidence: exact lines, quadrature, limits, simulated truth."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.stats import norm

from singlearm.synthesis.curves import curve_on_grid, summary_curve
from singlearm.synthesis.landmark_effects import landmark_back, landmark_scale
from singlearm.synthesis.landmarks import pool_landmarks
from singlearm.synthesis.notes import Note
from singlearm.synthesis.suitability import SLOPES_STUDIES
from singlearm.synthesis.survival import kaplan_meier
from singlearm.synthesis.survival_model import NoLineError, StudyPoints, fit_survival_model
from singlearm.synthesis.words import SynthesisError

TIMES = np.array([3.0, 6.0, 12.0, 18.0])


def exact(times, scale, intercept=-2.0, slope=0.9):
    """Points of a line on a scale, known almost exactly."""
    t = np.asarray(times, float)
    sign = 1 if scale == "cloglog" else -1
    s = landmark_back(sign * (intercept + slope * np.log(t)), scale)
    return StudyPoints(t, s, 1e-6 * np.arange(1, t.size + 1))


@pytest.mark.parametrize("scale", ["cloglog", "logit"])
def test_a_line_is_found_again(scale):
    studies = [exact([3, 6, 12], scale), exact([6, 24], scale), exact([9], scale)]
    m = fit_survival_model(studies, scale)
    times = np.array([2.0, 18.0, 30.0])
    assert m.survival(times)[0] == pytest.approx(exact(times, scale).survival, rel=1e-4)
    other = fit_survival_model(studies, "logit" if scale == "cloglog" else "cloglog")
    assert m.loglik > other.loglik  # the scale of the data fits better
    assert m.weights.sum() == pytest.approx(100)


def differing(k=6, seed=1):
    """Studies of two points whose lines differ in height and slope."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(k):
        y = -2.2 + draw.normal(0, 0.4) + (0.9 + draw.normal(0, 0.15)) * np.log([6.0, 18.0])
        found.append(StudyPoints(np.array([6.0, 18.0]), landmark_back(y), np.array([0.002, 0.006])))
    return found


def test_the_average_is_the_integral_over_studies():
    m = fit_survival_model(differing())
    assert m.between[0, 0] > 0.01
    for time in (3.0, 12.0, 40.0):
        x = np.array([1.0, np.log(time) - m.centre])
        centre, sd = float(x @ m.beta), float(np.sqrt(x @ m.between @ x))
        whole = _mean_survival(centre, sd)
        assert m.average(np.array([time]))[0] == pytest.approx(whole, abs=1e-9)


def _mean_survival(centre, sd):
    return quad(lambda z: landmark_back(centre + sd * z) * norm.pdf(z), -9, 9)[0]


def test_limits_of_the_median_are_where_the_band_crosses_one_half():
    m = fit_survival_model(differing())
    median, low, high = m.median()
    assert m.survival(np.array([median]))[0][0] == pytest.approx(0.5, rel=1e-12)
    assert m.survival(np.array([low]))[1][0] == pytest.approx(0.5, rel=1e-9)
    assert m.survival(np.array([high]))[2][0] == pytest.approx(0.5, rel=1e-9)
    assert low < median < high


def test_the_restricted_mean_is_the_area_under_the_curve():
    m = fit_survival_model(differing())
    area, _ = quad(lambda t: m.survival(np.array([t]))[0][0], 0, 24)
    mean, low, high = m.restricted_mean(24.0)
    assert mean == pytest.approx(area, abs=1e-4) and 0 < low < mean < high < 24


def test_prediction_holds_the_interval_and_slopes_differ_from_enough_studies_on():
    times = np.array([6.0, 12.0, 24.0])
    few, many = (fit_survival_model(differing(k)) for k in (SLOPES_STUDIES - 1, 8))
    assert few.between[1, 1] == 0 < many.between[1, 1]
    _, low, high = many.survival(times)
    pi_low, pi_high = many.prediction(times)
    assert (pi_low <= low).all() and (high <= pi_high).all()
    alone = fit_survival_model(differing(1))
    assert alone.df == np.inf and not alone.between.any()


def test_a_median_and_a_landmark_are_points_of_the_same_line():
    """A median of 10 months says no less than survival of 50% at 10 months."""
    a = StudyPoints(np.array([10.0]), np.array([0.5]), np.array([0.02]))
    y, v = a.on("cloglog")
    assert y[0] == pytest.approx(float(landmark_scale(0.5)))
    assert v[0, 0] == pytest.approx(0.02 / np.log(0.5) ** 2, rel=1e-5)


#: One fixed time each of two studies.
TWO = (
    ([2.43055159907843], [0.8927704899343357], [0.00040036235992205616]),
    ([37.74264727436494], [0.1718173062790218], [0.01606711825982681]),
)


def built(raw, months=1.0):
    """Studies of (times, survival, variances), in another unit of time."""
    return [StudyPoints(months * np.array(t), np.array(s), np.array(v)) for t, s, v in raw]


@pytest.mark.parametrize("unit", [1.0, 30.0, 1 / 30, 365.25])
@pytest.mark.parametrize("scale", ["cloglog", "logit"])
def test_two_points_of_two_studies_have_a_line_and_no_limits(scale, unit):
    # the likelihood is flat in the spread: limits of .37 to .73, or .09 to .88 with times x 30
    m = fit_survival_model(built(TWO, unit), scale)
    times = unit * np.array([2.43055159907843, 12.0, 37.74264727436494])
    estimate, *limits = m.survival(times)
    assert estimate[[0, 2]] == pytest.approx([TWO[0][1][0], TWO[1][1][0]], rel=1e-9)
    ends, share = landmark_scale(estimate[[0, 2]], scale), np.log(times[1] / times[0])
    line = ends[0] + share / np.log(times[2] / times[0]) * (ends[1] - ends[0])
    assert estimate[1] == pytest.approx(float(landmark_back(line, scale)), rel=1e-9)
    assert np.isnan([*limits, *m.prediction(times), m.average(times)]).all()
    median, *of_median = m.median()
    mean, *of_mean = m.restricted_mean(24 * unit)
    assert of_median == [None, None]
    assert m.survival(np.array([median]))[0][0] == pytest.approx(0.5, rel=1e-9)
    assert 0 < mean < 24 * unit and np.isnan(of_mean).all()
    # both scales go through both points: none of them fits better
    assert np.isnan(m.loglik) and np.isnan(m.between).all() and not m.spread_known
    assert m.notes == (Note("points_as_coefficients"),)
    assert_allclose(m.weights, 50)


def test_each_point_more_than_coefficients_tells_of_the_spread():
    """REML knows of it what contrasts off the line vary with it: none for two points alone."""
    draw = np.random.default_rng(6)
    for _ in range(50):
        sizes = draw.integers(1, 4, int(draw.integers(2, 5)))
        times = [np.sort(draw.choice([3.0, 6.0, 9.0, 12.0], size, replace=False)) for size in sizes]
        if np.unique(np.concatenate(times)).size < 2:
            continue
        x = np.stack([np.ones(sizes.sum()), np.log(np.concatenate(times))], axis=1)
        contrasts = np.linalg.svd(x)[0][:, 2:]
        spread = contrasts.T @ np.repeat(np.eye(sizes.size), sizes, axis=0)
        told = bool(spread.size and np.abs(spread).max() > 1e-9)
        m = fit_survival_model([exact(t, "cloglog") for t in times])
        assert m.spread_known == told == (sizes.sum() > 2)
        assert np.isfinite(m.survival(TIMES)).all() == told and m.converged


def test_one_study_and_two_say_so():
    assert fit_survival_model(differing(1)).notes == (Note("single_study"),)
    assert fit_survival_model(differing(2)).notes == (Note("two_studies"),)
    assert fit_survival_model(differing(3)).notes == ()
    # two points of one study: limits of its own, while no scale fits better than another
    alone = fit_survival_model(built([([3.0, 9.0], [0.8, 0.4], [0.01, 0.03])]))
    assert np.isfinite(alone.survival(TIMES)).all() and np.isnan(alone.loglik)


def test_impossible_points_are_refused():
    with pytest.raises(SynthesisError, match="falling survival"):
        StudyPoints(np.array([6.0, 12.0]), np.array([0.5, 0.6]), np.array([0.01, 0.02]))
    with pytest.raises(SynthesisError, match="do not fall"):
        StudyPoints(np.array([6.0, 12.0]), np.array([0.6, 0.5]), np.array([0.02, 0.01]))
    one = StudyPoints(np.array([6.0]), np.array([0.6]), np.array([0.02]))
    with pytest.raises(NoLineError, match="two different times") as told:
        fit_survival_model([one, one])
    assert told.value.code == "too_few_points"


def simulated(draw, k):
    """Studies of one end point: a third curves, a third landmarks, a third medians."""
    found = []
    for _ in range(k):
        n, mean = int(draw.integers(25, 150)), 14 * np.exp(draw.normal(0, 0.3))
        t, c = draw.exponential(mean, n), draw.uniform(12, 48, n)
        km = kaplan_meier(np.minimum(t, c), t <= c)
        way = int(draw.integers(3))
        times = [np.array([3.0, 6, 12, 18]), np.array([draw.choice([6.0, 12.0])])][way % 2]
        times = np.array([km.median]) if way == 2 and np.isfinite(km.median) else times
        s, v = km.at(times), km.log_variance_at(times)
        keep = np.isfinite(s) & (s > 0) & (s < 1) & (v > 0)
        keep[1:] &= np.diff(s) < 0
        if keep.any():
            found.append(StudyPoints(times[keep], s[keep], v[keep]))
    return found


def test_simulated_truth_is_covered():
    """60 seeded reviews of 10 studies; Monte Carlo error 3 points."""
    draw, truth, hits, found = np.random.default_rng(11), np.exp(-12 / 14), [], []
    for _ in range(60):
        m = fit_survival_model(simulated(draw, 10))
        s, low, high = (band[0] for band in m.survival(np.array([12.0])))
        median, first, last = m.median()
        hits.append((low <= truth <= high, (first or 0) <= 14 * np.log(2) <= (last or np.inf)))
        found.append((s, median))
    assert (np.mean(hits, axis=0) >= 0.87).all()
    assert abs(np.mean([s for s, _ in found]) - truth) < 0.02


def test_variances_are_those_of_as_many_patients_at_the_expected_survival():
    n, observed, expected = 50, np.array([0.9, 0.6, 0.3]), np.array([0.8, 0.65, 0.35])
    points = StudyPoints(TIMES[:3], observed, (1 - observed) / (n * observed))  # nobody censored
    _, own = points.on("cloglog", observed)
    assert_allclose(own, points.on("cloglog")[1], rtol=1e-12)
    _, found = points.on("logit", expected)
    # the variance of a step goes with the patients at risk, who stay those that were observed
    before = np.array([1.0, 0.9, 0.6]) * n
    there = expected / np.array([1.0, 0.8, 0.65])
    variance = np.cumsum((1 - there) / (there * before)) / (1 - expected) ** 2
    assert_allclose(np.diag(found), variance, rtol=1e-5)
    median = StudyPoints(np.array([8.0]), np.array([0.5]), np.array([0.02]), of_times=True)
    assert_allclose(median.on("cloglog", np.array([0.7]))[1], median.on("cloglog")[1])


def test_a_curve_that_came_out_high_by_chance_pulls_as_hard_as_one_that_came_out_low():
    """Twins about the truth: their mean is the truth, unless the lower one weighs more."""
    truth = np.exp(-TIMES / 14)
    curves = []
    for sign in (-1, 1):
        s = np.clip(truth + sign * 0.06, 0.02, 0.98)
        curves += [StudyPoints(TIMES, s, (1 - s) / (60 * s))] * 3
    fit = fit_survival_model(curves)
    found = fit.survival(TIMES)[0]
    middle = landmark_back(
        sum(landmark_scale(c.survival, "cloglog") for c in curves) / len(curves), "cloglog"
    )
    assert np.abs(found - middle).max() < 0.005  # 0.016 with variances at what was observed


@pytest.mark.parametrize("scale", ["cloglog", "logit"])
def test_medians_alone_are_on_no_curve_that_falls(scale):
    # the fit was survival of one half at all times, with limits and a restricted mean
    half = np.array([0.5])
    studies = [
        StudyPoints(np.array([t]), half, np.array([0.05]), of_times=True) for t in (5.0, 9.0, 20.0)
    ]
    with pytest.raises(SynthesisError, match="does not fall"):
        fit_survival_model(studies, scale)
    rising = [
        StudyPoints(np.array([t]), np.array([s]), np.array([0.01]))
        for t, s in ((2.0, 0.6), (9.0, 0.8), (20.0, 0.9))
    ]
    with pytest.raises(NoLineError, match="does not fall") as told:
        fit_survival_model(rising, scale)
    assert told.value.code == "survival_does_not_fall"


def test_random_points_converge():
    rng = np.random.default_rng(8)
    for _ in range(25):
        studies = []
        for _ in range(int(rng.integers(2, 8))):
            t = np.sort(np.exp(rng.normal(2, 1, int(rng.integers(2, 6)))))
            s = np.exp(-((t / np.exp(rng.normal(2.5, 1))) ** np.exp(rng.normal(0, 0.5))))
            if (s > 1e-6).all() and (s < 1 - 1e-6).all():
                studies.append(StudyPoints(t, s, np.cumsum(rng.random(t.size) * 0.05 + 1e-4)))
        if studies:
            assert fit_survival_model(studies).converged


def everything(draw, k):
    """Studies that report a curve, survival at 12 months and a median: their Kaplan-Meier fits."""
    found = []
    while len(found) < k:
        n, mean = int(draw.integers(40, 150)), 14 * np.exp(draw.normal(0, 0.3))
        t, c = draw.exponential(mean, n), draw.uniform(14, 48, n)
        km = kaplan_meier(np.minimum(t, c), t <= c)
        if np.isfinite(km.median):
            found.append(km)
    return found


def test_the_routes_agree_on_studies_that_report_everything():
    """Curves, fixed times, medians and the model of all: one truth, 25 seeded reviews of 8."""
    draw, found = np.random.default_rng(3), []
    for _ in range(25):
        kms = everything(draw, 8)
        points = [
            StudyPoints(TIMES, km.at(TIMES), km.log_variance_at(TIMES))
            if (np.diff(km.at(TIMES)) < 0).all()
            else StudyPoints(TIMES[2:3], km.at(TIMES[2:3]), km.log_variance_at(TIMES[2:3]))
            for km in kms
        ]
        m = fit_survival_model(points)
        grid = np.arange(3.0, 19, 3)
        curve = summary_curve(*curve_on_grid(kms, grid), grid, draws=100)
        n = [km.at_risk[0] for km in kms]
        landmark = pool_landmarks([float(km.at(np.array([12.0]))[0]) for km in kms], n=n)
        middle = np.median([km.median for km in kms])
        found.append(
            (m.survival(np.array([12.0]))[0][0], curve.survival[3], landmark.estimate,
             m.median()[0], curve.median, middle)
        )  # fmt: skip
    model, curves, fixed, *medians = np.mean(found, axis=0)
    assert abs(model - curves) < 0.015 and abs(model - fixed) < 0.015
    assert np.ptp(medians) < 0.6

"""Calibration: known coverage is found, lean fits agree with full ones, seeds fix the draws."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import betaincinv
from scipy.stats import binom

from singlearm.synthesis import Model, pool, pool_many
from singlearm.synthesis.calibration import calibrate, calibrate_all
from singlearm.synthesis.intervals import study_intervals
from singlearm.synthesis.truths import Truth, simulate, truth_of, uncertain

EVENTS = [16, 10, 4, 43, 10, 25, 13, 12, 22]
TOTAL = [17, 12, 8, 58, 10, 42, 14, 12, 41]
GLMM = Model("binomial_normal")
DL = Model("normal", tau2="DL", ci="wald")


def test_the_truth_is_the_fitted_model():
    fit = pool(EVENTS, TOTAL, GLMM)
    truth = truth_of(EVENTS, TOTAL, GLMM)
    assert (truth.mean, truth.tau**2) == pytest.approx((fit.estimate_link, fit.tau2), rel=1e-12)
    assert truth.typical() == pytest.approx(fit.estimate, rel=1e-12)
    assert truth.average() == pytest.approx(fit.marginal, rel=1e-9)
    assert truth_of([0, 0, 0], [9, 9, 9], GLMM) is None


def test_draws_follow_the_truth_and_their_seed():
    truth = Truth("PLO", 1.0, 0.8)
    drawn = simulate(truth, [1000] * 4, 20_000, seed=3)
    assert drawn.shape == (20_000, 4)
    assert (drawn == simulate(truth, [1000] * 4, 20_000, seed=3)).all()
    assert (drawn != simulate(truth, [1000] * 4, 20_000, seed=4)).any()
    assert drawn.mean() / 1000 == pytest.approx(truth.average(), abs=0.003)
    assert np.median(drawn) / 1000 == pytest.approx(truth.typical(), abs=0.004)


def test_coverage_of_a_common_effect_wald_interval_is_the_exact_one():
    """One proportion without heterogeneity: coverage follows from the binomial distribution."""
    truth, n = Truth("PLO", 0.4, 0.0), 60
    model = Model("normal", measure="PR", tau2="EE", ci="wald")
    row = calibrate(simulate(truth, [n], 20_000, seed=1), [n], model, truth)[0]
    x = np.arange(n + 1)
    p = np.where((x == 0) | (x == n), (x + 0.5) / (n + 1), x / n)
    size = np.where((x == 0) | (x == n), n + 1, n)
    half = 1.959963984540054 * np.sqrt(p * (1 - p) / size)
    inside = (p - half <= truth.typical()) & (truth.typical() <= p + half)
    exact = (binom.pmf(x, n, truth.typical()) * inside).sum()
    assert row.coverage == pytest.approx(exact, abs=4 * row.coverage_se)
    assert row.coverage_se == pytest.approx(np.sqrt(exact * (1 - exact) / 20_000), rel=0.1)


@pytest.mark.parametrize("model", [GLMM, DL, Model("normal"), Model("beta_binomial")])
def test_lean_fits_give_the_coverage_of_full_ones(model):
    truth = truth_of(EVENTS, TOTAL, GLMM)
    drawn = simulate(truth, TOTAL, 150, seed=9)
    rows = calibrate(drawn, TOTAL, model, truth)
    full = pool_many(drawn, np.broadcast_to(TOTAL, drawn.shape), model)
    target = truth.average() if model.likelihood == "beta_binomial" else truth.typical()
    there = np.isfinite(full.ci_low) & np.isfinite(full.ci_high)
    held = (full.ci_low <= target) & (target <= full.ci_high)
    assert rows[0].datasets == pytest.approx(there.sum(), abs=1)
    assert rows[0].coverage == pytest.approx(held[there].mean(), abs=1.5 / 150)
    assert rows[0].width == pytest.approx((full.ci_high - full.ci_low)[there].mean(), rel=2e-3)
    assert rows[0].bias == pytest.approx(full.estimate[there].mean() - target, abs=1e-3)
    some = np.isfinite(full.pi_low)
    mass = truth.below(full.pi_high[some]) - truth.below(full.pi_low[some])
    assert rows[1].coverage == pytest.approx(mass.mean(), abs=5e-3)


def test_wald_covers_too_little_where_studies_are_few():
    """The known defect of the DerSimonian-Laird Wald interval with 5 studies (IntHout 2014)."""
    truth = Truth("PLO", 0.0, 0.7)
    total = [200] * 5
    drawn = simulate(truth, total, 2_000, seed=2)
    wald = calibrate(drawn, total, DL, truth)[0]
    hk = calibrate(drawn, total, Model("normal", tau2="REML", ci="hk"), truth)[0]
    assert wald.coverage + 3 * wald.coverage_se < 0.95
    assert abs(hk.coverage - 0.95) < 4 * hk.coverage_se


def test_a_beta_truth_knows_its_distribution():
    truth = Truth("beta", 0.3, 0.1)
    a, b = 0.3 * 9, 0.7 * 9
    assert truth.below(betaincinv(a, b, 0.8)) == pytest.approx(0.8)
    assert truth.average() == 0.3
    low, high = study_intervals([30], [100])
    assert low[0] < truth.typical() < high[0]


def test_uncertain_truths_follow_the_posterior_of_tau():
    fit = pool(EVENTS, TOTAL, "bayes")
    point = truth_of(EVENTS, TOTAL, GLMM)
    truth = uncertain(point, EVENTS, TOTAL, 20_000, seed=1)
    low, middle, high = np.quantile(truth.tau**2, (0.025, 0.5, 0.975))
    assert middle == pytest.approx(fit.tau2, rel=0.05)
    assert (low, high) == pytest.approx((fit.tau2_low, fit.tau2_high), rel=0.08)
    assert truth.typical() == point.typical()
    drawn = simulate(truth, TOTAL, 20_000, seed=2)
    expected = (truth.average()[:, None] * TOTAL).mean(axis=0)
    assert drawn.mean(axis=0) == pytest.approx(expected, rel=0.02)


def test_a_beta_truth_takes_the_rho_of_the_same_variance():
    truth = uncertain(Truth("beta", 0.3, 0.1), EVENTS, TOTAL, 5_000, seed=1)
    tau = uncertain(Truth("PLO", float(np.log(3 / 7)), 0.5), EVENTS, TOTAL, 5_000, seed=1).tau
    p = 1 / (1 + np.exp(-(np.log(3 / 7) + tau[7] * np.random.default_rng(1).normal(size=400_000))))
    assert truth.tau[7] == pytest.approx(p.var() / (p.mean() * (1 - p.mean())), rel=0.01)
    shares = truth.draw(np.random.default_rng(2), (5_000, 3))
    assert shares.mean() == pytest.approx(0.3, abs=0.01)


def test_calibration_at_an_estimate_of_zero_does_not_certify_itself():
    """tau2 is estimated as 0, but the data allow more: prediction is judged at what they allow."""
    x, n = [90, 17, 20, 31, 27], [100, 20, 22, 33, 30]
    model = Model("normal", tau2="DL", ci="wald", prediction="t")
    assert pool(x, n, model).tau2 == 0
    point = truth_of(x, n, model)
    flattering = calibrate(simulate(point, n, 600, seed=3), n, model, point)[1]
    _, _, honest = calibrate_all(x, n, {"dl": model}, datasets=600)[1]
    assert honest.interval == "prediction"
    assert honest.coverage < flattering.coverage - 0.04
    whole = replace(model, prediction="integrated")
    held = calibrate_all(x, n, {"dl": whole}, datasets=600)[1][2].coverage
    assert held > honest.coverage + 0.04


def test_a_truth_counts_once_as_a_source():
    models = {"a": GLMM, "b": Model("binomial_normal", ci="t"), "c": Model("bayes")}
    found = calibrate_all(EVENTS, TOTAL, models, datasets=20)
    assert {source for _, source, _ in found} == {"a"}
    assert [name for name, _, _ in found] == ["a", "a", "b", "b", "c", "c"]


def test_bayesian_models_are_judged_on_the_first_source_only():
    models = {"a": GLMM, "b": DL, "c": Model("bayes")}
    found = {
        (name, source) for name, source, _ in calibrate_all(EVENTS, TOTAL, models, datasets=10)
    }
    assert found == {("a", "a"), ("b", "a"), ("c", "a"), ("a", "b"), ("b", "b")}

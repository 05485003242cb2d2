"""Faults that were seen on data, each with the case that showed it (tests/cases)."""

import random

import numpy as np
import pytest
from engine_cases import column, counts
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from singlearm import Model, Note, effect_sizes, pool, pool_many, pool_median_times, tau2_interval
from singlearm.synthesis.estimators import TAU2_METHODS


@pytest.mark.parametrize(
    ("case", "low", "high"),
    [
        ("eight-studies", 0.52270, 0.87942),
        ("four-studies", 0.79975, 0.99896),
        ("seven-studies", 0.87096, 0.99997),
    ],
)
def test_profile_limits(case, low, high):
    """The profile over tau has two summits; a limit holds against both."""
    r = pool(*counts(f"profile-limits/{case}"))
    assert (r.ci_low, r.ci_high) == pytest.approx((low, high), abs=1e-5)


def test_scale_k_two_thousand_studies():
    """Totals from 10 to 200,000: the interval of the mean is near that of known study values."""
    draw, k = random.Random(1), 2000
    events, total = [], []
    for i in range(k):
        n = 200_000 if i == 0 else int(10 ** draw.uniform(1, 5))
        p = 1 / (1 + np.exp(-draw.gauss(-0.7, 0.8)))
        total.append(n)
        events.append(sum(draw.random() < p for _ in range(n)) if n < 3000 else int(n * p))
    r = pool(events, total)
    width = np.log(r.ci_high / (1 - r.ci_high)) - np.log(r.ci_low / (1 - r.ci_low))
    assert width == pytest.approx(2 * 1.96 * np.sqrt(r.tau2 / k), rel=0.2)
    assert r.tau2_low < r.tau2 < r.tau2_high and not r.notes


@pytest.mark.parametrize(("method", "high"), [("ML", 4.1204), ("REML", 73.360)])
def test_tau2_interval_nan_two_studies_plo(method, high):
    e = effect_sizes(*counts("tau2-interval-nan/two-studies-plo"), "PLO")
    assert tau2_interval(e.yi, e.vi, method)["tau2_high"] == pytest.approx(high, rel=1e-4)


def test_tau2_outside_ci_crs_any():
    """The Q-profile interval [0.86, 4.32] does not hold DerSimonian and Laird's 0.80."""
    r = pool(*counts("tau2-outside-ci/crs-any"), Model("normal", tau2="DL", ci="wald"))
    assert (r.tau2_low, r.tau2_high) == pytest.approx((0.3627, 2.0797), abs=2e-3)
    assert r.tau2_low < r.tau2 < r.tau2_high and r.i2_low < r.i2 < r.i2_high


@pytest.mark.parametrize("method", [m for m in TAU2_METHODS if m != "EE"])
def test_every_tau2_lies_in_its_interval(method):
    draw, k = np.random.default_rng(8), 7
    n = draw.integers(3, 60, (300, k))
    x = draw.binomial(n, 1 / (1 + np.exp(-draw.normal(-1, draw.uniform(0, 2, (300, 1)), (300, k)))))
    r = pool_many(x, n, Model("normal", tau2=method))
    assert (r.tau2_low <= r.tau2).all() and (r.tau2 <= r.tau2_high).all()
    assert (r.i2_low <= r.i2).all() and (r.i2 <= r.i2_high).all()
    marks = {note.code for notes in r.notes for note in notes} & {
        "tau2_limit_moved", "tau2_interval_by_likelihood",
    }  # fmt: skip
    if method in ("DL", "HE", "EB", "PM", "PMM"):
        assert not marks  # by construction
    elif method not in ("ML", "REML"):
        assert marks


def test_the_likelihood_profile_holds_an_ml_estimate_of_zero():
    """The Q-profile interval starts above 0 where ML finds 0."""
    r = pool([2, 25, 4, 10, 77, 4], [15, 49, 14, 16, 138, 4], Model("normal", tau2="ML"))
    assert r.tau2 == r.tau2_low == 0 < r.tau2_high and "tau2_interval_by_likelihood" in r.note


@pytest.mark.parametrize(
    ("x", "n", "method"),
    [([3, 3, 0], [18, 34, 140], "ML"), ([6, 0, 135], [51, 69, 823], "REML")],
)
def test_a_likelihood_that_is_nearly_flat_is_climbed_to_its_summit(x, n, method):
    """Fisher scoring alone needed more than 200 steps."""
    assert pool(x, n, Model("normal", tau2=method)).converged


PREDICTION = ("dual-target-crs", "nine-studies-tau2-zero")
LIKELIHOODS = ("glmm", "beta_binomial", Model("binomial_normal", ci="t"))


@pytest.mark.parametrize("case", PREDICTION)
@pytest.mark.parametrize("model", LIKELIHOODS)
def test_prediction_interval(case, model):
    """A new study's interval holds that of the mean, also where no spread was found."""
    r = pool(*counts(f"prediction-interval/{case}"), model)
    assert r.pi_low < r.ci_low < r.ci_high < r.pi_high


def test_prediction_interval_one_big_study_bimodal():
    """One study of 200,000 beside four small ones: tau2 = 0 and another tau2 fit nearly alike."""
    r = pool(*counts("prediction-interval/one-big-study-bimodal"))
    assert r.pi_low < r.ci_low < r.ci_high < r.pi_high
    assert Note("two_maxima") in r.notes and r.tau2_high > 4
    assert Note("two_maxima") not in pool([4, 3, 2, 1], [10, 20, 30, 40]).notes


def test_a_crude_proportion_outside_the_interval_of_the_average_is_noted():
    """One large study far from the others has most of the patients and little weight."""
    x, n = [900, 2, 3, 1, 2, 4, 3], [1000, 20, 25, 19, 20, 30, 24]
    r = pool(x, n, Model("normal", tau2="EE", ci="wald"))
    assert r.ci_low <= sum(x) / sum(n) <= r.ci_high or Note("crude_outside") in r.notes
    assert Note("crude_outside") in pool(x, n, "bayes").notes
    assert Note("crude_outside") not in pool([4, 3, 2, 1], [10, 20, 30, 40]).notes


def test_an_average_that_reaches_beyond_the_prediction_is_noted():
    """No spread is found, yet the average is taken with t of 2: it is no part of a new study."""
    r = pool([10, 9, 11], [20, 20, 20], Model("binomial_normal", ci="profile"))
    beyond = r.marginal_low < r.pi_low or r.marginal_high > r.pi_high
    assert beyond == (Note("average_beyond_prediction") in r.notes)


def test_prediction_where_tau2_is_zero_is_near_the_bayesian_one():
    x, n = counts("prediction-interval/nine-studies-tau2-zero")
    r, bayes = pool(x, n), pool(x, n, "bayes")
    assert r.tau2 == 0 and 0.70 < r.pi_low < 0.90
    assert (r.pi_low, r.pi_high) == pytest.approx((bayes.pi_low, bayes.pi_high), abs=0.05)


def test_beta_binomial_prediction_twenty_studies():
    """The fitted beta is extremely skewed: its own quantiles, not a t on the logit."""
    r = pool(*counts("beta-binomial-prediction/twenty-studies"), "beta_binomial", threshold=0.3)
    size = (1 - r.rho) / r.rho
    plug_in = beta(r.estimate * size, (1 - r.estimate) * size).ppf(0.975)
    assert plug_in < r.pi_high < 2 * plug_in
    assert 0.01 < r.p_above < 0.06


@given(data=st.data())
@settings(max_examples=25)
def test_every_prediction_interval_holds_the_interval_of_the_mean(data):
    k = data.draw(st.integers(3, 9))
    n = data.draw(st.lists(st.integers(2, 80), min_size=k, max_size=k))
    x = [data.draw(st.integers(0, size)) for size in n]
    for model in LIKELIHOODS:
        r = pool(x, n, model)
        if r.pi_low is not None and r.ci_low is not None:
            assert r.pi_low <= r.ci_low + 1e-7 and r.pi_high >= r.ci_high - 1e-7, (model, x, n)


def test_hartung_knapp_floor_proportions_m71():
    """Plain Hartung-Knapp is narrower than Wald's here: asked for it is marked, else it is not."""
    x, n = counts("hartung-knapp-floor/proportions-m71")
    wald = pool(x, n, Model("normal", ci="wald"))
    usual, plain = pool(x, n, Model("normal")), pool(x, n, Model("normal", ci="hk"))
    assert usual.ci_low <= wald.ci_low and usual.ci_high >= wald.ci_high
    assert plain.ci_high < wald.ci_high and Note("narrower_than_wald") in plain.notes
    assert Note("narrower_than_wald") not in usual.notes


def test_hartung_knapp_floor_medians_almost_equal():
    months, low, high, n = column(
        "hartung-knapp-floor/medians-almost-equal", "months", "ci_low", "ci_high", "n"
    )
    r = pool_median_times(months, low, high, n)
    assert r.ci_high - r.estimate_months > 2.8 and r.estimate_months - r.ci_low > 2.8


@pytest.mark.parametrize("measure", ["PR", "PAS", "PLN", "PLO"])
def test_p_value_null_raw_proportion_half(measure):
    """The same null value for every measure, and none where none was asked for."""
    x, n = counts("p-value-null/raw-proportion-half")
    model = Model("normal", measure=measure, tau2="DL", ci="wald")
    assert pool(x, n, model).p_value is None
    assert pool(x, n, model, null_value=0.5).p_value == pytest.approx(1.0, abs=1e-6)


def test_the_p_of_a_likelihood_is_that_of_its_interval():
    """The null value at a limit of the interval has p = 0.05."""
    x, n = counts("prediction-interval/dual-target-crs")
    for name in ("glmm", "beta_binomial"):
        end = pool(x, n, name).ci_high
        assert pool(x, n, name, null_value=end).p_value == pytest.approx(0.05, abs=1e-5)

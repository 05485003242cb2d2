"""Median times: hand calculations, counts of what is left out, refusals."""

import numpy as np
import pytest

from singlearm.synthesis import (
    Model,
    SynthesisError,
    asymmetry_test,
    pool_effects,
    pool_median_times,
    trim_and_fill,
    weighted_median_time,
)  # fmt: skip

Z = 1.959963984540054


def test_not_reached_counts_as_longer_than_every_reached_one():
    r = weighted_median_time([5, 8, None], [10, 30, 20])
    assert (r.estimate_months, r.k, r.k_not_reached, r.n) == (8.0, 3, 1, 60)
    assert r.ci_high is None and "upper_limit_not_reached" in r.note
    without = weighted_median_time([5, 8], [10, 30])
    assert without.estimate_months <= r.estimate_months


def test_when_the_answer_is_not_reached_there_is_no_number():
    r = weighted_median_time([5, 8, None], [10, 10, 40])
    assert r.estimate_months is None and "; not_reached;" in r.note


def test_exact_interval_is_the_sign_tests():
    """Nine values: ranks 2 and 8, coverage 1 - 2 (1 + 9) / 512 = 0.961."""
    x = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    r = weighted_median_time(x, [1] * 9, interval="exact")
    assert (r.estimate_months, r.ci_low, r.ci_high) == (5, 2, 8)
    assert "too_few" in weighted_median_time(x[:5], [1] * 5, interval="exact").note


def test_median_times_use_the_lower_limit_when_the_upper_was_not_reached():
    """McGrath 2025: se = (high - low) / (2 z), or (median - low) / z."""
    months, low, high = [10.0, 14.0, 20.0], [8.0, 10.0, 15.0], [12.5, None, 26.0]
    se = np.array([(12.5 - 8) / (2 * Z), (14 - 10) / Z, (26 - 15) / (2 * Z)])
    r = pool_median_times(months, low, high, [30, 40, 50])
    direct = pool_effects(months, se**2)
    assert r.estimate_months == pytest.approx(float(direct.estimate), rel=1e-12)
    assert r.ci_high == pytest.approx(float(direct.ci_high), rel=1e-12)
    assert "lower_limit_only=1" in r.note and r.n == 120


def test_what_cannot_enter_is_counted():
    r = pool_median_times(
        [10.0, 14.0, None, 9.0], [8.0, None, 3.0, 5.0], [12.0, None, None, 15.0], [1, 2, 3, 4]
    )
    assert (r.k, r.k_without_ci, r.k_not_reached, r.n) == (2, 1, 1, 5)
    assert r.pi_low is None and "two_studies" in r.note
    none = pool_median_times([None], [None], [None], [10])
    assert (none.k, none.k_not_reached, none.note) == (0, 1, "no_data")


def test_log_scale_is_the_natural_one_of_the_logs():
    months, low, high = [10.0, 14.0, 20.0], [8.0, 10.0, 15.0], [12.5, 19.0, 26.0]
    r = pool_median_times(months, low, high, [1, 1, 1], scale="log")
    se = (np.log(high) - np.log(low)) / (2 * Z)
    direct = pool_effects(np.log(months), se**2)
    assert r.estimate_months == pytest.approx(float(np.exp(direct.estimate)), rel=1e-12)
    assert r.method == "inverse_variance_log"


def test_impossible_times_are_refused():
    with pytest.raises(SynthesisError, match="2 medians"):
        weighted_median_time([-1, 5, 6], [1, 0, 1], [False, False, False])


def test_small_study_tests_are_gated_and_carry_their_caveat():
    r = asymmetry_test([3] * 9, [10] * 9)
    assert r.p_value is None and r.note.endswith("fewer_than_10_studies")
    rng = np.random.default_rng(2)
    n = rng.integers(8, 90, 12)
    x = rng.binomial(n, 0.6)
    full = asymmetry_test(x, n)
    assert full.test == "regression_mixed_sqrtninv"
    assert (
        full.note
        == "asymmetry_of_proportions_is_not_evidence_of_bias"
        == trim_and_fill(np.log((x + 0.5) / (n - x + 0.5)), 1 / (x + 0.5) + 1 / (n - x + 0.5)).note
    )
    assert Model("normal").measure == "PLO"

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
from singlearm.synthesis.weighted_times import bounded_median_time

Z = 1.959963984540054


def test_not_reached_counts_as_longer_than_every_reached_one():
    r = weighted_median_time([5, 8, None], [10, 30, 20])
    assert (r.estimate_months, r.k, r.k_not_reached, r.n) == (8.0, 3, 1, 60)
    assert r.ci_high is None and "upper_limit_not_reached" in r.note
    without = weighted_median_time([5, 8], [10, 30])
    assert without.estimate_months <= r.estimate_months


def test_strictly_five_medians_have_no_interval_and_six_have():
    """The smallest and the largest hold the median of all studies in 1 - 2^(1-k) of cases."""
    five = weighted_median_time([5, 8, 11, 14, 20], [10] * 5, strict=True)
    assert (five.estimate_months, five.ci_low, five.ci_high) == (11.0, None, None)
    assert "too_few_studies_for_exact_interval" in five.note
    assert weighted_median_time([5, 8, 11, 14, 20], [10] * 5).ci_low == 5.0
    assert weighted_median_time([5, 8, 11, 14, 20, 30], [10] * 6, strict=True).ci_low is not None


def test_strictly_a_study_that_holds_a_limit_as_well_as_the_middle_leaves_no_interval():
    months, patients = [4, 5, 6, 9, 14, 15], [10, 10, 10, 10, 10, 200]
    r = weighted_median_time(months, patients, strict=True)
    assert (r.estimate_months, r.ci_low, r.ci_high) == (15.0, None, None)
    assert "one_study_outweighs" in r.note
    assert weighted_median_time(months, patients).ci_high == 15.0


def test_studies_of_one_median_are_not_one_study():
    """Ten equal studies, five of them with the same rounded median."""
    r = weighted_median_time([6, 8, 8, 8, 8, 8, 9, 10, 11, 12], [25] * 10, strict=True)
    assert (r.estimate_months, r.ci_low, r.ci_high) == (8.0, 8.0, 11.0)


def test_bounds_have_limits_only_where_both_ways_have():
    """The study in the middle holds the lower limit with the last median at its bound."""
    months, patients = [4, 5, 6, 9, 14, None], [2, 2, 2, 2, 200, 150]
    r = bounded_median_time(months, patients, [None] * 5 + [20], strict=True)
    assert (r.ci_low, r.ci_high) == (None, None) and "one_study_outweighs" in r.note


def test_when_the_answer_is_not_reached_there_is_no_number():
    r = weighted_median_time([5, 8, None], [10, 10, 40])
    assert r.estimate_months is None and "; not_reached;" in r.note


@pytest.mark.parametrize(
    ("months", "patients", "said"),
    [
        ([5, 20], [10, 30], True),
        ([5, 20], [11, 10], True),
        ([5, None], [10, 30], True),  # the larger one: not reached
        ([5, 20], [10, 10], False),  # the mean of both
        ([5, None], [10, 10], False),
        ([None, 5], [10, 10], False),
        ([8, 8], [10, 30], False),  # nothing depends on it
        ([5, 20, 30], [10, 30, 5], False),
    ],
)
def test_of_two_medians_the_larger_study_decides_and_that_is_said(months, patients, said):
    for r in (
        weighted_median_time(months, patients),
        bounded_median_time(months, patients, [12] * len(months)),
    ):
        assert ("two_medians" in r.note) == said
    if said and None not in months:
        assert r.estimate_months == months[int(np.argmax(patients))]


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
        weighted_median_time([-1, 5, 6], [1, 0, 1])


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


def test_medians_not_reached_at_their_bounds_and_endless():
    """The case times-not-reached: between 12 and 20, so there is no number."""
    with pytest.raises(SynthesisError, match="level"):
        bounded_median_time([10, 20, None], [10, 20, 25], [None, None, 12], level=95)
    r = bounded_median_time([10, 20, None], [10, 20, 25], [None, None, 12])
    assert (r.estimate_months, r.bound_low, r.bound_high) == (None, 12.0, 20.0)
    assert "bounds_differ" in r.note and r.k_not_reached == 1


def test_bounds_that_agree_give_a_number():
    r = bounded_median_time([10, 20, None], [10, 40, 15], [None, None, 30])
    assert (r.estimate_months, r.bound_low, r.bound_high) == (20.0, 20.0, 20.0)
    assert "bounds_agree" in r.note
    plain = bounded_median_time([5, 8, 9], [10, 30, 20], [None] * 3)
    same = weighted_median_time([5, 8, 9], [10, 30, 20])
    assert (plain.estimate_months, plain.ci_low, plain.note) == (
        same.estimate_months,
        same.ci_low,
        same.note,
    )


def test_limits_that_coincide_are_no_interval():
    """One study of 900 patients beside small ones: both limits would be its own median."""
    n = [10, 900, 20, 5, 9]
    for r in (
        weighted_median_time([5, 8, 9, 4, 12], n),
        bounded_median_time([5, 8, None, 4, 12], n, [None, None, 9, None, None]),
    ):
        assert (r.estimate_months, r.ci_low, r.ci_high) == (8.0, None, None)
        assert "one_study_outweighs" in r.note
    assert "one_study_outweighs" not in weighted_median_time([5, 8, 9], [10, 30, 20]).note


def test_a_median_not_reached_without_any_bound_counts_as_0_below():
    r = bounded_median_time([10, None, None], [10, 20, 25], [None, 30, None])
    assert (r.estimate_months, r.bound_low, r.bound_high) == (None, 10.0, None)
    assert "no_bound=1" in r.note


def test_every_way_to_complete_medians_lies_between_the_bounds():
    """The truth of each median not reached is drawn above its bound."""
    draw = np.random.default_rng(4)
    for _ in range(200):
        k = int(draw.integers(3, 12))
        truth, n = draw.uniform(5, 40, k), draw.integers(5, 90, k)
        unreached = draw.random(k) < 0.4
        bound = np.where(unreached, truth * draw.uniform(0.3, 1, k), np.nan)
        months = [None if u else float(t) for u, t in zip(unreached, truth, strict=True)]
        bounds = [float(b) if u else None for u, b in zip(unreached, bound, strict=True)]
        r = bounded_median_time(months, n, bounds)
        whole = weighted_median_time(truth, n).estimate_months
        assert r.bound_low - 1e-9 <= whole <= (r.bound_high or np.inf) + 1e-9
        if r.estimate_months is not None:
            assert whole == pytest.approx(r.estimate_months, abs=1e-9)

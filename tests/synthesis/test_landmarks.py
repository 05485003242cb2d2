"""Survival at a fixed time: where errors come from, checks of what is printed, pooling."""

import numpy as np
import pytest

from singlearm.synthesis.landmark_effects import (
    PRINTED_SCALES,
    check_interval,
    equals_crude_count,
    landmark_back,
    landmark_effects,
    landmark_scale,
)
from singlearm.synthesis.landmarks import landmark_columns, pool_landmarks
from singlearm.synthesis.notes import Note
from singlearm.synthesis.words import SynthesisError

NONE = np.nan
SURVIVAL = [0.583, 0.688, 0.766, 0.788, 0.7, 0.74, 0.68]
LOW = [NONE, NONE, 0.66, 0.686, 0.55, NONE, 0.62]
HIGH = [NONE, NONE, 0.843, 0.86, NONE, NONE, 0.74]
N = [18, 16, 97, 103, 30, 38, 236]


def test_the_error_comes_from_the_best_that_is_printed():
    e = landmark_effects(SURVIVAL, LOW, HIGH, N, [NONE, 9, NONE, NONE, NONE, NONE, NONE])
    assert list(e.source) == ["n", "at_risk", "interval", "interval", "one_limit", "n", "interval"]
    assert np.isfinite(e.sei).all()


def test_effective_numbers_fill_in_where_no_interval_is_printed():
    fumanba = landmark_effects([0.788], [0.686], [0.86], [103])
    assert float(fumanba.effective[0]) / 103 == pytest.approx(0.843, abs=5e-4)
    e = landmark_effects(SURVIVAL, LOW, HIGH, N)
    each = [float(e.effective[i]) / N[i] for i in (2, 3, 6)]
    assert float(e.n_ratio) == pytest.approx(min(np.median(each), 1.0), rel=1e-12)
    for i in (0, 1, 5):
        assert float(e.effective[i]) == pytest.approx(N[i] * float(e.n_ratio), rel=1e-12)
    half = landmark_effects(SURVIVAL, LOW, HIGH, N, n_ratio=0.5)
    assert float(half.sei[0]) > float(e.sei[0])
    assert float(half.sei[2]) == float(e.sei[2])


@pytest.mark.parametrize("scale", ["cloglog", "logit"])
def test_scales_and_back(scale):
    s = np.linspace(0.01, 0.99, 33)
    assert landmark_back(landmark_scale(s, scale), scale) == pytest.approx(s, rel=1e-12)


def test_everybody_and_nobody_event_free():
    e = landmark_effects([1.0, 0.0, 1.0], n=[12, 10, NONE])
    assert landmark_back(e.yi[:2]) == pytest.approx([12.5 / 13, 0.5 / 11], rel=1e-12)
    assert list(e.source) == ["n", "n", ""]
    r = pool_landmarks([1.0, 0.7, 0.8, 1.0], n=[12, 30, 25, NONE])
    assert r.k == 3 and r.weights[3] is None
    assert {"no_standard_error=1", "half_added_to_events", "error_from_n=3"} <= set(
        map(str, r.notes)
    )


@pytest.mark.parametrize("scale", PRINTED_SCALES)
def test_an_interval_of_any_common_scale_fits_its_value(scale):
    """Intervals as programs compute them, rounded to a tenth of a percent."""
    g = {
        "cloglog": (lambda s: np.log(-np.log(s)), lambda y: np.exp(-np.exp(y))),
        "log": (np.log, np.exp),
        "plain": (lambda s: s, lambda y: y),
        "logit": (lambda s: np.log(s / (1 - s)), lambda y: 1 / (1 + np.exp(-y))),
        "arcsine": (lambda s: np.arcsin(np.sqrt(s)), lambda y: np.sin(y) ** 2),
    }[scale]
    s = np.array([0.45, 0.6, 0.72])
    half = 0.12 / np.abs((g[0](s + 1e-6) - g[0](s - 1e-6)) / 2e-6) ** -1
    a, b = g[1](g[0](s) - half), g[1](g[0](s) + half)
    low, high = np.minimum(a, b).round(3), np.maximum(a, b).round(3)
    assert check_interval(s.round(3), low, high).all()


def test_a_wrong_limit_does_not_fit():
    # the digits of 68.6% turned round, a limit of another end point
    fits = check_interval([0.788, 0.788, 0.788], [0.768, 0.686, NONE], [0.86, 0.99, 0.86])
    assert list(fits) == [False, False, True]


def test_a_crude_rate_is_recognised():
    assert list(equals_crude_count([0.688, 0.583, 0.788, 0.7], [16, 18, 103, 30])) == [
        True,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (([78.8],), "outside 0 to 1"),
        (([0.7], [0.75], [0.8]), "do not hold their value"),
        (([0.7], [NONE], [NONE], [0]), "not positive"),
        (([0.7], [NONE], [NONE], [10], [11]), "more patients at risk"),
    ],
)
def test_impossible_values_are_named(values, words):
    with pytest.raises(SynthesisError, match=words):
        landmark_effects(*values)


def test_one_study_keeps_its_printed_limits():
    r = pool_landmarks([0.788], [0.686], [0.86], [103])
    assert (r.ci_low, r.ci_high, r.k) == (0.686, 0.86, 1)
    assert r.estimate == pytest.approx(0.788, rel=1e-12)
    assert r.tau2 is None and r.pi_low is None and r.notes == (Note("single_study"),)
    assert pool_landmarks([], n=[]).notes == (Note("no_data"),)
    two = pool_landmarks(SURVIVAL[2:4], LOW[2:4], HIGH[2:4])
    assert two.pi_low is None and Note("two_studies") in two.notes


def test_limits_are_in_order_on_both_scales():
    for scale in ("cloglog", "logit"):
        r = pool_landmarks(SURVIVAL, LOW, HIGH, N, scale=scale)
        assert 0 < r.pi_low < r.ci_low < r.estimate < r.ci_high < r.pi_high < 1
        assert (r.from_interval, r.from_one_limit, r.from_n) == (3, 1, 3)


def test_a_batch_gives_what_single_fits_give():
    draw = np.random.default_rng(6)
    s = draw.uniform(0.2, 0.9, (40, 8))
    e = landmark_effects(s, n=draw.integers(20, 120, s.shape), n_ratio=0.8)
    present = draw.random(s.shape) < 0.8
    whole = landmark_columns(e.yi, e.sei, present)
    for i in range(0, 40, 9):
        at = present[i]
        one = landmark_columns(e.yi[i, at], e.sei[i, at], np.ones(at.sum(), bool))
        for name in ("estimate", "ci_low", "pi_high", "tau2", "tau2_high"):
            ours, alone = float(whole[name][i]), float(one[name])
            assert ours == pytest.approx(alone, rel=1e-9, abs=1e-12, nan_ok=True)


def test_the_interval_covers_the_median_study_as_often_as_it_says():
    """2,000 seeded reviews of ten studies with the variation between them on the cloglog scale."""
    draw = np.random.default_rng(12)
    truth = landmark_scale(0.6)
    n = draw.integers(25, 150, (2000, 10)).astype(float)
    s = landmark_back(draw.normal(truth, 0.3, n.shape))
    seen = draw.binomial(n.astype(int), s) / n
    e = landmark_effects(seen, n=n, n_ratio=1.0)
    r = landmark_columns(e.yi, e.sei, np.isfinite(e.sei))
    covered = (r["ci_low"] <= 0.6) & (r["ci_high"] >= 0.6)
    assert 0.93 < covered.mean() < 0.97
    assert abs(np.mean(r["estimate"]) - 0.6) < 0.01


def test_the_limits_of_tau2_hold_the_estimate():
    r = pool_landmarks(SURVIVAL, LOW, HIGH, N)
    assert r.tau2_low <= r.tau2 <= r.tau2_high and r.i2_low <= r.i2 <= r.i2_high


def test_prediction_has_width_where_tau2_is_0():
    # plug-in prediction was the confidence interval there
    s, n = [0.50, 0.52, 0.48, 0.51, 0.49], [60, 70, 80, 50, 90]
    for scale in ("cloglog", "logit"):
        r = pool_landmarks(s, n=n, scale=scale)
        assert r.tau2 == 0 and r.pi_low < r.ci_low < r.ci_high < r.pi_high
    wide = pool_landmarks(s, n=[v / 4 for v in n])
    assert wide.pi_high - wide.pi_low > r.pi_high - r.pi_low

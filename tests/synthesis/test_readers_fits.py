"""Fits that stopped beside the maximum, and limits of exactly 0 or 100%, found by a reader."""

import numpy as np
import pytest

from singlearm import compare_subgroups, meta_regression, pool, pool_clustered, weighted_median_time
from singlearm.synthesis import Model, SynthesisError, holm
from singlearm.synthesis.curves import summary_curve
from singlearm.synthesis.glmm import fit_glmm
from singlearm.synthesis.landmarks import pool_landmarks
from singlearm.synthesis.rates import RateModel, pool_rates
from singlearm.synthesis.ratio_pooling import pool_ratios
from singlearm.synthesis.summary import entries
from singlearm.synthesis.times import pool_median_times

#: A study of a million patients beside fourteen small ones; lme4 with 25 nodes and metafor's
#: rma.glmm: 54.1%, tau2 0.314.
GIANT = (
    [409682, 26, 18, 29, 23, 30, 16, 24, 22, 36, 20, 4, 30, 8, 14],
    [1_000_000, 51, 24, 45, 58, 42, 41, 32, 32, 67, 31, 15, 53, 34, 23],
)
T = Model("binomial_normal", ci="t")


def test_a_giant_study_does_not_hide_the_others():
    """All starts lay on its narrow peak: 41.0%, tau2 0, and a likelihood 23 below the maximum."""
    fit = pool(*GIANT, T)
    assert fit.estimate == pytest.approx(0.541, abs=5e-4)
    assert fit.tau2 == pytest.approx(0.314, abs=5e-4)
    smaller = pool([40000, 2, 2, 1], [100000, 10, 20, 15], T)
    assert (smaller.estimate, smaller.tau2) == pytest.approx((0.187, 0.656), abs=1e-3)


def test_a_random_moderator_beside_a_giant_study_is_none():
    """Its test gave p = 1e-11, since with it the search left the false peak."""
    moderator = np.random.default_rng(3).normal(size=15)
    assert meta_regression(*GIANT, moderator).omnibus.p_value > 0.5


@pytest.mark.parametrize("events", [23, 24, 25])
def test_a_search_that_went_astray_is_not_a_fit_without_differences(events):
    """Q has p = 4e-28 there; it was printed as 79.4% with tau2 = 0, 61 log units too low."""
    n = [50, 28, 16, 53, 27, 30]
    fit = pool([events, 28, 0, 53, 27, 30], n, T)
    assert not fit.converged or fit.tau2 > 100
    x, n = (np.array([column], float).T for column in ([events, 28, 0, 53, 27, 30], n))
    found = fit_glmm(x, n)
    assert not found.converged[0] or found.loglik[0] > found.loglik_common[0] + 60


def test_random_reviews_with_a_large_study_arrive_at_the_maximum():
    """Against a grid of tau and mu, by the same quadrature at many nodes."""
    chance = np.random.default_rng(20261129)
    for _ in range(12):
        n = np.concatenate([[chance.integers(50_000, 10**6)], chance.integers(10, 60, 7)])
        x = chance.binomial(n, 1 / (1 + np.exp(-chance.normal(0, 0.6, 8))))
        if (x == 0).any() or (x == n).any():
            continue
        counts = (x[:, None].astype(float), n[:, None].astype(float))
        best = fit_glmm(*counts)
        logit = np.log(x / (n - x))
        tries = [
            fit_glmm(*counts, start=([mean], tau)).loglik[0]
            for mean in np.linspace(logit.min(), logit.max(), 7)
            for tau in (0.1, 0.4, 1.0)
        ]
        assert best.loglik[0] > max(tries) - 1e-6


def test_a_printed_limit_of_100_percent_leaves_the_other_one():
    """95% (85 to 100%) is common; the study was dropped as if it printed no interval."""
    full = pool_landmarks([0.95, 0.8, 0.7], [0.85, 0.7, 0.5], [1.0, 0.9, 0.85])
    without = pool_landmarks([0.95, 0.8, 0.7], [0.85, 0.7, 0.5], [None, 0.9, 0.85])
    assert (full.k, full.estimate) == (3, without.estimate)


def test_clusters_need_a_label_each_and_a_level():
    x, n = [4, 6, 9, 8], [20, 22, 30, 25]
    with pytest.raises(SynthesisError, match="for arm 3, 4"):
        pool_clustered(x, n, ["a", "b", None, None], "logit_reml_hk")
    for wrong in ({"level": 95}, {"null_value": 0}, {"null_value": 20}):
        with pytest.raises(SynthesisError):
            pool_clustered(x, n, "aabb", "logit_reml_hk", **wrong)


def test_a_summary_does_not_print_small_numbers_as_0_nor_levels_as_100():
    rows = dict(entries(pool([0, 1, 2, 0, 1], [10_000] * 5, null_value=0.001)))
    assert rows["Median study"].startswith("0.00800% (95% interval 0.00")
    assert "p of the null value" in rows
    rows = dict(entries(pool([3, 5, 7], [10, 20, 15], level=0.995)))
    assert "99.5% interval" in rows["Median study"]


def test_holm_passes_over_what_is_no_number():
    """As p.adjust does with NA; a NaN took a place and made the others larger."""
    adjusted = holm([0.01, None, 0.04, 0.03, float("nan")])
    assert adjusted[:4] == [0.03, None, 0.06, 0.06]
    assert np.isnan(adjusted[4])


def test_a_level_of_medians_is_a_share():
    for level in (0, 1, 95):
        with pytest.raises(SynthesisError, match="level"):
            weighted_median_time([5, 8, 9], [10, 30, 20], level=level)


def test_a_grid_that_goes_on_after_all_curves_ended_is_refused_in_words():
    """It ended in a singular matrix."""
    survival = [[0.5, 0.0, 0.0], [0.4, 0.0, 0.0]]
    with pytest.raises(SynthesisError, match="every curve is at 0 from 12 on"):
        summary_curve(survival, [[20, 10, 1], [30, 12, 1]], [6, 12, 18])
    shorter = [row[:2] for row in survival]
    assert summary_curve(shorter, [[20, 10], [30, 12]], [6, 12]).survival[-1] < 0.05


@pytest.mark.parametrize("ci", ["wald", "t"])
def test_the_average_of_rates_has_t_quantiles_whatever_the_interval(ci):
    """As that of proportions; with normal ones it was 0.041 to 0.130 for four studies."""
    fit = pool_rates([4, 9, 2, 7], [100, 90, 80, 70.0], RateModel("normal", ci=ci))
    assert (fit.marginal_low, fit.marginal_high) == pytest.approx((0.0284, 0.1865), abs=1e-4)
    assert fit.marginal_low < fit.marginal < fit.marginal_high


@pytest.mark.parametrize(
    "fit",
    [
        lambda: pool([5] * 6, [20] * 6, Model("binomial_normal", ci="hk")),
        lambda: pool_rates([5] * 4, [20.0] * 4, RateModel("normal", ci="hk")),
        lambda: pool_ratios([0.1] * 4, [0.04] * 4, ci="hk"),
        lambda: pool_median_times([5] * 3, [3] * 3, [8] * 3, [10, 20, 30], ci="hk"),
    ],
)
def test_an_interval_without_width_has_its_mark(fit):
    assert "standard_error_zero" in [note.code for note in fit().notes]


@pytest.mark.parametrize(("x", "narrow"), [([2, 2, 8, 9, 3, 5], False), ([3, 4, 0, 0, 0, 0], True)])
def test_a_level_under_one_tau2_is_marked_by_its_own_interval(x, narrow):
    """The mark was that of the level's own fit: false in one case, missing in the other."""
    n, groups = [10, 10, 10, 10, 12, 14], list("aabbbb")
    level, *_ = compare_subgroups(x, n, groups, "logit_reml_hk", tau2_mode="common").levels
    wald = Model("normal", tau2="REML", ci="wald")
    usual, *_ = compare_subgroups(x, n, groups, wald, tau2_mode="common").levels
    assert (level.ci_high - level.ci_low < usual.ci_high - usual.ci_low) == narrow
    assert ("narrower_than_wald" in level.note) == narrow

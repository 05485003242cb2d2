"""Effects of randomised trials: hand calculations, published numbers, borders, properties."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_ledger import load
from scipy import integrate, stats
from scipy.optimize import brentq

from singlearm.synthesis.effects import effect_sizes
from singlearm.synthesis.ratio_bayes import pool_bayes
from singlearm.synthesis.ratio_choice import peto_doubts, rare_events, reading_order
from singlearm.synthesis.ratio_common import mantel_haenszel, peto
from singlearm.synthesis.ratio_counts import TwoByTwo, contrasts, two_by_two
from singlearm.synthesis.ratio_glmm import FAR_TAU, fit_ratio_glmm
from singlearm.synthesis.ratio_pooling import (
    from_common_effect,
    from_glmm,
    pool_ratios,
    pool_ratios_bayes,
)
from singlearm.synthesis.ratio_tau import profile_ratio_tau
from singlearm.synthesis.ratios import ratio_from_counts, ratio_from_printed
from singlearm.synthesis.words import SynthesisError

CASES = Path(__file__).parents[1] / "cases"
Z = 1.959963984540054
COUNTS = ("events_treat", "n_treat", "events_ctrl", "n_ctrl")


def tables(case: str) -> TwoByTwo:
    with (CASES / case / "data.csv").open() as file:
        rows = list(csv.DictReader(file))
    return two_by_two(*([int(row[name]) for row in rows] for name in COUNTS))


def printed(case: str):
    with (CASES / case / "data.csv").open() as file:
        rows = list(csv.DictReader(file))
    ratios = [
        ratio_from_printed(*(float(row[n]) for n in ("estimate", "ci_low", "ci_high")))
        for row in rows
    ]
    return [r.yi for r in ratios], [r.vi for r in ratios]


# -- one trial -----------------------------------------------------------------------------------


def test_ratio_from_counts_by_hand():
    r = ratio_from_counts("OR", 10, 100, 20, 100)
    assert r.estimate == pytest.approx((10 * 80) / (90 * 20))
    assert r.vi == pytest.approx(1 / 10 + 1 / 90 + 1 / 20 + 1 / 80)
    zero = ratio_from_counts("RR", 0, 10, 3, 12)
    assert zero.estimate == pytest.approx((0.5 / 11) / (3.5 / 13))
    assert zero.note == "half_added_to_cells"
    both = ratio_from_counts("OR", 0, 10, 0, 12)
    assert (both.estimate, both.yi, both.note) == (None, None, "double_zero")
    difference = ratio_from_counts("RD", 10, 100, 20, 100)
    assert difference.estimate == pytest.approx(-0.1)
    assert difference.vi == pytest.approx(0.1 * 0.9 / 100 + 0.2 * 0.8 / 100)
    assert ratio_from_counts("RD", 0, 10, 0, 10).estimate == 0


def test_printed_ratio():
    """KarMMa-3, progression or death: 0.49 (0.38 to 0.65)."""
    r = ratio_from_printed(0.49, 0.38, 0.65)
    assert r.vi == pytest.approx(((np.log(0.65) - np.log(0.38)) / (2 * Z)) ** 2)
    assert r.note == ""
    assert "not_symmetric" in ratio_from_printed(0.5, 0.1, 0.65).note
    assert ratio_from_printed(0.5).note == "no_interval"
    difference = ratio_from_printed(-0.1, -0.2, 0.0, measure="RD")
    assert difference.yi == -0.1 and difference.vi == pytest.approx((0.1 / Z) ** 2)
    assert ratio_from_printed(-0.1, -0.4, 0.0, measure="RD").note == "interval_not_symmetric"


@pytest.mark.parametrize(
    ("values", "measure", "message"),
    [
        ((0.5, 0.6, 0.7), "HR", "does not contain"),
        ((-1, None, None), "HR", "positive"),
        ((0.5, 0.5, 0.5), "HR", "no width"),
        ((None, 0.5, 0.6), "HR", "needs its estimate"),
        ((1.2, None, None), "RD", "from -1 to 1"),
    ],
)
def test_impossible_printed_values_are_refused(values, measure, message):
    with pytest.raises(SynthesisError, match=message):
        ratio_from_printed(*values, measure=measure)


# -- inverse variance ----------------------------------------------------------------------------


def reml_upper_limit(y, v, tau2):
    """Where the restricted likelihood has fallen by half a chi-square quantile above `tau2`."""

    def loglik(at):
        w = 1 / (v + at)
        mean = (w * y).sum() / w.sum()
        return 0.5 * (np.log(w).sum() - (w * (y - mean) ** 2).sum() - np.log(w.sum()))

    return brentq(lambda at: loglik(at) - loglik(tau2) + Z**2 / 2, tau2, 1e4)


def test_pooled_by_hand():
    yi, vi = [-0.7, -1.3, None], [0.02, 0.03, None]
    common = pool_ratios(yi, vi, tau2=None)
    mean = (-0.7 / 0.02 - 1.3 / 0.03) / (1 / 0.02 + 1 / 0.03)
    assert common.estimate == pytest.approx(np.exp(mean))
    assert common.note == "two_studies; left_out=1" and common.tau2 is None
    assert (common.method, common.effect) == ("common", "common")
    q = (-0.7 - mean) ** 2 / 0.02 + (-1.3 - mean) ** 2 / 0.03
    assert common.q == pytest.approx(q) and common.i2 == pytest.approx((q - 1) / q)
    random = pool_ratios(yi, vi)
    assert (random.method, random.effect) == ("reml_hk_adhoc", "random")
    assert random.tau2 > 0 and random.pi_low is None
    far = pool_ratios([2.118, 1.158], [0.1403, 0.0163])
    assert far.tau2_high == pytest.approx(
        reml_upper_limit(np.array([2.118, 1.158]), np.array([0.1403, 0.0163]), far.tau2), rel=1e-5
    )
    assert "tau2_interval_open" not in far.note
    dl = pool_ratios(yi, vi, tau2="DL")
    assert dl.tau2_low < dl.tau2 < dl.tau2_high and dl.i2_low < dl.i2 < dl.i2_high
    assert pool_ratios([None], [None]).note == "no_data; left_out=1"
    assert pool_ratios([-0.7], [0.02]).note == "single_study"
    assert pool_ratios([-0.7], [0.02], tau2=None).ci_low == pytest.approx(
        np.exp(-0.7 - Z * np.sqrt(0.02))
    )


def test_a_risk_difference_is_not_exponentiated():
    r = pool_ratios([-0.1, -0.05, -0.2], [0.001, 0.002, 0.001], measure="RD")
    assert -0.2 < r.estimate < -0.05 and r.ci_low < 0


def test_hazard_ratios_talhouk():
    yi, vi = printed("hartung-knapp-floor/hazard-ratios-talhouk")
    common, random = pool_ratios(yi, vi, tau2=None), pool_ratios(yi, vi)
    assert [common.estimate, common.ci_low, common.ci_high] == pytest.approx(
        [0.3374, 0.1482, 0.7680], abs=1e-3
    )
    assert [random.ci_low, random.ci_high] == pytest.approx([0.0887, 1.2827], abs=1e-3)
    plain = pool_ratios(yi, vi, ci="hk")
    assert plain.ci_high < common.ci_high and "narrower_than_common" in plain.note
    assert "narrower_than_common" not in random.note


def test_hazard_ratios_two_equal():
    yi, vi = printed("hartung-knapp-floor/hazard-ratios-two-equal")
    random = pool_ratios(yi, vi)
    assert random.ci_low < 0.289 and random.ci_high > 0.865
    posterior = pool_ratios_bayes(yi, vi)
    assert posterior.ci_low < 0.289 and posterior.ci_high > 0.865


# -- counts --------------------------------------------------------------------------------------


def test_rosiglitazone_infarction():
    """Nissen and Wolski (2007), N Engl J Med 356:2457: odds ratio 1.43 (1.03 to 1.98), p = 0.03."""
    t = tables("ratios-rare/rosiglitazone-infarction")
    r = from_common_effect(peto(t), "peto", "OR")
    assert [round(v, 2) for v in (r.estimate, r.ci_low, r.ci_high, r.p_value)] == [
        1.43, 1.03, 1.98, 0.03,
    ]  # fmt: skip
    assert mantel_haenszel("OR", t).estimate == pytest.approx(np.log(1.427), abs=5e-4)
    assert rare_events(t) and not peto_doubts(t)
    assert reading_order("OR", 38, t, "reml_hk_adhoc")[0] == "glmm_cm_el"
    own = contrasts("OR", t)
    known = np.isfinite(own.yi)
    common = pool_ratios(own.yi[known], own.vi[known], tau2=None)
    random = pool_ratios(own.yi[known], own.vi[known])
    assert random.ci_low <= common.ci_low and random.ci_high >= common.ci_high


def test_rosiglitazone_deaths():
    """The same: death from cardiovascular causes 1.64 (0.98 to 2.74), p = 0.06."""
    t = tables("ratios-rare/rosiglitazone-deaths")
    r = from_common_effect(peto(t), "peto", "OR")
    assert [round(v, 2) for v in (r.estimate, r.ci_low, r.ci_high, r.p_value)] == [
        1.64, 0.98, 2.74, 0.06,
    ]  # fmt: skip
    fit = fit_ratio_glmm(t)
    model = from_glmm(fit, "OR", profile_ratio_tau(t, fit), contrasts("OR", t))
    assert model.ci_low < 1 < model.ci_high
    table = mantel_haenszel("OR", t)
    assert table.ci_low < 0 < table.ci_high


def test_events_in_one_arm_only_have_no_finite_estimate():
    t = two_by_two([2, 1], [50, 60], [0, 0], [50, 60])
    for model in ("CM.EL", "UM.FS", "CM.AL"):
        fit = fit_ratio_glmm(t, model)
        r = from_glmm(fit, "OR", profile_ratio_tau(t, fit), contrasts("OR", t))
        assert r.estimate is None and "no_finite_estimate" in r.note
    assert "no_finite_estimate" in from_common_effect(mantel_haenszel("OR", t), "mh", "OR").note


def test_trials_at_opposite_ends_have_no_finite_estimate():
    """Each ratio is 0 or infinite, so the likelihood grows with tau without end."""
    fit = fit_ratio_glmm(two_by_two([0, 9, 0, 8], [9, 9, 8, 8], [9, 0, 8, 0], [9, 9, 8, 8]))
    assert not fit.converged and np.isnan(fit.estimate)


def test_exact_conditional_model_of_one_trial_is_fishers():
    """Its maximum is the conditional odds ratio of Fisher's exact test."""
    fit = fit_ratio_glmm(two_by_two([4], [40], [12], [45]))
    ratio = stats.contingency.odds_ratio([[4, 36], [12, 33]], kind="conditional").statistic
    assert np.exp(fit.estimate) == pytest.approx(ratio, rel=1e-6)


@pytest.mark.parametrize("model", ["CM.EL", "UM.FS"])
def test_exchanging_arms_turns_the_ratio_around(model):
    a, n1, c, n2 = [3, 9, 1, 12], [50, 80, 40, 90], [8, 5, 6, 30], [55, 70, 40, 95]
    one = fit_ratio_glmm(two_by_two(a, n1, c, n2), model)
    other = fit_ratio_glmm(two_by_two(c, n2, a, n1), model)
    assert one.tau2 > 0.01
    assert one.estimate == pytest.approx(-other.estimate, abs=1e-8)
    assert [one.se, one.tau2] == pytest.approx([other.se, other.tau2], rel=1e-7)


def test_huge_trials_are_no_trouble():
    fit = fit_ratio_glmm(two_by_two([2_000, 1_500], [30_000, 25_000], [2_300, 1_400], [30_000] * 2))
    assert fit.converged and np.isfinite(fit.se)


# -- posterior -----------------------------------------------------------------------------------


def test_posterior_agrees_with_an_independent_integration():
    y, v, scale = np.array([-0.6, 0.01, -0.2]), np.array([0.03, 0.03, 0.1]), 0.5
    post = pool_bayes(y, v, scale=scale)

    def density(mu, tau):
        return np.prod(stats.norm.pdf(y, mu, np.sqrt(v + tau**2))) * np.exp(
            -((tau / scale) ** 2) / 2
        )

    total, _ = integrate.dblquad(density, 0, 4, -5, 5, epsabs=1e-11)
    below, _ = integrate.dblquad(density, 0, 4, -5, post.interval[0], epsabs=1e-11)
    assert below / total == pytest.approx(0.025, abs=1e-6)
    small, _ = integrate.dblquad(density, 0, post.tau, -5, 5, epsabs=1e-11)
    assert small / total == pytest.approx(0.5, abs=1e-5)
    assert post.prediction[0] < post.interval[0] and post.prediction[1] > post.interval[1]


def test_posterior_median_of_bayesmeta():
    """bayesmeta 3.4 (its intervals are the shortest ones, ours equal-tailed), debruin2009."""
    d = load("metafor", "debruin2009")["data"]
    own = effect_sizes(d["xi"], d["ni"], "PLO")
    post = pool_bayes(own.yi, own.vi, scale=0.5)
    assert post.estimate == pytest.approx(-0.117530944335711, abs=2e-5)
    assert post.tau == pytest.approx(0.616181770363613, abs=2e-5)


# -- which method leads --------------------------------------------------------------------------


def one_trial(a, n1, c, n2):
    return two_by_two([a] * 6, [n1] * 6, [c] * 6, [n2] * 6)


def test_border_of_rare_events():
    assert not rare_events(one_trial(5, 100, 5, 100))
    assert rare_events(two_by_two([5] * 6, [100] * 6, [5] * 5 + [4], [100] * 6))
    assert rare_events(two_by_two([50, 0], [100, 10], [50, 3], [100, 10]))
    assert not rare_events(two_by_two([50, 1], [100, 10], [50, 3], [100, 10]))
    assert rare_events(one_trial(96, 100, 97, 100))  # nearly all: the complement is rare


def test_border_of_the_posterior():
    t = one_trial(40, 100, 50, 100)
    assert reading_order("HR", 4, t, "reml_hk_adhoc")[0] == "bayes"
    assert reading_order("HR", 5, t, "reml_hk_adhoc") == ("reml_hk_adhoc", "common")
    assert reading_order("OR", 6, t, "reml_hk_adhoc") == ("reml_hk_adhoc", "common")


def test_the_binomial_model_leads_where_most_trials_have_counts():
    t = one_trial(1, 100, 2, 100)
    assert reading_order("OR", 11, t, "reml_wald")[:4] == ("glmm_cm_el", "glmm_um_fs", "mh", "peto")
    assert reading_order("OR", 12, t, "reml_wald")[:2] == ("reml_wald", "common")
    assert reading_order("RR", 6, t, "reml_wald")[:2] == ("glmm_cm_al", "mh")
    assert reading_order("RD", 6, t, "reml_wald")[0] == "mh"
    assert reading_order("HR", 6, t, "reml_wald")[0] == "reml_wald"


@pytest.mark.parametrize(
    ("counts", "doubt"),
    [
        ((10, 1000, 10, 1000), ()),
        ((10, 1000, 11, 1000), ("peto_events_common",)),
        ((39, 10_000, 20, 10_000), ()),
        ((41, 10_000, 20, 10_000), ("peto_effect_large",)),
        ((4, 2000, 2, 1000), ()),
        ((4, 2001, 2, 1000), ("peto_arms_unequal",)),
    ],
)
def test_borders_of_petos_method(counts, doubt):
    assert peto_doubts(one_trial(*counts)) == doubt


def test_peto_without_events():
    assert peto_doubts(one_trial(0, 10, 0, 10)) == ("peto_no_events",)


# -- properties ----------------------------------------------------------------------------------

EFFECTS = st.lists(
    st.tuples(st.floats(-3, 3), st.floats(0.005, 2)), min_size=2, max_size=12
)  # fmt: skip


@given(EFFECTS, st.sampled_from(["REML", "PM", "DL"]))
def test_random_effects_are_never_narrower_than_the_common_effect(effects, tau2):
    yi, vi = zip(*effects, strict=True)
    common = pool_ratios(yi, vi, tau2=None)
    r = pool_ratios(yi, vi, tau2=tau2)
    width = np.log(r.ci_high) - np.log(r.ci_low)
    assert width >= (np.log(common.ci_high) - np.log(common.ci_low)) * (1 - 1e-9)
    if r.k >= 3:
        assert r.pi_low <= r.ci_low * (1 + 1e-9) and r.pi_high >= r.ci_high * (1 - 1e-9)
    if r.tau2_high is not None:
        assert r.tau2_low - 1e-6 <= r.tau2 <= r.tau2_high * (1 + 1e-6) + 1e-6


TRIALS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(6, 60), st.integers(0, 6), st.integers(6, 60)),
    min_size=1,
    max_size=6,
)


@given(TRIALS, st.sampled_from(["CM.EL", "UM.FS", "CM.AL"]))
def test_every_table_gets_a_number_or_a_reason(trials, model):
    t = two_by_two(*zip(*trials, strict=True))
    fit = fit_ratio_glmm(t, model)
    r = from_glmm(fit, "OR", profile_ratio_tau(t, fit), contrasts("OR", t))
    if r.estimate is None:
        assert "no_finite_estimate" in r.note
        assert (r.pi_low, r.tau2_high) == (None, None)
        return
    assert fit.converged and fit.tau2 <= FAR_TAU**2 and r.ci_low < r.estimate < r.ci_high
    at_zero = fit_ratio_glmm(t, model, common=True)
    assert fit.loglik >= at_zero.loglik - 1e-9
    if r.k >= 2:
        assert (r.tau2_high is None) == ("tau2_interval_open" in r.note)
    if r.tau2_high is not None:
        assert r.tau2_low <= r.tau2 <= r.tau2_high
    if r.k < 3 or r.tau2_high is None:
        assert r.pi_low is None
    elif r.pi_low > 0 and r.pi_high is not None:
        assert r.pi_low < r.ci_low and r.pi_high > r.ci_high

"""What goes wrong elsewhere must not go wrong here."""

import numpy as np
import pytest

from singlearm.synthesis import (
    Model,
    SynthesisError,
    back_transform,
    compare_subgroups,
    effect_sizes,
    freeman_tukey_sizes,
    meta_regression,
    pool,
    pool_effects,
    prediction_interval,
    study_intervals,
)  # fmt: skip
from singlearm.synthesis.curves import summary_curve

LIKELIHOODS = [
    Model("binomial_normal"), Model("binomial_normal", ci="hk"), Model("beta_binomial"),
    Model("bayes"), Model("normal"), Model("normal", measure="PFT"), Model("normal", measure="PR"),
]  # fmt: skip
METHODS = (
    "clopper_pearson", "wilson", "wilson_cc", "agresti_coull", "jeffreys", "arcsine", "arcsine_cc",
)  # fmt: skip


def whole(r):
    """An interval that holds its estimate, within [0, 1], on every scale reported."""
    assert 0 <= r.ci_low <= r.estimate <= r.ci_high <= 1, r
    if r.pi_low is not None:
        assert 0 <= r.pi_low <= r.estimate <= r.pi_high <= 1, r
    if r.marginal is not None:
        assert 0 < r.marginal_low <= r.marginal <= r.marginal_high < 1, r


@pytest.mark.parametrize("model", LIKELIHOODS[:3])
@pytest.mark.parametrize("total", [[10, 20, 30], [12, 20, 30, 8]])
def test_all_zero_is_not_an_interval_from_0_to_1(model, total):
    """meta's GLMM prints 0 [0; 1], metafor stops."""
    zero, full = pool([0] * len(total), total, model), pool(total, total, model)
    bound = 1 - 0.025 ** (1 / sum(total))
    assert zero.ci_high == pytest.approx(bound, abs=1e-12)
    assert full.ci_low == pytest.approx(1 - bound, abs=1e-12)
    for r in (zero, full):
        assert (r.note, r.tau2, r.pi_low, r.converged) == ("homogeneous_exact", None, None, True)


def test_all_zero_two_step_says_what_it_is():
    r = pool([0, 0, 0, 0], [12, 20, 30, 8], Model("normal", ci="wald"))
    assert round(r.estimate, 3) == 0.030 and "all_or_none" in r.note
    # the interval leaves out 0, which is all that was seen; that of Freeman and Tukey is half as
    # long as the exact one of 0/70
    assert (round(r.ci_low, 3), round(r.ci_high, 3)) == (0.007, 0.112)
    r = pool([0, 0, 0, 0], [12, 20, 30, 8], Model("normal", measure="PFT", ci="wald"))
    assert round(r.ci_high, 3) == 0.025
    assert round(study_intervals([0], [70])[1][0], 3) == 0.051


@pytest.mark.parametrize("model", LIKELIHOODS)
def test_two_ordinary_studies(model):
    """5/10 and 6/12: metafor stops with 'Response is constant'."""
    r = pool([5, 6], [10, 12], model)
    assert r.estimate == pytest.approx(0.5, abs=1e-6)
    assert r.pi_low is None and "two_studies" in r.note
    whole(r)


@pytest.mark.parametrize("model", LIKELIHOODS)
@pytest.mark.parametrize(
    ("x", "n"),
    [
        ([3], [10]), ([0], [10]), ([10], [10]), ([1], [1]),
        ([1, 9], [10, 10]), ([0, 5], [10, 10]), ([0, 1], [1, 1]),
        ([2, 4, 6], [39, 44, 107]), ([0, 0, 1], [5, 5, 5]),
        ([0, 0, 10, 10], [100] * 4), ([1, 2, 40, 300], [20, 30, 20000, 200000]),
        ([17, 12, 0, 8], [17, 12, 20, 8]), ([1] * 6, [2] * 6),
    ],
)  # fmt: skip
def test_small_and_awkward_data_have_an_answer_or_a_reason(model, x, n):
    r = pool(x, n, model)
    if r.estimate is None:
        assert r.note and not r.converged
        assert r.ci_low is None and r.tau2 is None
    elif None in (r.ci_low, r.ci_high):
        # the profile likelihood of the mean is flat, or all but flat
        assert "interval_not_found" in r.note
    else:
        whole(r)
    assert len(r.weights) == len(x)


@pytest.mark.parametrize("method", METHODS)
def test_every_study_interval_contains_its_estimate(method):
    """meta's WSCC for 0/20 starts at 0.0046."""
    for n in (1, 2, 3, 20, 101, 5000):
        x = np.unique(np.linspace(0, n, 30).round())
        low, high = study_intervals(x, np.full(x.shape, n), method)
        assert (low >= 0).all() and (high <= 1).all()
        assert (low <= x / n).all() and (x / n <= high).all()
        assert (low < high).all()
        assert low[0] == 0 and high[-1] == 1


def test_one_patient_studies_know_nothing_of_tau():
    """Every tau fits alike; found by swapping events and non-events of 0, 1, 1, 1, 0, 0 of 1."""
    for x in ([0, 1, 1, 1, 0, 0], [1, 0, 0, 0, 1, 1]):
        r = pool(x, [1] * 6, Model("binomial_normal", ci="t"))
        assert (r.estimate, r.tau2, r.converged) == (0.5, 0, True)


def test_freeman_tukey_anomaly_is_reported():
    """Every study at 0.15% or more; 0.000% by the harmonic mean, 0.154% by the arithmetic."""
    x, n = [1, 2, 40, 300], [20, 30, 20000, 200000]
    r = pool(x, n, Model("normal", measure="PFT", tau2="EE", ci="wald"))
    assert r.estimate == 0
    assert "freeman_tukey_estimate_outside_all_studies" in r.note
    assert "freeman_tukey_depends_on_size" in r.note
    sizes = freeman_tukey_sizes(n, 1 / (1 / effect_sizes(x, n, "PFT").vi).sum())
    assert set(sizes) == {"harmonic", "arithmetic", "inverse_variance"}
    assert sizes["harmonic"] == pytest.approx(48.0, abs=0.05)
    back = back_transform(r.estimate_link, "PFT", sizes["arithmetic"])
    assert back == pytest.approx(0.00154, abs=5e-6)
    r = pool(x, n, Model("normal", measure="PFT", ci="wald"))
    for name, expected in {"harmonic": 0.0075, "arithmetic": 0.0159}.items():
        back = back_transform(r.estimate_link, "PFT", sizes[name])
        assert back == pytest.approx(expected, abs=5e-5)
    assert pool(x, n, Model("normal")).estimate == pytest.approx(0.0088, abs=5e-5)
    assert pool(x, n, Model("binomial_normal")).estimate == pytest.approx(0.0065, abs=5e-5)


def test_raw_proportions_stay_within_0_and_1():
    """Pritz: the Hartung-Knapp prediction interval would be 0.504 to 1.090."""
    x = [16, 10, 4, 43, 10, 25, 13, 12, 22, 4, 5, 18, 58, 6]
    n = [17, 12, 8, 58, 10, 42, 14, 12, 41, 5, 6, 23, 68, 10]
    e = effect_sizes(x, n, "PR")
    hk = pool_effects(e.yi, e.vi, ci="hk")
    low, high = prediction_interval(hk.estimate, hk.se, hk.tau2, hk.k)
    assert (round(float(low), 3), round(float(high), 3)) == (0.504, 1.090)
    r = pool(x, n, Model("normal", measure="PR"))
    assert r.pi_low < low and r.pi_high == 1  # with tau2 integrated out


def test_half_is_added_only_where_needed():
    """One Python peer adds 1/2 to every study: Pritz 0.7445 for R's 0.7575."""
    e = effect_sizes([4, 0], [10, 20], "PLO")
    assert e.yi[0] == pytest.approx(np.log(4 / 6))
    assert e.vi[1] == pytest.approx(1 / 0.5 + 1 / 20.5)


def test_subgroup_p_values_stay_with_their_levels():
    """Sorting attached p-values to the wrong group elsewhere."""
    x, n = [1, 2, 9, 8], [10, 10, 10, 10]
    groups = ["low", "low", "high", "high"]
    one = compare_subgroups(x, n, groups, Model("normal"), levels=["low", "high"], least=1)
    two = compare_subgroups(x, n, groups, Model("normal"), levels=["high", "low"], least=1)
    assert one.levels == two.levels[::-1]
    assert one.tests[0].statistic == pytest.approx(two.tests[0].statistic, rel=1e-12)


@pytest.mark.parametrize("mode", ["separate", "common"])
@pytest.mark.parametrize("model", LIKELIHOODS[:5])
def test_a_level_of_one_study_is_shown_not_pooled(model, mode):
    r = compare_subgroups([3, 4, 9], [10, 12, 11], ["a", "a", "b"], model, tau2_mode=mode)
    assert r.levels[1].k == 1 and "single_study" in r.levels[1].note
    assert r.levels[1].pi_low is None


@pytest.mark.parametrize("mode", ["separate", "common"])
@pytest.mark.parametrize("model", LIKELIHOODS[:5])
def test_one_level_gives_no_test_but_a_reason(model, mode):
    r = compare_subgroups(
        [3, 4, 5], [10, 12, 11], ["a", "a", None], model, tau2_mode=mode, levels=["a", "b"]
    )
    assert r.levels[1].note == "no_data" and r.levels[1].estimate is None
    assert [t.p_value for t in r.tests] == [None]
    assert r.tests[0].note == "one_level; left_out=1"


@pytest.mark.parametrize(
    ("x", "n", "found"),
    [([11], [10], "11/10"), ([-1], [10], "-1/10"), ([1.5], [10], "1.5/10"), ([1], [0], "1/0")],
)
def test_impossible_counts(x, n, found):
    with pytest.raises(SynthesisError, match=found):
        pool(x, n, Model("normal"))


def test_a_measure_in_lower_case_is_an_error_not_another_model():
    """sm="PLO" fitted another model than "PLOGIT" elsewhere."""
    with pytest.raises(SynthesisError, match="allowed: PLO, PLN"):
        Model("normal", measure="plo")


def test_one_study_per_group_leaves_nothing_to_test_by():
    # the permutation p was 0 of 2 arrangements
    for model in ("logit_reml_hk", "logit_dl", "glmm"):
        r = compare_subgroups([5, 9], [50, 50], ["a", "b"], model, tau2_mode="common")
        assert all(t.statistic is None and t.note == "one_study_per_group" for t in r.tests)
    common = compare_subgroups([5, 9], [50, 50], ["a", "b"], "logit_common", tau2_mode="common")
    assert common.tests[0].p_permutation == 1.0  # one effect for all needs no tau2


def test_an_exact_permutation_p_is_never_0():
    rng = np.random.default_rng(4)
    for _ in range(30):
        k = int(rng.integers(3, 7))
        n = rng.integers(1, 9, k)
        groups = [*"ab", *rng.choice(list("ab"), k - 2)]
        x = rng.binomial(n, rng.choice([0.0, 0.5, 1.0], k))
        for model in ("logit_reml_hk", "glmm"):
            for test in compare_subgroups(x, n, groups, model, tau2_mode="common").tests:
                p = test.p_permutation
                assert p is None or p >= 1 / test.permutations


def test_regression_of_patients_all_or_none_has_no_maximum():
    # LinAlgError: SVD did not converge
    for x in ([0, 0, 0, 0], [3, 20, 4, 26]):
        r = meta_regression(x, [3, 20, 4, 26], [0, 0, 1, 0])
        assert all(t.estimate is None and "no_finite_maximum" in t.note for t in r.rows())


def test_a_regression_by_plain_hartung_knapp_is_marked_where_it_is_narrow():
    x, n, m = [1, 1, 0, 0, 1, 1], [1] * 6, [0, 0, 1, 1, 0, 0]
    assert "narrower_than_wald" in meta_regression(x, n, m, "logit_reml_hk").terms[1].note
    wide = meta_regression([1, 9, 2, 8, 3, 7], [10] * 6, range(6), "logit_reml_hk")
    assert "narrower_than_wald" not in wide.terms[1].note


def test_the_band_of_a_new_curve_holds_limits_by_formula():
    rng = np.random.default_rng(3)
    for _ in range(20):
        survival = np.cumprod(1 - 0.3 * rng.random((5, 4)), axis=1)
        at_risk = rng.integers(3, 90, (5, 4))
        r = summary_curve(survival, at_risk, [3, 6, 9, 12], limits="greenwood", draws=200)
        assert (r.pi_low <= r.ci_low + 1e-12).all() and (r.pi_high >= r.ci_high - 1e-12).all()

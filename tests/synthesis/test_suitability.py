"""Every rule on both sides of its border; the page of the docs is the table of the module."""

import re

import numpy as np
import pytest

from singlearm.catalogue.notes import NOTES
from singlearm.synthesis import (
    Model,
    asymmetry_test,
    compare_subgroups,
    group_differences,
    meta_regression,
    pool,
    pool_arms,
    pool_clustered,
    suitability,
)
from singlearm.synthesis.ratio_choice import peto_doubts, rare_events, reading_order
from singlearm.synthesis.ratio_counts import two_by_two
from singlearm.synthesis.ratio_glmm import fit_ratio_glmm
from singlearm.synthesis.ratio_pooling import from_glmm
from singlearm.synthesis.ratio_tau import profile_ratio_tau

DRAW = np.random.default_rng(5)


def review(k):
    """k studies whose proportions differ."""
    n = 40 + np.arange(k)
    return DRAW.binomial(n, 1 / (1 + np.exp(-np.linspace(-1.5, 1, k)))), n


def test_the_docs_hold_the_table(repository):
    page = (repository / "docs/statistics.md").read_text(encoding="utf-8")
    begin, end = "<!-- suitability -->\n", "\n<!-- end of suitability -->"
    assert page.split(begin)[1].split(end)[0] == suitability.table()


def test_every_note_of_a_rule_has_words():
    codes = {rule.note for rule in suitability.RULES if rule.note}
    assert codes <= set(NOTES)
    assert all(rule.source for rule in suitability.RULES)


def test_constants_stand_in_one_place_only(repository):
    """No module repeats a threshold under a name of its own."""
    folder = repository / "workflow/scripts/singlearm/synthesis"
    names = "PER_GROUP|LARGE_SAMPLE|CLUSTER_DF|MANY_CLUSTERS|TRIALS_OF_ARMS|PER_COEFFICIENT"
    names += "|ASYMMETRY_STUDIES|COLLINEAR|MOST_GROUPS"
    names += r"|EVENTS_PER_ARM|FEW_TRIALS|PETO_\w+|POISSON_RISK|COUNTS_SHARE"
    for path in folder.glob("*.py"):
        found = re.findall(rf"^(?:{names}) = ", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert not found or path.name == "suitability.py", path.name


@pytest.mark.parametrize("model", ["glmm", "beta_binomial", "bayes", "logit_dl"])
def test_prediction_from_three_studies_on(model):
    assert pool(*review(2), model).pi_low is None
    assert pool(*review(3), model).pi_low is not None


def test_prediction_needs_an_upper_limit_of_tau2():
    """Three small trials with an arm without events set none; larger ones do."""
    for known, t in (
        (False, two_by_two([0, 0, 1], [6] * 3, [1, 1, 0], [6] * 3)),
        (True, two_by_two([9, 4, 6], [60] * 3, [7, 5, 8], [60] * 3)),
    ):
        fit = fit_ratio_glmm(t)
        r = from_glmm(fit, "OR", profile_ratio_tau(t, fit))
        assert (r.pi_low is not None) == (r.tau2_high is not None) == known
        assert ("tau2_interval_open" in r.note) == (not known)


@pytest.mark.parametrize("model", ["glmm", "logit_dl"])
def test_own_tau2_from_five_studies_in_every_group_on(model):
    for small, tested in ((4, False), (5, True)):
        x, n = review(small + 9)
        groups = ["a"] * small + ["b"] * 9
        (test,) = compare_subgroups(x, n, groups, model, permutations=0).tests
        assert (test.p_value is not None) == tested
        assert ("fewer_than_five_per_group" in test.note) == (not tested)


@pytest.mark.parametrize("model", ["glmm", "logit_dl"])
def test_chi_square_without_a_mark_from_twenty_studies_on(model):
    for k, marked in ((19, True), (20, False)):
        groups = ["a"] * 9 + ["b"] * (k - 9)
        how = {"tau2_mode": "common", "permutations": 0}
        (test,) = compare_subgroups(*review(k), groups, model, **how).tests
        assert ("large_sample_p" in test.note) == marked


@pytest.mark.parametrize("model", ["glmm", "logit_dl"])
def test_robust_interval_from_four_degrees_of_freedom_on(model):
    """Equal clusters leave about one degree of freedom less than clusters."""
    few, more = (
        pool_clustered(*review(2 * m), [i // 2 for i in range(2 * m)], model) for m in (4, 6)
    )
    assert few.df < 4 and few.ci_low is None and "few_degrees_of_freedom" in few.note
    assert more.df > 4 and more.ci_low is not None


def test_the_own_width_is_the_floor_below_ten_clusters():
    model = Model("normal", tau2="DL", ci="wald")
    for m, floor in ((9, True), (10, False)):
        x, n = [5, 15] * m, [20, 20] * m  # the arms of each trial cancel
        r = pool_clustered(x, n, [i // 2 for i in range(2 * m)], model)
        assert ("not_narrower_than_model" in r.note) == floor


@pytest.mark.parametrize("model", ["glmm", "logit_reml_hk"])
def test_arms_within_trials_from_five_trials_of_arms_on(model):
    for several, modelled in ((4, False), (5, True)):
        trials = [i // 2 for i in range(2 * several)] + [f"alone {i}" for i in range(4)]
        r = pool_arms(*review(len(trials)), trials, model)
        assert ("arms_within_trials" in r.note) == (r.tau2_arms is not None) == modelled
        assert (f"few_trials_of_arms={several}" in r.note) == (not modelled)


def test_regression_from_ten_studies_for_each_coefficient_on():
    for k, tested in ((9, False), (10, True)):
        fit = meta_regression(
            *review(k), list(range(k)), "glmm", per_coefficient=suitability.PER_COEFFICIENT
        )
        assert any(term.estimate is not None for term in fit.rows()) == tested


@pytest.mark.parametrize("model", ["glmm", "logit_dl"])
def test_tests_of_regressions_without_a_mark_from_twenty_studies_on(model):
    for k, marked in ((19, True), (20, False)):
        r = meta_regression(*review(k), np.arange(k), model)
        assert ("large_sample_p" in r.omnibus.note) == marked


def test_moderators_that_nearly_follow_from_each_other():
    """A second column that is the first plus a little noise, on both sides of the border."""
    x, n = review(30)
    age, noise = DRAW.normal(size=30), DRAW.normal(size=30)
    for share, refused in ((0.1, True), (10, False)):
        both = {"age": age, "again": age + share * suitability.COLLINEAR * noise}
        r = meta_regression(x, n, both, "logit_dl")
        assert (r.omnibus.note == "moderators_collinear=age, again") == refused
        assert (r.omnibus.p_value is None) == refused


def test_differences_of_up_to_six_groups():
    x, n = review(2 * suitability.MOST_GROUPS + 2)
    for count in (suitability.MOST_GROUPS, suitability.MOST_GROUPS + 1):
        groups = list("abcdefg"[:count] * 2)
        found = group_differences(x[: 2 * count], n[: 2 * count], groups, "logit_dl")
        assert len(found) == count - 1
        refused = count > suitability.MOST_GROUPS
        assert all((d.note == "too_many_levels") == refused for d in found)
        assert all((d.difference is None) == refused for d in found)


def test_asymmetry_from_ten_studies_on():
    few, enough = (asymmetry_test(*review(k)).p_value for k in (9, 10))
    assert few is None and enough is not None


def test_rare_events_below_five_an_arm():
    assert not rare_events(two_by_two([5, 6], [50, 50], [5, 4], [50, 50]))
    assert rare_events(two_by_two([5, 5], [50, 50], [5, 4], [50, 50]))


def test_reml_leads_from_five_trials_on():
    many = two_by_two([20] * 5, [50] * 5, [15] * 5, [50] * 5)
    assert reading_order("OR", 4, many, "reml_hk_adhoc")[0] == "bayes"
    assert reading_order("OR", 5, many, "reml_hk_adhoc")[0] == "reml_hk_adhoc"


@pytest.mark.parametrize(
    ("inside", "outside", "doubt"),
    [
        (([10], [1000], [10], [1000]), ([11], [1000], [10], [1000]), "peto_events_common"),
        (([9], [5000], [5], [5000]), ([11], [5000], [5], [5000]), "peto_effect_large"),
        (([5], [4000], [5], [2000]), ([5], [4100], [5], [2000]), "peto_arms_unequal"),
    ],
)
def test_peto(inside, outside, doubt):
    assert doubt not in peto_doubts(two_by_two(*inside))
    assert doubt in peto_doubts(two_by_two(*outside))

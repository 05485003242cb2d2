"""Subgroup tests: permutation by brute force, edges, Holm, the sign-flip test."""

from itertools import combinations, permutations

import numpy as np
import pytest
from engine_cases import column, counts

from singlearm.synthesis import Model, SynthesisError, compare_subgroups, holm
from singlearm.synthesis.permutation import all_arrangements, arrangements, sign_flip_test

X, N = [3, 8, 5, 9, 2, 7, 1], [10, 12, 11, 13, 9, 10, 8]
GLMM = Model("binomial_normal")
GROUPS = list("aababba")
MODELS = [
    (Model("normal", ci="wald"), "separate"), (Model("normal"), "separate"),
    (Model("normal"), "common"), (Model("normal", tau2="DL", ci="wald"), "common"),
    (Model("binomial_normal"), "common"),
]  # fmt: skip


def statistics(groups, model, mode):
    tests = compare_subgroups(X, N, groups, model, tau2_mode=mode, permutations=0, least=1).tests
    return {t.test: t.statistic for t in tests}


@pytest.mark.parametrize(("model", "mode"), MODELS)
def test_permutation_p_is_that_of_every_arrangement_done_by_hand(model, mode):
    observed = statistics(GROUPS, model, mode)
    count, hits = 0, dict.fromkeys(observed, 0)
    for chosen in combinations(range(7), 3):
        groups = ["b" if i in chosen else "a" for i in range(7)]
        count += 1
        for name, value in statistics(groups, model, mode).items():
            # a hair of slack for ties; the likelihood of an arrangement is found on few nodes
            hits[name] += value >= observed[name] - 1e-3
    r = compare_subgroups(X, N, GROUPS, model, tau2_mode=mode, least=1)
    for test in r.tests:
        assert test.p_permutation == pytest.approx(hits[test.test] / count)
        assert f"permutations_exact={count}" in test.note


def test_arrangements_are_all_and_distinct():
    rows = all_arrangements([2, 1, 2])
    assert rows.shape == (5, arrangements([2, 1, 2])) == (5, 30)
    expected = set(permutations([0, 0, 1, 2, 2]))
    assert {tuple(int(v) for v in column) for column in rows.T} == expected


def test_monte_carlo_is_near_the_exact_and_seeded():
    model = Model("normal")
    exact = compare_subgroups(X, N, GROUPS, model, least=1).tests[0].p_permutation
    rough = compare_subgroups(X, N, GROUPS, model, permutations=1, draws=4000, seed=5, least=1)
    again = compare_subgroups(X, N, GROUPS, model, permutations=1, draws=4000, seed=5, least=1)
    assert rough == again
    p = rough.tests[0].p_permutation
    assert p == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 4000) + 1e-3)
    assert "permutations_random=4000" in rough.tests[0].note


def test_a_level_at_the_edge_contributes_its_supremum():
    """All zero in one level: the statistic is what large but finite means approach."""
    x, n, g = [0, 0, 5, 6], [10, 12, 10, 13], list("aabb")
    test = compare_subgroups(x, n, g, Model("binomial_normal"), tau2_mode="common").tests[0]
    assert "level_at_the_edge" in test.note and test.df == 1

    # at tau = 0 in both models: log-likelihoods of binomials with two rates and with one
    def loglik(x, n, p):
        return sum(a * np.log(p) + (m - a) * np.log1p(-p) for a, m in zip(x, n, strict=True))

    two, one = loglik([5, 6], [10, 13], 11 / 23), loglik(x, n, 11 / 45)
    assert test.statistic <= 2 * (two - one) + 1e-6
    assert test.p_value < 0.05


def test_separate_likelihood_ratio_tests_means_only():
    """Same means with different spreads: no difference; shifted means: a clear one."""
    n = [40] * 8
    spread = [2, 38, 20, 20, 19, 21, 20, 20]
    same = compare_subgroups(spread, n, list("aaaabbbb"), GLMM, permutations=0, least=1)
    assert same.tests[0].statistic < 0.01 and same.tests[0].df == 1
    shifted = [5, 6, 4, 5, 30, 31, 33, 32]
    far = compare_subgroups(shifted, n, list("aaaabbbb"), GLMM, permutations=0, least=1)
    assert far.tests[0].p_value < 1e-4


def test_holm():
    """Holm 1979; p.adjust(c(.01,.02,.03,.005), 'holm') in R: .03 .04 .04 .02."""
    assert holm([0.01, 0.02, 0.03, 0.005]) == pytest.approx([0.03, 0.04, 0.04, 0.02])
    assert holm([None, 0.9, 0.8]) == [None, 1.0, 1.0]
    assert holm([]) == []


def test_unknown_labels_and_lengths_are_errors():
    with pytest.raises(SynthesisError, match="c are not among the levels"):
        compare_subgroups([1, 2], [5, 5], ["a", "c"], Model("normal"), levels=["a", "b"])
    with pytest.raises(SynthesisError, match="one length"):
        compare_subgroups([1, 2], [5, 5], ["a"], Model("normal"))


def test_sign_flips_of_three_equal_effects():
    """All of one sign: 2 of the 8 patterns are as extreme."""
    p, error, notes = sign_flip_test([1.0, 1.1, 0.9], [0.1, 0.1, 0.1])
    assert (p, error, str(*notes)) == (0.25, None, "permutations_exact=8")


FEW = "subgroup-few-studies/five-levels-two-of-one"
COMMON = {"tau2_mode": "common", "permutations": 0}


@pytest.mark.parametrize("model", [GLMM, Model("normal"), Model("normal", tau2="DL", ci="wald")])
def test_subgroup_few_studies_five_levels_two_of_one(model):
    """Own tau2 with levels of one and two studies: p was 4e-8 where permutation says 0.47."""
    x, n = counts(FEW)
    (groups,) = column(FEW, "group", of=str)
    (test,) = compare_subgroups(x, n, groups, model, tau2_mode="separate").tests
    assert (test.statistic, test.p_value, test.p_permutation) == (None, None, None)
    assert test.note == "fewer_than_five_per_group"
    assert compare_subgroups(x, n, groups, model, permutations=0, least=1).tests[0].p_value < 0.01


def test_subgroup_few_studies_under_one_tau2():
    """The bootstrap knows that four levels have fifteen studies and two, two, one and one."""
    (groups,) = column(FEW, "group", of=str)
    lead, plain = compare_subgroups(*counts(FEW), groups, GLMM, bootstrap=2000, **COMMON).tests
    assert lead.p_value > 2 * plain.p_value


def test_the_bootstrap_leads_and_the_chi_square_stays_beside_it():
    r = compare_subgroups(X, N, GROUPS, GLMM, bootstrap=400, **COMMON)
    lead, plain = r.tests
    assert (lead.test, lead.lead, lead.draws) == ("lrt_bootstrap", True, 400)
    assert (plain.test, plain.lead, plain.draws) == ("lrt", False, None)
    assert lead.statistic == plain.statistic and lead.p_value != plain.p_value
    assert 0 < lead.p_permutation_se < 0.03
    assert "smallest_p=0.0025" in lead.note and "large_sample_p" in plain.note
    assert r == compare_subgroups(X, N, GROUPS, GLMM, bootstrap=400, **COMMON)
    again = compare_subgroups(X, N, GROUPS, GLMM, bootstrap=400, seed=1, **COMMON).tests[0]
    assert again.p_value == pytest.approx(lead.p_value, abs=4 * 2**0.5 * lead.p_permutation_se)


def test_the_bootstrap_is_near_the_chi_square_where_studies_are_many():
    rng = np.random.default_rng(4)
    n = rng.integers(80, 120, 60)
    x = rng.binomial(n, 1 / (1 + np.exp(-rng.normal(0, 0.4, 60))))
    lead, plain = compare_subgroups(
        x, n, ["a", "b", "c"] * 20, GLMM, bootstrap=1000, **COMMON
    ).tests
    assert lead.p_value == pytest.approx(plain.p_value, abs=0.06)
    assert "large_sample_p" not in plain.note


def test_a_bootstrap_without_a_statistic_says_why():
    (lead, _) = compare_subgroups([0] * 4, [9] * 4, list("aabb"), GLMM, bootstrap=9, **COMMON).tests
    assert lead.lead and lead.p_value is None and lead.note == "all_or_none"


@pytest.mark.parametrize("model", [Model("normal"), Model("bayes"), Model("beta_binomial")])
def test_the_bootstrap_leads_under_every_model(model):
    """Of two-step models the chi-square led, and Bayesian ones had no test."""
    lead, *others = compare_subgroups(X, N, GROUPS, model, bootstrap=400, **COMMON).tests
    of_counts = compare_subgroups(X, N, GROUPS, GLMM, bootstrap=400, **COMMON).tests[0]
    assert (lead.test, lead.lead, lead.p_value) == ("lrt_bootstrap", True, of_counts.p_value)
    assert {"test_of_binomial_normal", "smallest_p=0.0025"} <= set(lead.note.split("; "))
    assert others and not any(test.lead for test in others)


@pytest.mark.parametrize("likelihood", ["bayes", "beta_binomial"])
@pytest.mark.parametrize("bootstrap", [0, 99])
def test_no_labels_are_permuted_where_a_model_has_no_test_of_its_own(likelihood, bootstrap):
    """The test that is lent has a statistic, and a p of its own."""
    permuted, plain = (
        compare_subgroups(
            X, N, GROUPS, Model(likelihood), **COMMON | {"permutations": most}, bootstrap=bootstrap
        )
        for most in (1000, 0)
    )
    assert permuted == plain


def test_single_studies_have_no_bootstrap():
    single = compare_subgroups(
        [3, 9], [20, 20], ["a", "b"], Model("normal"), bootstrap=99, **COMMON
    )
    assert all(test.p_value is None for test in single.tests)
    assert single.tests[0].lead and single.tests[0].note == "one_study_per_group"

"""Subgroup tests: permutation by brute force, edges, Holm, the sign-flip test."""

from itertools import combinations, permutations

import numpy as np
import pytest

from singlearm.synthesis import Model, SynthesisError, compare_subgroups, holm
from singlearm.synthesis.permutation import all_arrangements, arrangements, sign_flip_test

X, N = [3, 8, 5, 9, 2, 7, 1], [10, 12, 11, 13, 9, 10, 8]
GROUPS = list("aababba")
MODELS = [
    (Model("normal", ci="wald"), "separate"), (Model("normal"), "separate"),
    (Model("normal"), "common"), (Model("normal", tau2="DL", ci="wald"), "common"),
    (Model("binomial_normal"), "common"),
]  # fmt: skip


def statistics(groups, model, mode):
    tests = compare_subgroups(X, N, groups, model, tau2_mode=mode, permutations=0).tests
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
    r = compare_subgroups(X, N, GROUPS, model, tau2_mode=mode)
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
    exact = compare_subgroups(X, N, GROUPS, model).tests[0].p_permutation
    rough = compare_subgroups(X, N, GROUPS, model, permutations=1, draws=4000, seed=5)
    again = compare_subgroups(X, N, GROUPS, model, permutations=1, draws=4000, seed=5)
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
    same = compare_subgroups(spread, n, list("aaaabbbb"), Model("binomial_normal"), permutations=0)
    assert same.tests[0].statistic < 0.01 and same.tests[0].df == 1
    shifted = [5, 6, 4, 5, 30, 31, 33, 32]
    far = compare_subgroups(shifted, n, list("aaaabbbb"), Model("binomial_normal"), permutations=0)
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

"""The test between groups of studies from their effect sizes."""

from itertools import permutations

import numpy as np
import pytest

from singlearm.synthesis.effect_groups import compare_effects
from singlearm.synthesis.regression import regress_effects
from singlearm.synthesis.words import SynthesisError

Y = np.array([0.1, 0.5, -0.2, 0.9, 1.4, 0.7, 0.3])
V = np.array([0.05, 0.1, 0.2, 0.08, 0.3, 0.04, 0.15])
LABELS = ["a", "a", "a", "b", "b", "c", "c"]


def design(labels):
    return np.array([[1.0, label == "b", label == "c"] for label in labels])


def test_f_is_the_omnibus_test_of_a_regression_on_indicators():
    test = compare_effects(Y, V, LABELS)
    known = regress_effects(Y, V, design(LABELS), tau2="REML", ci="hk_adhoc")
    assert test.statistic == pytest.approx(float(known.qm), rel=1e-7)
    assert test.p_value == pytest.approx(float(known.qm_p), rel=1e-7)
    assert (test.df, test.df2) == (2, 4)


def test_the_permutation_p_is_the_share_of_all_arrangements():
    test = compare_effects(Y, V, LABELS)
    arranged = set(permutations(LABELS))
    values = [float(regress_effects(Y, V, design(each)).qm) for each in arranged]
    share = np.mean(np.array(values) >= test.statistic * (1 - 1e-6))
    assert test.permutations == len(arranged) == 210
    assert test.p_permutation == pytest.approx(share)


def test_studies_without_group_and_those_without_variance_are_counted():
    whole = compare_effects(Y[:5], V[:5], LABELS[:5])
    more = compare_effects(
        [*Y[:5], 8.0, 9.0], [*V[:5], 0.1, np.nan], [*LABELS[:5], None, "b"]
    )  # fmt: skip
    assert (more.statistic, more.p_permutation) == (whole.statistic, whole.p_permutation)
    assert (whole.left_out, more.left_out) == (0, 2)
    assert "without_error_left_out=1" in more.note and "left_out" not in whole.note


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        ([None] * 3, "no_group_with_errors"),
        (["a"] * 3, "one_group_with_errors"),
        (["a", None, None], "one_group_with_errors"),
        (["a", "b", "c"], "one_study_per_group"),
        (["a", "b", None], "one_study_per_group"),
    ],
)
def test_what_cannot_be_tested_says_why(labels, code):
    test = compare_effects(Y[:3], V[:3], labels)
    assert (test.statistic, test.p_value, test.p_permutation) == (None, None, None)
    assert test.note == code


def test_a_second_group_without_variances_is_named_as_the_reason():
    """The table of groups beside it has two, so "one group only" would be untrue."""
    test = compare_effects(Y[:4], [*V[:2], np.nan, np.nan], ["a", "a", "b", "b"])
    assert test.note == "one_group_with_errors; without_error_left_out=2"
    assert test.left_out == 2 and test.p_value is None
    none = compare_effects(Y[:2], [np.nan, np.nan], ["a", "b"])
    assert none.note == "no_group_with_errors; without_error_left_out=2"


def test_lengths_must_agree():
    with pytest.raises(SynthesisError, match="one length"):
        compare_effects(Y, V, LABELS[:3])


def test_groups_that_do_not_differ_are_rejected_about_as_often_as_promised():
    rng = np.random.default_rng(5)
    labels = ["a"] * 4 + ["b"] * 4
    hits = np.zeros(2)
    for _ in range(400):
        v = rng.uniform(0.02, 0.3, 8)
        y = rng.normal(0, np.sqrt(v + 0.3))
        test = compare_effects(y, v, labels)
        hits += [test.p_value < 0.05, test.p_permutation < 0.05]
    assert (hits / 400 < 0.085).all() and (hits > 0).all()

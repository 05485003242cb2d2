"""Wrong arguments of the public functions: each is told in words, none becomes a number."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from singlearm.synthesis import (
    Model,
    SynthesisError,
    Truth,
    calibrate,
    compare_subgroups,
    mantel_haenszel,
    meta_regression,
    peto,
    pool,
    pool_effects,
    pool_ratios,
    pool_ratios_bayes,
    prediction_interval,
    ratio_from_counts,
    ratio_from_printed,
    study_intervals,
    tau2_interval,
    two_by_two,
)
from singlearm.synthesis.arguments import labels, lists, real_numbers, together
from singlearm.synthesis.curves import summary_curve
from singlearm.synthesis.effect_groups import compare_effects
from singlearm.synthesis.landmarks import pool_landmarks
from singlearm.synthesis.prediction import prediction_bootstrap
from singlearm.synthesis.rates import pool_rates
from singlearm.synthesis.regress_counts import moderate_effects
from singlearm.synthesis.survival_model import StudyPoints, fit_survival_model

N = [10, 20, 30]
Y, V = [0.1, 0.2, 0.3], [0.1, 0.2, 0.1]
GROUPS = ["a", "b", "b"]
TABLES = two_by_two([1, 2], [10, 10], [2, 3], [10, 10])
TABLE = [[0.9, 0.8, 0.7]] * 3
AT_RISK = [[20, 20, 20]] * 3
#: What is no list of three numbers.
NO_LIST = {
    "text": ["a", "b", "c"],
    "numbers_as_text": ["1", "2", "3"],
    "truth_values": [True, False, True],
    "dates": [date(2020, 1, 1)] * 3,
    "datetimes": np.array(["2020-01-01"] * 3, "M8[D]"),
    "complex": [1 + 2j, 2, 3],
    "ragged": [[1, 2], [3]],
    "table": [[1, 2, 3], [4, 5, 6]],
    "short": [1, 2],
    "one_text": "abc",
    "dict": {"a": 1},
    "a_truth_value": True,
}
#: What is no number between 0 and 1.
NO_SHARE = (None, "0.9", 0, 1, 3, -0.1, float("nan"), True, [0.9], 0.9 + 0j, {})

OF_NUMBERS = {
    "pool_events": lambda bad: pool(bad, N),
    "pool_total": lambda bad: pool([1, 2, 3], bad),
    "pool_rates_events": lambda bad: pool_rates(bad, N),
    "pool_rates_time": lambda bad: pool_rates([1, 2, 3], bad),
    "pool_landmarks": lambda bad: pool_landmarks(bad, n=N),
    "pool_landmarks_low": lambda bad: pool_landmarks([0.3, 0.4, 0.5], bad, [0.6, 0.7, 0.8]),
    "pool_landmarks_n": lambda bad: pool_landmarks([0.3, 0.4, 0.5], n=bad),
    "pool_ratios_yi": lambda bad: pool_ratios(bad, V),
    "pool_ratios_vi": lambda bad: pool_ratios(Y, bad),
    "pool_ratios_bayes": lambda bad: pool_ratios_bayes(Y, bad),
    "summary_curve": lambda bad: summary_curve(bad, AT_RISK, [1, 2, 3]),
    "summary_curve_at_risk": lambda bad: summary_curve(TABLE, bad, [1, 2, 3]),
    "summary_curve_times": lambda bad: summary_curve(TABLE, AT_RISK, bad),
    "fit_survival_model": fit_survival_model,
    "study_points": lambda bad: StudyPoints(bad, [0.9, 0.8, 0.7], [0.1, 0.2, 0.3]),
    "compare_subgroups": lambda bad: compare_subgroups(bad, N, GROUPS),
    "compare_effects_yi": lambda bad: compare_effects(bad, V, GROUPS),
    "compare_effects_vi": lambda bad: compare_effects(Y, bad, GROUPS),
    "meta_regression": lambda bad: meta_regression(bad, N, [1, 2, 3]),
    "moderate_effects": lambda bad: moderate_effects(bad, V, [1, 2, 3]),
    "pool_effects": lambda bad: pool_effects(bad, [[0.1, 0.2, 0.1]] * 3),
    "prediction_bootstrap": lambda bad: prediction_bootstrap(bad, V),
}
OF_LEVEL = {
    "pool": lambda bad: pool([1, 2, 3], N, level=bad),
    "pool_rates": lambda bad: pool_rates([1, 2, 3], N, level=bad),
    "pool_landmarks": lambda bad: pool_landmarks([0.3, 0.4, 0.5], n=N, level=bad),
    "pool_ratios": lambda bad: pool_ratios(Y, V, level=bad),
    "pool_ratios_bayes": lambda bad: pool_ratios_bayes(Y, V, level=bad),
    "summary_curve": lambda bad: summary_curve(TABLE, AT_RISK, [1, 2, 3], level=bad),
    "compare_subgroups": lambda bad: compare_subgroups([1, 2, 3], N, GROUPS, level=bad),
    "meta_regression": lambda bad: meta_regression([1, 2, 3], N, [1, 2, 3], level=bad),
    "pool_effects": lambda bad: pool_effects(Y, V, level=bad),
    "tau2_interval": lambda bad: tau2_interval(Y, V, level=bad),
    "study_intervals": lambda bad: study_intervals([1, 2, 3], N, level=bad),
    "prediction_interval": lambda bad: prediction_interval(0.1, 0.1, 0.1, 3, level=bad),
    "calibrate": lambda bad: calibrate(
        [[1, 2, 3]], N, Model("normal"), Truth("PLO", 0.0, 0.5), level=bad
    ),
    "mantel_haenszel": lambda bad: mantel_haenszel("OR", TABLES, level=bad),
    "peto": lambda bad: peto(TABLES, level=bad),
    "ratio_from_counts": lambda bad: ratio_from_counts("OR", 1, 10, 2, 10, level=bad),
    "ratio_from_printed": lambda bad: ratio_from_printed(0.5, 0.3, 0.8, level=bad),
}


@pytest.mark.parametrize("kind", NO_LIST)
@pytest.mark.parametrize("function", OF_NUMBERS)
def test_what_is_no_list_of_numbers_is_told(function, kind):
    if function == "pool_effects" and kind in ("table", "short"):
        pytest.skip("takes tables")
    with pytest.raises(SynthesisError):
        OF_NUMBERS[function](NO_LIST[kind])


@pytest.mark.parametrize("function", OF_LEVEL)
def test_a_level_lies_between_0_and_1(function):
    for bad in NO_SHARE:
        with pytest.raises(SynthesisError, match="level"):
            OF_LEVEL[function](bad)


def test_a_lone_number_is_not_repeated_for_every_study():
    with pytest.raises(SynthesisError, match="one length"):
        pool_rates(3, [10.0, 20.0, 30.0])
    with pytest.raises(SynthesisError, match="as long as survival"):
        pool_landmarks([0.3, 0.4, 0.5], n=30)


def test_infinite_and_negative_variances_are_told():
    for bad in ([0.1, float("inf"), 0.1], [0.1, -0.2, 0.1], [0.1, 0.0, 0.1]):
        for call in (pool_ratios, pool_ratios_bayes):
            with pytest.raises(SynthesisError, match="above 0"):
                call(Y, bad)
    with pytest.raises(SynthesisError, match="above 0"):
        compare_effects(Y, [0.1, -0.2, 0.1], GROUPS)
    with pytest.raises(SynthesisError, match="not positive"):
        pool_landmarks([0.3, 0.4], n=[10, float("inf")])


def test_columns_of_pandas_with_any_index_give_the_same():
    odd = {"index": [9, 2, 5]}
    plain = pool([1, 2, 3], N)
    assert pool(pd.Series([1, 2, 3], **odd), pd.Series(N, **odd)) == plain
    assert pool(pd.Series([1, 2, 3], dtype="Int64", **odd), pd.Series(N)) == plain


def test_what_is_missing_in_a_column_of_pandas_is_left_out_and_counted():
    gaps = pd.Series([0.1, None, 0.3])
    for call in (pool_ratios, pool_ratios_bayes):
        assert call(gaps, V).note == call([0.1, None, 0.3], V).note
        assert "left_out=1" in call(gaps, V).note
    groups = pd.Series(["a", None, "b", "b"])
    assert compare_subgroups([1, 2, 3, 4], [10] * 4, groups).tests[0].left_out == 1
    assert (
        compare_subgroups([1, 2, 3, 4], [10] * 4, ["a", float("nan"), "b", "b"]).tests[0].left_out
    )
    assert compare_effects([0.1, 0.2, 0.4, 0.3], [0.1] * 4, groups).left_out == 1
    assert moderate_effects([0.1, 0.2, 0.4], V, [1, float("nan"), 2]).omnibus.left_out == 1


def test_labels_of_two_kinds_have_no_order():
    with pytest.raises(SynthesisError, match="all texts or all numbers"):
        compare_subgroups([1, 2, 3], N, ["a", 1, 1])


def test_a_bootstrap_and_permutations_can_be_asked_for_together():
    x, n = [1, 2, 8, 9, 3], [10] * 5
    r = compare_subgroups(x, n, list("aabbb"), tau2_mode="common", bootstrap=19, permutations=50)
    leading, ratio = r.tests
    assert (leading.test, leading.draws, leading.p_permutation) == ("lrt_bootstrap", 19, None)
    assert ratio.p_permutation is not None


def test_helpers_say_what_is_allowed():
    assert np.isnan(real_numbers("n", [None, pd.NA])).all()
    assert [a.size for a in lists(x=3, y=[1])] == [1, 1]
    with pytest.raises(SynthesisError, match=r"x and y must have shapes that fit"):
        together(x=[1, 2], y=[1, 2, 3])
    with pytest.raises(SynthesisError, match="not a list"):
        labels("groups", 3)


def test_no_study_at_all_is_an_answer_without_a_number():
    for call in (pool_effects, tau2_interval):
        found = call([], [])
        value = found["tau2_high"] if isinstance(found, dict) else found.estimate
        assert np.isnan(value)

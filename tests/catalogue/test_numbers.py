"""Printed numbers: what a reader sees for ordinary, missing and extreme values."""

import doctest
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from singlearm.catalogue import numbers as n


def test_examples_of_the_docstring_hold():
    result = doctest.testmod(n)
    assert result.attempted >= 5
    assert result.failed == 0


@pytest.mark.parametrize("missing", [None, math.nan])
def test_missing_values_print_as_a_dash(missing):
    assert n.percent_ci(missing, 0.1, 0.2) == "–"
    assert n.percent_ci(0.5, missing, missing) == "50.0 –"
    assert n.percent_words(0.5, missing, missing) == "50.0%"
    assert n.percent_interval(missing, missing) == "–"
    assert n.interval(0.4, missing) == "[0.40, –]"
    assert n.tau2_ci(0.4, missing, missing) == "0.40"
    assert n.events_total(None, 12) == "–/12"
    assert n.p_value(missing) == "p –"
    assert n.i2(missing) == n.weight(missing) == n.months(missing) == "–"


def test_minus_sign_zero_and_infinity():
    assert n.number(-0.001) == "0.00"
    assert n.number(-2.5, 1) == "−2.5"
    assert n.number(math.inf) == "∞"
    assert n.number(-math.inf) == "−∞"


def test_small_tau2_is_not_printed_as_zero():
    assert n.tau2(0.0) == "0.00"
    assert n.tau2(0.0004) == "<0.01"
    assert n.tau2_ci(0.36, 0.0, 2.05) == "0.36 [0.00, 2.05]"


@given(st.floats(0, 1))
def test_a_p_value_never_prints_as_zero_or_one(p):
    text = n.p_number(p)
    assert text.strip("<>0.") != ""
    assert not text.startswith("1")


@given(st.floats(0, 1))
def test_percent_is_within_half_a_unit_of_its_last_decimal(proportion):
    assert abs(float(n.percent(proportion).lstrip("<")) - 100 * proportion) <= 0.05 + 1e-9


@given(st.floats(0, 1, exclude_min=True))
def test_what_is_not_0_never_prints_as_0(proportion):
    for text in (n.percent(proportion), n.percent(proportion, 1), n.percent(proportion, 0)):
        assert text.startswith("<") or float(text) > 0


def test_rare_proportions_print_with_three_digits():
    assert n.percent_ci(0.00022234, 0.000204, 0.00024) == "0.0222 [0.0204, 0.0240]"
    assert n.percent_words(0.00022234, 0.000204, 0.00024) == "0.0222% (95% CI 0.0204 to 0.0240)"
    assert n.percent_interval(0.000174, 0.000284) == "[0.0174, 0.0284]"
    assert n.percent_ci(0.004, 1e-6, 0.838) == "0.4 [<0.1, 83.8]"
    assert n.percent_ci(0.0, 0.0, 0.051) == "0.0 [0.0, 5.1]"


def test_a_p_value_just_below_a_tenth_prints_as_one_above_it():
    assert n.p_number(0.0996) == n.p_number(0.1) == "0.10"
    assert n.p_number(0.0994) == "0.099"


def test_counts_group_thousands_late():
    assert n.count(1448) == "1448"
    assert n.count(26311) == "26,311"


@pytest.mark.parametrize(
    ("prints", "value", "text"),
    [
        ("coefficient", 0.00042, "0.000420"),
        ("coefficient", -0.00042, "−0.000420"),
        ("coefficient", 0.25, "0.250"),
        ("number", 0.0031, "0.00310"),
        ("decimal", 0.02, "0.0200"),
        ("points", 0.0002, "0.0200"),
        ("points", -0.0311, "−3.1"),
        ("points", 1e-17, "0.0"),
    ],
)
def test_no_column_prints_0_for_what_is_not_0(prints, value, text):
    assert n.PRINT[prints](value) == text


def test_limits_and_weights_do_not_print_0_for_what_is_not_0():
    assert n.interval(0.003, 1.2) == "[0.00300, 1.20]"
    assert n.interval(4e-6, 0.25) == "[0.00000400, 0.25]"
    assert n.interval(0.0, 0.25) == "[0.00, 0.25]"
    assert (n.weight(0.02), n.weight(0.0)) == ("<0.1", "0.0")


@example(0.5, 0)  # a half goes to the even number, which is 0
@example(-0.5, 0)
@example(5e-9, 3)
@given(st.floats(-1e9, 1e9), st.sampled_from([0, 1, 2, 3]))
def test_a_number_that_is_not_0_has_a_digit_that_is_not(value, decimals):
    shown = any(digit in "123456789" for digit in n.significant(value, decimals))
    assert shown == (value != 0)

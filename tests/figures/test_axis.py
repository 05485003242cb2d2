"""Axes of proportions fit the data, however rare, with ticks that can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from singlearm.catalogue.numbers import shortest
from singlearm.figures.marks.axis import number_axis, percent_axis, share_axis, whole_axis


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([0.00014, 0.00028], (0, 0.0003)),
        ([0.012], (0, 0.015)),
        ([0.049], (0, 0.05)),
        ([0.051], (0, 0.1)),
        ([0.11], (0, 0.2)),
        ([0.0], (0, 0.05)),
        ([], (0, 1)),
        ([0.7, 0.97], (0.7, 1)),
        ([0.9997, 0.9999], (0.9997, 1)),
    ],
)
def test_a_percent_axis_fits_its_data(values, ends):
    axis = percent_axis(values)
    assert (axis.low, axis.high) == pytest.approx(ends, abs=1e-12)


@given(st.floats(1e-6, 1.0))
def test_a_value_is_not_lost_at_the_end_of_its_axis(value):
    axis = percent_axis([value])
    if value < 0.5:
        assert axis.place(value) > 0.39
    labels = [label for _, label in axis.ticks]
    assert 3 <= len(labels) == len(set(labels)) and not any("e" in label for label in labels)


def test_a_whole_axis_is_whole_unless_all_is_rare():
    assert whole_axis([0.0002, 0.4, None]).high == 1 and whole_axis([]).high == 1
    assert whole_axis([0.0002, None]).high == 0.0002


def test_equal_small_shares_have_an_axis_around_them():
    axis = share_axis([0.0002, 0.0002])
    assert 0 < axis.low < 0.0002 < axis.high < 0.0005
    assert number_axis([2020, 2020]).high < 2021


def test_labels_of_ticks_are_plain_numbers():
    assert [shortest(v) for v in (0.00002, 2.5, 100.0)] == ["0.00002", "2.5", "100"]

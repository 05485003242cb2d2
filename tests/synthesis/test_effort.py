"""Bounds of the sensitivity analyses: what is computed of many studies, and that it is the same."""

import doctest

import numpy as np
import pytest

from singlearm.synthesis import (
    Model,
    cumulative,
    effort,
    influence,
    leave_one_out,
    leave_two_out,
)

MODELS = [Model("binomial_normal", ci="wald"), Model("normal", measure="PLO", tau2="DL", ci="wald")]
K = 12
TOTAL = np.arange(20, 20 + 5 * K, 5)
EVENTS = np.array([4, 9, 3, 20, 11, 30, 8, 29, 41, 7, 33, 55])


def test_examples():
    assert doctest.testmod(effort).failed == 0


def test_small_reviews_are_computed_whole():
    assert effort.most_moving(EVENTS, TOTAL, effort.refits(K)).tolist() == list(range(K))
    assert effort.steps(K).tolist() == list(range(1, K + 1))


def test_the_studies_that_move_the_value_most():
    """Those that the refits themselves name, as tau2 hardly changes."""
    model = Model("normal", measure="PLO", tau2="DL", ci="wald")
    whole = leave_one_out(EVENTS, TOTAL, model).estimate_link
    centre = np.median(whole)
    chosen = effort.most_moving(EVENTS, TOTAL, 3)
    assert set(np.argsort(-np.abs(whole - centre))[:2]) <= set(chosen.tolist())
    assert chosen.tolist() == sorted(chosen.tolist())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.likelihood)
def test_a_part_has_the_numbers_of_the_whole(model):
    some = np.array([1, 5, 9])
    whole, part = (leave_one_out(EVENTS, TOTAL, model, of=of) for of in (None, some))
    assert part.estimate == pytest.approx(whole.estimate[some], rel=1e-9)
    every, few = (influence(EVENTS, TOTAL, model, of=of) for of in (None, some))
    assert few.cook_d == pytest.approx(every.cook_d[some], rel=1e-6)
    assert few.influential.tolist() == every.influential[some].tolist()
    pairs, two = leave_two_out(EVENTS, TOTAL, model, of=some)
    assert pairs.tolist() == [[1, 5], [1, 9], [5, 9]]
    all_pairs, all_two = leave_two_out(EVENTS, TOTAL, model)
    where = [all_pairs.tolist().index(pair) for pair in pairs.tolist()]
    assert two.estimate == pytest.approx(all_two.estimate[where], rel=1e-9)
    order = list(range(K))[::-1]
    grown = cumulative(EVENTS, TOTAL, model, order, steps=np.array([3, K]))
    assert grown.estimate == pytest.approx(
        cumulative(EVENTS, TOTAL, model, order).estimate[[2, K - 1]], rel=1e-9
    )

"""Which terms of regressions a reader sees."""

import pytest

from singlearm.report.regression_rows import displayed


def row(term, variable=None, *, moderator="both", p_bootstrap=None):
    return {
        "moderator": moderator, "term": term, "variable": variable, "p_bootstrap": p_bootstrap,
    }  # fmt: skip


SEVERAL = [
    row("intercept"),
    row("year", "year"),
    row("line: 2", "line"),
    row("line: 3", "line"),
    row("omnibus: year", "year"),
    row("omnibus: line", "line"),
    row("omnibus"),
]


@pytest.mark.parametrize("own_test", [False, True])
def test_a_test_that_is_the_coefficients_own_is_left_out(own_test):
    shown = [r["term"] for r in displayed(SEVERAL, ["moderator"], lambda _: own_test)]
    of_one = ["omnibus: year"] if own_test else []
    assert shown == ["year", "line: 2", "line: 3", *of_one, "omnibus: line", "omnibus"]


@pytest.mark.parametrize(("p_bootstrap", "shown"), [(None, ["year"]), (0.2, ["year", "omnibus"])])
def test_beside_one_slope_the_test_of_all_is_shown_for_its_bootstrap_alone(p_bootstrap, shown):
    rows = [row("intercept"), row("year"), row("omnibus", p_bootstrap=p_bootstrap)]
    found = displayed(rows, ["moderator"], lambda _: False)
    assert [r["term"] for r in found] == shown


def test_regressions_are_told_apart_by_their_keys():
    rows = [row("year", moderator="a"), row("size", moderator="b"), row("omnibus", moderator="a")]
    assert displayed(rows, ["moderator"], lambda _: False) == rows[:2]
    assert len(displayed(rows, [], lambda _: False)) == 3

"""The multiverse as the step runs it: complete denominators, and p against the null value."""

from types import SimpleNamespace

import pytest

import vary_outcome
from singlearm.catalogue.tables import table_text
from singlearm.synthesis import pool

X, N = [16, 10, 4, 43, 10, 25], [17, 12, 8, 58, 10, 42]


def cells(enrolled):
    names = ("study_id", "events", "total", "enrolled", "kind")
    rows = zip("ABCDEF", X, N, enrolled, "ffffaa", strict=True)
    return [dict(zip(names, row, strict=True)) | {"supersedes": None} for row in rows]


def tables(enrolled, *, likelihoods=("binomial_normal",), measures=("PLO",), **settings):
    params = SimpleNamespace(
        settings=settings, subgroups={},
        multiverse={
            "choices": {
                "likelihoods": list(likelihoods), "measures": list(measures),
                "ci": ["profile", "wald"],
            },
            "include": {"full": {"kind": ["f"]}}, "denominators": ["enrolled"],
        },
    )  # fmt: skip
    found = vary_outcome.multiverse_tables(cells(enrolled), [], [], params)
    for kind, rows in found.items():
        assert table_text(kind, rows)
    return found


def test_a_denominator_that_some_lack_is_left_out_and_told():
    """Of all six studies one lacks it, of the four of the inclusion set none."""
    found = tables([20, 15, 9, 60, None, 50])
    used = {(row["inclusion"], row["denominators"]) for row in found["multiverse"]}
    assert used == {("all", "reported"), ("full", "reported"), ("full", "enrolled")}
    first, *others = found["multiverse_summary"]
    assert (first["choice"], first["note"]) == ("all", "denominators_left_out=1")
    assert {row["note"] for row in others} == {None}
    assert tables([20, 15, 9, 60, 11, 50])["multiverse_summary"][0]["note"] is None


def test_combinations_that_estimate_a_mean_and_a_median_study_are_told():
    for likelihoods, measures, told in (
        (["normal"], ["PLO", "PAS"], None),
        (["normal"], ["PLO", "PR"], "estimands_mixed"),
        (["normal", "beta_binomial"], ["PR"], None),
        (["binomial_normal", "beta_binomial"], ["PLO"], "estimands_mixed"),
    ):
        found = tables([20, 15, 9, 60, 11, 50], likelihoods=likelihoods, measures=measures)
        assert found["multiverse_summary"][0]["note"] == told, likelihoods


def test_p_values_are_against_the_outcomes_null_value():
    row = tables([None] * 6, null_value=0.5)["multiverse"][0]
    assert row["p_value"] == pytest.approx(pool(X, N, "glmm", null_value=0.5).p_value, rel=1e-6)
    assert all(r["p_value"] != r["p_value"] for r in tables([None] * 6)["multiverse"])  # NaN

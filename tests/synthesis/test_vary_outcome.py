"""The multiverse as the step runs it: complete denominators, and p against the null value."""

from types import SimpleNamespace

import pytest

import vary_outcome
from singlearm.catalogue.tables import table_text
from singlearm.synthesis import Model, gosh, pool
from singlearm.synthesis.models import MODELS as NAMED

MODELS = NAMED | {"freeman_tukey": Model("normal", measure="PFT")}
X, N = [16, 10, 4, 43, 10, 25], [17, 12, 8, 58, 10, 42]


def cells(enrolled):
    names = ("study_id", "events", "total", "enrolled", "kind")
    rows = zip("ABCDEF", X, N, enrolled, "ffffaa", strict=True)
    return [dict(zip(names, row, strict=True)) | {"supersedes": None} for row in rows]


def tables(
    enrolled, *, likelihoods=("binomial_normal",), measures=("PLO",), primary=None, **settings
):
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
    found = vary_outcome.multiverse_tables(cells(enrolled), [], [], params, primary)
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


def test_where_the_primary_lies_and_what_is_estimated_is_told():
    """A fit by another road, which differs in its last digits, is the same estimate."""
    params = SimpleNamespace(vary=["glmm", "logit_dl"])
    known = cells([None] * 6)
    ours = vary_outcome.primary_estimate(known, MODELS, {}, params)
    assert ours == pool(X, N, "glmm").estimate
    kinds = {"measures": ("PLO", "PAS"), "likelihoods": ("normal", "binomial_normal")}
    values = {round(r["estimate"], 9) for r in tables([None] * 6, **kinds)["multiverse"]}
    assert len(values) > 3
    for value in (ours, ours + 1e-9, min(values), max(values)):
        first = tables([None] * 6, primary=value, **kinds)["multiverse_summary"][0]
        below = sum(v < value - 1e-7 for v in values) / len(values)
        above = sum(v > value + 1e-7 for v in values) / len(values)
        assert (first["share_below_primary"], first["share_above_primary"]) == (below, above)
        assert first["estimand"] == "typical"


def test_subsets_have_what_all_studies_give_beside():
    for name in ("logit_dl", "freeman_tukey"):
        found = vary_outcome.gosh_tables(cells([None] * 6), MODELS[name], {"draws": 9, "seed": 1})
        subsets = gosh(X, N, MODELS[name].effect_measure)
        rows = {(row["model"], row["quantity"]): row for row in found["gosh_summary"]}
        for key, values in (
            (("DL", "estimate"), subsets.estimate), (("EE", "estimate"), subsets.estimate_ee),
            (("DL", "tau2"), subsets.tau2), (("DL", "i2"), subsets.i2),
        ):  # fmt: skip
            assert rows[key]["all_studies"] == pytest.approx(values[-1], rel=1e-9), (name, key)
            assert rows[key]["estimand"] == "typical"


def test_refits_have_both_pooled_numbers():
    names = {name: MODELS[name] for name in ("glmm", "logit_dl")}
    known = [cell | {"year": 2020} for cell in cells([None] * 6)]
    found = vary_outcome.leave_out_tables(known, names, {}, True)
    for kind in ("leave_one_out", "leave_two_out", "cumulative"):
        rows = found[kind]
        assert table_text(kind, rows)
        assert all(row["marginal"] is not None for row in rows if row["tau2"])
    first = found["leave_one_out"][0]
    alone = pool(X[1:], N[1:], "glmm")
    for name in ("estimate", "marginal", "marginal_low", "marginal_high"):
        assert first[name] == pytest.approx(getattr(alone, name), rel=1e-6)


def test_p_values_are_against_the_outcomes_null_value():
    row = tables([None] * 6, null_value=0.5)["multiverse"][0]
    assert row["p_value"] == pytest.approx(pool(X, N, "glmm", null_value=0.5).p_value, rel=1e-6)
    assert all(r["p_value"] != r["p_value"] for r in tables([None] * 6)["multiverse"])  # NaN

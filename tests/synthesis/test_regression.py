"""Regression: exact arithmetic where metafor loses digits; the facade and its refusals."""

from fractions import Fraction

import numpy as np
import pytest
from reference_ledger import load

from singlearm.synthesis import (
    Model,
    SynthesisError,
    effect_sizes,
    meta_regression,
    regress_effects,
)


def exact_line(y, v, x):
    """Weighted least squares of y on (1, x) in rational arithmetic."""
    w = [1 / Fraction(float(a)) for a in v]
    y, x = [Fraction(float(a)) for a in y], [Fraction(float(a)) for a in x]
    s, sx, sy = sum(w), sum(a * b for a, b in zip(w, x)), sum(a * b for a, b in zip(w, y))  # noqa: B905
    sxx = sum(a * b * b for a, b in zip(w, x))  # noqa: B905
    sxy = sum(a * b * c for a, b, c in zip(w, x, y))  # noqa: B905
    slope = (s * sxy - sx * sy) / (s * sxx - sx * sx)
    return float((sy - slope * sx) / s), float(slope)


def test_an_uncentred_year_loses_no_digits():
    """li2007_trt on the year of publication: metafor is off by 1e-8 here."""
    data = load("metafor", "li2007_trt")["data"]
    e = effect_sizes(data["xi"], data["ni"], "PLO")
    year = np.array(data["mod"], float)
    r = regress_effects(e.yi, e.vi, np.stack([np.ones(year.size), year], axis=1), tau2="EE")
    assert tuple(r.beta) == pytest.approx(exact_line(e.yi, e.vi, year), rel=1e-11)


X, N = [3, 8, 5, 9, 2, 7], [10, 12, 11, 13, 9, 10]


@pytest.mark.parametrize("model", [Model("normal"), Model("binomial_normal", ci="t")])
def test_a_label_and_its_dummy_number_are_one_model(model):
    labels = meta_regression(X, N, list("abaabb"), model)
    number = meta_regression(X, N, [0, 1, 0, 0, 1, 1], model)
    assert [t.term for t in labels.terms] == ["intercept", "b - a"]
    for a, b in zip(labels.terms, number.terms, strict=True):
        assert (a.estimate, a.se, a.p_value) == pytest.approx(
            (b.estimate, b.se, b.p_value), rel=1e-7
        )
    assert labels.omnibus.statistic == pytest.approx(number.omnibus.statistic, rel=1e-7)


@pytest.mark.parametrize(
    ("moderator", "note"),
    [
        ([1, 1, 1, 1, 1, 1], "constant_moderator"),
        ([1, None, None, None, 2, 5], "studies_needed=4; left_out=3"),
        (list("aaaaaa"), "one_level"),
        ([None] * 6, "no_data; left_out=6"),
    ],
)
def test_what_cannot_be_regressed_says_why(moderator, note):
    for model in (Model("normal"), Model("binomial_normal")):
        r = meta_regression(X, N, moderator, model)
        assert {t.note for t in r.terms} == {note} and r.omnibus.p_value is None


@pytest.mark.parametrize("model", [Model("normal"), Model("binomial_normal")])
def test_studies_for_each_coefficient_are_asked_for_by_the_caller(model):
    years = [1, 2, 3, 4, 5, 6]
    fitted = meta_regression(X, N, years, model, name="year", per_coefficient=6)
    assert [t.term for t in fitted.terms] == ["intercept", "year"]
    assert fitted.terms[1].estimate is not None
    refused = meta_regression(X, N, years, model, per_coefficient=7)
    assert {t.note for t in refused.terms} == {"studies_needed=7"}
    labels = meta_regression(X, N, list("abcabc"), model, per_coefficient=6)
    assert {t.note for t in labels.terms} == {"studies_needed=12"}


def test_a_label_outside_the_levels_is_an_error():
    with pytest.raises(SynthesisError, match="not among the levels"):
        meta_regression(X, N, list("abaabc"), Model("normal"), levels=["a", "b"])


def test_other_likelihoods_refuse_in_words():
    r = meta_regression(X, N, [1, 2, 3, 4, 5, 6], Model("bayes"))
    assert r.terms[0].note == "no_regression_for_bayes"


def test_lengths_must_agree():
    with pytest.raises(SynthesisError, match="one length"):
        meta_regression(X, N, [1, 2], Model("normal"))

"""What must hold for any data. Profiles: short by default, HYPOTHESIS_PROFILE=long for 2,000."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from singlearm.synthesis import Model, effect_sizes, pool, pool_many, study_intervals
from singlearm.synthesis.estimators import TAU2_METHODS
from singlearm.synthesis.intervals import STUDY_METHODS

GLMM = Model("binomial_normal")


@st.composite
def counts(draw, least=1, most=8, largest=60):
    """Events and totals of a few studies; zeros and full studies are common."""
    k = draw(st.integers(least, most))
    n = draw(st.lists(st.integers(1, largest), min_size=k, max_size=k))
    share = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1))
    x = [round(draw(share) * m) for m in n]
    return x, n


MODELS = [
    GLMM, Model("binomial_normal", ci="t"), Model("beta_binomial"),
    Model("normal"), Model("normal", tau2="PM", ci="wald"), Model("normal", measure="PAS"),
    Model("normal", measure="PFT"), Model("normal", measure="PR"),
]  # fmt: skip
models = st.sampled_from(MODELS)
FIELDS = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high", "tau2", "rho", "q", "p_value")


def same(a, b, tolerance=1e-6):
    if a is None or b is None:
        assert a is None and b is None
    else:
        assert a == pytest.approx(b, rel=tolerance, abs=tolerance)


@given(counts(), models, st.randoms())
def test_the_order_of_studies_changes_nothing(data, model, random):
    x, n = data
    order = list(range(len(x)))
    random.shuffle(order)
    a, b = pool(x, n, model), pool([x[i] for i in order], [n[i] for i in order], model)
    for field in FIELDS:
        same(getattr(a, field), getattr(b, field))
    assert a.note == b.note
    for i, j in enumerate(order):
        same(a.weights[j], b.weights[i])


@given(counts(), models)
def test_swapping_events_and_non_events_mirrors(data, model):
    x, n = data
    a, b = pool(x, n, model), pool([m - y for y, m in zip(x, n, strict=True)], n, model)
    mirror = lambda v: None if v is None else 1 - v  # noqa: E731
    same(a.estimate, mirror(b.estimate))
    same(a.ci_low, mirror(b.ci_high))
    same(a.pi_high, mirror(b.pi_low))
    same(a.tau2, b.tau2)
    same(a.rho, b.rho)


@given(counts(most=1, largest=500), st.sampled_from(STUDY_METHODS))
def test_study_intervals_mirror_and_hold_their_estimate(data, method):
    x, n = np.array(data[0]), np.array(data[1])
    low, high = study_intervals(x, n, method)
    assert 0 <= low[0] <= x[0] / n[0] <= high[0] <= 1
    back = study_intervals(n - x, n, method)
    np.testing.assert_allclose([low, high], [1 - back[1], 1 - back[0]], atol=1e-9)


@given(counts(least=2), st.sampled_from(MODELS[:5]), st.data())
def test_merging_two_studies_is_never_silent(data, model, drawer):
    """Two studies as one: k changes, so does the record; nothing is dropped on the way."""
    x, n = data
    i = drawer.draw(st.integers(0, len(x) - 2))
    merged = [*x[:i], x[i] + x[i + 1], *x[i + 2 :]], [*n[:i], n[i] + n[i + 1], *n[i + 2 :]]
    a, b = pool(x, n, model), pool(*merged, model)
    assert (a.k, a.events, a.total) == (b.k + 1, b.events, b.total)
    assert (a.q, a.note, a.weights) != (b.q, b.note, b.weights)


@given(counts(), models)
def test_every_number_is_a_number_or_has_its_reason(data, model):
    r = pool(*data, model)
    for field in FIELDS:
        value = getattr(r, field)
        assert value is None or np.isfinite(value)
    if r.estimate is None:
        assert r.note
    elif None in (r.ci_low, r.ci_high):
        assert "interval_not_found" in r.note
    else:
        assert 0 <= r.ci_low <= r.estimate <= r.ci_high <= 1
    if r.pi_low is None and model.likelihood != "bayes":
        assert r.note
    assert r.tau2 is None or r.tau2 >= 0
    assert r.tau2_low is None or 0 <= r.tau2_low <= (r.tau2_high or np.inf)


@given(counts(least=2), st.sampled_from(TAU2_METHODS), st.sampled_from(["PLO", "PAS", "PR"]))
def test_tau2_is_never_negative(data, method, measure):
    r = pool(*data, Model("normal", measure=measure, tau2=method))
    assert r.converged and (r.tau2 is None or r.tau2 >= 0)


@given(st.lists(counts(most=6), min_size=1, max_size=5), models)
def test_a_batch_gives_what_each_gives_alone(datasets, model):
    k = max(len(x) for x, _ in datasets)
    events, total = np.zeros((2, len(datasets), k))
    there = np.zeros((len(datasets), k), bool)
    for i, (x, n) in enumerate(datasets):
        events[i, : len(x)], total[i, : len(x)], there[i, : len(x)] = x, n, True
    many = pool_many(events, total, model, present=there)
    for i, (x, n) in enumerate(datasets):
        alone = pool(x, n, model)
        assert many.notes[i] == alone.notes
        for field in FIELDS:
            value = getattr(many, field)[i]
            same(None if np.isnan(value) else value, getattr(alone, field), 1e-7)


@given(counts(least=2))
def test_the_mle_is_a_maximum(data):
    """The GLMM's log-likelihood is above that of the common effect and of shifted means."""
    r = pool(*data, GLMM)
    if r.estimate is None or r.tau2 is None:
        return
    common = pool(*data, Model("binomial_normal", ci="wald"))
    assert r.loglik == pytest.approx(common.loglik, abs=1e-9)
    assert 0 <= r.tau2_p <= 1
    assert r.p_value is None or 0 <= r.p_value <= 1


@given(counts())
def test_effect_sizes_mirror(data):
    x, n = np.array(data[0]), np.array(data[1])
    for measure, mirror in (
        ("PLO", lambda y: -y), ("PR", lambda y: 1 - y),
        ("PAS", lambda y: np.pi / 2 - y), ("PFT", lambda y: np.pi / 2 - y),
    ):  # fmt: skip
        a, b = effect_sizes(x, n, measure), effect_sizes(n - x, n, measure)
        np.testing.assert_allclose(a.yi, mirror(b.yi), atol=1e-12)
        np.testing.assert_allclose(a.vi, b.vi, rtol=1e-10)

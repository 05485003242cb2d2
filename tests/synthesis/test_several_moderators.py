"""Several moderators at once: metafor's numbers, an own likelihood, refusals, bootstrap."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, gammaln

from singlearm.synthesis import Model, SynthesisError, meta_regression, regression_bootstrap
from singlearm.synthesis.glmm import fit_glmm
from singlearm.synthesis.regress_counts import moderate_effects

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference/several_moderators.json").read_text(encoding="utf-8")
)
X, N = REFERENCE["xi"], REFERENCE["ni"]
MODERATORS = {name: REFERENCE[name] for name in ("year", "age", "line")}
CI = {"z": "wald", "knha": "hk", "adhoc": "hk_adhoc"}


def rows_of(regression):
    return {row.term: row for row in regression.rows()}


@pytest.mark.parametrize("fit", REFERENCE["normal"], ids=lambda f: f"{f['method']}-{f['test']}")
def test_two_step_regressions_are_metafors(fit):
    r = meta_regression(X, N, MODERATORS, Model("normal", tau2=fit["method"], ci=CI[fit["test"]]))
    assert [term.term for term in r.terms] == [
        "intercept", "year", "age", "line: later - first", "line: second - first",
    ]  # fmt: skip
    assert [term.variable for term in r.terms] == [None, "year", "age", "line", "line"]
    names = {"estimate": "beta", "se": "se", "ci_low": "ci_low", "ci_high": "ci_high"}
    for name, theirs in (names | {"p_value": "p"}).items():
        ours = [getattr(term, name) for term in r.terms]
        assert ours == pytest.approx(fit[theirs], rel=2e-7)
    if fit["method"] != "EE":
        assert r.terms[0].tau2 == pytest.approx(fit["tau2"], rel=1e-7)
    assert (r.omnibus.statistic, r.omnibus.p_value) == pytest.approx(
        (fit["qm"], fit["qm_p"]), rel=1e-6
    )
    for name in ("age", "line"):
        test = r.tests[name]
        assert (test.statistic, test.p_value) == pytest.approx(fit[name], rel=1e-6)
    assert r.tests["line"].df == 2


def own_loglik(parameters, columns):
    """Log-likelihood by a trapezoid rule with 801 points, without the product's logarithms."""
    *beta, log_tau = parameters
    u = np.linspace(-9, 9, 801)
    eta = (columns @ beta)[:, None] + np.exp(log_tau) * u
    x, n = np.array(X)[:, None], np.array(N)[:, None]
    p = expit(eta)
    constant = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    density = np.exp(constant + x * np.log(p) + (n - x) * np.log1p(-p) - u * u / 2)
    return np.log(np.trapezoid(density, u, axis=1) / np.sqrt(2 * np.pi)).sum()


def own_maximum(columns):
    start = np.r_[np.zeros(columns.shape[1]), -1.5]
    found = minimize(lambda b: -own_loglik(b, columns), start, method="BFGS", tol=1e-9)
    return found.x, -found.fun


def centred():
    line = np.array(REFERENCE["line"])
    year, age = (np.array(REFERENCE[name], float) for name in ("year", "age"))
    return {
        "intercept": np.ones((len(X), 1)),
        "year": (year - 2016)[:, None],
        "age": (age - 60)[:, None],
        "line": np.stack([line == "later", line == "second"], axis=1).astype(float),
    }


def test_the_exact_likelihood_is_that_of_plain_integration():
    r = rows_of(meta_regression(X, N, MODERATORS, Model("binomial_normal")))
    parts = centred()
    at, top = own_maximum(np.hstack(list(parts.values())))
    own = at[0] - 2016 * at[1] - 60 * at[2]
    assert r["intercept"].estimate == pytest.approx(own, abs=1e-3)
    found = [row.estimate for row in r.values() if row.estimate is not None]
    assert found[1:] == pytest.approx(at[1:-1], abs=1e-5)
    assert r["year"].tau2 == pytest.approx(np.exp(2 * at[-1]), abs=1e-5)
    for name in MODERATORS:
        _, less = own_maximum(np.hstack([part for key, part in parts.items() if key != name]))
        assert r[f"omnibus: {name}"].statistic == pytest.approx(2 * (top - less), abs=1e-5)
    _, none = own_maximum(parts["intercept"])
    assert r["omnibus"].statistic == pytest.approx(2 * (top - none), abs=1e-5)
    assert (r["omnibus"].df, r["omnibus: line"].df) == (4, 2)


def test_the_exact_likelihood_agrees_with_lme4():
    """To the accuracy of glmer's optimiser; standard errors of rma.glmm are its own (Wald)."""
    r = rows_of(meta_regression(X, N, MODERATORS, Model("binomial_normal")))
    theirs = REFERENCE["glmm"]
    terms = ["year", "age", "line: later - first", "line: second - first"]
    assert [r[t].estimate for t in terms] == pytest.approx(theirs["beta"][1:], abs=2e-5)
    assert [r[t].se for t in terms] == pytest.approx(theirs["se"][1:], rel=5e-3)
    for name in MODERATORS:
        assert r[f"omnibus: {name}"].statistic == pytest.approx(theirs[name], abs=1e-4)
    assert r["omnibus"].statistic == pytest.approx(theirs["all"], abs=1e-4)


@pytest.mark.parametrize("model", [Model("normal"), Model("binomial_normal", ci="t")])
def test_a_mapping_of_one_is_that_one(model):
    alone = meta_regression(X, N, MODERATORS["year"], model, name="year")
    named = meta_regression(X, N, {"year": MODERATORS["year"]}, model)
    for a, b in zip(alone.terms, named.terms, strict=True):
        assert (a.term, a.estimate, a.se) == (b.term, b.estimate, b.se)
    assert alone.omnibus.statistic == pytest.approx(named.tests["year"].statistic, rel=1e-9)
    assert dict(alone.tests) == {}


def test_a_frame_is_a_mapping_and_an_empty_cell_leaves_a_study_out():
    pandas = pytest.importorskip("pandas")
    holes = {**MODERATORS, "age": [None, None, *MODERATORS["age"][2:]]}
    holes["line"] = [*holes["line"][:1], None, *holes["line"][2:]]
    frame = meta_regression(X, N, pandas.DataFrame(holes), Model("normal"))
    mapping = meta_regression(X, N, holes, Model("normal"))
    assert frame == mapping
    assert frame.terms[0].k == len(X) - 2 and frame.terms[0].left_out == 2
    assert "values_lacking=age 2, line 1" in rows_of(frame)["omnibus"].note
    whole = {name: values[2:] for name, values in MODERATORS.items()}
    complete = meta_regression(X[2:], N[2:], whole, Model("normal"))
    assert [t.estimate for t in frame.terms] == [t.estimate for t in complete.terms]


def test_the_order_of_moderators_and_their_units_play_no_part():
    for model in (Model("normal"), Model("binomial_normal")):
        one = rows_of(meta_regression(X, N, MODERATORS, model))
        turned = {name: MODERATORS[name] for name in reversed(MODERATORS)}
        turned["age"] = [12 * age for age in turned["age"]]
        other = rows_of(meta_regression(X, N, turned, model))
        assert set(one) == set(other)
        for term, row in one.items():
            assert row.p_value == pytest.approx(other[term].p_value, rel=1e-6)
        assert one["age"].estimate == pytest.approx(12 * other["age"].estimate, rel=1e-6)


MONTHS = [12 * age for age in MODERATORS["age"]]
LATER = [1.0 if line == "first" else 0.0 for line in MODERATORS["line"]]


@pytest.mark.parametrize(
    ("more", "note"),
    [
        ({"phase": [2] * 24}, "moderators_constant=phase"),
        ({"phase": ["II"] * 24, "unit": [1.0] * 24}, "moderators_constant=phase, unit"),
        ({"months": MONTHS}, "moderators_collinear=age, months"),
        ({"first": LATER}, "moderators_collinear=line, first"),
        ({"sum": np.add(MODERATORS["year"], MODERATORS["age"])},
         "moderators_collinear=year, age, sum"),
    ],
)  # fmt: skip
def test_what_is_not_to_be_told_apart_has_no_numbers(more, note):
    for model in (Model("normal"), Model("binomial_normal")):
        rows = meta_regression(X, N, MODERATORS | more, model).rows()
        assert {row.note for row in rows} == {note}
        assert {(row.estimate, row.p_value) for row in rows} == {(None, None)}
        assert {row.term for row in rows} >= {f"omnibus: {name}" for name in MODERATORS | more}


def test_studies_for_each_coefficient_count_the_dummies():
    few = meta_regression(X, N, MODERATORS, Model("normal"), per_coefficient=7)
    assert {row.note for row in few.rows()} == {"studies_needed=28"}
    enough = meta_regression(X, N, MODERATORS, Model("normal"), per_coefficient=6)
    assert enough.omnibus.p_value is not None


def test_effects_without_variance_are_neither_used_nor_counted():
    y, v = [0.1, 0.5, np.nan, 0.3, 0.9, 0.4, 0.7], [0.1, 0.2, 0.1, 0.15, 0.12, 0.2, np.nan]
    both = {"a": [1, 2, 3, None, 5, 7, 6], "b": [3, 1, 1, 5, 2, 2, 9]}
    r = moderate_effects(y, v, both)
    assert (r.terms[0].k, r.omnibus.left_out) == (4, 1)
    assert r.terms[0].note == "studies_needed=5; left_out=1"


@pytest.mark.parametrize(
    ("moderator", "levels", "words"),
    [
        ({"a": [1, 2]}, None, "moderator a must have one length"),
        (np.ones((24, 2)), None, "need names"),
        ({}, None, "needs a moderator"),
        (MODERATORS, ["first", "later"], "mapping from name to levels"),
        (MODERATORS, {"lines": ["first"]}, "lines not among the moderators"),
        (MODERATORS, {"line": ["first", "later"]}, "not among the levels"),
    ],
)
def test_wrong_arguments_are_told(moderator, levels, words):
    with pytest.raises(SynthesisError, match=words):
        meta_regression(X, N, moderator, Model("normal"), levels=levels)


def test_the_first_level_asked_for_is_the_reference():
    r = meta_regression(
        X, N, MODERATORS, Model("normal"), levels={"line": ["second", "first", "later"]}
    )
    assert [t.term for t in r.terms][3:] == ["line: first - second", "line: later - second"]


def test_few_studies_mark_the_tests_and_many_do_not():
    few = {name: values[:12] for name, values in MODERATORS.items() if name != "line"}
    r = meta_regression(X[:12], N[:12], few, Model("normal"))
    marks = ["large_sample_p" in row.note for row in r.rows()]
    assert marks == [False] * 3 + [True] * 3
    assert "large_sample_p" not in meta_regression(X, N, MODERATORS, Model("normal")).omnibus.note


def simulated(effect, seed, k=60):
    random = np.random.default_rng(seed)
    n = random.integers(15, 90, k)
    both = {"dose": random.normal(size=k), "arm": random.choice(["a", "b", "c"], k).tolist()}
    logits = -0.4 + effect * both["dose"] + 0.5 * random.standard_normal(k)
    return random.binomial(n, expit(logits)), n, both


def test_the_bootstrap_is_the_chi_square_where_studies_are_many():
    x, n, both = simulated(0.0, 5)
    r = meta_regression(x, n, both, Model("binomial_normal"), bootstrap=400)
    for test in (r.omnibus, *r.tests.values()):
        assert test.draws == 400 and "regression_draws=400" in test.note
        assert abs(test.p_bootstrap - test.p_value) < 4 * test.p_permutation_se + 0.03


def test_the_bootstrap_is_seeded():
    x, n, both = simulated(0.2, 5, k=20)
    once, again = (
        meta_regression(x, n, both, Model("binomial_normal"), bootstrap=50) for _ in range(2)
    )
    assert once == again and once.omnibus.p_bootstrap is not None


def test_the_bootstrap_tells_an_effect_from_none():
    """`dose` moves the proportions and `arm` does not; the null of each has the other in it."""
    x, n, both = simulated(0.8, 7)
    r = meta_regression(x, n, both, Model("binomial_normal"), bootstrap=400)
    assert r.tests["dose"].p_bootstrap == pytest.approx(1 / 401)
    assert r.omnibus.p_bootstrap == pytest.approx(1 / 401)
    assert r.tests["arm"].p_bootstrap > 0.05


def test_with_very_many_studies_fewer_datasets_are_drawn(monkeypatch):
    monkeypatch.setattr(regression_bootstrap, "MOST", 30 * 250)
    x, n, both = simulated(0.0, 3, k=30)
    r = meta_regression(x, n, {"dose": both["dose"]}, Model("binomial_normal"), bootstrap=2000)
    assert r.omnibus.draws == 250
    monkeypatch.setattr(regression_bootstrap, "MOST", 30)
    r = meta_regression(x, n, {"dose": both["dose"]}, Model("binomial_normal"), bootstrap=2000)
    assert r.omnibus.draws == regression_bootstrap.LEAST


RARE = [1, 2, 1, 0, 3, 2, 4, 6], [40, 45, 30, 20, 50, 33, 28, 41]
LINES = np.array(list("aaaabbbc"))


def supremum(x, n, columns):
    """Of the log-likelihood, by a trapezoid rule and scipy's search from several tau."""
    u = np.linspace(-9, 9, 601)
    constant = (gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)).sum()

    def negative(parameters):
        eta = (columns @ parameters[:-1])[:, None] + np.exp(min(parameters[-1], 5)) * u
        f = x[:, None] * eta - n[:, None] * np.logaddexp(0, eta) - u * u / 2
        values = np.log(np.trapezoid(np.exp(f), u, axis=1) / np.sqrt(2 * np.pi))
        return -(values.sum() + constant)

    beta = np.linalg.lstsq(columns, np.log((x + 0.5) / (n - x + 0.5)), rcond=None)[0]
    found = [minimize(negative, np.r_[beta, at], method="BFGS") for at in (-4, -0.7, 0.5)]
    return -min(f.fun for f in found)


def of_levels(x, n, labels):
    """The same where each level has its own mean: a level without events, or with nothing else,
    comes as near to a probability of 1 as one likes, so that its studies are left out."""
    kept = np.ones(len(x), bool)
    for level in set(labels):
        of = labels == level
        kept[of] = 0 < x[of].sum() < n[of].sum()
    if not kept.any():
        return 0.0
    names = sorted(set(labels[kept]))
    return supremum(x[kept], n[kept], (labels[kept][:, None] == names).astype(float))


def test_draws_without_events_in_a_level_count_by_their_supremum(monkeypatch):
    """They were counted as larger, all of them: p was 0.105."""
    seen = []

    def spy(x, n, columns, spread):
        found = original(x, n, columns, spread)
        seen.append((x, n, found))
        return found

    original = regression_bootstrap.highest_loglik
    monkeypatch.setattr(regression_bootstrap, "highest_loglik", spy)
    last = meta_regression(*RARE, LINES.tolist(), "glmm", bootstrap=199).rows()[-1]
    (x, n, full), (_, _, none) = seen
    empty = [j for j in range(199) if any(x[v == LINES, j].sum() == 0 for v in "abc")]
    assert len(empty) == 17
    for j in empty:
        one, other = of_levels(x[:, j], n[:, j], LINES), supremum(x[:, j], n[:, j], np.ones((8, 1)))
        assert (full[j], none[j]) == pytest.approx((one, other), abs=1e-4)
    larger = int((2 * (full - none) >= last.statistic - 1e-3).sum())
    assert last.p_bootstrap == pytest.approx((larger + 1) / 200) == pytest.approx(0.025)
    assert "draws_without_fit" not in last.note


@pytest.mark.parametrize(
    "x",
    [
        [0, 0, 0, 0, 1, 0, 2, 3],
        [1, 0, 4, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
        [40, 45, 30, 20, 7, 30, 28, 35],
        [9, 0, 0, 12, 0, 14, 3, 0],
    ],
)
def test_the_supremum_is_that_of_plain_integration(x):
    x, n = np.array(x, float), np.array(RARE[1], float)
    columns = np.stack([np.ones(8), LINES == "b", LINES == "c"], axis=1).astype(float)
    columns[:, 1:] = (columns - columns.mean(axis=0))[:, 1:] / columns.std(axis=0)[1:]
    found = regression_bootstrap.highest_loglik(x[:, None], n[:, None], columns, 0.4)
    assert found == pytest.approx(of_levels(x, n, LINES), abs=2e-4)


def test_the_supremum_where_a_number_separates_the_events():
    """All studies with events have the largest doses: the slope runs off."""
    x, n = np.array([0, 0, 0, 0, 2, 0, 0, 3.0]), np.array(RARE[1], float)
    dose = np.array([0.1, 0.4, -1.0, 0.2, 0.9, -0.4, 0.5, 1.1])
    columns = np.stack([np.ones(8), (dose - dose.mean()) / dose.std()], axis=1)
    found = regression_bootstrap.highest_loglik(x[:, None], n[:, None], columns, 0.4)
    assert found == pytest.approx(supremum(x, n, columns), abs=1e-3)


def test_a_search_that_goes_to_and_fro_begins_elsewhere():
    """From the first start it moves between tau 0.1 and 0.4 until the steps are used up."""
    k, draws = 40, 1000
    random = np.random.default_rng(41)
    n = random.integers(15, 90, k)
    x = random.binomial(n[:, None], expit(-0.4 + 0.5 * random.standard_normal((k, draws))))
    totals = np.broadcast_to(n[:, None], x.shape).astype(float)
    found = regression_bootstrap.highest_loglik(x.astype(float), totals, np.ones((k, 1)), 0.5)
    assert found == pytest.approx(fit_glmm(x.astype(float), totals).loglik, abs=1e-4)

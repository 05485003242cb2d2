"""Each study's value under a model: dense sums, Henderson's equations, properties, borders."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit, ndtr, xlog1py, xlogy
from scipy.stats import norm
from scipy.stats import t as student

from singlearm import Model, effect_sizes, pool, pool_arms, pool_clustered, study_values
from singlearm.synthesis.bayes_grid import posterior
from singlearm.synthesis.study_posterior import deviations, mixed_logit, mixed_over_tau
from singlearm.synthesis.words import SynthesisError

PRITZ = (
    [16, 10, 4, 43, 10, 25, 13, 12, 22, 4, 5, 18, 58, 6],
    [17, 12, 8, 58, 10, 42, 14, 12, 41, 5, 6, 23, 68, 10],
)
ALIKE = ([2, 3, 4], [10, 15, 20])
TAILS = (0.5, 0.025, 0.975)
NAMED = ("glmm", "beta_binomial", "bayes", "logit_dl", "logit_reml_hk")


def dense(x, n, mu, tau, points=2_000_001):
    """Values of u and the mass of each, over two million points."""

    def height(u):
        eta = mu + tau * u
        return x * eta - n * np.logaddexp(0, eta) - u * u / 2

    summit = minimize_scalar(lambda u: -height(u), bounds=(-200, 200), method="bounded").x
    u = np.linspace(summit - 10, summit + 10, points)
    value = height(u)
    weight = np.exp(value - value.max())
    return u, weight / weight.sum()


@pytest.mark.parametrize("tau", [1e-6, 0.05, 0.7, 2.4, 12.0, 55.0])
def test_the_posterior_of_a_study_by_two_million_points(tau):
    """None, all and some of the patients, few and many, near the others and far from them."""
    x = np.array([0.0, 0.0, 3.0, 12.0, 499.0, 9000.0, 9000.0])
    n = np.array([9.0, 4000.0, 8.0, 12.0, 700.0, 9000.0, 18000.0])
    found = deviations(x, n, -1.3, tau)
    quantiles = [found.quantile(p) for p in TAILS]
    for i in range(x.size):
        u, weight = dense(x[i], n[i], -1.3, tau)
        # the mass of a point is on both sides of it
        expected = np.interp(TAILS, np.cumsum(weight) - weight / 2, u)
        np.testing.assert_allclose([q[i] for q in quantiles], expected, atol=2e-7)
        spread = (weight * (u - (weight * u).sum()) ** 2).sum()
        assert found.variance[i] == pytest.approx(spread, rel=1e-8)


def test_a_study_without_events_under_a_very_large_spread():
    """The likelihood is a step: the posterior is a normal one cut at the step."""
    n, tau = 20.0, 1000.0
    middle = deviations(np.zeros(1), np.array([n]), 0.0, tau).quantile(0.5)
    # of a normal deviation that is below 0, half lie below the quartile; the step is far narrower
    assert middle[0] == pytest.approx(norm.ppf(0.25), abs=10 / tau)


def test_quantiles_over_several_spreads_by_counting_points():
    """A third without any spread, a third each with a small and a large one."""
    x, n, mu, taus = np.array([0.0, 9.0]), np.array([12.0, 30.0]), -0.4, np.array([0.0, 0.3, 1.5])
    found = mixed_over_tau(x, n, mu, taus, np.full(3, 1 / 3), (0.025, 0.975))
    for i in range(2):
        parts = [dense(x[i], n[i], mu, tau, 200_001) for tau in taus[1:]]
        logits = [mu + tau * u for tau, (u, _) in zip(taus[1:], parts, strict=True)]
        at = np.append(np.concatenate(logits), mu)
        weight = np.append(np.concatenate([w / 3 for _, w in parts]), 1 / 3)
        order = np.argsort(at)
        below = np.cumsum(weight[order])
        expected = [at[order][np.searchsorted(below, p)] for p in (0.025, 0.975)]
        np.testing.assert_allclose([q[i] for q in found], expected, atol=1e-3)


def henderson(y, v, tau2):
    """Values of all studies and their variances, the mean integrated out: the mixed model equations
    of Henderson (1975), Biometrics 31:423, in the mean and the deviations from it."""
    k = y.size
    design = np.column_stack([np.ones(k), np.eye(k)])
    penalty = np.diag([0.0, *np.full(k, 1 / tau2)])
    inverse = np.linalg.inv(design.T @ (design / v[:, None]) + penalty)
    solution = inverse @ design.T @ (y / v)
    return design @ solution, np.diag(design @ inverse @ design.T)


@pytest.mark.parametrize("measure", ["PLO", "PLN", "PAS", "PR"])
def test_two_step_values_are_those_of_the_mixed_model_equations(measure):
    x, n = [1, 9, 4, 30, 3], [12, 17, 20, 70, 11]
    for ci in ("wald", "t"):
        fit = pool(x, n, Model("normal", measure=measure, tau2="HE", ci=ci))
        effects = effect_sizes(x, n, measure)
        at, variance = henderson(effects.yi, effects.vi, fit.tau2)
        half = (norm.ppf(0.975) if ci == "wald" else student.ppf(0.975, 4)) * np.sqrt(variance)
        back = {"PLO": expit, "PLN": np.exp, "PAS": lambda t: np.sin(t) ** 2, "PR": float}[measure]
        found = study_values(fit)
        for value, link, low, high, h in zip(
            found.estimate, at, found.ci_low, found.ci_high, half, strict=True
        ):
            assert value == pytest.approx(back(link), rel=1e-10)
            lowest, highest = (0.0, 1.0) if measure == "PR" else (-np.inf, np.inf)
            if measure != "PAS" or link - h > 0:
                assert low == pytest.approx(max(back(link - h), lowest), rel=1e-9)
            if measure != "PLN" or link + h < 0:
                assert high == pytest.approx(min(back(link + h), highest), rel=1e-9)


def test_double_arcsines_are_taken_back_with_each_study_s_own_size():
    """With a variance so large that nothing is drawn anywhere, the values are the studies' own."""
    x, n = [0, 2, 400, 20], [4000, 4000, 4000, 4000]
    fit = pool(x, n, Model("normal", measure="PFT", tau2="HE", ci="wald"))
    found = np.array(study_values(fit).estimate)
    own = np.array(x) / np.array(n)
    share = fit.tau2 / (fit.tau2 + effect_sizes(x, n, "PFT").vi)
    # what is left of the way to the mean, on a scale whose slope is at most one
    assert (np.abs(found - own) <= 1.1 * (1 - share)).all()


def test_beta_binomial_values_are_moments_of_the_posterior():
    x, n = PRITZ
    fit = pool(x, n, "beta_binomial")
    size = (1 - fit.rho) / fit.rho
    p = np.linspace(0, 1, 400_001)[1:-1]
    for value, events, total in zip(study_values(fit).estimate, x, n, strict=True):
        log = xlogy(fit.estimate * size + events - 1, p)
        log += xlog1py((1 - fit.estimate) * size + total - events - 1, -p)
        weight = np.exp(log - log.max())
        assert value == pytest.approx((weight * p).sum() / weight.sum(), rel=1e-5)


def brute_force(x, n, scale=1.0):
    """Logits and their distribution functions, by plain sums over even grids of mu, tau and eta."""
    taus = np.linspace(0, 6, 241)[1:] - 6 / 480
    mus, eta = np.linspace(-10, 10, 201), np.linspace(-15, 15, 1201)
    edges = np.append(eta - 0.0125, eta[-1] + 0.0125)
    likelihood = np.array([np.exp(a * eta - b * np.logaddexp(0, eta)) for a, b in zip(x, n)])  # noqa: B905
    likelihood /= likelihood.max(axis=1, keepdims=True)
    total = np.zeros((len(x), eta.size))
    for tau in taus:
        # the mass of each cell, so that a tau below the step is met as well
        cells = np.diff(ndtr((edges - mus[:, None]) / tau), axis=1)
        given = cells @ likelihood.T + 1e-300
        prior = expit(mus) * expit(-mus) * np.exp(-0.5 * (tau / scale) ** 2)
        joint = prior * given.prod(axis=1)
        for i in range(len(x)):
            total[i] += likelihood[i] * ((joint / given[:, i]) @ cells)
    total /= total.sum(axis=1, keepdims=True)
    return eta, np.cumsum(total, axis=1) - total / 2


@pytest.mark.parametrize("data", [([1, 5, 0], [10, 20, 15]), ALIKE, ([0, 40], [30, 40])])
def test_bayesian_values_by_plain_sums(data):
    x, n = data
    eta, below = brute_force(x, n)
    found = study_values(pool(x, n, "bayes"))
    for i, got in enumerate(zip(found.estimate, found.ci_low, found.ci_high, strict=True)):
        expected = [np.interp(p, below[i], eta) for p in TAILS]
        np.testing.assert_allclose(logit(got), expected, atol=2e-3)


def test_an_outlier_among_many_is_followed_to_where_it_lies():
    """Sixty studies of 10% and one of 90%: nine of their standard deviations away."""
    x, n = np.array([50.0] * 60 + [900.0]), np.array([500.0] * 60 + [1000.0])
    grid = posterior(x[:, None], n[:, None], 1.0)
    density = mixed_logit(900.0, 1000.0, grid)
    share = density.weight[np.abs(density.points - logit(0.9)) < 0.5].sum()
    assert share == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("data", [PRITZ, ([0, 0, 10, 10], [100] * 4), ([3, 1], [9, 80])])
def test_values_lie_in_their_limits_and_in_the_order_of_the_counts(name, data):
    x, n = data
    found = study_values(pool(x, n, name))
    for value, low, high in zip(found.estimate, found.ci_low, found.ci_high, strict=True):
        assert 0 <= low < value < high <= 1
    # of two studies of one size the one with more events has the larger value
    fit = study_values(pool([*x, 3, 4], [*n, 9, 9], name))
    assert fit.estimate[-2] < fit.estimate[-1]


@pytest.mark.parametrize("name", ["glmm", "beta_binomial", "logit_dl"])
def test_without_variance_every_study_has_the_pooled_value_and_no_narrower_limits(name):
    fit = pool(*ALIKE, name)
    found = study_values(fit)
    assert (fit.tau2 or fit.rho or 0) == 0
    assert found.estimate == pytest.approx([fit.estimate] * 3, rel=1e-9)
    if name != "glmm":  # these take the variance as known
        assert found.ci_low == pytest.approx([fit.ci_low] * 3, rel=1e-9)
        assert found.ci_high == pytest.approx([fit.ci_high] * 3, rel=1e-9)
        return
    # tau may be larger than 0, the more in a small study; its own data go on counting
    assert list(found.ci_low) == sorted(found.ci_low)
    assert list(found.ci_high) == sorted(found.ci_high, reverse=True)
    assert max(found.ci_low) < fit.ci_low
    assert min(found.ci_high) > fit.ci_high


@pytest.mark.parametrize("name", ["logit_dl", "beta_binomial"])
def test_values_lie_between_the_study_and_the_pooled_value(name):
    x, n = PRITZ
    fit = pool(x, n, name)
    own = expit(effect_sizes(x, n, "PLO").yi) if name == "logit_dl" else np.array(x) / n
    for value, each in zip(study_values(fit).estimate, own, strict=True):
        assert min(each, fit.estimate) < value < max(each, fit.estimate)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=6),
    st.sampled_from(["glmm", "beta_binomial", "logit_dl", "bayes"]),
)
def test_any_counts_have_values_or_a_reason_and_mirror(data, name):
    x = [a for a, _ in data]
    n = [a + b + 1 for a, b in data]
    found = study_values(pool(x, n, name))
    mirrored = study_values(pool([b - a for a, b in zip(x, n, strict=True)], n, name))
    if found.estimate[0] is None:
        assert found.notes and mirrored.estimate[0] is None
        return
    assert found.estimate == pytest.approx([1 - p for p in mirrored.estimate], abs=2e-5)
    known = [end for end in found.ci_low if end is not None]
    assert len(known) == len(x) or found.notes
    for value, low in zip(found.estimate, known, strict=False):
        assert low <= value + 1e-12
    order = np.argsort(n, kind="stable")
    sorted_too = study_values(pool(np.array(x)[order], np.array(n)[order], name))
    expected = np.array(found.estimate)[order]
    np.testing.assert_allclose(np.array(sorted_too.estimate), expected, atol=2e-5)


@pytest.mark.parametrize(
    ("data", "model", "note"),
    [
        (([], []), "glmm", "no_data"),
        (([3], [9]), "glmm", "single_study"),
        (([3], [9]), "logit_dl", "single_study"),
        (([3], [9]), "bayes", "single_study"),
        (([0, 0], [5, 9]), "glmm", "homogeneous_exact"),
        (([0, 9], [9, 9]), "beta_binomial", "no_finite_maximum"),
        (PRITZ, "logit_common", "common_effect"),
    ],
)
def test_where_nothing_was_fitted_there_is_a_reason(data, model, note):
    found = study_values(pool(*data, model))
    assert found.estimate == found.ci_low == found.ci_high == (None,) * len(data[0])
    assert note in found.note.split("; ")


def test_an_allowance_for_clusters_leaves_the_values_and_takes_the_limits():
    x, n = PRITZ
    plain = pool(x, n, Model("binomial_normal", ci="t"))
    clusters = [i // 2 for i in range(len(x))]
    found = study_values(pool_clustered(x, n, clusters, plain.model).pooled(plain))
    assert found.estimate == study_values(plain).estimate
    assert set(found.ci_low) == {None}
    assert found.note == "study_limits_left_out"


@pytest.mark.parametrize("likelihood", ["normal", "binomial_normal"])
def test_arms_within_trials_have_no_values_of_their_own(likelihood):
    x, n = PRITZ
    fit = pool_arms(x, n, [i // 2 for i in range(len(x))], Model(likelihood, ci="t"))
    found = study_values(fit)
    assert set(found.estimate) == set(found.ci_high) == {None}
    assert (found.note, fit.counts) == ("arms_within_trials", tuple(zip(x, n, strict=True)))


def test_a_result_without_counts_says_so():
    from singlearm import pool_many

    with pytest.raises(SynthesisError, match="no counts"):
        study_values(pool_many([PRITZ[0]], [PRITZ[1]]).records()[0])


def test_studies_in_one_call_are_those_of_single_calls():
    draw = np.random.default_rng(3)
    n = draw.integers(1, 400, 500).astype(float)
    x = draw.binomial(n.astype(int), draw.beta(0.3, 2, 500)).astype(float)
    found = deviations(x, n, -2.0, 1.1).quantile(0.975)
    some = [0, 17, 499]
    alone = [deviations(x[[i]], n[[i]], -2.0, 1.1).quantile(0.975)[0] for i in some]
    np.testing.assert_allclose(found[some], alone, atol=1e-7)

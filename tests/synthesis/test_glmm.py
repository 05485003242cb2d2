"""The binomial-normal likelihood: derivatives, high-order quadrature, design, cluster variance."""

import numpy as np
import pytest
from engine_cases import column, counts
from reference_ledger import load

from singlearm.synthesis import Model, effect_sizes, pool, pool_clustered, pool_effects
from singlearm.synthesis.cr2 import cluster_robust
from singlearm.synthesis.glmm import fit_glmm
from singlearm.synthesis.quadrature import hermite_nodes, integrate, start_centres
from singlearm.synthesis.regress_counts import meta_regression
from singlearm.synthesis.twostep import two_sided_p


def trapezoid(mu, tau, x, n, points=1601):
    """Log-likelihood of each study without its constant, by a rule that has nothing in common."""
    u = np.linspace(-12, 12, points)
    theta = mu + tau * u
    value = x[:, None] * theta - n[:, None] * np.logaddexp(0, theta) - u * u / 2
    top = value.max(axis=1)
    total = np.exp(value - top[:, None]).sum(axis=1)
    return top + np.log(total * (u[1] - u[0]) / np.sqrt(2 * np.pi))


def converged(x, n, mu, tau, count):
    centre, spread = start_centres(x, n, mu, tau)
    for _ in range(4):
        got = integrate(x, n, mu, tau, centre, spread, count)
        centre, spread = got.centre, got.spread
    return got


def test_axfors_2021_hcq_has_its_maximum_where_the_integral_has():
    """61 nodes are 5.6e-7 off: the gradient of the trapezoid likelihood vanishes at our values."""
    data = load("metafor", "axfors2021_hcq")["data"]
    x, n = np.array(data["xi"], float), np.array(data["ni"], float)
    fit = fit_glmm(x[:, None], n[:, None])
    mu, tau = fit.beta[0, 0], fit.tau[0]
    assert tau**2 == pytest.approx(5.617429117027, rel=1e-10)
    f = lambda m, t: trapezoid(m, t, x, n).sum()  # noqa: E731
    h = 1e-3
    # five-point central differences
    slope = lambda g: (g(-2 * h) - 8 * g(-h) + 8 * g(h) - g(2 * h)) / (12 * h)  # noqa: E731
    assert abs(slope(lambda d: f(mu + d, tau))) < 1e-7
    assert abs(slope(lambda d: f(mu, tau + d))) < 1e-7


@pytest.mark.parametrize("tau", [0.05, 0.7, 2.4])
def test_likelihood_and_derivatives_of_a_study(tau):
    x, n = np.array([[0.0], [3.0], [20.0], [499.0]]), np.array([[9.0], [8.0], [20.0], [700.0]])
    mu, t = np.array([0.4]), np.array([tau])
    got = converged(x, n, mu, t, 161)
    np.testing.assert_allclose(got.loglik[:, 0], trapezoid(0.4, tau, x[:, 0], n[:, 0]), atol=1e-9)
    h = 1e-4
    up, down = converged(x, n, mu + h, t, 161), converged(x, n, mu - h, t, 161)
    np.testing.assert_allclose((up.loglik - down.loglik) / (2 * h), got.score[0], rtol=2e-6)
    np.testing.assert_allclose((up.score[0] - down.score[0]) / (2 * h), got.hessian[0], rtol=2e-6)
    np.testing.assert_allclose((up.score[1] - down.score[1]) / (2 * h), got.hessian[1], rtol=2e-5)
    up, down = converged(x, n, mu, t + h, 161), converged(x, n, mu, t - h, 161)
    np.testing.assert_allclose(
        (up.score[1] - down.score[1]) / (2 * h), got.hessian[2], rtol=2e-4, atol=1e-6
    )


@pytest.mark.parametrize("count", [11, 81, 641])
def test_nodes_integrate_the_normal_density_and_its_moments(count):
    z, log_weight = hermite_nodes(count)
    weight = np.exp(log_weight - z * z / 2)
    for power, moment in enumerate([1, 0, 1, 0, 3, 0, 15]):
        assert (weight * z**power).sum() == pytest.approx(moment, abs=1e-11)


@pytest.mark.parametrize("name", ["bcg_control", "debruin2009", "hannum2020_k23"])
def test_rma_glmm_with_moderators_within_its_quadrature_error(name):
    """metafor, 7 nodes, dummy variables: printed to four digits of ours."""
    content = load("metafor", name)
    entry = next(e for e in content["glmm"] if e.get("kind") and e["nAGQ"] == 7)
    data = content["data"]
    r = meta_regression(
        data["xi"], data["ni"], data["subgroup"], Model("binomial_normal", ci="wald"),
        levels=entry["levels"],
    )  # fmt: skip
    assert [t.estimate for t in r.terms] == pytest.approx(entry["beta"], rel=1e-3)
    assert [t.se for t in r.terms] == pytest.approx(entry["se"], rel=2e-3)
    assert r.terms[0].tau2 == pytest.approx(entry["tau2"], rel=2e-3)


def test_the_maximum_beats_its_neighbours_and_the_profile_ends_where_it_should():
    x, n = [4, 3, 2, 1], [10, 20, 30, 40]
    r = pool(x, n, Model("binomial_normal"))
    x, n = np.array(x, float), np.array(n, float)
    tau = np.linspace(0, 8, 4001)
    for end in (r.ci_low, r.ci_high):
        mu = np.log(end / (1 - end))
        best = max(trapezoid(mu, t, x, n, 401).sum() for t in tau[::20])
        top = trapezoid(r.estimate_link, r.tau2**0.5, x, n).sum()
        # a grid of tau can only fall short of the profile, by its spacing
        assert pytest.approx(2 * (top - best), abs=2e-3) == 3.841458820694124


def test_robust_variance_is_metafors():
    """rma(DL and REML, tight) and robust(cluster), pairs of studies of dat.pritz1997; R 4.2.2,
    metafor 3.8-1."""
    x = [16, 10, 4, 43, 10, 25, 13, 12, 22, 4, 5, 18, 58, 6]
    n = [17, 12, 8, 58, 10, 42, 14, 12, 41, 5, 6, 23, 68, 10]
    pairs = [i // 2 for i in range(14)]
    e = effect_sizes(x, n, "PLO")
    for tau2, beta, se, p in (
        ("DL", 1.137969353708, 0.230456399206, 0.002609441226),
        ("REML", 1.138909115986, 0.230638063972, 0.002608956026),
    ):
        plain = pool_effects(e.yi, e.vi, tau2=tau2)
        cr1, cr2 = (
            cluster_robust(e.yi, e.vi, pairs, tau2=plain.tau2, kind=kind) for kind in ("CR1", "CR2")
        )
        found = (cr1.estimate, cr1.se, two_sided_p(cr1.estimate / cr1.se, 6))
        assert [float(v) for v in found] == pytest.approx((beta, se, p), abs=1e-11)
        r = pool_clustered(x, n, pairs, Model("normal", tau2=tau2, ci="wald"), null_value=0.5)
        assert (r.estimate_link, r.se_link, r.df) == pytest.approx(
            (beta, float(cr2.se), float(cr2.df)), rel=1e-11
        )
        assert 4 < r.df < 6 and r.note == "few_clusters"


def test_clusters_two_clusters_of_two():
    """The summed scores of two clusters are equal and opposite: zero width was no knowledge."""
    x, n = counts("clusters/two-clusters-of-two")
    (trials,) = column("clusters/two-clusters-of-two", "cluster", of=str)
    for model in (Model("binomial_normal"), Model("normal", tau2="DL", ci="wald")):
        r = pool_clustered(x, n, trials, model, null_value=0.4)
        assert (r.ci_low, r.ci_high, r.p_value) == (None, None, None)
        assert "few_degrees_of_freedom" in r.note and r.df == pytest.approx(1)


@pytest.mark.parametrize("clusters", [6, 9, 10, 14])
@pytest.mark.parametrize("likelihood", ["normal", "binomial_normal"])
def test_with_few_clusters_the_interval_is_not_narrower_than_the_models_own(clusters, likelihood):
    """Arms that cancel within each trial: the robust variance is nearly nothing."""
    x, n = [5, 15] * clusters, [20, 20] * clusters
    model = Model(likelihood, ci="wald")
    trials = [i // 2 for i in range(2 * clusters)]
    robust, own = pool_clustered(x, n, trials, model), pool(x, n, model)
    floor = clusters < 10 or likelihood == "binomial_normal"
    assert (robust.ci_low <= own.ci_low) == (robust.ci_high >= own.ci_high) == floor
    assert ("not_narrower_than_model" in robust.note) == floor


def widths_of_splits(x, n, model, count, draw):
    """Widths with every trial divided at random into two arms, over that without."""
    whole, k, ratios = pool(x, n, model), len(n), []
    for _ in range(count):
        first = draw.binomial(n - 2, 0.5) + 1
        events = draw.hypergeometric(x, n - x, first)
        r = pool_clustered(
            np.r_[events, x - events], np.r_[first, n - first], [*range(k), *range(k)], model
        )
        ratios.append((r.ci_high - r.ci_low) / (whole.ci_high - whole.ci_low))
    return ratios


@pytest.mark.parametrize("likelihood", ["normal", "binomial_normal"])
def test_splitting_trials_into_arms_leaves_the_width(likelihood):
    """200 random splits of one review."""
    draw = np.random.default_rng(6)
    n = draw.integers(30, 120, 16)
    x = draw.binomial(n, 1 / (1 + np.exp(-draw.normal(-0.3, 0.9, 16))))
    ratios = widths_of_splits(x, n, Model(likelihood, ci="t"), 200, draw)
    assert np.mean(ratios) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("likelihood", ["normal", "binomial_normal"])
def test_splitting_the_trials_of_random_reviews_leaves_the_width(likelihood):
    """200 random splits, ten of each of twenty reviews, of another number, spread and mean each."""
    draw, ratios = np.random.default_rng(7), []
    for _ in range(20):
        k, mean, spread = draw.integers(8, 25), draw.normal(0, 0.8), draw.uniform(0, 1.2)
        n = draw.integers(30, 150, k)
        x = draw.binomial(n, 1 / (1 + np.exp(-draw.normal(mean, spread, k))))
        ratios += widths_of_splits(x, n, Model(likelihood, ci="t"), 10, draw)
    assert np.mean(ratios) == pytest.approx(1, abs=0.1)


def test_robust_variance_of_the_glmm_with_every_study_its_own_cluster():
    """Then it is the ordinary sandwich, near the model's own variance."""
    x = [16, 10, 4, 43, 10, 25, 13, 12, 2, 4, 5, 18, 48, 6]
    n = [20, 18, 19, 58, 30, 42, 34, 52, 20, 18, 19, 58, 60, 42]
    model = Model("binomial_normal")
    robust, plain = pool_clustered(x, n, range(14), model), pool(x, n, model)
    assert robust.estimate == pytest.approx(plain.estimate, rel=1e-12)
    assert 0.6 < robust.se_link / plain.se_link < 1.6
    assert pool_clustered([1, 2], [5, 6], ["a", "a"], model).note == "fewer_than_two_clusters"


def test_a_record_with_robust_limits_keeps_what_does_not_hang_on_them():
    x, n = [4, 3, 2, 1, 6, 5, 9, 2], [10, 20, 30, 40, 12, 20, 21, 22]
    for model in (Model("binomial_normal", ci="t"), Model("normal", ci="t")):
        plain = pool(x, n, model, null_value=0.5)
        robust = pool_clustered(x, n, "aabcdefg", model, null_value=0.5)
        both = robust.pooled(plain)
        assert (both.estimate, both.tau2, both.weights) == (
            plain.estimate, plain.tau2, plain.weights,
        )  # fmt: skip
        assert (both.ci_low, both.ci_high, both.p_value) == (
            robust.ci_low, robust.ci_high, robust.p_value,
        )  # fmt: skip
        assert (both.tau2_low, both.q_p, both.i2_high) == (None,) * 3
        assert both.ci_low < both.ci_high
        assert "clusters=7; few_clusters" in both.note
        one_trial = pool_clustered(x, n, "a" * 8, model).pooled(plain)
        assert one_trial.ci_low is None and "fewer_than_two_clusters" in one_trial.note


def test_without_variation_the_exact_answer_stands():
    model = Model("binomial_normal", ci="t")
    for x, n in (([0, 0, 0], [10, 20, 40]), ([3], [9])):
        plain = pool(x, n, model)
        both = pool_clustered(x, n, range(len(x)), model).pooled(plain)
        assert (both.ci_low, both.ci_high) == (plain.ci_low, plain.ci_high)
        assert both.note == f"{plain.note}; clusters_ignored"


def test_columns_in_other_units_are_the_same_regression():
    """Centred and scaled, Newton's full steps went to and fro, and there was no maximum."""
    x, n = [0, 2, 0, 0, 1, 0, 2, 3, 1, 17], [12, 25, 28, 25, 29, 32, 38, 29, 38, 35]
    levels = np.array(list("aaaabbbccd"))
    plain = np.stack([np.ones(10), *((levels == level) for level in "bcd")]).astype(float)
    scaled = plain.copy()
    scaled[1:] = (plain - plain.mean(axis=1, keepdims=True))[1:] / plain.std(axis=1)[1:, None]
    counts = np.array(x, float)[:, None], np.array(n, float)[:, None]
    one, other = (fit_glmm(*counts, design[:, :, None]) for design in (plain, scaled))
    assert one.converged[0] and other.converged[0]
    assert other.loglik == pytest.approx(one.loglik, rel=1e-12)

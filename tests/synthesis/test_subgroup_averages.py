"""The average over studies of each level, beside the median study of the level."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit, logit
from scipy.stats import norm, t

from singlearm.synthesis import Model, compare_clustered, compare_subgroups, pool, pool_clustered

X = [3, 8, 5, 9, 2, 7, 1, 6, 0, 12]
N = [10, 12, 31, 13, 29, 10, 28, 21, 12, 15]
GROUPS = list("aababbabca")
AVERAGE = ("marginal", "marginal_low", "marginal_high")
MODELS = {
    "glmm": Model("binomial_normal"),
    "glmm_t": Model("binomial_normal", ci="t"),
    "logit_reml_hk": Model("normal"),
    "logit_dl": Model("normal", tau2="DL", ci="wald"),
    "logit_common": Model("normal", tau2="EE", ci="wald"),
    "freeman_tukey": Model("normal", measure="PFT", tau2="DL", ci="wald"),
    "beta_binomial": Model("beta_binomial"),
    "bayes": Model("bayes"),
}
LOGIT_NORMAL = ("glmm", "glmm_t", "logit_reml_hk", "logit_dl")


def levels(model, mode, x=X, n=N, groups=GROUPS):
    compared = compare_subgroups(x, n, groups, model, tau2_mode=mode, permutations=0)
    return {level.level: level for level in compared.levels}


def of_level(name, *columns):
    chosen = [i for i, group in enumerate(GROUPS) if group == name]
    return [[column[i] for i in chosen] for column in columns]


def average(mean, tau2):
    """E expit(mean + tau z) by adaptive quadrature."""
    tau = tau2**0.5
    if tau == 0:
        return expit(mean)
    ends = {"epsabs": 1e-13, "epsrel": 1e-12, "limit": 400}
    return quad(lambda u: expit(mean + tau * u) * norm.pdf(u), -12, 12, **ends)[0]


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_a_level_with_its_own_tau2_has_the_average_of_its_studies_pooled_alone(model):
    for name, level in levels(model, "separate").items():
        alone = pool(*of_level(name, X, N), model)
        for column in AVERAGE:
            assert getattr(level, column) == pytest.approx(getattr(alone, column), abs=1e-9)
        assert level.notes == alone.notes


@pytest.mark.parametrize("name", LOGIT_NORMAL)
def test_under_one_tau2_the_average_is_the_integral_over_studies(name):
    found = levels(MODELS[name], "common")
    assert len({found[level].tau2 for level in "ab"}) == 1
    for level in (found["a"], found["b"]):
        assert level.marginal == pytest.approx(average(logit(level.estimate), level.tau2), abs=1e-8)
        assert level.marginal_low < level.marginal < level.marginal_high


@pytest.mark.parametrize("name", LOGIT_NORMAL)
def test_one_study_answers_as_in_pool(name):
    for mode in ("separate", "common"):
        level, alone = levels(MODELS[name], mode)["c"], pool([0], [12], MODELS[name])
        assert level.k == 1
        assert [getattr(level, c) for c in AVERAGE] == [getattr(alone, c) for c in AVERAGE]
        assert (level.marginal is None) == (MODELS[name].likelihood == "binomial_normal")


def test_limits_of_two_steps_are_those_of_the_mean_with_tau2_known():
    """Hartung-Knapp limits have t with the residual degrees of freedom, as the average has."""
    for level in levels(MODELS["logit_reml_hk"], "common").values():
        if level.k > 1:
            for end in ("low", "high"):
                mean = logit(getattr(level, f"ci_{end}"))
                assert getattr(level, f"marginal_{end}") == pytest.approx(
                    average(mean, level.tau2), abs=1e-8
                )


def test_limits_of_the_likelihood_are_those_of_its_curvature():
    """The delta method on the logit, from differences of a likelihood on a fixed grid."""
    x, n, at = np.array(X[:8]), np.array(N[:8]), np.array([GROUPS[:8].index(g) for g in GROUPS[:8]])
    at = (at > 0).astype(int)
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)

    def loglik(values):
        eta = values[at][:, None] + values[2] * nodes
        terms = x[:, None] * np.log(expit(eta)) + (n - x)[:, None] * np.log(expit(-eta))
        return np.log(np.exp(terms) @ weights).sum()

    def of_average(values, level):
        return logit(average(values[level], values[2] ** 2))

    found = levels(MODELS["glmm"], "common", x, n, [str(a) for a in at])
    top = np.array([logit(found["0"].estimate), logit(found["1"].estimate), found["0"].tau2 ** 0.5])
    step = 1e-3 * np.eye(3)

    def slope(of, at):
        return np.array([(of(at + h) - of(at - h)) / 2e-3 for h in step])

    information = -np.array(
        [(slope(loglik, top + h) - slope(loglik, top - h)) / 2e-3 for h in step]
    )
    covariance = np.linalg.inv(information)
    for level in (0, 1):
        gradient = slope(lambda values, level=level: of_average(values, level), top)
        half = t.ppf(0.975, len(x) - 2) * np.sqrt(gradient @ covariance @ gradient)
        ends = expit(of_average(top, level) + half * np.array([-1, 1]))
        row = found[str(level)]
        assert (row.marginal_low, row.marginal_high) == pytest.approx(ends, abs=2e-4)


def test_without_spread_under_one_tau2_the_prediction_is_wider_than_the_average():
    """By plug-in they are equal but for rounding, which is no reach beyond."""
    x, n = [5, 5, 5, 5, 10, 10, 10, 10], [20] * 8
    for name in ("glmm_t", "logit_reml_hk"):
        for level in levels(MODELS[name], "common", x, n, list("aaaabbbb")).values():
            assert level.tau2 == 0
            assert level.marginal == pytest.approx(level.estimate, abs=1e-12)
            assert "average_beyond_prediction" not in level.note
            assert level.pi_low < level.marginal_low < level.marginal_high < level.pi_high
    plug = replace(MODELS["logit_reml_hk"], prediction="t")
    for level in levels(plug, "common", x, n, list("aaaabbbb")).values():
        assert (level.pi_low, level.pi_high) == pytest.approx((level.ci_low, level.ci_high))
        assert "average_beyond_prediction" not in level.note


def test_models_without_an_average_have_none_in_levels_either():
    for name in ("logit_common", "freeman_tukey"):
        for mode in ("separate", "common"):
            for level in levels(MODELS[name], mode).values():
                assert [getattr(level, column) for column in AVERAGE] == [None] * 3


def test_with_clusters_a_level_has_what_pool_clustered_gives():
    trials = [0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    compared = compare_clustered(X, N, GROUPS, trials, "glmm")
    for level in compared.levels:
        x, n, own = of_level(level.level, X, N, trials)
        alone = pool_clustered(x, n, own, "glmm").pooled(pool(x, n, "glmm"))
        assert [getattr(level, c) for c in AVERAGE] == [getattr(alone, c) for c in AVERAGE]


def test_a_level_with_its_own_tau2_has_its_interval_and_no_other():
    """What `pool` gives for its studies; under one tau2 for all the limits would be of another."""
    x, n = [3, 8, 5, 9, 2, 7, 6], [10, 12, 11, 13, 9, 10, 30]
    groups = list("aaabbbc")
    for model in (Model("normal"), Model("binomial_normal"), Model("bayes")):
        own = compare_subgroups(x, n, groups, model, permutations=0)
        for level, some in zip(own.levels, (slice(3), slice(3, 6), slice(6, 7)), strict=True):
            alone = pool(x[some], n[some], model)
            # the levels are pooled in one batch, which rounds otherwise
            found, limits = ([r.tau2_low, r.tau2_high] for r in (level, alone))
            assert np.array(found, float) == pytest.approx(
                np.array(limits, float), rel=1e-6, nan_ok=True
            )
        assert own.levels[0].tau2_low <= own.levels[0].tau2 <= own.levels[0].tau2_high
        common = compare_subgroups(x, n, groups, model, tau2_mode="common", permutations=0)
        limits = {(level.tau2_low, level.tau2_high) for level in common.levels[:2]}
        assert (limits == {(None, None)}) == (model.likelihood != "bayes")

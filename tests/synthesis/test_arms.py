"""Arms within trials: against plain sums over a grid, and what must hold for any data."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq, minimize
from scipy.special import chdtri, expit, gammaln, logit, xlog1py, xlogy
from scipy.stats import norm
from scipy.stats import t as student

from singlearm.synthesis import (
    Model,
    arms_of_trials,
    compare_clustered,
    pool,
    pool_arms,
    pool_arms_without,
    pool_clustered,
)
from singlearm.synthesis.effects import effect_sizes
from singlearm.synthesis.glmm import fit_glmm
from singlearm.synthesis.marginal import logistic_normal_mean
from singlearm.synthesis.nested_glmm import fit_nested, profile_spread
from singlearm.synthesis.threelevel import three_level
from singlearm.synthesis.words import SynthesisError

EXACT = Model("binomial_normal", ci="t")
TWO_STEP = Model("normal", tau2="REML", ci="t")
POINTS = np.linspace(-8, 8, 161)
MASS = np.exp(-(POINTS**2) / 2) / np.sqrt(2 * np.pi) * (POINTS[1] - POINTS[0])
DROP = float(chdtri(1, 0.05))


def review(seed, trials=10, of_trials=1.0, of_arms=0.7, mean=-0.5):
    """Counts of arms, two or three in six trials and one in the others, and their trials."""
    draw = np.random.default_rng(seed)
    trial = np.repeat(np.arange(trials), np.r_[draw.integers(2, 4, 6), np.ones(trials - 6, int)])
    n = draw.integers(10, 60, trial.size)
    logit = mean + of_trials * draw.normal(size=trials)[trial]
    logit = logit + of_arms * draw.normal(size=trial.size)
    return draw.binomial(n, expit(logit)).astype(float), n.astype(float), trial


def on_a_grid(at, x, n, trial):
    """Log-likelihood: both integrals as plain sums over evenly spread points."""
    mu, su, sv = at
    logits = mu + su * POINTS[:, None] + sv * POINTS
    p = expit(logits)
    total = 0.0
    for name in np.unique(trial):
        given = np.zeros(POINTS.size)
        for j in np.flatnonzero(trial == name):
            ways = gammaln(n[j] + 1) - gammaln(x[j] + 1) - gammaln(n[j] - x[j] + 1)
            given += np.log(np.exp(ways + xlogy(x[j], p) + xlog1py(n[j] - x[j], -p)) @ MASS)
        total += np.log(np.exp(given) @ MASS)
    return total


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_fit_is_the_maximum_of_the_likelihood(seed):
    data = review(seed)
    fit = fit_nested(*data)
    assert fit.converged and min(fit.at[1:]) > 0
    assert fit.loglik == pytest.approx(on_a_grid(fit.at, *data), abs=1e-8)
    step = 1e-3
    for i in range(3):
        side = step * np.eye(3)[i]
        above, below = (on_a_grid(fit.at + s * side, *data) for s in (1, -1))
        assert max(above, below) < fit.loglik
        assert (above - below) / (2 * step) == pytest.approx(0, abs=2e-4)


def test_the_information_is_the_curvature_of_the_likelihood():
    data = review(2)
    fit = fit_nested(*data)
    step, hessian = 1e-3, np.empty((3, 3))
    sides = step * np.eye(3)
    for i in range(3):
        for j in range(3):
            corners = [
                a * b * on_a_grid(fit.at + a * sides[i] + b * sides[j], *data)
                for a in (1, -1)
                for b in (1, -1)
            ]
            hessian[i, j] = sum(corners) / (4 * step**2)
    assert fit.covariance == pytest.approx(np.linalg.inv(-hessian), rel=1e-3)


@pytest.mark.parametrize(
    ("held", "free"),
    [
        ("trial", lambda value, m, s: (m, value, abs(s))),
        ("arm", lambda value, m, s: (m, abs(s), value)),
        ("total", lambda value, m, s: (m, value * np.sin(s), value * np.cos(s))),
    ],
)
def test_limits_lie_where_the_likelihood_has_dropped(held, free):
    data = review(2, trials=8)
    fit = fit_nested(*data)
    for limit in profile_spread(fit, held, np.sqrt(DROP)):
        if limit == 0:
            continue
        best = max(
            -minimize(
                lambda p, limit=limit: -on_a_grid(free(limit, *p), *data),
                (fit.at[0], start),
                method="Nelder-Mead",
                options={"xatol": 1e-4, "fatol": 1e-6},
            ).fun
            for start in (0.4, 1.0)
        )
        assert 2 * (fit.loglik - best) == pytest.approx(DROP, abs=1e-4)


def test_without_one_of_the_variances_the_model_is_the_simpler_one():
    """No difference between arms: that of the sums; none between trials: that of the arms."""
    x, n, trial = review(4, of_trials=1.0, of_arms=0.0)
    x = np.round(n * (np.bincount(trial, x) / np.bincount(trial, n))[trial])
    fit = fit_nested(x, n, trial)
    sums = fit_glmm(np.bincount(trial, x)[:, None], np.bincount(trial, n)[:, None])
    assert fit.at == pytest.approx([sums.beta[0, 0], sums.tau[0], 0.0], abs=1e-12)
    assert fit.loglik == pytest.approx(on_a_grid((*fit.at[:2], 1e-9), x, n, trial), abs=1e-7)
    x, n = np.tile([4.0, 16.0], 8), np.full(16, 20.0)
    fit = fit_nested(x, n, np.repeat(range(8), 2))
    arms = fit_glmm(x[:, None], n[:, None])
    assert fit.at == pytest.approx([arms.beta[0, 0], 0.0, arms.tau[0]], abs=1e-12)
    assert fit.covariance[0, 0] == pytest.approx(arms.variance()[0, 0, 0], rel=1e-12)


@pytest.mark.parametrize("model", [EXACT, TWO_STEP])
@pytest.mark.parametrize("seed", range(6))
def test_what_every_record_keeps(model, seed):
    spreads = [(0.8, 0.5), (0.0, 0.5), (0.6, 0.0)][seed % 3]
    x, n, trial = review(seed, of_trials=spreads[0], of_arms=spreads[1])
    r = pool_arms(x, n, trial, model, threshold=0.5, null_value=0.4)
    assert r.tau2 == pytest.approx(r.tau2_trials + r.tau2_arms, rel=1e-12)
    for name in ("tau2", "tau2_trials", "tau2_arms", "i2"):
        low, high = (getattr(r, f"{name}_{end}") for end in ("low", "high"))
        assert low <= getattr(r, name) <= high, name
    assert r.pi_low < r.ci_low < r.estimate < r.ci_high < r.pi_high
    assert r.pi_low < r.marginal_low < r.marginal < r.marginal_high < r.pi_high
    whole = logistic_normal_mean(r.estimate_link, np.sqrt(r.tau2))[0]
    assert r.marginal == pytest.approx(float(whole), rel=1e-12)
    assert 0 < r.p_above < 1 and 0 < r.p_value <= 1
    assert sum(r.weights) == pytest.approx(100) and min(r.weights) > 0
    assert r.clusters == 10 and "arms_within_trials" in r.note
    mirrored = pool_arms(n - x, n, trial, model)
    assert mirrored.pi_low == pytest.approx(1 - r.pi_high, abs=1e-6)
    assert mirrored.tau2_trials == pytest.approx(r.tau2_trials, abs=1e-6)
    order = np.random.default_rng(seed).permutation(x.size)
    again = pool_arms(x[order], n[order], [f"t{t}" for t in trial[order]], model)
    assert again.ci_low == pytest.approx(r.ci_low, abs=1e-8)
    assert again.weights == pytest.approx([r.weights[i] for i in order], abs=1e-5)
    quick = pool_arms(x, n, trial, model, tau2_limits=False)
    assert (quick.ci_low, quick.marginal_high) == (r.ci_low, r.marginal_high)
    assert (quick.tau2_high, "tau2_interval_open" in quick.note) == (None, False)


def test_the_two_step_model_is_the_three_level_one():
    x, n, trial = review(1)
    e = effect_sizes(x, n, "PLO")
    r, fit = pool_arms(x, n, trial, TWO_STEP), three_level(e.yi, e.vi, trial)
    assert (r.estimate_link, r.se_link) == (fit.estimate, fit.se)
    assert (r.tau2_trials_low, r.tau2_arms_high) == (fit.sigma2_cluster_low, fit.sigma2_arm_high)
    covariance = np.diag(e.vi + fit.sigma2_arm) + fit.sigma2_cluster * (trial[:, None] == trial)
    weights = np.linalg.inv(covariance).sum(axis=0)
    assert r.weights == pytest.approx(100 * weights / weights.sum(), rel=1e-9)
    moments = pool_arms(x, n, trial, Model("normal", tau2="DL", ci="t"))
    assert moments.tau2 == r.tau2 and "variances_by_reml" in moments.note
    assert "variances_by_reml" not in r.note


def test_a_new_arm_is_the_mean_and_the_total_spread_integrated_out():
    """The definition by quadrature: a normal root of the spread, a normal mean around each."""
    x, n, trial = review(1)
    e = effect_sizes(x, n, "PLO")
    fit = three_level(e.yi, e.vi, trial)
    z, df = norm.ppf(0.975), 9
    tau, low, high = np.sqrt([fit.sigma2_cluster + fit.sigma2_arm, fit.total_low, fit.total_high])
    sd = fit.se * student.ppf(0.975, df) / z

    def below(at):
        def density(root):
            spread = max(tau + root * (high - tau if root > 0 else tau - low) / z, 0)
            return norm.cdf((at - fit.estimate) / np.hypot(sd, spread)) * norm.pdf(root)

        return quad(density, -9, 9, points=[0.0], limit=200)[0]

    limits = [brentq(lambda at, p=p: below(at) - p, -9, 9) for p in (0.025, 0.975)]
    r = pool_arms(x, n, trial, TWO_STEP, threshold=0.5)
    width = limits[1] - limits[0]
    assert logit([r.pi_low, r.pi_high]) == pytest.approx(limits, abs=0.01 * width)
    assert r.p_above == pytest.approx(1 - below(0.0), abs=0.002)
    plug_in = pool_arms(x, n, trial, Model("normal", tau2="REML", ci="t", prediction="t"))
    half = student.ppf(0.975, df) * np.hypot(tau, fit.se)
    assert logit(plug_in.pi_high) == pytest.approx(fit.estimate + half, rel=1e-9)


def test_limits_of_the_sum_of_the_variances_of_the_three_level_model():
    x, n, trial = review(5)
    e = effect_sizes(x, n, "PLO")
    fit = three_level(e.yi, e.vi, trial)
    same = trial[:, None] == trial

    def restricted(of_trials, of_arms):
        phi = np.diag(e.vi + of_arms) + of_trials * same
        w = np.linalg.inv(phi)
        residual = e.yi - (w @ e.yi).sum() / w.sum()
        logs = np.linalg.slogdet(phi)[1] + np.log(w.sum()) + residual @ w @ residual
        return -0.5 * logs

    top = restricted(fit.sigma2_cluster, fit.sigma2_arm)
    shares = np.linspace(0, 1, 2001)
    for total in (fit.total_low, fit.total_high):
        best = max(restricted(total * share, total * (1 - share)) for share in shares)
        assert total > 0 and 2 * (top - best) == pytest.approx(DROP, abs=1e-4)


@pytest.mark.parametrize("model", [EXACT, TWO_STEP])
def test_splitting_trials_into_arms_leaves_the_width(model):
    """Patients of every trial divided at random into two arms: as if there were one."""
    draw = np.random.default_rng(6)
    n = draw.integers(30, 120, 16)
    x = draw.binomial(n, expit(draw.normal(-0.3, 0.9, 16)))
    whole = pool(x, n, model)
    trials = [*range(16), *range(16)]
    widths = []
    for _ in range(60):
        first = draw.binomial(n - 2, 0.5) + 1
        events = draw.hypergeometric(x, n - x, first)
        counts = np.r_[events, x - events], np.r_[first, n - first]
        r = pool_arms(*counts, trials, model, tau2_limits=False)
        widths.append(r.ci_high - r.ci_low)
    assert np.mean(widths) == pytest.approx(whole.ci_high - whole.ci_low, rel=0.1)


@pytest.mark.parametrize("model", [EXACT, TWO_STEP])
def test_with_fewer_trials_of_arms_the_limits_are_robust_and_alone_the_models_own(model):
    x, n = [4, 6, 9, 8, 2, 3, 12, 9, 1, 9, 4, 11], [20, 22, 30, 25, 18, 20, 31, 29, 19, 21, 20, 30]
    trial = "aabbcdefghij"
    r, robust = pool_arms(x, n, trial, model), pool_clustered(x, n, trial, model)
    assert (r.ci_low, r.ci_high, r.tau2_trials) == (robust.ci_low, robust.ci_high, None)
    assert "few_trials_of_arms=2" in r.note
    assert (r.tau2_low, r.q_p) == (None, None)
    quick = pool_arms(x, n, trial, model, tau2_limits=False)
    assert replace(quick, pi_low=r.pi_low, pi_high=r.pi_high) == r and quick.pi_low is None
    own = pool(x, n, model)
    for end in ("low", "high"):
        new, mean, old, before = (
            logit(value) - logit(own.estimate)
            for value in (
                getattr(r, f"pi_{end}"), getattr(r, f"ci_{end}"),
                getattr(own, f"pi_{end}"), getattr(own, f"ci_{end}"),
            )
        )  # fmt: skip
        assert new**2 - mean**2 == pytest.approx(old**2 - before**2)
        assert abs(new) >= abs(mean)
        average, was = (
            logit(getattr(f, f"marginal_{end}")) - logit(own.marginal) for f in (r, own)
        )
        assert average / was == pytest.approx(mean / before)
    alone, own = pool_arms(x, n, range(12), model), pool(x, n, model)
    assert (alone.ci_low, alone.pi_high, alone.marginal_low, alone.clusters) == (
        own.ci_low, own.pi_high, own.marginal_low, 12,
    )  # fmt: skip
    assert alone.note.endswith("one_study_per_cluster")


def test_data_that_carry_no_second_variance():
    trials = "aabbccddee"
    none = pool_arms([0] * 10, [5] * 10, trials, EXACT)
    assert none.note == "homogeneous_exact; clusters_ignored"
    # arms with no events or only events: both variances grow without end
    apart = pool_arms([0, 5] * 5, [5] * 10, trials, EXACT)
    assert apart.estimate is None and "no_finite_maximum" in apart.note
    one = pool_arms([1, 2, 3], [9, 9, 9], "aaa", EXACT)
    assert one.ci_low is None and "fewer_than_two_clusters" in one.note
    assert pool_arms([3], [9], "a", EXACT).note.endswith("clusters_ignored")
    assert pool_arms([], [], "", EXACT).k == 0
    equal = pool_arms([2] * 10, [9] * 10, trials, EXACT)
    assert (equal.tau2, equal.tau2_p) == (0, 1) and equal.pi_low < equal.ci_low
    with pytest.raises(SynthesisError, match="one length"):
        pool_arms([1, 2], [9, 9], "abc", EXACT)
    with pytest.raises(SynthesisError, match="two arms"):
        fit_nested(np.array([1.0, 2]), np.array([9.0, 9]), "ab")


def test_common_effect_and_likelihoods_without_scores_keep_what_they_had():
    x, n, trial = review(1)
    common = pool_arms(x, n, trial, Model("normal", tau2="EE", ci="t"))
    assert common.tau2_trials is None and "few_trials_of_arms" not in common.note
    beta = pool_arms(x, n, trial, Model("beta_binomial"))
    assert beta.ci_low is None and "no_cluster_robust_variance_for_beta_binomial" in beta.note


def test_p_of_no_variance_lies_between_its_chi_squares():
    from scipy.special import chdtrc

    x, n, trial = review(9, of_trials=0.3, of_arms=0.2)
    fit, r = fit_nested(x, n, trial), pool_arms(x, n, trial, EXACT)
    ratio = 2 * (fit.loglik - fit.loglik_common)
    assert 0.5 * chdtrc(1, ratio) < r.tau2_p < 0.5 * chdtrc(1, ratio) + 0.25 * chdtrc(2, ratio)


@pytest.mark.parametrize(
    ("x", "n"),
    [([5] * 10, 10), ([3] * 10, 20), ([3000] * 9 + [3001], 20000)],
)
def test_arms_that_are_equal_or_nearly_so_have_limits_of_both_variances(x, n):
    r = pool_arms(x, [n] * 10, "aabbccddee", TWO_STEP)
    assert r.tau2 == 0 and "tau2_interval_open" not in r.note
    assert 0 < r.tau2_arms_high < r.tau2_trials_high <= r.tau2_high
    assert r.pi_low < r.ci_low < r.ci_high < r.pi_high


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_an_arm_without_a_trial_is_refused(missing):
    x, n, trials = [4, 6, 9, 8], [20] * 4, ["a", missing, "b", missing]
    none = np.zeros((1, 4), bool)
    for refused in (
        lambda: pool_arms(x, n, trials),
        lambda: pool_arms_without(x, n, trials, EXACT, none),
        lambda: compare_clustered(x, n, "uuvv", trials),
        lambda: arms_of_trials(trials),
    ):
        with pytest.raises(SynthesisError, match=r"no trial .* arm 2, 4; allowed: a label"):
            refused()


def test_as_many_trials_as_arms_are_needed():
    x, n, none = [4, 6, 9, 8], [20] * 4, np.zeros((1, 4), bool)
    for trials in ("abc", "abcde"):
        for refused in (
            lambda trials=trials: pool_arms(x, n, trials),
            lambda trials=trials: pool_arms_without(x, n, trials, EXACT, none),
            lambda trials=trials: compare_clustered(x, n, "uuvv", trials),
        ):
            with pytest.raises(SynthesisError, match=f"one length, not 4, 4, {len(trials)}"):
                refused()


def test_an_arm_without_a_group_takes_its_trial_with_it():
    """Of a group that is NaN as of one that is None: the others keep their own trials."""
    x, n, trials = [4, 6, 9, 8, 7, 5], [20] * 6, "abcccd"
    none, nan = (
        compare_clustered(x, n, ["u", missing, "v", "v", "v", "u"], trials)
        for missing in (None, float("nan"))
    )
    assert none == nan
    assert "fewer_than_two_clusters" in none.levels[1].note


def test_sparse_trials_that_differ_much_are_integrated_as_on_a_grid():
    """Of two trials without events: the inner nodes had missed their arms, by 0.5 in the loglik."""
    x = np.array([16, 50, 0, 0, 0, 39, 98, 81, 0, 0, 60, 3215.0])
    n = np.array([3136, 2011, 2320, 3138, 2856, 1840, 3836, 586, 4092, 2, 1937, 4171.0])
    trial = np.array([0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4])
    fit = fit_nested(x, n, trial)
    assert fit.converged and fit.nodes < 241
    assert fit.at == pytest.approx([-6.800565, 5.104506, 1.850306], abs=1e-5)
    low, high = profile_spread(fit, "trial", np.sqrt(DROP))
    assert (low, high) == pytest.approx((2.038818, 17.8913), abs=1e-3)

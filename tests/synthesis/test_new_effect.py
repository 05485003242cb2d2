"""Where a new study lies: mean and spread integrated out, in every model with both.

Independent ways: the definition by quadrature of the signed roots, likelihoods by plain sums.
Properties: it holds the interval of the typical value, and has width where tau2 is 0.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from singlearm.synthesis import (
    Model,
    compare_subgroups,
    leave_one_out,
    pool,
    pool_arms,
    pool_many,
    study_values,
)
from singlearm.synthesis.effects import logit
from singlearm.synthesis.glmm import fit_glmm
from singlearm.synthesis.heterogeneity import log_likelihood
from singlearm.synthesis.landmarks import pool_landmarks
from singlearm.synthesis.new_effect import new_effect, of_each
from singlearm.synthesis.notes import Note
from singlearm.synthesis.profile import shared_tau_limits
from singlearm.synthesis.rates import RateModel, pool_rates
from singlearm.synthesis.ratio_counts import contrasts, two_by_two
from singlearm.synthesis.ratio_glmm import fit_ratio_glmm
from singlearm.synthesis.ratio_pooling import from_glmm, pool_ratios
from singlearm.synthesis.ratio_tau import profile_ratio_tau
from singlearm.synthesis.stack import stack
from singlearm.synthesis.times import pool_median_times
from singlearm.synthesis.twostep import pool_effects, prediction_interval, tau2_interval
from singlearm.synthesis.words import SynthesisError

Z = stats.norm.ppf(0.975)
Y, V = np.array([0.1, 0.9, 0.4, -0.3, 0.7, 0.2]), np.array([0.04, 0.09, 0.05, 0.08, 0.1, 0.03])
ALIKE = np.array([0.30, 0.32, 0.28, 0.31, 0.29])
HAIR = 1e-7


def by_quadrature(y, v, ci, tau2):
    """By the definition: tau at a normal root, linear on each side; a normal mean."""
    f = pool_effects(y, v, ci=ci, tau2=tau2)
    ends = tau2_interval(y, v)
    tau, low, high = (np.sqrt(float(t)) for t in (f.tau2, ends["tau2_low"], ends["tau2_high"]))
    if high <= tau:  # studies more alike than chance would have them
        high = np.sqrt(float(tau2_interval(y, v, "REML")["tau2_high"]))
    df = len(y) - 1
    sd = float(f.se) * stats.t.ppf(0.975, df) / Z
    s, _ = stack(y, v)
    rise = 2 * float(log_likelihood(s, tau**2, "REML")[0] - log_likelihood(s, 0.0, "REML")[0])

    def spread(root):
        if root > 0:
            return tau + root * (high - tau) / Z
        rate = (tau - low) / Z if low > 0 else tau / np.sqrt(rise) if tau > 0 else 0.0
        return max(tau + root * rate, 0.0)

    def below(at):
        def density(root):
            total = np.hypot(sd, spread(root))
            return stats.norm.cdf((at - float(f.estimate)) / total) * stats.norm.pdf(root)

        bend = [0.0] if low > 0 or tau == 0 else [-np.sqrt(rise), 0.0]
        return integrate.quad(density, -9, 9, points=bend, limit=400)[0]

    width = 20 * (sd + high)
    return [
        optimize.brentq(lambda at, p=p: below(at) - p, f.estimate - width, f.estimate + width)
        for p in (0.025, 0.975)
    ]


@pytest.mark.parametrize("ci", ["wald", "t", "hk", "hk_adhoc"])
@pytest.mark.parametrize("y", [Y, 0.6 * Y, 0.2 * Y])
def test_limits_are_those_of_the_definition(y, ci):
    """The nodes of the spread are good to a hundredth of the width."""
    f, ends = pool_effects(y, V, ci=ci), tau2_interval(y, V)
    limits = tuple(np.ravel(ends[name]) for name in ("tau2_low", "tau2_high"))
    ours = new_effect(stack(y, V)[0], of_each(f), limits, 0.95)
    expected = by_quadrature(y, V, ci, "REML")
    width = expected[1] - expected[0]
    assert np.ravel(ours) == pytest.approx(expected, abs=0.01 * width)


def test_plug_in_by_argument_is_the_old_interval():
    f = pool_effects(Y, V, ci="hk")
    nothing = (np.full(1, np.nan),) * 2
    plug = new_effect(stack(Y, V)[0], of_each(f), nothing, 0.95, "t")
    assert np.ravel(plug) == pytest.approx(
        np.ravel(prediction_interval(f.estimate, f.se, f.tau2, 6))
    )
    assert np.isnan(np.ravel(new_effect(stack(Y, V)[0], of_each(f), nothing, 0.95))).all()


@pytest.mark.parametrize("tau2", ["REML", "PM", "DL"])
def test_plug_in_of_each_kind(tau2):
    """Where tau2 is 0 the plug-in interval by t is that of the mean, the other is wider."""
    x, n = [5, 6, 5, 6, 5], [20] * 5
    kinds = {
        "proportion": lambda p: pool(x, n, Model("normal", tau2=tau2, ci="t", prediction=p)),
        "rate": lambda p: pool_rates(x, n, RateModel("normal", tau2=tau2, ci="t", prediction=p)),
        "ratio": lambda p: pool_ratios(ALIKE, V[:5], tau2=tau2, prediction=p),
        "time": lambda p: pool_median_times(
            np.exp(ALIKE), np.exp(ALIKE - 0.4), np.exp(ALIKE + 0.4), n,
            scale="log", tau2=tau2, prediction=p,
        ),
    }  # fmt: skip
    for kind, pooled in kinds.items():
        plug, whole = pooled("t"), pooled("integrated")
        assert plug.tau2 == 0, kind
        assert (plug.pi_low, plug.pi_high) == pytest.approx((plug.ci_low, plug.ci_high)), kind
        assert whole.pi_low < whole.ci_low < whole.ci_high < whole.pi_high, kind
        assert (whole.ci_low, whole.ci_high) == (plug.ci_low, plug.ci_high)


def test_words_that_are_not_known_or_have_no_use_are_refused():
    with pytest.raises(SynthesisError, match="integrated, t"):
        Model("normal", prediction="k2")
    with pytest.raises(SynthesisError, match="likelihood beta_binomial"):
        Model("beta_binomial", prediction="t")
    with pytest.raises(SynthesisError, match="equal effects"):
        Model("normal", tau2="EE", prediction="t")
    with pytest.raises(SynthesisError, match="not a key"):
        RateModel("normal", tau2="EE", prediction="t")
    with pytest.raises(SynthesisError, match="prediction"):
        pool_ratios(Y, V, prediction="none")
    with pytest.raises(SynthesisError, match="prediction"):
        pool_median_times([5], [4], [6], [10], prediction="none")


@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(0.005, 2)), min_size=3, max_size=10),
    st.sampled_from(["DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM"]),
    st.sampled_from(["wald", "t", "hk", "hk_adhoc"]),
)
def test_prediction_holds_the_interval_of_the_mean_and_has_width_beyond(effects, tau2, ci):
    """Every kind of effect: on the scale of the effects, as times, landmarks, ratios and rates."""
    y, v = (np.array(part) for part in zip(*effects, strict=True))
    se = np.sqrt(v)
    survival, low, high = (np.exp(-np.exp(y + side * Z * se)) for side in (0, 1, -1))
    usual = (survival > 1e-8) & (survival < 1 - 1e-8) & (low > 1e-300) & (high < 1 - 1e-12)
    found = []
    if usual.all():
        found.append(pool_landmarks(survival, low, high))
    found.append(pool_median_times(
        np.exp(y), np.exp(y - Z * se), np.exp(y + Z * se), [9] * y.size,
        scale="log", tau2=tau2, ci=ci,
    ))  # fmt: skip
    if tau2 in ("REML", "PM", "DL") and ci != "t":
        found.append(pool_ratios(y, v, tau2=tau2, ci=ci))
    for r in found:
        assert r.pi_low is not None, r
        narrow = (r.ci_high - r.ci_low) < 1e-6 * r.ci_high
        assert r.pi_low <= r.ci_low * (1 + HAIR) and r.pi_high >= r.ci_high * (1 - HAIR), r
        assert narrow or r.tau2 > 0 or r.pi_low < r.ci_low < r.ci_high < r.pi_high, r


def test_the_probability_above_a_threshold_goes_with_the_interval():
    """At a limit of the interval it is 2.5 or 97.5%, by either rule."""
    x, n = [3, 9, 5, 12, 2], [20, 25, 18, 30, 22]
    for prediction in ("integrated", "t"):
        model = Model("normal", prediction=prediction)
        r = pool(x, n, model)
        above = [pool(x, n, model, threshold=at).p_above for at in (r.pi_low, r.pi_high)]
        assert above == pytest.approx([0.975, 0.025], abs=1e-6)


def test_refits_predict_nothing_and_are_the_same_otherwise():
    x, n = [3, 9, 5, 12, 2], [20, 25, 18, 30, 22]
    for model in (Model("normal"), Model("binomial_normal"), Model("beta_binomial")):
        whole, bare = (pool_many([x], [n], model, predict=p, threshold=0.5) for p in (True, False))
        assert np.isnan([bare.pi_low, bare.pi_high, bare.p_above]).all()
        assert np.isfinite([whole.pi_low, whole.pi_high, whole.p_above]).all()
        for name in ("estimate", "ci_low", "marginal_high", "tau2", "tau2_high", "rho", "loglik"):
            np.testing.assert_array_equal(getattr(whole, name), getattr(bare, name))
        assert np.isnan(leave_one_out(x, n, model).pi_low).all()


# -- one tau2 for all groups ---------------------------------------------------------------------

GROUPS = list("aaaabbbbb")
EVENTS = [2, 6, 9, 3, 12, 15, 9, 18, 11]
TOTAL = [20, 22, 25, 18, 20, 22, 21, 25, 19]


@pytest.mark.parametrize("name", ["normal", "binomial_normal"])
@pytest.mark.parametrize("ci", ["wald", "t"])
@pytest.mark.parametrize("events", [EVENTS, [5, 5, 6, 5, 11, 10, 11, 13, 10]])
def test_under_a_common_tau2_prediction_holds_each_levels_interval(name, ci, events):
    model = Model(name, ci=ci)
    r = compare_subgroups(events, TOTAL, GROUPS, model, tau2_mode="common", permutations=0)
    for level in r.levels:
        assert level.pi_low < level.ci_low < level.ci_high < level.pi_high
        assert Note("average_beyond_prediction") not in level.notes


def test_a_common_tau2_of_a_plug_in_model_stays_plug_in():
    plug = Model("normal", ci="t", prediction="t")
    r = compare_subgroups(EVENTS, TOTAL, GROUPS, plug, tau2_mode="common", permutations=0)
    for level in r.levels:
        centre, end, far = (logit(v) for v in (level.estimate, level.ci_high, level.pi_high))
        t = stats.t.ppf(0.975, len(EVENTS) - 2)
        assert far - centre == pytest.approx(np.hypot(t * np.sqrt(level.tau2), end - centre))


U = np.linspace(-10, 10, 2401)


def summed(events, total, offset, tau):
    """Log-likelihood of binomial counts with logit offset + tau u, u normal: the trapezoid rule."""
    p = 1 / (1 + np.exp(-(np.asarray(offset)[:, None] + tau * U)))
    each = stats.binom.pmf(np.asarray(events)[:, None], np.asarray(total)[:, None], p)
    return np.log((each * stats.norm.pdf(U)).sum(axis=1) * (U[1] - U[0])).sum()


def best(loglik):
    """The highest value over a mean."""
    return -optimize.minimize_scalar(lambda mu: -loglik(mu), (-1, 1), tol=1e-9).fun


def test_limits_of_a_common_tau_are_where_the_summed_likelihood_has_dropped():
    group, events, total = np.array(GROUPS), np.array(EVENTS), np.array(TOTAL)
    parts = [(events[group == name], total[group == name]) for name in "ab"]
    x, n = np.zeros((2, 5, 2))
    for i, (e, t) in enumerate(parts):
        x[: e.size, i], n[: t.size, i] = e, t
    design = (group[None] == np.array([["a"], ["b"]])).astype(float)[:, :, None]
    fit = fit_glmm(events[:, None].astype(float), total[:, None].astype(float), design)

    def top(tau):
        return sum(
            best(lambda mu, e=e, t=t: summed(e, t, np.full(e.size, mu), tau)) for e, t in parts
        )

    ends = [tau for tau in shared_tau_limits(x, n, fit, Z) if tau > 0]
    drops = [2 * (fit.loglik[0] - top(tau)) for tau in ends]
    assert ends and drops == pytest.approx([Z**2] * len(ends), abs=1e-6)


# -- binomial models of trials -------------------------------------------------------------------

TRIALS = two_by_two(
    [1, 12, 3, 9, 2, 14], [50, 60, 80, 70, 55, 90], [4, 6, 9, 4, 8, 6], [52, 61, 79, 71, 54, 92]
)


def test_limits_of_tau_between_trials_are_where_the_summed_likelihood_has_dropped():
    """Events of one arm given those of both are binomial, the logit moved by the arms' sizes."""
    fit = fit_ratio_glmm(TRIALS, "CM.AL")
    tau = profile_ratio_tau(TRIALS, fit)
    both, offset = TRIALS.events_treat + TRIALS.events_ctrl, np.log(TRIALS.n_treat / TRIALS.n_ctrl)

    def top(spread):
        return best(lambda mu: summed(TRIALS.events_treat, both, offset + mu, spread))

    drops = [2 * (fit.loglik - top(end)) for end in (tau.low, tau.high)]
    assert drops == pytest.approx([Z**2] * 2, abs=1e-6)
    assert tau.root_at_zero == pytest.approx(-np.sqrt(2 * (fit.loglik - top(0.0))), abs=1e-6)


@pytest.mark.parametrize("model", ["CM.EL", "UM.FS", "CM.AL"])
def test_a_further_trial_lies_within_wider_limits_than_the_mean(model):
    fit = fit_ratio_glmm(TRIALS, model)
    r = from_glmm(fit, "OR", profile_ratio_tau(TRIALS, fit), contrasts("OR", TRIALS))
    assert r.tau2_low <= r.tau2 <= r.tau2_high
    assert r.pi_low < r.ci_low < r.ci_high < r.pi_high


def test_where_tau_has_no_upper_limit_nothing_is_predicted():
    t = two_by_two([0, 0, 1], [6, 6, 6], [1, 1, 0], [6, 6, 6])
    fit = fit_ratio_glmm(t)
    r = from_glmm(fit, "OR", profile_ratio_tau(t, fit), contrasts("OR", t))
    assert r.estimate is not None and r.pi_low is None and r.tau2_high is None
    assert Note("tau2_interval_open") in r.notes


NEAR_ALL = [
    ([0, 0, 0, 64, 0, 165, 1], [150, 49, 118, 64, 186, 165, 148], 0.2),
    ([1, 4, 2, 10], [1, 4, 4, 10], 0.8),
]


@pytest.mark.parametrize(("x", "n", "threshold"), NEAR_ALL)
@pytest.mark.parametrize("ci", ["profile", "t", "hk_adhoc"])
def test_a_limit_that_rounds_to_all_patients_is_still_a_logit(x, n, threshold, ci):
    """Seen from the other event, where the same limit is near 0 and keeps its digits."""
    model = Model("binomial_normal", ci=ci)
    r = pool(x, n, model, threshold=threshold)
    other = [total - events for events, total in zip(x, n, strict=True)]
    mirrored = pool(other, n, model, threshold=1 - threshold)
    assert r.ci_high_link == pytest.approx(-mirrored.ci_low_link, rel=1e-6)
    assert r.p_above == pytest.approx(1 - mirrored.p_above, abs=1e-6)
    assert r.pi_high == pytest.approx(1 - mirrored.pi_low, abs=1e-6)


def test_so_it_is_with_arms_within_trials():
    x, n = np.array([0, 0, 0, 0, 50, 49, 0, 0, 50, 50]), np.full(10, 50)
    trials = np.repeat(range(5), 2)
    model = Model("binomial_normal", ci="t")
    r, mirrored = (pool_arms(c, n, trials, model, threshold=0.5) for c in (x, n - x))
    assert r.ci_high > 1 - 1e-12
    assert r.p_above == pytest.approx(1 - mirrored.p_above, abs=1e-3)
    assert "ci_low_link" not in r.to_frame()


def test_and_with_the_values_of_studies():
    """A study without any event had an upper limit of 100%."""
    x, n = np.array([1487, 0, 1]), np.array([1518, 2195, 1500])
    model = Model("binomial_normal", ci="t")
    own, other = (study_values(pool(c, n, model, level=0.99)) for c in (x, n - x))
    assert own.ci_high == pytest.approx([1 - low for low in other.ci_low], abs=1e-7)
    assert own.ci_high[2] < 0.006


def predicted(y, v):
    """Limits of a new study, with tau2's Q-profile limits."""
    limits = tau2_interval(y, v)
    ends = (np.ravel(limits["tau2_low"]), np.ravel(limits["tau2_high"]))
    return np.ravel(new_effect(stack(y, v)[0], of_each(pool_effects(y, v)), ends, 0.95))


@pytest.mark.parametrize("unit", [0.001, 10.0, 1000.0])
def test_units_of_the_effect_change_nothing(unit):
    """Months are no logits: studies nearly alike had no limit of tau2, so no prediction."""
    y, v = np.array([26.2, 24.3, 25.2, 28.2, 25.2]), np.array([17.7, 29.4, 28.5, 78.1, 24.7])
    assert predicted(unit * y, unit**2 * v) == pytest.approx(unit * predicted(y, v), rel=1e-6)
    high, scaled = (
        float(tau2_interval(a, b, "REML")["tau2_high"])
        for a, b in ((y, v), (unit * y, unit**2 * v))
    )
    assert high > 0 and scaled == pytest.approx(unit**2 * high, rel=1e-6)

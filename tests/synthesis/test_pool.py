"""The facade: published examples, metafor's numbers, and the stated answers for degenerate data."""

import numpy as np
import pytest
from scipy.stats import t

from singlearm.synthesis import Model, SynthesisError, pool

PRITZ = (
    [16, 10, 4, 43, 10, 25, 13, 12, 22, 4, 5, 18, 58, 6],
    [17, 12, 8, 58, 10, 42, 14, 12, 41, 5, 6, 23, 68, 10],
)
GLMM = Model("binomial_normal")


def test_pritz_1997_glmm_exact():
    """Adaptive quadrature with 80 nodes: mean 1.37659, tau2 0.58931, log-likelihood -32.6054."""
    r = pool(*PRITZ, GLMM)
    assert r.estimate_link == pytest.approx(1.37659, abs=5e-6)
    assert r.tau2 == pytest.approx(0.58931, abs=5e-6)
    assert r.loglik == pytest.approx(-32.6054, abs=5e-5)
    assert (r.ci_low, r.ci_high) == pytest.approx((0.6996, 0.8897), abs=5e-5)
    assert r.marginal == pytest.approx(0.7737, abs=5e-5)


def test_pritz_1997_logit_reml_hartung_knapp():
    """metafor: tau2 .36459, .7575 [.6481; .8412], prediction interval [.4333; .9273]."""
    r, plug = pool(*PRITZ, Model("normal")), pool(*PRITZ, Model("normal", prediction="t"))
    assert r.tau2 == pytest.approx(0.36459, abs=5e-6)
    assert (r.estimate, r.ci_low, r.ci_high) == pytest.approx((0.7575, 0.6481, 0.8412), abs=5e-5)
    assert (plug.pi_low, plug.pi_high) == pytest.approx((0.4333, 0.9273), abs=5e-5)
    assert r.pi_low < plug.pi_low and plug.pi_high < r.pi_high  # with tau2 integrated out


def test_the_average_of_the_largest_spreads_ends_at_1():
    """The sum over nodes came to 1 + 9e-16."""
    r = pool([19, 114], [187, 115], Model("normal", tau2="PMM"))
    assert 0 <= r.marginal_low < r.marginal < r.marginal_high <= 1


def test_no_study():
    for model in (GLMM, Model("normal")):
        r = pool([], [], model)
        assert (r.k, r.events, r.total, r.estimate, r.note) == (0, 0, 0, None, "no_data")


def test_one_study_has_its_own_exact_interval():
    r = pool([3], [10], GLMM)
    assert (r.estimate, r.tau2, r.pi_low, r.note) == (
        0.3,
        None,
        None,
        "single_study; exact_interval",
    )
    # binom.test(3, 10) in R
    assert (r.ci_low, r.ci_high) == pytest.approx((0.06673951, 0.65245285), abs=1e-8)


def test_two_studies_are_pooled_without_a_prediction_interval():
    r = pool([5, 6], [10, 12], GLMM)
    assert r.estimate == pytest.approx(0.5)
    assert (r.tau2, r.pi_low) == (0, None)
    assert "two_studies" in r.note


def test_no_events_gives_the_exact_bound_of_the_pooled_counts():
    r = pool([0, 0, 0, 0], [12, 20, 30, 8], GLMM)
    assert (r.estimate, r.ci_low, r.tau2, r.note) == (0, 0, None, "homogeneous_exact")
    assert r.ci_high == pytest.approx(1 - 0.025 ** (1 / 70), abs=1e-12)


def test_a_likelihood_without_maximum_gives_no_number():
    r = pool([0, 0, 100, 100], [100] * 4, GLMM)
    assert (r.converged, r.estimate, r.ci_low, r.tau2) == (False, None, None, None)
    assert "no_finite_maximum" in r.note


def test_a_wrong_word_names_the_allowed_ones():
    with pytest.raises(SynthesisError, match=r"REMI.*allowed: EE, DL"):
        Model("normal", tau2="REMI")
    with pytest.raises(SynthesisError, match="not a key of likelihood binomial_normal"):
        Model("binomial_normal", tau2="DL")


def test_impossible_counts_are_named():
    with pytest.raises(SynthesisError, match="11/10"):
        pool([11, 2], [10, 10], GLMM)


@pytest.mark.parametrize("ci", ["profile", "t", "wald"])
def test_the_average_has_t_quantiles_whatever_the_interval_of_the_typical_study(ci):
    """On the logit its half-widths at two levels stand as the quantiles of t(k-1)."""
    x, n = [4, 3, 2, 1, 8], [10, 20, 30, 40, 25]
    logit = lambda p: np.log(p / (1 - p))  # noqa: E731
    halves = []
    for level in (0.95, 0.5):
        r = pool(x, n, Model("binomial_normal", ci=ci), level=level)
        assert logit(r.marginal_high) - logit(r.marginal) == pytest.approx(
            logit(r.marginal) - logit(r.marginal_low), rel=1e-9
        )
        halves.append(logit(r.marginal_high) - logit(r.marginal))
    assert halves[0] / halves[1] == pytest.approx(t(4).ppf(0.975) / t(4).ppf(0.75), rel=1e-9)

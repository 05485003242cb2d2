"""The bootstrap prediction interval: exact draws of tau2, repetition, coverage."""

import numpy as np
import pytest

from singlearm.synthesis.genq import generalised_q_interval
from singlearm.synthesis.prediction import drawn_tau2, prediction_bootstrap
from singlearm.synthesis.stack import stack
from singlearm.synthesis.twostep import pool_effects, prediction_interval
from singlearm.synthesis.words import SynthesisError

DRAW = np.random.default_rng(31)
Y, V = DRAW.normal(0, 0.5, 7), DRAW.uniform(0.02, 0.3, 7)


def test_draws_of_tau2_are_the_limits_of_the_exact_interval():
    s, _ = stack(Y, V)
    low, high = drawn_tau2(s, np.array([0.025, 0.975]))
    exact = generalised_q_interval(Y, V)
    assert low == pytest.approx(float(exact["tau2_low"]), rel=1e-3, abs=1e-9)
    assert high == pytest.approx(float(exact["tau2_high"]), rel=1e-3)


def test_the_same_seed_gives_the_same_limits():
    assert prediction_bootstrap(Y, V) == prediction_bootstrap(Y, V)
    assert prediction_bootstrap(Y, V) != prediction_bootstrap(Y, V, seed=1)


def test_identical_effects():
    r = prediction_bootstrap(np.full(5, 0.3), np.full(5, 0.1))
    assert r.pi_low == r.pi_high == pytest.approx(0.3) and r.at_zero == 1.0


def test_two_studies_are_refused():
    with pytest.raises(SynthesisError, match="three studies"):
        prediction_bootstrap([0.1, 0.2], [0.1, 0.1])


def test_it_covers_a_new_study_more_often_than_the_usual_interval():
    """150 seeded reviews of five studies with little heterogeneity."""
    draw = np.random.default_rng(2)
    hits = {"bootstrap": 0, "t": 0}
    for _ in range(150):
        v = draw.uniform(0.02, 0.3, 5)
        y = draw.normal(0, np.sqrt(v + 0.05))
        new = draw.normal(0, np.sqrt(0.05))
        r = prediction_bootstrap(y, v, draws=2000)
        hits["bootstrap"] += r.pi_low <= new <= r.pi_high
        f = pool_effects(y, v, tau2="DL", ci="wald")
        low, high = prediction_interval(f.estimate, f.se, f.tau2, f.k)
        hits["t"] += low <= new <= high
    assert hits["bootstrap"] / 150 > 0.95 - 2 * np.sqrt(0.95 * 0.05 / 150)
    assert hits["bootstrap"] > hits["t"]

"""Faults that were seen on data, each with the case that showed it (tests/cases)."""

import random

import numpy as np
import pytest

from cases import counts
from singlearm import effect_sizes, pool, tau2_interval


@pytest.mark.parametrize(
    ("case", "low", "high"),
    [
        ("eight-studies", 0.52270, 0.87942),
        ("four-studies", 0.79975, 0.99896),
        ("seven-studies", 0.87096, 0.99997),
    ],
)
def test_profile_limits(case, low, high):
    """The profile over tau has two summits; a limit holds against both."""
    r = pool(*counts(f"profile-limits/{case}"))
    assert (r.ci_low, r.ci_high) == pytest.approx((low, high), abs=1e-5)


def test_scale_k_two_thousand_studies():
    """Totals from 10 to 200,000: the interval of the mean is near that of known study values."""
    draw, k = random.Random(1), 2000
    events, total = [], []
    for i in range(k):
        n = 200_000 if i == 0 else int(10 ** draw.uniform(1, 5))
        p = 1 / (1 + np.exp(-draw.gauss(-0.7, 0.8)))
        total.append(n)
        events.append(sum(draw.random() < p for _ in range(n)) if n < 3000 else int(n * p))
    r = pool(events, total)
    width = np.log(r.ci_high / (1 - r.ci_high)) - np.log(r.ci_low / (1 - r.ci_low))
    assert width == pytest.approx(2 * 1.96 * np.sqrt(r.tau2 / k), rel=0.2)
    assert r.tau2_low < r.tau2 < r.tau2_high and not r.notes


@pytest.mark.parametrize(("method", "high"), [("ML", 4.1204), ("REML", 73.360)])
def test_tau2_interval_nan_two_studies_plo(method, high):
    e = effect_sizes(*counts("tau2-interval-nan/two-studies-plo"), "PLO")
    assert tau2_interval(e.yi, e.vi, method)["tau2_high"] == pytest.approx(high, rel=1e-4)

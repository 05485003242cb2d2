"""The beta-binomial likelihood of large studies: against sums over every patient."""

import numpy as np
import pytest

from singlearm.synthesis import pool, pool_many
from singlearm.synthesis.beta_binomial import _derivatives, _sum_rule, tally

#: Events and totals of three studies: below the border of the rule, at it, and far beyond.
SIZES = {
    512: ([100, 0, 512], [400, 512, 512]),
    2_000: ([3, 0, 1_500], [700, 513, 2_000]),
    40_000: ([40_000, 512, 11], [40_000, 1_024, 39_999]),
    300_000: ([2, 150_000, 7], [5_000, 300_000, 90_000]),
}


def one_by_one(x, n, m, g):
    """Log-likelihood without constant and its derivatives, in extended precision."""
    m, g = np.longdouble(m), np.longdouble(g)
    terms = np.zeros(6, np.longdouble)
    for events, total in zip(x, n, strict=True):
        for count, at, sign, of_m in (
            (events, m, 1, 1), (total - events, 1 - m, 1, -1), (total, np.longdouble(1), -1, 0),
        ):  # fmt: skip
            j = np.arange(count).astype(np.longdouble)
            here = at + j * g
            a = 1 / here
            parts = np.log(here), of_m * a, j * a, -(of_m**2) * a * a, -of_m * j * a * a
            terms += sign * np.array([part.sum() for part in (*parts, -((j * a) ** 2))])
    return terms.astype(float)


@pytest.mark.parametrize("g", [0, 1e-9, 1e-6, 1e-3, 0.1, 1, 1e4])
@pytest.mark.parametrize("size", SIZES)
def test_the_likelihood_is_the_sum_over_every_patient(size, g):
    x, n = (np.array(counts, float)[:, None] for counts in SIZES[size])
    found = tally(x, n)
    assert found.at.size <= min(size, 900)
    for m in (1e-6, 0.02, 0.4, 0.999):
        values = np.array(_derivatives(found, np.array([m]), np.array([float(g)])))[:, 0]
        assert values == pytest.approx(one_by_one(*SIZES[size], m, g), rel=1e-9)


def test_the_rule_of_a_sum_is_exact_for_polynomials():
    lengths = np.array([[1.0, 12], [13, 100], [513, 4096]])
    points, weights = _sum_rule(lengths)
    assert (weights >= 0).all() and (points >= 0).all()
    for degree in (0, 1, 7, 22):
        whole = [[(np.arange(length) / length) ** degree for length in row] for row in lengths]
        sums = np.array([[each.sum() for each in row] for row in whole])
        found = (weights * (points / lengths) ** degree).sum(axis=0)
        assert found == pytest.approx(sums, rel=1e-12)


def test_small_studies_are_summed_as_ever():
    x, n = np.array([[3.0, 0], [10, 5]]), np.array([[12.0, 9], [10, 512]])
    found = tally(x, n)
    j = np.arange(512)[:, None]
    assert np.array_equal(found.at, j)
    assert np.array_equal(found.events, (x > j[..., None]).sum(axis=1))
    assert np.array_equal(found.others, (n - x > j[..., None]).sum(axis=1))
    assert np.array_equal(found.totals, (n > j[..., None]).sum(axis=1))


def test_datasets_of_large_and_small_studies_together_are_as_alone():
    x = np.array([[2, 267, 706], [3, 4, 9], [30, 1000, 0]])
    n = np.array([[14_898, 92_726, 53_273], [20, 31, 40], [31, 2_000, 513]])
    together = pool_many(x, n, "beta_binomial").records()
    for events, total, found in zip(x, n, together, strict=True):
        alone = pool(events, total, "beta_binomial")
        for name in ("estimate", "ci_low", "ci_high", "rho", "pi_high", "loglik"):
            assert getattr(found, name) == pytest.approx(getattr(alone, name), rel=1e-7), name


def test_the_work_does_not_grow_with_the_patients():
    """One by one it took 20 s."""
    x, n = [2, 267, 706], [148_986, 927_269, 532_732]
    assert tally(*(np.array(counts, float)[:, None] for counts in (x, n))).at.size <= 900
    r = pool(x, n, "beta_binomial")
    expected = (5.428833e-4, 1.253117e-4, 8.724531e-3, 0.1582135)
    found = (r.estimate, r.ci_low, r.ci_high, r.pi_high)
    assert found == pytest.approx(expected, rel=1e-6)

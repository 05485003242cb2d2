"""Likelihood fits of arranged labels: the same numbers as the code for any design."""

import numpy as np
import pytest

from singlearm.synthesis.heterogeneity import estimate_tau2
from singlearm.synthesis.levels import cell_means
from singlearm.synthesis.linear import inverse_variance_fit
from singlearm.synthesis.permutation import random_arrangements
from singlearm.synthesis.permutation_reml import fit_level_means
from singlearm.synthesis.stack import Stack


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("sizes", [(19, 4), (5, 5), (6, 3, 2), (1, 8)])
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_equals_the_general_code(method, sizes, spread):
    rng = np.random.default_rng(sum(sizes))
    k, levels = sum(sizes), len(sizes)
    v = rng.uniform(0.05, 1.5, k)
    y = 3 + rng.normal(0, np.sqrt(v + spread))
    labels = np.repeat(np.arange(levels), sizes)
    index = random_arrangements(labels, 300, seed=1)
    means, variances, q, tau2 = fit_level_means(y, v, index, levels, method)
    shape = index.shape
    s = Stack(
        np.broadcast_to(y[:, None], shape), np.broadcast_to(v[:, None], shape),
        np.ones(shape, bool), np.full(shape[1], float(k)), cell_means(index, np.arange(levels)),
    )  # fmt: skip
    general, _ = estimate_tau2(s, method)
    f = inverse_variance_fit(s, general)
    assert np.abs(tau2 - general).max() < 1e-8 * (1 + general.max())
    assert np.abs(means - f.beta).max() < 1e-8
    assert variances == pytest.approx(np.einsum("ppb->pb", f.inverse), rel=1e-8)
    assert q == pytest.approx(f.q, rel=1e-8)

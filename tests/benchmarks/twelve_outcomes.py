"""Twelve outcomes of 23 studies: sizes, pooling, tau2 interval, subgroups, leave-one-out, Egger."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow" / "scripts"))

import numpy as np

from singlearm.synthesis import (
    Model,
    compare_subgroups,
    effect_sizes,
    leave_one_out,
    pool,
    tau2_interval,
)
from singlearm.synthesis.small_study import regression_test

rng = np.random.default_rng(1)
model = Model("normal")
groups = ["a", "b", "c"] * 7 + ["a", "b"]
for _ in range(12):
    n = rng.integers(8, 90, 23)
    x = rng.binomial(n, rng.beta(4, 2, 23))
    e = effect_sizes(x, n, "PLO")
    pool(x, n, model, threshold=0.5)
    tau2_interval(e.yi, e.vi)
    compare_subgroups(x, n, groups, model, permutations=0)
    leave_one_out(x, n, model)
    regression_test(e.yi, e.vi, n, predictor="sei", model="dispersion")

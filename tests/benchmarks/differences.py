"""How often limits of a difference between groups hold the truth, and tests of a regression reject.

    PYTHONPATH=workflow/scripts python tests/benchmarks/differences.py

Prints what docs/statistics.md, section 5, quotes: coverage of the odds ratio, of the difference of
median studies and of that of averages under the binomial-normal model (t), and the size of the
likelihood ratio of two moderators at once, by chi-square and by bootstrap.
"""

import sys

import numpy as np
from scipy.special import expit

from singlearm.synthesis import Model, group_differences, meta_regression
from singlearm.synthesis.marginal import logistic_normal_mean

REVIEWS, SEED = 400, 1
#: Studies a group, tau, difference of the groups in logits.
CELLS = ((4, 0.5, 0.8), (8, 0.5, 0.8), (8, 1.0, 0.8), (15, 0.5, 0.0))
#: Regressions are bootstrapped in fewer reviews: it takes seconds each.
REGRESSIONS, REGRESSION_SEED, STUDIES, DRAWS = 120, 11, 10, 199


def coverage() -> None:
    """Percent of reviews whose limits hold the true difference."""
    random, model = np.random.default_rng(SEED), Model("binomial_normal", ci="t")
    for k, tau, gap in CELLS:
        held = []
        mu = np.repeat([-0.5, -0.5 + gap], k)
        averages = [float(logistic_normal_mean(m, tau)[0]) for m in (-0.5, -0.5 + gap)]
        for _ in range(REVIEWS):
            n = random.integers(15, 80, 2 * k)
            x = random.binomial(n, expit(mu + tau * random.standard_normal(2 * k)))
            (d,) = group_differences(x, n, ["a"] * k + ["b"] * k, model)
            truths = (np.exp(gap), expit(-0.5 + gap) - expit(-0.5), averages[1] - averages[0])
            ends = (
                (d.odds_ratio_low, d.odds_ratio_high),
                (d.difference_low, d.difference_high),
                (d.marginal_low, d.marginal_high),
            )
            held.append([low <= t <= high for (low, high), t in zip(ends, truths, strict=True)])
        shares = ", ".join(f"{100 * share:.1f}" for share in np.mean(held, axis=0))
        sys.stdout.write(f"{k} studies a group, tau {tau}, difference {gap}: {shares}\n")


def size() -> None:
    """Percent of reviews without any effect in which both moderators together are called one."""
    random, model = np.random.default_rng(REGRESSION_SEED), Model("binomial_normal")
    arms = np.where(np.arange(STUDIES) % 3 == 0, "b", "a").tolist()
    rejected = []
    for _ in range(REGRESSIONS):
        n = random.integers(10, 60, STUDIES)
        both = {"dose": random.normal(size=STUDIES), "arm": arms}
        x = random.binomial(n, expit(-0.4 + 0.5 * random.standard_normal(STUDIES)))
        test = meta_regression(x, n, both, model, bootstrap=DRAWS).omnibus
        if test.p_value is not None:
            rejected.append([test.p_value < 0.05, test.p_bootstrap <= 0.05])
    by_chi_square, by_bootstrap = 100 * np.mean(rejected, axis=0)
    sys.stdout.write(
        f"{STUDIES} studies, two moderators, {len(rejected)} reviews: chi-square rejects in "
        f"{by_chi_square:.1f}%, bootstrap in {by_bootstrap:.1f}%\n"
    )


if __name__ == "__main__":
    coverage()
    size()

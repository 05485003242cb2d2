"""How near the values of studies under a model are to the truth, beside the studies' own.

Run: PYTHONPATH=workflow/scripts python tests/benchmarks/study_values.py
(some minutes; seeded).
"""

import sys

import numpy as np

from singlearm.synthesis import Model, pool, study_intervals, study_values

REVIEWS, SEED = 100, 7
STUDIES, SPREADS = (4, 10), (0.0, 0.4, 1.0)
SIZES, MEAN = (8, 80), -0.8
MODELS = {
    "GLMM, t": Model("binomial_normal", ci="t"),
    "REML, Hartung-Knapp": Model("normal", tau2="REML", ci="hk_adhoc"),
    "beta-binomial": Model("beta_binomial", ci="t"),
    "Bayes": Model("bayes"),
}


def one_review(rng, k, tau):
    """Truths, events and totals of a review that has events and non-events."""
    while True:
        truth = 1 / (1 + np.exp(-(MEAN + tau * rng.standard_normal(k))))
        n = rng.integers(*SIZES, k)
        x = rng.binomial(n, truth)
        if 0 < x.sum() < n.sum():
            return truth, x, n


def measured(truth, values, low, high):
    """Squared error, whether the limits hold the truth, and their width, of each study."""
    ends = np.array(low, float), np.array(high, float)
    held = (ends[0] <= truth) & (truth <= ends[1])
    return (np.array(values, float) - truth) ** 2, held, ends[1] - ends[0]


def main():
    """Print a table: error in points, coverage and width in percent."""
    rng = np.random.default_rng(SEED)
    sys.stdout.write("| studies | tau | of | error | coverage | width |\n")
    sys.stdout.write("| --- | --- | --- | --- | --- | --- |\n")
    for k in STUDIES:
        for tau in SPREADS:
            reviews = [one_review(rng, k, tau) for _ in range(REVIEWS)]
            found = {"the studies' own": []} | {name: [] for name in MODELS}
            for truth, x, n in reviews:
                own = measured(truth, x / n, *study_intervals(x, n))
                found["the studies' own"].append(own)
                for name, model in MODELS.items():
                    got = study_values(pool(x, n, model))
                    if got.estimate[0] is not None:
                        told = measured(truth, got.estimate, got.ci_low, got.ci_high)
                        found[name].append(told)
            for name, all_ in found.items():
                error, held, width = (np.concatenate(part) for part in zip(*all_, strict=True))
                numbers = 100 * np.sqrt(error.mean()), 100 * held.mean(), 100 * width.mean()
                cells = " | ".join(f"{number:.1f}" for number in numbers)
                sys.stdout.write(f"| {k} | {tau} | {name} | {cells} |\n")


if __name__ == "__main__":
    main()

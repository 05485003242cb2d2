"""Simulation-based calibration of the Bayesian model: parameters from the prior, ranks uniform.

    PYTHONPATH=workflow/scripts python tests/benchmarks/calibrate_bayes.py [datasets]

Draw tau half-normal and mu logistic, then k studies with binomial counts; the posterior
distribution function at the true value must be uniform (Talts et al. 2018, arXiv:1804.06788). It
takes the place of ranks among draws. Prints counts in ten bins and Kolmogorov-Smirnov p-values.
"""

import sys

import numpy as np
from scipy.special import kolmogorov

from singlearm.synthesis.bayes_grid import posterior

SCALE, K, BINS = 1.0, 8, 10


def main(datasets: int) -> None:
    rng = np.random.default_rng(7)
    ranks = {"mu": [], "tau": [], "new study": []}
    for _ in range(datasets):
        tau, mu = abs(rng.normal(0, SCALE)), rng.logistic()
        n = rng.integers(5, 60, K)
        x = rng.binomial(n, 1 / (1 + np.exp(-(mu + tau * rng.standard_normal(K)))))
        post = posterior(x[:, None].astype(float), n[:, None].astype(float), SCALE)
        new = mu + tau * rng.standard_normal()
        for name, cdf, at in (
            ("mu", post.cdf_mu, mu), ("tau", post.cdf_tau, tau), ("new study", post.cdf_new, new)
        ):  # fmt: skip
            ranks[name].append(float(cdf(np.array([at]))[0]))
    lines = ["| quantity | " + " | ".join(f"{i / BINS:.1f}" for i in range(BINS)) + " | KS p |"]
    lines.append("|" + " --- |" * (BINS + 2))
    for name, values in ranks.items():
        counts = np.histogram(values, BINS, (0, 1))[0]
        ordered = np.sort(values)
        edges = np.arange(datasets + 1) / datasets
        gap = max((edges[1:] - ordered).max(), (ordered - edges[:-1]).max())
        p = kolmogorov(gap * np.sqrt(datasets))
        lines.append(f"| {name} | " + " | ".join(map(str, counts)) + f" | {p:.2f} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)

"""How often the intervals of a summary curve hold the truth, with t and with normal quantiles.

    PYTHONPATH=workflow/scripts python tests/benchmarks/coverage_curves.py STUDIES REVIEWS

Studies of 40 to 149 patients, exponential survival whose log rate varies with standard deviation
0.35, censored between 12 and 48 months. The truth is what the method estimates: the product of the
squared sines of the mean arcsines of the conditional probabilities.
"""

import sys

import numpy as np

from singlearm.synthesis.curves import curve_on_grid, summary_curve
from singlearm.synthesis.survival import KaplanMeier, kaplan_meier

GRID = np.arange(3.0, 25, 3)
RATE, SPREAD, SEED = np.log(2) / 10, 0.35, 1


def truth(draw: np.random.Generator) -> tuple[np.ndarray, float, float]:
    """Survival on the grid, median and restricted mean."""
    rates = RATE * np.exp(draw.normal(0, SPREAD, 200_000))
    share = np.sin(np.arcsin(np.sqrt(np.exp(-3 * rates))).mean()) ** 2
    s = share ** np.arange(GRID.size + 1)
    at = int(np.flatnonzero(s <= 0.5)[0])
    median = 3 * (at - 1 + (s[at - 1] - 0.5) / (s[at - 1] - s[at]))
    return s[1:], median, float((s[1:] + s[:-1]).sum() * 1.5)


def study(draw: np.random.Generator) -> KaplanMeier:
    n = draw.integers(40, 150)
    time = draw.exponential(1 / (RATE * np.exp(draw.normal(0, SPREAD))), n)
    censored = draw.uniform(12, 48, n)
    return kaplan_meier(np.minimum(time, censored), time <= censored)


def main(studies: int, reviews: int) -> None:
    draw = np.random.default_rng(SEED)
    survival, median, mean = truth(draw)
    hits = {True: np.zeros(4), False: np.zeros(4)}
    for _ in range(reviews):
        s, n = curve_on_grid([study(draw) for _ in range(studies)], GRID)
        for small, count in hits.items():
            r = summary_curve(s, n, GRID, small_sample=small, draws=1000)
            low = np.inf if r.median_low is None else r.median_low
            high = np.inf if r.median_high is None else r.median_high
            inside = (r.ci_low <= survival) & (survival <= r.ci_high)
            mean_inside = r.restricted_mean_low <= mean <= r.restricted_mean_high
            count += [inside[3], inside[7], low <= median <= high, mean_inside]
    names = ("survival at 12", "survival at 24", "median", "restricted mean")
    for small, count in hits.items():
        text = ", ".join(f"{n} {c / reviews:.3f}" for n, c in zip(names, count, strict=True))
        sys.stdout.write(f"{studies} studies, {'t' if small else 'normal'}: {text}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

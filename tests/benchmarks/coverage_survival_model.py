"""Coverage of the survival model from all evidence: `python coverage_survival_model.py 10 200`.

Arguments: studies a review, simulated reviews. The truth is Weibull of shape 1 with a mean of 14
months in the typical study; means differ between studies (tau 0.3). A third of the studies prints a
curve, a third one fixed time, a third a median.
"""

import sys

import numpy as np

from singlearm.synthesis.survival import kaplan_meier
from singlearm.synthesis.survival_model import StudyPoints, fit_survival_model
from singlearm.synthesis.words import SynthesisError

MEAN, SPREAD, SEED = 14.0, 0.3, 7
CURVE = np.array([3.0, 6, 12, 18, 24])
ASKED = np.array([12.0, 24.0])


def study(draw: np.random.Generator) -> StudyPoints | None:
    """What one study prints; None if it has nothing to print."""
    n, mean = int(draw.integers(25, 150)), MEAN * np.exp(draw.normal(0, SPREAD))
    time, censored = draw.exponential(mean, n), draw.uniform(12, 48, n)
    km = kaplan_meier(np.minimum(time, censored), time <= censored)
    way = draw.integers(3)
    times = [CURVE, np.array([float(draw.choice([6, 12, 18]))]), np.array([km.median])][way]
    if not np.isfinite(times).all():
        return None
    survival, variance = km.at(times), km.log_variance_at(times)
    keep = np.isfinite(survival) & (survival > 0) & (survival < 1) & (variance > 0)
    keep[1:] &= np.diff(survival) < 0
    points = (times[keep], survival[keep], variance[keep])
    return StudyPoints(*points, of_times=way == 2) if keep.any() else None


def main(studies: int, reviews: int) -> None:
    draw, hits, found = np.random.default_rng(SEED), [], []
    truth, median = np.exp(-ASKED / MEAN), MEAN * np.log(2)
    mean = MEAN * (1 - np.exp(-ASKED[-1] / MEAN))
    for _ in range(reviews):
        points = [made for _ in range(studies) if (made := study(draw)) is not None]
        try:
            fit = fit_survival_model(points)
        except SynthesisError:
            continue
        survival, low, high = fit.survival(ASKED)
        _, first, last = fit.median()
        _, least, most = fit.restricted_mean(float(ASKED[-1]))
        in_median = (first or 0.0) <= median <= (last or np.inf)
        hits.append([*((low <= truth) & (truth <= high)), in_median, least <= mean <= most])
        found.append(survival)
    names = ("survival at 12", "survival at 24", "median", "restricted mean")
    text = ", ".join(f"{n} {c:.3f}" for n, c in zip(names, np.mean(hits, axis=0), strict=True))
    bias = 100 * (np.mean(found, axis=0) - truth)
    sys.stdout.write(f"{studies} studies, {len(hits)} reviews: {text}; bias in points {bias}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

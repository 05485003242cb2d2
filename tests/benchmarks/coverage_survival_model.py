"""Coverage of the survival model from all evidence: `python coverage_survival_model.py 10 200`.

Arguments: studies a review, simulated reviews, and the spread of log means between studies (0.3).
The truth is Weibull of shape 1 with a mean of 14 months in the typical study. A third of the
studies prints a curve, a third one fixed time, a third a median. Of the prediction band the share
of new studies inside is exact for each review, beside it that of the plug-in band.
"""

import sys

import numpy as np
from scipy.special import ndtr

from singlearm.synthesis.landmark_effects import landmark_back
from singlearm.synthesis.survival import kaplan_meier
from singlearm.synthesis.survival_model import StudyPoints, SurvivalModel, fit_survival_model
from singlearm.synthesis.words import SynthesisError

MEAN, SPREAD, SEED = 14.0, 0.3, 7
CURVE = np.array([3.0, 6, 12, 18, 24])
ASKED = np.array([12.0, 24.0])


def study(draw: np.random.Generator, spread: float) -> StudyPoints | None:
    """What one study prints; None if it has nothing to print."""
    n, mean = int(draw.integers(25, 150)), MEAN * np.exp(draw.normal(0, spread))
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


def plug_in(fit: SurvivalModel) -> tuple[np.ndarray, np.ndarray]:
    """The band that takes the covariance between studies as it is estimated."""
    x = np.stack([np.ones(ASKED.size), np.log(ASKED) - fit.centre], axis=1)
    variance = np.einsum("ji,ik,jk->j", x, fit.covariance + fit.between, x)
    half = fit.quantile(0.95) * np.sqrt(variance)
    ends = [landmark_back(x @ fit.beta + sign * half, fit.scale) for sign in (-1, 1)]
    return np.minimum(*ends), np.maximum(*ends)


def inside(low: np.ndarray, high: np.ndarray, spread: float) -> np.ndarray:
    """Share of new studies whose survival at the times asked lies within the band."""
    means = [-ASKED / np.log(np.clip(end, 1e-300, 1 - 1e-12)) for end in (low, high)]
    # without a spread all are at the typical mean
    first, last = (np.log(mean / MEAN) / max(spread, 1e-9) for mean in means)
    return ndtr(last) - ndtr(first)


def main(studies: int, reviews: int, spread: float = SPREAD) -> None:
    draw, hits, found, new = np.random.default_rng(SEED), [], [], []
    truth, median = np.exp(-ASKED / MEAN), MEAN * np.log(2)
    mean = MEAN * (1 - np.exp(-ASKED[-1] / MEAN))
    for _ in range(reviews):
        points = [made for _ in range(studies) if (made := study(draw, spread)) is not None]
        try:
            fit = fit_survival_model(points)
        except SynthesisError:
            continue
        if not (fit.spread_known and fit.converged):  # no limits are printed
            continue
        survival, low, high = fit.survival(ASKED)
        _, first, last = fit.median()
        _, least, most = fit.restricted_mean(float(ASKED[-1]))
        in_median = (first or 0.0) <= median <= (last or np.inf)
        hits.append([*((low <= truth) & (truth <= high)), in_median, least <= mean <= most])
        found.append(survival)
        bands = (plug_in(fit), fit.prediction(ASKED))
        new.append(np.concatenate([inside(*band, spread) for band in bands]))
    names = ("survival at 12", "survival at 24", "median", "restricted mean")
    text = ", ".join(f"{n} {c:.3f}" for n, c in zip(names, np.mean(hits, axis=0), strict=True))
    bias = 100 * (np.mean(found, axis=0) - truth)
    sys.stdout.write(f"{studies} studies, {len(hits)} reviews: {text}; bias in points {bias}\n")
    known = np.isfinite(new).all(axis=1)
    plug, whole = np.split(np.mean(np.array(new)[known], axis=0).round(3), 2)
    text = f"new study at 12 and 24: plug-in {plug}, integrated {whole}"
    sys.stdout.write(f"{text}; no band in {int((~known).sum())} reviews\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *map(float, sys.argv[3:]))

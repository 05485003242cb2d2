"""Coverage for arms within trials: `python arms_of_trials.py 8 5 200`.

Arguments: trials, how many of them have two or three arms, simulated reviews a row, and the number
of one row if not all are wanted. Truths are set: median proportion 38%, 10 to 79 patients an arm; a
row for each pair of spreads (of trials, of arms on the logit scale), each with its own seed. Three
columns each for the median arm, the average, a new arm in a new trial: the model of arms within
trials, the two-step one, and the model that takes arms as independent.
"""

import sys
import time

import numpy as np
from scipy.special import expit

from singlearm.synthesis import Model, Pooled, pool, pool_arms
from singlearm.synthesis.marginal import logistic_normal_mean

SEED, MEAN = 12, -0.5
SPREADS = ((0.7, 0.3), (0.3, 0.3), (1.0, 0.0), (0.0, 0.7), (0.0, 0.0))
EXACT, TWO_STEP = Model("binomial_normal", ci="t"), Model("normal", tau2="REML", ci="t")


def hits(fit: Pooled, truths: tuple[float, float, float]) -> list[float]:
    """Whether each interval holds its truth; NaN where there is none."""
    ends = ((fit.ci_low, fit.ci_high), (fit.marginal_low, fit.marginal_high))
    return [
        np.nan if low is None or high is None else float(low <= truth <= high)
        for (low, high), truth in zip((*ends, (fit.pi_low, fit.pi_high)), truths, strict=True)
    ]


def main(trials: int, several: int, reviews: int, only: int | None = None) -> None:
    for number, (of_trials, of_arms) in enumerate(SPREADS):
        if only not in (None, number):
            continue
        draw = np.random.default_rng([SEED, number])
        total = float(np.hypot(of_trials, of_arms))
        average = float(logistic_normal_mean(MEAN, total)[0])
        found, seconds = [], 0.0
        for _ in range(reviews):
            arms = np.r_[draw.integers(2, 4, several), np.ones(trials - several, int)]
            trial = np.repeat(np.arange(trials), arms)
            n = draw.integers(10, 80, trial.size)
            logit = MEAN + of_trials * draw.normal(size=trials)[trial]
            x = draw.binomial(n, expit(logit + of_arms * draw.normal(size=trial.size)))
            truths = (expit(MEAN), average, expit(MEAN + total * draw.normal()))
            begun = time.process_time()
            nested = pool_arms(x, n, trial, EXACT)
            seconds += time.process_time() - begun
            fits = (nested, pool_arms(x, n, trial, TWO_STEP), pool(x, n, EXACT))
            found.append([hits(fit, truths) for fit in fits])
        table = np.array(found)
        cells = [f"{100 * value:.1f}" for value in np.nanmean(table, axis=0).T.ravel()]
        row = [f"{trials}, {several}", f"{of_trials:g}, {of_arms:g}", *cells]
        none = 100 * np.isnan(table[:, 0, 2]).mean()
        sys.stdout.write(
            f"| {' | '.join(row)} |  {seconds / reviews:.3f} s a fit, {none:.1f}% no prediction\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:5]))

"""Coverage of 95% prediction limits of the two-step models: mean and tau2 integrated out, or not.

Run: PYTHONPATH=workflow/scripts python tests/benchmarks/prediction.py (seconds; seeded).
"""

import sys
from collections.abc import Callable

import numpy as np

from singlearm.synthesis.effects import effect_sizes
from singlearm.synthesis.genq import limits_of_estimator
from singlearm.synthesis.heterogeneity import likelihood_profile
from singlearm.synthesis.new_effect import new_effect, of_each
from singlearm.synthesis.stack import Stack, stack
from singlearm.synthesis.twostep import pool_effects

REVIEWS, SEED, LEVEL = 4000, 11, 0.95
#: Patients of a study, its events 38% of them in the typical study.
SIZES, CENTRE = (10, 80), -0.5
#: Standard errors of the log hazard ratio of a trial.
ERRORS = (0.1, 0.3)

Draw = Callable[[np.random.Generator, int, float], tuple[np.ndarray, np.ndarray]]


def logits(rng, k, tau):
    """Log odds of studies by counts, 1/2 added to those with none or all."""
    n = rng.integers(*SIZES, (REVIEWS, k))
    p = 1 / (1 + np.exp(-(CENTRE + rng.normal(0, tau, n.shape))))
    e = effect_sizes(rng.binomial(n, p), n, "PLO")
    return e.yi, e.vi


def hazards(rng, k, tau):
    """Log hazard ratios with known errors."""
    se = rng.uniform(*ERRORS, (REVIEWS, k))
    return rng.normal(CENTRE, tau, se.shape) + rng.normal(0, se), se**2


def moments(s: Stack, tau2):
    """The limits of tau2 that proportions, times and rates have."""
    return limits_of_estimator(s, tau2, "REML", LEVEL)[:2]


def profiles(s: Stack, _):
    """Those of ratios."""
    return likelihood_profile(s, "REML", LEVEL)


#: What is drawn, for which numbers of studies and spreads, and the limits of tau2.
CELLS = {
    "log odds, by counts": (logits, (5, 8, 15), (0.0, 0.3, 0.7), moments),
    "log hazard ratio": (hazards, (3, 5, 8, 15), (0.0, 0.1, 0.3), profiles),
}


def covered(low, high, new, among):
    """Percent of the new studies that lie within; a dash for none."""
    if not among.any():
        return "–"
    return f"{100 * np.mean(((low < new) & (new < high))[among]):.1f}"


def row(rng, draw: Draw, k, tau, limits):
    """Shares covered by either interval, of all reviews and where tau2 is 0, and their widths."""
    yi, vi = draw(rng, k, tau)
    new = rng.normal(CENTRE, tau, REVIEWS)
    fit, s = pool_effects(yi, vi), stack(yi, vi)[0]
    ends = limits(s, fit.tau2)
    plug, whole = (new_effect(s, of_each(fit), ends, LEVEL, how) for how in ("t", "integrated"))
    every, zero = np.ones(REVIEWS, bool), fit.tau2 == 0
    shares = [covered(*pi, new, who) for pi in (plug, whole) for who in (every, zero)]
    wider = np.median((whole[1] - whole[0]) / (plug[1] - plug[0]))
    return [f"{100 * zero.mean():.1f}", *shares, f"{wider:.2f}"]


def main():
    """Print a table."""
    rng = np.random.default_rng(SEED)
    head = ("effect", "studies", "tau", "tau2 is 0 (%)", "plug-in", "there", "integrated", "there")
    head = (*head, "median ratio of widths")
    sys.stdout.write("| " + " | ".join(head) + " |\n" + "| --- " * len(head) + "|\n")
    for name, (draw, sizes, spreads, limits) in CELLS.items():
        for k in sizes:
            for tau in spreads:
                cells = [name, str(k), str(tau), *row(rng, draw, k, tau, limits)]
                sys.stdout.write("| " + " | ".join(cells) + " |\n")


if __name__ == "__main__":
    main()

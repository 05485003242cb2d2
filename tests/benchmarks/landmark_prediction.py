"""Coverage of 95% prediction limits of survival at a fixed time: tau2 taken for known or not.

Run: python tests/benchmarks/landmark_prediction.py (a minute; seeded).
"""

import sys

import numpy as np
from prediction import covered

from singlearm.synthesis.landmark_effects import landmark_scale
from singlearm.synthesis.landmarks import landmark_columns
from singlearm.synthesis.twostep import pool_effects, prediction_interval

REVIEWS, SEED = 1500, 3
STUDIES, SPREADS = (5, 8, 15), (0.0, 0.2, 0.4)
#: Standard errors of the studies on the complementary log-log scale.
ERRORS = (0.15, 0.35)


def main():
    """Print a table."""
    rng = np.random.default_rng(SEED)
    sys.stdout.write("| studies | tau | tau2 is 0 | plug-in | there | integrated | there |\n")
    sys.stdout.write("| --- | --- | --- | --- | --- | --- | --- |\n")
    for k in STUDIES:
        for tau in SPREADS:
            sei = rng.uniform(*ERRORS, (REVIEWS, k))
            yi = rng.normal(0, tau, sei.shape) + rng.normal(0, sei)
            new = rng.normal(0, tau, REVIEWS)
            fit = pool_effects(yi, sei**2)
            plug = prediction_interval(fit.estimate, fit.se, fit.tau2, fit.k)
            ours = landmark_columns(yi, sei, np.ones(yi.shape, bool))
            # the scale falls with survival
            ends = landmark_scale(ours["pi_high"]), landmark_scale(ours["pi_low"])
            every, zero = np.ones(REVIEWS, bool), fit.tau2 == 0
            told = [covered(*pi, new, who) for pi in (plug, ends) for who in (every, zero)]
            cells = " | ".join([f"{100 * zero.mean():.1f}", *told])
            sys.stdout.write(f"| {k} | {tau} | {cells} |\n")


if __name__ == "__main__":
    main()

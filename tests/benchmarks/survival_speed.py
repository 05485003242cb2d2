"""Seconds of the survival tools: twenty digitised curves to a summary, a thousand fixed times.

    python tests/benchmarks/survival_speed.py

Twenty invented curves of 40 readings with risk tables are reconstructed and pooled; a thousand
datasets of ten studies are pooled at a fixed time in one batch, with prediction. Best of five by
the clock.
"""

import sys
from timeit import repeat

import numpy as np

from singlearm.synthesis.curves import curve_on_grid, summary_curve
from singlearm.synthesis.landmarks import landmark_columns
from singlearm.synthesis.reconstruct import reconstruct
from singlearm.synthesis.survival import kaplan_meier

CURVES, READINGS = 20, 40
DATASETS, STUDIES = 1_000, 10


def readings(draw: np.random.Generator) -> list[tuple[np.ndarray, ...]]:
    """Times, survival, and the risk table of invented studies of 40 to 150 patients."""
    found = []
    for _ in range(CURVES):
        size = int(draw.integers(40, 150))
        event, end = draw.exponential(14, size), draw.uniform(12, 48, size)
        seen = np.minimum(event, end)
        curve = kaplan_meier(seen, event <= end)
        at, risk = np.linspace(0, 30, READINGS), np.arange(0, 31, 6.0)
        survival = np.minimum.accumulate(np.append(1.0, curve.at(at[1:])))
        known = np.isfinite(survival)
        found.append((at[known], survival[known], risk, (seen[:, None] >= risk).sum(axis=0)))
    return found


def curves(read: list[tuple[np.ndarray, ...]]) -> None:
    """Reconstruct and pool."""
    times = np.arange(3.0, 25, 3)
    made = [reconstruct(*one).curve() for one in read]
    summary_curve(*curve_on_grid(made, times), times)


def main() -> None:
    draw = np.random.default_rng(3)
    read = readings(draw)
    y, se = draw.normal(-1, 0.5, (DATASETS, STUDIES)), draw.uniform(0.1, 0.4, (DATASETS, STUDIES))
    there = np.ones(y.shape, bool)
    sys.stdout.write(f"{CURVES} curves: {min(repeat(lambda: curves(read), number=1)):.3f} s\n")
    fits = min(repeat(lambda: landmark_columns(y, se, there), number=1))
    sys.stdout.write(f"{DATASETS} fits at a fixed time: {fits:.3f} s\n")


if __name__ == "__main__":
    main()

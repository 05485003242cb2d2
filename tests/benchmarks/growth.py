"""Processor time and memory of the stages of a review over its numbers of studies and outcomes.

    python tests/benchmarks/growth.py [studies K ...] [outcomes N ...]

Each stage is asked for by a run of the workflow of its own, one after another, on one core, so the
start of the manager (about 2 s) is in each figure. Exponents are slopes of least squares of
log(seconds above the smallest review's) on log(size).
"""

import math
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import many_reviews

STAGES = {
    "check and clean": "results/1/clean/gate.json",
    "pool": "results/1/provenance/outcome_1/pool_outcome.json",
    "draw": "results/1/provenance/outcome_1/draw_outcome.json",
    "vary": "results/1/provenance/outcome_1/vary_outcome.json",
    "all the rest": "all",
    "nothing to do": "all",
}


class Sizes(random.Random):
    """Chance whose first whole numbers, outcomes and studies, are given."""

    def __init__(self, outcomes: int, studies: int):
        super().__init__(many_reviews.SEED)
        self._given = [outcomes, studies]

    def randint(self, low: int, high: int) -> int:
        return self._given.pop(0) if self._given else super().randint(low, high)


def measure(folder: Path, target: str) -> tuple[float, float]:
    """Seconds of processor and megabytes of the largest process of one run."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", target]
    command += ["--snakefile", str(many_reviews.ROOT / "Snakefile")]
    run = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(run.pid, 0)
    if status:
        raise RuntimeError(f"{target} failed in {folder}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """Slope of log(seconds above the first) on log(size)."""
    pairs = [
        (math.log(size), math.log(spent - seconds[0]))
        for size, spent in zip(sizes[1:], seconds[1:], strict=True)
        if spent > seconds[0] * 1.1
    ]
    if len(pairs) < 2:
        return math.nan
    x, y = (sum(part) / len(pairs) for part in zip(*pairs, strict=True))
    return sum((a - x) * (b - y) for a, b in pairs) / sum((a - x) ** 2 for a, _ in pairs)


def table(what: str, sizes: list[int]) -> None:
    """Print a table over `studies` (one outcome) or `outcomes` (23 studies)."""
    found: dict[str, list[float]] = {stage: [] for stage in STAGES}
    sys.stdout.write(f"| {what} | {' | '.join(STAGES)} |\n|{'---|' * (len(STAGES) + 1)}\n")
    for size in sizes:
        chance = Sizes(*((1, size) if what == "studies" else (size, 23)))
        cells = []
        with tempfile.TemporaryDirectory() as folder:
            many_reviews.invent(Path(folder), "review", chance)
            for stage, target in STAGES.items():
                seconds, memory = measure(Path(folder) / "review", target)
                found[stage].append(seconds)
                cells.append(f"{seconds:.1f} s, {memory:.0f} MB")
        sys.stdout.write(f"| {size} | {' | '.join(cells)} |\n")
        sys.stdout.flush()
    slopes = (f"{exponent(sizes, seconds):.2f}" for seconds in found.values())
    sys.stdout.write(f"| exponent | {' | '.join(slopes)} |\n\n")


def main(words: list[str]) -> None:
    """Print the tables that are asked for."""
    sizes: dict[str, list[int]] = {}
    for word in words or ["studies", "5", "50", "500", "2000", "outcomes", "1", "4", "16"]:
        if word in ("studies", "outcomes"):
            current = sizes.setdefault(word, [])
        else:
            current.append(int(word))
    for what, each in sizes.items():
        table(what, each)


if __name__ == "__main__":
    main(sys.argv[1:])

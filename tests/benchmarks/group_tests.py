"""How often tests between groups reject: a true null (size) and a true difference (power).

    python tests/benchmarks/group_tests.py docs/group-tests.csv

Three tests of the likelihood ratio under one tau^2, read at 5%: against the chi-square, against
its permutations, and against a parametric bootstrap of the null that keeps each study's size. Half
of the cells confound size with group. Restartable; each cell has a seed of its own.
"""

import csv
import sys
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from scipy.special import chdtrc, expit, logit

from singlearm.synthesis.group_bootstrap import Grid, likelihood_ratios, log_likelihoods

REVIEWS, DRAWS, SEED = 1000, 199, 3


@dataclass(frozen=True, slots=True)
class Cell:
    """Studies in each group, sizes of the studies of the first and of the other groups, the typical
    proportion of all but the first group, spread in logits, difference of the first group in
    logits."""

    groups: tuple[int, ...]
    first_n: int
    other_n: int
    p: float
    tau: float
    difference: float


@dataclass(frozen=True, slots=True)
class Found:
    """Share of reviews in which each test rejects at 5%."""

    groups: str
    first_n: int
    other_n: int
    p: float
    tau: float
    difference: float
    reviews: int
    chi_square: float
    permutation: float
    bootstrap: float


def cells() -> list[Cell]:
    """The design."""
    return [
        Cell(groups, first_n, other_n, p, tau, difference)
        for difference in (0.0, 1.0)
        for groups in ((4, 4), (3, 9), (10, 10), (2, 2, 8))
        for first_n, other_n in ((30, 30), (10, 100))
        for p in (0.5, 0.85)
        for tau in (0.3, 1.0)
    ]


def measure(cell: Cell) -> Found:
    """The three tests on the reviews of a cell."""
    draw = np.random.default_rng([SEED, *map(ord, repr(cell))])
    index = np.repeat(np.arange(len(cell.groups)), cell.groups)
    n = np.where(index == 0, cell.first_n, cell.other_n)
    mu = logit(cell.p) + cell.difference * (index == 0)
    grid = Grid.around(float(logit(cell.p)), cell.tau)
    # every count that can occur, once
    start = np.concatenate([[0], np.cumsum(n + 1)])
    counts = np.concatenate([np.arange(size + 1) for size in n])
    table = log_likelihoods(counts, np.repeat(n, n + 1), grid)
    order = np.array([draw.permutation(len(n)) for _ in range(DRAWS)])
    rejected = np.zeros(3)
    for _ in range(REVIEWS):
        x = draw.binomial(n, expit(mu + cell.tau * draw.standard_normal(len(n))))
        rows = start[:-1] + x
        observed = likelihood_ratios(table, rows[None], index)[0]
        sums = table[rows].sum(axis=0)
        t, m = np.unravel_index(np.argmax(sums), sums.shape)
        logits = grid.mu[m] + grid.tau[t] * draw.standard_normal((DRAWS, len(n)))
        null = likelihood_ratios(table, start[:-1] + draw.binomial(n, expit(logits)), index)
        moved = likelihood_ratios(table, rows[order], index)
        p = (
            chdtrc(len(cell.groups) - 1, observed),
            (1 + (moved >= observed - 1e-6).sum()) / (DRAWS + 1),
            (1 + (null >= observed - 1e-6).sum()) / (DRAWS + 1),
        )
        rejected += np.array(p) <= 0.05
    shares = [float(share) for share in rejected / REVIEWS]
    return Found("+".join(map(str, cell.groups)), *astuple(cell)[1:], REVIEWS, *shares)


def main(path: Path) -> None:
    """Measure the cells that the file lacks, and add them."""
    names = [field.name for field in fields(Found)]
    if not path.exists():
        path.write_text(",".join(names) + "\n")
    with path.open(newline="") as file:
        done = {tuple(row[name] for name in names[:6]) for row in csv.DictReader(file)}
    for cell in cells():
        key = ("+".join(map(str, cell.groups)), *map(str, astuple(cell)[1:]))
        if key not in done:
            with path.open("a", newline="") as file:
                csv.writer(file, lineterminator="\n").writerow(astuple(measure(cell)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

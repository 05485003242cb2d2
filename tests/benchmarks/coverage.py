"""How often the intervals hold what they promise: the study that chose the primary model.

    python tests/benchmarks/coverage.py choose FILE.csv   # seed 1, 500 reviews a cell
    python tests/benchmarks/coverage.py report FILE.csv   # seed 2, 2,000 reviews a cell
    python tests/benchmarks/coverage.py report FILE.csv 500  # what it lacks, of 500 a cell
    python tests/benchmarks/coverage.py table FILE.csv    # the table of docs/statistics.md

A cell of the file is not measured again: to have more reviews of it, take its rows out first.

Each cell is a kind of review: number of studies, sizes, truth (normal logits or a beta
distribution), typical proportion, spread. Its reviews are drawn with a seed of its own, so that a
run can be stopped and started again, or a cell looked at alone. For every model it is counted how
often the interval of the typical study and that of the average hold the truth, and how much of the
true distribution of studies the prediction interval holds (computed, not drawn). Truths are set,
never taken from a fit.
"""

import csv
import sys
from dataclasses import astuple, dataclass, fields
from itertools import product
from pathlib import Path

import numpy as np
from scipy.special import betainc, betaincinv, expit, logit, ndtr

from singlearm.synthesis import Model, pool_many
from singlearm.synthesis.marginal import logistic_normal_mean

REVIEWS = {"choose": 500, "report": 2000}
SEEDS = {"choose": 1, "report": 2}
#: Columns that name a row.
KEY = ("truth", "k", "sizes", "p", "tau", "model")
CHUNK = 100
#: What is measured of all cells first: the primary model and its rival that take 2 ms a review, and
#: last those that take longest.
PARTS = (
    ("glmm, profile", "glmm, t"),
    ("logit, REML, HK", "logit, DL, Wald"),
    ("bayes, half-normal(1)",),
    ("beta-binomial",),
    ("bayes, half-normal(0.5)",),
    ("bayes, half-normal(2)",),
)
#: Fewest and most patients of a study.
SIZES = {"small": (5, 20), "middle": (20, 60), "mixed": (5, 200)}
#: Expected events and non-events of all studies together from which a cell is in the core.
CORE_EVENTS, CORE_TAU = 10, 1.0
FREQUENTIST = {
    "glmm, profile": Model("binomial_normal", ci="profile"),
    "glmm, t": Model("binomial_normal", ci="t"),
    "logit, REML, HK": Model("normal", measure="PLO", tau2="REML", ci="hk_adhoc"),
    "logit, DL, Wald": Model("normal", measure="PLO", tau2="DL", ci="wald"),
    "beta-binomial": Model("beta_binomial", ci="profile"),
}
#: What each interval is of, and the names of its ends.
INTERVALS = {
    "typical": ("ci_low", "ci_high"),
    "average": ("marginal_low", "marginal_high"),
    "predicted": ("pi_low", "pi_high"),
}
PRIORS = {
    "bayes, half-normal(0.5)": 0.5,
    "bayes, half-normal(1)": 1.0,
    "bayes, half-normal(2)": 2.0,
}
#: The models as docs call them, in the order of their table.
LABELS = {
    "glmm, t": "GLMM, t",
    "glmm, profile": "GLMM, profile",
    "bayes, half-normal(1)": "Bayes, half-normal(1)",
    "bayes, half-normal(0.5)": "Bayes, half-normal(0.5)",
    "bayes, half-normal(2)": "Bayes, half-normal(2)",
    "logit, REML, HK": "logit, REML, modified Hartung-Knapp",
    "logit, DL, Wald": "logit, DL, Wald",
    "beta-binomial": "beta-binomial, profile",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of review; `p` is the typical proportion (of a beta truth: the mean), `tau` the
    spread in logits (of a beta truth: the variance of the proportions is that of normal logits)."""

    truth: str
    k: int
    sizes: str
    p: float
    tau: float

    def total(self, draw: np.random.Generator, count: int) -> np.ndarray:
        """Study sizes (k, count)."""
        low, high = SIZES[self.sizes]
        return np.round(np.exp(draw.uniform(np.log(low), np.log(high), (self.k, count))))

    @property
    def expected(self) -> float:
        """Events or non-events that are expected in all studies together, whichever are fewer."""
        low, high = SIZES[self.sizes]
        patients = self.k * (high - low) / np.log(high / low)
        return patients * min(self.average, 1 - self.average)

    @property
    def core(self) -> bool:
        """Whether the cell lies where the promise is made."""
        return self.tau <= CORE_TAU and self.expected >= CORE_EVENTS

    @property
    def average(self) -> float:
        """The true mean proportion over studies."""
        if self.truth == "beta":
            return self.p
        return float(logistic_normal_mean(logit(self.p), self.tau)[0])

    @property
    def beta(self) -> tuple[float, float]:
        """Parameters of the beta distribution with mean p and the spread of normal logits."""
        z, w = np.polynomial.hermite_e.hermegauss(61)
        q = expit(logit(self.p) + self.tau * z)
        mean = (w * q).sum() / w.sum()
        share = ((w * (q - mean) ** 2).sum() / w.sum()) / (mean * (1 - mean))
        size = max(1 / max(share, 1e-9) - 1, 1e-6)
        return self.p * size, (1 - self.p) * size

    @property
    def typical(self) -> float:
        """The true proportion of the median study."""
        if self.truth == "beta" and self.tau > 0:
            return float(betaincinv(*self.beta, 0.5))
        return self.p

    def proportions(self, draw: np.random.Generator, count: int) -> np.ndarray:
        """True proportions of the studies (k, count)."""
        if self.tau == 0:
            return np.full((self.k, count), self.p)
        if self.truth == "beta":
            return draw.beta(*self.beta, (self.k, count))
        return expit(logit(self.p) + self.tau * draw.standard_normal((self.k, count)))

    def share(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Share of the studies' true proportions between the limits."""
        if self.tau == 0:
            return ((low <= self.p) & (self.p <= high)).astype(float)
        if self.truth == "beta":
            return betainc(*self.beta, high) - betainc(*self.beta, low)
        with np.errstate(divide="ignore"):
            below, above = ((logit(q) - logit(self.p)) / self.tau for q in (low, high))
        return ndtr(above) - ndtr(below)


@dataclass(frozen=True, slots=True)
class Found:
    """One row of the table; shares are of the reviews that have the number."""

    truth: str
    k: int
    sizes: str
    p: float
    tau: float
    core: bool
    model: str
    reviews: int
    typical: float
    average: float
    predicted: float
    width_typical: float
    width_average: float
    without: int


def cells(what: str) -> list[Cell]:
    """The design: a random part of all combinations, in random order, so that the first of them,
    where a run was stopped, are a random part as well."""
    grid = [
        Cell(truth, k, sizes, p, tau)
        for truth in ("normal", "beta")
        for k in (3, 4, 6, 10, 20, 40)
        for sizes in SIZES
        for p in (0.02, 0.1, 0.3, 0.5, 0.8, 0.95)
        for tau in (0.0, 0.3, 0.6, 1.0, 1.5, 2.0)
    ]
    draw = np.random.default_rng(20211)
    return [grid[i] for i in draw.permutation(len(grid))[: 60 if what == "choose" else 144]]


def limits_of(x: np.ndarray, n: np.ndarray, name: str) -> dict[str, np.ndarray]:
    """Limits (R,) of the three intervals by a model, on the 0-1 scale; counts (k, R)."""
    model = FREQUENTIST.get(name) or Model("bayes", tau_scale=PRIORS[name])
    got = pool_many(x.T, n.T, model)
    return {
        of: np.array([getattr(got, low), getattr(got, high)])
        for of, (low, high) in INTERVALS.items()
    }


def measure(cell: Cell, reviews: int, seed: int, part: tuple[str, ...]) -> list[Found]:
    """Some models on the reviews of a cell, the same for every part."""
    place = [ord(letter) for letter in repr(cell)]
    draw = np.random.default_rng([seed, *place])
    sums: dict[str, list[np.ndarray]] = {}
    for first in range(0, reviews, CHUNK):
        count = min(CHUNK, reviews - first)
        n = cell.total(draw, count)
        x = draw.binomial(n.astype(int), cell.proportions(draw, count)).astype(float)
        for name in part:
            limits = limits_of(x, n, name)
            rows = [
                _holds(limits["typical"], cell.typical),
                _holds(limits["average"], cell.average),
                np.where(
                    np.isfinite(limits["predicted"][0]), cell.share(*limits["predicted"]), np.nan
                ),
                limits["typical"][1] - limits["typical"][0],
                limits["average"][1] - limits["average"][0],
            ]
            sums.setdefault(name, []).append(np.array(rows))
    found = []
    for name, parts in sums.items():
        whole = np.concatenate(parts, axis=1)
        means = [float(np.nanmean(r)) if np.isfinite(r).any() else np.nan for r in whole]
        without = int(np.isnan(whole[0]).sum())
        found.append(Found(*astuple(cell), cell.core, name, reviews, *means, without))
    return found


def _holds(limits: np.ndarray, truth: float) -> np.ndarray:
    """1 where the interval holds the truth, NaN where there is none."""
    low, high = limits
    inside = (low <= truth + 1e-12) & (truth - 1e-12 <= high)
    return np.where(np.isfinite(low), inside.astype(float), np.nan)


def run(what: str, path: Path, reviews: int) -> None:
    """Measure the cells that the file lacks, and add them."""
    names = [field.name for field in fields(Found)]
    done: set[tuple[str, ...]] = set()
    if path.exists():
        done = {tuple(row[name] for name in KEY) for row in read(path)}
    else:
        path.write_text(",".join(names) + "\n")
    for part, cell in product(PARTS, cells(what)):
        if (*map(str, astuple(cell)), part[0]) in done:
            continue
        found = measure(cell, reviews, SEEDS[what], part)
        with path.open("a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(
                [f"{v:.4f}" if isinstance(v, float) and i > 4 else v for i, v in enumerate(row)]
                for row in map(astuple, found)
            )


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a file."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def cell_of(row: dict[str, str]) -> Cell:
    """The cell that a row is of."""
    return Cell(row["truth"], int(row["k"]), row["sizes"], float(row["p"]), float(row["tau"]))


def table(rows: list[dict[str, str]]) -> str:
    """Mean and lowest coverage of each model, in the core and outside, and of what it is known."""
    lines = [
        "| model | where | cells measured | reviews of each | typical study | average over studies "
        "| new study |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    design = [cell.core for cell in cells("report")]
    for name, label in LABELS.items():
        for core, where in ((True, "core"), (False, "outside")):
            some = [row for row in rows if row["model"] == name and row["core"] == str(core)]
            reviews = " and ".join(f"{int(n):,}" for n in sorted({row["reviews"] for row in some}))
            parts = [_summary(some, key) for key in ("typical", "average", "predicted")]
            known = f"{len(some)} of {design.count(core)}"
            lines.append(f"| {label} | {where} | {known} | {reviews} | {' | '.join(parts)} |")
    return "\n".join(lines)


def _summary(rows: list[dict[str, str]], key: str) -> str:
    values = np.array([float(row[key]) for row in rows])
    values = 100 * values[np.isfinite(values)]
    return f"{values.mean():.1f} ({values.min():.1f})" if values.size else ""


if __name__ == "__main__":
    order, place = sys.argv[1], Path(sys.argv[2])
    if order == "table":
        sys.stdout.write(table(read(place)) + "\n")
    else:
        run(order, place, int(sys.argv[3]) if sys.argv[3:] else REVIEWS[order])

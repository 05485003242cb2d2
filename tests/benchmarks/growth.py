"""Processor time and memory of the stages of a review over its sizes, with exponents and a figure.

    python tests/benchmarks/growth.py FILE.csv [OVER SIZE SIZE ... OVER SIZE ...]

OVER is studies, outcomes, versions, rows or reviews. What is asked for is measured and added to
FILE.csv; all that is in it is printed and drawn (FILE.svg), so that a table can be made in parts.
Each stage is asked for by a run of the workflow of its own, one after another, on one core, so
the start of the manager (about 2 s) is in each figure. Exponents are slopes of least squares of
log(seconds above the smallest size's) on log(size). Over versions (stacks of layers,
`plan_versions.py`) and reviews only the plan is measured, over rows the job that checks and
cleans, with imports.
"""

import csv
import math
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import bench_extraction
import many_reviews
import plan_versions
from matplotlib.figure import Figure
from plan_versions import measure

PLAN = "plan"
STAGES = {
    PLAN: "all",
    "check and clean": "results/1/clean/gate.json",
    "pool": "results/1/provenance/outcome_1/pool_outcome.json",
    "draw": "results/1/provenance/outcome_1/draw_outcome.json",
    "vary": "results/1/provenance/outcome_1/vary_outcome.json",
    "all the rest": "all",
    "nothing to do": "all",
}
#: Rows of sheets for each study of `bench_extraction` with this number of outcomes.
OUTCOMES, ROWS_A_STUDY = 30, 61.6
LARGEST_VERSIONS = 20
COLUMNS = ("over", "size", "stage", "seconds", "megabytes")
Row = tuple[str, int, str, float, float]


class Sizes(random.Random):
    """Chance whose first whole numbers, outcomes and studies, are given."""

    def __init__(self, outcomes: int, studies: int):
        super().__init__(many_reviews.SEED)
        self._given = [outcomes, studies]

    def randint(self, low: int, high: int) -> int:
        return self._given.pop(0) if self._given else super().randint(low, high)


def figures(over: str, size: int, folder: Path) -> Iterator[tuple[str, float, float]]:
    """Stage, seconds and megabytes of a review, or reviews, of a size."""
    if over in ("studies", "outcomes"):
        chance = Sizes(*((1, size) if over == "studies" else (size, 23)))
        many_reviews.invent(folder, "review", chance)
        for stage, target in STAGES.items():
            told = measure(folder / "review", target, *(["-n"] if stage == PLAN else []))
            yield stage, *told[:2]
    elif over == "versions":
        plan_versions.invent(folder / "review", LARGEST_VERSIONS + 10, size)
        yield PLAN, *measure(folder / "review", "all", "-n")[:2]
    elif over == "reviews":
        chance = random.Random(many_reviews.SEED)
        for number in range(size):
            many_reviews.invent(folder / "reviews", f"review-{number:03}", chance)
        yield PLAN, *measure(folder, "-n", "--config", f"reviews={folder / 'reviews'}")[:2]
    else:
        studies = max(1, round(size / ROWS_A_STUDY))
        *_, (_, seconds, memory) = bench_extraction.bench(studies, OUTCOMES, folder)
        yield "check and clean", seconds, memory


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


def read(path: Path) -> list[Row]:
    """What was measured so far."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (row["over"], int(row["size"]), row["stage"], *map(float, list(row.values())[3:]))
            for row in csv.DictReader(file)
        ]


def add(path: Path, rows: list[Row]) -> None:
    """Add rows to the file."""
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(COLUMNS)
        writer.writerows((*row[:3], f"{row[3]:.2f}", f"{row[4]:.0f}") for row in rows)


def series(rows: list[Row], over: str) -> dict[str, dict[int, tuple[float, float]]]:
    """Seconds and megabytes by stage and size; of sizes measured twice the one with less time."""
    found: dict[str, dict[int, tuple[float, float]]] = {}
    for _, size, stage, *figure in sorted(row for row in rows if row[0] == over):
        sizes = found.setdefault(stage, {})
        sizes[size] = min(sizes.get(size, (math.inf, 0.0)), tuple(figure))
    return found


def slope(figure: dict[int, tuple[float, float]]) -> str:
    """The exponent in words."""
    found = exponent(list(figure), [seconds for seconds, _ in figure.values()])
    return "-" if math.isnan(found) else f"{found:.2f}"


def table(over: str, found: dict[str, dict[int, tuple[float, float]]]) -> str:
    """Sizes as rows, stages as columns, the exponents last."""
    stages = [stage for stage in STAGES if stage in found]
    lines = [f"| {over} | {' | '.join(stages)} |", f"|{'---|' * (len(stages) + 1)}"]
    for size in sorted(set().union(*found.values())):
        cells = [
            "{:.1f} s, {:.0f} MB".format(*found[stage][size]) if size in found[stage] else ""
            for stage in stages
        ]
        lines.append(f"| {size:,} | {' | '.join(cells)} |")
    lines.append(f"| exponent | {' | '.join(slope(found[stage]) for stage in stages)} |")
    return "\n".join(lines)


def draw(tables: dict[str, dict[str, dict[int, tuple[float, float]]]], path: Path) -> None:
    """Seconds over size, both on logarithmic axes, a panel for each kind of size."""
    figure = Figure(figsize=(3.4 * len(tables), 3.6), layout="constrained")
    panels = figure.subplots(1, len(tables), squeeze=False)[0]
    for panel, (over, found) in zip(panels, tables.items(), strict=True):
        for stage, sizes in found.items():
            seconds = [spent for spent, _ in sizes.values()]
            panel.loglog(list(sizes), seconds, "o-", ms=4, label=f"{stage} ({slope(sizes)})")
        panel.set_xlabel(over)
        panel.legend(title="stage (exponent)", fontsize=7, title_fontsize=7)
    panels[0].set_ylabel("seconds of processor")
    figure.savefig(path, metadata={"Date": None})


def main(file: str, *words: str) -> None:
    """Measure what is asked for; print and draw all that was measured."""
    path, over = Path(file), ""
    for word in words:
        if not word.isdecimal():
            over = word
            continue
        with tempfile.TemporaryDirectory() as folder:
            measured = figures(over, int(word), Path(folder))
            add(path, [(over, int(word), *figure) for figure in measured])
    rows = read(path)
    tables = {over: series(rows, over) for over in dict.fromkeys(row[0] for row in rows)}
    for over, found in tables.items():
        sys.stdout.write(f"{table(over, found)}\n\n")
    draw(tables, path.with_suffix(".svg"))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Time that planning takes over stacks of layers and versions (seeded; nothing is computed).

    python tests/benchmarks/plan_versions.py [FOLDER] [LAYERS VERSIONS ...]

The last version stacks all layers, each one before it a layer less, and is compared with the one
before it. Prints seconds of processor and of wall of `snakemake -n`, the least of three, since
others may use the machine. FOLDER keeps the reviews; without it they are made in a temporary one.
"""

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SEED = 20261128
OUTCOMES = [f"outcome_{number}" for number in range(1, 5)]
SIZES = [(3, 1), (6, 5), (15, 10), (30, 20)]


def invent(folder: Path, layers: int, versions: int) -> None:
    """Write a review whose versions stack up to `layers` layers of two studies each."""
    chance = random.Random(SEED)
    paths = [f"data/raw/{number:02}" for number in range(1, layers + 1)]
    for number, path in enumerate(paths):
        write_layer(folder / path, number, chance)
    stacks = {str(n): paths[: layers - versions + n] for n in range(1, versions + 1)}
    protocol: dict[str, Any] = {
        "review": {"name": "layers", "title": f"{versions} versions of {layers} layers"},
        "outcomes": {outcome: {"kind": "proportion"} for outcome in OUTCOMES},
        "build": list(stacks),
        "versions": {
            name: {"title": f"Version {name}", "layers": stack} for name, stack in stacks.items()
        },
    }
    for number in range(2, versions + 1):
        protocol["versions"][str(number)]["compare_with"] = str(number - 1)
    (folder / "config").mkdir()
    text = json.dumps(protocol, indent=1)  # JSON is YAML
    (folder / "config/config.yaml").write_text(text, encoding="utf-8")


def write_layer(folder: Path, number: int, chance: random.Random) -> None:
    """Two studies with every outcome."""
    folder.mkdir(parents=True)
    names = [f"Study {2 * number + n}" for n in (1, 2)]
    write_sheet(
        folder / "studies.csv",
        [{"study_id": name, "first_author": name, "year": 2000 + number} for name in names],
    )
    cells = []
    for name in names:
        for outcome in OUTCOMES:
            total = chance.randint(8, 250)
            events = chance.randint(0, total)
            cells.append({"study_id": name, "outcome": outcome, "events": events, "total": total})
    write_sheet(folder / "outcomes_1.csv", cells)


def write_sheet(path: Path, rows: list[dict[str, Any]], names: Iterable[str] = ()) -> None:
    """Write rows as CSV, with the columns of the first row or those of these names."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names or list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def measure(folder: Path, *arguments: str) -> tuple[float, float, float]:
    """Seconds of processor and megabytes of the largest process of a run, and seconds of wall."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", *arguments]
    command += ["--snakefile", str(ROOT / "Snakefile")]
    began = time.monotonic()
    run = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(run.pid, 0)
    if status:
        raise RuntimeError(f"{arguments} failed in {folder}")
    wall = time.monotonic() - began
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, wall


def table(folder: Path, sizes: Iterable[tuple[int, int]]) -> None:
    """Print the least of three plans of each size."""
    sys.stdout.write("| layers | versions | processor s | wall s | MB |\n|---|---|---|---|---|\n")
    for layers, versions in sizes:
        review = folder / f"{layers}-layers-{versions}-versions"
        if not review.exists():
            invent(review, layers, versions)
        plans = [measure(review, "-n", "--quiet", "all") for _ in range(3)]
        processor, memory, wall = map(min, zip(*plans, strict=True))
        sys.stdout.write(
            f"| {layers} | {versions} | {processor:.2f} | {wall:.2f} | {memory:.0f} |\n"
        )
        sys.stdout.flush()


def main(words: list[str]) -> None:
    """Print the table for the sizes that are asked for."""
    numbers = [int(word) for word in words if word.isdecimal()]
    sizes = list(zip(numbers[::2], numbers[1::2], strict=True)) or SIZES
    kept = [word for word in words if not word.isdecimal()]
    if kept:
        table(Path(kept[0]), sizes)
        return
    with tempfile.TemporaryDirectory() as folder:
        table(Path(folder), sizes)


if __name__ == "__main__":
    main(sys.argv[1:])

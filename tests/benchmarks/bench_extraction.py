"""Time and memory of reading invented reviews of growing size; prints figures.

    python tests/benchmarks/bench_extraction.py

Each step runs in a process of its own, as the workflow runs it, so imports are counted.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from plan_versions import write_sheet

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "workflow" / "scripts"
CODEBOOK = ROOT / "config" / "codebook.csv"

sys.path.insert(0, str(SCRIPTS))

from singlearm.sheets.codebook import read_codebook  # noqa: E402

STEP = """
import json, resource, sys, time
from types import SimpleNamespace as Values
start = time.perf_counter()
import {script}
from singlearm.step import Outputs
inputs, outputs, params = json.loads(sys.argv[1])
{script}.run(Outputs(inputs), Outputs(outputs), Values(**params))
used = resource.getrusage(resource.RUSAGE_SELF)
print(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def columns(kind: str) -> list[str]:
    """Column names of a kind of sheet."""
    return list(read_codebook(CODEBOOK).of(kind))


def invent(layer: Path, studies: int, outcomes: list[str]) -> int:
    """Write a layer in which both extractors agree on all but every 50th cell; its rows."""
    layer.mkdir(parents=True)
    sheets = {name: [] for name in ("studies", "outcomes_1", "outcomes_2", "adjudication")}
    for n in range(studies):
        needed = {"study_id": f"S{n:05}", "first_author": "Li C", "year": 2000 + n % 25}
        needed |= {"design": "single_arm", "target_antigens": "BCMA", "target_class": "single"}
        sheets["studies"].append(needed | {"include": "yes", "n_infused": 100, "cohort": f"C{n}"})
        for place, outcome in enumerate(outcomes):
            cell = {"study_id": f"S{n:05}", "outcome": outcome, "events": 40, "total": 90}
            cell |= {"derived": "from_percent", "notes": "44.4% of 90 = 40."}
            cell |= {"source_url": f"https://example.org/{n}/{place}", "confidence": "high"}
            odd = (n * len(outcomes) + place) % 50 == 0
            sheets["outcomes_1"].append(cell)
            sheets["outcomes_2"].append(cell | {"events": 39 if odd else 40})
            if odd:
                seen = {"e1_events": 40, "e1_total": 90, "e2_events": 39, "e2_total": 90}
                decision = {"decision_events": 40, "decision_total": 90, "reason": "Table 2."}
                key = {"study_id": f"S{n:05}", "outcome": outcome}
                sheets["adjudication"].append(key | seen | decision)
    for name, rows in sheets.items():
        kind = name.removesuffix("_1").removesuffix("_2")
        write_sheet(layer / f"{name}.csv", rows, columns(kind))
    return sum(map(len, sheets.values()))


def measure(script: str, *parts: dict) -> list[float]:
    """Seconds by the clock and of the processor (imports included), and megabytes of a step."""
    done = subprocess.run(
        [sys.executable, "-c", STEP.format(script=script), json.dumps(parts)],
        cwd=SCRIPTS,
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(figure) for figure in done.stdout.split()]


def bench(studies: int, count: int, folder: Path) -> tuple[int, int, list[float]]:
    """Rows, problems found, and the figures of `measure` for the cleaning of one layer."""
    names = [f"outcome_{n:02}" for n in range(count)]
    layer, results = folder / "raw", folder / "results"
    rows = invent(layer, studies, names)
    results.mkdir()
    outcomes = {name: {"kind": "proportion", "label": name} for name in names}
    plan = {"version": "1", "layers": [str(layer)], "outcomes": outcomes, "size": "n_infused"}
    kinds = ("problems", "studies", "outcomes", "durations", "comparative")
    kinds += ("reconciliation", "agreement", "change_log", "availability")
    kinds += ("search_flow", "risk_of_bias", "certainty")
    outputs = {kind: str(results / f"{kind}.csv") for kind in kinds}
    outputs |= {"by_outcome": [str(results / f"{name}.csv") for name in names]}
    outputs |= {"columns": str(results / "columns.json")}
    figures = measure("clean_layers", {"codebook": str(CODEBOOK)}, outputs, {"plan": plan})
    problems = (results / "problems.csv").read_text(encoding="utf-8").count("\n") - 1
    return rows, problems, figures


def main() -> None:
    """Print a table of figures."""
    lines = ["| studies x outcomes | rows | problems | s | cpu s | MB |"]
    start = time.perf_counter()
    for studies, count in ((40, 16), (200, 30), (330, 30), (1600, 30), (5000, 30)):
        with tempfile.TemporaryDirectory() as folder:
            rows, problems, figures = bench(studies, count, Path(folder))
        told = " | ".join(f"{value:.1f}" for value in figures)
        lines.append(f"| {studies} x {count} | {rows} | {problems} | {told} |")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines.append(f"{time.perf_counter() - start:.0f} s in all, {used.ru_utime:.0f} s of processor")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

"""Invent reviews (seeded: 1 to 12 outcomes, 3 to 120 studies), build them in one run, and time it.

    python tests/benchmarks/many_reviews.py FOLDER NUMBER [CORES [BUILT]]

Prints reviews a minute, processor time, the largest memory of the workflow manager and of any one
process, and the size of the page. With BUILT the run is ended when so many reviews are built; the
page then has the others as not started. FOLDER must not be there yet; it is left as it is.
"""

import csv
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SEED = 20261128


def invent(folder: Path, name: str, chance: random.Random) -> tuple[int, int]:
    """Write one review; its numbers of outcomes and of studies."""
    outcomes = [f"outcome_{n}" for n in range(1, chance.randint(1, 12) + 1)]
    studies = chance.randint(3, 120)
    layer = folder / name / "data/raw/1"
    layer.mkdir(parents=True)
    (folder / name / "config").mkdir()
    protocol = {
        "review": {"name": name, "title": f"Invented review {name}: {studies} studies"},
        "outcomes": {outcome: {"kind": "proportion"} for outcome in outcomes},
    }
    text = json.dumps(protocol, indent=1)  # JSON is YAML
    (folder / name / "config/config.yaml").write_text(text, encoding="utf-8")
    rates = {outcome: chance.uniform(0.05, 0.95) for outcome in outcomes}
    rows, cells = [], []
    for number in range(studies):
        study = f"Study {number + 1}, {2000 + number % 25}"
        year = 2000 + number % 25
        rows.append({"study_id": study, "first_author": f"Author {number + 1}", "year": year})
        for outcome in outcomes:
            if chance.random() < 0.85:
                total = chance.randint(8, 250)
                rate = chance.betavariate(12 * rates[outcome], 12 * (1 - rates[outcome]))
                events = sum(chance.random() < rate for _ in range(total))
                cells.append(
                    {"study_id": study, "outcome": outcome, "events": events, "total": total}
                )
    for sheet, content in (("studies", rows), ("outcomes_1", cells)):
        with (layer / f"{sheet}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(content[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(content)
    return len(outcomes), studies


def run(reviews: Path, cores: str, wanted: int) -> tuple[int, float]:
    """Build until `wanted` reviews are built; how many are, and the manager's megabytes."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--cores", cores, "--config", f"reviews={reviews}"]
    work = reviews.with_name(f"{reviews.name}-run")
    work.mkdir(exist_ok=True)
    began, megabytes, built = time.time(), 0.0, 0
    with (work / "run.txt").open("w", encoding="utf-8") as log:
        manager = subprocess.Popen(
            command, cwd=work, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        while manager.poll() is None:
            status = Path(f"/proc/{manager.pid}/status").read_text(encoding="utf-8")
            if largest := re.search(r"VmHWM:\s+(\d+) kB", status):  # not of one that has just ended
                megabytes = int(largest[1]) / 1024
            states = (reviews / ".status").glob("*.json")
            built = sum(state.stat().st_mtime > began for state in states)
            if built >= wanted < len(list(reviews.glob("review-*"))):
                os.killpg(manager.pid, signal.SIGTERM)
                manager.wait()
                package = {"PYTHONPATH": str(ROOT / "workflow/scripts")}
                page = [sys.executable, "-m", "singlearm.reviews", "index", str(reviews)]
                subprocess.run(
                    page, check=True, env=os.environ | package, stdout=subprocess.DEVNULL
                )
                return built, megabytes
            time.sleep(0.2)
    if manager.returncode:
        raise RuntimeError((work / "run.txt").read_text(encoding="utf-8"))
    return wanted, megabytes


def main(folder: str, number: str, cores: str = "2", built: str = "") -> None:
    """Invent, build and print the figures."""
    reviews, chance = Path(folder).absolute(), random.Random(SEED)
    sizes = [invent(reviews, f"review-{n:03}", chance) for n in range(1, int(number) + 1)]
    wanted = int(built or number)
    for told in ("from nothing", "nothing to do")[: 2 - (wanted < len(sizes))]:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        done, manager = run(reviews, cores, wanted)
        seconds = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
        sys.stdout.write(
            f"{told}: {done} of {len(sizes)} reviews ({sum(o for o, _ in sizes)} outcomes, "
            f"{sum(k for _, k in sizes)} studies), {seconds:.0f} s, {processor:.0f} s of processor "
            f"({processor / done:.1f} a review), {60 * done / seconds:.1f} a minute, "
            f"manager {manager:.0f} MB, largest process {used.ru_maxrss / 1024:.0f} MB, "
            f"page {(reviews / 'index.html').stat().st_size / 1e3:.0f} kB\n"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])

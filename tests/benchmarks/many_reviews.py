"""Invent reviews (seeded: 1 to 12 outcomes, 3 to 120 studies), build them in one run, and time it.

    python tests/benchmarks/many_reviews.py FOLDER NUMBER [CORES [BUILT [array]]]

Prints reviews a minute, processor time, the largest memory of the workflow manager and of any one
process, and the size of the page. With BUILT the run is ended when so many reviews are built; the
page then has the others as not started. FOLDER must not be there yet; it is left as it is.

With `array` they are jobs of a SLURM array, each with one core of a node (`make cluster`). The
processor time is then that of the whole machine, since the jobs are children of its daemons, and
the memory that of the waiting script.
"""

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

from plan_versions import write_sheet

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
        write_sheet(layer / f"{sheet}.csv", content)
    return len(outcomes), studies


def run(command: list[str], reviews: Path, wanted: int) -> tuple[int, float]:
    """Build until `wanted` reviews are built; how many are, and the manager's megabytes."""
    work = reviews.with_name(f"{reviews.name}-run")
    work.mkdir(exist_ok=True)
    began, megabytes, number = time.time(), 0.0, len(list(reviews.glob("review-*")))
    with (work / "run.txt").open("w", encoding="utf-8") as log:
        manager = subprocess.Popen(
            command,
            cwd=work,
            env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        while manager.poll() is None:
            status = Path(f"/proc/{manager.pid}/status").read_text(encoding="utf-8")
            if largest := re.search(r"VmHWM:\s+(\d+) kB", status):  # not of one that has just ended
                megabytes = int(largest[1]) / 1024
            if number > wanted and number_built(reviews, began) >= wanted:
                if command[0] == "bash":
                    subprocess.run(["scancel", "--name=reviews"], check=True)
                os.killpg(manager.pid, signal.SIGTERM)
                manager.wait()
                built = number_built(reviews, began)
                package = {"PYTHONPATH": str(ROOT / "workflow/scripts")}
                page = [sys.executable, "-m", "singlearm.reviews", "index", str(reviews)]
                subprocess.run(
                    page, check=True, env=os.environ | package, stdout=subprocess.DEVNULL
                )
                return built, megabytes
            time.sleep(1)
    if manager.returncode:
        raise RuntimeError((work / "run.txt").read_text(encoding="utf-8"))
    return wanted, megabytes


def number_built(reviews: Path, began: float) -> int:
    """How many reviews a run that began then has built so far."""
    new = [p for p in (reviews / ".status").glob("*.json") if p.stat().st_mtime > began]
    return sum(json.loads(p.read_text(encoding="utf-8"))["state"] == "built" for p in new)


def machine_seconds() -> float:
    """Processor seconds of the whole machine since it started."""
    user, nice, system, _idle, _wait, *others = map(
        int, Path("/proc/stat").read_text(encoding="utf-8").split("\n")[0].split()[1:9]
    )
    return (user + nice + system + sum(others)) / os.sysconf("SC_CLK_TCK")


def main(folder: str, number: str, cores: str = "2", built: str = "", how: str = "") -> None:
    """Invent, build and print the figures."""
    reviews, chance = Path(folder).absolute(), random.Random(SEED)
    sizes = [invent(reviews, f"review-{n:03}", chance) for n in range(1, int(number) + 1)]
    wanted = int(built or number)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--cores", cores, "--config", f"reviews={reviews}"]
    if how == "array":
        command = ["bash", str(ROOT / "workflow/scripts/cluster.sh"), str(reviews), cores]
    for told in ("from nothing", "nothing to do")[: 2 - (wanted < len(sizes))]:
        before, machine = resource.getrusage(resource.RUSAGE_CHILDREN), machine_seconds()
        began = time.monotonic()
        done, manager = run(command, reviews, wanted)
        seconds = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
        if how == "array":
            processor = machine_seconds() - machine
        sys.stdout.write(
            f"{told}: {done} of {len(sizes)} reviews ({sum(o for o, _ in sizes)} outcomes, "
            f"{sum(k for _, k in sizes)} studies), {seconds:.0f} s, {processor:.0f} s of processor "
            f"({processor / done:.1f} a review), {60 * done / seconds:.1f} a minute, "
            f"manager {manager:.0f} MB, largest process {used.ru_maxrss / 1024:.0f} MB, "
            f"page {(reviews / 'index.html').stat().st_size / 1e3:.0f} kB\n"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])

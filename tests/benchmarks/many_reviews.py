"""Invent reviews (seeded: 1 to 12 outcomes, 3 to 120 studies), build them in one run, and time it.

    python tests/benchmarks/many_reviews.py FOLDER NUMBER [CORES]

Prints reviews a minute, processor time, the largest memory of any one process and the size of the
page. FOLDER must not be there yet; it is left as it is.
"""

import csv
import json
import random
import resource
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


def main(folder: str, number: str, cores: str = "2") -> None:
    """Invent, build and print the figures."""
    reviews, chance = Path(folder).absolute(), random.Random(SEED)
    sizes = [invent(reviews, f"review-{n:03}", chance) for n in range(1, int(number) + 1)]
    work = reviews.with_name(f"{reviews.name}-run")
    work.mkdir()
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--cores", cores, "--config", f"reviews={reviews}"]
    for told in ("from nothing", "nothing to do"):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        done = subprocess.run(command, cwd=work, check=True, capture_output=True, text=True)
        seconds = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
        sys.stdout.write(
            f"{told}: {len(sizes)} reviews, {sum(o for o, _ in sizes)} outcomes, "
            f"{sum(k for _, k in sizes)} studies, {seconds:.0f} s, {processor:.0f} s of processor "
            f"({processor / len(sizes):.1f} a review), {60 * len(sizes) / seconds:.1f} a minute, "
            f"largest process {used.ru_maxrss / 1024:.0f} MB, "
            f"page {(reviews / 'index.html').stat().st_size / 1e3:.0f} kB\n{done.stdout}"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Run the R scripts of an outcome, and list our numbers beside R's."""

import os
import subprocess
from pathlib import Path

from singlearm import step
from singlearm.archive.replication import read_differences
from singlearm.catalogue.tables import write_table

#: A script takes seconds; one that does not end is told as such.
SECONDS = 600


def run(inputs, outputs, params):
    rows = []
    for path in inputs.scripts:
        outcome, model = Path(path).stem.split(".")
        keys = {"outcome": outcome, "model": model}
        if not params.metafor:
            found, note = [], "not run: no Rscript with metafor here"
        else:
            found, note = run_script(path)
        rows += [{**keys, **row, "note": None} for row in found]
        if note:
            empty = dict.fromkeys(("ours", "r", "difference"))
            rows.append({**keys, "quantity": "script", **empty, "note": note})
    write_table(outputs.differences, "replication", rows)


def run_script(path):
    """The rows that a script printed, and a note if it stopped."""
    try:
        done = subprocess.run(
            ["Rscript", "--vanilla", path],
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [], f"did not end within {SECONDS} s"
    if done.returncode:
        return [], f"R stopped: {' '.join(done.stderr.split())[-300:]}"
    return read_differences(done.stdout), None


if __name__ == "__main__":
    step.main(snakemake, run)

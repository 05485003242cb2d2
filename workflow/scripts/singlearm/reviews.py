"""Many reviews: build one of them by this workflow, and gather the page of all.

An array of jobs (SLURM) does the same without the workflow manager around it:
`python -m singlearm.reviews start FOLDER`, for each review `build FOLDER NUMBER CORES`, and
`index FOLDER`.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from singlearm.archive.provenance import HOUSE
from singlearm.catalogue.json_files import json_text, read_json
from singlearm.report import review_list

#: Beside the reviews: what the last run said of each, and the page.
STATES, PAGE = ".status", "index.html"
#: Among the states: the reviews of an array in the order of its jobs.
ARRAY = "array"


def build(reviews: Path, name: str, cores: int) -> review_list.State:
    """Build one review by a run of its own, with its own lock; a fault stops this review alone."""
    try:
        _wait_for_its_run(reviews / name)
    except OSError as error:
        return review_list.state_of(reviews, name, f"its lock cannot be had: {error}")
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores)]
    command += ["--snakefile", str(HOUSE / "Snakefile"), "--directory", str(reviews / name)]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    fault = review_list.fault_lines(done.stdout) if done.returncode else ""
    if done.returncode < 0:
        fault = f"its run was killed ({signal.Signals(-done.returncode).name})"
    return review_list.state_of(reviews, name, fault)


def _wait_for_its_run(review: Path) -> None:
    """Wait until a run of the review has ended: one that a killed run of many left, or a user's."""
    try:  # to write: some network file systems lock nothing else alone
        held = (review / ".snakemake/run.lock").open("r+", encoding="utf-8")
    except FileNotFoundError:  # it never had one
        return
    with held:
        fcntl.flock(held, fcntl.LOCK_EX)


def main(command: str, folder: str, number: str = "0", cores: str = "1") -> None:
    """What an array of jobs needs.

    `start` forgets how earlier runs went, writes down which reviews there are and prints their
    number; `build` makes the review of a number (from 0); `index` writes the page.
    """
    reviews = Path(folder).absolute()
    array = reviews / STATES / ARRAY
    if command == "start":
        names = review_list.review_folders(reviews)
        if not names:
            sys.exit(f"No folder in {reviews} has a {review_list.PROTOCOL}.")
        for path in (reviews / STATES).glob("*.json"):
            path.unlink()
        _write(array, json.dumps(names))  # a folder that comes while jobs wait moves none of them
        sys.stdout.write(f"{len(names)}\n")
        return
    names = read_json(array) if array.is_file() else review_list.review_folders(reviews)
    if command == "build":
        name = names[int(number)]
        path = _state_file(reviews, name)
        # a job that is killed leaves no word of a run before it
        _write(path, json_text(review_list.state_of(reviews, name, "its job did not end")))
        _write(path, json_text(build(reviews, name, int(cores))))
    else:
        states = [_state(reviews, name) for name in names]
        _write(reviews / PAGE, review_list.page(states))
        told = [*review_list.ending(states), f"open {reviews / PAGE}", ""]
        sys.stdout.write("\n".join(told))


def _state_file(reviews: Path, name: str) -> Path:
    return reviews / STATES / f"{review_list.key(name)}.json"


def _state(reviews: Path, name: str) -> review_list.State:
    path = _state_file(reviews, name)
    if path.is_file():
        return read_json(path)
    return review_list.state_of(reviews, name, "its job did not start")


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Many reviews: build one of them by this workflow, and gather the page of all.

An array of jobs (SLURM) does the same without the workflow manager around it:
`python -m singlearm.reviews start FOLDER`, for each review `build FOLDER NUMBER CORES`, and
`index FOLDER`.
"""

import os
import subprocess
import sys
from pathlib import Path

from singlearm.archive.provenance import HOUSE
from singlearm.catalogue.json_files import json_text, read_json
from singlearm.report import review_list

#: Beside the reviews: what the last run said of each, and the page.
STATES, PAGE = ".status", "index.html"


def build(reviews: Path, name: str, cores: int) -> review_list.State:
    """Build one review by a run of its own, with its own lock; a fault stops this review alone."""
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores)]
    command += ["--snakefile", str(HOUSE / "Snakefile"), "--directory", str(reviews / name)]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    fault = review_list.fault_lines(done.stdout) if done.returncode else ""
    return review_list.state_of(reviews, name, fault)


def index(states: list[Path]) -> str:
    """The page from the files of the states."""
    return review_list.page(map(read_json, states))


def main(command: str, folder: str, number: str = "0", cores: str = "1") -> None:
    """What an array of jobs needs.

    `start` forgets how earlier runs went and prints the number of reviews; `build` makes the review
    of a number (from 0); `index` writes the page.
    """
    reviews = Path(folder).absolute()
    names = review_list.review_folders(reviews)
    if command == "build":
        name = names[int(number)]
        path = reviews / STATES / f"{name}.json"
        # a job that is killed leaves no word of a run before it
        _write(path, json_text(review_list.state_of(reviews, name, "its job did not end")))
        _write(path, json_text(build(reviews, name, int(cores))))
    elif command == "index":
        states = [_state(reviews, name) for name in names]
        _write(reviews / PAGE, review_list.page(states))
        told = [*review_list.ending(states), f"open {reviews / PAGE}", ""]
        sys.stdout.write("\n".join(told))
    else:
        for path in (reviews / STATES).glob("*.json"):
            path.unlink()
        sys.stdout.write(f"{len(names)}\n")


def _state(reviews: Path, name: str) -> review_list.State:
    path = reviews / STATES / f"{name}.json"
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

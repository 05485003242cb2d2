"""Kill runs at random moments, run again by the same command, and compare every byte.

By hand, on a folder with the workflow and a small review in it (it is worked in):
`python tests/workflow/killing.py FOLDER KILLS SEED`. The tests do the same with a few kills.
"""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

TARGETS = ("manager", "job", "everything")
COMMAND = (sys.executable, "-m", "snakemake", "--cores", "2", "all", "archive")
#: A cell that runs switch between two values, so that there are older artifacts to be mistaken.
SHEETS = ("data/raw/first/outcomes_1.csv", "data/raw/first/outcomes_2.csv")
CELLS = ("Alpha2019,crs_any,7,10", "Alpha2019,crs_any,6,10")


def tree(root: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, with the hash of its content."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def run_whole(root: Path) -> str:
    """A run that must succeed; what it printed."""
    done = subprocess.run(
        COMMAND, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def start_anew(root: Path) -> None:
    """As before the first run."""
    for folder in ("results", "logs", ".snakemake"):
        shutil.rmtree(root / folder, ignore_errors=True)


def write_cell(root: Path, state: int) -> None:
    """Give the cell its first or its second value in both extractors' sheets."""
    for sheet in SHEETS:
        text = (root / sheet).read_text(encoding="utf-8")
        (root / sheet).write_text(text.replace(CELLS[1 - state], CELLS[state]), encoding="utf-8")


def kill_run(root: Path, chance: random.Random, longest: float) -> str | None:
    """Start a run, kill it within `longest` seconds, and say what was killed and when.

    None if the run had ended before. Jobs of a killed manager live on, as they do in real life.
    """
    target, moment = chance.choice(TARGETS), chance.uniform(0.3, longest)
    run = subprocess.Popen(
        COMMAND,
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        run.wait(moment)
        return None
    except subprocess.TimeoutExpired:
        pass
    if target == "everything":
        os.killpg(run.pid, signal.SIGKILL)
    elif target == "manager":
        run.kill()
    else:
        jobs = _jobs_of(run.pid)
        while not jobs and run.poll() is None:
            time.sleep(0.02)
            jobs = _jobs_of(run.pid)
        if jobs:
            os.kill(chance.choice(jobs), signal.SIGKILL)
    if run.wait() == 0:
        return None
    return f"{target} at {moment:.1f} s: exit status {run.returncode}"


def _jobs_of(manager: int) -> list[int]:
    """The processes of a run that work on a script."""
    jobs = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            command = (folder / "cmdline").read_bytes()
            group = int((folder / "stat").read_text().rpartition(")")[2].split()[2])
        except (OSError, ValueError):  # it ended meanwhile
            continue
        if group == manager and b".snakemake/scripts/" in command and b"bash" not in command:
            jobs.append(int(folder.name))
    return jobs


def survive(root: Path, kills: int, seed: int, edits: bool = True) -> Iterator[str]:
    """Kill runs from nothing and runs after an edit; each rerun must give the bytes of a clean one.

    Yields a line for each kill. Without `edits` all runs start from nothing.

    Raises:
        AssertionError: if a rerun fails, gives other bytes, leaves unfinished files, or is not the
            end of the work.
    """
    chance = random.Random(seed)
    clean = {}
    for state in (1, 0) if edits else (0,):
        write_cell(root, state)
        start_anew(root)
        began = time.monotonic()
        run_whole(root)
        longest = time.monotonic() - began
        clean[state] = tree(root / "results")
    state, number = 0, 0
    while number < kills:
        if not edits or chance.random() < 0.5:
            start, longest_here = "from nothing", longest
            start_anew(root)
        else:
            start, longest_here = "after an edit", 0.7 * longest
            state = 1 - state
            write_cell(root, state)
        told = kill_run(root, chance, longest_here)
        number += told is not None
        left = len(tree(root / "results")) if (root / "results").exists() else 0
        run_whole(root)
        made = tree(root / "results")
        differ = {name for name in made.keys() | clean[state].keys()
                  if made.get(name) != clean[state].get(name)}  # fmt: skip
        assert not differ, (number, start, told, sorted(differ))
        if told is None:  # the machine has become faster
            longest *= 0.8
            continue
        assert "Nothing to be done" in run_whole(root), (number, start, told)
        yield f"{number}: {start}, {told}; {left} files left; rerun: {len(made)} files, same bytes"


if __name__ == "__main__":
    for line in survive(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

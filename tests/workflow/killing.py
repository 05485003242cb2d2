"""Kill runs at random moments, run again by the same command, and compare every byte.

By hand, on a folder with the workflow and a small review in it (it is worked in):
`python tests/workflow/killing.py FOLDER KILLS SEED`. The tests do the same.
"""

import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

VICTIMS = ("manager", "job", "everything")
COMMAND = (sys.executable, "-m", "snakemake", "--cores", "2")
#: What is asked for: everything, or one file, behind which a part of the steps stands.
WHOLE = ("all", "archive")
TARGETS = (
    WHOLE,
    ("results/1/figures/orr/forest.svg",),
    ("results/1/pool/crs_any/pooled.csv",),
    ("results/1/pooled.csv",),
    ("check",),
)
#: A cell that edits switch, so that there are older artifacts to be mistaken. The last value is
#: refused: more events than patients.
SHEETS = ("data/raw/first/outcomes_1.csv", "data/raw/first/outcomes_2.csv")
CELL = "Alpha2019,crs_any,{},10"
EVENTS = (7, 6, 70)
REFUSED = 2
#: What the check writes of sheets that it refuses, and a step that here reads no sheet.
OF_CHECK = ("1/clean/", "1/provenance/clean_layers.json")
NO_SHEETS_READ = ("changes", "compare_versions")


@dataclass(frozen=True)
class Clean:
    """What a run from nothing that nobody kills makes, and how many seconds it takes."""

    made: dict[str, str]
    seconds: float


def tree(root: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, with the hash of its content."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def run(root: Path, target: tuple[str, ...], state: int) -> str:
    """A run to its end, which must be what the state of the sheets calls for; what it printed."""
    done = subprocess.run(
        (*COMMAND, *target),
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert (done.returncode != 0) == (state == REFUSED), done.stdout
    if state == REFUSED:
        assert f"{EVENTS[REFUSED]} events among 10 patients" in done.stdout, done.stdout
    return done.stdout


def start_anew(root: Path) -> None:
    """As before the first run."""
    for folder in ("results", "logs", ".snakemake"):
        shutil.rmtree(root / folder, ignore_errors=True)


def write_cell(root: Path, state: int) -> None:
    """Give the cell the value of a state in both extractors' sheets."""
    for sheet in SHEETS:
        text = (root / sheet).read_text(encoding="utf-8")
        cell = CELL.format(EVENTS[state])
        changed, count = re.subn(CELL.format("[0-9]+"), cell, text)
        assert count == 1, sheet
        (root / sheet).write_text(changed, encoding="utf-8")


def kill_run(
    root: Path, target: tuple[str, ...], chance: random.Random, longest: float
) -> str | None:
    """Start a run, kill it within `longest` seconds, and say what was killed and when.

    None if the run had ended before. Jobs of a killed manager live on, as they do in real life.
    """
    victim, moment = chance.choice(VICTIMS), chance.uniform(0.3, longest)
    process = subprocess.Popen(
        (*COMMAND, *target),
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(moment)
        return None
    except subprocess.TimeoutExpired:
        pass
    if victim == "everything":
        os.killpg(process.pid, signal.SIGKILL)
    elif victim == "manager":
        process.kill()
    else:
        jobs = jobs_of(process.pid)
        while not jobs and process.poll() is None:
            time.sleep(0.02)
            jobs = jobs_of(process.pid)
        if not jobs:
            return None
        try:
            os.kill(chance.choice(jobs), signal.SIGKILL)
        except ProcessLookupError:  # it ended meanwhile
            process.wait()
            return None
    if process.wait() == 0:
        return None
    return f"{victim} at {moment:.1f} s: exit status {process.returncode}"


def jobs_of(manager: int) -> list[int]:
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


def survive(root: Path, kills: int, seed: int) -> Iterator[str]:
    """Kill runs from nothing and runs after an edit; each rerun must give the bytes of a clean one.

    Every fifth asks for everything, the others for less. A third of the states is refused by the
    check: then the rerun must say so, and nothing but the check's own tables may change.
    Yields a line for each kill.

    Raises:
        AssertionError: if a rerun ends otherwise than a clean run, gives other bytes, touches what
            was not asked for, leaves unfinished files, or is not the end of the work.
    """
    chance = random.Random(seed)
    apart = root.with_name(f"{root.name}-clean")
    shutil.copytree(root, apart)

    @cache
    def clean(target: tuple[str, ...], state: int) -> Clean:
        start_anew(apart)
        write_cell(apart, state)
        began = time.monotonic()
        run(apart, target, state)
        seconds, made = time.monotonic() - began, tree(apart / "results")
        if state == REFUSED:
            # the list of changes is empty without a version before this one, and waits for nothing
            made = {n: c for n, c in made.items() if Path(n).stem not in NO_SHEETS_READ}
            assert all(name.startswith(OF_CHECK) for name in made), sorted(made)
        return Clean(made, seconds)

    state, number, faster = 0, 0, 1.0
    while number < kills:
        target = TARGETS[number % len(TARGETS)]
        if chance.random() < 0.5:
            start = "from nothing"
            state = chance.randrange(len(EVENTS))
            start_anew(root)
        else:
            start = "after an edit"
            state = (state + chance.randint(1, 2)) % len(EVENTS)
        write_cell(root, state)
        before = tree(root / "results")
        wanted = clean(target, state)
        told = kill_run(root, target, chance, wanted.seconds * faster)
        number += told is not None
        left = len(tree(root / "results"))
        run(root, target, state)
        made = tree(root / "results")
        where = (number, target, EVENTS[state], start, told)
        differ = {name for name, content in wanted.made.items() if made.get(name) != content}
        assert not differ, (*where, sorted(differ))
        changed = {name for name in (made.keys() | before.keys()) - wanted.made.keys()
                   if made.get(name) != before.get(name)}  # fmt: skip
        if state == REFUSED:  # what stood behind the gate may go, never change
            changed = {n for n in changed & made.keys() if Path(n).stem not in NO_SHEETS_READ}
        assert not changed, (*where, sorted(changed))
        if told is None:  # the machine has become faster
            faster *= 0.8
            continue
        if state != REFUSED:
            assert "Nothing to be done" in run(root, target, state), where
        ending = "refused" if state == REFUSED else "same bytes"
        yield (
            f"{number}: {' '.join(target)} {start} with {EVENTS[state]} of 10, {told}; "
            f"{left} files left; rerun: {ending}"
        )


if __name__ == "__main__":
    for line in survive(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

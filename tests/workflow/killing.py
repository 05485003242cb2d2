"""Kill a run at a random moment: the workflow manager alone, one of its jobs, or all of it."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

TARGETS = ("manager", "job", "everything")


def tree(root: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, with the hash of its content."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def kill_run(house, chance: random.Random, longest: float) -> str:
    """Start a run, kill it within `longest` seconds, and say what was killed and when.

    Jobs of a killed manager live on, as they do in real life.
    """
    target, moment = chance.choice(TARGETS), chance.uniform(0.3, longest)
    run = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--cores", "2"],
        cwd=house.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        run.wait(moment)
        return f"{target} at {moment:.1f} s: had ended"
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
    run.wait()
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

"""Runs that are killed, or find no room to write: plain errors, and the same command mends it."""

import os
import resource
import subprocess
import sys

import killing
import pytest

from pipeline.tables import read_json


def test_killed_runs_end_with_the_same_bytes(new_house):
    told = list(killing.survive(new_house.root, kills=2, seed=7))
    assert len(told) == 2


def test_a_lock_is_cleared_only_when_no_other_run_lives(house):
    locks = house.root / ".snakemake/locks"
    locks.mkdir(exist_ok=True)
    report = house.root / "results/1/report.html"
    (locks / "0.output.lock").write_text(f"{report.relative_to(house.root)}\n")
    (locks / "0.input.lock").write_text("data/raw/first/studies.csv\n")
    report.unlink()
    living = subprocess.Popen(
        [sys.executable, "-c", HOLD_LOCK],
        cwd=house.root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    living.stdout.readline()
    refused = house.snakemake()
    assert refused.returncode != 0
    assert "lock" in refused.stdout
    assert not report.exists()
    living.kill()
    living.wait()
    living.stdin.close()
    living.stdout.close()
    house.build()
    assert report.exists()


#: Another run, as far as the file lock goes.
HOLD_LOCK = """
import fcntl, sys
held = open(".snakemake/run.lock", "a+")
fcntl.flock(held, fcntl.LOCK_SH)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_full_disk_leaves_what_was_there_and_a_rerun_mends_it(house):
    """Every write beyond 100 kB fails, as it does when the room ends within a file."""
    before = killing.tree(house.root / "results")
    house.edit("config/config.yaml", "title: First cut", "title: Another cut")
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2"],
        cwd=house.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert run.returncode != 0
    assert "write_report (version 1) stopped: while making results/1/report.html" in run.stdout
    assert "File too large" in run.stdout
    assert "Log: logs/1/write_report.log" in run.stdout
    after = killing.tree(house.root / "results")
    assert {name for name in after if before.get(name) != after[name]} <= made_by("write_tables")
    house.build()
    assert "Another cut" in (house.root / "results/1/report.html").read_text(encoding="utf-8")
    assert "Nothing to be done" in house.build()


def made_by(rule):
    """Files that a rule of the small review may have made anew."""
    tables = ("study_characteristics", "summary_of_findings", "all_results")
    names = [f"{name}.{kind}" for name in tables for kind in ("csv", "tex")]
    names += ["results.xlsx", "results.docx"]
    return {f"1/tables/{name}" for name in names} | {f"1/provenance/{rule}.json"}


@pytest.fixture
def nobody():
    """How to run as a user for whom permissions hold (the administrator may write anywhere)."""
    return {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}


def test_results_that_cannot_be_written_are_told_and_mended(house, nobody):
    results = house.root / "results"
    (results / "1/pooled.csv").unlink()
    own(house.root, nobody)
    for path in [results, *results.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    refused = run_as(house, nobody)
    assert refused.returncode != 0
    assert "gather_pooled (version 1) stopped" in refused.stdout or "denied" in refused.stdout
    assert "Permission denied" in refused.stdout
    assert "results" in refused.stdout
    for path in [results, *results.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)
    mended = run_as(house, nobody)
    assert mended.returncode == 0, mended.stdout
    assert (results / "1/pooled.csv").exists()


def own(root, nobody):
    """Give a tree, and the way to it, to the user."""
    if nobody:
        for path in [root, *root.rglob("*")]:
            os.chown(path, nobody["user"], nobody["group"], follow_symlinks=False)
        for folder in root.parents:
            if folder.stat().st_uid == 0 and str(folder).startswith("/tmp/"):
                folder.chmod(0o755)


def run_as(house, nobody):
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2"],
        cwd=house.root,
        env=os.environ | {"HOME": str(house.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **nobody,
    )


def test_a_job_out_of_memory_is_told_by_its_name(new_house):
    """The system ends such a job by SIGKILL; the script does so here to itself."""
    script = new_house.root / "workflow/scripts/pool_times.py"
    text = script.read_text(encoding="utf-8")
    script.write_text(text.replace("    step.main(", DIE + "    step.main("), encoding="utf-8")
    target = "results/1/times.csv"
    stopped = new_house.snakemake(target)
    assert stopped.returncode != 0
    assert "Error in rule pool_times" in stopped.stdout
    assert "logs/1/pool_times.log" in stopped.stdout
    assert not (new_house.root / target).exists()
    script.write_text(text, encoding="utf-8")
    new_house.build(target)
    assert read_json(new_house.root / "results/1/provenance/pool_times.json")["artifacts"]
    assert not list((new_house.root / "results").glob(".parts-*"))


DIE = """    import os, signal

    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_job_that_outlives_its_run_writes_nothing(house):
    """Another run has begun meanwhile; what it makes from newer sheets must not be overwritten."""
    before = (house.root / "results/1/times.csv").read_bytes()
    house.edit("data/raw/first/durations_1.csv", "Alpha2019,median_pfs,6", "Alpha2019,median_pfs,7")
    script = house.root / "workflow/scripts/pool_times.py"
    text = script.read_text(encoding="utf-8")
    other = 'open(".snakemake/run.lock", "w").write("another run")\n'
    script.write_text(text.replace("    step.main(", f"    {other}    step.main("))
    stopped = house.snakemake("results/1/times.csv")
    assert stopped.returncode != 0
    assert "its run was killed and another one has begun; nothing was written" in stopped.stdout
    assert (house.root / "results/1/times.csv").read_bytes() in (before, None)

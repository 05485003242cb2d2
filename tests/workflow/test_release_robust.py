"""Runs that are killed, or find no room to write: plain errors, and the same command mends it."""

import os
import subprocess
import sys

import killing
import pytest

from singlearm.catalogue.tables import read_json

SEED = 7


def test_killed_runs_end_with_the_same_bytes_and_no_number_from_refused_data(new_house):
    """Narrow and whole targets; a tenth of the kills unless the profile is the long one."""
    kills = 50 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 5
    told = list(killing.survive(new_house.root, kills, seed=SEED))
    assert len(told) == kills
    assert any("refused" in line for line in told)
    assert any("same bytes" in line for line in told)


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
    run = house.snakemake(python=["prlimit", "--fsize=100000", sys.executable])
    assert run.returncode != 0
    assert "write_report (version 1) stopped: while making results/1/report.html" in run.stdout
    assert "File too large" in run.stdout
    assert "Log: logs/1/write_report.log" in run.stdout
    after = killing.tree(house.root / "results")
    house.build()
    final = killing.tree(house.root / "results")
    for name, content in after.items():
        assert content in (before.get(name), final[name]), name
    assert "Another cut" in (house.root / "results/1/report.html").read_text(encoding="utf-8")
    assert "Nothing to be done" in house.build()


@pytest.fixture
def bound():
    """Python for which permissions hold, also where the administrator runs it."""
    root = os.geteuid() == 0
    return [*(["setpriv", "--bounding-set=-dac_override"] if root else []), sys.executable]


def test_results_that_cannot_be_written_are_told_and_mended(house, bound):
    results = house.root / "results"
    before = killing.tree(results)
    house.edit("data/raw/first/durations_1.csv", "Alpha2019,median_pfs,6", "Alpha2019,median_pfs,7")
    set_writable(results, False)
    refused = house.snakemake(python=bound)
    set_writable(results, True)
    assert refused.returncode != 0
    assert "Write-protected output files for rule" in refused.stdout
    assert "        results/1/" in refused.stdout
    assert killing.tree(results) == before
    results.chmod(0o555)  # files may be replaced, but there is no room beside them
    refused = house.snakemake(python=bound)
    results.chmod(0o755)
    assert refused.returncode != 0
    assert "clean_layers (version 1) stopped: while making results/1/clean/studies.csv and " in (
        refused.stdout
    )
    assert "PermissionError: [Errno 13] Permission denied: 'results/.parts-" in refused.stdout
    house.build(python=bound)
    assert killing.tree(results)["1/times.csv"] != before["1/times.csv"]


def set_writable(root, writable):
    for path in [root, *root.rglob("*")]:
        mode = path.stat().st_mode
        path.chmod(mode | 0o200 if writable else mode & ~0o222)


def test_a_job_out_of_memory_is_told_by_its_name(new_house):
    """The system ends such a job by SIGKILL; the script does so here to itself."""
    script = "workflow/scripts/pool_kind.py"
    new_house.edit(script, MAIN, DIE + MAIN)
    target = "results/1/times.csv"
    stopped = new_house.snakemake(target)
    assert stopped.returncode != 0
    assert "Error in rule pool_kind" in stopped.stdout
    assert "logs/1/pool_times.log" in stopped.stdout
    assert not (new_house.root / target).exists()
    new_house.edit(script, DIE, "")
    new_house.build(target)
    assert read_json(new_house.root / "results/1/provenance/pool_times.json")["artifacts"]
    assert not list((new_house.root / "results").glob(".parts-*"))


MAIN = "    step.main("
DIE = """    import os, signal

    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_job_that_outlives_its_run_writes_nothing(house):
    """Another run has begun meanwhile; what it makes from newer sheets must not be overwritten."""
    house.edit("data/raw/first/durations_1.csv", "Alpha2019,median_pfs,6", "Alpha2019,median_pfs,7")
    script = "workflow/scripts/pool_kind.py"
    other = 'open(".snakemake/run.lock", "w").write("another run")\n'
    house.edit(script, MAIN, f"    {other}{MAIN}")
    stopped = house.snakemake("results/1/times.csv")
    assert stopped.returncode != 0
    assert "its run was killed and another one has begun; nothing was written" in stopped.stdout
    assert not (house.root / "results/1/times.csv").exists()
    house.edit(script, f"    {other}", "")
    house.build("results/1/times.csv")
    assert (house.root / "results/1/times.csv").exists()

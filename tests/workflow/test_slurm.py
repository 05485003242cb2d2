"""On a real SLURM of one node: the same bytes as here, whatever was cancelled on the way."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import killing
import pytest

HERE = Path(__file__).parent / "slurm"
CONFIGURATION = Path("/etc/slurm/slurm.conf")


def why_not():
    """Why these tests cannot run here; nothing if they can."""
    if not os.environ.get("SLURM_TESTS"):
        return "the tests on a real SLURM take ten minutes: make test-slurm"
    if not all(map(shutil.which, ("slurmctld", "slurmd", "munged", "sbatch"))):
        return "no SLURM here: apt-get install munge slurmctld slurmd slurm-client"
    if os.geteuid():
        return "a SLURM for tests is started by the administrator only"
    if CONFIGURATION.exists():
        return f"a SLURM is set up here already ({CONFIGURATION})"
    return ""


@pytest.fixture(scope="module", autouse=True)
def cluster():
    """A SLURM of one node for these tests."""
    if reason := why_not():
        assert not os.environ.get("SLURM_TESTS"), reason
        pytest.skip(reason)
    folder = tempfile.mkdtemp(prefix="slurm-")  # munge wants a place that all may enter
    try:
        subprocess.run([HERE / "start.sh", folder], check=True, timeout=120)
        yield
    finally:
        subprocess.run([HERE / "stop.sh", folder], check=False, timeout=120)
        shutil.rmtree(folder, ignore_errors=True)


def submit(house, *words):
    """A run of the workflow as one job with two cores; the words are sbatch's own."""
    command = ["sbatch", "--ntasks=1", "--cpus-per-task=2", "--output=slurm.log", *words]
    command += ["--wrap", f"{sys.executable} -m snakemake --cores 2"]
    done = subprocess.run(command, cwd=house.root, capture_output=True, text=True, check=False)
    log = house.root / "slurm.log"
    assert done.returncode == 0, done.stderr + (log.read_text() if log.exists() else "")
    return done.stdout.split()[3]


def same(house, other):
    return killing.tree(house.root / "results") == killing.tree(other.root / "results")


def test_a_cancelled_job_then_the_same_command_gives_the_bytes_of_a_local_run(new_house, run_house):
    job = submit(new_house)
    wait_for(lambda: any(new_house.root.glob("results/1/pool/*/pooled.csv")))
    subprocess.run(["scancel", job], check=True)
    wait_for(lambda: not running(job))
    assert not same(new_house, run_house)
    submit(new_house, "--wait")
    assert same(new_house, run_house)
    assert "Nothing to be done" in new_house.build()


def running(job):
    """Whether a job is still in the queue."""
    queue = subprocess.run(
        ["squeue", "--noheader", "--jobs", job], capture_output=True, text=True, check=False
    )
    return bool(queue.stdout.strip())


def wait_for(there, seconds=300):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.2)


def test_an_array_of_reviews_and_their_page(run_house, tmp_path):
    house = run_house.copy_to(tmp_path / "house")
    reviews = tmp_path / "many reviews"
    for name in ("a", "b $(touch c)", "faulty"):
        for part in ("config", "data", "results", ".snakemake"):
            shutil.copytree(run_house.root / part, reviews / name / part)
        (reviews / name / "results/1/times.csv").unlink()
    (reviews / "faulty/config/config.yaml").write_text("review: 1\n", encoding="utf-8")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [house.root / "workflow/scripts/cluster.sh", reviews, "1"],
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 3 reviews built" in done.stdout
    assert "faulty: faulty (" in done.stdout
    for name in ("a", "b $(touch c)"):
        assert same(type(house)(reviews / name), run_house)
    assert (reviews / "index.html").read_text(encoding="utf-8").count("<article") == 3
    assert not list(tmp_path.rglob("c"))


def test_one_heavy_step_through_the_plugin(house, run_house):
    """The environment of envs/requirements-slurm.lock, whose python SLURM_PYTHON names."""
    python = os.environ.get("SLURM_PYTHON")
    if not python:
        pytest.skip("SLURM_PYTHON names no python with the executor plugin")
    shutil.rmtree(house.root / "results/1/sensitivity/orr")
    target = "results/1/provenance/orr/vary_outcome.json"
    done = subprocess.run(
        [python, "-m", "snakemake", "--workflow-profile", "profiles/slurm", target],
        cwd=house.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert same(house, run_house)

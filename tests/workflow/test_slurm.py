"""On a real SLURM of one node: the same bytes as here, whatever was cancelled or killed on the way.

`SLURM_TESTS` switches them on: `tenth` for a short form (CI), else all (`make test-slurm`).
`SLURM_PYTHON` is a Python with envs/requirements-slurm.lock.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import killing
import pytest

HERE = Path(__file__).parent / "slurm"
CONFIGURATION = Path("/etc/slurm/slurm.conf")
#: Reviews of the array; the last one is faulty.
REVIEWS = 3 if os.environ.get("SLURM_TESTS") == "tenth" else 20
PYTHON = os.environ.get("SLURM_PYTHON", "")
#: One step whose outcome stands for a heavy one.
STEP = "results/1/provenance/orr/vary_outcome.json"


def why_not():
    """Why these tests cannot run here; nothing if they can."""
    if not os.environ.get("SLURM_TESTS"):
        return "the tests on a real SLURM take minutes: make test-slurm"
    if not all(map(shutil.which, ("slurmctld", "slurmd", "munged", "sbatch"))):
        return "no SLURM here: apt-get install munge slurmctld slurmd slurm-client"
    if os.geteuid():
        return "a SLURM for tests is started by the administrator only"
    if CONFIGURATION.exists():
        return f"a SLURM is set up here already ({CONFIGURATION})"
    if not PYTHON:
        return "SLURM_PYTHON names no Python with envs/requirements-slurm.lock"
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
        yield Path(folder)
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


def test_daemons_killed_while_a_job_runs_then_the_same_bytes(cluster, new_house, run_house):
    job = submit(new_house)
    wait_for(lambda: any(new_house.root.glob("results/1/pool/*/pooled.csv")))
    for daemon in ("slurmd", "slurmctld"):
        os.kill(int((cluster / f"run/{daemon}.pid").read_text()), signal.SIGKILL)
    assert subprocess.run(["squeue"], capture_output=True, check=False).returncode
    subprocess.run(["slurmctld"], check=True)
    subprocess.run(["slurmd", "-N", "localhost"], check=True)
    wait_for(lambda: not running(job))
    submit(new_house, "--wait")
    assert same(new_house, run_house)


def running(job):
    """Whether a job is still in the queue, or its SLURM does not answer."""
    queue = subprocess.run(
        ["squeue", "--noheader", "--format=%i"], capture_output=True, text=True, check=False
    )
    return queue.returncode != 0 or job in queue.stdout.split()


def wait_for(there, seconds=300):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.2)


def test_an_array_of_reviews_and_their_page(run_house, tmp_path):
    """Each from nothing; signs in a name are no command, and a faulty one stops itself alone."""
    house = run_house.copy_to(tmp_path / "house")
    reviews = tmp_path / "many reviews"
    names = ["b $(touch c)", *(f"review {n}" for n in range(2, REVIEWS)), "faulty"]
    for name in names:
        for part in ("config", "data"):
            shutil.copytree(run_house.root / part, reviews / name / part)
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
    assert f"{REVIEWS - 1} of {REVIEWS} reviews built" in done.stdout
    assert "faulty: faulty (" in done.stdout
    for name in names[:-1]:
        assert same(type(house)(reviews / name), run_house)
    page = (reviews / "index.html").read_text(encoding="utf-8")
    assert page.count("<article") == REVIEWS
    assert not list(tmp_path.rglob("c"))


def test_one_heavy_step_through_the_plugin(house, run_house):
    shutil.rmtree(house.root / "results/1/sensitivity/orr")
    done = subprocess.run(
        through_plugin(STEP), cwd=house.root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert same(house, run_house)


def through_plugin(target):
    """The command that gives each step to SLURM as a job."""
    return [PYTHON, "-m", "snakemake", "--workflow-profile", "profiles/slurm", target]


def test_a_job_whose_run_was_killed_while_it_waited_touches_nothing(house, run_house):
    """It starts when another run has ended well, and must not take away what that run made."""
    shutil.rmtree(house.root / "results/1/sensitivity/orr")
    node = ["scontrol", "update", "nodename=localhost"]
    subprocess.run([*node, "state=drain", "reason=test"], check=True)
    try:
        with (house.root / "plugin.log").open("wb") as log:
            run = subprocess.Popen(
                through_plugin(STEP), cwd=house.root, stdout=log, stderr=log, start_new_session=True
            )
            wait_for(lambda: waiting() or run.poll() is not None)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        (job,) = waiting()
        house.build()
        assert same(house, run_house)
    finally:
        subprocess.run([*node, "state=resume"], check=True)
    wait_for(lambda: not running(job))
    logs = [path.read_text() for path in house.root.rglob(f"*{job}*.log")]
    assert any("The run of this job has ended and another one has begun." in log for log in logs)
    assert same(house, run_house)
    assert "Nothing to be done" in house.build()


def waiting():
    """The jobs that wait for a node."""
    queue = subprocess.run(
        ["squeue", "--noheader", "--states=PENDING", "--format=%i"],
        capture_output=True,
        text=True,
        check=True,
    )
    return queue.stdout.split()

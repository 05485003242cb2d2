# Needs: nothing. Makes: a fresh start after a run that was killed, and the end of jobs of such a run.
# No rules here.
import fcntl
import gc
import logging
import os
import secrets
import shutil
import signal
from pathlib import Path

from snakemake.logging import logger
from singlearm import progress
from singlearm.step import RUN_FILE, RUN_TOKEN, run_has_ended


def hold(lock, left_by_killed):
    """Share a file lock for as long as this run lives; clear up first if no other run has it.

    The system ends the lock with the process, however that ends. Who gets it alone is therefore the
    only run. Returns the open file: closing it would give the lock up.
    """
    lock.parent.mkdir(exist_ok=True)
    held = lock.open("a+", encoding="utf-8")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    else:
        held.truncate(0)
        for left in left_by_killed():
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)
    fcntl.flock(held, fcntl.LOCK_SH)
    return held


def start_run(token):
    """Take away what a killed run left, its locks and unfinished files, and write the token down.

    Beside another run that lives the token is added to its own: neither is the other's end.
    """
    held = hold(
        RUN_FILE,
        lambda: [
            *Path(".snakemake/locks").glob("*.lock"),
            *Path(".snakemake/matplotlib").glob("*.matplotlib-lock"),
            *Path("results").glob(".parts-*"),
        ],
    )
    held.write(f"{token}\n")
    held.flush()
    os.fsync(held.fileno())  # a job on another machine reads it while it is open here
    return held


def hold_reviews(folder):
    """The same for a folder of reviews, in which runs from several places may work."""
    states = folder / STATES
    return hold(
        states / "run.lock",
        lambda: [*folder.glob(".parts-*"), *states.glob(".parts-*")],
    )


if workflow.is_main_process:
    # A plan is many objects that live until its end: looking through them for what could be freed
    # finds nothing and takes a fifth of the time.
    gc.set_threshold(100_000, 20, 50)
    # Who reads the output may stop (`| head`): end then, as any program does, and free the lock.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.environ[RUN_TOKEN] = secrets.token_hex(8)
    RUN_LOCKS = [start_run(os.environ[RUN_TOKEN])]
    if "reviews" in config:
        RUN_LOCKS.append(hold_reviews(REVIEWS))
elif run_has_ended():
    # Here, while the workflow is read: a little later the workflow manager would take away the
    # outputs of the job's rule, which by now are the other run's.
    raise WorkflowError("The run of this job has ended and another one has begun.")


# -p: every step, as the workflow manager prints it
plain = workflow.output_settings.printshellcmds or workflow.dryrun
if workflow.is_main_process and not plain:
    for handler in logger.handlers:
        if not isinstance(handler, logging.FileHandler):
            handler.addFilter(progress.Progress(os.environ.get("PROGRESS") == "json"))

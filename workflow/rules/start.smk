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

#: Which run the jobs belong to: given to them, and written by the latest run.
RUN_TOKEN = "WORKFLOW_RUN"
RUN_FILE = Path(".snakemake/run.lock")
#: Where jobs have their unfinished files.
UNFINISHED_IN = [Path("results")]
if "reviews" in config:
    UNFINISHED_IN += [Path(config["reviews"]), Path(config["reviews"], ".status")]


def clear_after_killed_run(token):
    """Take away what a killed run left, if no other run lives: its locks and unfinished files.

    Every run holds a shared file lock for as long as it lives, which the system ends with the
    process, however that ends. Who gets it alone is therefore the only run. Returns the open file:
    closing it would give the lock up.
    """
    RUN_FILE.parent.mkdir(exist_ok=True)
    held = RUN_FILE.open("a+", encoding="utf-8")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    else:
        locks = Path(".snakemake/locks").glob("*.lock")
        of_fonts = Path(".snakemake/matplotlib").glob("*.matplotlib-lock")
        for lock in [*locks, *of_fonts]:
            lock.unlink(missing_ok=True)
        for folder in UNFINISHED_IN:
            for unfinished in folder.glob(".parts-*"):
                shutil.rmtree(unfinished, ignore_errors=True)
        held.truncate(0)
        held.write(token)
        held.flush()
    fcntl.flock(held, fcntl.LOCK_SH)
    return held


def stop_job_of_dead_run(token):
    """Stop a job that starts after its run was killed and another one began, perhaps elsewhere.

    Here, while the workflow is read: a little later the workflow manager would take away the
    outputs of the job's rule, which by now are the other run's.
    """
    latest = RUN_FILE.read_text(encoding="utf-8") if RUN_FILE.is_file() else token
    if token not in (None, latest):
        raise WorkflowError("The run of this job has ended and another one has begun.")


if workflow.is_main_process:
    # A plan is many objects that live until its end: looking through them for what could be freed
    # finds nothing and takes a fifth of the time.
    gc.set_threshold(100_000, 20, 50)
    # Who reads the output may stop (`| head`): end then, as any program does, and free the lock.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.environ[RUN_TOKEN] = secrets.token_hex(8)
    RUN_LOCK = clear_after_killed_run(os.environ[RUN_TOKEN])
else:
    stop_job_of_dead_run(os.environ.get(RUN_TOKEN))


# -p: every step, as the workflow manager prints it
plain = workflow.output_settings.printshellcmds or workflow.dryrun
if workflow.is_main_process and not plain:
    for handler in logger.handlers:
        if not isinstance(handler, logging.FileHandler):
            handler.addFilter(progress.Progress(os.environ.get("PROGRESS") == "json"))

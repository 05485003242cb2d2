# Needs: nothing. Makes: a fresh start after a run that was killed. No rules here.
import fcntl
import os
import secrets
import shutil


def clear_after_killed_run(token):
    """Take away what a killed run left, if no other run lives: its locks and unfinished files.

    Every run holds a shared file lock for as long as it lives, which the system ends with the
    process, however that ends. Who gets it alone is therefore the only run. The token tells jobs
    that outlived their killed run that another one has begun. Returns the open file: closing it
    would give the lock up.
    """
    Path(".snakemake").mkdir(exist_ok=True)
    held = open(".snakemake/run.lock", "a+", encoding="utf-8")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    else:
        for lock in Path(".snakemake/locks").glob("*.lock"):
            lock.unlink()
        for unfinished in Path("results").glob(".parts-*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        held.truncate(0)
        held.write(token)
        held.flush()
    fcntl.flock(held, fcntl.LOCK_SH)
    return held


if workflow.is_main_process:
    RUN_TOKEN = secrets.token_hex(8)
    RUN_LOCK = clear_after_killed_run(RUN_TOKEN)
    os.environ |= {"WORKFLOW_RUN": RUN_TOKEN}

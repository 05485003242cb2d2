"""What a run prints: a line now and then in place of six for each job, and a short end."""

import json
import logging
import sys
import time
from collections.abc import Iterable, Mapping
from typing import TextIO

from snakemake.logging import LogEvent

#: Lines on the way, however many jobs there are.
LINES = 20
#: Files named at the end.
NAMED = 6
#: What the log file holds and the screen does not need.
DETAILS = {
    LogEvent.GROUP_INFO,
    LogEvent.JOB_FINISHED,
    LogEvent.JOB_INFO,
    LogEvent.JOB_STARTED,
    LogEvent.RESOURCES_INFO,
    LogEvent.RUN_INFO,
}
CHATTER = ("Select jobs to execute", "Execute ", "Updating checkpoint", "Building DAG")


class Progress(logging.Filter):
    """Lets errors pass to the screen, and prints how far the run is.

    Parameters
    ----------
    as_json
        For programs: a JSON object in a line of its own for each step that is done, with `done`,
        `total`, `seconds`, `left` (seconds, estimated), `rule` and the step's wildcards.
    screen
        Where to print; standard error.
    """

    def __init__(self, as_json: bool = False, screen: TextIO | None = None) -> None:
        super().__init__()
        self._screen = screen or sys.stderr
        self._as_json = as_json
        self._began = time.monotonic()
        self._printed = 0
        self._doing = ""
        self._steps: dict[object, dict[str, str]] = {}
        self._last: dict[str, str] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the screen shows a message of the workflow manager."""
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            self._doing = getattr(record, "rule_msg", None) or ""
            step = {"rule": getattr(record, "rule_name", "")}
            step |= getattr(record, "wildcards", None) or {}
            self._steps[getattr(record, "jobid", None)] = step
        elif event == LogEvent.JOB_FINISHED:
            self._last = self._steps.pop(getattr(record, "job_id", None), {})
        elif event == LogEvent.PROGRESS:
            self._count(record.done, record.total)  # type: ignore[attr-defined]
            return False
        return event not in DETAILS and not str(record.msg).startswith(CHATTER)

    def _count(self, done: int, total: int) -> None:
        """Print a line: for programs of each step, else of a twentieth of them since the last."""
        passed = time.monotonic() - self._began
        left = passed / done * (total - done)
        if self._as_json:
            times = {"seconds": round(passed, 1), "left": round(left, 1)}
            line = json.dumps({"done": done, "total": total} | times | self._last)
        elif done < total and done - self._printed < total / LINES:
            return
        else:
            self._printed = done
            line = f"{done} of {total} steps in {minutes(passed)}"
            if done < total:
                doing = f"; {self._doing}" if self._doing else ""
                line += f", about {minutes(left)} left{doing}"
        self._screen.write(f"{line}\n")
        self._screen.flush()


def minutes(seconds: float) -> str:
    """A time as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def ending(version: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[str]:
    """Lines on what a run made and changed of a version; hashes by path, before and after it."""
    folder = f"results/{version}"
    new = [path for path in after if path not in before]
    other = [path for path in after if before.get(path, after[path]) != after[path]]
    if not before:
        yield f"{folder}: {len(after)} files made"
    elif not new and not other:
        yield f"{folder}: {len(after)} files, none changed"
    else:
        yield f"{folder}: {len(after)} files, {len(new)} new, {len(other)} changed"
        tables = sorted(other + new, key=lambda path: (path.count("/"), path))
        yield from (f"  {path.removeprefix(f'{folder}/')}" for path in tables[:NAMED])
        if len(tables) > NAMED:
            yield f"  and {len(tables) - NAMED} more"

"""The one runner of all steps: whole outputs or none, log, warnings, provenance, plain errors."""

import gc
import os
import shutil
import socket
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from singlearm.archive import provenance
from singlearm.catalogue import language, tables

#: Set by the workflow for its jobs: which run they belong to. The file holds the runs that live.
RUN_TOKEN = "WORKFLOW_RUN"
RUN_FILE = Path(".snakemake/run.lock")


class StepError(Exception):
    """A fault that the reader can mend; shown as its message, without a traceback."""


class Outputs(dict[str, Any]):
    """Paths by name, which is an attribute as well; a named output may be a list of paths."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


def main(snakemake: Any, run: Callable) -> None:
    """Call `run(inputs, outputs, params)` of a script with the paths and values of its rule.

    The outputs that the script sees lie in a folder of the job's own; they take their places, one
    by one and each in one step, when all of them are written. A killed job so leaves whole files or
    none. Where the rule declares an output `provenance`, the facts of the job are written there.

    Warnings and tracebacks go to the rule's log. On screen appears what a person needs: the rule,
    what it works on, the file, the message and the log's path.
    """
    # what a step makes lives as long as it does: looking for garbage took a fifteenth of a drawing
    gc.set_threshold(100_000)
    where = ", ".join(f"{name} {value}" for name, value in sorted(snakemake.wildcards.items()))
    log_path = Path(snakemake.log[0])
    try:
        log_path.parent.mkdir(parents=True, exist_ok=True)
        log = log_path.open("w", encoding="utf-8")
    except OSError as error:
        sys.exit(f"\n{snakemake.rule} ({where}) stopped: cannot write its log: {error}")
    with log, warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = lambda message, category, *_, **__: print(
            f"{category.__name__}: {message}", file=log
        )
        try:
            _run_whole(snakemake, run)
        except Exception as error:
            traceback.print_exc(file=log)
            told = str(error)
            if not isinstance(error, StepError):
                making = f"while making {_listed(snakemake.output)}: " if snakemake.output else ""
                told = f"{making}{type(error).__name__}: {error}"
            sys.exit(f"\n{snakemake.rule} ({where}) stopped: {told}\nLog: {log_path}")


def _run_whole(snakemake: Any, run: Callable) -> None:
    """Run into a folder beside the results, then put every output in its place.

    What it writes for people is in the language that the rule gives, English without one.
    """
    language.use(getattr(snakemake.params, "language", language.ENGLISH.code))
    if not snakemake.output:
        run(snakemake.input, snakemake.output, snakemake.params)
        return
    facts = snakemake.output.get("provenance")
    read = {path: provenance.sha256(path) for path in snakemake.input} if facts else {}
    folder = _staging_folder(Path(snakemake.output[0]))
    places = {path: folder / str(i) / Path(path).name for i, path in enumerate(snakemake.output)}
    try:
        for staged in places.values():
            staged.parent.mkdir(parents=True)
        run(snakemake.input, _staged(snakemake.output, places), snakemake.params)
        missing = [path for path, staged in places.items() if not staged.is_file()]
        if facts in missing:
            missing.remove(facts)
            _refuse_changed(read)
            _write_facts(snakemake, places, facts, read)
        if missing:
            raise FileNotFoundError(f"the script did not write {', '.join(missing)}")
        _publish(places)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _staging_folder(output: Path) -> Path:
    """A new folder on the file system of the results; the next run clears leftovers.

    Its name is the job's alone wherever it runs: jobs on two machines may have one process id.
    """
    top = output.parent if output.is_absolute() else Path(output.parts[0])
    top.mkdir(exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f".parts-{socket.gethostname()}-", dir=top))


def _staged(outputs: Any, places: dict[str, Path]) -> Outputs:
    """The rule's outputs by name, each path as it is staged."""
    return Outputs(
        (name, str(places[path]) if isinstance(path, str) else [str(places[p]) for p in path])
        for name, path in outputs.items()
    )


def _refuse_changed(read: dict[str, str]) -> None:
    """An input that was saved meanwhile may have been read in either state: no record is true."""
    changed = provenance.changed(read)
    if changed:
        raise StepError(
            f"changed while the step ran: {', '.join(changed)}; nothing was written. Save the "
            "files, and run again"
        )


def _write_facts(snakemake: Any, places: dict[str, Path], facts: str, read: dict[str, str]) -> None:
    # The script runs from a copy whose name is the script's after a random part.
    script = Path(snakemake.scriptdir, Path(sys.argv[0]).name.split(".", 1)[1])
    made = {path: staged for path, staged in places.items() if path != facts}
    tables.write_json(places[facts], provenance.step_facts(snakemake, script, made, read))


def run_has_ended() -> bool:
    """Whether the run of this job was killed and another one has begun, perhaps elsewhere."""
    token = os.environ.get(RUN_TOKEN)
    if not token or not RUN_FILE.is_file():
        return False
    return token not in RUN_FILE.read_text(encoding="utf-8").split()


def _publish(places: dict[str, Path]) -> None:
    """Move each file to its place, unless its content is there already (then it stays untouched).

    Only for the run that is going on: a job that outlived its killed run would else overwrite what
    the next run made from newer sheets.
    """
    if run_has_ended():
        raise StepError("its run was killed and another one has begun; nothing was written")
    for path, staged in places.items():
        target = Path(path)
        if target.is_file() and target.read_bytes() == staged.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.replace(target)


def tell(lines: Sequence[str]) -> None:
    """Print lines on the screen, apart from those of the workflow manager."""
    sys.stderr.write("\n".join(["", *lines, ""]))


def _listed(paths: Sequence[str]) -> str:
    """The first path, and how many there are beside it."""
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{paths[0]}{more}"

"""Whether the results are what the sheets, protocol and code on disk give, whatever the clocks say.

Each step's side file holds the hashes of all it read and made (`provenance`). They are compared
with the disk and with what the workflow would give the step now. A step with a finding runs again.
"""

import json
import os
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from . import provenance
from .archive import CHECKSUMS, DATA_PACKAGE, METADATA

MISSING, EDITED, STALE = "missing", "edited by hand", "stale"


@dataclass(frozen=True)
class Step:
    """One step as the workflow would run it now.

    Attributes
    ----------
    makes
        Paths of its artifacts.
    reads
        Paths that it would read; `None` where the plan is not known before the sheets are clean.
    outside
        Those of them that no step makes: sheets, codebook, claims, lock.
    script, library
        Path of each file of its code, to its hash.
    params
        The values it would be given, as JSON gives them back.
    """

    makes: tuple[str, ...]
    reads: frozenset[str] | None
    outside: frozenset[str]
    script: Mapping[str, str]
    library: Mapping[str, str]
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """What is not true of a step: its state, the file or value concerned, and why."""

    side: str
    state: str
    what: str
    why: str


def findings(
    steps: Mapping[str, Callable[[], Step]], *, same_packages: bool = True
) -> list[Finding]:
    """Everything that differs between the records, the disk and the workflow as it is.

    Parameters
    ----------
    steps
        The side file of each step, to what tells the step as it would run now. That is asked only
        of steps that have a record: for a plan of many steps from nothing it takes seconds.
    same_packages
        Whether steps run by this Python with its packages; not where each gets an environment of
        its own (`--sdm conda`). Then versions are left to the record, which refuses mixed ones.
    """
    facts = {side: read_facts(side) for side in steps}
    made = _artifacts(facts.values())
    found = []
    for side, step_now in steps.items():
        known = facts[side]
        if known is None:
            found.append(_without_record(side))
        else:
            found += [Finding(side, *told) for told in _findings_of(step_now(), known, made)]
            versions = provenance.other_versions(known) if same_packages else ()
            found += [
                Finding(side, STALE, what, f"made with {then}, and here is {now or 'none'}")
                for what, then, now in versions
            ]
    return found


def read_facts(side: str | Path) -> dict[str, Any] | None:
    """A step's facts; None if the file is not there or not as a step wrote it."""
    try:
        text = Path(side).read_text(encoding="utf-8")
        facts = json.loads(text)
    except (OSError, ValueError):
        return None
    return facts if isinstance(facts, dict) and provenance.whole(text, facts) else None


def recorded(sides: Iterable[str | Path]) -> dict[str, str]:
    """Hash of each artifact by its path, as these side files say."""
    return _artifacts(map(read_facts, sides))


def _artifacts(steps: Iterable[dict[str, Any] | None]) -> dict[str, str]:
    """Hash of each artifact of the steps that have a record."""
    known = [facts["artifacts"] for facts in steps if facts]
    return {path: content for artifacts in known for path, content in artifacts.items()}


def bring_to(moment: float, paths: Iterable[str | Path]) -> None:
    """Date files that come from the future as of `moment`, in seconds since the epoch.

    The workflow manager stops where an input is newer than what was made from it.
    """
    now = time.time()
    for path in map(Path, paths):
        with suppress(OSError):  # not there, or not ours to date: then the manager says so
            if path.stat().st_mtime > now:
                os.utime(path, (moment, moment))


def remove_left_over(version: str, before: Iterable[str], sides: Iterable[str]) -> None:
    """Take away what steps once made and no step makes now, as after an outcome was dropped.

    Parameters
    ----------
    version
        The version whose results are looked through; nothing outside them is touched.
    before
        Artifacts that the records named before the run.
    sides
        The side files of the steps that there are.
    """
    results, kept = Path("results", version), set(sides)
    odd = {path.as_posix() for path in (results / "provenance").rglob("*.json")} - kept
    for path in map(Path, (set(before) - set(recorded(kept))) | odd):
        if path.is_relative_to(results):
            path.unlink(missing_ok=True)
    for folder in sorted(results.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _without_record(side: str) -> Finding:
    """What is not true of a step whose side file does not stand as the step wrote it."""
    if Path(side).exists():
        return Finding(side, EDITED, side, "not as the step wrote it")
    return Finding(side, MISSING, side, "no record of the step")


def _findings_of(
    step: Step, facts: Mapping[str, Any], made: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """State, file and reason of all that is not true of one step."""
    for path in step.makes:
        content = disk_sha256(path)
        if content is None:
            yield MISSING, path, "was made, and is not there"
        elif content != facts["artifacts"].get(path):
            yield EDITED, path, "changed after it was made"
    code = facts["script"] | facts["library"]
    for path in _differing(code, {**step.script, **step.library}):
        yield STALE, path, "code has changed"
    for name in _differing(facts["params"], step.params):
        yield STALE, name, "set otherwise in the protocol, or worked out otherwise"
    for path, content in facts["inputs"].items():
        now = made.get(path) or disk_sha256(path)
        if now != content:
            yield STALE, path, "has changed" if now else "was read, and is not there"
    read = frozenset(facts["inputs"])
    others = step.outside - read if step.reads is None else step.reads ^ read
    yield from ((STALE, path, "read then or now, not both") for path in others)


def _differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Names whose values differ, or that only one of both has."""
    return sorted(n for n in first.keys() | second.keys() if first.get(n) != second.get(n))


def date_in_order(sides: Iterable[str], moment: float) -> None:
    """Date what true steps made, where it looks older than what it was made from.

    A clone or a copy dates files as it comes to them, and the workflow manager goes by the dates.

    Parameters
    ----------
    sides
        Side files of steps without a finding: their files are as the steps read and made them.
    moment
        When the comparison began that found none, in seconds since the epoch. What is written after
        it, by another run or a hand, stays newer than what is dated here.
    """
    steps = {side: facts for side in sides if (facts := read_facts(side))}
    if all(looks_current(side, facts) for side, facts in steps.items()):
        return
    for side, facts in steps.items():
        for path in (*facts["artifacts"], side):
            with suppress(OSError):  # gone meanwhile, or not ours to date: then it is made again
                if _made(path) < moment:
                    disk = provenance.disk_path(path)
                    os.utime(disk, (moment, moment), follow_symlinks=False)


def looks_current(side: str, facts: Mapping[str, Any]) -> bool:
    """Whether nothing that a step read looks newer than what it made, its side file among it.

    The workflow manager then has no reason in the time stamps to run it. It asks that outputs be
    newer than the script, and inputs not newer than the outputs; of a link among the inputs it
    takes the later of its own time and the file's, among the outputs its own.
    """
    try:
        made = min(map(_made, (*facts["artifacts"], side)))
        read = max(map(_read, facts["inputs"]), default=0.0)
        return read <= made and all(_read(path) < made for path in facts["script"])
    except OSError:  # not there any more
        return False


def _made(path: str) -> float:
    return os.lstat(provenance.disk_path(path)).st_mtime


def _read(path: str) -> float:
    return max(os.stat(provenance.disk_path(path)).st_mtime, _made(path))  # noqa: PTH116


class Untrue(ValueError):
    """Results are not what the files on disk give."""


def refuse_changed(sides: Iterable[str | Path]) -> None:
    """Stop unless all that steps read and made is on disk as they read and made it.

    A last look before results are recorded and packed: a file may change while a run goes on.

    Raises
    ------
    Untrue
        With every file that differs.
    """
    faults = set()
    for side in sides:
        facts = read_facts(side)
        if facts is None:
            faults.add(f"{side} is not as a step wrote it")
            continue
        name = " ".join([facts["rule"], *facts["wildcards"].values()])
        for part in ("script", "library", "inputs", "artifacts"):
            for path, content in facts[part].items():
                now = disk_sha256(path)
                how = "has changed" if now else "is not there"
                if now != content:
                    verb = "made" if part == "artifacts" else "read"
                    faults.add(f"{path} {how} since {name} {verb} it")
    if faults:
        shown = "\n  - ".join(sorted(faults)[:50])
        raise Untrue(f"run again, for these files are not as the results have them:\n  - {shown}")


def archive_stands(archive: Path, given: Mapping[str, str]) -> bool:
    """Whether an archive is as it was written, of the files that are on disk now.

    Parameters
    ----------
    archive
        Its path; the file with its checksum lies beside it.
    given
        Hash of each file that is packed and is no result, by its name in the archive.
    """
    beside = archive.with_name(f"{archive.name}.sha256")
    try:
        written = beside.read_text(encoding="utf-8").split()[:1]
        if written != [provenance.sha256(archive)]:
            return False
        with zipfile.ZipFile(archive) as book:
            lines = book.read(CHECKSUMS).decode("utf-8").splitlines()
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return False
    held = {name: content for content, _, name in (line.partition("  ") for line in lines)}
    results = {name: disk_sha256(name) for name in held if name.startswith("results/")}
    # what describes the others follows from them
    described = {name: held.get(name) for name in (DATA_PACKAGE, METADATA)}
    return held == {**given, **results, **described}


@cache
def disk_sha256(path: str) -> str | None:
    """Hash of the file that a record names; None if it is not there."""
    return provenance.sha256_if_there(provenance.disk_path(path))


def report(version: str, found: Iterable[Finding]) -> list[str]:
    """Lines on a version's state for the screen: `current`, or all that is not and why."""
    found = list(found)
    if not found:
        return [f"{version}: current"]
    lines = [f"{version}: not current; `snakemake` makes it so"]
    for state in (EDITED, MISSING, STALE):
        of_state = {(f.what, f.why) for f in found if f.state == state}
        lines += [f"  {state}: {what} ({why})" for what, why in sorted(of_state)]
    return lines

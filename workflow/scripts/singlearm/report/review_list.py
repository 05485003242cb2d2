"""The page of many reviews: search, state and headlines of each, from what each left on disk."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from singlearm.catalogue.language import mark
from singlearm.catalogue.tables import read_table
from singlearm.kinds import KINDS
from singlearm.report.findings import key_outcomes
from singlearm.report.render import environment
from singlearm.report.review import Review
from singlearm.sheets.protocol import complete
from singlearm.sheets.protocol_file import as_texts

State = dict[str, Any]

BUILT, FAULTY = mark("built"), mark("faulty")
#: Where a review's protocol lies; a folder without one is not a review.
PROTOCOL = "config/config.yaml"
#: Lines of a fault that the page shows; the review's own log has them all.
FAULT_LINES = 30
#: Signs that the workflow manager takes for wildcards and variables of a path.
PATTERN = frozenset("{}<>")
#: Longer names (bytes) leave no room for an ending: a file system allows 255.
LONG = 200
#: Faulty reviews that the end of a run names.
FAULT_NAMES = 10


def review_folders(reviews: Path) -> list[str]:
    """Names of the folders that hold a review, in order; one that cannot be read is among them.

    A link to a folder that is there itself is not a second review.
    """
    found = [
        folder
        for folder in sorted(reviews.iterdir(), key=lambda path: (path.is_symlink(), path.name))
        if not folder.name.startswith(".") and _may_be_review(folder)
    ]
    by_place: dict[Path, str] = {}
    for folder in found:
        by_place.setdefault(folder.resolve(), folder.name)
    return sorted(by_place.values())


def _may_be_review(folder: Path) -> bool:
    try:
        return (folder / PROTOCOL).is_file()
    except OSError:  # no permission to look: its run will say so
        return True


def key(name: str) -> str:
    """A folder's name, or its hash where that would be a pattern, unprintable or too long."""
    as_bytes = os.fsencode(name)
    plain = name.isprintable() and not PATTERN & set(name) and len(as_bytes) < LONG
    return name if plain else hashlib.sha256(as_bytes).hexdigest()[:16]


def _printable(name: str) -> str:
    """A name as text; signs of another encoding are replaced."""
    return os.fsencode(name).decode("utf-8", "replace")


def state_of(reviews: Path, name: str, fault: str) -> State:
    """What the page shows of a review.

    Parameters
    ----------
    reviews : path
        The folder of the review folders.
    name : str
        The review's folder in it.
    fault : str
        What its run said when it stopped; empty after a good run.

    Returns
    -------
    dict
        `name`, `title`, `state`, `fault`, and for each built version `version`, `report` (address
        from the page) and `findings`: label, estimate and counts of each key outcome.
    """
    folder = reviews / name
    said = _printable(name)
    state: State = {"name": said, "title": said, "state": FAULTY if fault else BUILT}
    state |= {"fault": fault, "versions": []}
    if fault:
        return state
    text = (folder / PROTOCOL).read_text(encoding="utf-8-sig")
    protocol = complete(as_texts(yaml.safe_load(text)), folder / "data/raw")
    protocol["primary"] = protocol["models"].pop("primary")
    state["title"] = protocol["review"]["title"]
    state["versions"] = [_version(folder, protocol, version) for version in protocol["build"]]
    return state


def _version(folder: Path, protocol: Mapping[str, Any], version: str) -> State:
    results = folder / "results" / version
    kinds = {KINDS[outcome["kind"]].table for outcome in protocol["outcomes"].values()}
    tables = {kind: read_table(results / f"{kind}.csv", kind) for kind in sorted(kinds)}
    review = Review(protocol, version, "", tables)
    findings = []
    for name in key_outcomes(review):
        row, kind = review.lead(name), review.kind_of(name)
        if row is not None:
            told = {"estimate": kind.printed(row), "counts": kind.counts(row)}
            findings.append({"label": review.outcome_label(name)} | told)
    report = f"{quote(os.fsencode(folder.name))}/results/{quote(version)}/report.html"
    return {"version": version, "report": report, "findings": findings}


def page(states: Iterable[State]) -> str:
    """The page as HTML, the faulty reviews first. Same states, same bytes."""
    ordered = sorted(states, key=lambda state: (state["state"] == BUILT, state["name"]))
    faulty = sum(state["state"] == FAULTY for state in ordered)
    return environment().get_template("reviews.html.j2").render(states=ordered, faulty=faulty)


def ending(states: Iterable[State]) -> list[str]:
    """What the end of a run says: how many were built, and the faults of the others."""
    states = list(states)
    faulty = [state for state in states if state["state"] == FAULTY]
    lines = [f"{len(states) - len(faulty)} of {len(states)} reviews built"]
    first = [(state["name"], state["fault"].splitlines()[0]) for state in faulty[:FAULT_NAMES]]
    lines += [f"  faulty: {name} ({fault})" for name, fault in first]
    if len(faulty) > FAULT_NAMES:
        lines.append(f"  and {len(faulty) - FAULT_NAMES} more")
    return lines


def fault_lines(output: str) -> str:
    """Of what a failed run printed, the fault itself."""
    lines = output.splitlines()
    marks = ("stopped:", "Error", "Exception", "faults:")
    start = next((i for i, line in enumerate(lines) if any(m in line for m in marks)), 0)
    end = next((i for i in range(start + 1, len(lines)) if "RuleException" in lines[i]), None)
    found = [line.rstrip() for line in lines[start:end] if line.strip()]
    return "\n".join(found[:FAULT_LINES]) or "the run stopped without a word"

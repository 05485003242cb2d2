"""What each artifact was made from: declared facts of a step, gathered into one record a version.

No clock, host, user or absolute path is in it, so equal inputs in an equal environment give equal
bytes. The processor's features are in it, because the last bit of a number can depend on them.
"""

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from singlearm.catalogue import TABLES
from singlearm.catalogue.json_files import json_text, read_json

STEP_SCHEMA = "provenance-step/1"
RECORD_SCHEMA = "provenance/1"
#: Where the workflow lives; its files are named from there, whatever folder a run works in. Links
#: are not followed, as the workflow manager does not: a path through a link would not be inside.
HOUSE = Path(os.path.abspath(__file__)).parents[4]  # noqa: PTH100
#: The workflow's folders whose files a step may read; all else is the review's.
OF_HOUSE = ("workflow/", "envs/")
#: The direct dependencies: name to import to name on the package index.
PACKAGES = {
    "docx": "python-docx",
    "jinja2": "jinja2",
    "jsonschema": "jsonschema",
    "matplotlib": "matplotlib",
    "numpy": "numpy",
    "openpyxl": "openpyxl",
    "pandas": "pandas",
    "python_calamine": "python-calamine",
    "rocrate": "rocrate",
    "scipy": "scipy",
    "snakemake": "snakemake",
    "xlsxwriter": "xlsxwriter",
    "yaml": "pyyaml",
}
PYTHON = "{}.{}.{}".format(*sys.version_info)


class MixedStates(ValueError):
    """The artifacts of a version were not made from one state of sheets, code and protocol, or not
    by one Python with one set of packages.
    """


def sha256(path: str | Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_if_there(path: str | Path) -> str | None:
    """SHA-256 of a file's content; None if it cannot be read."""
    try:
        return sha256(path)
    except OSError:
        return None


def changed(hashes: Mapping[str, str]) -> list[str]:
    """The files that are not any more as their hashes say, or not there."""
    return [path for path, known in hashes.items() if sha256_if_there(path) != known]


def step_facts(
    snakemake: Any, script: str | Path, made: Mapping[str, Path], read: Mapping[str, str]
) -> dict[str, Any]:
    """The facts of one job: what it read, with which code and values, and what it made.

    Args:
        snakemake: The job's object (rule, wildcards, input, params).
        script: Path of the rule's script.
        made: Path of each artifact as declared, to the file that holds its content now.
        read: Path of each input to the hash of what was read.
    """
    params = dict(snakemake.params.items())
    library = params.pop("code", {})
    facts = {
        "schema": STEP_SCHEMA,
        # as its script: a module that imports the workflow may call the rule otherwise
        "rule": Path(script).stem,
        "wildcards": dict(snakemake.wildcards.items()),
        "script": {house_path(script): sha256(script)},
        "inputs": {house_path(path): known for path, known in read.items()},
        "library": library,
        "params": params,
        "packages": loaded_packages(),
        "python": PYTHON,
        "cpu_features": cpu_features(),
        "artifacts": {house_path(path): sha256(file) for path, file in made.items()},
    }
    return facts | {"facts_sha256": facts_sha256(json_text(facts | {"facts_sha256": ""}))}


def facts_sha256(text: str) -> str:
    """Hash of a side file's text in which the hash itself is empty."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def whole(text: str, facts: Mapping[str, Any]) -> bool:
    """Whether a side file is as its step wrote it."""
    known = facts.get("facts_sha256")
    return isinstance(known, str) and facts_sha256(text.replace(known, "", 1)) == known


def house_path(path: str | Path) -> str:
    """A path as seen from the workflow's folder or from where the run works, the nearer one."""
    # as texts, here and below: each plan asks for some thousand paths
    return _house_path(os.fspath(path), os.getcwd())  # noqa: PTH109


@cache
def _house_path(path: str, here: str) -> str:
    absolute = os.path.abspath(path)  # noqa: PTH100 - `resolve` would follow links
    for root in sorted((os.fspath(HOUSE), here), key=len, reverse=True):
        inside = absolute.removeprefix(f"{root.rstrip(os.sep)}{os.sep}")
        if inside != absolute:
            return Path(inside).as_posix()
    return Path(path).as_posix()


def disk_path(path: str) -> str:
    """The file that a path of `house_path` names."""
    return f"{HOUSE}{os.sep}{path}" if path.startswith(OF_HOUSE) else path


def loaded_packages() -> dict[str, str | None]:
    """Versions of the direct dependencies that this process has imported."""
    return {
        name: getattr(sys.modules[module], "__version__", None) or _installed(name)
        for module, name in PACKAGES.items()
        if module in sys.modules and module not in ("snakemake", "jsonschema")
    }


def cpu_features() -> list[str] | None:
    """What numpy found the processor to have; None for a step that did not compute with numpy."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    found = numpy.show_config(mode="dicts")["SIMD Extensions"]
    return [*found["baseline"], *found.get("found", [])]


def record(version: str, sidecars: list[str | Path], lock: str | Path) -> dict[str, Any]:
    """The record of a version from the facts of its steps.

    Each artifact carries all that made it; the library files, many and the same for most, are
    listed once under `libraries` and named by a hash of the list.

    Raises:
        MixedStates: if a file was read with one content and made or read with another, or a step
            ran by another Python or package than the one that the record would name for all.
    """
    import numpy  # noqa: F401  (its view of the processor is in the record)

    steps = [read_json(path) for path in sidecars]
    _check_one_state(steps)
    libraries, artifacts = {}, {}
    for step in steps:
        library = step.pop("library")
        library_hash = hashlib.sha256(json.dumps(library, sort_keys=True).encode()).hexdigest()
        libraries[library_hash] = library
        made = step.pop("artifacts")
        (script, script_hash), *_ = step.pop("script").items()
        facts = {k: value for k, value in step.items() if k not in ("schema", "facts_sha256")}
        for path, content in made.items():
            artifacts[path] = {
                **facts,
                "sha256": content,
                "schema": schema_of(path),
                "script": script,
                "script_sha256": script_hash,
                "library_sha256": library_hash,
            }
    return {
        "schema": RECORD_SCHEMA,
        "version": version,
        "environment": {
            "python": PYTHON,
            "packages": {name: _installed(name) for name in PACKAGES.values()},
            "cpu_features": cpu_features(),
            "lock_sha256": sha256(lock),
        },
        "libraries": libraries,
        "artifacts": artifacts,
    }


def schema_of(path: str | Path) -> str | None:
    """The schema tag of a table, by its name or else by its columns; None for other files."""
    path = Path(path)
    if path.suffix != ".csv" or path.parent.name == "tables":
        return None
    kind = "cells" if path.parent.name == "by_outcome" else path.stem
    if kind in TABLES and path.is_file():
        header = path.read_text(encoding="utf-8").partition("\n")[0].split(",")
        return TABLES[kind].schema if set(TABLES[kind].names) <= set(header) else None
    return None


def _check_one_state(steps: list[dict[str, Any]]) -> None:
    """Every file must have had one content for all steps, also between its making and its use."""
    seen: dict[str, tuple[str, str]] = {}
    faults = set()
    for step in steps:
        name = " ".join([step["rule"], *step["wildcards"].values()])
        for part in ("artifacts", "inputs", "script", "library"):
            for path, content in step[part].items():
                first, by = seen.setdefault(path, (content, name))
                if first != content:
                    faults.add(f"{path}: {name} and {by} had different contents")
        for what, then, now in other_versions(step):
            faults.add(f"{name}: made with {what} {then}, and here is {now or 'none'}")
    if faults:
        raise MixedStates(
            "the artifacts were not all made from the same files by the same packages; run again "
            "with `--forcerun` and the rules named here:\n  " + "\n  ".join(sorted(faults))
        )


def other_versions(facts: Mapping[str, Any]) -> list[tuple[str, str | None, str | None]]:
    """Python and packages that made a step's artifacts in other versions than are here: name,
    version then, version now.
    """
    differ: list[tuple[str, str | None, str | None]] = []
    if facts["python"] != PYTHON:
        differ.append(("Python", facts["python"], PYTHON))
    for name, then in facts["packages"].items():
        if then != _installed(name) and then != _of_module(name):
            differ.append((name, then, _installed(name)))
    return differ


@cache
def _of_module(name: str) -> str | None:
    """The version that a package gives itself, as steps record it; importing it takes its time, so
    that it is asked only where the installed one differs.
    """
    module = next((module for module, known in PACKAGES.items() if known == name), "")
    try:
        return getattr(import_module(module), "__version__", None) if module else None
    except ImportError:
        return None


@cache
def _installed(name: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None

"""Two trees of results held against each other: byte for byte, and by values where bytes differ."""

import hashlib
import io
import json
import math
import re
import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

#: How far numbers may be apart where the processor differs (relative; absolute near zero).
RELATIVE, ABSOLUTE = 1e-9, 1e-12
#: Coordinates of drawings are printed with six decimals, so rounding can differ by one of the last.
DRAWN = 2e-6
#: Formats whose content cannot be held against another number by number; the SVG stands for them.
OPAQUE = {".pdf", ".png"}
PACKED = {".xlsx", ".docx"}
#: Keys of a record that tell where it was made; the hashes that follow from it, too.
ENVIRONMENT = {"environment", "packages", "python", "cpu_features", "facts_sha256"}
_NUMBER = re.compile(r"(?<![\w.#])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
#: Names inside drawings that are made from a hash of coordinates.
_NAMES = re.compile(r'(?:\bid="[^"]*"|href="#[^"]*"|url\(#[^)]*\))')


def verdict(
    expected: Mapping[str, bytes], found: Mapping[str, bytes], record: str
) -> tuple[str, list[str]]:
    """How two trees agree, and what does not.

    Files whose bytes differ are held against each other by their values: another Python, package,
    processor or library of mathematics moves the last digits and is named on the page.

    Parameters
    ----------
    expected, found
        Path of each file to its content: as it lies here or in an archive, and as computed again.
    record
        The member of each tree that is its provenance record.

    Returns
    -------
    tuple
        Words on how they agree, with the files that differ in bytes and why they may; and a fault
        for each file that differs in more than that.
    """
    environments = [json.loads(tree[record])["environment"] for tree in (expected, found)]
    faults = _lists(expected, found)
    other = [
        name for name in sorted(expected.keys() & found.keys()) if expected[name] != found[name]
    ]
    if not other and not faults:
        return "byte for byte", []
    reasons = other_environment(*environments)
    faults += value_faults(
        {name: expected[name] for name in other},
        {name: found[name] for name in other},
        *map(_versions, environments),
    )
    if faults:
        return "", faults + [f"note: {reason}" for reason in reasons]
    why = "; ".join(reasons) or "the library of mathematics or its use of the processor differs"
    opaque = sum(PurePosixPath(name).suffix in OPAQUE for name in other)
    beside = f" ({opaque} of them PDF or PNG, which their SVG stands for)" if opaque else ""
    sides = [name for name in other if _of_provenance(name) and name != record]
    shown = ", ".join(name for name in other if name not in sides)
    of_steps = f" and {len(sides)} side files of steps" if sides else ""
    return (
        f"numbers within 1e-9 and the same words; {len(other)} files differ in bytes{beside}: "
        f"{shown}{of_steps}; {why}",
        [],
    )


def other_environment(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """What may make bytes differ: versions and processor features other than the record's."""
    versions = [_versions(environment) for environment in (there, here)]
    told = [
        f"{name} is {versions[1].get(name)} here, {version} in the record"
        for name, version in sorted(versions[0].items())
        if version != versions[1].get(name)
    ]
    if there["cpu_features"] != here["cpu_features"]:
        told.append("the processor features are not those of the record")
    return told


def value_faults(
    expected: Mapping[str, bytes],
    found: Mapping[str, bytes],
    versions: Mapping[str, str] | None = None,
    other_versions: Mapping[str, str] | None = None,
) -> list[str]:
    """Files of one tree alone, and those that differ in a word or in more than the last digits.

    PDF and PNG are not looked into. Of a record or side file of provenance all counts but the
    environment and the hashes of other results.
    """
    faults = _lists(expected, found)
    for name in sorted(expected.keys() & found.keys()):
        kind, contents = PurePosixPath(name).suffix, (expected[name], found[name])
        if kind in OPAQUE:
            continue
        if kind in PACKED:
            first, second = map(_unpacked, contents)
            inside = value_faults(first, second, versions, other_versions)
            faults += [f"{name}, {fault}" for fault in inside]
            continue
        if _of_provenance(name):
            same = _declared(contents[0]) == _declared(contents[1])
        else:
            same = same_values(
                without_versions(expected[name], versions),
                without_versions(found[name], other_versions),
                drawn=kind in {".svg", ".html"},
            )
        if not same:
            faults.append(f"{name}: other values")
    return faults


def without_versions(content: bytes, versions: Mapping[str, str] | None) -> bytes:
    """A text in which the version beside a package's name is left out."""
    for name, version in (versions or {}).items():
        words = re.escape(name).replace("_", "[-_]").encode()
        beside = rb"(?i)(\b" + words + rb"[\s:=]*)" + re.escape(version).encode() + rb"(?![\w.]*\d)"
        content = re.sub(beside, rb"\1", content)
    return content


def record_faults(tree: Mapping[str, bytes], record: str) -> list[str]:
    """Artifacts that do not have the hash that their own record gives them."""
    return [
        f"{path}: is not the file of its record"
        for path, facts in json.loads(tree[record])["artifacts"].items()
        if path in tree and hashlib.sha256(tree[path]).hexdigest() != facts["sha256"]
    ]


def same_values(first: bytes, second: bytes, drawn: bool = False) -> bool:
    """Whether two texts have the same words and numbers that agree within the tolerance."""
    if first == second:
        return True
    texts = [content.decode("utf-8", "replace") for content in (first, second)]
    if drawn:
        texts = [_NAMES.sub("", text) for text in texts]
    words = [_NUMBER.split(text) for text in texts]
    numbers = [_NUMBER.findall(text) for text in texts]
    near = DRAWN if drawn else ABSOLUTE
    return words[0] == words[1] and all(
        math.isclose(float(a), float(b), rel_tol=RELATIVE, abs_tol=near)
        for a, b in zip(*numbers, strict=True)
    )


def _lists(expected: Mapping[str, bytes], found: Mapping[str, bytes]) -> list[str]:
    """Files of one tree alone: `expected` are those that lie here, `found` the computed ones."""
    return [
        f"{name}: is here, but the computation does not make it"
        for name in sorted(expected.keys() - found.keys())
    ] + [
        f"{name}: is made by the computation, but is not here"
        for name in sorted(found.keys() - expected.keys())
    ]


def _versions(environment: Mapping[str, Any]) -> dict[str, str]:
    """Versions by name, Python among them."""
    python = {"Python": environment["python"]} if "python" in environment else {}
    return python | {name: v for name, v in environment["packages"].items() if v}


def _of_provenance(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix == ".json" and "provenance" in {*path.parts, path.stem}


def _declared(content: bytes) -> object:
    """What a file of provenance says, but for the environment and the hashes of results."""

    def kept(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {
                name: kept(inner, name) for name, inner in value.items() if name not in ENVIRONMENT
            }
        return "" if key.startswith("results/") or key == "sha256" else value

    return kept(json.loads(content))


def _unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return {name: book.read(name) for name in book.namelist()}

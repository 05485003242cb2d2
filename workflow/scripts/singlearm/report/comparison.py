"""Two trees of results held against each other: byte for byte, or to the last digits but some."""

import io
import json
import math
import re
import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath

#: How far numbers may be apart where the processor differs (relative; absolute near zero).
RELATIVE, ABSOLUTE = 1e-9, 1e-12
#: Coordinates of drawings are printed with six decimals, so rounding can differ by one of the last.
DRAWN = 2e-6
#: Formats whose content cannot be held against another number by number; the SVG stands for them.
OPAQUE = {".pdf", ".png"}
PACKED = {".xlsx", ".docx"}
_NUMBER = re.compile(r"(?<![\w.#])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
#: Names inside drawings that are made from a hash of coordinates.
_NAMES = re.compile(r'(?:\bid="[^"]*"|href="#[^"]*"|url\(#[^)]*\))')


def verdict(expected: Mapping[str, bytes], found: Mapping[str, bytes], record: str):
    """How two trees were held against each other, and what differs.

    Bytes where both records (the member `record` of each tree) name the same processor features,
    else values. Where something differs, differing versions of packages are told as well.
    """
    environments = [json.loads(tree[record])["environment"] for tree in (expected, found)]
    if environments[0]["cpu_features"] == environments[1]["cpu_features"]:
        how = "byte for byte (the processor features are those of the record)"
        faults = byte_faults(expected, found)
    else:
        opaque = sum(PurePosixPath(path).suffix in OPAQUE for path in expected)
        how = (
            "numbers within 1e-9 and equal figure marks (the processor features are not those of "
            f"the record; {opaque} PDF and PNG files stand beside their SVG and were not compared)"
        )
        faults = value_faults(expected, found)
    if faults:
        there, here = (environment["packages"] for environment in environments)
        faults += [
            f"note: {name} is {here.get(name)} here, {there[name]} in the record"
            for name in sorted(there)
            if there[name] != here.get(name)
        ]
    return how, faults


def byte_faults(expected: Mapping[str, bytes], found: Mapping[str, bytes]) -> list[str]:
    """Files that are missing, too many, or have other bytes."""
    faults = _lists(expected, found)
    both = sorted(expected.keys() & found.keys())
    return faults + [f"{name}: other bytes" for name in both if expected[name] != found[name]]


def value_faults(expected: Mapping[str, bytes], found: Mapping[str, bytes]) -> list[str]:
    """Files that are missing, too many, or differ in a word or in more than the last digits.

    PDF and PNG are not looked into, the records of provenance hold hashes and are left out.
    """
    faults = _lists(expected, found)
    for name in sorted(expected.keys() & found.keys()):
        kind = PurePosixPath(name).suffix
        if kind in OPAQUE or "provenance" in PurePosixPath(name).parts or _is_record(name):
            continue
        if kind in PACKED:
            parts = [_unpacked(content[name]) for content in (expected, found)]
            faults += [f"{name}, {fault}" for fault in value_faults(*parts)]
        elif not same_values(expected[name], found[name], drawn=kind in {".svg", ".html"}):
            faults.append(f"{name}: other values")
    return faults


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


def _lists(expected, found) -> list[str]:
    missing = [f"{name}: is missing" for name in sorted(expected.keys() - found.keys())]
    return missing + [f"{name}: is not expected" for name in sorted(found.keys() - expected.keys())]


def _is_record(name: str) -> bool:
    return PurePosixPath(name).name == "provenance.json"


def _unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return {name: book.read(name) for name in book.namelist()}

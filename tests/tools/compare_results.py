"""Compare two results folders, table by table and cell by cell; numbers at 1e-12.

    python tests/tools/compare_results.py OLD/results NEW/results

Prints a line for each kind of difference with its count and first places, and exits with 1 where
there is any. Files that only one side has are listed first.
"""

import csv
import sys
from collections import defaultdict
from pathlib import Path

#: Relative (and absolute) distance up to which two numbers are the same.
SAME = 1e-12


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def same(one: str, other: str) -> bool:
    """Whether two cells hold the same text, or numbers that are equal but for the last digits."""
    if one == other:
        return True
    try:
        a, b = float(one), float(other)
    except ValueError:
        return False
    return abs(a - b) <= SAME * max(1.0, abs(a), abs(b))


def differences(old: Path, new: Path):
    """(table and column, place, old cell, new cell) of every difference of two CSV files."""
    before, after = rows_of(old), rows_of(new)
    if len(before) != len(after):
        yield f"{old.name}: rows", "", str(len(before)), str(len(after))
        return
    for number, (one, other) in enumerate(zip(before, after, strict=True), start=2):
        for column in one.keys() | other.keys():
            if column not in one or column not in other:
                side = "old" if column in one else "new"
                yield f"{old.name}: column {column} only in the {side}", "", "", ""
            elif not same(one[column], other[column]):
                yield f"{old.name}: {column}", f"row {number}", one[column], other[column]


def main(old: Path, new: Path) -> int:
    paths = [{p.relative_to(root) for p in root.rglob("*.csv")} for root in (old, new)]
    for side, only in (("old", paths[0] - paths[1]), ("new", paths[1] - paths[0])):
        for path in sorted(only):
            print(f"only in the {side}: {path}")
    found = defaultdict(list)
    for path in sorted(paths[0] & paths[1]):
        for what, place, one, other in differences(old / path, new / path):
            found[what].append(f"{path} {place}: {one!r} -> {other!r}")
    for what, places in sorted(found.items()):
        print(f"{len(places):6}  {what}")
        for place in places[:3]:
            print(f"          {place}")
    tables = len(paths[0] & paths[1])
    print(f"{tables} tables compared, {sum(map(len, found.values()))} differences")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))

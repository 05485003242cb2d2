"""The data of the cases under tests/cases."""

import csv
from pathlib import Path

CASES = Path(__file__).parents[1] / "cases"


def column(case, *names, of=float):
    """Columns of a case's data, as lists."""
    with (CASES / case / "data.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [[of(row[name]) for row in rows] for name in names]


def counts(case):
    """Events and totals of a case."""
    return column(case, "events", "total", of=int)

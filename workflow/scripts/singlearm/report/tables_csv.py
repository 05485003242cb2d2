"""Publication tables as CSV: full precision, UTF-8, LF, texts that no spreadsheet evaluates."""

import csv
from pathlib import Path

from singlearm.catalogue.tables import format_cell
from singlearm.report.table import Table

#: A spreadsheet takes a cell that starts so for a formula (OWASP, "CSV injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(path: Path, table: Table) -> None:
    """Write the typed columns under their keys."""
    keys = [column.name for column in table.columns]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(keys)
        writer.writerows([_cell(row.get(key)) for key in keys] for row in table.rows)


def _cell(value: object) -> str:
    text = format_cell(value)
    if isinstance(value, str) and text.lstrip(" ").startswith(_FORMULA_STARTS):
        return f"'{text}"
    return text

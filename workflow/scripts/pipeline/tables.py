"""Read and write the CSV artifacts, as `workflow/schemas/artifacts.json` describes them.

The file is the one source for each table's columns, their types and the sort order. Values in
memory are typed (int, float, bool, str) and `None` where the file has an empty cell.
"""

import csv
import io
import json
import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas" / "artifacts.json"

Row = dict[str, object]


class TableError(ValueError):
    """A table does not have the columns or the types that its kind promises."""


@cache
def schema(kind: str) -> dict:
    """Columns (name to type) and sort order of an artifact kind."""
    kinds = json.loads(SCHEMAS.read_text(encoding="utf-8"))
    if kind not in kinds:
        raise TableError(f"no artifact kind '{kind}'; there are: {', '.join(sorted(kinds))}")
    return kinds[kind]


def columns(kind: str) -> list[str]:
    """Column names of an artifact kind, in file order."""
    return list(schema(kind)["columns"])


def read_table(path: str | Path, kind: str) -> list[Row]:
    """Rows of a CSV artifact, each value as the type its kind says, `None` for an empty cell.

    A kind with `open: true` may have further columns; they are read as text.
    """
    types = schema(kind)["columns"]
    with Path(path).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in types if name not in (reader.fieldnames or [])]
        if missing:
            raise TableError(f"{path}: not a '{kind}' table, lacks {', '.join(missing)}")
        return [
            {name: _parse(text, types.get(name, "string")) for name, text in row.items()}
            for row in reader
        ]


def write_table(path: str | Path, kind: str, rows: Iterable[Row]) -> None:
    """Write the rows of an artifact, as `table_text` puts them."""
    Path(path).write_text(table_text(kind, rows), encoding="utf-8", newline="")


def table_text(kind: str, rows: Iterable[Row]) -> str:
    """Rows as CSV text with LF, sorted, floats at full precision, empty for missing.

    Columns come from the kind; a kind with `open: true` may have further ones, and then the first
    row's keys give the order.
    """
    described = schema(kind)
    rows = list(rows)
    names = list(described["columns"])
    if described.get("open") and rows and set(names) <= set(rows[0]):
        names = list(rows[0])
    for row in rows:
        if set(row) != set(names):
            odd = sorted(set(row).symmetric_difference(names))
            raise TableError(f"a row of kind '{kind}' differs in {', '.join(odd)}")
    order = described["sort"]
    rows.sort(key=lambda row: [_sort_key(row[name]) for name in order])
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([format_cell(row[name]) for name in names] for row in rows)
    return text.getvalue()


def row_of(record: object, kind: str, **known: object) -> Row:
    """A row of a kind: the `known` values, and for the other columns the record's fields."""
    return known | {name: getattr(record, name) for name in columns(kind) if name not in known}


def format_cell(value: object) -> str:
    """Text of one cell: `%.17g` for floats, true/false, empty for `None` and NaN."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if hasattr(value, "item"):  # a numpy scalar
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return "" if math.isnan(value) else f"{value:.17g}"


def write_json(path: str | Path, content: object) -> None:
    """Write JSON with sorted keys, LF and no NaN (a NaN raises ValueError)."""
    Path(path).write_text(json_text(content), encoding="utf-8", newline="\n")


def json_text(content: object) -> str:
    """Content as JSON text with sorted keys and LF (a NaN raises ValueError)."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text + "\n"


def read_json(path: str | Path) -> object:
    """The content of a JSON artifact."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def _parse(text: str, kind: str) -> object:
    if text == "":
        return None
    if kind == "integer":
        return int(text)
    if kind == "number":
        return float(text)
    if kind == "boolean":
        return {"true": True, "false": False}[text]
    return text


def _sort_key(value: object) -> tuple:
    """Missing first, then numbers by size, then text by code point."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, str):
        return (2, 0.0, value)
    return (1, float(value), "")

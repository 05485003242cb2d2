"""Read and write the CSV artifacts as rows of plain values, the way the catalogue declares them.

`frame` makes a pandas frame of rows, in which every column has the nullable type of its declaration
(`string`, `Int64`, `Float64`, `boolean`), and `records` makes rows of it again: for people who read
artifacts in a notebook. No job calls them, since to load pandas takes half a second.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import TABLES
from .declare import Row, Table, Type
from .json_files import json_text, read_json, write_json

__all__ = [
    "DTYPES",
    "TableError",
    "columns",
    "declared",
    "format_cell",
    "frame",
    "json_text",
    "read_json",
    "read_table",
    "records",
    "row_of",
    "table_text",
    "write_json",
    "write_table",
]

if TYPE_CHECKING:
    import pandas as pd

#: Type of a declared column to the pandas type of its frame.
DTYPES: dict[str, Any] = {
    "string": "string",
    "integer": "Int64",
    "number": "Float64",
    "boolean": "boolean",
}
#: Types of the columns of the clean tables, those of the review's own codebook among them.
COLUMNS_FILE = "columns.json"
_BOOLEANS = {"true": True, "false": False}
_PARSERS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": _BOOLEANS.get,
}


class TableError(ValueError):
    """A table does not have the columns or the types that its kind promises."""


def declared(kind: str) -> Table:
    """The declaration of a kind of table."""
    if kind not in TABLES:
        raise TableError(f"no artifact kind '{kind}'; there are: {', '.join(sorted(TABLES))}")
    return TABLES[kind]


def columns(kind: str) -> list[str]:
    """Column names of a kind of table, in file order."""
    return declared(kind).names


def _types_beside(path: Path) -> Mapping[str, Type]:
    """The types of the review's own columns, from the folder of the clean tables."""
    for folder in (path.parent, path.parent.parent):
        if (folder / COLUMNS_FILE).is_file():
            types: dict[str, Type] = read_json(folder / COLUMNS_FILE)
            return types
    return {}


def frame(kind: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows of plain values as a frame of their kind; further columns of an open kind are text.

    Raises
    ------
    TableError
        If a row has other columns than its kind declares; the first row of an open kind gives the
        further ones.
    """
    import pandas as pd

    names, plain = _checked(kind, rows)
    types = {name: DTYPES[declared(kind).types.get(name, "string")] for name in names}
    return pd.DataFrame(
        {name: pd.array([row[name] for row in plain], dtype=types[name]) for name in names}
    )


def records(table: pd.DataFrame) -> list[Row]:
    """The rows of a frame as plain Python values, `None` for what is missing."""
    lists = {str(name): [None if _is_na(v) else v for v in table[name].tolist()] for name in table}
    return [dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]


def read_table(path: str | Path, kind: str) -> list[Row]:
    """The rows of a CSV artifact as plain values.

    Further columns of an open kind have the types that the cleaning wrote into `columns.json`
    beside the clean tables; one that it does not name is text.
    """
    table = declared(kind)
    with Path(path).open(encoding="utf-8", newline="") as file:
        lines = [line for line in csv.reader(file) if line]
    names = lines.pop(0) if lines else []
    if not names:
        raise TableError(f"{path} is empty: what made it stopped before it was written")
    if missing := [name for name in table.names if name not in names]:
        raise TableError(f"{path}: not a '{kind}' table, lacks {', '.join(missing)}")
    types = {**(_types_beside(Path(path)) if table.open else {}), **table.types}
    parsers = [_PARSERS[types.get(name, "string")] for name in names]
    return [
        {
            name: parse(text) if text else None
            for name, parse, text in zip(names, parsers, line, strict=True)
        }
        for line in lines
    ]


def write_table(path: str | Path, kind: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows of plain values as a CSV artifact."""
    Path(path).write_text(table_text(kind, rows), encoding="utf-8", newline="")


def table_text(kind: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows of plain values as CSV text."""
    names, plain = _checked(kind, rows)
    order = declared(kind).sort
    plain.sort(key=lambda row: [_sort_key(row[name]) for name in order])
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([format_cell(row[name]) for name in names] for row in plain)
    return text.getvalue()


def row_of(record: object, kind: str, **known: Any) -> Row:
    """A row of a kind: the `known` values, and for the other columns the record's fields."""
    return known | {name: getattr(record, name) for name in columns(kind) if name not in known}


def format_cell(value: Any) -> str:
    """Text of one cell: `%.17g` for floats, true/false, empty for `None`, `<NA>` and NaN."""
    if isinstance(value, float):
        return "" if value != value else f"{value:.17g}"
    if isinstance(value, str):
        return value
    value = _plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.17g}"
    return "" if value is None else str(value)


def _checked(kind: str, rows: Iterable[Mapping[str, Any]]) -> tuple[list[str], list[Row]]:
    """Columns of a table, and its rows with each value as the type its column declares."""
    table, rows = declared(kind), list(rows)
    names = table.names
    if table.open and rows and set(names) <= set(rows[0]):
        names = list(rows[0])
    types = table.types
    plain = []
    for row in rows:
        if set(row) != set(names):
            odd = sorted(set(row).symmetric_difference(names))
            raise TableError(f"a row of kind '{kind}' differs in {', '.join(odd)}")
        plain.append({name: _as_type(row[name], types.get(name, "string")) for name in names})
    return names, plain


def _as_type(value: Any, kind: str) -> Any:
    """A cell as its column's type; a number in a column of text is its text."""
    # first what nearly all cells are: a table of specifications has a million of them
    if isinstance(value, float) and kind == "number":
        return None if value != value else float(value)
    if value is None or (kind == "string" and type(value) is str):
        return value
    value = _plain(value)
    if value is None:
        return None
    if kind == "string":
        return format_cell(value)
    if kind == "boolean":
        if not isinstance(value, bool):
            raise TableError(f"{value!r} is neither true nor false")
        return value
    if isinstance(value, str) or (kind == "integer" and value != int(value)):
        raise TableError(f"{value!r} is no {kind}")
    return int(value) if kind == "integer" else float(value)


def _is_na(value: Any) -> bool:
    """Whether a value is the missing one of pandas (told without loading it)."""
    return type(value).__name__ == "NAType"


def _plain(value: Any) -> Any:
    """A cell as a Python value: missing for None, `<NA>` and NaN, a scalar for a numpy one."""
    if hasattr(value, "item"):
        value = value.item()
    missing = _is_na(value) or (isinstance(value, float) and math.isnan(value))
    return None if missing else value


def _sort_key(value: Any) -> tuple[int, float, str]:
    """Missing first, then numbers by size, then text by code point."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, str):
        return (2, 0.0, value)
    return (1, float(value), "")

"""Read and write the CSV artifacts as pandas frames, the way the catalogue declares them.

In a frame every column has the nullable type of its declaration (`string`, `Int64`, `Float64`,
`boolean`) and `<NA>` where the file has an empty cell. `records` gives the same as plain Python
values, for code that goes row by row.
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from . import TABLES
from .declare import Row, Table, Type

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


def read_frame(
    path: str | Path, kind: str, types: Mapping[str, Type] | None = None
) -> pd.DataFrame:
    """A CSV artifact, each column as the type its kind says, `<NA>` for an empty cell.

    Parameters
    ----------
    types : mapping, optional
        Types of the further columns of an open kind. Left out: those that the cleaning wrote into
        `columns.json` beside the clean tables; a column that neither names is text.
    """
    texts = pd.read_csv(path, dtype="string", keep_default_na=False, encoding="utf-8")
    table = declared(kind)
    missing = [name for name in table.names if name not in texts.columns]
    if missing:
        raise TableError(f"{path}: not a '{kind}' table, lacks {', '.join(missing)}")
    if types is None:
        types = _types_beside(Path(path)) if table.open else {}
    types = {**types, **table.types}
    return pd.DataFrame(
        {name: _typed(texts[name], types.get(name, "string")) for name in texts.columns}
    )


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
    table, rows = declared(kind), list(rows)
    names = table.names
    if table.open and rows and set(names) <= set(rows[0]):
        names = list(rows[0])
    for row in rows:
        if set(row) != set(names):
            odd = sorted(set(row).symmetric_difference(names))
            raise TableError(f"a row of kind '{kind}' differs in {', '.join(odd)}")
    types = table.types
    return pd.DataFrame(
        {name: _column([row[name] for row in rows], types.get(name, "string")) for name in names}
    )


def records(table: pd.DataFrame) -> list[Row]:
    """The rows of a frame as plain Python values, `None` for what is missing."""
    lists = {str(name): [None if v is pd.NA else v for v in table[name].tolist()] for name in table}
    return [dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]


def frame_text(kind: str, table: pd.DataFrame) -> str:
    """A frame as CSV text: LF, sorted, floats at full precision (`%.17g`), empty for missing."""
    return _csv_text(list(table.columns), _sorted(records(table), kind))


def write_frame(path: str | Path, kind: str, table: pd.DataFrame) -> None:
    """Write a frame as a CSV artifact, as `frame_text` puts it."""
    Path(path).write_text(frame_text(kind, table), encoding="utf-8", newline="")


def read_table(path: str | Path, kind: str, types: Mapping[str, Type] | None = None) -> list[Row]:
    """The rows of a CSV artifact as plain values."""
    return records(read_frame(path, kind, types))


def write_table(path: str | Path, kind: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows of plain values as a CSV artifact."""
    write_frame(path, kind, frame(kind, rows))


def table_text(kind: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows of plain values as CSV text."""
    return frame_text(kind, frame(kind, rows))


def row_of(record: object, kind: str, **known: Any) -> Row:
    """A row of a kind: the `known` values, and for the other columns the record's fields."""
    return known | {name: getattr(record, name) for name in columns(kind) if name not in known}


def format_cell(value: Any) -> str:
    """Text of one cell: `%.17g` for floats, true/false, empty for `None`, `<NA>` and NaN."""
    if value is None or value is pd.NA:
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


def read_json(path: str | Path) -> Any:
    """The content of a JSON artifact."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def _column(values: list[Any], kind: str) -> Any:
    """Plain values as an array of their type; a number in a column of text is its text."""
    values = [_plain(value) for value in values]
    if kind == "string":
        values = [None if value is None else format_cell(value) for value in values]
    return pd.array(values, dtype=DTYPES[kind])


def _plain(value: Any) -> Any:
    """A cell for a typed array: missing for None and NaN, a Python scalar for a numpy one."""
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and math.isnan(value) else value


def _typed(texts: pd.Series, kind: str) -> pd.Series:
    """A column of text as its type."""
    values = texts.mask(texts == "")
    if kind == "string":
        return values
    if kind == "boolean":
        return values.map(_BOOLEANS).astype("boolean")
    # Python's own float: the digits that `%.17g` wrote come back to the last bit.
    parse = int if kind == "integer" else float
    parsed = [None if text is pd.NA else parse(text) for text in values]
    return pd.Series(pd.array(parsed, dtype=DTYPES[kind]), index=texts.index)


def _sorted(rows: list[Row], kind: str) -> list[Row]:
    order = declared(kind).sort
    return sorted(rows, key=lambda row: [_sort_key(row[name]) for name in order])


def _sort_key(value: Any) -> tuple[int, float, str]:
    """Missing first, then numbers by size, then text by code point."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, str):
        return (2, 0.0, value)
    return (1, float(value), "")


def _csv_text(names: list[str], rows: list[Row]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([format_cell(row[name]) for name in names] for row in rows)
    return text.getvalue()

"""What a table is: its columns with their types and headings, and its sort order.

Every table that a step writes is declared once, in the modules beside this one; `artifacts.json`,
the data package, the printed tables and the pages of the docs are made from these declarations.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from .language import mark

#: One row of a table as plain Python values, `None` for what is missing.
Row = dict[str, Any]

Type = Literal["string", "integer", "number", "boolean"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        The column's name in the CSV file.
    type : {"string", "integer", "number", "boolean"}
        What its cells hold; an empty cell is a missing value of that type.
    heading : str
        What people read above it; empty: the column is for programs only.
    prints : str
        How a cell prints, a key of `singlearm.catalogue.numbers.PRINT`.
    cell : str
        Heading of the printed cell that it shares with other columns, on pages: an estimate with
        its two limits, two limits, two counts. A workbook has a cell for each.
    shown : {"all", "workbook"}
        Whether pages (report, Word, LaTeX) have it, or the workbook alone.
    """

    name: str
    type: Type
    heading: str = ""
    prints: str = "text"
    cell: str = ""
    shown: Literal["all", "workbook"] = "all"

    def limited(self, stem: str = "") -> "tuple[Column, Column, Column]":
        """The value and the limits of its interval in its cell; their names begin as its own."""
        stem = stem or self.name
        low = replace(self, name=f"{stem}_low", heading=mark("95% CI low"))
        return self, low, replace(self, name=f"{stem}_high", heading=mark("95% CI high"))


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of table: its name, the columns in file order, the order of its rows.

    An open table may have further columns behind the declared ones; they are text.
    """

    kind: str
    sort: tuple[str, ...]
    columns: tuple[Column, ...]
    open: bool = False
    version: int = 1

    @property
    def schema(self) -> str:
        """Name and version of the kind, as artifacts are tagged: `pooled/1`."""
        return f"{self.kind}/{self.version}"

    @property
    def types(self) -> dict[str, Type]:
        """Column name to type, in file order."""
        return {column.name: column.type for column in self.columns}

    @property
    def headed(self) -> tuple[Column, ...]:
        """The columns that people see."""
        return tuple(column for column in self.columns if column.heading)

    @property
    def names(self) -> list[str]:
        """Column names in file order."""
        return [column.name for column in self.columns]


def strings(names: str) -> tuple[Column, ...]:
    """Columns of text; `names` are separated by blanks, here and below."""
    return tuple(Column(name, "string") for name in names.split())


def integers(names: str) -> tuple[Column, ...]:
    """Columns of whole numbers."""
    return tuple(Column(name, "integer") for name in names.split())


def numbers(names: str) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(Column(name, "number") for name in names.split())


def booleans(names: str) -> tuple[Column, ...]:
    """Columns of true and false."""
    return tuple(Column(name, "boolean") for name in names.split())


def predicted(prints: str, cell: str) -> tuple[Column, ...]:
    """The limits of a prediction interval, in one cell."""
    return (
        Column("pi_low", "number", "95% PI low", prints, cell),
        Column("pi_high", "number", "95% PI high", prints, cell),
    )


def as_schema(tables: Iterable[Table]) -> dict[str, dict[str, object]]:
    """The declarations as `artifacts.json` has them, for programs outside."""
    return {
        table.kind: {
            "schema": table.schema,
            "sort": list(table.sort),
            "columns": dict(table.types),
        }
        | ({"open": True} if table.open else {})
        for table in tables
    }

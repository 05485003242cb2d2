"""A publication table before it becomes CSV, a worksheet, a Word table or LaTeX."""

from collections.abc import Callable
from dataclasses import dataclass

from singlearm.catalogue import Row, numbers

#: How each kind of column prints; XLSX has the same kinds as number formats.
PRINT: dict[str, Callable] = {
    "text": lambda value: "" if value is None else str(value),
    "year": lambda value: "" if value is None else str(value),
    "count": numbers.count,
    "percent": numbers.percent,
    "number": numbers.number,
    "decimal": lambda value: numbers.number(value, 1),
    "ratio": numbers.number,
    "tau2": numbers.tau2,
    "i2": numbers.i2,
    "p": numbers.p_number,
    "coefficient": lambda value: numbers.number(value, 3),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One typed column: its key in the rows, its heading and its kind (a key of `PRINT`)."""

    key: str
    head: str
    kind: str = "text"
    width: float = 10.0


@dataclass(frozen=True, slots=True)
class Printed:
    """One column of the printed form, which may join several typed ones: heading and text."""

    head: str
    text: Callable[[Row], str]
    width: float = 2.0
    align: str = "left"


@dataclass(frozen=True, slots=True)
class Table:
    """Typed columns for machines, printed ones for pages, and the notes below the table."""

    name: str
    title: str
    columns: tuple[Column, ...]
    printed: tuple[Printed, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

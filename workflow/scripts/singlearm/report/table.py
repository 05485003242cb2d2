"""A table before it becomes HTML, CSV, a worksheet, a Word table or LaTeX.

Its columns come from the catalogue. Programs and the workbook get one typed value for each; a page
gets cells, which may join several columns (an estimate with its limits), as text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import groupby
from typing import Any

from singlearm.catalogue import Column, Row, numbers
from singlearm.catalogue.language import known

#: Relative widths of cells on a page by how they print; others are as wide as a number.
WIDTHS = {
    "long": 5.0,
    "note": 3.2,
    "outcome": 3.6,
    "label": 3.6,
    "text": 2.6,
    "verdict": 2.0,
    "count": 1.3,
}
JOINED_WIDTH = 3.0
#: What texts of a unit print as; ratios have their measure as unit.
BY_UNIT = {"%": "percent", "months": "months", "per 100 person-years": "ratio"}

Words = Mapping[str, Callable[[Any, Row], str]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a page: the first column that it shows, its heading, each row's text."""

    name: str
    heading: str
    text: Callable[[Row], str]
    width: float
    align: str
    prose: bool = False


@dataclass(frozen=True)
class Table:
    """Columns and rows of a table, with what stands below it.

    Parameters
    ----------
    name, title : str
        What files and readers call it.
    columns : tuple of Column
        Typed columns with headings.
    rows : tuple of dict
        Their values.
    notes : tuple of str
        Sentences below the table.
    words : mapping
        Printers of codes by the word under `prints`, `(value, row) -> text`; other words are those
        of `singlearm.catalogue.numbers.PRINT`.
    key : str
        The column that tells the rows of the table on a page apart; empty: none.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    words: Words = field(default_factory=dict)
    key: str = ""

    def text(self, column: Column, row: Row) -> str:
        """One value as text."""
        value, prints = row.get(column.name), column.prints
        if prints in self.words:
            return self.words[prints](value, row)
        if prints == "by_unit":
            prints = BY_UNIT.get(row["unit"], "ratio")
        return numbers.PRINT[prints](value)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The columns of a page; those that are empty in every row are left out."""
        shown = [column for column in self.columns if column.shown == "all"]
        cells = [
            self._cell(tuple(group))
            for _, group in groupby(shown, key=lambda c: c.cell or f"{c.name} alone")
        ]
        empty = ("", numbers.MISSING)
        return tuple(c for c in cells if any(c.text(row) not in empty for row in self.rows))

    def _cell(self, columns: tuple[Column, ...]) -> Cell:
        first = columns[0]
        align = "left" if first.type == "string" else "right"
        if len(columns) > 1:
            text = partial(self._joined, columns)
            return Cell(first.name, known(first.cell), text, JOINED_WIDTH, align)
        width, prose = WIDTHS.get(first.prints, 1.6), first.prints in ("note", "long")
        text = partial(self.text, first)
        return Cell(first.name, known(first.heading), text, width, align, prose)

    def _joined(self, columns: tuple[Column, ...], row: Row) -> str:
        """Two counts, two limits, or an estimate with its limits, in one cell."""
        values = [row.get(column.name) for column in columns]
        if columns[0].prints == "count":
            return _counts(*values)
        percent = columns[0].prints == "by_unit" and row["unit"] == "%"
        if columns[0].prints == "percent" or percent:
            return numbers.percent_ci(*values) if values[2:] else numbers.percent_interval(*values)
        texts = [self.text(column, row) for column in columns]
        limits = numbers.limits(*texts[-2:])
        if numbers.is_missing(values[0]) and len(values) == 3:
            return numbers.MISSING
        if all(numbers.is_missing(value) for value in values[-2:]):
            return texts[0]
        return limits if len(texts) == 2 else f"{texts[0]} {limits}"


def _counts(events: int | None, total: int | None) -> str:
    """`282/363`, or the total alone."""
    if total is None:
        return numbers.MISSING
    return numbers.count(total) if events is None else numbers.events_total(events, total)

"""The label of each row's study; one that is left blank is that of the row above, or its author."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from singlearm.sheets.headers import is_total

from .table import Table


class Labelled(NamedTuple):
    """A row with the cells of its label filled, and how: `above`, `author`, or not at all."""

    row: int
    cells: list[str]
    how: str


def study_label(table: Table, study: Sequence[str], cells: list[str]) -> str:
    """The label of a row's study: its cells, joined by blanks."""
    parts = [" ".join(cells[table.column(header)].split()) for header in study]
    return " ".join(part.removesuffix(".0") for part in parts if part)


def surely_total(table: Table, study: Sequence[str], cells: list[str]) -> bool:
    """Whether a row's label is a word for sums that no study is called."""
    label, first = study_label(table, study, cells), table.cell(cells, study[0])
    return is_total(label, surely=True) or is_total(first, surely=True)


def labelled(
    table: Table,
    study: Sequence[str],
    named: Sequence[str | None],
    author: str | None,
    year: str | None,
) -> Iterator[Labelled]:
    """The rows of a table that are not empty, each with its study's label.

    A blank label beside an arm or an outcome (the columns `named`) is that of the row above, as in
    merged cells. A row with another author than that one is another study: it is called after its
    author and year.
    """
    places = [table.column(header) for header in study]
    before: list[str] | None = None
    for row, given in table.records:
        if not any(cell.strip() for cell in given):
            continue
        cells, how = given, ""
        if before is not None and not given[places[0]].strip():
            cells = list(given)
            own = table.cell(given, author) if author not in study else ""
            if own and own != table.cell(before, author):
                parts = [header for header in (author, year) if header and header not in study]
                cells[places[0]], how = study_label(table, parts, given), "author"
            elif any(table.cell(given, header) for header in named):
                for place in places:
                    cells[place] = cells[place].strip() or before[place]
                how = "above"
        if study_label(table, study, cells) and not surely_total(table, study, cells):
            before = cells
        yield Labelled(row, cells, how)

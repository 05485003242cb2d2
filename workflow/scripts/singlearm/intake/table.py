"""Read a table of any usual format, and find its header."""

import csv
import io
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from singlearm.sheets.csv_sheets import LARGEST, separator_of
from singlearm.sheets.headers import ROWS_ABOVE
from singlearm.sheets.spreadsheets import Tab, WorkbookError, cell_name, letters, read_tabs, spans
from singlearm.sheets.workbook import as_text

from .names import NUMBERS, role_of
from .numbers import are_decimals, decimal_sign, is_missing

#: A message names at most so many columns.
MOST_NAMED = 40


class IntakeError(ValueError):
    """A table that no review can be made of; the message says why and what to do."""


def some(names: list[str], most: int = MOST_NAMED) -> str:
    """The names in a row of text; of very many the first."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


@dataclass
class Table:
    """A table as text: headers, and records with the row number that a spreadsheet shows.

    `remarks` are what its reader must know, one sentence each; `sign` is the one before decimals
    where `columns.yaml` says it, and `numeric` the columns that it reads numbers from.
    """

    file: str
    tab: str
    header_row: int
    headers: list[str]
    records: list[tuple[int, list[str]]]
    remarks: list[str] = field(default_factory=list)
    sign: str = ""
    numeric: frozenset[str] = frozenset()

    @cached_property
    def decimal(self) -> str:
        """The sign before decimals; empty if no cell says which it is.

        Columns of outcomes decide, and only where they do not, others that hold decimals.
        """
        if self.sign:
            return self.sign
        numeric, others = [], []
        for header in self.headers:
            role, texts = role_of(header)[1], self.texts(header)
            if header in self.numeric or (role in NUMBERS and not self.numeric):
                numeric += texts
            elif (role in NUMBERS or not role) and are_decimals(texts):
                others += texts
        return decimal_sign(numeric) or decimal_sign(others)

    def column(self, header: str) -> int:
        """Place of a header.

        Raises
        ------
        IntakeError
            If there is no such header.
        """
        if header not in self.headers:
            raise IntakeError(
                f"the table has no column '{header}' (columns.yaml); its columns are: "
                f"{some(self.headers)}"
            )
        return self.headers.index(header)

    def cell(self, cells: list[str], header: str | None) -> str:
        """A record's cell below a header without blanks around it; of no header nothing."""
        return cells[self.column(header)].strip() if header else ""

    def texts(self, header: str) -> list[str]:
        """The cells of a column."""
        place = self.column(header)
        return [cells[place] for _, cells in self.records]

    def filled(self, header: str) -> list[str]:
        """The cells of a column that report something."""
        return [text for text in self.texts(header) if not is_missing(text)]


def read_table(path: Path, tab: str | None = None, header_row: int | None = None) -> Table:
    """The table of a file.

    Parameters
    ----------
    path : Path
        A CSV, TSV, XLSX, XLS or ODS file.
    tab : str, optional
        Tab of a workbook; by default the one whose header is understood best.
    header_row : int, optional
        Row of the header, from 1; by default it is looked for.

    Raises
    ------
    IntakeError
        If the file cannot be read or has no such tab.
    """
    if not path.is_file():
        raise IntakeError(f"there is no file {path}")
    with path.open("rb") as file:
        start = file.read(4)
    if start[:2] == b"PK" or start == b"\xd0\xcf\x11\xe0":
        return _of_workbook(path, tab, header_row)
    rows, remarks = _text_rows(path)
    return _table(path, "", rows, remarks, header_row)


def _of_workbook(path: Path, name: str | None, header_row: int | None) -> Table:
    try:
        tabs = [tab for tab in read_tabs(path) if not tab.blank]
    except WorkbookError as error:
        raise IntakeError(f"{path.name}: {error}") from error
    names = ", ".join(tab.name for tab in tabs)
    if name:
        tabs = [tab for tab in tabs if tab.name == name]
    if not tabs:
        raise IntakeError(f"{path.name} has no tab '{name}'; it has: {names}" if name else
                          f"{path.name} holds nothing")  # fmt: skip
    tables = [_table(path, tab.name, _rows(tab), _remarks(tab), header_row) for tab in tabs]
    best = max(tables, key=lambda table: _score(table.headers))
    if len(tables) > 1:
        best.remarks.insert(0, f"read the tab '{best.tab}' of: {names}")
    return best


def _rows(tab: Tab) -> list[list[str]]:
    """Cells of a tab as text; merged cells of one column each get the text of the first.

    A number of which a part is raised or struck through is made unreadable: 12 may be 1 with a
    footnote mark.
    """
    rows = [[as_text(cell) for cell in cells] for cells in tab.rows]
    for top, left, bottom, right in tab.merged:
        if left == right and bottom > top and top < len(rows) and left < len(rows[top]):
            for row in rows[top + 1 : bottom + 1]:
                row.extend([""] * (left + 1 - len(row)))
                row[left] = rows[top][left]
    for (at, column), mark in tab.marks.items():
        if at >= len(rows) or column >= len(rows[at]):
            continue
        value = tab.rows[at][column]
        if mark.percent and isinstance(value, float):
            rows[at][column] = f"{100 * value:.12g}%"
        elif (mark.raised or mark.struck) and rows[at][column].strip()[:1].isdigit():
            rows[at][column] += " [with a raised or struck sign]"
    return rows


def _remarks(tab: Tab) -> list[str]:
    """What the cells show beside their values, in sentences."""
    marks = tab.marks.items()
    found = {
        "raised or lowered signs, which may be footnote marks": [
            place for place, mark in marks if mark.raised
        ],
        "struck-through text": [place for place, mark in marks if mark.struck or mark.all_struck],
        "a formula without a stored result": [place for place, mark in marks if mark.no_result],
        "a number format that shows another number": [
            place for place, mark in marks if mark.shown is not None
        ],
        "a comment": tab.comments,
    }
    told = [
        f"{len(places)} cells with {what}: "
        + ", ".join(cell_name(*place) for place in sorted(places)[:6])
        for what, places in found.items()
        if places
    ]
    hidden = tab.filled_hidden_rows()
    if hidden:
        told.append(f"rows that are hidden or filtered out are read too: {spans(hidden)}")
    if not tab.formats_known:
        told.append("a binary workbook: percent formats and formulas cannot be seen")
    return told


def _text_rows(path: Path) -> tuple[list[list[str]], list[str]]:
    if path.stat().st_size > LARGEST:
        raise IntakeError(f"{path.name} is larger than {LARGEST // 1_000_000} MB")
    text, remarks = _decoded(path.read_bytes())
    if "\0" in text:
        raise IntakeError(f"{path.name} is not a table of text")
    if not text.strip():
        raise IntakeError(f"{path.name} holds nothing")
    sign, body = separator_of(text)
    above = text.count("\n", 0, len(text) - len(body))
    try:
        rows = list(csv.reader(io.StringIO(body, newline=""), delimiter=sign, strict=True))
    except csv.Error as error:
        raise IntakeError(f"{path.name} cannot be read: {error}; is a quote not closed?") from error
    return [[]] * above + rows, remarks


def _decoded(content: bytes) -> tuple[str, list[str]]:
    """The text of a file by what its bytes look like, and what to look at."""
    sort = "utf-8-sig"
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        sort = "utf-16"
    elif b"\0" in content[:2] and content[:200].count(0) >= len(content[:200]) // 3:
        # UTF-16 without its mark: of Latin letters every other byte is zero
        sort = "utf-16-be" if content[0] == 0 else "utf-16-le"
    try:
        return content.decode(sort), []
    except UnicodeDecodeError:
        if sort != "utf-8-sig":
            told = "has signs that are no UTF-16, read as \N{REPLACEMENT CHARACTER}: look at these"
            return content.decode(sort, errors="replace"), [told]
    told = "is not UTF-8; read as Windows-1252: look at accented letters"
    return content.decode("cp1252", errors="replace"), [told]


def _table(
    path: Path, tab: str, rows: list[list[str]], remarks: list[str], header_row: int | None
) -> Table:
    if not rows:
        raise IntakeError(f"{path.name} holds nothing")
    if header_row is not None and not 1 <= header_row <= len(rows):
        raise IntakeError(f"{path.name} has no row {header_row} (header_row of columns.yaml)")
    at = header_row - 1 if header_row is not None else _find_header(rows)
    width = max(len(row) for row in rows)
    above = rows[at - 1] if at else []
    headers = _unique(_headers(rows[at], above, width))
    heads = [_filled(row) for row in rows[max(at - 1, 0) : at + 1]]
    records, again = [], []
    for number, row in enumerate(rows[at + 1 :], start=at + 2):
        if len(_filled(row)) > 1 and _filled(row) in heads:
            again.append(number)  # a table of several pages
        else:
            records.append((number, row + [""] * (width - len(row))))
    if again:
        remarks = [*remarks, f"row {spans(again)}: the header again, left out"]
    if at and header_row is None:
        remarks = [*remarks, f"the header is row {at + 1}; above it: '{_first(rows[:at])}'"]
    return Table(path.name, tab, at + 1, headers, records, remarks)


def _filled(row: list[str]) -> list[tuple[int, str]]:
    """The cells that hold something, with their places."""
    return [(place, cell.strip()) for place, cell in enumerate(row) if cell.strip()]


def _first(rows: list[list[str]]) -> str:
    return next((cell.strip()[:60] for row in rows for cell in row if cell.strip()), "")


def _find_header(rows: list[list[str]]) -> int:
    """The first of the rows in which most columns are understood."""
    scores = [
        _score(_headers(row, rows[number - 1] if number else [], len(row)))
        for number, row in enumerate(rows[:ROWS_ABOVE])
    ]
    return scores.index(max(scores))


def _score(headers: list[str]) -> tuple[int, int]:
    """How many different columns are understood, and how many cells are filled."""
    known = {role_of(header) for header in headers if header.strip()}
    understood = sum(bool(role) for _, role in known)
    return understood, min(understood, 1) * sum(bool(header.strip()) for header in headers)


def _headers(row: list[str], above: list[str], width: int) -> list[str]:
    """The header cells; a name that is there several times takes the group above it with it."""
    names = [" ".join(cell.split()) for cell in row] + [""] * (width - len(row))
    twice = {name for name in names if name and names.count(name) > 1}
    if not twice or not any(cell.strip() for cell in above[1:]):
        return names
    group, grouped = "", []
    for place, name in enumerate(names):
        here = " ".join(above[place].split()) if place < len(above) else ""
        group = here or group
        grouped.append(f"{group} {name}".strip() if name in twice and group else name or here)
    return grouped


def _unique(names: list[str]) -> list[str]:
    """Each name once: a later one, or one without name, gets its column's letter."""
    seen: set[str] = set()
    unique = []
    for place, name in enumerate(names):
        own = name or f"column {letters(place)}"
        own = f"{own} [{letters(place)}]" if own in seen else own
        seen.add(own)
        unique.append(own)
    return unique

"""Read the tabs of a workbook (.xlsx, .xlsm, .ods, .xls, .xlsb), whatever its file is called.

A cell's value is not all that a person sees: `Tab.marks` holds what the value alone would not
show (percent formats, raised digits, struck-through text, formulas without a result).
"""

import traceback
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, iterparse
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError

from .problems import shorten

Value = str | int | float | bool | date | datetime | time | timedelta

#: Limits beyond anything that a person types: bytes of the file, bytes and parts unpacked, cells.
LARGEST_FILE = 200_000_000
LARGEST_UNPACKED = 500_000_000
MOST_PARTS = 10_000
MOST_CELLS = 20_000_000
#: Bytes of XML between the ends of two rows (texts, formats), and how many of those.
MOST_BETWEEN = 8_000_000
MOST_ELEMENTS = 3_000_000

#: First bytes of a compound file: an .xls, or any workbook under a password.
_COMPOUND = b"\xd0\xcf\x11\xe0"


class WorkbookError(ValueError):
    """A workbook that is not read; the message says why, in the words of its user."""


@dataclass(slots=True)
class Mark:
    """What a cell shows beside its value.

    `shown` is what the number format prints where that differs from the value; `raised` and
    `struck` say that a part of the text is raised or lowered, or struck through.
    """

    percent: bool = False
    no_result: bool = False
    raised: bool = False
    struck: bool = False
    all_struck: bool = False
    shown: str | None = None

    @classmethod
    def of_runs(cls, looks: Sequence[tuple[bool, bool]]) -> "Mark":
        """The mark of a text by its runs that are not blank: each raised or not, struck or not."""
        raised, struck = [look[0] for look in looks], [look[1] for look in looks]
        all_struck = bool(struck) and all(struck)
        part = any(struck) and not all_struck
        return cls(raised=any(raised) and not all(raised), struck=part, all_struck=all_struck)


@dataclass(slots=True)
class Tab:
    """One tab from cell A1 on, places from 0; a row is as long as its last filled cell."""

    name: str
    rows: list[list[Value]] = field(default_factory=list)
    marks: dict[tuple[int, int], Mark] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    hidden: bool = False
    formats_known: bool = True

    @property
    def blank(self) -> bool:
        """Whether no cell holds anything."""
        return not any(self.rows)

    def filled_hidden_rows(self) -> list[int]:
        """The hidden rows that hold something, as a spreadsheet program numbers them."""
        return [n + 1 for n in self.hidden_rows if n < len(self.rows) and any(self.rows[n])]


class Rows:
    """Gathers the filled cells of a tab in order; blank cells, however far away, are nothing."""

    def __init__(self, tab: str) -> None:
        self.rows: list[list[Value]] = []
        self._tab = tab
        self._size = 0

    def put(self, row: int, column: int, value: Value) -> None:
        """Set a cell at or after the last one.

        Raises
        ------
        WorkbookError
            If the range from A1 to the cell is larger than any sheet that a person fills.
        """
        if isinstance(value, str) and not value.strip():
            return
        if row == len(self.rows) - 1 and column == len(self.rows[row]):
            self.rows[row].append(value)  # the usual case, and the fast one
            self._size += 1
            return
        self._size += max(0, row + 1 - len(self.rows))
        cells = self.rows[row] if row < len(self.rows) else []
        self._size += max(0, column + 1 - len(cells))
        if self._size > MOST_CELLS:
            raise WorkbookError(
                f"the tab '{self._tab}' reaches to cell {cell_name(row, column)}, which is too "
                "large; delete the cells far below or to the right of the table"
            )
        while len(self.rows) <= row:
            self.rows.append([])
        cells = self.rows[row]
        cells.extend([""] * (column + 1 - len(cells)))
        cells[column] = value


def elements(
    file: IO[bytes], wanted: Collection[str], begun: Collection[str] = ()
) -> Iterator[tuple[str, Element]]:
    """The wanted elements of an XML part as they end, and those of `begun` as they begin.

    Names are matched without their namespace, in which alone the forms of a format differ here.
    A wanted element is emptied after its turn; what grows without end is refused, so that memory
    stays bounded. Entities cannot grow: expat limits their size itself.
    """
    content, turns = _Bounded(file), 0
    for event, element in iterparse(content, ("start", "end") if begun else ("end",)):
        name = _LOCAL[element.tag]
        if event == "start":
            if name in begun:
                yield event, element
            continue
        if name in wanted:
            yield event, element
            element.clear()
            turns, content.since = turns + 1, 0
            if turns > MOST_ELEMENTS:
                raise WorkbookError("it holds more rows or texts than any sheet of a review")


class _Bounded:
    """A file that may be read only so far without `since` being set back."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.since = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        part = self._file.read(size)
        self.since += len(part)
        if self.since > MOST_BETWEEN:
            raise WorkbookError("a row or list of its content is too large")
        return part


def local_name(element: Element) -> str:
    """Name of an element without its namespace."""
    return _LOCAL[element.tag]


class _LocalNames(dict[str, str]):
    """Tag to name, kept because a sheet has millions of elements with a dozen tags."""

    def __missing__(self, tag: str) -> str:
        name = tag.rpartition("}")[2]
        if len(self) < 1_000:
            self[tag] = name
        return name


_LOCAL = _LocalNames()


def attribute(element: Element, name: str) -> str | None:
    """An attribute by its name without namespace."""
    return next((v for key, v in element.items() if key.rpartition("}")[2] == name), None)


def read_tabs(path: Path) -> list[Tab]:
    """All tabs of a workbook, told apart by its content.

    Raises
    ------
    WorkbookError
        If the file is damaged, protected, too large or no workbook.
    """
    if path.stat().st_size > LARGEST_FILE:
        raise WorkbookError(f"is larger than {LARGEST_FILE // 1_000_000} MB")
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(_COMPOUND):
        return _by_calamine(path)
    if not start.startswith(b"PK"):
        raise WorkbookError("is not a workbook, whatever its name says")
    try:
        with ZipFile(path) as parts:
            return _reader(parts)(parts) if _checked(parts) else _by_calamine(path)
    except WorkbookError:
        raise
    except (BadZipFile, ZlibError, OSError, EOFError, SyntaxError, RuntimeError) as error:
        raise WorkbookError(f"the file is damaged ({shorten(str(error))})") from error
    except (LookupError, ValueError, TypeError, AttributeError, NotImplementedError) as error:
        # such content, or a fault of our readers: the log tells which
        warnings.warn(f"{path.name}: {traceback.format_exc()}", RuntimeWarning, stacklevel=2)
        told = shorten(str(error))
        raise WorkbookError(f"its content is not as a workbook's should be ({told})") from error


def _checked(parts: ZipFile) -> bool:
    """Whether our own readers know the format; nothing is unpacked before the sizes are known."""
    members = parts.infolist()
    unpacked = sum(member.file_size for member in members)
    if len(members) > MOST_PARTS or unpacked > LARGEST_UNPACKED:
        raise WorkbookError(
            f"it unpacks to {unpacked // 1_000_000:,} MB in {len(members):,} parts, "
            "more than any sheet of a review"
        )
    return "xl/workbook.bin" not in parts.namelist()


def _reader(parts: ZipFile) -> Callable[[ZipFile], list[Tab]]:
    from . import ooxml, opendocument  # here: a layer of CSV files does without them

    return opendocument.read if "content.xml" in parts.namelist() else ooxml.read


def _by_calamine(path: Path) -> list[Tab]:
    """The binary formats: values and merged cells, but no number formats, formulas or comments."""
    try:
        return _tabs_of_calamine(path)
    except BaseException as error:
        # what the reader did not foresee in a damaged file is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise WorkbookError("the file is damaged") from error


def _tabs_of_calamine(path: Path) -> list[Tab]:
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
    except calamine.PasswordError as error:
        raise WorkbookError("is protected by a password; save it without one") from error
    except calamine.CalamineError as error:
        told = shorten(str(error))
        raise WorkbookError(f"the file is damaged, or protected by a password ({told})") from error
    tabs = []
    for known in book.sheets_metadata:
        if known.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        sheet = book.get_sheet_by_name(known.name)
        if sheet.total_height * sheet.total_width > MOST_CELLS:
            raise WorkbookError(f"the tab '{known.name}' is too large")
        cells = Rows(known.name)
        for row, values in enumerate(sheet.to_python(skip_empty_area=False)):
            for column, value in enumerate(values):
                cells.put(row, column, value)
        merged = [(*start, *end) for start, end in sheet.merged_cell_ranges or []]
        hidden = known.visible != calamine.SheetVisibleEnum.Visible
        tabs.append(Tab(known.name, cells.rows, merged=merged, hidden=hidden, formats_known=False))
    return tabs


def letters(column: int) -> str:
    """Name of a spreadsheet column, from 0: A to Z, AA, …"""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def cell_name(row: int, column: int) -> str:
    """Name of a cell, places from 0: A1."""
    return f"{letters(column)}{row + 1}"


def spans(numbers: Iterable[int]) -> str:
    """Numbers as a person lists them: 2, 5 to 9, 12."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = [f"{first}" if first == last else f"{first} to {last}" for first, last in runs]
    return ", ".join(words[:6]) + (f" and {len(words) - 6} more" if len(words) > 6 else "")

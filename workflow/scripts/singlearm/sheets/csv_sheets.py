"""Read one table of plain text, with the row numbers that a spreadsheet program shows.

A sheet is UTF-8 and separated by commas. What Excel writes on other systems is understood where
it can mean one thing only: semicolons or tabs between the cells, a first line `sep=;`, and then
decimal commas.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from singlearm.kinds.columns import Column

from .problems import Faults

#: Header and records (row number, cells) of a sheet as it stands in its file.
Grid = tuple[list[str], list[tuple[int, list[str]]]]

#: Separators between cells, the usual one first.
SEPARATORS = (",", ";", "\t", "|")
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
#: A text file larger than this is no sheet.
LARGEST = 500_000_000

_DIRECTIVE = re.compile(r'"?sep=(.)"?(?:\1*)\r?\n', re.IGNORECASE)
_COMMA = re.compile(r"-?[0-9]+,[0-9]+")
#: One to three digits before and exactly three after the comma: perhaps a thousand.
_THOUSAND = re.compile(r"-?[1-9][0-9]{0,2},[0-9]{3}")
#: Thousands grouped by points, as 1.234 may be, and as 1.234,5 must be.
_GROUPED = re.compile(r"-?[1-9][0-9]{0,2}(\.[0-9]{3})+")
_GROUPED_COMMA = re.compile(r"-?[1-9][0-9]{0,2}(\.[0-9]{3})+,[0-9]+")
_POINT = re.compile(r"-?[0-9]+(\.[0-9]+)+")


def read_csv(
    path: Path, sheet: str, faults: Faults, columns: dict[str, Column] | None = None
) -> Grid | None:
    """The grid of a text file; `None` after a fault that leaves nothing to read.

    A record with line breaks inside quotes is one row, as in a spreadsheet. `columns` of the
    codebook say where a number stands, whose decimal comma may then be understood.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise OSError(0, f"is larger than {LARGEST // 1_000_000} MB")
        content = path.read_bytes()
    except OSError as error:
        faults.error(sheet, "unreadable", f"cannot be read: {error.strerror}", value=path.name)
        return None
    text = _decode(content, sheet, faults)
    if text is None:
        return None
    separator, body = separator_of(text)
    records = _records(body, separator, sheet, faults, first=1 + (body != text))
    if records is None:
        return None
    if not records:
        faults.error(sheet, "empty_sheet", "the file has no header", "save the sheet again")
        return None
    if separator != ",":
        name = NAMES.get(separator, repr(separator))
        told = f"the cells are separated by {name}, and are read so"
        faults.warn(sheet, "delimiter", told, row=1)
    if not text.endswith(("\n", "\r")):
        told = "the file does not end with a line end: its last row may be cut"
        hint = "compare the last row with the source"
        faults.warn(sheet, "cut_file", told, hint, row=records[-1][0])
    header, rows = records[0][1], records[1:]
    if separator != "," and columns:
        _mend_decimals(sheet, header, rows, columns, faults)
    return header, rows


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text file that was read is written, for those who describe it to other programs."""

    header: list[str]
    separator: str
    header_row: int
    marked: bool
    decimal_comma: bool


def layout_of(content: bytes, columns: Mapping[str, Column]) -> Layout:
    """The layout of a sheet that the check has let pass."""
    text = content.decode("utf-8-sig")
    separator, body = separator_of(text)
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator)
    header = next(reader, [])
    places = [n for n, name in enumerate(header) if _type(name, columns) == "number"]
    commas = separator != "," and decimal_comma(
        row[place].strip() for row in reader for place in places if place < len(row)
    )
    marked = content.startswith(codecs.BOM_UTF8)
    return Layout(header, separator, 1 + (body != text), marked, commas)


def _type(name: str, columns: Mapping[str, Column]) -> str:
    return columns[name.strip()].type if name.strip() in columns else ""


def _records(
    text: str, separator: str, sheet: str, faults: Faults, first: int
) -> list[tuple[int, list[str]]] | None:
    records: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    row = first - 1
    try:
        for row, cells in enumerate(reader, start=first):
            records.append((row, cells))
    except csv.Error as error:
        why = "a quote is not closed" if "unexpected end" in str(error) else str(error)
        told = f"cannot be read from here on: {why}"
        hint = "look for a quote sign or a comma too many, or for the end of a cut file"
        faults.error(sheet, "broken_csv", told, hint, row=row + 1)
        return None
    return records


def separator_of(text: str) -> tuple[str, str]:
    """The sign between the cells of a text, and the text without a first line `sep=;`."""
    directive = _DIRECTIVE.match(text)
    return (directive[1], text[directive.end() :]) if directive else (_separator(text), text)


def _separator(text: str) -> str:
    """The separator of a text: a comma, unless another one cuts its first lines better.

    The sign that stands in most of the first lines wins, of two the one that stands there more
    often: a title may stand above the header, and blank columns may end lines unevenly.
    """
    lines = [_unquoted(line) for line in text[:100_000].splitlines()[:20] if line.strip()]
    scores = {}
    for sign in SEPARATORS:
        counts = [line.count(sign) for line in lines if sign in line]
        scores[sign] = (len(counts), median(counts) if counts else 0)
    return max(SEPARATORS, key=lambda sign: scores[sign])


def _unquoted(line: str) -> str:
    return re.sub(r'"(?:[^"]|"")*"', "", line)


def _mend_decimals(
    sheet: str,
    header: list[str],
    rows: list[tuple[int, list[str]]],
    columns: dict[str, Column],
    faults: Faults,
) -> None:
    """Write decimal commas as points where cells are not separated by commas.

    3,75 is three and three quarters, but 1,234 may be a thousand: it is read as a decimal only
    if the sheet has commas that can be nothing else. Then 1.234 is a thousand, unless other points
    of the sheet are decimal.
    """
    types = [_type(name, columns) for name in header]
    cells = [
        (row, place, record[place].strip())
        for row, record in rows
        for place in range(min(len(types), len(record)))
        if types[place] in ("number", "integer")
    ]
    commas = [cell for cell in cells if _COMMA.fullmatch(cell[2]) and types[cell[1]] == "number"]
    commas += [cell for cell in cells if _GROUPED_COMMA.fullmatch(cell[2])]
    if not decimal_comma(text for _, _, text in commas):
        commas = []  # nothing says what they mean: each cell is told
    grouped = [cell for cell in cells if _GROUPED.fullmatch(cell[2])]
    others = any(_POINT.fullmatch(t) and not _GROUPED.fullmatch(t) for _, _, t in cells)
    surely = bool(commas) or any(text.count(".") > 1 for _, _, text in grouped)
    if grouped and others == surely:
        _tell_grouped(sheet, header, grouped, surely, faults)
    mended = commas if others or not surely else [*commas, *grouped]
    by_row = dict(rows)
    for row, place, text in mended:
        plain = text if others else text.replace(".", "")
        by_row[row][place] = plain.replace(",", ".")
    for found, rule, what in (
        (commas, "decimal_comma", "a decimal comma"),
        (mended[len(commas) :], "thousands_point", "points for thousands"),
    ):
        if found:
            row, place, text = found[0]
            told = f"{len(found)} numbers have {what}, and are read so"
            faults.warn(sheet, rule, told, row=row, column=header[place].strip(), value=text)


def _tell_grouped(
    sheet: str,
    header: list[str],
    cells: list[tuple[int, int, str]],
    both: bool,
    faults: Faults,
) -> None:
    """Numbers as 1.234, of which the sheet does not say whether they are thousands.

    It is an error where other signs of the sheet mean thousands or a decimal comma (`both`).
    """
    tell = faults.error if both else faults.warn
    told = "has a point with three digits behind it, which may mean thousands"
    told += "" if both else f"; it is read as a decimal ({len(cells)} numbers are so)"
    for row, place, text in cells if both else cells[:1]:
        plain = text.replace(".", "")
        hint = f"write {plain} if it is a thousand, and decimals with one sign"
        where = {"row": row, "column": header[place].strip(), "value": text}
        tell(sheet, "thousands_point", told, hint, **where)


def decimal_comma(texts: Iterable[str]) -> bool:
    """Whether numbers with a comma are decimals: one of them cannot be thousands."""
    return any(
        _GROUPED_COMMA.fullmatch(text) or (_COMMA.fullmatch(text) and not _THOUSAND.fullmatch(text))
        for text in texts
    )


def _decode(content: bytes, sheet: str, faults: Faults) -> str | None:
    if not content.strip(b"\0 \t\r\n"):
        faults.error(sheet, "empty_sheet", "the file is empty", "save the sheet again")
        return None
    start = content[:200]
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or start.count(0) > len(start) // 4:
        told = "is not UTF-8 (it looks like UTF-16)"
        faults.error(sheet, "encoding", told, "save as 'CSV UTF-8'")
        return None
    if start[:4] == b"PK\x03\x04":
        hint = f"name it {sheet}.xlsx, or save as 'CSV UTF-8'"
        faults.error(sheet, "encoding", "is a workbook, not CSV", hint)
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        around = content[max(0, error.start - 20) : error.start + 20]
        read = around.decode("cp1252", errors="replace").replace("\n", " ")
        told = f"is not UTF-8 (byte 0x{content[error.start]:02x} in line {line})"
        hint = "save as 'CSV UTF-8'; Excel's plain 'CSV' loses accents"
        faults.error(sheet, "encoding", told, hint, row=line, value=read)
        return None

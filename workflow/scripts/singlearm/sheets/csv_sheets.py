"""Read one CSV sheet as text, with the row numbers that a spreadsheet program shows."""

import csv
import io
from pathlib import Path

from .problems import Faults

#: Header and records (row number, cells) of a sheet as it stands in its file.
Grid = tuple[list[str], list[tuple[int, list[str]]]]


def read_csv(path: Path, sheet: str, faults: Faults) -> Grid | None:
    """The grid of a UTF-8, comma-separated file; `None` after a fault that leaves nothing to read.

    A record with line breaks inside quotes is one row, as in a spreadsheet.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        faults.error(sheet, "unreadable", f"cannot be read: {error.strerror}", value=path.name)
        return None
    text = _decode(content, sheet, faults)
    if text is None:
        return None
    records, reader = [], csv.reader(io.StringIO(text, newline=""), strict=True)
    row = 0
    try:
        for row, cells in enumerate(reader, start=1):
            records.append((row, cells))
    except csv.Error as error:
        told = "a quote is not closed" if "unexpected end" in str(error) else str(error)
        faults.error(
            sheet,
            "broken_csv",
            f"cannot be read from here on: {told}",
            "look for a quote sign or a comma too many, or for the end of a cut file",
            row=row + 1,
        )
        return None
    header = records[0][1] if records else []
    if len(header) == 1 and any(sign in header[0] for sign in ";\t|"):
        sign = next(sign for sign in ";\t|" if sign in header[0])
        faults.error(
            sheet,
            "delimiter",
            f"the cells are separated by {'tab' if sign == chr(9) else sign}, not by comma",
            "save as 'CSV UTF-8 (comma delimited)'",
            row=1,
            value=header[0],
        )
        return None
    if not text.endswith(("\n", "\r")):
        faults.warn(
            sheet,
            "cut_file",
            "the file does not end with a line end: its last row may be cut",
            "compare the last row with the source",
            row=records[-1][0],
        )
    return header, records[1:]


def _decode(content: bytes, sheet: str, faults: Faults) -> str | None:
    if not content.strip(b"\0 \t\r\n"):
        faults.error(sheet, "empty_sheet", "the file is empty", "save the sheet again")
        return None
    if (
        content[:2] in (b"\xff\xfe", b"\xfe\xff")
        or content[:200].count(0) > len(content[:200]) // 4
    ):
        faults.error(
            sheet, "encoding", "is not UTF-8 (it looks like UTF-16)", "save as 'CSV UTF-8'"
        )
        return None
    if content[:4] == b"PK\x03\x04":
        faults.error(
            sheet,
            "encoding",
            "is a workbook, not CSV",
            "name it extraction.xlsx, or save as 'CSV UTF-8'",
        )
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        around = content[max(0, error.start - 20) : error.start + 20]
        read = around.decode("cp1252", errors="replace").replace("\n", " ")
        faults.error(
            sheet,
            "encoding",
            f"is not UTF-8 (byte 0x{content[error.start]:02x} in line {line})",
            "save as 'CSV UTF-8'; Excel's plain 'CSV' loses accents",
            row=line,
            value=read,
        )
        return None

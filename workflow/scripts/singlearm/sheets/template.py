"""An empty extraction workbook made from the codebook: tabs, dropdowns, hints and a guide."""

import datetime
import io
from collections.abc import Collection

import xlsxwriter

from singlearm.kinds import KINDS
from singlearm.kinds.columns import Column

from .codebook import Codebook
from .core import SHEETS

#: Rows of each tab that have dropdowns and hints.
ROWS = 2000
#: Excel's limits of a hint: its title and its text.
TITLE, MESSAGE = 32, 255
#: Fixed, so that the same codebook gives the same bytes.
CREATED = datetime.datetime(2020, 1, 1)

GUIDE = (
    "One row for each study, outcome or claim. Leave a cell empty where nothing is reported.",
    "Only studies and one of the tabs that end in _1 are needed; a second extractor fills the tabs "
    "that end in _2, without seeing the first one's.",
    "Cells on which the extractors differ, or that only one filled, need a row in adjudication; an "
    "empty decision holds the cell out.",
    "Save this workbook as extraction.xlsx in a folder of its own under data/raw, and list the "
    "folder in the protocol. Then run: snakemake --cores 1 check",
)


def sheets_for(kinds: Collection[str]) -> dict[str, str]:
    """The sheets of a review with outcomes of these kinds: name to kind of sheet."""
    used = {KINDS[name].sheet for name in kinds}
    unused = {kind.sheet for kind in KINDS.values()} - used
    left_out = {name for sheet in unused for name in (sheet.name, sheet.adjudication)}
    return {name: kind for name, kind in SHEETS.items() if kind not in left_out}


def template_bytes(codebook: Codebook, kinds: Collection[str]) -> bytes:
    """The workbook, the same bytes for the same codebook and kinds of outcomes."""
    sheets = sheets_for(kinds)
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(content, options)
    book.set_properties({"title": "Extraction sheets", "created": CREATED})
    looks = {
        "head": book.add_format({"bold": True, "bg_color": "#DCE6F1", "bottom": 1}),
        "text": book.add_format({"num_format": "@"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "plain": book.add_format(),
    }
    _add_guide(book, codebook, sheets, looks)
    tabs = {name: book.add_worksheet(name) for name in sheets}
    ranges = _add_lists(book, codebook, sheets)
    for name, tab in tabs.items():
        for place, column in enumerate(codebook.of(SHEETS[name]).values()):
            tab.write_string(0, place, column.name, looks["head"])
            numeric = column.type in ("integer", "number")
            width = max(10, min(40, len(column.name) + 3))
            tab.set_column(place, place, width, looks["plain" if numeric else "text"])
            tab.data_validation(1, place, ROWS, place, _validation(column, ranges))
        tab.freeze_panes(1, 1)
    book.close()
    return content.getvalue()


def _add_guide(
    book: xlsxwriter.Workbook, codebook: Codebook, sheets: dict[str, str], looks: dict
) -> None:
    tab = book.add_worksheet("guide")
    tab.set_column(0, 2, 24, looks["wrap"])
    tab.set_column(3, 4, 60, looks["wrap"])
    for row, line in enumerate(GUIDE):
        tab.merge_range(row, 0, row, 4, line, looks["wrap"])
        tab.set_row(row, 32)
    top = len(GUIDE) + 1
    for place, word in enumerate(("tab", "column", "must be filled", "allowed", "what it holds")):
        tab.write_string(top, place, word, looks["head"])
    row = top
    for name, kind in sheets.items():
        for column in codebook.of(kind).values():
            row += 1
            filled = {"filled": "yes", "present": "", "optional": "the column may be missing"}
            needed = filled[column.required]
            cells = (name, column.name, needed, column.allows(), column.description)
            for place, text in enumerate(cells):
                tab.write_string(row, place, text, looks["wrap"])
    tab.freeze_panes(top + 1, 0)


def _add_lists(
    book: xlsxwriter.Workbook, codebook: Codebook, sheets: dict[str, str]
) -> dict[tuple[str, str], str]:
    """A tab with the allowed values; the range of each category (Excel takes 255 signs inline)."""
    tab = book.add_worksheet("lists")
    ranges = {}
    categories = [
        column
        for kind in dict.fromkeys(sheets.values())
        for column in codebook.of(kind).values()
        if column.type == "category" and column.allowed
    ]
    for place, column in enumerate(categories):
        tab.write_string(0, place, f"{column.sheet}.{column.name}")
        for row, value in enumerate(column.allowed, start=1):
            tab.write_string(row, place, value)
        cells = xlsxwriter.utility.xl_range_abs(1, place, len(column.allowed), place)
        ranges[column.sheet, column.name] = f"=lists!{cells}"
    tab.hide()
    return ranges


def _validation(column: Column, ranges: dict[tuple[str, str], str]) -> dict:
    hint = f"{column.description}. Allowed: {column.allows()}"
    told = {
        "ignore_blank": True,
        "input_title": column.name[:TITLE],
        "input_message": hint if len(hint) <= MESSAGE else hint[: MESSAGE - 1] + "…",
        "error_title": column.name[:TITLE],
        "error_message": f"Allowed: {column.allows()}"[:MESSAGE],
    }
    if (column.sheet, column.name) in ranges:
        return told | {"validate": "list", "source": ranges[column.sheet, column.name]}
    if column.type in ("integer", "number"):
        kind = "integer" if column.type == "integer" else "decimal"
        low, high = column.minimum, column.maximum
        if low is not None and high is not None:
            return told | {"validate": kind, "criteria": "between", "minimum": low, "maximum": high}
        low = -1e12 if low is None else low
        return told | {"validate": kind, "criteria": ">=", "value": low}
    return told | {"validate": "any"}

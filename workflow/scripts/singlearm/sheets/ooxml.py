"""Read an Excel workbook, transitional or Strict (ECMA-376): values and what they show.

Names are matched without their namespace, which is all in which the two forms differ here.
"""

import math
import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from . import number_formats
from .spreadsheets import Mark, Rows, Tab, Value, WorkbookError, attribute, elements, local_name

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class _Text(NamedTuple):
    """A text of one or several runs, and its mark if it shows more than that."""

    text: str
    mark: Mark | None = None


class _Style(NamedTuple):
    """What a cell format says: the number format and whether the font is struck through."""

    code: str
    kind: str
    struck: bool


class _Book(NamedTuple):
    texts: list[_Text]
    styles: list[_Style]
    day_0: datetime


class _Parts:
    """The parts of a workbook, which are named in any case."""

    def __init__(self, file: ZipFile) -> None:
        self._file = file
        self._names = {name.casefold().lstrip("/"): name for name in file.namelist()}

    def __contains__(self, part: str) -> bool:
        return part.casefold() in self._names

    def elements(self, part: str | None, wanted: set[str]) -> Iterator[Element]:
        """The wanted elements of a part, none for a part that is not there."""
        if part is not None and part in self:
            with self._file.open(self._names[part.casefold()]) as file:
                for _, element in elements(file, wanted):
                    yield element

    def relations(self, part: str) -> Iterator[tuple[str | None, str, str]]:
        """Identifier, type (its last word) and target of what a part points to."""
        folder, file = posixpath.split(part)
        source = posixpath.join(folder, "_rels", f"{file}.rels")
        for element in self.elements(source, {"Relationship"}):
            type_, target = element.get("Type", "").rpartition("/")[2], element.get("Target", "")
            if target[:1] != "/":
                target = posixpath.normpath(posixpath.join(folder, target))
            yield element.get("Id"), type_, target.lstrip("/")


def read(file: ZipFile) -> list[Tab]:
    """All work sheets of the workbook in the order of their tabs."""
    parts = _Parts(file)
    main = next((to for _, type_, to in parts.relations("") if type_ == "officeDocument"), "")
    if main not in parts:
        raise WorkbookError("it has no workbook part")
    related = list(parts.relations(main))
    by_type = {type_: to for _, type_, to in related}
    targets = {id_: (type_, to) for id_, type_, to in related}
    sheets, day_0 = [], datetime(1899, 12, 30)
    for element in parts.elements(main, {"workbookPr", "sheet"}):
        if local_name(element) == "workbookPr" and element.get("date1904") in ("1", "true"):
            day_0 = datetime(1904, 1, 1)
        if local_name(element) == "sheet":
            sheets.append((element.get("name", ""), attribute(element, "id"), element.get("state")))
    texts = [_text(element) for element in parts.elements(by_type.get("sharedStrings"), {"si"})]
    book = _Book(texts, _styles(parts, by_type.get("styles")), day_0)
    tabs = []
    for name, id_, state in sheets:
        type_, target = targets.get(id_ or "", ("", ""))
        if type_ == "worksheet":
            tab = _tab(parts, target, name, book)
            tab.hidden = state in ("hidden", "veryHidden")
            tabs.append(tab)
    return tabs


def _text(element: Element) -> _Text:
    """Text of a shared or inline string; the reading aids of Asian scripts (`rPh`) are left out."""
    text, looks = "", []
    for child in element:
        if local_name(child) == "t":
            text += child.text or ""
            looks.append((False, False))
        elif local_name(child) == "r":
            words = "".join(t.text or "" for t in child if local_name(t) == "t")
            text += words
            if words.strip():
                looks.append(_look([x for p in child if local_name(p) == "rPr" for x in p]))
    if "_x" in text:
        text = _ESCAPED.sub(lambda hit: chr(int(hit[1], 16)), text)
    mark = Mark.of_runs(looks)
    return _Text(text, mark if mark != Mark() else None)


def _look(properties: list[Element]) -> tuple[bool, bool]:
    """Whether a run is raised or lowered, and whether it is struck through."""
    raised = any(
        local_name(x) == "vertAlign" and attribute(x, "val") != "baseline" for x in properties
    )
    return raised, any(local_name(x) in ("strike", "dstrike") and _on(x) for x in properties)


def _on(element: Element) -> bool:
    return attribute(element, "val") not in ("0", "false", "off")


def _styles(parts: _Parts, part: str | None) -> list[_Style]:
    codes = dict(number_formats.BUILT_IN)
    struck: list[bool] = []
    styles: list[_Style] = []
    for element in parts.elements(part, {"numFmt", "font", "xf", "cellStyleXfs"}):
        name = local_name(element)
        if name == "numFmt":
            codes[int(element.get("numFmtId", 0))] = element.get("formatCode", "")
        elif name == "font":
            struck.append(any(local_name(x) == "strike" and _on(x) for x in element))
        elif name == "xf":
            code = codes.get(int(element.get("numFmtId", 0)), "General")
            font = int(element.get("fontId", 0))
            crossed = font < len(struck) and struck[font]
            styles.append(_Style(code, number_formats.kind(code), crossed))
        else:
            styles.clear()  # those were the formats of named styles, which no cell points to
    return styles


def _tab(parts: _Parts, part: str, name: str, book: _Book) -> Tab:
    cells, tab = Rows(name), Tab(name)
    row = -1
    for element in parts.elements(part, {"row", "col", "mergeCell"}):
        if local_name(element) == "row":
            row = int(element.get("r", row + 2)) - 1
            if element.get("hidden") in ("1", "true"):
                tab.hidden_rows.append(row)
            column = -1
            for cell in element:
                reference = _REFERENCE.fullmatch(cell.get("r", ""))
                column = _column(reference[1]) if reference else column + 1
                value, mark = _cell(cell, book)
                cells.put(row, column, value)
                if mark:
                    tab.marks[row, column] = mark
        elif local_name(element) == "col" and element.get("hidden") in ("1", "true"):
            last = min(int(element.get("max", 0)), 16_384)
            tab.hidden_columns += range(int(element.get("min", 1)) - 1, last)
        elif local_name(element) == "mergeCell":
            ends = [_REFERENCE.fullmatch(e) for e in element.get("ref", "").split(":")]
            if len(ends) == 2 and all(ends):
                (top, left), (bottom, right) = ((int(e[2]) - 1, _column(e[1])) for e in ends if e)
                tab.merged.append((top, left, bottom, right))
    tab.rows = cells.rows
    tab.comments = _comments(parts, part)
    return tab


def _comments(parts: _Parts, part: str) -> list[tuple[int, int]]:
    places = set()
    for _, type_, target in parts.relations(part):
        if type_ in ("comments", "threadedComment"):
            for element in parts.elements(target, {"comment", "threadedComment"}):
                reference = _REFERENCE.fullmatch(element.get("ref", ""))
                if reference:
                    places.add((int(reference[2]) - 1, _column(reference[1])))
    return sorted(places)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _cell(cell: Element, book: _Book) -> tuple[Value, Mark | None]:
    """Value of a cell, and its mark if it shows more than that."""
    kind, stored, formula, inline = cell.get("t", "n"), None, False, _Text("")
    for child in cell:
        name = local_name(child)
        if name == "v":
            stored = child.text
        elif name == "f":
            formula = True
        elif name == "is":
            inline = _text(child)
    number = int(cell.get("s", 0))
    style = book.styles[number] if number < len(book.styles) else _Style("General", "number", False)
    if kind == "s" and stored is not None:
        inline = book.texts[int(stored)]
    if kind in ("s", "inlineStr"):
        return inline.text, _text_mark(inline, style)
    if stored is None or (stored == "" and formula):
        return "", Mark(no_result=True) if formula else None
    if kind == "e":
        return stored, None  # the check of the cell knows error values
    if kind == "b":
        return stored in ("1", "true"), _struck(style)
    if kind == "str":
        return stored, _struck(style)
    if kind == "d":
        return _iso(stored), _struck(style)
    return _number(float(stored), style, book)


def _text_mark(text: _Text, style: _Style) -> Mark | None:
    if style.struck and text.text:
        return replace(text.mark or Mark(), all_struck=True)
    return text.mark


def _struck(style: _Style) -> Mark | None:
    return Mark(all_struck=True) if style.struck else None


def _number(value: float, style: _Style, book: _Book) -> tuple[Value, Mark | None]:
    if style.kind in ("date", "time", "elapsed"):
        moment = _moment(value, style.kind, book.day_0)
        if moment is not None:
            return moment, _struck(style)
    percent = style.kind == "percent"
    shown = None if percent else number_formats.shown(style.code, value)
    if percent or style.struck or shown is not None:
        return value, Mark(percent=percent, all_struck=style.struck, shown=shown)
    return value, None


def _moment(value: float, kind: str, day_0: datetime) -> Value | None:
    """The date or time of a number; `None` for a number that is none."""
    if not math.isfinite(value) or not 0 <= value < 2_958_466:
        return None
    if kind == "elapsed":
        return timedelta(days=value)
    if 0 < value < 60 and day_0.year == 1899:
        value += 1  # Excel counts a 29 February 1900
    moment = day_0 + timedelta(milliseconds=round(value * 86_400_000))
    return moment.time() if value < 1 and kind == "time" else moment


def _iso(text: str) -> Value:
    for read_iso in (date.fromisoformat, datetime.fromisoformat, time.fromisoformat):
        try:
            return read_iso(text.removesuffix("Z"))
        except ValueError:
            continue
    return text

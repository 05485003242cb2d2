"""Read an OpenDocument spreadsheet (.ods, ISO/IEC 26300): values and what they show."""

import re
from datetime import date, datetime, timedelta
from typing import NamedTuple
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from .spreadsheets import Mark, Rows, Tab, Value, WorkbookError, attribute, elements, local_name

_DURATION = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?")
_NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")


class _Look(NamedTuple):
    """What a style says about a text."""

    raised: bool
    struck: bool


def read(parts: ZipFile) -> list[Tab]:
    """All tables of the document in the order of their tabs."""
    if "META-INF/manifest.xml" in parts.namelist():
        with parts.open("META-INF/manifest.xml") as file:
            if b"encryption-data" in file.read(1_000_000):
                raise WorkbookError("is protected by a password; save it without one")
    reader = _Reader()
    with parts.open("content.xml") as file:
        for event, element in elements(file, {"style", "table-column", "table-row"}, {"table"}):
            reader.take(event, element)
    return reader.tabs


class _Reader:
    """Goes through the elements once."""

    def __init__(self) -> None:
        self.tabs: list[Tab] = []
        self._looks: dict[str, _Look] = {}
        self._hidden_tables: set[str] = set()
        self._cells = Rows("")
        self._row = 0
        self._column = 0

    def take(self, event: str, element: Element) -> None:
        """One start or end of an element."""
        name = local_name(element)
        if event == "start":
            if name == "table":
                self._begin(element)
            return
        if name == "style":
            self._style(element)
        elif name == "table-column":
            repeated = _repeated(element, "columns")
            if attribute(element, "visibility") in ("collapse", "filter"):
                self.tabs[-1].hidden_columns += range(
                    self._column, min(self._column + repeated, 16_384)
                )
            self._column += repeated
        elif name == "table-row":
            self._take_row(element)

    def _begin(self, element: Element) -> None:
        tab = Tab(attribute(element, "name") or "")
        tab.hidden = (attribute(element, "style-name") or "") in self._hidden_tables
        self._cells, self._row, self._column = Rows(tab.name), 0, 0
        tab.rows = self._cells.rows
        self.tabs.append(tab)

    def _style(self, element: Element) -> None:
        name = attribute(element, "name") or ""
        for child in element:
            if local_name(child) == "table-properties" and attribute(child, "display") == "false":
                self._hidden_tables.add(name)
            if local_name(child) == "text-properties":
                position = (attribute(child, "text-position") or "0").split()[0]
                crossed = attribute(child, "text-line-through-style") or "none"
                self._looks[name] = _Look(position not in ("0", "0%"), crossed != "none")

    def _take_row(self, element: Element) -> None:
        tab, repeated, column = self.tabs[-1], _repeated(element, "rows"), 0
        filled = []
        for cell in element:
            if local_name(cell) not in ("table-cell", "covered-table-cell"):
                continue
            times = _repeated(cell, "columns")
            value, mark, comment = self._cell(cell)
            if comment:
                tab.comments.append((self._row, column))
            wide, high = _count(cell, "columns-spanned"), _count(cell, "rows-spanned")
            if wide > 1 or high > 1:
                end = (self._row + high - 1, column + wide - 1)
                tab.merged.append((self._row, column, *end))
            if mark or not isinstance(value, str) or value.strip():
                filled += [
                    (place, value, mark) for place in range(column, min(column + times, 16_384))
                ]
            column += times
        hidden = attribute(element, "visibility") in ("collapse", "filter")
        if filled:
            for row in range(self._row, self._row + repeated):
                for place, value, mark in filled:
                    self._cells.put(row, place, value)
                    if mark:
                        tab.marks[row, place] = mark
            if hidden:
                tab.hidden_rows += range(self._row, self._row + repeated)
        self._row += repeated

    def _cell(self, cell: Element) -> tuple[Value, Mark | None, bool]:
        """Value, mark and whether there is a comment."""
        comment = any(local_name(child) == "annotation" for child in cell)
        runs: list[tuple[str, _Look]] = []
        own = self._looks.get(attribute(cell, "style-name") or "", _Look(False, False))
        for place, paragraph in enumerate(p for p in cell if local_name(p) == "p"):
            if place:
                runs.append(("\n", own))
            runs += self._runs(paragraph, own)
        text = "".join(words for words, _ in runs)
        mark = Mark.of_runs([look for words, look in runs if words.strip()])
        value = self._value(cell, text, mark)
        return value, (mark if mark != Mark() else None), comment

    def _value(self, cell: Element, text: str, mark: Mark) -> Value:
        kinds = [v for key, v in cell.items() if key.rpartition("}")[2] == "value-type"]
        stored = {key.rpartition("}")[2]: v for key, v in cell.items()}
        if "error" in kinds or (stored.get("formula") and text.startswith(("#", "Err:"))):
            return text  # the check of the cell knows error values
        if stored.get("formula") and not kinds:
            mark.no_result = True
            return ""
        if "percentage" in kinds:
            mark.percent = True
            return float(stored["value"])
        if "float" in kinds or "currency" in kinds:
            value = float(stored["value"])
            number = _NUMBER.fullmatch(text.strip())
            if not number or float(number[0].replace(",", ".")) != value:
                shown = text.strip()
                mark.shown = shown if _differs(shown, value) else None
            return value
        if "date" in kinds:
            return _moment(stored["date-value"])
        if "time" in kinds:
            return _duration(stored["time-value"])
        if "boolean" in kinds:
            return stored.get("boolean-value") == "true"
        return text

    def _runs(self, element: Element, look: _Look) -> list[tuple[str, _Look]]:
        """The texts below an element, each with how it looks."""
        runs = [(element.text or "", look)]
        for child in element:
            name = local_name(child)
            if name == "s":
                runs.append((" " * min(_count(child, "c"), 1_000), look))
            elif name == "line-break":
                runs.append(("\n", look))
            elif name == "tab":
                runs.append(("\t", look))
            elif name not in ("annotation", "ruby-text"):
                runs += self._runs(
                    child, self._looks.get(attribute(child, "style-name") or "", look)
                )
            runs.append((child.tail or "", look))
        return runs


def _differs(shown: str, value: float) -> bool:
    """Whether a shown number is another one; thousands signs, spaces and currency are no matter."""
    digits = re.sub(r"[^0-9.,E+-]", "", shown)
    guesses = {digits.replace(",", ""), digits.replace(".", "").replace(",", ".")}
    for guess in guesses:
        try:
            if abs(float(guess) - value) <= 1e-9 * abs(value):
                return any(letter.isalpha() for letter in shown.replace("E", ""))
        except ValueError:
            continue
    return True


def _count(element: Element, name: str) -> int:
    """A number attribute such as `columns-spanned`, 1 where there is none."""
    text = attribute(element, f"number-{name}") or attribute(element, name) or "1"
    return int(text) if text.isdecimal() else 1


def _repeated(element: Element, what: str) -> int:
    return max(1, _count(element, f"{what}-repeated"))


def _moment(text: str) -> Value:
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        return text


def _duration(text: str) -> Value:
    hit = _DURATION.fullmatch(text)
    if not hit:
        return text
    days, hours, minutes, seconds = (float(part or 0) for part in hit.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)

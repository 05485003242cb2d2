"""From the rows of a table to the rows of a review's sheets."""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from singlearm.sheets.problems import shorten
from singlearm.sheets.spreadsheets import spans

from . import numbers
from .columns import Columns, Outcome
from .labels import labelled, study_label, surely_total
from .numbers import Unreadable
from .percents import Percentages
from .study_cells import study_cell
from .sums import Record, sums
from .table import Table, some
from .understand import unlike
from .values import Row, Values, as_text

#: The sheet of each kind of outcome.
SHEET = {"proportion": "outcomes", "rate": "rates", "time": "durations", "ratio": "comparative"}
#: Signs other than letters and digits that a study's label may have.
SIGNS = " .,()&'+/-"
_AUTHOR_YEAR = re.compile(r"(?P<author>.+?)[\s,(_]+(?P<year>(?:18|19|20)[0-9]{2})[a-z]?\)?")
_YEAR_AUTHOR = re.compile(r"(?P<year>(?:19|20)[0-9]{2})[\s_-]+(?P<author>[^\d_-]+)(?:[_-].*)?")


@dataclass
class Sheets:
    """The rows of the sheets of a review, the studies first, and what was left out."""

    studies: list[Row] = field(default_factory=list)
    values: dict[str, list[Row]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def sheet_rows(table: Table, columns: Columns) -> Sheets:
    """The rows of every sheet; a cell that cannot be read is left out and said so."""
    return _Builder(table, columns).build()


class _Builder(Values):
    def __init__(self, table: Table, columns: Columns) -> None:
        super().__init__(table)
        self.columns, self._row = columns, 0
        self.sheets = Sheets(remarks=self.remarks)
        self._odd: dict[str, list[int]] = defaultdict(list)
        self._left_out: dict[str, list[int]] = defaultdict(list)
        self._percentages = Percentages(table, self._tell)
        self._decimals = {h for h in columns.studies if self.decimal == "," and self._numeric(h)}
        self._ids: dict[str, str] = {}
        self._studies: dict[str, Row] = {}
        self._of_word = {outcome.word: name for name, outcome in columns.outcomes.items()}

    def build(self) -> Sheets:
        """All rows in the order of the table."""
        records = self._records()
        if self.decimal == ",":
            self.sheets.remarks.append("numbers have decimal commas")
        names = self._names(records)
        for (row, cells), name in zip(records, names, strict=True):
            study = self._study(name, row, cells)
            for outcome in self._outcomes(row, cells):
                self._value(study, outcome, row, cells)
        self.sheets.studies = list(self._studies.values())
        with_values = {row["study_id"] for rows in self.sheets.values.values() for row in rows}
        without = [s["study_id"] for s in self.sheets.studies if s["study_id"] not in with_values]
        if without:
            self.sheets.remarks.append(f"no value of: {some(without, 6)}")
        for reason, rows in self._left_out.items():
            self.sheets.left_out.append(f"row {spans(rows)}: {reason}")
        for reason, rows in self._odd.items():
            self.sheets.remarks.append(f"row {spans(rows)}: {reason}")
        return self.sheets

    def _numeric(self, header: str) -> bool:
        """Whether a column holds decimals, and each cell a number or that there is none."""
        texts = self.table.texts(header)
        try:
            for text in texts:
                if numbers.with_limits(text)[1]:
                    return False  # the limits would be lost
                numbers.number(text, self.decimal)
        except Unreadable:
            return False
        return numbers.are_decimals(texts)

    def _records(self) -> list[tuple[int, list[str]]]:
        """The rows that are studies: no totals, no footnotes, no headings."""
        found: list[Record] = []
        columns = self.columns
        author = next((h for h, name in columns.studies.items() if name == "first_author"), None)
        for row, cells, how in labelled(
            self.table, columns.study, (columns.outcome, columns.arm), author, columns.year
        ):
            if how == "above":
                self._tell("the study's label is taken from the row above")
            elif how:
                label = self.table.cell(cells, columns.study[0])
                self._odd[f"no label; called '{label}'"].append(row)
            label = study_label(self.table, columns.study, cells)
            surely = surely_total(self.table, columns.study, cells)
            if surely:
                self._note(f"'{label}' is a sum of studies", row)
                found.append(Record(row, cells, label, "", surely))
            elif not label:
                self._note("no study is named", row)
            elif not self._any_value(cells) and sum(bool(cell.strip()) for cell in cells) < 3:
                self._note("no number; a heading or a footnote", row)
            else:
                found.append(Record(row, cells, label, self.table.cell(cells, self.columns.arm)))
        out, told = sums(self.table, self.columns, found)
        for row, reason in out.items():
            self._note(reason, row)
        self.sheets.remarks += [f"row {row}: {reason}" for row, reason in told.items()]
        return [(each.row, each.cells) for each in found if not each.surely and each.row not in out]

    def _any_value(self, cells: list[str]) -> bool:
        headers = {h for o in self.columns.outcomes.values() for h in o.values.values()}
        return any(self.table.cell(cells, header) for header in headers)

    def _note(self, reason: str, row: int) -> None:
        self._left_out[reason].append(row)

    def _names(self, records: list[tuple[int, list[str]]]) -> list[tuple[str, str]]:
        """Trial and arm of each row; arms are numbered where nothing names them."""
        labels = [study_label(self.table, self.columns.study, cells) for _, cells in records]
        words = [self.table.cell(cells, self.columns.outcome) for _, cells in records]
        arms = [self.table.cell(cells, self.columns.arm) for _, cells in records]
        several = {
            label for (label, _), times in Counter(zip(labels, words, strict=True)).items()
            if times > 1
        }  # fmt: skip
        names, seen = [], Counter[tuple[str, str, str]]()
        twice = Counter(zip(labels, words, arms, strict=True))
        for label, word, arm in zip(labels, words, arms, strict=True):
            key = (label, word, arm)
            seen[key] += 1
            number = f"{seen[key]}" if twice[key] > 1 else ""
            names.append(
                (label, " ".join(p for p in (arm, number) if p) if label in several else "")
            )
        if several:
            how = f"named by '{self.columns.arm}'" if self.columns.arm else "numbered"
            self.sheets.remarks.append(
                f"{len(several)} studies have several rows for one outcome: read as arms, {how}; "
                "the column trial says which belong together"
            )
        return names

    def _study(self, name: tuple[str, str], row: int, cells: list[str]) -> str:
        """The identifier of a row's study or arm, put among the studies when it is new."""
        trial, arm = name
        label = f"{trial}, {arm}" if arm else trial
        if label in self._ids:
            self._fill(self._studies[self._ids[label]], row, cells)
            return self._ids[label]
        study = identifier(label, self._studies)
        self._ids[label] = study
        self._studies[study] = entry = {"study_id": study}
        if study != label:
            entry["label"] = label
        if self.columns.arm or arm:
            entry["trial"] = identifier(trial, ())
        parts = _AUTHOR_YEAR.fullmatch(trial) or _YEAR_AUTHOR.fullmatch(trial)
        if self.columns.year:
            text = self.table.cell(cells, self.columns.year).removesuffix(".0")
            entry["year"] = self._checked(self.columns.year, "year", text, row)
        elif parts:
            entry |= {"first_author": parts["author"].strip(" ,("), "year": parts["year"]}
        self._fill(entry, row, cells)
        return study

    def _fill(self, entry: Row, row: int, cells: list[str]) -> None:
        """Copy the study's own columns; two rows of a study that differ are told."""
        for header, name in self.columns.studies.items():
            text = self.table.cell(cells, header)
            if header in self._decimals:
                text = as_text(numbers.number(text, self.decimal))
            text = self._checked(header, name, text, row)
            if not entry.get(name):
                entry[name] = text
            elif text and text != entry[name]:
                study = entry["study_id"]
                self._note(f"'{header}' of {study} is '{entry[name]}' above; kept that", row)

    def _checked(self, header: str, name: str, text: str, row: int) -> str:
        """The cell as the check of the sheets takes it; one that it refuses is left out and told.

        A year in a longer text is told too: a letter behind it only tells two reports apart.
        """
        found, wrong = study_cell(name, text)
        if wrong:
            self._note(f"'{header}': '{shorten(text)}' {wrong}", row)
        elif name == "year" and found and found != text.rstrip("abcdefgh"):
            reason = f"'{header}': {found} is read of '{shorten(text)}'"
            self._odd[reason].append(row)
        return found

    def _outcomes(self, row: int, cells: list[str]) -> list[tuple[str, Outcome]]:
        if not self.columns.outcome:
            return list(self.columns.outcomes.items())
        word = " ".join(self.table.cell(cells, self.columns.outcome).split())
        if word not in self._of_word:
            self._note(
                f"the outcome '{word}' is not in columns.yaml" if word else "no outcome", row
            )
            return []
        name = self._of_word[word]
        return [(name, self.columns.outcomes[name])]

    def _value(self, study: str, named: tuple[str, Outcome], row: int, cells: list[str]) -> None:
        name, outcome = named
        self._row = row
        read: Callable[[Outcome, list[str]], Row | None] = getattr(self, f"_{outcome.kind}")
        try:
            values = read(outcome, cells)
        except Unreadable as error:
            self._note(f"{name}: {error}", row)
            return
        if values is None:
            return
        entry = {"study_id": study, "outcome": name} | values | {"source_locator": f"row {row}"}
        self.sheets.values.setdefault(SHEET[outcome.kind], []).append(entry)

    def _proportion(self, outcome: Outcome, cells: list[str]) -> Row | None:
        if "fraction" in outcome.values:
            text = self.table.cell(cells, outcome.values["fraction"])
            pair = numbers.fraction(text, self.decimal)
            return pair and _counted(*pair)
        total = self._count(outcome, "total", cells)
        if "events" in outcome.values:
            header, beside = outcome.values["events"], outcome.values.get("percent")
            text, percent = self.table.cell(cells, header), self.table.cell(cells, beside)
            if numbers.percent_beside(text):
                text, within = self._percentages.in_cell(header, outcome.values["total"], text)
                percent = percent if beside else within
            events = self._whole(text)
            if events is None:
                return None
            if total is None:
                raise Unreadable("events without a total")
            self._percentages.compare(beside or header, percent, events, total)
            return _counted(events, total)
        printed = self._number(outcome, "percent", cells)
        if printed is None or total is None:
            return None
        header = outcome.values["percent"]
        text = self.table.cell(cells, header)
        of = self._percentages.scale(header, outcome.values["total"])
        told = f"'{header}' is read as {'proportions of 1' if of == 1 else 'percent'}; events are "
        self._tell(f"{told}computed from it and the total: compare them with the reports")
        if numbers.is_whole(text, total, self.decimal, of) is False:
            reason = f"'{header}' of '{outcome.values['total']}' is no whole number of events"
            self._odd[reason].append(self._row)
        events = math.floor(printed / of * total + 0.5)
        return _counted(events, total) | {"derived": "from_percent"}


def _counted(events: int, total: int) -> Row:
    if total == 0:
        raise Unreadable("a total of 0")
    if events > total:
        raise Unreadable(f"{events} events of {total}")
    return {"events": events, "total": total}


def identifier(label: str, others: Any) -> str:
    """A label that sheets may have as `study_id`, unlike all others.

    Letters and digits of any script and some signs stay; the printed name keeps the rest.

    >>> identifier("Müller*Smith 2020 †", ())
    'Müller Smith 2020'
    """
    text = unicodedata.normalize("NFC", label)
    text = "".join(char if char.isalnum() or char in SIGNS or char == "_" else " " for char in text)
    text = " ".join(text.split()).lstrip(SIGNS)[:80].strip(" ,") or "study"
    return unlike(text, others, " ")

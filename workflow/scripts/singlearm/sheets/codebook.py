"""The codebook of a review: the program's columns, narrowed and added to by `config/codebook.csv`.

The outcomes that a sheet may name come from the protocol, where they are named once.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from singlearm.catalogue.declare import Type as TableType
from singlearm.kinds import KINDS
from singlearm.kinds.columns import Column, Required, Type

from .core import CORE, EXTRACTED, TAKEN, TAKEN_IN_STUDIES
from .csv_sheets import NAMES, separator_of
from .problems import near

TYPES, REQUIRED = get_args(Type), get_args(Required)
#: Columns of the file; only the first two are needed.
FIELDS = (
    "sheet", "column", "type", "unit", "allowed", "separator", "minimum", "maximum", "pattern",
    "form", "required", "key", "recodes", "at_most", "label", "description",
)  # fmt: skip
#: A column's name: also a name in R scripts, CSV headers and figures.
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
#: Columns of the program whose words are only shown, so that a review may have others.
FREE = ("confidence",)
#: Type of a table's column for each type of a sheet's.
TABLE_TYPES: dict[str, TableType] = {"integer": "integer", "number": "number"}
_PROGRAM = [column for columns in CORE.values() for column in columns]


class CodebookError(ValueError):
    """The codebook itself is not in order; the message lists every fault."""


class Codebook:
    """All columns, by kind of sheet and name."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self._kinds: dict[str, dict[str, Column]] = {}
        for column in columns:
            self._kinds.setdefault(column.sheet, {})[column.name] = column

    def of(self, kind: str) -> dict[str, Column]:
        """Columns of a kind of sheet by name."""
        return self._kinds[kind]

    def keys(self, kind: str) -> tuple[str, ...]:
        """Names of the columns that together name a row of this kind."""
        return tuple(name for name, column in self.of(kind).items() if column.key)

    def types(self, kind: str) -> dict[str, TableType]:
        """Name to the type in a table of the review's own columns of a kind of sheet."""
        return {n: TABLE_TYPES.get(c.type, "string") for n, c in self.of(kind).items() if c.own}

    def separators(self, kind: str) -> dict[str, str]:
        """Name to the sign between the members of each list column of a kind of sheet."""
        return {n: c.separator for n, c in self.of(kind).items() if c.type == "list"}

    def for_outcomes(
        self, outcomes: Mapping[str, Mapping[str, Any]], more: Iterable[str] = ()
    ) -> "Codebook":
        """The same codebook with the outcomes of a protocol as the words that sheets may have.

        Parameters
        ----------
        outcomes : mapping
            Name of an outcome to its keys in the protocol; `kind` says in which sheet it stands. A
            comparative sheet may have proportions as well.
        more : iterable of str
            Outcomes that the sheets have and the review does not analyse.
        """
        by_sheet: dict[str, list[str]] = {}
        for name, outcome in outcomes.items():
            kind = KINDS[outcome["kind"]]
            by_sheet.setdefault(kind.sheet.name, []).append(kind.named(name, outcome))
            if outcome["kind"] == "proportion":
                by_sheet.setdefault(KINDS["ratio"].sheet.name, []).append(name)
        allowed = {
            sheet: tuple(dict.fromkeys((*by_sheet.get(sheet, ()), *more))) for sheet in EXTRACTED
        }
        allowed |= {EXTRACTED[sheet]: names for sheet, names in list(allowed.items())}
        allowed |= dict.fromkeys(("claims", "certainty"), (*outcomes, *more))
        return Codebook(
            replace(column, allowed=allowed[kind])
            if column.name == "outcome" and kind in allowed
            else column
            for kind, columns in self._kinds.items()
            for column in columns.values()
        )


def core_codebook() -> Codebook:
    """The program's own columns."""
    return Codebook(_PROGRAM)


def read_codebook(path: str | Path | None) -> Codebook:
    """The program's columns with what a review's `codebook.csv` adds; no file: only the former.

    Raises
    ------
    CodebookError
        With every fault of the file, each with its row.
    """
    if path is None or not Path(path).exists():
        return core_codebook()
    rows = _table(Path(path))
    core = {(c.sheet, c.name): c for c in _PROGRAM}
    faults, lines, seen = [], [], set()
    for number, row in rows:
        place = (row["sheet"], row["column"])
        found = _faults(row, core.get(place))
        if place in seen:
            found.append("the column is listed twice")
        seen.add(place)
        where = f"row {number} ({row['sheet']}, {' '.join(row['column'].split())[:60]})"
        faults += [f"{where}: {each}" for each in found]
        if not found:
            lines.append(_column(row, core.get(place)))
    faults += _unknown_bounds(lines)
    if faults:
        raise CodebookError("\n".join(faults))
    return Codebook(
        c for kind in CORE for c in _in_order(kind, [x for x in lines if x.sheet == kind])
    )


def misnamed(path: Path) -> list[str]:
    """Files that seem to be the codebook where there is none by its name."""
    if path.exists() or not path.parent.is_dir():
        return []
    endings = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")
    return [
        f"{each} is not read: the codebook is {path.as_posix()}; "
        + ("rename it" if each.suffix.lower() == ".csv" else "save it as CSV with this name")
        for each in sorted(path.parent.iterdir())
        if each.stem.strip().casefold() == path.stem and each.suffix.lower() in endings
    ]


def _table(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The lines of the file with their row numbers; columns that it does not have are empty."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            separator, text = separator_of(file.read())
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
        table, header = list(reader), reader.fieldnames or []
    except (OSError, UnicodeError, csv.Error) as error:
        raise CodebookError(f"{path.name} cannot be read: {error}") from error
    odd = [name for name in header if name not in FIELDS]
    if odd or not {"sheet", "column"} <= set(header):
        hint = near(odd[0], FIELDS) if odd else ""
        raise CodebookError(
            f"{path.name}: the columns are sheet, column and any of {', '.join(FIELDS[2:])}"
            f"{f'; {odd[0]} is none of them {hint}' if odd else ''}"
        )
    short = [
        f"row {number}: not {len(header)} cells"
        for number, row in enumerate(table, start=2)
        if None in row or None in row.values()
    ]
    if short:
        sign = NAMES[separator]
        raise CodebookError(
            f"{path.name}: its cells are separated by {sign}, and {len(short)} of its rows have "
            f"not {len(header)} cells; put a cell that holds such a sign itself in quotes, or "
            "save the file with commas\n" + "\n".join(short)
        )
    empty = dict.fromkeys(FIELDS, "")
    return [(number, empty | row) for number, row in enumerate(table, start=2)]


def _in_order(kind: str, lines: list[Column]) -> list[Column]:
    """The columns of a kind: own ones stand behind the program's column that the file has before.

    Without such a column they stand at the end.
    """
    listed = {line.name: line for line in lines}
    core = [listed.get(column.name, column) for column in CORE[kind]]
    behind: dict[str, list[Column]] = {}
    anchor = core[-1].name
    for line in lines:
        if line.own:
            behind.setdefault(anchor, []).append(line)
        else:
            anchor = line.name
    return [each for column in core for each in (column, *behind.get(column.name, ()))]


def _faults(row: dict[str, str], core: Column | None) -> list[str]:
    found = []
    if row["sheet"] not in CORE:
        found.append(
            f"sheet '{row['sheet']}' is not one of {', '.join(CORE)}. {near(row['sheet'], CORE)}"
        )
    if not NAME.fullmatch(row["column"]):
        found.append("a column's name begins with a letter and has letters, digits and _ only")
    if core is None:
        taken = TAKEN_IN_STUDIES if row["sheet"] == "studies" else TAKEN
        if row["column"] in taken:
            found.append(
                "the program's tables have a column of this name, which would be read in its "
                f"place; call it otherwise, as own_{row['column']}, here and in the sheets"
            )
        if row["type"] not in TYPES:
            found.append(f"type '{row['type']}' is not one of {', '.join(TYPES)}")
        if row["type"] == "list" and not row["separator"]:
            found.append("a list needs its separator")
        if row["key"]:
            found.append("a column that the review adds cannot name a row; leave key empty")
    elif row["type"] not in ("", core.type):
        found.append(f"type '{row['type']}': this column of the program is {core.type}")
    elif core.allowed and core.name not in FREE:
        small = {word.casefold() for word in core.allowed}
        odd = [word for word in row["allowed"].split("|") if word and word.casefold() not in small]
        if odd:
            found.append(
                f"allowed '{odd[0]}' is none of the words by which the program decides here "
                f"({', '.join(core.allowed)}); a word of your own is a recode: {odd[0]}="
                f"{core.allowed[0]}"
            )
    if row["required"] not in (*REQUIRED, ""):
        found.append(f"required '{row['required']}' is not one of {', '.join(REQUIRED)}")
    if row["key"] not in ("yes", ""):
        found.append(f"key '{row['key']}' is not yes or empty")
    for bound in ("minimum", "maximum"):
        try:
            float(row[bound] or 0)
        except ValueError:
            found.append(f"{bound} '{row[bound]}' is not a number")
    try:
        re.compile(row["pattern"])
    except re.error as error:
        found.append(f"pattern '{row['pattern']}': {error}")
    if any(part.count("=") != 1 for part in row["recodes"].split("|") if part):
        found.append("recodes are written as raw=value, separated by |")
    return found


def _unknown_bounds(lines: list[Column]) -> list[str]:
    """Columns named in at_most that are no numbers of the sheet."""
    numbers = {(c.sheet, c.name) for c in (*_PROGRAM, *lines) if c.type in TABLE_TYPES}
    return [
        f"({line.sheet}, {line.name}): at_most '{line.at_most}' is not a column of this sheet, or "
        "one of the two does not hold numbers"
        for line in lines
        if line.at_most and not {(line.sheet, line.name), (line.sheet, line.at_most)} <= numbers
    ]


def _column(row: dict[str, str], core: Column | None) -> Column:
    """A line of the file as a column; of one of the program's only what may be narrowed."""
    parts = [part.split("=") for part in row["recodes"].split("|") if part]
    values: dict[str, Any] = {
        "unit": row["unit"],
        "allowed": tuple(part for part in row["allowed"].split("|") if part),
        "minimum": float(row["minimum"]) if row["minimum"] else None,
        "maximum": float(row["maximum"]) if row["maximum"] else None,
        "required": row["required"],
        "recodes": tuple((raw, value) for raw, value in parts),
        "at_most": row["at_most"],
        "label": row["label"],
    }
    if core is not None:
        narrowed = {name: value for name, value in values.items() if value not in ("", (), None)}
        # The program decides by its own words, whatever their case in the file.
        known = {} if core.name in FREE else {word.casefold(): word for word in core.allowed}
        if known and "allowed" in narrowed:
            narrowed["allowed"] = tuple(known[word.casefold()] for word in narrowed["allowed"])
        recodes = ((raw, known.get(word.casefold(), word)) for raw, word in values["recodes"])
        narrowed["recodes"] = (*core.recodes, *recodes)
        if core.required == "filled":
            narrowed.pop("required", None)
        return replace(core, **narrowed)
    return Column(
        sheet=row["sheet"],
        name=row["column"],
        type=row["type"],  # type: ignore[arg-type]
        separator=row["separator"],
        pattern=row["pattern"],
        form=row["form"],
        description=row["description"],
        own=True,
        **(values | {"required": row["required"] or "optional"}),
    )

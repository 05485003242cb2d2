"""The codebook: every raw column with its type, unit, allowed values, recodes and hint."""

import csv
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from singlearm.catalogue import tables

TYPES = ("text", "category", "list", "integer", "number", "date")
REQUIRED = ("filled", "present", "optional")
FIELDS = (
    "sheet",
    "column",
    "type",
    "unit",
    "allowed",
    "separator",
    "minimum",
    "maximum",
    "pattern",
    "required",
    "key",
    "recodes",
    "description",
)

#: Kinds of sheets that two extractors fill, each with its adjudication sheet.
EXTRACTED = {
    "outcomes": "adjudication",
    "durations": "adjudication_durations",
    "comparative": "adjudication_comparative",
}
#: Every sheet name of a layer and its kind in the codebook.
SHEETS = {
    "studies": "studies",
    **{f"{kind}_{number}": kind for kind in EXTRACTED for number in (1, 2)},
    **{sheet: sheet for sheet in EXTRACTED.values()},
    **{name: name for name in ("claims", "search_flow", "risk_of_bias", "certainty")},
}
REQUIRED_SHEETS = ("studies", "outcomes_1")
#: Columns that the cleaning adds to what the sheets have.
ORIGIN = ("layer", "sheet", "row", "agreement")


class CodebookError(ValueError):
    """The codebook itself is not in order; the message lists every fault."""


@dataclass(frozen=True, eq=False)  # one object for each column, so its identity is its hash
class Column:
    """One column of a sheet kind.

    `required`: `filled` (there, and no empty cell), `present` (there) or `optional`.
    """

    sheet: str
    name: str
    type: str
    unit: str
    allowed: tuple[str, ...]
    separator: str
    minimum: float | None
    maximum: float | None
    pattern: str
    required: str
    key: bool
    recodes: tuple[tuple[str, str], ...]
    description: str

    @cached_property
    def recoded(self) -> dict[str, str]:
        """Raw spelling to the value it stands for."""
        return dict(self.recodes)

    @cached_property
    def matches(self) -> re.Pattern | None:
        """Compiled pattern of a text, if there is one."""
        return re.compile(self.pattern) if self.pattern else None

    def allows(self) -> str:
        """What may stand in the column, in words."""
        unit = f" ({self.unit})" if self.unit else ""
        if self.type == "category":
            return f"one of {', '.join(self.allowed)}" if self.allowed else "a word"
        if self.type == "list":
            of = f" from {', '.join(self.allowed)}" if self.allowed else ""
            return f"values{of} joined by '{self.separator}'"
        if self.type == "date":
            return "an ISO date, as 2020-12-31"
        if self.type == "text":
            return f"text of the form {self.pattern}" if self.pattern else "any text"
        noun = "a whole number" if self.type == "integer" else "a number"
        if self.minimum is not None and self.maximum is not None:
            return f"{noun} from {self.minimum:g} to {self.maximum:g}{unit}"
        return f"{noun}{f', {self.minimum:g} or more' if self.minimum is not None else ''}{unit}"


class Codebook:
    """All columns, by sheet kind and name, in the order of the file."""

    def __init__(self, columns: list[Column]) -> None:
        self._kinds: dict[str, dict[str, Column]] = {}
        for column in columns:
            self._kinds.setdefault(column.sheet, {})[column.name] = column

    def of(self, kind: str) -> dict[str, Column]:
        """Columns of a sheet kind by name."""
        return self._kinds[kind]

    def keys(self, kind: str) -> tuple[str, ...]:
        """Names of the columns that together name a row of this kind."""
        return tuple(name for name, column in self.of(kind).items() if column.key)

    def fields(self, kind: str) -> tuple[str, ...]:
        """Names of the fields of an extracted kind that the extractors are compared on."""
        of = self.of(EXTRACTED[kind])
        return tuple(n.removeprefix("decision_") for n in of if n.startswith("decision_"))


def read_codebook(path: str | Path) -> Codebook:
    """Read `config/codebook.csv`.

    Raises:
        CodebookError: with every fault of the file, each with its row.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            table = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeError, csv.Error) as error:
        raise CodebookError(f"{Path(path).name} cannot be read: {error}") from error
    faults, columns, seen = [], [], set()
    if not table or set(table[0]) != set(FIELDS):
        raise CodebookError(f"{Path(path).name}: the columns must be {', '.join(FIELDS)}")
    for number, row in enumerate(table, start=2):
        if None in row or None in row.values():
            faults.append(f"row {number}: not {len(FIELDS)} cells")
            continue
        told = _faults(row)
        if (row["sheet"], row["column"]) in seen:
            told.append("the column is listed twice")
        seen.add((row["sheet"], row["column"]))
        faults += [f"row {number} ({row['sheet']}, {row['column']}): {each}" for each in told]
        if not told:
            columns.append(_column(row))
    kinds = set(SHEETS.values())
    faults += [f"no column of the sheet {kind}" for kind in sorted(kinds - {s for s, _ in seen})]
    for kind in ("studies", *EXTRACTED):
        for name in tables.columns(kind):
            if name not in ORIGIN and (kind, name) not in seen:
                faults.append(
                    f"the column {name} of the sheet {kind} is missing; the steps need it"
                )
    if faults:
        raise CodebookError("\n".join(faults))
    return Codebook(columns)


def _faults(row: dict[str, str]) -> list[str]:
    told = []
    if row["sheet"] not in SHEETS.values():
        told.append(
            f"sheet '{row['sheet']}' is not one of {', '.join(sorted(set(SHEETS.values())))}"
        )
    if row["type"] not in TYPES:
        told.append(f"type '{row['type']}' is not one of {', '.join(TYPES)}")
    if row["required"] not in REQUIRED:
        told.append(f"required '{row['required']}' is not one of {', '.join(REQUIRED)}")
    if row["key"] not in ("yes", ""):
        told.append(f"key '{row['key']}' is not yes or empty")
    if row["type"] == "list" and not row["separator"]:
        told.append("a list needs its separator")
    for bound in ("minimum", "maximum"):
        try:
            float(row[bound] or 0)
        except ValueError:
            told.append(f"{bound} '{row[bound]}' is not a number")
    try:
        re.compile(row["pattern"])
    except re.error as error:
        told.append(f"pattern '{row['pattern']}': {error}")
    if any(part.count("=") != 1 for part in row["recodes"].split("|") if part):
        told.append("recodes are written as raw=value, separated by |")
    return told


def _column(row: dict[str, str]) -> Column:
    parts = [part.split("=") for part in row["recodes"].split("|") if part]
    return Column(
        sheet=row["sheet"],
        name=row["column"],
        type=row["type"],
        unit=row["unit"],
        allowed=tuple(part for part in row["allowed"].split("|") if part),
        separator=row["separator"],
        minimum=float(row["minimum"]) if row["minimum"] else None,
        maximum=float(row["maximum"]) if row["maximum"] else None,
        pattern=row["pattern"],
        required=row["required"],
        key=row["key"] == "yes",
        recodes=tuple((raw, value) for raw, value in parts),
        description=row["description"],
    )

"""Double extraction: pair the extractors' cells, apply the decisions, say what is open.

A cell is one study and outcome, and what else its kind's sheet names a value by: contrast and data
cut of a comparison, the time of a landmark, time and survival of a curve's reading. Its analysed
value is the adjudicated decision where there is one, otherwise what both extractors agree on; where
only one extractor's sheet exists its value is taken as it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from singlearm.kinds import KINDS, Sheet
from singlearm.kinds.columns import VERIFIED
from singlearm.kinds.rows import plain

from .cells import BAD
from .codebook import Codebook
from .layers import Layer
from .problems import Faults, at, shorten

AGREED, ADJUDICATED, SINGLE = "agreed", "adjudicated", "single"
HELD_OUT = "held out"
#: Who compared a value with its source, when and with what.
VERIFIED_BY = tuple(column.name for column in VERIFIED)
#: What a value may be compared with, the best source first.
SOURCES = ("full_text", "registry", "abstract")

#: Each kind of extraction sheet by its name.
SHEET_OF: dict[str, Sheet] = {kind.sheet.name: kind.sheet for kind in KINDS.values()}


@dataclass(frozen=True, slots=True)
class Cell:
    """One extracted cell of a layer.

    `values` has the columns of the extractors' sheet; `held_out` cells have no analysed value and
    `values` are the extractors' (or none). `sheet` and `row` say where the value stands;
    `carried_from` is the older report whose value a newer one that lacks it keeps. `verified` are
    the sources with which an extractor who has this value compared it.
    """

    kind: str
    key: tuple
    values: dict
    layer: str
    sheet: str
    row: int
    agreement: str
    reason: str | None = None
    carried_from: str | None = None
    verified: tuple[str, ...] = ()

    @property
    def sheet_of_kind(self) -> Sheet:
        """What its kind says of its sheet."""
        return SHEET_OF[self.kind]

    @property
    def label(self) -> str:
        """Name of the cell within its study."""
        return self.sheet_of_kind.label(self.values)

    @property
    def text(self) -> str:
        """Its value in one short text, for logs."""
        return self.sheet_of_kind.text(self.values)

    @property
    def extracted_text(self) -> str | None:
        """What was extracted, of a cell that a decision holds out; None where nothing was."""
        fields = [self.values.get(name) for name in self.sheet_of_kind.fields]
        return self.text if any(value is not None for value in fields) else None

    @property
    def held_out(self) -> bool:
        """Whether a decision keeps the cell out of the analysis."""
        return self.agreement == HELD_OUT

    @property
    def study_id(self) -> str:
        """The study of the cell."""
        return self.values["study_id"]

    @property
    def place(self) -> str:
        """Where its value stands, for logs and messages."""
        return f"{self.layer} {self.sheet} row {self.row}"

    def of_key(self, names: Iterable[str], study_id: str | None = None) -> tuple:
        """The parts of the key with these names, of another study if one is given."""
        parts = dict(zip(self.sheet_of_kind.key, self.key, strict=True))
        parts["study_id"] = study_id or self.study_id
        return tuple(parts[name] for name in names)


@dataclass(slots=True)
class Reconciled:
    """A layer after double extraction: its cells, what both extractors wrote, what is open.

    `table` has the rows of the reconciliation table, `undecided` for each kind the rows that its
    adjudication sheet lacks, the decision empty.
    """

    cells: list[Cell] = field(default_factory=list)
    table: list[dict] = field(default_factory=list)
    undecided: dict[str, list[dict]] = field(default_factory=dict)


def reconcile(layer: Layer, codebook: Codebook, lower: set[tuple], faults: Faults) -> Reconciled:
    """Pair the extractors' cells of a layer and apply the decisions, for all extracted kinds.

    `lower` has (kind, key) of every cell that a lower layer has: an empty decision may withdraw
    those without rows of its own. A cell that is open (an error) is not among the cells.
    """
    made = Reconciled()
    for kind in SHEET_OF:
        for pair in _pairs(layer, kind, codebook, faults):
            cell, status = _settle(pair, layer, (kind, pair.key) in lower, faults)
            made.table += _table_rows(pair, layer.name, status)
            if cell is not None:
                made.cells.append(cell)
            elif status == "open" and pair.decision is None:
                made.undecided.setdefault(kind, []).append(_undecided(pair))
    return made


@dataclass(frozen=True, slots=True)
class _Pair:
    """What the two extractors and the adjudicator wrote about one cell (None: no row)."""

    kind: str
    key: tuple
    needed: tuple[str, ...]
    first: dict | None
    second: dict | None
    decision: dict | None
    double: bool

    @property
    def sheet(self) -> Sheet:
        """What the kind says of its sheet."""
        return SHEET_OF[self.kind]

    @property
    def fields(self) -> tuple[str, ...]:
        """The compared fields."""
        return self.sheet.fields

    @property
    def extracted(self) -> list[dict]:
        """The extractors' rows that are there."""
        return [row for row in (self.first, self.second) if row is not None]

    @property
    def agreed(self) -> bool:
        """Whether both extractors have the cell and all its fields are equal."""
        return len(self.extracted) == 2 and self.of(self.first) == self.of(self.second)

    def of(self, row: dict | None) -> tuple:
        """The compared fields of an extractor's row, each `None` without one."""
        return tuple(None if row is None else row[name] for name in self.fields)

    @property
    def decided(self) -> tuple:
        """The decision's fields, each `None` without one."""
        row = self.decision
        return tuple(None if row is None else row[f"decision_{name}"] for name in self.fields)

    @property
    def unreadable(self) -> bool:
        """Whether a field cannot be read, so that nothing can be said about the cell."""
        values = (*(v for row in self.extracted for v in self.of(row)), *self.decided)
        return any(value is BAD for value in values)


def _pairs(layer: Layer, kind: str, codebook: Codebook, faults: Faults) -> Iterator[_Pair]:
    """Each cell of a kind with the rows about it, in the order of the sheets."""
    sheet = SHEET_OF[kind]
    sheets = (f"{kind}_1", f"{kind}_2", sheet.adjudication)
    if any(sheet in layer.unread for sheet in sheets):
        return  # its fault is told; what would follow from it is not
    needed = tuple(f for f in sheet.fields if codebook.of(kind)[f].required == "filled")
    first, second, decided = (_by_key(layer.rows(name), sheet.key) for name in sheets)
    double = bool(second)  # a tab of the template that was left empty is no second extractor
    if first and not double:
        told = "only one extractor filled this kind of sheet; its values are taken as they are"
        faults.warn(sheets[0], "single_extractor", told)
    for key in dict.fromkeys((*first, *second, *decided)):
        rows = first.get(key), second.get(key), decided.get(key)
        yield _Pair(kind, key, needed, *rows, double)


def _by_key(rows: list[dict], names: tuple[str, ...]) -> dict[tuple, dict]:
    """Rows by key: the first of two with one key (the check names both), none with a bad key."""
    found: dict[tuple, dict] = {}
    for row in rows:
        key = tuple(row[name] for name in names)
        if BAD not in key:
            found.setdefault(key, row)
    return found


def _settle(pair: _Pair, layer: Layer, is_lower: bool, faults: Faults) -> tuple[Cell | None, str]:
    """The cell and its status; an open cell is told as a fault."""
    if pair.unreadable:
        return None, "unreadable"
    if pair.decision is not None:
        return _decide(pair, pair.decision, layer, is_lower, faults)
    row = pair.extracted[0]
    sheet = f"{pair.kind}_{1 if pair.first else 2}"
    if pair.agreed or not pair.double:
        status = AGREED if pair.agreed else SINGLE
        values, sources = _verified(row, pair.extracted)
        place = layer.name, sheet, row["row"], status
        return Cell(pair.kind, pair.key, values, *place, verified=sources), status
    _tell_open(pair, sheet, row, faults)
    return None, "open"


def _tell_open(pair: _Pair, sheet: str, row: dict, faults: Faults) -> None:
    label = shorten(f"{pair.key[0]}, {pair.sheet.label(row)}")
    if pair.first and pair.second:
        column = next(f for f in pair.fields if pair.first[f] != pair.second[f])
        told = (
            f"{pair.kind}_{number} row {each['row']} has {_fields_text(pair, pair.of(each))}"
            for number, each in enumerate(pair.extracted, start=1)
        )
        message = f"the extractors differ on {label}: {', '.join(told)}"
    else:
        column = "outcome"
        message = f"only {sheet} has {label} ({_fields_text(pair, pair.of(row))})"
    hint = f"add a row for it to {pair.sheet.adjudication}; an empty decision holds it out"
    where = at(row, column, plain(row[column]))
    faults.error(sheet, "missing_adjudication", message, hint, **where)


def _undecided(pair: _Pair) -> dict:
    """A row of the adjudication sheet with what both extractors wrote and no decision."""
    row = dict(zip(pair.sheet.key, pair.key, strict=True))
    for number, extracted in ((1, pair.first), (2, pair.second)):
        row |= {f"e{number}_{f}": extracted[f] if extracted else None for f in pair.fields}
    return row


def _decide(
    pair: _Pair, row: dict, layer: Layer, is_lower: bool, faults: Faults
) -> tuple[Cell | None, str]:
    """The cell as a row of the adjudication sheet decides it, and its status."""
    sheet = pair.sheet.adjudication
    label = shorten(f"{pair.key[0]}, {pair.sheet.label(row)}")
    held_out = all(value is None for value in pair.decided)
    if not pair.extracted and not (held_out and is_lower):
        told = f"{label} is in neither extractor's sheet of this layer"
        hint = "compare study_id and outcome with the sheets"
        hint = "add the extractors' rows" if is_lower else hint
        faults.error(sheet, "adjudication_without_cell", told, hint, **at(row, "study_id"))
        return None, "open"
    _tell_stale(pair, row, label, faults)
    half = [f for f in pair.needed if row[f"decision_{f}"] is None]
    if half and not held_out:
        told = f"the decision on {label} is only partly filled"
        hint = "fill it, or empty the whole decision to hold the cell out"
        faults.error(sheet, "half_decision", told, hint, **at(row, f"decision_{half[0]}"))
        return None, "open"
    overrides = pair.agreed and pair.decided != pair.of(pair.first)
    if overrides:
        told = (
            f"{'holds out' if held_out else 'overrides'} {label}, on which both extractors "
            f"agree ({_fields_text(pair, pair.of(pair.first))})"
        )
        value = "" if held_out else _fields_text(pair, pair.decided)
        where = at(row, f"decision_{pair.fields[0]}", value)
        faults.warn(sheet, "overrides_agreed", told, "make sure that it is meant", **where)
    if not held_out:
        _tell_third_value(pair, row, label, faults)
    values = {name: row[name] for name in pair.sheet.key}
    sources: tuple[str, ...] = ()
    if pair.extracted:
        having = [r for r in pair.extracted if pair.of(r) == pair.decided]
        values, sources = _verified((having or pair.extracted)[0], having)
    if not held_out:
        values = values | dict(zip(pair.fields, pair.decided, strict=True))
    agreement = HELD_OUT if held_out else ADJUDICATED
    reason = None if row["reason"] is BAD else row["reason"]
    place = layer.name, sheet, row["row"], agreement, reason
    cell = Cell(pair.kind, pair.key, values, *place, verified=sources)
    return cell, "overridden" if overrides else agreement


def _verified(values: dict, having: list[dict]) -> tuple[dict, tuple[str, ...]]:
    """A value as verified by the extractors who have it, the best source shown, and all sources.

    A decision that neither of them wrote was compared by none of them.
    """
    by_source = {
        row["verified_against"]: row
        for row in reversed(having)
        if row.get("verified_against") in SOURCES
    }
    sources = tuple(source for source in SOURCES if source in by_source)
    shown = by_source[sources[0]] if sources else (having or [{}])[0]
    of_shown = {name: shown.get(name) for name in VERIFIED_BY if name in values}
    return values | of_shown, sources


def _tell_third_value(pair: _Pair, decision: dict, label: str, faults: Faults) -> None:
    """A decision may find that neither extractor is right; more often it is a slip of the hand."""
    for name, decided in zip(pair.fields, pair.decided, strict=True):
        if decided is not None and all(decided != row[name] for row in pair.extracted):
            told = f"neither extractor has this value for {label}"
            where = at(decision, f"decision_{name}", plain(decided))
            hint = "make sure that it is meant"
            faults.warn(pair.sheet.adjudication, "third_value", told, hint, **where)


def _tell_stale(pair: _Pair, decision: dict, label: str, faults: Faults) -> None:
    """An adjudication that copies the extractors' values must copy the present ones."""
    copied = {(n, name): decision[f"e{n}_{name}"] for n in (1, 2) for name in pair.fields}
    if all(value is None for value in copied.values()):
        return  # nothing is copied
    for (number, name), value in copied.items():
        row = pair.first if number == 1 else pair.second
        there = row[name] if row else None
        if value is not BAD and value != there:
            told = f"{pair.kind}_{number} has {plain(there) or 'nothing'} for {label}"
            hint = "the sheet changed after the decision: decide again"
            where = at(decision, f"e{number}_{name}", plain(value))
            faults.error(pair.sheet.adjudication, "adjudication_stale", told, hint, **where)


def _fields_text(pair: _Pair, values: tuple) -> str:
    return pair.sheet.text(dict(zip(pair.fields, values, strict=True)))


def _table_rows(pair: _Pair, layer: str, status: str) -> list[dict]:
    values = pair.first or pair.second or pair.decision or {}
    columns = (pair.of(pair.first), pair.of(pair.second), pair.decided)
    return [
        {
            "layer": layer,
            "sheet_kind": pair.kind,
            "study_id": pair.key[0],
            "outcome": pair.sheet.label(values),
            "field": name,
            **dict(zip(("value_1", "value_2", "decision"), map(_shown_or_bad, three), strict=True)),
            "status": status,
            "reason": pair.decision["reason"] if pair.decision else None,
        }
        for name, *three in zip(pair.fields, *columns, strict=True)
    ]


def _shown_or_bad(value: object) -> str | None:
    return "unreadable" if value is BAD else plain(value) or None

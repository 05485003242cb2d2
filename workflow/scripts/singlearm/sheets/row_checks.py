"""What must hold within one row, between the rows of a sheet, and between a row and its study's
size.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from singlearm.catalogue.points import counts_points, is_points, most_points, written_most
from singlearm.kinds import WITH_SHEETS, Sheet
from singlearm.kinds.rows import RowFault, given, plain

from .cells import BAD
from .codebook import Codebook
from .layers import Layer
from .problems import Faults, at
from .reconcile import ADJUDICATED, HELD_OUT, Cell
from .stack import Stack

#: Where the reason stands why a number of patients is above the study's size.
NOTES = {"": "notes", "decision_": "reason"}
#: Words of a note that tells who was counted.
_OF_PATIENTS = re.compile(
    r"randomi|enrol|evaluab|denominator|intention|\bitt\b|"
    r"\ball (\w+ )?(patients|participants|subjects|persons)|"
    r"\b(safety|analysis|full|other|larger) (set|population|cohort|group)",
    re.IGNORECASE,
)
#: The most points of a tool whose numbers are judgements (MINORS).
_POINTS = 2
#: What is said of a note on something else.
_UNTOLD = ", and the note does not say why"


def check_rows(
    layer: Layer,
    codebook: Codebook,
    outcomes: Mapping[str, Mapping],
    size: str | None,
    sizes: Mapping[str, object],
    faults: Faults,
) -> None:
    """Tell the faults within the rows of a layer. What only looks odd in an extractor's row is not
    told where a decision stands for the cell: the decision is looked at in the same way.

    Parameters
    ----------
    outcomes : mapping
        The protocol's outcomes.
    size : str or None
        The column of the studies with their number of patients, if the protocol names one.
    sizes : mapping
        study_id to that number, for the studies of this and the lower layers.
    """
    for sheet in (kind.sheet for kind in WITH_SHEETS):
        said = _notes(layer, sheet)
        settled = {_key(row, sheet) for row in layer.rows(sheet.adjudication)}
        for name, prefix in _tabs(sheet):
            for row in layer.rows(name):
                doubts = bool(prefix) or _key(row, sheet) not in settled
                for fault in sheet.check(row, prefix) if sheet.check else ():
                    if fault.severity == "error" or doubts:
                        faults.take(name, fault, **_where(row, fault))
                if size and sheet.counted:
                    notes = [
                        row[NOTES[prefix]],
                        *(said.get(_key(row, sheet), ()) if prefix else ()),
                    ]
                    _above_size(row, name, sheet, prefix, size, sizes, notes, faults)
            if sheet.check_all and not prefix:
                for row, fault in sheet.check_all(layer.rows(name), outcomes):
                    faults.take(name, fault, **_where(row, fault))
    for name, tab in layer.sheets.items():
        bounded = [(c.name, c.at_most) for c in codebook.of(tab.kind).values() if c.at_most]
        for row in tab.rows if bounded else ():
            _at_most(row, name, bounded, faults)
    for row in layer.rows("studies"):
        if row["include"] == "no" and row["exclude_reason"] is None:
            told, hint = "is empty although include is no", "say why the study is left out"
            faults.error("studies", "exclude_reason", told, hint, **at(row, "exclude_reason"))


def check_decided(
    layer: Layer, cells: Sequence[Cell], outcomes: Mapping[str, Mapping], faults: Faults
) -> None:
    """What decisions leave of two extractions must hold between rows as each extraction must.

    Numbers at risk may fall in both extractors' sheets, and rise where a decision mixes them. A
    rule that an extractor's own rows of the study break is told there.
    """
    for sheet in (kind.sheet for kind in WITH_SHEETS):
        of_sheet = [cell for cell in cells if cell.kind == sheet.name]
        decided = {c.study_id for c in of_sheet if c.agreement in (ADJUDICATED, HELD_OUT)}
        if not sheet.check_all or not decided:
            continue
        extracted = (layer.rows(f"{sheet.name}_{number}") for number in (1, 2))
        told = {
            (row["study_id"], fault.rule)
            for rows in extracted
            for row, fault in sheet.check_all(rows, outcomes)
        }
        kept = [cell for cell in of_sheet if cell.study_id in decided and not cell.held_out]
        rows = [cell.values | {"row": cell.row, "of": cell} for cell in kept]
        for row, fault in sheet.check_all(rows, outcomes):
            if (row["study_id"], fault.rule) in told:
                continue
            cell, column = row["of"], fault.column
            if cell.sheet == sheet.adjudication and column in sheet.fields:
                column = f"decision_{column}"
            faults.take(cell.sheet, fault, row=cell.row, column=column, value=fault.value)


def check_points(layer: Layer, faults: Faults) -> None:
    """No domain of a tool on bias has more points or stars than it can have."""
    for row in layer.rows("risk_of_bias"):
        tool, domain, judgement = (row[name] for name in ("tool", "domain", "judgement"))
        texts = isinstance(tool, str) and isinstance(domain, str) and isinstance(judgement, str)
        if not texts or not is_points(judgement):
            continue
        most = most_points(tool, domain) if counts_points(tool, domain) else _POINTS
        if most is None or int(judgement) <= most:
            continue
        sure = written_most(domain) is not None or not counts_points(tool, domain)
        tell = faults.error if sure else faults.warn
        told = f"is more than the {most} that {domain} of {tool} can have"
        hint = "where a domain can have more, write the most behind its name, as 'Selection (of 5)'"
        tell("risk_of_bias", "too_many_points", told, hint, **at(row, "judgement"))


def check_replaced(stack: Stack, size: str | None, faults_of: dict[str, Faults]) -> None:
    """A study row of a higher layer may not have fewer patients than a cell below it counts."""
    if not size:
        return
    for cell in stack.cells.values():
        sheet = cell.sheet_of_kind
        study, counted = stack.studies.get(cell.study_id), cell.values.get(sheet.counted)
        if study is None or study.layer == cell.layer:
            continue  # an unknown or unreadable study is told where it stands
        notes = (cell.values["notes"], cell.reason)
        found = _unexplained(sheet, counted, study.values[size], notes, size)
        if found:
            severity, untold = found
            told = f"is below the {counted} patients of {cell.label} in {cell.place}{untold}"
            hint = "check both, or extract the outcome again in this layer"
            where = at(study.values, size)
            faults_of[study.layer].add(severity, "studies", "total_above_size", told, hint, **where)


def _unexplained(
    sheet: Sheet, counted: Any, patients: Any, notes: Sequence[object], size: str
) -> tuple[str, str] | None:
    """How grave it is that a count is above a study's size, and what is said of its notes.

    None where it is not above, or a note says why.
    """
    if not given(counted, patients) or counted <= patients:
        return None
    if _told(notes, (counted, patients), (size,)):
        return None
    noted = any(isinstance(note, str) for note in notes)
    return ("warning", _UNTOLD) if noted else (sheet.counted_severity, "")


def _told(notes: Iterable[object], numbers: tuple, columns: tuple[str, ...]) -> bool:
    """Whether notes speak of numbers of patients: name one of them, or who was counted.

    A word of the columns' names counts as well, as treated of n_treated.
    """
    text = " ".join(note for note in notes if isinstance(note, str))
    words = [word for name in columns for word in name.split("_") if len(word) > 3]
    named = [rf"(?<![0-9.,]){re.escape(plain(number))}(?![0-9])" for number in numbers]
    return bool(
        _OF_PATIENTS.search(text)
        or re.search("|".join([*named, *map(re.escape, words)]), text, re.IGNORECASE)
    )


def _key(row: dict, sheet: Sheet) -> tuple:
    return tuple(row[name] for name in sheet.key)


def _notes(layer: Layer, sheet: Sheet) -> dict[tuple, list]:
    """What the extractors note about each cell; a decision need not say it again."""
    found: dict[tuple, list] = {}
    for row in layer.extracted(sheet.name):
        found.setdefault(_key(row, sheet), []).append(row.get("notes"))
    return found


def _tabs(sheet: Sheet) -> Iterator[tuple[str, str]]:
    """The tabs of a kind with the prefix of the columns that hold the value."""
    yield from ((f"{sheet.name}_1", ""), (f"{sheet.name}_2", ""), (sheet.adjudication, "decision_"))


def _where(row: dict, fault: RowFault) -> dict:
    return {"row": row["row"], "column": fault.column, "value": fault.value}


def _above_size(
    row: dict,
    name: str,
    sheet: Sheet,
    prefix: str,
    size: str,
    sizes: Mapping[str, object],
    notes: list,
    faults: Faults,
) -> None:
    column = f"{prefix}{sheet.counted}"
    patients = sizes.get(row["study_id"]) if row["study_id"] is not BAD else None
    found = _unexplained(sheet, row[column], patients, notes, size)
    if found:
        severity, untold = found
        told = f"is above the {patients} patients of {row['study_id']} ({size})"
        told += untold or " without a note"
        hint = f"check the number, or say in {NOTES[prefix]} why it is larger"
        faults.add(severity, name, "total_above_size", told, hint, **at(row, column))


def _at_most(row: dict, name: str, bounded: list[tuple[str, str]], faults: Faults) -> None:
    for small, large in bounded:
        if not given(row[small], row[large]) or row[small] <= row[large]:
            continue
        note = row.get("notes")
        if not _told([note], (row[small], row[large]), (small, large)):
            untold = _UNTOLD if isinstance(note, str) else " without a note"
            told = f"is above {large} ({row[large]}){untold}"
            hint = "are the columns swapped? If not, say why in notes"
            faults.warn(name, "above", told, hint, **at(row, small))

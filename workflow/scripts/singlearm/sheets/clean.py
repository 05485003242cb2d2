"""The clean tables of a version, made from its stack."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from singlearm.catalogue import tables
from singlearm.kinds import KINDS, WITH_SHEETS, Kind

from .agreement import agreement_rows
from .check import Reading
from .codebook import TABLE_TYPES, Codebook
from .core import CELL, OF_CELL, ORIGIN
from .labels import study_labels
from .plan import Plan
from .reconcile import HELD_OUT, Cell
from .stack import Stack, Study


def clean_tables(
    reading: Reading, plan: Plan
) -> tuple[dict[str, list[dict]], dict[str, list[dict]]]:
    """Rows of every clean table by kind, and the analysed cells of each proportion outcome.

    Raises
    ------
    ValueError
        If the sheets have errors: nothing is made of what was refused.
    """
    if reading.errors:
        raise ValueError(f"the sheets have {len(reading.errors)} errors; nothing was computed")
    stack, codebook = reading.stack, reading.codebook
    clean = {"studies": [_study_row(study, codebook) for study in stack.studies.values()]}
    for kind in WITH_SHEETS:
        sheet = kind.sheet
        names = [*tables.columns(sheet.clean_table), *codebook.types(sheet.name)]
        clean[sheet.clean_table] = [_extracted_row(cell, names) for cell in stack.of(sheet.name)]
    clean |= {
        "reconciliation": reading.reconciliation,
        "agreement": agreement_rows(reading.reconciliation),
        "change_log": stack.log,
        "availability": _availability(stack, plan.outcomes),
        "published_claims": [
            {name: claim[name] for name in tables.columns("published_claims")}
            for claim in reading.claims
        ],
    }
    clean |= reading.side.tables(set(stack.studies))
    return clean, _by_outcome(clean, plan, codebook)


def column_types(codebook: Codebook) -> dict[str, str]:
    """The type of every column of the studies, for those who read the open tables."""
    return {n: TABLE_TYPES.get(c.type, "string") for n, c in codebook.of("studies").items()}


def _study_row(study: Study, codebook: Codebook) -> dict[str, Any]:
    row = {name: study.values[name] for name in codebook.of("studies")}
    row["include"] = "yes"  # those that the sheets exclude are not among them
    origin = (study.layer, "studies", study.row, "single")
    return row | dict(zip(ORIGIN, origin, strict=True))


def _extracted_row(cell: Cell, names: list[str]) -> dict[str, Any]:
    origin = dict(zip(ORIGIN, (cell.layer, cell.sheet, cell.row, cell.agreement), strict=True))
    known = cell.values | origin | {"carried_from": cell.carried_from}
    return {name: known.get(name) for name in names}


def _by_outcome(
    clean: Mapping[str, list[dict]], plan: Plan, codebook: Codebook
) -> dict[str, list[dict]]:
    labels = study_labels(clean["studies"])
    studies = {study["study_id"]: study for study in clean["studies"]}
    names = plan.cell_columns(codebook)
    found: dict[str, list[dict]] = {
        name: [] for name, outcome in plan.outcomes.items() if outcome["kind"] == "proportion"
    }
    for cell in clean["outcomes"]:
        if cell["outcome"] in found:
            study = studies[cell["study_id"]] | {"label": labels[cell["study_id"]]}
            found[cell["outcome"]].append({name: _part(name, cell, study) for name in names})
    return found


def _part(name: str, cell: Mapping[str, Any], study: Mapping[str, Any]) -> Any:
    """One column of an outcome's cells: of the count, or of the study beside it."""
    if name in OF_CELL:
        return cell[OF_CELL[name]]
    return cell[name] if name in CELL and name in cell else study[name]


def _availability(stack: Stack, outcomes: Mapping[str, Mapping[str, Any]]) -> list[dict]:
    """Whether each study has each outcome: available, held out by a decision, or absent; what is
    held out with its value and the reason.
    """
    available, held_out = _by_word(stack.cells.values()), _by_word(stack.withdrawn.values())
    rows = []
    for name in outcomes:
        there = {cell.study_id for cell in _of_outcome(available, name, outcomes)}
        held = {cell.study_id: cell for cell in _of_outcome(held_out, name, outcomes)}
        for study_id in stack.studies:
            row: dict[str, Any] = {"study_id": study_id, "outcome": name, "status": "absent"}
            row |= {"value": None, "reason": None}
            if study_id in there:
                row["status"] = "available"
            elif study_id in held:
                cell = held[study_id]
                row |= {"status": HELD_OUT, "value": cell.extracted_text, "reason": cell.reason}
            rows.append(row)
    return rows


def _of_outcome(
    cells: Mapping[tuple[str, str], list[Cell]], name: str, outcomes: Mapping[str, Mapping]
) -> Iterator[Cell]:
    """The cells of an outcome; of one that is pooled from several sheets those of all, but for
    medians that were not reached, which are no point of a curve.
    """
    pooled_from_others = KINDS[outcomes[name]["kind"]].derived
    for kind, of, settings in _sources(name, outcomes):
        for cell in cells[kind.sheet.name, kind.named(of, settings)]:
            unreached = pooled_from_others and cell.values.get("not_reached") == "yes"
            if kind.is_of(cell.values, of, settings) and not unreached:
                yield cell


def _sources(name: str, outcomes: Mapping[str, Mapping]) -> Iterator[tuple[Kind, str, Mapping]]:
    """The kinds as which an outcome's values are extracted, each with an outcome and its entry."""
    outcome = outcomes[name]
    kind = KINDS[outcome["kind"]]
    if not kind.derived:
        yield kind, name, outcome
        return
    pooled_from = kind.poolings[kind.table].tables
    for source in (each for each in KINDS.values() if not each.derived):
        if source.sheet.clean_table in pooled_from and source.sheet.by_end_point:
            yield source, name, outcome
        elif source.sheet.clean_table in pooled_from:
            for other, settings in outcomes.items():
                if settings["kind"] == source.name and settings.get("of") == outcome["of"]:
                    yield source, other, settings


def _by_word(cells: Iterable[Cell]) -> dict[tuple[str, str], list[Cell]]:
    """Cells by kind of sheet and the outcome's word there."""
    found: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        found[cell.kind, cell.values["outcome"]].append(cell)
    return found

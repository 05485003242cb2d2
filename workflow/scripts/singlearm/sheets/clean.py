"""The clean tables of a version, made from its stack."""

from singlearm.catalogue import tables

from .agreement import agreement_rows
from .codebook import ORIGIN, Codebook
from .labels import study_labels
from .layers import BAD, layer_names, read_layer
from .problems import Faults
from .reconcile import reconcile
from .side_sheets import SideSheets
from .stack import Stack

#: Kind of the sheets that hold an outcome of a kind of the protocol.
SHEETS_OF = {"proportion": "outcomes", "time": "durations", "ratio": "comparative"}


def read_stack(paths: list[str], codebook: Codebook) -> tuple[Stack, list[dict], SideSheets]:
    """The stack of layers that passed the checks, the reconciliation table, the optional sheets.

    Raises:
        ValueError: if the layers have an error after all (they changed after the check).
    """
    stack, table, side = Stack(), [], SideSheets()
    for path, name in layer_names(paths).items():
        faults = Faults(name)
        layer = read_layer(path, name, codebook, faults)
        cells, rows = reconcile(layer, codebook, stack.known(), faults)
        errors = [problem.line() for problem in faults.found if problem.severity == "error"]
        errors += [
            f"{name}, {sheet.name} is not readable"
            for sheet in layer.sheets.values()
            if any(BAD in row.values() for row in sheet.rows)
        ]
        if errors:
            raise ValueError("the sheets changed after their check: " + "; ".join(errors))
        stack.add(name, layer.rows("studies"), cells, codebook)
        side.add(layer)
        table += rows
    stack.drop()
    return stack, table, side


def clean_tables(
    stack: Stack, reconciliation: list[dict], outcomes: dict, codebook: Codebook
) -> tuple[dict[str, list[dict]], dict[str, list[dict]]]:
    """Rows of every clean table by kind, and the analysed cells of each proportion outcome."""
    studies = [_study_row(study, codebook) for study in stack.studies.values()]
    clean = {"studies": studies}
    for kind in SHEETS_OF.values():
        names = [name for name in tables.columns(kind) if name not in ORIGIN]
        clean[kind] = [
            {name: cell.values[name] for name in names}
            | {
                "layer": cell.layer,
                "sheet": cell.sheet,
                "row": cell.row,
                "agreement": cell.agreement,
            }
            for cell in stack.of(kind)
        ]
    clean |= {
        "reconciliation": reconciliation,
        "agreement": agreement_rows(reconciliation),
        "change_log": stack.log,
        "availability": _availability(stack, outcomes),
    }
    labels = study_labels(studies)
    by_study = {study["study_id"]: study for study in studies}
    by_outcome = {
        name: [
            _cell_row(cell, labels, by_study)
            for cell in clean["outcomes"]
            if cell["outcome"] == name
        ]
        for name, outcome in outcomes.items()
        if outcome["kind"] == "proportion"
    }
    return clean, by_outcome


def _study_row(study, codebook: Codebook) -> dict:
    row = {name: study.values[name] for name in codebook.of("studies")}
    # A numeric further column is text in the artifact, whose schema cannot know it.
    known = tables.columns("studies")
    row = {n: v if n in known or v is None else tables.format_cell(v) for n, v in row.items()}
    origin = (study.layer, "studies", study.row, "single")
    return row | dict(zip(ORIGIN, origin, strict=True))


def _cell_row(cell: dict, labels: dict[str, str], by_study: dict[str, dict]) -> dict:
    """A cell beside its study. Rows and layers stay out: they move without the data changing."""
    study = by_study[cell["study_id"]]
    row = {"study_id": cell["study_id"], "label": labels[cell["study_id"]]}
    row |= {name: cell[name] for name in ("events", "total", "derived")}
    row |= {name: cell[name] for name in ("source_url", "source_locator", "source_type")}
    row |= {f"cell_{name}": cell[name] for name in ("confidence", "notes", "agreement")}
    return row | {name: value for name, value in study.items() if name not in ("study_id", *ORIGIN)}


def _availability(stack: Stack, outcomes: dict) -> list[dict]:
    available = {(c.study_id, c.kind, c.values["outcome"]) for c in stack.cells.values()}
    held_out = {(c.study_id, c.kind, c.values["outcome"]) for c in stack.withdrawn.values()}
    rows = []
    for study_id in stack.studies:
        for name, outcome in outcomes.items():
            cell = (study_id, SHEETS_OF[outcome["kind"]], name)
            status = "held out" if cell in held_out else "absent"
            status = "available" if cell in available else status
            rows.append({"study_id": study_id, "outcome": name, "status": status})
    return rows

"""What must hold within one row, and between a row and its study's size."""

from collections.abc import Iterator, Mapping

from singlearm.kinds import WITH_SHEETS, Sheet
from singlearm.kinds.rows import RowFault, given

from .codebook import Codebook
from .layers import BAD, Layer
from .problems import Faults
from .stack import Stack

#: Where the reason stands why a number of patients is above the study's size.
NOTES = {"": "notes", "decision_": "reason"}


def check_rows(
    layer: Layer,
    codebook: Codebook,
    outcomes: Mapping[str, Mapping],
    size: str | None,
    sizes: Mapping[str, object],
    faults: Faults,
) -> None:
    """Tell the faults within the rows of a layer.

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
        for name, prefix in _tabs(sheet):
            for row in layer.rows(name):
                for fault in sheet.check(row, prefix) if sheet.check else ():
                    faults.take(name, fault, **_where(row, fault))
                if size and sheet.counted:
                    _above_size(row, name, sheet, prefix, size, sizes, faults)
            if sheet.check_all and not prefix:
                for row, fault in sheet.check_all(layer.rows(name), outcomes):
                    faults.take(name, fault, **_where(row, fault))
    for name, tab in layer.sheets.items():
        bounded = [(c.name, c.at_most) for c in codebook.of(tab.kind).values() if c.at_most]
        for row in tab.rows if bounded else ():
            _at_most(row, name, bounded, faults)
    for row in layer.rows("studies"):
        if row["include"] == "no" and row["exclude_reason"] is None:
            faults.error(
                "studies",
                "exclude_reason",
                "is empty although include is no",
                "say why the study is left out",
                row=row["row"],
                column="exclude_reason",
            )


def check_replaced(stack: Stack, size: str | None, faults_of: dict[str, Faults]) -> None:
    """A study row of a higher layer may not have fewer patients than a cell below it counts."""
    if not size:
        return
    for cell in stack.cells.values():
        sheet = cell.sheet_of_kind
        study, counted = stack.studies.get(cell.study_id), cell.values.get(sheet.counted)
        if study is None or study.layer == cell.layer:
            continue  # an unknown or unreadable study is told where it stands
        patients = study.values[size]
        noted = cell.values["notes"] is not None or cell.reason is not None
        if given(patients, counted) and counted > patients and not noted:
            faults_of[study.layer].add(
                sheet.counted_severity,
                "studies",
                "total_above_size",
                f"is below the {counted} patients of {cell.label} in {cell.layer} "
                f"{cell.sheet} row {cell.row}",
                "check both, or extract the outcome again in this layer",
                row=study.row,
                column=size,
                value=patients,
            )


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
    faults: Faults,
) -> None:
    counted = row[f"{prefix}{sheet.counted}"]
    patients = sizes.get(row["study_id"]) if row["study_id"] is not BAD else None
    notes = NOTES[prefix]
    if given(counted, patients) and counted > patients and row[notes] is None:
        faults.add(
            sheet.counted_severity,
            name,
            "total_above_size",
            f"is above the {patients} patients of {row['study_id']} ({size}) without a note",
            f"check the number, or say in {notes} why it is larger",
            row=row["row"],
            column=f"{prefix}{sheet.counted}",
            value=counted,
        )


def _at_most(row: dict, name: str, bounded: list[tuple[str, str]], faults: Faults) -> None:
    for small, large in bounded:
        above = given(row[small], row[large]) and row[small] > row[large]
        if above and row.get("notes") is None:
            faults.warn(
                name,
                "above",
                f"is above {large} ({row[large]}) without a note",
                "are the columns swapped? If not, say why in notes",
                row=row["row"],
                column=small,
                value=row[small],
            )

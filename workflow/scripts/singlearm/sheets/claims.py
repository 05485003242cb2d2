"""The published claims of a version: their sheet, and what each names in protocol and studies."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .cells import BAD
from .codebook import Codebook
from .files import WORKBOOK
from .groups import levels_of
from .layers import Layer, read_sheet
from .plan import Plan
from .problems import Faults, at, near
from .stack import Stack
from .validate import validate

SHEET = "claims"
#: What is claimed of one outcome, and not of the review as a whole.
OF_OUTCOME = ("estimate_percent", "median_months", "p_below", "p_at_least")
#: What is counted among the studies of a level.
COUNTED = ("k", "n")
#: What may be claimed of a level of a subgroup.
OF_LEVEL = ("k", "n", "estimate_percent")


def read_claims(
    plan: Plan, layers: Sequence[Layer], codebook: Codebook, faults_of: Mapping[str, Faults]
) -> tuple[list[dict], Faults]:
    """The rows of the sheet that the protocol names, and where its faults are noted.

    A sheet of a layer has been read and validated with it; another file is read here.
    """
    faults = Faults(plan.claims or "")
    if not plan.claims:
        return [], faults
    path = Path(plan.claims)
    for layer in layers:
        if layer.path == path.parent and path.stem.casefold() in (SHEET, WORKBOOK):
            return layer.rows(SHEET), faults_of[layer.name]
    if not path.is_file():
        return [], faults  # told by the checks of the protocol
    sheet = read_sheet(path, SHEET, codebook, faults)
    if sheet is None:
        return [], faults
    validate(sheet, codebook, faults)
    return sheet.rows, faults


def check_claims(
    rows: Sequence[dict], plan: Plan, stack: Stack, codebook: Codebook, faults: Faults
) -> None:
    """Tell the claims that could not be held against anything, or against something else."""
    studies = [study.values for study in stack.readable()]
    columns, separators = codebook.of("studies"), codebook.separators("studies")
    levels = {
        name: set(levels_of(studies, subgroup, separators).values()) - {None}
        for name, subgroup in plan.subgroups.items()
        if {subgroup["from"], *(subgroup.get("where") or {})} <= set(columns)
    }
    for row in rows:
        parts = {name: row[name] for name in ("quantity", "outcome", "by", "level")}
        if BAD in parts.values() or row["quantity"] is None:
            continue
        for severity, column, message, hint in _faults(parts, plan, columns, levels):
            faults.add(severity, SHEET, f"claim_{column}", message, hint, **at(row, column))


def _faults(
    claim: dict, plan: Plan, columns: Mapping, levels: Mapping[str, set]
) -> Iterator[tuple[str, str, str, str]]:
    """Severity, column, message and remedy of each fault of a claim."""
    quantity, by, level = claim["quantity"], claim["by"], claim["level"]
    if quantity in OF_OUTCOME and claim["outcome"] is None:
        told = f"is empty, and {quantity} is claimed of an outcome"
        yield "error", "outcome", told, "name the outcome"
    if quantity == "count":
        if by not in columns:
            told = "names no column of the studies, whose distinct values are counted"
            yield "error", "by", told, near(by or "", columns) or "write the column's name"
        return
    if by is None:
        if level is not None:
            told = "is a level of no subgroup, as by is empty"
            yield "error", "level", told, "name the subgroup of the protocol in by"
        return
    if by not in plan.subgroups:
        there = f"there is: {', '.join(plan.subgroups) or 'none'}"
        told = "is not a subgroup of the protocol for this version"
        counted = quantity in COUNTED
        told += "" if counted else "; the claim cannot be tested"
        yield "error" if counted else "warning", "by", told, near(by, plan.subgroups) or there
    elif quantity == "median_months":
        told = "is given, and medians are not held against those of a subgroup"
        yield "error", "by", told, "leave by and level empty, or take the claim out"
    elif quantity in OF_LEVEL and level is None:
        told = f"is empty, and {quantity} is claimed of a level of {by}"
        yield "error", "level", told, f"there is: {', '.join(sorted(levels.get(by, ())))}"
    elif quantity in OF_LEVEL and by in levels and level not in levels[by]:
        there = f"there is: {', '.join(sorted(levels[by])) or 'none'}"
        told = f"is a level of {by} that no study of this version has"
        yield "warning", "level", told, near(level, levels[by]) or there

"""All checks of a version in one reading of its sheets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import protocol_checks, study_checks
from .cells import BAD
from .claims import check_claims, read_claims
from .codebook import Codebook, CodebookError, core_codebook, read_codebook
from .layers import Layer, layer_names, read_layer
from .plan import Plan
from .problems import Faults, Problem
from .reconcile import reconcile
from .row_checks import check_decided, check_points, check_replaced, check_rows
from .side_sheets import SideSheets
from .stack import Stack
from .validate import validate


@dataclass(slots=True)
class Reading:
    """The sheets of a version as read once: every problem, and what the clean tables are made of.

    The stack is the analysis set; with errors among the problems it is not to be used. `undecided`
    has for each layer and kind the rows that its adjudication sheet lacks; `claims` are the rows of
    the sheet of published claims.
    """

    codebook: Codebook
    problems: list[Problem] = field(default_factory=list)
    stack: Stack = field(default_factory=Stack)
    reconciliation: list[dict] = field(default_factory=list)
    undecided: dict[str, dict[str, list[dict]]] = field(default_factory=dict)
    side: SideSheets = field(default_factory=SideSheets)
    claims: list[dict] = field(default_factory=list)

    @property
    def errors(self) -> list[Problem]:
        """The problems that stop the run."""
        return [problem for problem in self.problems if problem.severity == "error"]


def read_version(plan: Plan, codebook_path: str | Path | None) -> Reading:
    """Read, check, reconcile and stack the layers of a version.

    Every fault of the sheets, of the codebook, and of the protocol against the data is among the
    problems, whatever else is wrong.
    """
    general = Faults("")
    try:
        codebook = read_codebook(codebook_path)
    except CodebookError as error:
        for line in str(error).splitlines():
            general.error("codebook", "codebook", line)
        return Reading(core_codebook(), general.found)
    protocol_checks.check_codebook(codebook, general)
    codebook = codebook.for_outcomes(plan.outcomes, plan.not_analysed)
    for path in sorted({path for path in plan.layers if plan.layers.count(path) > 1}):
        general.error(
            "protocol", "layer_twice", "is in the stack twice", column="layers", value=path
        )
    names = layer_names(list(dict.fromkeys(plan.layers)))
    faults_of = {name: Faults(name) for name in names.values()}
    layers = [read_layer(path, name, codebook, faults_of[name]) for path, name in names.items()]
    reading = Reading(codebook, stack=Stack(outcomes=plan.outcomes))
    column = codebook.of("studies").get(plan.size or "")
    size = column.name if column and column.type in protocol_checks.NUMBERS else None
    _check_layers(layers, reading, plan.outcomes, size, faults_of)
    _check_stack(reading.stack, plan, size, faults_of)
    others = [read_layer(path, str(path), codebook, Faults("")) for path in plan.other_layers]
    protocol_checks.check(plan, layers, others, reading.stack, codebook, general)
    reading.claims, of_claims = read_claims(plan, layers, codebook, faults_of)
    check_claims(reading.claims, plan, reading.stack, codebook, of_claims)
    told = dict.fromkeys((*faults_of.values(), of_claims, general))
    reading.problems = [problem for faults in told for problem in faults.found]
    return reading


def _check_layers(
    layers: Sequence[Layer],
    reading: Reading,
    outcomes: Mapping[str, Mapping],
    size: str | None,
    faults_of: dict[str, Faults],
) -> None:
    """Check each layer on what lies below it, and stack what can be read."""
    stack, studies_unread = reading.stack, False
    sizes: dict[str, object] = {}
    for layer in layers:
        faults = faults_of[layer.name]
        for sheet in layer.sheets.values():
            validate(sheet, reading.codebook, faults)
        studies_unread |= "studies" in layer.unread
        if not studies_unread:  # else every name would be unknown; the unread sheet is told
            study_checks.check_names(layer, set(stack.studies), faults)
        studies = [row for row in layer.rows("studies") if row["study_id"] not in (BAD, None)]
        sizes |= {row["study_id"]: row[size] for row in studies if size}
        check_rows(layer, reading.codebook, outcomes, size, sizes, faults)
        check_points(layer, faults)
        made = reconcile(layer, reading.codebook, stack.known(), faults)
        check_decided(layer, made.cells, outcomes, faults)
        stack.add(layer.name, studies, made.cells, reading.codebook)
        reading.side.add(layer)
        reading.reconciliation += made.table
        reading.undecided[layer.name] = made.undecided


def _check_stack(stack: Stack, plan: Plan, size: str | None, faults_of: dict[str, Faults]) -> None:
    """Check the stack as a whole, and drop what is excluded or superseded."""
    study_checks.check_circles(stack, faults_of)
    for name, study in list(stack.studies.items()):
        decisive = [study.values[n] for n in ("include", "supersedes", "exclude_reason")]
        if BAD in decisive:  # a study whose row cannot be read stays out untold
            del stack.studies[name]
    study_checks.check_lost(stack, plan.superseded, faults_of)
    filled = bool(stack.cells)
    stack.drop(plan.superseded)
    if plan.verified:
        stack.keep_verified(plan.verified)
    study_checks.check_left(stack, filled, faults_of)
    study_checks.check_cohorts(stack, plan.alike, faults_of)
    check_replaced(stack, size, faults_of)

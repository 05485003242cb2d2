"""All checks of a version in one run."""

from . import protocol_checks, study_checks
from .codebook import Codebook, CodebookError, read_codebook
from .layers import BAD, Layer, layer_names, read_layer
from .problems import Faults, Problem
from .reconcile import reconcile
from .row_checks import check_replaced, check_rows
from .stack import Stack
from .validate import validate


def check_version(
    version: str,
    layers: list[str],
    codebook_path: str,
    outcomes: dict,
    subgroups: dict,
    other_layers: list[str] = (),
    frozen: bool = False,
    sha256: dict | None = None,
    moderators: dict | None = None,
    clusters: dict | None = None,
) -> list[Problem]:
    """Every fault of a version's layers, of the codebook, and of the protocol against the data.

    Args:
        layers: Folders in stacking order, the lowest first; one that is missing is a fault.
        outcomes: Outcome of the protocol to its keys (`kind`: proportion, time or ratio).
        subgroups: Subgroup of the protocol to its keys.
        other_layers: Folders that only other versions use; they may have an outcome's data.
        frozen, sha256: Whether the sheets may not change, and their hash by layer folder.
        moderators: Moderator of the protocol to its keys.
        clusters: Model to the column by which it takes studies together.
    """
    general = Faults("")
    try:
        codebook = read_codebook(codebook_path)
    except CodebookError as error:
        for line in str(error).splitlines():
            general.error("codebook", "codebook", line)
        return general.found
    twice = sorted({path for path in layers if layers.count(path) > 1})
    for path in twice:
        general.error(
            "protocol", "layer_twice", "is in the stack twice", column="layers", value=path
        )
    names = layer_names(list(dict.fromkeys(layers)))
    faults_of = {name: Faults(name) for name in names.values()}
    read = [read_layer(path, name, codebook, faults_of[name]) for path, name in names.items()]
    stack = _check_layers(read, codebook, faults_of)
    study_checks.check_circles(stack, faults_of)
    _drop_readable(stack)
    study_checks.check_cohorts(list(stack.studies.values()), faults_of)
    check_replaced(stack, faults_of)
    others = [read_layer(path, str(path), codebook, Faults("")) for path in other_layers]
    protocol_checks.check_outcomes(outcomes, read, others, general)
    applying = {n: s for n, s in subgroups.items() if version in s.get("versions", [version])}
    protocol_checks.check_subgroups(applying, read, stack, codebook, general)
    protocol_checks.check_moderators(moderators or {}, read, stack, codebook, general)
    protocol_checks.check_clusters(clusters or {}, read, codebook, general)
    if frozen:
        protocol_checks.check_frozen(read, sha256 or {}, general)
    return [p for faults in (*faults_of.values(), general) for p in faults.found]


def _check_layers(read: list[Layer], codebook: Codebook, faults_of: dict[str, Faults]) -> Stack:
    """Check each layer on what lies below it, and stack what can be read."""
    stack, infused, studies_unread = Stack(), {}, False
    for layer in read:
        faults = faults_of[layer.name]
        for sheet in layer.sheets.values():
            validate(sheet, codebook, faults)
        studies_unread |= "studies" in layer.unread
        if not studies_unread:  # else every name would be unknown; the unread sheet is told
            study_checks.check_names(layer, set(stack.studies), faults)
        studies = [row for row in layer.rows("studies") if row["study_id"] not in (BAD, None)]
        infused |= {row["study_id"]: row["n_infused"] for row in studies}
        check_rows(layer, infused, faults)
        cells, _ = reconcile(layer, codebook, stack.known(), faults)
        stack.add(layer.name, studies, cells, codebook)
    return stack


def _drop_readable(stack: Stack) -> None:
    """Drop as the cleaning does; a study whose row cannot be read stays out untold."""
    for name, study in list(stack.studies.items()):
        if BAD in (
            study.values["include"],
            study.values["supersedes"],
            study.values["exclude_reason"],
        ):
            del stack.studies[name]
    stack.drop()

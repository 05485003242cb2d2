"""The protocol against the data: outcomes, subgroups, moderators, clusters, frozen versions."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from singlearm.catalogue.notes import sentence
from singlearm.kinds import KINDS, WITH_SHEETS
from singlearm.synthesis.design import design_of

from .codebook import SHEETS, Codebook
from .groups import levels_of, moderator_values
from .layers import BAD, Layer, layer_sha256
from .plan import OF_CELL, Plan
from .problems import Faults, near
from .stack import Stack

PROTOCOL = "protocol"
NUMBERS = ("integer", "number")
SHEET_NAMES = [kind.sheet.name for kind in WITH_SHEETS]
SHEETS_WITH_OUTCOMES = [*SHEET_NAMES, *(kind.sheet.adjudication for kind in WITH_SHEETS)]
SHEETS_WITH_OUTCOMES += ["claims", "certainty"]


def check(
    plan: Plan,
    layers: Sequence[Layer],
    others: Sequence[Layer],
    stack: Stack,
    codebook: Codebook,
    faults: Faults,
) -> None:
    """Everything that the protocol says about a version against its sheets."""
    check_outcomes(plan, layers, others, faults)
    there = {name for layer in layers for name in layer.columns("studies")}
    columns = there & set(codebook.of("studies"))
    whole = all(_whole(layer, codebook) for layer in layers)
    check_subgroups(plan.subgroups, columns, whole, stack, codebook, faults)
    check_moderators(plan.moderators, columns, whole, stack, codebook, faults)
    if whole:
        check_regressions(plan, columns, stack, codebook, faults)
    for model, column in plan.clusters.items():
        _check_columns("cluster_column", model, {"from": column}, columns, faults)
    check_columns(plan, codebook, faults)
    if plan.frozen:
        check_frozen(layers, plan.sha256, faults)
    if plan.claims and not Path(plan.claims).is_file():
        faults.error(
            PROTOCOL,
            "missing_claims",
            f"versions > {plan.version} > claims: there is no such file",
            "write the file's path, or take the key out",
            column="claims",
            value=plan.claims,
        )


def check_codebook(codebook: Codebook, faults: Faults) -> None:
    """Outcomes are named in the protocol alone."""
    listed = [kind for kind in SHEETS_WITH_OUTCOMES if codebook.of(kind)["outcome"].allowed]
    if listed:
        faults.warn(
            "codebook",
            "outcomes_named_twice",
            "the outcomes that the codebook allows here are not read; the protocol names them",
            "take these lines out of config/codebook.csv",
            column="outcome",
            value=", ".join(listed),
        )


def check_outcomes(
    plan: Plan, layers: Sequence[Layer], others: Sequence[Layer], faults: Faults
) -> None:
    """Each outcome of the protocol has data in some declared version; others are named."""
    layers_all = [*layers, *others]
    there = {sheet: _names(layers_all, sheet) for sheet in SHEET_NAMES}
    for name, outcome in plan.outcomes.items():
        kind = KINDS[outcome["kind"]]
        sheet = kind.sheet.name
        if kind.derived or any({f"{sheet}_1", f"{sheet}_2"} & layer.unread for layer in layers_all):
            continue
        if not any(kind.is_of(row, name, outcome) for row in _rows(layers_all, sheet)):
            hint = (
                near(kind.named(name, outcome), there[sheet])
                or f"there is: {', '.join(sorted(there[sheet])) or 'nothing'}"
            )
            faults.error(
                PROTOCOL,
                "outcome_without_data",
                f"no layer of any version has data on this outcome (sheets {sheet}_1, {sheet}_2)",
                hint,
                column=name,
                value=name,
            )
    unasked = sorted(
        name for name in plan.not_analysed if any(name in _names(layers, s) for s in SHEET_NAMES)
    )
    if unasked:
        faults.warn(
            PROTOCOL,
            "outcome_not_asked",
            "in the sheets and not analysed, as the protocol says",
            column="not_analysed",
            value=", ".join(unasked),
        )


def check_columns(plan: Plan, codebook: Codebook, faults: Faults) -> None:
    """Every other column that the protocol names is one of the studies or of the cells."""
    checked = {"subgroups", "moderators", "models"}  # told by the checks of these sections
    named = [each for each in plan.columns_named() if each[0].split(" > ")[0] not in checked]
    named += [(f"studies > {key}", c) for key in ("size", "group") if (c := getattr(plan, key))]
    named += [(f"studies > {key}", c) for key in ("table", "alike") for c in getattr(plan, key)]
    known = codebook.of("studies")
    for place, column in named:
        of_studies = place.startswith("studies") or place.endswith("denominators")
        in_cells = column in OF_CELL and not of_studies
        if column not in known and not in_cells:
            faults.error(
                PROTOCOL,
                "unknown_column",
                f"{place}: is not a column of the studies",
                near(column, [*known, *([] if of_studies else OF_CELL)])
                or "list it in config/codebook.csv",
                column=place,
                value=column,
            )
        elif place.endswith(("size", "denominators")) and known[column].type not in NUMBERS:
            faults.error(
                PROTOCOL,
                "column_kind",
                f"{place}: needs a column of numbers, and this is {known[column].type}",
                "name another column, or correct its type in config/codebook.csv",
                column=place,
                value=column,
            )


def check_subgroups(
    subgroups: Mapping[str, Any],
    columns: set[str],
    whole: bool,
    stack: Stack,
    codebook: Codebook,
    faults: Faults,
) -> None:
    """Each subgroup of the version reads a column that its layers have, with levels to compare."""
    for name, subgroup in subgroups.items():
        known = _check_columns("subgroup_column", name, subgroup, columns, faults)
        if known and whole:
            _check_levels(name, subgroup, stack, codebook, faults)


def check_moderators(
    moderators: Mapping[str, Any],
    columns: set[str],
    whole: bool,
    stack: Stack,
    codebook: Codebook,
    faults: Faults,
) -> None:
    """Each moderator of the version reads a column that its layers have, numbers if continuous."""
    for name, moderator in moderators.items():
        known = _check_columns("moderator_column", name, moderator, columns, faults)
        if not known or not columns:
            continue
        column = codebook.of("studies")[moderator["from"]]
        if moderator["kind"] == "continuous" and column.type not in NUMBERS:
            faults.error(
                PROTOCOL,
                "moderator_kind",
                f"a continuous moderator needs a column of numbers, not of type {column.type}",
                "say kind: categorical",
                column=name,
                value=column.name,
            )
        elif moderator["kind"] == "categorical" and whole:
            _check_known_levels(name, moderator, _levels(moderator, stack, codebook), faults)


def check_regressions(
    plan: Plan, columns: set[str], stack: Stack, codebook: Codebook, faults: Faults
) -> None:
    """The moderators of a regression vary, and none follows from the others.

    Looked at over all studies of the version: what cannot be told apart there cannot in any
    outcome. Moderators at fault by themselves are told by `check_moderators`.
    """
    studies = [s.values for s in stack.studies.values() if BAD not in s.values.values()]
    for name, regression in plan.regressions.items():
        chosen = {moderator: plan.moderators[moderator] for moderator in regression["moderators"]}
        if not all(_readable(entry, columns, codebook) for entry in chosen.values()):
            continue
        values = {key: moderator_values(studies, entry) for key, entry in chosen.items()}
        reason = design_of(values, None, "", len(studies)).why_none(0)
        if reason and reason.code in ("moderators_constant", "moderators_collinear"):
            faults.error(
                PROTOCOL,
                "regression_not_possible",
                f"has no coefficients in any outcome. {sentence(str(reason))}",
                "take one of them out, or limit the regression to other versions (versions: [...])",
                column=name,
                value=", ".join(chosen),
            )


def _readable(entry: Mapping[str, Any], known: set[str], codebook: Codebook) -> bool:
    """Whether the columns of a moderator are there, and its numbers are numbers."""
    if not {entry["from"], *(entry.get("where") or {})} <= known:
        return False
    return entry["kind"] == "categorical" or codebook.of("studies")[entry["from"]].type in NUMBERS


def _check_columns(rule: str, name: str, entry: dict, columns: set[str], faults: Faults) -> bool:
    """Whether the columns that an entry of the protocol names are there (or none can be read)."""
    named = [entry["from"], *(entry.get("where") or {})]
    unknown = [column for column in named if column not in columns]
    if not unknown or not columns:
        return True
    faults.error(
        PROTOCOL,
        rule,
        "no layer of this version has this column in its studies",
        near(unknown[0], columns) or f"there is: {', '.join(sorted(columns))}",
        column=name,
        value=unknown[0],
    )
    return False


def _whole(layer: Layer, codebook: Codebook) -> bool:
    """Whether the sheets behind the levels have all they need; otherwise that is told instead."""
    for sheet in ("studies", "outcomes_1", "outcomes_2"):
        needed = {n for n, c in codebook.of(SHEETS[sheet]).items() if c.required != "optional"}
        if sheet in layer.unread or (sheet in layer.sheets and needed - layer.columns(sheet)):
            return False
    return True


def _check_levels(
    name: str, subgroup: dict, stack: Stack, codebook: Codebook, faults: Faults
) -> None:
    levels = _levels(subgroup, stack, codebook)
    _check_known_levels(name, subgroup, levels, faults)
    by_outcome: dict[str, set[str]] = {}
    for cell in stack.of("outcomes"):
        found = by_outcome.setdefault(cell.values["outcome"], set())
        level = levels.get(cell.study_id)
        if level is not None:
            found.add(level)
    single = sorted(outcome for outcome, found in by_outcome.items() if len(found) < 2)
    if by_outcome and len(single) == len(by_outcome):
        every = sorted(set().union(*by_outcome.values()))
        faults.error(
            PROTOCOL,
            "subgroup_one_level",
            "has fewer than two levels in every outcome; there is nothing to compare",
            "limit it to other versions (versions: [...]), or take it out of the protocol",
            column=name,
            value=", ".join(every),
        )
    elif single:
        faults.warn(
            PROTOCOL,
            "subgroup_one_level",
            f"has fewer than two levels, and is not compared, in: {', '.join(single)}",
            column=name,
        )


def _levels(entry: dict, stack: Stack, codebook: Codebook) -> dict[str, str | None]:
    """The level of each study whose row can be read."""
    studies = [s.values for s in stack.studies.values() if BAD not in s.values.values()]
    return levels_of(studies, entry, codebook.of("studies"))


def _check_known_levels(name: str, entry: dict, levels: dict, faults: Faults) -> None:
    """No study has a level that the protocol does not give, if it gives any."""
    given = [str(level) for level in entry.get("levels", ())]
    odd = sorted({level for level in levels.values() if level and given and level not in given})
    for level in odd:
        faults.error(
            PROTOCOL,
            "subgroup_level",
            f"is not one of the levels that the protocol gives: {', '.join(given)}",
            near(level, given) or "add it to levels",
            column=name,
            value=level,
        )


def check_frozen(layers: Sequence[Layer], sha256: Mapping[str, str], faults: Faults) -> None:
    """A frozen version reads exactly the sheets whose hashes the protocol records."""
    for layer in layers:
        if not layer.path.is_dir():
            continue
        recorded, found = sha256.get(str(layer.path)), layer_sha256(layer.path)
        if recorded is None:
            faults.error(
                PROTOCOL,
                "frozen_hash_missing",
                "the version is frozen and the protocol has no hash of this layer",
                f"its sheets have {found}",
                column="sha256",
                value=str(layer.path),
            )
        elif recorded != found:
            faults.error(
                PROTOCOL,
                "frozen_changed",
                f"the version is frozen and the sheets of this layer have changed (now {found})",
                "put the sheets back and add a layer with what is new",
                column="sha256",
                value=str(layer.path),
            )


def _rows(layers: Sequence[Layer], kind: str) -> Iterator[dict]:
    """The extractors' rows of a kind of sheet."""
    for layer in layers:
        for sheet in (f"{kind}_1", f"{kind}_2"):
            yield from layer.rows(sheet)


def _names(layers: Sequence[Layer], kind: str) -> set[str]:
    names = {row["outcome"] for row in _rows(layers, kind)}
    return names - {None, BAD}

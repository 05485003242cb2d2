"""The protocol against the data: outcomes, subgroups, moderators, clusters, frozen versions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from singlearm.catalogue.notes import sentence
from singlearm.kinds import KINDS, WITH_SHEETS
from singlearm.synthesis.design import design_of

from .cells import BAD
from .codebook import Codebook
from .core import OF_CELL, SHEETS
from .groups import levels_of, moderator_values
from .layers import Layer, layer_sha256
from .plan import Plan
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
    checks = _Checks(plan, layers, stack, codebook, faults)
    checks.outcomes(others)
    checks.subgroups()
    checks.moderators()
    if checks.whole:
        checks.regressions()
    for model, column in plan.clusters.items():
        checks.has_columns("cluster_column", model, {"from": column})
    checks.other_columns()
    if plan.frozen:
        checks.frozen()
    if plan.claims and not Path(plan.claims).is_file():
        told = f"versions > {plan.version} > claims: there is no such file"
        hint = "write the file's path, or take the key out"
        checks.error("missing_claims", told, hint, "claims", plan.claims)


def check_codebook(codebook: Codebook, faults: Faults) -> None:
    """Outcomes are named in the protocol alone."""
    listed = [kind for kind in SHEETS_WITH_OUTCOMES if codebook.of(kind)["outcome"].allowed]
    if listed:
        told = "the outcomes that the codebook allows here are not read; the protocol names them"
        hint = "take these lines out of config/codebook.csv"
        where = {"column": "outcome", "value": ", ".join(listed)}
        faults.warn("codebook", "outcomes_named_twice", told, hint, **where)


class _Checks:
    """The checks of a version's protocol, and what of its sheets they go by."""

    def __init__(
        self,
        plan: Plan,
        layers: Sequence[Layer],
        stack: Stack,
        codebook: Codebook,
        faults: Faults,
    ) -> None:
        self.plan, self.layers, self.stack, self.faults = plan, layers, stack, faults
        self.known = codebook.of("studies")
        self.separators = codebook.separators("studies")
        self.columns = {name for layer in layers for name in layer.columns("studies")}
        self.columns &= set(self.known)
        self.whole = all(_whole(layer, codebook) for layer in layers)
        self.studies = [study.values for study in stack.readable()]

    def error(self, rule: str, message: str, hint: str, column: str, value: str) -> None:
        """Tell a fault of the protocol; `column` is the place in it."""
        self.faults.error(PROTOCOL, rule, message, hint, column=column, value=value)

    def outcomes(self, others: Sequence[Layer]) -> None:
        """Each outcome of the protocol has data in some declared version; others are named."""
        layers = [*self.layers, *others]
        there = {sheet: _names(layers, sheet) for sheet in SHEET_NAMES}
        for name, outcome in self.plan.outcomes.items():
            kind = KINDS[outcome["kind"]]
            sheet = kind.sheet.name
            if kind.derived or any({f"{sheet}_1", f"{sheet}_2"} & layer.unread for layer in layers):
                continue
            rows = (row for layer in layers for row in layer.extracted(sheet))
            if not any(kind.is_of(row, name, outcome) for row in rows):
                told = "no layer of any version has data on this outcome "
                told += f"(sheets {sheet}_1, {sheet}_2)"
                listed = f"there is: {', '.join(sorted(there[sheet])) or 'nothing'}"
                hint = near(kind.named(name, outcome), there[sheet]) or listed
                self.error("outcome_without_data", told, hint, name, name)
        own: set[str] = set().union(*(_names(self.layers, sheet) for sheet in SHEET_NAMES))
        unasked = sorted(name for name in self.plan.not_analysed if name in own)
        if unasked:
            told = "in the sheets and not analysed, as the protocol says"
            where = {"column": "not_analysed", "value": ", ".join(unasked)}
            self.faults.warn(PROTOCOL, "outcome_not_asked", told, **where)

    def other_columns(self) -> None:
        """Every other column that the protocol names is one of the studies or of the cells."""
        checked = {"subgroups", "moderators", "models"}  # told by the checks of these sections
        plan, known = self.plan, self.known
        named = [each for each in plan.columns_named() if each[0].split(" > ")[0] not in checked]
        named += [(f"studies > {key}", c) for key in ("size", "group") if (c := getattr(plan, key))]
        named += [(f"studies > {key}", c) for key in ("table", "alike") for c in getattr(plan, key)]
        for place, column in named:
            of_studies = place.startswith("studies") or place.endswith("denominators")
            in_cells = column in OF_CELL and not of_studies
            if column not in known and not in_cells:
                told = f"{place}: is not a column of the studies"
                hint = near(column, [*known, *([] if of_studies else OF_CELL)])
                hint = hint or "list it in config/codebook.csv"
                self.error("unknown_column", told, hint, place, column)
            elif place.endswith(("size", "denominators")) and known[column].type not in NUMBERS:
                told = f"{place}: needs a column of numbers, and this is {known[column].type}"
                hint = "name another column, or correct its type in config/codebook.csv"
                self.error("column_kind", told, hint, place, column)

    def subgroups(self) -> None:
        """Each subgroup reads a column that the layers have, with levels to compare."""
        for name, subgroup in self.plan.subgroups.items():
            if self.has_columns("subgroup_column", name, subgroup) and self.whole:
                self._levels_to_compare(name, subgroup)

    def moderators(self) -> None:
        """Each moderator reads a column that the layers have, numbers if continuous."""
        for name, moderator in self.plan.moderators.items():
            if not self.has_columns("moderator_column", name, moderator) or not self.columns:
                continue
            column = self.known[moderator["from"]]
            if moderator["kind"] == "continuous" and column.type not in NUMBERS:
                told = "a continuous moderator needs a column of numbers, not of type "
                told += column.type
                self.error("moderator_kind", told, "say kind: categorical", name, column.name)
            elif moderator["kind"] == "categorical" and self.whole:
                self._known_levels(name, moderator)

    def regressions(self) -> None:
        """The moderators of a regression vary, and none follows from the others.

        Looked at over all studies of the version: what cannot be told apart there cannot in any
        outcome. Moderators at fault by themselves are told by `moderators`.
        """
        for name, regression in self.plan.regressions.items():
            chosen = {each: self.plan.moderators[each] for each in regression["moderators"]}
            if not all(map(self._readable, chosen.values())):
                continue
            values = {
                key: moderator_values(self.studies, entry, self.separators)
                for key, entry in chosen.items()
            }
            reason = design_of(values, None, "", len(self.studies)).why_none(0)
            if reason and reason.code in ("moderators_constant", "moderators_collinear"):
                told = f"has no coefficients in any outcome. {sentence(str(reason))}"
                hint = "take one of them out, or limit the regression to other versions "
                hint += "(versions: [...])"
                self.error("regression_not_possible", told, hint, name, ", ".join(chosen))

    def _readable(self, moderator: Mapping[str, Any]) -> bool:
        """Whether the columns of a moderator are there, and its numbers are numbers."""
        if not {moderator["from"], *(moderator.get("where") or {})} <= self.columns:
            return False
        return moderator["kind"] == "categorical" or self.known[moderator["from"]].type in NUMBERS

    def has_columns(self, rule: str, name: str, entry: Mapping[str, Any]) -> bool:
        """Whether the columns that an entry names are there (or none can be read)."""
        named = [entry["from"], *(entry.get("where") or {})]
        unknown = [column for column in named if column not in self.columns]
        if not unknown or not self.columns:
            return True
        told = "no layer of this version has this column in its studies"
        listed = f"there is: {', '.join(sorted(self.columns))}"
        self.error(rule, told, near(unknown[0], self.columns) or listed, name, unknown[0])
        return False

    def _levels_to_compare(self, name: str, subgroup: Mapping[str, Any]) -> None:
        levels = self._known_levels(name, subgroup)
        by_outcome: dict[str, set[str]] = {}
        for cell in self.stack.of("outcomes"):
            found = by_outcome.setdefault(cell.values["outcome"], set())
            level = levels.get(cell.study_id)
            if level is not None:
                found.add(level)
        single = sorted(outcome for outcome, found in by_outcome.items() if len(found) < 2)
        if by_outcome and len(single) == len(by_outcome):
            every = ", ".join(sorted(set().union(*by_outcome.values())))
            told = "has fewer than two levels in every outcome; there is nothing to compare"
            hint = "limit it to other versions (versions: [...]), or take it out of the protocol"
            self.error("subgroup_one_level", told, hint, name, every)
        elif single:
            told = f"has fewer than two levels, and is not compared, in: {', '.join(single)}"
            self.faults.warn(PROTOCOL, "subgroup_one_level", told, column=name)

    def _known_levels(self, name: str, entry: Mapping[str, Any]) -> dict[str, str | None]:
        """The level of each study; one that is not among those that the protocol gives is told."""
        levels = levels_of(self.studies, entry, self.separators)
        given = [str(level) for level in entry.get("levels", ())]
        for level in sorted({level for level in levels.values() if level and given} - set(given)):
            told = f"is not one of the levels that the protocol gives: {', '.join(given)}"
            hint = near(level, given) or "add it to levels"
            self.error("subgroup_level", told, hint, name, level)
        return levels

    def frozen(self) -> None:
        """A frozen version reads exactly the sheets whose hashes the protocol records."""
        for path in (layer.path for layer in self.layers if layer.path.is_dir()):
            recorded, found = self.plan.sha256.get(str(path)), layer_sha256(path)
            if recorded is None:
                told = "the version is frozen and the protocol has no hash of this layer"
                hint = f"its sheets have {found}"
                self.error("frozen_hash_missing", told, hint, "sha256", str(path))
            elif recorded != found:
                told = "the version is frozen and the sheets of this layer have changed "
                told += f"(now {found})"
                hint = "put the sheets back and add a layer with what is new"
                self.error("frozen_changed", told, hint, "sha256", str(path))


def _whole(layer: Layer, codebook: Codebook) -> bool:
    """Whether the sheets behind the levels have all they need; otherwise that is told instead."""
    for sheet in ("studies", "outcomes_1", "outcomes_2"):
        needed = {n for n, c in codebook.of(SHEETS[sheet]).items() if c.required != "optional"}
        if sheet in layer.unread or (sheet in layer.sheets and needed - layer.columns(sheet)):
            return False
    return True


def _names(layers: Sequence[Layer], kind: str) -> set[str]:
    names = {row["outcome"] for layer in layers for row in layer.extracted(kind)}
    return names - {None, BAD}

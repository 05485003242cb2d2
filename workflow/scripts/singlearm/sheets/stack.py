"""Stack the reconciled layers of a version; every act is a row of the change log."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from singlearm.catalogue.tables import columns
from singlearm.kinds import KINDS
from singlearm.kinds.rows import plain

from .cells import BAD
from .codebook import Codebook
from .reconcile import HELD_OUT, Cell


@dataclass(frozen=True, slots=True)
class Study:
    """One row of a layer's `studies` sheet."""

    values: dict
    layer: str
    row: int

    @property
    def study_id(self) -> str:
        """Label of the study."""
        return self.values["study_id"]

    @property
    def included(self) -> bool:
        """Whether the sheet includes it: so it does if it says nothing."""
        return self.values["include"] != "no"


@dataclass(slots=True)
class Stack:
    """A version while its layers are put on each other, and the analysis set in the end.

    `studies` and `cells` (by kind and key) hold what is analysed after `drop`; `withdrawn` has, by
    the same keys, the cells that a decision holds out; `log` the rows of `clean/change_log.csv`.
    `outcomes` are the protocol's.
    """

    studies: dict[str, Study] = field(default_factory=dict)
    cells: dict[tuple, Cell] = field(default_factory=dict)
    withdrawn: dict[tuple, Cell] = field(default_factory=dict)
    log: list[dict] = field(default_factory=list)
    outcomes: Mapping[str, Mapping] = field(default_factory=dict)

    def known(self) -> set[tuple]:
        """(kind, key) of every cell so far, analysed or held out."""
        return {*self.cells, *self.withdrawn}

    def readable(self) -> list[Study]:
        """The studies whose rows can be read wholly."""
        return [study for study in self.studies.values() if BAD not in study.values.values()]

    def add(self, layer: str, studies: list[dict], cells: list[Cell], codebook: Codebook) -> None:
        """Put one layer on top: its studies, then its cells."""
        for values in studies:
            self._add_study(Study(values, layer, values["row"]), codebook)
        self._replace_wholes(cells)
        for cell in cells:
            self._add_cell(cell)

    def _replace_wholes(self, cells: list[Cell]) -> None:
        """Take out the readings of lower layers whose curve this layer has again."""
        again = {self._whole(cell) for cell in cells if cell.sheet_of_kind.whole}
        for key in [key for key, cell in self.cells.items() if self._whole(cell) in again]:
            cell = self.cells.pop(key)
            self._note("withdrawn", cell, cell.text, None, "a higher layer has all of it anew")

    def drop(self, superseded: str = "drop") -> None:
        """Leave out excluded and superseded studies with all their outcomes.

        With `superseded="keep"` a cell that the newer report lacks goes on under the newer study.
        """
        reasons = {
            old: ("superseded", f"superseded by {' and '.join(names)}")
            for old, names in self._newer().items()
        }
        for study in self.studies.values():
            if not study.included:
                reason = study.values["exclude_reason"] or "include: no"
                reasons[study.study_id] = ("excluded", reason)
        carried = self.carried_cells() if superseded == "keep" else {}
        for name in [name for name in self.studies if name in reasons]:
            study = self.studies.pop(name)
            act, reason = reasons[name]
            self._note(act, study, reason=reason)
        for key, cell in list(self.cells.items()):
            if cell.study_id in reasons:
                act, reason = reasons[cell.study_id]
                self._note(act, self.cells.pop(key), cell.text, None, reason)
                if key in carried:
                    self._carry(cell, carried[key])
        self.withdrawn = {k: c for k, c in self.withdrawn.items() if c.study_id not in reasons}

    def keep_verified(self, source: str) -> None:
        """Leave out the values that nobody compared with this source."""
        for key, cell in list(self.cells.items()):
            if source not in cell.verified:
                reason = f"not verified against {source}"
                self._note("excluded", self.cells.pop(key), cell.text, None, reason)

    def lost_cells(self) -> dict[tuple, Study]:
        """The cells of superseded reports that no report above them has, with the newest of these.

        A cell that a decision holds out in a newer report is not lost: somebody decided.
        """
        newer, ages = self._newer(), self._ages()
        there = (*self.cells.values(), *self.withdrawn.values()) if newer else ()
        known = {self._reported(cell) for cell in there}
        answered = {(cell.study_id, name) for cell in there for name in self._in_window(cell)}
        lost = {}
        for key, cell in self.cells.items():
            old = self.studies.get(cell.study_id)
            above = reports_above(cell.study_id, newer)
            if old is None or not old.included or not above:
                continue
            windows = self._in_window(cell)
            if windows and all(any((name, each) in answered for name in above) for each in windows):
                continue  # the newer report's time is taken, however near the older one's is
            if not any(self._reported(cell, name) in known for name in above):
                newest = [name for name in above if name not in newer]
                lost[key] = self.studies[max(newest, key=ages.__getitem__)]
        return lost

    def _in_window(self, cell: Cell) -> list[str]:
        """The outcomes that take one of several times of a study, for which a cell may stand."""
        return [
            name
            for name, outcome in self.outcomes.items()
            if outcome.get("window")
            and (kind := KINDS[outcome["kind"]]).sheet.name == cell.kind
            and kind.is_of(cell.values, name, outcome)
        ]

    def carried_cells(self) -> dict[tuple, Study]:
        """The lost cells that go on: of several reports' that of the latest."""
        lost, ages = self.lost_cells(), self._ages()
        places = {key: self._reported(self.cells[key], new.study_id) for key, new in lost.items()}
        sources: dict[tuple, set[str]] = {}
        for key, place in places.items():
            sources.setdefault(place, set()).add(self.cells[key].study_id)
        latest = {place: max(names, key=ages.__getitem__) for place, names in sources.items()}
        return {
            key: new for key, new in lost.items() if latest[places[key]] == self.cells[key].study_id
        }

    def _ages(self) -> dict[str, tuple[int, int]]:
        """What sorts reports from the oldest: the year, then the order of the sheets."""
        years = ((name, study.values["year"]) for name, study in self.studies.items())
        return {
            name: (year if isinstance(year, int) else 0, place)
            for place, (name, year) in enumerate(years)
        }

    def _newer(self) -> dict[str, list[str]]:
        """Superseded study to those in its place; circles are a fault, told elsewhere."""
        newer: dict[str, list[str]] = {}
        for study in self.studies.values():
            if study.included and isinstance(study.values["supersedes"], str):
                for old in split(study.values["supersedes"]):
                    newer.setdefault(old, []).append(study.study_id)
        return {old: names for old, names in newer.items() if old not in reports_above(old, newer)}

    @staticmethod
    def _reported(cell: Cell, study_id: str | None = None) -> tuple:
        """What a report has or lacks: the cell, or all cells of an outcome that stand together."""
        sheet = cell.sheet_of_kind
        return cell.kind, cell.of_key(sheet.of_report or sheet.whole or sheet.key, study_id)

    @staticmethod
    def _whole(cell: Cell) -> tuple:
        """What a higher layer replaces at once: the cell, or the curve that a reading is of."""
        return cell.kind, cell.of_key(cell.sheet_of_kind.whole or cell.sheet_of_kind.key)

    def _carry(self, cell: Cell, study: Study) -> None:
        """Put a cell of a superseded report under the newer study."""
        values = cell.values | {"study_id": study.study_id}
        key = cell.of_key(cell.sheet_of_kind.key, study.study_id)
        carried = replace(cell, key=key, values=values, carried_from=cell.study_id)
        self.cells[cell.kind, key] = carried
        reason = f"carried over from {cell.study_id}, which {study.study_id} supersedes"
        self._note("carried", carried, None, carried.text, reason)

    def of(self, kind: str) -> list[Cell]:
        """The cells of a kind."""
        return [cell for cell in self.cells.values() if cell.kind == kind]

    def _add_study(self, study: Study, codebook: Codebook) -> None:
        before = self.studies.get(study.study_id)
        self.studies[study.study_id] = study
        if before is None:
            self._note("added", study)
            return
        changed = [c for c in codebook.of("studies") if before.values[c] != study.values[c]]
        was, now = (
            "; ".join(f"{name}={plain(each.values[name])}" for name in changed)
            for each in (before, study)
        )
        reason = f"replaces {before.layer} studies row {before.row}"
        self._note("replaced", study, was, now, reason)

    def _add_cell(self, cell: Cell) -> None:
        key = (cell.kind, cell.key)
        before = self.cells.pop(key, None)
        was = before.text if before else None
        if cell.held_out:
            self.withdrawn[key] = replace(cell, values=before.values) if before else cell
            # Not in a lower layer: what the extractors wrote is what the decision withdraws.
            if not before and set(cell.sheet_of_kind.fields) <= set(cell.values):
                was = cell.text
            why = f"withdraws {before.place}" if before else None
            reason = "; ".join(filter(None, (cell.reason, why)))
            self._note("withdrawn", cell, was, None, reason)
            return
        held_out = self.withdrawn.pop(key, None)
        self.cells[key] = cell
        if before:
            act, why = "replaced", f"replaces {before.place}"
        else:
            act, was = "added", HELD_OUT if held_out else None
            why = f"was held out by {held_out.place}" if held_out else None
        reason = "; ".join(filter(None, (cell.reason, why)))
        self._note(act, cell, was, cell.text, reason)

    def _note(
        self,
        act: str,
        what: Study | Cell,
        before: str | None = None,
        after: str | None = None,
        reason: str | None = None,
    ) -> None:
        sheet, label = (what.sheet, what.label) if isinstance(what, Cell) else ("studies", None)
        place = what.layer, sheet, what.row, what.study_id, label
        values = (act, *place, before, after, reason or None)
        self.log.append(dict(zip(columns("change_log"), values, strict=True)))


def reports_above(name: str, newer: dict[str, list[str]]) -> list[str]:
    """The reports that supersede a study, directly or over others, each once."""
    above: dict[str, None] = {}
    todo = list(newer.get(name, ()))
    while todo:
        at = todo.pop()
        if at not in above:
            above[at] = None
            todo += newer.get(at, ())
    return list(above)


def split(text: str | None) -> list[str]:
    """The studies that a cell of `supersedes` names."""
    return text.split(";") if text else []

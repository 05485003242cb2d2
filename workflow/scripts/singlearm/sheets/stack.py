"""Stack the reconciled layers of a version; every act is a row of the change log."""

from dataclasses import dataclass, field

from .codebook import Codebook
from .reconcile import Cell, cell_label, cell_text, shown

HELD_OUT_TEXT = "held out"


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
        """Whether the sheet includes it."""
        return self.values["include"] == "yes"


@dataclass(slots=True)
class Stack:
    """A version while its layers are put on each other, and the analysis set in the end.

    `studies` and `cells` (by kind and key) hold what is analysed after `drop`; `withdrawn` has the
    keys of the cells that a decision holds out; `log` the rows of `clean/change_log.csv`.
    """

    studies: dict[str, Study] = field(default_factory=dict)
    cells: dict[tuple, Cell] = field(default_factory=dict)
    withdrawn: dict[tuple, Cell] = field(default_factory=dict)
    log: list[dict] = field(default_factory=list)

    def known(self) -> set[tuple]:
        """(kind, key) of every cell so far, analysed or held out."""
        return {*self.cells, *self.withdrawn}

    def add(self, layer: str, studies: list[dict], cells: list[Cell], codebook: Codebook) -> None:
        """Put one layer on top: its studies, then its cells."""
        for values in studies:
            self._add_study(Study(values, layer, values["row"]), codebook)
        for cell in cells:
            self._add_cell(cell)

    def drop(self) -> None:
        """Leave out excluded and superseded studies with all their outcomes."""
        reasons: dict[str, tuple[str, str]] = {}
        for study in self.studies.values():
            if study.included:
                for old in split(study.values["supersedes"]):
                    reasons[old] = ("superseded", f"superseded by {study.study_id}")
        for study in self.studies.values():
            if not study.included:
                reason = study.values["exclude_reason"] or "include: no"
                reasons[study.study_id] = ("excluded", reason)
        for name in [name for name in self.studies if name in reasons]:
            study = self.studies.pop(name)
            act, reason = reasons[name]
            self._note(act, study.layer, "studies", study.row, name, None, None, None, reason)
        for key, cell in list(self.cells.items()):
            if cell.study_id in reasons:
                act, reason = reasons[cell.study_id]
                self._note_cell(
                    act, self.cells.pop(key), cell_text(cell.kind, cell.values), None, reason
                )
        self.withdrawn = {k: c for k, c in self.withdrawn.items() if c.study_id not in reasons}

    def of(self, kind: str) -> list[Cell]:
        """The cells of a kind."""
        return [cell for cell in self.cells.values() if cell.kind == kind]

    def _add_study(self, study: Study, codebook: Codebook) -> None:
        before = self.studies.get(study.study_id)
        self.studies[study.study_id] = study
        if before is None:
            self._note("added", study.layer, "studies", study.row, study.study_id)
            return
        changed = [c for c in codebook.of("studies") if before.values[c] != study.values[c]]
        texts = [
            "; ".join(f"{name}={shown(each.values[name]) or ''}" for name in changed)
            for each in (before, study)
        ]
        self._note(
            "replaced",
            study.layer,
            "studies",
            study.row,
            study.study_id,
            None,
            *texts,
            f"replaces {before.layer} studies row {before.row}",
        )

    def _add_cell(self, cell: Cell) -> None:
        key = (cell.kind, cell.key)
        before = self.cells.pop(key, None)
        was = before and cell_text(before.kind, before.values)
        place = before and f"{before.layer} {before.sheet} row {before.row}"
        if cell.held_out:
            self.withdrawn[key] = cell
            # Not in a lower layer: what the extractors wrote is what the decision withdraws.
            field = "events" if cell.kind == "outcomes" else "ci_low"
            if not before and field in cell.values:
                was = cell_text(cell.kind, cell.values)
            reason = "; ".join(filter(None, (cell.reason, place and f"withdraws {place}")))
            self._note_cell("withdrawn", cell, was, None, reason)
            return
        held_out = self.withdrawn.pop(key, None)
        self.cells[key] = cell
        now = cell_text(cell.kind, cell.values)
        if before is None:
            again = (
                held_out and f"was held out by {held_out.layer} {held_out.sheet} row {held_out.row}"
            )
            reason = "; ".join(filter(None, (cell.reason, again)))
            self._note_cell("added", cell, held_out and HELD_OUT_TEXT, now, reason)
        else:
            reason = "; ".join(filter(None, (cell.reason, f"replaces {place}")))
            self._note_cell("replaced", cell, was, now, reason)

    def _note_cell(self, act: str, cell: Cell, before, after, reason) -> None:
        label = cell_label(cell.kind, cell.values)
        self._note(
            act, cell.layer, cell.sheet, cell.row, cell.study_id, label, before, after, reason
        )

    def _note(
        self, act, layer, sheet, row, study_id, outcome=None, before=None, after=None, reason=None
    ) -> None:
        self.log.append(
            {
                "act": act,
                "layer": layer,
                "sheet": sheet,
                "row": row,
                "study_id": study_id,
                "outcome": outcome,
                "before": before,
                "after": after,
                "reason": reason or None,
            }
        )


def split(text: str | None, separator: str = ";") -> list[str]:
    """Values of a list cell."""
    return text.split(separator) if text else []

"""What the studies did not report: which study has which outcome, as four signs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from singlearm.catalogue import numbers
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.natural import natural
from singlearm.figures.marks.base import Marks
from singlearm.figures.marks.inputs import Data, Rows, rows_of

#: Sign of each cell and what it says. The first three are the words of the table; `not asked` is an
#: absent comparison of a study that has no comparison at all, since one arm cannot have any.
SIGNS = {
    "available": mark("in the analysis"),
    "held out": mark("reported, but held out by a decision"),
    "absent": mark("not found in the study's reports"),
    "not asked": mark("does not apply: the study has no randomised comparison"),
}
TITLE = mark("What each study reports")


@dataclass(frozen=True, slots=True)
class StudyCells:
    """One study: its key and name, a sign of SIGNS for each outcome, how many it has."""

    key: str
    label: str
    cells: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True)
class AvailabilityMarks(Marks):
    """Studies down, outcomes across; `totals` counts the studies that have each outcome."""

    outcomes: tuple[str, ...]
    totals: tuple[int, ...]
    studies: tuple[StudyCells, ...]

    @property
    def signs(self) -> tuple[str, ...]:
        """The signs to explain: the two that are always asked about, others where they occur."""
        found = {sign for study in self.studies for sign in study.cells}
        return tuple(sign for sign in SIGNS if sign in found | {"available", "absent"})

    def told(self) -> Iterator[str]:
        """Outcome by outcome, how many studies have it."""
        for i, (name, total) in enumerate(zip(self.outcomes, self.totals, strict=True)):
            column = [study.cells[i] for study in self.studies]
            asked = len(column) - column.count("not asked")
            held = column.count("held out")
            yield say(
                "{outcome}: {total} of {studies}, {held} held out."
                if held
                else "{outcome}: {total} of {studies}.",
                outcome=name,
                total=numbers.count(total),
                studies=numbers.plural(asked, "study", "studies"),
                held=numbers.count(held),
            )


def availability_marks(
    rows: Rows, labels: Mapping[str, str], outcomes: Mapping[str, Mapping[str, Any]], data: Data
) -> AvailabilityMarks:
    """Every study with every outcome, those that report most first.

    Parameters
    ----------
    rows : table of kind availability
        study_id, outcome, status.
    labels : Mapping[str, str]
        study_id to printed name.
    outcomes : Mapping[str, Mapping]
        The protocol's outcomes in its order; one without a row is not drawn.
    data : Data
        What the last line names.
    """
    found = {(row["study_id"], row["outcome"]): row["status"] for row in rows_of(rows)}
    names = [name for name in outcomes if any(name == outcome for _, outcome in found)]
    ids = dict.fromkeys(study for study, _ in found)
    footer = (str(data),)
    if not names:
        text = say("No study and outcome is recorded for this version.")
        return AvailabilityMarks((), (), (), title=say(TITLE), footer=footer, empty=text)
    ratios = [name for name in names if outcomes[name]["kind"] == "ratio"]
    studies = []
    for study in ids:
        status = {name: found.get((study, name), "absent") for name in names}
        if all(status[name] == "absent" for name in ratios):
            status |= dict.fromkeys(ratios, "not asked")
        cells = tuple(status.values())
        total = cells.count("available")
        studies.append(StudyCells(study, labels.get(study, study), cells, total))
    studies.sort(key=lambda one: (-one.total, natural(one.label), one.key))
    columns = zip(*(study.cells for study in studies), strict=True)
    totals = tuple(column.count("available") for column in columns)
    subtitle = say(
        "{studies}, {outcomes}; studies with most outcomes first"
        if len(studies) > 1
        else "{studies}, {outcomes}",
        studies=numbers.plural(len(studies), "study", "studies"),
        outcomes=numbers.plural(len(names), "outcome", "outcomes"),
    )
    heads = tuple(str(outcomes[name]["label"]) for name in names)
    return AvailabilityMarks(
        heads, totals, tuple(studies), title=say(TITLE), subtitle=subtitle, footer=footer
    )

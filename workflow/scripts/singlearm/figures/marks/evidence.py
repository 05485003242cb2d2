"""What evidence there is: the studies by group and year, and how they came in over time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say, within
from singlearm.catalogue.natural import natural
from singlearm.figures.marks.axis import Axis, labelled, nice_ticks
from singlearm.figures.marks.base import Marks
from singlearm.figures.marks.inputs import Data, Rows, StudyWords, rows_of

NO_YEAR = mark("No study has a year.")
NO_GROUP = mark("The protocol names no column that groups the studies (studies: group).")
AREA = mark("Area of a bubble: {size} (the largest: {largest}); hollow where not reported.")
NOT_REPORTED = mark("not reported")


@dataclass(frozen=True, slots=True)
class Bubble:
    """A study: its row of the map, its year, its size (None: not reported)."""

    key: str
    label: str
    group: str
    year: int
    size: int | None


@dataclass(frozen=True, slots=True)
class EvidenceMarks(Marks):
    """Bubbles by group (down) and year (across).

    Parameters
    ----------
    totals : tuple of (int, int or None)
        Studies and people in each group; None where the review has no size of a study.
    size_head : str
        Head of the people's column, empty where there is none.
    """

    groups: tuple[str, ...]
    totals: tuple[tuple[int, int | None], ...]
    years: tuple[int, ...]
    bubbles: tuple[Bubble, ...]
    size_head: str

    def told(self) -> list[str]:
        """Studies and people in each group."""
        return [
            f"{group}: {_counted(studies, people, within(self.size_head))}."
            for group, (studies, people) in zip(self.groups, self.totals, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class TimelineMarks(Marks):
    """Studies that came in each year, and people with their running total (None: no size)."""

    years: tuple[int, ...]
    studies: tuple[int, ...]
    people: tuple[int, ...] | None
    running: tuple[int, ...]
    studies_axis: Axis
    people_axis: Axis | None
    size_head: str

    def told(self) -> list[str]:
        """Each year in words."""
        people = self.people or (None,) * len(self.years)
        return [
            f"{year}: {_counted(studies, size, within(self.size_head))}."
            for year, studies, size in zip(self.years, self.studies, people, strict=True)
        ]


def evidence_marks(
    studies: Rows, labels: Mapping[str, str], words: StudyWords, data: Data
) -> EvidenceMarks:
    """A map of the included studies. Groups stand in the order of their number of studies.

    Without a column to group by there is no map; without one for the size all bubbles are equal.
    """
    rows = rows_of(studies)
    by, size = _known(words.group, rows), _known(words.size, rows)
    unknown = say(NOT_REPORTED)
    bubbles = [
        Bubble(
            row["study_id"],
            labels.get(row["study_id"], row["study_id"]),
            row[by] or unknown,
            row["year"],
            _size(row.get(size)),
        )
        for row in rows
        if by and row["year"] is not None
    ]
    bubbles.sort(key=lambda bubble: (bubble.year, natural(bubble.label), bubble.key))
    members: dict[str, list[Bubble]] = {}
    for bubble in bubbles:
        members.setdefault(bubble.group, []).append(bubble)
    groups = sorted(members, key=lambda name: (name == unknown, -len(members[name]), name))
    totals = tuple(
        (len(members[name]), sum(bubble.size or 0 for bubble in members[name]) if size else None)
        for name in groups
    )
    notes = []
    if size and bubbles:
        largest = numbers.count(max(bubble.size or 0 for bubble in bubbles))
        notes.append(say(AREA, size=words.size_label, largest=largest))
    if undated := sum(row["year"] is None for row in rows):
        left_out = numbers.plural(
            undated, "study without a year is not shown.", "studies without a year are not shown."
        )
        notes.append(left_out)
    empty = "" if bubbles else say(NO_YEAR if by else NO_GROUP)
    return EvidenceMarks(
        title=say("The evidence by {group} and year", group=within(words.heading(by)))
        if by
        else say("Evidence"),
        subtitle=numbers.plural(len(bubbles), "study", "studies") if bubbles else "",
        groups=tuple(groups),
        totals=totals,
        years=_years(bubble.year for bubble in bubbles),
        bubbles=tuple(bubbles),
        size_head=_first_word(words.size_label) if size else "",
        footer=(*([" ".join(notes)] if notes else []), str(data)),
        empty=empty,
    )


def timeline_marks(studies: Rows, words: StudyWords, data: Data) -> TimelineMarks:
    """Year by year what came in; studies without a year are counted in the footer."""
    rows = rows_of(studies)
    size, label = _known(words.size, rows), words.size_label
    dated = [row for row in rows if row["year"] is not None]
    years = _years(row["year"] for row in dated)
    counts = tuple(sum(row["year"] == year for row in dated) for year in years)
    people, subtitle, notes = None, numbers.plural(len(dated), "study", "studies"), []
    running: tuple[int, ...] = ()
    if size:
        sizes = [(row["year"], _size(row[size]) or 0) for row in dated]
        people = tuple(sum(n for when, n in sizes if when == year) for year in years)
        running = tuple(accumulate(people))
        subtitle += f", {numbers.count(sum(people))} {label}"
        unknown = sum(_size(row[size]) is None for row in dated)
        silent = say(
            "{n} study does not report the {size}."
            if unknown == 1
            else "{n} studies do not report the {size}.",
            n=numbers.count(unknown),
            size=label,
        )
        notes += [silent] if unknown else []
    if undated := len(rows) - len(dated):
        notes.append(numbers.plural(undated, "study has no year.", "studies have no year."))
    running_title = say("{size}, running total", size=label[:1].upper() + label[1:])
    return TimelineMarks(
        title=say("How the evidence came in"),
        subtitle=subtitle,
        years=years,
        studies=counts,
        people=people,
        running=running,
        studies_axis=_from_zero(max(counts, default=1), say("Studies in the year")),
        people_axis=_from_zero(max(running, default=1), running_title) if size else None,
        size_head=_first_word(label) if size else "",
        footer=(*notes, str(data)),
        empty="" if dated else say(NO_YEAR),
    )


def _known(column: str, rows: list[Row]) -> str:
    """The column, if the studies have it."""
    return column if rows and column in rows[0] else ""


def _size(value: Any) -> int | None:
    """A number of people; a further column of an open table is read as text."""
    return None if value in (None, "") else round(float(value))


def _years(found: Iterable[int]) -> tuple[int, ...]:
    """All years from the first to the last of these."""
    years = sorted(found)
    return tuple(range(years[0], years[-1] + 1)) if years else ()


def _first_word(label: str) -> str:
    word = label.split(" ")[0]
    return word[:1].upper() + word[1:]


def _counted(studies: int, people: int | None, noun: str) -> str:
    text = numbers.plural(studies, "study", "studies")
    return text if people is None else f"{text}, {numbers.count(people)} {noun}"


def _from_zero(high: float, title: str) -> Axis:
    high = max(1, high) * 1.12
    return Axis(0, high, labelled(at for at in nice_ticks(0, high, 4) if at == round(at)), title)

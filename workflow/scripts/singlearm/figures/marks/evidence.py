"""What evidence there is: the studies by group and year, and how they came in over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from singlearm.catalogue import Row, numbers
from singlearm.figures.marks.axis import Axis, nice_ticks
from singlearm.figures.marks.words import data_words

#: Column of the studies table that sizes the bubbles.
SIZE = "n_infused"
NOT_REPORTED = "not reported"


@dataclass(frozen=True, slots=True)
class Bubble:
    """A study: its row of the map, its year, its patients (None: not reported)."""

    key: str
    label: str
    group: str
    year: int
    size: int | None


@dataclass(frozen=True, slots=True)
class EvidenceMarks:
    """Bubbles by group (down) and year (across); counts of studies and patients in each group."""

    title: str
    subtitle: str
    groups: tuple[str, ...]
    totals: tuple[tuple[int, int], ...]
    years: tuple[int, ...]
    bubbles: tuple[Bubble, ...]
    footer: tuple[str, ...]

    @property
    def description(self) -> str:
        """Studies and patients in each group."""
        told = [
            f"{group}: {studies} studies, {patients} patients."
            for group, (studies, patients) in zip(self.groups, self.totals, strict=True)
        ]
        return " ".join([f"{self.title}.", *told])


@dataclass(frozen=True, slots=True)
class TimelineMarks:
    """Studies and patients that came in each year, and their running totals."""

    title: str
    subtitle: str
    years: tuple[int, ...]
    studies: tuple[int, ...]
    patients: tuple[int, ...]
    running: tuple[int, ...]
    studies_axis: Axis
    patients_axis: Axis
    footer: tuple[str, ...]

    @property
    def description(self) -> str:
        """Each year in words."""
        told = [
            f"{year}: {studies} studies, {patients} patients."
            for year, studies, patients in zip(self.years, self.studies, self.patients, strict=True)
        ]
        return " ".join([f"{self.title}.", *told])


def evidence_marks(
    studies: Sequence[Row],
    labels: Mapping[str, str],
    *,
    by: str = "target_antigens",
    by_label: str = "target",
    version: str,
    data_hash: str = "",
) -> EvidenceMarks:
    """A map of the included studies. Groups stand in the order of their number of studies."""
    bubbles = sorted(
        (
            Bubble(
                row["study_id"],
                labels.get(row["study_id"], row["study_id"]),
                row[by] or NOT_REPORTED,
                row["year"],
                row[SIZE],
            )
            for row in studies
            if row["year"] is not None
        ),
        key=lambda bubble: (bubble.year, bubble.label, bubble.key),
    )
    members: dict[str, list[Bubble]] = {}
    for bubble in bubbles:
        members.setdefault(bubble.group, []).append(bubble)
    groups = sorted(members, key=lambda name: (name == NOT_REPORTED, -len(members[name]), name))
    years = [bubble.year for bubble in bubbles]
    undated = len(studies) - len(bubbles)
    largest = max((bubble.size or 0 for bubble in bubbles), default=0)
    notes = [
        f"Area of a bubble: patients infused (the largest: {numbers.count(largest)}); "
        "hollow where not reported."
    ]
    if undated:
        notes.append(f"{undated} studies without a year are not shown.")
    return EvidenceMarks(
        title=f"The evidence by {by_label} and year",
        subtitle=f"{len(bubbles)} studies",
        groups=tuple(groups),
        totals=tuple(
            (len(members[name]), sum(bubble.size or 0 for bubble in members[name]))
            for name in groups
        ),
        years=tuple(range(min(years), max(years) + 1)) if years else (),
        bubbles=tuple(bubbles),
        footer=(" ".join(notes), data_words(version, data_hash)),
    )


def timeline_marks(studies: Sequence[Row], *, version: str, data_hash: str = "") -> TimelineMarks:
    """Year by year what came in; studies without a year are counted in the footer."""
    dated = [row for row in studies if row["year"] is not None]
    first = min((row["year"] for row in dated), default=0)
    last = max((row["year"] for row in dated), default=-1)
    years = tuple(range(first, last + 1))
    counts = tuple(sum(row["year"] == year for row in dated) for year in years)
    patients = tuple(sum(row[SIZE] or 0 for row in dated if row["year"] == year) for year in years)
    running = tuple(sum(patients[: i + 1]) for i in range(len(years)))
    unknown = sum(row[SIZE] is None for row in dated)
    notes = [f"{unknown} studies do not report the patients infused."] if unknown else []
    if len(studies) > len(dated):
        notes.append(f"{len(studies) - len(dated)} studies have no year.")
    return TimelineMarks(
        title="How the evidence came in",
        subtitle=f"{len(dated)} studies, {numbers.count(sum(patients))} patients infused",
        years=years,
        studies=counts,
        patients=patients,
        running=running,
        studies_axis=_from_zero(max(counts, default=1), "Studies in the year"),
        patients_axis=_from_zero(max(running, default=1), "Patients infused, running total"),
        footer=(*notes, data_words(version, data_hash)),
    )


def _from_zero(high: float, title: str) -> Axis:
    high = max(1, high) * 1.12
    ticks = tuple((tick, f"{tick:g}") for tick in nice_ticks(0, high, 4) if tick == round(tick))
    return Axis(0, high, ticks, title)

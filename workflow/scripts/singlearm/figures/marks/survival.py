"""Survival over time as data to draw: curves or points of the studies, and their summary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.natural import natural
from singlearm.figures.marks.axis import Axis, labelled, nice_ticks, percent_ticks
from singlearm.figures.marks.base import Marks
from singlearm.figures.marks.inputs import Data, Outcome, Rows, rows_of

#: Points of a curve's line: its time and its survival.
Line = tuple[tuple[float, float], ...]
#: Signs of what a study reports, by the beginning of the source, and what they stand for.
SIGNS = {
    "curve": ("disc", mark("disc: a point of its curve")),
    "landmark": ("square", mark("square: survival at a fixed time")),
    "median": ("diamond", mark("diamond: its median")),
}


@dataclass(frozen=True, slots=True)
class Summary:
    """The curve over studies and its bands from time 0 on; empty where there is none."""

    line: Line
    low: Line
    high: Line
    pi_low: Line
    pi_high: Line

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Summary":
        """From the rows of survival over time among these."""
        over_time = [row for row in rows if row["quantity"] == "survival"]

        def line(column: str) -> Line:
            points = [(row["time_months"], row[column]) for row in over_time]
            known = tuple(point for point in points if point[1] is not None)
            return ((0.0, 1.0), *known) if known else ()

        return cls(*map(line, ("estimate", "ci_low", "ci_high", "pi_low", "pi_high")))

    @property
    def bands(self) -> str:
        """What its bands are, to follow the words of its line; nothing where there is none."""
        parts = (
            (self.low, say("dark band 95% confidence")),
            (self.pi_low, say("light band 95% prediction")),
        )
        known = ", ".join(words for line, words in parts if line)
        return f"; {known}" if known else ""


class StudyLine(NamedTuple):
    """A study by its id and its name: the corners of its curve, or the points that it reports."""

    key: str
    label: str
    line: Line


@dataclass(frozen=True, slots=True)
class CurvesMarks(Marks):
    """Survival of studies over time and their summary.

    Parameters
    ----------
    studies : tuple of StudyLine
        The studies by their names.
    summary : Summary
        The summary and its bands.
    at_risk : tuple of (time, patients)
        Numbers at risk below the axis, all studies together; empty where they are not known.
    signs : tuple of tuple of str
        For each study the sign at each of its points; empty for curves, which have none.
    """

    studies: tuple[StudyLine, ...]
    summary: Summary
    at_risk: tuple[tuple[float, int], ...]
    x_axis: Axis
    y_axis: Axis
    signs: tuple[tuple[str, ...], ...] = ()

    @property
    def description(self) -> str:
        """The figure in words, for readers who cannot see it."""
        if self.empty:
            return self.empty
        return say(
            "Points of the survival of {studies}: {title}. {subtitle}."
            if self.signs
            else "Survival curves of {studies}: {title}. {subtitle}.",
            studies=numbers.plural(len(self.studies), "study", "studies"),
            title=self.title,
            subtitle=self.subtitle,
        )


def curves_marks(
    patients: Rows,
    summary: Rows,
    labels: Mapping[str, str],
    outcome: Outcome,
    data: Data,
    median: str = "",
) -> CurvesMarks:
    """Curves of one outcome.

    Parameters
    ----------
    patients, summary : Rows
        Rows of all outcomes (kinds curves, curve_summary).
    median : str
        The median in words, for the subtitle.
    """
    rows = [row for row in rows_of(patients) if row["outcome"] == outcome.name]
    own = [row for row in rows_of(summary) if row["outcome"] == outcome.name]
    end = max((row["time_months"] for row in rows), default=12.0)
    x_axis, of_all = _months(end), Summary.of(own)
    return CurvesMarks(
        title=outcome.label,
        subtitle=median,
        studies=tuple(
            StudyLine(study, label, steps(found)) for study, label, found in by_study(rows, labels)
        ),
        summary=of_all,
        at_risk=tuple(
            (tick, sum(row["time_months"] >= tick for row in rows)) for tick, _ in x_axis.ticks
        ),
        x_axis=x_axis,
        y_axis=Axis(0.0, 1.0, percent_ticks(0.0, 1.0), say("Event-free, %")),
        footer=(
            say(
                "Thin: each study, reconstructed from its published curve. Thick: summary over "
                "studies{bands}. Below: patients at risk, all studies.",
                bands=of_all.bands,
            ),
            str(data),
        ),
        empty=""
        if rows
        else say("No study of data version {version} has a curve of this.", version=data.version),
    )


def points_marks(
    model: Rows, labels: Mapping[str, str], outcome: Outcome, data: Data, words: str = ""
) -> CurvesMarks:
    """What the studies report of one end point, and the model's curve through it.

    Parameters
    ----------
    model : Rows
        The rows of the outcome under one model (kind survival_model).
    words : str
        Median, model and studies in words, for the subtitle.
    """
    rows = list(rows_of(model))
    points = [row for row in rows if row["quantity"] == "point"]
    studies = [
        (study, label, sorted(found, key=itemgetter("time_months")))
        for study, label, found in by_study(points, labels)
    ]
    signs = [[_sign(row["source"]) for row in found] for *_, found in studies]
    used = {sign for of_study in signs for sign in of_study}
    meanings = ", ".join(say(meaning) for sign, meaning in SIGNS.values() if sign in used)
    end = max((row["time_months"] for row in rows if row["time_months"] is not None), default=12.0)
    of_all = Summary.of(rows)
    signs_are = say(
        "Signs: what a study reports, joined by a thin line ({meanings}). Thick: the model's curve "
        "for the typical study{bands}.",
        meanings=meanings,
        bands=of_all.bands,
    )
    return CurvesMarks(
        title=outcome.label,
        subtitle=words if points else "",
        studies=tuple(
            StudyLine(study, label, tuple((row["time_months"], row["observed"]) for row in found))
            for study, label, found in studies
        ),
        signs=tuple(map(tuple, signs)),
        summary=of_all,
        at_risk=(),
        x_axis=_months(end),
        y_axis=Axis(0.0, 1.0, percent_ticks(0.0, 1.0), say("Event-free, %")),
        footer=(*((signs_are,) if points else ()), str(data)),
        empty=""
        if points
        else say(
            "Data version {version} has too little for a curve of this.", version=data.version
        ),
    )


def by_study(rows: Sequence[Row], labels: Mapping[str, str]) -> list[tuple[str, str, list[Row]]]:
    """Id, label and rows of each study, by label."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["study_id"], []).append(row)
    order = sorted(found, key=lambda study: (natural(labels.get(study, study)), study))
    return [(study, labels.get(study, study), found[study]) for study in order]


def steps(patients: Sequence[Row]) -> Line:
    """The corners of the Kaplan-Meier curve of one study's patients."""
    ordered = sorted(patients, key=itemgetter("time_months"))
    at_risk, survival, line = len(ordered), 1.0, [(0.0, 1.0)]
    for time, leaving in groupby(ordered, key=itemgetter("time_months")):
        events = [row["event"] for row in leaving]
        if any(events):
            line.append((time, survival))
            survival *= 1 - sum(events) / at_risk
            line.append((time, survival))
        at_risk -= len(events)
    return (*line, (ordered[-1]["time_months"], survival))


def _sign(source: str) -> str:
    """The sign of a point by where it comes from: `curve`, `landmark_n`, `median_interval` ..."""
    return SIGNS[source.partition("_")[0]][0]


def _months(end: float) -> Axis:
    return Axis(0.0, end, labelled(nice_ticks(0, end, 6)), say("Months"))

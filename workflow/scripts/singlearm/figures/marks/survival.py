"""Survival as data to draw: forests of fixed times, and curves over time with their summary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from singlearm.catalogue import Row, numbers
from singlearm.figures.marks.axis import Axis, nice_ticks, percent_axis, percent_ticks
from singlearm.figures.marks.forest import ForestMarks, ForestRow
from singlearm.figures.marks.inputs import Data, Outcome, Rows, rows_of
from singlearm.kinds.landmark import MODELS

#: Points of a curve's line: its time and its survival.
Line = tuple[tuple[float, float], ...]


def landmark_marks(
    studies: Rows, pooled: Rows, labels: Mapping[str, str], outcome: Outcome, data: Data
) -> ForestMarks:
    """Survival at one time of each study, and what every model pooled.

    Parameters
    ----------
    studies, pooled : Rows
        Rows of all outcomes (kinds landmark_studies, landmarks). A study without a printed interval
        is drawn with the one that its weight stands for.
    """
    rows = [row for row in rows_of(studies) if row["outcome"] == outcome.name]
    rows.sort(key=lambda row: labels.get(row["study_id"], row["study_id"]).casefold())
    order = list(MODELS)
    fits = sorted(
        (row for row in rows_of(pooled) if row["outcome"] == outcome.name and row["k"]),
        key=lambda row: order.index(row["model"]),
    )
    heaviest = max((row["weight"] or 0.0 for row in rows), default=0.0)
    risk = any(row["n_at_risk"] is not None for row in rows)
    values = [row["survival"] for row in rows] + [row["estimate"] for row in fits]
    ends = [row[name] for row in rows for name in ("weighed_low", "weighed_high")]
    lines = [_study(row, labels, heaviest, risk) for row in rows]
    for number, row in enumerate(fits):
        lines.append(_pooled(row, "subtotal" if number else "total", risk))
        if number == 0 and row["pi_low"] is not None:
            lines.append(_prediction(row, risk))
    return ForestMarks(
        name=outcome.name,
        title=outcome.label,
        subtitle="Event-free at a fixed time, each study once",
        left_heads=("Study", "Months", "Patients", *(("At risk",) if risk else ())),
        right_heads=("%", "95% CI", "Weight, %"),
        rows=tuple(lines),
        axis=percent_axis(values, ends, "Event-free, %"),
        better=outcome.favours,
        footer=(
            "An interval in round brackets is not printed: the study's weight stands for it.",
            str(data),
        ),
        empty="" if rows else f"No study of data version {data.version} reports this outcome.",
    )


def _study(row: Row, labels: Mapping[str, str], heaviest: float, risk: bool) -> ForestRow:
    at_risk = (numbers.count(row["n_at_risk"]),) if risk else ()
    printed = row["ci_low"] is not None and row["ci_high"] is not None
    low, high = (row[f"{'ci' if printed else 'weighed'}_{end}"] for end in ("low", "high"))
    interval = numbers.percent_interval(low, high)
    return ForestRow(
        "study",
        (
            labels.get(row["study_id"], row["study_id"]),
            f"{row['months']:g}",
            numbers.count(row["n"]),
            *at_risk,
        ),
        (
            numbers.percent(row["survival"]),
            interval if printed or low is None else f"({interval[1:-1]})",
            numbers.weight(row["weight"]),
        ),
        row["survival"],
        low,
        high,
        size=row["weight"] / heaviest if row["weight"] and heaviest else None,
        key=row["study_id"],
    )


def _pooled(row: Row, kind: str, risk: bool) -> ForestRow:
    return ForestRow(
        kind,
        (MODELS[row["model"]], f"{row['months']:g}", numbers.count(row["n"]), *[""] * risk),
        (
            numbers.percent(row["estimate"]),
            numbers.percent_interval(row["ci_low"], row["ci_high"]),
            "",
        ),
        row["estimate"],
        row["ci_low"],
        row["ci_high"],
    )


def _prediction(row: Row, risk: bool) -> ForestRow:
    interval = numbers.percent_interval(row["pi_low"], row["pi_high"])
    return ForestRow(
        "prediction",
        ("95% prediction interval", "", "", *[""] * risk),
        ("", interval, ""),
        low=row["pi_low"],
        high=row["pi_high"],
    )


@dataclass(frozen=True, slots=True)
class CurvesMarks:
    """Survival curves of studies and their summary.

    Parameters
    ----------
    studies : tuple of (label, steps)
        The corners of each study's curve.
    summary, low, high, pi_low, pi_high : Line
        The summary and its bands; empty where there is none.
    at_risk : tuple of (time, patients)
        Numbers at risk below the axis, all studies together.
    """

    name: str
    title: str
    subtitle: str
    studies: tuple[tuple[str, Line], ...]
    summary: Line
    low: Line
    high: Line
    pi_low: Line
    pi_high: Line
    at_risk: tuple[tuple[float, int], ...]
    x_axis: Axis
    y_axis: Axis
    footer: tuple[str, ...] = ()
    empty: str = ""

    @property
    def description(self) -> str:
        """The figure in words, for readers who cannot see it."""
        if self.empty:
            return self.empty
        return f"Survival curves of {len(self.studies)} studies: {self.title}. {self.subtitle}."


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
    over_time = [
        row
        for row in rows_of(summary)
        if row["outcome"] == outcome.name and row["quantity"] == "survival"
    ]
    ids = sorted({row["study_id"] for row in rows}, key=lambda i: labels.get(i, i).casefold())
    times = {i: [r for r in rows if r["study_id"] == i] for i in ids}
    curves = tuple((labels.get(i, i), steps(found)) for i, found in times.items())
    end = max((row["time_months"] for row in rows), default=12.0)
    ticks = tuple((tick, f"{tick:g}") for tick in nice_ticks(0, end, 6))
    bands = {
        name: tuple((r["time_months"], r[column]) for r in over_time if r[column] is not None)
        for name, column in (
            ("summary", "estimate"), ("low", "ci_low"), ("high", "ci_high"),
            ("pi_low", "pi_low"), ("pi_high", "pi_high"),
        )
    }  # fmt: skip
    start = ((0.0, 1.0),)
    return CurvesMarks(
        name=outcome.name,
        title=outcome.label,
        subtitle=median,
        studies=curves,
        **{name: start + line if line else () for name, line in bands.items()},
        at_risk=tuple((tick, sum(row["time_months"] >= tick for row in rows)) for tick, _ in ticks),
        x_axis=Axis(0.0, end, ticks, "Months"),
        y_axis=Axis(0.0, 1.0, percent_ticks(0.0, 1.0), "Event-free, %"),
        footer=(
            "Thin: each study, reconstructed from its published curve. Thick: summary over "
            "studies; dark band 95% confidence, light band 95% prediction. Below: patients at "
            "risk, all studies.",
            str(data),
        ),
        empty="" if rows else f"No study of data version {data.version} has a curve of this.",
    )


def steps(patients: Sequence[Row]) -> Line:
    """The corners of the Kaplan-Meier curve of one study's patients."""
    ordered = sorted(patients, key=lambda row: row["time_months"])
    at_risk, survival = len(ordered), 1.0
    line = [(0.0, 1.0)]
    place = 0
    while place < len(ordered):
        time = ordered[place]["time_months"]
        same = [row for row in ordered[place:] if row["time_months"] == time]
        died = sum(row["event"] for row in same)
        if died:
            line.append((time, survival))
            survival *= 1 - died / at_risk
            line.append((time, survival))
        at_risk -= len(same)
        place += len(same)
    if ordered:
        line.append((ordered[-1]["time_months"], survival))
    return tuple(line)

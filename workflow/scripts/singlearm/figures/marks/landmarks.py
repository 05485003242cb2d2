"""Survival at a fixed time as data to draw: a forest of the studies and what was pooled."""

from collections.abc import Mapping

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.figures.marks.axis import percent_axis
from singlearm.figures.marks.forest import ForestMarks, ForestRow, off_axis
from singlearm.figures.marks.inputs import Data, Outcome, Rows, credible, pooled_of, studies_of
from singlearm.kinds.landmark import BAYES, MODELS, lead

ASSUMED = mark(
    "Round brackets: the study gives no interval, or one limit only; shown is the interval that "
    "its weight stands for."
)


def landmark_marks(
    studies: Rows, pooled: Rows, labels: Mapping[str, str], outcome: Outcome, data: Data
) -> ForestMarks:
    """Survival at one time of each study, and what every model pooled.

    Parameters
    ----------
    studies, pooled : Rows
        Rows of all outcomes (kinds landmark_studies, landmarks). A study without a printed interval
        is drawn with the one that its weight stands for. Of the pooled rows the one that leads in
        the report stands first.
    """
    rows, fits = studies_of(studies, outcome, labels), pooled_of(pooled, outcome, MODELS)
    first = lead(fits, {})
    if first is not None:
        fits.sort(key=lambda row: row["model"] != first["model"])
    heaviest = max((row["weight"] or 0.0 for row in rows), default=0.0)
    risk = any(row["n_at_risk"] is not None for row in rows)
    values = [row["survival"] for row in rows] + [row["estimate"] for row in fits]
    ends = [row[name] for row in rows for name in ("weighed_low", "weighed_high")]
    axis = percent_axis(values, ends, say("Event-free, %"))
    lines = [_study(row, labels, heaviest, risk) for row in rows]
    assumed = any(not _printed(row) and row["weighed_low"] is not None for row in rows)
    for number, row in enumerate(fits):
        lines.append(_pooled(row, "subtotal" if number else "total", risk))
        if number == 0 and row["pi_low"] is not None:
            lines.append(_prediction(row, risk))
    return ForestMarks(
        title=outcome.label,
        subtitle=say("Event-free at a fixed time, each study once"),
        left_heads=(
            say("Study"),
            say("Months"),
            say("Patients"),
            *((say("At risk"),) if risk else ()),
        ),
        right_heads=(say("%"), say("95% CI"), say("Weight, %")),
        rows=tuple(lines),
        axis=axis,
        better=outcome.favours,
        footer=(
            *((say(ASSUMED),) if assumed else ()),
            *off_axis(lines, axis),
            *credible(any(row["model"] == BAYES for row in fits)),
            str(data),
        ),
        empty="" if rows else data.unreported,
    )


def _printed(row: Row) -> bool:
    return row["ci_low"] is not None and row["ci_high"] is not None


def _study(row: Row, labels: Mapping[str, str], heaviest: float, risk: bool) -> ForestRow:
    at_risk = (numbers.count(row["n_at_risk"]),) if risk else ()
    printed = _printed(row)
    low, high = (row[f"{'ci' if printed else 'weighed'}_{end}"] for end in ("low", "high"))
    interval = numbers.percent_interval(low, high)
    return ForestRow(
        "study",
        (
            labels.get(row["study_id"], row["study_id"]),
            numbers.shortest(row["months"]),
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
        (
            say(MODELS[row["model"]]),
            numbers.shortest(row["months"]),
            numbers.count(row["n"]),
            *[""] * risk,
        ),
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
        (say("95% prediction interval"), "", "", *[""] * risk),
        ("", interval, ""),
        low=row["pi_low"],
        high=row["pi_high"],
    )

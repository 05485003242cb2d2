"""Survival at a fixed time as data to draw: a forest of the studies and what was pooled."""

from collections.abc import Mapping

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.figures.marks.axis import percent_axis
from singlearm.figures.marks.base import over_largest
from singlearm.figures.marks.forest import ForestMarks, ForestRow, off_axis, prediction_row
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
    risk = any(row["n_at_risk"] is not None for row in rows)
    values = [row["survival"] for row in rows] + [row["estimate"] for row in fits]
    ends = [row[name] for row in rows for name in ("weighed_low", "weighed_high")]
    axis = percent_axis(values, ends, say("Event-free, %"))
    sizes = over_largest([row["weight"] for row in rows])
    lines = [_study(row, labels, size, risk) for row, size in zip(rows, sizes, strict=True)]
    assumed = any(not _printed(row) and row["weighed_low"] is not None for row in rows)
    for number, row in enumerate(fits):
        lines.append(_pooled(row, "subtotal" if number else "total"))
        if number == 0 and row["pi_low"] is not None:
            limits = (row["pi_low"], row["pi_high"])
            lines.append(prediction_row(*limits, numbers.percent_interval(*limits)))
    heads = (say("Study"), say("Months"), say("Patients"), say("At risk"))
    return ForestMarks(
        title=outcome.label,
        subtitle=say("Event-free at a fixed time, each study once"),
        left_heads=heads if risk else heads[:3],
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


def _study(row: Row, labels: Mapping[str, str], size: float | None, risk: bool) -> ForestRow:
    printed = _printed(row)
    low, high = (row[f"{'ci' if printed else 'weighed'}_{end}"] for end in ("low", "high"))
    interval = numbers.percent_interval(low, high)
    return ForestRow(
        "study",
        (
            labels.get(row["study_id"], row["study_id"]),
            numbers.shortest(row["months"]),
            numbers.count(row["n"]),
            *([numbers.count(row["n_at_risk"])] if risk else []),
        ),
        (
            numbers.percent(row["survival"]),
            interval if printed or low is None else f"({interval[1:-1]})",
            numbers.weight(row["weight"]),
        ),
        row["survival"],
        low,
        high,
        size=size,
        key=row["study_id"],
    )


def _pooled(row: Row, kind: str) -> ForestRow:
    limits = (row["ci_low"], row["ci_high"])
    return ForestRow(
        kind,
        (say(MODELS[row["model"]]), numbers.shortest(row["months"]), numbers.count(row["n"])),
        (numbers.percent(row["estimate"]), numbers.percent_interval(*limits)),
        row["estimate"],
        *limits,
    )

"""Events per person-time as a forest: each study's rate, and what every model pooled."""

from collections.abc import Mapping

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.figures.marks.axis import months_axis
from singlearm.figures.marks.forest import ForestMarks, ForestRow, off_axis, prediction_row
from singlearm.figures.marks.inputs import Data, Outcome, Rows, pooled_of, studies_of
from singlearm.kinds.rate import LABELS, MEASURE, PER

HEADING = mark("Per {number} person-years")


def rates_marks(
    studies: Rows, pooled: Rows, labels: Mapping[str, str], outcome: Outcome, data: Data
) -> ForestMarks:
    """Rates of the studies of one outcome and every pooled answer, in the order of the models.

    Parameters
    ----------
    studies : Rows
        Of all outcomes: study_id, outcome, events, years, estimate, ci_low, ci_high, as
        `singlearm.kinds.rate.study_rates` gives them.
    pooled : Rows
        Rows of all outcomes (kind rates).
    labels : mapping
        What each study is called.
    outcome : Outcome
        The outcome.
    data : Data
        The version, for the last line.
    """
    rows, fits = studies_of(studies, outcome, labels), pooled_of(pooled, outcome, LABELS)
    lines = [_line(row, "study", labels.get(row["study_id"], row["study_id"])) for row in rows]
    for number, row in enumerate(fits):
        lines.append(_line(row, "subtotal" if number else "total", say(LABELS[row["model"]])))
        if number == 0 and row["pi_low"] is not None:
            low, high = _scaled(row["pi_low"]), _scaled(row["pi_high"])
            lines.append(prediction_row(low, high, numbers.interval(low, high)))
    heading = say(HEADING, number=PER)
    axis = months_axis([row.estimate for row in lines], [row.high for row in lines], heading)
    return ForestMarks(
        title=outcome.label,
        subtitle=say("Rate of each study with its exact interval, and pooled rates"),
        left_heads=(say("Study"), say("Events"), say("Person-years")),
        right_heads=(heading, say("95% CI")),
        rows=tuple(lines),
        axis=axis,
        better=outcome.favours,
        footer=(*off_axis(lines, axis), str(data)),
        empty="" if rows else data.unreported,
    )


def _line(row: Row, kind: str, name: str) -> ForestRow:
    value, low, high = (_scaled(row[column]) for column in ("estimate", "ci_low", "ci_high"))
    years = row["years"] if kind == "study" else row["person_time"]
    return ForestRow(
        kind,
        (name, numbers.count(row["events"]), numbers.number(years, 1)),
        (MEASURE.number(row["estimate"]), numbers.interval(low, high)),
        value,
        low,
        high,
        key=row["study_id"] if kind == "study" else "",
    )


def _scaled(value: float | None) -> float | None:
    """A rate in the unit of the axis."""
    return None if value is None else MEASURE.scale * value

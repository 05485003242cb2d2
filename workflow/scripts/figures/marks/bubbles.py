"""Meta-regression as data: studies as bubbles over a moderator, and the fitted line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from figures.marks.axis import Axis, number_axis, percent_ticks
from figures.marks.forest import AXIS_TITLE, data_words
from figures.marks.words import column_head, note_words
from pipeline import numbers
from pipeline.tables import Row

#: Steps of the fitted curve.
STEPS = 60


@dataclass(frozen=True, slots=True)
class BubbleMarks:
    """Points (key, label, moderator, proportion, weight over the largest) and the fitted curve."""

    title: str
    subtitle: str
    points: tuple[tuple[str, str, float, float, float | None], ...]
    curve: tuple[tuple[float, float], ...]
    x_axis: Axis
    y_axis: Axis
    footer: tuple[str, ...]

    @property
    def description(self) -> str:
        """The fitted line in words."""
        return f"{self.title} against {self.x_axis.title}. {self.footer[0]}."


def regression_marks(
    effects: Sequence[Row],
    studies: Sequence[Row],
    regression: Sequence[Row],
    *,
    moderator: str,
    title: str,
    model: str,
    model_label: str,
    version: str,
    data_hash: str = "",
) -> BubbleMarks:
    """Bubbles of one numeric moderator under one model whose link is the logit.

    effects, studies: as for the forest. regression: rows of this outcome, moderator and model; the
    terms are `intercept` and the moderator's own. Without both no curve is drawn and the footer
    says why.
    """
    values = {row["study_id"]: row[moderator] for row in studies}
    known = [row for row in effects if values.get(row["study_id"]) is not None]
    weights = [_number(row.get(f"weight_{model}")) for row in known]
    largest = max((weight for weight in weights if weight is not None), default=None)
    points = tuple(
        (
            row["study_id"],
            row["label"],
            float(values[row["study_id"]]),
            row["proportion"],
            None if weight is None or not largest else weight / largest,
        )
        for row, weight in zip(known, weights, strict=True)
    )
    xs = [point[2] for point in points]
    terms = {row["term"]: row for row in regression}
    start, slope = terms.get("intercept"), terms.get(moderator)
    curve, told = (), _why_no_line(regression)
    if xs and start and slope and None not in (start["estimate"], slope["estimate"]):
        low, high = min(xs), max(xs)
        grid = [low + (high - low) * i / STEPS for i in range(STEPS + 1)]
        curve = tuple((x, _expit(start["estimate"] + slope["estimate"] * x)) for x in grid)
        told = (
            f"Slope on the logit scale {numbers.number(slope['estimate'], 3)} "
            f"{numbers.interval(slope['ci_low'], slope['ci_high'], 3)}, "
            f"{numbers.p_value(slope['p_value'])}, k {len(points)}"
        )
    missing = len(effects) - len(known)
    notes = [f"{missing} studies do not report it"] if missing else []
    return BubbleMarks(
        title=title,
        subtitle=model_label,
        points=points,
        curve=curve,
        x_axis=number_axis(xs, column_head(moderator)),
        y_axis=Axis(-0.05, 1.07, percent_ticks(0.0, 1.0), AXIS_TITLE),
        footer=(told, *notes, "Area of a bubble: weight", data_words(version, data_hash)),
    )


def _why_no_line(regression: Sequence[Row]) -> str:
    notes = {note_words(row["note"]) for row in regression if row["note"]}
    return "No line: " + (", ".join(sorted(notes)) or "not fitted")


def _expit(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value))


def _number(value: object) -> float | None:
    return None if value in (None, "") else float(value)

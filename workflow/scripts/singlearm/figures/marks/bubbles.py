"""Meta-regression as data: studies as bubbles over each moderator, and the fitted curves."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from singlearm.catalogue import Row, numbers
from singlearm.figures.marks.axis import Axis, number_axis, percent_ticks
from singlearm.figures.marks.forest import AXIS_TITLE
from singlearm.figures.marks.words import column_head, data_words, note_words

#: Steps of the fitted curve.
STEPS = 60
#: Names of models whose coefficients are log odds, by their settings.
LOGIT = ({"likelihood": "binomial_normal"}, {"measure": "PLO"})


@dataclass(frozen=True, slots=True)
class BubblePanel:
    """Points (key, label, moderator, proportion, weight over the largest) and the fitted curve."""

    points: tuple[tuple[str, str, float, float, float | None], ...]
    curve: tuple[tuple[float, float], ...]
    x_axis: Axis
    told: str


@dataclass(frozen=True, slots=True)
class BubbleMarks:
    """One panel a moderator, all over the same axis of percentages."""

    title: str
    subtitle: str
    panels: tuple[BubblePanel, ...]
    y_axis: Axis
    footer: tuple[str, ...]
    empty: str = ""

    @property
    def description(self) -> str:
        """The fitted curves in words."""
        told = [f"{panel.x_axis.title}: {panel.told}." for panel in self.panels]
        return " ".join([f"{self.title}.", *told]) if told else self.empty


def regression_marks(
    effects: Sequence[Row],
    studies: Sequence[Row],
    regression: Sequence[Row],
    *,
    moderators: Mapping[str, Mapping],
    title: str,
    model: str,
    model_settings: Mapping,
    version: str,
    data_hash: str = "",
) -> BubbleMarks:
    """A panel for each continuous moderator of the protocol under one model.

    effects, studies: as for the forest. regression: rows of this outcome, any model. moderators:
    settings by name, with `from` (a column of `studies`), `kind` and `label`. model_settings: a
    model whose link is not the logit gets no curve.
    """
    logit = any(model_settings.items() >= settings.items() for settings in LOGIT)
    ours = [row for row in regression if row["model"] == model]
    panels = tuple(
        _panel(
            effects, studies, [row for row in ours if row["moderator"] == name], name, settings,
            model, logit,
        )
        for name, settings in moderators.items()
        if settings["kind"] == "continuous"
    )  # fmt: skip
    seen = tuple(panel for panel in panels if panel.points)
    return BubbleMarks(
        title=title,
        subtitle=model_settings.get("label", model),
        panels=seen,
        y_axis=Axis(-0.05, 1.07, percent_ticks(0.0, 1.0), AXIS_TITLE),
        footer=(
            "Bubbles: studies, area by weight. Slope: change of the log odds for one unit. Studies "
            "are compared, not patients: a slope over medians says nothing about single patients.",
            data_words(version, data_hash),
        ),
        empty="" if seen else "No study of this outcome reports a moderator of the protocol.",
    )


def _panel(effects, studies, regression, name, settings, model, logit) -> BubblePanel:
    values = {row["study_id"]: _number(row.get(settings["from"])) for row in studies}
    known = [row for row in effects if values.get(row["study_id"]) is not None]
    weights = [_number(row.get(f"weight_{model}")) for row in known]
    largest = max((weight for weight in weights if weight is not None), default=None)
    points = tuple(
        (
            row["study_id"],
            row["label"],
            values[row["study_id"]],
            row["proportion"],
            None if weight is None or not largest else weight / largest,
        )
        for row, weight in zip(known, weights, strict=True)
    )
    terms = {row["term"]: row for row in regression}
    start, slope = terms.get("intercept"), terms.get(name)
    fitted = start and slope and None not in (start["estimate"], slope["estimate"])
    curve, told = (), _why_no_line(regression)
    if points and fitted:
        told = (
            f"slope {numbers.number(slope['estimate'], 3)} "
            f"{numbers.interval(slope['ci_low'], slope['ci_high'], 3)}, "
            f"{numbers.p_value(slope['p_value'])}, k {numbers.count(slope['k'])}"
        )
    if points and fitted and logit:
        xs = [point[2] for point in points]
        low, high = min(xs), max(xs)
        grid = [low + (high - low) * i / STEPS for i in range(STEPS + 1)]
        curve = tuple((x, _expit(start["estimate"] + slope["estimate"] * x)) for x in grid)
    label = settings.get("label") or column_head(settings["from"])
    return BubblePanel(points, curve, number_axis([p[2] for p in points], label), told)


def _why_no_line(regression: Sequence[Row]) -> str:
    notes = {note_words(row["note"]) for row in regression if row["note"]}
    return "no line: " + (", ".join(sorted(notes)) or "not fitted")


def _expit(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value))


def _number(value: object) -> float | None:
    return None if value in (None, "") else float(value)

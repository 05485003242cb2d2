"""Meta-regression as data: studies as bubbles over each moderator, and the fitted curves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.notes import short
from singlearm.figures.marks.axis import Axis, expit, number_axis, whole_axis
from singlearm.figures.marks.base import Marks, over_largest
from singlearm.figures.marks.inputs import Data, FigureModel, Rows, StudyWords, number_of, rows_of
from singlearm.figures.marks.words import AXIS_TITLE

#: Why there is no panel: the protocol asks for none, or no study has what it asks for.
NO_MODERATOR = mark("The protocol names no continuous moderator.")
NO_VALUES = mark("No study of this outcome reports a moderator of the protocol.")
#: Steps of the fitted curve.
STEPS = 60


class Point(NamedTuple):
    """A study: its moderator, its proportion, its weight over the largest (None: not known)."""

    key: str
    label: str
    moderator: float
    proportion: float
    weight: float | None


@dataclass(frozen=True, slots=True)
class BubblePanel:
    """The studies over one moderator, the fitted curve, and the slope in words."""

    points: tuple[Point, ...]
    curve: tuple[tuple[float, float], ...]
    x_axis: Axis
    caption: str


@dataclass(frozen=True, slots=True)
class BubbleMarks(Marks):
    """One panel a moderator, all over the same axis of percentages."""

    panels: tuple[BubblePanel, ...]
    y_axis: Axis

    def told(self) -> list[str]:
        """The fitted curves."""
        return [f"{panel.x_axis.title}: {panel.caption}." for panel in self.panels]


def regression_marks(
    effects: Rows,
    studies: Rows,
    regression: Rows,
    moderators: Mapping[str, Mapping[str, Any]],
    model: FigureModel,
    data: Data,
    *,
    title: str,
    words: StudyWords | None = None,
) -> BubbleMarks:
    """A panel for each continuous moderator of the protocol under one model.

    Parameters
    ----------
    effects, studies : Rows
        As for the forest.
    regression : Rows
        Rows of this outcome, any model.
    moderators : Mapping
        Settings by name, with `from` (a column of `studies`), `kind` and `label`.
    model : FigureModel
        One whose scale is not that of the log odds gets no curve.
    """
    effects, studies, words = rows_of(effects), rows_of(studies), words or StudyWords()
    ours = [row for row in rows_of(regression) if row["model"] == model.name]
    panels = []
    for name, settings in moderators.items():
        if settings["kind"] == "continuous":
            values = {row["study_id"]: number_of(row.get(settings["from"])) for row in studies}
            title_x = settings.get("label") or words.heading(settings["from"])
            fit = [row for row in ours if row["moderator"] == name]
            panels.append(_panel(_points(effects, values, model), fit, name, title_x, model))
    shown = tuple(panel for panel in panels if panel.points)
    about = say(
        "Bubbles: studies, area by weight. Slope: change of the {scale} for one unit. Studies are "
        "compared, not patients: a slope over medians says nothing about single patients.",
        scale=say(model.scale),
    )
    fitted = [say("Lines: what the median study would have.")]
    return BubbleMarks(
        title=title,
        subtitle=model.label,
        panels=shown,
        y_axis=_percents(shown),
        footer=(
            *([about] if shown else []),
            *(fitted if any(panel.curve for panel in shown) else []),
            str(data),
        ),
        empty="" if shown else say(NO_VALUES if panels else NO_MODERATOR),
    )


def _percents(panels: Sequence[BubblePanel]) -> Axis:
    """Percent from 0 on, with air for the discs at both ends."""
    drawn = [point.proportion for panel in panels for point in panel.points]
    drawn += [p for panel in panels for _, p in panel.curve]
    axis = whole_axis(drawn, say(AXIS_TITLE))
    return replace(axis, low=-0.05 * axis.high, high=1.07 * axis.high)


def _points(
    effects: Sequence[Row], values: Mapping[str, float | None], model: FigureModel
) -> tuple[Point, ...]:
    """The studies with a value of the moderator."""
    known = [(row, x) for row in effects if (x := values.get(row["study_id"])) is not None]
    sizes = over_largest([number_of(row.get(f"weight_{model.name}")) for row, _ in known])
    return tuple(
        Point(row["study_id"], row["label"], x, row["proportion"], size)
        for (row, x), size in zip(known, sizes, strict=True)
    )


def _panel(
    points: tuple[Point, ...], fit: Sequence[Row], name: str, title: str, model: FigureModel
) -> BubblePanel:
    terms = {row["term"]: row for row in fit}
    start, slope = terms.get("intercept"), terms.get(name)
    axis = number_axis([point.moderator for point in points], title)
    if not (points and start and slope and None not in (start["estimate"], slope["estimate"])):
        return BubblePanel(points, (), axis, _why_no_line(fit))
    # with one slope the test of all terms is its own; the bootstrap's p leads where there is one
    p = terms.get("omnibus", {}).get("p_bootstrap")
    caption = say(
        "slope {slope} {interval}, {p}, k {k}",
        slope=numbers.significant(slope["estimate"], 3),
        interval=numbers.interval(slope["ci_low"], slope["ci_high"], 3),
        p=numbers.p_value(slope["p_value"] if p is None else p),
        k=numbers.count(slope["k"]),
    )
    curve: tuple[tuple[float, float], ...] = ()
    if model.scale == "log odds":
        xs = [point.moderator for point in points]
        low, high = min(xs), max(xs)
        grid = [low + (high - low) * i / STEPS for i in range(STEPS + 1)]
        curve = tuple((x, expit(start["estimate"] + slope["estimate"] * x)) for x in grid)
    return BubblePanel(points, curve, axis, caption)


def _why_no_line(regression: Sequence[Row]) -> str:
    notes = {short(row["note"]) for row in regression if row["note"]}
    return say("no line: {why}", why=", ".join(sorted(notes)) or say("not fitted"))

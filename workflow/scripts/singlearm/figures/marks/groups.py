"""Subgroups of all outcomes side by side: a panel for each subgrouping, a row for each outcome."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.natural import natural
from singlearm.catalogue.notes import codes
from singlearm.catalogue.words import TAU2_MODES
from singlearm.figures.marks.axis import Axis, labelled, whole_axis
from singlearm.figures.marks.base import Marks
from singlearm.figures.marks.estimands import estimates_of, pooled_is
from singlearm.figures.marks.inputs import Data, FigureModel, Outcome, Rows, rows_of
from singlearm.figures.marks.words import AXIS_TITLE, choose_test

#: What the signs and texts of the panels are.
NOTES = mark(
    "p: test for a difference between the two groups of studies ({mode}), not adjusted for the "
    "number of comparisons; k: studies in each group. A hollow sign stands for a single study. "
    "Comparisons between studies are observational."
)


@dataclass(frozen=True, slots=True)
class GroupPoint:
    """The pooled percentage of one level; `estimate` is None where nothing was pooled."""

    k: int
    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class GroupCell:
    """One outcome in one panel: its levels, the p value and the number of studies as printed."""

    points: tuple[GroupPoint, ...]
    p_text: str
    k_text: str


@dataclass(frozen=True, slots=True)
class GroupPanel:
    """One subgrouping; `cells` in the order of the figure's outcomes."""

    label: str
    levels: tuple[str, ...]
    cells: tuple[GroupCell, ...]


@dataclass(frozen=True, slots=True)
class GroupMarks(Marks):
    """Outcomes down, subgroupings across."""

    outcomes: tuple[str, ...]
    panels: tuple[GroupPanel, ...]
    axis: Axis

    def told(self) -> list[str]:
        """Every test that was made."""
        return [
            f"{outcome}, {panel.label}: {cell.p_text}."
            for panel in self.panels
            for outcome, cell in zip(self.outcomes, panel.cells, strict=True)
            if cell.p_text
        ]


def groups_marks(
    subgroups: Rows,
    tests: Rows,
    outcomes: Sequence[Outcome],
    groupings: Mapping[str, Mapping[str, Any]],
    model: FigureModel,
    data: Data,
    *,
    headline: str = "typical",
) -> GroupMarks:
    """Panels for all groupings with two levels; outcomes without any pooled level are left out.

    Parameters
    ----------
    subgroups, tests : Rows
        Rows of all outcomes (kinds subgroups, subgroup_tests).
    groupings : mapping
        Settings by name, with label and levels.
    headline : {"average", "typical"}
        With `average` a level is drawn at its mean over studies, where the model has both.
    """
    rows = {
        (row["outcome"], row["by"], row["level"]): row
        for row in rows_of(subgroups)
        if (row["model"], row["tau2_mode"]) == (model.name, "common")
    }
    tried = [row for row in rows_of(tests) if row["model"] == model.name]
    two_levels = {
        by: levels
        for by, settings in groupings.items()
        if len(levels := _levels(by, settings, rows)) == 2
    }
    filled = {outcome for (outcome, by, _), row in rows.items() if by in two_levels and row["k"]}
    shown = [outcome for outcome in outcomes if outcome.name in filled]
    found = {key: estimates_of(row, model, headline) for key, row in rows.items()}
    points = {key: GroupPoint(row["k"], *found[key][0][1:]) for key, row in rows.items()}
    panels = tuple(
        GroupPanel(
            groupings[by].get("label", by),
            levels,
            tuple(_cell(one.name, by, levels, points, tried) for one in shown),
        )
        for by, levels in two_levels.items()
    )
    names = {outcome.name for outcome in shown}
    drawn = [row for (name, by, _), row in rows.items() if name in names and by in two_levels]
    means = any(len(estimates) > 1 for estimates in found.values())
    footer = [say(NOTES, mode=say(TAU2_MODES["common"]))]
    if means:
        footer[0] = f"{say('Signs at the mean over studies, with 95% intervals.')} {footer[0]}"
    if any("homogeneous_exact" in codes(row["note"]) for row in drawn):
        footer.append(say("A sign at 0% or 100%: the exact interval of the summed counts."))
    footer += () if means else pooled_is([model])
    return GroupMarks(
        title=say("Subgroups of studies"),
        subtitle=model.label,
        outcomes=tuple(outcome.label for outcome in shown),
        panels=panels,
        axis=_axis(points.values()),
        footer=(*footer, str(data)),
        empty="" if panels and shown else say("No subgrouping of two groups has pooled results."),
    )


def _levels(
    by: str, settings: Mapping[str, Any], rows: Mapping[tuple[str, str, str], Row]
) -> tuple[str, ...]:
    """The protocol's levels of a grouping; where it names none, those with a study."""
    filled = {level for (_, name, level), row in rows.items() if name == by and row["k"]}
    return tuple(settings.get("levels") or sorted(filled, key=natural))


def _axis(points: Iterable[GroupPoint]) -> Axis:
    """Percent from 0 on, with the three ticks for which a small panel has room."""
    axis = whole_axis([end for p in points for end in (p.estimate, p.high)], say(AXIS_TITLE))
    return replace(axis, ticks=labelled((0.0, axis.high / 2, axis.high), 100))


def _cell(
    outcome: str,
    by: str,
    levels: Sequence[str],
    known: Mapping[tuple[str, str, str], GroupPoint],
    tests: Sequence[Row],
) -> GroupCell:
    points = tuple(
        known.get((outcome, by, level), GroupPoint(0, None, None, None)) for level in levels
    )
    ours = [row for row in tests if (row["outcome"], row["by"]) == (outcome, by)]
    test = choose_test(ours)
    return GroupCell(
        points,
        numbers.p_value(test["p_value"]) if test else "",
        "k " + ", ".join(str(point.k) for point in points),
    )

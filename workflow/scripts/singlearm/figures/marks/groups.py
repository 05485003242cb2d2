"""Subgroups of all outcomes side by side: a panel for each subgrouping, a row for each outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from singlearm.catalogue import Row, numbers
from singlearm.figures.marks.axis import Axis
from singlearm.figures.marks.forest import AXIS_TITLE
from singlearm.figures.marks.words import choose_test, data_words


@dataclass(frozen=True, slots=True)
class GroupPoint:
    """The pooled percentage of one level; `estimate` is None where nothing was pooled."""

    level: str
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

    by: str
    label: str
    levels: tuple[str, ...]
    cells: tuple[GroupCell, ...]


@dataclass(frozen=True, slots=True)
class GroupMarks:
    """Outcomes down, subgroupings across."""

    title: str
    subtitle: str
    outcomes: tuple[str, ...]
    panels: tuple[GroupPanel, ...]
    axis: Axis
    footer: tuple[str, ...]

    @property
    def description(self) -> str:
        """The figure in words: every test that was made."""
        told = [
            f"{outcome}, {panel.label}: {cell.p_text}."
            for panel in self.panels
            for outcome, cell in zip(self.outcomes, panel.cells, strict=True)
            if cell.p_text
        ]
        return " ".join([f"{self.title}.", *told])


def groups_marks(
    subgroups: Sequence[Row],
    tests: Sequence[Row],
    *,
    outcomes: Mapping[str, Mapping],
    groupings: Mapping[str, Mapping],
    model: str,
    model_label: str,
    version: str,
    tau2_mode: str = "common",
    data_hash: str = "",
) -> GroupMarks:
    """Panels for all groupings with two levels; outcomes without any pooled level are left out.

    subgroups, tests: rows of all outcomes (kinds subgroups, subgroup_tests). groupings: settings by
    name, with label and levels.
    """
    ours = [row for row in subgroups if (row["model"], row["tau2_mode"]) == (model, tau2_mode)]
    rows = {(row["outcome"], row["by"], row["level"]): row for row in ours}
    tried = [row for row in tests if row["model"] == model]
    two_levels = {
        by: settings for by, settings in groupings.items() if len(settings.get("levels", ())) == 2
    }
    filled = {outcome for (outcome, by, _), row in rows.items() if by in two_levels and row["k"]}
    shown = [name for name in outcomes if name in filled]
    panels = tuple(
        GroupPanel(
            by,
            settings.get("label", by),
            tuple(settings["levels"]),
            tuple(_cell(name, by, settings["levels"], rows, tried, tau2_mode) for name in shown),
        )
        for by, settings in two_levels.items()
    )
    mode = "one common τ²" if tau2_mode == "common" else "separate τ²"
    notes = (
        f"p: test for a difference between the two groups of studies ({mode}), not adjusted for "
        "the number of comparisons; k: studies in each group. A hollow sign stands for a single "
        "study. Comparisons between studies are observational."
    )
    return GroupMarks(
        title="Subgroups of studies",
        subtitle=model_label,
        outcomes=tuple(outcomes[name]["label"] for name in shown),
        panels=panels,
        axis=Axis(0.0, 1.0, ((0.0, "0"), (0.5, "50"), (1.0, "100")), AXIS_TITLE),
        footer=(notes, data_words(version, data_hash)),
    )


def _cell(outcome, by, levels, rows, tests, tau2_mode) -> GroupCell:
    found = [(level, rows.get((outcome, by, level))) for level in levels]
    points = tuple(
        GroupPoint(level, row["k"], row["estimate"], row["ci_low"], row["ci_high"])
        if row
        else GroupPoint(level, 0, None, None, None)
        for level, row in found
    )
    test = choose_test(
        [row for row in tests if (row["outcome"], row["by"]) == (outcome, by)], tau2_mode
    )
    return GroupCell(
        points,
        numbers.p_value(test["p_value"]) if test else "",
        "k " + ", ".join(str(point.k) for point in points),
    )

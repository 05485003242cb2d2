"""Leave-one-out, cumulative and influence analyses as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.natural import natural
from singlearm.figures.marks.axis import Axis, number_axis, share_axis
from singlearm.figures.marks.base import Marks
from singlearm.figures.marks.estimands import drawn_is, estimates_of, pooled_is
from singlearm.figures.marks.forest import ForestMarks, ForestRow
from singlearm.figures.marks.inputs import Data, FigureModel, Rows, credible, rows_of
from singlearm.figures.marks.words import AXIS_TITLE

#: Studies that get a name in a scatter of influence: by the shift, and by the fall of Q.
NAMED, NAMED_BY_Q = 5, 2

TOO_FEW = mark("Too few studies for this analysis.")
NO_YEARS = mark("No study names its year, so they have no order to be added in.")
#: Of how many studies or steps a figure shows some.
SOME_STUDIES = mark("{shown} of {k} studies, those that move the two-step estimate most.")
SOME_STEPS = mark("{shown} of {k} steps; the others are pooled within the next row.")


@dataclass(frozen=True, slots=True)
class Analysis:
    """An outcome as pooled under one model, with the printed names of its studies; `headline` is
    the protocol's, as `estimates_of` takes it.
    """

    pooled: Row
    labels: Mapping[str, str]
    model: FigureModel
    data: Data
    headline: str = "typical"

    def label(self, study_id: str) -> str:
        """Printed name of a study."""
        return self.labels.get(study_id, study_id)


@dataclass(frozen=True, slots=True)
class InfluencePanel:
    """One measure of influence: a value for each study; `bound` is the usual line to look at."""

    title: str
    values: tuple[float | None, ...]
    bound: tuple[float, ...]
    axis: Axis


@dataclass(frozen=True, slots=True)
class InfluenceMarks(Marks):
    """Baujat's scatter and panels of case diagnostics, all in the order of `labels`.

    drop_in_q: how much Q falls without the study. shift: how far the pooled percentage moves (in
    percentage points) without it. named: indices of the studies with the largest shifts.
    """

    labels: tuple[str, ...]
    keys: tuple[str, ...]
    drop_in_q: tuple[float | None, ...]
    shift: tuple[float | None, ...]
    named: tuple[int, ...]
    x_axis: Axis
    y_axis: Axis
    panels: tuple[InfluencePanel, ...]

    @property
    def description(self) -> str:
        """Which studies move the estimate most."""
        if self.empty:
            return self.empty
        texts = [
            say(
                "{study}: {shift} points.",
                study=self.labels[i],
                shift=numbers.significant(self.shift[i], 1),
            )
            for i in self.named
        ]
        told = say("{title}. Largest shifts of the pooled percentage without:", title=self.title)
        return " ".join([told, *texts])


def leave_one_out_marks(rows: Rows, analysis: Analysis, title: str) -> ForestMarks:
    """The headline without each study in turn; rows of leave_one_out of that model."""
    named = [(analysis.label(row["left_out"]), row) for row in rows_of(rows)]
    named.sort(key=lambda pair: natural(pair[0]))
    lines = [
        _line(say("without {study}", study=label), row, analysis, row["left_out"])
        for label, row in named
    ]
    return _steps(say("Left out"), lines, analysis, title, SOME_STUDIES, TOO_FEW)


def cumulative_marks(rows: Rows, analysis: Analysis, title: str) -> ForestMarks:
    """The headline as the studies came in, year by year."""
    lines = [
        _line(
            f"+ {_with_year(analysis.label(row['study_id']), row)}", row, analysis, row["study_id"]
        )
        for row in sorted(rows_of(rows), key=lambda row: row["step"])
    ]
    empty = NO_YEARS if (analysis.pooled["k"] or 0) > 1 else TOO_FEW
    return _steps(say("Added"), lines, analysis, title, SOME_STEPS, empty)


def influence_marks(
    rows: Rows, leave_one_out: Rows, analysis: Analysis, title: str
) -> InfluenceMarks:
    """Influence of each study under one model.

    The scatter is Baujat's (2002, Stat Med 21:2641) with both axes in readable units: the fall of Q
    and the shift of the percentage when the study is left out. The bounds of the panels are those
    of Viechtbauer and Cheung (2010, Res Synth Methods 1:112): 1.96 for the residual, 1 for DFBETAS,
    3/k for the leverage; the covariance ratio below 1 says that precision rises without the study.
    """
    pooled = analysis.pooled
    rows = sorted(rows_of(rows), key=lambda row: natural(analysis.label(row["study_id"])))
    without = {row["left_out"]: row for row in rows_of(leave_one_out)}
    keys = tuple(row["study_id"] for row in rows)
    drop = tuple(_minus(pooled["q"], row["q_deleted"]) for row in rows)
    shift = tuple(
        _minus(without.get(key, {}).get("estimate"), pooled["estimate"], 100.0) for key in keys
    )
    by_shift = sorted(range(len(rows)), key=lambda i: -abs(shift[i] or 0.0))[:NAMED]
    by_drop = sorted(range(len(rows)), key=lambda i: -abs(drop[i] or 0.0))[:NAMED_BY_Q]
    k = max(1, pooled["k"] or 0)
    panels = tuple(
        _influence_panel(name, [row[column] for row in rows], bound)
        for name, column, bound in (
            (say("Studentized residual"), "rstudent", (-1.96, 1.96)),
            (say("Cook's distance"), "cook_d", ()),
            ("DFBETAS", "dfbetas", (-1.0, 1.0)),
            (say("Covariance ratio"), "cov_ratio", (1.0,)),
            (say("τ² without the study"), "tau2_deleted", (pooled["tau2"],)),
            (say("Leverage"), "hat", (3.0 / k,)),
        )
    )
    return InfluenceMarks(
        title=title,
        subtitle=analysis.model.label,
        labels=tuple(map(analysis.label, keys)),
        keys=keys,
        drop_in_q=drop,
        shift=shift,
        named=tuple(dict.fromkeys(by_shift + by_drop)),
        x_axis=number_axis([0.0, *drop], say("Fall of Q without the study")),
        y_axis=number_axis([0.0, *shift], say("Shift of the pooled percentage, points")),
        panels=panels,
        footer=(
            *_some(len(rows), analysis, SOME_STUDIES),
            *pooled_is([analysis.model]),
            say(
                "Dashed lines: ±1.96 for the residual, ±1 for DFBETAS, 1 for the covariance "
                "ratio, 3/k for the leverage, τ² with all studies. Studies stand in alphabetic "
                "order."
            ),
            say(
                "Orange, with names: the studies whose absence moves the percentage or lowers Q "
                "most."
            ),
            str(analysis.data),
        ),
        empty=""
        if any(None not in pair for pair in zip(drop, shift, strict=True))
        else say(TOO_FEW),
    )


def _influence_panel(
    title: str, values: Sequence[float | None], bound: Sequence[float | None]
) -> InfluencePanel:
    lines = tuple(line for line in bound if line is not None)
    return InfluencePanel(title, tuple(values), lines, number_axis([0.0, *values, *lines]))


def _line(
    label: str, row: Row, analysis: Analysis, key: str = "", kind: str = "summary"
) -> ForestRow:
    """A pooled row with its headline: the average where all studies have one, and it leads."""
    average = len(estimates_of(analysis.pooled, analysis.model, analysis.headline)) > 1
    headline = analysis.headline if average else "typical"
    _, value, low, high = estimates_of(row, analysis.model, headline)[0]
    return ForestRow(
        kind,
        (label,),
        (numbers.percent(value), numbers.percent_interval(low, high), numbers.tau2(row["tau2"])),
        value,
        low,
        high,
        key=key,
    )


def _with_year(label: str, row: Row) -> str:
    """`Martin 2023 (2025)` where a study's latest report is not of the year in its name."""
    year = row["year"]
    return label if year is None or str(year) in label else f"{label} ({year})"


def _some(shown: int, analysis: Analysis, text: str) -> tuple[str, ...]:
    """A line of the footer that says of how many studies the figure shows some."""
    k = analysis.pooled["k"] or 0
    told = say(text, shown=numbers.count(shown), k=numbers.count(k))
    return (told,) if 0 < shown < k else ()


def _steps(
    head: str,
    lines: Sequence[ForestRow],
    analysis: Analysis,
    title: str,
    some: str,
    empty: str,
) -> ForestMarks:
    rows = (*lines, _line(say("All studies"), analysis.pooled, analysis, kind="total"))
    drawn = [end for row in rows for end in (row.estimate, row.low, row.high)]
    return ForestMarks(
        title=title,
        subtitle=analysis.model.label,
        left_heads=(head,),
        right_heads=(say("%"), say("95% CI"), "τ²"),
        rows=rows,
        axis=share_axis(drawn, say(AXIS_TITLE)),
        reference=rows[-1].estimate,
        footer=(
            *_some(len(lines), analysis, some),
            *drawn_is(analysis.pooled, analysis.model, analysis.headline),
            *credible(analysis.model.bayesian),
            str(analysis.data),
        ),
        empty="" if lines else say(empty),
    )


def _minus(a: float | None, b: float | None, factor: float = 1.0) -> float | None:
    return None if a is None or b is None else factor * (a - b)

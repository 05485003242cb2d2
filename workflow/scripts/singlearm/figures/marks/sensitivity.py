"""Leave-one-out, cumulative and influence analyses as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from singlearm.catalogue import Row, numbers
from singlearm.figures.marks.axis import Axis, number_axis, share_axis
from singlearm.figures.marks.forest import AXIS_TITLE, ForestMarks, ForestRow
from singlearm.figures.marks.words import data_words

#: Studies that get a name in a scatter of influence.
NAMED = 5


@dataclass(frozen=True, slots=True)
class InfluencePanel:
    """One measure of influence: a value for each study; `bound` is the usual line to look at."""

    title: str
    values: tuple[float | None, ...]
    bound: tuple[float, ...]
    axis: Axis


@dataclass(frozen=True, slots=True)
class InfluenceMarks:
    """Baujat's scatter and panels of case diagnostics, all in the order of `labels`.

    drop_in_q: how much Q falls without the study. shift: how far the pooled percentage moves (in
    percentage points) without it. named: indices of the studies with the largest shifts.
    """

    title: str
    subtitle: str
    labels: tuple[str, ...]
    keys: tuple[str, ...]
    drop_in_q: tuple[float | None, ...]
    shift: tuple[float | None, ...]
    named: tuple[int, ...]
    x_axis: Axis
    y_axis: Axis
    panels: tuple[InfluencePanel, ...]
    footer: tuple[str, ...]

    @property
    def description(self) -> str:
        """Which studies move the estimate most."""
        told = [f"{self.labels[i]}: {numbers.number(self.shift[i], 1)} points." for i in self.named]
        return " ".join([f"{self.title}. Largest shifts of the pooled percentage without:", *told])


def leave_one_out_marks(
    rows: Sequence[Row], pooled: Row, labels: Mapping[str, str], **options
) -> ForestMarks:
    """The pooled estimate without each study in turn, under one model.

    rows: leave_one_out rows of that model. labels: study_id to printed name. options: title,
    model_label, version, data_hash.
    """
    lines = [
        _line(f"without {labels.get(row['left_out'], row['left_out'])}", row, row["left_out"])
        for row in sorted(rows, key=lambda row: labels.get(row["left_out"], row["left_out"]))
    ]
    return _steps("leave-one-out", "Left out", lines, pooled, **options)


def cumulative_marks(
    rows: Sequence[Row], pooled: Row, labels: Mapping[str, str], **options
) -> ForestMarks:
    """The pooled estimate as the studies came in, year by year; options as above."""
    lines = [
        _line(f"+ {labels.get(row['study_id'], row['study_id'])}", row, row["study_id"])
        for row in sorted(rows, key=lambda row: row["step"])
    ]
    return _steps("cumulative", "Added", lines, pooled, **options)


def influence_marks(
    rows: Sequence[Row],
    leave_one_out: Sequence[Row],
    pooled: Row,
    labels: Mapping[str, str],
    *,
    title: str,
    model_label: str,
    version: str,
    data_hash: str = "",
) -> InfluenceMarks:
    """Influence of each study under one model.

    The scatter is Baujat's (2002, Stat Med 21:2641) with both axes in readable units: the fall of Q
    and the shift of the percentage when the study is left out. The bounds of the panels are those
    of Viechtbauer and Cheung (2010, Res Synth Methods 1:112): 1.96 for the residual, 1 for DFBETAS,
    3/k for the leverage; the covariance ratio below 1 says that precision rises without the study.
    """
    rows = sorted(rows, key=lambda row: labels.get(row["study_id"], row["study_id"]))
    without = {row["left_out"]: row for row in leave_one_out}
    keys = tuple(row["study_id"] for row in rows)
    drop = tuple(_minus(pooled["q"], row["q_deleted"]) for row in rows)
    shift = tuple(
        _minus(without.get(key, {}).get("estimate"), pooled["estimate"], 100.0) for key in keys
    )
    order = sorted(range(len(rows)), key=lambda i: -abs(shift[i] or 0.0))
    k = max(1, len(rows))
    panels = tuple(
        _influence_panel(name, [row[column] for row in rows], bound)
        for name, column, bound in (
            ("Studentized residual", "rstudent", (-1.96, 1.96)),
            ("Cook's distance", "cook_d", ()),
            ("DFBETAS", "dfbetas", (-1.0, 1.0)),
            ("Covariance ratio", "cov_ratio", (1.0,)),
            ("τ² without the study", "tau2_deleted", (pooled["tau2"],)),
            ("Leverage", "hat", (3.0 / k,)),
        )
    )
    return InfluenceMarks(
        title=title,
        subtitle=model_label,
        labels=tuple(labels.get(key, key) for key in keys),
        keys=keys,
        drop_in_q=drop,
        shift=shift,
        named=tuple(order[:NAMED]),
        x_axis=number_axis([0.0, *drop], "Fall of Q without the study"),
        y_axis=number_axis([0.0, *shift], "Shift of the pooled percentage, points"),
        panels=panels,
        footer=(
            "Dashed lines: ±1.96 for the residual, ±1 for DFBETAS, 1 for the covariance ratio, 3/k "
            "for the leverage, τ² with all studies. Studies stand in alphabetic order.",
            data_words(version, data_hash),
        ),
    )


def _influence_panel(title, values, bound) -> InfluencePanel:
    bound = tuple(line for line in bound if line is not None)
    return InfluencePanel(title, tuple(values), bound, number_axis([0.0, *values, *bound]))


def _line(label: str, row: Row, key: str) -> ForestRow:
    return ForestRow(
        "summary",
        (label,),
        (
            numbers.percent(row["estimate"]),
            numbers.percent_interval(row["ci_low"], row["ci_high"]),
            numbers.tau2(row["tau2"]),
        ),
        row["estimate"],
        row["ci_low"],
        row["ci_high"],
        key=key,
    )


def _steps(name, head, lines, pooled, *, title, model_label, version, data_hash="") -> ForestMarks:
    total = ForestRow(
        "total",
        ("All studies",),
        (
            numbers.percent(pooled["estimate"]),
            numbers.percent_interval(pooled["ci_low"], pooled["ci_high"]),
            numbers.tau2(pooled["tau2"]),
        ),
        pooled["estimate"],
        pooled["ci_low"],
        pooled["ci_high"],
    )
    drawn = [row.estimate for row in (*lines, total)]
    ends = [end for row in (*lines, total) for end in (row.low, row.high)]
    return ForestMarks(
        name=name,
        title=title,
        subtitle=model_label,
        left_heads=(head,),
        right_heads=("%", "95% CI", "τ²"),
        rows=(*lines, total),
        axis=share_axis([*drawn, *ends], AXIS_TITLE),
        reference=pooled["estimate"],
        footer=(data_words(version, data_hash),),
        empty="" if lines else "Too few studies for this analysis.",
    )


def _minus(a: float | None, b: float | None, factor: float = 1.0) -> float | None:
    return None if a is None or b is None else factor * (a - b)

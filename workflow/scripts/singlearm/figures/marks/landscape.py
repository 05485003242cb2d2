"""All subsets, all specifications, simulated coverage: GOSH, multiverse, calibration as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from singlearm.catalogue import Row, numbers
from singlearm.figures.marks.axis import Axis, percent_ticks, share_axis
from singlearm.figures.marks.forest import AXIS_TITLE
from singlearm.figures.marks.words import data_words

#: Points that a specification curve draws: above it every n-th is shown, the ends always.
CURVE_POINTS = 300


@dataclass(frozen=True, slots=True)
class GoshMarks:
    """Share of all subsets in cells of estimate and I2.

    cells: (estimate_low, estimate_high, i2_low, i2_high, share of the fullest cell). split: the
    study whose presence moves the mean estimate most, with the means (with, without) to mark; None
    where no study is known.
    """

    title: str
    subtitle: str
    cells: tuple[tuple[float, float, float, float, float], ...]
    split: str
    means: tuple[tuple[float, float], ...]
    x_axis: Axis
    y_axis: Axis
    footer: tuple[str, ...]

    @property
    def description(self) -> str:
        """The figure in words."""
        return f"{self.title}. {self.subtitle}. {self.footer[0]}"


@dataclass(frozen=True, slots=True)
class CurveMarks:
    """A specification curve: estimates in order of size, and which choice each one made.

    choices: (name, levels) down the lower panel. taken: for each point the index of its level, per
    choice. published, primary: lines to compare with.
    """

    title: str
    subtitle: str
    estimates: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    choices: tuple[tuple[str, tuple[str, ...]], ...]
    taken: tuple[tuple[int, ...], ...]
    axis: Axis
    primary: float | None
    published: float | None
    footer: tuple[str, ...]

    @property
    def description(self) -> str:
        """Range and median in words."""
        return f"{self.title}. {self.subtitle}."


@dataclass(frozen=True, slots=True)
class CalibrationMarks:
    """Simulated coverage, width and bias of each model's interval; `bars`: two standard errors."""

    title: str
    subtitle: str
    models: tuple[str, ...]
    coverage: tuple[float | None, ...]
    bars: tuple[float | None, ...]
    width: tuple[float | None, ...]
    bias: tuple[float | None, ...]
    nominal: float
    axis: Axis
    footer: tuple[str, ...]

    @property
    def description(self) -> str:
        """Coverage in words."""
        told = [
            f"{model}: {numbers.percent(value)}%."
            for model, value in zip(self.models, self.coverage, strict=True)
        ]
        return " ".join([f"{self.title}, coverage of the 95% interval.", *told])


def gosh_marks(
    cells: Sequence[Row],
    studies: Sequence[Row],
    labels: Mapping[str, str],
    *,
    title: str,
    version: str,
    data_hash: str = "",
) -> GoshMarks:
    """Density of all subsets (Olkin, Dahabreh and Trikalinos 2012, Res Synth Methods 3:214).

    cells: gosh rows (counts of subsets in cells of the estimate and I2, both on the 0 to 1 scale).
    studies: gosh_studies rows; the one with the largest difference of means is highlighted.
    """
    cells = [row for row in cells if row["subsets"]]
    total = sum(row["subsets"] for row in cells)
    fullest = max((row["subsets"] for row in cells), default=1)
    known = [row for row in studies if None not in (row["mean_with"], row["mean_without"])]
    split = max(known, key=lambda row: abs(row["mean_with"] - row["mean_without"]), default=None)
    name, means, told = "", (), "No study could be told apart."
    if split:
        name = labels.get(split["study_id"], split["study_id"])
        means = (
            (split["mean_with"], split["i2_with"]),
            (split["mean_without"], split["i2_without"]),
        )
        told = (
            f"{name} splits the subsets most: mean {numbers.percent(split['mean_with'])}% with it, "
            f"{numbers.percent(split['mean_without'])}% without it."
        )
    ends = [row[column] for row in cells for column in ("estimate_low", "estimate_high")]
    return GoshMarks(
        title=title,
        subtitle=f"{numbers.count(total)} subsets of the studies",
        cells=tuple(
            (
                row["estimate_low"],
                row["estimate_high"],
                row["i2_low"],
                row["i2_high"],
                row["subsets"] / fullest,
            )
            for row in cells
        ),
        split=name,
        means=means,
        x_axis=share_axis(ends, "Pooled % of patients"),
        y_axis=Axis(0.0, 1.0, percent_ticks(0.0, 1.0), "I², %"),
        footer=(told, data_words(version, data_hash)),
    )


def curve_marks(
    rows: Sequence[Row],
    choices: Sequence[str],
    *,
    title: str,
    version: str,
    primary: float | None = None,
    published: float | None = None,
    data_hash: str = "",
) -> CurveMarks:
    """Specification curve (Simonsohn, Simmons and Nelson 2020, Nat Hum Behav 4:1208).

    rows: multiverse rows that converged or not; `choices` are its columns to show below the curve.
    A choice that never varies is left out.
    """
    fits = sorted(
        (row for row in rows if row["estimate"] is not None),
        key=lambda row: (row["estimate"], row["spec"]),
    )
    values = [row["estimate"] for row in fits]
    shown = _thinned(fits)
    kept = [
        (name, tuple(sorted({str(row[name]) for row in fits})))
        for name in choices
        if len({str(row[name]) for row in fits}) > 1
    ]
    subtitle = "No specification gave an estimate"
    if values:
        subtitle = (
            f"{numbers.count(len(values))} specifications: {numbers.percent(values[0])} to "
            f"{numbers.percent(values[-1])}%, median {numbers.percent(median(values))}%"
        )
    failed = len(rows) - len(fits)
    notes = [f"{failed} further specifications gave no estimate."] if failed else []
    if len(shown) < len(fits):
        notes.append(f"Drawn: {len(shown)} of them, evenly along the curve.")
    return CurveMarks(
        title=title,
        subtitle=subtitle,
        estimates=tuple(row["estimate"] for row in shown),
        low=tuple(row["ci_low"] for row in shown),
        high=tuple(row["ci_high"] for row in shown),
        choices=tuple(kept),
        taken=tuple(tuple(levels.index(str(row[name])) for name, levels in kept) for row in shown),
        axis=share_axis(
            [*values, primary, published]
            + [row[end] for row in shown for end in ("ci_low", "ci_high")],
            AXIS_TITLE,
        ),
        primary=primary,
        published=published,
        footer=(*notes, data_words(version, data_hash)),
    )


def calibration_marks(
    rows: Sequence[Row],
    models: Mapping[str, Mapping],
    *,
    title: str,
    version: str,
    nominal: float = 0.95,
    data_hash: str = "",
) -> CalibrationMarks:
    """Coverage of the intervals on data simulated at this review's own sizes.

    rows: calibration rows (model, datasets, coverage, width, bias, coverage_se), all shares 0 to 1.
    """
    found = {row["model"]: row for row in rows}
    names = [name for name in models if name in found]
    datasets = sorted({found[name]["datasets"] for name in names})
    told = " to ".join(numbers.count(value) for value in (datasets[:1] + datasets[1:][-1:]))
    coverage = tuple(found[name]["coverage"] for name in names)
    bars = tuple(_twice(found[name]["coverage_se"]) for name in names)
    lowest = [c - (b or 0.0) for c, b in zip(coverage, bars, strict=True) if c is not None]
    low = min([0.9, *lowest])
    low = max(0.0, int(low * 20) / 20)
    return CalibrationMarks(
        title=title,
        subtitle=f"{told} simulated data sets a model" if told else "",
        models=tuple(models[name].get("label", name) for name in names),
        coverage=coverage,
        bars=bars,
        width=tuple(found[name]["width"] for name in names),
        bias=tuple(found[name]["bias"] for name in names),
        nominal=nominal,
        axis=Axis(low, 1.0, percent_ticks(low, 1.0), "Coverage of the 95% interval, %"),
        footer=(
            "Lines: two standard errors of the simulation. Width and bias in percentage points.",
            data_words(version, data_hash),
        ),
    )


def _thinned(rows: list[Row]) -> list[Row]:
    if len(rows) <= CURVE_POINTS:
        return rows
    step = (len(rows) - 1) / (CURVE_POINTS - 1)
    return [rows[round(i * step)] for i in range(CURVE_POINTS)]


def _twice(value: float | None) -> float | None:
    return None if value is None else 2 * value

"""All subsets, all specifications, simulated coverage: GOSH, multiverse, calibration as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.natural import natural
from singlearm.figures.marks.axis import Axis, percent_ticks, share_axis
from singlearm.figures.marks.base import Marks
from singlearm.figures.marks.estimands import of_kinds, pooled_is
from singlearm.figures.marks.inputs import Data, FigureModel, Rows, StudyWords, rows_of
from singlearm.figures.marks.sensitivity import TOO_FEW
from singlearm.figures.marks.words import AXIS_TITLE, CHOICES, level_words
from singlearm.synthesis.words import of_mean

#: Points that a specification curve draws: above it every n-th is shown, and the ends and each
#: choice once, always.
CURVE_POINTS = 300
#: Choices of a specification that have no row below the curve.
NOT_SHOWN = ("ci", "zeros")
UNSHOWN = mark(
    "Not shown below: how intervals were made, and what was added to studies with 0% or 100%."
)
THINNED = mark("Drawn: {n} of them, along the curve, with each choice at least once.")
#: Of fewer subsets, those of four studies, the density says nothing.
FEWEST_SUBSETS = 26


@dataclass(frozen=True, slots=True)
class GoshMarks(Marks):
    """Share of all subsets in cells of estimate and I2.

    cells: (estimate_low, estimate_high, i2_low, i2_high, share of the fullest cell). means: of the
    subsets with and without the study whose presence moves the mean estimate most; empty where no
    study is known.
    """

    cells: tuple[tuple[float, float, float, float, float], ...]
    means: tuple[tuple[float, float], ...]
    x_axis: Axis
    y_axis: Axis

    def told(self) -> list[str]:
        """How many subsets, and which study splits them."""
        return [f"{self.subtitle}.", self.footer[0]]


@dataclass(frozen=True, slots=True)
class CurveMarks(Marks):
    """A specification curve: estimates in order of size, and which choice each one made.

    choices: (name, levels) down the lower panel. taken: for each point the index of its level, per
    choice. published, primary: lines to compare with.
    """

    estimates: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    choices: tuple[tuple[str, tuple[str, ...]], ...]
    taken: tuple[tuple[int, ...], ...]
    axis: Axis
    primary: float | None
    published: float | None


class Coverage(NamedTuple):
    """A model's interval: its coverage with two standard errors, its width and bias."""

    model: str
    coverage: float | None
    bar: float | None
    width: float | None
    bias: float | None


@dataclass(frozen=True, slots=True)
class CalibrationMarks(Marks):
    """Simulated coverage, width and bias of each model's interval."""

    rows: tuple[Coverage, ...]
    axis: Axis

    @property
    def description(self) -> str:
        """Coverage in words."""
        told = say("{title}, coverage of the 95% interval.", title=self.title)
        texts = (f"{row.model}: {numbers.percent(row.coverage)}%." for row in self.rows)
        return " ".join([told, *texts])


def gosh_marks(
    cells: Rows, studies: Rows, labels: Mapping[str, str], data: Data, *, title: str
) -> GoshMarks:
    """Density of all subsets (Olkin, Dahabreh and Trikalinos 2012, Res Synth Methods 3:214).

    cells: gosh rows (counts of subsets in cells of the estimate and I2, both on the 0 to 1 scale).
    studies: gosh_studies rows; the one with the largest difference of means is highlighted.
    """
    cells = [row for row in rows_of(cells) if row["subsets"]]
    total = sum(row["subsets"] for row in cells)
    fullest = max((row["subsets"] for row in cells), default=1)
    studies = rows_of(studies)
    whole = total == 2 ** len(studies) - len(studies) - 1
    known = [row for row in studies if None not in (row["mean_with"], row["mean_without"])]
    split = max(known, key=lambda row: abs(row["mean_with"] - row["mean_without"]), default=None)
    splits = say("No study could be singled out.")
    means: list[tuple[float, float]] = []
    if split:
        means = [(split[f"mean_{side}"], split[f"i2_{side}"]) for side in ("with", "without")]
        splits = say(
            "{study} splits the subsets most: mean {with_it}% with it, {without}% without it.",
            study=labels.get(split["study_id"], split["study_id"]),
            with_it=numbers.percent(split["mean_with"]),
            without=numbers.percent(split["mean_without"]),
        )
    empty = say(TOO_FEW) if total < FEWEST_SUBSETS else ""
    empty = empty if cells else say("No subsets of the studies were pooled.")
    ends = [row[column] for row in cells for column in ("estimate_low", "estimate_high")]
    return GoshMarks(
        title=title,
        subtitle=say(
            "all {n} subsets of two studies or more" if whole else "{n} subsets drawn at random",
            n=numbers.count(total),
        ),
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
        means=tuple(means),
        x_axis=share_axis(ends, say("Pooled % of patients")),
        y_axis=Axis(0.0, 1.0, percent_ticks(0.0, 1.0), "I², %"),
        footer=(
            splits,
            say("Pooled in two steps with tau² by DerSimonian and Laird."),
            str(data),
        ),
        empty=empty,
    )


def curve_marks(
    rows: Rows,
    data: Data,
    *,
    title: str,
    words: StudyWords | None = None,
    primary: float | None = None,
    published: float | None = None,
) -> CurveMarks:
    """Specification curve (Simonsohn, Simmons and Nelson 2020, Nat Hum Behav 4:1208).

    rows: multiverse rows that converged or not. Of `CHOICES`, shown below the curve, those that
    never vary are left out; the footer tells of those of `NOT_SHOWN` that do vary.
    """
    rows, words = rows_of(rows), words or StudyWords()
    fits = sorted(
        (row for row in rows if row["estimate"] is not None),
        key=lambda row: (row["estimate"], row["spec"]),
    )
    values = [row["estimate"] for row in fits]
    shown = _thinned(fits)
    kept = [
        (name, tuple(sorted({level_words(row[name], words) for row in fits}, key=natural)))
        for name in CHOICES
        if len({row[name] for row in fits}) > 1
    ]
    subtitle = say("No specification gave an estimate")
    if values:
        once = numbers.distinct(values)
        subtitle = say(
            "{specifications} specifications, {n} different estimates: {range}%, median {median}%",
            specifications=numbers.count(len(values)),
            n=numbers.count(len(once)),
            range=numbers.span(numbers.percent(once[0]), numbers.percent(once[-1])),
            median=numbers.percent(median(once)),
        )
    failed = len(rows) - len(fits)
    notes = [say("{n} further specifications gave no estimate.", n=failed)] if failed else []
    if len(shown) < len(fits):
        notes.append(say(THINNED, n=len(shown)))
    if any(len({row.get(name) for row in fits}) > 1 for name in NOT_SHOWN):
        notes.append(say(UNSHOWN))
    means = {of_mean(row.get("likelihood"), row.get("measure")) for row in fits}
    notes += of_kinds({"average" if mean else "typical" for mean in means})
    return CurveMarks(
        title=title,
        subtitle=subtitle,
        estimates=tuple(row["estimate"] for row in shown),
        low=tuple(row["ci_low"] for row in shown),
        high=tuple(row["ci_high"] for row in shown),
        choices=tuple((say(CHOICES[name]), levels) for name, levels in kept),
        taken=tuple(
            tuple(levels.index(level_words(row[name], words)) for name, levels in kept)
            for row in shown
        ),
        axis=share_axis(
            [*values, primary, published]
            + [row[end] for row in shown for end in ("ci_low", "ci_high")],
            say(AXIS_TITLE),
        ),
        primary=primary,
        published=published,
        footer=(*notes, str(data)),
        empty="" if fits else say("No specification gave an estimate."),
    )


def calibration_marks(
    rows: Rows, models: Sequence[FigureModel], data: Data, *, title: str
) -> CalibrationMarks:
    """Coverage of the intervals on data simulated at this review's own sizes.

    rows: calibration rows (model, datasets, coverage, width, bias, coverage_se), all shares 0 to 1.
    """
    found = {row["model"]: row for row in rows_of(rows)}
    absent = "; ".join(model.label for model in models if model.name not in found)
    models = [model for model in models if model.name in found]
    fits = [found[model.name] for model in models]
    lines = tuple(
        Coverage(
            model.label, fit["coverage"], _twice(fit["coverage_se"]), fit["width"], fit["bias"]
        )
        for model, fit in zip(models, fits, strict=True)
    )
    lowest = [row.coverage - (row.bar or 0.0) for row in lines if row.coverage is not None]
    low = max(0.0, int(20 * min([0.9, *lowest])) / 20)
    sizes = [numbers.count(size) for size in sorted({fit["datasets"] for fit in fits})]
    subtitle = ""
    if sizes:
        n = numbers.span(sizes[0], sizes[-1]) if len(sizes) > 1 else sizes[0]
        subtitle = say("{n} simulated data sets a model", n=n)
    return CalibrationMarks(
        title=title,
        subtitle=subtitle,
        rows=lines,
        axis=Axis(low, 1.0, percent_ticks(low, 1.0), say("Coverage of the 95% interval, %")),
        footer=(
            say(
                "Lines: two standard errors of the simulation to either side. Width and bias in "
                "percentage points."
            ),
            *pooled_is(models),
            *((say("Not simulated: {models}.", models=absent),) if absent else ()),
            str(data),
        ),
        empty="" if lines else say("No intervals were simulated."),
    )


def _thinned(rows: list[Row]) -> list[Row]:
    """Rows along the curve, and the first of each level of a choice that they would lose."""
    if len(rows) <= CURVE_POINTS:
        return rows
    step = (len(rows) - 1) / (CURVE_POINTS - 1)
    kept = {round(i * step) for i in range(CURVE_POINTS)}
    for name in CHOICES:
        levels = {rows[place][name] for place in kept}
        for place, row in enumerate(rows):
            if row[name] not in levels:
                levels.add(row[name])
                kept.add(place)
    return [rows[place] for place in sorted(kept)]


def _twice(value: float | None) -> float | None:
    return None if value is None else 2 * value

"""All subsets, all specifications, simulated coverage: GOSH, multiverse, calibration as data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import say
from singlearm.catalogue.natural import natural
from singlearm.figures.marks.axis import Axis, percent_ticks, share_axis
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
#: Of fewer subsets, those of four studies, the density says nothing.
FEWEST_SUBSETS = 26


@dataclass(frozen=True, slots=True)
class GoshMarks:
    """Share of all subsets in cells of estimate and I2.

    cells: (estimate_low, estimate_high, i2_low, i2_high, share of the fullest cell). means: of the
    subsets with and without the study whose presence moves the mean estimate most; empty where no
    study is known.
    """

    title: str
    subtitle: str
    cells: tuple[tuple[float, float, float, float, float], ...]
    means: tuple[tuple[float, float], ...]
    x_axis: Axis
    y_axis: Axis
    footer: tuple[str, ...]
    empty: str = ""

    @property
    def description(self) -> str:
        """The figure in words."""
        return self.empty or f"{self.title}. {self.subtitle}. {self.footer[0]}"


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
    empty: str = ""

    @property
    def description(self) -> str:
        """Range and median in words."""
        return self.empty or f"{self.title}. {self.subtitle}."


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
    empty: str = ""

    @property
    def description(self) -> str:
        """Coverage in words."""
        texts = [
            f"{model}: {numbers.percent(value)}%."
            for model, value in zip(self.models, self.coverage, strict=True)
        ]
        told = say("{title}, coverage of the 95% interval.", title=self.title)
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
    means: tuple[tuple[float, float], ...] = ()
    if split:
        means = (
            (split["mean_with"], split["i2_with"]),
            (split["mean_without"], split["i2_without"]),
        )
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
        means=means,
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
    choices: Mapping[str, str] = CHOICES,
    words: StudyWords | None = None,
    primary: float | None = None,
    published: float | None = None,
) -> CurveMarks:
    """Specification curve (Simonsohn, Simmons and Nelson 2020, Nat Hum Behav 4:1208).

    rows: multiverse rows that converged or not; `choices` are its columns to show below the curve,
    with their heads. A choice that never varies is left out, and the footer tells of those of
    `NOT_SHOWN` that do.
    """
    rows, words = rows_of(rows), words or StudyWords()
    fits = sorted(
        (row for row in rows if row["estimate"] is not None),
        key=lambda row: (row["estimate"], row["spec"]),
    )
    values = [row["estimate"] for row in fits]
    shown = _thinned(fits, choices)
    kept = [
        (name, tuple(sorted({level_words(row[name], words) for row in fits}, key=natural)))
        for name in choices
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
        notes.append(
            say(
                "Drawn: {n} of them, along the curve, with each choice at least once.", n=len(shown)
            )
        )
    if any(len({row.get(name) for row in fits}) > 1 for name in NOT_SHOWN):
        notes.append(
            say(
                "Not shown below: how intervals were made, and what was added to studies with 0% "
                "or 100%."
            )
        )
    means = {of_mean(row.get("likelihood"), row.get("measure")) for row in fits}
    notes += of_kinds({"average" if mean else "typical" for mean in means})
    return CurveMarks(
        title=title,
        subtitle=subtitle,
        estimates=tuple(row["estimate"] for row in shown),
        low=tuple(row["ci_low"] for row in shown),
        high=tuple(row["ci_high"] for row in shown),
        choices=tuple((say(choices[name]), levels) for name, levels in kept),
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
    rows: Rows,
    models: Sequence[FigureModel],
    data: Data,
    *,
    title: str,
    nominal: float = 0.95,
) -> CalibrationMarks:
    """Coverage of the intervals on data simulated at this review's own sizes.

    rows: calibration rows (model, datasets, coverage, width, bias, coverage_se), all shares 0 to 1.
    """
    found = {row["model"]: row for row in rows_of(rows)}
    absent = "; ".join(model.label for model in models if model.name not in found)
    models = [model for model in models if model.name in found]
    names = [model.name for model in models]
    datasets = sorted({found[name]["datasets"] for name in names})
    sizes = [numbers.count(value) for value in datasets[:1] + datasets[1:][-1:]]
    coverage = tuple(found[name]["coverage"] for name in names)
    bars = tuple(_twice(found[name]["coverage_se"]) for name in names)
    lowest = [c - (b or 0.0) for c, b in zip(coverage, bars, strict=True) if c is not None]
    low = min([0.9, *lowest])
    low = max(0.0, int(low * 20) / 20)
    return CalibrationMarks(
        title=title,
        subtitle=say(
            "{n} simulated data sets a model",
            n=numbers.span(*sizes) if len(sizes) == 2 else sizes[0],
        )
        if sizes
        else "",
        models=tuple(model.label for model in models),
        coverage=coverage,
        bars=bars,
        width=tuple(found[name]["width"] for name in names),
        bias=tuple(found[name]["bias"] for name in names),
        nominal=nominal,
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
        empty="" if names else say("No intervals were simulated."),
    )


def _thinned(rows: list[Row], choices: Iterable[str]) -> list[Row]:
    """Rows along the curve, and the first of each level of a choice that they would lose."""
    if len(rows) <= CURVE_POINTS:
        return rows
    step = (len(rows) - 1) / (CURVE_POINTS - 1)
    kept = {round(i * step) for i in range(CURVE_POINTS)}
    for name in choices:
        levels = {rows[place][name] for place in kept}
        for place, row in enumerate(rows):
            if row[name] not in levels:
                levels.add(row[name])
                kept.add(place)
    return [rows[place] for place in sorted(kept)]


def _twice(value: float | None) -> float | None:
    return None if value is None else 2 * value

"""Orchard plot (Nakagawa 2021, Res Synth Methods 12:4): studies as fruit on the group's trunk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.figures.marks.axis import Axis, percent_axis
from singlearm.figures.marks.base import Marks
from singlearm.figures.marks.choices import Groups
from singlearm.figures.marks.estimands import drawn_is, estimates_of
from singlearm.figures.marks.inputs import Data, FigureModel, Rows, rows_of
from singlearm.figures.marks.words import AXIS_TITLE

ALL = mark("All studies")
KEY = mark(
    "Discs: studies, area by number of patients. Ring: pooled; thick line: its 95% interval; thin "
    "line: 95% prediction interval. Above and below the line discs only make room for each other."
)


@dataclass(frozen=True, slots=True)
class Trunk:
    """One group: its label, what was pooled, and its studies.

    `interval` and `prediction` are (low, high) or None; `fruit` has (proportion, patients) of each
    study, the largest first.
    """

    label: str
    counts: str
    text: str
    value: float | None
    interval: tuple[float, float] | None
    prediction: tuple[float, float] | None
    fruit: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True)
class OrchardMarks(Marks):
    """The trunks of an orchard from top to bottom over one axis."""

    trunks: tuple[Trunk, ...]
    axis: Axis

    @property
    def description(self) -> str:
        """The figure in words."""
        told = [f"{trunk.label}, {trunk.counts}: {trunk.text}." for trunk in self.trunks]
        return self.empty or " ".join([f"{self.title}, {self.subtitle}.", *told])


def orchard_marks(
    effects: Rows,
    pooled: Row,
    model: FigureModel,
    data: Data,
    *,
    title: str,
    groups: Groups | None = None,
    headline: str = "typical",
) -> OrchardMarks:
    """Trunks of the groups, in the protocol's order, and of all studies.

    Parameters
    ----------
    effects : Rows
        Studies (kind effects) with `group_<by>` where `groups` are given.
    pooled : Row
        The model's row of all studies.
    headline : {"average", "typical"}
        Which estimate the rings show, where the model has both.
    """
    studies = rows_of(effects)
    trunks = [_trunk(say(ALL), pooled, studies, model, headline)] if studies else []
    if groups:
        trunks = [*_of_groups(studies, groups, model, headline), *trunks]
    drawn = [value for trunk in trunks for value, _ in trunk.fruit]
    drawn += [end for trunk in trunks for end in (trunk.prediction or ()) + (trunk.interval or ())]
    return OrchardMarks(
        title=title,
        subtitle=model.label,
        trunks=tuple(trunks),
        axis=percent_axis(drawn, title=say(AXIS_TITLE)),
        footer=(
            " ".join([say(KEY), *_without(studies, trunks)]),
            *drawn_is(pooled, model, headline),
            str(data),
        ),
        empty="" if studies else data.unreported,
    )


def _without(studies: Sequence[Row], trunks: Sequence[Trunk]) -> list[str]:
    """How many studies are in no group, where there are groups."""
    count = len(studies) - sum(len(trunk.fruit) for trunk in trunks[:-1])
    if not count or not trunks[1:]:
        return []
    return [numbers.plural(count, "study is in no group.", "studies are in no group.")]


def _of_groups(
    studies: Sequence[Row], groups: Groups, model: FigureModel, headline: str
) -> Iterator[Trunk]:
    """The levels that have studies; of one study its own value stands for no pooled one."""
    pooled = groups.pooled()
    for level in groups.names():
        members = [row for row in studies if row.get(f"group_{groups.by}") == level]
        if members:
            yield _trunk(level, pooled.get(level), members, model, headline)


def _trunk(
    label: str, row: Row | None, studies: Sequence[Row], model: FigureModel, headline: str
) -> Trunk:
    fruit = sorted(
        ((row["proportion"], row["total"]) for row in studies), key=lambda item: (-item[1], item[0])
    )
    counts = numbers.plural(len(studies), "study", "studies")
    if row is None or len(studies) < 2:
        return Trunk(label, counts, say("not pooled"), None, None, None, tuple(fruit))
    _, value, low, high = estimates_of(row, model, headline)[0]
    text, prediction = numbers.percent_ci(value, low, high), _both(row["pi_low"], row["pi_high"])
    return Trunk(label, counts, text, value, _both(low, high), prediction, tuple(fruit))


def _both(low: float | None, high: float | None) -> tuple[float, float] | None:
    return None if low is None or high is None else (low, high)

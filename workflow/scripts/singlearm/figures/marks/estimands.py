"""What a pooled proportion is of, and which one a figure draws first."""

from collections.abc import Iterable
from typing import NamedTuple

from singlearm.catalogue import Row
from singlearm.catalogue.language import mark, say
from singlearm.figures.marks.inputs import FigureModel

#: What the two estimates are, where a figure prints both.
ESTIMANDS = {
    "average": mark("mean over studies"),
    "typical": mark("median study"),
}
#: Below a figure that shows one of them alone.
POOLED_IS = {
    "average": mark("Pooled: the mean over studies."),
    "typical": mark("Pooled: the median study."),
}
#: Below values that are not all of the same.
MIXED = mark(
    "Not all estimate the same: a mean over studies lies nearer to 50% than the median study does."
)


class Estimate(NamedTuple):
    """A pooled proportion with its limits; `of` is a key of `ESTIMANDS`."""

    of: str
    value: float | None
    low: float | None
    high: float | None


def pooled_is(models: Iterable[FigureModel]) -> tuple[str, ...]:
    """The line of the footer that says what the models' own estimates are of.

    None for models of equal effects, whose one proportion is the median study's and the mean.
    """
    kinds = {model.estimand for model in models if model.has_tau2 or model.estimand == "average"}
    return of_kinds(kinds)


def of_kinds(kinds: set[str]) -> tuple[str, ...]:
    """The line of the footer below values that are of these `ESTIMANDS`."""
    if len(kinds) > 1:
        return (say(MIXED),)
    return tuple(say(POOLED_IS[kind]) for kind in kinds)


def drawn_is(row: Row, model: FigureModel, headline: str) -> tuple[str, ...]:
    """The line of the footer of a figure that draws the first of a row's estimates alone."""
    if row["k"] < 2 or row["estimate"] is None:
        return ()
    average = len(estimates_of(row, model, headline)) > 1
    return of_kinds({"average"}) if average else pooled_is([model])


def estimates_of(row: Row, model: FigureModel, headline: str) -> list[Estimate]:
    """The estimates of a pooled row, of all studies or of a subgroup, the headline first.

    Parameters
    ----------
    row : dict
        A row of the table `pooled` or `subgroups`.
    model : FigureModel
        Its model.
    headline : {"average", "typical"}
        With `average` the mean over studies leads where the model gives one beside its own
        estimate; with `typical` there is the model's own estimate alone.

    Returns
    -------
    list of Estimate
        One or two.
    """
    own = Estimate(model.estimand, row["estimate"], row["ci_low"], row["ci_high"])
    if headline == "typical" or model.estimand == "average" or row.get("marginal") is None:
        return [own]
    average = Estimate("average", row["marginal"], row["marginal_low"], row["marginal_high"])
    return [average, own]

"""What a pooled proportion is of, and which one a figure draws first."""

from typing import NamedTuple

from singlearm.catalogue import Row
from singlearm.catalogue.language import mark
from singlearm.figures.marks.inputs import FigureModel

#: What the two estimates are, where a figure prints both.
ESTIMANDS = {
    "average": mark("mean over studies"),
    "typical": mark("median study"),
}


class Estimate(NamedTuple):
    """A pooled proportion with its limits; `of` is a key of `ESTIMANDS`."""

    of: str
    value: float | None
    low: float | None
    high: float | None


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

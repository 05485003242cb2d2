"""What the protocol chooses for the forest of an outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from singlearm.catalogue import Row
from singlearm.figures.marks.inputs import Rows, rows_of
from singlearm.figures.marks.layouts import LAYOUTS

#: How studies can be sorted (missing values last).
SORTS = ("year", "effect", "weight", "name")
HEADLINES = ("average", "typical")


class ForestError(ValueError):
    """A choice for the forest that names nothing."""


@dataclass(frozen=True, slots=True)
class ForestChoices:
    """The protocol's `figures: forest`, and its headline.

    Parameters
    ----------
    columns : sequence of str
        Study columns printed beside the labels.
    sort : str
        One of `SORTS`.
    layout : str
        A key of `layouts.LAYOUTS`.
    shrunken : bool
        Whether to draw each study's value under the model, from the columns `shrunken_<model>`.
    both : bool
        Whether the median study's estimate has a column of its own where the mean over studies
        leads, for subgroups too, in place of a second diamond below that of all studies.
    headline : {"average", "typical"}
        Which estimate of all studies stands first, where the model has both.

    Raises
    ------
    ForestError
        If a word is not one of those allowed.
    """

    columns: Sequence[str] = ()
    sort: str = "year"
    layout: str = "standard"
    shrunken: bool = False
    both: bool = False
    headline: str = "typical"

    def __post_init__(self) -> None:
        for key, allowed in (("sort", SORTS), ("layout", tuple(LAYOUTS)), ("headline", HEADLINES)):
            if getattr(self, key) not in allowed:
                found = getattr(self, key)
                raise ForestError(f"forest: {key} '{found}' is not one of {', '.join(allowed)}")

    @classmethod
    def of(cls, settings: Mapping[str, Any], headline: str = "typical") -> "ForestChoices":
        """The choices of the protocol's entry, whose key `by` is passed over."""
        chosen = {key: value for key, value in settings.items() if key != "by"}
        return cls(**chosen, headline=headline)


@dataclass(frozen=True, slots=True)
class Groups:
    """A subgrouping of the studies with what was pooled: rows of one outcome, model and `by`."""

    by: str
    label: str
    levels: Sequence[str] = ()
    subgroups: Rows = ()
    tests: Rows = ()

    def pooled(self, tau2_mode: str = "common") -> dict[str, Row]:
        """What was pooled of each level."""
        rows = rows_of(self.subgroups)
        return {row["level"]: row for row in rows if row["tau2_mode"] == tau2_mode}

    def names(self) -> list[str]:
        """The levels in the protocol's order, and others that were pooled."""
        return [*self.levels, *sorted(set(self.pooled()) - set(self.levels))]

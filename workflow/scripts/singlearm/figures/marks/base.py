"""What the marks of all figures share: names, what stands around the drawing, sizes by weight."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The part that is the same in all figures.

    Parameters
    ----------
    title, subtitle : str
        What stands above the drawing.
    footer : tuple of str
        Small print below it; the last line names the data.
    empty : str
        A sentence that replaces the drawing where there is nothing to draw.
    """

    title: str
    subtitle: str = ""
    footer: tuple[str, ...] = ()
    empty: str = ""

    @property
    def description(self) -> str:
        """The figure in words, for readers who cannot see it."""
        return self.empty or " ".join([f"{self.title}.", *self.told()])

    def told(self) -> Iterable[str]:
        """The sentences that follow the title in the description."""
        return [f"{self.subtitle}."]


def over_largest(weights: Sequence[float | None]) -> list[float | None]:
    """Each weight over the largest one, for sizes; None where it is not known."""
    largest = max((weight for weight in weights if weight is not None), default=0.0)
    return [None if weight is None or not largest else weight / largest for weight in weights]

"""What the numbers of a kind are: their unit, how they and their intervals print."""

from dataclasses import dataclass

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import say

#: Columns of a table of results that are in the unit of its estimates.
IN_UNIT = (
    "estimate", "ci_low", "ci_high", "pi_low", "pi_high",
    "marginal", "marginal_low", "marginal_high",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """What the numbers of a kind are, for whoever prints or compares them.

    Parameters
    ----------
    prints : str
        How one number prints, a key of `singlearm.catalogue.numbers.PRINT`.
    unit : str
        What follows it in a sentence: `%`, ` months`; in English, to be said.
    points : str
        What follows a difference between two of them: ` percentage points`; in English as well.
    null : float, optional
        The value that means no difference, for kinds that have one: 1 for ratios.
    moves : str
        The key of the protocol's `changes` that says how far an estimate may move; empty: none.
    """

    prints: str = "number"
    unit: str = ""
    points: str = ""
    null: float | None = None
    moves: str = ""

    @property
    def scale(self) -> int:
        """How many times the stored number the printed one is: 100 for 0.781 as `78.1%`."""
        return 100 if self.prints in ("percent", "per_100") else 1

    def in_unit(self, row: Row) -> Row:
        """A row with its numbers in the unit that is named beside them.

        Percent stay shares of 1: programs read them so, and a workbook's format shows percent.
        """
        if self.scale == 1 or self.prints == "percent":
            return row
        names = [name for name in IN_UNIT if row.get(name) is not None]
        return row | {name: self.scale * row[name] for name in names}

    def text(
        self, value: float | None, low: float | None, high: float | None, kind: str = "CI"
    ) -> str:
        """A number with its interval, CI or CrI: `78.1% (95% CI 65.4 to 85.8)`."""
        if numbers.is_missing(value):
            return numbers.MISSING
        limits = self.limits(low, high, kind)
        return self.with_unit(value) + (f" ({limits})" if limits else "")

    def number(self, value: float | None) -> str:
        """One number, without its unit."""
        return numbers.PRINT[self.prints](value)

    def with_unit(self, value: float | None) -> str:
        """One number with its unit: `5.9 months`."""
        return f"{self.number(value)}{say(self.unit)}"

    def limits(self, low: float | None, high: float | None, kind: str = "CI") -> str:
        """`95% CI 65.4 to 85.8`; `95% CI from 5.9, no upper limit`; nothing without limits."""
        if numbers.is_missing(low):
            return ""
        name, least = numbers.interval_name(kind), self.number(low)
        if numbers.is_missing(high):
            return say("{interval} from {low}, no upper limit", interval=name, low=least)
        if self.prints == "percent":
            return numbers.percent_limits(low, high, kind=kind)
        return f"{name} {numbers.span(least, self.number(high))}"

    def difference(self, value: float, *, signed: bool = True) -> str:
        """A difference of two numbers: `+5.0 percentage points`."""
        decimals = 2 if self.prints == "ratio" else 1
        text, zero = (numbers.number(each, decimals) for each in (self.scale * value, 0.0))
        return f"{'+' if signed and value > 0 and text != zero else ''}{text}{say(self.points)}"

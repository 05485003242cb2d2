"""A numeric axis as data: range, ticks and where a value stands on it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from singlearm.catalogue import numbers

#: Where all proportions lie below this they would be one line at the end of a whole axis.
RARE = 0.05
#: Values with their printed labels.
Ticks = tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale from `low` to `high` in data units.

    `ticks` are values with their printed labels. `log` places values by their logarithm.
    """

    low: float
    high: float
    ticks: Ticks
    title: str = ""
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value stands: 0 at the low end, 1 at the high end, beyond them outside."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def percent_axis(
    values: Iterable[float | None], bounds: Iterable[float | None] = (), title: str = ""
) -> Axis:
    """An axis for proportions that shows all `values`, and all but the longest of the `bounds`.

    It runs from 0 to a round end, as small as the data are, or to 100% from where it is above one
    half: as far as nine in ten interval ends reach. What reaches beyond is drawn with an arrow.
    """
    known = [value for value in values if value is not None]
    ends = [bound for bound in bounds if bound is not None]
    low = _outer(min(known, default=0.0), ends, upper=False)
    high = _outer(max(known, default=1.0), ends, upper=True)
    if low > 1 - RARE:
        low = round(1 - _round_end(1 - low), 12)
    else:
        low = 0.0 if low < 0.5 else math.floor(round(min(low, 0.9) * 10, 6)) / 10
    high = _round_end(high) if low == 0 else 1.0
    return Axis(low, high, percent_ticks(low, high), title)


def whole_axis(values: Iterable[float | None], title: str = "") -> Axis:
    """An axis from 0 to 100%, or one that fits the data where all of them lie below `RARE`."""
    known = [value for value in values if value is not None]
    if known and max(known) < RARE:
        return percent_axis(known, title=title)
    return Axis(0.0, 1.0, percent_ticks(0.0, 1.0), title)


def _round_end(high: float) -> float:
    """The first round end of an axis of proportions that is not below `high`."""
    if high < 1e-9:
        return RARE
    if high > 0.1:
        return next(end for end in (0.2, 0.3, 0.4, 0.6, 0.8, 1.0) if high <= end + 1e-12)
    power = 10.0 ** (math.floor(math.log10(high)) + 1)
    ends = (round(share * power, 12) for share in (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 1.0))
    return next(end for end in ends if high <= end * (1 + 1e-12))


def number_axis(values: Iterable[float | None], title: str = "", pad: float = 0.04) -> Axis:
    """An axis for any numbers, with some air around them and round ticks.

    Of whole numbers, as years, no tick stands between two.
    """
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if low == high:
        half = min(0.5, abs(low) / 2) or 0.5
        low, high = low - half, high + half
    air = pad * (high - low)
    low, high = low - air, high + air
    places = nice_ticks(low, high)
    if known and all(float(value).is_integer() for value in known):
        whole = [tick for tick in places if float(tick).is_integer()]
        places = tuple(whole) if len(whole) > 1 else places
    return Axis(low, high, labelled(places), title)


def share_axis(values: Iterable[float | None], title: str = "") -> Axis:
    """An axis close around shares, labelled in percent and kept inside 0 to 100%."""
    around = number_axis((100 * value for value in values if value is not None), title, pad=0.02)
    low, high = max(0.0, around.low / 100), min(1.0, around.high / 100)
    ticks = tuple((tick / 100, label) for tick, label in around.ticks if low <= tick / 100 <= high)
    return Axis(low, high, ticks, title)


def months_axis(
    values: Iterable[float | None], bounds: Iterable[float | None], title: str = ""
) -> Axis:
    """An axis for times from 0 that shows all `values`, and `bounds` up to twice the largest."""
    largest = max((value for value in values if value is not None), default=1.0) or 1.0
    furthest = max((bound for bound in bounds if bound is not None), default=largest)
    high = 1.03 * max(largest, min(furthest, 2 * largest))
    return Axis(0.0, high, labelled(nice_ticks(0, high)), title)


def ratio_axis(values: Iterable[float | None], title: str = "") -> Axis:
    """A logarithmic axis for ratios that has 1 on it; ticks at 1, 2, 5, more on a short axis."""
    known = [value for value in values if value] + [1.0]
    low, high = min(known) / 1.1, max(known) * 1.1
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if high / low > 8 else (1, 1.5, 2, 3, 4, 6, 8)
    ticks = [factor * 10.0**decade for decade in decades for factor in factors]
    shown = labelled(tick for tick in ticks if low <= tick <= high)
    return Axis(low, high, shown, title, log=True)


def percent_ticks(low: float, high: float) -> Ticks:
    """Four to six round ticks in percent."""
    return labelled(nice_ticks(low, high), 100)


def labelled(ticks: Iterable[float], scale: float = 1) -> Ticks:
    """Values with their labels, printed times `scale`."""
    return tuple((at, numbers.shortest(scale * at).replace("-", numbers.MINUS)) for at in ticks)


def expit(logit: float) -> float:
    """The proportion of a log odds."""
    return 1 / (1 + math.exp(-logit))


def nice_ticks(low: float, high: float, about: int = 5) -> tuple[float, ...]:
    """Round values (steps of 1, 2, 2.5 or 5 times a power of ten) inside a range."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = min(
        (factor * power for factor in (1, 2, 2.5, 5, 10)), key=lambda step: abs(step - rough)
    )
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(round(index * step, 12) for index in range(first, last + 1))


def _outer(extreme: float, bounds: list[float], *, upper: bool) -> float:
    """The outermost value or, if further out, the bound that one in ten bounds lies beyond."""
    if not bounds:
        return extreme
    ordered = sorted(bounds, reverse=not upper)
    ninth = ordered[min(len(ordered) - 1, math.ceil(0.9 * len(ordered)) - 1)]
    return max(extreme, ninth) if upper else min(extreme, ninth)

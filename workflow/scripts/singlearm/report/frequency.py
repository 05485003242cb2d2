"""Proportions as people count: `80 of 100`."""

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import current, say

#: Of how many a proportion is counted where the protocol does not say: the first of which at least
#: one has the event.
FREQUENCIES = (100, 1000, 100_000)


def out_of(row: Row, per: int | None = None) -> int:
    """Of how many patients the headline of a row is counted."""
    value = row["value"]
    fits = (n for n in FREQUENCIES if value is not None and (value == 0 or n * value >= 1))
    return per or next(fits, FREQUENCIES[-1])


def frequency(proportion: float | None, of: int) -> str:
    """The number of `of` patients: `80`; `<1` for what is not 0, `>99` for what is not 100."""
    if numbers.is_missing(proportion) or proportion is None:
        return numbers.MISSING
    if 0 < of * proportion <= 0.5:
        return "<1"
    if of - 0.5 <= of * proportion < of:
        return f">{_grouped(of - 1)}"
    return _grouped(round(of * proportion))


def of_patients(patients: str, of: int) -> str:
    """`80 of 100`."""
    return say("{n} of {of}", n=patients, of=_grouped(of))


def between(low: float | None, high: float | None, of: int) -> str:
    """`74 to 85`; nothing where a limit is missing."""
    if numbers.is_missing(low) or numbers.is_missing(high):
        return ""
    return numbers.span(frequency(low, of), frequency(high, of))


def _grouped(n: int) -> str:
    return f"{n:,d}".replace(",", current().thousands)

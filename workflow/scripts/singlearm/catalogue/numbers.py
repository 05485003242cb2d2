"""How a number is printed: the only place where figures, tables and the report round.

The decimal mark and the like are those of the language in use.

Every function takes the full-precision value of an artifact and returns text. `None` and NaN print
as an en dash, negative numbers carry a true minus sign, and a p value is never "p = 0.000".

>>> percent(0.7712), percent_ci(0.7712, 0.6541, 0.8583)
('77.1', '77.1 [65.4, 85.8]')
>>> percent_words(0.7712, 0.6541, 0.8583)
'77.1% (95% CI 65.4 to 85.8)'
>>> events_total(282, 363), weight(5.02), i2(0.5656), tau2(0.36459)
('282/363', '5.0', '57%', '0.36')
>>> p_value(0.0000321), p_value(0.0312), p_value(0.42), p_value(0.9999)
('p < 0.001', 'p = 0.031', 'p = 0.42', 'p > 0.99')
>>> number(-1.234), interval(0.38, 0.65), months(8.0)
('−1.23', '[0.38, 0.65]', '8.0')
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

from .language import current, mark, say

#: 97.5% quantile of the normal distribution, for 95% intervals.
Z95 = 1.959963984540054
#: The most decimals that are printed.
MOST_DECIMALS = 8
#: Of an interval that ends below this share the lower limit sets the decimals.
SMALL = 0.002
MINUS = "\N{MINUS SIGN}"
#: What a missing value prints as.
MISSING = "\N{EN DASH}"
#: What the limits of a result are: of confidence, or credible if Bayesian.
INTERVALS = {"CI": mark("95% CI"), "CrI": mark("95% CrI")}


def number(value: float | None, decimals: int = 2) -> str:
    """A plain number at fixed decimals: `−1.23`; infinity prints as its sign and ∞."""
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:.{decimals}f}"
    text = text.lstrip("-") if float(text) == 0.0 else text.replace("-", MINUS)  # no "−0.00"
    return text.replace(".", current().decimal)


def significant(value: float | None, decimals: int = 2) -> str:
    """A result at fixed decimals, with three significant digits where these would show a false 0.

    >>> significant(0.5), significant(0.0004), significant(0.0), significant(0.02, 1)
    ('0.50', '0.000400', '0.00', '0.0200')
    >>> significant(4e-6), significant(2e-36), significant(-2e-36)
    ('0.00000400', '<0.00000001', '>−0.00000001')
    """
    if value is None or not value or not _shows_0(value, decimals):
        return number(value, decimals)
    if _shows_0(value, MOST_DECIMALS):
        least = math.copysign(10.0**-MOST_DECIMALS, value)
        return ("<" if value > 0 else ">") + number(least, MOST_DECIMALS)
    return number(value, min(2 - math.floor(math.log10(abs(value))), MOST_DECIMALS))


def _shows_0(value: float, decimals: int) -> bool:
    """Whether a number prints as 0 at these decimals; 0.5 does at none, as halves go to even."""
    return float(f"{value:.{decimals}f}") == 0


def points(difference: float | None, decimals: int = 1) -> str:
    """A difference of two shares in percentage points; what is no more than rounding is 0.

    >>> points(0.0312), points(0.0002), points(1e-17)
    ('3.1', '0.0200', '0.0')
    """
    return significant(None if difference is None else round(100 * difference, 10), decimals)


def interval(low: float | None, high: float | None, decimals: int = 2) -> str:
    """`[0.38, 0.65]`, or an en dash when neither limit is known."""
    if is_missing(low) and is_missing(high):
        return MISSING
    return limits(significant(low, decimals), significant(high, decimals))


def limits(low: str, high: str) -> str:
    """Two printed limits in brackets."""
    return f"[{low}{current().between}{high}]"


def span(low: str, high: str) -> str:
    """Two printed limits in a sentence: `65.4 to 85.8`."""
    return say("{low} to {high}", low=low, high=high)


def interval_name(kind: str) -> str:
    """`95% CI`, or `95% CrI` of a Bayesian model."""
    return say(INTERVALS[kind])


def count(value: int | None) -> str:
    """A count; a comma groups the thousands from 10,000 on."""
    if value is None or math.isnan(value):
        return MISSING
    return f"{value:,d}".replace(",", current().thousands) if abs(value) >= 10_000 else str(value)


def plural(n: int | None, one: str, many: str | None = None) -> str:
    """`1 study`, `23 studies`; without `many` the word takes an s."""
    return say("{n} " + (one if n == 1 else many or f"{one}s"), n=count(n))


def shortest(value: float) -> str:
    """A number with no more decimals than it needs: `5`, `2.5`, `0.00002`."""
    text = f"{value:g}"
    if "e-" in text:
        text = f"{value:.15f}".rstrip("0")
    return text.replace(".", current().decimal)


def events_total(events: int | None, total: int | None) -> str:
    """`282/363`."""
    return f"{count(events)}/{count(total)}"


def percent(proportion: float | None, decimals: int | None = None) -> str:
    """A proportion (0 to 1) in percent, without the sign: `77.1`.

    One decimal; three significant digits, or `<0.0001`, for what would print as 0.0 and is not 0
    (`0.0222`); with `decimals` given, `<0.1` for that.
    """
    if proportion is None or math.isnan(proportion):
        return MISSING
    if decimals is None:
        decimals = decimals_of(proportion)
    smallest = 10.0**-decimals
    if 0 < 100 * proportion <= smallest / 2:
        return f"<{number(smallest, decimals)}"
    return number(100 * proportion, decimals)


def decimals_of(proportion: float | None) -> int:
    """Decimals of a percentage: 1, or up to 4 to show three digits of one up to 0.05."""
    if proportion is None or not 0 < 100 * proportion <= 0.05:
        return 1
    return min(2 - math.floor(math.log10(100 * proportion)), 4)


def percent_ci(
    proportion: float | None, low: float | None, high: float | None, decimals: int | None = None
) -> str:
    """For columns of figures and tables: `77.1 [65.4, 85.8]`, in percent without the sign."""
    if proportion is None or math.isnan(proportion):
        return MISSING
    decimals = decimals_of(proportion or high) if decimals is None else decimals
    return f"{percent(proportion, decimals)} {percent_interval(low, high, decimals)}"


def percent_interval(low: float | None, high: float | None, decimals: int | None = None) -> str:
    """`[65.4, 85.8]`, in percent without the sign (a prediction interval, say).

    >>> percent_interval(0.0001, 0.9), percent_interval(0.000024, 0.000722)
    ('[<0.1, 90.0]', '[0.0024, 0.0722]')
    """
    if is_missing(low) and is_missing(high):
        return MISSING
    if decimals is None:
        # of two small limits both show their digits
        small = high is not None and high < SMALL and bool(low)
        decimals = decimals_of(low if small else high)
    return limits(percent(low, decimals), percent(high, decimals))


def percent_words(proportion: float | None, low: float | None, high: float | None) -> str:
    """For sentences: `77.1% (95% CI 65.4 to 85.8)`."""
    if proportion is None or math.isnan(proportion):
        return MISSING
    decimals = decimals_of(proportion or high)
    between = percent_limits(low, high, decimals)
    return f"{percent(proportion, decimals)}%" + (f" ({between})" if between else "")


def percent_limits(
    low: float | None, high: float | None, decimals: int | None = None, kind: str = "CI"
) -> str:
    """`95% CI 65.4 to 85.8`, or nothing."""
    if is_missing(low) and is_missing(high):
        return ""
    decimals = decimals_of(high) if decimals is None else decimals
    return f"{interval_name(kind)} {span(percent(low, decimals), percent(high, decimals))}"


def probability(value: float) -> str:
    """A probability in percent that never claims certainty: `87%`, `more than 99%`."""
    if value > 0.99:
        return say("more than 99%")
    if value < 0.01:
        return say("less than 1%")
    return f"{percent(value, 0)}%"


def weight(value: float | None) -> str:
    """A study's weight, given in percent: `5.0`, `<0.1` for what would round to a false zero."""
    if value is not None and 0 < value < 0.05:
        return f"<{number(0.1, 1)}"
    return number(value, 1)


def i2(value: float | None) -> str:
    """I2 from the 0 to 1 scale, in whole percent: `57%`."""
    return MISSING if is_missing(value) else f"{percent(value, 0)}%"


def tau2(value: float | None) -> str:
    """Between-study variance: two decimals, `<0.01` for what would round to a false zero."""
    if value is not None and 0 < value < 0.005:
        return f"<{number(0.01)}"
    return number(value, 2)


def tau2_ci(value: float | None, low: float | None, high: float | None) -> str:
    """`0.36 [0.04, 2.05]`; the bare value when its interval is not known."""
    if is_missing(value) or (is_missing(low) and is_missing(high)):
        return tau2(value)
    return f"{tau2(value)} {limits(tau2(low), tau2(high))}"


def p_number(value: float | None) -> str:
    """The p value alone, for a table column: `<0.001`, `0.031`, `0.42`, `>0.99`.

    Three decimals below 0.1, two above: enough to see on which side of 0.05 it is.
    """
    if value is None or math.isnan(value):
        return MISSING
    if value < 0.001:
        return f"<{number(0.001, 3)}"
    if value > 0.99:
        return f">{number(0.99)}"
    return number(value, 3 if round(value, 3) < 0.1 else 2)


def p_value(value: float | None) -> str:
    """The p value as said in a sentence: `p < 0.001`, `p = 0.031`."""
    text = p_number(value)
    if text[0] in "<>":
        return f"p {text[0]} {text[1:]}"
    return f"p {text}" if is_missing(value) else f"p = {text}"


def months(value: float | None) -> str:
    """A time in months at one decimal."""
    return significant(value, 1)


def is_missing(value: float | None) -> bool:
    """Whether a cell holds no number (`None` or NaN)."""
    return value is None or (isinstance(value, float) and math.isnan(value))


#: The program's own codes, as words; other texts are the review's.
WORDS = frozenset((
    # quantities and units of results, rows of ratios
    mark("median"), mark("restricted mean"), mark("point"), mark("months"),
    mark("per 100 person-years"), mark("pooled"), mark("trial"),
    # parts of the results
    mark("overall"), mark("subgroup"), mark("proportion"), mark("survival"), mark("landmark"),
    mark("curve"), mark("time"), mark("rate"), mark("ratio"), mark("common"), mark("separate"),
    # what happened to a study or cell
    mark("added"), mark("carried over"), mark("excluded"), mark("removed"),
    mark("replaced"), mark("superseded"), mark("withdrawn"),
    # how the value of a cell came about, and how sure the extractor is of it
    mark("agreed"), mark("adjudicated"), mark("single"), mark("overridden"), mark("held out"),
    mark("high"), mark("medium"), mark("low"),
))  # fmt: skip


def _text(value: object) -> str:
    return "" if value is None else str(value)


def plain(value: object) -> str:
    """A code as words: `rct_arm` to `rct arm`; empty for missing."""
    return _text(value).replace("_", " ")


def word(value: object) -> str:
    """A code of the program as the reader calls it; other texts as `plain` has them."""
    text = plain(value)
    return say(text) if text in WORDS else text


#: How the values of a column print, by the word that the catalogue gives under `prints`.
PRINT: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(("text", "long", "code", "year"), _text),
    "plain": plain,
    "word": word,
    "count": count,
    "percent": percent,
    "months": months,
    "per_100": lambda value: significant(value if value is None else 100 * value, 2),
    "ratio": significant,
    "points": points,
    "number": significant,
    "decimal": lambda value: significant(value, 1),
    "coefficient": lambda value: significant(value, 3),
    "tau2": tau2,
    "i2": i2,
    "p": p_number,
}


def distinct(values: Iterable[float]) -> list[float]:
    """Values in order, those that agree to nine decimals once: analyses that differ in their
    interval only have one estimate.

    >>> distinct([0.5, 0.25, 0.2500000000001])
    [0.25, 0.5]
    """
    return sorted({round(value, 9) for value in values})

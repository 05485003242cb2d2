"""Numbers as people type them into a table: 12, 12 (35%), 12/34, 1,234, 12,5, not reached."""

import re
from collections.abc import Iterable
from typing import NamedTuple

_MISSING = {"", "na", "n/a", "nan", "nr", "ne", "none", "null", "?", "-", "–", "—", ".", "--"}
_MISSING |= {"not reported", "not available", "unknown", "n.r.", "n.a.", "nd", "not stated"}
_NOT_REACHED = re.compile(r"(not reached|not yet reached|nyr|n\.?r\.?|unreached|∞)", re.IGNORECASE)
_COUNT = re.compile(r"([0-9]+)(?:\.0+)?(?:\s*\(\s*[<≤]?\s*[0-9.,]+\s*%?\s*\)|\s+[0-9.]+\s*%)?")
_GROUPED = re.compile(r"[0-9]{1,3}([,.' \u00a0\u202f])[0-9]{3}(?:\1[0-9]{3})*")
_FRACTION = re.compile(r"([0-9]+)\s*(?:/|of|von|de|sur)\s*([0-9]+)(?:\s*\(.*\))?", re.IGNORECASE)
_POINT = re.compile(r"[-+]?[0-9]*\.[0-9]+|[-+]?[0-9]+\.?")
_SHORT_COMMA = re.compile(r"[-+]?[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})|0,[0-9]+")
_LIMITS = re.compile(r"[\[(]?\s*(.+?)\s*(?:-|–|—|to|bis|;|,\s)\s*(.+?)\s*[\])]?")


class Unreadable(ValueError):
    """A cell that should hold a number and does not."""


class Fraction(NamedTuple):
    """Events and total of one cell."""

    events: int
    total: int


def decimal_sign(texts: Iterable[str]) -> str:
    """`,` if the numbers of a table have decimal commas and no decimal points, else `.`."""
    texts = [text.strip() for text in texts]
    comma = any(_SHORT_COMMA.fullmatch(text) for text in texts)
    point = any(re.fullmatch(r"[-+]?[0-9]+\.[0-9]{1,2}", text) for text in texts)
    return "," if comma and not point else "."


def is_missing(text: str) -> bool:
    """Whether a cell says that nothing is reported."""
    return text.strip().casefold() in _MISSING


def is_not_reached(text: str) -> bool:
    """Whether a cell of a median says that it was not reached."""
    return bool(_NOT_REACHED.fullmatch(text.strip()))


def count(text: str) -> int | None:
    """A whole number, `None` for a missing one.

    >>> count("12"), count("12 (35.3%)"), count("1,234"), count("NR")
    (12, 12, 1234, None)

    Raises
    ------
    Unreadable
        For any other text, also for a fraction of one.
    """
    text = text.strip()
    if is_missing(text):
        return None
    hit = _COUNT.fullmatch(text)
    if hit:
        return int(hit[1])
    if _GROUPED.fullmatch(text):
        return int(re.sub(r"[^0-9]", "", text))
    raise Unreadable(f"'{text}' is not a whole number")


def number(text: str, decimal: str) -> float | None:
    """A number with the table's decimal sign, `None` for a missing one.

    >>> number("12,5", ","), number("12.5", "."), number("", ".")
    (12.5, 12.5, None)

    Raises
    ------
    Unreadable
        For any other text.
    """
    text = text.strip().removesuffix("%").strip()
    if is_missing(text):
        return None
    if decimal == "," and "." not in text:
        text = text.replace(",", ".")
    if _POINT.fullmatch(text):
        return float(text)
    raise Unreadable(f"'{text}' is not a number")


def fraction(text: str) -> Fraction | None:
    """Events and total written as 12/34 or 12 of 34, `None` for a missing one.

    Raises
    ------
    Unreadable
        For any other text.
    """
    if is_missing(text):
        return None
    hit = _FRACTION.fullmatch(text.strip())
    if not hit:
        raise Unreadable(f"'{text.strip()}' is not written as events/total")
    return Fraction(int(hit[1]), int(hit[2]))


def limits(text: str, decimal: str) -> tuple[float | None, float | None]:
    """Both limits of an interval in one cell, as 5.1-9.3 or (5.1, NR).

    Raises
    ------
    Unreadable
        For any other text.
    """
    if is_missing(text):
        return None, None
    hit = _LIMITS.fullmatch(text.strip())
    if not hit:
        raise Unreadable(f"'{text.strip()}' is not an interval")
    return number(hit[1], decimal), number(hit[2], decimal)

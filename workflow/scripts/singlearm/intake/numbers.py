"""Numbers as people type them into a table: 12, 12 (35%), 12/34, 1,234, 12,5, not reached."""

import re
from collections.abc import Iterable
from contextlib import suppress

#: Written without blanks: `k. A.` is `k.a.`.
_MISSING = {"", "na", "n/a", "nan", "nr", "ne", "none", "null", "?", "-", "–", "—", ".", "--"}
_MISSING |= {"notreported", "notavailable", "unknown", "n.r.", "n.a.", "nd", "notstated"}
_MISSING |= {"ka", "k.a.", "keineangabe", "nc", "n.c.", "s/d", "missing", "unclear", "…", "..."}
_NOT_REACHED = re.compile(
    r"(not (?:yet )?reached|nyr|n\.?r\.?|unreached|∞|n\.?e\.?|(?:not |non-?|in)estimable)",
    re.IGNORECASE,
)
#: The point of decimals as journals set it: 35·3.
_MIDDLE_DOT = re.compile(r"(?<=[0-9])[·‧∙⋅](?=[0-9])")
_PERCENT = r"[<≤]?\s*([0-9]+(?:[.,·‧∙⋅][0-9]+)?)\s*%?"
_BESIDE = re.compile(
    rf"([^(\[]*[^\s(\[])(?:\s*\(\s*{_PERCENT}\s*\)|\s*\[\s*{_PERCENT}\s*\]|\s+([0-9.,·‧∙⋅]+)\s*%)"
)
_N_IS = re.compile(r"n\s*=\s*(?=[0-9])", re.IGNORECASE)
_WHOLE = re.compile(r"([0-9]+)(?:\.(0+))?")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}([,.'’ \u00a0\u202f])[0-9]{3}(?:\1[0-9]{3})*")
#: As R writes 100000.
_POWER = re.compile(r"[0-9](?:\.[0-9]+)?e\+?[0-9]{1,2}", re.IGNORECASE)
_ONE_GROUP = re.compile(r"[1-9][0-9]{0,2}([,.])[0-9]{3}")
_FRACTION = re.compile(r"(.*?[^\s(])\s*(?:/|\b(?:out of|of|von|de|sur)\b)\s*(.*)", re.IGNORECASE)
_WITHIN = re.compile(r"[0-9.,·‧∙⋅]+\s*%?\s*[(\[]([^()\[\]]*(?:/|of)[^()\[\]]*)[)\]]")
_BRACKETS = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\]|[,;]?\s[0-9.,·‧∙⋅]+\s*%)$")
_SIGNED = re.compile(r"(?<![\w.,])[0-9]*(?:[.,][0-9]+)+(?![\w]|[.,][0-9])")
_ONE_NUMBER = re.compile(r"[-+]?[0-9]*(?:[.,][0-9]+)*\s*%?")
#: A month and a year, which a number may look like.
_MONTH = re.compile(r"(?:0?[1-9]|1[0-2])[.,](?:19|20)[0-9]{2}")
_BOTH = re.compile(r"[0-9]{1,3}(?:[,.][0-9]{3})*([,.])[0-9]+")
_POINT = re.compile(r"[-+]?[0-9]*\.[0-9]+|[-+]?[0-9]+\.?")
_LIMITS = re.compile(r"[\[(]?\s*(.+?)\s*(?:-|–|—|to|bis|;|,\s)\s*(.+?)\s*[\])]?")
_CI = re.compile(r"(?:95\s*%\s*)?(?:CI|CrI|KI|IC)\b\s*[:,=]?\s*|95\s*%\s*[:,]?\s+", re.IGNORECASE)
_VALUE_AND_LIMITS = re.compile(r"([^(\[]*[^\s(\[])\s*[(\[]\s*([^()\[\]]+?)\s*[)\]]")
_END = re.compile(r"[-+]?[0-9.,·‧∙⋅]*[0-9]\s*%?")


#: What to do about a number that may be another.
REMEDY = """say `decimal: "."` or `decimal: ","` in columns.yaml, or write it without thousands"""
#: A percentage whose last digit is worth more events than this tells nothing of its total.
MOST_SLACK = 0.2


class Unreadable(ValueError):
    """A cell that should hold a number and does not."""


def decimal_sign(texts: Iterable[str]) -> str:
    """The sign before the decimals of a table's numbers; empty if no cell says which it is.

    Cells with both signs, as 1,234.5, count; 1,234 alone does not, for it may be a thousand, nor
    does 03.2019, which may be a month.

    >>> decimal_sign(["1,5"]), decimal_sign(["1.5", "1,2"]), decimal_sign(["1.234,5 (0,5-3)"])
    (',', '.', ',')
    >>> decimal_sign(["1,234", "12", "03.2019"])
    ''
    """
    found = set()
    for text in texts:
        if _MIDDLE_DOT.search(text):
            found.add(".")
        found |= {_sign_of(token) for token in _SIGNED.findall(text)}
    return "." if "." in found else "".join(found)


def _sign_of(token: str) -> str:
    """The sign that stands before decimals in one number; empty if that cannot be told."""
    signs = re.findall(r"[.,]", token)
    if len(set(signs)) > 1:
        return signs[-1] if _BOTH.fullmatch(token) else ""
    if len(signs) > 1:  # 1,234,567
        return {",": ".", ".": ","}[signs[0]] if _GROUPED.fullmatch(token) else ""
    return "" if _ONE_GROUP.fullmatch(token) or _MONTH.fullmatch(token) else signs[0]


def are_decimals(texts: Iterable[str]) -> bool:
    """Whether a column holds numbers with decimals: not months, nor references as 12,13.

    >>> are_decimals(["61,5", "58"]), are_decimals(["12,13", "14"]), are_decimals(["03.2019"])
    (True, False, False)
    """
    filled = [text.strip() for text in texts if not is_missing(text)]
    plain = [text for text in filled if _ONE_NUMBER.fullmatch(text)]
    return 2 * len(plain) > len(filled) and any(
        re.search("[.,]", text) and not _two_numbers(text) and not _MONTH.fullmatch(text)
        for text in plain
    )


def _two_numbers(text: str) -> bool:
    """Whether a number with a comma may be two that rise, as references do."""
    first, comma, second = text.partition(",")
    listed = comma and first.isdecimal() and second.isdecimal() and len(second) < 3
    return bool(listed) and "0" not in (first[0], second[0]) and int(first) < int(second)


def is_missing(text: str) -> bool:
    """Whether a cell says that nothing is reported."""
    return "".join(text.split()).casefold() in _MISSING


def is_not_reached(text: str) -> bool:
    """Whether a cell of a median says that it was not reached."""
    return bool(_NOT_REACHED.fullmatch(text.strip()))


def percent_beside(text: str) -> str | None:
    """The percentage that stands in brackets behind a count, as 35.3 in `12 (35.3%)`."""
    return both[1] if (both := beside(text)) else None


def beside(text: str) -> tuple[str, str] | None:
    """The number of a cell and that in brackets behind it, as 12 and 35.3 in `12 (35.3%)`."""
    hit = _BESIDE.fullmatch(text.strip())
    return (hit[1], next(part for part in hit.groups()[1:] if part)) if hit else None


def count(text: str, decimal: str = "") -> int | None:
    """A whole number, `None` for a missing one; `decimal` is the table's decimal sign, if known.

    >>> count("12"), count("12 (35.3%)"), count("1,234"), count("N = 34"), count("NR")
    (12, 12, 1234, 34, None)

    Raises
    ------
    Unreadable
        For any other text, also for a fraction of one, and for a number whose sign may stand
        before decimals or thousands.
    """
    text = text.strip()
    if is_missing(text):
        return None
    hit = _BESIDE.fullmatch(text)
    bare = _N_IS.sub("", hit[1] if hit else text, count=1)
    hit = _WHOLE.fullmatch(bare)
    if hit and (len(hit[2] or "") != len("000") or decimal == "."):
        return int(hit[1])
    grouped = _GROUPED.fullmatch(bare)
    if _POWER.fullmatch(bare) and float(bare).is_integer():
        return int(float(bare))
    if hit and not decimal:
        raise Unreadable(f"'{text}' may be {int(hit[1])} or {hit[1]}000: {REMEDY}")
    if grouped and grouped[1] == decimal and _ONE_GROUP.fullmatch(bare):
        raise Unreadable(
            f"'{text}' has the sign that stands before decimals in this table: write it without"
        )
    if grouped:
        return int(re.sub(r"[^0-9]", "", bare))
    raise Unreadable(f"'{text}' is not a whole number")


def number(text: str, decimal: str) -> float | None:
    """A number with the table's decimal sign, `None` for a missing one.

    Limits in brackets behind it are not part of it.

    >>> number("12,5", ","), number("12.5", "."), number("1,234.5", "."), number("", ".")
    (12.5, 12.5, 1234.5, None)

    Raises
    ------
    Unreadable
        For any other text, also for 1,234 or 1.234 where no other cell says what the sign means.
    """
    text = with_limits(_dotted(text, decimal))[0].removesuffix("%").strip()
    if is_missing(text):
        return None
    alone = _ONE_GROUP.fullmatch(text.lstrip("+-"))
    if alone and not decimal:
        small, large = text.replace(alone[1], "."), text.replace(alone[1], "")
        raise Unreadable(f"'{text}' may be {small} or {large}: {REMEDY}")
    whole, sign, rest = text.partition(decimal or ".")
    grouped = _GROUPED.fullmatch(whole)
    if grouped and grouped[1] != sign:
        whole = re.sub(r"[^0-9]", "", whole)
    bare = f"{whole}.{rest}" if sign else whole
    if _POINT.fullmatch(bare) or _POWER.fullmatch(bare):
        return float(bare)
    raise Unreadable(f"'{text}' is not a number")


def is_whole(percent: str, total: float, decimal: str, scale: int = 100) -> bool | None:
    """Whether a printed percentage of a total is a whole number; `None`: its digits are too few.

    >>> is_whole("26.0", 321, "."), is_whole("25.9", 321, "."), is_whole("26", 321, ".")
    (False, True, None)
    """
    percent = with_limits(_dotted(percent, decimal))[0]
    digits = len(percent.strip().removesuffix("%").strip().partition(decimal or ".")[2])
    slack = total * 0.5 / 10**digits / scale
    value = number(percent, decimal)
    if value is None or slack > MOST_SLACK:
        return None
    events = value * total / scale
    return abs(events - round(events)) <= slack + 1e-6


def fraction(text: str, decimal: str = "") -> tuple[int, int] | None:
    """Events and total of one cell: 12/34, 12 of 34, 12/34 (35%), 35% (12/34).

    `None` for a missing one, also for NR/34.

    Raises
    ------
    Unreadable
        For any other text.
    """
    if is_missing(text):
        return None
    within = _WITHIN.fullmatch(text.strip())
    hit = _FRACTION.fullmatch(_BRACKETS.sub("", within[1] if within else text.strip()))
    if hit:
        with suppress(Unreadable):
            events, total = count(hit[1], decimal), count(hit[2], decimal)
            return None if events is None or total is None else (events, total)
    raise Unreadable(f"'{text.strip()}' is not written as events/total")


def limits(text: str, decimal: str) -> tuple[float | None, float | None]:
    """Both limits of an interval in one cell, as 5.1-9.3 or (5.1, NR); an end may be open.

    Raises
    ------
    Unreadable
        For any other text.
    """
    if is_missing(text):
        return None, None
    hit = _LIMITS.fullmatch(_without_ci(text.strip()))
    if not hit:
        raise Unreadable(f"'{text.strip()}' is not an interval")
    return limit(hit[1], decimal), limit(hit[2], decimal)


def limit(text: str, decimal: str) -> float | None:
    """One end of an interval, `None` for an open one."""
    return None if is_not_reached(text) else number(text, decimal)


def with_limits(text: str) -> tuple[str, str]:
    """A value and its interval where both stand in one cell; else the text and nothing.

    >>> with_limits("8.8 (5.6-11.6)"), with_limits("NR [95% CI 5.6 to NE]"), with_limits("12 (35%)")
    (('8.8', '5.6-11.6'), ('NR', '5.6 to NE'), ('12 (35%)', ''))
    """
    text = text.strip()
    hit = _VALUE_AND_LIMITS.fullmatch(text)
    inner = _without_ci(hit[2]) if hit else ""
    ends = _LIMITS.fullmatch(inner)
    if hit and ends and all(_END.fullmatch(e) or is_not_reached(e) for e in ends.groups()):
        return hit[1], inner
    return text, ""


def _without_ci(text: str) -> str:
    """An interval without the words that say so, as 95% CI."""
    bare = text.lstrip("([ ")
    hit = _CI.match(bare)
    return bare[hit.end() :] if hit else text


def _dotted(text: str, decimal: str) -> str:
    """The text with the sign before decimals where a middle dot stands."""
    return _MIDDLE_DOT.sub(decimal or ".", text.strip())

"""One cell: what its text means by the codebook, or what is wrong with it.

`fault` and `parse` share one definition of a right cell: a cell without an error parses.
"""

import math
import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from singlearm.kinds.columns import LABEL, LABEL_SIGNS, Column

from .problems import near, shorten

#: Excel cuts a cell at this many characters (Excel specifications and limits).
LONGEST = 32_767
#: Digits that a double, and so a spreadsheet, keeps.
DIGITS = 15
#: Day 0 of Excel's date numbers (1900 system, with its leap-year error from March 1900 on).
EXCEL_DAY_0 = date(1899, 12, 30)

#: What to do about a value that is right and new.
LIST_IT = "if it is right, add it to config/codebook.csv"

_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_SPACED = re.compile(r"-?[0-9][0-9\s\u200b]*(\.[0-9]+)?")
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_SHORT_MONTH = r"(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])"
_MONTH = rf"({_SHORT_MONTH})[a-zé]*"
_DATE_LIKE = re.compile(
    rf"([0-9]{{1,4}}[-/. ]+)?{_MONTH}([-/. ]+[0-9]{{1,4}})?"
    r"|[0-9]{1,4}([-/.])[0-9]{1,2}\4[0-9]{1,4}([T ][0-9:.]+)?",
    re.IGNORECASE,
)
#: A date as spreadsheets write those that they made: 1-Feb, Feb-24, 2024-02-01, 01.02.2024.
_DATE_SHOWN = re.compile(
    rf"[0-9]{{1,2}}[-. ]{{1,2}}{_SHORT_MONTH}\.?|{_SHORT_MONTH}[-. ]{{1,2}}[0-9]{{2}}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+)?"
    r"|[0-9]{1,2}(?P<sign>[./])[0-9]{1,2}(?P=sign)[0-9]{4}",
    re.IGNORECASE,
)
_ERROR_VALUE = re.compile(
    r"#(REF!|N/A|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|FIELD!|GETTING_DATA)|Err:[0-9]{3}"
)
#: A footnote mark behind a number: raised figures and letters, daggers, stars.
_FOOTNOTE = re.compile(
    r"(-?[0-9]+(?:\.[0-9]+)?)\s*[\u00b9\u00b2\u00b3\u2070-\u209c\u1d2c-\u1d6a\u00aa\u00ba*†‡§¶#a-h]+"
)
_NOT_GIVEN = {"na", "n/a", "nan", "none", "null", "nr", "ne", "?", "-", "–", "—", ".", "unknown"}
EDGES = " \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
EDGES += "\u200a\u200b\u200c\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"


class Fault(NamedTuple):
    """What is wrong with a cell: a rule, how grave, a message with what is allowed, a hint."""

    rule: str
    severity: str
    message: str
    hint: str


class _Bad:
    """The value of a cell that cannot be read; its fault is reported once, where it stands."""

    def __repr__(self) -> str:
        return "BAD"


BAD = _Bad()


def clean(column: Column, text: str) -> str:
    """The text that counts: without blanks around it and recoded as the codebook says.

    Accents that are signs of their own, as some systems write them, are joined to their letters.
    """
    return column.meant(_composed(text).strip(EDGES))


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def parse(column: Column, text: str) -> str | int | float | _Bad | None:
    """Typed value of a cell, `None` for an empty one, `BAD` for an error by `fault`."""
    wrong = fault(column, text)
    if wrong and wrong.severity == "error":
        return BAD
    text = clean(column, text)
    if text == "":
        return None
    if column.type == "integer":
        return int(text)
    if column.type == "number":
        return float(text) + 0.0  # no negative zero
    return text


def fault(column: Column, text: str) -> Fault | None:
    """The first fault of a cell, or `None` for a right one."""
    if len(text) > LONGEST:
        told = f"has {len(text):,} characters; at most {LONGEST:,} fit a cell"
        return _error("too_long", told, "a missing quote sign may have joined several cells")
    return _fault(column, text)


@lru_cache(maxsize=50_000)
def _fault(column: Column, text: str) -> Fault | None:
    inner = clean(column, text)
    if inner == "":
        if column.required == "filled":
            return _error("empty", f"may not be empty; allowed: {column.allows()}", "fill the cell")
        return None
    if _ERROR_VALUE.fullmatch(inner):
        return _error("excel_error", "is an error value", "write the value itself")
    wrong = _characters(inner) or _TYPES[column.type](column, inner)
    if wrong:
        return wrong
    if inner == _composed(text).strip(EDGES) != text.strip(EDGES):
        if column.type == "text" and not column.pattern:
            return None
        told = "has accents as signs of their own, and is read with letters that have them"
        return _warning("accents", told, "retype the word, or save the sheet with NFC")
    if inner != text.strip(EDGES):
        return _warning("recoded", f"is read as '{inner}'", "")
    if inner != text:
        return _warning("blanks", "has blanks around it, which are not read", "delete the blanks")
    return None


def _error(rule: str, message: str, hint: str) -> Fault:
    return Fault(rule, "error", message, hint)


def _warning(rule: str, message: str, hint: str) -> Fault:
    return Fault(rule, "warning", message, hint)


def _characters(text: str) -> Fault | None:
    """Characters that a sheet cannot mean: controls, lost letters, letters decoded wrongly."""
    if text.isascii() and text.isprintable():
        return None
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t" for c in text):
        return _error("control_character", "holds a control character", "retype the cell")
    if "\ufffd" in text:
        told = "holds the sign for a lost letter (�)"
        return _error("lost_character", told, "retype the word and save as 'CSV UTF-8'")
    try:
        meant = text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None
    if meant == text:
        return None
    return _warning("mojibake", "looks like a text decoded wrongly", f"probably '{shorten(meant)}'")


def _text(column: Column, text: str) -> Fault | None:
    if column.matches is None or column.matches.fullmatch(text):
        return None
    hint = _as_label(text) if column.pattern == LABEL.pattern else ""
    return _error("pattern", f"is not {column.allows()}", hint or column.description)


def _as_label(text: str) -> str:
    """The first sign that a label may not have, and the label without such signs."""
    odd = [c for c in text if not LABEL.matches or not LABEL.matches.fullmatch(f"a{c}")]
    odd = odd or [text[0]]
    kept = "".join(" " if c in odd else c for c in text).lstrip(f"{LABEL_SIGNS}’–")
    name = unicodedata.name(odd[0], "a control sign").lower()
    told = f"the sign {shorten(repr(odd[0]))} ({name}) is at fault"
    kept = " ".join(kept.split())
    return f"{told}; write '{shorten(kept)}' in all sheets" if kept else told


def _category(column: Column, text: str) -> Fault | None:
    if not column.allowed and _DATE_SHOWN.fullmatch(text):
        told = "looks like a date that a spreadsheet made, and is read as a word"
        hint = "format the column as text and type the value again, if it was 3-5 or the like"
        return _warning("date_damage", told, hint)
    if not column.allowed or text in column.allowed:
        return None
    allowed = f"is not allowed; allowed: {column.allows()}"
    if _DATE_LIKE.fullmatch(text):
        hint = "a spreadsheet made a date of it: format the column as text and type the value again"
        return _error("date_damage", allowed, hint)
    return _error("not_allowed", allowed, near(text, column.allowed) or LIST_IT)


def _list(column: Column, text: str) -> Fault | None:
    items = text.split(column.separator)
    if any(item == "" or item != item.strip(EDGES) for item in items):
        hint = "no blanks around the values, no separator at the ends"
        return _error("list_form", f"is not {column.allows()}", hint)
    if len(set(items)) < len(items):
        return _error("list_form", "names a value twice", "name each value once")
    odd = [item for item in items if column.allowed and item not in column.allowed]
    if not odd:
        return None
    hint = near(odd[0], column.allowed) or LIST_IT
    return _error("not_allowed", f"is not allowed; allowed: {column.allows()}", hint)


def _date(column: Column, text: str) -> Fault | None:
    wrong = f"is not {column.allows()}"
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            date.fromisoformat(text)
        except ValueError:
            return _error("not_a_date", wrong, "no such day in the calendar")
        return None
    if re.fullmatch(r"[0-9]{5}", text):
        day = EXCEL_DAY_0 + timedelta(days=int(text))
        return _error("date_damage", wrong, f"a date that became a number, perhaps {day}")
    return _error("not_a_date", wrong, "write year-month-day")


def _numeric(column: Column, text: str) -> Fault | None:
    whole = column.type == "integer"
    right = _INTEGER if whole else _NUMBER
    if not right.fullmatch(text):
        return _not_numeric(column, text)
    value = float(text)
    if not math.isfinite(value) or (whole and len(text.lstrip("-0")) > DIGITS):
        return _error("range", f"is too large; allowed: {column.allows()}", "")
    below = column.minimum is not None and value < column.minimum
    if below or (column.maximum is not None and value > column.maximum):
        rule = "negative" if below and value < 0 else "range"
        hint = "a count cannot be negative" if rule == "negative" and whole else "check the source"
        return _error(rule, f"is not allowed; allowed: {column.allows()}", hint)
    return None


def _not_numeric(column: Column, text: str) -> Fault:
    """Why a text is not a number, with the likely slip named."""
    wrong = f"is not {column.allows()}"
    if text.casefold() in _NOT_GIVEN:
        return _error("not_a_number", wrong, "leave the cell empty where nothing is reported")
    if "%" in text or "％" in text:
        hint = "write the number of patients" if column.type == "integer" else "write 85, not 85%"
        return _error("percentage", f"is a percentage; allowed: {column.allows()}", hint)
    if column.type == "integer" and _NUMBER.fullmatch(text):
        value = float(text)
        hint = (
            f"write {value:.0f}"
            if value.is_integer()
            else f"write {text.replace('.', '')} if it is a thousand"
            if re.fullmatch(r"[1-9][0-9]{0,2}\.[0-9]{3}", text)
            else "a percentage or a mean where a count belongs?"
        )
        return _error("fractional", f"is not a whole number; allowed: {column.allows()}", hint)
    if _THOUSANDS.fullmatch(text):
        return _error("thousands", wrong, f"write {text.replace(',', '')} if it is a thousand")
    if re.fullmatch(r"-?[0-9]+,[0-9]+", text):
        return _error("decimal_comma", wrong, f"write {text.replace(',', '.')}")
    if _SPACED.fullmatch(text):
        return _error("spaces_in_number", wrong, "delete the blanks inside the number")
    if _DATE_LIKE.fullmatch(text):
        return _error(
            "date_damage",
            wrong,
            "a spreadsheet made a date of it: format the column "
            "as a number and type the value again",
        )
    mark = _FOOTNOTE.fullmatch(text)
    if mark:
        return _error("footnote", wrong, f"write {mark[1]}; put the mark into the column notes")
    if text.startswith("="):
        return _error("formula", wrong, "write the value, not the formula")
    return _error("not_a_number", wrong, "write digits only")


_TYPES = {
    "text": _text,
    "category": _category,
    "list": _list,
    "date": _date,
    "integer": _numeric,
    "number": _numeric,
}

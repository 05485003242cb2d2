"""What a number format of a spreadsheet makes of a value (ECMA-376, part 1, 18.8.30-31)."""

import re
from functools import lru_cache

#: Formats that a workbook names by number only.
BUILT_IN = {0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%"}
BUILT_IN |= {11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 37: "#,##0", 38: "#,##0", 39: "#,##0.00"}
BUILT_IN |= {40: "#,##0.00", 48: "##0.0E+0", 49: "@"}
BUILT_IN |= dict.fromkeys((*range(14, 18), 22, *range(27, 37), *range(50, 59)), "yyyy-mm-dd")
BUILT_IN |= dict.fromkeys((*range(18, 22), 45, 47), "h:mm:ss") | {46: "[h]:mm:ss"}

_TEXT = re.compile(r'"([^"]*)"|\\(.)')
_FILL = re.compile(r"[_*].")
_BRACKETS = re.compile(r"\[(?!h+\]|m+\]|s+\])[^\]]*\]", re.IGNORECASE)
_PLACES = re.compile(r"[#0?](?:[#0?,]*[#0?])?(?:\.([#0?]+))?(,*)")


@lru_cache(maxsize=10_000)
def kind(code: str) -> str:
    """`date`, `time`, `elapsed`, `percent` or `number`."""
    bare = _FILL.sub("", _TEXT.sub("", _BRACKETS.sub("", code.split(";")[0]))).casefold()
    if "general" in bare or "e+" in bare or "e-" in bare:
        return "number"
    if re.search(r"\[[hms]+\]", bare):
        return "elapsed"
    if re.search("[yd]", bare):
        return "date"
    if re.search("[hs]", bare):
        return "time"
    if "m" in bare:
        return "date"
    return "percent" if "%" in bare else "number"


def shown(code: str, value: float) -> str | None:
    """The number as the format prints it where that is another one; `None` where it is the same.

    Formats of numbers only. Fractions and powers of ten are left alone: they round, but keep the
    size that a reader would type.
    """
    if code in ("General", "@", ""):
        return None
    section = _section(code, value)
    words = "".join(quoted or escaped for quoted, escaped in _TEXT.findall(section)).strip()
    bare = _FILL.sub("", _TEXT.sub("", _BRACKETS.sub("", section)))
    if "/" in bare or "E" in bare.upper().replace("GENERAL", ""):
        return None
    places = _PLACES.search(bare)
    if places is None:
        return None if "general" in bare.casefold() or "@" in bare else words
    negative = value < 0 and (section == code or "-" in section or "(" in section)
    size = abs(value) / 1000 ** len(places[2])
    text = f"{'-' if negative else ''}{size:.{len(places[1] or '')}f}"
    if any(letter.isalnum() for letter in words):
        return f"{text} {words}"
    return None if abs(float(text) - value) <= 1e-9 * abs(value) else text


def _section(code: str, value: float) -> str:
    """The part of a format that applies: positive; negative; zero."""
    parts = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code)
    if value < 0 and len(parts) > 1:
        return parts[1]
    if value == 0 and len(parts) > 2:
        return parts[2]
    return parts[0]

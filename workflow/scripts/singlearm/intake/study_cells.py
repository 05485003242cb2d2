"""The study's own columns, as the program's check of the sheets takes them."""

import re

from singlearm.kinds.columns import Column
from singlearm.sheets.cells import fault
from singlearm.sheets.core import CORE

from .numbers import is_missing

_KNOWN = {column.name: column for column in CORE["studies"]}
#: Whose cells are free texts: a surname may be Na, and None a reason.
_TYPED = {n for n, c in _KNOWN.items() if c.type not in ("text", "category") or c.pattern}
_YEAR = re.compile(r"(?<![0-9])(?:18|19|20)[0-9]{2}(?![0-9])")
_DOI_PREFIX = re.compile(r"(?:https?://)?(?:dx\.)?doi\.org/|doi\s*:\s*", re.IGNORECASE)
#: Cells of a column that says which studies are included.
YES_NO = {"yes", "no", "y", "n", "true", "false", "1", "0"}


def study_cell(name: str, text: str) -> tuple[str, str]:
    """The text that a column of the sheet studies gets, and why it is left out if it is.

    >>> study_cell("year", "2019a"), study_cell("doi", "https://doi.org/10.1000/a")
    (('2019', ''), ('10.1000/a', ''))
    >>> study_cell("pmid", "NR"), study_cell("registration", "NCT01234567, NCT01234568")
    (('', ''), ('NCT01234567;NCT01234568', ''))
    """
    column = _KNOWN.get(name, Column("studies", name))
    if name in (*_TYPED, "include") and is_missing(text):
        return "", ""
    if name == "year":
        hit = _YEAR.search(text)
        text = hit[0] if hit else text
    elif name == "doi":
        text = _DOI_PREFIX.sub("", text, count=1)
    elif name == "registration":
        text = ";".join(part.strip() for part in re.split("[,;]", text) if part.strip())
    elif name == "include" and text.casefold() in YES_NO:
        text = column.meant(text.casefold())
    wrong = fault(column, text) if text else None
    return ("", wrong.message) if wrong and wrong.severity == "error" else (text, "")

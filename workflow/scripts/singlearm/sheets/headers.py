"""Where the header of a table is, and which of its rows are no studies but sums of them."""

import re
from collections.abc import Collection

from .csv_sheets import Grid
from .problems import Faults, near

#: The header is looked for in this many first rows.
ROWS_ABOVE = 30

#: Total 2019 is a study; Total, 1990-2019 is none.
_NO_YEAR = r"(?!.*(?<![-–/0-9])(?:18|19|20)[0-9]{2}[a-z]?\)?$)"
_TOTALS = re.compile(
    rf"{_NO_YEAR}(grand |sum )?totals?( \(.*\))?( events| studies| trials| patients)?|"
    r"sub-?totals?([ ,:(].*)?|zwischensumme.*|teilsumme.*|sous-?total.*|gesamtergebnis.*|[σ∑]|"
    r"sum|sums|pooled.*|overall.*|summary( .*)?|"
    r"all (studies|trials|patients)|combined|weighted (mean|average)|mean|average|"
    r"random[- ]effects?( model.*)?|(fixed|common)[- ]effects?( model.*)?|heterogeneity.*|"
    r"meta-?analysis|summe|gesamt(summe)?|insgesamt|mittelwert|somme|total g[eé]n[eé]ral|"
    r"totale|totaal|итого|合计|总计|合計",
    re.IGNORECASE,
)
#: Total Europe is a sum, and Total Therapy 3 and ENSEMBLE are trials.
_PERHAPS = re.compile(
    rf"{_NO_YEAR}totals?[ ,:].+|ensemble|alle( studien)?|"
    r"all( (arms|doses|dose levels|cohorts|groups|grades|subjects|participants|regions|countries|"
    r"included|included studies))?",
    re.IGNORECASE,
)


def is_total(label: str, surely: bool = False) -> bool:
    """Whether a study's label is a word for the sum of studies, as Total or Pooled.

    `surely`: not one that may be a study's name as well, as Total Europe or All.
    """
    bare = label.strip().strip(":.*")
    return bool(_TOTALS.fullmatch(bare) or (not surely and _PERHAPS.fullmatch(bare)))


def tell_header(sheet: str, grid: Grid, columns: Collection[str], faults: Faults) -> bool:
    """Whether row 1 is the header; if a later row seems to be it, that is the one fault told."""
    header, records = grid
    exact = _exact(header, columns)
    # A group header above may have words near to names, or one: the later row then has more.
    later = [(_exact(cells, columns), row) for row, cells in records[:ROWS_ABOVE]]
    most, row = max(later, key=lambda found: (found[0], -found[1]), default=(0, 0))
    if most < 2 or most <= exact:
        if _known(header, columns):
            return True
        rows = [(_known(cells, columns), row) for row, cells in records[:ROWS_ABOVE]]
        most, row = max(rows, key=lambda found: (found[0], -found[1]), default=(0, 0))
    if most < 2:
        return True  # no row looks like a header: each missing column is told
    known = f"only {exact} of its cells is" if exact else "none of its cells is"
    told = f"row 1 is not the header ({known} a column's name); row {row} seems to be"
    hint = f"delete what stands above row {row}"
    first = next((cell for cell in header if cell.strip()), "")
    faults.error(sheet, "header_row", told, hint, row=1, value=first)
    return False


def _exact(cells: list[str], columns: Collection[str]) -> int:
    """How many cells are names of columns."""
    return sum(cell.strip() in columns for cell in cells)


def _known(cells: list[str], columns: Collection[str]) -> int:
    """How many cells are names of columns, give or take a slip."""
    exact = _exact(cells, columns)
    if exact or sum(bool(cell.strip()) for cell in cells) < 2:
        return exact
    return sum(bool(cell.strip() and near(cell, columns)) for cell in cells[:200])


def tell_totals(sheet: str, grid: Grid, faults: Faults) -> None:
    """Rows that look like sums of studies; they are read like any other row."""
    header, records = grid
    names = [cell.strip() for cell in header]
    if "study_id" not in names:
        return
    place = names.index("study_id")
    for row, cells in records:
        if place < len(cells) and is_total(cells[place]):
            told = "seems to be a sum of studies, and is read like a study"
            where = {"row": row, "column": "study_id", "value": cells[place]}
            faults.warn(sheet, "totals_row", told, "delete the row; sums are computed", **where)

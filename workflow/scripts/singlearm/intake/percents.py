"""Percentages beside counts: whether they are of 100 or of 1, and of which numbers they are."""

from collections.abc import Callable
from contextlib import suppress

from .names import plain, role_of
from .numbers import Unreadable, beside, count, is_whole, number
from .table import Table

#: So many rows must agree before cells say what a name leaves open.
FEWEST_ROWS = 3
#: Words of a header that say that its numbers are of 100.
_OF_100 = frozenset(("percent", "pct", "percentage", "perc", "prozent", "porcentaje"))
#: A printed percentage may be off by so much from that of the counts, for it is rounded.
_OFF = 0.6


def numbers_of(
    table: Table, header: str, read: Callable[[str, str], float | None] = number
) -> dict[int, float]:
    """The numbers of a column by row, those that cannot be read passed over."""
    found: dict[int, float] = {}
    for text, (row, _) in zip(table.texts(header), table.records, strict=True):
        with suppress(Unreadable):
            value = read(text, table.decimal)
            if value is not None:
                found[row] = value
    return found


def scale(table: Table, percent: str, total: str) -> int:
    """100 where a column holds percentages, 1 where it holds proportions of 1.

    Numbers up to 1 may be either. The header says it, unless the whole numbers of events do not
    agree; where neither says it, nothing is read.

    Raises
    ------
    Unreadable
        If the column may be either.
    """
    printed, place = numbers_of(table, percent), table.column(percent)
    signs = any("%" in cells[place] for row, cells in table.records if row in printed)
    if signs or any(value > 1 for value in printed.values()):
        return 100
    words = set(plain(percent).split("_"))
    if "proportion" in words and not words & _OF_100:
        return 1
    of_100, of_1 = (_whole(table, percent, total, scale) for scale in (100, 1))
    if words & _OF_100 and (of_100 is not False or of_1 is False):
        return 100
    if not words & _OF_100 and of_100 is False and of_1 is not False:
        return 1
    if not words & _OF_100 and of_1 is False and of_100 is not False:
        return 100
    raise Unreadable(
        f"'{percent}' may be percent or proportions of 1: write % signs into its cells, or call it "
        "proportion"
    )


def _whole(table: Table, percent: str, total: str, scale: int) -> bool | None:
    """Whether the events are mostly whole numbers at a scale; `None`: no cell can tell."""
    known = whole_numbers(table, percent, total, scale)
    return 2 * sum(known) >= len(known) if known else None


def whole_numbers(table: Table, percent: str, total: str, scale: int) -> list[bool]:
    """Whether the events are whole numbers, of each row whose digits tell it."""
    printed, totals = numbers_of(table, percent), numbers_of(table, total, count)
    place = table.column(percent)
    told = [
        is_whole(cells[place], totals[row], table.decimal, scale)
        for row, cells in table.records
        if printed.get(row) and totals.get(row)
    ]
    return [whole for whole in told if whole is not None]


def is_count(table: Table, header: str, percent: str, total: str) -> bool:
    """Whether a column counts what the percentages are, of the total."""
    counts, totals = numbers_of(table, header, count), numbers_of(table, total, count)
    printed = numbers_of(table, percent)
    rows = [row for row in counts if row in printed and totals.get(row)]
    fits = sum(_is_percentage(printed[row], counts[row], totals[row]) for row in rows)
    return bool(rows) and fits >= 0.9 * len(rows)


def percent_first(table: Table, header: str, total: str) -> bool | None:
    """Whether the first number of cells as 35 (12) is the percentage; `None`: no cell tells it."""
    totals, place = numbers_of(table, total, count), table.column(header)
    votes = {(True, False): 0, (False, True): 0, (True, True): 0, (False, False): 0}
    for row, cells in table.records:
        both = beside(cells[place])
        if both is None or not totals.get(row):
            continue
        try:
            first, second = (number(text, table.decimal) for text in both)
        except Unreadable:
            continue
        if first is not None and second is not None:
            known = totals[row]
            votes[_is_percentage(second, first, known), _is_percentage(first, second, known)] += 1
    rows = sum(votes.values())
    if 2 * votes[False, True] > rows:
        return True
    return False if rows and 2 * (votes[True, False] + votes[True, True]) >= rows else None


def _is_percentage(percent: float, events: float, total: float) -> bool:
    return abs(100 * events / total - percent) <= _OFF


class Percentages:
    """The percentages of a table as its rows need them; what a reader must know is told."""

    def __init__(self, table: Table, tell: Callable[[str], object]) -> None:
        self._table, self._tell = table, tell
        self._scales: dict[tuple[str, str], int | Unreadable] = {}
        self._first: dict[tuple[str, str], bool | None] = {}

    def scale(self, header: str, total: str) -> int:
        """As the function, found once for a column."""
        key = header, total
        if key not in self._scales:
            try:
                self._scales[key] = scale(self._table, header, total)
            except Unreadable as error:
                self._scales[key] = error
        found = self._scales[key]
        if isinstance(found, Unreadable):
            raise found
        return found

    def in_cell(self, header: str, total: str, text: str) -> tuple[str, str]:
        """The count and the percentage of a cell as 12 (35), or 35 (12) if the totals say so.

        Raises
        ------
        Unreadable
            If neither the header nor the totals say which of the two is the count.
        """
        first, second = beside(text) or (text, "")
        if "%" in text:
            return text, second
        key = header, total
        if key not in self._first:
            self._first[key] = percent_first(self._table, header, total)
        if self._first[key]:
            self._tell(f"'{header}' is read as percentages with the count in brackets")
            return second, first
        if self._first[key] is None and role_of(header)[1] == "percent":
            raise Unreadable(
                f"'{text}' may be a count and its percentage or the reverse, for neither is the "
                f"percentage of '{total}': call the column n (%) if the count comes first"
            )
        return text, second

    def compare(self, header: str, text: str, events: int, total: int) -> None:
        """Tell a printed percentage that the counts do not give."""
        try:
            percent = number(text, self._table.decimal)
        except Unreadable:
            return
        if (
            total
            and percent is not None
            and min(abs(percent - p * events / total) / p for p in (1, 100)) > 0.01
        ):
            self._tell(
                f"'{header}' is {percent:g} where the counts are {events}/{total}; "
                "the counts are read"
            )

"""Which rows of a table are sums of others: their labels propose it, their counts decide."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from singlearm.sheets.headers import is_total

from . import numbers
from .columns import Columns, Outcome
from .numbers import Unreadable
from .table import Table

#: Events, and the number examined or the person-time, of each outcome of a row.
Counts = dict[str, tuple[float | None, float | None]]


@dataclass
class Record:
    """A row, its study and arm, and whether its label surely says that it is a sum."""

    row: int
    cells: list[str]
    label: str
    arm: str
    surely: bool = False


@dataclass
class _Sum:
    """The sums of the rows so far, and of how many, by outcome."""

    counts: Counts = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)

    def add(self, counts: Counts) -> None:
        for name, pair in counts.items():
            before = self.counts.get(name, (0, 0))
            self.counts[name] = (_plus(before[0], pair[0]), _plus(before[1], pair[1]))
            self.rows[name] += 1

    def is_(self, counts: Counts, fewest: int = 1) -> bool:
        """Whether all counts are these sums; percentages have no events to compare."""
        return bool(counts) and all(
            self.rows[name] >= fewest
            and _same(self.counts[name][1], size)
            and (events is None or _same(self.counts[name][0], events))
            for name, (events, size) in counts.items()
        )


def _plus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _same(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= 1e-9 * abs(other)


def sums(
    table: Table, columns: Columns, records: list[Record]
) -> tuple[dict[int, str], dict[int, str]]:
    """Rows that are sums and why, and rows that may be sums and what to tell of them.

    A row that is called a total is one if its counts are the sums of others; a row that is not
    called so stays a study.
    """
    counts = {each.row: _counts(table, columns, each.cells) for each in records}
    out, told = _arms(columns, records, counts)
    every, since, unsure = _Sum(), _Sum(), list[Record]()
    trials: dict[str, _Sum] = {}
    for each in records:
        read = counts[each.row]
        if each.surely:
            since = _Sum()
        if each.surely or each.row in out:
            continue
        trial = trials.setdefault(each.label, _Sum())
        total = is_total(each.label)
        sure = total or all(events is not None for events, _ in read.values())
        if sure and any(s.is_(read, 1 if total else 2) for s in (since, every, trial)):
            name = ", ".join(part for part in (each.label, each.arm) if part)
            if total:
                out[each.row] = f"'{name}' is the sum of the rows above"
            elif each.row not in told:
                told[each.row] = (
                    f"'{name}' looks like a sum of the rows above, and is read like a study: "
                    "delete the row if it is one"
                )
            since = _Sum()
        elif total:
            unsure.append(each)
        else:
            for found in (since, every, trial):
                found.add(read)
    _together(unsure, counts, every, out, told)
    return out, told


def _arms(
    columns: Columns, records: list[Record], counts: dict[int, Counts]
) -> tuple[dict[int, str], dict[int, str]]:
    """Arms called a total: those whose counts are the sums of the study's other arms."""
    out: dict[int, str] = {}
    told: dict[int, str] = {}
    if not columns.arm:
        return out, told
    arms: dict[str, list[Record]] = {}
    for each in records:
        if not each.surely:
            arms.setdefault(each.label, []).append(each)
    for rows in arms.values():
        others = [each for each in rows if not is_total(each.arm)]
        for each in rows:
            if each in others or not others:
                continue
            names = counts[each.row].keys()
            found = _added({n: p for n, p in counts[o.row].items() if n in names} for o in others)
            name = f"{each.label}, {each.arm}"
            if found.is_(counts[each.row]):
                out[each.row] = f"'{name}' is the sum of the arms"
            else:
                told[each.row] = (
                    f"'{name}' is called a sum of arms, but its counts are not; it is read as an "
                    "arm: delete the row if it is none"
                )
    return out, told


def _together(
    unsure: list[Record],
    counts: dict[int, Counts],
    every: _Sum,
    out: dict[int, str],
    told: dict[int, str],
) -> None:
    """Rows called totals that are no sum of those above: together they may be that of all."""
    of_all = every.is_(_added(counts[each.row] for each in unsure).counts)
    for each in unsure:
        if of_all:
            out[each.row] = f"'{each.label}' is one of the sums that make up all rows"
        else:
            told[each.row] = (
                f"'{each.label}' is called a sum, but its counts are not those of the rows above; "
                "it is read as a study: delete the row if it is none"
            )


def _added(rows: Iterable[Counts]) -> _Sum:
    found = _Sum()
    for counts in rows:
        found.add(counts)
    return found


def _counts(table: Table, columns: Columns, cells: list[str]) -> Counts:
    """The counts of a row as far as they can be read and added."""
    word = " ".join(table.cell(cells, columns.outcome).split())
    found: Counts = {}
    for name, outcome in columns.outcomes.items():
        if columns.outcome and outcome.word != word:
            continue
        try:
            pair = _pair(table, outcome, cells)
        except Unreadable:
            continue
        if pair[1] is not None:
            found[name] = pair
    return found


def _pair(table: Table, outcome: Outcome, cells: list[str]) -> tuple[float | None, float | None]:
    cell = {role: cells[table.column(header)] for role, header in outcome.values.items()}
    size: float | None
    if outcome.kind == "rate":
        size = numbers.number(cell.get("person_time", ""), table.decimal)
    elif outcome.kind != "proportion":
        return None, None
    elif "fraction" in cell:
        return numbers.fraction(cell["fraction"], table.decimal) or (None, None)
    else:
        size = numbers.count(cell.get("total", ""), table.decimal)
        if "events" not in cell:
            return None, size if cell.get("percent", "").strip() else None
    events = numbers.count(cell.get("events", ""), table.decimal)
    return (events, size) if events is not None else (None, None)

"""Columns of a table that belong together, by their names and, where those leave it open, cells."""

import re

from .columns import NEEDS
from .names import RANK, TWO_GROUPS, plain, role_of
from .numbers import Unreadable, percent_beside
from .percents import FEWEST_ROWS, is_count, numbers_of, scale, whole_numbers
from .table import Table


def groups_of(table: Table) -> dict[str, dict[str, str]]:
    """Headers by stem and role; two groups are compared only if all about them is there."""
    groups = _grouped(table, two_groups=True)
    own = groups.get("", {})
    if TWO_GROUPS & set(own) and not any(set(way) <= set(own) for way in NEEDS["ratio"][:2]):
        groups = _grouped(table, two_groups=False)
    own = groups.get("", {})
    for stem in sorted(groups):  # the table's own n first: it says what n of an outcome is
        _settle_n(table, groups[stem], own if stem else None)
        _settle_interval(groups[stem], table)
    return groups


def _grouped(table: Table, two_groups: bool) -> dict[str, dict[str, str]]:
    """Headers by stem and role; of two headers for one role the more usual name counts."""
    groups: dict[str, dict[str, str]] = {}
    filled = [header for header in table.headers if table.filled(header)]
    lower_n = any(last_word(header) == "n" for header in table.headers)
    for header in sorted(filled, key=lambda header: RANK.get(plain(header), 0)):
        stem, role = role_of(header, two_groups)
        role = "total" if role == "n" and last_word(header) == "N" and lower_n else role
        if role == "percent" and _counts_in(table, header):
            role = "events"
        if role:
            groups.setdefault(stem, {}).setdefault(role, header)
    return groups


def last_word(header: str) -> str:
    """The last word of a header: n and N are two things where a table has both."""
    return ([""] + [word for word in re.split(r"[\W_]+", header) if word])[-1]


def _counts_in(table: Table, header: str) -> bool:
    """Whether most cells of a column of percentages have a count before them: 12 (35%)."""
    filled = table.filled(header)
    return 2 * sum(percent_beside(text) is not None for text in filled) > len(filled)


def _settle_n(table: Table, group: dict[str, str], own: dict[str, str] | None) -> None:
    """`n` is the total beside events, the events beside a total; beside a percentage, cells say.

    Where they do not either, the table's own n is the total, and that of an outcome is nothing.
    """
    of_all = "total" in (own or {})
    if own and of_all and "percent" in group and not {"events", "fraction"} & set(group):
        _settle_total(table, group, own["total"])
    if "percent" in group and "total" not in group and not of_all:
        events = group.get("events") or group.get("n", "")
        total = _total_by_percent(table, events, group["percent"])
        if total:
            group.pop("n", None)
            group |= {"events": events, "total": total}
            return
        if own is not None and "n" in group and not ("events" in group or _is_total(table, group)):
            del group["n"]
    if "n" not in group:
        return
    if "total" in group or "person_time" in group or (of_all and "events" not in group):
        role = "events"
    else:
        role = "total"
    group.setdefault(role, group.pop("n"))


def _settle_total(table: Table, group: dict[str, str], total: str) -> None:
    """Whether the one number beside a percentage counts it, or is another total than the table's.

    Total deaths is a count though its name says total, and n a total where only that can be.
    """
    if "n" in group and "total" in group:
        return
    role = "n" if "n" in group else "total"
    header = group.get(role)
    if header is None:
        return
    if is_count(table, header, group["percent"], total):
        group["events"] = group.pop(role)
        if role == "total":
            table.remarks.append(
                f"'{header}' is read as events, for '{group['percent']}' is the percentage that it "
                f"is of '{total}'"
            )
    elif role == "n" and _is_total(table, group):
        group["total"] = group.pop("n")


def _total_by_percent(table: Table, events: str, percent: str) -> str | None:
    """The column that is the total, because the events are the printed percentages of it."""
    counted = numbers_of(table, events) if events else {}
    printed = numbers_of(table, percent)
    # of 100 and, where all are up to 1, perhaps of 1: the counts say it
    small = all(value <= 1 for value in printed.values())
    for header in table.headers:
        totals = numbers_of(table, header) if header not in (events, percent) else {}
        rows = [row for row in counted if printed.get(row) is not None and totals.get(row)]
        fits = max(
            sum(abs(of * counted[row] / totals[row] - printed[row]) <= off for row in rows)
            for of, off in (((100, 0.06), (1, 0.006)) if small else ((100, 0.6),))
        )
        if len(rows) >= FEWEST_ROWS and fits >= 0.9 * len(rows) and 2 * len(rows) > len(counted):
            table.remarks.append(
                f"'{header}' is read as the number examined, for '{percent}' is the percentage "
                f"that '{events}' is of it"
            )
            return header
    return None


def _is_total(table: Table, group: dict[str, str]) -> bool:
    """Whether the percentages of n are whole numbers, as far as their digits can tell."""
    try:
        of = scale(table, group["percent"], group["n"])
    except Unreadable:
        return False
    known = whole_numbers(table, group["percent"], group["n"], of)
    return len(known) >= FEWEST_ROWS and sum(known) >= 0.9 * len(known)


def _settle_interval(group: dict[str, str], table: Table) -> None:
    """A column `ci` beside a median or a ratio is an interval in one cell."""
    if "interval" not in group and {"median", "estimate", "HR", "OR", "RR"} & set(group):
        found = next((header for header in table.headers if plain(header) == "ci"), None)
        if found and "events_ctrl" not in group:
            group["interval"] = found

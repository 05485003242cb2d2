"""What differs between two data versions: the rows of `changes.csv`.

Kinds: `study` and `cell` list what came in, went out or was replaced; `estimate` and `subgroup`
put every pooled result before beside its result after, changed or not; `conclusion` says whether
what a reader would conclude is another, by the rule that the protocol states. `before` and `after`
are for people; of results the numbers stand in columns of their own.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from singlearm.catalogue import TABLES, Row, numbers
from singlearm.catalogue.language import say
from singlearm.kinds import KINDS, Kind, Settings
from singlearm.kinds.base import headline
from singlearm.kinds.proportion import headlined
from singlearm.report.changed_data import cell_changes, change_row, study_changes
from singlearm.report.comparison import ABSOLUTE, RELATIVE
from singlearm.report.subgroup_rows import TAU2_MODE, p_of
from singlearm.report.versions import Snapshot, Update

#: Which test of a contrast counts, the first that is there: the model's own.
TEST_ORDER = ("lrt_bootstrap", "lrt", "f", "q_between")
#: Studies that a pooled number rests on at least: one alone is not pooled, and moves as it likes.
FEWEST = 2

Key = tuple[str, ...]
Pair = tuple[Key, Row | None, Row | None]


def changes(update: Update) -> list[Row]:
    """All rows of `changes.csv`. A study's and a cell's rows are differences only."""
    from_data = [*study_changes(update), *cell_changes(update)]
    return [*from_data, *estimates(update), *group_estimates(update), *conclusions(update)]


def estimates(update: Update) -> Iterator[Row]:
    """Every pooled result of every kind, by each model or method, before and after."""
    for kind in KINDS.values():
        yield from _result_rows("estimate", kind, _pairs(update, _by_result(update, kind)))


def group_estimates(update: Update) -> Iterator[Row]:
    """Every subgroup's headline under the primary model."""
    primary = update.protocol["primary"]

    def by_group(version: Snapshot) -> dict[Key, Row]:
        return {
            (row["outcome"], row["by"], row["level"], primary): headlined(row, update.protocol)
            for row in version.rows("subgroups")
            if (row["model"], row["tau2_mode"]) == (primary, TAU2_MODE)
        }

    yield from _result_rows("subgroup", KINDS["proportion"], _pairs(update, by_group))


def conclusions(update: Update) -> Iterator[Row]:
    """What a reader concludes, before and after: outcomes of every kind, and contrasts."""
    for kind in KINDS.values():
        yield from _of_kind(update, kind)
        if kind.name == "proportion":
            yield from _of_contrasts(update)


def side(kind: Kind, row: Row, threshold: float | None) -> str | None:
    """Where an interval lies: `above 50%`, `on both sides of 50%`; for a ratio, `above 1`.

    None for an outcome without a threshold.
    """
    if threshold is None:
        return None
    if row["low"] is None or row["high"] is None:
        return say("no interval")
    limit = numbers.shortest(kind.measure.scale * threshold) + say(kind.measure.unit)
    if row["low"] > threshold:
        return say("above {limit}", limit=limit)
    if row["high"] < threshold:
        return say("below {limit}", limit=limit)
    return say("on both sides of {limit}", limit=limit)


def error_of(test: Row) -> float:
    """The simulation error (SE) of `p_of` a test: that of a bootstrap's p, grown by the adjustment;
    0 for other tests, whose column is about the p of their permutations.
    """
    error: float | None = test.get("p_permutation_se")
    if test["test"] != "lrt_bootstrap" or not error or not test["p_value"]:
        return 0.0
    return error * p_of(test) / test["p_value"]


def how_of(row: Row) -> str:
    """The model or method of a result."""
    return row.get("model") or row.get("method") or "none"


def _of_kind(update: Update, kind: Kind) -> Iterator[Row]:
    """The conclusion about each outcome of a kind: side of a threshold, and how far it moved.

    What neither can judge is none: one study alone without a threshold is its own number, and that
    of another kind may have no limit.
    """
    measure, rule = kind.measure, update.rule
    limit = rule.limit(measure.moves)

    def threshold(row: Row) -> float | None:
        if measure.null is not None:  # a difference of risks is none at 0
            return 0.0 if row.get("effect_measure") == "RD" else measure.null
        return update.protocol["outcomes"].get(row["outcome"], {}).get("threshold")

    def said(row: Row) -> str:
        return side(kind, row, threshold(row)) or kind.printed(row)

    def holds(row: Row) -> bool:
        judged = rule.threshold and threshold(row) is not None
        return row["value"] is not None and (judged or (limit is not None and _several(row)))

    def reasons(old: Row, new: Row) -> list[str]:
        before, after = (side(kind, row, threshold(row)) for row in (old, new))
        found = []
        if rule.threshold and before != after and before is not None:
            found.append(
                say("no interval before, {after} now", after=after)
                if old["low"] is None or old["high"] is None
                else say("interval {before} before, {after} now", before=before, after=after)
            )
        if limit is not None and _several(old) and _several(new):
            found.append(_moved(kind, old["value"], new["value"], limit))
        return [reason for reason in found if reason]

    pairs = _pairs(update, _by_lead(update.protocol, kind))
    for row, (_, old, new) in zip(_judged(pairs, holds, said, reasons), pairs, strict=True):
        leads = update.protocol["outcomes"].get(row["outcome"], {}).get("kind") == kind.name
        yield row | _headline(kind, old, "before", leads) | _headline(kind, new, "after", leads)


def _several(row: Row) -> bool:
    return (row["k"] or 0) >= FEWEST


def _moved(kind: Kind, old: float, new: float, limit: float) -> str:
    """How far an estimate moved, where that is more than the limit: a rate by a factor."""
    measure = kind.measure
    if measure.moves == "rate":
        low, high = sorted((old, new))
        if high <= limit * low:
            return ""
        return say(
            "{before} before, {after} now, by more than the factor {limit}",
            before=measure.with_unit(old),
            after=measure.with_unit(new),
            limit=numbers.shortest(limit),
        )
    if abs(new - old) <= limit:
        return ""
    most = measure.difference(limit, signed=False)
    return say("{moved}, more than {limit}", moved=measure.difference(new - old), limit=most)


def _of_contrasts(update: Update) -> Iterator[Row]:
    """The conclusion about each contrast between subgroups: on which side of the limit p lies,
    adjusted for the number of subgroupings as where the report says whether the groups differ.

    Two p that lie within their simulation error of each other are no change of the evidence.
    """
    limit, primary = update.rule.significance, update.protocol["primary"]

    def said(row: Row) -> str:
        if row["p_adjusted"] is None:
            return numbers.p_value(row["p_value"])
        return say("adjusted {p}", p=numbers.p_value(row["p_adjusted"]))

    def reasons(old: Row, new: Row) -> list[str]:
        if limit is None or (p_of(old) < limit) == (p_of(new) < limit):
            return []
        if abs(p_of(old) - p_of(new)) <= 2 * math.hypot(error_of(old), error_of(new)):
            return []
        before, after = said(old), said(new)
        return [
            say(
                "{before} before, {after} now, on the other side of {limit}",
                before=before,
                after=after,
                limit=numbers.shortest(limit),
            )
        ]

    pairs = _pairs(update, lambda version: _contrasts(version.rows("subgroup_tests"), primary))
    yield from _judged(pairs, lambda row: row["p_value"] is not None, said, reasons)


def _pairs(update: Update, index: Callable[[Snapshot], dict[Key, Row]]) -> list[Pair]:
    """(key, row before, row after) over the keys of both versions."""
    before, after = index(update.before), index(update.after)
    return [(key, before.get(key), after.get(key)) for key in sorted(before.keys() | after.keys())]


def _by_result(update: Update, kind: Kind) -> Callable[[Snapshot], dict[Key, Row]]:
    """An index of a kind's results by what tells them apart; without empty ones of no model.

    Of proportions each model's headline, as the report leads with it.
    """
    names = TABLES[kind.table].sort

    def led(row: Row) -> Row:
        if kind.name == "proportion" and row["model"] in update.protocol["models"]:
            return headlined(row, update.protocol)
        return headline(row, kind.columns)

    def index(version: Snapshot) -> dict[Key, Row]:
        return {
            tuple(str(row[n]) for n in names if row[n] is not None): led(row)
            for row in version.rows(kind.table)
            if (row["k"] or row.get("model")) and kind.shown(row)
        }

    return index


def _by_lead(protocol: Settings, kind: Kind) -> Callable[[Snapshot], dict[Key, Row]]:
    """An index of the results that lead, one for each outcome."""

    def index(version: Snapshot) -> dict[Key, Row]:
        rows = version.rows(kind.table)
        found: dict[Key, Row] = {}
        for outcome in dict.fromkeys(row["outcome"] for row in rows):
            lead = kind.lead([row for row in rows if row["outcome"] == outcome], protocol)
            if lead is not None:
                found[outcome, how_of(lead)] = lead
        return found

    return index


def _contrasts(rows: list[Row], primary: str) -> dict[Key, Row]:
    """The one test of each contrast that counts."""
    found: dict[Key, Row] = {}
    for test in reversed(TEST_ORDER):
        for row in rows:
            if (row["model"], row["tau2_mode"], row["test"]) != (primary, TAU2_MODE, test):
                continue
            if row["p_value"] is not None:
                found[row["outcome"], row["by"], primary] = row
    return found


def _result_rows(name: str, kind: Kind, pairs: Iterable[Pair]) -> Iterator[Row]:
    """A row for each pair, whether or not anything differs; differences of numbers count."""
    for key, old, new in pairs:
        had, has = (row is not None and row["value"] is not None for row in (old, new))
        before, after = _numbers(old), _numbers(new)
        changed = before.keys() != after.keys() or any(
            not _same(before[column], after[column]) for column in before
        )
        act, reason = "updated" if changed else "unchanged", None
        if old and new and had and has:
            if not _same(old["value"], new["value"]):
                act, reason = "moved", kind.measure.difference(new["value"] - old["value"])
        elif had or has:
            act = "lost" if had else "new"
        values = _side_values(kind, old, "before") | _side_values(kind, new, "after")
        item = "/".join(key)
        yield change_row(name, item, act, **values, changed=changed, reason=reason, outcome=key[0])


def _same(before: float, after: float) -> bool:
    """Whether two numbers are one but for rounding, as of the same studies in another order."""
    return math.isclose(before, after, rel_tol=RELATIVE, abs_tol=ABSOLUTE)


def _numbers(row: Row | None) -> dict[str, Any]:
    """What of a result is compared: its counts and numbers, not its words."""
    return {
        name: value
        for name, value in (row or {}).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _side_values(kind: Kind, row: Row | None, when: str) -> Row:
    """One side of a comparison: in words, and as numbers."""
    if row is None or row["value"] is None:
        return {}
    return {when: _printed(kind, row)} | _numbers_of(row, when)


def _headline(kind: Kind, row: Row | None, when: str, leads: bool) -> Row:
    """One side of a conclusion as numbers, and as people print it where it `leads` for an outcome
    of this kind (trials give ratios of proportions, too)."""
    known = leads and row is not None and row["k"] and kind.printed(row) != numbers.MISSING
    said = {f"result_{when}": _printed(kind, row)} if known and row else {}
    return _numbers_of(row, when) | said


def _printed(kind: Kind, row: Row) -> str:
    """A result and what it rests on."""
    return f"{kind.with_measure(row)}; {kind.counts(row)}"


def _numbers_of(row: Row | None, when: str) -> Row:
    """The numbers of one side of a comparison, in their columns of `changes.csv`."""
    names = ("k", "value", "low", "high")
    return {f"{name}_{when}": row[name] for name in names} if row else {}


def _judged(
    pairs: Iterable[Pair], holds: Callable, said: Callable, reasons: Callable
) -> Iterator[Row]:
    """A conclusion for each pair; one that is new or lost has nothing to be compared with.

    `holds` says whether a row holds a conclusion, `said` puts it in words, `reasons` says why the
    second is another than the first (an empty list if it is not).
    """
    for key, old, new in pairs:
        had, has = (row is not None and holds(row) for row in (old, new))
        why = reasons(old, new) if had and has else []
        act = {
            (True, True): "changed" if why else "kept",
            (True, False): "lost",
            (False, True): "new",
            (False, False): "none",
        }[had, has]
        yield change_row(
            "conclusion",
            "/".join(key),
            act,
            before=said(old) if had else None,
            after=said(new) if has else None,
            changed=bool(why),
            reason="; ".join(why),
            outcome=key[0],
        )

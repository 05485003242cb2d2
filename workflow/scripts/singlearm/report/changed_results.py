"""Pooled results and conclusions of two data versions, put beside each other."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from singlearm.catalogue import Row, numbers
from singlearm.report.changed_data import change_row, values_text

INTERVAL = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high")
POOLED_VALUES = ("k", "events", "total", *INTERVAL)
TIME_VALUES = ("k", "n", "estimate_months", *INTERVAL[1:])
RATIO_VALUES = ("k", *INTERVAL[:3])
#: One tau2 for all groups where there is a choice, as figures and report show it.
TAU2_MODE = "common"
#: Which test of a contrast counts, the first that is there: the model's own.
TEST_ORDER = ("lrt", "f", "q_between")

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConclusionRule:
    """When a conclusion counts as changed; a part that is None (or False) does not count.

    Attributes:
        threshold: The interval comes to lie on another side of the outcome's threshold, or of 1
            for a ratio (above, below, or around it).
        significance: The p value of a contrast between subgroups moves across this value.
        proportion: An estimate moves by more than this (0.1 is ten percentage points).
        months: A combined median moves by more than this.
    """

    threshold: bool = False
    significance: float | None = None
    proportion: float | None = None
    months: float | None = None


def estimates(update) -> Iterator[Row]:
    """Every pooled proportion, combined median and ratio: each model, before and after."""
    pairs = _pairs(update, lambda v: {(r["outcome"], r["model"]): r for r in v.pooled})
    yield from _result_rows("estimate", pairs, "estimate", POOLED_VALUES, _points)
    pairs = _pairs(update, lambda v: {(r["outcome"], r["method"] or "none"): r for r in v.times})
    yield from _result_rows("estimate", pairs, "estimate_months", TIME_VALUES, _months)
    pairs = _pairs(update, lambda v: _ratio_rows(v.ratios))
    yield from _result_rows("estimate", pairs, "estimate", RATIO_VALUES, _difference)


def group_estimates(update) -> Iterator[Row]:
    """Every subgroup's proportion under the primary model."""
    pairs = _pairs(update, lambda v: _group_rows(v.subgroups, update.primary))
    yield from _result_rows("subgroup", pairs, "estimate", POOLED_VALUES, _points)


def conclusions(update) -> Iterator[Row]:
    """What a reader concludes, before and after: outcomes, contrasts, medians and ratios."""
    rule, primary, method = update.rule, update.primary, update.time_method

    def against_threshold(row: Row) -> str | None:
        return side(row, update.outcomes[row["outcome"]].get("threshold"))

    def against_one(row: Row) -> str:
        return side(row, 1.0, ratio=True)

    pairs = _pairs(
        update, lambda v: {(r["outcome"], primary): r for r in v.pooled if r["model"] == primary}
    )
    yield from _judged(
        pairs,
        "estimate",
        lambda row: against_threshold(row) or _named(row, ("estimate",)),
        lambda old, new: (
            _crossed(rule, against_threshold(old), against_threshold(new))
            + _moved(rule.proportion, new["estimate"] - old["estimate"], _points)
        ),
    )
    pairs = _pairs(update, lambda v: _contrasts(v.tests, primary))
    yield from _judged(
        pairs, "p_value", lambda row: _named(row, ("p_value",)), lambda *rows: _flipped(rule, *rows)
    )
    pairs = _pairs(
        update, lambda v: {(r["outcome"], method): r for r in v.times if r["method"] == method}
    )
    name = "estimate_months"
    yield from _judged(
        pairs,
        name,
        lambda row: _named(row, (name,)),
        lambda old, new: _moved(rule.months, new[name] - old[name], _months),
    )
    pairs = _pairs(update, lambda v: _ratio_rows(r for r in v.ratios if r["row"] == "pooled"))
    yield from _judged(
        pairs,
        "estimate",
        against_one,
        lambda old, new: _crossed(rule, against_one(old), against_one(new)),
    )


def side(row: Row, threshold: float | None, ratio: bool = False) -> str | None:
    """Where an interval lies: `above 50%`, `below 50%`, `around 50%`; for a ratio, `above 1`.

    None for an outcome without a threshold.
    """
    if threshold is None:
        return None
    if row["ci_low"] is None or row["ci_high"] is None:
        return "no interval"
    word = "around"
    if row["ci_low"] > threshold:
        word = "above"
    elif row["ci_high"] < threshold:
        word = "below"
    return f"{word} {threshold:g}" if ratio else f"{word} {100 * threshold:g}%"


def _pairs(update, index: Callable) -> list[tuple[Key, Row | None, Row | None]]:
    """(key, row before, row after) over the keys of both versions."""
    before, after = index(update.before), index(update.after)
    return [(key, before.get(key), after.get(key)) for key in sorted(before.keys() | after.keys())]


def _ratio_rows(rows: Iterable[Row]) -> dict[Key, Row]:
    """The ratios that were found; the row of an outcome without any is left out."""
    names = ("outcome", "effect_measure", "row", "study_id", "method", "source")
    found = (row for row in rows if row["k"])
    return {tuple(row[name] for name in names if row[name] is not None): row for row in found}


def _group_rows(rows: list[Row], primary: str) -> dict[Key, Row]:
    return {
        (row["outcome"], row["by"], row["level"], primary): row
        for row in rows
        if (row["model"], row["tau2_mode"]) == (primary, TAU2_MODE)
    }


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


def _result_rows(kind, pairs, name, values, told) -> Iterator[Row]:
    for key, old, new in pairs:
        had, has = (row is not None and row[name] is not None for row in (old, new))
        texts = [_named(row, values) for row in (old, new)]
        changed = texts[0] != texts[1]
        act, reason = "unchanged", ""
        if had and has:
            act = "moved" if old[name] != new[name] else "updated" if changed else "unchanged"
            reason = f"{told(new[name] - old[name])}" if act == "moved" else ""
        elif had or has:
            act = "lost" if had else "new"
        yield change_row(kind, "/".join(key), act, *texts, changed, reason)


def _judged(pairs, name: str, words: Callable, reasons: Callable) -> Iterator[Row]:
    """A conclusion for each pair; one that is new or lost has nothing to be compared with.

    A row without a value of `name` holds no conclusion; `words` puts one in words, `reasons` says
    why the second is another than the first (an empty list if it is not).
    """
    for key, old, new in pairs:
        had, has = (row is not None and row[name] is not None for row in (old, new))
        why = reasons(old, new) if had and has else []
        texts = (words(row) if known else None for row, known in ((old, had), (new, has)))
        act = {
            (True, True): "changed" if why else "kept",
            (True, False): "lost",
            (False, True): "new",
            (False, False): "none",
        }[had, has]
        yield change_row("conclusion", "/".join(key), act, *texts, bool(why), "; ".join(why))


def _crossed(rule: ConclusionRule, old: str | None, new: str | None) -> list[str]:
    if not rule.threshold or old == new or old is None:
        return []
    return [f"interval {old} before, {new} now".replace("interval no interval", "no interval")]


def _flipped(rule: ConclusionRule, old: Row, new: Row) -> list[str]:
    if rule.significance is None:
        return []
    limit = rule.significance
    if (old["p_value"] < limit) == (new["p_value"] < limit):
        return []
    before, after = (numbers.p_value(row["p_value"]) for row in (old, new))
    return [f"{before} before, {after} now, on the other side of {limit:g}"]


def _moved(limit: float | None, difference: float, told: Callable) -> list[str]:
    if limit is None or abs(difference) <= limit:
        return []
    return [f"{told(difference)}, more than {told(limit, signed=False)}"]


def _points(difference: float, signed: bool = True) -> str:
    return f"{_signed(100 * difference, signed)} percentage points"


def _months(difference: float, signed: bool = True) -> str:
    return f"{_signed(difference, signed)} months"


def _difference(difference: float) -> str:
    return _signed(difference, True, 2)


def _signed(value: float, signed: bool, decimals: int = 1) -> str:
    text = numbers.number(value, decimals)
    return f"+{text}" if signed and value > 0 else text


def _named(row: Row | None, names) -> str | None:
    return values_text(row, names) if row else None

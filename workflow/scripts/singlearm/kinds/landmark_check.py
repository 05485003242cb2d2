"""Checks of survival at fixed times: of a row, of what it may be, between the rows of a study."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from singlearm.catalogue import Row

from .base import Outcomes, Settings
from .rows import RowFault, given, in_time_order, interval_faults, plain, rise

#: Of more patients than this nearly every printed percentage is a whole number of patients.
CRUDE_UP_TO = 50
#: How a note calls a rate that is no Kaplan-Meier estimate.
CRUDE = re.compile(r"\bcrude\b|\bnot (a )?kaplan|\bwithout censoring\b", re.IGNORECASE)
VALUES = ("value_percent", "ci_low", "ci_high")


def within(row: Row, outcome: Settings) -> bool:
    """Whether a row's time is that of the outcome, or lies in the window that it allows."""
    months = row.get("months")
    if not isinstance(months, float) or "months" not in outcome:
        return True  # no time that can be read: told where it stands
    return abs(months - float(outcome["months"])) <= float(outcome.get("window", 0))


def row_faults(row: Row, prefix: str) -> Iterator[RowFault]:
    """Limits out of order, fractions for percentages, more at risk than there are, no weight."""
    value, low, high = (row[f"{prefix}{name}"] for name in VALUES)
    n, at_risk = row[f"{prefix}n"], row[f"{prefix}n_at_risk"]
    yield from interval_faults(row, prefix, "value_percent")
    yield from _fractions(row, prefix)
    if given(n, at_risk) and at_risk > n:
        yield RowFault(
            "at_risk_above_n",
            f"{prefix}n_at_risk",
            at_risk,
            f"{at_risk} at risk among {n} patients",
            "are n and n_at_risk swapped?",
        )
    if not given(value):
        return
    if low is None and high is None and n is None and at_risk is None:
        yield RowFault(
            "nothing_to_weigh_by",
            f"{prefix}n",
            "",
            "is empty, and so is the interval: the rate cannot be weighed",
            "give the patients behind the curve, or the printed interval",
        )
    if given(low, high) and 1 < low < value < high:
        yield from _lopsided(prefix, value, low, high)


def _fractions(row: Row, prefix: str) -> Iterator[RowFault]:
    for name in VALUES:
        value = row[f"{prefix}{name}"]
        if given(value) and 0 < value <= 1 and row.get("notes") is None:
            yield RowFault(
                "fraction",
                f"{prefix}{name}",
                plain(value),
                "is a fraction where a percentage belongs",
                f"write {100 * value:.4g}; if the rate is truly below 1%, say so in notes",
            )


def _lopsided(prefix: str, value: float, low: float, high: float) -> Iterator[RowFault]:
    from singlearm.synthesis.landmark_effects import check_interval  # numpy only for such a row

    half = max(_half_unit(v) for v in (value, low, high))
    if not check_interval(value / 100, low / 100, high / 100, rounding=half):
        yield RowFault(
            "interval_lopsided",
            f"{prefix}ci_low",
            plain(low),
            f"{plain(value)} does not lie where an interval from {plain(low)} to {plain(high)} has "
            "its value, on any scale in use",
            "check the three numbers against the source",
            "warning",
        )


def _half_unit(percent: float) -> float:
    """Half a unit of the last decimal of a percentage, as a probability."""
    return float(0.5 * 10.0 ** -(len(plain(float(percent)).partition(".")[2]) + 2))


def _crude(row: Row, outcomes: Outcomes) -> Iterator[RowFault]:
    """A rate that its note calls crude, or that looks like one; with the study and the outcome, as
    readers of the list of warnings see no other cell of the row."""
    value, noted = row["value_percent"], CRUDE.search(row["notes"] or "")
    if not given(value):
        return
    if noted:
        message = f"the note says '{noted[0]}'"
    elif looks_crude(row):
        message = f"{round(value * row['n'] / 100)} of {row['n']} patients, as printed"
    else:
        return
    yield RowFault(
        "crude_rate",
        "value_percent",
        plain(value),
        f"{row['study_id']}, {_called(row, outcomes)}: {message}; a crude rate?",
        "a rate at a fixed time is a Kaplan-Meier estimate; hold it out if the source divides "
        "counts",
        "warning",
    )


def looks_crude(row: Row) -> bool:
    """Whether a percentage without interval is a whole number of a few patients, as it is printed:
    92% of 38 patients are 35, 92.4% are none."""
    value, n = row["value_percent"], row["n"]
    printed = row["ci_low"] is not None or row["ci_high"] is not None
    if printed or not given(value, n) or n > CRUDE_UP_TO or not 0 < value < 100:
        return False
    from singlearm.synthesis.landmark_effects import equals_crude_count

    return bool(equals_crude_count(value / 100, n, rounding=_half_unit(value)))


def _called(row: Row, outcomes: Outcomes) -> str:
    """The label of the outcome that a row enters; end point and time if it enters none."""
    for name, outcome in outcomes.items():
        of = outcome.get("of") if outcome["kind"] == "landmark" else None
        if of == row["outcome"] and within(row, outcome):
            return str(outcome.get("label", name))
    return f"{row['outcome']}, {plain(row['months'])} months"


def tab_faults(rows: Sequence[Row], outcomes: Outcomes) -> Iterator[tuple[Row, RowFault]]:
    """Crude rates, survival or numbers at risk that rise, two times in one window."""
    for row in rows:
        if given(row["study_id"], row["outcome"], row["months"]):
            yield from ((row, fault) for fault in _crude(row, outcomes))
    for found in in_time_order(rows, "months").values():
        for before, row in pairwise(found):
            yield from ((row, fault) for fault in _rises(before, row))
        yield from _in_one_window(found, outcomes)


def _rises(before: Row, row: Row) -> Iterator[RowFault]:
    """Survival and numbers at risk may only fall; another data cut may be the reason."""
    hint = "check both, and that they are of one data cut"
    for column, what, severity in (
        ("value_percent", "survival ", "warning"),
        ("n_at_risk", "the number at risk ", "error"),
    ):
        if given(before[column], row[column]) and row[column] > before[column]:
            yield rise(before, row, column, "months", hint, what, severity)


def _in_one_window(found: list[Row], outcomes: Outcomes) -> Iterator[tuple[Row, RowFault]]:
    """Two times of a study of which an outcome takes the nearer."""
    for name, outcome in outcomes.items():
        of = outcome["of"] if outcome["kind"] == "landmark" and outcome.get("window") else None
        if of != found[0]["outcome"]:
            continue
        months, window = float(outcome["months"]), float(outcome["window"])
        inside = [row for row in found if abs(row["months"] - months) <= window]
        inside.sort(key=lambda row: (abs(row["months"] - months), row["months"]))
        for row in inside[1:]:
            fault = RowFault(
                "two_times_in_one_window",
                "months",
                plain(row["months"]),
                f"lies in the window of {name} ({months:g} ± {window:g} months), as does "
                f"{plain(inside[0]['months'])} (row {inside[0]['row']}), which is taken",
                "a study enters an outcome once; make sure that the nearer one is meant",
                "warning",
            )
            yield row, fault

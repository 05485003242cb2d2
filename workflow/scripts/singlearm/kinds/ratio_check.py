"""What one row of randomised comparisons must hold before its numbers can be used."""

from collections.abc import Iterator
from typing import Any

from singlearm.catalogue import Row

#: Rule, column, message, remedy.
Fault = tuple[str, str, str, str]
COUNTS = ("events_treat", "n_treat", "events_ctrl", "n_ctrl")


def row_faults(row: Row, prefix: str = "") -> Iterator[Fault]:
    """The faults of a row; `prefix` is `decision_` in the adjudication sheet.

    Cells that are empty or cannot be read are no matter of this check.
    """
    measure = row[f"{prefix}effect_measure"]
    estimate, low, high = (_number(row[f"{prefix}{n}"]) for n in ("estimate", "ci_low", "ci_high"))
    if estimate is not None and not measure:
        yield (
            "measure_missing",
            f"{prefix}effect_measure",
            f"is empty although there is an estimate ({estimate:g})",
            "HR, OR, RR or RD?",
        )
    if row[f"{prefix}estimate"] is None and low is not None and high is not None:
        yield (
            "estimate_missing",
            f"{prefix}estimate",
            f"is empty although there is an interval ({low:g} to {high:g})",
            "fill it, or empty the limits",
        )
    yield from _impossible(prefix, measure, estimate, low, high)
    yield from _interval(prefix, estimate, low, high)
    for arm in ("treat", "ctrl"):
        yield from _arm(row, prefix, arm)


def _impossible(
    prefix: str, measure: Any, estimate: float | None, low: float | None, high: float | None
) -> Iterator[Fault]:
    for name, value in (("estimate", estimate), ("ci_low", low), ("ci_high", high)):
        if value is None:
            continue
        if measure == "RD" and abs(value) > 1:
            yield (
                "difference_beyond_1",
                f"{prefix}{name}",
                f"a difference of risks lies between -1 and 1, not at {value:g}",
                "write it as a share, 0.05 for 5 percentage points",
            )
        if measure != "RD" and value <= 0:
            yield (
                "ratio_zero",
                f"{prefix}{name}",
                f"a ratio is above 0, not {value:g}",
                "leave it empty where nothing is reported",
            )


def _interval(
    prefix: str, estimate: float | None, low: float | None, high: float | None
) -> Iterator[Fault]:
    told = ", ".join("?" if v is None else f"{v:g}" for v in (low, estimate, high))
    for lower, upper, column in (
        (low, high, "ci_low"),
        (low, estimate, "ci_low"),
        (estimate, high, "ci_high"),
    ):
        if lower is not None and upper is not None and lower > upper:
            yield (
                "interval_order",
                f"{prefix}{column}",
                f"the interval is not in order: {told}",
                "lower limit, value and upper limit must rise",
            )
            return
    if low is not None and low == high:
        yield (
            "interval_width",
            f"{prefix}ci_low",
            f"the interval {low:g} to {low:g} (ci_low, ci_high) has no width",
            "check both limits; leave them empty where none are reported",
        )


def _arm(row: Row, prefix: str, arm: str) -> Iterator[Fault]:
    events = _number(row[f"{prefix}events_{arm}"])
    patients = _number(row[f"{prefix}n_{arm}"])
    if patients == 0:
        yield (
            "arm_empty",
            f"{prefix}n_{arm}",
            "an arm has at least one patient",
            "leave it empty where the number is not reported",
        )
    elif events is not None and patients is not None and events > patients:
        yield (
            "events_above_total",
            f"{prefix}events_{arm}",
            f"{events:g} events among {patients:g} patients; allowed: 0 to {patients:g}",
            "are events and total swapped?",
        )


def _number(value: Any) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain else None

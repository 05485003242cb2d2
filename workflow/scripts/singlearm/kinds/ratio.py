"""Randomised comparisons: hazard, odds and risk ratios, printed or from counts."""

from collections.abc import Iterator

from singlearm.catalogue import Row

from .base import Kind, Sheet
from .columns import EVIDENCE, LABEL, OUTCOME, VERIFIED, category, count, number, text
from .rows import RowFault, count_faults, given, interval_faults, interval_text, plain

MEASURES = ("HR", "OR", "RR", "RD")
CUT = number(
    "followup_months",
    "months",
    0,
    600,
    "Median follow-up of the data cut; the latest cut of a trial and outcome is pooled",
    required="present",
    key=True,
)
COLUMNS = (
    LABEL,
    text("comparison", "The contrast, as A vs B", required="filled", key=True),
    OUTCOME,
    CUT,
    category("effect_measure", MEASURES, "Empty if only counts are given"),
    number("estimate", "ratio", -1, 1000, "Treatment against control"),
    number("ci_low", "ratio", -1, 1000, "Lower limit of the 95% interval"),
    number("ci_high", "ratio", -1, 1000, "Upper limit of the 95% interval"),
    count("events_treat", "Events, treatment"),
    count("n_treat", "Patients, treatment"),
    count("events_ctrl", "Events, control"),
    count("n_ctrl", "Patients, control"),
    *EVIDENCE,
    *VERIFIED,
)


def check(row: Row, prefix: str) -> Iterator[RowFault]:
    """Intervals out of order or without width, a ratio without measure or not above 0, counts."""
    yield from interval_faults(row, prefix, "estimate")
    measure, estimate = row[f"{prefix}effect_measure"], row[f"{prefix}estimate"]
    if given(estimate) and measure is None:
        yield RowFault(
            "measure_missing",
            f"{prefix}effect_measure",
            "",
            f"is empty although there is an estimate ({plain(estimate)})",
            "HR, OR, RR or RD?",
        )
    for name in ("estimate", "ci_low", "ci_high"):
        value = row[f"{prefix}{name}"]
        if given(value) and value <= 0 and measure != "RD":
            yield RowFault(
                "ratio_zero",
                f"{prefix}{name}",
                plain(value),
                "a ratio is above 0",
                "leave it empty where nothing is reported",
            )
    low, high = row[f"{prefix}ci_low"], row[f"{prefix}ci_high"]
    if given(low, high) and low == high:
        yield RowFault(
            "interval_width",
            f"{prefix}ci_low",
            plain(low),
            f"the interval {plain(low)} to {plain(high)} (ci_low, ci_high) has no width",
            "check both limits; leave them empty where none are reported",
        )
    for arm in ("treat", "ctrl"):
        yield from count_faults(row, f"{prefix}events_{arm}", f"{prefix}n_{arm}")


def label(row: Row) -> str:
    """Outcome, contrast and data cut."""
    cut = row["followup_months"]
    when = "no cut given" if cut is None else f"{plain(cut)} months"
    return f"{row['outcome']}, {row['comparison']}, {when}"


def value_text(row: Row) -> str:
    """`HR 0.5 (0.3 to 0.8) 10/100 v 20/100`, for logs."""
    printed = ""
    if row["estimate"] is not None:
        measure = row["effect_measure"] or "?"
        printed = f"{measure} {plain(row['estimate'])}{interval_text(row)}"
    treat, control = (
        f"{plain(row[f'events_{arm}']) or '?'}/{plain(row[f'n_{arm}']) or '?'}"
        for arm in ("treat", "ctrl")
    )
    return f"{printed} {treat} v {control}".strip()


SHEET = Sheet(
    "comparative",
    "adjudication_comparative",
    COLUMNS,
    fields=(
        "effect_measure", "estimate", "ci_low", "ci_high",
        "events_treat", "n_treat", "events_ctrl", "n_ctrl",
    ),
    label=label,
    text=value_text,
    check=check,
)  # fmt: skip

KIND = Kind("ratio", SHEET, table="ratios")

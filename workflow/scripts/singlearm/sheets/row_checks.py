"""What must hold within one row: counts, intervals, and what the notes say about them."""

import re
from collections.abc import Iterator

from .layers import BAD, Layer
from .problems import Faults
from .reconcile import shown
from .stack import Stack

#: "84% of 128" in a note: the percentage that a count was made from, and of how many.
PERCENT_OF = re.compile(
    r"(?<![0-9.])([0-9]{1,3}(?:\.[0-9]+)?)\s?%\s+of\s+(?:the\s+|all\s+)?([0-9]+)\b"
)


#: A note that adds or subtracts gives the percentage of a part, not of the count itself.
SUM = re.compile(r"\b(minus|plus|less)\b|[0-9] \+ [0-9]")


def check_rows(layer: Layer, infused: dict[str, int | None], faults: Faults) -> None:
    """Tell the faults within the rows of a layer; `infused` has n_infused by study_id."""
    for name in ("outcomes_1", "outcomes_2"):
        for row in layer.rows(name):
            _counts(row, name, "events", "total", faults)
            _above_infused(row, name, "total", "notes", infused, faults)
            _percent(row, name, faults)
    for row in layer.rows("adjudication"):
        _counts(row, "adjudication", "decision_events", "decision_total", faults)
        _above_infused(row, "adjudication", "decision_total", "reason", infused, faults)
    for name, prefix in _prefixed("durations"):
        for row in layer.rows(name):
            _interval(row, name, prefix, "value_months", faults)
            _reached(row, name, prefix, faults)
    for name, prefix in _prefixed("comparative"):
        for row in layer.rows(name):
            _interval(row, name, prefix, "estimate", faults)
            _measure(row, name, prefix, faults)
            for arm in ("treat", "ctrl"):
                _counts(row, name, f"{prefix}events_{arm}", f"{prefix}n_{arm}", faults)
    for row in layer.rows("studies"):
        _study(row, faults)


def check_replaced(stack: Stack, faults_of: dict[str, Faults]) -> None:
    """A study row of a higher layer may not have fewer patients than a cell below it counts."""
    for cell in stack.of("outcomes"):
        study, total = stack.studies.get(cell.study_id), cell.values["total"]
        if study is None:
            continue  # an unknown or unreadable study is told where it stands
        n_infused = study.values["n_infused"]
        noted = cell.values["notes"] is not None or cell.reason is not None
        if study.layer != cell.layer and _given(n_infused) and total > n_infused and not noted:
            faults_of[study.layer].error(
                "studies",
                "total_above_infused",
                f"is below the {total} patients of {cell.values['outcome']} in {cell.layer} "
                f"{cell.sheet} row {cell.row}",
                "check both, or extract the outcome again in this layer",
                row=study.row,
                column="n_infused",
                value=n_infused,
            )


def _prefixed(kind: str) -> Iterator[tuple[str, str]]:
    yield from ((f"{kind}_1", ""), (f"{kind}_2", ""), (f"adjudication_{kind}", "decision_"))


def _given(*values: object) -> bool:
    """Whether all values are there and can be read."""
    return all(value is not None and value is not BAD for value in values)


def _counts(row: dict, sheet: str, events: str, total: str, faults: Faults) -> None:
    if _given(row[events], row[total]) and row[events] > row[total]:
        faults.error(
            sheet,
            "events_above_total",
            f"{row[events]} events among {row[total]} patients; allowed: 0 to {row[total]}",
            "are events and total swapped?",
            row=row["row"],
            column=events,
            value=row[events],
        )


def _above_infused(row, sheet, total, notes, infused, faults: Faults) -> None:
    n_infused = infused.get(row["study_id"]) if row["study_id"] is not BAD else None
    if _given(row[total], n_infused) and row[total] > n_infused and row[notes] is None:
        faults.error(
            sheet,
            "total_above_infused",
            f"is above the {n_infused} patients infused (n_infused of {row['study_id']}) "
            "without a note",
            f"check the total, or say in {notes} why it is larger",
            row=row["row"],
            column=total,
            value=row[total],
        )


def _percent(row: dict, sheet: str, faults: Faults) -> None:
    """A count that no rounding of the percentage in its note gives."""
    if row["derived"] != "from_percent" or not _given(row["events"], row["total"], row["notes"]):
        return
    sentences = [part for part in re.split(r"[.;]\s", row["notes"]) if not SUM.search(part)]
    told = [(p, int(n)) for part in sentences for p, n in PERCENT_OF.findall(part)]
    told = [(percent, n) for percent, n in told if n == row["total"]]
    if told and not any(_fits(row["events"], row["total"], percent) for percent, _ in told):
        percent, total = told[0]
        exact = float(percent) * total / 100
        faults.warn(
            sheet,
            "derived_count",
            f"the note says {percent}% of {total}, which is {exact:.4g} patients",
            f"{round(exact)} would fit; check the count or the note",
            row=row["row"],
            column="events",
            value=row["events"],
        )


def _fits(events: int, total: int, percent: str) -> bool:
    """Whether the count rounds to the printed percentage, or is next to what it stands for."""
    decimals = len(percent.partition(".")[2])
    half = 0.5 * 10**-decimals
    exact = float(percent) * total / 100
    return abs(100 * events / total - float(percent)) <= half + 1e-9 or abs(events - exact) <= 0.5


def _interval(row: dict, sheet: str, prefix: str, value: str, faults: Faults) -> None:
    low, middle, high = (row[f"{prefix}{name}"] for name in ("ci_low", value, "ci_high"))
    for lower, upper, column in (
        (low, high, "ci_low"),
        (low, middle, "ci_low"),
        (middle, high, "ci_high"),
    ):
        if _given(lower, upper) and lower > upper:
            at = low if column == "ci_low" else high
            faults.error(
                sheet,
                "interval_order",
                f"the interval is not in order: {shown(low) or '?'}, {shown(middle) or '?'}, "
                f"{shown(high) or '?'}",
                "lower limit, value and upper limit must rise",
                row=row["row"],
                column=f"{prefix}{column}",
                value=shown(at),
            )
            return


def _reached(row: dict, sheet: str, prefix: str, faults: Faults) -> None:
    reached, value = row[f"{prefix}not_reached"], row[f"{prefix}value_months"]
    if reached == "yes" and _given(value):
        faults.error(
            sheet,
            "not_reached",
            "has a value although not_reached is yes",
            "empty one of the two",
            row=row["row"],
            column=f"{prefix}value_months",
            value=shown(value),
        )
    if reached == "no" and value is None:
        faults.error(
            sheet,
            "not_reached",
            "is empty although not_reached is no",
            "fill it, or write yes",
            row=row["row"],
            column=f"{prefix}value_months",
        )


def _measure(row: dict, sheet: str, prefix: str, faults: Faults) -> None:
    measure, estimate = row[f"{prefix}effect_measure"], row[f"{prefix}estimate"]
    if _given(estimate) and measure is None:
        faults.error(
            sheet,
            "measure_missing",
            f"is empty although there is an estimate ({shown(estimate)})",
            "HR, OR or RR?",
            row=row["row"],
            column=f"{prefix}effect_measure",
        )
    for name in ("estimate", "ci_low", "ci_high"):
        if row[f"{prefix}{name}"] == 0:
            faults.error(
                sheet,
                "ratio_zero",
                "a ratio is above 0",
                "leave it empty where nothing is reported",
                row=row["row"],
                column=f"{prefix}{name}",
                value="0",
            )


def _study(row: dict, faults: Faults) -> None:
    if row["include"] == "no" and row["exclude_reason"] is None:
        faults.error(
            "studies",
            "exclude_reason",
            "is empty although include is no",
            "say why the study is left out",
            row=row["row"],
            column="exclude_reason",
        )
    for small, large in (("n_infused", "n_enrolled"), ("n_evaluable", "n_infused")):
        above = _given(row[small], row[large]) and row[small] > row[large]
        if above and row["notes"] is None:
            faults.warn(
                "studies",
                "above",
                f"is above {large} ({row[large]}) without a note",
                "are the columns swapped? If not, say why in notes",
                row=row["row"],
                column=small,
                value=row[small],
            )

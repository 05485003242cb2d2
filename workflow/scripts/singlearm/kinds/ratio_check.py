"""What one row of randomised comparisons must hold before its numbers can be used."""

from collections.abc import Iterator

from singlearm.catalogue import Row

from .rows import RowFault, count_faults, given, interval_faults, plain

COUNTS = ("events_treat", "n_treat", "events_ctrl", "n_ctrl")


def row_faults(row: Row, prefix: str = "") -> Iterator[RowFault]:
    """The faults of a row; `prefix` is `decision_` in the adjudication sheet.

    Cells that are empty or cannot be read are no matter of this check.
    """
    measure = row[f"{prefix}effect_measure"]
    estimate, low, high = (row[f"{prefix}{name}"] for name in ("estimate", "ci_low", "ci_high"))
    if given(estimate) and not measure:
        yield RowFault(
            "measure_missing",
            f"{prefix}effect_measure",
            "",
            f"is empty although there is an estimate ({estimate:g})",
            "HR, OR, RR or RD?",
        )
    if estimate is None and given(low, high):
        yield RowFault(
            "estimate_missing",
            f"{prefix}estimate",
            "",
            f"is empty although there is an interval ({low:g} to {high:g})",
            "fill it, or empty the limits",
        )
    for name, value in (("estimate", estimate), ("ci_low", low), ("ci_high", high)):
        if given(value):
            yield from _impossible(f"{prefix}{name}", measure, value)
    disorder = list(interval_faults(row, prefix, "estimate"))
    yield from disorder
    if not disorder and given(low) and low == high:
        yield RowFault(
            "interval_width",
            f"{prefix}ci_low",
            plain(low),
            f"the interval {low:g} to {low:g} (ci_low, ci_high) has no width",
            "check both limits; leave them empty where none are reported",
        )
    for arm in ("treat", "ctrl"):
        yield from _arm(row, f"{prefix}events_{arm}", f"{prefix}n_{arm}")
    counts = [row[f"{prefix}{name}"] for name in COUNTS]
    if given(estimate, *counts) and not disorder:
        yield from _not_of_counts(f"{prefix}estimate", measure, estimate, counts)


def _not_of_counts(
    column: str, measure: str | None, printed: float, counts: list[int]
) -> Iterator[RowFault]:
    """A printed value outside the 95% interval of the one that the row's own counts give."""
    from singlearm.synthesis.ratios import (
        FROM_COUNTS,
        ratio_from_counts,
    )  # numpy for such rows only

    events, patients, others, controls = counts
    cells = (events, patients - events, others, controls - others)
    if measure not in FROM_COUNTS or min(cells) < 1:
        return
    ours = ratio_from_counts(measure, *counts)
    if ours.ci_low is None or ours.ci_high is None or ours.ci_low <= printed <= ours.ci_high:
        return
    yield RowFault(
        "not_of_counts",
        column,
        plain(printed),
        f"{measure} {printed:g} is not what the counts give: {events}/{patients} v "
        f"{others}/{controls} is {ours.estimate:.3g}",
        "check value, measure and counts; an adjusted one may differ, by less than chance",
        "warning",
    )


def _impossible(column: str, measure: str | None, value: float) -> Iterator[RowFault]:
    """A difference beyond 1, a ratio that is not above 0."""
    if measure == "RD" and abs(value) > 1:
        yield RowFault(
            "difference_beyond_1",
            column,
            plain(value),
            f"a difference of risks lies between -1 and 1, not at {value:g}",
            "write it as a share, 0.05 for 5 percentage points",
        )
    if measure != "RD" and value <= 0:
        yield RowFault(
            "ratio_zero",
            column,
            plain(value),
            f"a ratio is above 0, not {value:g}",
            "leave it empty where nothing is reported",
        )


def _arm(row: Row, events: str, patients: str) -> Iterator[RowFault]:
    """An arm of nobody, or with more events than patients."""
    if row[patients] == 0:
        yield RowFault(
            "arm_empty",
            patients,
            "0",
            "an arm has at least one patient",
            "leave it empty where the number is not reported",
        )
    else:
        yield from count_faults(row, events, patients)

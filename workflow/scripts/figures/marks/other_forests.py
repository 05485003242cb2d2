"""Forests of what is no proportion: median times in months, and ratios of randomised trials."""

from collections.abc import Mapping, Sequence

from figures.marks.axis import number_axis, ratio_axis
from figures.marks.forest import ForestMarks, ForestRow, data_words
from pipeline import numbers
from pipeline.tables import Row

METHODS = {
    "weighted_median": "Weighted median of medians",
    "reml_hk": "REML, Hartung-Knapp",
    "log_reml_hk": "REML on the log scale, Hartung-Knapp",
}


def times_marks(
    durations: Sequence[Row],
    times: Sequence[Row],
    labels: Mapping[str, str],
    *,
    outcome: str,
    label: str,
    version: str,
    data_hash: str = "",
) -> ForestMarks:
    """Medians of each study and every pooled answer of one time outcome.

    durations, times: rows of all outcomes (kinds durations, times). A median that was not reached
    has no square: an arrow at the end of the axis, from the lower limit if there is one.
    """
    rows = [row for row in durations if row["outcome"] == outcome]
    rows.sort(key=lambda row: labels.get(row["study_id"], row["study_id"]).casefold())
    fits = [row for row in times if row["outcome"] == outcome]
    fits = [row for row in fits if row["estimate_months"] is not None]
    known = [row[name] for row in rows for name in ("value_months", "ci_low", "ci_high")]
    known += [row[name] for row in fits for name in ("estimate_months", "ci_low", "ci_high")]
    axis = number_axis([0.0, *known], "Months")
    lines = [_median(row, labels, axis.high) for row in rows]
    lines += [
        ForestRow(
            "total",
            (METHODS.get(row["method"], row["method"].replace("_", " ")), numbers.count(row["n"])),
            (
                numbers.months(row["estimate_months"]),
                numbers.interval(row["ci_low"], row["ci_high"], 1),
            ),
            row["estimate_months"],
            row["ci_low"],
            row["ci_high"],
        )
        for row in fits
    ]
    return ForestMarks(
        name=outcome,
        title=label,
        subtitle="Median of each study and pooled medians",
        left_heads=("Study", "Patients"),
        right_heads=("Months", "95% CI"),
        rows=tuple(lines),
        axis=axis,
        footer=("An arrow: the median was not reached.", data_words(version, data_hash)),
        empty="" if rows else f"No study of data version {version} reports this outcome.",
    )


def ratios_marks(
    ratios: Sequence[Row],
    labels: Mapping[str, str],
    *,
    outcome: str,
    label: str,
    version: str,
    data_hash: str = "",
) -> ForestMarks:
    """Hazard, odds or risk ratios of one outcome: a block for each measure and source.

    ratios: rows of all outcomes (kind ratios); below 1 favours the first arm.
    """
    rows = [row for row in ratios if row["outcome"] == outcome and row["estimate"] is not None]
    blocks = list(dict.fromkeys((row["effect_measure"], row["source"]) for row in rows))
    lines = []
    for measure, source in blocks:
        ours = [row for row in rows if (row["effect_measure"], row["source"]) == (measure, source)]
        lines += [ForestRow("gap", ())] if lines else []
        lines.append(ForestRow("heading", (" ".join(filter(None, (measure, source))),)))
        ours.sort(key=lambda row: row["row"] != "trial")
        lines += [_ratio(row, labels) for row in ours]
    known = [row[name] for row in rows for name in ("estimate", "ci_low", "ci_high")]
    return ForestMarks(
        name=outcome,
        title=label,
        subtitle="Randomised comparisons",
        left_heads=("Trial",),
        right_heads=("Ratio", "95% CI"),
        rows=tuple(lines),
        axis=ratio_axis(known, "Ratio (log scale)"),
        reference=1.0,
        footer=("Dashed line: no difference.", data_words(version, data_hash)),
        empty="" if rows else f"No trial of data version {version} reports this outcome.",
    )


def _median(row: Row, labels: Mapping[str, str], end: float) -> ForestRow:
    low, high = row["ci_low"], row["ci_high"]
    unreached = row["not_reached"] == "yes" and row["value_months"] is None
    if unreached:
        low, high = (0.97 * end if low is None else low), 2 * end
    limits = numbers.interval(row["ci_low"], row["ci_high"], 1)
    return ForestRow(
        "study",
        (labels.get(row["study_id"], row["study_id"]), numbers.count(row["n"])),
        (numbers.months(row["value_months"], unreached), limits),
        row["value_months"],
        low,
        high,
        key=row["study_id"],
    )


def _ratio(row: Row, labels: Mapping[str, str]) -> ForestRow:
    pooled = row["row"] != "trial"
    name = labels.get(row["study_id"], row["study_id"] or "")
    if pooled:
        name = METHODS.get(row["method"], str(row["method"]).replace("_", " "))
        name += f" (k {row['k']})"
    return ForestRow(
        "total" if pooled else "study",
        (name,),
        (numbers.number(row["estimate"]), numbers.interval(row["ci_low"], row["ci_high"])),
        row["estimate"],
        row["ci_low"],
        row["ci_high"],
        key="" if pooled else row["study_id"] or "",
    )

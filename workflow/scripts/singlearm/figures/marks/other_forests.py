"""Forests of what is no proportion: median times in months, and ratios of randomised trials."""

from collections.abc import Iterator, Mapping
from typing import Any

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.notes import codes
from singlearm.figures.marks.axis import months_axis, ratio_axis
from singlearm.figures.marks.forest import ForestMarks, ForestRow, off_axis, prediction_row
from singlearm.figures.marks.inputs import (
    Data,
    FigureModel,
    Outcome,
    Rows,
    credible,
    rows_of,
    studies_of,
)
from singlearm.figures.marks.words import heterogeneity_line
from singlearm.kinds.ratio_words import MEASURES, METHODS, forest_rows, i2_of
from singlearm.kinds.time import BOUNDED

#: Ways to combine medians, in the order in which a figure shows them.
TIME_METHODS = {
    "weighted_median": mark("Weighted median of medians"),
    "weighted_median_endless": mark("Weighted median, not reached as endless"),
    "inverse_variance": mark("Inverse-variance mean"),
    "inverse_variance_log": mark("Inverse-variance mean, log scale"),
}
BETTER = {"high": mark("(more is better)"), "low": mark("(less is better)")}
#: tau2 of ratios is on the scale of their logarithms, as it is known.
OF_RATIOS = FigureModel("", "")
SOURCES = {"printed": mark("as printed"), "counts": mark("from counts")}


def times_marks(
    durations: Rows,
    times: Rows,
    labels: Mapping[str, str],
    outcome: Outcome,
    data: Data,
    followup: Mapping[str, float | None] | None = None,
) -> ForestMarks:
    """Medians of each study and every pooled answer of one time outcome.

    durations, times: rows of all outcomes (kinds durations, times). A median that was not reached
    has no square: an arrow from where the weighted median counts it, which is its lower limit, else
    the study's `followup`; without either at the end of the axis. A weighted median that is known
    between bounds only leads as well, without a diamond.
    """
    rows = studies_of(durations, outcome, labels)
    fits = [
        row
        for row in rows_of(times)
        if row["outcome"] == outcome.name and (row["estimate_months"] is not None or _bounds(row))
    ]
    order = list(TIME_METHODS)
    fits.sort(key=lambda row: order.index(row["method"]))
    values = [row["value_months"] for row in rows] + [row["estimate_months"] for row in fits]
    starts = {
        row["study_id"]: (followup or {}).get(row["study_id"])
        if row["ci_low"] is None
        else row["ci_low"]
        for row in rows
        if row["not_reached"] == "yes" and row["value_months"] is None
    }
    ends = [row[name] for row in (*rows, *fits) for name in ("ci_low", "ci_high")]
    ends += starts.values()
    axis = months_axis(values, ends, say("Months"))
    lines = [_median(row, labels, starts, axis.high) for row in rows]
    lines += [
        _pooled_time(row, "subtotal" if number else "total") for number, row in enumerate(fits)
    ]
    cut = any("limits_cut_to_0" in codes(row.get("note")) for row in fits)
    return ForestMarks(
        title=outcome.label,
        subtitle=say("Median of each study and pooled medians"),
        left_heads=(say("Study"), say("Patients")),
        right_heads=(say("Months"), say("95% CI")),
        rows=tuple(lines),
        axis=axis,
        footer=(
            say(
                "n/r: the median was not reached; its arrow starts where the weighted median "
                "counts it, at the lower limit, else at the study's median follow-up, and without "
                "either at the end of the axis. Diamonds are cut off where a limit is not known. "
                "k: the studies that a method can use. Where the medians not reached matter, the "
                "weighted median is known between two bounds only and has no diamond."
            ),
            *((say("Limits below 0 are cut to 0."),) if cut else ()),
            *off_axis(lines, axis),
            str(data),
        ),
        empty="" if rows else data.unreported,
    )


def ratios_marks(
    ratios: Rows,
    labels: Mapping[str, str],
    outcomes: Mapping[str, Mapping[str, Any]],
    data: Data,
) -> ForestMarks:
    """Hazard, odds or risk ratios of randomised trials: a block for each outcome.

    ratios: rows of kind ratios. outcomes: settings by name, with label, kind and favours; those of
    kind ratio stand first. An outcome shows the measure that leads, with the values pooled.
    """
    ratios = rows_of(ratios)
    blocks: dict[str, tuple[str, list[Row]]] = {}
    for name in sorted(outcomes, key=lambda name: outcomes[name].get("kind") != "ratio"):
        found = forest_rows([row for row in ratios if row["outcome"] == name])
        if found and found[0] != "RD":  # a difference has no place on an axis of ratios
            measure, trials, pooled = found
            blocks[name] = measure, [*trials, *pooled]
    drawn = [row for _, rows in blocks.values() for row in rows]
    lines: list[ForestRow] = []
    for name, (measure, rows) in blocks.items():
        lines += [ForestRow("gap", ())] if lines else []
        sources = {row["source"] for row in rows if row["row"] == "trial"}
        parts = (
            say(MEASURES[measure]),
            say(SOURCES.get(sources.pop(), "")) if len(sources) == 1 else "",
            say(BETTER.get(outcomes[name].get("favours") or "", "")),
        )
        kind = " ".join(part for part in parts if part)
        lines.append(ForestRow("heading", (f"{outcomes[name]['label']}: {kind}",)))
        for row in rows:
            lines += [_ratio(row, labels), *_spread(row)]
    narrow = [
        row[name]
        for row in drawn
        for name in ("estimate", "ci_low", "ci_high")
        if name == "estimate" or "_hk" not in (row["method"] or "")
    ]
    axis = ratio_axis(narrow, say("Ratio (log scale)"))
    spread = any(row["row"] != "trial" and row.get("tau2") is not None for row in drawn)
    return ForestMarks(
        title=say("Randomised comparisons"),
        subtitle=say("Ratio of the first group to the second, with 95% interval"),
        left_heads=(say("Trial"),),
        right_heads=(say("Ratio"), say("95% CI")),
        rows=tuple(lines),
        axis=axis,
        reference=1.0,
        footer=(
            say(
                "Dashed line: no difference. Below 1 the outcome is rarer, or comes later, in the "
                "first group. Shown is the measure that leads: the protocol's, else the one that "
                "most trials have, with the values that were pooled; pooled rows in the order of "
                "reading."
            ),
            *((say("τ²: variance of the log ratio between trials."),) if spread else ()),
            *off_axis(lines, axis),
            *credible(any(row["method"] == "bayes" for row in drawn)),
            str(data),
        ),
        empty=""
        if lines
        else say("Data version {version} has no randomised comparison.", version=data.version),
    )


def _named(names: Mapping[str, str], method: str, k: int) -> str:
    return f"{say(names[method])} (k {numbers.count(k)})"


def _median(
    row: Row, labels: Mapping[str, str], starts: Mapping[str, float | None], end: float
) -> ForestRow:
    low, high = row["ci_low"], row["ci_high"]
    unreached = row["study_id"] in starts
    if unreached:
        start = starts[row["study_id"]]
        low, high = 0.97 * end if start is None else min(start, 0.97 * end), 2 * end
    limits = numbers.interval(row["ci_low"], row["ci_high"], 1)
    return ForestRow(
        "study",
        (labels.get(row["study_id"], row["study_id"]), numbers.count(row["n"])),
        (say("n/r") if unreached else numbers.months(row["value_months"]), limits),
        row["value_months"],
        low,
        high,
        key=row["study_id"],
    )


def _pooled_time(row: Row, kind: str) -> ForestRow:
    """A pooled median; one between bounds is words alone."""
    value, low, high = row["estimate_months"], row["ci_low"], row["ci_high"]
    texts = (_bounds(row) or numbers.months(value), numbers.interval(low, high, 1))
    place = (None, None, None) if value is None else (value, low, high)
    left = (_named(TIME_METHODS, row["method"], row["k"]), numbers.count(row["n"]))
    return ForestRow(kind, left, texts, *place)


def _bounds(row: Row) -> str:
    """`between 21.8 and 23.3` of a weighted median that those not reached leave open.

    The words of `singlearm.kinds.time.estimate`, without the unit that the column's head names.
    """
    low, high = row.get("bound_low"), row.get("bound_high")
    if row["method"] != BOUNDED or row["estimate_months"] is not None or not low:
        return ""
    if high is None:
        return say("at least {time}", time=numbers.months(low))
    return say("between {low} and {high}", low=numbers.months(low), high=numbers.months(high))


def _spread(row: Row) -> Iterator[ForestRow]:
    """How much the trials of a pooled row differ, and where a further one is expected."""
    if row["row"] == "trial":
        return
    line = heterogeneity_line(row | {"i2": i2_of(row)}, OF_RATIOS)
    if line:
        yield ForestRow("remark", (line,))
    low, high = row.get("pi_low"), row.get("pi_high")
    if low is not None and high is not None:
        yield prediction_row(low, high, numbers.interval(low, high))


def _ratio(row: Row, labels: Mapping[str, str]) -> ForestRow:
    pooled = row["row"] != "trial"
    study, months = row["study_id"] or "", row.get("followup_months")
    if pooled:
        label = _named(METHODS, row["method"], row["k"])
    else:
        followed = "" if months is None else say("{n} months", n=numbers.shortest(months))
        parts = (labels.get(study, study), row.get("comparison"), followed)
        label = ", ".join(part for part in parts if part)
    return ForestRow(
        "subtotal" if pooled else "study",
        (label,),
        (numbers.significant(row["estimate"]), numbers.interval(row["ci_low"], row["ci_high"])),
        row["estimate"],
        row["ci_low"],
        row["ci_high"],
        key="" if pooled else study,
    )

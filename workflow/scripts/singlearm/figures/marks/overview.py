"""All outcomes of a version on one axis: pooled percentage, interval and prediction interval."""

from collections.abc import Mapping, Sequence

from singlearm.catalogue import Row, numbers
from singlearm.figures.marks.axis import Axis, percent_ticks
from singlearm.figures.marks.forest import AXIS_TITLE, ForestMarks, ForestRow
from singlearm.figures.marks.words import data_words, note_words

#: Headings of the two kinds of outcome, by their `favours`.
KINDS = {"high": "Benefit (higher is better)", "low": "Harm (lower is better)"}


def overview_marks(
    pooled: Sequence[Row],
    *,
    outcomes: Mapping[str, Mapping],
    model: str,
    model_label: str,
    version: str,
    data_hash: str = "",
) -> ForestMarks:
    """One row for each outcome, in the protocol's order, benefits before harms.

    pooled: rows of all outcomes (kind pooled). outcomes: settings by name, with label and favours.
    An outcome without data keeps its row.
    """
    fits = {row["outcome"]: row for row in pooled if row["model"] == model}
    rows = []
    for favours, heading in KINDS.items():
        names = [name for name, kept in outcomes.items() if kept.get("favours") == favours]
        if names:
            rows += [ForestRow("gap", ())] if rows else []
            rows.append(ForestRow("heading", (heading,)))
            rows += [_row(outcomes[name]["label"], fits.get(name)) for name in names]
    notes = "Disc and thick line: estimate, 95% CI. Thin line with caps: 95% prediction interval."
    return ForestMarks(
        name="overview",
        title="All outcomes",
        subtitle=model_label,
        left_heads=("Outcome", "Studies", "Patients"),
        right_heads=("%", "95% CI", "95% PI"),
        rows=tuple(rows),
        axis=Axis(0.0, 1.0, percent_ticks(0.0, 1.0), AXIS_TITLE),
        footer=(notes, data_words(version, data_hash)),
    )


def _row(label: str, fit: Row | None) -> ForestRow:
    if fit is None or not fit["k"]:
        return ForestRow("summary", (label, "0", numbers.MISSING), ("", "no study", ""))
    if fit["estimate"] is None:
        why = note_words(fit["note"]) or "no estimate"
        left = (label, numbers.count(fit["k"]), numbers.count(fit["total"]))
        return ForestRow("summary", left, (numbers.MISSING, why, ""))
    return ForestRow(
        "summary",
        (label, numbers.count(fit["k"]), numbers.count(fit["total"])),
        (
            numbers.percent(fit["estimate"]),
            numbers.percent_interval(fit["ci_low"], fit["ci_high"]),
            numbers.percent_interval(fit["pi_low"], fit["pi_high"]),
        ),
        fit["estimate"],
        fit["ci_low"],
        fit["ci_high"],
        outer_low=fit["pi_low"],
        outer_high=fit["pi_high"],
    )

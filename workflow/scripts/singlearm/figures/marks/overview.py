"""All outcomes of a version on one axis: pooled percentage, interval and prediction interval."""

from collections.abc import Sequence

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.notes import short
from singlearm.figures.marks.axis import whole_axis
from singlearm.figures.marks.estimands import pooled_is
from singlearm.figures.marks.forest import ForestMarks, ForestRow
from singlearm.figures.marks.inputs import Data, FigureModel, Outcome, Rows, credible, rows_of
from singlearm.figures.marks.words import AXIS_TITLE

#: Headings of the kinds of outcome, by their `favours`.
SIDES = {
    "high": mark("Benefit (higher is better)"),
    "low": mark("Harm (lower is better)"),
    None: mark("Outcomes without a good side"),
}
#: Heads where both estimates are printed; little room is left for the labels.
BOTH_HEADS = (
    (mark("Outcome"), mark("k (n)")),
    (mark("Mean, %"), mark("Median study, %"), mark("95% PI")),
)
HEADS = (
    (mark("Outcome"), mark("Studies"), mark("Patients")),
    (mark("%"), mark("95% CI"), mark("95% PI")),
)


def overview_marks(
    pooled: Rows,
    outcomes: Sequence[Outcome],
    model: FigureModel,
    data: Data,
    *,
    headline: str = "typical",
) -> ForestMarks:
    """One row for each outcome, in the protocol's order, benefits before harms.

    Parameters
    ----------
    pooled : Rows
        Rows of all outcomes (kind pooled). An outcome without data keeps its row.
    headline : {"average", "typical"}
        With `average` a row is drawn at its mean over studies, with the median study's value in a
        column of its own, where the model has both.
    """
    fits = {row["outcome"]: row for row in rows_of(pooled) if row["model"] == model.name}
    both = headline == "average" and any(row.get("marginal") is not None for row in fits.values())
    rows: list[ForestRow] = []
    sides = [side for side in SIDES if any(outcome.favours == side for outcome in outcomes)]
    for side in sides:
        rows += [ForestRow("gap", ())] if rows else []
        rows += [ForestRow("heading", (say(SIDES[side]),))] if sides != [None] else []
        ours = [outcome for outcome in outcomes if outcome.favours == side]
        rows += [_row(outcome.label, fits.get(outcome.name), both) for outcome in ours]
    left_heads, right_heads = (tuple(map(say, heads)) for heads in (BOTH_HEADS if both else HEADS))
    notes = say(
        "Disc and thick line: estimate, 95% CI. Thin line with caps: 95% prediction interval."
    )
    if both:
        about = say(
            "k: studies; n: patients. Mean over studies, and value of the median study, with 95% "
            "intervals; drawn is the first that there is."
        )
        notes = f"{about} {notes}"
    ends = [end for row in rows for end in (row.estimate, row.high, row.outer_high)]
    return ForestMarks(
        title=say("All outcomes"),
        subtitle=model.label,
        left_heads=left_heads,
        right_heads=right_heads,
        rows=tuple(rows),
        axis=whole_axis(ends, say(AXIS_TITLE)),
        footer=(
            notes,
            *(() if both else pooled_is([model])),
            *credible(model.bayesian),
            str(data),
        ),
        empty="" if rows else say("The protocol has no outcome of this kind."),
    )


def _row(label: str, fit: Row | None, both: bool) -> ForestRow:
    if fit is None or not fit["k"]:
        left = (label, "0") if both else (label, "0", numbers.MISSING)
        return ForestRow("summary", left, ("", say("no study"), ""))
    counts = (numbers.count(fit["k"]), numbers.count(fit["total"]))
    left = (label, f"{counts[0]} ({counts[1]})") if both else (label, *counts)
    if fit["estimate"] is None:
        why = short(fit["note"]) or say("no estimate")
        return ForestRow("summary", left, (numbers.MISSING, why, ""))
    typical = (fit["estimate"], fit["ci_low"], fit["ci_high"])
    average = (fit.get("marginal"), fit.get("marginal_low"), fit.get("marginal_high"))
    drawn = average if both and average[0] is not None else typical
    texts = (numbers.percent(typical[0]), numbers.percent_interval(*typical[1:]))
    if both:
        texts = (numbers.percent_ci(*average), numbers.percent_ci(*typical))
    return ForestRow(
        "summary",
        left,
        (*texts, numbers.percent_interval(fit["pi_low"], fit["pi_high"])),
        *drawn,
        outer_low=fit["pi_low"],
        outer_high=fit["pi_high"],
    )

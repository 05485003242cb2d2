"""Median times to an event, in months."""

from collections.abc import Iterator, Sequence

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say

from . import base
from .base import Effects, Evidence, Kind, Pooling, Settings, Sheet, headline
from .columns import EVIDENCE, LABEL, OUTCOME, VERIFIED, YES_NO, category, count, number
from .measure import Measure
from .rows import RowFault, interval_faults, interval_text, plain, told

COLUMNS = (
    LABEL,
    OUTCOME,
    number("value_months", "months", 0, 1200, "The median; empty if not reached"),
    number("ci_low", "months", 0, 1200, "Lower limit of the 95% interval"),
    number("ci_high", "months", 0, 1200, "Upper limit; empty if not estimable"),
    count("n", "Patients behind the median", minimum=1),
    category(
        "not_reached", YES_NO, "yes: the median was not reached", required="filled",
        recodes=(("Yes", "yes"), ("YES", "yes"), ("No", "no"), ("NO", "no")),
    ),
    *EVIDENCE,
    *VERIFIED,
)  # fmt: skip


def check(row: Row, prefix: str) -> Iterator[RowFault]:
    """An interval out of order, a median of zero, one that is reached and not."""
    yield from interval_faults(row, prefix, "value_months")
    reached, value = row[f"{prefix}not_reached"], row[f"{prefix}value_months"]
    column = f"{prefix}value_months"
    if value == 0 or row[f"{prefix}ci_high"] == 0:
        zero = column if value == 0 else f"{prefix}ci_high"
        yield RowFault(
            "median_zero",
            zero,
            "0",
            "a median time is above 0",
            "check the source; leave it empty where nothing is reported",
        )
    if reached == "yes" and isinstance(value, float):
        yield RowFault(
            "not_reached",
            column,
            plain(value),
            "has a value although not_reached is yes",
            "empty one of the two",
        )
    if reached == "no" and value is None:
        yield RowFault(
            "not_reached",
            column,
            "",
            "is empty although not_reached is no",
            "fill it, or write yes",
        )


def text(row: Row) -> str:
    """`7.2 (5 to 9), n=16`, for logs."""
    value = say("not reached") if row["not_reached"] == "yes" else told(row["value_months"])
    return f"{value or '?'}{interval_text(row)}, n={plain(row['n']) or '?'}"


SHEET = Sheet(
    "durations",
    "adjudication_durations",
    COLUMNS,
    fields=("value_months", "ci_low", "ci_high", "n", "not_reached"),
    text=text,
    check=check,
    counted="n",
    counted_severity="warning",
)

MEASURE = Measure("months", mark(" months"), mark(" months"), moves="months")
ESTIMATE = ("estimate_months", "ci_low", "ci_high")
#: The method that leads, and the same with every median not reached as endless, as in 2021.
BOUNDED, ENDLESS = "weighted_median", "weighted_median_endless"
#: Methods of combining medians as people call them.
METHODS = {
    BOUNDED: mark("Weighted median of medians"),
    ENDLESS: mark("Weighted median, those not reached as endless"),
    "inverse_variance": mark("Inverse-variance mean of medians"),
    "inverse_variance_log": mark("Inverse-variance mean, log scale"),
}
#: The same within a sentence.
_WITHIN = {
    BOUNDED: mark("weighted median of medians"),
    ENDLESS: mark("weighted median, those not reached as endless"),
    "inverse_variance": mark("inverse-variance mean of medians"),
    "inverse_variance_log": mark("inverse-variance mean, log scale"),
}


def lead(rows: Sequence[Row], _: Settings) -> Row | None:
    """The weighted median between its two bounds."""
    row = next((row for row in rows if row["method"] == BOUNDED), None)
    return row and headline(row, ESTIMATE)


def paper_row(rows: Sequence[Row], protocol: Settings) -> Row | None:
    """The row by the method of the published review, for the audit of its claims."""
    method = protocol.get("paper_times", BOUNDED)
    method = ENDLESS if method == BOUNDED else method
    row = next((row for row in rows if row["method"] == method), None)
    return row and headline(row, ESTIMATE)


def counts(row: Row) -> str:
    """`19 studies, 1231 patients; in 4 the median was not reached`."""
    known = base.counts(row)
    if not row["k_not_reached"]:
        return known
    return say(
        "{studies}; in {n} the median was not reached",
        studies=known,
        n=numbers.count(row["k_not_reached"]),
    )


def estimate(row: Row) -> str:
    """`8.0 months (95% CI 5.9 to 11.8)`; where medians that were not reached leave it open
    `between 13.8 and 18.0 months (95% CI from 5.9, no upper limit)`, `at least 12.0 months (...)`,
    or `not reached`.
    """
    if row["value"] is not None or row["bound_low"] is None:
        return MEASURE.text(row["value"], row["low"], row["high"])
    low, high = row["bound_low"], row["bound_high"]
    if not low:
        found = say("not reached")
    elif high is None:
        found = say("at least {time}", time=MEASURE.with_unit(low))
    else:
        found = say(
            "between {low} and {high}", low=MEASURE.number(low), high=MEASURE.with_unit(high)
        )
    limits = MEASURE.limits(row["low"], row["high"]) if low else ""
    return f"{found} ({limits})" if limits else found


def sentence(row: Row, label: str) -> str:
    """`Overall survival: 8.0 months (95% CI 5.9 to 11.8), weighted median of 19 studies ...`."""
    if row["value"] is None and row["bound_low"] is None:
        return ""
    if row["value"] is None and not row["bound_low"]:
        return say("{label}: not reached; {counts}.", label=label, counts=counts(row))
    said = say(
        "{label}: {result}, {method} of {counts}.",
        label=label,
        result=estimate(row),
        method=say(_WITHIN[row["method"]]),
        counts=counts(row),
    )
    return said if row["value"] is not None else f"{said} {_bounds(row)}"


def _bounds(row: Row) -> str:
    """What the bounds count."""
    if row["bound_high"] is None:
        return say(
            "That counts a median that was not reached at its lower limit, else at the study's "
            "median follow-up, which may be of an earlier report; if such medians were endless "
            "there would be none."
        )
    return say(
        "The first counts a median that was not reached at its lower limit, else at the study's "
        "median follow-up, which may be of an earlier report; the second takes such medians as "
        "endless."
    )


def methods(_: Settings) -> str:
    """How medians are combined."""
    return say(
        "Median times were combined over studies by the weighted median of the studies' medians "
        "[@mcgrath2019] and by inverse-variance means, on the scale of months and on its "
        "logarithm, with modified Hartung-Knapp intervals [@hartung2001] and prediction intervals "
        "that allow for the uncertainty of mean and spread [@nagashima2019]. The weighted median "
        "was computed twice, with a median that was not reached at its lower limit (else at the "
        "study's median follow-up, which may be of an earlier report) and as longer than every one "
        "that was; a number is given where both agree, else both as bounds. Such medians stay out "
        "of the means and are counted."
    )


def pool(evidence: Evidence) -> list[Row]:
    """The rows of `times.csv`."""
    from .time_pool import time_rows

    return time_rows(evidence)


def effects(evidence: Evidence, outcome: str) -> Effects:
    """Logarithms of the medians that were reached."""
    from .time_pool import study_effects

    return study_effects(evidence, outcome)


KIND = Kind(
    "time",
    SHEET,
    table="times",
    models=METHODS,
    measure=MEASURE,
    columns=ESTIMATE,
    lead=lead,
    counts=counts,
    estimate=estimate,
    sentence=sentence,
    methods=methods,
    effects=effects,
    poolings={"times": Pooling((SHEET.clean_table, "studies"), pool)},
    title=mark("Times to an event"),
    about=mark(
        "Studies report medians, not curves, so these are combined medians. Where a median was not "
        "reached, the weighted median is computed with it at its lower limit or follow-up, and as "
        "endless: a number is given only where both agree. The means leave such medians out."
    ),
)

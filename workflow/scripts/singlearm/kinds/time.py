"""Median times to an event, in months."""

from collections.abc import Iterator, Sequence

from singlearm.catalogue import Row, numbers

from . import base
from .base import Effects, Evidence, Kind, Measure, Pooling, Settings, Sheet, headline
from .columns import EVIDENCE, LABEL, OUTCOME, VERIFIED, YES_NO, category, count, number
from .rows import RowFault, interval_faults, interval_text, plain

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
    value = "not reached" if row["not_reached"] == "yes" else plain(row["value_months"])
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

MEASURE = Measure("months", " months", " months", moves="months")
ESTIMATE = ("estimate_months", "ci_low", "ci_high")
#: The method that leads, and the same with every median not reached as endless, as in 2021.
BOUNDED, ENDLESS = "weighted_median", "weighted_median_endless"
#: Methods of combining medians as people call them.
METHODS = {
    BOUNDED: "Weighted median of medians",
    ENDLESS: "Weighted median, those not reached as endless",
    "inverse_variance": "Inverse-variance mean of medians",
    "inverse_variance_log": "Inverse-variance mean, log scale",
    "median_of_medians": "Median of medians",
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
    told = base.counts(row)
    if row["k_not_reached"]:
        told += f"; in {numbers.count(row['k_not_reached'])} the median was not reached"
    return told


def method_words(name: str) -> str:
    """A method of combining medians in the middle of a sentence."""
    words = METHODS.get(name, name.replace("_", " "))
    return words[:1].lower() + words[1:]


def estimate(row: Row) -> str:
    """`8.0 months (95% CI 5.9 to 11.8)`, or `at least 12.0 months`, or `not reached`."""
    if row["value"] is not None or row["bound_low"] is None:
        return MEASURE.text(row["value"], row["low"], row["high"])
    if not row["bound_low"]:
        return "not reached"
    return f"at least {MEASURE.number(row['bound_low'])}{MEASURE.unit}"


def sentence(row: Row, label: str) -> str:
    """`Overall survival: 8.0 months (95% CI 5.9 to 11.8), weighted median of 19 studies ...`."""
    if row["value"] is None and row["bound_low"] is None:
        return ""
    if row["value"] is None and not row["bound_low"]:
        return f"{label}: not reached; {counts(row)}."
    said = f"{label}: {estimate(row)}, {method_words(row['method'])} of {counts(row)}."
    if row["value"] is None:
        most = "there would be none"
        if row["bound_high"] is not None:
            most = f"it would be {MEASURE.number(row['bound_high'])}{MEASURE.unit}"
        said += (
            " That counts a median that was not reached at its lower limit, else at the follow-up; "
            f"if such medians were endless {most}."
        )
    return said


def methods(_: Settings) -> str:
    """How medians are combined."""
    return (
        "Median times were combined over studies by the weighted median of the studies' medians "
        "[@mcgrath2019] and by inverse-variance means, on the scale of months and on its "
        "logarithm, with modified Hartung-Knapp intervals [@hartung2001] and prediction intervals "
        "that allow for the uncertainty of mean and spread [@nagashima2019]. The weighted median "
        "was "
        "computed twice, with a median that was not reached at its lower limit (else at the "
        "study's median follow-up) and as longer than every one that was; a number is given where "
        "both agree, else the first as a lower bound. Such medians stay out of the means and are "
        "counted."
    )


def pool(evidence: Evidence) -> list[Row]:
    """The rows of `times.csv`."""
    from .time_pool import time_rows

    return time_rows(evidence, KIND)


def effects(evidence: Evidence, outcome: str) -> Effects:
    """Logarithms of the medians that were reached."""
    from .time_pool import study_effects

    return study_effects(evidence, KIND, outcome)


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
    title="Times to an event",
    about=(
        "Studies report medians, not curves, so these are combined medians. Where a median was not "
        "reached, the weighted median is computed with it at its lower limit or follow-up, and as "
        "endless: a number is given only where both agree. The means leave such medians out."
    ),
)

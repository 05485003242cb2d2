"""Survival curves: digitised Kaplan-Meier curves with the numbers at risk below them."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from singlearm.catalogue import Row, notes, numbers
from singlearm.catalogue.language import mark, say

from .base import Evidence, Kind, Outcomes, Pooling, Settings, Sheet, headline, patients
from .columns import LABEL, OUTCOME, SOURCE, VERIFIED, count, number
from .measure import Measure
from .rows import RowFault, given, in_time_order, plain, rise

#: A rise of this much is a slip of the eye; more is a fault.
SLIP = 0.01

COLUMNS = (
    LABEL,
    OUTCOME,
    number(
        "time_months", "months", 0, 1200, "Time of the reading", required="filled", key=True
    ),
    number(
        "survival", "fraction", 0, None, "Survival there, 1 at the start; empty if the row only "
        "gives a number at risk", required="present", key=True,
    ),
    count("n_at_risk", "Patients at risk, where the risk table below the curve has a column"),
    *SOURCE,
    *VERIFIED,
)  # fmt: skip


def check(row: Row, prefix: str) -> Iterator[RowFault]:
    """Percentages for fractions, a row that says nothing."""
    survival = row["survival"]
    if given(survival) and survival > 1:
        yield RowFault(
            "percent",
            "survival",
            plain(survival),
            "survival is a fraction from 0 to 1",
            f"write {survival / 100:.4g} for {plain(survival)}%",
        )
    if not prefix and survival is None and row["n_at_risk"] is None:
        yield RowFault(
            "empty_reading", "survival", "", "neither survival nor a number at risk",
            "take the row out, or fill it",
        )  # fmt: skip


def check_all(rows: Sequence[Row], _: Outcomes) -> Iterator[tuple[Row, RowFault]]:
    """Curves that do not start at 1, end there or rise, or whose risk table is none."""
    for readings in in_time_order(rows, "time_months").values():
        seen = falling(readings)
        table = [row for row in readings if given(row["n_at_risk"])]
        yield from _start(readings, seen, table)
        for before, row in pairwise(seen):
            if row["survival"] > before["survival"] + SLIP:
                hint = "a curve only falls; check both readings"
                yield row, rise(before, row, "survival", "time_months", hint)
        for before, row in pairwise(table):
            if row["time_months"] == before["time_months"]:
                yield row, _second_number(before, row)
            elif row["n_at_risk"] > before["n_at_risk"]:
                hint = "numbers at risk only fall; check both, and the column of the table"
                yield row, rise(before, row, "n_at_risk", "time_months", hint)


def falling(readings: Sequence[Row]) -> list[Row]:
    """The readings of survival of one curve in time order; of those at one time, the ends of a step
    down, the higher first, however the rows stand.
    """
    seen = [row for row in readings if given(row["survival"])]
    return sorted(seen, key=lambda row: (row["time_months"], -row["survival"]))


def _start(
    readings: Sequence[Row], seen: Sequence[Row], table: Sequence[Row]
) -> Iterator[tuple[Row, RowFault]]:
    first = seen[0] if seen else readings[0]
    if not seen or first["time_months"] > 0 or first["survival"] < 1:
        fault = RowFault(
            "curve_start",
            "survival",
            plain(first["survival"]),
            f"the curve starts at {plain(first['time_months'])} months, not at 1 at time 0",
            "add a row with time_months 0 and survival 1, or take out a shift of the axes",
        )
        yield first, fault
    if seen and seen[-1]["time_months"] == 0:
        fault = RowFault(
            "curve_ends_at_start",
            "time_months",
            "0",
            "the curve has no reading after time 0",
            "add the readings that follow, or take the curve out",
        )
        yield first, fault
    patients = table[0]["n_at_risk"] if table and table[0]["time_months"] == 0 else None
    if not patients:
        fault = RowFault(
            "no_patients_at_start",
            "n_at_risk",
            plain(patients),
            f"there is no number at risk {'above 0 ' if patients == 0 else ''}at time 0",
            "fill n_at_risk of the row at time 0: the patients behind the curve",
        )
        yield first, fault


def _second_number(before: Row, row: Row) -> RowFault:
    return RowFault(
        "two_numbers_at_risk",
        "n_at_risk",
        plain(row["n_at_risk"]),
        f"there is another one at {plain(row['time_months'])} months, in row {before['row']}",
        "a risk table has one number for each time: leave one of the two cells empty",
    )


def label(row: Row) -> str:
    """`pfs, curve`, for logs."""
    return f"{row['outcome']}, curve"


SHEET = Sheet(
    "curves",
    "adjudication_curves",
    COLUMNS,
    fields=("n_at_risk",),
    label=label,
    check=check,
    by_end_point=True,
    check_all=check_all,
    clean="curve_points",
    whole=("study_id", "outcome"),
)

#: What made the summary, as the table of groups calls it.
MODELS = {"random": mark("Random effects over times"), "single": mark("One curve alone")}

MEASURE = Measure("months", mark(" months"), mark(" months"), moves="months")


def pool(evidence: Evidence) -> Iterator[Row]:
    """The rows of `curves.csv`: the patients behind the curves, as reconstructed."""
    from .curve_pool import patient_rows

    return patient_rows(evidence)


def pool_summary(evidence: Evidence) -> Iterator[Row]:
    """The rows of `curve_summary.csv`."""
    from .curve_pool import summary_rows

    return summary_rows(evidence)


def shown(row: Row) -> bool:
    """Median, restricted mean, and survival at the horizons; the rest of the curve is drawn."""
    return row["quantity"] != "survival" or bool(row["at_horizon"])


def lead(rows: Sequence[Row], _: Settings) -> Row | None:
    """The median, with what else there is to say about the curve."""
    row = next((row for row in rows if row["quantity"] == "median"), None)
    return row and headline(row) | {"others": [o for o in rows if shown(o) and o is not row]}


def counts(row: Row) -> str:
    """`8 curves, 512 patients`."""
    curves = say("{n} curve" if row["k"] == 1 else "{n} curves", n=numbers.count(row["k"]))
    return f"{curves}, {patients(row['n'])}"


def sentence(row: Row, label: str) -> str:
    """Median, survival at the horizons and restricted mean of the summary curve."""
    if not row["k"]:
        return say("{label}: no curve.", label=label)
    return f"{label}: {'; '.join(parts(row))}; {counts(row)}."


def parts(row: Row) -> list[str]:
    """Median, survival at the horizons and restricted mean of a row that leads."""
    told = [median_words(row)]
    for other in row.get("others", ()):
        limits = other["estimate"], other["ci_low"], other["ci_high"]
        at = numbers.number(other["time_months"], 0)
        if other["quantity"] == "survival":
            result = numbers.percent_words(*limits)
            told.append(say("{result} at {n} months", result=result, n=at))
        else:
            result = MEASURE.text(*limits)
            told.append(say("restricted mean up to {n} months {result}", n=at, result=result))
    return told


def median_words(row: Row) -> str:
    """`median 7.4 months (95% CI 2.1 to 10.2)`."""
    if row["value"] is not None:
        return say("median {result}", result=MEASURE.text(row["value"], row["low"], row["high"]))
    if not row["low"]:
        return say("median not reached")
    return say("median not reached (95% CI from {low} months)", low=numbers.months(row["low"]))


def estimate(row: Row) -> str:
    """The median, called one; a dash where there is no curve to have one."""
    if row["value"] is None and "not_reached" not in notes.codes(row.get("note")):
        return numbers.MISSING
    return median_words(row)


def methods(_: Settings) -> str:
    """How curves are reconstructed and pooled."""
    return say(
        "Digitised Kaplan-Meier curves with their numbers at risk were turned back into times of "
        "patients [@guyot2012], and pooled into a summary curve with random effects over times "
        "[@combescure2014], with limits by simulation and quantiles of t with one degree of "
        "freedom less than curves. The median and the restricted mean are read off that curve."
    )


KIND = Kind(
    "curve",
    SHEET,
    table="curve_summary",
    measure=MEASURE,
    lead=lead,
    counts=counts,
    estimate=estimate,
    sentence=sentence,
    methods=methods,
    poolings={
        "curves": Pooling((SHEET.clean_table,), pool),
        "curve_summary": Pooling((SHEET.clean_table,), pool_summary),
    },
    shown=shown,
    models=MODELS,
    title=mark("Survival curves"),
    about=mark(
        "The patients' times are reconstructed from published curves, not the trials' own data."
    ),
)

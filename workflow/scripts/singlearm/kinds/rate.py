"""Events per person-time: events, and the time at risk in which they occurred."""

from collections.abc import Iterator, Sequence

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say

from .base import Effects, Evidence, Kind, Pooling, Settings, Sheet, headline, studies
from .columns import LABEL, OUTCOME, SOURCE, VERIFIED, category, count, number
from .measure import Measure
from .rows import RowFault, plain, told

#: How many of a unit make a year.
IN_A_YEAR = {mark("person-years"): 1.0, mark("person-months"): 12.0, mark("person-days"): 365.25}
#: A rate is printed for so many person-years.
PER = 100
#: Models in the order of reading: the exact likelihood first.
MODELS = {
    "poisson_normal": {"likelihood": "poisson_normal", "ci": "profile"},
    "log_reml_hk": {"likelihood": "normal", "measure": "IRLN", "tau2": "REML", "ci": "hk_adhoc"},
    "poisson_common": {"likelihood": "poisson_common", "ci": "exact"},
}
LABELS = {
    "poisson_normal": mark("Poisson-normal, profile likelihood"),
    "log_reml_hk": mark("Log rate, REML, modified Hartung-Knapp"),
    "poisson_common": mark("One common rate, exact"),
}

COLUMNS = (
    LABEL,
    OUTCOME,
    count("events", "Events, of all patients together", unit="events", required="filled"),
    number(
        "person_time", "as unit", 0, None, "Time at risk, summed over patients", required="filled"
    ),
    category("unit", IN_A_YEAR, "Unit of the person-time", required="filled"),
    *SOURCE,
    *VERIFIED,
)


def check(row: Row, prefix: str) -> Iterator[RowFault]:
    """Person-time of nobody."""
    column = f"{prefix}person_time"
    if row[column] == 0:
        yield RowFault(
            "person_time_zero",
            column,
            "0",
            "no person-time, so no rate",
            "give the summed time at risk; never n times the median follow-up",
        )


def text(row: Row) -> str:
    """`12 in 340 person-years`, for logs."""
    return say(
        "{events} in {time} {unit}",
        events=plain(row["events"]),
        time=told(row["person_time"]),
        unit=say(plain(row["unit"])),
    )


SHEET = Sheet(
    "rates",
    "adjudication_rates",
    COLUMNS,
    fields=("events", "person_time", "unit"),
    text=text,
    check=check,
    clean="rate_values",
)

MEASURE = Measure(
    "per_100", mark(" per 100 person-years"), mark(" per 100 person-years"), moves="rate"
)


def pool(evidence: Evidence) -> Iterator[Row]:
    """The rows of `rates.csv`: every model for each outcome, in events per person-year."""
    from singlearm.catalogue.tables import row_of
    from singlearm.synthesis.notes import join
    from singlearm.synthesis.rates import RateModel, pool_rates

    for outcome in evidence.of_kind("rate"):
        rows = evidence.rows(KIND, outcome)
        years = _years(rows)
        for name, settings in MODELS.items():
            fit = pool_rates([row["events"] for row in rows], years, RateModel.of(settings))
            known = {"outcome": outcome, "model": name, "n": None, "note": join(*fit.notes)}
            yield row_of(fit, "rates", **known)


def _years(rows: Sequence[Row]) -> list[float]:
    return [row["person_time"] / IN_A_YEAR[row["unit"]] for row in rows]


def effects(evidence: Evidence, outcome: str) -> Effects:
    """Log rates of the studies."""
    from singlearm.synthesis.rate_effects import rate_effects

    rows = evidence.rows(KIND, outcome)
    yi, vi = rate_effects([row["events"] for row in rows], _years(rows))
    return Effects([row["study_id"] for row in rows], yi.tolist(), vi.tolist())


def study_rates(rows: Sequence[Row]) -> list[Row]:
    """Each study's own rate per person-year with its exact interval, and its time in years.

    Parameters
    ----------
    rows : sequence of dict
        Rows of the clean table `rate_values`.

    Returns
    -------
    list of dict
        The rows, with `years`, `estimate`, `ci_low` and `ci_high`.
    """
    from singlearm.synthesis.rate_effects import rate_intervals

    found = []
    for row, years in zip(rows, _years(rows), strict=True):
        low, high = (float(end) for end in rate_intervals(row["events"], years))
        values = {"estimate": row["events"] / years, "ci_low": low, "ci_high": high}
        found.append(row | {"years": years} | values)
    return found


def lead(rows: Sequence[Row], _: Settings) -> Row | None:
    """The first model in the order of reading that has a number."""
    known = [row for row in rows if row["estimate"] is not None] or list(rows)
    row = min(known, key=lambda row: list(MODELS).index(row["model"]), default=None)
    return row and headline(row)


def counts(row: Row) -> str:
    """`81 events in 4,210 person-years of 12 studies`."""
    return say(
        "{events} in {years} person-years of {studies}",
        events=say(
            "{n} event" if row["events"] == 1 else "{n} events", n=numbers.count(row["events"])
        ),
        years=numbers.count(round(row["person_time"])),
        studies=studies(row["k"]),
    )


def sentence(row: Row, label: str) -> str:
    """`Serious infection: 5.2 per 100 person-years (95% CI 3.1 to 8.4), median study; ...`."""
    if row["value"] is None:
        return say("{label}: no estimate; {counts}.", label=label, counts=counts(row))
    said = MEASURE.text(row["value"], row["low"], row["high"])
    # without a variance between studies the exact answer stands: of one study, or of no events
    same = row["model"] == "poisson_common" or row["tau2"] is None
    of = say("one rate for all studies" if same else "median study")
    if row["k"] == 1:
        of = say("the only study")
    return f"{label}: {said}, {of}; {counts(row)}."


def methods(_: Settings) -> str:
    """How rates are pooled."""
    return say(
        "Events per person-time were pooled with a Poisson likelihood within studies and normal "
        "log rates between them, with profile-likelihood intervals [@stijnen2010]; beside it "
        "stand the inverse-variance model of log rates (REML, modified Hartung-Knapp intervals) "
        "and one common rate with its exact interval, which holds only where all studies have the "
        "same rate (the test of homogeneity is in the table). The variance between studies (tau²) "
        "is one of log rates, I² follows from it. Prediction intervals allow for the "
        "uncertainty of mean and spread [@nagashima2019]. Time at risk was counted in years of 12 "
        "person-months or 365.25 person-days."
    )


KIND = Kind(
    "rate",
    SHEET,
    table="rates",
    models=LABELS,
    measure=MEASURE,
    lead=lead,
    counts=counts,
    sentence=sentence,
    methods=methods,
    effects=effects,
    poolings={"rates": Pooling((SHEET.clean_table,), pool)},
    title=mark("Events per person-time"),
    about=mark(
        "A study's rate is its events divided by its summed time at risk. What leads is the rate "
        "of the median study, not all events over all time: half of all similar studies would have "
        "a true rate above it, half below. The 95% prediction interval says where the true rate of "
        "one new, similar study would lie."
    ),
)

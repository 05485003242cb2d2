"""Proportions: patients with an event of patients assessed."""

import re
from collections.abc import Iterator, Sequence
from math import isclose

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say

from .base import Kind, Settings, Sheet, headline, interval_word, patients, studies
from .columns import LABEL, OUTCOME, SOURCE, VERIFIED, category, count
from .measure import Measure
from .model_words import ESTIMANDS, describe, estimand, model_of
from .rows import RowFault, count_faults, given, plain

#: "84% of 128" in a note: the percentage that a count was made from, and of how many.
PERCENT_OF = re.compile(
    r"(?<![0-9.])([0-9]{1,3}(?:\.[0-9]+)?)\s?%\s+of\s+(?:the\s+|all\s+)?([0-9]+)\b"
)
#: A note that adds or subtracts gives the percentage of a part, not of the count itself.
SUM = re.compile(r"\b(minus|plus|less)\b|[0-9] \+ [0-9]")

COLUMNS = (
    LABEL,
    OUTCOME,
    count("events", "Patients with the event: a count, not a percentage", required="filled"),
    count("total", "Patients assessed for it", minimum=1, required="filled"),
    category("derived", ("no", "from_percent", "from_sum"), "How the count was obtained"),
    *SOURCE,
    *VERIFIED,
)


def check(row: Row, prefix: str) -> Iterator[RowFault]:
    """Counts that cannot be, and a count that no rounding of the percentage in its note gives."""
    yield from count_faults(row, f"{prefix}events", f"{prefix}total")
    if not prefix and row["derived"] == "from_percent":
        yield from _percent(row)


def _percent(row: Row) -> Iterator[RowFault]:
    if not given(row["events"], row["total"], row["notes"]):
        return
    sentences = [part for part in re.split(r"[.;]\s", row["notes"]) if not SUM.search(part)]
    found = [(p, int(n)) for part in sentences for p, n in PERCENT_OF.findall(part)]
    found = [(percent, n) for percent, n in found if n == row["total"]]
    if found and not any(_fits(row["events"], row["total"], percent) for percent, _ in found):
        percent, total = found[0]
        exact = float(percent) * total / 100
        yield RowFault(
            "derived_count",
            "events",
            row["events"],
            f"the note says {percent}% of {total}, which is {exact:.4g} patients",
            f"{round(exact)} would fit; check the count or the note",
            "warning",
        )


def _fits(events: int, total: int, percent: str) -> bool:
    """Whether the count rounds to the printed percentage, or is next to what it stands for."""
    decimals = len(percent.partition(".")[2])
    half = 0.5 * 10**-decimals
    exact = float(percent) * total / 100
    return abs(100 * events / total - float(percent)) <= half + 1e-9 or abs(events - exact) <= 0.5


SHEET = Sheet(
    "outcomes",
    "adjudication",
    COLUMNS,
    fields=("events", "total"),
    text=lambda row: f"{plain(row['events'])}/{plain(row['total'])}",
    check=check,
    counted="total",
)

MEASURE = Measure("percent", mark("%"), mark(" percentage points"), moves="proportion")
AVERAGE = ("marginal", "marginal_low", "marginal_high")
ESTIMATE = ("estimate", "ci_low", "ci_high")


def lead(rows: Sequence[Row], protocol: Settings) -> Row | None:
    """The row under the primary model with its headline (see `headlined`)."""
    row = next((row for row in rows if row["model"] == protocol["primary"]), None)
    return row and headlined(row, protocol)


def headlined(row: Row, protocol: Settings) -> Row:
    """A model's row, of all studies or of a subgroup, with its headline.

    Parameters
    ----------
    row : dict
        A row of the table `pooled` or `subgroups`.
    protocol : mapping
        Its `headline` says whether the average over studies leads (the default) or the median
        study, as far as the model has both.

    Returns
    -------
    dict
        The row, with `value`, `low`, `high` and `of`, a key of `ESTIMANDS`.
    """
    model = model_of(protocol, row.get("model") or protocol["primary"])
    if model.likelihood == "bayes" and row["tau2"] is not None:  # else one study, exact
        row = row | {"interval": "CrI"}
    of = estimand(model)
    if of == "typical" and row["tau2"] is None:  # all or none of the patients: an exact interval
        of = "common"
    if of != "typical":
        return headline(row, ESTIMATE, of)
    average = protocol.get("headline", "average") == "average" and row["marginal"] is not None
    return headline(row, AVERAGE, "average") if average else headline(row, ESTIMATE, of)


def is_one_number(row: Row) -> bool:
    """Whether mean and median study are one number with one interval: studies do not differ."""
    ends = [(row[a], row[b]) for a, b in zip(AVERAGE, ESTIMATE, strict=True)]
    return all(a is not None and b is not None and isclose(a, b, rel_tol=1e-9) for a, b in ends)


def number_of(row: Row) -> str:
    """What the headline of a row is of: `average over studies`; of one study `the only study`."""
    return say("the only study" if row["k"] == 1 else ESTIMANDS[row["of"]])


def counts(row: Row) -> str:
    """`282 of 363 patients in 20 studies`."""
    return say(
        "{events} of {patients} in {studies}",
        events=numbers.count(row["events"]),
        patients=patients(row["total"]),
        studies=studies(row["k"]),
    )


def sentence(row: Row, label: str) -> str:
    """`Overall response: 78.1% (95% CI 65.4 to 85.8), average over studies; 282 of 363 ...`."""
    if row["value"] is None:
        return say("{label}: no estimate; {counts}.", label=label, counts=counts(row))
    said = MEASURE.text(row["value"], row["low"], row["high"], interval_word(row))
    return f"{label}: {said}, {number_of(row)}; {counts(row)}."


def methods(protocol: Settings) -> str:
    """How proportions are pooled under the primary model."""
    described = describe(protocol["models"][protocol["primary"]])
    return say(
        "Proportions were pooled with {model}. All intervals are at the 95% level.", model=described
    )


KIND = Kind(
    "proportion",
    SHEET,
    table="pooled",
    title=mark("Main analysis"),
    measure=MEASURE,
    lead=lead,
    counts=counts,
    sentence=sentence,
    methods=methods,
)

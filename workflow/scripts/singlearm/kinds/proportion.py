"""Proportions: patients with an event of patients assessed."""

from collections.abc import Sequence

from singlearm.catalogue import Row, numbers

from .base import Kind, Measure, Settings, Sheet, headline
from .model_words import ESTIMANDS, describe, estimand, model_of

MEASURE = Measure("percent", "%", " percentage points", moves="proportion")
AVERAGE = ("marginal", "marginal_low", "marginal_high")
ESTIMATE = ("estimate", "ci_low", "ci_high")


def lead(rows: Sequence[Row], protocol: Settings) -> Row | None:
    """The row under the primary model; its headline is the average over studies or the median
    study, as the protocol's `headline` says (default: average), as far as the model has both.
    """
    row = next((row for row in rows if row["model"] == protocol["primary"]), None)
    if row is None:
        return None
    of = estimand(model_of(protocol, protocol["primary"]))
    if of == "typical" and row["tau2"] is None:  # all or none of the patients: an exact interval
        of = "common"
    if of != "typical":
        return headline(row, ESTIMATE, of)
    average = protocol.get("headline", "average") == "average" and row["marginal"] is not None
    return headline(row, AVERAGE, "average") if average else headline(row, ESTIMATE, of)


def counts(row: Row) -> str:
    """`282 of 363 patients in 20 studies`."""
    patients = "patient" if row["total"] == 1 else "patients"
    studies = "study" if row["k"] == 1 else "studies"
    total = f"{numbers.count(row['events'])} of {numbers.count(row['total'])} {patients}"
    return f"{total} in {numbers.count(row['k'])} {studies}"


def sentence(row: Row, label: str) -> str:
    """`Overall response: 78.1% (95% CI 65.4 to 85.8), average over studies; 282 of 363 ...`."""
    if row["value"] is None:
        return f"{label}: no estimate; {counts(row)}."
    said = MEASURE.text(row["value"], row["low"], row["high"])
    return f"{label}: {said}, {ESTIMANDS[row['of']]}; {counts(row)}."


def methods(protocol: Settings) -> str:
    """How proportions are pooled under the primary model."""
    described = describe(protocol["models"][protocol["primary"]])
    return f"Proportions were pooled with {described}. All intervals are at the 95% level."


KIND = Kind(
    "proportion",
    Sheet("outcomes", "adjudication", text=lambda row: f"{row['events']}/{row['total']}"),
    table="pooled",
    measure=MEASURE,
    lead=lead,
    counts=counts,
    sentence=sentence,
    methods=methods,
)

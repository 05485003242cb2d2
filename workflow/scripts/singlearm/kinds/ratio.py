"""Randomised comparisons: hazard, odds and risk ratios, printed or from counts."""

from singlearm.catalogue import Row

from .base import Kind, Measure, Sheet


def label(row: Row) -> str:
    """How logs call a value of a trial: outcome, contrast and data cut."""
    cut = row["followup_months"]
    when = "no cut given" if cut is None else f"{cut:.10g} months"
    return f"{row['outcome']}, {row['comparison']}, {when}"


KIND = Kind(
    "ratio",
    Sheet(
        "comparative",
        "adjudication_comparative",
        key=("study_id", "comparison", "outcome", "followup_months"),
        label=label,
    ),
    table="ratios",
    measure=Measure("ratio", null=1.0),
)

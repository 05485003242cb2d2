"""Randomised comparisons: hazard, odds, risk ratios, risk differences; printed or from counts."""

from singlearm.catalogue import Row

from . import ratio_words
from .base import Kind, Measure, Sheet
from .ratio_check import check
from .ratio_pool import ratio_rows


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
        check=check,
    ),
    table="ratios",
    measure=Measure("ratio", null=1.0),
    lead=ratio_words.lead,
    estimate=ratio_words.estimate,
    sentence=ratio_words.sentence,
    methods=ratio_words.methods,
)

__all__ = ["KIND", "check", "ratio_rows"]

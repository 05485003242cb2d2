"""Randomised comparisons: hazard, odds, risk ratios, risk differences; printed or from counts."""

from . import ratio_words
from .base import Kind, Sheet
from .ratio_check import check
from .ratio_pool import ratio_rows

KIND = Kind(
    "ratio",
    Sheet(
        "comparative",
        "adjudication_comparative",
        key=("study_id", "comparison", "outcome", "followup_months"),
        check=check,
    ),
    table="ratios",
    lead=ratio_words.lead,
    estimate=ratio_words.estimate,
    sentence=ratio_words.sentence,
    methods=ratio_words.methods,
)

__all__ = ["KIND", "check", "ratio_rows"]

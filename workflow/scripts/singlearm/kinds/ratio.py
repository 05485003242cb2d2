"""Randomised comparisons: hazard, odds and risk ratios, printed or from counts."""

from .base import Kind, Sheet

KIND = Kind(
    "ratio",
    Sheet(
        "comparative",
        "adjudication_comparative",
        key=("study_id", "comparison", "outcome", "followup_months"),
    ),
    table="ratios",
)

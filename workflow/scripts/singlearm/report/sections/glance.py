"""The question, and the studies at a glance."""

from collections import Counter

from singlearm.catalogue import numbers
from singlearm.report import words
from singlearm.report.report_data import ReportData
from singlearm.report.review import members


def context(data: ReportData) -> dict:
    """Question and the studies in one paragraph of numbers."""
    review = data.review
    studies = review.studies
    infused = [row["n_infused"] for row in studies if row["n_infused"] is not None]
    years = [row["year"] for row in studies if row["year"] is not None]
    follow_up = [row["median_followup_months"] for row in studies]
    antigens = Counter(
        antigen for row in studies for antigen in members(row["target_antigens"], "+")
    )
    return {
        "question": review.protocol["review"]["question"],
        "facts": [
            ("Studies", numbers.count(len(studies)), _span_of(years)),
            ("Patients infused", numbers.count(sum(infused)), _lacking(infused, studies)),
            ("Targets", numbers.count(len(antigens)), _shares(antigens, len(studies))),
            ("Countries", *_distribution(studies, "country")),
            ("Designs", *_distribution(studies, "design")),
            (
                "Follow-up reported",
                f"{numbers.count(sum(value is not None for value in follow_up))} of "
                f"{numbers.count(len(studies))}",
                "studies give a median follow-up",
            ),
        ],
    }


def _span_of(years: list[int]) -> str:
    if not years:
        return "no year given"
    return f"reported {min(years)} to {max(years)}" if min(years) < max(years) else str(years[0])


def _lacking(known: list, studies) -> str:
    lacking = len(studies) - len(known)
    return f"{words.studies(lacking)} without a number" if lacking else "all studies give a number"


def _shares(counts: Counter, total: int, most: int = 3) -> str:
    shown = [f"{name} in {numbers.count(n)}" for name, n in counts.most_common(most)]
    rest = len(counts) - len(shown)
    return f"{', '.join(shown)}{f' and {rest} more' if rest > 0 else ''}; of {words.studies(total)}"


def _distribution(studies, column: str) -> tuple[str, str]:
    counts = Counter(words.design(row[column]) for row in studies if row[column] is not None)
    shown = [f"{name} {numbers.count(n)}" for name, n in counts.most_common(5)]
    rest = len(counts) - len(shown)
    lacking = len(studies) - sum(counts.values())
    told = ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
    if lacking:
        told += f"; {numbers.count(lacking)} not given"
    return numbers.count(len(counts)), told

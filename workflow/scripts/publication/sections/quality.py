"""Data quality: how the extractors agreed, what was held out, what the checks warn of."""

from collections import Counter

from pipeline import numbers
from publication import words
from publication.report_data import ReportData
from publication.review import distinct


def context(data: ReportData) -> dict:
    """Agreement by layer and sheet, held-out cells, warnings, and the log of changes."""
    return {
        "agreement": _agreement(data),
        "held_out": _held_out(data),
        "warnings": [row for row in data.problems if row["severity"] == "warning"],
        "errors": [row for row in data.problems if row["severity"] == "error"],
        "acts": _acts(data),
        "log": [
            {
                **row,
                "act": words.ACTS.get(row["act"], words.plain(row["act"])),
                "outcome": data.review.outcome_label(row["outcome"]) if row["outcome"] else "",
            }
            for row in data.change_log
        ],
    }


def _agreement(data: ReportData) -> dict:
    statuses = sorted(distinct(words.plain(row["status"]) for row in data.reconciliation))
    counts = Counter(
        (row["layer"], row["sheet_kind"], words.plain(row["status"])) for row in data.reconciliation
    )
    places = sorted({(layer, kind) for layer, kind, _ in counts})
    return {
        "statuses": statuses,
        "rows": [
            {
                "layer": layer,
                "kind": words.plain(kind),
                "counts": [numbers.count(counts[layer, kind, status]) for status in statuses],
            }
            for layer, kind in places
        ],
    }


def _held_out(data: ReportData) -> list[dict]:
    reasons = {
        (row["study_id"], row["outcome"]): row["reason"]
        for row in (*data.reconciliation, *data.change_log)
        if row["reason"]
    }
    return [
        {
            "study": row["study_id"],
            "outcome": data.review.outcome_label(row["outcome"]),
            "reason": reasons.get((row["study_id"], row["outcome"]), ""),
        }
        for row in data.availability
        if words.plain(row["status"]) == "held out"
    ]


def _acts(data: ReportData) -> str:
    counts = Counter(words.ACTS.get(row["act"], words.plain(row["act"])) for row in data.change_log)
    return words.listing([f"{label.lower()}: {numbers.count(n)}" for label, n in counts.items()])

"""The studies table and the matrix of what each study reports."""

from singlearm.catalogue import numbers
from singlearm.report import links, words
from singlearm.report.report_data import ReportData
from singlearm.report.review import distinct


def studies(data: ReportData) -> dict:
    """Rows of the studies table, and the values of its filters."""
    rows = data.review.studies
    filters = [
        {
            "column": column,
            "label": label,
            "values": sorted(distinct(words.plain(row[column]) for row in rows if row[column])),
        }
        for column, label in (("target_class", "Targets"), ("publication_type", "Report"))
    ]
    return {
        "rows": [_study(row) for row in rows],
        "filters": [choice for choice in filters if len(choice["values"]) > 1],
    }


def _study(row) -> dict:
    return {
        "id": row["study_id"],
        "name": f"{row['first_author'] or row['study_id']} {row['year'] or ''}".strip(),
        "title": row["title"] or "",
        "where": row["source"] or "",
        "year": row["year"],
        "target": (row["target_antigens"] or "").replace("+", " + "),
        "target_class": words.plain(row["target_class"]),
        "product": row["product"] or "",
        "design": _design(row),
        "country": row["country"] or "",
        "infused": row["n_infused"],
        "infused_text": numbers.count(row["n_infused"]),
        "followup": row["median_followup_months"],
        "followup_text": numbers.months(row["median_followup_months"]),
        "publication_type": words.plain(row["publication_type"]),
        "links": links.of_study(row),
        "notes": row["notes"] or "",
    }


def _design(row) -> str:
    phase = words.plain(row["phase"])
    numbered = f"phase {phase}" if phase[:1].isdigit() else phase
    return ", ".join(part for part in (numbered, words.design(row["design"])) if part)


_SYMBOLS = {"available": "●", "held out": "○", "absent": ""}


def matrix(data: ReportData) -> dict:
    """Study by outcome; outcomes that no study of the version has are named, not shown."""
    review = data.review
    status = {
        (row["study_id"], row["outcome"]): words.plain(row["status"]) for row in data.availability
    }
    names = list(review.protocol["outcomes"])
    studies_found = sorted({study for study, _ in status})
    shown = [
        name
        for name in names
        if any(status.get((study, name), "absent") != "absent" for study in studies_found)
    ]
    return {
        "outcomes": [
            {
                "label": review.outcome_label(name),
                "n": sum(status.get((study, name)) == "available" for study in studies_found),
            }
            for name in shown
        ],
        "rows": [
            {
                "study": study,
                "cells": [
                    {
                        "status": status.get((study, name), "absent"),
                        "symbol": _SYMBOLS.get(status.get((study, name), "absent"), "?"),
                    }
                    for name in shown
                ],
            }
            for study in studies_found
        ],
        "unseen": words.listing(
            [review.outcome_label(name) for name in names if name not in shown]
        ),
    }

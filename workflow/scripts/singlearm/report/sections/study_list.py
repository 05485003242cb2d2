"""The studies table and the matrix of what each study reports."""

from typing import Any

from singlearm.catalogue import Row
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.natural import natural
from singlearm.report import links, words
from singlearm.report.review import Review, distinct
from singlearm.report.tables import study_characteristics

#: Text columns with no more values than these get a filter.
MOST_CHOICES = 8


def studies(review: Review) -> dict[str, Any]:
    """Rows of the studies table, the cells behind the study's name, and the filters."""
    found = study_characteristics(review)
    rows, elsewhere = found.rows, ("study_id", "registration")
    return {
        "rows": [(row, links.of_study(row)) for row in rows],
        "cells": [cell for cell in found.cells if cell.name not in elsewhere],
        "filters": _filters(review, rows),
    }


def _filters(review: Review, rows: tuple[Row, ...]) -> list[dict[str, Any]]:
    """A choice for each column of text with a few values, by which its rows are found."""
    names = [*review.study_words.get("table", ()), "publication_type"]
    choices = []
    for name in dict.fromkeys(names):
        values = distinct(row.get(name) for row in rows)
        few = 1 < len(values) <= min(MOST_CHOICES, len(rows) // 2)
        if few and all(isinstance(value, str) for value in values):
            label = review.column_label(name) if name != "publication_type" else say("Report")
            labels = words.DESIGNS if name == "design" else {}
            told = {value: words.coded(labels, value) for value in values}
            shown = sorted(told.values())
            choices.append({"column": name, "label": label, "values": shown, "told": told})
    return choices


_SYMBOLS = {mark("available"): "●", mark("held out"): "○", mark("absent"): ""}


def matrix(review: Review) -> dict[str, Any]:
    """Study by outcome; outcomes that no study of the version has are named, not shown."""
    status = {
        (row["study_id"], row["outcome"]): row["status"] for row in review.rows("availability")
    }
    names = list(review.protocol["outcomes"])
    found = sorted(
        {study for study, _ in status}, key=lambda study: natural(review.study_label(study))
    )

    def of(study: str, name: str) -> str:
        return status.get((study, name), "absent")

    shown = [name for name in names if any(of(study, name) != "absent" for study in found)]
    return {
        "outcomes": [
            (review.outcome_label(name), sum(of(study, name) == "available" for study in found))
            for name in shown
        ],
        "rows": [
            (
                review.study_label(study),
                [(say(of(study, name)), _SYMBOLS.get(of(study, name), "?")) for name in shown],
            )
            for study in found
        ],
        "whole": review.complete,
        "unseen": words.listing(
            [review.outcome_label(name) for name in names if name not in shown]
        ),
    }

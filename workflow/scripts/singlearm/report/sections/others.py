"""The outcomes of every kind but proportions, and the audit of published claims."""

from collections import Counter
from typing import Any

from singlearm.catalogue import Row, numbers
from singlearm.kinds import KINDS
from singlearm.report import kind_tables, tables, words
from singlearm.report.review import Review, distinct


def sections(review: Review) -> list[dict[str, Any]]:
    """A section for each kind but proportions that has results: sentences, figures and rows."""
    return [
        _section(review, name)
        for name, kind in KINDS.items()
        if name != "proportion" and review.rows(kind.table)
    ]


def _section(review: Review, name: str) -> dict[str, Any]:
    kind = KINDS[name]
    found = distinct(row["outcome"] for row in review.rows(kind.table))
    outcomes = [outcome for outcome in review.outcome_names(name) if outcome in found]
    leads = [(outcome, review.lead(outcome)) for outcome in outcomes]
    return {
        "id": kind.table,
        "kind": name,
        "heading": kind.title or words.plain(name).capitalize(),
        "about": kind.about,
        "outcomes": outcomes,
        "sentences": [
            text
            for outcome, row in leads
            if row and kind.sentence and (text := kind.sentence(row, review.outcome_label(outcome)))
        ],
        "tables": [kind_tables.of_kind(review, name), *kind_tables.by_group(review, name)],
    }


def claims(review: Review) -> dict[str, Any]:
    """The audit: counts of verdicts, and each claim, what was not reproduced first."""
    rows = review.rows("claims")
    found = Counter(row["verdict"] for row in rows)
    return {
        "counts": [
            (code, label, numbers.count(found[code])) for code, label in words.VERDICTS.items()
        ],
        "rows": sorted(rows, key=_failures_first),
        "cells": {cell.heading: cell for cell in tables.claims_audit(review).cells},
    }


def _failures_first(row: Row) -> int:
    order = ("not_reproduced", "consistent", "reproduced", "not_testable")
    return order.index(row["verdict"]) if row["verdict"] in order else len(order)

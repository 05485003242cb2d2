"""The outcomes of every kind but proportions, and the audit of published claims."""

from collections import Counter
from typing import Any

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import say
from singlearm.kinds import KINDS
from singlearm.report import kind_tables, links, tables, words
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
        "heading": say(kind.title) or words.plain(name).capitalize(),
        "about": say(kind.about),
        "outcomes": outcomes,
        "sentences": [
            text
            for outcome, row in leads
            if row and kind.sentence and (text := kind.sentence(row, review.outcome_label(outcome)))
        ],
        "studies": [
            (outcome, review.outcome_label(outcome), printed(review, outcome))
            for outcome in outcomes
        ],
        "table": kind_tables.of_kind(review, name),
        "by_group": kind_tables.by_group(review, name),
        "behind": kind_tables.of_studies(review, name),
    }


def printed(review: Review, outcome: str) -> list[dict[str, Any]]:
    """What each study prints of an outcome, with its source and notes; none of curves' readings."""
    kind, settings = review.kind_of(outcome), review.outcome(outcome)
    sheet = kind.sheet
    if kind.derived or sheet.whole:
        return []
    return [
        {
            "label": review.study_label(row["study_id"]),
            "value": ": ".join(filter(None, (sheet.place(row), sheet.text(row)))),
            "source": links.source(row.get("source_url")),
            "source_type": words.plain(row.get("source_type")),
            "locator": row.get("source_locator") or "",
            "notes": row.get("notes") or "",
        }
        for row in review.rows(sheet.clean_table)
        if kind.is_of(row, outcome, settings)
    ]


def claims(review: Review) -> dict[str, Any]:
    """The audit: counts of verdicts, and each claim, what was not reproduced first."""
    rows = review.rows("claims")
    found = Counter(row["verdict"] for row in rows)
    return {
        "counts": [
            (code, say(label), numbers.count(found[code])) for code, label in words.VERDICTS.items()
        ],
        "rows": sorted(rows, key=_failures_first),
        "cells": tables.claims_audit(review).cells,
    }


def _failures_first(row: Row) -> int:
    order = ("not_reproduced", "consistent", "reproduced", "not_testable")
    return order.index(row["verdict"]) if row["verdict"] in order else len(order)

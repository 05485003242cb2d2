"""The outcomes of every kind but proportions, and the audit of published claims."""

import math
from collections import Counter
from typing import Any

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.words import VERDICTS
from singlearm.kinds import KINDS
from singlearm.report import kind_tables, links, tables, words
from singlearm.report.review import Review, place

#: A study with a larger share of the weight of a curve is named.
MOST = 0.25
#: Two times are one if no further apart: tables round theirs. Months.
SAME_TIME = 1e-6
#: The order of claims.
FAILURES_FIRST = ("not_reproduced", "consistent", "reproduced", "not_testable")


def sections(review: Review) -> list[dict[str, Any]]:
    """A section for each kind but proportions that has results: sentences, figures and rows."""
    return [
        _section(review, name)
        for name in KINDS
        if name != "proportion"
        and any(_reported(review, each) for each in review.outcome_names(name))
    ]


def _reported(review: Review, outcome: str) -> bool:
    """Whether any method has a study of it, or a row of its own for one."""
    rows = review.rows(review.kind_of(outcome).table, outcome=outcome)
    return any(row["k"] or row.get("study_id") for row in rows)


def _section(review: Review, name: str) -> dict[str, Any]:
    kind = KINDS[name]
    outcomes = [outcome for outcome in review.outcome_names(name) if _reported(review, outcome)]
    leads = [(outcome, review.lead(outcome)) for outcome in outcomes]
    return {
        "id": kind.table,
        "heading": say(kind.title),
        "about": say(kind.about),
        "outcomes": outcomes,
        "sentences": [
            " ".join([text, *beside(review, outcome)])
            for outcome, row in leads
            if row
            and row["k"]
            and kind.sentence
            and (text := kind.sentence(row, review.outcome_label(outcome)))
        ],
        "studies": [
            (outcome, review.outcome_label(outcome), printed(review, outcome))
            for outcome in outcomes
        ],
        "table": kind_tables.of_kind(review, name),
        "by_group": kind_tables.by_group(review, name),
        "behind": kind_tables.of_studies(review, name),
    }


def beside(review: Review, outcome: str) -> list[str]:
    """What belongs beside a sentence about survival: the curve from all evidence at a fixed time,
    and the study that weighs most in such a curve.
    """
    settings = review.outcome(outcome)
    if settings["kind"] == "landmark":
        studies = review.result(outcome)
        curves = [name for name in review.outcome_names("survival") if review.has_data(name)]
        return [
            _at_fixed_time(row, studies)
            for name in curves
            if review.outcome(name)["of"] == settings["of"]
            for row in _of_curve(review, name, "survival")
            if math.isclose(row["time_months"], settings["months"], abs_tol=SAME_TIME)
        ]
    if settings["kind"] != "survival" or review.result(outcome)["value"] is None:
        return []
    weights: Counter[str] = Counter()
    for row in _of_curve(review, outcome, "point"):
        weights[row["study_id"]] += row["weight"] or 0
    shares = [(study, weight / weights.total()) for study, weight in weights.most_common(1)]
    return [
        say(
            "{study} alone has {percent}% of the weight.",
            study=review.study_label(study),
            percent=numbers.percent(share, 0),
        )
        for study, share in shares
        if share >= MOST and len(weights) > 1
    ]


def _at_fixed_time(row: Row, studies: Row) -> str:
    """The curve at a time, and whether what the studies print, pooled, lies outside it."""
    told = say(
        "The curve from all evidence ({studies}) has {result} there.",
        studies=words.studies(row["k"]),
        result=numbers.percent_words(row["estimate"], row["ci_low"], row["ci_high"]),
    )
    value, low, high = studies["value"], row["ci_low"], row["ci_high"]
    if None in (value, low, high) or low <= value <= high:
        return told
    one = studies["k"] == 1
    if value > high:
        text = (
            mark("What the study prints lies above its interval.")
            if one
            else mark("What the studies print, pooled, lies above its interval.")
        )
    else:
        text = (
            mark("What the study prints lies below its interval.")
            if one
            else mark("What the studies print, pooled, lies below its interval.")
        )
    return f"{told} {say(text)}"


def _of_curve(review: Review, outcome: str, quantity: str) -> list[Row]:
    """Rows of the curve that leads."""
    model = review.result(outcome)["model"]
    return review.rows("survival_model", outcome=outcome, model=model, quantity=quantity)


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
            "source_type": numbers.plain(row.get("source_type")),
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
            (code, say(label), numbers.count(found[code])) for code, label in VERDICTS.items()
        ],
        "rows": sorted(rows, key=lambda row: place(row["verdict"], FAILURES_FIRST)),
        "cells": tables.claims_audit(review).cells,
        "tuned": words.tuned(review.protocol),
    }

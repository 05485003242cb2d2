"""Data quality: how the extractors agreed, what was held out, what the checks warn of."""

from collections import Counter

from singlearm.catalogue import numbers
from singlearm.report import words
from singlearm.report.report_data import ReportData
from singlearm.report.review import distinct

#: A cell that merely entered the analysis is not news.
_NOT_NEWS = "added"
#: Name in `agreement` of the row that takes all outcomes, or all fields, together.
ALL = "all"


def context(data: ReportData) -> dict:
    """Agreement by layer and sheet, held-out cells, warnings, and the log of changes."""
    log = [row for row in data.change_log if row["act"] != _NOT_NEWS or row["before"]]
    return {
        "agreement": _agreement(data),
        "exact": _exact(data),
        "held_out": _held_out(data),
        "warnings": [row for row in data.problems if row["severity"] == "warning"],
        "acts": _acts(log),
        "entered": numbers.count(len(data.change_log) - len(log)),
        "log": _grouped(data, log),
    }


def _grouped(data: ReportData, log) -> list[dict]:
    """One row per act, study and reason; the cells of a study that share them are joined."""
    found: dict[tuple, list] = {}
    for row in log:
        found.setdefault((row["act"], row["layer"], row["study_id"], row["reason"]), []).append(row)
    return [
        {
            "act": words.ACTS.get(act, words.plain(act)),
            "layer": layer or "",
            "study": study or "",
            "reason": reason or "",
            "cells": "; ".join(cell for row in rows if (cell := _cell(data, row))),
        }
        for (act, layer, study, reason), rows in found.items()
    ]


def _cell(data: ReportData, row) -> str:
    label = data.review.outcome_label(row["outcome"]) if row["outcome"] else ""
    if row["before"] or row["after"]:
        label += f" {row['before'] or 'nothing'} → {row['after'] or 'nothing'}"
    return label.strip()


def _agreement(data: ReportData) -> dict:
    """Cells by status; each cell has a row for every field, so one field of a sheet counts them."""
    first = {}
    for row in data.reconciliation:
        kind = row["sheet_kind"]
        first[kind] = min(first.get(kind, row["field"]), row["field"])
    cells = [row for row in data.reconciliation if row["field"] == first[row["sheet_kind"]]]
    statuses = sorted(distinct(words.plain(row["status"]) for row in cells))
    counts = Counter((row["layer"], row["sheet_kind"], words.plain(row["status"])) for row in cells)
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


def _exact(data: ReportData) -> list[dict]:
    """Exact agreement on each outcome's cells that both extractors filled, field by field."""
    found: dict[tuple, dict] = {}
    for row in data.agreement:
        key = (row["outcome"] != ALL, row["layer"], row["sheet_kind"], row["outcome"])
        found.setdefault(key, {})[row["field"]] = row
    return [
        {
            "layer": layer,
            "what": (
                f"All {words.plain(kind)}" if name == ALL else data.review.outcome_label(name)
            ),
            "both": numbers.count(fields[ALL]["both"]),
            "equal": _share(fields[ALL]),
            "fields": "; ".join(
                f"{words.plain(field)} {_share(row)}"
                for field, row in fields.items()
                if field != ALL
            ),
        }
        for (_, layer, kind, name), fields in sorted(found.items())
        if fields[ALL]["both"]
    ]


def _share(row) -> str:
    share, low, high = (numbers.percent(row[name]) for name in ("share", "ci_low", "ci_high"))
    return f"{numbers.count(row['equal'])} ({share}%, 95% CI {low} to {high})"


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


def _acts(log) -> str:
    counts = Counter(words.ACTS.get(row["act"], words.plain(row["act"])) for row in log)
    return words.listing([f"{label.lower()}: {numbers.count(n)}" for label, n in counts.items()])

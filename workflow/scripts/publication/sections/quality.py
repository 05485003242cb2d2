"""Data quality: how the extractors agreed, what was held out, what the checks warn of."""

from collections import Counter

from pipeline import numbers
from publication import words
from publication.report_data import ReportData
from publication.review import distinct, select

#: A cell that merely entered the analysis is not news.
_NOT_NEWS = "added"


def context(data: ReportData) -> dict:
    """Agreement by layer and sheet, held-out cells, warnings, and the log of changes."""
    log = [row for row in data.change_log if row["act"] != _NOT_NEWS or row["before"]]
    return {
        "agreement": _agreement(data),
        "exact": [text for layer in _layers(data) if (text := _exact(data, layer))],
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


def _layers(data: ReportData) -> list[str]:
    return sorted(distinct(row["layer"] for row in data.reconciliation))


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


def _exact(data: ReportData, layer: str) -> str:
    """On how many counts that both extractors filled they agree exactly."""
    cells: dict[tuple, list] = {}
    for row in select(data.reconciliation, layer=layer, sheet_kind="outcomes"):
        cells.setdefault((row["study_id"], row["outcome"]), []).append(row)
    both = [
        fields
        for fields in cells.values()
        if all(any(row[value] for row in fields) for value in ("value_1", "value_2"))
    ]
    if not both:
        return ""
    same = sum(all(row["value_1"] == row["value_2"] for row in fields) for fields in both)
    return (
        f"Layer {layer}: both extractors filled {words.plural(len(both), 'count')} (events and "
        f"total) and agree exactly on {numbers.count(same)} ({numbers.percent(same / len(both))}%)."
    )


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

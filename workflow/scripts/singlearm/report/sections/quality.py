"""Data quality: how the extractors agreed, what was held out, what the checks warn of."""

from collections import Counter
from typing import Any

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import say, within
from singlearm.report import words
from singlearm.report.review import Review

#: A cell that merely entered the analysis is not news.
_NOT_NEWS = "added"
#: Name in `agreement` of the row that takes all outcomes, or all fields, together.
ALL = "all"


def context(review: Review) -> dict[str, Any]:
    """Agreement by layer and sheet, held-out cells, warnings, and the log of changes."""
    entries = review.rows("change_log")
    log = [row for row in entries if _news(row)]
    return {
        "agreement": _agreement(review),
        "exact": _exact(review),
        "held_out": _held_out(review),
        "warnings": [row for row in review.rows("problems") if row["severity"] == "warning"],
        "acts": _acts(log),
        "entered": numbers.count(sum(bool(row["outcome"]) for row in entries if not _news(row))),
        "log": _grouped(review, log),
    }


def _news(row: Row) -> bool:
    """Whether an entry of the log says more than that a cell or study came in."""
    return row["act"] != _NOT_NEWS or bool(row["before"])


def _grouped(review: Review, log: list[Row]) -> list[dict[str, Any]]:
    """One row per act, study and reason; the cells of a study that share them are joined."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in log:
        found.setdefault((row["act"], row["layer"], row["study_id"], row["reason"]), []).append(row)
    return [
        {
            "act": _act(act),
            "layer": layer or "",
            "study": review.study_label(study or ""),
            "reason": reason or "",
            "cells": "; ".join(cell for row in rows if (cell := _cell(review, row))),
        }
        for (act, layer, study, reason), rows in found.items()
    ]


def _act(code: str) -> str:
    return say(words.ACTS[code]) if code in words.ACTS else numbers.word(code)


def _cell(review: Review, row: Row) -> str:
    label = review.outcome_label(row["outcome"]) if row["outcome"] else ""
    if row["before"] or row["after"]:
        before, after = (row[when] or say("nothing") for when in ("before", "after"))
        label += f" {before} → {after}"
    return label.strip()


def _agreement(review: Review) -> dict[str, Any]:
    """Cells by status; each cell has a row for every field, so one field of a sheet counts them."""
    rows = review.rows("reconciliation")
    first: dict[str, str] = {}
    for row in rows:
        kind = row["sheet_kind"]
        first[kind] = min(first.get(kind, row["field"]), row["field"])
    cells = [row for row in rows if row["field"] == first[row["sheet_kind"]]]
    statuses = sorted({row["status"] for row in cells})
    counts = Counter((row["layer"], row["sheet_kind"], row["status"]) for row in cells)
    places = sorted({(layer, kind) for layer, kind, _ in counts})
    return {
        "statuses": [numbers.word(status) for status in statuses],
        "rows": [
            {
                "layer": layer,
                "kind": numbers.plain(kind),
                "counts": [numbers.count(counts[layer, kind, status]) for status in statuses],
            }
            for layer, kind in places
        ],
    }


def _exact(review: Review) -> list[dict[str, Any]]:
    """Exact agreement on each outcome's cells that both extractors filled, field by field."""
    found: dict[tuple[Any, ...], dict[str, Row]] = {}
    for row in review.rows("agreement"):
        key = (row["outcome"] != ALL, row["layer"], row["sheet_kind"], row["outcome"])
        found.setdefault(key, {})[row["field"]] = row
    return [
        {
            "layer": layer,
            "what": (
                say("All {sheet}", sheet=numbers.plain(kind))
                if name == ALL
                else review.outcome_label(name)
            ),
            "both": numbers.count(fields[ALL]["both"]),
            "equal": _share(fields[ALL]),
            "fields": "; ".join(
                f"{numbers.plain(field)} {_share(row)}"
                for field, row in fields.items()
                if field != ALL
            ),
        }
        for (_, layer, kind, name), fields in sorted(found.items())
        if fields[ALL]["both"]
    ]


def _share(row: Row) -> str:
    share, low, high = (numbers.percent(row[name]) for name in ("share", "ci_low", "ci_high"))
    limits = f"{numbers.interval_name('CI')} {numbers.span(low, high)}"
    return f"{numbers.count(row['equal'])} ({share}%, {limits})"


def _held_out(review: Review) -> list[dict[str, Any]]:
    return [
        {
            "study": review.study_label(row["study_id"]),
            "outcome": review.outcome_label(row["outcome"]),
            "reason": row["reason"] or "",
        }
        for row in review.held_out()
    ]


def _acts(log: list[Row]) -> str:
    counts = Counter(_act(row["act"]) for row in log)
    told = [f"{within(label)}: {numbers.count(n)}" for label, n in counts.items()]
    return words.capital(words.listing(told))

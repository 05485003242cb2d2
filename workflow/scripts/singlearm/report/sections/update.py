"""What is different from the version that this one updates."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say, within
from singlearm.kinds import time
from singlearm.report import words
from singlearm.report.changed_results import how_of
from singlearm.report.review import Review, select

#: What happened to a study or cell.
ACTS = {
    "added": mark("added"),
    "carried": mark("carried"),
    "excluded": mark("excluded"),
    "removed": mark("removed"),
    "replaced": mark("replaced"),
    "superseded": mark("superseded"),
    "withdrawn": mark("withdrawn"),
}


def context(review: Review) -> dict[str, Any]:
    """Counts, changed conclusions, main results before and now, studies and cells."""
    rows = review.rows("changes")
    studies, cells = ([*select(rows, kind=kind)] for kind in ("study", "cell"))
    compared = [row for row in select(rows, kind="conclusion") if row["act"] in {"changed", "kept"}]
    changed = [row for row in compared if row["changed"]]
    moved = {row["item"] for row in studies}
    return {
        "before": review.protocol["version"].get("compare_with"),
        "any": bool(rows),
        "counts": words.listing([*_counts(studies, words.studies), *_counts(cells, _cells)]),
        "verdict": _verdict(compared, changed),
        "conclusions": [(item(review, row["item"]), row["reason"] or "") for row in changed],
        "estimates": _main_estimates(review, rows),
        "studies": [(review.study_label(row["item"]), _told(row)) for row in studies],
        # A study that came or went took its cells along: those of the others are listed.
        "cells": [
            (review.study_label(study), item(review, rest), _told(row))
            for row in cells
            for study, _, rest in [row["item"].partition("/")]
            if study not in moved
        ],
    }


def _counts(rows: list[Row], counted: Callable[[int], str]) -> list[str]:
    acts = Counter(row["act"] for row in rows)
    return [f"{counted(n)} {act(code)}" for code, n in sorted(acts.items())]


def _cells(n: int) -> str:
    return numbers.plural(n, "cell")


def act(code: str) -> str:
    """What happened to a study or cell, as the reader calls it."""
    return say(ACTS[code]) if code in ACTS else words.plain(code)


def _told(row: Row) -> Row:
    """A row with its act as the reader calls it."""
    return row | {"act": act(row["act"])}


def _verdict(compared: list[Row], changed: list[Row]) -> str:
    if not compared:
        return say("No conclusion can be compared.")
    all_of_them = numbers.plural(len(compared), "conclusion")
    if not changed:
        return say("None of {conclusions} that can be compared changed.", conclusions=all_of_them)
    return say(
        "{n} of {conclusions} that can be compared changed, by the protocol's rule:",
        n=numbers.count(len(changed)),
        conclusions=all_of_them,
    )


def item(review: Review, name: str) -> str:
    """An item of changes.csv as the reader calls it; the primary model goes without saying."""
    silent = {review.protocol["primary"], time.BOUNDED}
    named = []
    for part in name.split("/"):
        if part in review.protocol["outcomes"]:
            named.append(review.outcome_label(part))
        elif part in review.protocol["subgroups"]:
            named.append(within(review.subgroup_label(part)))
        elif part not in silent:
            named.append(words.plain(part))
    return ", ".join(named)


def _main_estimates(review: Review, rows: list[Row]) -> list[dict[str, str]]:
    """The headline of each outcome before and now."""
    by_item = {row["item"]: row for row in select(rows, kind="conclusion")}
    found = []
    for name in review.protocol["outcomes"]:
        lead = review.lead(name)
        row = by_item.get(f"{name}/{how_of(lead)}") if lead else None
        if row is not None and _has_numbers(row):
            found.append((name, row))
    return [
        {
            "anchor": anchor(review, name),
            "label": review.outcome_label(name),
            "before": _side(review, name, row, "before"),
            "after": _side(review, name, row, "after"),
            "difference": _difference(review, name, row),
        }
        for name, row in found
    ]


def anchor(review: Review, name: str) -> str:
    """Where on the page an outcome is: proportions have a place of their own."""
    kind = review.kind_of(name)
    return name if kind.name == "proportion" else kind.table


def _has_numbers(row: Row) -> bool:
    return row["value_before"] is not None or row["value_after"] is not None


def _side(review: Review, name: str, row: Row, when: str) -> str:
    measure = review.kind_of(name).measure
    value, low, high = (row[f"{part}_{when}"] for part in ("value", "low", "high"))
    if value is None:
        return numbers.MISSING
    return f"{measure.text(value, low, high)}, {words.studies(row[f'k_{when}'])}"


def _difference(review: Review, name: str, row: Row) -> str:
    if row["value_before"] is None or row["value_after"] is None:
        return ""
    return review.kind_of(name).measure.difference(row["value_after"] - row["value_before"])

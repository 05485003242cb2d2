"""What is different from the version that this one updates."""

from collections import Counter
from typing import Any

from singlearm.catalogue import Row, language, numbers
from singlearm.kinds import time
from singlearm.report import words
from singlearm.report.changed_results import how_of
from singlearm.report.review import Review, select


def context(review: Review) -> dict[str, Any]:
    """Counts, changed conclusions, main results before and now, studies and cells."""
    rows = review.rows("changes")
    compared = [row for row in select(rows, kind="conclusion") if row["act"] in {"changed", "kept"}]
    changed = [row for row in compared if row["changed"]]
    moved = {row["item"] for row in select(rows, kind="study")}
    return {
        "before": review.protocol["version"].get("compare_with"),
        "any": bool(rows),
        "counts": words.listing([*_counts(rows, "study", "studies"), *_counts(rows, "cell")]),
        "verdict": _verdict(compared, changed),
        "conclusions": [(item(review, row["item"]), row["reason"] or "") for row in changed],
        "estimates": _main_estimates(review, rows),
        "studies": [(review.study_label(row["item"]), row) for row in select(rows, kind="study")],
        # A study that came or went took its cells along: those of the others are listed.
        "cells": [
            (review.study_label(study), item(review, rest), row)
            for row in select(rows, kind="cell")
            for study, _, rest in [row["item"].partition("/")]
            if study not in moved
        ],
    }


def _counts(rows: list[Row], kind: str, many: str | None = None) -> list[str]:
    acts = Counter(row["act"] for row in select(rows, kind=kind))
    return [f"{words.plural(n, kind, many)} {words.plain(act)}" for act, n in sorted(acts.items())]


def _verdict(compared: list[Row], changed: list[Row]) -> str:
    if not compared:
        return "No conclusion can be compared."
    if not changed:
        return f"None of {words.plural(len(compared), 'conclusion')} that can be compared changed."
    return (
        f"{numbers.count(len(changed))} of {words.plural(len(compared), 'conclusion')} that can be "
        "compared changed, by the protocol's rule:"
    )


def item(review: Review, name: str) -> str:
    """An item of changes.csv as the reader calls it; the primary model goes without saying."""
    silent = {review.protocol["primary"], time.BOUNDED}
    named = []
    for part in name.split("/"):
        if part in review.protocol["outcomes"]:
            named.append(review.outcome_label(part))
        elif part in review.protocol["subgroups"]:
            named.append(language.within(review.subgroup_label(part)))
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

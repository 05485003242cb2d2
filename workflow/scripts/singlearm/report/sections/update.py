"""What is different from the version that this one updates."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import say, within
from singlearm.kinds import time
from singlearm.report import words
from singlearm.report.changed_data import CARRIED
from singlearm.report.review import Review, select


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
        "verdict": " ".join(filter(None, [_carried(cells), _verdict(compared, changed)])),
        "conclusions": [
            (item(review, row["item"]), _reason(review, row, cells)) for row in changed
        ],
        "estimates": _main_estimates(review, rows),
        "studies": [(review.study_label(row["item"]), _told(row)) for row in studies],
        # A study that came or went took its cells along: those of the others are listed.
        "cells": [
            (review.study_label(study), _cell(review, rest), _told(row))
            for row in cells
            for study, _, rest in [row["item"].partition("/")]
            if study not in moved
        ],
    }


def _counts(rows: list[Row], counted: Callable[[int], str]) -> list[str]:
    acts = Counter(row["act"] for row in rows)
    return [f"{counted(n)} {numbers.word(code)}" for code, n in sorted(acts.items())]


def _cells(n: int) -> str:
    return numbers.plural(n, "cell")


def _carried(cells: list[Row]) -> str:
    if not any(row["act"] == CARRIED for row in cells):
        return ""
    return say(
        "Cells carried over are no new evidence: they are of reports that a newer one without them "
        "supersedes."
    )


def _reason(review: Review, changed: Row, cells: list[Row]) -> str:
    """Why a conclusion changed, and how many of the cells behind it are no new evidence: of kinds
    whose cells go by the outcome (those of an end point may be of several).
    """
    outcome, reason = changed["outcome"], changed["reason"] or ""
    if outcome not in review.protocol["outcomes"] or review.kind_of(outcome).sheet.by_end_point:
        return reason
    items = [row["item"] for row in cells if row["act"] == CARRIED and row["outcome"] == outcome]
    carried = sum(item.count("/") == 1 for item in items)
    return f"{reason} ({say('{cells} carried over', cells=_cells(carried))})" if carried else reason


def _told(row: Row) -> Row:
    """A row with its act as the reader calls it."""
    return row | {"act": numbers.word(row["act"])}


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
            named.append(numbers.plain(part))
    return ", ".join(filter(None, named))


def _cell(review: Review, name: str) -> str:
    """A cell of changes.csv as the reader calls it: `pfs/12` is survival at a fixed time, whatever
    the outcome that is called `pfs`.
    """
    of, months, *_ = *name.split("/"), ""
    if not months.removesuffix(".0").replace(".", "", 1).isdigit():
        return item(review, name)
    for outcome in review.outcome_names("landmark"):
        settings = review.outcome(outcome)
        if settings["of"] == of and float(settings["months"]) == float(months):
            return review.outcome_label(outcome)
    label = _end_point(review, of)
    if not label:
        return say("{code}: free of the event at {n} months", code=of, n=months)
    return say("Survival at {n} months ({label})", n=months, label=within(label))


def _end_point(review: Review, code: str) -> str:
    """What the protocol calls an end point: the label of its curve, median or ratio, as that of
    survival at a fixed time names another time.
    """
    for kind in ("survival", "curve", "time"):
        for outcome in review.outcome_names(kind):
            if review.outcome(outcome).get("of") == code:
                return review.outcome_label(outcome)
    return review.outcome_label(code) if code in review.protocol["outcomes"] else ""


def _main_estimates(review: Review, rows: list[Row]) -> list[dict[str, str]]:
    """The headline of each outcome before and now, each under the model that led then."""
    found = []
    for name in review.protocol["outcomes"]:
        leading = [
            row
            for row in select(rows, kind="conclusion", outcome=name)
            if row["result_before"] or row["result_after"]
        ]
        if leading:
            before, after = (
                next(filter(None, (row[f"result_{when}"] for row in leading)), numbers.MISSING)
                for when in ("before", "after")
            )
            moved = [_difference(review, row) for row in leading]
            found.append(
                {
                    "anchor": anchor(review, name),
                    "label": review.outcome_label(name),
                    "before": before,
                    "after": after,
                    "difference": next(filter(None, moved), ""),
                }
            )
    return found


def anchor(review: Review, name: str) -> str:
    """Where on the page an outcome is: proportions have a place of their own."""
    kind = review.kind_of(name)
    return name if kind.name == "proportion" else kind.table


def _difference(review: Review, row: Row) -> str:
    """How far a result moved under one model, as people print it."""
    if row["value_before"] is None or row["value_after"] is None:
        return ""
    measure = review.kind_of(row["outcome"]).measure
    return measure.difference(row["value_after"] - row["value_before"])

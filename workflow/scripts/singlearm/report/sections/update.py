"""What is different from the version that this one updates."""

from collections import Counter

from singlearm.catalogue import Row, numbers
from singlearm.report import words
from singlearm.report.changed_data import parse_values
from singlearm.report.report_data import ReportData
from singlearm.report.review import Review, select


def context(data: ReportData) -> dict:
    """Counts, changed conclusions, main results before and now, studies and cells."""
    review, rows = data.review, data.changes
    compared = [row for row in select(rows, kind="conclusion") if row["act"] in {"changed", "kept"}]
    changed = [row for row in compared if row["changed"]]
    return {
        "before": review.protocol["version"].get("compare_with"),
        "any": bool(rows),
        "counts": words.listing([*_counts(rows, "study", "studies"), *_counts(rows, "cell")]),
        "verdict": _verdict(compared, changed),
        "conclusions": [_conclusion(review, row) for row in changed],
        "estimates": _main_estimates(review, rows),
        "studies": [_study(row) for row in select(rows, kind="study")],
        "cells": _cells(review, rows),
    }


def _counts(rows, kind: str, many: str | None = None) -> list[str]:
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


def _conclusion(review: Review, row: Row) -> dict:
    return {"item": item(review, row["item"]), "reason": row["reason"] or ""}


def item(review: Review, name: str) -> str:
    """An item of changes.csv as the reader calls it; the primary model goes without saying."""
    silent = {review.protocol["primary"], review.protocol["paper_times"]}
    subgroups = review.protocol["subgroups"]
    told = []
    for part in name.split("/"):
        if part in review.protocol["outcomes"]:
            told.append(review.outcome_label(part))
        elif part in subgroups:
            told.append(words.lowered(review.subgroup_label(part)))
        elif part not in silent:
            told.append(words.plain(part))
    return ", ".join(told)


def _main_estimates(review: Review, rows) -> list[dict]:
    """Proportions under the primary model and medians by the protocol's method."""
    found = {row["item"]: row for row in select(rows, kind="estimate")}
    shown = []
    for name, settings in review.protocol["outcomes"].items():
        how = {"proportion": "primary", "time": "paper_times"}.get(settings["kind"])
        row = found.get(f"{name}/{review.protocol[how]}") if how else None
        if row:
            texts = [_result(row[side], settings["kind"]) for side in ("before", "after")]
            shown.append(
                {
                    "id": name if settings["kind"] == "proportion" else "times",
                    "label": review.outcome_label(name),
                    "before": texts[0],
                    "after": texts[1],
                    "difference": row["reason"] or "",
                }
            )
    return shown


def _result(text: str | None, kind: str) -> str:
    """`79.4 [57.2, 92.4], 20 studies`, from the values of one side of a change."""
    values = {name: float(value) for name, value in parse_values(text).items() if value}
    names = ("estimate_months" if kind == "time" else "estimate", "ci_low", "ci_high")
    estimate, low, high = (values.get(name) for name in names)
    if estimate is None:
        return numbers.MISSING
    if kind == "time":
        told = f"{numbers.months_ci(estimate, low, high)} months"
    else:
        told = f"{numbers.percent_ci(estimate, low, high)} %"
    return f"{told}, {words.studies(int(values['k']))}"


def _study(row: Row) -> dict:
    values = parse_values(row["after"] or row["before"])
    who = " ".join(values[name] for name in ("first_author", "year") if name in values)
    infused = f"{values['n_infused']} infused" if "n_infused" in values else ""
    return {
        "study": row["item"],
        "told": ", ".join(part for part in (who, infused) if part),
        "act": words.plain(row["act"]),
        "reason": row["reason"] or "",
    }


def _cells(review: Review, rows) -> list[dict]:
    """Cells of studies that both versions have; a study that came or went took its cells along."""
    moved = {row["item"] for row in select(rows, kind="study")}
    shown = []
    for row in select(rows, kind="cell"):
        study, _, rest = row["item"].partition("/")
        if study not in moved:
            shown.append(
                {
                    "study": study,
                    "cell": item(review, rest),
                    "act": words.plain(row["act"]),
                    "before": _cell_value(row["before"]),
                    "after": _cell_value(row["after"]),
                    "reason": row["reason"] or "",
                }
            )
    return shown


def _cell_value(text: str | None) -> str:
    """`19/38` as it is, other values by name and rounded: `value months 8.8, ci low 5.6`."""
    if not text or "=" not in text:
        return text or numbers.MISSING
    values = parse_values(text).items()
    return ", ".join(f"{words.plain(name)} {_rounded(value)}" for name, value in values)


def _rounded(value: str) -> str:
    try:
        return f"{float(value):.4g}"
    except ValueError:
        return words.plain(value)

"""How far one outcome moves, and which interval to trust for studies of these numbers and sizes."""

from collections.abc import Mapping, Sequence

from singlearm.catalogue import Row, numbers
from singlearm.report import words
from singlearm.report.report_data import ReportData

#: The tables that this part reads, by kind.
TABLES = (
    "leave_one_out", "leave_two_out", "gosh_summary", "gosh_studies", "multiverse_summary",
    "calibration",
)  # fmt: skip
CHOICES = {
    "likelihood": "the likelihood",
    "measure": "the scale of the effect sizes",
    "tau2_estimator": "the estimator of tau²",
    "zeros": "the handling of studies with no or all events",
    "inclusion": "the choice of studies",
    "data_cut": "earlier or latest reports",
    "denominators": "the denominators",
}


def context(data: ReportData, name: str) -> dict:
    """Sentences, and a row for each model of the simulation; empty where nothing was varied."""
    tables = data.sensitivity.get(name, {})
    lines = [_left_out(data, tables, name), _subsets(data, tables, name), _choices(tables)]
    rows = [_calibrated(data, *pair) for pair in _pairs(data, tables)]
    return {
        "lines": [line for line in lines if line],
        "calibration": rows,
        "trust": _trust(rows),
        "datasets": max((row["datasets"] for row in rows), default=0),
    }


def _primary(data, rows: Sequence[Row]) -> list[Row]:
    model = data.review.protocol["primary"]
    return [row for row in rows if row["model"] == model and row["estimate"] is not None]


def _label(data, name: str, study_id: str) -> str:
    found = (row for row in data.effects.get(name, ()) if row["study_id"] == study_id)
    return next((row["label"] or study_id for row in found), study_id)


def _left_out(data, tables: Mapping, name: str) -> str:
    one = _primary(data, tables.get("leave_one_out", ()))
    row = data.review.primary_row(name)
    if len(one) < 2 or row["estimate"] is None:
        return ""
    low, high = (pick(one, key=lambda r: r["estimate"]) for pick in (min, max))
    text = (
        f"Without one study at a time the primary estimate runs from "
        f"{numbers.percent(low['estimate'])}% (without {_label(data, name, low['left_out'])}) to "
        f"{numbers.percent(high['estimate'])}% (without {_label(data, name, high['left_out'])})"
    )
    two = [row["estimate"] for row in _primary(data, tables.get("leave_two_out", ()))]
    if two:
        text += (
            f"; without any two studies from {numbers.percent(min(two))}% to "
            f"{numbers.percent(max(two))}%"
        )
    return f"{text}."


def _subsets(data, tables: Mapping, name: str) -> str:
    rows = [r for r in tables.get("gosh_summary", ()) if r["quantity"] == "estimate"]
    row = next((r for r in rows if r["model"] == "DL"), None)
    studies = [r for r in tables.get("gosh_studies", ()) if r["mean_without"] is not None]
    if row is None or not studies:
        return ""
    kind = "all" if row["note"] == "exhaustive" else "a sample of"
    split = max(studies, key=lambda r: abs(r["mean_with"] - r["mean_without"]))
    return (
        f"Over {kind} {numbers.count(row['subsets'])} subsets of the studies (two-step, "
        f"DerSimonian-Laird) the middle 95% of the estimates lie between "
        f"{numbers.percent(row['q025'])}% and {numbers.percent(row['q975'])}%; "
        f"{_label(data, name, split['study_id'])} splits them most (mean "
        f"{numbers.percent(split['mean_with'])}% with it, "
        f"{numbers.percent(split['mean_without'])}% without it)."
    )


def _choices(tables: Mapping) -> str:
    rows = tables.get("multiverse_summary", ())
    whole = next((row for row in rows if row["choice"] == "all"), None)
    if whole is None:
        return ""
    text = (
        f"{numbers.count(whole['specifications'])} combinations of analytic choices give "
        f"{numbers.percent(whole['minimum'])}% to {numbers.percent(whole['maximum'])}%, median "
        f"{numbers.percent(whole['median'])}%"
    )
    moving = [row for row in rows if row["choice"] in CHOICES and row["moves_mean"] is not None]
    if moving:
        most = max(moving, key=lambda row: (row["moves_mean"], row["choice"]))
        text += (
            f"; what moves the estimate most is {CHOICES[most['choice']]} "
            f"({numbers.percent(most['moves_mean'])} points on average, all else equal)"
        )
    return f"{text}."


def _pairs(data, tables: Mapping) -> list[tuple[Row, Row | None]]:
    """Confidence and prediction rows of each model under the primary model's truth."""
    primary = data.review.protocol["primary"]
    rows = [r for r in tables.get("calibration", ()) if r["simulated_from"] == primary]
    found = {(row["model"], row["interval"]): row for row in rows}
    return [
        (found[model, "confidence"], found.get((model, "prediction")))
        for model in data.review.protocol["models"]
        if (model, "confidence") in found and found[model, "confidence"]["coverage"] is not None
    ]


def _calibrated(data, confidence: Row, prediction: Row | None) -> dict:
    return {
        "model": confidence["model"],
        "label": data.review.model_label(confidence["model"]),
        "datasets": confidence["datasets"],
        "value": confidence["coverage"],
        "coverage": numbers.percent(confidence["coverage"]),
        "error": numbers.percent(confidence["coverage_se"]),
        "width": numbers.percent(confidence["width"]),
        "bias": numbers.percent(confidence["bias"]),
        "prediction": numbers.percent(prediction["coverage"] if prediction else None),
    }


def _trust(rows: Sequence[dict]) -> str:
    """Which intervals keep what they promise for studies of these numbers and sizes."""
    if not rows:
        return ""
    good = [row["model"] for row in rows if row["value"] >= 0.93]
    bad = [f"{row['model']} ({row['coverage']}%)" for row in rows if row["value"] < 0.90]
    parts = []
    if good:
        parts.append(f"{words.listing(good)} held the true value in 93% of them or more")
    if bad:
        parts.append(f"{words.listing(bad)} in fewer than 90%")
    return f"Of the 95% intervals, {' and '.join(parts)}." if parts else ""

"""One proportion outcome: the answer in words, its figure, groups, models and studies."""

from singlearm.catalogue import Row, notes, numbers
from singlearm.report import links, words
from singlearm.report.report_data import ReportData
from singlearm.report.review import distinct, select
from singlearm.report.sections import groups, sensitivity
from singlearm.report.shown import FEW


def context(data: ReportData, name: str) -> dict:
    """Everything that the report says about one outcome."""
    review = data.review
    row = review.primary_row(name)
    base = {"id": name, "label": review.outcome_label(name), "empty": not review.has_data(name)}
    if base["empty"]:
        return base
    threshold = review.protocol["outcomes"][name].get("threshold")
    compared, not_compared = groups.contexts(data, name)
    return base | {
        "row": row,
        "estimate": f"{numbers.percent(row['estimate'])}%",
        "interval": f"{numbers.LEVEL} CI {numbers.percent(row['ci_low'])} to "
        f"{numbers.percent(row['ci_high'])}",
        "converged": row["converged"] is not False,
        "counts": words.counts(row),
        "few": _few(row["k"]),
        "marginal": _marginal(row),
        "prediction": words.prediction(row),
        "above": words.above_threshold(row, threshold),
        "heterogeneity": _heterogeneity(row),
        "note": notes.sentence(row["note"]),
        "alt": alt_text(data, name),
        "models": [_model(data, pooled) for pooled in _ordered_models(data, name)],
        "model_range": _model_range(list(select(review.pooled, outcome=name))),
        "groups": compared,
        "not_compared": not_compared,
        "regression": groups.regressions(data, name),
        "slopes": groups.slopes(data, name),
        "studies": [_study(data, name, effect) for effect in data.effects.get(name, ())],
        "held_out": _held_out(data, name),
        "sensitivity": sensitivity.context(data, name),
    }


def alt_text(data: ReportData, name: str) -> str:
    """The forest plot in words, with its numbers."""
    review = data.review
    row = review.primary_row(name)
    parts = [
        f"Forest plot, {review.outcome_label(name)}: {words.counts(row)}.",
        f"Median study {words.median_study(row)}.",
    ]
    if not numbers.is_missing(row["pi_low"]):
        parts.append(f"95% prediction interval {words.span(row['pi_low'], row['pi_high'])}.")
    return " ".join([*parts, "The table “Studies behind this figure” lists the rows."])


def _few(k: int) -> str:
    if k == 1 or k >= FEW:
        return ""
    return (
        f"With {words.studies(k)} the pooled value is fragile: compare the models below before "
        "relying on it."
    )


def _marginal(row: Row) -> str:
    if numbers.is_missing(row["marginal"]):
        return ""
    told = numbers.percent_words(row["marginal"], row["marginal_low"], row["marginal_high"])
    return f"Averaged over the population of studies the proportion is {told}."


def _heterogeneity(row: Row) -> str:
    if numbers.is_missing(row["tau2"]):
        return ""
    limits = (
        ""
        if numbers.is_missing(row["tau2_low"])
        else (f" (95% CI {numbers.tau2(row['tau2_low'])} to {numbers.tau2(row['tau2_high'])})")
    )
    told = (
        f"Between-study variance on the log-odds scale: tau² = {numbers.tau2(row['tau2'])}{limits}"
    )
    if not numbers.is_missing(row["i2"]):
        told += f"; I² = {numbers.i2(row['i2'])}"
    if not numbers.is_missing(row["q_p"]):
        told += (
            f"; test of homogeneity Q = {numbers.number(row['q'])} on "
            f"{numbers.count(row['q_df'])} degrees of freedom, {numbers.p_value(row['q_p'])}"
        )
    return f"{told}."


def _ordered_models(data: ReportData, name: str) -> list[Row]:
    order = list(data.review.protocol["models"])
    primary = data.review.protocol["primary"]
    order.sort(key=lambda model: model != primary)
    found = [data.review.pooled_row(name, model) for model in order]
    return [row for row in found if row]


def _model(data: ReportData, row: Row) -> dict:
    protocol = data.review.protocol
    role = {protocol["primary"]: "primary"}
    role.setdefault(protocol["paper_model"], "as published")
    return {
        "name": row["model"],
        "label": data.review.model_label(row["model"]),
        "role": role.get(row["model"], ""),
        "k": numbers.count(row["k"]),
        "estimate": numbers.percent_ci(row["estimate"], row["ci_low"], row["ci_high"]),
        "marginal": numbers.percent_ci(row["marginal"], row["marginal_low"], row["marginal_high"]),
        "prediction": numbers.percent_interval(row["pi_low"], row["pi_high"]),
        "tau2": numbers.tau2_ci(row["tau2"], row["tau2_low"], row["tau2_high"]),
        "i2": numbers.i2(row["i2"]),
        "p": numbers.p_number(row["p_value"]),
        "note": notes.short(row["note"]),
    }


def _model_range(rows: list[Row]) -> str:
    known = [row["estimate"] for row in rows if not numbers.is_missing(row["estimate"])]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    told = (
        f"Over {numbers.count(len(known))} models the pooled value runs from "
        f"{numbers.percent(low)}% to {numbers.percent(high)}%."
    )
    if high - low > 0.05:
        told += " The choice of model matters here."
    return told


def _study(data: ReportData, name: str, effect: Row) -> dict:
    study_id = effect["study_id"]
    cell = next(select(data.review.outcomes, study_id=study_id, outcome=name), {})
    address = cell.get("source_url")
    return {
        "id": study_id,
        "label": effect["label"] or study_id,
        "counts": numbers.events_total(effect["events"], effect["total"]),
        "events": effect["events"],
        "total": effect["total"],
        "proportion": numbers.percent_ci(effect["proportion"], effect["ci_low"], effect["ci_high"]),
        "value": effect["proportion"],
        "source": links.source(address),
        "locator": cell.get("source_locator") or "",
        "source_type": words.plain(cell.get("source_type")),
        "confidence": cell.get("confidence") or "",
        "told": _told(cell),
    }


def _told(cell: Row) -> str:
    """How the count came about, and the extractors' notes."""
    derived = _DERIVED.get(cell.get("derived"), words.plain(cell.get("derived")))
    came = ", ".join(part for part in (words.plain(cell.get("agreement")), derived) if part)
    return " ".join(
        part for part in (f"{came.capitalize()}." if came else "", cell.get("notes")) if part
    )


_DERIVED = {
    "no": "",
    None: "",
    "from_percent": "rebuilt from a percentage",
    "from_sum": "added up from parts",
}


def _held_out(data: ReportData, name: str) -> str:
    held = distinct(
        row["study_id"]
        for row in select(data.availability, outcome=name)
        if words.plain(row["status"]) == "held out"
    )
    if not held:
        return ""
    return f"Held out, because the sources did not settle the count: {words.listing(held)}."

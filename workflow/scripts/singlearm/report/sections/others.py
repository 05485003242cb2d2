"""Times to an event, randomised comparisons, and the audit of published claims."""

from collections import Counter

from singlearm.catalogue import Row, notes, numbers
from singlearm.report import words
from singlearm.report.report_data import ReportData
from singlearm.report.review import Review, distinct, select

#: Methods of combining medians as the report lists them; further ones follow.
_METHODS = ("weighted_median", "inverse_variance", "inverse_variance_log")


def times(review: Review) -> list[dict]:
    """The time outcomes, each with its methods."""
    names = review.outcome_names("time")
    names += [
        name for name in distinct(row["outcome"] for row in review.times) if name not in names
    ]
    found = [(name, _ordered_times(review, name)) for name in names]
    return [
        {
            "id": name,
            "label": review.outcome_label(name),
            "told": _time_sentence(review, name),
            "rows": [_time(row) for row in rows],
        }
        for name, rows in found
        if rows
    ]


def chosen_time(review: Review, name: str) -> Row | None:
    """The row of a time outcome under the protocol's method."""
    method = review.protocol["paper_times"]
    return next(select(review.times, outcome=name, method=method), None)


def time_counts(row: Row) -> str:
    """`19 studies, 1231 patients; in 4 the median was not reached`."""
    told = words.studies(row["k"])
    if not numbers.is_missing(row["n"]):
        told += f", {words.plural(row['n'], 'patient')}"
    if row["k_not_reached"]:
        told += f"; in {numbers.count(row['k_not_reached'])} the median was not reached"
    return told


def _time_sentence(review: Review, name: str) -> str:
    row = chosen_time(review, name)
    if row is None or numbers.is_missing(row["estimate_months"]):
        return ""
    told = words.months(row["estimate_months"], row["ci_low"], row["ci_high"])
    method = words.lowered(words.time_method(row["method"]))
    return f"{told}, {method} of {time_counts(row)}."


def _ordered_times(review: Review, name: str) -> list[Row]:
    rank = {method: number for number, method in enumerate(_METHODS)}
    rows = select(review.times, outcome=name)
    return sorted(rows, key=lambda row: (rank.get(row["method"], len(rank)), row["method"]))


def _time(row: Row) -> dict:
    return {
        "method": words.time_method(row["method"]),
        "code": row["method"],
        "k": numbers.count(row["k"]),
        "n": numbers.count(row["n"]),
        "not_reached": numbers.count(row["k_not_reached"]),
        "without_ci": numbers.count(row["k_without_ci"]),
        "estimate": words.months(row["estimate_months"], row["ci_low"], row["ci_high"]),
        "prediction": numbers.interval(row["pi_low"], row["pi_high"], 1),
        "note": notes.short(row["note"]),
    }


def ratios(review: Review) -> list[dict]:
    """The randomised comparisons by outcome: trials, then pooled."""
    found = distinct(row["outcome"] for row in review.ratios)
    order = [name for name in review.outcome_names("ratio") if name in found]
    blocks = []
    for name in distinct([*order, *found]):
        rows = sorted(select(review.ratios, outcome=name), key=lambda row: row["row"] == "pooled")
        blocks.append(
            {"id": name, "label": review.outcome_label(name), "rows": [_ratio(r) for r in rows]}
        )
    return blocks


_RATIO_SOURCES = {"printed": "printed", "counts": "from counts"}
_RATIO_METHODS = {"common": "common effect", "reml_hk": "random effects (REML, Hartung-Knapp)"}


def _ratio(row: Row) -> dict:
    return {
        "who": row["study_id"]
        if row["row"] == "trial"
        else f"Pooled ({words.plural(row['k'], 'trial')})",
        "pooled": row["row"] != "trial",
        "measure": row["effect_measure"] or "",
        "method": _RATIO_METHODS.get(row["method"], words.plain(row["method"])),
        "k": numbers.count(row["k"]),
        "estimate": numbers.ratio_ci(row["estimate"], row["ci_low"], row["ci_high"]),
        "source": _RATIO_SOURCES.get(row["source"], words.plain(row["source"])),
        "note": notes.short(row["note"]),
    }


def claims(data: ReportData) -> dict:
    """The audit: counts of verdicts, and each claim."""
    rows = data.review.claims
    found = Counter(row["verdict"] for row in rows)
    return {
        "counts": [
            {"code": code, "label": label, "n": numbers.count(found[code])}
            for code, label in words.VERDICTS.items()
        ],
        "rows": [
            _claim(row, data.review.published_claim(row["claim_id"]))
            for row in sorted(rows, key=_failures_first)
        ],
    }


def _failures_first(row: Row) -> int:
    order = ("not_reproduced", "consistent", "reproduced", "not_testable")
    return order.index(row["verdict"]) if row["verdict"] in order else len(order)


def _claim(row: Row, claim: Row) -> dict:
    return {
        "id": row["claim_id"],
        "statement": row["statement"] or "",
        "published": words.claim_number(row["published"], claim, published=True),
        "paper": words.claim_number(row["ours_paper_model"], claim),
        "primary": words.claim_number(row["ours_primary"], claim),
        "code": row["verdict"],
        "verdict": words.VERDICTS.get(row["verdict"], words.plain(row["verdict"])),
        "robustness": row["robustness"] or "",
        "settings": row["settings_matching"] or "",
        "reason": row["reason"] or "",
    }

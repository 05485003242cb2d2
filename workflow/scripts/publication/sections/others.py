"""Times to an event, randomised comparisons, and the audit of published claims."""

from collections import Counter

from pipeline import numbers
from pipeline.tables import Row
from publication import notes, words
from publication.report_data import ReportData
from publication.review import Review, distinct, select


def times(review: Review) -> list[dict]:
    """The time outcomes, each with its methods."""
    order = review.outcome_names("time")
    names = order + [
        name for name in distinct(row["outcome"] for row in review.times) if name not in order
    ]
    return [
        {
            "id": name,
            "label": review.outcome_label(name),
            "rows": [_time(row) for row in select(review.times, outcome=name)],
        }
        for name in names
        if any(True for _ in select(review.times, outcome=name))
    ]


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
    order = review.outcome_names("ratio")
    found = distinct(row["outcome"] for row in review.ratios)
    names = [name for name in order if name in found]
    names += [name for name in found if name not in order]
    blocks = []
    for name in names:
        rows = sorted(select(review.ratios, outcome=name), key=lambda row: row["row"] == "pooled")
        blocks.append(
            {"id": name, "label": review.outcome_label(name), "rows": [_ratio(r) for r in rows]}
        )
    return blocks


_RATIO_SOURCES = {"printed": "printed in the report", "counts": "computed from counts"}


def _ratio(row: Row) -> dict:
    return {
        "who": row["study_id"] if row["row"] == "trial" else "Pooled",
        "pooled": row["row"] != "trial",
        "measure": row["effect_measure"] or "",
        "method": words.plain(row["method"]),
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
        "rows": [_claim(row) for row in rows],
    }


def _claim(row: Row) -> dict:
    return {
        "id": row["claim_id"],
        "statement": row["statement"] or "",
        "published": words.claim_number(row["published"], row["published"]),
        "paper": words.claim_number(row["ours_paper_model"], row["published"]),
        "primary": words.claim_number(row["ours_primary"], row["published"]),
        "code": row["verdict"],
        "verdict": words.VERDICTS.get(row["verdict"], words.plain(row["verdict"])),
        "robustness": row["robustness"] or "",
        "settings": row["settings_matching"] or "",
        "reason": row["reason"] or "",
    }

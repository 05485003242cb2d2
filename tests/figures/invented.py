"""Invented reviews of any size and shape, as rows of the artifact tables. No real study is in here.

The pooled rows are plain arithmetic (a logit mean of the proportions), not a model: figures only
print and place what the tables say.
"""

import math
import random

MODEL = "glmm"
SETTINGS = {"label": "Overall response", "kind": "proportion", "favours": "high", "threshold": 0.5}


def effects(k, *, seed=1, rate=0.7, label="Author {i} {year}", levels=("single", "dual"), **same):
    """k studies; `label` may use {i} and {year}; further keywords replace a value in every row."""
    draw = random.Random(seed)
    rows = []
    for i in range(1, k + 1):
        total = draw.randint(6, 90)
        events = sum(draw.random() < rate for _ in range(total))
        year = 2015 + i % 10
        rows.append(
            {
                "study_id": f"S{i:03d}",
                "label": label.format(i=i, year=year),
                "year": year,
                "events": events,
                "total": total,
                "weight_glmm": f"{100 * total / 50 / k:.17g}",
                "group_target_class": levels[0] if i % 4 or len(levels) == 1 else levels[1],
            }
            | same
        )
    return [row | _interval(row) for row in rows]


def pooled(rows, **changes):
    """The pooled row of these studies under MODEL."""
    summary = _summary(rows)
    row = {
        "outcome": "orr", "model": MODEL, **summary,
        "pi_low": max(0.0, summary["ci_low"] - 0.15) if len(rows) > 2 else None,
        "pi_high": min(1.0, summary["ci_high"] + 0.1) if len(rows) > 2 else None,
        "marginal": None, "marginal_low": None, "marginal_high": None, "estimate_link": 1.0,
        "se_link": 0.2, "tau2": 0.3646, "tau2_low": 0.0414, "tau2_high": 2.051, "tau2_p": None,
        "i2": 0.5656, "i2_low": 0.1, "i2_high": 0.8, "h2": 2.3, "q": 29.785,
        "q_df": len(rows) - 1, "q_p": 0.0051, "p_value": 0.00001, "p_above": 0.93, "rho": None,
        "loglik": -32.6, "converged": True, "note": None,
    }  # fmt: skip
    return row | changes


def subgroups(rows, by="target_class", tau2_mode="common"):
    """One pooled row for each level."""
    levels = sorted({row[f"group_{by}"] for row in rows} - {None, ""})
    return [
        {
            "outcome": "orr", "by": by, "model": MODEL, "tau2_mode": tau2_mode, "level": level,
            "pi_low": None, "pi_high": None, "marginal": None, "marginal_low": None,
            "marginal_high": None, "tau2": 0.3, "converged": True, "note": None,
            **_summary([row for row in rows if row[f"group_{by}"] == level]),
        }
        for level in levels
    ]  # fmt: skip


def tests(by="target_class", tau2_mode="common", **changes):
    """Both tests of one subgrouping."""
    row = {
        "outcome": "orr", "by": by, "model": MODEL, "tau2_mode": tau2_mode, "test": "lrt",
        "statistic": 2.307, "df": 1, "df2": None, "p_value": 0.1288, "p_permutation": 0.1502,
        "p_adjusted": 0.39, "note": None,
    }  # fmt: skip
    return [
        row | {"test": "q_between", "statistic": 1.9, "p_value": 0.168} | changes,
        row | changes,
    ]


def studies(rows):
    """The analysis set behind the rows, with a few descriptor columns."""
    return [
        {
            "study_id": row["study_id"],
            "phase": "1/2" if row["total"] % 2 else "1",
            "product": f"Product {row['total'] % 7}",
            "median_followup_months": row["total"] / 4,
        }
        for row in rows
    ]


def _summary(rows):
    logits = [
        math.log((row["events"] + 0.5) / (row["total"] - row["events"] + 0.5)) for row in rows
    ]
    mean = sum(logits) / len(logits)
    se = 1.2 / math.sqrt(len(logits))
    estimate, low, high = (1 / (1 + math.exp(-value)) for value in (mean, mean - se, mean + se))
    return {
        "k": len(rows),
        "events": sum(row["events"] for row in rows),
        "total": sum(row["total"] for row in rows),
        "estimate": estimate,
        "ci_low": low,
        "ci_high": high,
    }


def _interval(row):
    """The proportion with Wilson's interval (1927), which stays inside 0 to 1."""
    events, total = row["events"], row["total"]
    z = 1.96
    middle = (events + z * z / 2) / (total + z * z)
    half = z / (total + z * z) * math.sqrt(events * (total - events) / total + z * z / 4)
    proportion = events / total
    return {
        "proportion": proportion,
        "ci_low": min(proportion, max(0.0, middle - half)),
        "ci_high": max(proportion, min(1.0, middle + half)),
    }

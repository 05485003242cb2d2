"""The claims audit: each kind of claim, each verdict."""

import pytest

from singlearm.report.claims import Evidence, audit_one

STUDIES = [
    {"n_infused": 10, "target_antigens": "BCMA"},
    {"n_infused": 20, "target_antigens": "BCMA+CD19"},
    {"n_infused": None, "target_antigens": "CD138"},
]


def pooled(model, estimate, low, high, p):
    return {
        "outcome": "orr", "model": model, "k": 3, "events": 30, "total": 40,
        "estimate": estimate, "ci_low": low, "ci_high": high, "p_value": p,
    }  # fmt: skip


def evidence(**changes):
    level = {
        "outcome": "orr", "by": "class", "level": "single", "tau2_mode": "separate", "k": 2,
        "events": 20, "total": 25, "estimate": 0.824, "ci_low": 0.7, "ci_high": 0.9,
    }  # fmt: skip
    test = {"outcome": "orr", "by": "class", "tau2_mode": "separate", "test": "q_between"}
    facts = {
        "studies": STUDIES,
        "groups": {"class": ["single", "dual", "single"]},
        "pooled": [
            pooled("paper", 0.7709, 0.654, 0.858, 0.0001),
            pooled("main", 0.7865, 0.66, 0.87, 0.0002),
        ],
        "subgroups": [{**level, "model": "paper"}, {**level, "model": "main", "estimate": 0.9}],
        "tests": [{**test, "model": m, "p_value": p} for m, p in (("paper", 0.2), ("main", 0.3))],
        "times": [
            {
                "outcome": "median_pfs", "method": "weighted_median_endless", "k": 4,
                "n": 90, "k_not_reached": 0,
                "estimate_months": 11.8, "ci_low": None, "ci_high": None,
            }
        ],
        "protocol": {
            "outcomes": {"orr": {"threshold": 0.5}},
            "models": {
                "paper": {"likelihood": "normal", "measure": "PLO", "tau2": "DL", "ci": "wald"},
                "main": {},
            },
            "paper_model": "paper",
            "primary": "main",
            "studies": {
                "size": "n_infused",
                "size_label": "patients infused",
                "group": "target_antigens",
            },
        },
    }  # fmt: skip
    return Evidence(**facts | changes)


def claim(quantity, value, **changes):
    plain = {
        "claim_id": "c", "statement": "S.", "outcome": None, "by": None, "level": None,
        "low": None, "high": None, "decimals": 0,
    }  # fmt: skip
    return plain | {"quantity": quantity, "value": value} | changes


@pytest.mark.parametrize(
    ("published", "verdict", "ours"),
    [
        (claim("k", 3), "reproduced", 3),
        (claim("k", 4), "not_reproduced", 3),
        (claim("k", 2, by="class", level="single"), "reproduced", 2),
        (claim("k", 8, outcome="orr"), "not_reproduced", 3),
        (claim("k", 2, outcome="orr", by="class", level="single"), "reproduced", 2),
        (claim("k", 0, outcome="relapse"), "reproduced", 0),
        (claim("n", 30), "reproduced", 30),
        (claim("n", 350), "not_reproduced", 30),
        (claim("count", 3, by="target_antigens"), "reproduced", 3),
        (claim("estimate_percent", 77, outcome="orr"), "reproduced", 77.09),
        (claim("estimate_percent", 77.1, decimals=1, outcome="orr"), "reproduced", 77.09),
        (claim("estimate_percent", 77.2, decimals=1, outcome="orr"), "consistent", 77.09),
        (claim("estimate_percent", 77, low=60, high=86, outcome="orr"), "consistent", 77.09),
        (claim("estimate_percent", 77, low=65, high=86, outcome="orr"), "reproduced", 77.09),
        (claim("estimate_percent", 90, outcome="orr"), "not_reproduced", 77.09),
        (
            claim("estimate_percent", 82, outcome="orr", by="class", level="single"),
            "reproduced",
            82.4,
        ),
        (claim("estimate_percent", 87, outcome="alive"), "not_testable", None),
        (claim("p_below", 0.01, outcome="orr"), "reproduced", 0.0001),
        (claim("p_below", 0.05, outcome="orr", by="class"), "not_reproduced", 0.2),
        (claim("p_at_least", 0.05, outcome="orr", by="class"), "reproduced", 0.2),
        (claim("p_at_least", 0.05, outcome="alive", by="class"), "not_testable", None),
        (claim("median_months", 8, outcome="median_pfs"), "not_reproduced", 11.8),
        (claim("median_months", 12, outcome="median_pfs"), "reproduced", 11.8),
        (claim("median_months", 12, outcome="median_os"), "not_testable", None),
    ],
)
def test_verdict(published, verdict, ours):
    row = audit_one(published, evidence())
    assert row["verdict"] == verdict
    assert row["ours_paper_model"] == (None if ours is None else pytest.approx(ours))


def test_other_side_of_the_threshold_is_another_conclusion():
    wide = evidence(
        pooled=[pooled("paper", 0.55, 0.4, 0.7, 0.5), pooled("main", 0.55, 0.4, 0.7, 0.5)]
    )
    row = audit_one(claim("estimate_percent", 45, outcome="orr"), wide)
    assert row["verdict"] == "not_reproduced"
    assert "different sides of the threshold" in row["reason"]


def test_reason_names_patients_nobody_counted():
    row = audit_one(claim("n", 350), evidence())
    assert "30 patients infused in 2 studies" in row["reason"]
    assert "1 study does not give the number" in row["reason"]


def test_reason_tells_when_only_one_model_prints_the_number():
    row = audit_one(claim("estimate_percent", 77, outcome="orr"), evidence())
    assert "Only the paper's model prints the published number." in row["reason"]
    assert row["ours_primary"] == pytest.approx(78.65)


def test_reason_tells_why_there_is_no_estimate():
    row = pooled("paper", None, None, None, None) | {"note": "not_converged"}
    reason = audit_one(claim("estimate_percent", 77, outcome="orr"), evidence(pooled=[row]))[
        "reason"
    ]
    assert "no estimate from 3 studies, 30/40 (did not converge)" in reason

"""The claims audit: each kind of claim, each verdict."""

import pytest

from singlearm.catalogue import TABLES
from singlearm.report.claims import Evidence, audit
from singlearm.report.robustness import Variations
from singlearm.report.words import tuned

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
                "main": {"likelihood": "binomial_normal"},
            },
            "paper_model": "paper",
            "primary": "main",
            "studies": {
                "size": "n_infused",
                "size_label": "patients infused",
                "group": "target_antigens",
                "separators": {"target_antigens": "+"},
            },
        },
        "variations": Variations({}, {}, {}),
        "results": {},
    }  # fmt: skip
    return Evidence(**facts | changes)


def claim(quantity, value, **changes):
    plain = {
        "claim_id": "c", "statement": "S.", "outcome": None, "by": None, "level": None,
        "low": None, "high": None, "decimals": 0,
    }  # fmt: skip
    return plain | {"quantity": quantity, "value": value} | changes


def audit_one(published, known):
    """The row of one claim."""
    return audit([published], known)[0][0]


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
        (claim("median_months", 8, outcome="median_pfs"), "not_testable", 11.8),
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


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"proportion": 0.1}, "not_testable"),
        ({"proportion": 0.2}, "consistent"),
        ({}, "consistent"),
    ],
)
def test_a_number_that_counts_as_changed_is_not_consistent(changes, verdict):
    """78 beside 89 [56, 98]: no reader calls that consistent, nor is it contradicted."""
    protocol = evidence().protocol | {"changes": changes}
    rows = [pooled(model, 0.89, 0.557, 0.981, None) for model in ("paper", "main")]
    found = audit_one(
        claim("estimate_percent", 78, outcome="orr"), evidence(pooled=rows, protocol=protocol)
    )
    assert found["verdict"] == verdict
    assert ("neither confirms nor contradicts" in found["reason"]) == (verdict == "not_testable")


def test_a_median_further_off_than_a_change_is_not_consistent():
    protocol = evidence().protocol | {"changes": {"months": 3}}
    times = [evidence().times[0] | {"ci_low": 4.1, "ci_high": 15.0}]
    for months, verdict in ((8, "not_testable"), (9, "consistent"), (3, "not_reproduced")):
        published = claim("median_months", months, outcome="median_pfs")
        assert audit_one(published, evidence(times=times, protocol=protocol))["verdict"] == verdict


def test_agreement_is_not_independent_where_the_numbers_chose_the_studies():
    protocol = evidence().protocol | {"version": {"chosen_by_claims": True}}
    said = "The published numbers helped to choose the studies, so agreement is not independent."
    for value, agrees in ((77, True), (80, True), (90, False)):
        published = claim("estimate_percent", value, outcome="orr")
        assert (said in audit_one(published, evidence(protocol=protocol))["reason"]) == agrees
        assert said not in audit_one(published, evidence())["reason"]


def test_a_contrast_is_read_under_one_tau2_where_a_group_is_too_small():
    """Also where the chi-square is too often small: then by the permutation."""
    test = {"outcome": "orr", "by": "class", "test": "q_between", "p_value": None, "note": ""}
    tests = [test | {"model": m, "tau2_mode": "separate"} for m in ("paper", "main")]
    few = {"tau2_mode": "common", "p_value": 0.03, "p_permutation": 0.06}
    tests += [test | few | {"model": m, "note": "large_sample_p"} for m in ("paper", "main")]
    found = audit_one(claim("p_below", 0.05, outcome="orr", by="class"), evidence(tests=tests))
    assert (found["verdict"], found["ours_paper_model"]) == ("not_reproduced", 0.06)
    assert "permutation, one tau² for all groups" in found["reason"]
    many = [test | {"note": ""} for test in tests]
    found = audit_one(claim("p_below", 0.05, outcome="orr", by="class"), evidence(tests=many))
    assert (found["verdict"], found["ours_paper_model"]) == ("reproduced", 0.03)


def test_beside_a_claimed_p_of_a_pooled_value_stands_that_of_the_primary_model():
    protocol = evidence().protocol
    protocol = protocol | {"outcomes": {"orr": {"threshold": 0.5, "null_value": 0.5}}}
    found = audit_one(claim("p_below", 0.01, outcome="orr"), evidence(protocol=protocol))
    assert found["valid_test"] == "The test that leads (primary model, against 50.0%): p < 0.001."


def test_inside_an_interval_that_is_too_wide_nothing_is_confirmed():
    rows = [pooled(model, 0.004, 0.0, 0.838, None) for model in ("paper", "main")]
    found = audit_one(claim("estimate_percent", 43, outcome="orr"), evidence(pooled=rows))
    assert found["verdict"] == "not_testable"
    assert "too wide to confirm or contradict" in found["reason"]


def test_beside_a_claimed_contrast_stands_what_the_valid_test_gives():
    tests = evidence().tests
    lead = {"outcome": "orr", "by": "class", "model": "main", "tau2_mode": "common"}
    lead |= {"test": "lrt_bootstrap", "lead": True, "p_value": 0.47}
    published = claim("p_below", 0.05, outcome="orr", by="class")
    found = audit_one(published, evidence(tests=[*tests, lead]))
    assert found["verdict"] == "not_reproduced"
    assert found["valid_test"].endswith("p = 0.47.")
    assert audit_one(published, evidence())["valid_test"] == ""


def test_a_claimed_median_stands_beside_all_evidence_on_its_end_point():
    protocol = evidence().protocol
    outcomes = {
        "median_pfs": {"kind": "time", "of": "pfs", "label": "Median PFS"},
        "pfs_12mo": {"kind": "landmark", "of": "pfs", "months": 12, "label": "PFS at 12 months"},
        "pfs_6mo": {"kind": "landmark", "of": "pfs", "months": 6, "label": "PFS at 6 months"},
        "alive": {"kind": "proportion", "of": "pfs", "months": 12, "label": "Free at follow-up"},
        "os_12mo": {"kind": "landmark", "of": "os", "months": 12, "label": "OS at 12 months"},
    }
    landmark = dict.fromkeys(TABLES["landmarks"].names) | {
        "outcome": "pfs_12mo", "model": "cloglog_reml_hk", "k": 6, "n": 302, "from_n": 0,
        "estimate": 0.74, "ci_low": 0.664, "ci_high": 0.801,
    }  # fmt: skip
    known = evidence(
        protocol=protocol | {"outcomes": outcomes},
        pooled=[pooled(m, 0.7, 0.6, 0.8, None) | {"outcome": "alive"} for m in ("paper", "main")],
        results={"landmarks": [landmark]},
    )
    median = audit_one(claim("median_months", 8, outcome="median_pfs"), known)
    said = "PFS at 12 months: 74.0% (95% CI 66.4 to 80.1), median study; 6 studies, 302 patients. "
    said += "Without data in this version: Median PFS"
    assert median["other_evidence"] == f"{said}; PFS at 6 months."
    alive = audit_one(claim("estimate_percent", 70, outcome="alive"), known)
    assert alive["other_evidence"] == f"{said}."


def test_an_inequality_says_what_it_does_not_show():
    pair = [pooled("paper", 0.77, 0.65, 0.86, 0.002), pooled("main", 0.79, 0.66, 0.87, 0.014)]
    found = audit_one(claim("p_below", 0.01, outcome="orr"), evidence(pooled=pair))
    assert found["verdict"] == "reproduced"
    assert "By the primary model's test it does not hold." in found["reason"]
    found = audit_one(claim("p_below", 0.05, outcome="orr"), evidence(pooled=pair))
    assert "does not hold" not in found["reason"]
    found = audit_one(claim("p_at_least", 0.05, outcome="orr", by="class"), evidence())
    assert "does not show that the groups do not differ" in found["reason"]
    tests = [
        {"outcome": "orr", "by": "class", "tau2_mode": "separate", "test": "q_between"}
        | {"model": model, "p_value": p}
        for model, p in (("paper", 0.2), ("main", 0.001))
    ]
    found = audit_one(claim("p_at_least", 0.05, outcome="orr", by="class"), evidence(tests=tests))
    assert "By the primary model's test it does not hold." in found["reason"]


@pytest.mark.parametrize(("own", "lead", "holds"), [(0.06, 0.04, True), (0.04, 0.12, False)])
def test_an_inequality_is_held_against_the_test_that_leads(own, lead, holds):
    known = {"outcome": "orr", "by": "class", "note": ""}
    tests = [
        known | {"model": model, "tau2_mode": "separate", "test": "lrt", "p_value": p}
        for model, p in (("paper", 0.01), ("main", own))
    ]
    leads = {"model": "main", "tau2_mode": "common", "test": "lrt_bootstrap", "lead": True}
    tests.append(known | leads | {"p_value": lead})
    found = audit_one(claim("p_below", 0.05, outcome="orr", by="class"), evidence(tests=tests))
    assert ("does not hold" in found["reason"]) != holds


def test_studies_that_the_claims_helped_to_choose_are_not_called_untuned():
    assert tuned({"version": {}}) == "Nothing was tuned to agree."
    assert "helped to choose the studies" in tuned({"version": {"chosen_by_claims": True}})

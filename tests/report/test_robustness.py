"""How robust a claim is: the sentence, the settings that print the published number."""

import pytest
from test_claims import audit_one, claim, evidence

from singlearm.report.claims import audit
from singlearm.report.robustness import Variations


def spec(name, estimate, p=0.01, low=None, high=None, k=3, **choices):
    plain = {
        "likelihood": "normal", "measure": "PLO", "tau2_estimator": "DL", "ci": "wald",
        "zeros": "only0", "inclusion": "all", "data_cut": "latest", "denominators": "reported",
    }  # fmt: skip
    return plain | choices | {
        "spec": name, "k": k, "estimate": estimate, "ci_low": low, "ci_high": high, "p_value": p,
    }  # fmt: skip


ROWS = [
    spec("odd", 0.4512, p=0.4, k=2, inclusion="some"),
    spec("near", 0.7651, low=0.654, high=0.858),
    spec("other", 0.7743, low=0.5, high=0.9, tau2_estimator="REML"),
    spec("high", 0.8211, p=0.001),
    spec("high.t", 0.8211, p=0.001, ci="t"),  # another interval: the same estimate
    spec("failed", None, p=None),
]
VARIED = Variations(
    {("orr", None, None): ROWS, ("orr", "class", "single"): ROWS[:5]},
    {("orr", "class"): [spec(name, None, p) for name, p in (("a", 0.2), ("b", 0.04), ("c", 0.2))]},
    {"orr": [{"model": "paper", "estimate": e} for e in (0.75, 0.79)]},
)


def told(published, **changes):
    return audit_one(published, evidence(variations=VARIED, **changes))


def test_an_estimate_tells_range_share_threshold_and_single_studies():
    row = told(claim("estimate_percent", 77, outcome="orr"))
    assert row["robustness"] == (
        "5 ways to analyse the data give 4 different estimates from 45% to 82%, half of them 69% "
        "to 79%; 50% of them lie below the published 77%; 75% lie above 50%, as the claim does; "
        "leaving out any one study moves it by at most 2.1 points."
    )


def test_the_settings_that_print_the_number_are_named_nearest_to_the_paper_first():
    row = told(claim("estimate_percent", 77, outcome="orr"))
    assert row["settings_matching"] == "2 of 4 estimates (specifications: 2 of 5): near; other"
    both = claim("estimate_percent", 77, outcome="orr", low=65, high=86)
    assert told(both)["settings_matching"] == (
        "2 of 4 estimates (specifications: 2 of 5, 1 with the published interval too): near; other"
    )
    assert told(claim("estimate_percent", 12, outcome="orr"))["settings_matching"] == (
        "none of 4 estimates"
    )


def test_every_matching_setting_is_a_row():
    published = claim("estimate_percent", 77, outcome="orr", low=65, high=86)
    _, rows = audit([published], evidence(variations=VARIED))
    assert [(r["claim_id"], r["spec"], r["interval_too"]) for r in rows] == [
        ("c", "near", True), ("c", "other", False),
    ]  # fmt: skip


def test_levels_have_specifications_of_their_own():
    level = claim("estimate_percent", 82, outcome="orr", by="class", level="single")
    row = told(level)
    matching = "1 of 4 estimates (specifications: 2 of 5): high; high.t"
    assert row["settings_matching"] == matching
    assert "any one study" not in row["robustness"]


@pytest.mark.parametrize(
    ("quantity", "value", "by", "share", "settings"),
    [
        ("p_below", 0.05, "class", "p < 0.05 in 50%", "1 of 2 p values: b"),
        ("p_at_least", 0.05, "class", "p ≥ 0.05 in 50%", "1 of 2 p values: a; c"),
        ("p_below", 0.01, None, "p < 0.01 in 33%", "1 of 3 p values: high; high.t"),
        ("p_below", 0.0001, None, "p < 0.0001 in none", "none of 3 p values"),
    ],
)
def test_an_inequality_tells_where_it_holds(quantity, value, by, share, settings):
    row = told(claim(quantity, value, outcome="orr", by=by))
    assert share in row["robustness"]
    assert row["settings_matching"] == settings


def test_ways_that_all_give_one_estimate_say_so():
    rows = [spec("a", 0.77), spec("b", 0.77, ci="t")]
    varied = evidence(variations=Variations({("orr", None, None): rows}, {}, {}))
    row = audit_one(claim("estimate_percent", 77, outcome="orr"), varied)
    assert row["robustness"] == "All 2 ways to analyse the data give 77%."
    assert row["settings_matching"] == "1 of 1 estimates (specifications: 2 of 2): a; b"


def test_counts_medians_and_missing_data_have_their_own_words():
    assert "2 to 3 studies" in told(claim("k", 3, outcome="orr"))["robustness"]
    assert "No statistical choice" in told(claim("n", 350))["robustness"]
    median = told(claim("median_months", 12, outcome="median_pfs"))
    assert median["robustness"] == (
        "1 way to pool the medians gives 11.8 months; published were 12."
    )
    assert median["settings_matching"] == "weighted_median_endless"
    nothing = audit_one(claim("estimate_percent", 77, outcome="orr"), evidence(pooled=[]))
    assert nothing["robustness"].startswith("Nothing can be varied")

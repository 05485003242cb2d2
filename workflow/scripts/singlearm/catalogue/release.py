"""The tables of the claims audit, of the changes between versions, and of the replication in R."""

from .declare import Table, booleans, integers, numbers, strings

TABLES = (
    Table(
        "claims_settings",
        ("claim_id", "spec"),
        (
            *strings("claim_id spec"),
            *numbers("estimate ci_low ci_high p_value"),
            *booleans("interval_too"),
        ),
    ),
    Table(
        "published_claims",
        ("claim_id",),
        (
            *strings("claim_id statement outcome by level quantity"),
            *numbers("value low high"),
            *integers("decimals"),
            *strings("source"),
        ),
    ),
    Table(
        "claims",
        ("claim_id",),
        (
            *strings("claim_id statement"),
            *numbers("published ours_paper_model ours_primary"),
            *strings("verdict robustness settings_matching reason"),
        ),
    ),
    Table(
        "changes",
        ("kind", "item", "act"),
        (
            *strings("kind item act before after"),
            *booleans("changed"),
            *strings("reason"),
        ),
    ),
    Table(
        "replication",
        ("outcome", "model", "quantity"),
        (
            *strings("outcome model quantity"),
            *numbers("ours r difference"),
            *strings("note"),
        ),
    ),
    Table(
        "replication_largest",
        ("model", "quantity"),
        (
            *strings("model quantity"),
            *integers("comparisons"),
            *numbers("largest"),
            *strings("outcome"),
        ),
    ),
)

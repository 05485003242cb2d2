"""The tables of the claims audit, of the changes between versions, and of the replication in R."""

from .declare import Column, Table, booleans, integers, numbers, strings

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
        (),  # as the sheet has them: so they are drawn
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
            Column("claim_id", "string", "Claim code", shown="workbook"),
            Column("statement", "string", "Published claim", "long"),
            Column("published", "number", "Published", "published"),
            Column("ours_paper_model", "number", "Ours, the paper's model", "claimed"),
            Column("ours_primary", "number", "Ours, primary model", "claimed"),
            Column("verdict", "string", "Verdict", "verdict"),
            *strings("robustness settings_matching"),
            Column("reason", "string", "Reason", "long"),
            Column("valid_test", "string", "Valid test", "long", shown="workbook"),
            Column("other_evidence", "string", "Other evidence", "long", shown="workbook"),
        ),
    ),
    Table(
        "changes",
        ("kind", "item", "act"),
        (
            *strings("kind item act before after"),
            *booleans("changed"),
            *strings("reason outcome"),
            *integers("k_before"),
            *numbers("value_before low_before high_before"),
            *integers("k_after"),
            *numbers("value_after low_after high_after"),
            *strings("result_before result_after"),
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

"""The tables that the cleaning of the sheets writes."""

from .declare import Table, integers, numbers, strings
from .language import mark

#: Who compared a value with its source, and the older report whose value a newer one keeps.
LATER = "verified_by verified_on verified_against carried_from"
#: Where a value was read and what became of it, behind the value.
READ = (
    *strings("source_url source_locator source_type confidence notes layer sheet"),
    *integers("row"),
    *strings(f"agreement {LATER}"),
)

#: The five domains of GRADE, columns of the sheet `certainty`.
GRADE_DOMAINS = {
    "risk_of_bias": mark("Risk of bias"),
    "inconsistency": mark("Inconsistency"),
    "indirectness": mark("Indirectness"),
    "imprecision": mark("Imprecision"),
    "reporting_bias": mark("Reporting bias"),
}
TABLES = (
    Table(
        "studies",
        ("study_id",),
        (
            *strings("study_id first_author"),
            *integers("year"),
            *strings("title source doi pmid registration country design"),
            *numbers("median_followup_months"),
            *strings(
                "data_cutoff publication_type cohort supersedes include exclude_reason notes label "
                "layer sheet"
            ),
            *integers("row"),
            *strings("agreement"),
        ),
        open=True,
    ),
    Table(
        "outcomes",
        ("study_id", "outcome"),
        (
            *strings("study_id outcome"),
            *integers("events total"),
            *strings("derived"),
            *READ,
        ),
        open=True,
    ),
    Table(
        "durations",
        ("study_id", "outcome"),
        (
            *strings("study_id outcome"),
            *numbers("value_months ci_low ci_high"),
            *integers("n"),
            *strings("not_reached source_url confidence notes layer sheet"),
            *integers("row"),
            *strings(f"agreement {LATER} source_locator"),
        ),
        open=True,
    ),
    Table(
        "comparative",
        ("study_id", "comparison", "outcome", "followup_months"),
        (
            *strings("study_id comparison outcome"),
            *numbers("followup_months"),
            *strings("effect_measure"),
            *numbers("estimate ci_low ci_high"),
            *integers("events_treat n_treat events_ctrl n_ctrl"),
            *strings("source_url confidence notes layer sheet"),
            *integers("row"),
            *strings(f"agreement {LATER} source_locator"),
        ),
        open=True,
    ),
    Table(
        "rate_values",
        ("study_id", "outcome"),
        (
            *strings("study_id outcome"),
            *integers("events"),
            *numbers("person_time"),
            *strings("unit"),
            *READ,
        ),
        open=True,
    ),
    Table(
        "landmark_values",
        ("study_id", "outcome", "months"),
        (
            *strings("study_id outcome"),
            *numbers("months value_percent ci_low ci_high"),
            *integers("n n_at_risk"),
            *READ,
        ),
        open=True,
    ),
    Table(
        "curve_points",
        ("study_id", "outcome", "time_months", "row"),
        (
            *strings("study_id outcome"),
            *numbers("time_months survival"),
            *integers("n_at_risk"),
            *READ,
        ),
        open=True,
    ),
    Table(
        "problems",
        ("severity", "layer", "sheet", "row", "column", "rule", "value"),
        (
            *strings("layer sheet"),
            *integers("row"),
            *strings("column rule severity value message hint"),
        ),
    ),
    Table(
        "reconciliation",
        ("layer", "sheet_kind", "study_id", "outcome", "field"),
        (
            *strings(
                "layer sheet_kind study_id outcome field value_1 value_2 decision status reason"
            ),
        ),
    ),
    Table(
        "agreement",
        ("layer", "sheet_kind", "outcome", "field"),
        (
            *strings("layer sheet_kind outcome field"),
            *integers("both equal"),
            *numbers("share ci_low ci_high"),
            *integers("only_1 only_2"),
        ),
    ),
    Table(
        "search_flow",
        ("box",),
        (
            *strings("box"),
            *integers("count"),
            *strings("note"),
        ),
    ),
    Table(
        "risk_of_bias",
        ("tool", "study_id", "order"),
        (
            *strings("study_id tool"),
            *integers("order"),
            *strings("domain judgement reason"),
        ),
    ),
    Table(
        "certainty",
        ("outcome",),
        (
            *strings("outcome judgement reason"),
            *strings(" ".join(GRADE_DOMAINS)),
        ),
    ),
    Table(
        "change_log",
        ("layer", "sheet", "row", "study_id", "outcome", "act"),
        (
            *strings("act layer sheet"),
            *integers("row"),
            *strings("study_id outcome before after reason"),
        ),
    ),
    Table(
        "availability",
        ("study_id", "outcome"),
        (*strings("study_id outcome status value reason"),),
    ),
    Table(
        "cells",
        ("study_id",),
        (*strings("study_id label"), *integers("events total year")),
        open=True,
    ),
)

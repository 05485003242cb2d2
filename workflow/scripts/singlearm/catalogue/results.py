"""The tables of pooled results.

To add a column: a field of the record in `synthesis` and a line here. With a heading it is printed
in the report, the workbook and the Word tables; `cell` names the cell that it shares on a page.
"""

from .declare import Column, Table, booleans, integers, numbers, predicted, strings
from .language import mark

NOTE = Column("note", "string", "Note", "note")
PREDICTION = mark("95% prediction interval")
PREDICTION_PERCENT = mark("95% prediction interval, %")
PREDICTION_MONTHS = mark("95% prediction interval, months")
#: Columns that stand in several tables.
MODEL = Column("model", "string", "Model", "code")
STUDIES = Column("k", "integer", "Studies", "count")
TAU2_MODE = Column("tau2_mode", "string", "tau² in groups", "word")
COUNTS = (
    STUDIES,
    Column("events", "integer", "Events", "count", "Events/patients"),
    Column("total", "integer", "Patients", "count", "Events/patients"),
)
MEDIAN = mark("Median study, % [95% CI]")
AVERAGE = mark("Average over studies, % [95% CI]")
#: What is pooled of proportions, of the median study and on average.
BOTH = (
    *Column("estimate", "number", "Median study, %", "percent", MEDIAN).limited("ci"),
    *predicted("percent", PREDICTION_PERCENT),
    *Column("marginal", "number", "Average over studies, %", "percent", AVERAGE).limited(),
)
#: Survival over time, and what is read from it.
OVER_TIME = (
    Column("quantity", "string", "Quantity", "word"),
    Column("time_months", "number", "At months", "decimal"),
    STUDIES,
    Column("n", "integer", "Patients", "count"),
    Column("unit", "string", "Unit", "word"),
    *Column("estimate", "number", "Estimate", "by_unit", "Estimate [95% CI]").limited("ci"),
    *predicted("by_unit", PREDICTION),
)
MONTHS = mark("Months [95% CI]")
EVENT_FREE = mark("Event-free, % [95% CI]")
RATE = mark("Per 100 person-years [95% CI]")
AVERAGE_RATE = mark("Average over studies, per 100 person-years [95% CI]")
FULL = mark("If all patients count, % [95% CI]")
HALF = mark("If half of them count, % [95% CI]")
WITHOUT = mark("Without it, % [95% CI]")
FILLED, UNFILLED = mark("With them, % [95% CI]"), mark("Without them, % [95% CI]")

TABLES = (
    Table(
        "effects",
        ("study_id",),
        (
            *strings("study_id label"),
            *integers("year events total"),
            *numbers("proportion ci_low ci_high"),
        ),
        open=True,
    ),
    Table(
        "pooled",
        ("outcome", "model"),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            MODEL,
            *COUNTS,
            *BOTH,
            *numbers("estimate_link se_link"),
            Column("tau2", "number", "tau²", "tau2", "tau² [95% CI]"),
            Column("tau2_low", "number", "tau² low", "tau2", "tau² [95% CI]"),
            Column("tau2_high", "number", "tau² high", "tau2", "tau² [95% CI]"),
            *numbers("tau2_p"),
            Column("tau2_trials", "number", "tau² between trials", "tau2"),
            *numbers("tau2_trials_low tau2_trials_high"),
            Column("tau2_arms", "number", "tau² between arms of a trial", "tau2"),
            *numbers("tau2_arms_low tau2_arms_high"),
            Column("i2", "number", "I²", "i2"),
            *numbers("i2_low i2_high h2"),
            Column("q", "number", "Q", "number", shown="workbook"),
            *integers("q_df"),
            Column("q_p", "number", "p of Q", "p", shown="workbook"),
            Column("p_value", "number", "p", "p"),
            Column("p_above", "number", "P(new study above threshold)", "number", shown="workbook"),
            Column("rho", "number", "rho", "number"),
            *numbers("loglik"),
            Column("converged", "boolean", "Converged", shown="workbook"),
            NOTE,
            *integers("clusters"),
        ),
    ),
    Table(
        "subgroups",
        ("outcome", "by", "model", "tau2_mode", "level"),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            Column("by", "string", "Subgrouping", "subgroup"),
            MODEL,
            TAU2_MODE,
            Column("level", "string", "Group", "plain"),
            *COUNTS,
            *BOTH,
            Column("tau2", "number", "tau²", "tau2"),
            Column("converged", "boolean", "Converged", shown="workbook"),
            NOTE,
            Column("tau2_low", "number", "tau² low", "tau2", "tau², 95% CI"),
            Column("tau2_high", "number", "tau² high", "tau2", "tau², 95% CI"),
        ),
    ),
    Table(
        "subgroup_tests",
        ("outcome", "by", "model", "tau2_mode", "test"),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            Column("by", "string", "Subgrouping", "subgroup"),
            MODEL,
            TAU2_MODE,
            Column("test", "string", "Test", "test"),
            Column("statistic", "number", "Statistic", "number"),
            Column("df", "integer", "df", "count"),
            Column("df2", "number", "df2", "number", shown="workbook"),
            Column("p_value", "number", "p", "p"),
            Column("p_permutation", "number", "p, permutation", "p"),
            Column("p_adjusted", "number", "p, Holm", "p"),
            NOTE,
            *integers("permutations"),
            *numbers("p_permutation_se"),
            *integers("left_out"),
            Column("draws", "integer", "Datasets drawn", "count", shown="workbook"),
            Column("lead", "boolean", "Leads", shown="workbook"),
        ),
    ),
    Table(
        "reporting_bias",
        ("outcome",),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            *strings("measure test"),
            STUDIES,
            Column("slope", "number", "Slope on 1/√n", "number"),
            Column("slope_se", "number", "Standard error", "number", shown="workbook"),
            Column("statistic", "number", "Statistic", "number", shown="workbook"),
            Column("p_value", "number", "p of asymmetry", "p"),
            *strings("side"),
            Column("k_filled", "integer", "Studies filled in", "count"),
            Column("estimate_filled", "number", "With them, %", "percent", FILLED),
            Column("ci_low_filled", "number", "95% CI low", "percent", FILLED),
            Column("ci_high_filled", "number", "95% CI high", "percent", FILLED),
            NOTE,
            Column("estimate_unfilled", "number", "Without them, %", "percent", UNFILLED),
            Column("ci_low_unfilled", "number", "95% CI low", "percent", UNFILLED),
            Column("ci_high_unfilled", "number", "95% CI high", "percent", UNFILLED),
        ),
    ),
    Table(
        "times",
        ("outcome", "method"),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            Column("method", "string", "Method", "method"),
            STUDIES,
            Column("k_without_ci", "integer", "Without interval", "count"),
            Column("k_not_reached", "integer", "Median not reached", "count"),
            Column("n", "integer", "Patients", "count"),
            *Column("estimate_months", "number", "Months", "months", MONTHS).limited("ci"),
            *predicted("months", PREDICTION_MONTHS),
            Column("tau2", "number", "tau²", "tau2", shown="workbook"),
            NOTE,
            Column("bound_low", "number", "At least, months", "months"),
            Column("bound_high", "number", "If those not reached are endless", "months"),
        ),
    ),
    Table(
        "rates",
        ("outcome", "model"),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            Column("model", "string", "Model", "method"),
            STUDIES,
            *integers("n"),
            Column("events", "integer", "Events", "count"),
            Column("person_time", "number", "Person-years", "decimal"),
            *Column("estimate", "number", "Rate per person-year", "per_100", RATE).limited("ci"),
            *predicted("per_100", PREDICTION),
            *Column(
                "marginal", "number", "Average over studies", "per_100", AVERAGE_RATE
            ).limited(),
            *numbers("estimate_link se_link"),
            *Column("tau2", "number", "tau²", "tau2", "tau² [95% CI]").limited(),
            *numbers("tau2_p"),
            Column("i2", "number", "I²", "i2"),
            *numbers("i2_low i2_high h2 q"),
            *integers("q_df"),
            Column("q_p", "number", "p of homogeneity", "p"),
            *numbers("loglik"),
            Column("converged", "boolean", "Converged", shown="workbook"),
            NOTE,
        ),
    ),
    Table(
        "landmarks",
        ("outcome", "model"),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            Column("months", "number", "Months", "decimal"),
            Column("model", "string", "Model", "method"),
            STUDIES,
            Column("n", "integer", "Patients", "count"),
            *Column("estimate", "number", "Event-free, %", "percent", EVENT_FREE).limited("ci"),
            *predicted("percent", PREDICTION_PERCENT),
            *strings("scale"),
            *numbers("estimate_link se_link"),
            Column("tau2", "number", "tau²", "tau2"),
            *numbers("tau2_low tau2_high"),
            Column("i2", "number", "I²", "i2"),
            *numbers("i2_low i2_high h2 q"),
            *integers("q_df"),
            *numbers("q_p loglik"),
            Column("from_interval", "integer", "With interval", "count"),
            Column("from_one_limit", "integer", "With one limit", "count", shown="workbook"),
            Column("from_at_risk", "integer", "Weighed by risk set", "count", shown="workbook"),
            Column("from_n", "integer", "Weighed by patients", "count"),
            Column("n_ratio", "number", "Effective of printed patients", "number"),
            *Column("full_n", "number", "If all patients count, %", "percent", FULL).limited(),
            *Column("half_n", "number", "If half of them count, %", "percent", HALF).limited(),
            Column("converged", "boolean", "Converged", shown="workbook"),
            NOTE,
        ),
    ),
    Table(
        "landmark_studies",
        ("outcome", "study_id"),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            Column("study_id", "string", "Study", "study"),
            Column("months", "number", "Months", "decimal"),
            *Column("survival", "number", "Event-free, %", "percent", EVENT_FREE).limited("ci"),
            Column("n", "integer", "Patients", "count"),
            Column("n_at_risk", "integer", "At risk", "count"),
            *numbers("se"),
            Column("se_source", "string", "Weight from", "weighed"),
            Column("effective", "number", "Effective patients", "decimal"),
            Column("weight", "number", "Weight, %", "decimal"),
            *Column("without", "number", "Without it, %", "percent", WITHOUT).limited(),
            *strings("source_url notes"),
            *numbers("weighed_low weighed_high"),
        ),
    ),
    Table(
        "curves",
        ("outcome", "study_id", "patient"),
        (
            *strings("outcome study_id"),
            *integers("patient"),
            *numbers("time_months"),
            *booleans("event"),
            *numbers("error"),
            *integers("at_risk_error"),
            *strings("note"),
        ),
    ),
    Table(
        "curve_summary",
        ("outcome", "model", "quantity", "time_months"),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            *strings("model"),
            *OVER_TIME,
            *numbers("tau2"),
            Column("i2", "number", "I²", "i2"),
            *numbers("q"),
            *integers("q_df"),
            *numbers("q_p"),
            *booleans("converged"),
            NOTE,
            Column("studies", "integer", "Curves that reach it", "count"),
            Column("at_risk", "integer", "At risk", "count"),
            *booleans("at_horizon"),
        ),
    ),
    Table(
        "survival_model",
        ("outcome", "model", "quantity", "study_id", "time_months"),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            Column("model", "string", "Model", "method"),
            *OVER_TIME,
            Column("average", "number", "Average over studies", "by_unit"),
            Column("tau2", "number", "tau²", "tau2", shown="workbook"),
            *numbers("i2"),
            *integers("points"),
            *numbers("loglik"),
            *booleans("converged"),
            NOTE,
            *strings("study_id"),
            *numbers("observed weight"),
            *strings("source"),
            *booleans("at_horizon"),
        ),
    ),
    Table(
        "ratios",
        ("outcome", "effect_measure", "row", "study_id", "method", "source", "comparison"),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            Column("effect_measure", "string", "Measure"),
            Column("row", "string", "Row", "word", shown="workbook"),
            Column("study_id", "string", "Trial", "trial"),
            Column("method", "string", "Method", "method"),
            Column("k", "integer", "Trials", "count"),
            *Column("estimate", "number", "Ratio", "ratio", "Ratio [95% CI]").limited("ci"),
            Column("tau2", "number", "tau²", "tau2"),
            Column("source", "string", "How obtained", "source"),
            NOTE,
            *strings("effect"),
            *integers("n k_printed k_counts k_double_zero"),
            *predicted("ratio", mark("95% PI")),
            *numbers("tau2_low tau2_high"),
            Column("i2", "number", "I²", "i2"),
            *numbers("i2_low i2_high q"),
            *integers("q_df"),
            *numbers("q_p p_value"),
            *booleans("converged used lead"),
            *integers("rank"),
            *strings("comparison"),
            *numbers("followup_months"),
        ),
    ),
)

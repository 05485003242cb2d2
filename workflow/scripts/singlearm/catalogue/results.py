"""The tables of pooled results.

To add a column: a field of the record in `synthesis` and a line here. With a heading it is printed
in the report, the workbook and the Word tables; `cell` names the cell that it shares on a page.
"""

from .declare import Column, Table, booleans, integers, numbers, strings

NOTE = Column("note", "string", "Note", "note")
PREDICTION = "95% prediction interval"
#: Columns that stand in several tables.
MODEL = Column("model", "string", "Model", "code")
STUDIES = Column("k", "integer", "Studies", "count")
TAU2_MODE = Column("tau2_mode", "string", "tau² in groups", "code")
COUNTS = (
    STUDIES,
    Column("events", "integer", "Events", "count", "Events/patients"),
    Column("total", "integer", "Patients", "count", "Events/patients"),
)
TYPICAL = (
    Column("estimate", "number", "Median study, %", "percent", "Median study, % [95% CI]"),
    Column("ci_low", "number", "95% CI low", "percent", "Median study, % [95% CI]"),
    Column("ci_high", "number", "95% CI high", "percent", "Median study, % [95% CI]"),
    Column("pi_low", "number", "95% PI low", "percent", f"{PREDICTION}, %"),
    Column("pi_high", "number", "95% PI high", "percent", f"{PREDICTION}, %"),
)
AVERAGE = "Average over studies, % [95% CI]"

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
            *TYPICAL,
            Column("marginal", "number", "Average over studies, %", "percent", AVERAGE),
            Column("marginal_low", "number", "95% CI low", "percent", AVERAGE),
            Column("marginal_high", "number", "95% CI high", "percent", AVERAGE),
            *numbers("estimate_link se_link"),
            Column("tau2", "number", "tau²", "tau2", "tau² [95% CI]"),
            Column("tau2_low", "number", "tau² low", "tau2", "tau² [95% CI]"),
            Column("tau2_high", "number", "tau² high", "tau2", "tau² [95% CI]"),
            *numbers("tau2_p"),
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
            *TYPICAL,
            Column("tau2", "number", "tau²", "tau2"),
            Column("converged", "boolean", "Converged", shown="workbook"),
            NOTE,
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
        "regression",
        ("outcome", "moderator", "model", "term"),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            Column("moderator", "string", "Moderator", "moderator"),
            MODEL,
            STUDIES,
            Column("term", "string", "Term", "plain"),
            Column("estimate", "number", "Coefficient", "coefficient", "Coefficient [95% CI]"),
            Column("se", "number", "Standard error", "coefficient", shown="workbook"),
            Column("ci_low", "number", "95% CI low", "coefficient", "Coefficient [95% CI]"),
            Column("ci_high", "number", "95% CI high", "coefficient", "Coefficient [95% CI]"),
            Column("p_value", "number", "p", "p"),
            Column("tau2", "number", "Residual tau²", "tau2"),
            Column("r2", "number", "R²", "i2"),
            NOTE,
            Column("statistic", "number", "Statistic of all terms", "number", shown="workbook"),
            Column("df", "integer", "df", "count", shown="workbook"),
            Column("df2", "number", "df2", "number", shown="workbook"),
            *integers("left_out"),
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
            Column("estimate_months", "number", "Months", "months", "Months [95% CI]"),
            Column("ci_low", "number", "95% CI low", "months", "Months [95% CI]"),
            Column("ci_high", "number", "95% CI high", "months", "Months [95% CI]"),
            Column("pi_low", "number", "95% PI low", "months", f"{PREDICTION}, months"),
            Column("pi_high", "number", "95% PI high", "months", f"{PREDICTION}, months"),
            Column("tau2", "number", "tau²", "tau2", shown="workbook"),
            NOTE,
        ),
    ),
    Table(
        "ratios",
        ("outcome", "effect_measure", "row", "study_id", "method", "source", "comparison"),
        (
            Column("outcome", "string", "Outcome", "outcome"),
            Column("effect_measure", "string", "Measure"),
            Column("row", "string", "Row", "plain", shown="workbook"),
            Column("study_id", "string", "Trial", "trial"),
            Column("method", "string", "Method", "method"),
            Column("k", "integer", "Trials", "count"),
            Column("estimate", "number", "Ratio", "ratio", "Ratio [95% CI]"),
            Column("ci_low", "number", "95% CI low", "ratio", "Ratio [95% CI]"),
            Column("ci_high", "number", "95% CI high", "ratio", "Ratio [95% CI]"),
            Column("tau2", "number", "tau²", "tau2"),
            Column("source", "string", "How obtained", "source"),
            NOTE,
            *strings("effect"),
            *integers("n k_printed k_counts k_double_zero"),
            Column("pi_low", "number", "95% PI low", "ratio", "95% PI"),
            Column("pi_high", "number", "95% PI high", "ratio", "95% PI"),
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

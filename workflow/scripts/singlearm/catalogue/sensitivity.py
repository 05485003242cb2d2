"""The tables of the sensitivity analyses of one outcome."""

from .declare import Column, Table, booleans, integers, numbers, strings

#: The average over studies, beside the model's own estimate.
AVERAGE = "marginal marginal_low marginal_high"
#: What the studies give that are left.
REFIT = numbers(f"estimate ci_low ci_high {AVERAGE} tau2 i2 q")
#: What names a specification: one level of each analytic choice.
SPEC = strings("spec likelihood measure tau2_estimator ci zeros inclusion data_cut denominators")
#: What a specification gives.
FITTED = (
    *integers("k"),
    *numbers("estimate ci_low ci_high tau2"),
    *booleans("converged"),
    *numbers("p_value"),
)

TABLES = (
    Table("leave_one_out", ("model", "left_out"), (*strings("model left_out"), *REFIT)),
    Table(
        "leave_one_trial_out",
        ("model", "trials", "left_out"),
        (*strings("model trials left_out"), *integers("studies"), *REFIT),
    ),
    Table("leave_two_out", ("model", "left_out"), (*strings("model left_out"), *REFIT)),
    Table(
        "influence",
        ("model", "study_id"),
        (
            *strings("model study_id"),
            *numbers("rstudent dffits cook_d cov_ratio tau2_deleted q_deleted hat weight dfbetas"),
        ),
    ),
    Table(
        "cumulative",
        ("model", "step"),
        (
            *strings("model"),
            *integers("step"),
            *strings("study_id"),
            *integers("year"),
            *numbers(f"estimate ci_low ci_high {AVERAGE} tau2"),
        ),
    ),
    Table(
        "gosh",
        ("estimate_low", "i2_low"),
        (
            *numbers("estimate_low estimate_high i2_low i2_high"),
            *integers("subsets cluster"),
        ),
    ),
    Table(
        "gosh_studies",
        ("study_id",),
        (
            *strings("study_id"),
            *numbers("mean_with mean_without i2_with i2_without"),
        ),
    ),
    Table(
        "gosh_summary",
        ("model", "quantity"),
        (
            *strings("model quantity"),
            *integers("subsets"),
            *numbers("minimum q025 q250 median q750 q975 maximum all_studies"),
            *strings("estimand note"),
        ),
    ),
    Table(
        "gosh_clusters",
        ("cluster",),
        (
            *integers("cluster subsets"),
            *numbers("share estimate i2"),
        ),
    ),
    Table("multiverse", ("spec",), (*SPEC, *FITTED)),
    Table("multiverse_groups", ("by", "level", "spec"), (*strings("by level"), *SPEC, *FITTED)),
    Table(
        "multiverse_tests",
        ("by", "spec"),
        (*strings("by"), *SPEC, *numbers("q_between p_value")),
    ),
    Table(
        "multiverse_summary",
        ("choice", "level"),
        (
            *strings("choice level"),
            *integers("specifications"),
            *numbers(
                "minimum median maximum published share_below share_above moves_mean moves_max"
            ),
            *integers("distinct"),
            *numbers("median_distinct share_below_distinct share_above_distinct"),
            *numbers("primary share_below_primary share_above_primary"),
            *strings("estimand note"),
        ),
    ),
    Table(
        "calibration",
        ("simulated_from", "model", "interval"),
        (
            Column("model", "string", "Model", "model"),
            *integers("datasets"),
            Column("coverage", "number", "Coverage of the 95% interval, %", "percent"),
            Column("width", "number", "Mean width, points", "points"),
            Column("bias", "number", "Bias, points", "points"),
            Column("coverage_se", "number", "Simulation error, points", "points"),
            *strings("interval simulated_from"),
            *integers("failed"),
        ),
    ),
)

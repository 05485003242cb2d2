"""The tables of pooled results."""

from .declare import Table, booleans, integers, numbers, strings

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
            *strings("outcome model"),
            *integers("k events total"),
            *numbers(
                "estimate ci_low ci_high pi_low pi_high marginal marginal_low marginal_high "
                "estimate_link se_link tau2 tau2_low tau2_high tau2_p i2 i2_low i2_high h2 q"
            ),
            *integers("q_df"),
            *numbers("q_p p_value p_above rho loglik"),
            *booleans("converged"),
            *strings("note"),
        ),
    ),
    Table(
        "subgroups",
        ("outcome", "by", "model", "tau2_mode", "level"),
        (
            *strings("outcome by model tau2_mode level"),
            *integers("k events total"),
            *numbers("estimate ci_low ci_high pi_low pi_high tau2"),
            *booleans("converged"),
            *strings("note"),
        ),
    ),
    Table(
        "subgroup_tests",
        ("outcome", "by", "model", "tau2_mode", "test"),
        (
            *strings("outcome by model tau2_mode test"),
            *numbers("statistic"),
            *integers("df"),
            *numbers("df2 p_value p_permutation p_adjusted"),
            *strings("note"),
        ),
    ),
    Table(
        "regression",
        ("outcome", "moderator", "model", "term"),
        (
            *strings("outcome moderator model"),
            *integers("k"),
            *strings("term"),
            *numbers("estimate se ci_low ci_high p_value tau2 r2"),
            *strings("note"),
        ),
    ),
    Table(
        "times",
        ("outcome", "method"),
        (
            *strings("outcome method"),
            *integers("k k_without_ci k_not_reached n"),
            *numbers("estimate_months ci_low ci_high pi_low pi_high tau2"),
            *strings("note"),
        ),
    ),
    Table(
        "ratios",
        ("outcome", "effect_measure", "row", "study_id", "method", "source", "comparison"),
        (
            *strings("outcome effect_measure row study_id method"),
            *integers("k"),
            *numbers("estimate ci_low ci_high tau2"),
            *strings("source note"),
            *strings("effect"),
            *integers("n k_printed k_counts k_double_zero"),
            *numbers("pi_low pi_high tau2_low tau2_high i2 i2_low i2_high q"),
            *integers("q_df"),
            *numbers("q_p p_value"),
            *booleans("converged used lead"),
            *integers("rank"),
            *strings("comparison"),
            *numbers("followup_months"),
        ),
    ),
)

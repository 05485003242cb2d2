"""What must hold for every row of a table of results, of whatever kind and data."""

import math

#: Codes that say why a number is missing, by the column that lacks it.
NOTHING = (
    "no_data", "no_finite_maximum", "no_finite_estimate", "not_converged", "too_few_points",
    "survival_does_not_fall", "not_reached", "bounds_differ", "unusable_values", "no_weight",
    "no_standard_error", "double_zero", "double_zero_left_out", "peto_events_common",
    "peto_effect_large", "peto_arms_unequal", "peto_no_events", "poisson_events_common",
)  # fmt: skip
REASONS = {
    "estimate": NOTHING,
    "ci": (*NOTHING, "interval_not_found", "tau2_interval_open", "no_interval",
           "too_few_studies_for_exact_interval", "upper_limit_not_reached",
           "limit_beyond_all_times", "one_study_outweighs",
           "no_event_before_horizon", "points_as_coefficients"),
    "pi": (*NOTHING, "two_studies", "single_study", "tau2_interval_open", "interval_not_found",
           "no_events_exact", "exact_interval", "homogeneous_exact", "points_as_coefficients"),
}  # fmt: skip
#: Why a model of arms of trials has no limits.
ROBUST = ("few_degrees_of_freedom", "fewer_than_two_clusters", "few_trials_of_arms")
#: An interval of these has no width for a reason: limits at a border, or an exact one.
NO_WIDTH = ("limits_cut_to_0", "limits_cut_to_0_1", "standard_error_zero")
HAIR = 1e-7


def without_prediction(row):
    """Whether a row's method has no new study to predict: an effect common to all, a median over
    studies, one study's own result, a quantity other than survival."""
    method = row.get("method") or row.get("model") or ""
    return (
        "pi_low" not in row
        or row.get("effect") == "common"
        or row.get("row") == "trial"
        or row.get("quantity") not in (None, "survival")
        or method in ("poisson_common", "single")
        or method.startswith("weighted_median")
    )


def codes(row):
    """The codes of a row's note, without their values."""
    return {part.split("=")[0].strip() for part in (row.get("note") or "").split(";")} - {""}


def check_numbers(row):
    """Every number is finite or empty."""
    for name, value in row.items():
        if isinstance(value, float):
            assert math.isfinite(value), (name, row)


def check_intervals(row, estimate="estimate"):
    """Estimates lie in their intervals, which have a width; prediction holds the interval."""
    value, low, high = row[estimate], row["ci_low"], row["ci_high"]
    slack = HAIR * (1 + abs(value or 0))
    for end, sign in ((low, 1), (high, -1)):
        if value is not None and end is not None:
            assert sign * (value - end) >= -slack, row
    if low is not None and high is not None:
        border = value is not None and value in (0, 1)
        assert high > low or border or codes(row) & set(NO_WIDTH), row
    pi_low, pi_high = row.get("pi_low"), row.get("pi_high")
    if None not in (pi_low, pi_high, low, high):
        assert pi_low <= low + slack and pi_high >= high - slack, row
        assert pi_high > pi_low, row
    for name in ("tau2", "i2"):
        value, low, high = (row.get(name + end) for end in ("", "_low", "_high"))
        if low is not None:
            assert low <= value * (1 + HAIR) + HAIR, (name, row)
        if high is not None:
            assert value <= high * (1 + HAIR) + HAIR, (name, row)
    if row.get("marginal_low") is not None:
        slack = HAIR * (1 + row["marginal"])
        assert row["marginal_low"] - slack <= row["marginal"] <= row["marginal_high"] + slack, row


def check_reasons(row, estimate="estimate", others=()):
    """An empty number has a note that says why; `others` are reasons for limits."""
    wanted = {"estimate": [estimate], "ci": ["ci_low", "ci_high"]}
    if not without_prediction(row):
        wanted["pi"] = ["pi_low", "pi_high"]
    for what, names in wanted.items():
        for name in names:
            if row[name] is None:
                more = () if what == "estimate" else others
                assert codes(row) & {*REASONS[what], *more}, (name, row)

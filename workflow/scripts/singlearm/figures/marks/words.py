"""Words that figures print for codes of the tables: tests, heterogeneity, analytic choices."""

from collections.abc import Sequence

from singlearm.catalogue import Row, numbers
from singlearm.figures.marks.inputs import FigureModel, StudyWords
from singlearm.synthesis.estimators import ESTIMATORS

AXIS_TITLE = "% of patients"
TESTS = {
    "q_between": "Q",
    "lrt": "likelihood ratio χ²",
    "f": "F",
    "lrt_bootstrap": "likelihood ratio (bootstrap)",
}
#: Which test a figure prints when a table has several.
TEST_ORDER = ("lrt_bootstrap", "lrt", "f", "q_between")
TAU2_MODES = {"common": "one common τ²", "separate": "separate τ²"}

#: What the levels of a specification curve are called; others show their name with spaces.
LEVELS = {
    "normal": "two steps, normal",
    "binomial_normal": "binomial-normal (GLMM)",
    "beta_binomial": "beta-binomial",
    "bayes": "Bayesian",
    "PLO": "logit",
    "PLN": "log",
    "PAS": "arcsine",
    "PFT": "double arcsine",
    "PR": "proportion as it is",
    **{name: estimator.short for name, estimator in ESTIMATORS.items()},
    "half_normal_1": "half-normal prior",
    "": "does not apply",
}
#: What is chosen below a specification curve.
CHOICES = {
    "likelihood": "Likelihood",
    "measure": "Scale",
    "tau2_estimator": "τ² estimator",
    "inclusion": "Studies",
    "data_cut": "Reports",
    "denominators": "Denominators",
}


def level_words(level: str | None, words: StudyWords) -> str:
    """A level of an analytic choice in words: `restricted ML`, or a study column's heading."""
    name = level or ""
    return LEVELS.get(name) or words.labels.get(name) or name.replace("_", " ")


def heterogeneity_line(row: Row, model: FigureModel) -> str:
    """`Heterogeneity: τ² = 0.36 [0.04, 2.05], I² = 57%, Q = 29.8 (df 13, p = 0.005)`.

    Of a pooled row or a subgroup's; what the row or its model does not have is left out. A scale
    other than log odds is named.
    """
    parts = []
    if model.has_tau2 and row.get("tau2") is not None:
        found = numbers.tau2_ci(row["tau2"], row.get("tau2_low"), row.get("tau2_high"))
        scale = "" if model.scale == "log odds" else f" ({model.scale} scale)"
        parts.append(f"τ² = {found}{scale}".replace("= <", "< "))
    if row.get("rho") is not None:
        parts.append(f"ρ = {numbers.number(row['rho'], 3)}")
    if row.get("i2") is not None:
        parts.append(f"I² = {numbers.i2(row['i2'])}")
    if row.get("q") is not None:
        tail = f"df {row['q_df']}, {numbers.p_value(row['q_p'])}"
        parts.append(f"Q = {numbers.number(row['q'], 1)} ({tail})")
    return f"Heterogeneity: {', '.join(parts)}" if parts else ""


def choose_test(tests: Sequence[Row], tau2_mode: str) -> Row | None:
    """The test that a figure prints of one subgrouping: the model's own, under one tau2 mode."""
    usable = [row for row in tests if row["tau2_mode"] == tau2_mode and row["p_value"] is not None]
    return min(usable, key=lambda row: TEST_ORDER.index(row["test"]), default=None)


def test_words(test: Row) -> str:
    """`likelihood ratio χ² = 2.31 (df 1), p = 0.13; permutation p = 0.15`."""
    df = f"df {test['df']}"
    if test["df2"] is not None:
        df += f", {numbers.number(test['df2'], 0)}"
    text = f"{TESTS[test['test']]} = {numbers.number(test['statistic'])} ({df})"
    text += f", {numbers.p_value(test['p_value'])}"
    if test["p_permutation"] is not None:
        text += f"; permutation {numbers.p_value(test['p_permutation'])}"
    return text


def count_of(number: int, one: str, many: str) -> str:
    """`1 study`, `3 studies`."""
    return f"{numbers.count(number)} {one if number == 1 else many}"

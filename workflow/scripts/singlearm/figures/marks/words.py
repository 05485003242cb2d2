"""Words that figures print for codes of the tables: tests, heterogeneity, analytic choices."""

from collections.abc import Sequence

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.words import STATISTICS
from singlearm.figures.marks.inputs import FigureModel, StudyWords
from singlearm.synthesis.estimators import ESTIMATORS

AXIS_TITLE = mark("% of patients")
#: Which test a figure prints when a table has several.
TEST_ORDER = ("lrt_bootstrap", "lrt", "f", "q_between")

#: What the levels of a specification curve are called; others show their name with spaces.
LEVELS = {
    "normal": mark("two steps, normal"),
    "binomial_normal": mark("binomial-normal (GLMM)"),
    "beta_binomial": mark("beta-binomial"),
    "bayes": mark("Bayesian"),
    "PLO": mark("logit"),
    "PLN": mark("log"),
    "PAS": mark("arcsine"),
    "PFT": mark("double arcsine"),
    "PR": mark("proportion as it is"),
    **{name: estimator.short for name, estimator in ESTIMATORS.items()},
    "half_normal_1": mark("half-normal prior"),
    "all": mark("all"),
    "latest": mark("latest"),
    "earlier": mark("earlier"),
    "reported": mark("reported"),
    "": mark("does not apply"),
}
#: What is chosen below a specification curve.
CHOICES = {
    "likelihood": mark("Likelihood"),
    "measure": mark("Scale"),
    "tau2_estimator": mark("τ² estimator"),
    "inclusion": mark("Studies"),
    "data_cut": mark("Reports"),
    "denominators": mark("Denominators"),
}


def level_words(level: str | None, words: StudyWords) -> str:
    """A level of an analytic choice in words: `restricted ML`, or a study column's heading."""
    name = level or ""
    if name in LEVELS:
        return say(LEVELS[name])
    return words.labels.get(name) or name.replace("_", " ")


def heterogeneity_line(row: Row, model: FigureModel) -> str:
    """`Heterogeneity: τ² = 0.36 [0.04, 2.05], I² = 57%, Q = 29.8 (df 13, p = 0.005)`.

    Of a pooled row or a subgroup's; what the row or its model does not have is left out. A scale
    other than log odds is named.
    """
    parts = []
    if model.has_tau2 and row.get("tau2") is not None:
        found = numbers.tau2_ci(row["tau2"], row.get("tau2_low"), row.get("tau2_high"))
        text = f"τ² = {found}".replace("= <", "< ")
        if model.scale != "log odds":
            text = say("{tau2} ({scale} scale)", tau2=text, scale=say(model.scale))
        parts.append(text)
    if row.get("rho") is not None:
        parts.append(f"ρ = {numbers.significant(row['rho'], 3)}")
    if row.get("i2") is not None:
        parts.append(f"I² = {numbers.i2(row['i2'])}")
    if row.get("q") is not None:
        tail = f"{say('df {df}', df=row['q_df'])}, {numbers.p_value(row['q_p'])}"
        parts.append(f"Q = {numbers.significant(row['q'], 1)} ({tail})")
    return say("Heterogeneity: {values}", values=", ".join(parts)) if parts else ""


def choose_test(tests: Sequence[Row]) -> Row | None:
    """The test that a figure prints of one subgrouping: the model's own, under one common tau2."""
    usable = [row for row in tests if row["tau2_mode"] == "common" and row["p_value"] is not None]
    return min(usable, key=lambda row: TEST_ORDER.index(row["test"]), default=None)


def test_words(test: Row) -> str:
    """`likelihood ratio χ² = 2.31 (df 1), p = 0.13; permutation p = 0.15`."""
    df = say("df {df}", df=test["df"])
    if test["df2"] is not None:
        df = say("df {df}, {df2}", df=test["df"], df2=numbers.number(test["df2"], 0))
    text = f"{say(STATISTICS[test['test']])} = {numbers.significant(test['statistic'])} ({df})"
    text += f", {numbers.p_value(test['p_value'])}"
    if test["p_permutation"] is not None:
        text += f"; {say('permutation {p}', p=numbers.p_value(test['p_permutation']))}"
    return text

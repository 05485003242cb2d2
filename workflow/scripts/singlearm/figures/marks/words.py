"""Words that figures print for codes of the tables: notes, tests, column heads."""

from singlearm.catalogue import Row, numbers

#: Heads of optional study columns; others show their name with spaces.
COLUMN_HEADS = {
    "year": "Year",
    "phase": "Phase",
    "product": "Product",
    "country": "Country",
    "design": "Design",
    "target_antigens": "Targets",
    "target_class": "Class",
    "costimulation": "Costimulation",
    "publication_type": "Publication",
    "median_followup_months": "Follow-up, mo",
    "median_age": "Age",
    "median_prior_lines": "Prior lines",
    "n_infused": "Infused",
}

#: What a note of a pooled row means for the reader of a figure.
NOTES = {
    "no_data": "no data",
    "single_study": "one study, nothing to pool",
    "two_studies": "two studies, no prediction interval",
    "homogeneous_exact": "exact bound of the summed counts, homogeneity assumed",
    "not_converged": "did not converge, no estimate",
    "interval_not_found": "a limit of the interval was not found",
    "wald_interval": "Wald interval",
    "no_finite_maximum": "the likelihood has no finite maximum",
    "standard_error_zero": "no standard error",
    "tau2_at_zero": "τ² estimated as 0",
}

TESTS = {"q_between": "Q", "lrt": "likelihood ratio χ²", "f": "F"}
#: Which test a figure prints when a table has several.
TEST_ORDER = ("lrt", "f", "q_between")


def data_words(version: str, data_hash: str) -> str:
    """`Data version 2021.1, sha256 1a2b3c4d5e6f`: what the figure was drawn from."""
    return f"Data version {version}" + (f", sha256 {data_hash}" if data_hash else "")


def column_head(name: str) -> str:
    """Head of a study column: `Follow-up, mo`."""
    return COLUMN_HEADS.get(name, name.replace("_", " ").capitalize())


def note_words(note: str | None) -> str:
    """A note in words; several codes are joined by `;`. What is no code is printed as it is."""
    codes = [code.strip() for code in (note or "").split(";") if code.strip()]
    return "; ".join(NOTES.get(code, code.replace("_", " ")) for code in codes)


def heterogeneity_line(pooled: Row) -> str:
    """`Heterogeneity: τ² = 0.36 [0.04, 2.05], I² = 57%, Q = 29.8 (df 13, p = 0.005)`."""
    parts = []
    if pooled["tau2"] is not None:
        found = numbers.tau2_ci(pooled["tau2"], pooled["tau2_low"], pooled["tau2_high"])
        parts.append(f"τ² = {found}".replace("= <", "< "))
    if pooled["i2"] is not None:
        parts.append(f"I² = {numbers.i2(pooled['i2'])}")
    if pooled["q"] is not None:
        tail = f"df {pooled['q_df']}, {numbers.p_value(pooled['q_p'])}"
        parts.append(f"Q = {numbers.number(pooled['q'], 1)} ({tail})")
    return f"Heterogeneity: {', '.join(parts)}" if parts else ""


def choose_test(tests: list[Row], tau2_mode: str) -> Row | None:
    """The test that a figure prints of one subgrouping: the model's own, under one tau2 mode."""
    usable = [row for row in tests if row["tau2_mode"] == tau2_mode and row["p_value"] is not None]
    ranked = sorted(usable, key=lambda row: TEST_ORDER.index(row["test"]))
    return ranked[0] if ranked else None


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

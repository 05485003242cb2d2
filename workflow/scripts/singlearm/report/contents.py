"""What stands in each publication table: rows and columns, not yet any file format."""

from singlearm.catalogue import Row, notes, numbers
from singlearm.report import words
from singlearm.report.review import Review, members, select
from singlearm.report.shown import ordered, shown_mode
from singlearm.report.table import PRINT, Column, Printed, Table


def study_characteristics(review: Review) -> Table:
    """One row per study of the analysis set."""
    columns = (
        Column("study_id", "Study", width=26),
        Column("first_author", "First author", width=18),
        Column("year", "Year", "year", 7),
        Column("title", "Title", width=48),
        Column("registration", "Registration", width=18),
        Column("doi", "DOI", width=26),
        Column("pmid", "PubMed", width=12),
        Column("country", "Country", width=14),
        Column("phase", "Phase", width=8),
        Column("design", "Design", width=12),
        Column("target_antigens", "Target", width=14),
        Column("product", "Product", width=26),
        Column("costimulation", "Costimulation", width=14),
        Column("cell_source", "Cells", width=12),
        Column("n_infused", "Infused", "count", 9),
        Column("median_age", "Median age, years", "decimal", 12),
        Column("median_prior_lines", "Median prior lines", "decimal", 12),
        Column("prior_asct_percent", "Prior ASCT, %", "decimal", 12),
        Column("lymphodepletion", "Lymphodepletion", width=16),
        Column("median_followup_months", "Median follow-up, months", "decimal", 14),
        Column("publication_type", "Publication", width=12),
    )
    printed = (
        Printed("Study", _author_year, 3.2),
        Printed("Registration", lambda row: ", ".join(members(row["registration"])), 3.2),
        Printed("Phase; design", _phase_design, 2.4),
        Printed("Product (target)", _product, 4.2),
        Printed("Infused", _printed("n_infused", "count"), 1.4, "right"),
        Printed("Age, years", _printed("median_age", "decimal"), 1.4, "right"),
        Printed("Prior lines", _printed("median_prior_lines", "decimal"), 1.4, "right"),
        Printed("Follow-up, months", _printed("median_followup_months", "decimal"), 1.7, "right"),
        Printed("Report", lambda row: words.plain(row["publication_type"]), 1.9),
    )
    return Table(
        "study_characteristics",
        "Characteristics of the included studies",
        columns,
        printed,
        review.studies,
        (
            "Age, prior lines and follow-up are medians. An en dash or an empty cell: not "
            "reported. ASCT: autologous stem cell transplantation.",
        ),
    )


def summary_of_findings(review: Review) -> Table:
    """One row per proportion outcome: the primary model's answer."""
    columns = (
        Column("outcome", "Outcome code", width=26),
        Column("label", "Outcome", width=40),
        Column("k", "Studies", "count", 9),
        Column("events", "Events", "count", 9),
        Column("total", "Patients", "count", 9),
        Column("estimate", "Median study, %", "percent", 12),
        Column("ci_low", "95% CI low", "percent", 11),
        Column("ci_high", "95% CI high", "percent", 11),
        Column("marginal", "Population average, %", "percent", 12),
        Column("marginal_low", "95% CI low", "percent", 11),
        Column("marginal_high", "95% CI high", "percent", 11),
        Column("pi_low", "95% PI low", "percent", 11),
        Column("pi_high", "95% PI high", "percent", 11),
        Column("tau2", "tau²", "tau2", 9),
        Column("i2", "I²", "i2", 8),
        Column("threshold", "Threshold, %", "percent", 11),
        Column("p_above", "P(new study above threshold)", "number", 16),
        Column("certainty", "Certainty", width=12),
        Column("certainty_reason", "Reason for the certainty", width=40),
        Column("note", "Note", width=50),
    )
    printed = (
        Printed("Outcome", lambda row: row["label"], 4.4),
        Printed("Studies", _printed("k", "count"), 1.3, "right"),
        Printed("Events/patients", _counts, 2.2, "right"),
        Printed("Median study, % [95% CI]", _interval_of("estimate", "ci"), 3.0, "right"),
        Printed(
            "Population average, % [95% CI]", _interval_of("marginal", "marginal"), 3.0, "right"
        ),
        Printed(
            "95% prediction interval, %",
            lambda row: numbers.percent_interval(row["pi_low"], row["pi_high"]),
            2.4,
            "right",
        ),
        Printed("tau²", _printed("tau2", "tau2"), 1.2, "right"),
        Printed("Note", lambda row: row["note"], 3.0),
    )
    rows = tuple(
        _finding(review, name)
        for name in review.outcome_names("proportion")
        if review.primary_row(name)
    )
    below = (
        f"Model: {review.model_label(review.protocol['primary'])}. CI: confidence interval of the "
        "mean; the prediction interval is for the true proportion of a new, similar study; tau²: "
        "variance between studies on the log-odds scale.",
    )
    if any(row["certainty"] for row in rows):
        printed += (Printed("Certainty", lambda row: row["certainty"] or numbers.MISSING, 1.7),)
    else:
        below += ("No certainty judgements (GRADE) are recorded for this version.",)
    return Table("summary_of_findings", "Summary of findings", columns, printed, rows, below)


def all_results(review: Review) -> Table:
    """Every pooled, subgroup, time and ratio result as one long table."""
    columns = (
        Column("part", "Part", width=10),
        Column("outcome", "Outcome code", width=26),
        Column("label", "Outcome", width=40),
        Column("by", "Subgrouping", width=20),
        Column("level", "Level", width=16),
        Column("model", "Model or method", width=18),
        Column("tau2_mode", "tau² in groups", width=12),
        Column("study_id", "Study", width=20),
        Column("unit", "Unit", width=12),
        Column("k", "Studies", "count", 9),
        Column("events", "Events", "count", 9),
        Column("total", "Patients", "count", 9),
        Column("estimate", "Estimate", "by_unit", 11),
        Column("ci_low", "95% CI low", "by_unit", 11),
        Column("ci_high", "95% CI high", "by_unit", 11),
        Column("pi_low", "95% PI low", "by_unit", 11),
        Column("pi_high", "95% PI high", "by_unit", 11),
        Column("marginal", "Population average", "by_unit", 12),
        Column("marginal_low", "95% CI low", "by_unit", 11),
        Column("marginal_high", "95% CI high", "by_unit", 11),
        Column("tau2", "tau²", "tau2", 9),
        Column("tau2_low", "tau² low", "tau2", 9),
        Column("tau2_high", "tau² high", "tau2", 9),
        Column("i2", "I²", "i2", 8),
        Column("q", "Q", "number", 9),
        Column("q_p", "p of Q", "p", 9),
        Column("converged", "Converged", width=10),
        Column("note", "Note", width=50),
    )
    printed = (
        Printed("Outcome", lambda row: row["label"], 3.6),
        Printed("Group", lambda row: row["level"] or row["study_id"] or "all", 2.0),
        Printed("Model or method", lambda row: row["model"] or "", 2.2),
        Printed("Studies", _printed("k", "count"), 1.3, "right"),
        Printed("Events/patients", _counts, 2.0, "right"),
        Printed("Estimate [95% CI]", _by_unit, 3.4, "right"),
        Printed(
            "95% prediction interval",
            lambda row: (
                numbers.percent_interval(row["pi_low"], row["pi_high"])
                if row["unit"] == "%"
                else numbers.interval(row["pi_low"], row["pi_high"], 1)
            ),
            2.4,
            "right",
        ),
        Printed("tau²", _printed("tau2", "tau2"), 1.2, "right"),
    )
    parts = (
        ("overall", "%", review.pooled, {}),
        ("subgroup", "%", review.subgroups, {}),
        ("time", "months", review.times, {"method": "model", "estimate_months": "estimate"}),
        ("ratio", "ratio", review.ratios, {"method": "model"}),
    )
    keys = [column.key for column in columns]
    rows = []
    for part, unit, source, renamed in parts:
        for row in source:
            known = {renamed.get(key, key): value for key, value in row.items()}
            if unit == "ratio":
                known["level"] = row["row"]
                unit_of_row = row["effect_measure"] or "ratio"
            else:
                unit_of_row = unit
            if part == "time":
                known["total"] = row["n"]
            known |= {
                "part": part,
                "unit": unit_of_row,
                "label": review.outcome_label(row["outcome"]),
            }
            rows.append({key: known.get(key) for key in keys})
    return Table(
        "all_results",
        "All results",
        columns,
        printed,
        tuple(rows),
        ("Proportions are in percent, times in months; ratios carry their measure as unit.",),
    )


def subgroup_tests(review: Review) -> Table:
    """Every test of a difference between subgroups."""
    columns = (
        Column("outcome", "Outcome code", width=26),
        Column("label", "Outcome", width=40),
        Column("by", "Subgrouping", width=22),
        Column("model", "Model", width=16),
        Column("tau2_mode", "tau² in groups", width=12),
        Column("test", "Test", width=12),
        Column("statistic", "Statistic", "number", 10),
        Column("df", "df", "count", 6),
        Column("df2", "df2", "number", 8),
        Column("p_value", "p", "p", 9),
        Column("p_permutation", "p, permutation", "p", 12),
        Column("p_adjusted", "p, Holm", "p", 9),
        Column("note", "Note", width=50),
    )
    printed = (
        Printed("Outcome", lambda row: row["label"], 4.0),
        Printed("Subgrouping", lambda row: review.subgroup_label(row["by"]), 4.0),
        Printed("Model", lambda row: row["model"], 2.0),
        Printed("tau²", lambda row: row["tau2_mode"] or "", 1.6),
        Printed("Test", lambda row: words.TESTS.get(row["test"], row["test"]), 2.2),
        Printed("p", _printed("p_value", "p"), 1.3, "right"),
        Printed("p, permutation", _printed("p_permutation", "p"), 1.8, "right"),
        Printed("p, Holm", _printed("p_adjusted", "p"), 1.3, "right"),
    )
    rows = tuple({**row, "label": review.outcome_label(row["outcome"])} for row in review.tests)
    return Table(
        "subgroup_tests",
        "Tests of differences between subgroups",
        columns,
        printed,
        rows,
        (
            "Holm: adjusted over the subgroupings of an outcome. Comparisons between trials "
            "are observational.",
        ),
    )


def regressions(review: Review) -> Table:
    """Every term of the meta-regressions, on the scale of its model."""
    columns = (
        Column("outcome", "Outcome code", width=26),
        Column("label", "Outcome", width=40),
        Column("moderator", "Moderator", width=24),
        Column("model", "Model", width=16),
        Column("k", "Studies", "count", 9),
        Column("term", "Term", width=24),
        Column("estimate", "Coefficient", "coefficient", 12),
        Column("se", "Standard error", "coefficient", 12),
        Column("ci_low", "95% CI low", "coefficient", 11),
        Column("ci_high", "95% CI high", "coefficient", 11),
        Column("p_value", "p", "p", 9),
        Column("tau2", "Residual tau²", "tau2", 10),
        Column("r2", "R²", "i2", 8),
        Column("note", "Note", width=50),
    )
    rows = tuple(
        {**row, "label": review.outcome_label(row["outcome"])} for row in review.regression
    )
    return Table(
        "meta_regression",
        "Meta-regression",
        columns,
        (),
        rows,
        ("Coefficients are on the model's scale: log odds for the logistic models.",),
    )


def claims_audit(review: Review) -> Table:
    """Published claims against our numbers."""
    columns = (
        Column("claim_id", "Claim code", width=24),
        Column("statement", "Published claim", width=60),
        Column("quantity", "Quantity", width=18),
        Column("published", "Published", "number", 12),
        Column("ours_paper_model", "Ours, the paper's model", "number", 14),
        Column("ours_primary", "Ours, primary model", "number", 14),
        Column("verdict", "Verdict", width=16),
        Column("reason", "Reason", width=70),
    )
    printed = (
        Printed("Published claim", lambda row: row["statement"] or "", 5.2),
        Printed("Published", _claimed("published"), 1.8, "right"),
        Printed("Ours, the paper's model", _claimed("ours_paper_model"), 1.8, "right"),
        Printed("Ours, primary model", _claimed("ours_primary"), 1.8, "right"),
        Printed("Verdict", lambda row: words.VERDICTS.get(row["verdict"], row["verdict"]), 2.0),
        Printed("Reason", lambda row: row["reason"] or "", 6.0),
    )
    rows = tuple(
        {**row, "claim": claim, "quantity": claim["quantity"]}
        for row in review.claims
        for claim in [review.published_claim(row["claim_id"])]
    )
    return Table("claims", "Published claims against our numbers", columns, printed, rows)


def _finding(review: Review, name: str) -> Row:
    row = review.primary_row(name)
    certainty = next(select(review.certainty, outcome=name), {})
    return {
        **row,
        "label": review.outcome_label(name),
        "threshold": review.protocol["outcomes"][name].get("threshold"),
        "certainty": certainty.get("judgement"),
        "certainty_reason": certainty.get("reason"),
        "note": notes.short(row["note"]),
    }


def _author_year(row: Row) -> str:
    if not row["first_author"]:
        return row["study_id"]
    return f"{row['first_author']} {row['year'] or ''}".strip()


def _phase_design(row: Row) -> str:
    parts = (row["phase"] and f"{words.plain(row['phase'])}", words.design(row["design"]))
    return "; ".join(part for part in parts if part)


def _product(row: Row) -> str:
    target = (row["target_antigens"] or "").replace("+", " + ")
    return f"{row['product'] or ''} ({target})" if target else row["product"] or ""


def _printed(key: str, kind: str):
    return lambda row: PRINT[kind](row[key])


def _interval_of(key: str, limits: str):
    return lambda row: numbers.percent_ci(row[key], row[f"{limits}_low"], row[f"{limits}_high"])


def _claimed(key: str):
    return lambda row: words.claim_number(row[key], row["claim"], published=key == "published")


def _counts(row: Row) -> str:
    if not row["k"]:
        return numbers.MISSING
    if row["events"] is None:
        return numbers.count(row["total"])
    return numbers.events_total(row["events"], row["total"])


def _by_unit(row: Row) -> str:
    if row["unit"] == "%":
        return f"{numbers.percent_ci(row['estimate'], row['ci_low'], row['ci_high'])} %"
    if row["unit"] == "months":
        return f"{numbers.months_ci(row['estimate'], row['ci_low'], row['ci_high'])} months"
    return f"{numbers.ratio_ci(row['estimate'], row['ci_low'], row['ci_high'])} {row['unit']}"


def about(review: Review) -> list[tuple[str, str]]:
    """What the tables belong to: title first, then version, data and model."""
    protocol = review.protocol
    return [
        ("Review", protocol["review"]["title"]),
        ("Data version", f"{review.version}: {protocol['version']['title']}"),
        ("Fingerprint of the data (SHA-256)", review.data_hash),
        ("Primary model", review.model_label(protocol["primary"])),
    ]


def groups(review: Review) -> Table:
    """The subgroups of every outcome as the report shows them: primary model, one kind of tau2.

    An outcome and a subgrouping are named in their first row only. Groups without data are left
    out.
    """
    primary = review.protocol["primary"]
    rows = []
    for name in review.outcome_names("proportion"):
        for by in review.protocol["subgroups"]:
            found = list(select(review.subgroups, outcome=name, by=by, model=primary))
            mode = shown_mode(found)
            shown = [
                row for row in ordered(review, by, found) if row["k"] and row["tau2_mode"] == mode
            ]
            for row in shown:
                said = any(other["outcome"] == name for other in rows)
                rows.append(
                    {
                        **row,
                        "label": "" if said else review.outcome_label(name),
                        "grouping": review.subgroup_label(by) if row is shown[0] else "",
                    }
                )
    printed = (
        Printed("Outcome", lambda row: row["label"], 4.4),
        Printed("Subgrouping", lambda row: row["grouping"], 4.0),
        Printed("Group", lambda row: words.plain(row["level"]), 2.4),
        Printed("Studies", _printed("k", "count"), 1.6, "right"),
        Printed("Events/patients", _counts, 2.0, "right"),
        Printed("Median study, % [95% CI]", _interval_of("estimate", "ci"), 3.4, "right"),
        Printed("tau²", _printed("tau2", "tau2"), 1.2, "right"),
        Printed("Note", lambda row: notes.short(row["note"]), 4.6),
    )
    return Table(
        "subgroups",
        "Subgroups",
        (),
        printed,
        tuple(rows),
        (
            "Primary model, one tau² for all groups of a subgrouping. Comparisons between trials "
            "are observational.",
        ),
    )

"""Which tables are printed: their rows, with the columns that the catalogue declares."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any, Literal

from singlearm.catalogue import TABLES, Column, Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.catalogue.natural import natural
from singlearm.catalogue.results import AVERAGE, PREDICTION
from singlearm.kinds import KINDS, Kind
from singlearm.kinds.model_words import model_of, scale
from singlearm.report.estimand_columns import by_estimand, called, headline_first
from singlearm.report.printers import model_words, printers
from singlearm.report.review import Review, place
from singlearm.report.subgroup_rows import displayed, level_place
from singlearm.report.table import Table

CODE = Column("outcome", "string", "Outcome code", "code", shown="workbook")
LABEL = Column("label", "string", "Outcome", "label")
#: Columns of a study that every review has, before and behind its own.
STUDY = (
    Column("study_id", "string", "Study", "study"),
    Column("first_author", "string", "First author", shown="workbook"),
    Column("year", "integer", "Year", "year", shown="workbook"),
    Column("title", "string", "Title", "long", shown="workbook"),
    Column("registration", "string", "Registration"),
    Column("doi", "string", "DOI", shown="workbook"),
    Column("pmid", "string", "PubMed", shown="workbook"),
)
PUBLICATION = Column("publication_type", "string", "Report", "plain")
#: Columns of pooled proportions that are printed only where a review has them.
OF_FEW = ("p_value", "tau2_trials", "tau2_arms")
#: The columns of a result in which the parts of `all_results` differ from each other.
PLACE = (
    Column("part", "string", "Part", "word", shown="workbook"),
    CODE,
    LABEL,
    Column("by", "string", "Subgrouping", "subgroup", shown="workbook"),
    Column("level", "string", "Group", "plain"),
    Column("model", "string", "Model or method", "code"),
    Column("tau2_mode", "string", "tau² in groups", "word", shown="workbook"),
    Column("study_id", "string", "Study", "study"),
    Column("time_months", "number", "At months", "decimal"),
    Column("unit", "string", "Unit", "word"),
)
#: The bounds of a median that is not known better, in `all_results`.
BOUNDS = (
    Column("bound_low", "number", "At least", "by_unit", shown="workbook"),
    Column("bound_high", "number", "If those not reached are endless", "by_unit", shown="workbook"),
)
#: In `all_results` the proportions of all studies are called so.
OVERALL = "overall"
OBSERVATIONAL = mark("Comparisons between studies are observational.")
#: Headings of pooled proportions where the unit is named beside them.
ANY_UNIT = {
    "Median study, %": mark("Estimate"),
    "Median study, % [95% CI]": mark("Estimate [95% CI]"),
    "Average over studies, %": mark("Average over studies"),
    AVERAGE: mark("Average over studies [95% CI]"),
    f"{PREDICTION}, %": PREDICTION,
}


def headed(review: Review, kind: str, *, without: Collection[str] = ()) -> tuple[Column, ...]:
    """The columns of a kind of table that people see; those that few reviews have only where a
    result has a value.
    """
    columns = [column for column in TABLES[kind].headed if column.name not in without]
    if kind != "pooled":
        return tuple(columns)
    empty = {n for n in OF_FEW if all(row.get(n) is None for row in review.rows("pooled"))}
    columns = [column for column in columns if column.name not in empty]
    null = review.null_values
    if not null:
        return tuple(columns)
    heading = say("p against the protocol's value")
    if len(null) == 1:
        value = numbers.shortest(100 * null[0])
        heading = say("p against {value}%", value=value)
    return tuple(
        replace(column, heading=heading) if column.name == "p_value" else column
        for column in columns
    )


def table(review: Review, kind: str, title: str, rows: Iterable[Row], **how: Any) -> Table:
    """Rows of a kind of table as people see them.

    Parameters
    ----------
    kind : str
        The kind of table in the catalogue.
    title : str
        The table's title.
    rows : iterable of dict
        What it holds.
    **how
        `without`, columns that are left out; other fields of `Table`.
    """
    columns = headed(review, kind, without=how.pop("without", ()))
    made = Table(kind, title, columns, tuple(rows), words=printers(review))
    return replace(made, **how)


def with_outcome(found: Table, review: Review) -> Table:
    """The table with the code and the label of each row's outcome in front."""
    rest = tuple(column for column in found.columns if column.name != "outcome")
    rows = tuple(row | {"label": review.outcome_label(row["outcome"])} for row in found.rows)
    return replace(found, columns=(CODE, LABEL, *rest), rows=rows)


def study_characteristics(review: Review) -> Table:
    """One row per study of the analysis set."""
    settings = review.study_words
    shown = list(settings.get("table", ()))
    known = {column.name for column in (*STUDY, PUBLICATION)}
    own = [
        _own_column(review, name, "all" if name in shown else "workbook")
        for name in dict.fromkeys([*shown, *settings.get("labels", ())])
        if name not in known
    ]
    return Table(
        "study_characteristics",
        say("Characteristics of the included studies"),
        (*STUDY, *own, PUBLICATION),
        tuple(_by_label(review)),
        (say("An en dash or an empty cell: not recorded in the sheets."),),
        printers(review),
        "study_id",
    )


def _by_label(review: Review) -> list[Row]:
    """The studies as people look them up."""

    def called(row: Row) -> tuple[Any, str]:
        return natural(review.study_label(row["study_id"])), row["study_id"]

    return sorted(review.rows("studies"), key=called)


def _own_column(review: Review, name: str, where: Literal["all", "workbook"]) -> Column:
    """A column of the review's own, a number if its values are."""
    values = [row.get(name) for row in review.rows("studies")]
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, int | float) for value in known):
        return Column(name, "number", review.column_label(name), "quantity", shown=where)
    group = review.study_words.get("group")
    prints = "design" if name == "design" else "members" if name == group else "plain"
    return Column(name, "string", review.column_label(name), prints, shown=where)


def all_proportions(review: Review) -> Table:
    """One row per proportion outcome: the primary model's answer."""
    protocol = review.protocol
    model = model_of(protocol, protocol["primary"])
    judged = {row["outcome"]: row for row in review.rows("certainty")}
    rows = [
        row
        | {
            "threshold": review.outcome(name).get("threshold"),
            "certainty": judged.get(name, {}).get("judgement"),
            "certainty_reason": judged.get(name, {}).get("reason"),
        }
        for name in review.outcome_names("proportion")
        if (row := review.lead(name))
    ]
    primary = review.model_label(protocol["primary"])
    below = [say("Model: {model}. CI: confidence interval.", model=primary)]
    if any(row["pi_low"] is not None for row in rows):
        below.append(
            say("The prediction interval is for the true proportion of a new, similar study.")
        )
    if model.has_tau2:
        below.append(
            say("tau²: variance between studies on the {scale} scale.", scale=scale(model))
        )
    found = table(
        review,
        "pooled",
        say("All proportions"),
        rows,
        name="proportions",
        key="outcome",
        without=("model", "converged"),
        notes=(" ".join(below),) if rows else (),
    )
    behind = (
        Column("threshold", "number", "Threshold, %", "percent", shown="workbook"),
        Column("certainty", "string", "Certainty", "judgement"),
        Column("certainty_reason", "string", "Reason for the certainty", "long", shown="workbook"),
    )
    found = called(with_outcome(found, review), review)
    return replace(found, columns=(*found.columns, *behind))


def models(review: Review, outcome: str) -> Table:
    """One outcome under every model, the primary first; each number under what it is."""
    primary = review.protocol["primary"]
    order = sorted(review.protocol["models"], key=lambda name: name != primary)
    found = {row["model"]: row for row in review.rows("pooled", outcome=outcome)}
    rows = [by_estimand(review, found[name]) for name in order if name in found]
    title = say("Models: {outcome}", outcome=review.outcome_label(outcome))
    made = table(review, "pooled", title, rows, name="models", key="model", without=("outcome",))
    role = {review.paper_model: say("as published"), primary: say("primary")}

    def model(name: Any, _: Row) -> str:
        return model_words(review, name, role.get(name, ""))

    columns = tuple(
        replace(column, prints="model") if column.name == "model" else column
        for column in headline_first(review, made.columns)
        if column.name not in ("events", "total")
    )
    return replace(made, columns=columns, words={**made.words, "model": model})


def all_results(review: Review) -> Table:
    """Every pooled, subgroup, time, ratio and other result as one long table."""
    named = {column.name for column in PLACE}
    headed_columns = headline_first(review, headed(review, "pooled", without=named))
    columns = [_any_unit(column) for column in headed_columns]
    return Table(
        "all_results",
        say("All results"),
        (*PLACE, *columns, *BOUNDS),
        tuple(row for kind in KINDS.values() for row in _results_of(review, kind)),
        (
            say(
                "The unit of the estimates stands in each row; in the file of comma-separated "
                "values percentages are shares of 1."
            ),
        ),
        printers(review),
    )


def _any_unit(column: Column) -> Column:
    """A column of proportions as one of numbers in any unit."""
    if column.prints != "percent":
        return column
    heading, cell = (ANY_UNIT.get(text, text) for text in (column.heading, column.cell))
    return replace(column, prints="by_unit", heading=heading, cell=cell)


def _results_of(review: Review, kind: Kind) -> Iterator[Row]:
    """The results of one kind under the names that all kinds have in common."""
    parts = {kind.name: kind.table}
    if kind.name == "proportion":
        parts = {OVERALL: kind.table, "subgroup": "subgroups"}
    order = list(review.protocol["outcomes"])
    for part, name in parts.items():
        shown = filter(kind.shown, review.rows(name))
        for row in sorted(shown, key=lambda row: place(row["outcome"], order)):
            measure = row.get("effect_measure")  # a ratio has its measure as unit
            common = {
                "part": part,
                "label": review.outcome_label(row["outcome"]),
                "unit": row.get("unit") or kind.measure.unit.strip() or measure or kind.name,
                "level": row.get("level") or row.get("row") or row.get("quantity"),
                "model": row.get("model") or row.get("method"),
                "total": row.get("total", row.get("n")),
                "estimate": row[kind.columns[0]],
                "time_months": row.get("time_months", row.get("months")),
            }
            yield kind.measure.in_unit(row | common)


def subgroup_tests(review: Review) -> Table:
    """Every test of a difference between subgroups."""
    note = say("Holm: adjusted over the subgroupings of an outcome.")
    title = say("Tests of differences between subgroups")
    rows, below = review.rows("subgroup_tests"), f"{note} {say(OBSERVATIONAL)}"
    return with_outcome(table(review, "subgroup_tests", title, rows, notes=(below,)), review)


def differences(review: Review, outcome: str = "", by: str = "") -> Table:
    """How much groups differ, each from the first: of one subgrouping, or of all of the review."""
    title, of = say("Differences between groups"), {"outcome": outcome, "by": by} if outcome else {}
    rows = review.rows("subgroup_differences", **of)
    if outcome:
        title = say(
            "Differences between groups, {outcome}: {subgrouping}",
            outcome=review.outcome_label(outcome),
            subgrouping=review.subgroup_label(by),
        )
        rows = sorted(rows, key=level_place(review, by))
    note = say(
        "Primary model. Points: percentage points (a workbook shows them with a % sign), the group "
        "less the one it is held against."
    )
    made = table(
        review,
        "subgroup_differences",
        title,
        rows,
        key="level" if outcome else "",
        without=(*of, "model", "tau2_mode"),
        notes=(f"{note} {say(OBSERVATIONAL)}",),
    )
    found = made if outcome else with_outcome(made, review)
    return replace(found, columns=headline_first(review, found.columns, before="difference"))


def regressions(review: Review) -> Table:
    """Every term of the meta-regressions, on the scale of its model."""
    scales = "; ".join(
        f"{name}, {scale(model_of(review.protocol, name))}"
        for name in dict.fromkeys(row["model"] for row in review.rows("regression"))
    )
    note = say("Coefficients are on the scale of their model: {scales}.", scales=scales)
    made = table(
        review,
        "regression",
        say("Meta-regression"),
        review.rows("regression"),
        name="meta_regression",
        notes=(note,) if review.rows("regression") else (),
    )
    return with_outcome(made, review)


def reporting_bias(review: Review) -> Table:
    """The test of asymmetry and trim and fill of each outcome with ten studies or more."""
    order = list(review.protocol["outcomes"])
    rows = [row for row in review.rows("reporting_bias") if row["p_value"] is not None]
    rows.sort(key=lambda row: order.index(row["outcome"]))
    note = say(
        "Arcsine scale: random-effects regression on 1/√n, and trim and fill (L0) as a sensitivity "
        "analysis. With and without the studies filled in: the median study by the two-step model "
        "on that scale (REML, normal interval); the two are to be held against each other, not "
        "against the primary model's numbers. Asymmetry of single-arm proportions is no evidence "
        "of missing results: small studies differ from large ones in more than their size."
    )
    title = say("Small-study effects")
    made = table(review, "reporting_bias", title, rows, notes=(note,), without=("note",))
    return with_outcome(made, review)


def claims_audit(review: Review) -> Table:
    """Published claims against our numbers."""
    title = say("Published claims against our numbers")
    return table(review, "claims", title, review.rows("claims"), key="claim_id")


def groups(review: Review) -> Table:
    """The subgroups of every outcome as the report shows them: primary model, one kind of tau2.

    An outcome and a subgrouping are named in their first row only. Groups without data are left
    out.
    """
    rows: list[Row] = []
    for name in review.outcome_names("proportion"):
        for by in review.protocol["subgroups"]:
            shown = [row for row in displayed(review, name, by) if row["k"]]
            for row in shown:
                first = not any(other["code"] == name for other in rows)
                named = {"code": name, "outcome": name if first else None}
                rows.append(row | named | {"by": by if row is shown[0] else None})
    note = say("Primary model, one tau² for all groups of a subgrouping.")
    without, below = ("model", "tau2_mode"), f"{note} {say(OBSERVATIONAL)}"
    made = table(review, "subgroups", say("Subgroups"), rows, without=without, notes=(below,))
    return called(made, review)

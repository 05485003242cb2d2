"""The tables of every kind of outcome but proportions: its pooled rows, its groups, their tests."""

from collections import Counter
from collections.abc import Sequence

from singlearm.catalogue import TABLES, Column, Row
from singlearm.catalogue.language import ENGLISH, current, known, mark, say
from singlearm.kinds import KINDS
from singlearm.kinds.base import headline
from singlearm.kinds.ratio_words import i2_of
from singlearm.report import planned, tables
from singlearm.report.printers import printers
from singlearm.report.regression_rows import displayed
from singlearm.report.review import Review, distinct, place
from singlearm.report.table import Table

#: The points of the curve from all evidence under the model that leads.
POINTS = (
    Column("outcome", "string", "Outcome", "outcome"),
    Column("study_id", "string", "Study", "study"),
    Column("source", "string", "From", "point"),
    Column("time_months", "number", "At months", "decimal"),
    Column("observed", "number", "Reported, %", "percent"),
    Column("estimate", "number", "Model, %", "percent"),
    Column("weight", "number", "Weight, %", "decimal"),
)
#: Of the table of studies with survival at a fixed time.
WITHOUT_IT = mark(
    "Without it: by the model that leads for as many studies as are left, for two to four the "
    "Bayesian one with its credible interval, else REML. Weights: log-log scale, REML, also where "
    "the Bayesian model leads."
)


def of_kind(review: Review, name: str) -> Table:
    """Every pooled row of one kind of outcome."""
    kind = KINDS[name]
    outcomes, models = list(review.protocol["outcomes"]), list(kind.models)
    rows = sorted(
        (row for row in review.rows(kind.table) if row["k"] and kind.shown(row)),
        key=lambda row: (
            place(row["outcome"], outcomes),
            row.get("row") == "pooled",
            place(row.get("model"), models),
        ),
    )
    title = known(kind.title)
    if kind.table == "ratios":
        rows = [row | {"i2": i2_of(row)} for row in rows]
    return tables.with_outcome(tables.table(review, kind.table, title, rows), review)


def of_studies(review: Review, name: str) -> tuple[Table, ...]:
    """What each study gives to the results of a kind, where a table has it.

    Survival at fixed times: its weight, and the rest without it. One curve from all evidence: each
    point that a study reports beside the one that the model fits.
    """
    made = []
    for kind in KINDS[name].poolings:
        rows = review.rows(kind) if kind != KINDS[name].table else []
        if rows and TABLES[kind].headed:
            called = known(KINDS[name].title)
            title = say("{kind}: each study, and the rest without it", kind=called)
            below = (say(WITHOUT_IT),) if kind == "landmark_studies" else ()
            table = tables.table(review, kind, title, rows, notes=below)
            made.append(tables.with_outcome(table, review))
    points = [row for row in review.rows(KINDS[name].table) if row.get("quantity") == "point"]
    if points:
        leads = {outcome: review.lead(outcome) for outcome in {row["outcome"] for row in points}}
        models = {outcome: lead and lead["model"] for outcome, lead in leads.items()}
        shown = [row for row in points if row["model"] == models[row["outcome"]]]
        title = say(
            "{kind}: what each study reports beside the model", kind=known(KINDS[name].title)
        )
        table = Table("points", title, POINTS, tuple(shown), words=printers(review))
        made.append(tables.with_outcome(table, review))
    return tuple(made)


def by_group(review: Review, name: str) -> tuple[Table, ...]:
    """Groups, tests between them and regressions of one kind of outcome; of all without a name.

    Subgroupings of which one group alone has a result are left out, and terms of regressions that
    have no number or say nothing of their own.
    """
    several = Counter((row["outcome"], row["by"]) for row in review.rows("group_results"))
    title = known(KINDS[name].title) if name else say("Other outcomes")

    def compared(row: Row) -> bool:
        return several[row["outcome"], row["by"]] > 1

    groups = [said(row) for row in review.rows("group_results") if compared(row)]
    tests = [row for row in review.rows("group_tests") if compared(row)]
    # every moderator of one coefficient has Wald's test, and so has its coefficient
    terms = displayed(
        review.rows("other_regression"), ("part", "outcome", "moderator"), lambda _: False
    )
    slopes = [row for row in terms if row["p_value"] is not None]
    made = []
    for kind, heading, found in (
        ("group_results", say("{kind}: groups", kind=title), groups),
        ("group_tests", say("{kind}: tests between groups", kind=title), tests),
        ("other_regression", say("{kind}: meta-regression", kind=title), slopes),
    ):
        rows = [row for row in found if name in ("", row["part"])]
        if rows:
            below: tuple[str, ...] = ()
            if kind == "group_tests":
                by = distinct(row["by"] for row in rows)
                below = (_tested(rows), planned.subgroups(review, by))
            elif kind == "other_regression":
                by = distinct(row["moderator"] for row in rows)
                below = (planned.regressions(review, by),)
            table = tables.table(
                review,
                kind,
                heading,
                rows,
                name="_".join(filter(None, (name, kind))),
                notes=(*below, say(tables.OBSERVATIONAL)),
            )
            made.append(tables.with_outcome(table, review))
    return tuple(made)


def _tested(rows: Sequence[Row]) -> str:
    """Which studies enter tests between groups, and that Holm's method did not adjust their p."""
    medians = any(row["part"] == "time" for row in rows)
    told = (
        say("Only studies with a standard error enter a test."),
        say(
            "Of medians these are the ones that were reached and have an interval or its lower "
            "limit; they enter on the log scale."
        )
        if medians
        else "",
        say("These p values are not adjusted for the number of subgroupings."),
    )
    return " ".join(filter(None, told))


def said(row: Row) -> Row:
    """A group's row with its result in the language in use; the step that pooled wrote English."""
    if current() == ENGLISH:
        return row
    kind = KINDS[row["part"]]
    again = headline(dict.fromkeys(TABLES[kind.table].names) | row)
    return row | {"result": kind.with_measure(again)}

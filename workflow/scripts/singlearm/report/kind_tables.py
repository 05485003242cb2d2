"""The tables of every kind of outcome but proportions: its pooled rows, its groups, their tests."""

from collections import Counter

from singlearm.catalogue import Row
from singlearm.kinds import KINDS
from singlearm.report import tables, words
from singlearm.report.review import Review
from singlearm.report.table import Table


def of_kind(review: Review, name: str) -> Table:
    """Every pooled row of one kind of outcome."""
    kind = KINDS[name]
    outcomes, models = list(review.protocol["outcomes"]), list(kind.models)
    rows = sorted(
        (row for row in review.rows(kind.table) if row["k"] and kind.shown(row)),
        key=lambda row: (
            _place(row["outcome"], outcomes),
            row.get("row") == "pooled",
            _place(row.get("model"), models),
        ),
    )
    title = kind.title or words.plain(name).capitalize()
    return tables.with_outcome(tables.table(review, kind.table, title, rows), review)


def _place(name: str | None, order: list[str]) -> int:
    """Where a name stands in an order; those that it lacks come last."""
    return order.index(name) if name in order else len(order)


def by_group(review: Review, name: str) -> tuple[Table, ...]:
    """Groups, tests between them and regressions of one kind of outcome; of all without a name.

    Subgroupings of which one group alone has a result are left out, and regressions without a
    number.
    """
    several = Counter((row["outcome"], row["by"]) for row in review.rows("group_results"))
    title = KINDS[name].title if name else "Other outcomes"

    def compared(row: Row) -> bool:
        return several[row["outcome"], row["by"]] > 1

    made = []
    for kind, heading, shown in (
        ("group_results", f"{title}: groups", compared),
        ("group_tests", f"{title}: tests between groups", compared),
        ("other_regression", f"{title}: meta-regression", _has_number),
    ):
        rows = [row for row in review.rows(kind) if name in ("", row["part"]) and shown(row)]
        if rows:
            table = tables.table(
                review,
                kind,
                heading,
                rows,
                name="_".join(filter(None, (name, kind))),
                notes=(tables.OBSERVATIONAL,),
            )
            made.append(tables.with_outcome(table, review))
    return tuple(made)


def _has_number(row: Row) -> bool:
    return row["p_value"] is not None

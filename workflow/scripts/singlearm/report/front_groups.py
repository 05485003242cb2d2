"""Results by the groups that matter: the protocol's `front_groups`, beside the key outcomes."""

from singlearm.catalogue import Column, Row, notes, numbers
from singlearm.catalogue.language import say, within
from singlearm.report import words
from singlearm.report.findings import key_outcomes
from singlearm.report.review import Review
from singlearm.report.subgroup_rows import displayed, said_of
from singlearm.report.table import Table

#: Notes of results that are a count with its exact interval.
EXACT = {"exact_interval", "homogeneous_exact"}


def tables(review: Review) -> list[Table]:
    """A table for each subgrouping that the protocol puts on the front page: a row for each group,
    a column for each key outcome that has results by it.
    """
    made = [_table(review, by) for by in review.protocol.get("front_groups", ())]
    return [table for table in made if table is not None]


def _table(review: Review, by: str) -> Table | None:
    if by not in review.protocol["subgroups"]:
        return None
    found: dict[str, dict[str, Row]] = {
        name: {row["level"]: row for row in displayed(review, name, by) if row["k"]}
        for name in key_outcomes(review)
    }
    names = [name for name, groups in found.items() if len(groups) > 1]
    levels = dict.fromkeys(level for name in names for level in found[name])
    if not levels:
        return None
    label = review.subgroup_label(by)
    columns = (
        Column("level", "string", label, "plain"),
        *(Column(name, "string", _heading(review, name)) for name in names),
    )
    rows = tuple(
        {"level": level} | {name: cell(found[name].get(level)) for name in names}
        for level in levels
    )
    shown = [row for name in names for row in found[name].values()]
    note = say(
        "Proportions: {of}. Groups of studies, not of patients within a study: they may differ in "
        "anything else as well.",
        of=said_of(shown),
    )
    if any(EXACT & set(notes.codes(row["note"])) for row in shown):
        note += " " + say(
            "One study, or none or all of the patients: the count itself with an exact interval."
        )
    title = say("Results by {group}", group=within(label))
    return Table(f"by_{by}", title, columns, rows, (note,))


def _heading(review: Review, outcome: str) -> str:
    return say("{outcome}, % [95% CI]", outcome=review.outcome_label(outcome))


def cell(row: Row | None) -> str:
    """`72.8 [65.1, 79.4]; 8 studies, 282/363`; an en dash for a group without the outcome."""
    if row is None:
        return numbers.MISSING
    said = numbers.percent_ci(row["value"], row["low"], row["high"])
    of_patients = numbers.events_total(row["events"], row["total"])
    return f"{said}; {words.studies(row['k'])}, {of_patients}"

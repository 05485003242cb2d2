"""Results by the groups that matter: the protocol's `front_groups`, beside the key outcomes."""

from collections.abc import Mapping

from singlearm.catalogue import Column, Row, notes, numbers
from singlearm.catalogue.language import say, within
from singlearm.kinds.base import patients
from singlearm.kinds.model_words import ESTIMANDS
from singlearm.report import kind_tables, planned, words
from singlearm.report.findings import key_outcomes
from singlearm.report.review import Review
from singlearm.report.subgroup_rows import displayed, level_place, said_of
from singlearm.report.table import Table

#: The rows of an outcome's groups by their level.
Groups = Mapping[str, Row]
#: Notes of results that are a count with its exact interval.
EXACT = {"exact_interval", "homogeneous_exact"}


def tables(review: Review) -> list[Table]:
    """A table for each subgrouping that the protocol puts on the front page: a row for each group,
    a column for each key outcome, of any kind, that has results by it.
    """
    made = [_table(review, by) for by in review.protocol.get("front_groups", ())]
    return [table for table in made if table is not None]


def _table(review: Review, by: str) -> Table | None:
    if by not in review.protocol["subgroups"]:
        return None
    every = {name: _groups(review, name, by) for name in key_outcomes(review)}
    found = {name: groups for name, groups in every.items() if len(groups) > 1}
    place = level_place(review, by)
    levels = {level: row for groups in found.values() for level, row in groups.items()}
    if not levels:
        return None
    label = review.subgroup_label(by)
    columns = (
        Column("level", "string", label, "plain"),
        *(Column(name, "string", _heading(review, name)) for name in found),
    )
    rows = tuple(
        {"level": level} | {name: cell(groups.get(level)) for name, groups in found.items()}
        for level in sorted(levels, key=lambda level: place(levels[level]))
    )
    title = say("Results by {group}", group=within(label))
    return Table(f"by_{by}", title, columns, rows, (_note(review, by, found),))


def _groups(review: Review, outcome: str, by: str) -> Groups:
    """The groups of a subgrouping in which an outcome has a study."""
    if review.kind_of(outcome).name == "proportion":
        rows = displayed(review, outcome, by)
    else:
        rows = [*map(kind_tables.said, review.rows("group_results", outcome=outcome, by=by))]
    return {row["level"]: row for row in rows if row["k"]}


def _note(review: Review, by: str, found: Mapping[str, Groups]) -> str:
    """What the numbers are of, and that nobody was given his group by lot."""
    counted = [row for groups in found.values() for row in groups.values() if "events" in row]
    parts = [say("Proportions: {of}.", of=said_of(counted))] if counted else []
    for name, groups in found.items():
        kinds = dict.fromkeys(row["estimand"] for row in groups.values() if row.get("estimand"))
        if kinds:
            of = words.listing([say(ESTIMANDS[kind]) for kind in kinds])
            parts.append(f"{review.outcome_label(name)}: {of}.")
    parts.append(
        say(
            "Groups of studies, not of patients within a study: they may differ in anything else "
            "as well."
        )
    )
    parts.append(planned.caution(review, by))
    if any(EXACT & set(notes.codes(row["note"])) for row in counted):
        parts.append(
            say(
                "One study, or none or all of the patients: the count itself with an exact "
                "interval."
            )
        )
    return " ".join(filter(None, parts))


def _heading(review: Review, outcome: str) -> str:
    if review.kind_of(outcome).name != "proportion":
        return review.outcome_label(outcome)  # its cells have their unit and what the interval is
    return say("{outcome}, % [95% CI]", outcome=review.outcome_label(outcome))


def cell(row: Row | None) -> str:
    """`72.8 [65.1, 79.4]; 8 studies, 282/363`, `8.0 months (95% CI 5.9 to 11.8); 4 studies, 90
    patients`; an en dash for a group without the outcome.
    """
    if row is None:
        return numbers.MISSING
    if "events" not in row:
        told = f"{row['result']}; {words.studies(row['k'])}"
        return told if row["n"] is None else f"{told}, {patients(row['n'])}"
    said = numbers.percent_ci(row["value"], row["low"], row["high"])
    of_patients = numbers.events_total(row["events"], row["total"])
    return f"{said}; {words.studies(row['k'])}, {of_patients}"

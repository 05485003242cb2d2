"""What PRISMA 2020 and MOOSE ask of a report: the protocol's texts, and where each item stands.

Sources: Page et al. (2021), BMJ 372:n71; Stroup et al. (2000), JAMA 283:2008.
"""

import csv
from pathlib import Path
from string import ascii_lowercase

from singlearm.catalogue import Column
from singlearm.catalogue.language import mark, say
from singlearm.kinds import KINDS
from singlearm.report import tables
from singlearm.report.review import Review
from singlearm.report.table import Table

NOT_REPORTED = mark("not reported")
#: Headings of the texts of the protocol's `review` block, by key, in the order of the report.
HEADINGS = {
    "rationale": mark("Rationale"),
    "eligibility": mark("Eligibility criteria"),
    "sources": mark("Information sources and searches"),
    "selection": mark("Selection of studies"),
    "collection": mark("Collection of data"),
    "outcome_definitions": mark("Definitions of the outcomes"),
    "other_data": mark("Other data"),
    "bias_assessment": mark("Assessment of risk of bias"),
    "interpretation": mark("Interpretation"),
    "process_limits": mark("Limits of the review process"),
    "implications": mark("Implications"),
    "registration": mark("Registration"),
    "protocol": mark("Protocol"),
    "amendments": mark("Amendments"),
    "funding": mark("Support"),
    "conflicts": mark("Competing interests"),
    "availability": mark("Availability of data, code and other material"),
}
#: The section of the report that prints them.
PROCESS = mark("How the review was made")
#: Title and source of each checklist, by the name of its file of items.
CHECKLISTS = {
    "prisma": (
        mark("PRISMA 2020 checklist"),
        mark("Checklist: Page MJ, et al. BMJ 2021;372:n71."),
    ),
    "moose": (
        mark("MOOSE checklist"),
        mark("Checklist for studies without randomisation: Stroup DF, et al. JAMA 2000;283:2008."),
    ),
}
_COLUMNS = (
    Column("number", "string", "Item"),
    Column("part", "string", "Part"),
    Column("topic", "string", "Topic", "long"),
    Column("place", "string", "Where it is reported", "long"),
)


def filled(review: Review) -> list[tuple[str, str, list[str]]]:
    """(key, heading, paragraphs) of the texts that the protocol gives."""
    given = review.protocol["review"]
    return [
        (key, say(heading), paragraphs(given[key]))
        for key, heading in HEADINGS.items()
        if given.get(key)
    ]


def paragraphs(value: str | list[str] | list[dict[str, str]]) -> list[str]:
    """A text of the protocol, or its list of texts or sources, as paragraphs."""
    if isinstance(value, str):
        return [value]
    return [entry if isinstance(entry, str) else _source(entry) for entry in value]


def _source(entry: dict[str, str]) -> str:
    """`PubMed, last searched 2026-01-05: ("light therapy") AND gloom`."""
    source = entry["name"]
    if "searched" in entry:
        source = say("{source}, last searched {date}", source=source, date=entry["searched"])
    return f"{source}: {entry['search']}" if "search" in entry else source


def checklist(review: Review, name: str) -> Table:
    """The items of a checklist (`prisma`, `moose`) with the place of each.

    `not reported` where there is none; where only a person can tell whether a text of the protocol
    says what an item asks for, the place of that text, marked.
    """
    with Path(__file__).with_name(f"{name}_items.csv").open(encoding="utf-8", newline="") as file:
        items = list(csv.DictReader(file))
    title, source = map(say, CHECKLISTS[name])
    there = {item["number"] for item in items if reported(review, item["reported_by"])}
    maybe = {item["number"] for item in items if item["reported_by"].startswith("text:")} & there

    def where(item: dict[str, str]) -> str:
        if item["number"] not in there:
            return say(NOT_REPORTED)
        at = place(review, item)
        return say("if told: {place}", place=at) if item["number"] in maybe else at

    rows = tuple(
        item | {"part": say(item["part"]), "topic": say(item["topic"])} | {"place": where(item)}
        for item in items
    )
    note = say(
        "{reported} of {all} entries ({items} items) are reported.",
        reported=len(there - maybe),
        all=len(items),
        items=len({item["number"].rstrip(ascii_lowercase) for item in items}),
    )
    if maybe:
        note += " " + say(
            "Of {n} more the place is given where they belong: nobody but a reader can tell "
            "whether they are told there.",
            n=len(maybe),
        )
    return Table(f"{name}_checklist", title, _COLUMNS, rows, (f"{note} {source}",))


#: Headings that a report has only where a table has rows.
_RESTS_ON = {
    "Subgroups": "subgroups",
    "Meta-regression": "regression",
    "Differences between studies": "pooled",
    "Special cases": "pooled",
    "How to read the numbers": "pooled",
    "Studies behind this result": "pooled",
}


def place(review: Review, item: dict[str, str]) -> str:
    """Where an item that is reported stands; a heading that this report has not is left out."""
    _, _, key = item["reported_by"].partition(":")
    if not item["place"]:
        return f"{say(PROCESS)}: {say(HEADINGS[key])}"
    pooling = [
        kind.title
        for kind in KINDS.values()
        if review.rows(kind.table) and kind.methods is not None
    ]
    section, _, headings = item["place"].partition(": ")
    there = [
        say(heading)
        for heading in (pooling if headings == "{pooling}" else headings.split("; "))
        if heading and (heading not in _RESTS_ON or review.tables.get(_RESTS_ON[heading]))
    ]
    return f"{say(section)}: {'; '.join(there)}" if there else say(section)


#: What says in a title that the review is a systematic one; in a language that inflects, a stem.
SYSTEMATIC = mark("systematic review")


def reported(review: Review, by: str) -> bool:
    """Whether the review has what an item is reported by: a text of the protocol (`key:funding`,
    or `text:sources` which may or may not tell it), a table with rows (`table:studies`), or what
    the word says.
    """
    given, (what, _, name) = review.protocol["review"], by.partition(":")
    if what in ("key", "text"):
        return bool(given.get(name))
    sources = given.get("sources") or []
    titles = (SYSTEMATIC, say(SYSTEMATIC))
    has = {
        "table": lambda: bool(review.tables.get(name)),
        "title": lambda: any(words in given["title"].lower() for words in titles),
        "searches": lambda: bool(sources) and all("search" in source for source in sources),
        "results": lambda: any(review.tables.get(kind.table) for kind in KINDS.values()),
        "effects": lambda: any(
            review.tables.get(kind.sheet.clean_table) for kind in KINDS.values() if not kind.derived
        ),
        "sensitivity": lambda: bool(review.sensitivity),
        "excluded": lambda: bool(review.rows("change_log", act="excluded")),
        "certainty": lambda: thresholds(review) or bool(review.rows("certainty")),
        "judged": lambda: any(row["judgement"] for row in review.rows("certainty")),
        "asymmetry": lambda: asymmetry(review),
        "characteristics": lambda: len(tables.study_characteristics(review).cells) > 1,
    }
    return has[what]()


def asymmetry(review: Review) -> bool:
    """Whether small-study effects were looked at for any outcome."""
    return any(row["p_value"] is not None for row in review.rows("reporting_bias"))


def thresholds(review: Review) -> bool:
    """Whether the protocol names a decision threshold of any outcome."""
    return any("decision_threshold" in outcome for outcome in review.protocol["outcomes"].values())

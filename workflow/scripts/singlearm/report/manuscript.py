"""A manuscript to edit: methods, results in words, tables, figures with legends."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from singlearm.catalogue.language import say
from singlearm.report import front_groups, methods_text, prisma, tables
from singlearm.report.figure_words import caption
from singlearm.report.findings import key_outcomes, summary_of_findings
from singlearm.report.references import number_citations
from singlearm.report.review import Review
from singlearm.report.sections import glance, others, outcome, summary, update
from singlearm.report.sections.groups import GROUPS_OF_STUDIES
from singlearm.report.table import Table

#: The figure of an outcome by its kind; `{}` is the outcome.
FIGURES = {
    "proportion": "{}/forest",
    "landmark": "{}/landmark",
    "curve": "{}/curve",
    "survival": "{}/survival",
    "rate": "{}/rate",
    "time": "{}/times",
    "ratio": "ratios",
}
#: Which texts of the protocol stand in which part.
INTRODUCTION = ("rationale",)
METHODS = (
    "eligibility", "sources", "selection", "collection", "outcome_definitions", "other_data",
    "bias_assessment",
)  # fmt: skip
DISCUSSION = ("interpretation", "process_limits", "implications")
OTHER = ("registration", "protocol", "amendments", "funding", "conflicts", "availability")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a part (1) or of a paragraph (2)."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure with its legend."""

    path: Path
    legend: str


Block = Heading | str | Table | Picture


def manuscript(review: Review, pictures: dict[str, Path]) -> list[Block]:
    """The parts in order; no number that is not in the tables of results.

    Parameters
    ----------
    review : Review
        The version.
    pictures : mapping
        PNG files by their place below `figures`, as `orr/forest`.

    Returns
    -------
    list of Heading, str, Table or Picture
    """
    written = methods_text.paragraphs(review)
    parts, works = number_citations([text for _, text in written])
    return [
        *_introduction(review),
        *_methods(review, [heading for heading, _ in written], parts),
        *_results(review),
        *_discussion(review),
        *_references(works),
        *_figures(review, pictures),
    ]


def _introduction(review: Review) -> Iterator[Block]:
    given = review.protocol["review"]
    if given.get("abstract"):
        yield Heading(say("Abstract"))
        yield given["abstract"]
    yield Heading(say("Introduction"))
    yield from _texts(review, INTRODUCTION)
    if given.get("question"):
        yield given["question"]


def _texts(review: Review, keys: tuple[str, ...]) -> Iterator[Block]:
    for key, heading, paragraphs in prisma.filled(review):
        if key in keys:
            yield Heading(heading, 2)
            yield from paragraphs


def _methods(review: Review, headings: list[str], parts: list[list[dict]]) -> Iterator[Block]:
    yield Heading(say("Methods"))
    yield from _texts(review, METHODS)
    for heading, pieces in zip(headings, parts, strict=True):
        yield Heading(heading, 2)
        yield "".join(
            f"[{piece['cite']}]" if "cite" in piece else piece["text"] for piece in pieces
        )


def _results(review: Review) -> Iterator[Block]:
    yield Heading(say("Results"))
    yield Heading(say("Studies"), 2)
    facts = glance.facts(review)
    yield " ".join(f"{name}: {'; '.join(filter(None, rest))}." for name, *rest in facts)
    yield summary_of_findings(review)
    yield from front_groups.tables(review)
    for name in review.protocol["outcomes"]:
        if review.has_data(name):
            yield Heading(review.outcome_label(name), 2)
            yield from _outcome(review, name)
    changed = update.context(review)
    if changed["any"]:
        yield Heading(say("What changed"), 2)
        yield say(
            "Against version {version}: {counts}. {verdict}",
            version=changed["before"],
            counts=changed["counts"],
            verdict=changed["verdict"],
        )
        yield from (f"{name}: {reason}" for name, reason in changed["conclusions"])
    small = tables.reporting_bias(review)
    if small.rows:
        yield Heading(say("Reporting bias"), 2)
        yield small
    characteristics = tables.study_characteristics(review)
    if len(characteristics.cells) > 1:  # not the names alone
        yield characteristics


def _outcome(review: Review, name: str) -> Iterator[str]:
    """An outcome in the sentences of the report."""
    kind, row = review.kind_of(name), review.result(name)
    if kind.sentence is not None:
        yield " ".join(
            [kind.sentence(row, review.outcome_label(name)), *others.beside(review, name)]
        )
    if kind.name == "proportion":
        said = outcome.context(review, name)
        told = (said["sentences"], said["few"], said["heterogeneity"], said["model_range"])
        moves = said["sensitivity"]
        yield " ".join(filter(None, [*told, *moves["lines"]]))
        if moves["trust"]:
            yield moves["trust"]
        for group in said["groups"]:
            levels = "; ".join(f"{level} {estimate}" for level, estimate in group["estimates"])
            yield f"{group['label']}: {levels}. {group['verdict']} {group['caution']}".strip()
        if said["groups"]:
            yield say(GROUPS_OF_STUDIES)


def _discussion(review: Review) -> Iterator[Block]:
    yield Heading(say("Discussion"))
    yield from summary.sure(review, limits=False)
    yield from _texts(review, DISCUSSION)
    limits = review.protocol["review"].get("limits", [])
    if limits:
        yield Heading(say("Limits of the evidence"), 2)
        yield from limits
    others = list(_texts(review, OTHER))
    if others:
        yield Heading(say("Other information"))
        yield from others


def _references(works: list[dict]) -> Iterator[Block]:
    yield Heading(say("References"))
    for work in works:
        address = f" doi:{work['doi']}" if work["doi"] else ""
        yield f"{work['number']}. {work['text']}{address}"


def _figures(review: Review, pictures: dict[str, Path]) -> Iterator[Block]:
    yield Heading(say("Figures"))
    shown: dict[str, str] = {}
    for name in key_outcomes(review):
        place = FIGURES.get(review.kind_of(name).name, "").format(name)
        shown.setdefault(place, name if "/" in place else "")
    if review.rows("availability"):
        shown["availability"] = ""
    for number, (place, name) in enumerate(
        ((place, name) for place, name in shown.items() if place in pictures), start=1
    ):
        legend = caption(review, place.rsplit("/", 1)[-1], name)
        told = say("Figure {number}. {legend}", number=number, legend=legend)
        yield Picture(pictures[place], told)

"""The report: sections, templates, style and script put together into one page."""

import json
import platform
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from singlearm.catalogue import numbers
from singlearm.catalogue.language import ENGLISH, current, mark, say
from singlearm.report import methods_text, prisma, words
from singlearm.report.figure_words import caption, spoken
from singlearm.report.links import doi
from singlearm.report.references import number_citations
from singlearm.report.review import Review, place
from singlearm.report.sections import (
    glance,
    others,
    outcome,
    quality,
    reading,
    study_list,
    summary,
)
from singlearm.report.svg import Figures
from singlearm.report.table import Table
from singlearm.report.tables import all_proportions, reporting_bias

HERE = Path(__file__).resolve().parent
#: The page's own programs, in the order in which they run.
SCRIPTS = ("words.js", "report.js", "pool.js", "tools.js")
#: The packages whose versions can change a number or a page.
PACKAGES = ("numpy", "scipy", "pandas", "matplotlib", "jinja2", "snakemake")


def report(review: Review) -> str:
    """The whole page as HTML. No clock, host or path in it: same tables, same bytes."""
    figures = Figures()
    page = _context(review)
    page["figures"] = _figures(review, figures)
    page["unplaced"] = sorted(set(page["figures"].get("", {})) - PLACED)
    page["style"] = Markup(_file("report.css"))
    page["script"] = Markup("\n".join(_file(name) for name in SCRIPTS))
    page["words"] = _words(page["script"])
    page["fonts"] = Markup("\n".join(figures.fonts))
    return environment().get_template("report.html.j2").render(page)


def _words(script: str) -> dict[str, Any]:
    """What the programs say and read in another language than English: its texts and signs."""
    language = current()
    if language == ENGLISH:
        return {}
    texts = {
        text: told for text, told in language.texts.items() if f"say({json.dumps(text)}" in script
    }
    return {"texts": texts, "decimal": language.decimal, "thousands": language.thousands}


def _context(review: Review) -> dict[str, Any]:
    paragraphs, works = _methods(review)
    names = review.outcome_names("proportion")
    return {
        "review": review,
        "protocol": review.protocol,
        "primary": review.model_label(review.protocol["primary"]),
        "proportions": _with_data(all_proportions(review)),
        "summary": summary.context(review),
        "facts": glance.facts(review),
        "reading": reading.paragraphs(review),
        "outcomes": [outcome.context(review, name) for name in names],
        "kinds": others.sections(review),
        "claims": others.claims(review),
        "studies": study_list.studies(review),
        "matrix": study_list.matrix(review),
        "reporting_bias": reporting_bias(review),
        "quality": quality.context(review),
        "further": [(say(heading), names) for heading, names in FURTHER],
        "methods": paragraphs,
        "works": works,
        "citation": citation(review),
        "process": prisma.filled(review),
        "process_heading": say(prisma.PROCESS),
        "packages": _packages(),
    }


def citation(review: Review) -> str:
    """How to cite this version: authors, title, version, date, checksum of the data."""
    given, version = review.protocol["review"], review.protocol["version"]
    who = f"{words.listing(given['authors'])}. " if given.get("authors") else ""
    date = version.get("released")
    return say(
        "{authors}{title}. Data version {version}{released} (sheets: SHA-256 {hash}).",
        authors=who,
        title=given["title"],
        version=review.version,
        released=say(", released {date}", date=date) if date else "",
        hash=review.data_hash,
    )


def _with_data(table: Table) -> Table:
    """The rows that rest on a study; the page names the outcomes without one below."""
    return replace(table, rows=tuple(row for row in table.rows if row["k"]))


def _methods(review: Review) -> tuple[list[tuple[str, Any]], list[dict[str, Any]]]:
    written = methods_text.paragraphs(review)
    parts, works = number_citations([text for _, text in written])
    addresses = [{**work, "address": doi(work["doi"] or "")} for work in works]
    return [(heading, text) for (heading, _), text in zip(written, parts, strict=True)], addresses


#: Headings of the figures of sensitivity, below the sentences that say what they show.
FURTHER = (
    (mark("Without single studies"), ["leave_one_out", "influence"]),
    (mark("As the studies came in"), ["cumulative"]),
    (mark("Small and large studies"), ["funnel"]),
    (mark("Studies around the pooled value"), ["orchard"]),
    (mark("Every level of confidence"), ["drapery"]),
    (mark("All subsets of the studies"), ["gosh"]),
    (mark("All analytic choices"), ["multiverse"]),
)
#: Figures of the version that a section asks for by name; others stand with the studies, so that a
#: new figure needs no template.
PLACED = {
    "overview", "groups", "models", "ratios", "claims", "changes", "evidence_map", "timeline",
    "availability", "prisma", "risk_of_bias",
}  # fmt: skip
#: Figures of an outcome in the order in which a reader meets them; others follow by name.
ORDER = (
    "forest", "times", "regression", "leave_one_out", "influence", "cumulative", "funnel",
    "orchard", "drapery", "gosh", "multiverse", "calibration",
)  # fmt: skip


def _figures(review: Review, figures: Figures) -> dict[str, dict[str, dict[str, Any]]]:
    """The inlined figures with content, by outcome (an empty key for the version's) and name."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for name, figure in sorted(
        review.figures, key=lambda key: (key[0], place(key[1], ORDER), key[1])
    ):
        text = caption(review, figure, name)
        pages = figures.inline(review.figures[name, figure], _labeller(review, name, figure, text))
        if pages:
            drawn = {
                "name": figure,
                "place": f"{name}/{figure}" if name else figure,
                "caption": text,
                "pages": [Markup(page) for page in pages],
            }
            found.setdefault(name, {})[figure] = drawn
    return found


def _labeller(review: Review, name: str, figure: str, text: str) -> Callable[[str], str]:
    """What a figure says to those who cannot see it; a forest as the report words it."""
    row = review.lead(name) if figure == "forest" and name in review.protocol["outcomes"] else None
    if row is not None and row["k"]:
        return lambda _: outcome.alt_text(review, name, row)
    return lambda description: spoken(text, description)


def _packages() -> list[tuple[str, str]]:
    versions = [("Python", platform.python_version())]
    for name in PACKAGES:
        try:
            versions.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            versions.append((name, say("not installed")))
    return versions


def environment() -> Environment:
    """The templates, every value escaped for HTML unless it is markup of ours."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "_": _said, "lang": current().tag,
        "listing": words.listing, "plural": numbers.plural,
    }  # fmt: skip
    return made


def _said(text: str, **values: object) -> Markup:
    """A text of a template, which may hold markup, with its values escaped."""
    said = Markup(say(text))
    return said.format(**values) if values else said


def _file(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")

"""The report: sections, templates, style and script put together into one page."""

import platform
from importlib import metadata
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from singlearm.report import methods_text, words
from singlearm.report.contents import summary_of_findings
from singlearm.report.figure_words import caption, spoken
from singlearm.report.links import doi
from singlearm.report.references import number_citations
from singlearm.report.report_data import ReportData
from singlearm.report.sections import glance, others, outcome, quality, study_list, summary
from singlearm.report.svg import Figures

HERE = Path(__file__).resolve().parent
#: The packages whose versions can change a number or a page.
PACKAGES = ("numpy", "scipy", "pandas", "matplotlib", "jinja2", "snakemake")


def report(data: ReportData) -> str:
    """The whole page as HTML. No clock, host or path in it: same tables, same bytes."""
    figures = Figures()
    page = _context(data)
    page["figures"] = _figures(data, figures)
    page["style"] = Markup(_file("report.css"))
    page["script"] = Markup(_file("report.js"))
    page["fonts"] = Markup("\n".join(figures.fonts))
    return _environment().get_template("report.html.j2").render(page)


def _context(data: ReportData) -> dict:
    review = data.review
    citations, works = _methods(data)
    names = review.outcome_names("proportion")
    return {
        "title": review.protocol["review"]["title"],
        "authors": review.protocol["review"].get("authors", []),
        "limits": review.protocol["review"].get("limits", []),
        "version": review.version,
        "version_title": review.protocol["version"]["title"],
        "layers": review.protocol["version"].get("layers", []),
        "data_hash": review.data_hash,
        "primary": review.model_label(review.protocol["primary"]),
        "findings": summary_of_findings(review),
        "summary": summary.context(data),
        "glance": glance.context(data),
        "outcomes": [outcome.context(data, name) for name in names],
        "times": others.times(review),
        "ratios": others.ratios(review),
        "claims": others.claims(data),
        "studies": study_list.studies(data),
        "matrix": study_list.matrix(data),
        "quality": quality.context(data),
        "further": FURTHER,
        "methods": citations,
        "works": works,
        "packages": _packages(),
    }


def _methods(data: ReportData) -> tuple[list[dict], list[dict]]:
    written = methods_text.paragraphs(data)
    parts, works = number_citations([text for _, text in written])
    sections = [
        {"heading": heading, "parts": part}
        for (heading, _), part in zip(written, parts, strict=True)
    ]
    return sections, [{**work, "address": doi(work["doi"] or "")} for work in works]


#: Headings of the figures of sensitivity, below the sentences that say what they show.
FURTHER = (
    ("Without single studies", ["leave_one_out", "influence"]),
    ("As the studies came in", ["cumulative"]),
    ("All subsets of the studies", ["gosh"]),
    ("All analytic choices", ["multiverse"]),
)
#: Figures of an outcome in the order in which a reader meets them; others follow by name.
ORDER = (
    "forest", "times", "regression", "leave_one_out", "influence", "cumulative", "gosh",
    "multiverse", "calibration",
)  # fmt: skip


def _figures(data: ReportData, figures: Figures) -> dict[str, dict[str, dict]]:
    """The inlined figures with content, by outcome (an empty key for the version's) and name."""
    found: dict[str, dict[str, dict]] = {}
    rank = {name: number for number, name in enumerate(ORDER)}
    for name, figure in sorted(
        data.figures, key=lambda key: (key[0], rank.get(key[1], len(rank)), key[1])
    ):
        told = caption(figure, data.review.outcome_label(name) if name else "")
        pages = figures.inline(data.figures[name, figure], _labeller(data, name, figure, told))
        if pages:
            drawn = {"name": figure, "caption": told, "pages": [Markup(page) for page in pages]}
            found.setdefault(name, {})[figure] = drawn
    return found


def _labeller(data: ReportData, name: str, figure: str, told: str):
    """How a figure is told to those who cannot see it; a forest as the report words it."""
    if figure == "forest" and data.review.has_data(name):
        return lambda _: outcome.alt_text(data, name)
    return lambda description: spoken(told, description)


def _packages() -> list[tuple[str, str]]:
    versions = [("Python", platform.python_version())]
    for name in PACKAGES:
        try:
            versions.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            versions.append((name, "not installed"))
    return versions


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["listing"] = words.listing
    environment.globals["plural"] = words.plural
    return environment


def _file(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")

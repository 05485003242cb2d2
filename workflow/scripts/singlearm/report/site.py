"""A static site of all versions: reports, a page for each outcome over versions, changes, search.

Each page stands on its own (no outside file but the ones it links), so the site works from a folder
as well as from a web server.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from markupsafe import Markup

from singlearm.catalogue import Row
from singlearm.catalogue.language import mark, say
from singlearm.kinds import Kind
from singlearm.report.certainty import certainty
from singlearm.report.figure_words import caption
from singlearm.report.findings import expected, in_words, rests_on, result
from singlearm.report.manuscript import FIGURES
from singlearm.report.render import HERE, environment
from singlearm.report.review import Review
from singlearm.report.sections import update
from singlearm.report.svg import Figures

#: What can be had of a version, below its folder, with its name on the page.
DOWNLOADS = {
    "report.html": mark("Report"),
    "tables/summary_of_findings.docx": mark("Summary of findings (Word)"),
    "tables/manuscript.docx": mark("Manuscript (Word)"),
    "tables/prisma_checklist.docx": mark("PRISMA checklist (Word)"),
    "tables/moose_checklist.docx": mark("MOOSE checklist (Word)"),
    "tables/results.xlsx": mark("All tables (Excel)"),
    "tables/all_results.csv": mark("All results (CSV)"),
    "changes.csv": mark("Changes (CSV)"),
}


def pages(reviews: Sequence[Review]) -> dict[str, str]:
    """Every file of the site by its place.

    Parameters
    ----------
    reviews : sequence of Review
        The versions, the oldest first.

    Returns
    -------
    dict
        `index.html`, `changes.html`, `feed.xml` and `outcomes/<outcome>.html`, as texts.
    """
    changes = [_changes(review) for review in reversed(reviews)]
    outcomes = {name: _outcome(reviews, name) for name in reviews[-1].protocol["outcomes"]}
    known = {name: outcome for name, outcome in outcomes.items() if outcome["rows"]}
    index = _index(known, changes)
    made = {
        "index.html": _page("site_index", reviews, "", outcomes=known, index=index),
        "changes.html": _page("site_changes", reviews, "", changes=changes),
        "feed.xml": _page("site_feed", reviews, "", changes=changes),
    }
    for name, outcome in outcomes.items():
        made[f"outcomes/{name}.html"] = _page("site_outcome", reviews, "../", outcome=outcome)
    return made


def _page(template: str, reviews: Sequence[Review], up: str, **what: Any) -> str:
    """A page; `up` leads from its folder to the site's."""
    style = Markup((HERE / "report.css").read_text(encoding="utf-8"))
    suffix = "xml" if template == "site_feed" else "html"
    return (
        environment()
        .get_template(f"{template}.{suffix}.j2")
        .render(
            reviews=list(reversed(reviews)),
            review=reviews[-1].protocol["review"],
            downloads={place: say(name) for place, name in DOWNLOADS.items()},
            style=style,
            up=up,
            **what,
        )
    )


def _outcome(reviews: Sequence[Review], name: str) -> dict[str, Any]:
    """An outcome over the versions, the newest first, with the newest figure."""
    known = [review for review in reversed(reviews) if review.has_data(name)]
    return {
        "label": reviews[-1].outcome_label(name),
        "rows": [_row(review, name) for review in known],
        "is_frequency": reviews[-1].kind_of(name).measure.prints == "percent",
        **_figure(known[0] if known else reviews[-1], name),
    }


def _row(review: Review, name: str) -> dict[str, str]:
    """What one version says of an outcome, as its summary of findings would."""
    row, kind, per = review.result(name), review.kind_of(name), review.outcome(name).get("per")
    judged = certainty(review, name)
    return {
        "version": review.version,
        "anchor": update.anchor(review, name),
        "rests_on": rests_on(row),
        "exact": _exact(kind, row),
        "result": result(kind, row, per),
        "expected": expected(kind, row, per),
        "certainty": say(judged.judgement),
        "in_words": in_words(kind, row, review.outcome_label(name), judged, per),
    }


def _exact(kind: Kind, row: Row) -> str:
    """The result with its decimals, a ratio with its measure."""
    if row["value"] is None:
        return result(kind, row)
    return kind.with_measure(row)


def _figure(review: Review, name: str) -> dict[str, Any]:
    """The main figure of an outcome, inlined; none without content."""
    place = FIGURES.get(review.kind_of(name).name, "").format(name)
    owner, _, figure = place.rpartition("/")
    if (owner, figure) not in review.figures:
        return {"plots": [], "caption": "", "fonts": ""}
    figures, text = Figures(), caption(review, figure, owner)
    plots = figures.inline(review.figures[owner, figure], lambda _: text)
    fonts = Markup("\n".join(figures.fonts))
    return {"plots": [Markup(plot) for plot in plots], "caption": text, "fonts": fonts}


def _changes(review: Review) -> dict[str, Any]:
    """What a version changed, for the page and the feed."""
    version = review.protocol["version"]
    found = update.context(review)
    about = f"{found['counts']}. {found['verdict']}" if found["any"] else ""
    return {
        "version": review.version,
        "title": version["title"],
        "released": version.get("released", ""),
        "before": found["before"],
        "about": about,
        "conclusions": found["conclusions"],
    }


def _index(outcomes: dict[str, Any], changes: list[dict[str, Any]]) -> Markup:
    """What the search looks through: address and text, as JSON that is safe within a script."""
    entries = [*_entries(outcomes), *(
        ("changes.html", f"{change['version']}: {label}: {reason}")
        for change in changes
        for label, reason in change["conclusions"]
    )]  # fmt: skip
    text = json.dumps(entries, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))


def _entries(outcomes: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, outcome in outcomes.items():
        for row in outcome["rows"]:
            told = f"{row['in_words']} {row['exact']}; {row['rests_on']}"
            yield f"outcomes/{name}.html", f"{row['version']}: {told}"

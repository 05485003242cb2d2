"""Summary first: what we know, how sure we are, what changed."""

from collections import Counter

from singlearm.catalogue import Row, numbers
from singlearm.report import words
from singlearm.report.report_data import ReportData
from singlearm.report.review import Review
from singlearm.report.sections import others, update
from singlearm.report.shown import FEW

#: How many outcomes of each direction the summary words in full.
_HEADLINES = 3


def context(data: ReportData) -> dict:
    """What the opening of the report says."""
    review = data.review
    return {
        "known": [_headline(review, name) for name in headline_outcomes(review)]
        + [headline for name in review.outcome_names("time") if (headline := _time(review, name))],
        "sure": _sure(data),
        "changed": update.context(data),
    }


def headline_outcomes(review: Review) -> list[str]:
    """The outcomes with the most studies, up to three for which high is good and three for low."""
    names = [name for name in review.outcome_names("proportion") if review.has_data(name)]
    chosen = set()
    for favours in ("high", "low"):
        of_direction = [
            name for name in names if review.protocol["outcomes"][name].get("favours") == favours
        ]
        of_direction.sort(key=lambda name: -review.primary_row(name)["k"])
        chosen |= set(of_direction[:_HEADLINES])
    return [name for name in names if name in chosen]


def _headline(review: Review, name: str) -> dict:
    row = review.primary_row(name)
    new_study = ""
    if not numbers.is_missing(row["pi_low"]):
        new_study = f"A new, similar study: {words.span(row['pi_low'], row['pi_high'])}."
    return {
        "id": name,
        "label": review.outcome_label(name),
        "estimate": f"{numbers.percent(row['estimate'])}%",
        "interval": f"{numbers.LEVEL} CI {numbers.percent(row['ci_low'])} to "
        f"{numbers.percent(row['ci_high'])}",
        "counts": words.counts(row),
        "new_study": new_study,
    }


def _time(review: Review, name: str) -> dict | None:
    row = others.chosen_time(review, name)
    if row is None or numbers.is_missing(row["estimate_months"]):
        return None
    return {
        "id": "times",
        "label": review.outcome_label(name),
        "estimate": f"{numbers.months(row['estimate_months'])} months",
        "interval": words.months_interval(row["ci_low"], row["ci_high"]),
        "counts": others.time_counts(row),
        "new_study": "",
    }


def _sure(data: ReportData) -> list[str]:
    review = data.review
    names = [name for name in review.outcome_names("proportion") if review.has_data(name)]
    rows = [review.primary_row(name) for name in names]
    return [
        text
        for text in (
            _designs(review),
            _spread(rows),
            _thin(review, rows),
            _agreement(data),
            _verdicts(review),
            _limits(review),
        )
        if text
    ]


def _designs(review: Review) -> str:
    arms = Counter(row["design"] for row in review.studies)
    if not arms or set(arms) - {None, "single_arm", "real_world"}:
        randomised = sum(n for design, n in arms.items() if design and design.startswith("rct"))
        if not randomised:
            return ""
        return (
            f"{numbers.count(randomised)} of {words.studies(len(review.studies))} "
            f"{'is an arm of a' if randomised == 1 else 'are arms of'} randomised "
            f"{'trial' if randomised == 1 else 'trials'}; the others have no comparison group, so "
            "their proportions say how often, not whether the treatment is better than another."
        )
    return (
        "No study has a comparison group: the proportions say how often, not whether the "
        "treatment is better than another."
    )


def _spread(rows: list[Row]) -> str:
    known = [row for row in rows if not numbers.is_missing(row["pi_low"])]
    wide = [row for row in known if row["pi_high"] - row["pi_low"] > 0.5]
    if not wide:
        return ""
    return (
        f"Studies differ: for {numbers.count(len(wide))} of {words.plural(len(known), 'outcome')} "
        "with a prediction interval it spans more than 50 percentage points."
    )


def _thin(review: Review, rows: list[Row]) -> str:
    thin = [row for row in rows if row["k"] < FEW]
    if not thin:
        return ""
    names = words.listing([words.lowered(review.outcome_label(row["outcome"])) for row in thin])
    verb = "rests" if len(thin) == 1 else "rest"
    return (
        f"{words.plural(len(thin), 'outcome').capitalize()} {verb} on fewer than five studies and "
        f"may move with the next report: {names}."
    )


def _agreement(data: ReportData) -> str:
    held = sum(1 for row in data.availability if row["status"].replace("_", " ") == "held out")
    given = sum(1 for row in data.availability if row["status"] == "available")
    if not data.reconciliation:
        return f"{words.plural(given, 'cell')} (study by outcome) from a single extractor."
    return (
        f"{words.plural(given, 'cell')} (study by outcome) in the analysis, from two extractors; "
        f"{numbers.count(held)} held out because the sources did not settle them."
    )


def _verdicts(review: Review) -> str:
    if not review.claims:
        return ""
    found = Counter(row["verdict"] for row in review.claims)
    told = [
        f"{numbers.count(found[code])} {label.lower()}"
        for code, label in words.VERDICTS.items()
        if found[code]
    ]
    return f"Of {words.plural(len(review.claims), 'published claim')}, {words.listing(told)}."


def _limits(review: Review) -> str:
    limits = review.protocol["review"].get("limits", [])
    return limits[0] if limits else ""

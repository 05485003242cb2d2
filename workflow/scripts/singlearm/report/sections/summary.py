"""Summary first: what we know, how sure we are, what changed."""

from collections import Counter
from typing import Any

from singlearm.catalogue import Row, language, numbers
from singlearm.report import findings, front_groups, words
from singlearm.report.review import Review
from singlearm.report.sections import update
from singlearm.report.subgroup_rows import FEW


def context(review: Review) -> dict[str, Any]:
    """What the opening of the report says."""
    return {
        "findings": findings.summary_of_findings(review),
        "key": findings.key_outcomes(review),
        "anchors": {name: update.anchor(review, name) for name in review.protocol["outcomes"]},
        "chosen": bool(review.protocol.get("key_outcomes")),
        "groups": front_groups.tables(review),
        "sure": sure(review),
        "changed": update.context(review),
    }


def sure(review: Review) -> list[str]:
    """How sure one can be: designs, spread, few studies, agreement, limits."""
    names = [name for name in review.outcome_names("proportion") if review.has_data(name)]
    rows = [review.result(name) for name in names]
    found = (
        _arms(review),
        _designs(review),
        _spread(rows),
        _thin(review, rows),
        _agreement(review),
        _verdicts(review),
        *review.protocol["review"].get("limits", [])[:1],
    )
    return [text for text in found if text]


def _arms(review: Review) -> str:
    told = words.arms_of_trials(review.rows("studies"))
    return f"{told} Each arm counts as a study, as if independent of the others." if told else ""


def _designs(review: Review) -> str:
    """What the designs of the studies allow to say; nothing where they are not recorded."""
    designs = [row.get("design") for row in review.rows("studies")]
    if not any(designs):
        return ""
    randomised = sum((design or "").startswith("rct") for design in designs)
    if randomised:
        arms = "is an arm of a" if randomised == 1 else "are arms of"
        return (
            f"{numbers.count(randomised)} of {words.studies(len(designs))} {arms} randomised "
            f"{'trial' if randomised == 1 else 'trials'}; the others have no comparison group, so "
            "they say how often, not whether the treatment is better than another."
        )
    if set(designs) <= {None, "single_arm", "real_world"}:
        return (
            "No study has a comparison group: the results say how often, not whether the "
            "treatment is better than another."
        )
    return ""


def _spread(rows: list[Row]) -> str:
    known = [row for row in rows if row["pi_low"] is not None]
    wide = [row for row in known if row["pi_high"] - row["pi_low"] > words.WIDE]
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
    names = words.listing([language.within(review.outcome_label(row["outcome"])) for row in thin])
    verb = "rests" if len(thin) == 1 else "rest"
    return (
        f"{words.plural(len(thin), 'outcome').capitalize()} {verb} on fewer than five studies and "
        f"may move with the next report: {names}."
    )


def _agreement(review: Review) -> str:
    statuses = Counter(words.plain(row["status"]) for row in review.rows("availability"))
    if not statuses:
        return ""
    given = f"{words.plural(statuses['available'], 'cell')} (study by outcome)"
    held = ""
    if statuses["held out"]:
        held = (
            f"; {numbers.count(statuses['held out'])} held out because the sources did not settle "
            "them"
        )
    who = "two extractors" if review.two_extractors else "a single extractor"
    return f"{given} in the analysis, from {who}{held}."


def _verdicts(review: Review) -> str:
    found = Counter(row["verdict"] for row in review.rows("claims"))
    if not found:
        return ""
    named = [
        f"{numbers.count(found[code])} {label.lower()}"
        for code, label in words.VERDICTS.items()
        if found[code]
    ]
    return f"Of {words.plural(sum(found.values()), 'published claim')}, {words.listing(named)}."

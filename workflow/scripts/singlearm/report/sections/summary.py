"""Summary first: what we know, how sure we are, what changed."""

from collections import Counter
from typing import Any

from singlearm.catalogue import Row, numbers
from singlearm.kinds.model_words import ESTIMANDS
from singlearm.report import words
from singlearm.report.review import Review
from singlearm.report.sections import update
from singlearm.report.subgroup_rows import FEW

#: How many proportions, and how many outcomes of other kinds, stand on the front page where the
#: protocol names none (GRADE: at most 7 in all).
PROPORTIONS, OTHERS = 4, 3


def context(review: Review) -> dict[str, Any]:
    """What the opening of the report says."""
    known = [_finding(review, name) for name in key_outcomes(review)]
    return {
        "known": known,
        "certainty": any(item["certainty"] for item in known),
        "chosen": bool(review.protocol.get("key_outcomes")),
        "sure": _sure(review),
        "changed": update.context(review),
    }


def key_outcomes(review: Review) -> list[str]:
    """The protocol's `key_outcomes` that have data; without any, those with the most studies."""
    names = [name for name in review.protocol["outcomes"] if review.has_data(name)]
    chosen = review.protocol.get("key_outcomes")
    if chosen:
        return [name for name in chosen if name in names]
    by_size = sorted(names, key=lambda name: -_lead(review, name)["k"])
    proportions = [name for name in by_size if review.kind_of(name).name == "proportion"]
    others = [name for name in by_size if name not in proportions]
    first = {*others[:OTHERS]}
    first |= {*proportions[: PROPORTIONS + OTHERS - len(first)]}
    return [name for name in names if name in first]


def _lead(review: Review, name: str) -> Row:
    row = review.lead(name)
    assert row is not None, name
    return row


def _finding(review: Review, name: str) -> dict[str, str]:
    """An outcome of the front page: the headline, what it rests on, what a new study may show."""
    row, kind = _lead(review, name), review.kind_of(name)
    judged = next(iter(review.rows("certainty", outcome=name)), {})
    return {
        "anchor": update.anchor(review, name),
        "label": review.outcome_label(name),
        "estimate": f"{kind.measure.number(row['value'])}{kind.measure.unit}",
        "interval": kind.measure.limits(row["low"], row["high"]),
        "frequency": _frequency(row) if kind.measure.prints == "percent" else "",
        "counts": "; ".join(filter(None, (ESTIMANDS.get(row["of"]), kind.counts(row)))),
        "new_study": _new_study(row) if kind.measure.prints == "percent" else "",
        "certainty": judged.get("judgement") or "",
    }


#: Of how many patients a proportion is counted: the first of which at least one has the event.
FREQUENCIES = (100, 1000, 100_000)


def _frequency(row: Row) -> str:
    """`80 of 100; 95% CI 74 to 85`: a proportion as people count."""
    value = row["value"]
    of = next((n for n in FREQUENCIES if value is not None and (value == 0 or n * value >= 1)), 0)
    if not of:
        return ""
    limits = ""
    if row["low"] is not None and row["high"] is not None:
        limits = f"; {numbers.LEVEL} CI {_of(of, row['low'])} to {_of(of, row['high'])}"
    return f"{_of(of, value)} of {of:,d}{limits}"


def _of(many: int, proportion: float) -> str:
    return f"{round(many * proportion):,d}"


def _new_study(row: Row) -> str:
    if row["pi_low"] is None:
        return ""
    return f"A new, similar study: {words.span(row['pi_low'], row['pi_high'])}."


def _sure(review: Review) -> list[str]:
    names = [name for name in review.outcome_names("proportion") if review.has_data(name)]
    rows = [_lead(review, name) for name in names]
    found = (
        _designs(review),
        _spread(rows),
        _thin(review, rows),
        _agreement(review),
        _verdicts(review),
        *review.protocol["review"].get("limits", [])[:1],
    )
    return [text for text in found if text]


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
            "their proportions say how often, not whether the treatment is better than another."
        )
    if set(designs) <= {None, "single_arm", "real_world"}:
        return (
            "No study has a comparison group: the proportions say how often, not whether the "
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
    names = words.listing([words.lowered(review.outcome_label(row["outcome"])) for row in thin])
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

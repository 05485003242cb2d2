"""How the codes and the numbers of result tables print in a review."""

from functools import partial
from typing import Any

from singlearm.catalogue import notes, numbers
from singlearm.catalogue.language import known, say
from singlearm.catalogue.words import TESTS, VERDICTS
from singlearm.report import words
from singlearm.report.review import Review, members
from singlearm.report.table import Words


def printers(review: Review) -> Words:
    """How codes print in this review, by the word that the catalogue gives under `prints`."""

    def label(of: Any) -> Any:
        return lambda value, _: "" if value is None else of(value)

    def coded(labels: dict[str, str]) -> Any:
        return label(partial(words.coded, labels))

    def group() -> str | None:
        return review.protocol["studies"].get("group")

    def of_claim(*, published: bool) -> Any:
        return lambda value, row: words.claim_number(
            value, review.published_claim(row["claim_id"]), published=published
        )

    return {
        "outcome": label(review.outcome_label),
        "label": label(str),
        "subgroup": label(review.subgroup_label),
        "moderator": label(review.moderator_label),
        "term": lambda value, row: term_words(review, value, row.get("variable")),
        "model": label(lambda name: model_words(review, name)),
        "study": label(review.study_label),
        "trial": lambda value, _: say("Pooled") if value is None else review.study_label(value),
        "method": label(words.method),
        "source": coded(words.RATIO_SOURCES),
        "point": coded(words.POINT_SOURCES),
        "weighed": coded(words.WEIGHT_SOURCES),
        "test": coded(TESTS),
        "verdict": coded(VERDICTS),
        "design": coded(words.DESIGNS),
        "note": label(notes.short),
        "members": label(lambda text: " + ".join(members(text, review.separator(group())))),
        "claimed": of_claim(published=False),
        "published": of_claim(published=True),
        "quantity": lambda value, _: words.quantity(value),
        "judgement": lambda value, _: known(numbers.plain(value)) or numbers.MISSING,
    }


def model_words(review: Review, name: str, role: str = "") -> str:
    """A model's label, with its code and its role in brackets."""
    label = review.model_label(name)
    remarks = "; ".join(part for part in (name if name != label else "", role) if part)
    return f"{label} ({remarks})" if remarks else label


def term_words(review: Review, term: str, variable: str | None) -> str:
    """A term of a regression as the reader calls it; `variable` names the one of several moderators
    that it belongs to.
    """
    if term == "omnibus":
        return say("all terms")
    if term == "intercept":
        return say("intercept")
    if variable is None:
        return numbers.plain(term)
    label = review.moderator_label(variable)
    if term == variable:
        return label
    if term == f"omnibus: {variable}":
        return say("{moderator}: all its terms", moderator=label)
    return f"{label}: {numbers.plain(term.removeprefix(f'{variable}: '))}"

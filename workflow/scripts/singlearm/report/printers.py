"""How the codes and the numbers of result tables print in a review."""

from typing import Any

from singlearm.catalogue import Row, notes, numbers
from singlearm.catalogue.language import known, say
from singlearm.catalogue.words import TESTS, VERDICTS
from singlearm.report import words
from singlearm.report.review import Review, members
from singlearm.report.table import Words


def printers(review: Review) -> Words:
    """How codes print in this review, by the word that the catalogue gives under `prints`."""

    def label(of: Any) -> Any:
        return lambda value, _: "" if value is None else of(value)

    def claimed(value: Any, row: Row) -> str:
        return words.claim_number(value, review.published_claim(row["claim_id"]))

    def published(value: Any, row: Row) -> str:
        claim = review.published_claim(row["claim_id"])
        return words.claim_number(value, claim, published=True)

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
        "source": label(lambda name: known(words.RATIO_SOURCES.get(name, words.plain(name)))),
        "test": label(lambda name: known(TESTS.get(name, words.plain(name)))),
        "verdict": label(lambda name: known(VERDICTS.get(name, words.plain(name)))),
        "note": label(notes.short),
        "design": label(words.design),
        "members": label(lambda text: " + ".join(members(text, "+"))),
        "claimed": claimed,
        "published": published,
        "quantity": lambda value, _: words.quantity(value),
        "judgement": lambda value, _: known(words.plain(value)) or numbers.MISSING,
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
        return words.plain(term)
    label = review.moderator_label(variable)
    if term == variable:
        return label
    if term == f"omnibus: {variable}":
        return say("{moderator}: all its terms", moderator=label)
    return f"{label}: {words.plain(term.removeprefix(f'{variable}: '))}"

"""The caption of a figure in the words of its review, and its text alternative."""

from singlearm.catalogue.captions import CAPTIONS, COMPARED, WHY
from singlearm.catalogue.language import say, within
from singlearm.report import shrunken
from singlearm.report.review import Review

#: Letters of a figure's description that a text alternative holds at most.
SPOKEN = 700


def caption(review: Review, figure: str, outcome: str = "") -> str:
    """The caption of a figure; one that is not listed is called by its name."""
    settings = review.study_words
    group = within(review.column_label(settings["group"])) if "group" in settings else say("group")
    sized = any(settings.get("size") in row for row in review.rows("studies"))
    size = settings["size_label"] if sized else ""
    text = f"{figure.replace('_', ' ').capitalize()}."
    row = review.lead(outcome) if figure == "forest" and outcome else None
    if row is not None and row["k"] == 1:
        text = say("Forest plot of the only study, with its exact 95% confidence interval.")
    elif figure in CAPTIONS:
        text = say(
            CAPTIONS[figure],
            group=group,
            area=say("; the area of a bubble is the number of {size}", size=size) if sized else "",
            until=say(", and the {size} until then", size=size) if sized else "",
            compared=say(COMPARED) if review.outcome_names("ratio") else "",
            why="" if review.complete else say(WHY),
        )
    if figure == "forest":
        text += shrunken.caption(review, outcome)
    return f"{review.outcome_label(outcome)}. {text}" if outcome else text


def spoken(caption: str, description: str) -> str:
    """The text alternative: the caption, and the figure's own numbers as far as one listens."""
    told, used = [], 0
    for sentence in description.split(". "):
        used += len(sentence)
        if used > SPOKEN:
            told.append(say("The other numbers are in the tables"))
            break
        told.append(sentence.rstrip("."))
    return f"{caption} {'. '.join(told)}." if told and told[0] else caption

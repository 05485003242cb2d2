"""The values of studies under the primary model, where the protocol asks for them."""

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.figures.marks.study_forest import NO_SHRUNKEN, SHRUNKEN_KEY
from singlearm.kinds.model_words import ESTIMANDS, model_of
from singlearm.report.review import Review

HEADING = mark("Under the model, % [95% interval]")


def asked(review: Review, outcome: str) -> bool:
    """Whether the studies of an outcome have a column for their values under the primary model."""
    column = f"shrunken_{review.protocol['primary']}"
    return any(column in row for row in review.effects.get(outcome, ()))


def text(review: Review, effect: Row) -> str:
    """A study's value under the primary model: `77.1 [65.4, 85.8]`, or a dash."""
    primary = review.protocol["primary"]
    # columns of an open table are read as text
    cells = (effect.get(f"{end}shrunken_{primary}") for end in ("", "low_", "high_"))
    value, low, high = (None if cell in (None, "") else float(cell) for cell in cells)
    return numbers.percent_ci(value, low, high)


def caption(review: Review, outcome: str) -> str:
    """What the rings of a forest are; nothing where there are none."""
    if not asked(review, outcome):
        return ""
    if all(text(review, row) == numbers.MISSING for row in review.effects[outcome]):
        return f" {say(NO_SHRUNKEN)}."
    model = model_of(review.protocol, review.protocol["primary"])
    return " " + say(SHRUNKEN_KEY).format(say(ESTIMANDS[model.estimand]))


def methods(review: Review) -> str:
    """How the values of the studies were computed, where any are shown."""
    if not any(asked(review, outcome) for outcome in review.effects):
        return ""
    model = model_of(review.protocol, review.protocol["primary"])
    value = {
        "bayes": mark(
            "the posterior median of its true proportion with an equal-tailed interval, mean and "
            "between-study variance integrated out"
        ),
        "beta_binomial": mark(
            "the mean of the beta distribution of its true proportion given its data and the "
            "fitted model"
        ),
        "normal": mark(
            "the best linear unbiased prediction, taken back from the scale of the model"
        ),
        "binomial_normal": mark(
            "the posterior median of its true proportion given its data and the fitted model"
        ),
    }[model.likelihood]
    known = {
        "bayes": "",
        "binomial_normal": mark(
            "Its interval allows for the uncertainty of the pooled value and of the between-study "
            "variance."
        ),
    }.get(
        model.likelihood,
        mark(
            "Its interval allows for the uncertainty of the pooled value, and takes the "
            "differences between studies as known, so that it is too narrow where studies are few."
        ),
    )
    told = (
        say(
            "Each study is also shown with its value under the primary model: {value} (empirical "
            "Bayes, “shrunken”) [@efron1975] [@raudenbush1985].",
            value=say(value),
        ),
        say(known),
        say(
            "Such values are estimates of the studies' own proportions; they are no input of "
            "anything else."
        ),
    )
    return " ".join(filter(None, told))

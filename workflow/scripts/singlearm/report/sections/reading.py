"""How to read the numbers: what the primary model's estimates are, in a few sentences."""

from singlearm.catalogue.language import mark, say
from singlearm.kinds.model_words import estimand, has_average, model_of
from singlearm.report.review import Review

_MEDIAN = (
    mark("Median study"),
    mark(
        "Studies differ in patients and rules of counting. The proportion of the median study is "
        "the middle of them: half of all similar studies would have a true proportion above it, "
        "half below. It says what a typical study sees."
    ),
)
_AVERAGE = (
    mark("Average over studies"),
    mark(
        "The mean over all similar studies: how often the event is to be expected in a study drawn "
        "at random. Where studies differ much and the proportion is far from 50%, it lies closer "
        "to 50% than the median study."
    ),
)
_COMMON = (
    mark("Common proportion"),
    mark(
        "The primary model takes all studies to have the same true proportion; whether they do is "
        "tested below."
    ),
)
_CONFIDENCE = (
    mark("Confidence"),
    mark("The 95% confidence interval (CI) says how well the pooled value is known."),
)
_BOTH = (
    mark("Confidence and prediction"),
    mark(
        "The 95% confidence interval (CI) says how well the pooled value is known. The 95% "
        "prediction interval says where the true proportion of one new, similar study would lie; "
        "it is the one to plan with."
    ),
)


def paragraphs(review: Review) -> list[tuple[str, str]]:
    """(heading, text) of what the primary model gives; none without pooled proportions."""
    if not review.rows("pooled"):
        return []
    model = model_of(review.protocol, review.protocol["primary"])
    of = estimand(model)
    if of == "common":
        shown = [_COMMON, _CONFIDENCE]
    else:
        shown = [_AVERAGE] if has_average(model) else []
        shown += [_MEDIAN, _BOTH] if of == "typical" else [_BOTH]
    return [(say(heading), say(text)) for heading, text in shown]

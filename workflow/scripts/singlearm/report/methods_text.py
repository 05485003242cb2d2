"""The methods section, written from the settings and from what the tables hold."""

from singlearm.catalogue import numbers
from singlearm.catalogue.language import mark, say
from singlearm.kinds import KINDS
from singlearm.kinds.model_words import model_of, scale
from singlearm.report import planned, prisma, shrunken, words
from singlearm.report.certainty import LIKELY, SURE
from singlearm.report.methods_models import (
    estimands,
    heterogeneity,
    knows_trials,
    other_models,
    special_cases,
)
from singlearm.report.review import Review, distinct

_TESTS = {
    "q_between": mark("the Q-between statistic (two-step models)"),
    "lrt_bootstrap": mark(
        "the likelihood ratio with its p from datasets drawn without any difference between the "
        "groups at the studies' own sizes (which leads)"
    ),
    "lrt": mark("the likelihood ratio (likelihood models)"),
    "f": mark("the F test of Knapp and Hartung (two-step models with t quantiles)"),
}


def paragraphs(review: Review) -> list[tuple[str, str]]:
    """Headings and paragraphs; `[@key]` marks a citation."""
    pooled = bool(review.rows("pooled"))
    of_kinds = [(say(kind.title), _kind(review, name)) for name, kind in KINDS.items()]
    written = [
        (say("Data"), _data(review)),
        *of_kinds[:1],
        (say("What the pooled numbers mean"), estimands(review) if pooled else ""),
        (
            say("Differences between studies"),
            heterogeneity(review) if pooled else "",
        ),
        (say("Studies under the model"), shrunken.methods(review)),
        (say("Special cases"), special_cases(review) if pooled else ""),
        (say("Other models"), other_models(review) if pooled else ""),
        (say("Subgroups"), _subgroups(review)),
        (say("Meta-regression"), _regression(review)),
        (say("Sensitivity"), _sensitivity(review)),
        *of_kinds[1:],
        (say("Reporting bias"), _reporting_bias(review)),
        (say("Certainty"), _certainty(review)),
        (say("Published claims"), _claims(review)),
        (say("Software"), _software()),
    ]
    return [(heading, text) for heading, text in written if text]


def _kind(review: Review, name: str) -> str:
    """How outcomes of a kind were pooled, where there are results of it."""
    methods = KINDS[name].methods
    if methods is not None and review.rows(KINDS[name].table):
        return methods(review.protocol)
    return ""


def _data(review: Review) -> str:
    told = [
        say(
            "Two extractors filled separate sheets. A cell on which they differ, or which only one "
            "of them filled, went to adjudication; a cell without a decision was held out of the "
            "analysis."
        )
        if review.two_extractors
        else say(
            "Values were entered into the sheets by a single extractor; this review has no "
            "second, independent extraction to compare them with."
        )
    ]
    if review.two_extractors and review.single_values:
        told.append(
            say(
                "A kind of sheet that only one of them filled in a layer was taken as it is: "
                "{values}.",
                values=numbers.plural(review.single_values, "value"),
            )
        )
    if arms := words.arms_of_trials(review.rows("studies")):
        told.append(arms)
        if not knows_trials(review):
            told.append(
                say("Arms of one trial were pooled as if they were independent of each other.")
            )
    version = review.protocol["version"]
    if len(version.get("layers", [])) > 1:
        told.append(
            say(
                "Layers of data are stacked: a newer report of the same study replaces the older "
                "one, and a report that another included report supersedes is dropped."
            )
        )
    if review.carried_values:
        told.append(
            say(
                "What a newer report does not give is carried over from the one that it "
                "supersedes, with the number of patients of that one: {values}.",
                values=numbers.plural(review.carried_values, "value"),
            )
        )
    return " ".join(told)


def _subgroups(review: Review) -> str:
    found = {row["by"] for row in review.rows("subgroups")}
    names = [name for name in review.protocol["subgroups"] if name in found]
    if not names:
        return ""
    rows = review.rows("subgroup_tests")
    tests = [say(text) for test, text in _TESTS.items() if any(row["test"] == test for row in rows)]
    groupings = words.listing([review.subgroup_label(name) for name in names])
    told = [
        say("Studies were grouped by: {groupings}.", groupings=groupings),
        planned.subgroups(review, names),
    ]
    if tests:
        told.append(
            say("Differences between groups were tested with {tests}.", tests=words.listing(tests))
        )
    if any(row["p_permutation"] is not None for row in rows):
        told.append(say("The permutation p value re-assigns the studies to the groups."))
    told.append(_differences(review))
    told.append(
        say(
            "p values of proportions are adjusted for the number of subgroupings of an outcome "
            "with Holm's method [@holm1979]. Such comparisons are between studies and therefore "
            "observational. A study without a value for a grouping is left out of it."
        )
    )
    return " ".join(filter(None, told))


def _differences(review: Review) -> str:
    """How the differences between groups were found, where there are some."""
    rows = review.rows("subgroup_differences")
    if all(row["marginal"] is None and row["difference"] is None for row in rows):
        return ""
    if any(row["p_above"] is not None for row in rows):  # of a Bayesian model
        return say(
            "Each group was held against the first under the primary model; the difference is that "
            "of the groups' independent posteriors, integrated on their grids."
        )
    return say(
        "Each group was held against the first under the primary model; the limits of a difference "
        "follow from those of the two groups [@zou2008]."
    )


def _regression(review: Review) -> str:
    rows = review.rows("regression")
    names = distinct(row["moderator"] for row in rows)
    if not names:
        return ""
    several = review.protocol.get("regressions", {})
    scales = distinct(scale(model_of(review.protocol, row["model"])) for row in rows)
    together = [review.moderator_label(name) for name in names if name in several]
    told = [
        say(
            "Meta-regression related the proportions to each of: {moderators}; one at a time, with "
            "every model that knows one, on the model's own scale ({scales}).",
            moderators=words.listing(
                [review.moderator_label(name) for name in names if name not in several]
            ),
            scales=words.listing(scales),
        )
    ]
    if together:
        told.append(
            say(
                "Several at once: {regressions}; only studies with a value of each enter, and each "
                "moderator is tested beside the others.",
                regressions=words.listing(together),
            )
        )
    told.append(planned.regressions(review, names))
    if any(row["p_bootstrap"] is not None for row in rows):
        told.append(
            say(
                "Under the primary model a test has a bootstrap p value as well: that of its "
                "likelihood ratio among those of datasets drawn from the fitted model without the "
                "terms that are tested."
            )
        )
    told.append(
        say(
            "Residual tau² is what the moderators leave unexplained, R² the share of tau² that "
            "they explain. A study without the value is left out. With few studies such slopes are "
            "easily found by chance, and a slope over the medians of studies says nothing about "
            "single patients [@thompson2002]."
        )
    )
    return " ".join(told)


def _sensitivity(review: Review) -> str:
    kinds = {
        kind for tables in review.sensitivity.values() for kind, rows in tables.items() if rows
    }
    told = [say(text, choices=_choices(review)) for kind, text in _VARIED.items() if kind in kinds]
    if "calibration" in kinds and not knows_trials(review):
        told.append(say(_CALIBRATION))
    return " ".join(told)


def _choices(review: Review) -> str:
    """The analytic choices that have several levels for any outcome."""
    taken = {
        row["choice"]
        for tables in review.sensitivity.values()
        for row in tables.get("multiverse_summary", ())
    }
    return words.listing([say(text) for name, text in _CHOICES.items() if name in taken])


_CHOICES = {
    "likelihood": mark("likelihood"),
    "measure": mark("scale"),
    "tau2_estimator": mark("estimator of tau²"),
    "ci": mark("interval"),
    "zeros": mark("handling of zeros"),
    "inclusion": mark("studies"),
    "data_cut": mark("reports"),
    "denominators": mark("denominators"),
}
_VARIED = {
    "leave_one_out": mark(
        "Each outcome was pooled again without each study; of very many studies, without those "
        "that move the two-step estimate most."
    ),
    "leave_one_trial_out": mark("Trials were left out one at a time, each with all its arms."),
    "leave_two_out": mark(
        "It was pooled again without every two of them; of many studies, without every two of "
        "those that move it most."
    ),
    "influence": mark(
        "Diagnostics of influence were computed [@viechtbauer2010a]; of likelihood models the fit "
        "without the study takes the place of the deletion formulas."
    ),
    "cumulative": mark(
        "It was pooled as the studies came in, in the order of their years; of very many, at "
        "evenly spread steps."
    ),
    "gosh_summary": mark(
        "It was pooled over all subsets of the studies, or a large seeded sample of them "
        "[@olkin2012]."
    ),
    "multiverse_summary": mark(
        "It was analysed under every combination of analytic choices ({choices}) [@simonsohn2020], "
        "where combinations that come to the same numbers count once."
    ),
}
_CALIBRATION = mark(
    "To see what each interval would hold if the primary model were true, studies of the same "
    "sizes were simulated from it as fitted, each review with a tau drawn from its posterior, and "
    "pooled by each model that takes studies as independent, but for Bayesian ones; "
    "coverage is the share of simulated reviews whose 95% interval holds the true value."
)


def _reporting_bias(review: Review) -> str:
    """How bias from missing results was looked for."""
    if not review.rows("reporting_bias"):
        return ""
    if not prisma.asymmetry(review):
        return say(
            "What each study reports of the outcomes is listed. Small-study effects, which take "
            "ten studies, could not be looked at."
        )
    return say(
        "What each study reports of the outcomes is listed. Where ten studies or more report one, "
        "small-study effects were looked at on the arcsine scale, on which the variance depends on "
        "a study's size alone: by a funnel plot, a random-effects regression on 1/√n, and trim and "
        "fill [@duval2000]. For single-arm proportions asymmetry has many causes [@hunter2014]; it "
        "is never taken as evidence of missing results."
    )


def _certainty(review: Review) -> str:
    """How certainty was judged, where a person or a rule says something."""
    if not prisma.reported(review, "certainty"):
        return ""
    told = [
        say(
            "Certainty was rated with GRADE over five domains: risk of bias, inconsistency, "
            "indirectness, imprecision and reporting bias."
        )
    ]
    if prisma.thresholds(review):
        told.append(
            say(
                "Where the protocol names a decision threshold, rules proposed two of them. "
                "Imprecision is not serious where the probability that the result lies on its side "
                "of the threshold is at least {sure}%, serious from {likely}%, else very serious, "
                "as where its interval has no limit on the threshold's side. "
                "Inconsistency is serious where the prediction interval crosses the threshold and "
                "the confidence interval does not. The others have no rule; asymmetry of a funnel "
                "is never taken as evidence.",
                sure=numbers.percent(SURE),
                likely=numbers.percent(LIKELY, 0),
            )
        )
    told.append(say("A level is given only where a person has judged, in the sheet of certainty."))
    return " ".join(told)


def _claims(review: Review) -> str:
    if review.paper_model is None:
        return ""
    return say(
        "Each published claim was compared with our number under the published analysis's model "
        "({model}) and under the primary model. {tuned} Reproduced: "
        "equal at the printed decimals. Not testable: no data, no interval of ours, or one that "
        "holds the published value and neither confirms nor contradicts it, being more than {wide} "
        "points wide, or ours further from it than counts as a change, where the protocol says "
        "what does. Not contradicted: any other interval of ours that holds it, with the same "
        "conclusion. Not reproduced: all else. A claim about a p value is checked as an "
        "inequality.",
        model=review.model_label(review.paper_model),
        tuned=words.tuned(review.protocol),
        wide=numbers.percent(words.WIDE, 0),
    )


def _software() -> str:
    return say(
        "All numbers come from the review's own programs, whose results agree with the reference "
        "implementation metafor [@viechtbauer2010] where a quantity exists there; its prediction "
        "intervals are other ones where ours allow for more. Every printed number is rounded from "
        "the result tables; a dash ({dash}) means that there is no number.",
        dash=numbers.MISSING,
    )

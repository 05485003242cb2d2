"""The methods section, written from the settings and from what the tables hold."""

from singlearm.catalogue import numbers
from singlearm.kinds import KINDS
from singlearm.kinds.model_words import describe, estimand, model_of, scale
from singlearm.report import prisma, shrunken, words
from singlearm.report.certainty import LIKELY, SURE
from singlearm.report.review import Review, distinct
from singlearm.synthesis.models import Model

_TESTS = {
    "q_between": "the Q-between statistic (two-step models)",
    "lrt_bootstrap": "the likelihood ratio with its p from datasets drawn without any difference "
    "between the groups at the studies' own sizes (which leads)",
    "lrt": "the likelihood ratio (likelihood models)",
    "f": "the F test of Knapp and Hartung (two-step models with t quantiles)",
}


def paragraphs(review: Review) -> list[tuple[str, str]]:
    """Headings and paragraphs; `[@key]` marks a citation."""
    pooled = bool(review.rows("pooled"))
    of_kinds = [(prisma.POOLING[name], _kind(review, name)) for name in KINDS]
    written = [
        ("Data", _data(review)),
        *of_kinds[:1],
        ("What the pooled numbers mean", _estimands(review) if pooled else ""),
        ("Differences between studies", _heterogeneity(review) if pooled else ""),
        ("Studies under the model", shrunken.methods(review)),
        ("Special cases", _special_cases(review) if pooled else ""),
        ("Other models", _other_models(review) if pooled else ""),
        ("Subgroups", _subgroups(review)),
        ("Meta-regression", _regression(review)),
        ("Sensitivity", _sensitivity(review)),
        *of_kinds[1:],
        ("Reporting bias", _reporting_bias(review)),
        ("Certainty", _certainty(review)),
        ("Published claims", _claims(review)),
        ("Software", _software()),
    ]
    return [(heading, text) for heading, text in written if text]


def _kind(review: Review, name: str) -> str:
    """How outcomes of a kind were pooled, where there are results of it."""
    methods = KINDS[name].methods
    if methods is not None and review.rows(KINDS[name].table):
        return methods(review.protocol)
    return _ratios(review) if name == "ratio" else ""


def _data(review: Review) -> str:
    how = (
        "Two extractors filled separate sheets. A cell on which they differ, or which only one of "
        "them filled, went to adjudication; a cell without a decision was held out of the analysis."
        if review.two_extractors
        else "Values were entered into the sheets by a single extractor; this review has no "
        "second, independent extraction to compare them with."
    )
    if arms := words.arms_of_trials(review.rows("studies")):
        how += f" {arms}"
        if not _knows_trials(review):
            how += " Arms of one trial were pooled as if they were independent of each other."
    if len(review.protocol["version"].get("layers", [])) > 1:
        how += (
            " Layers of data are stacked: a newer report of the same study replaces the older one, "
            "and a report that another included report supersedes is dropped."
        )
    return how


def _models(review: Review) -> dict[str, Model]:
    """The protocol's models, the primary first."""
    protocol = review.protocol
    names = sorted(protocol["models"], key=lambda name: name != protocol["primary"])
    return {name: model_of(protocol, name) for name in names}


def _estimands(review: Review) -> str:
    found = [estimand(model) for model in _models(review).values()]
    if "typical" not in found:
        return ""
    who = (
        "Two pooled proportions are given"
        if found[0] == "typical"
        else ("Models with differences between studies give two pooled proportions")
    )
    text = (
        f"{who}. That of the median study is the centre of the "
        "distribution of studies: half of all similar studies would have a true proportion above "
        "it. The average over studies is the mean of that distribution. They are equal when "
        "studies do not differ, and move apart the more they do [@lin2020]."
    )
    if "average" in found:
        text += " The beta-binomial model gives the average alone."
    return text


def _heterogeneity(review: Review) -> str:
    models = _models(review)
    primary = models[review.protocol["primary"]]
    if estimand(primary) == "common":
        return (
            "The primary model takes the studies as one: it has no between-study variance and no "
            "prediction interval. Q tests whether the studies differ."
        )
    text = (
        "Differences between studies are described by the prediction interval for the true "
        "proportion of a new, similar study"
    )
    if primary.has_tau2:
        limits = {
            "normal": "Q-profile [@viechtbauer2007]",
            "bayes": "posterior quantiles",
        }.get(primary.likelihood, "profile likelihood")
        if primary.likelihood == "normal" and _knows_trials(review):
            limits += "; of arms within trials, profile likelihood"
        text += (
            f" and by tau², the variance between studies on the {scale(primary)} scale, with its "
            f"interval ({limits}). I² is computed from tau²; it says how much of the observed "
            "scatter is not chance, depends on study size, and is not graded as low or high for "
            "proportions [@migliavaca2022]."
        )
    else:
        text += " and by rho, the correlation of two patients of one study."
    if any(
        outcome.get("threshold") is not None for outcome in review.protocol["outcomes"].values()
    ):
        text += (
            " The probability that a new study lies above a threshold uses the thresholds of the "
            "protocol."
        )
    return text + _prediction(review, models)


def _prediction(review: Review, models: dict[str, Model]) -> str:
    """How a new study is predicted, and which models do it otherwise."""
    plug_in = [review.model_label(name) for name, m in models.items() if m.prediction == "t"]
    integrated = any(
        model.prediction == "integrated" or model.likelihood in ("binomial_normal", "beta_binomial")
        for model in models.values()
    )
    text = ""
    if integrated:
        text += (
            " In prediction intervals the mean and the spread are integrated out over their "
            "confidence distributions, so that an interval has width also where no spread between "
            "studies was found [@nagashima2019]."
        )
    if plug_in:
        who = f"Those of {words.listing(plug_in)}" if integrated else "Prediction intervals"
        text += f" {who} take both as they are estimated, with t quantiles [@higgins2009]."
    return text


def _special_cases(review: Review) -> str:
    models = _models(review).values()
    text = (
        "Where no patient or every patient of all studies had the event, the likelihood models "
        "give the exact binomial interval of the summed counts [@clopper1934], without a "
        "prediction interval. "
        if any(model.likelihood != "normal" for model in models)
        else ""
    )
    if any(model.measure in ("PLO", "PLN") for model in models):
        text += (
            "Two-step models add 0.5 events and 0.5 non-events only to studies in which no patient "
            "or every patient had the event. "
        )
    return text + (
        "One study is given as it is. With two studies there is no prediction interval. A model "
        "that did not converge gives no number."
    )


def _other_models(review: Review) -> str:
    protocol = review.protocol
    models = list(_models(review).items())[1:]
    if not models:
        return ""
    described = [
        describe(protocol["models"][name])
        + (" (the model of the published analysis)" if name == review.paper_model else "")
        for name, _ in models
    ]
    text = f"Every proportion was also pooled with {'; '.join(described)}."
    if any(model.measure == "PFT" for _, model in models):
        text += (
            " The Freeman-Tukey transformation is there to reproduce published work only: its "
            "back-transformation can mislead [@schwarzer2019]."
        )
    return text


def _subgroups(review: Review) -> str:
    found = {row["by"] for row in review.rows("subgroups")}
    names = [name for name in review.protocol["subgroups"] if name in found]
    if not names:
        return ""
    tests = {row["test"] for row in review.rows("subgroup_tests")}
    told = words.listing([text for test, text in _TESTS.items() if test in tests])
    permuted = any(row["p_permutation"] is not None for row in review.rows("subgroup_tests"))
    return (
        f"Studies were grouped by: {words.listing([review.subgroup_label(n) for n in names])}. "
        + (f"Differences between groups were tested with {told}. " if told else "")
        + ("The permutation p value re-assigns the studies to the groups. " if permuted else "")
        + _differences(review)
        + "p values are adjusted for the "
        "number of subgroupings of an outcome with Holm's method [@holm1979]. Such comparisons "
        "are between studies and therefore observational. A study without a value for a grouping "
        "is left out of it."
    )


def _differences(review: Review) -> str:
    """How the differences between groups were found, where there are some."""
    rows = review.rows("subgroup_differences")
    if all(row["marginal"] is None and row["difference"] is None for row in rows):
        return ""
    bayesian = any(row["p_above"] is not None for row in rows)
    how = (
        "the difference is that of the groups' independent posteriors, integrated on their grids"
        if bayesian
        else "the limits of a difference follow from those of the two groups [@zou2008]"
    )
    return f"Each group was held against the first under the primary model; {how}. "


def _regression(review: Review) -> str:
    rows = review.rows("regression")
    names = distinct(row["moderator"] for row in rows)
    several = review.protocol.get("regressions", {})
    labels = [review.moderator_label(name) for name in names if name not in several]
    together = [review.moderator_label(name) for name in names if name in several]
    if not names:
        return ""
    scales = distinct(scale(model_of(review.protocol, row["model"])) for row in rows)
    return (
        f"Meta-regression related the proportions to each of: {words.listing(labels)}; one at a "
        "time, with every model that knows one, on the model's own scale "
        f"({words.listing(scales)}). "
        + (
            f"Several at once: {words.listing(together)}; only studies with a value of each enter, "
            "and each moderator is tested beside the others. "
            if together
            else ""
        )
        + (_BOOTSTRAP if any(row["p_bootstrap"] is not None for row in rows) else "")
        + "Residual tau² is what the moderators leave unexplained, R² the share of "
        "tau² that they explain. A study without the value is left out. With few studies such "
        "slopes are easily found by chance, and a slope over the medians of studies says nothing "
        "about single patients [@thompson2002]."
    )


_BOOTSTRAP = (
    "Under the primary model a test has a bootstrap p value as well: that of its likelihood ratio "
    "among those of datasets drawn from the fitted model without the terms that are tested. "
)


def _sensitivity(review: Review) -> str:
    kinds = {
        kind for tables in review.sensitivity.values() for kind, rows in tables.items() if rows
    }
    texts = [text for kind, text in _VARIED.items() if kind in kinds]
    if "calibration" in kinds and not _knows_trials(review):
        texts.append(_CALIBRATION)
    return " ".join(texts)


def _knows_trials(review: Review) -> bool:
    """Whether the primary model takes arms of one trial together."""
    return bool(review.protocol["models"][review.protocol["primary"]].get("cluster"))


_VARIED = {
    "leave_one_out": (
        "Each outcome was pooled again without each study; of very many studies, without those "
        "that move the two-step estimate most."
    ),
    "leave_one_trial_out": "Trials were left out one at a time, each with all its arms.",
    "leave_two_out": (
        "It was pooled again without every two of them; of many studies, without every two of "
        "those that move it most."
    ),
    "influence": "The usual diagnostics of influence were computed [@viechtbauer2010a].",
    "gosh_summary": (
        "It was pooled over all subsets of the studies, or a large seeded sample of them "
        "[@olkin2012]."
    ),
    "multiverse_summary": (
        "It was analysed under every combination of the protocol's choices of likelihood, scale, "
        "estimator of tau², interval, handling of zeros, studies, reports and denominators "
        "[@simonsohn2020], where combinations that come to the same numbers count once."
    ),
}
_CALIBRATION = (
    "To see which interval to trust, studies of the same sizes were simulated from the fitted "
    "primary model, each review with a tau drawn from its posterior, and pooled by each model that "
    "takes studies as independent, but for Bayesian ones; "
    "coverage is the share of simulated reviews whose 95% interval holds the true value."
)


def _ratios(review: Review) -> str:
    if not review.rows("ratios"):
        return ""
    return (
        "Randomised trials contribute their printed hazard, odds or risk ratios, or ratios "
        "computed from counts. Of a trial's data cuts the latest that is not held out is used."
    )


def _reporting_bias(review: Review) -> str:
    """How bias from missing results was looked for."""
    if not review.rows("reporting_bias"):
        return ""
    return (
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
    text = (
        "Certainty was rated with GRADE over five domains: risk of bias, inconsistency, "
        "indirectness, imprecision and reporting bias. "
    )
    if prisma.thresholds(review):
        text += (
            "Where the protocol names a decision threshold, rules proposed two of them. "
            "Imprecision is not serious where the probability that the result lies on its side of "
            f"the threshold is at least {100 * SURE:g}%, serious from {100 * LIKELY:g}%, else very "
            "serious. Inconsistency is serious where the prediction interval crosses the threshold "
            "and the confidence interval does not. The others have no rule; asymmetry of a funnel "
            "is never taken as evidence. "
        )
    return text + "A level is given only where a person has judged, in the sheet of certainty."


def _claims(review: Review) -> str:
    if review.paper_model is None:
        return ""
    return (
        "Each published claim was compared with our number under the published analysis's model "
        f"({review.model_label(review.paper_model)}) and under the primary "
        "model. Nothing was tuned to reach agreement. Reproduced: equal at the printed decimals. "
        "Not contradicted: the published value lies inside our interval, however wide that is, and "
        "the conclusion is the same. "
        "Not reproduced: neither. Not testable: this version has no data for it. A claim about a p "
        "value is checked as an inequality."
    )


def _software() -> str:
    return (
        "All numbers come from the review's own programs, whose results agree with the reference "
        "implementation metafor [@viechtbauer2010] where a quantity exists there. Every printed "
        f"number is rounded from the result tables; a dash ({numbers.MISSING}) means that there is "
        "no number."
    )

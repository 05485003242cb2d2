"""What the methods section says about the models of proportions, from the protocol's settings."""

from collections.abc import Mapping

from singlearm.catalogue.language import say
from singlearm.kinds.model_words import describe, estimand, has_average, model_of, scale
from singlearm.report import words
from singlearm.report.review import Review
from singlearm.synthesis.models import Model


def knows_trials(review: Review) -> bool:
    """Whether the primary model takes arms of one trial together."""
    return bool(review.protocol["models"][review.protocol["primary"]].get("cluster"))


def estimands(review: Review) -> str:
    """What the pooled proportions are of, where studies differ under one of the models."""
    models = list(_models(review).values())
    found = [estimand(model) for model in models]
    typical = [model for model in models if estimand(model) == "typical"]
    if not typical:
        return ""
    if not any(map(has_average, typical)):
        return say(
            "The pooled proportion is that of the median study, the centre of the distribution of "
            "studies: half of all similar studies would have a true proportion above it."
        )
    if not all(map(has_average, typical)):
        first = say("Some models give two pooled proportions.")
        if typical[0] is models[0] and not has_average(models[0]):
            first += " " + say("The primary model gives that of the median study alone.")
    elif found[0] == "typical":
        first = say("Two pooled proportions are given.")
    else:
        first = say("Models with differences between studies give two pooled proportions.")
    told = [
        first,
        say(
            "That of the median study is the centre of the distribution of studies: half of all "
            "similar studies would have a true proportion above it. The average over studies is "
            "the mean of that distribution. They are equal when studies do not differ, and move "
            "apart the more they do [@lin2020]."
        ),
    ]
    if "average" in found:
        told.append(say("The beta-binomial model gives the average alone."))
    return " ".join(told)


def heterogeneity(review: Review) -> str:
    """How differences between studies are described and a new study is predicted."""
    models = _models(review)
    primary = models[review.protocol["primary"]]
    if estimand(primary) == "common":
        return say(
            "The primary model takes the studies as one: it has no between-study variance and no "
            "prediction interval. Q tests whether the studies differ."
        )
    if primary.has_tau2:
        spread = say(
            "Differences between studies are described by the prediction interval for the true "
            "proportion of a new, similar study and by tau², the variance between studies on the "
            "{scale} scale, with its interval ({limits}). I² is tau² over the sum of tau² and the "
            "typical variance within studies, so that (Q − df)/Q may be another number; it says "
            "how much of the observed scatter is not chance, depends on study size, and is not "
            "graded as low or high for proportions [@migliavaca2022].",
            scale=scale(primary),
            limits=_limits_of_tau2(primary, knows_trials(review)),
        )
    else:
        spread = say(
            "Differences between studies are described by the prediction interval for the true "
            "proportion of a new, similar study and by rho, the correlation of two patients of "
            "one study."
        )
    told = [spread]
    if any(model.likelihood == "binomial_normal" for model in models.values()):
        told.append(
            say(
                "Q of the logistic model is the likelihood ratio of a proportion for each study "
                "against one for all; Q of two-step models is Cochran's."
                if any(model.likelihood == "normal" for model in models.values())
                else "Q is the likelihood ratio of a proportion for each study against one for all."
            )
        )
    outcomes = review.protocol["outcomes"].values()
    if any(outcome.get("threshold") is not None for outcome in outcomes):
        told.append(
            say(
                "The probability that a new study lies above a threshold uses the thresholds of "
                "the protocol."
            )
        )
    return " ".join([*told, *_prediction(review, models)])


def _limits_of_tau2(primary: Model, of_trials: bool) -> str:
    if primary.likelihood == "bayes":
        return say("posterior quantiles")
    if primary.likelihood != "normal":
        return say("profile likelihood")
    if primary.tau2 in ("DL", "HE"):
        limits = say("generalised Q, which belongs to its estimator")
        if of_trials:
            return say("{limits}; of arms within trials, profile likelihood", limits=limits)
        return limits
    if of_trials:
        return say("Q-profile [@viechtbauer2007]; of arms within trials, profile likelihood")
    return say("Q-profile [@viechtbauer2007]")


def _prediction(review: Review, models: Mapping[str, Model]) -> list[str]:
    """How a new study is predicted, and which models do it otherwise."""
    plug_in = [review.model_label(name) for name, m in models.items() if m.prediction == "t"]
    integrated = any(
        model.prediction == "integrated" or model.likelihood in ("binomial_normal", "beta_binomial")
        for model in models.values()
    )
    told = []
    if integrated:
        told.append(
            say(
                "In prediction intervals the mean and the spread are integrated out over their "
                "confidence distributions, so that an interval has width also where no spread "
                "between studies was found [@nagashima2019]."
            )
        )
    if plug_in and integrated:
        told.append(
            say(
                "Those of {models} take the spread as it is estimated and add the standard error "
                "of the mean, with t quantiles [@higgins2009].",
                models=words.listing(plug_in),
            )
        )
    elif plug_in:
        told.append(
            say(
                "Prediction intervals take the spread as it is estimated and add the standard "
                "error of the mean, with t quantiles [@higgins2009]."
            )
        )
    return told


def special_cases(review: Review) -> str:
    """What is done where studies are few, or all patients or none had the event."""
    models = _models(review).values()
    likelihoods = {model.likelihood for model in models}
    told = []
    if likelihoods & {"binomial_normal", "beta_binomial"}:
        told.append(
            say(
                "Where no patient or every patient of all studies had the event, the likelihood "
                "models give the exact binomial interval of the summed counts [@clopper1934], "
                "without a prediction interval."
            )
        )
    if any(model.measure in ("PLO", "PLN") for model in models):
        told.append(
            say(
                "Two-step models add 0.5 events and 0.5 non-events only to studies in which no "
                "patient or every patient had the event."
            )
        )
    if "bayes" in likelihoods:
        told.append(say("With no patient or every patient a Bayesian model goes by its prior."))
    if likelihoods - {"normal"}:
        told.append(say("One study is given as it is, with its exact interval."))
    if "normal" in likelihoods:
        told.append(
            say("Of one study a two-step model gives the effect size with its normal interval.")
        )
    told.append(
        say(
            "With two studies there is no prediction interval. A "
            "model that did not converge gives no number."
        )
    )
    return " ".join(told)


def other_models(review: Review) -> str:
    """The protocol's models beside the primary one."""
    protocol = review.protocol
    models = list(_models(review).items())[1:]
    if not models:
        return ""
    described = []
    for name, _ in models:
        model = describe(protocol["models"][name])
        if name == review.paper_model:
            model = say("{model} (the model of the published analysis)", model=model)
        described.append(model)
    told = [say("Every proportion was also pooled with {models}.", models="; ".join(described))]
    two_step = [model for model in _models(review).values() if model.likelihood == "normal"]
    if any(model.measure == "PLO" for model in two_step):
        told.append(
            say(
                "In two-step models of the log odds the limits of the average over studies have t "
                "quantiles with k − 1 degrees of freedom, whatever the interval of the median "
                "study, and take tau² as it is estimated."
            )
        )
    primary = model_of(protocol, protocol["primary"])
    if primary.likelihood != "normal" and any(model.has_tau2 for model in two_step):
        told.append(
            say(
                "The interval of their tau² is the one that belongs to its estimator (generalised "
                "Q, or Q-profile) [@viechtbauer2007]."
            )
        )
    if any(model.measure == "PFT" for _, model in models):
        told.append(
            say(
                "The Freeman-Tukey transformation is there to reproduce published work only: its "
                "back-transformation can mislead [@schwarzer2019]."
            )
        )
    return " ".join(told)


def _models(review: Review) -> dict[str, Model]:
    """The protocol's models, the primary first."""
    protocol = review.protocol
    names = sorted(protocol["models"], key=lambda name: name != protocol["primary"])
    return {name: model_of(protocol, name) for name in names}

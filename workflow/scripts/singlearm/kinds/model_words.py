"""What can be said about a model of proportions, derived from the model itself."""

from typing import Any

from singlearm.catalogue.language import mark, say
from singlearm.synthesis.estimators import ESTIMATORS
from singlearm.synthesis.models import Model

from .base import Settings
from .rows import told

_EFFECTS = {
    "PLO": mark("logit-transformed proportions"),
    "PLN": mark("log-transformed proportions"),
    "PAS": mark("arcsine-transformed proportions"),
    "PFT": mark("Freeman-Tukey double-arcsine-transformed proportions"),
    "PR": mark("raw proportions"),
}
_INTERVALS = {
    "wald": mark("normal-quantile (Wald) confidence intervals"),
    "t": mark("t-quantile confidence intervals"),
    "hk": mark("Hartung-Knapp confidence intervals [@hartung2001]"),
    "hk_adhoc": mark(
        "Hartung-Knapp confidence intervals, never narrower than Wald's [@hartung2001]"
    ),
    "profile": mark("profile-likelihood confidence intervals"),
    "equal_tailed": mark("equal-tailed credible intervals"),
}
#: The scale of each measure, as it stands before a noun.
_SCALES = {
    "PLO": mark("log-odds"),
    "PLN": mark("log proportion"),
    "PAS": mark("arcsine"),
    "PFT": mark("double arcsine"),
    "PR": mark("proportion"),
}
#: What a pooled proportion is of.
ESTIMANDS = {
    "typical": mark("median study"),
    "average": mark("average over studies"),
    "common": mark("one proportion for all studies"),
}


def model_of(protocol: Settings, name: str) -> Model:
    """The model that the protocol calls so."""
    return Model.of(protocol["models"][name])


def estimand(model: Model) -> str:
    """What `estimate` is: `typical`, `average`, or `common` where studies do not differ."""
    if model.likelihood == "normal" and not model.has_tau2:
        return "common"
    return model.estimand


def has_average(model: Model) -> bool:
    """Whether the model gives the average over studies, beside the median study or alone."""
    if model.likelihood != "normal":
        return True
    return model.measure == "PLO" and model.has_tau2


def scale(model: Model) -> str:
    """The scale of tau2 and of regression coefficients, before a noun: `log-odds`."""
    return say(_SCALES[model.effect_measure])


def describe(settings: Settings) -> str:
    """A model's entry in the protocol in words, as part of a sentence; `[@key]` cites a work."""
    model = Model.of(settings)
    text = say(
        "{model}, with {interval}",
        model=_BY_LIKELIHOOD[model.likelihood](model),
        interval=say(_INTERVALS[str(model.ci)]),
    )
    if settings.get("cluster"):
        text += say(
            "; studies that are arms of one trial share a random effect of the trial beside one of "
            "their own where five trials or more have several arms, and elsewhere the intervals "
            "are cluster-robust"
        )
    return text


def _normal(model: Model) -> str:
    effects = say(_EFFECTS[str(model.measure)])
    if not model.has_tau2:
        return say(
            "an inverse-variance equal-effects (common-effect) model of {effects}", effects=effects
        )
    return say(
        "an inverse-variance random-effects model of {effects}, with the between-study variance by "
        "{estimator}",
        effects=effects,
        estimator=say(ESTIMATORS[str(model.tau2)].words),
    )


def _logistic(_: Model) -> str:
    return say(
        "a random-intercept logistic model (binomial likelihood within studies, normal "
        "distribution of the log-odds between studies) [@stijnen2010] [@lin2020], fitted by "
        "maximum likelihood with adaptive Gauss-Hermite quadrature, nodes added until the answer "
        "is stable"
    )


def _beta_binomial(_: Model) -> str:
    return say(
        "a beta-binomial model, in which the studies' true proportions follow a beta "
        "distribution, fitted by maximum likelihood"
    )


def _bayes(model: Model) -> str:
    return say(
        "a Bayesian random-intercept logistic model with a half-normal prior (scale {scale}) on "
        "the between-study standard deviation, integrated on a grid without sampling",
        scale=told(model.tau_scale),
    )


_BY_LIKELIHOOD: dict[str, Any] = {
    "normal": _normal,
    "binomial_normal": _logistic,
    "beta_binomial": _beta_binomial,
    "bayes": _bayes,
}

"""What can be said about a model of proportions, derived from the model itself."""

from typing import Any

from singlearm.synthesis.estimators import ESTIMATORS
from singlearm.synthesis.models import Model

from .base import Settings

_EFFECTS = {
    "PLO": "logit-transformed proportions",
    "PLN": "log-transformed proportions",
    "PAS": "arcsine-transformed proportions",
    "PFT": "Freeman-Tukey double-arcsine-transformed proportions",
    "PR": "raw proportions",
}
_INTERVALS = {
    "wald": "normal-quantile (Wald) confidence intervals",
    "t": "t-quantile confidence intervals",
    "hk": "Hartung-Knapp confidence intervals [@hartung2001]",
    "hk_adhoc": "Hartung-Knapp confidence intervals, never narrower than Wald's [@hartung2001]",
    "profile": "profile-likelihood confidence intervals",
    "equal_tailed": "equal-tailed credible intervals",
}
#: What a pooled proportion is of.
ESTIMANDS = {
    "typical": "median study",
    "average": "average over studies",
    "common": "one proportion for all studies",
}


def model_of(protocol: Settings, name: str) -> Model:
    """The model that the protocol calls so."""
    return Model.of(protocol["models"][name])


def estimand(model: Model) -> str:
    """What `estimate` is: `typical`, `average`, or `common` where studies do not differ."""
    if model.likelihood == "normal" and not model.has_tau2:
        return "common"
    return model.estimand


def scale(model: Model) -> str:
    """The scale of tau2 and of regression coefficients, before a noun: `log-odds`."""
    return model.scale.replace("log odds", "log-odds")


def describe(settings: Settings) -> str:
    """A model's entry in the protocol in words, as part of a sentence; `[@key]` cites a work."""
    model = Model.of(settings)
    text = f"{_BY_LIKELIHOOD[model.likelihood](model)}, with {_interval(model)}"
    if settings.get("cluster"):
        text += (
            "; studies that are arms of one trial share a random effect of the trial beside one of "
            "their own where five trials or more have several arms, and elsewhere the intervals "
            "are cluster-robust"
        )
    return text


def _interval(model: Model) -> str:
    return _INTERVALS.get(model.ci or "", f"{model.ci} intervals")


def _normal(model: Model) -> str:
    kind = "random-effects" if model.has_tau2 else "equal-effects (common-effect)"
    text = f"an inverse-variance {kind} model of {_EFFECTS[str(model.measure)]}"
    if model.has_tau2:
        text += f", with the between-study variance by {ESTIMATORS[str(model.tau2)].words}"
    return text


def _logistic(_: Model) -> str:
    return (
        "a random-intercept logistic model (binomial likelihood within studies, normal "
        "distribution of the log-odds between studies) [@stijnen2010] [@lin2020], fitted by "
        "maximum likelihood with adaptive Gauss-Hermite quadrature, nodes added until the answer "
        "is stable"
    )


def _beta_binomial(_: Model) -> str:
    return (
        "a beta-binomial model, in which the studies' true proportions follow a beta "
        "distribution, fitted by maximum likelihood"
    )


def _bayes(model: Model) -> str:
    return (
        "a Bayesian random-intercept logistic model with a half-normal prior (scale "
        f"{model.tau_scale:g}) on the between-study standard deviation, integrated on a grid "
        "without sampling"
    )


_BY_LIKELIHOOD: dict[str, Any] = {
    "normal": _normal,
    "binomial_normal": _logistic,
    "beta_binomial": _beta_binomial,
    "bayes": _bayes,
}

"""The description of a model, as the protocol writes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .estimators import TAU2_METHODS
from .words import (
    CI_METHODS,
    LIKELIHOODS,
    MEASURES,
    PREDICTIONS,
    SynthesisError,
    check_word,
    settle,
)

#: Scale of the half-normal prior on tau (logits): 95% of the prior mass lies below tau = 2.
TAU_SCALE = 1.0
#: The scale of each measure, in words.
SCALES = {
    "PLO": "log odds",
    "PLN": "log proportion",
    "PAS": "arcsine",
    "PFT": "double arcsine",
    "PR": "proportion",
}
_LIKELIHOODS = {
    "binomial_normal": "random-intercept logistic model, maximum likelihood",
    "beta_binomial": "beta-binomial model, maximum likelihood",
    "bayes": "Bayesian random-intercept logistic model",
}
_INTERVALS = {
    "wald": "Wald interval",
    "t": "t interval",
    "hk": "Hartung-Knapp interval",
    "hk_adhoc": "Hartung-Knapp interval, never narrower than Wald's",
    "profile": "profile-likelihood interval",
    "equal_tailed": "equal-tailed credible interval",
}


@dataclass(frozen=True, slots=True)
class Model:
    """How an outcome is pooled; the fields are the protocol's keys under `models:`.

    Parameters
    ----------
    likelihood : {"normal", "binomial_normal", "beta_binomial", "bayes"}
        `normal`: two steps, effect sizes and then inverse-variance pooling; `binomial_normal`: the
        random-intercept logistic model; `bayes`: the same with a half-normal prior on tau.
    measure : str, optional
        Effect size of `normal`: PLO (default), PLN, PAS, PFT or PR.
    tau2 : str, optional
        Estimator of the between-study variance of `normal`, default REML.
    ci : str, optional
        Confidence interval, by default `hk_adhoc` for `normal`, `profile` for the likelihood
        models.
    tau_scale : float, optional
        Scale of the prior of `bayes`, default 1.
    prediction : {"integrated", "t"}, optional
        Prediction interval of `normal` with a tau2: mean and tau2 integrated out (default), or
        taken as they are estimated, with t(k-1), to reproduce published work.

    Raises
    ------
    SynthesisError
        For a word that is not known, and for a key that the likelihood does not know, so that no
        setting is ignored.

    Examples
    --------
    >>> Model("normal", tau2="DL", ci="wald").measure
    'PLO'
    >>> Model("beta_binomial").estimand
    'average'
    """

    likelihood: str
    measure: str | None = None
    tau2: str | None = None
    ci: str | None = None
    tau_scale: float | None = None
    prediction: str | None = None

    def __post_init__(self) -> None:
        check_word("likelihood", self.likelihood, LIKELIHOODS)
        normal = self.likelihood == "normal"
        settle(self, "measure", MEASURES if normal else (), "PLO")
        settle(self, "tau2", TAU2_METHODS if normal else (), "REML")
        allowed = CI_METHODS[self.likelihood]
        settle(self, "ci", allowed, "hk_adhoc" if normal else allowed[0])
        if normal and self.tau2 == "EE" and self.prediction is not None:
            raise SynthesisError(f"prediction: equal effects have none (found {self.prediction!r})")
        if not normal or self.tau2 != "EE":
            settle(self, "prediction", PREDICTIONS if normal else (), PREDICTIONS[0])
        if self.likelihood != "bayes":
            settle(self, "tau_scale", (), None)
            return
        scale = TAU_SCALE if self.tau_scale is None else self.tau_scale
        if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not 0 < scale <= 100:
            raise SynthesisError(f"tau_scale: {scale!r} is not a number in (0, 100]")
        object.__setattr__(self, "tau_scale", float(scale))

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Model":
        """The model of a protocol's entry, whose `label` and `cluster` are passed over."""
        return cls(**{key: settings[key] for key in cls.__slots__ if key in settings})

    @property
    def effect_measure(self) -> str:
        """The measure on whose scale the model works; PLO for the likelihood models."""
        return self.measure or "PLO"

    @property
    def scale(self) -> str:
        """The scale that `estimate_link` and tau2 are on."""
        return SCALES[self.effect_measure]

    @property
    def estimand(self) -> Literal["typical", "average"]:
        """What `estimate` is: `typical` (the median study) or `average` (the mean over studies)."""
        return "average" if self.likelihood == "beta_binomial" else "typical"

    @property
    def has_tau2(self) -> bool:
        """Whether the model has a between-study variance on its scale."""
        return self.likelihood != "beta_binomial" and self.tau2 != "EE"

    @property
    def common_effect(self) -> bool:
        """Whether the model takes the studies as one, without any difference between them."""
        return self.tau2 == "EE"

    @property
    def words(self) -> str:
        """The model and its interval in words."""
        interval = _INTERVALS[str(self.ci)]
        if self.likelihood == "normal":
            variance = "equal effects" if self.tau2 == "EE" else f"tau2 by {self.tau2}"
            return f"inverse-variance model of the {self.scale}, {variance}; {interval}"
        prior = f" (tau half-normal({self.tau_scale:g}))" if self.likelihood == "bayes" else ""
        return f"{_LIKELIHOODS[self.likelihood]}{prior}; {interval}"


#: Models that have a name of their own.
MODELS: dict[str, Model] = {
    "glmm": Model("binomial_normal"),
    "beta_binomial": Model("beta_binomial"),
    "bayes": Model("bayes"),
    "logit_common": Model("normal", tau2="EE", ci="wald"),
    # as published analyses have it
    "logit_dl": Model("normal", tau2="DL", ci="wald", prediction="t"),
    "logit_reml_hk": Model("normal", tau2="REML", ci="hk"),
}
#: What a function does where no model is named.
DEFAULT_MODEL = "glmm"


def named_model(model: Model | str) -> Model:
    """The model itself, or the one of that name in `MODELS`.

    Raises
    ------
    SynthesisError
        For a name that no model has.
    """
    if isinstance(model, Model):
        return model
    return MODELS[check_word("model", model, tuple(MODELS))]

"""The description of a model, as the protocol writes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .words import CI_METHODS, LIKELIHOODS, MEASURES, TAU2_METHODS, SynthesisError, check_word

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


@dataclass(frozen=True, slots=True)
class Model:
    """How an outcome is pooled; the fields are the protocol's keys under `models:`.

    likelihood: normal (two steps: effect sizes, then inverse-variance pooling), binomial_normal
    (random-intercept logistic), beta_binomial, bayes (binomial_normal with a half-normal prior on
    tau). normal takes `measure` (default PLO), `tau2` (REML) and `ci` (hk); binomial_normal takes
    `ci` (profile), beta_binomial `ci` (profile), bayes `tau_scale` (1.0). A key that the likelihood
    does not know is an error, so that no setting is ignored.

    >>> Model("normal", tau2="DL", ci="wald").measure
    'PLO'
    """

    likelihood: str
    measure: str | None = None
    tau2: str | None = None
    ci: str | None = None
    tau_scale: float | None = None

    def __post_init__(self):
        check_word("likelihood", self.likelihood, LIKELIHOODS)
        normal = self.likelihood == "normal"
        self._settle("measure", "PLO" if normal else None, MEASURES if normal else ())
        self._settle("tau2", "REML" if normal else None, TAU2_METHODS if normal else ())
        allowed = CI_METHODS[self.likelihood]
        self._settle("ci", "hk" if normal else allowed[0], allowed)
        if self.likelihood != "bayes":
            self._settle("tau_scale", None, ())
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
    def scale(self) -> str:
        """The scale that `estimate_link` and tau2 are on."""
        return SCALES[self.measure or "PLO"]

    @property
    def estimand(self) -> str:
        """What `estimate` is: `typical` (the median study) or `average` (the mean over studies)."""
        return "average" if self.likelihood == "beta_binomial" else "typical"

    @property
    def has_tau2(self) -> bool:
        """Whether the model has a between-study variance on its scale."""
        return self.likelihood != "beta_binomial" and self.tau2 != "EE"

    def _settle(self, key, default, allowed):
        value = getattr(self, key)
        if value is None:
            object.__setattr__(self, key, default)
        elif not allowed:
            raise SynthesisError(
                f"{key}: not a key of likelihood {self.likelihood} (found {value!r})"
            )
        else:
            check_word(key, value, allowed)

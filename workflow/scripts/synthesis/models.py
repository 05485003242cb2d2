"""The description of a model, as the protocol writes it."""

from dataclasses import dataclass

from .words import CI_METHODS, LIKELIHOODS, MEASURES, TAU2_METHODS, SynthesisError, check_word

#: Scale of the half-normal prior on tau (logits): 95% of the prior mass lies below tau = 2.
TAU_SCALE = 1.0


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

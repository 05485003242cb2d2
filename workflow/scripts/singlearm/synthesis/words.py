"""The words a model may be built from, in one place, and the check that names them."""

MEASURES = ("PLO", "PLN", "PAS", "PFT", "PR")
LIKELIHOODS = ("normal", "binomial_normal", "beta_binomial", "bayes")
CI_METHODS = {
    "normal": ("wald", "t", "hk", "hk_adhoc"),
    "binomial_normal": ("profile", "wald", "t", "hk", "hk_adhoc"),
    "beta_binomial": ("profile", "wald", "t"),
    "bayes": ("equal_tailed",),
}
TAU2_MODES = ("separate", "common")
#: Prediction intervals of the two-step models, the default first: mean and tau2 integrated out, or
#: taken as they are estimated, with t quantiles (to reproduce published work).
PREDICTIONS = ("integrated", "t")


class SynthesisError(ValueError):
    """Input that cannot be analysed; the message says what was found and what is allowed."""


def check_word(what: str, value: object, allowed: tuple[str, ...]) -> str:
    """Return `value` when it is one of `allowed`; otherwise raise, naming the allowed words."""
    if isinstance(value, str) and value in allowed:
        return value
    raise SynthesisError(f"{what}: {value!r} is not known; allowed: {', '.join(allowed)}")

"""The words a model may be built from, in one place, and the check that names them."""

from typing import Any

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


def of_mean(likelihood: str | None, measure: str | None) -> bool:
    """Whether an estimate is the mean over studies, or else the median study.

    The beta-binomial's is the mean, and so is that of proportions pooled as they are (`PR`), where
    mean and median study agree.
    """
    return likelihood == "beta_binomial" or measure == "PR"


class SynthesisError(ValueError):
    """Input that cannot be analysed; the message says what was found and what is allowed."""


def settle(record: Any, key: str, allowed: tuple[str, ...], default: str | None) -> None:
    """Put the default into a frozen model's key that is not given; refuse a word not allowed."""
    value = getattr(record, key)
    if value is None:
        object.__setattr__(record, key, default if allowed else None)
    elif not allowed:
        raise SynthesisError(
            f"{key}: not a key of likelihood {record.likelihood} (found {value!r})"
        )
    else:
        check_word(key, value, allowed)


def check_word(what: str, value: object, allowed: tuple[str, ...]) -> str:
    """Return `value` when it is one of `allowed`; otherwise raise, naming the allowed words."""
    if isinstance(value, str) and value in allowed:
        return value
    raise SynthesisError(f"{what}: {value!r} is not known; allowed: {', '.join(allowed)}")

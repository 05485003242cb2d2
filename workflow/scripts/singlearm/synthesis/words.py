"""The words a model may be built from, in one place, and the check that names them."""

MEASURES = ("PLO", "PLN", "PAS", "PFT", "PR")
LIKELIHOODS = ("normal", "binomial_normal", "beta_binomial", "bayes")
#: Estimators of the between-study variance: a short name, and the words of a sentence.
TAU2 = {
    "EE": ("none (equal effects)", "no between-study variance"),
    "DL": ("DerSimonian-Laird", "the DerSimonian-Laird estimator [@dersimonian1986]"),
    "HE": ("Hedges", "the Hedges estimator"),
    "HS": ("Hunter-Schmidt", "the Hunter-Schmidt estimator"),
    "HSk": ("Hunter-Schmidt, k", "the Hunter-Schmidt estimator with a small-sample correction"),
    "SJ": ("Sidik-Jonkman", "the Sidik-Jonkman estimator"),
    "ML": ("maximum likelihood", "maximum likelihood"),
    "REML": ("restricted ML", "restricted maximum likelihood [@viechtbauer2005]"),
    "EB": ("empirical Bayes", "the empirical Bayes estimator"),
    "PM": ("Paule-Mandel", "the Paule-Mandel estimator"),
    "PMM": ("Paule-Mandel, median", "the median-unbiased Paule-Mandel estimator"),
}
TAU2_METHODS = tuple(TAU2)
CI_METHODS = {
    "normal": ("wald", "t", "hk", "hk_adhoc"),
    "binomial_normal": ("profile", "wald", "t", "hk", "hk_adhoc"),
    "beta_binomial": ("profile", "wald", "t"),
    "bayes": ("equal_tailed",),
}
TAU2_MODES = ("separate", "common")


class SynthesisError(ValueError):
    """Input that cannot be analysed; the message says what was found and what is allowed."""


def check_word(what: str, value: object, allowed: tuple[str, ...]) -> str:
    """Return `value` when it is one of `allowed`; otherwise raise, naming the allowed words."""
    if isinstance(value, str) and value in allowed:
        return value
    raise SynthesisError(f"{what}: {value!r} is not known; allowed: {', '.join(allowed)}")

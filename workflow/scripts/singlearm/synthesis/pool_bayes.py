"""Columns of the Bayesian binomial-normal model; one dataset at a time."""

import numpy as np

from .arrays import Bools, Floats
from .bayes import Posterior, posterior, quantile
from .effects import expit, logit
from .model_columns import Asked, ModelColumns
from .models import TAU_SCALE, Model
from .notes import NoteTable


def columns(x: Floats, n: Floats, present: Bools, model: Model, asked: Asked) -> ModelColumns:
    """Columns (B,) for counts (K, B); `weights` are NaN (there are none).

    `estimate` and `marginal` are posterior medians with equal-tailed intervals, `tau2` the squared
    median of tau, `pi_*` the equal-tailed interval of a new study, `loglik` the log evidence,
    `estimate_link` and `se_link` the posterior mean and standard deviation of mu.
    """
    scale = model.tau_scale or TAU_SCALE
    rows = [
        summary(x[present[:, i], i], n[present[:, i], i], scale, asked.level, asked.threshold)
        for i in range(x.shape[1])
    ]
    out = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    notes = NoteTable(x.shape[1])
    notes.add(True, "posterior_median")
    return ModelColumns(out, np.ones(x.shape[1], bool), np.full(x.shape, np.nan), notes)


def summary(
    x: Floats, n: Floats, tau_scale: float, level: float = 0.95, threshold: float | None = None
) -> dict[str, float]:
    """Posterior summaries of one dataset, counts (k,); see `columns`."""
    post = posterior(x, n, tau_scale)
    tails = (0.5, (1 - level) / 2, (1 + level) / 2)
    centre, spread = post.mean_mu(), post.sd_mu()
    mu = [quantile(post.cdf_mu, p, centre, spread) for p in tails]
    tau = [np.exp(v) for v in _log_tau(post, tails)]
    average = [expit(v) for v in _averages(post, tails, centre, spread)]
    out = {
        "estimate": expit(mu[0]), "ci_low": expit(mu[1]), "ci_high": expit(mu[2]),
        "marginal": average[0], "marginal_low": average[1], "marginal_high": average[2],
        "tau2": tau[0] ** 2, "tau2_low": tau[1] ** 2, "tau2_high": tau[2] ** 2,
        "estimate_link": centre, "se_link": spread, "loglik": post.log_evidence,
        "pi_low": np.nan, "pi_high": np.nan, "p_above": np.nan,
    }  # fmt: skip
    if len(x) > 2:
        wide = np.hypot(spread, tau[0])
        out["pi_low"], out["pi_high"] = (
            expit(quantile(post.cdf_new, p, centre, wide)) for p in tails[1:]
        )
        if threshold is not None:
            out["p_above"] = 1 - post.cdf_new(float(logit(threshold)))
    return {name: float(value) for name, value in out.items()}


def _log_tau(post: Posterior, tails: tuple[float, ...]) -> list[float]:
    """Quantiles of log tau."""
    mean = float((post.share * post.tau).sum())
    return [quantile(lambda at: post.cdf_tau(np.exp(at)), p, np.log(mean), 0.5) for p in tails]


def _averages(
    post: Posterior, tails: tuple[float, ...], centre: float, spread: float
) -> list[float]:
    """Quantiles of the logit of the population-averaged proportion."""
    start: Floats | None = None

    def cdf(at: float) -> float:
        nonlocal start
        value, start = post.cdf_marginal(at, start)
        return value

    return [quantile(cdf, p, 0.9 * centre, spread) for p in tails]

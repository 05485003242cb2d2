"""Columns of the Bayesian binomial-normal model."""

import numpy as np
from scipy.special import expit

from .arrays import Bools, Floats
from .bayes_grid import posterior
from .model_columns import Asked, ModelColumns
from .models import TAU_SCALE, Model
from .notes import NoteTable
from .posterior_grid import quantiles
from .suitability import predictable


def columns(x: Floats, n: Floats, present: Bools, model: Model, asked: Asked) -> ModelColumns:
    """Columns (B,) for counts (K, B) with n = 0 where absent; `weights` are NaN (there are none).

    `estimate` (median study) and `marginal` (average over studies) are posterior medians with
    equal-tailed intervals, `tau2` the squared median of tau, `pi_*` the equal-tailed interval of a
    new study, `loglik` the log evidence, `estimate_link` and `se_link` the posterior mean and
    standard deviation of mu.
    """
    grid = posterior(x, n, model.tau_scale or TAU_SCALE)
    tails = (0.5, (1 - asked.level) / 2, (1 + asked.level) / 2)
    centre, spread, average = grid.mean_mu(), grid.sd_mu(), grid.average()
    mu = [expit(quantiles(grid.cdf_mu, p, centre, spread)) for p in tails]
    log_tau, half = np.log((grid.share * grid.tau).sum(axis=0)), np.full(centre.shape, 0.5)
    tau = [np.exp(quantiles(lambda at: grid.cdf_tau(np.exp(at)), p, log_tau, half)) for p in tails]
    mean = (grid.weight * average.logit).sum(axis=(0, 1))
    about = np.sqrt((grid.weight * (average.logit - mean) ** 2).sum(axis=(0, 1)))
    marginal = [expit(quantiles(average.cdf, p, mean, about)) for p in tails]
    wide, enough = np.hypot(spread, tau[0]), predictable(present.sum(axis=0))
    new = [expit(quantiles(grid.cdf_new, p, centre, wide)) for p in tails[1:]]
    out = dict(zip(("estimate", "ci_low", "ci_high"), mu, strict=True))
    out |= dict(zip(("marginal", "marginal_low", "marginal_high"), marginal, strict=True))
    out |= {f"tau2{end}": at**2 for end, at in zip(("", "_low", "_high"), tau, strict=True)}
    out |= {"estimate_link": centre, "se_link": spread, "loglik": grid.log_evidence}
    for end, at in zip(("pi_low", "pi_high"), new, strict=True):
        out[end] = np.where(enough, at, np.nan)
    if asked.threshold is not None:
        at = np.full(centre.shape, np.log(asked.threshold / (1 - asked.threshold)))
        out["p_above"] = np.where(enough, 1 - grid.cdf_new(at), np.nan)
    notes = NoteTable(x.shape[1])
    notes.add(True, "posterior_median")
    return ModelColumns(out, np.ones(x.shape[1], bool), np.full(present.shape, np.nan), notes)

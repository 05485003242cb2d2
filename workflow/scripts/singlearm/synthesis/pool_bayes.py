"""Columns of the Bayesian binomial-normal model."""

import numpy as np

from .arrays import Bools, Floats
from .bayes_grid import summaries
from .model_columns import Asked, ModelColumns
from .models import TAU_SCALE, Model
from .notes import NoteTable


def columns(x: Floats, n: Floats, present: Bools, model: Model, asked: Asked) -> ModelColumns:
    """Columns (B,) for counts (K, B) with n = 0 where absent; `weights` are NaN (there are none).

    `estimate` and `marginal` are posterior medians with equal-tailed intervals, `tau2` the squared
    median of tau, `pi_*` the equal-tailed interval of a new study, `loglik` the log evidence,
    `estimate_link` and `se_link` the posterior mean and standard deviation of mu.
    """
    out = summaries(x, n, model.tau_scale or TAU_SCALE, asked.level, asked.threshold)
    notes = NoteTable(x.shape[1])
    notes.add(True, "posterior_median")
    return ModelColumns(out, np.ones(x.shape[1], bool), np.full(present.shape, np.nan), notes)

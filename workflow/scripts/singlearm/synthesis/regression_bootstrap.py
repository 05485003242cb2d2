"""Parametric bootstrap of a likelihood ratio in a regression of the binomial-normal model.

Datasets are drawn from the fit without the coefficients in question, at each study's own size and
with its own values of the other moderators; both models are fitted to each. As the test between
groups (`group_bootstrap`), without its grid, since every study has a predictor of its own.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from .arrays import Floats, Ints
from .glmm import GlmmFit, fit_glmm

#: Quadrature nodes and accuracy of the fits, which move a ratio by 1e-5.
RUNGS, STILL = (21,), 1e-4
#: Studies times datasets fitted at once, and in all: with very many studies fewer are drawn.
CHUNK, MOST = 20_000, 400_000
#: Datasets that are drawn anyway.
LEAST = 199
#: A search that begins at no spread would stay there.
LEAST_START = 0.3
#: Two ratios closer than this, relative to 1 + their size, are equal.
TIE = 1e-4


@dataclass(frozen=True, slots=True)
class RatioBootstrap:
    """`p_value`, the share of `draws` datasets (and the data themselves) with a ratio at least as
    large, its Monte Carlo standard `error`, and how many `failed` to be fitted, which count as
    larger."""

    p_value: float
    error: float
    draws: int
    failed: int


def bootstrap_ratio(
    x: Floats,
    n: Floats,
    columns: Floats,
    at: Ints,
    observed: tuple[GlmmFit, float],
    *,
    draws: int,
    seed: int,
) -> RatioBootstrap:
    """The p of a likelihood ratio among those of datasets drawn without an effect.

    Parameters
    ----------
    x, n : array (k,)
        Counts.
    columns : array (k, P)
        The design, intercept first, centred and scaled.
    at : array of int
        The columns in question.
    observed : tuple
        The fit without them, and the likelihood ratio of the data.
    draws, seed : int
        Datasets drawn, fewer where there are very many studies, and their seed.
    """
    null, ratio = observed
    k = len(x)
    draws = min(draws, max(LEAST, MOST // k))
    less = np.delete(columns, at, axis=1)
    random = np.random.default_rng(seed)
    logits = (less @ null.beta)[:, :1] + null.tau[0] * random.standard_normal((k, draws))
    drawn = random.binomial(n.astype(int)[:, None], expit(logits)).astype(float)
    full = columns.T[:, :, None]
    # the truth is known: the search for a start would take two thirds of the time
    spread = max(float(null.tau[0]), LEAST_START)
    beta = np.zeros(columns.shape[1])
    beta[np.delete(np.arange(beta.size), at)] = null.beta[:, 0]
    starts = (beta.tolist(), spread), (null.beta[:, 0].tolist(), spread)
    small = None if less.shape[1] == 1 else less.T[:, :, None]
    step = max(1, CHUNK // k)
    ratios = []
    for first in range(0, draws, step):
        some = drawn[:, first : first + step]
        totals = np.broadcast_to(n[:, None], some.shape)
        with np.errstate(all="ignore"):  # a dataset that cannot be fitted is counted below
            one, other = (
                fit_glmm(some, totals, design, start=start, rungs=RUNGS, still=STILL)
                for design, start in zip((full, small), starts, strict=True)
            )
        ratios.append(2 * (one.loglik - other.loglik))
    found = np.concatenate(ratios)
    failed = ~np.isfinite(found)
    larger = int((failed | (found >= ratio - TIE * (1 + ratio))).sum())
    p = (larger + 1) / (draws + 1)
    return RatioBootstrap(p, float(np.sqrt(p * (1 - p) / draws)), draws, int(failed.sum()))

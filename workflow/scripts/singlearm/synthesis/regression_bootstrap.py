"""Parametric bootstrap of a likelihood ratio in a regression of the binomial-normal model.

Datasets are drawn from the fit without the coefficients in question, at each study's own size and
with its own values of the other moderators; both models are fitted to each. As the test between
groups (`group_bootstrap`), without its grid, since every study has a predictor of its own.

Of rare events a dataset often has none in a level: its coefficient runs off, and the likelihood
comes ever nearer to a finite supremum, which is the value that the ratio needs. The studies that
run off are found by a logistic regression with `EDGE` events and non-events more, and keep these in
the fit, so that every maximum is at a finite place; it differs from the supremum by some 1e-5.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from .arrays import Floats, Ints
from .glmm import TAU_CEILING, TAU_FLOOR, GlmmFit, newton
from .logistic import fit_common, intercept, predictor
from .quadrature import binomial_constant, softplus

#: Quadrature nodes and accuracy of the fits, which move a ratio by 1e-4.
NODES, STILL = 21, 1e-4
#: Events and non-events added to studies that run off, and the logit beyond which a study with none
#: or all is one of these: a level of m patients then ends at log(m / EDGE), beyond 16.
EDGE, AWAY = 1e-7, 10.0
#: Studies times datasets fitted at once, and in all: with very many studies fewer are drawn.
CHUNK, MOST = 20_000, 400_000
#: Datasets that are drawn anyway.
LEAST = 199
#: A search that begins at no spread would stay there; multiples of it where further ones begin.
LEAST_START, FACTORS = 0.3, (1.0, 0.6, 2.0, 0.3, 4.0)
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
    # the truth is known: the search for a start would take two thirds of the time
    spread = max(float(null.tau[0]), LEAST_START)
    step = max(1, CHUNK // k)
    ratios = []
    for first in range(0, draws, step):
        some = drawn[:, first : first + step]
        totals = np.broadcast_to(n[:, None], some.shape)
        with np.errstate(all="ignore"):  # a dataset that cannot be fitted is counted below
            one, other = (highest_loglik(some, totals, d, spread) for d in (columns, less))
        ratios.append(2 * (one - other))
    found = np.concatenate(ratios)
    failed = ~np.isfinite(found)
    larger = int((failed | (found >= ratio - TIE * (1 + ratio))).sum())
    p = (larger + 1) / (draws + 1)
    return RatioBootstrap(p, float(np.sqrt(p * (1 - p) / draws)), draws, int(failed.sum()))


def highest_loglik(x: Floats, n: Floats, columns: Floats, spread: float) -> Floats:
    """The supremum of the log-likelihood (B,), with its constant, of datasets (K, B).

    Parameters
    ----------
    x, n : array (K, B)
        Counts.
    columns : array (K, P)
        The design, intercept first, centred and scaled.
    spread : float
        The standard deviation between studies at which the search begins.
    """
    design = intercept() if columns.shape[1] == 1 else columns.T[:, :, None]
    beta, _, _ = fit_common(x + EDGE, n + 2 * EDGE, design)
    eta = predictor(design, beta)
    edge = EDGE * ((np.abs(eta) > AWAY) & ((x == 0) | (x == n)))
    events, total = x + edge, n + 2 * edge
    at_zero = (events * eta - total * softplus(eta)).sum(axis=0)
    top = _climbed(events, total, design, beta, spread)
    return np.maximum(top, at_zero) + binomial_constant(x, n)


def _climbed(x: Floats, n: Floats, design: Floats, beta: Floats, spread: float) -> Floats:
    """The highest log-likelihood (B,) of the searches from `beta` (P, B), NaN where none ended.

    A search may go to and fro between two values of tau; the next begins elsewhere.
    """
    top, todo = np.full(x.shape[1], np.nan), np.arange(x.shape[1])
    for factor in FACTORS:
        start = np.full(todo.size, factor * spread)
        found = newton(x[:, todo], n[:, todo], design, beta[:, todo], start, NODES, STILL)
        ended = found["arrived"] | (found["tau"] <= TAU_FLOOR) | (found["tau"] > TAU_CEILING)
        ended &= np.isfinite(found["loglik"])
        top[todo] = np.where(ended, found["loglik"], np.nan)
        todo = todo[~ended]
        if not todo.size:
            break
    return top

"""What each study does to the result: leave-one-out, influence, Baujat, cumulative pooling.

All refits of one outcome run as one batch. `*_effects` take effect sizes, the others counts and any
model.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .arrays import ArrayLike, Bools, Floats, Ints
from .effects import effect_sizes
from .heterogeneity import estimate_tau2
from .linear import inverse_variance_fit
from .models import Model, named_model
from .pooling import pool, pool_many
from .records import PooledMany
from .stack import stack
from .words import SynthesisError

#: metafor's marks of an influential study: |DFFITS| above 3 sqrt(1/(k-1)), Cook's distance above
#: the median of chi-square(1), hat value above 3/k, |DFBETAS| above 1.
COOK_LIMIT = 0.454936423119572


def _all_but_one(yi: ArrayLike, vi: ArrayLike) -> tuple[Floats, Floats, Bools]:
    y, v = np.asarray(yi, float), np.asarray(vi, float)
    k = y.size
    return np.broadcast_to(y, (k, k)), np.broadcast_to(v, (k, k)), ~np.eye(k, dtype=bool)


def leave_out(
    events: ArrayLike,
    total: ArrayLike,
    model: Model | str,
    left_out: ArrayLike,
    *,
    level: float = 0.95,
) -> PooledMany:
    """Pool without some of the studies, many times.

    Parameters
    ----------
    events, total : array_like of int, shape (k,)
        Counts of all studies.
    model : Model or str
        See `pool`.
    left_out : array_like of bool, shape (B, k)
        The studies that each of the B fits goes without.
    level : float
        Coverage of the intervals.

    Returns
    -------
    PooledMany
        B fits, without a prediction.

    Raises
    ------
    SynthesisError
        As `pool`.
    """
    gone = np.asarray(left_out, bool)
    return pool_many(events, total, model, present=~gone, level=level, predict=False)


def leave_one_out(
    events: ArrayLike,
    total: ArrayLike,
    model: Model | str,
    *,
    of: Ints | None = None,
    level: float = 0.95,
) -> PooledMany:
    """Pool without each study in turn.

    Parameters
    ----------
    events, total, model, level
        As in `leave_out`.
    of : array of int, shape (B,), optional
        The studies that are left out in turn; all if it is not given.

    Returns
    -------
    PooledMany
        Element i is the fit without study i (of `of`).

    Raises
    ------
    SynthesisError
        As `pool`.

    Examples
    --------
    >>> leave_one_out([4, 3, 2], [10, 20, 30], "logit_dl").estimate.round(3).tolist()
    [0.107, 0.183, 0.254]
    """
    gone = np.eye(np.size(np.asarray(events)), dtype=bool)
    return leave_out(events, total, model, gone if of is None else gone[of], level=level)


def leave_two_out(
    events: ArrayLike,
    total: ArrayLike,
    model: Model | str,
    *,
    of: Ints | None = None,
    level: float = 0.95,
) -> tuple[Ints, PooledMany]:
    """Pool without each pair of studies in turn.

    Parameters
    ----------
    events, total, model, level
        As in `leave_out`.
    of : array of int, optional
        The studies whose pairs are left out; all if it is not given.

    Returns
    -------
    pairs : array of int, shape (N, 2)
        Indices of the studies left out.
    fits : PooledMany
        One fit for each pair, without a prediction and the limits of tau2.

    Raises
    ------
    SynthesisError
        As `pool`.
    """
    k = np.size(np.asarray(events))
    pairs = np.array(list(combinations(range(k) if of is None else of, 2)), int).reshape(-1, 2)
    gone = np.zeros((len(pairs), k), bool)
    np.put_along_axis(gone, pairs, True, axis=1)
    fits = pool_many(
        events, total, model, present=~gone, level=level, tau2_limits=False, predict=False
    )
    return pairs, fits


def cumulative(
    events: ArrayLike,
    total: ArrayLike,
    model: Model | str,
    order: ArrayLike,
    *,
    steps: Ints | None = None,
    level: float = 0.95,
) -> PooledMany:
    """Pool the first study, the first two, and so on.

    Parameters
    ----------
    events, total, model, level
        As in `leave_out`.
    order : array_like of int, shape (k,)
        Indices of the studies in the order in which they come in.
    steps : array of int, optional
        How many studies each fit has; 1 to k if it is not given.

    Returns
    -------
    PooledMany
        A fit for each step, without a prediction.

    Raises
    ------
    SynthesisError
        If `order` does not name every study once, and as `pool`.
    """
    order = np.asarray(order, int)
    if sorted(order) != list(range(np.size(np.asarray(events)))):
        raise SynthesisError("order must name every study once")
    x, n = np.asarray(events)[order], np.asarray(total)[order]
    present = np.tri(len(x), dtype=bool)
    taken = present if steps is None else present[steps - 1]
    return pool_many(x, n, model, present=taken, level=level, predict=False)


@dataclass(frozen=True, slots=True)
class Influence:
    """Case diagnostics, each (k,), NaN where a refit leaves one study.

    Definitions of Viechtbauer and Cheung (2010), Res Synth Methods 1:112.

    Parameters
    ----------
    rstudent : array
        The study's residual from the fit without it, over its standard error.
    dffits, dfbetas : array
        The change of its fitted value, and of the pooled one, in standard errors.
    cook_d : array
        Cook's distance: the squared change over the variance with all studies.
    cov_ratio : array
        The variance without the study over that with all.
    tau2_deleted, q_deleted : array
        tau2 and Q without the study.
    hat, weight : array
        Its share of the weights, and the same in percent.
    influential : array of bool
        Whether metafor's rule marks it.
    """

    rstudent: Floats
    dffits: Floats
    cook_d: Floats
    cov_ratio: Floats
    tau2_deleted: Floats
    q_deleted: Floats
    hat: Floats
    weight: Floats
    dfbetas: Floats
    influential: Floats


def influence_effects(yi: ArrayLike, vi: ArrayLike, *, tau2: str = "REML") -> Influence:
    """Influence of each study in a two-step model, effect sizes (k,), Wald standard errors."""
    y, v = np.asarray(yi, float), np.asarray(vi, float)
    whole, _ = stack(y, v)
    t2 = estimate_tau2(whole, tau2)[0]
    f = inverse_variance_fit(whole, t2)
    beta, variance, weights = f.beta[0, 0], f.inverse[0, 0, 0], f.weights[:, 0]
    rest, _ = stack(*_all_but_one(y, v))
    t2_out = estimate_tau2(rest, tau2)[0]
    g = inverse_variance_fit(rest, t2_out)
    beta_out, variance_out = g.beta[0], g.inverse[0, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        hat = weights * variance
        rstudent = (y - beta_out) / np.sqrt(v + variance_out + t2_out)
        # the fitted value's variance at the deleted tau2, all studies in
        at_deleted = 1 / (1 / (v[:, None] + t2_out)).sum(axis=0)
        shift = beta - beta_out
        dffits = shift / np.sqrt(hat * (v + t2_out))
        dfbetas = shift / np.sqrt(at_deleted)
    return _influence(
        y.size, rstudent=rstudent, dffits=dffits, cook_d=shift**2 / variance,
        cov_ratio=variance_out / variance, tau2_deleted=t2_out,
        q_deleted=inverse_variance_fit(rest, 0.0).q, hat=hat, dfbetas=dfbetas,
    )  # fmt: skip


def _influence(k: int, **found: Floats) -> Influence:
    """The record of k studies, with their weights in percent and the marks of metafor's rule."""
    marked = np.abs(found["dffits"]) > 3 * np.sqrt(1 / max(k - 1, 1))
    marked |= (found["cook_d"] > COOK_LIMIT) | (found["hat"] > 3 / k)
    marked |= np.abs(found["dfbetas"]) > 1
    return Influence(**found, weight=100 * found["hat"], influential=marked)


def baujat_effects(yi: ArrayLike, vi: ArrayLike, *, tau2: str = "REML") -> tuple[Floats, Floats]:
    """Contributions to Q and to the pooled value, (k,), (k,); Baujat et al. (2002), Stat Med 21.

    x: squared standardised residual, y: squared standardised change of the pooled value when the
    study is left out, standardised by the variance without it.
    """
    y, v = np.asarray(yi, float), np.asarray(vi, float)
    whole, _ = stack(y, v)
    f = inverse_variance_fit(whole, estimate_tau2(whole, tau2)[0])
    rest, _ = stack(*_all_but_one(y, v))
    g = inverse_variance_fit(rest, estimate_tau2(rest, tau2)[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        x = f.residuals[:, 0] ** 2 * f.weights[:, 0]
        return x, (f.beta[0, 0] - g.beta[0]) ** 2 / g.inverse[0, 0]


def influence(
    events: ArrayLike,
    total: ArrayLike,
    model: Model | str,
    *,
    of: Ints | None = None,
    rest: PooledMany | None = None,
) -> Influence:
    """What each study does to the result, on the scale of the model.

    Parameters
    ----------
    events, total : array_like of int, shape (k,)
        Counts of the studies.
    model : Model or str
        Any model that has standard errors.
    of : array of int, optional
        The studies to look at; all if it is not given.
    rest : PooledMany, optional
        What `leave_one_out` gave for these studies, where it is known already.

    Returns
    -------
    Influence
        A number for each study of `of`.

    Raises
    ------
    SynthesisError
        As `pool`.

    Notes
    -----
    For the two-step models the numbers are metafor's (Viechtbauer and Cheung 2010, Res Synth
    Methods 1:112). For the likelihood models the refit without the study takes the place of the
    deletion formulas: DFFITS and DFBETAS are the change over the standard error without the study,
    the studentised residual compares the study's own logit (1/2 added when it has none or all) with
    the fit without it; hat values are the weights.
    """
    model = named_model(model)
    k = np.size(np.asarray(events))
    at_all = np.arange(k) if of is None else of
    if model.likelihood == "normal":
        e = effect_sizes(events, total, model.effect_measure)
        every = influence_effects(e.yi, e.vi, tau2=str(model.tau2))
        return Influence(*(getattr(every, name)[at_all] for name in Influence.__slots__))
    whole = pool(events, total, model)
    rest = rest or leave_one_out(events, total, model, of=at_all)
    e = effect_sizes(events, total, "PLO")
    yi, vi = e.yi[at_all], e.vi[at_all]
    weights = np.array([np.nan if w is None else w for w in whole.weights])[at_all]
    se = np.nan if whole.se_link is None else whole.se_link
    at = np.nan if whole.estimate_link is None else whole.estimate_link
    # no finite maximum without the study: no shift can be named
    shift = np.where(np.isfinite(rest.estimate_link), at - rest.estimate_link, np.nan)
    tau2 = np.where(np.isnan(rest.tau2), 0.0, rest.tau2)
    rstudent = (yi - rest.estimate_link) / np.sqrt(vi + rest.se_link**2 + tau2)
    scaled = shift / rest.se_link
    return _influence(
        k, rstudent=rstudent, dffits=scaled, cook_d=shift**2 / se**2,
        cov_ratio=rest.se_link**2 / se**2, tau2_deleted=rest.tau2, q_deleted=rest.q,
        hat=weights / 100, dfbetas=scaled,
    )  # fmt: skip


def baujat(events: ArrayLike, total: ArrayLike, model: Model | str) -> tuple[Floats, Floats]:
    """How much each study adds to the heterogeneity, and how much it moves the pooled value.

    Parameters
    ----------
    events, total : array_like of int, shape (k,)
        Counts of the studies.
    model : Model or str
        Any model that has standard errors.

    Returns
    -------
    x, y : arrays (k,)
        Of the two-step models metafor's coordinates, otherwise the squared standardised residual
        and the squared change over the variance without the study.

    Raises
    ------
    SynthesisError
        As `pool`.

    References
    ----------
    Baujat, Mahe, Pignon and Hill (2002), Stat Med 21:2641.
    """
    model = named_model(model)
    if model.likelihood == "normal":
        e = effect_sizes(events, total, model.effect_measure)
        return baujat_effects(e.yi, e.vi, tau2=str(model.tau2))
    e = effect_sizes(events, total, "PLO")
    whole = pool(events, total, model)
    at = np.nan if whole.estimate_link is None else whole.estimate_link
    case = influence(events, total, model)
    return (e.yi - at) ** 2 / (e.vi + (whole.tau2 or 0.0)), case.dffits**2

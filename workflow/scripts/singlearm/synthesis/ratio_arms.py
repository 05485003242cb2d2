"""Several arms against one control: their contrasts are correlated, and are pooled as such."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import chdtrc

from .ratio_counts import Array, TwoByTwo, contrasts
from .words import check_word

ARM_MEASURES = ("OR", "RR", "RD")
#: What differs between contrasts beyond chance: nothing; trials; trials and contrasts within them.
RANDOM = ("common", "trial", "trial_contrast")
#: Correlation of two contrasts with one control when arms are of equal size: half of the variance
#: of each is the control's.
EQUAL_ARMS = 0.5


@dataclass(frozen=True, slots=True)
class Correlated:
    """A pooled effect of correlated contrasts; `sigma2` has a variance for each random part."""

    estimate: float
    se: float
    sigma2: tuple[float, ...]
    loglik: float
    q: float
    q_p: float


def arm_contrasts(measure: str, tables: TwoByTwo, trial: Sequence[str]) -> tuple[Array, Array]:
    """Effects of arms against the control of their trial, with their covariance matrix.

    Parameters
    ----------
    measure : {"OR", "RR", "RD"}
    tables : TwoByTwo
        One row an arm; the control is repeated for each arm of its trial.
    trial : sequence of str
        The trial of each row.

    Returns
    -------
    yi : (k,) array
    covariance : (k, k) array
        Within a trial the covariance of two contrasts is the variance of the control's own log
        odds, log risk or risk.

    Notes
    -----
    An empty cell puts 1/2 into events and non-events of every arm of its trial, so that the arms
    keep one control. Gleser and Olkin (2009), Handbook of Research Synthesis, chapter 19.
    """
    check_word("measure", measure, ARM_MEASURES)
    zero = {name for name, empty in zip(trial, tables.zero, strict=True) if empty}
    t = tables.plus_half(np.array([name in zero for name in trial]))
    own = contrasts(measure, t, drop_double_zero=False)
    c, n = t.events_ctrl, t.n_ctrl
    shared = {"OR": 1 / c + 1 / (n - c), "RR": 1 / c - 1 / n, "RD": c * (n - c) / n**3}[measure]
    together = same(trial)
    covariance = np.where(together, np.minimum.outer(shared, shared), 0.0)
    np.fill_diagonal(covariance, own.vi)
    return own.yi, covariance


def combine_arms(tables: TwoByTwo) -> TwoByTwo:
    """The arms of one trial taken together against their control, a single row.

    Cochrane Handbook, section 23.3.4: the method it recommends for several arms.
    """
    total = tables.events_treat.sum(keepdims=True), tables.n_treat.sum(keepdims=True)
    return TwoByTwo(*total, tables.events_ctrl[:1], tables.n_ctrl[:1])


def pool_correlated(
    yi: ArrayLike, covariance: ArrayLike, trial: Sequence[str], random: str = "common"
) -> Correlated:
    """Generalised least squares over correlated effects, variances of random parts by REML.

    Parameters
    ----------
    yi : (k,) array_like
    covariance : (k, k) array_like
        Of the sampling errors.
    trial : sequence of str
    random : {"common", "trial", "trial_contrast"}

    Examples
    --------
    >>> from .ratio_counts import two_by_two
    >>> trial = ["Beta", "Beta", "Delta"]
    >>> t = two_by_two([10, 8, 15], [50, 50, 60], [20, 20, 20], [50, 50, 60])
    >>> round(float(np.exp(pool_correlated(*arm_contrasts("OR", t, trial), trial).estimate)), 4)
    0.4634
    """
    check_word("random", random, RANDOM)
    y, v = np.asarray(yi, float), np.asarray(covariance, float)
    parts = {
        "common": [],
        "trial": [same(trial).astype(float)],
        "trial_contrast": [same(trial).astype(float), np.eye(len(y))],
    }[random]
    sigma2 = _reml(y, v, parts)
    estimate, variance, _ = _gls(y, _total(v, parts, sigma2))
    loglik = _log_likelihood(y, _total(v, parts, sigma2), reml=bool(parts))
    q, df = _gls(y, v)[2], len(y) - 1
    return Correlated(
        estimate,
        float(np.sqrt(variance)),
        tuple(float(s) for s in sigma2),
        loglik,
        q,
        float(chdtrc(df, q)) if df else 1.0,
    )


def same(trial: Sequence[str]) -> np.ndarray:
    """Which rows belong to the same trial, (k, k) of bool."""
    names = np.asarray(trial, object)
    return np.asarray(names[:, None] == names[None], bool)


def _total(v: Array, parts: list[Array], sigma2: Array) -> Array:
    return v + sum((s * part for s, part in zip(sigma2, parts, strict=True)), np.zeros_like(v))


def _gls(y: Array, v: Array) -> tuple[float, float, float]:
    """Estimate, its variance, and the weighted sum of squares about it."""
    ones = np.ones_like(y)
    weighted = np.linalg.solve(v, np.column_stack([ones, y]))
    total = float(ones @ weighted[:, 0])
    estimate = float(ones @ weighted[:, 1]) / total
    return estimate, 1 / total, float((y - estimate) @ (weighted[:, 1] - estimate * weighted[:, 0]))


def _log_likelihood(y: Array, v: Array, *, reml: bool) -> float:
    _, variance, square = _gls(y, v)
    df = len(y) - 1 if reml else len(y)
    value = -(df * np.log(2 * np.pi) + np.linalg.slogdet(v)[1] + square) / 2
    return float(value + (np.log(variance) + np.log(len(y))) / 2 if reml else value)


def _reml(y: Array, v: Array, parts: list[Array]) -> Array:
    """Variances of the random parts (J,), at least 0: the best of several starts."""
    if not parts or len(y) < 2:
        return np.zeros(len(parts))

    def loss(root: Array) -> float:
        return -_log_likelihood(y, _total(v, parts, root**2), reml=True)

    spread = float(np.std(y, ddof=1))
    fits = [
        minimize(
            loss,
            np.full(len(parts), share * spread),
            method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000, "maxfev": 8000},
        )
        for share in (0.1, 0.5, 1.0)
    ]
    best = min(fits, key=lambda fit: fit.fun)
    return np.asarray(best.x**2, float)

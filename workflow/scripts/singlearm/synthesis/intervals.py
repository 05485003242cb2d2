"""Confidence intervals of single proportions. Each contains x/n and stays within [0, 1]."""

import numpy as np
from scipy.special import betaincinv, ndtri

from .arguments import check_share
from .arrays import ArrayLike, Floats
from .effects import check_counts
from .words import check_word


def study_intervals(
    events: ArrayLike, total: ArrayLike, method: str = "clopper_pearson", level: float = 0.95
) -> tuple[Floats, Floats]:
    """Confidence limits of single proportions.

    Parameters
    ----------
    events, total : array_like of int
        Counts, any shape.
    method : str
        clopper_pearson (exact); wilson and wilson_cc (score, without and with continuity
        correction; 0 and n pinned); agresti_coull; jeffreys (equal-tailed, prior Beta(1/2, 1/2), 0
        and n pinned); arcsine and arcsine_cc (without and with Anscombe's correction); wald and
        wald_cc (cut to 0 and 1; without the correction there is no width at 0 and n: for comparison
        only).
    level : float
        Coverage.

    Returns
    -------
    low, high : arrays
        From 0 to 1; each interval contains its proportion.

    Raises
    ------
    SynthesisError
        For counts that are not counts and methods that are not known.

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26:404; Newcombe (1998), Stat Med 17:857; Agresti and
    Coull (1998), Am Stat 52:119; Brown, Cai and DasGupta (2001), Stat Sci 16:101; Anscombe (1948).

    Examples
    --------
    >>> low, high = study_intervals(81, 263)
    >>> round(float(low), 4), round(float(high), 4)
    (0.2527, 0.3676)
    """
    check_word("method", method, STUDY_METHODS)
    level = check_share("level", level)
    x, n = check_counts(events, total)
    low, high = _LIMITS[method](x, n, (1 - level) / 2)
    p = x / n
    # Rounding alone could put a limit past its estimate; the estimate is then the limit.
    return np.clip(np.minimum(low, p), 0, 1), np.clip(np.maximum(high, p), 0, 1)


def _clopper_pearson(x: Floats, n: Floats, tail: float) -> tuple[Floats, Floats]:
    low = np.where(x > 0, betaincinv(np.maximum(x, 1), n - x + 1, tail), 0.0)
    high = np.where(x < n, betaincinv(x + 1, np.maximum(n - x, 1), 1 - tail), 1.0)
    return low, high


def _wilson(x: Floats, n: Floats, tail: float) -> tuple[Floats, Floats]:
    z2 = ndtri(tail) ** 2
    p = x / n
    half = np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n)))
    centre = p + z2 / (2 * n)
    low, high = (centre - half) / (1 + z2 / n), (centre + half) / (1 + z2 / n)
    return np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)


def _wilson_cc(x: Floats, n: Floats, tail: float) -> tuple[Floats, Floats]:
    z = -ndtri(tail)
    p, z2, bottom = x / n, z * z, 2 * (n + z * z)
    with np.errstate(invalid="ignore"):
        low = (2 * x + z2 - 1 - z * np.sqrt(z2 - 2 - 1 / n + 4 * p * (n * (1 - p) + 1))) / bottom
        high = (2 * x + z2 + 1 + z * np.sqrt(z2 + 2 - 1 / n + 4 * p * (n * (1 - p) - 1))) / bottom
    return np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)


def _agresti_coull(x: Floats, n: Floats, tail: float) -> tuple[Floats, Floats]:
    z2 = ndtri(tail) ** 2
    size = n + z2
    p = (x + z2 / 2) / size
    half = np.sqrt(z2 * p * (1 - p) / size)
    return p - half, p + half


def _jeffreys(x: Floats, n: Floats, tail: float) -> tuple[Floats, Floats]:
    low, high = betaincinv(x + 0.5, n - x + 0.5, tail), betaincinv(x + 0.5, n - x + 0.5, 1 - tail)
    return np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)


def _arcsine(x: Floats, n: Floats, tail: float, shift: float = 0.0) -> tuple[Floats, Floats]:
    angle = np.arcsin(np.sqrt((x + 3 / 8 * shift) / (n + 3 / 4 * shift)))
    half = -ndtri(tail) / (2 * np.sqrt(n + 0.5 * shift))
    low, high = np.maximum(angle - half, 0), np.minimum(angle + half, np.pi / 2)
    return np.sin(low) ** 2, np.sin(high) ** 2


def _wald(x: Floats, n: Floats, tail: float) -> tuple[Floats, Floats]:
    p = x / n
    half = -ndtri(tail) * np.sqrt(p * (1 - p) / n)
    return p - half, p + half


def _wald_cc(x: Floats, n: Floats, tail: float) -> tuple[Floats, Floats]:
    low, high = _wald(x, n, tail)
    return low - 1 / (2 * n), high + 1 / (2 * n)


_LIMITS = {
    "clopper_pearson": _clopper_pearson,
    "wilson": _wilson,
    "wilson_cc": _wilson_cc,
    "agresti_coull": _agresti_coull,
    "jeffreys": _jeffreys,
    "arcsine": _arcsine,
    "arcsine_cc": lambda x, n, tail: _arcsine(x, n, tail, shift=1.0),
    "wald": _wald,
    "wald_cc": _wald_cc,
}
STUDY_METHODS = tuple(_LIMITS)

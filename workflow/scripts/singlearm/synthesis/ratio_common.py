"""Common-effect methods for counts that add nothing to empty cells: Mantel-Haenszel and Peto."""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri

from .arguments import check_share
from .arrays import Floats
from .ratio_counts import TwoByTwo, contrasts, observed_less_expected
from .words import check_word

MH_MEASURES = ("OR", "RR", "RD")


@dataclass(frozen=True, slots=True)
class CommonEffect:
    """A common effect on its own scale (log for OR and RR), NaN where it cannot be estimated.

    `k` trials contribute to the estimate; `q` with `q_df` compares their effects with it.
    """

    k: int
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p_value: float
    q: float
    q_df: int
    q_p: float
    i2: float


def mantel_haenszel(measure: str, tables: TwoByTwo, *, level: float = 0.95) -> CommonEffect:
    """Mantel-Haenszel odds ratio, risk ratio or risk difference.

    Nothing is added to empty cells. Double-zero trials carry no weight in OR and RR, but do in RD.

    Parameters
    ----------
    measure : {"OR", "RR", "RD"}
        Odds ratio, risk ratio or risk difference.
    tables : TwoByTwo
        The counts of the trials, from `two_by_two`.
    level : float
        Of the normal interval.

    Returns
    -------
    CommonEffect
        The effect and its limits, for OR and RR their logarithms; NaN where the events allow none.

    Raises
    ------
    SynthesisError
        For a measure that is not known, and a level that does not lie between 0 and 1.

    Notes
    -----
    Variances: Robins, Breslow and Greenland (1986), Biometrics 42:311, for OR; Greenland and Robins
    (1985), Biometrics 41:55, for RR; Sato (1989), Biometrics 45:1323, for RD. Q compares the
    trials' own effects (1/2 added where a cell is empty) with the estimate, as in metafor.

    Examples
    --------
    >>> from .ratio_counts import two_by_two
    >>> r = mantel_haenszel("OR", two_by_two([0, 5], [40, 60], [3, 9], [40, 60]))
    >>> round(float(np.exp(r.estimate)), 4)
    0.3778
    """
    check_word("measure", measure, MH_MEASURES)
    level = check_share("level", level)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate, se = {"OR": _odds_ratio, "RR": _risk_ratio, "RD": _difference}[measure](tables)
    used = len(tables.n_treat) if measure == "RD" else int((~tables.double_zero).sum())
    own = contrasts(measure, tables)
    return _common(used, estimate, se, own.yi, own.vi, level)


def peto(tables: TwoByTwo, *, level: float = 0.95) -> CommonEffect:
    """Peto's one-step log odds ratio: the sum of observed less expected over its variance.

    Unbiased only where the effect is small, events are rare and arms are of like size; see
    `ratio_choice.peto_doubts`. Double-zero trials carry no weight.

    Parameters
    ----------
    tables : TwoByTwo
        The counts of the trials, from `two_by_two`.
    level : float
        Of the normal interval.

    Returns
    -------
    CommonEffect
        The log odds ratio and its limits; NaN where all trials are double-zero.

    Raises
    ------
    SynthesisError
        For a level that does not lie between 0 and 1.

    Notes
    -----
    Yusuf, Peto, Lewis, Collins and Sleight (1985), Prog Cardiovasc Dis 27:335.
    """
    level = check_share("level", level)
    excess, variance = observed_less_expected(tables)
    there = variance > 0
    excess, variance = excess[there], variance[there]
    total = variance.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate, se = excess.sum() / total, 1 / np.sqrt(total)
        own = excess / variance
    return _common(int(there.sum()), estimate, se, own, 1 / variance, level)


def _odds_ratio(t: TwoByTwo) -> tuple[float, float]:
    a, c, total = t.events_treat, t.events_ctrl, t.n_treat + t.n_ctrl
    b, d = t.n_treat - a, t.n_ctrl - c
    p, q, r, s = (a + d) / total, (b + c) / total, a * d / total, b * c / total
    up, down = r.sum(), s.sum()
    variance = (p * r).sum() / up**2 + (p * s + q * r).sum() / (up * down) + (q * s).sum() / down**2
    return np.log(up / down), np.sqrt(variance / 2)


def _risk_ratio(t: TwoByTwo) -> tuple[float, float]:
    a, c, total = t.events_treat, t.events_ctrl, t.n_treat + t.n_ctrl
    up, down = (a * t.n_ctrl / total).sum(), (c * t.n_treat / total).sum()
    spread = (t.n_treat / total) * (t.n_ctrl / total) * (a + c) - a * c / total
    return np.log(up / down), np.sqrt(spread.sum() / (up * down))


def _difference(t: TwoByTwo) -> tuple[float, float]:
    a, c, total = t.events_treat, t.events_ctrl, t.n_treat + t.n_ctrl
    n1, n2 = t.n_treat, t.n_ctrl
    weight = (n1 * n2 / total).sum()
    estimate = (a * n2 / total - c * n1 / total).sum() / weight
    share1, share2 = n1 / total, n2 / total
    first = (c * share1**2 - a * share2**2 + share1 * share2 * (n2 - n1) / 2).sum()
    second = (a * (n2 - c) / total + c * (n1 - a) / total).sum() / 2
    return estimate, np.sqrt((estimate * first + second) / weight**2)


def _common(
    k: int, estimate: float, se: float, yi: Floats, vi: Floats, level: float
) -> CommonEffect:
    nan = float("nan")
    if not (np.isfinite(estimate) and se > 0):
        return CommonEffect(k, nan, nan, nan, nan, nan, nan, 0, nan, nan)
    half = float(-ndtri((1 - level) / 2)) * se
    known = np.isfinite(yi)
    q, df = float(((yi[known] - estimate) ** 2 / vi[known]).sum()), int(known.sum()) - 1
    return CommonEffect(
        k=k,
        estimate=float(estimate),
        se=float(se),
        ci_low=float(estimate - half),
        ci_high=float(estimate + half),
        p_value=float(2 * ndtr(-abs(estimate / se))),
        q=q,
        q_df=df,
        q_p=float(chdtrc(df, q)) if df > 0 else 1.0,
        i2=max(0.0, 1 - df / q) if df > 0 and q > 0 else 0.0,
    )

"""The between-study variance tau2: eleven estimators, and its confidence intervals.

Every function takes a `Stack` (K studies x B datasets) and gives arrays (B,). Sources: Veroniki
et al. (2016), Res Synth Methods 7:55; Viechtbauer (2005), J Educ Behav Stat 30:261 and (2007),
Stat Med 26:37; Paule and Mandel (1982); Sidik and Jonkman (2005); Viechtbauer (2021) for PMM.
"""

import numpy as np
from scipy.special import chdtri, gammaincinv

from .stack import Stack, weighted_mean
from .words import TAU2_METHODS, check_word

MAX_STEPS = 200
#: Relative step below which an iteration has arrived; the last Newton step is quadratic beyond it.
ARRIVED = 1e-11


def estimate_tau2(s: Stack, method: str) -> tuple[np.ndarray, np.ndarray]:
    """tau2 (B,), never negative, and whether the estimator arrived (B,) for each dataset.

    EE common effect (0), DL DerSimonian-Laird, HE Hedges, HS Hunter-Schmidt, HSk the same with its
    small-sample correction, SJ Sidik-Jonkman, ML, REML, EB empirical Bayes, PM Paule-Mandel,
    PMM its median-unbiased form. A single study has tau2 = 0.
    """
    check_word("tau2", method, TAU2_METHODS)
    several = s.k > 1
    with np.errstate(invalid="ignore", divide="ignore"):
        if method in ("ML", "REML"):
            tau2, arrived = likelihood_tau2(s, method)
        elif method in ("PM", "EB"):
            tau2, arrived = solve_generalised_q(s, s.k - 1)
        elif method == "PMM":
            tau2, arrived = solve_generalised_q(s, 2 * gammaincinv((s.k - 1) / 2, 0.5))
        else:
            tau2, arrived = _CLOSED[method](s), np.ones(s.k.shape, bool)
    return np.where(several, np.maximum(tau2, 0.0), 0.0), arrived | ~several


def generalised_q(s: Stack, tau2) -> np.ndarray:
    """Q(tau2) = sum of w (y - mean)^2 with w = 1/(v + tau2)."""
    w, _, mean = weighted_mean(s, tau2)
    r = s.y - mean
    return np.einsum("kb,kb,kb->b", w, r, r)


def _common(s):
    w, total, mean = weighted_mean(s, 0.0)
    r = s.y - mean
    return w, total, np.einsum("kb,kb,kb->b", w, r, r)


def _der_simonian_laird(s):
    w, total, q = _common(s)
    return (q - (s.k - 1)) / (total - np.einsum("kb,kb->b", w, w) / total)


def _hedges(s):
    mean_variance = np.where(s.present, s.v, 0.0).sum(axis=0) / s.k
    return _sum_of_squares(s) / (s.k - 1) - mean_variance


def _sum_of_squares(s):
    r = np.where(s.present, s.y - s.y.sum(axis=0) / s.k, 0.0)
    return np.einsum("kb,kb->b", r, r)


def _hunter_schmidt(s):
    _, total, q = _common(s)
    return (q - s.k) / total


def _hunter_schmidt_k(s):
    _, total, q = _common(s)
    return (q * s.k / (s.k - 1) - s.k) / total


def _sidik_jonkman(s):
    crude = _sum_of_squares(s) / s.k
    return np.where(crude > 0, crude * generalised_q(s, crude) / (s.k - 1), 0.0)


_CLOSED = {
    "EE": lambda s: np.zeros(s.k.shape),
    "DL": _der_simonian_laird,
    "HE": _hedges,
    "HS": _hunter_schmidt,
    "HSk": _hunter_schmidt_k,
    "SJ": _sidik_jonkman,
}


def solve_generalised_q(s: Stack, target) -> tuple[np.ndarray, np.ndarray]:
    """The tau2 >= 0 with Q(tau2) = target, 0 where already Q(0) <= target; and whether it arrived.

    Newton steps on 1/Q, which is linear in tau2 for equal variances and concave otherwise: from
    the left they rise to the root without overshooting.
    """
    target = np.broadcast_to(np.asarray(target, float), s.k.shape)
    tau2, arrived = np.zeros(s.k.shape), np.zeros(s.k.shape, bool)
    open_ = np.arange(s.k.size)
    part, goal = s, target
    for _ in range(MAX_STEPS):
        t = tau2[open_]
        w, _, mean = weighted_mean(part, t)
        wr = w * (part.y - mean)
        slope = np.einsum("kb,kb->b", wr, wr)
        q = np.einsum("kb,kb->b", wr, part.y - mean)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = np.maximum(t + (q / goal - 1) * q / slope, 0.0)
        new = np.where((slope > 0) & (goal > 0), new, t)
        tau2[open_] = new
        # at 0 with Q below its target the answer is the border
        done = np.abs(new - t) <= ARRIVED * new
        arrived[open_[done]] = True
        if done.all():
            break
        if done.any():
            open_ = open_[~done]
            part, goal = part.columns(~done), goal[~done]
    return tau2, arrived


def log_likelihood(s: Stack, tau2, method: str) -> np.ndarray:
    """ML or REML log-likelihood (B,) at `tau2`, with all constants (REML as in metafor)."""
    w, total, mean = weighted_mean(s, tau2)
    r = s.y - mean
    q = np.einsum("kb,kb,kb->b", w, r, r)
    logs = np.log(np.where(s.present, w, 1.0)).sum(axis=0)
    ml = 0.5 * (logs - q - s.k * np.log(2 * np.pi))
    if method == "ML":
        return ml
    return ml + 0.5 * (np.log(2 * np.pi) - np.log(total) + np.log(s.k))


def _score(s, tau2, reml):
    """First derivative, observed and expected information of twice the log-likelihood in tau2."""
    w, total, mean = weighted_mean(s, tau2)
    wr = w * (s.y - mean)
    ww = w * w
    w2 = ww.sum(axis=0)
    rr = np.einsum("kb,kb->b", wr, wr)
    rrr = np.einsum("kb,kb,kb->b", w, wr, wr) - np.einsum("kb,kb->b", w, wr) ** 2 / total
    if not reml:
        return rr - total, 2 * rrr - w2, w2
    w3 = np.einsum("kb,kb->b", ww, w)
    trace = total - w2 / total
    trace2 = w2 - 2 * w3 / total + (w2 / total) ** 2
    return rr - trace, 2 * rrr - trace2, trace2


def likelihood_tau2(s: Stack, method: str) -> tuple[np.ndarray, np.ndarray]:
    """Maximum (restricted) likelihood tau2 (B,), and whether the iteration arrived.

    Newton steps where the likelihood is concave, Fisher scoring elsewhere, from the larger of the
    Hedges and DerSimonian-Laird values; a maximum in the open is kept only when it beats tau2 = 0.
    """
    reml = method == "REML"
    start = np.maximum(np.maximum(_hedges(s), _der_simonian_laird(s)), 0.0)
    start = np.where(np.isfinite(start), start, 0.0)
    tau2, arrived = start.copy(), np.zeros(s.k.shape, bool)
    open_, part = np.arange(s.k.size), s
    for _ in range(MAX_STEPS):
        t = tau2[open_]
        slope, observed, expected = _score(part, t, reml)
        information = np.where(observed > 0.1 * expected, observed, expected)
        new = np.maximum(t + slope / information, 0.0)
        new = np.minimum(new, 10 * t + 10 * start[open_] + 1)
        tau2[open_] = new
        done = np.abs(new - t) <= ARRIVED * new
        arrived[open_[done]] = True
        if done.all():
            break
        if done.any():
            open_, part = open_[~done], part.columns(~done)
    inside = tau2 > 0
    if inside.any():
        worse = log_likelihood(s, tau2, method) < log_likelihood(s, 0.0, method)
        tau2 = np.where(inside & worse, 0.0, tau2)
    return tau2, arrived


def q_profile(s: Stack, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Q-profile interval of tau2 (B,), (B,): the values at which Q is a chi-square quantile.

    Viechtbauer (2007). Both limits are 0 when even Q(0) lies below the lower quantile. NaN for a
    single study.
    """
    tail = (1 - level) / 2
    df = np.maximum(s.k - 1, 1)
    low, _ = solve_generalised_q(s, chdtri(df, tail))
    high, _ = solve_generalised_q(s, chdtri(df, 1 - tail))
    return np.where(s.k > 1, low, np.nan), np.where(s.k > 1, high, np.nan)


def typical_variance(s: Stack) -> np.ndarray:
    """The typical sampling variance of Higgins and Thompson (2002), (k-1) / (W - W2/W)."""
    w, total, _ = weighted_mean(s, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (s.k - 1) / (total - np.einsum("kb,kb->b", w, w) / total)

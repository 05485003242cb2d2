"""Binomial-normal model of arms within trials: maximum likelihood, profile limits of its spreads.

logit of arm j of trial i = mu + su u_i + sv v_ij, u and v standard normal: the random-intercept
logistic model (`glmm`) with a second level, as lme4's (1 | trial/arm). Either variance may be 0:
then the model is that of `fit_glmm` on the arms (su = 0) or on the sums of each trial (sv = 0),
which are candidates of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Floats, Ints
from .glmm import TAU_FLOOR, GlmmFit, fit_glmm
from .nested_climb import CEILING, Chart, Held, Summit, climb
from .nested_quadrature import ARM_FLOOR, Arms
from .quadrature import binomial_constant
from .roots import growing_to, likelihood_limits
from .words import SynthesisError

#: Nodes of the search, then of the rungs on which the answer must stand still.
SEARCH_NODES = 11
RUNGS = (15, 21, 31, 61, 121, 241)
#: Largest move between two rungs that counts as none, relative to 1 + |value|.
SAME = 1e-8
#: Nodes away from the maximum, more of them where a spread is larger than these.
PROFILE_NODES, STEEP = (21, 31, 61, 121, 241), (1.0, 1.5, 2.5, 8.0)
#: Shares of the trials in the total variance from which the search starts.
SHARES = (0.5, 0.95, 0.05)
#: A gain in log-likelihood below this is none.
ROUNDING = 1e-9
#: A limit whose drop of twice the log-likelihood lies this far below its quantile stopped early.
EARLY = 1e-4


@dataclass(frozen=True, slots=True)
class NestedFit:
    """Maximum of the likelihood of one dataset.

    `at` (3,) = (mu, su, sv); `covariance` (3, 3) of it from the full information, 0 where a spread
    is 0; log-likelihoods with all constants: `loglik`, `loglik_common` (no spread),
    `loglik_no_trial` (su = 0), `loglik_no_arm` (sv = 0); `weights` (K,) in percent, in the order
    given; `nodes` of the last rung.
    """

    arms: Arms
    at: Floats
    covariance: Floats
    loglik: float
    loglik_common: float
    loglik_no_trial: float
    loglik_no_arm: float
    converged: bool
    weights: Floats
    nodes: int

    @property
    def total(self) -> float:
        """Standard deviation of an arm's logit over trials and arms."""
        return float(np.hypot(self.at[1], self.at[2]))

    def covariance_of_total(self) -> Floats:
        """Covariance (2, 2) of mu and the total spread."""
        total = self.total
        side = np.array([0.0, *self.at[1:]]) / total if total > 0 else np.zeros(3)
        turn = np.array([[1.0, 0.0, 0.0], side])
        return np.asarray(turn @ self.covariance @ turn.T)


def fit_nested(x: Floats, n: Floats, trials: Sequence[object]) -> NestedFit:
    """Fit counts (K,) of arms whose trials are named.

    Parameters
    ----------
    x, n : array of float, shape (K,)
        Events and patients of each arm, not all none and not all everybody.
    trials : sequence of length K
        A label per arm; equal labels are one trial.

    Returns
    -------
    NestedFit
        `converged` is False where the likelihood has no finite maximum, or none was found.

    Raises
    ------
    SynthesisError
        Where no trial has two arms: then only the sum of the two variances can be told.
    """
    arms, order = Arms.of(x, n, trials)
    if arms.starts.size == arms.x.size:
        raise SynthesisError("a model of arms within trials needs a trial of two arms")
    constant = float(binomial_constant(arms.x[:, None], arms.n[:, None])[0])
    flat = fit_glmm(arms.x[:, None], arms.n[:, None])
    sums = arms.summed(arms.x)[:, None], arms.summed(arms.n)[:, None]
    whole = fit_glmm(*sums)
    shift = constant - float(binomial_constant(*sums)[0])
    no_arm = float(whole.loglik[0]) + shift if whole.converged[0] else -np.inf
    common = float(flat.loglik_common[0])
    borders = float(flat.loglik[0]), no_arm
    inner, nodes = _interior(arms, flat) if flat.converged[0] else (None, 0)
    weights = np.empty(arms.x.size)
    if inner is not None and inner.loglik + constant > max(borders) + ROUNDING:
        at, loglik = inner.at, inner.loglik + constant
        covariance = np.asarray(np.linalg.inv(-inner.value.hessian), float)
        ok = inner.arrived and float(np.diag(covariance).min()) > 0
        curvature = _shared(arms, inner.value.trial_curvature, inner.value.arm_curvature)
    else:
        of_arms = borders[0] >= borders[1]
        fit, spread = (flat, 2) if of_arms else (whole, 1)
        at, covariance = _at_border(fit, spread)
        loglik, nodes = max(borders), 0
        ok = bool(fit.converged[0] and flat.converged[0])
        p = 1 / (1 + np.exp(-at[0]))
        expected = -arms.n * (p * (1 - p))
        curvature = (
            flat.curvature[:, 0] if of_arms else _shared(arms, whole.curvature[:, 0], expected)
        )
    weights[order] = 100 * curvature / curvature.sum()
    return NestedFit(
        arms, at, covariance, loglik, common, *borders, ok, weights,
        max(nodes, PROFILE_NODES[int(np.searchsorted(STEEP, at[1:].max()))]),
    )  # fmt: skip


def _shared(arms: Arms, of_trial: Floats, of_arm: Floats) -> Floats:
    """A trial's curvature in mu, dealt to its arms by their own."""
    return np.asarray((of_trial / arms.summed(of_arm))[arms.trial] * of_arm)


def _at_border(fit: GlmmFit, spread: int) -> tuple[Floats, Floats]:
    """Parameters and covariance where the other spread is 0."""
    at, covariance = np.zeros(3), np.zeros((3, 3))
    at[0], at[spread] = fit.beta[0, 0], fit.tau[0]
    pair = np.ix_([0, spread], [0, spread])
    covariance[pair] = fit.covariance()[:, :, 0]
    return at, covariance


def _interior(arms: Arms, flat: GlmmFit) -> tuple[Summit | None, int]:
    """The best maximum with two spreads, climbed until more nodes do not move it; its nodes."""
    mu, tau = float(flat.beta[0, 0]), max(float(flat.tau[0]), 0.2)
    best: Summit | None = None
    for share in SHARES:
        start = np.array([mu, tau * np.sqrt(share), tau * np.sqrt(1 - share)])
        best = climb(arms, start, Chart(), SEARCH_NODES, still=1e-4).better(best)
    for count in RUNGS:
        if best is None or best.at[1] < TAU_FLOOR or best.at[2] <= ARM_FLOOR:
            return None, 0  # one of the spreads is 0
        before = best.at
        best = climb(arms, before, Chart(), count)
        if not np.isfinite(best.loglik) or best.at[1:].max() > CEILING:
            return None, 0
        moved = np.abs(best.at - before).max() / (1 + np.abs(best.at).max())
        if count > RUNGS[0] and moved < SAME and best.arrived:
            return best, count
    return best, RUNGS[-1]


def profile_spread(fit: NestedFit, held: Held, z: float) -> tuple[float, float]:
    """Limits of one spread where the log-likelihood, maximised over the rest, has dropped by z^2/2.

    Parameters
    ----------
    held : {"trial", "arm", "total"}
        The spread of the trials, of the arms, or of both together.
    z : float
        Normal quantile.

    Returns
    -------
    low, high : float
        The lower one is 0 where 0 is within the drop; the upper one is NaN where none was found.
    """
    estimate, without = {
        "trial": (float(fit.at[1]), fit.loglik_no_trial),
        "arm": (float(fit.at[2]), fit.loglik_no_arm),
        "total": (fit.total, fit.loglik_common),
    }[held]
    low = 0.0
    if 2 * (fit.loglik - without) > z * z:
        low = _limit(fit, held, estimate, 0.5 * estimate, -1.0, z)
    start = 1.5 * estimate if estimate > 0.05 else 0.5
    return low, _limit(fit, held, estimate, start, 1.0, z)


def _limit(
    fit: NestedFit, held: Held, estimate: float, start: float, side: float, z: float
) -> float:
    """The value on one side of the estimate; NaN beyond the ceiling."""
    top = fit.loglik - float(binomial_constant(fit.arms.x[:, None], fit.arms.n[:, None])[0])
    last: Floats | Summit = fit.at

    def best(value: float, thorough: bool) -> Summit:
        nonlocal last
        chart = Chart(held, value)
        count = max(fit.nodes, PROFILE_NODES[-1] if value > STEEP[-1] else 0)
        found = climb(fit.arms, last, chart, count, still=1e-6)
        if thorough:
            other = _other_split(found.at, value)
            found = climb(fit.arms, other, chart, count, still=1e-6).better(found)
        last = found
        return found

    def solve(at: float, thorough: bool) -> float:
        def evaluate(here: Floats, _: Ints) -> tuple[Floats, Floats]:
            summit = best(float(here[0]), thorough)
            return np.array([summit.loglik]), np.array([summit.slope])

        begin, sides, tops, centre = (np.array([v]) for v in (at, side, top, estimate))
        limit = likelihood_limits(evaluate, begin, sides, tops, z, growing_to(CEILING), centre)
        return float(limit[0])

    found = solve(start, False)
    # a limit is one only if no other split of the variance lifts the profile above it
    if np.isfinite(found) and 2 * (top - best(found, True).loglik) < z * z - EARLY:
        found = solve(found, True)
    return found


def _other_split(at: Floats, value: float) -> Floats:
    """Another start: the variance between the arms where it lay between trials, or the reverse."""
    small = 0.1 * value
    return np.array([at[0], *((small, value) if at[1] >= at[2] else (value, small))])

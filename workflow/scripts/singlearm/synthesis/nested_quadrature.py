"""Likelihood of arms within trials: a random effect of the trial and one of the arm, both normal.

Events of arm j of trial i are binomial with logit mu + su u_i + sv v_ij, u_i and v_ij standard
normal. The likelihood of a trial is an integral over u of a product of integrals over v. Both are
taken by adaptive Gauss-Hermite quadrature: the inner one at the arm's posterior moments given u
(`quadrature`), the outer one at those of u (Naylor and Smith 1982; nested as in Rabe-Hesketh,
Skrondal and Pickles 2005, J Econometrics 128:301). With the posterior weights of the outer nodes
first and second derivatives in (mu, su, sv) follow without further integrals (Louis 1982, JRSS B
44:226).

Arrays: arms K, trials T, outer nodes Q.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Floats, Ints
from .quadrature import ROUGH, hermite_nodes, integrate, move_centres, start_centres

#: An arm effect below this is not integrated over: the likelihood no longer tells it from none.
ARM_FLOOR = 1e-3
#: Below this the posterior of a trial's effect is its prior.
TRIAL_FLOOR = 1e-6


@dataclass(frozen=True, slots=True)
class Arms:
    """Counts (K,) sorted by trial; `trial` (K,) numbers the trials, `starts` (T,) are their first
    arms."""

    x: Floats
    n: Floats
    trial: Ints
    starts: Ints

    @classmethod
    def of(cls, events: Floats, total: Floats, trials: Sequence[object]) -> "tuple[Arms, Ints]":
        """Sorted arms, and the order (K,) in which they were taken."""
        _, index = np.unique([str(label) for label in trials], return_inverse=True)
        order = np.argsort(index, kind="stable")
        number = index[order]
        starts = np.flatnonzero(np.r_[True, np.diff(number) > 0])
        return cls(np.asarray(events, float)[order], np.asarray(total, float)[order], number,
                   starts), order  # fmt: skip

    def summed(self, values: Floats) -> Floats:
        """Sums (T, ...) over the arms of each trial of values (K, ...)."""
        return np.add.reduceat(values, self.starts, axis=0)


@dataclass(frozen=True, slots=True)
class Nodes:
    """Posterior mean and standard deviation (T,) of the trials' u at the parameters `at` (3,)."""

    centre: Floats
    spread: Floats
    at: Floats

    def moved(self, at: Floats) -> "Nodes":
        """For new parameters, had each trial's likelihood stayed normal in shape."""
        before, after = self.at[:2], at[:2]
        if min(before[1], after[1]) < TRIAL_FLOOR:
            return Nodes(np.zeros_like(self.centre), np.ones_like(self.spread), at)
        centre, spread = move_centres(
            self.centre, self.spread, (before[:1], before[1:]), (after[:1], after[1:])
        )
        return Nodes(centre, spread, at)


@dataclass(frozen=True, slots=True)
class Value:
    """Log-likelihood without the binomial constant, its derivatives in (mu, su, sv), where the next
    evaluation puts its nodes, and per arm (K,) the curvature in mu given its trial's effect."""

    loglik: float
    gradient: Floats
    hessian: Floats
    nodes: Nodes
    trial_curvature: Floats
    arm_curvature: Floats


def first_nodes(arms: Arms, at: Floats) -> Nodes:
    """Posterior moments of u as if the logits of all arms were normal."""
    mu, su, sv = at
    y = np.log((arms.x + 0.5) / (arms.n - arms.x + 0.5))
    v = (arms.n + 1) / ((arms.x + 0.5) * (arms.n - arms.x + 0.5))
    w = 1 / (v + sv * sv)
    weight = arms.summed(w)
    mean, variance = arms.summed(w * y) / weight, 1 / weight
    share = su / (su * su + variance)
    return Nodes(share * (mean - mu), np.sqrt(variance / (su * su + variance)), np.asarray(at))


def evaluate(arms: Arms, at: Floats, nodes: Nodes, count: int) -> Value:
    """The likelihood at `at` = (mu, su, sv), sv at least `ARM_FLOOR`, with `count` nodes of each
    kind around `nodes`."""
    mu, su, sv = at
    z, log_weight = hermite_nodes(count)
    u = nodes.centre[:, None] + nodes.spread[:, None] * z
    loglik, score, hessian = _inner(arms, mu + su * u[arms.trial], sv, count)
    log_mass = arms.summed(loglik) - 0.5 * u * u + log_weight
    top = log_mass.max(axis=1, keepdims=True)
    mass = np.exp(log_mass - top)
    total = mass.sum(axis=1)
    weight = mass / total[:, None]
    s_mu, s_arm = arms.summed(score[0]), arms.summed(score[1])
    h_mm, h_mt, h_tt = (arms.summed(part) for part in hessian)
    s = np.stack([s_mu, u * s_mu, s_arm])
    h = np.array(
        [[h_mm, u * h_mm, h_mt], [u * h_mm, u * u * h_mm, u * h_mt], [h_mt, u * h_mt, h_tt]]
    )
    mean = np.einsum("ptq,tq->pt", s, weight)
    second = np.einsum("ptq,rtq,tq->prt", s, s, weight) + np.einsum("prtq,tq->prt", h, weight)
    by_trial = second - mean[:, None] * mean[None]
    centre = (weight * u).sum(axis=1)
    variance = (weight * (u - centre[:, None]) ** 2).sum(axis=1)
    return Value(
        loglik=float((np.log(total * nodes.spread) + top[:, 0]).sum()),
        gradient=mean.sum(axis=1),
        hessian=by_trial.sum(axis=-1),
        nodes=Nodes(centre, np.sqrt(np.maximum(variance, 1e-24)), np.asarray(at)),
        trial_curvature=by_trial[0, 0],
        arm_curvature=(hessian[0] * weight[arms.trial]).sum(axis=1),
    )


def _inner(arms: Arms, eta: Floats, sv: float, count: int) -> tuple[Floats, Floats, Floats]:
    """Arms integrated over v at linear predictors (K, Q): log-likelihood (K, Q), score (2, K, Q)
    and second derivatives (3, K, Q) in (predictor, sv)."""
    x, n = (np.broadcast_to(a[:, None], eta.shape) for a in (arms.x, arms.n))
    tau = np.full(eta.shape[1], sv)
    centre, spread = start_centres(x, n, eta, tau)
    # the mode is sv (x - n p): far from the arm's own logit the normal start lies way beyond
    centre = np.clip(centre, -sv * (n - x), sv * x)
    rough = integrate(x, n, eta, tau, centre, spread, ROUGH)
    got = integrate(x, n, eta, tau, rough.centre, rough.spread, count)
    return got.loglik, got.score, got.hessian

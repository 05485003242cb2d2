"""What the counts of one trial say about its log odds ratio or log risk ratio: likelihoods.

Each likelihood is asked for values at effects `theta` (k, m), k trials with m points each, and
answers with arrays (k, m). One with a nuisance parameter (the trial's own baseline) also takes its
value (k,) and gives the derivatives along it.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import expit, gammaln, log_expit, logsumexp

from .arrays import Floats
from .ratio_counts import TwoByTwo


@dataclass(frozen=True, slots=True)
class Point:
    """Log-likelihood with its derivatives, arrays (k, m).

    `first` and `second` are those along theta, `slope` and `bend` those along the nuisance.
    """

    value: Floats
    first: Floats
    second: Floats
    slope: Floats | None = None
    bend: Floats | None = None


class TrialLikelihood(Protocol):
    """The likelihood of each of k trials, all of them informative."""

    k: int

    def start(self) -> Floats:
        """A value of the nuisance parameter to start from, (k,)."""

    def at(self, theta: Floats, nuisance: Floats) -> Point:
        """Values and derivatives at theta (k, m)."""

    def best(self) -> float:
        """Log-likelihood of the trials each at its own best effect (the saturated model)."""


class ExactConditional:
    """Events under treatment given all margins: Fisher's noncentral hypergeometric distribution.

    theta is the log odds ratio; the baseline of a trial drops out. Model CM.EL of metafor
    (Stijnen, Hamza and Ozdemir 2010, Stat Med 29:3046).
    """

    def __init__(self, tables: TwoByTwo) -> None:
        self.k = len(tables.n_treat)
        events = tables.events_treat + tables.events_ctrl
        low = np.maximum(0, events - tables.n_ctrl)
        high = np.minimum(tables.n_treat, events)
        self._observed = tables.events_treat
        self._edge = (self._observed == low) | (self._observed == high)
        self._support = [np.arange(a, b + 1) for a, b in zip(low, high, strict=True)]
        self._logs = [
            _log_choose(n1, s) + _log_choose(n2, m - s)
            for s, n1, n2, m in zip(
                self._support, tables.n_treat, tables.n_ctrl, events, strict=True
            )
        ]

    def start(self) -> Floats:
        return np.zeros(self.k)

    def at(self, theta: Floats, nuisance: Floats) -> Point:  # noqa: ARG002
        value, first, second = (np.empty_like(theta) for _ in range(3))
        for i, (support, logs) in enumerate(zip(self._support, self._logs, strict=True)):
            # counted from the observed events, so that the exponents stay small where it matters
            steps = (support - self._observed[i])[:, None]
            terms = logs[:, None] + steps * theta[i]
            total = logsumexp(terms, axis=0)
            weights = np.exp(terms - total)
            mean = (weights * steps).sum(axis=0)
            value[i] = logs[int(self._observed[i] - support[0])] - total
            first[i] = -mean
            second[i] = -(weights * (steps - mean) ** 2).sum(axis=0)
        return Point(value, first, second)

    def best(self) -> float:
        theta = np.zeros((self.k, 1))
        inner = ~self._edge[:, None]
        for _ in range(100):
            p = self.at(theta, np.zeros(0))
            step = np.clip(-p.first / p.second, -2, 2) * inner
            theta = theta + step
            if np.abs(step).max(initial=0.0) < 1e-10:
                break
        # with the observed count at the edge of what is possible the probability can reach 1
        return float(np.where(inner, p.value, 0.0).sum())


class ApproximateConditional:
    """Events under treatment given the events of both arms: binomial, as if from Poisson counts.

    theta is the log risk ratio; where events are rare it is also the log odds ratio. Model CM.AL of
    metafor (Stijnen, Hamza and Ozdemir 2010, Stat Med 29:3046).
    """

    def __init__(self, tables: TwoByTwo) -> None:
        self.k = len(tables.n_treat)
        self._a = tables.events_treat[:, None]
        self._m = (tables.events_treat + tables.events_ctrl)[:, None]
        self._offset = np.log(tables.n_treat / tables.n_ctrl)[:, None]
        self._log = _log_choose(self._m, self._a)

    def start(self) -> Floats:
        return np.zeros(self.k)

    def at(self, theta: Floats, nuisance: Floats) -> Point:  # noqa: ARG002
        eta = theta + self._offset
        p = expit(eta)
        value = self._log + self._a * log_expit(eta) + (self._m - self._a) * log_expit(-eta)
        return Point(value, self._a - self._m * p, -self._m * p * (1 - p))

    def best(self) -> float:
        return float((self._log + _top(self._a, self._m)).sum())


class Unconditional:
    """Two binomial counts with a baseline of the trial's own: logits nuisance +- theta / 2.

    theta is the log odds ratio. The baselines are fixed effects, model UM.FS of metafor with its
    coding of the arms by 1/2 and -1/2 (Jackson et al. 2018, Stat Med 37:1059).
    """

    def __init__(self, tables: TwoByTwo) -> None:
        self.k = len(tables.n_treat)
        self._a, self._n1 = tables.events_treat[:, None], tables.n_treat[:, None]
        self._c, self._n2 = tables.events_ctrl[:, None], tables.n_ctrl[:, None]
        self._log = _log_choose(self._n1, self._a) + _log_choose(self._n2, self._c)

    def start(self) -> Floats:
        a, c = self._a + 0.5, self._c + 0.5
        return np.asarray(np.log((a + c) / (self._n1 + self._n2 + 2 - a - c)).ravel())

    def at(self, theta: Floats, nuisance: Floats) -> Point:
        treat, ctrl = nuisance[:, None] + theta / 2, nuisance[:, None] - theta / 2
        p1, p2 = expit(treat), expit(ctrl)
        value = (
            self._log
            + self._a * log_expit(treat)
            + (self._n1 - self._a) * log_expit(-treat)
            + self._c * log_expit(ctrl)
            + (self._n2 - self._c) * log_expit(-ctrl)
        )
        r1, r2 = self._a - self._n1 * p1, self._c - self._n2 * p2
        bend = -(self._n1 * p1 * (1 - p1) + self._n2 * p2 * (1 - p2))
        return Point(value, (r1 - r2) / 2, bend / 4, r1 + r2, bend)

    def best(self) -> float:
        return float((self._log + _top(self._a, self._n1) + _top(self._c, self._n2)).sum())


def _log_choose(n: Floats, s: Floats) -> Floats:
    return np.asarray(gammaln(n + 1) - gammaln(s + 1) - gammaln(n - s + 1))


def _top(x: Floats, n: Floats) -> Floats:
    """Binomial log-likelihood at the observed share, without the constant."""
    p = x / n
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(x * np.log(p)) + np.nan_to_num((n - x) * np.log1p(-p))

"""Likelihood of the binomial-normal model at many (mu, tau), from points that all studies share.

A study's likelihood is the integral of its binomial likelihood f over its logit eta, times the
normal density of eta given (mu, tau). `quadrature` finds nodes of its own for each study and each
(mu, tau). Here f is tabulated once for each study at even points of eta, and all integrals are one
product of a matrix of normal densities with that table: the sums meet the integrals to 1e-8 and
better, since both factors are analytic and no narrower than the step resolves (Trefethen and
Weideman 2014, SIAM Review 56:385). Where tau is narrower than the points are apart, they are taken
around mu instead, at even steps of the normal deviate.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlog1py, xlogy

from .arrays import Floats
from .quadrature import softplus

#: Step of eta in standard deviations of the sharpest likelihood, and at most.
SHARE, STEP = 0.7, 0.4
#: From so many steps on tau is wide.
WIDE = 1.5
#: Normal deviations that are followed at wide tau, where a study's own logit is followed as well.
REACH = 7.5
#: Steps of the normal deviate at narrow tau, as far as a study eight standard errors away draws it.
NORMAL_STEP = 0.6
NORMAL = NORMAL_STEP * np.arange(-17, 18)
#: A likelihood is followed until it has dropped by this much in logs.
DROP = 200.0
#: Logs of factors are no lower: products of smaller numbers are slow, and nothing beside others.
LEAST = -340.0
#: More points take longer than nodes of each study's own.
MOST_POINTS = 3_000
#: Doubles in one temporary matrix.
BLOCK = 32_000


@dataclass(frozen=True, slots=True)
class CommonPoints:
    """Counts of K studies, the step of eta, and at points of it (J,) the likelihoods `table` (J, K)
    relative to the largest that each can have, of which `top` (K,) is the log. `own` are the lowest
    and highest logit of a study."""

    x: Floats
    n: Floats
    step: float
    eta: Floats
    table: Floats
    top: Floats
    own: tuple[float, float]

    @classmethod
    def of(cls, x: Floats, n: Floats, mu: Floats, tau: Floats) -> "CommonPoints | None":
        """For use at the given values and between; None if too many points were needed.

        Parameters
        ----------
        x, n : array (K,)
            Events and totals, n not 0.
        mu, tau : array (N,)
            Values that the likelihood is asked for at.
        """
        step = _step(x, n)
        top = np.asarray(xlogy(x, x / n) + xlog1py(n - x, -x / n), float)
        logits = np.log((x + 0.5) / (n - x + 0.5))
        own = float(logits.min()), float(logits.max())
        wide = tau >= WIDE * step
        low, high = _between(mu[wide], tau[wide], own) if wide.any() else (0.0, 0.0)
        if (high - low) / step > MOST_POINTS:
            return None
        eta = np.arange(low, high + step, step)
        height = np.outer(eta, x) - np.outer(softplus(eta), n) - top
        some = np.flatnonzero((height > -DROP).any(axis=1))
        table = np.exp(np.maximum(height[some], LEAST))
        return cls(x, n, step, eta[some], table, top, own)

    def log_likelihood(self, mu: Floats, tau: Floats) -> Floats:
        """Sums over studies at mu and tau (N,), without the binomial constants."""
        total: Floats = self.each(mu, tau).sum(axis=1)
        return total

    def each(self, mu: Floats, tau: Floats) -> Floats:
        """Log-likelihoods of the studies (N, K) at mu and tau (N,), without the binomial constants.

        -inf where one is below the smallest number.
        """
        order = np.argsort(tau, kind="stable")  # those of a block need like points
        narrow = np.searchsorted(tau[order], WIDE * self.step)
        out = np.empty((mu.size, self.x.size))
        for at, part in ((order[:narrow], self._around), (order[narrow:], self._over_points)):
            with np.errstate(divide="ignore"):
                out[at] = np.log(part(mu[at], tau[at]))
        out += self.top
        return out

    def _over_points(self, mu: Floats, tau: Floats) -> Floats:
        """Likelihoods (N, K) relative to `top` at wide tau: normal densities times the table."""
        reach, precision = REACH * tau, tau**-2.0
        low, high = np.minimum(mu - reach, self.own[0]), np.maximum(mu + reach, self.own[1])
        terms = np.array([-0.5 * precision * mu**2, precision * mu, -0.5 * precision]).T
        powers = np.array([np.ones_like(self.eta), self.eta, self.eta**2])
        scale = self.step / (tau * np.sqrt(2 * np.pi))
        out = np.empty((mu.size, self.x.size))
        rows = max(1, BLOCK // max(self.eta.size, 1))
        for i in range(0, mu.size, rows):
            rest = slice(i, i + rows)
            some = slice(*self.eta.searchsorted([low[rest].min(), high[rest].max()]))
            density = terms[rest] @ powers[:, some]
            np.maximum(density, LEAST, out=density)
            np.exp(density, out=density)
            np.matmul(density, self.table[some], out=out[rest])
        out *= scale[:, None]
        return out

    def _around(self, mu: Floats, tau: Floats) -> Floats:
        """The same at narrow tau: binomial likelihoods at steps of the normal deviate."""
        weight = NORMAL_STEP * np.exp(-0.5 * NORMAL**2) / np.sqrt(2 * np.pi)
        counts = np.array([self.x, -self.n, -self.top])
        out = np.empty((mu.size, self.x.size))
        rows = max(1, BLOCK // (NORMAL.size * self.x.size))
        for i in range(0, mu.size, rows):
            rest = slice(i, i + rows)
            eta = (mu[rest, None] + tau[rest, None] * NORMAL).ravel()
            value = np.array([eta, softplus(eta), np.ones_like(eta)]).T @ counts
            np.maximum(value, LEAST, out=value)
            np.exp(value, out=value)
            out[rest] = weight @ value.reshape(-1, NORMAL.size, self.x.size)
        return out


def _step(x: Floats, n: Floats) -> float:
    """Step of eta for the sharpest likelihood, at the logit between the studies' own nearest 0."""
    shares = (x + 0.5) / (n + 1)
    p = min(max(0.5, float(shares.min())), float(shares.max()))
    return min(SHARE / float(np.sqrt((n.max() + 1) * p * (1 - p))), STEP)


def _between(mu: Floats, tau: Floats, own: tuple[float, float]) -> tuple[float, float]:
    """Where integrands have their mass: from normal densities to the studies' own logits."""
    reach = REACH * tau
    return min(float((mu - reach).min()), own[0]), max(float((mu + reach).max()), own[1])

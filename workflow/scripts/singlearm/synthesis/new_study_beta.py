"""Prediction in the beta-binomial model: its own beta distribution, parameters integrated out.

The mean and the intraclass correlation are drawn from their confidence distributions, as in
`new_study`; a new study from the beta distribution that they give.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, ndtri

from .arrays import Bools, Floats
from .beta_binomial import logit_moments
from .effects import expit
from .new_study import spread_values, two_halves
from .quadrature import hermite_nodes

#: Values of the mean on its logit's normal scores.
MEANS = 31
#: A beta that is narrower than this share of the mean's own standard error is normal on the logit
#: scale to all purposes, and too narrow for the nodes of the mean.
NARROW = 0.5
#: Correlations up to which a beta distribution is evaluated.
LARGEST_RHO = 0.999
ROUNDS = 80
CLOSE = 1e-8


@dataclass(frozen=True, slots=True)
class BetaPredictive:
    """The distribution of a new study's proportion, for B datasets.

    Parameters
    ----------
    centre, below, above : (B,) arrays
        Logit of the mean, and the standard deviations of the two halves of its distribution.
    rho : (J, B) array
        Values of the intraclass correlation, with weights (J,).
    """

    centre: Floats
    below: Floats
    above: Floats
    rho: Floats
    weights: Floats

    @classmethod
    def of(
        cls,
        mean: tuple[Floats, Floats, Floats],
        rho: tuple[Floats, Floats, Floats],
        root_at_zero: Floats,
        z: float,
        widening: Floats,
    ) -> "BetaPredictive":
        """From estimate and limits of the mean's logit and of rho, limits at the roots -z and z;
        `widening` (B,) is a factor on the standard deviations of the mean."""
        centre, low, high = mean
        # the root is more nearly linear in the square root, as it is in tau
        estimate, least, most = (np.sqrt(value) for value in rho)
        values, weights = spread_values(estimate, least, most, root_at_zero, z)
        rhos = np.minimum(values**2, LARGEST_RHO)
        below, above = widening * (centre - low) / z, widening * (high - centre) / z
        return cls(centre, below, above, rhos, weights)

    def cdf(self, at: Floats) -> Floats:
        """Probability (B,) that a new study's logit lies below `at` (B,)."""
        shift, variance = logit_moments(expit(self.centre), self.rho)
        spread = np.sqrt(variance)
        narrow = spread < NARROW * (self.below + self.above) / 2
        near, _ = two_halves(at - shift, self.below, self.above, spread)
        return self.weights @ np.where(narrow, near, self._betas(at, narrow))

    def _betas(self, at: Floats, narrow: Bools) -> Floats:
        """The same for each rho (J, B), by values of the mean; 0 where the beta is narrow."""
        nodes, log_weights = hermite_nodes(MEANS)
        weights = np.exp(log_weights - 0.5 * nodes**2)
        half = np.where(nodes[:, None] < 0, self.below, self.above)
        means = expit(self.centre + nodes[:, None] * half)
        p = np.clip(expit(at), 1e-300, 1 - 1e-16)
        out = np.zeros(self.rho.shape)
        for j, rho in enumerate(self.rho):
            wide = ~narrow[j] & (rho > 0)
            if wide.any():
                size = (1 - rho[wide]) / rho[wide]
                m = np.clip(means[:, wide], 1e-12, 1 - 1e-12)
                out[j, wide] = weights @ betainc(m * size, (1 - m) * size, p[wide])
        return out / weights.sum()

    def limits(self, level: float) -> tuple[Floats, Floats]:
        """Logits between which a new study lies with probability `level` (B,), (B,)."""
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)

    def quantile(self, p: float) -> Floats:
        """Logit below which a new study lies with probability p (B,); NaN where unknown.

        Regula falsi on normal scores, which keeps a bracket (Illinois).
        """
        goal = ndtri(p)

        def gap(at: Floats) -> Floats:
            return ndtri(np.clip(self.cdf(at), 1e-300, 1 - 1e-16)) - goal

        low = np.full(self.centre.shape, -700.0)
        high = -low
        f_low, f_high = gap(low), gap(high)
        at = self.centre
        for _ in range(ROUNDS):
            value = gap(at)
            done = ~(np.abs(value) > CLOSE) | (high - low < CLOSE)
            if done.all():
                break
            up = value < 0
            f_high, f_low = np.where(up, f_high / 2, value), np.where(up, value, f_low / 2)
            low, high = np.where(up, at, low), np.where(up, high, at)
            new = (low * f_high - high * f_low) / (f_high - f_low)
            wide = high - low > 20
            at = np.where(done, at, np.where(wide, (low + high) / 2, new))
        return np.where(np.isfinite(self.rho).all(axis=0), at, np.nan)

"""Where the true value of a new study lies, with the parameters integrated out.

The model's limits of the mean and of the between-study spread say how sure it is of each: a value
at a limit of level 95% has a signed root of the likelihood ratio of 1.96. The confidence
distributions used here have roots that are linear from the estimate to each limit. A new study is
the mean, drawn from its distribution, plus a normal deviation with a spread drawn from its own.
Adding an independent symmetric deviation to a distribution with one summit moves every quantile
below the median down and every one above it up, so the interval contains that of the mean.

Lawless and Fredette (2005), Biometrika 92:529; Nagashima, Noma and Furukawa (2019), Stat Methods
Med Res 28:1689 (the same idea with the distribution of Q).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, owens_t

from .arrays import ArrayLike, Floats
from .quadrature import hermite_nodes
from .twostep import quantile

#: Values of the spread: quadrature nodes over its signed root.
NODES = 25
ROUNDS = 60
#: Accepted error of a quantile in normal scores.
CLOSE = 1e-8


def spread_values(
    spread: Floats, low: Floats, high: Floats, root_at_zero: Floats, z: float
) -> tuple[Floats, Floats]:
    """Values of a spread that is not negative (J, B), and their weights (J,).

    `spread` (B,) is the estimate with limits `low` and `high` at the roots -z and z;
    `root_at_zero` (B,) is the signed root (not positive) at a spread of 0.
    """
    nodes, log_weights = hermite_nodes(NODES)
    weights = np.exp(log_weights - 0.5 * nodes**2)
    root = nodes[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        from_zero = spread / -root_at_zero
        rate = np.where(low > 0, (spread - low) / z, np.where(spread > 0, from_zero, 0.0))
        below = spread + root * rate  # of a moment estimator the likelihood may not rise from 0
    above = spread + root * (high - spread) / z
    return np.where(root < 0, np.maximum(below, 0.0), above), weights / weights.sum()


def small_sample_widening(k: Floats, ci: str, level: float) -> Floats:
    """Factor (B,) on the standard deviations of the mean: t(k-1) where its limits are normal ones.

    Maximum likelihood takes the spread for smaller than it is where studies are few; the plug-in
    interval of Higgins, Thompson and Spiegelhalter (2009) has t quantiles for the same reason.
    """
    if ci not in ("profile", "wald"):
        return np.ones(k.shape)
    return quantile(np.maximum(k - 1, 1), level) / quantile(np.inf, level)


def two_halves(away: Floats, below: Floats, above: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Distribution function and density at `away` from the centre of a variable whose two halves
    are normal with standard deviations `below` and `above`, plus a normal one with `spread`.

    A half-normal plus a normal variable is skew-normal (Azzalini 1985, Scand J Stat 12:171).
    """
    if np.array_equal(below, above):  # one normal variable, and so is the sum
        scale = np.maximum(np.sqrt(below**2 + spread**2), 1e-12)
        with np.errstate(invalid="ignore"):
            h = away / scale
            return ndtr(h), np.exp(-0.5 * h * h) / (np.sqrt(2 * np.pi) * scale)
    shape = np.broadcast(away, spread).shape
    total: Floats = np.zeros(shape)
    density: Floats = np.zeros(shape)
    for half, side in ((below, -1.0), (above, 1.0)):
        scale = np.maximum(np.sqrt(half**2 + spread**2), 1e-12)
        skew = side * half / np.maximum(spread, 1e-9)
        with np.errstate(invalid="ignore", over="ignore"):  # limits that are not known
            h = away / scale
            total = total + 0.5 * (ndtr(h) - 2 * owens_t(h, skew))
            normal = np.exp(-0.5 * h * h) / np.sqrt(2 * np.pi)
            density = density + normal * ndtr(skew * h) / scale
    return total, density


@dataclass(frozen=True, slots=True)
class Predictive:
    """The distribution of a new study on the model's scale, for B datasets.

    Parameters
    ----------
    centre, below, above : (B,) arrays
        The estimate of the mean, and the standard deviations of its two halves.
    spread : (J, B) array
        Values of the between-study standard deviation.
    weights : (J,) array
        Their weights.
    """

    centre: Floats
    below: Floats
    above: Floats
    spread: Floats
    weights: Floats

    @classmethod
    def of(
        cls, centre: Floats, low: Floats, high: Floats, z: Floats, spread: Floats, weights: Floats
    ) -> "Predictive":
        """From the mean with its limits at the roots -z and z."""
        return cls(centre, (centre - low) / z, (high - centre) / z, spread, weights)

    def cdf(self, at: ArrayLike) -> tuple[Floats, Floats]:
        """Probability that a new study lies below (B,), and the density there."""
        away = np.asarray(at, float) - self.centre
        below, density = two_halves(away, self.below, self.above, self.spread)
        return self.weights @ below, self.weights @ density

    def limits(self, level: float) -> tuple[Floats, Floats]:
        """Where a new study lies with probability `level` (B,), (B,); NaN where unknown."""
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)

    def quantile(self, p: float) -> Floats:
        """The value below which a new study lies with probability p (B,); NaN where unknown."""
        goal = ndtri(p)
        widest = 40 * (self.below + self.above + self.spread.max(axis=0))
        low, high = self.centre - widest, self.centre + widest
        usual = np.sqrt(np.maximum(self.below, self.above) ** 2 + self.weights @ self.spread**2)
        at = self.centre + goal * usual
        left = np.flatnonzero(np.isfinite(at))
        for _ in range(ROUNDS):
            here = at[left]
            centre, lower, upper = (a[left] for a in (self.centre, self.below, self.above))
            part = Predictive(centre, lower, upper, self.spread[:, left], self.weights)
            below, density = part.cdf(here)
            score = ndtri(np.clip(below, 1e-300, 1 - 1e-16))
            gap = score - goal
            low[left] = np.where(gap < 0, here, low[left])
            high[left] = np.where(gap < 0, high[left], here)
            with np.errstate(divide="ignore", invalid="ignore"):
                # on the scale of normal scores the distribution is nearly a straight line
                new = here - gap * np.exp(-0.5 * score**2) / (np.sqrt(2 * np.pi) * density)
            inside = (new > low[left]) & (new < high[left])
            new = np.where(inside, new, (low[left] + high[left]) / 2)
            open_ = np.abs(gap) > CLOSE
            at[left[open_]] = new[open_]
            left = left[open_]
            if not left.size:
                break
        return at

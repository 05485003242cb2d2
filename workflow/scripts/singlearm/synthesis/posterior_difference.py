"""Posterior of the difference of two independent groups of studies, on their grids.

The distribution function of one group's mean, tabulated once, is averaged over the grid points of
the other's posterior: P(B - A <= d) = sum_a w_a P(B <= a + d), a midpoint rule as exact as the grid
itself. No sampling, so no seed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy.special import expit

from .arrays import Floats
from .bayes_grid import posterior
from .posterior_grid import Average, Grid

#: Points of a tabulated distribution function, and its reach in standard deviations.
POINTS, REACH = 321, 40.0
#: Grid points with less mass say nothing.
NO_MASS = 1e-13
#: Halvings of the bracket of a quantile.
HALVINGS = 48


@dataclass(frozen=True, slots=True)
class Law:
    """A distribution function of logits: its values and slopes at `centre` + `scale` sinh(u), even
    in u from -`end` to `end`; cubic between them."""

    centre: float
    scale: float
    end: float
    values: Floats
    slopes: Floats

    @classmethod
    def of(cls, cdf: Callable[[Floats], Floats], centre: float, scale: float) -> "Law":
        """A law tabulated from its distribution function, by its mean and standard deviation."""
        end = float(np.arcsinh(REACH))
        u = np.linspace(-end, end, POINTS)
        values = np.clip(cdf(centre + scale * np.sinh(u)), 0.0, 1.0)
        return cls(centre, scale, end, values, np.gradient(values, edge_order=2))

    def __call__(self, at: Floats) -> Floats:
        """P(logit <= at), any shape; infinite arguments are allowed."""
        u = np.arcsinh((at - self.centre) / self.scale)
        place = np.clip((u + self.end) / (2 * self.end) * (POINTS - 1), 0.0, POINTS - 1.000001)
        low = place.astype(np.intp)
        t, high = place - low, low + 1
        t2 = t * t
        t3 = t2 * t
        first, last = self.values[low], self.values[high]
        rise = (t3 - 2 * t2 + t) * self.slopes[low] + (t3 - t2) * self.slopes[high]
        return np.clip(first + (last - first) * (3 * t2 - 2 * t3) + rise, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class GroupPosterior:
    """Posterior of one group: grid points (N,) of the logits of the median study and of the average
    over studies with their `weight`, and the law of each."""

    mu: Floats
    average: Floats
    weight: Floats
    law_mu: Law
    law_average: Law


@dataclass(frozen=True, slots=True)
class PosteriorDifference:
    """Median and equal-tailed limits of the log odds ratio and of the difference of proportions,
    with the probability that it lies above 0."""

    log_odds_ratio: tuple[float, float, float]
    difference: tuple[float, float, float]
    p_above: float


def group_posteriors(
    counts: Sequence[tuple[Floats, Floats]], tau_scale: float
) -> list[GroupPosterior]:
    """The posterior of each group from its events and totals (k,), each with the same priors."""
    widest = max(len(x) for x, _ in counts)
    x, n = np.zeros((2, widest, len(counts)))
    for g, (events, total) in enumerate(counts):
        x[: len(events), g], n[: len(total), g] = events, total
    grid = posterior(x, n, tau_scale)
    return [_group(_one(grid, g)) for g in range(len(counts))]


def posterior_difference(
    group: GroupPosterior, reference: GroupPosterior, level: float, *, average: bool = False
) -> PosteriorDifference:
    """The difference of two independent groups: `group` minus `reference`.

    Parameters
    ----------
    group, reference : GroupPosterior
    level : float
        Coverage of the intervals.
    average : bool
        Of the averages over studies, in place of the median studies.
    """
    law, points = (
        (group.law_average, reference.average) if average else (group.law_mu, reference.mu)
    )
    weight, shares = reference.weight, expit(points)

    def of_logits(d: float) -> float:
        return float(weight @ law(points + d))

    def of_shares(d: float) -> float:
        with np.errstate(divide="ignore", invalid="ignore"):
            at = shares + d
            logits = np.log(at) - np.log1p(-at)
        logits = np.where(at <= 0, -np.inf, np.where(at >= 1, np.inf, logits))
        return float(weight @ law(logits))

    tails = (0.5, (1 - level) / 2, (1 + level) / 2)
    far = float(np.ptp(points) + abs(law.centre - points.mean()) + REACH * law.scale)
    ratio: Any = tuple(_quantile(of_logits, p, far) for p in tails)
    share: Any = tuple(_quantile(of_shares, p, 1.0) for p in tails)
    return PosteriorDifference(ratio, share, 1 - of_logits(0.0))


def _one(grid: Grid, g: int) -> Grid:
    """One dataset of a grid."""
    return Grid(*(getattr(grid, field.name)[..., g : g + 1] for field in fields(Grid)))


def _group(grid: Grid) -> GroupPosterior:
    average = grid.average()
    weight = grid.weight[..., 0]
    kept = weight > NO_MASS
    logits = average.logit[..., 0][kept]
    mean, spread = _moments(logits, weight[kept])
    wide = _repeated(grid, POINTS)
    wide_average = Average(wide, _wide(average.logit, POINTS), _wide(average.rise, POINTS))
    return GroupPosterior(
        grid.mu[..., 0][kept],
        logits,
        weight[kept] / weight[kept].sum(),
        Law.of(wide.cdf_mu, float(grid.mean_mu()[0]), float(grid.sd_mu()[0])),
        Law.of(wide_average.cdf, mean, spread),
    )


def _repeated(grid: Grid, count: int) -> Grid:
    """One dataset as `count` alike, to ask for that many values of a distribution function."""
    return Grid(*(_wide(getattr(grid, field.name), count) for field in fields(Grid)))


def _wide(a: Any, count: int) -> Any:
    return np.broadcast_to(a, (*a.shape[:-1], count))


def _moments(values: Floats, weight: Floats) -> tuple[float, float]:
    mean = float(weight @ values / weight.sum())
    return mean, float(np.sqrt(weight @ (values - mean) ** 2 / weight.sum()))


def _quantile(cdf: Callable[[float], float], p: float, far: float) -> float:
    """Where a distribution function of a difference reaches p, between -`far` and `far`."""
    low, high = -far, far
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if cdf(middle) < p else (low, middle)
    return (low + high) / 2

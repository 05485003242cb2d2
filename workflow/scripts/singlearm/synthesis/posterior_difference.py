"""Posterior of the difference of two independent groups of studies, from their two laws.

P(B - A <= d) is the integral of P(B <= a + d) dP(A <= a). Each distribution function is tabulated
once, in logits, and the integral is taken between the points of A's table and those of B's less d
together, so that on each step both are one smooth piece, however wide the one beside the other and
wherever a + d leaves 0 or 1 (near which B's points crowd). On the steps it is the trapezoid rule,
mean of the one times rise of the other, with Richardson's correction from halved steps: of fourth
order, and the same whichever group is the reference to 1e-6 of its width. No sampling, so no seed.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy.special import expit, logit

from .arrays import Floats
from .bayes_grid import posterior
from .posterior_grid import Average, Grid

#: Points of a tabulated distribution function, and its reach in standard deviations.
POINTS, REACH = 321, 40.0
#: Accuracy of a quantile: of itself, and absolutely.
CLOSE, LEAST = 1e-10, 1e-15


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

    def points(self) -> Floats:
        """The logits of the table (POINTS,)."""
        return self.centre + self.scale * np.sinh(np.linspace(-self.end, self.end, POINTS))

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
    """Posterior of one group: the laws of the logits of the median study and of the average."""

    mu: Law
    average: Law


@dataclass(frozen=True, slots=True)
class PosteriorDifference:
    """Median and equal-tailed limits of the log odds ratio and of the difference of proportions,
    with the probability that it lies above 0."""

    log_odds_ratio: tuple[float, float, float]
    difference: tuple[float, float, float]
    p_above: float


def group_posteriors(x: Floats, n: Floats, tau_scale: float) -> list[GroupPosterior]:
    """The posterior of each group from events and totals (K, G), each with the same priors."""
    grid = posterior(x, n, tau_scale)
    return [_group(_one(grid, g)) for g in range(x.shape[1])]


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
    law, other = (group.average, reference.average) if average else (group.mu, reference.mu)

    def of_logits(d: float) -> float:
        return _below(law, other, lambda at: at + d, lambda at: at - d)

    def of_shares(d: float) -> float:
        return _below(law, other, lambda at: _moved(at, d), lambda at: _moved(at, -d))

    tails = (0.5, (1 - level) / 2, (1 + level) / 2)
    far = abs(law.centre - other.centre) + REACH * (law.scale + other.scale)
    ratio: Any = tuple(_quantile(of_logits, p, far) for p in tails)
    share: Any = tuple(_quantile(of_shares, p, 1.0) for p in tails)
    return PosteriorDifference(ratio, share, 1 - of_logits(0.0))


def _moved(at: Floats, d: float) -> Floats:
    """The logits of proportions `d` larger than those of the logits `at`, infinite beyond 0, 1."""
    return np.asarray(logit(np.clip(expit(at) + d, 0.0, 1.0)))


def _below(
    law: Law, other: Law, there: Callable[[Floats], Floats], back: Callable[[Floats], Floats]
) -> float:
    """The probability that `law`'s logit is at most that of `other` taken `there`.

    `back` is the inverse of `there`; both are increasing, and infinite where there is no value.
    """
    steps = np.concatenate([other.points(), back(law.points())])
    steps = np.sort(steps[np.isfinite(steps)])
    at = np.empty(2 * steps.size - 1)
    at[::2], at[1::2] = steps, (steps[1:] + steps[:-1]) / 2
    one, two = law(there(at)), other(at)
    halved, whole = (_trapezoid(one[::i], two[::i]) for i in (1, 2))
    return (4 * halved - whole) / 3


def _trapezoid(values: Floats, of: Floats) -> float:
    """The integral of `values` over a distribution function `of`."""
    return float((values[1:] + values[:-1]) @ np.diff(of) / 2)


def _one(grid: Grid, g: int) -> Grid:
    """One dataset of a grid."""
    return Grid(*(getattr(grid, field.name)[..., g : g + 1] for field in fields(Grid)))


def _group(grid: Grid) -> GroupPosterior:
    average = grid.average()
    mean, spread = _moments(average.logit[..., 0], grid.weight[..., 0])
    wide = _repeated(grid, POINTS)
    wide_average = Average(wide, _wide(average.logit, POINTS), _wide(average.rise, POINTS))
    return GroupPosterior(
        Law.of(wide.cdf_mu, float(grid.mean_mu()[0]), float(grid.sd_mu()[0])),
        Law.of(wide_average.cdf, mean, spread),
    )


def _repeated(grid: Grid, count: int) -> Grid:
    """One dataset as `count` alike, to ask for that many values of a distribution function."""
    return Grid(*(_wide(getattr(grid, field.name), count) for field in fields(Grid)))


def _wide(a: Any, count: int) -> Any:
    return np.broadcast_to(a, (*a.shape[:-1], count))


def _moments(values: Floats, weight: Floats) -> tuple[float, float]:
    mean = float((weight * values).sum() / weight.sum())
    return mean, float(np.sqrt((weight * (values - mean) ** 2).sum() / weight.sum()))


def _quantile(cdf: Callable[[float], float], p: float, far: float) -> float:
    """Where a distribution function of a difference reaches p, between -`far` and `far`."""
    from scipy.optimize import brentq  # a tenth of a second that other models need not wait for

    return float(brentq(lambda d: cdf(d) - p, -far, far, xtol=LEAST, rtol=CLOSE))

"""Maxima of the likelihood of arms within trials along charts: all three parameters, or one fixed.

A chart says how the free coordinates give (mu, su, sv): all of them, one spread held, or the total
spread held while the share of the trials in it is free (an angle). So a fit and each profile are
one and the same Newton search.
"""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from .arrays import Floats
from .nested_quadrature import ARM_FLOOR, Arms, Value, evaluate, first_nodes

#: Spreads beyond this mean that the likelihood has no finite maximum, or no limit on that side.
CEILING = 1000.0
MAX_STEPS = 60
#: Largest Newton step that counts as standing still.
STILL = 1e-9
#: Evaluations of one point while its nodes settle.
SETTLING = 3
#: Distance from a bound within which a likelihood that is convex is left by a stride.
NEAR, STRIDE = 0.05, 0.1
#: What the held parameter of a chart is.
Held = Literal["", "trial", "arm", "total"]


@dataclass(frozen=True, slots=True)
class Chart:
    """The parameters as functions of the free coordinates; `held` is fixed at `value`.

    Coordinates: (mu, su, sv); (mu, sv) with su held; (mu, su) with sv held; (mu, angle) with the
    total held, su = total sin(angle), sv = total cos(angle).
    """

    held: Held = ""
    value: float = 0.0

    @property
    def bounds(self) -> tuple[Floats, Floats]:
        """The range of each coordinate."""
        if self.held == "total":
            last = np.arccos(min(ARM_FLOOR / self.value, 1.0))
            return np.array([-np.inf, 0.0]), np.array([np.inf, last])
        low = {"": [0.0, ARM_FLOOR], "trial": [ARM_FLOOR], "arm": [0.0]}[self.held]
        return np.r_[-np.inf, low], np.full(1 + len(low), np.inf)

    def coordinates(self, at: Floats) -> Floats:
        """The free coordinates nearest to parameters (3,), within their bounds."""
        mu, su, sv = at
        free = {
            "": [mu, su, sv],
            "trial": [mu, sv],
            "arm": [mu, su],
            "total": [mu, np.arctan2(su, max(sv, 1e-300))],
        }[self.held]
        return np.clip(free, *self.bounds)

    def parameters(self, free: Floats) -> Floats:
        """The parameters (3,)."""
        if self.held == "trial":
            return np.array([free[0], self.value, free[1]])
        if self.held == "arm":
            return np.array([free[0], free[1], max(self.value, ARM_FLOOR)])
        if self.held == "total":
            return np.array([free[0], *(self.value * part for part in _sides(free[1]))])
        return np.asarray(free, float)

    def derivatives(self, free: Floats, value: Value) -> tuple[Floats, Floats, float]:
        """Gradient (P,) and second derivatives (P, P) in the coordinates, slope in what is held."""
        g, h = value.gradient, value.hessian
        if self.held in ("trial", "arm"):
            kept = [0, 2] if self.held == "trial" else [0, 1]
            return g[kept], h[np.ix_(kept, kept)], float(g[1 if self.held == "trial" else 2])
        if self.held == "total":
            side = np.array([0.0, *_sides(free[1])])
            turn = self.value * np.array([0.0, side[2], -side[1]])
            jacobian = np.array([[1.0, 0.0, 0.0], turn])
            second = jacobian @ h @ jacobian.T
            second[1, 1] -= self.value * side @ g
            return jacobian @ g, second, float(side @ g)
        return g, h, 0.0


def _sides(angle: float) -> tuple[float, float]:
    return float(np.sin(angle)), float(np.cos(angle))


@dataclass(frozen=True, slots=True)
class Summit:
    """The largest likelihood on a chart: parameters (3,), slope in what is held."""

    at: Floats
    value: Value
    slope: float
    arrived: bool

    @property
    def loglik(self) -> float:
        """Without the binomial constant; minus infinity where it is not known."""
        return self.value.loglik if np.isfinite(self.value.loglik) else -np.inf

    def better(self, other: Self | None) -> Self:
        """The higher of two."""
        return self if other is None or self.loglik >= other.loglik else other


def climb(
    arms: Arms, start: Floats | Summit, chart: Chart, count: int, still: float = STILL
) -> Summit:
    """Newton steps from parameters (3,) with `count` nodes, halved where they lower the likelihood.

    A summit of a chart nearby brings its nodes along.
    """
    low, high = chart.bounds
    if isinstance(start, Summit):
        free = chart.coordinates(start.at)
        at = chart.parameters(free)
        value = evaluate(arms, at, start.value.nodes.moved(at), count)
    else:
        free = chart.coordinates(start)
        value = _settled(arms, chart.parameters(free), count)
    for _ in range(MAX_STEPS):
        gradient, hessian, _ = chart.derivatives(free, value)
        step = _step(free, gradient, hessian, low, high)
        new, there = _uphill(arms, chart, (free, value), step, count)
        arrived = bool(np.abs(new - free).max() < still * (1 + np.abs(new).max()))
        free, value = new, there
        at = chart.parameters(free)
        if arrived or at[1:].max() > CEILING:
            break
    _, _, slope = chart.derivatives(free, value)
    return Summit(at, value, slope, arrived)


def _settled(arms: Arms, at: Floats, count: int) -> Value:
    """The likelihood at a point that is not near the last one: its nodes are found first."""
    nodes = first_nodes(arms, at)
    for _ in range(SETTLING - 1):
        nodes = evaluate(arms, at, nodes, count).nodes
    return evaluate(arms, at, nodes, count)


def _step(free: Floats, gradient: Floats, hessian: Floats, low: Floats, high: Floats) -> Floats:
    """The Newton step of the coordinates that are not held at a bound, made one uphill."""
    inside = ~((free <= low) & (gradient <= 0) | (free >= high) & (gradient >= 0))
    step = np.zeros(free.size)
    values, vectors = np.linalg.eigh(-hessian[np.ix_(inside, inside)])
    # a direction along which the likelihood is not concave is followed as if it were
    size = np.maximum(np.abs(values), 1e-8 * max(1.0, float(np.abs(values).max())))
    step[inside] = vectors @ ((vectors.T @ gradient[inside]) / size)
    # the likelihood is even in a spread: where 0 is its least value the slope there is 0 as well
    convex = np.diag(hessian) > 0
    step = np.where(convex & (free < low + NEAR) & (gradient >= 0), STRIDE, step)
    step = np.where(convex & (free > high - NEAR) & (gradient <= 0), -STRIDE, step)
    farthest = np.r_[2.0, np.maximum(0.75 * free[1:], 0.1)]
    return step * min(1.0, float((farthest / np.maximum(np.abs(step), 1e-300)).min()))


def _uphill(
    arms: Arms, chart: Chart, here: tuple[Floats, Value], step: Floats, count: int
) -> tuple[Floats, Value]:
    """The first of the halved steps that does not lower the likelihood; no step if none is left."""
    free, value = here
    # few nodes make the likelihood depend on where they lie by about this much
    slack = (1e-6 if count < 21 else 1e-9) * (1 + abs(value.loglik))
    for halving in range(12):
        new = np.clip(free + step * 0.5**halving, *chart.bounds)
        at = chart.parameters(new)
        there = evaluate(arms, at, value.nodes.moved(at), count)
        if there.loglik >= value.loglik - slack:
            return new, there
    return free, value

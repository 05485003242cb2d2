"""(Restricted) maximum likelihood with a mean for each level, for many arrangements of the labels.

In a permutation test all datasets share their effect sizes; only who belongs to which level
differs. With a mean for each level everything that a Newton step needs follows from sums of w^p y^q
over the levels, w = 1/(v + tau2): matrix products for all studies, a gather for the smaller levels,
and the difference for the largest one. The numbers are those of the code for any design.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .arrays import Bools, Floats, Ints
from .heterogeneity import ARRIVED, MAX_STEPS, START_SHARES

#: Sums over the levels for each power, and the sum of the logs of the weights.
Sums = Sequence[Any]


def fit_level_means(
    y: Floats, v: Floats, index: Ints, levels: int, method: str
) -> tuple[Floats, Floats, Floats, Floats]:
    """Means (G, B), their variances (G, B), the weighted sum of squared residuals (B,) and tau2
    (B,), for effect sizes (K,) and level indices (K, B); `method` ML or REML.

    Every column of `index` deals the same numbers of studies to the levels, at least one each.
    """
    y, v = np.asarray(y, float), np.asarray(v, float)
    offset = y.mean()  # powers would lose digits to it, and contrasts do not need it
    data = _Arrangements(y - offset, v, index, levels)
    tau2 = _climb(data, _best_start(data, method), method == "REML")
    zero = data.at_one(0.0)
    worse = _height(data.sums(tau2, 1), method) < _height(zero, method)
    tau2 = np.where(worse, 0.0, tau2)
    w0, w1, w2 = data.sums(tau2, 1)[0]
    mean = w1 / w0
    return mean + offset, 1 / w0, (w2 - mean * w1).sum(axis=0), tau2


class _Arrangements:
    """The shared effect sizes and, for each arrangement, the members of all levels but the largest.

    Sums are arrays (3, G, B): w^p times 1, y and y^2 over each level.
    """

    def __init__(self, y: Floats, v: Floats, index: Ints, levels: int) -> None:
        sizes = [int((index[:, 0] == g).sum()) for g in range(levels)]
        self.y, self.v, self.count, self.levels = y, v, index.shape[1], levels
        self.powers = np.stack([np.ones_like(y), y, y * y])
        self.largest = int(np.argmax(sizes))
        self.members = {
            g: np.nonzero((index == g).T)[1].reshape(-1, sizes[g]).T.copy()
            for g in range(levels)
            if g != self.largest
        }

    def columns(self, pick: Bools) -> "_Arrangements":
        """The arrangements selected by a boolean index."""
        part = object.__new__(_Arrangements)
        part.__dict__ |= self.__dict__
        part.members = {g: m[:, pick] for g, m in self.members.items()}
        part.count = int(pick.sum())
        return part

    def sums(self, tau2: Floats, highest: int) -> list[Any]:
        """Sums for p = 1 .. highest at tau2 (B,), and the sum of log w (B,)."""
        w = 1 / (self.v[:, None] + tau2)
        logs = np.log(w).sum(axis=0) if highest == 1 else None
        across, power, out = np.arange(self.count), w, []
        for p in range(highest):
            power = power if p == 0 else power * w
            now = power
            out.append(self._by_level(self.powers @ power, lambda m: now[m, across]))  # noqa: B023
        return [*out, logs]

    def at_one(self, tau2: float) -> list[Any]:
        """The sums for p = 1 and of log w at one value of tau2 for all arrangements."""
        w = 1 / (self.v + tau2)
        whole = np.repeat((self.powers @ w)[:, None], self.count, axis=1)
        return [self._by_level(whole, lambda m: w[m]), np.log(w).sum()]

    def _by_level(self, whole: Floats, weights_of: Callable[[Ints], Floats]) -> Floats:
        """Split sums over all studies (3, B) among the levels."""
        out = np.empty((3, self.levels, self.count))
        rest = whole
        for g, members in self.members.items():
            part, values = weights_of(members), self.y[members]
            product = part * values
            out[:, g] = part.sum(axis=0), product.sum(axis=0), (product * values).sum(axis=0)
            rest = rest - out[:, g]
        out[:, self.largest] = rest
        return out


def _height(sums: Sums, method: str) -> Floats:
    """Twice the log-likelihood without constants (B,)."""
    (w0, w1, w2), logs = sums
    heights = logs - (w2 - w1 * w1 / w0).sum(axis=0)
    return heights - np.log(w0).sum(axis=0) if method == "REML" else heights


def _best_start(data: _Arrangements, method: str) -> Floats:
    """The best of the values of tau2 that the general code looks at before it climbs (B,)."""
    grid = np.array((0.0, *START_SHARES)) * data.y.var()
    heights = np.stack([_height(data.at_one(t), method) for t in grid])
    return grid[heights.argmax(axis=0)]


def _climb(data: _Arrangements, start: Floats, reml: bool) -> Floats:
    """Newton steps where the likelihood is concave, Fisher scoring elsewhere, from the start."""
    tau2, todo, part = start.copy(), np.arange(start.size), data
    small = 1e-6 * data.y.var()
    for _ in range(MAX_STEPS):
        t = tau2[todo]
        slope, observed, expected = _score(part.sums(t, 3), reml)
        information = np.where(observed > 0.1 * expected, observed, expected)
        bounded = np.clip(t + slope / information, t / 5, 5 * t)
        new = np.where(t > small, bounded, np.maximum(t + slope / expected, 0.0))
        tau2[todo] = new
        done = np.abs(new - t) <= ARRIVED * new
        if done.all():
            break
        # a smaller problem pays for its copy only when enough have arrived
        if done.sum() > todo.size // 4:
            todo, part = todo[~done], part.columns(~done)
    return tau2


def _score(sums: Sequence[Floats], reml: bool) -> tuple[Floats, Floats, Floats]:
    """First derivative, observed and expected information of twice the log-likelihood in tau2."""
    (a0, a1, _), (b0, b1, b2), (c0, c1, c2), _ = sums
    m = a1 / a0
    rr = (b2 - 2 * m * b1 + m * m * b0).sum(axis=0)
    rrr = (c2 - 2 * m * c1 + m * m * c0 - (b1 - m * b0) ** 2 / a0).sum(axis=0)
    if reml:
        share = b0 / a0
        first = (a0 - share).sum(axis=0)
        second = (b0 - 2 * c0 / a0 + share * share).sum(axis=0)
    else:
        first, second = a0.sum(axis=0), b0.sum(axis=0)
    return rr - first, 2 * rrr - second, second

"""How much the lines of survival may differ between studies: limits of their spread at each time.

The covariance of intercept and slope is L L'. From the maximum of the restricted likelihood rays
go out in the space of L, which has no borders, to where it has dropped by z^2/2; the spread at a
time is the length of L'(1, x), and its profile limits are the least and the largest on the rays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Bools, Floats

#: Values y (p,), their covariance (p, p) and the rows (1, x) of each study.
Points = Sequence[tuple[Floats, Floats, Floats]]
#: Rays into the space of three parameters: they miss less than 1% of an ellipsoid's width.
RAYS = 400
#: Doublings until a ray has left the region, bisections of the last stretch, points kept of a ray.
DOUBLINGS, BISECTIONS, KEPT = 12, 14, 8
#: First step of a ray, and how small a parameter's own reach may be.
STEP, LEAST = 0.02, 1e-3


@dataclass(frozen=True, slots=True)
class SpreadRegion:
    """Factors L (G, 2, 2) of covariances that the data allow, and the signed root at no spread.

    `closed`: whether every ray came to an end, so that the spread has an upper limit.
    """

    factors: Floats
    root_at_zero: float
    closed: bool
    z: float

    def limits(self, rows: Floats) -> tuple[Floats, Floats]:
        """Limits (J,), (J,) of the spread at times with rows (J, 2); NaN above if open."""
        spread = np.linalg.norm(np.einsum("gik,ji->gjk", self.factors, rows), axis=2)
        low = spread.min(axis=0) if -self.root_at_zero > self.z else np.zeros(len(rows))
        return low, spread.max(axis=0) if self.closed else np.full(len(rows), np.nan)


def spread_region(
    points: Points, between: Floats, sloped: bool, largest: float, z: float
) -> SpreadRegion:
    """The covariances within a drop of z^2/2 of the restricted log-likelihood.

    Parameters
    ----------
    points : sequence of (y, covariance, rows)
        Of each study.
    between : (2, 2) array
        The covariance that fits best.
    sloped : bool
        Whether slopes differ; else there is one parameter.
    largest : float
        Most that a standard deviation may be; a ray that reaches it does not end.
    z : float

    Returns
    -------
    SpreadRegion
    """
    best = _parameters(between)[: 3 if sloped else 1]
    top = float(restricted_loglik(points, between[None])[0])
    zero = float(restricted_loglik(points, np.zeros((1, 2, 2)))[0])

    def outside(at: Floats) -> Bools:
        """Whether parameters (R, P) lie beyond the drop; the end of the range is not beyond."""
        return np.asarray(2 * (top - restricted_loglik(points, _covariances(at))) > z * z)

    axes = np.eye(best.size)
    reach, _ = _ends(best, np.concatenate([axes, -axes]), outside, largest)
    scale = np.maximum(reach.reshape(2, -1).max(axis=0), LEAST)
    ways = scale * (_sphere(RAYS) if sloped else np.array([[1.0], [-1.0]]))
    ends, closed = _ends(best, ways, outside, largest)
    shares = np.linspace(0, 1, KEPT + 1)[:, None, None]
    kept = (best + shares * ends[:, None] * ways).reshape(-1, best.size)
    root = -float(np.sqrt(2 * max(top - zero, 0.0)))
    return SpreadRegion(_factors(kept), root, closed, z)


def restricted_loglik(points: Points, between: Floats) -> Floats:
    """Restricted log-likelihood (G,) without constants for covariances (G, 2, 2)."""
    count = len(between)
    information, right, total = np.zeros((count, 2, 2)), np.zeros((count, 2)), np.zeros(count)
    for y, v, x in points:
        w = v + x @ between @ x.T
        solved = np.linalg.solve(w, np.broadcast_to(np.column_stack([y, x]), (count, y.size, 3)))
        information += x.T @ solved[:, :, 1:]
        right += solved[:, :, 0] @ x
        total += solved[:, :, 0] @ y + np.linalg.slogdet(w)[1]
    beta = np.linalg.solve(information, right[:, :, None])[:, :, 0]
    explained = np.einsum("gi,gi->g", beta, right)
    return np.asarray(-0.5 * (total - explained + np.linalg.slogdet(information)[1]))


def _ends(
    best: Floats, ways: Floats, outside: Callable[[Floats], Bools], largest: float
) -> tuple[Floats, bool]:
    """How often (R,) each way (R, P) can be gone until `outside`, and whether each one ends.

    A way without an end leads to the `largest` parameter.
    """
    far = (largest - np.abs(best).max()) / np.abs(ways).max(axis=1)
    inside, beyond = np.zeros(len(ways)), np.minimum(STEP / np.abs(ways).max(axis=1), far)
    for _ in range(DOUBLINGS):
        more = np.flatnonzero(~outside(best + beyond[:, None] * ways) & (beyond < far))
        if not more.size:
            break
        inside[more] = beyond[more]
        beyond[more] = np.minimum(2 * beyond[more], far[more])
    ended = outside(best + beyond[:, None] * ways)
    for _ in range(BISECTIONS):
        middle = (inside + beyond) / 2
        out = outside(best + middle[:, None] * ways)
        inside, beyond = np.where(out, inside, middle), np.where(out, middle, beyond)
    return np.where(ended, inside, far), bool(ended.all())


def _sphere(count: int) -> Floats:
    """Directions (count, 3) spread evenly: Fibonacci's lattice."""
    height = 1 - (2 * np.arange(count) + 1) / count
    turn = np.pi * (1 + np.sqrt(5)) * np.arange(count)
    around = np.sqrt(1 - height**2)
    return np.stack([around * np.cos(turn), around * np.sin(turn), height], axis=1)


def _parameters(between: Floats) -> Floats:
    """The three entries of L."""
    a = np.sqrt(between[0, 0])
    cross = between[0, 1] / a if a > 0 else 0.0
    return np.array([a, cross, np.sqrt(max(between[1, 1] - cross**2, 0.0))])


def _factors(at: Floats) -> Floats:
    """L (G, 2, 2) of parameters (G, 1) or (G, 3)."""
    out = np.zeros((len(at), 2, 2))
    out[:, 0, 0] = at[:, 0]
    if at.shape[1] > 1:
        out[:, 1, 0], out[:, 1, 1] = at[:, 1], at[:, 2]
    return out


def _covariances(at: Floats) -> Floats:
    factors = _factors(at)
    return np.asarray(factors @ factors.transpose(0, 2, 1))

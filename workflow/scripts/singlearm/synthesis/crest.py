"""The binomial-normal likelihood maximised over one of mu and tau while the other is held.

For many datasets at once; arrays (K, B) as in `glmm`.
"""

from typing import NamedTuple

import numpy as np

from .arrays import Bools, Floats, Ints
from .glmm import TAU_CEILING, TAU_FLOOR
from .quadrature import at_zero, integrate, move_centres, start_centres

ROUNDS = 40
#: What the last step gains: small enough that the terms left out are below 1e-9.
NEAR = 5e-7
#: What the last step may gain in a log-likelihood that lies 1 from the one searched for.
SHARE = 0.01
#: This near each other two summits are one.
MET = 0.02


class Crest(NamedTuple):
    """The likelihood maximised over one parameter while the other is held, (B,) each.

    `slope` and `bend` are the two derivatives of that log-likelihood in the parameter held, `drift`
    is the first of the parameter that is free. `point` (2, B) is mu and tau, at the border a tau to
    go on from; `centre` and `spread` (K, B) are the posterior's of each study there.
    """

    loglik: Floats
    slope: Floats
    bend: Floats
    drift: Floats
    point: Floats
    centre: Floats
    spread: Floats

    def columns(self, pick: Bools | Ints) -> "Crest":
        """The datasets selected by an index."""
        return Crest(*(a[..., pick] for a in self))

    def put(self, where: Bools | Ints, part: "Crest") -> None:
        """Replace the datasets `where`."""
        for whole, values in zip(self, part, strict=True):
            whole[..., where] = values


def climb(
    x: Floats,
    n: Floats,
    point: Floats,
    free: int,
    count: int,
    around: tuple[Floats, Floats] | None = None,
    aim: Floats | None = None,
    known: Floats | None = None,
) -> Crest:
    """Maximise over mu (`free` = 0) or over tau >= 0 (1), beginning at `point` (2, B); `around` are
    centres and spreads to begin with.

    The last step is not followed by another look: what it gains is known to its third order. The
    further the log-likelihood is from `aim` (B,), the sooner a step is the last; so is one that
    leads to `known` (2, B), tau and log-likelihood of a summit.
    """
    point, rows = point.copy(), np.empty((4, point.shape[1]))
    centres, spreads = around or start_centres(x, n, point[0], point[1])
    edge = [a.sum(axis=0) for a in at_zero(x, n, point[0])] if free == 1 else []
    todo, centre, spread = np.arange(point.shape[1]), centres, spreads
    for _ in range(ROUNDS):
        here, tau = point[:, todo], point[1, todo]
        got = integrate(x[:, todo], n[:, todo], here[0], tau, centre, spread, count)
        loglik, score, bend = (a.sum(axis=-2) for a in (got.loglik, got.score, got.hessian))
        g, h, bowed = score[free], bend[2 * free], bend[2 * free] < 0
        h = np.where(bowed, h, -1.0)
        # where the likelihood is convex its curvature says nothing: walk uphill
        newton, drift = np.where(bowed, -g / h, np.sign(g) * tau), np.where(bowed, -bend[1] / h, 0)
        step = bounded(newton, free, tau)
        sure = bowed & (step == newton)
        gain = np.where(sure, 0.5 * g * newton, 0.0)
        far = 0.0 if aim is None else np.abs(loglik + gain - aim[todo])
        end = sure & (gain < np.maximum(NEAR, SHARE * np.minimum(far, far * far)))
        if known is not None:
            end |= sure & met(known[:, todo], tau + step, loglik + gain)
        rows[:, todo] = (
            loglik + gain, score[1 - free] + drift * g, bend[2 - 2 * free] + drift * bend[1], drift,
        )  # fmt: skip
        if free == 1:
            falls = _falls(tau, loglik - edge[0][todo], g, edge[3][todo])
            rows[0, todo[falls]] = -np.inf
            out = falls | (tau < TAU_FLOOR) | (tau > TAU_CEILING)
            step, end = np.where(out, 0.0, step), end | out
        point[free, todo] += step
        moved = move_centres(got.centre, got.spread, here, point[:, todo])
        centres[:, todo], spreads[:, todo] = moved
        go = ~end
        if not go.any():
            break
        todo, centre, spread = todo[go], moved[0][:, go], moved[1][:, go]
    if free == 1:
        border = (point[1] < TAU_FLOOR) | ((edge[0] >= rows[0]) & (edge[3] <= 0))
        rows = np.where(border, (*edge[:3], np.zeros(border.shape)), rows)
    return Crest(rows[0], rows[1], rows[2], rows[3], point, centres, spreads)


def _falls(tau: Floats, rise: Floats, slope: Floats, slope_zero: Floats) -> Bools:
    """Whether the likelihood falls from tau = 0 to here nearly linearly in tau^2, with no summit
    on the way.

    `rise` is what it has gained, `slope` its derivative in tau, `slope_zero` that in tau^2 at 0.
    """
    mean = 0.5 * (slope_zero + 0.5 * slope / tau)
    straight = np.abs(slope_zero - mean) < 0.3 * np.abs(mean)
    return (mean < 0) & straight & (np.abs(rise - tau * tau * mean) < 0.1 * np.abs(rise))


def met(summit: Floats, tau: Floats, loglik: Floats) -> Bools:
    """Whether this is the summit (2, B) of tau and log-likelihood."""
    return (np.abs(tau - summit[0]) < MET * summit[0]) & (np.abs(loglik - summit[1]) < MET)


def or_far(x: Floats, n: Floats, near: Crest, count: int, share: float = 1.0) -> Crest:
    """The maximum over tau that is given, or where it is higher that of `far_over_tau`."""
    far = far_over_tau(x, n, near.point[0], count, share)
    # a summit found twice is the same
    higher = np.flatnonzero(far.loglik > near.loglik + NEAR)
    near.put(higher, far.columns(higher))
    return near


def far_over_tau(
    x: Floats,
    n: Floats,
    mu: Floats,
    count: int,
    share: float = 1.0,
    known: Floats | None = None,
) -> Crest:
    """The maximum over tau from where it reaches a share of the distance of the studies from mu.

    Away from the maximum a small tau that leaves the studies where they are and a large one that
    reaches out to mu can both be summits.
    """
    away = np.where(n > 0, np.log((x + 0.5) / (n - x + 0.5)) - mu, 0.0)
    reach = np.sqrt((away * away).sum(axis=0) / np.maximum((n > 0).sum(axis=0), 1))
    return climb(x, n, np.array([mu, share * np.clip(reach, 0.1, 10.0)]), 1, count, known=known)


def bounded(step: Floats, free: int, tau: Floats) -> Floats:
    """A step of mu (`free` = 0) or of tau (1) that is no leap."""
    low, high = (-0.75 * tau, 2 * tau) if free == 1 else (-np.maximum(2, tau), np.maximum(2, tau))
    return np.clip(step, low, high)

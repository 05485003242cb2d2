"""Limits of a likelihood: where the signed root of the likelihood-ratio statistic equals z.

The root is nearly linear in the parameter, so Newton steps on it arrive in a few rounds, and
Halley's in fewer, where the second derivative is known. Each value is already maximised over the
other parameters, whose derivatives drop out of the slope.
"""

from collections.abc import Callable

import numpy as np

from .arrays import Floats, Ints

ROUNDS = 40
#: Accepted distance of the signed root from its quantile.
CLOSE = 1e-8
#: A slope of the signed root that says nothing about where its quantile is.
FLAT = 1e-3
#: This near the quantile a step of Halley's may be the last, without another look.
NEAR = 1e-3
#: The share of a step that its bound takes away, if it takes any.
CUT = 0.01


def likelihood_limits(
    evaluate: Callable[[Floats, Ints], tuple[Floats, ...]],
    at: Floats,
    side: Floats,
    top: Floats,
    z: float,
    bound: Callable[[Floats, Floats], Floats],
    centre: Floats | None = None,
) -> Floats:
    """Solve for many parameters at once: the limits (B,), NaN where none was found.

    `evaluate(at, todo)` gives the maximised log-likelihood, its slope and, if it is known, its
    second derivative for the datasets `todo` at the values `at`; `at` (B,) is where to start, `top`
    (B,) the maximum, reached at `centre` (B,) if it is known; `side` (B,) is -1 or 1;
    `bound(at, step)` limits a step. A parameter driven out of the range of finite numbers is given
    up.
    """
    at = np.array(at, float)
    found = np.zeros(at.shape, bool)
    inside, outside = np.full((2, *at.shape), np.nan)
    if centre is not None:
        inside[...] = centre
    todo = np.arange(at.size)
    for _ in range(ROUNDS):
        here, way = at[todo], side[todo]
        loglik, slope, *bend = evaluate(here, todo)
        root = np.sqrt(np.maximum(2 * (top[todo] - loglik), 1e-12))
        close = np.abs(z - root) < CLOSE
        inside[todo] = np.where(root < z, here, inside[todo])
        outside[todo] = np.where(root >= z, here, outside[todo])
        # quadrature noise can keep the root from its quantile, but not the bracket from closing
        close |= np.abs(outside[todo] - inside[todo]) < CLOSE * (1 + np.abs(here))
        # d root / d at = -slope / root, positive when walking away from the maximum
        rate = -slope * way / root
        safe = np.where(rate > FLAT, rate, np.abs(z - root))
        step, last = way * (z - root) / safe, np.zeros(here.shape, bool)
        if bend:
            # the share by which the slope of the root changes up to the middle of the step
            turn = 0.5 * (root - z) * (bend[0] + rate * rate) / (root * safe * safe)
            step = step / (1 + np.clip(turn, -0.5, 0.5))
            # what the step leaves to be done is of the order of turn^2
            last = (np.abs(z - root) < NEAR) & (np.abs(z - root) * turn * turn < 0.1 * CLOSE)
        moved = bound(here, step)
        new = here + moved
        # a second hump or a flat stretch misleads the slope: stay between what is known
        near, far = inside[todo], outside[todo]
        astray = (np.abs(new - (near + far) / 2) >= np.abs(far - near) / 2) | (rate <= FLAT)
        astray &= ~np.isnan(near + far)
        new = np.where(astray, (near + far) / 2, new)
        # a step that was cut short is not the last; of a tiny one rounding must not say that
        last &= (rate > FLAT) & ~astray & (np.abs(moved - step) <= CUT * np.abs(step))
        at[todo] = np.where(close & ~last, here, new)
        found[todo[close | last]] = True
        todo = todo[~(close | last) & np.isfinite(new)]
        if todo.size == 0:
            break
    return np.where(found, at, np.nan)


def growing_to(ceiling: float) -> Callable[[Floats, Floats], Floats]:
    """The `bound` of a spread: a step changes it by at most a factor, and is endless beyond the
    ceiling, where the search is given up."""

    def bound(at: Floats, step: Floats) -> Floats:
        far = at + np.clip(step, -0.6 * at, 1.5 * at)
        return np.where(far < ceiling, far - at, np.inf)

    return bound

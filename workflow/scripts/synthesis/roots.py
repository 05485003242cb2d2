"""Limits of a likelihood: where the signed root of the likelihood-ratio statistic equals z.

The root is nearly linear in the parameter, so Newton steps on it arrive in a few rounds. Each value
is already maximised over the other parameters, whose derivatives drop out of the slope.
"""

import numpy as np

ROUNDS = 40
#: Accepted distance of the signed root from its quantile.
CLOSE = 1e-9


def likelihood_limits(evaluate, at, side, top, z, bound):
    """Solve for many parameters at once: the limits (B,), NaN where none was found.

    `evaluate(at, todo)` gives the maximised log-likelihood and its slope for the datasets `todo`
    at the values `at`; `top` (B,) is the maximum; `side` (B,) is -1 or 1; `bound(at, step)` limits
    a step. A parameter driven out of the range of finite numbers is given up.
    """
    at = np.array(at, float)
    found = np.zeros(at.shape, bool)
    todo = np.arange(at.size)
    for _ in range(ROUNDS):
        loglik, slope = evaluate(at[todo], todo)
        root = np.sqrt(np.maximum(2 * (top[todo] - loglik), 1e-12))
        # d root / d at = -slope / root, positive when walking away from the maximum
        rate = np.maximum(-slope * side[todo] / root, 1e-3)
        step = bound(at[todo], side[todo] * (z - root) / rate)
        close = np.abs(z - root) < CLOSE
        found[todo[close]] = True
        at[todo] += np.where(close, 0.0, step)
        todo = todo[~close & np.isfinite(at[todo])]
        if todo.size == 0:
            break
    return np.where(found, at, np.nan)

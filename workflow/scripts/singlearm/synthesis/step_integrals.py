"""The binomial-normal integral of a study without events, or with nothing else, when tau is large.

Its likelihood (1 + e^eta)^-n is then nearly a step in u = (eta - mu) / tau, which no polynomial
rule of moderate order meets. Integration by parts turns the step into smooth things:

    integral of u^j (1 + e^eta)^-n phi(u) du = integral of G_j((t - mu) / tau) f(t) dt,

with G_j(a) the integral of u^j phi(u) up to a, in closed form, and f(t) = n e^t (1 + e^t)^(-n-1) a
density. The right side is analytic in a strip around the real line, so the trapezoid rule is exact
to rounding (Trefethen and Weideman 2014, SIAM Review 56:385). A study with events only is the
mirror image.
"""

import numpy as np
from scipy.special import ndtr

from .arrays import Bools, Floats

#: From this tau on; below, quadrature around the posterior does as well with few nodes.
LARGE_TAU = 2.0
#: Step on the logit scale: the strip is at least pi/2 wide on both sides, error e^-30.
STEP = 0.33
#: Natural logs: what the outermost points of f leave out.
REACH = 30.0
#: Standard deviations that mu may be away: further out the normal integral underflows.
FARTHEST = 20.0
#: Doubles in one temporary array.
BLOCK = 32_000


def is_step(x: Floats, n: Floats, mu: Floats, tau: Floats) -> Bools:
    """Which studies (M,) are integrated here: none or all with the event, tau large.

    Where mu is far on the other side the posterior lies where the likelihood is no step.
    """
    away = np.where(x == 0, mu, -mu)
    near = away < tau * np.minimum(0.5 * tau, FARTHEST)
    return (tau > LARGE_TAU) & (n > 0) & ((x == 0) | (x == n)) & near


def step_moments(x: Floats, n: Floats, mu: Floats, tau: Floats) -> Floats:
    """Integrals of u^0 to u^4 against likelihood and normal density: (5, M)."""
    side = np.where(x == 0, 1.0, -1.0)
    size = n.size
    # f falls as e^t to the left of -log(n) and as e^-nt to the right of 0; the factor 2 is for G
    shift, least = np.log(n), n.min()
    right = np.log(least) + np.log(np.expm1(min(2 * REACH / least, 700.0)))
    s = np.arange(-REACH, max(right, 4.0) + STEP, STEP)[:, None]
    out = np.empty((5, size))
    block = max(1, BLOCK // s.size)
    for i in range(0, size, block):
        part = slice(i, i + block)
        # drawn datasets are of studies of the same sizes
        sizes, which = np.unique(n[part], return_inverse=True)
        log_f = s - (sizes + 1) * np.log1p(np.exp(s - np.log(sizes)))
        weight = (STEP * np.exp(log_f))[:, which]
        out[:, part] = _sums(weight, (s - shift[part] - side[part] * mu[part]) / tau[part])
    out[1] *= side
    out[3] *= side
    return out


def _sums(weight: Floats, a: Floats) -> Floats:
    """Sums over the points (axis 0) of weight G_j(a), j = 0 to 4."""
    area = (weight * ndtr(a)).sum(axis=0)
    weight = weight * np.exp(-0.5 * a * a) / np.sqrt(2 * np.pi)
    p0 = weight.sum(axis=0)
    weight *= a
    p1 = weight.sum(axis=0)
    weight *= a
    p2 = weight.sum(axis=0)
    weight *= a
    p3 = weight.sum(axis=0)
    return np.stack([area, -p0, area - p1, -p2 - 2 * p0, 3 * area - p3 - 3 * p1])

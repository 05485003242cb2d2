"""The integral of the binomial-normal model: log-likelihood and its exact derivatives.

A study with x events of n has a logit eta = mu + tau*u, u standard normal, and the likelihood
integral of exp(x*eta - n*log(1 + e^eta)) phi(u) du. Adaptive Gauss-Hermite quadrature (Liu and
Pierce 1994, Biometrika 81:624) puts its nodes at centre + sqrt(2)*spread*z, where centre and spread
are the posterior mean and standard deviation of u (Naylor and Smith 1982). With the posterior
moments of u the first and second derivatives in (mu, tau) follow without further integrals:

    dl/dmu = E[u]/tau            d2l/dmu2   = (Var[u] - 1)/tau^2
    dl/dtau = (E[u^2] - 1)/tau   d2l/dmudtau = (Cov[u, u^2] - 2 E[u])/tau^2
                                 d2l/dtau2  = (Var[u^2] - 3 E[u^2] + 1)/tau^2

Arrays are (K, B): studies x datasets; a study that is absent has n = 0 and adds exactly nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import gammaln

from .arrays import Floats
from .step_integrals import LARGE_TAU, is_step, step_moments

#: Up to this many nodes an integral is a first look.
ROUGH = 11
#: Doubles in one temporary array of the integrand: small enough to stay in the processor's cache.
BLOCK = 32_000
#: exp overflows soon beyond.
LARGEST_EXPONENT = 700.0


@lru_cache(maxsize=32)
def hermite_nodes(count: int) -> tuple[Floats, Floats]:
    """Nodes u (count,) of a standard normal and log weights: the integral of f(u) phi(u)
    is the sum of exp(logweight) * f(u). Golub and Welsch (1969), Math Comp 23:221."""
    off = np.sqrt(np.arange(1.0, count))
    nodes = np.linalg.eigvalsh(np.diag(off, 1) + np.diag(off, -1))
    nodes = (nodes - nodes[::-1]) / 2
    # The weight is 1 / sum of squared Hermite functions; taken from the eigenvectors instead, the
    # outer weights would be rounding error.
    before, now = np.zeros(count), np.exp(-(nodes**2) / 4)
    total = now**2
    for j in range(1, count):
        before, now = now, (nodes * now - np.sqrt(j - 1.0) * before) / np.sqrt(j)
        total += now**2
    log_weights = -np.log(total)
    return nodes, log_weights


@dataclass(frozen=True, slots=True)
class Integral:
    """Per study (K, B): log-likelihood without the binomial constant, posterior moments of u."""

    loglik: Floats
    centre: Floats
    spread: Floats
    score: np.ndarray  # (2, K, B): d/dmu, d/dtau
    hessian: np.ndarray  # (3, K, B): mu mu, mu tau, tau tau


def softplus(eta: Floats) -> Floats:
    """log(1 + exp(eta)) without overflow."""
    return np.maximum(eta, 0.0) + np.log1p(np.exp(-np.abs(eta)))


def binomial_constant(x: Floats, n: Floats) -> Floats:
    """log of n over x, summed over studies (axis 0)."""
    return (gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)).sum(axis=0)


def start_centres(x: Floats, n: Floats, mu: Floats, tau: Floats) -> tuple[Floats, Floats]:
    """Posterior mean and standard deviation of u as if the logit of each study were normal.

    A study that is absent keeps the prior's, 0 and 1, which the quadrature meets exactly.
    """
    there = n > 0
    y = np.log((x + 0.5) / (n - x + 0.5))
    v = (n + 1) / ((x + 0.5) * (n - x + 0.5))
    share = np.where(there, tau / (tau * tau + v), 0.0)
    return share * (y - mu), np.where(there, np.sqrt(v / (tau * tau + v)), 1.0)


def move_centres(
    centre: Floats, spread: Floats, before: Iterable[Floats], after: Iterable[Floats]
) -> tuple[Floats, Floats]:
    """Centres and spreads for new parameters, had each study's likelihood stayed normal in shape.

    `before` and `after` are (mu, tau). On the logit scale the likelihood's own precision is what
    the posterior has beyond the prior's 1/tau^2; the new prior is put in the old one's place.
    """
    (mu0, tau0), (mu1, tau1) = before, after
    old, new = 1 / tau0**2, 1 / tau1**2
    precision = 1 / (spread * tau0) ** 2
    logit = mu0 + tau0 * centre
    now = np.maximum(precision - old, 0.0) + new
    shift = (precision * logit - old * mu0 + new * mu1) / now
    return (shift - mu1) / tau1, 1 / (np.sqrt(now) * tau1)


def integrate(
    x: Floats, n: Floats, mu: Floats, tau: Floats, centre: Floats, spread: Floats, count: int
) -> Integral:
    """Integrate every study at mu (B,) or (K, B) and tau (B,), `count` nodes around the centres.

    tau must be positive; the derivatives lose digits below about 1e-4, where `at_zero` serves.
    Studies without events or with nothing else are integrated exactly when tau is large (see
    `step_integrals`).
    """
    return _derivatives(*_integrals(x, n, mu, tau, centre, spread, count), tau)


def log_integral(
    x: Floats, n: Floats, mu: Floats, tau: Floats, centre: Floats, spread: Floats, count: int
) -> Floats:
    """The log-likelihoods (K, B) of `integrate` alone."""
    return _integrals(x, n, mu, tau, centre, spread, count)[0]


def _integrals(
    x: Floats, n: Floats, mu: Floats, tau: Floats, centre: Floats, spread: Floats, count: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Log-likelihoods (K, B), centre and spread (K, B) and moments 1 to 4 of z about them."""
    shape, size = x.shape, x.size
    flat = [_flat(a, shape) for a in (x, n, mu, tau, centre, spread)]
    # a first look with a few nodes is rough anyway
    wanted = count > ROUGH and tau.max(initial=0.0) > LARGE_TAU
    step = is_step(*flat[:4]) if wanted else None
    if step is None or not step.any():
        top, m = _blockwise(flat, count)
    else:
        top, m = np.zeros(size), np.empty((5, size))
        top[~step], m[:, ~step] = _blockwise([a[~step] for a in flat], count)
        m[:, step] = step_moments(flat[0][step], flat[1][step], flat[2][step], flat[3][step])
        flat[4:] = np.where(step, 0.0, flat[4]), np.where(step, 1.0, flat[5])
    with np.errstate(divide="ignore", invalid="ignore"):
        loglik = top + np.log(m[0] * flat[5])
        moments = m[1:] / m[0]
    loglik, centre, spread = (a.reshape(shape) for a in (loglik, *flat[4:]))
    return loglik, centre, spread, moments.reshape(4, *shape)


def _flat(a: Floats, shape: tuple[int, int]) -> Floats:
    """One dimension, broadcast; quicker for small arrays than numpy's own way."""
    if a.shape == shape:
        return a.ravel()
    out = np.empty(shape)
    out[...] = a
    return out.ravel()


def _blockwise(flat: list[Floats], count: int) -> tuple[Floats, Floats]:
    """`_moments`, a block of studies at a time."""
    size, block = flat[0].size, max(1, BLOCK // count)
    if size <= block:
        x, n, mu, tau, c, s = flat
        return _moments(x, n, mu, tau, c, s, count)
    top, m = np.empty(size), np.empty((5, size))
    for i in range(0, size, block):
        part = slice(i, i + block)
        x, n, mu, tau, c, s = (a[part] for a in flat)
        top[part], m[:, part] = _moments(x, n, mu, tau, c, s, count)
    return top, m


def _moments(
    x: Floats, n: Floats, mu: Floats, tau: Floats, c: Floats, s: Floats, count: int
) -> tuple[Floats, Floats]:
    """Scale (M,) and moments 0 to 4 of z (5, M) of the integrand at c + s z, relative to it.

    All but n log(1 + e^eta) is a quadratic in z, so the node values come from matrix products.
    """
    line, quadratic, powers = _bases(count)
    at, slope = mu + tau * c, tau * s
    eta = line @ np.array([at, slope])
    # the outermost node has the largest logit
    if (at + slope * line[-1, 1]).max(initial=0.0) > LARGEST_EXPONENT:
        eta = softplus(eta)
    else:
        np.exp(eta, out=eta)
        np.log1p(eta, out=eta)
    eta *= n
    terms = np.ones((4, x.size))
    terms[:3] = x * at - 0.5 * c * c, x * slope - c * s, -0.5 * s * s
    value = quadratic @ terms
    value -= eta
    top = value.max(axis=0)
    value -= top
    np.exp(value, out=value)
    return top, powers @ value


@lru_cache(maxsize=32)
def _bases(count: int) -> tuple[Floats, Floats, Floats]:
    """Columns 1, z; then 1, z, z^2, log weight; and rows 1 to z^4, for `count` nodes."""
    z, log_weight = hermite_nodes(count)
    one = np.ones_like(z)
    return (
        np.stack([one, z], axis=1),
        np.stack([one, z, z * z, log_weight], axis=1),
        np.stack([one, z, z**2, z**3, z**4]),
    )


def _derivatives(loglik: Floats, c: Floats, s: Floats, moments: Floats, tau: Floats) -> Integral:
    """Turn moments of z into those of u = c + s z, and these into derivatives."""
    m1, m2, m3, m4 = moments
    var_z, cov_z, var_z2 = m2 - m1 * m1, m3 - m1 * m2, m4 - m2 * m2
    s2 = s * s
    mean, var = c + s * m1, s2 * var_z
    second = mean * mean + var
    cov = 2 * c * var + s * s2 * cov_z
    # Var[(c + s z)^2]
    var_square = 4 * c * cov + s2 * s2 * var_z2 - 4 * c * c * var
    score = np.array([mean, second - 1]) / tau
    hessian = np.array([var - 1, cov - 2 * mean, var_square - 3 * second + 1]) / (tau * tau)
    return Integral(loglik, mean, np.sqrt(np.maximum(var, 1e-24)), score, hessian)


def at_zero(x: Floats, n: Floats, mu: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """log-likelihood (K, B) at tau = 0, its derivatives in mu and the slope in tau^2."""
    p = 1 / (1 + np.exp(-mu))
    g, h = x - n * p, n * p * (1 - p)
    return x * mu - n * softplus(mu), g, -h, 0.5 * (g * g - h)

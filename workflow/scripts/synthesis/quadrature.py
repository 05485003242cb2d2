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

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import gammaln

#: At most this many doubles in one temporary array of a chunk (32 MB).
CHUNK_DOUBLES = 4_000_000


@lru_cache(maxsize=32)
def hermite_nodes(count: int) -> tuple[np.ndarray, np.ndarray]:
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

    loglik: np.ndarray
    centre: np.ndarray
    spread: np.ndarray
    score: np.ndarray  # (2, K, B): d/dmu, d/dtau
    hessian: np.ndarray  # (3, K, B): mu mu, mu tau, tau tau


def softplus(eta):
    """log(1 + exp(eta)) without overflow."""
    return np.maximum(eta, 0.0) + np.log1p(np.exp(-np.abs(eta)))


def binomial_constant(x, n):
    """log of n over x, summed over studies (axis 0)."""
    return (gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)).sum(axis=0)


def start_centres(x, n, mu, tau):
    """Posterior mean and standard deviation of u as if the logit of each study were normal."""
    y = np.log((x + 0.5) / (n - x + 0.5))
    v = (n + 1) / ((x + 0.5) * (n - x + 0.5))
    share = tau / (tau * tau + v)
    return share * (y - mu), np.sqrt(v / (tau * tau + v))


def integrate(x, n, mu, tau, centre, spread, count) -> Integral:
    """Integrate every study at (mu, tau), each (B,), with `count` nodes around the given centres.

    tau must be positive; the derivatives lose digits below about 1e-4, where `at_zero` serves.
    """
    z, log_weight = hermite_nodes(count)
    u = centre + spread * z[:, None, None]
    eta = mu + tau * u
    value = x * eta
    value -= n * softplus(eta)
    np.multiply(u, u, out=u)
    u *= 0.5
    value -= u
    value += log_weight[:, None, None]
    top = value.max(axis=0)
    value -= top
    np.exp(value, out=value)
    powers = np.stack([np.ones_like(z), z, z**2, z**3, z**4])
    m = (powers @ value.reshape(count, -1)).reshape(5, *top.shape)
    loglik = top + np.log(m[0]) + np.log(spread)
    m1, m2, m3, m4 = m[1:] / m[0]
    return _derivatives(loglik, centre, spread, (m1, m2, m3, m4), tau)


def _derivatives(loglik, c, s, moments, tau):
    """Turn moments of z into those of u = c + s z, and these into derivatives."""
    m1, m2, m3, m4 = moments
    var_z = m2 - m1 * m1
    cov_z = m3 - m1 * m2
    var_z2 = m4 - m2 * m2
    mean = c + s * m1
    var = s * s * var_z
    second = mean * mean + var
    cov = 2 * c * var + s**3 * cov_z
    var_square = 4 * c * c * var + 4 * c * s**3 * cov_z + s**4 * var_z2
    score = np.stack([mean / tau, (second - 1) / tau])
    hessian = np.stack([var - 1, cov - 2 * mean, var_square - 3 * second + 1]) / (tau * tau)
    return Integral(loglik, mean, np.sqrt(np.maximum(var, 1e-24)), score, hessian)


def at_zero(x, n, mu):
    """log-likelihood (K, B) at tau = 0, its derivatives in mu and the slope in tau^2."""
    p = 1 / (1 + np.exp(-mu))
    g, h = x - n * p, n * p * (1 - p)
    return x * mu - n * softplus(mu), g, -h, 0.5 * (g * g - h)

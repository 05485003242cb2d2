"""The population-averaged proportion of a logistic-normal model."""

import numpy as np

from .effects import expit
from .quadrature import hermite_nodes

NODES = 161


def logistic_normal_mean(mu, tau):
    """E[expit(mu + tau z)], z standard normal, and its derivatives in mu and tau; any shape."""
    z, log_weight = hermite_nodes(NODES)
    weight = np.exp(log_weight - 0.5 * z * z)
    mu, tau = np.broadcast_arrays(np.asarray(mu, float), np.asarray(tau, float))
    p = expit(mu[..., None] + tau[..., None] * z)
    slope = weight * p * (1 - p)
    return (weight * p).sum(axis=-1), slope.sum(axis=-1), (slope * z).sum(axis=-1)


def marginal_interval(mu, tau, covariance, z):
    """Marginal proportion with delta-method limits on its logit scale.

    `covariance` (2, 2, ...) of (mu, tau), its tau part 0 where tau sits at the border.
    """
    mean, d_mu, d_tau = logistic_normal_mean(mu, tau)
    spread = mean * (1 - mean)
    variance = (
        d_mu**2 * covariance[0, 0]
        + 2 * d_mu * d_tau * covariance[0, 1]
        + d_tau**2 * covariance[1, 1]
    ) / spread**2
    centre, half = np.log(mean) - np.log1p(-mean), z * np.sqrt(variance)
    return mean, expit(centre - half), expit(centre + half)

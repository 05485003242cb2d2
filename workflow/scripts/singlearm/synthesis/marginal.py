"""The population-averaged proportion of a logistic-normal model."""

import numpy as np
from scipy.special import ndtr

from .arrays import ArrayLike, Columns, Floats
from .effects import expit
from .quadrature import hermite_nodes

#: Up to this tau the mean is a sum over normal nodes, above it one over logistic points.
WIDE_TAU = 1.5
NODES = 81
#: Points of the logistic distribution: their step (error e^-39) and reach (e^-36 is left out).
STEP, REACH = 0.5, 36.0


def logistic_normal_mean(mu: ArrayLike, tau: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """E[expit(mu + tau z)], z standard normal, and its derivatives in mu and tau; any shape.

    For large tau expit is nearly a step. expit is the distribution function of the logistic law,
    so the mean is also E[Phi((mu - t) / tau)] over logistic t, which is smooth there.
    """
    mu, tau = np.broadcast_arrays(np.asarray(mu, float), np.asarray(tau, float))
    wide = tau > WIDE_TAU
    if wide.all():
        mean, d_mu, d_tau = _over_logistic(mu, tau)
        return mean, d_mu, d_tau
    out = _over_normal(mu, np.where(wide, 0.0, tau))
    if wide.any():
        out[:, wide] = _over_logistic(mu[wide], tau[wide])
    return out[0], out[1], out[2]


def _over_normal(mu: Floats, tau: Floats) -> Floats:
    z, log_weight = hermite_nodes(NODES)
    weight = np.exp(log_weight - 0.5 * z * z)
    p = expit(mu[..., None] + tau[..., None] * z)
    slope = p * (1 - p)
    return np.stack([p @ weight, slope @ weight, slope @ (weight * z)])


def _over_logistic(mu: Floats, tau: Floats) -> Floats:
    t = np.arange(-REACH, REACH + STEP, STEP)
    p = expit(t)
    weight = STEP * p * (1 - p)
    a = (mu[..., None] - t) / tau[..., None]
    density = np.exp(-0.5 * a * a) / np.sqrt(2 * np.pi)
    slope = density @ weight / tau
    return np.stack([ndtr(a) @ weight, slope, -((density * a) @ weight) / tau])


def marginal_interval(mu: Floats, tau: Floats, covariance: Floats, half: ArrayLike) -> Columns:
    """Marginal proportion with delta-method limits on its logit scale, by the names of columns.

    `covariance` (2, 2, ...) of (mu, tau), its tau part 0 where tau sits at the border; `half` is
    the number of standard errors to each side.
    """
    mean, d_mu, d_tau = logistic_normal_mean(mu, tau)
    spread = mean * (1 - mean)
    variance = d_mu**2 * covariance[0, 0] + 2 * d_mu * d_tau * covariance[0, 1]
    variance = (variance + d_tau**2 * covariance[1, 1]) / spread**2
    centre, reach = np.log(mean) - np.log1p(-mean), np.asarray(half) * np.sqrt(variance)
    low, high = expit(centre - reach), expit(centre + reach)
    return {"marginal": mean, "marginal_low": low, "marginal_high": high}

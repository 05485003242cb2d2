"""Weighted least squares over a Stack, with or without moderators: the sums all estimators share.

P is the projection W - W X (X'W X)^-1 X'W of the literature, never formed: only its traces and
quadratic forms are needed. Without moderators they reduce to sums of powers of the weights.
"""

from dataclasses import dataclass

import numpy as np

from .arrays import Floats
from .stack import Stack


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights (K, B), coefficients (P, B), residuals (K, B) and (X'W X)^-1 as (P, P, B)."""

    weights: Floats
    beta: Floats
    residuals: Floats
    inverse: Floats

    @property
    def q(self) -> Floats:
        """Weighted sum of squared residuals (B,)."""
        return np.einsum("kb,kb,kb->b", self.weights, self.residuals, self.residuals)


def weighted_fit(s: Stack, weights: Floats) -> Fitted:
    """Least squares of y on the design with the given weights (K, B), 0 for absent studies."""
    with np.errstate(invalid="ignore", divide="ignore"):
        if s.design is None:
            total = weights.sum(axis=0)
            beta = np.einsum("kb,kb->b", weights, s.y) / total
            return Fitted(weights, beta[None], s.y - beta, (1 / total)[None, None])
        inverse = invert(gram(s.design, weights))
        beta = np.einsum("pqb,qb->pb", inverse, (s.design * (weights * s.y)).sum(axis=1))
        return Fitted(weights, beta, s.y - (s.design * beta[:, None]).sum(axis=0), inverse)


def inverse_variance_fit(s: Stack, tau2: Floats | float) -> Fitted:
    """The fit with weights 1 / (v + tau2)."""
    weights = s.v + tau2
    return weighted_fit(s, np.reciprocal(weights, out=weights))


def gram(design: Floats, weights: Floats) -> Floats:
    """X' W X as (P, P, B)."""
    weighted = design * weights
    # all products at once would leave the processor's cache
    return np.stack([(column * weighted).sum(axis=1) for column in design])


def invert(matrices: Floats) -> Floats:
    """Inverse of (P, P, B) matrices; NaN where a matrix is singular to working precision."""
    a = np.moveaxis(matrices, -1, 0)
    scale = np.sqrt(np.maximum(np.einsum("bpp->bp", a), 1e-300))
    a = a / (scale[:, :, None] * scale[:, None, :])
    good = np.isfinite(a).all(axis=(1, 2))
    # what np.linalg.cond gives, which takes three times as long: the matrices are symmetric
    sizes = np.abs(np.linalg.eigvalsh(a[good]))
    good[good] = sizes.max(axis=1) < 1e13 * sizes.min(axis=1)
    safe = np.where(good[:, None, None], a, np.eye(a.shape[1]))
    inverse = np.linalg.inv(safe) / (scale[:, :, None] * scale[:, None, :])
    return np.moveaxis(np.where(good[:, None, None], inverse, np.nan), 0, -1)


def quadratic(s: Stack, f: Fitted, u: Floats) -> Floats:
    """u' P u (B,) for u (K, B)."""
    wu = f.weights * u
    plain = np.einsum("kb,kb->b", wu, u)
    if s.design is None:
        return plain - wu.sum(axis=0) ** 2 * f.inverse[0, 0]
    c = (s.design * wu).sum(axis=1)
    return plain - np.einsum("pb,pqb,qb->b", c, f.inverse, c)


def trace(s: Stack, f: Fitted) -> Floats:
    """tr P (B,)."""
    w = f.weights
    if s.design is None:
        return w.sum(axis=0) - np.einsum("kb,kb->b", w, w) * f.inverse[0, 0]
    return w.sum(axis=0) - np.einsum("pqb,pqb->b", f.inverse, gram(s.design, w * w))


def trace_square(s: Stack, f: Fitted) -> Floats:
    """tr P P (B,)."""
    w, w2 = f.weights, f.weights * f.weights
    if s.design is None:
        second, third, inv = w2.sum(axis=0), np.einsum("kb,kb->b", w2, w), f.inverse[0, 0]
        return second - 2 * third * inv + (second * inv) ** 2
    inner = np.einsum("pqb,qrb->prb", f.inverse, gram(s.design, w2))
    third = np.einsum("pqb,pqb->b", f.inverse, gram(s.design, w2 * w))
    return w2.sum(axis=0) - 2 * third + np.einsum("pqb,qpb->b", inner, inner)

"""Many datasets side by side: studies down the rows, datasets across the columns.

Everything that iterates works on a `Stack`, so that one pass serves one dataset or a hundred
thousand. Ragged datasets are padded: a study that is not there has y = 0 and v = inf, hence
weight 0, and needs no special case in a weighted sum. Studies lie on axis 0 because sums over a
short axis are fast only when the long axis is contiguous.
"""

from dataclasses import dataclass

import numpy as np

from .arguments import together
from .arrays import ArrayLike, Bools, Floats, Ints
from .words import SynthesisError


@dataclass(frozen=True, slots=True)
class Stack:
    """Effect sizes `y` and variances `v`, shape (K, B); `present` (K, B) bool; `k` (B,).

    `design` is None for one pooled value, else the moderators (P, K, B) or (P, K, 1), intercept
    included, zero where a study is absent.
    """

    y: Floats
    v: Floats
    present: Bools
    k: Floats
    design: Floats | None = None

    @property
    def coefficients(self) -> int:
        """Number of coefficients P."""
        return 1 if self.design is None else self.design.shape[0]

    @property
    def df(self) -> Floats:
        """Residual degrees of freedom k - P, shape (B,)."""
        return self.k - self.coefficients

    def columns(self, pick: Bools | Ints | slice) -> "Stack":
        """The datasets selected by a boolean or integer index."""
        design = self.design
        if design is not None and design.shape[2] > 1:
            design = design[:, :, pick]
        return Stack(self.y[:, pick], self.v[:, pick], self.present[:, pick], self.k[pick], design)


def stack(
    yi: ArrayLike, vi: ArrayLike, present: ArrayLike | None = None
) -> tuple[Stack, tuple[int, ...]]:
    """Arrays (..., k) as a Stack, and the leading shape to give results back in.

    `present` (..., k) marks the studies that belong to each dataset; None means all of them.
    Raises SynthesisError for a missing effect size or a variance that is not positive.
    """
    belongs = np.array(True) if present is None else np.asarray(present, bool)
    y, v, there = np.broadcast_arrays(*together(yi=yi, vi=vi), belongs)
    if not y.ndim:
        raise SynthesisError("yi and vi must be lists with one number per study")
    if present is not None or not (y.size and v.min() > 0 and np.isfinite(y.sum() + v.sum())):
        _check(y, v, there)
    lead, k = y.shape[:-1], y.shape[-1]
    shape = int(np.prod(lead)), k
    y, v, there = (np.ascontiguousarray(a.reshape(shape).T) for a in (y, v, there))
    if not there.all():
        y, v = np.where(there, y, 0.0), np.where(there, v, np.inf)
    return Stack(y, v, there, there.sum(axis=0).astype(float)), lead


def _check(y: Floats, v: Floats, there: Bools) -> None:
    bad = there & ~(np.isfinite(y) & (v > 0) & np.isfinite(v))
    if bad.any():
        raise SynthesisError(
            f"{int(bad.sum())} effect sizes are missing or have a variance that is not positive"
        )

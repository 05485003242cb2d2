"""Several arms against one control: their contrasts are correlated, and are pooled as such."""

import numpy as np

from .arrays import ArrayLike
from .ratio_counts import TwoByTwo

#: Correlation of two contrasts with one control when arms are of equal size: half of the variance
#: of each is the control's.
EQUAL_ARMS = 0.5


def combine_arms(tables: TwoByTwo) -> TwoByTwo:
    """The arms of one trial taken together against their control, a single row.

    Cochrane Handbook, section 23.3.4: the method it recommends for several arms.
    """
    total = tables.events_treat.sum(keepdims=True), tables.n_treat.sum(keepdims=True)
    return TwoByTwo(*total, tables.events_ctrl[:1], tables.n_ctrl[:1])


def pool_correlated(yi: ArrayLike, covariance: ArrayLike) -> tuple[float, float]:
    """The common effect of correlated ones by generalised least squares, and its standard error.

    Examples
    --------
    >>> estimate, se = pool_correlated([-1.25, -0.98], [[0.232, 0.083], [0.083, 0.208]])
    >>> round(estimate, 3), round(se, 3)
    (-1.103, 0.389)
    """
    y, v = np.asarray(yi, float), np.asarray(covariance, float)
    ones = np.ones_like(y)
    weighted = np.linalg.solve(v, np.column_stack([ones, y]))
    total = float(ones @ weighted[:, 0])
    return float(ones @ weighted[:, 1]) / total, float(np.sqrt(1 / total))

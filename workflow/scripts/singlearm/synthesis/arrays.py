"""Names for the arrays that the modules hand on to each other."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Real numbers, whole numbers, yes or no, anything (labels, tuples of notes), complex numbers.
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Objects = NDArray[np.object_]
Complexes = NDArray[np.complexfloating]
#: Results of a batched computation, name to values (numbers, or whether a fit converged).
Columns = dict[str, NDArray[Any]]

__all__ = ["ArrayLike", "Bools", "Columns", "Complexes", "Floats", "Ints", "Objects"]

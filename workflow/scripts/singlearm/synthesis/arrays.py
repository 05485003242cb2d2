"""Names for the arrays that the modules hand on to each other."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Real numbers, whole numbers, yes or no, anything (labels, tuples of notes).
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Objects = NDArray[np.object_]
#: One result of a batched computation: name of the column to its values.
Columns = dict[str, Floats]

__all__ = ["ArrayLike", "Bools", "Columns", "Floats", "Ints", "Objects"]

"""Arguments of the public functions: what is no number, no list or no level is told in words.

Numpy reads `"3"` and True as numbers, repeats a lone number for every study, drops imaginary parts
and ends in errors of its own for the rest; none of that may become a result.
"""

from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import Floats
from .words import SynthesisError

#: Kinds of numpy's types that hold numbers: whole with and without sign, real.
NUMERIC = "iuf"


def real_numbers(name: str, values: object) -> Floats:
    """The values as floats, any shape, None and pandas' NA as NaN.

    Raises
    ------
    SynthesisError
        For text, truth values, dates, complex numbers, and lists that are no array.

    Examples
    --------
    >>> real_numbers("n", [3, None])
    array([ 3., nan])
    """
    try:
        found: NDArray[Any] = np.asarray(values)
    except (ValueError, TypeError):
        raise SynthesisError(f"{name}: the lists within it must have one length") from None
    if found.dtype.kind in NUMERIC:
        return np.asarray(found, float)
    if found.dtype.kind == "O":
        flat = [_real(name, value) for value in found.ravel()]
        return np.array(flat, float).reshape(found.shape)
    first = found.ravel()[0] if found.size else found.dtype
    raise SynthesisError(f"{name}: {first!s} is not a number; allowed: numbers, as a list or array")


def _real(name: str, value: object) -> float:
    """One value of a mixed list."""
    if _missing(value):
        return float("nan")
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    several = isinstance(value, Iterable) and not isinstance(value, str)
    what = type(value).__name__ if several else repr(value)
    raise SynthesisError(f"{name}: {what} is not a number; allowed: numbers, as a list or array")


def lists(**values: object) -> list[Floats]:
    """Lists of numbers, one number per study, all of one length; a lone number is a list of one.

    Raises
    ------
    SynthesisError
        For tables, lengths that differ, and what `real_numbers` refuses.
    """
    found = [np.atleast_1d(real_numbers(name, value)) for name, value in values.items()]
    names = " and ".join(values)
    for name, one in zip(values, found, strict=True):
        if one.ndim != 1:
            raise SynthesisError(f"{name} must be a list with one number per study, not a table")
    if len({one.size for one in found}) > 1:
        sizes = ", ".join(str(one.size) for one in found)
        raise SynthesisError(f"{names} must be lists of one length, not {sizes}")
    return found


def together(**values: object) -> tuple[Floats, ...]:
    """Arrays of numbers brought to one shape.

    Raises
    ------
    SynthesisError
        For shapes that do not fit, and for what `real_numbers` refuses.
    """
    found = [real_numbers(name, value) for name, value in values.items()]
    try:
        return tuple(np.broadcast_arrays(*found))
    except ValueError:
        shapes = ", ".join(str(one.shape) for one in found)
        names = " and ".join(values)
        raise SynthesisError(f"{names} must have shapes that fit, not {shapes}") from None


def labels(name: str, values: Iterable[object]) -> list[object]:
    """Labels of studies as a list; what is missing (None, NaN, pandas' NA) is None.

    A text is a list of letters: "aab" are the labels of three studies.

    Raises
    ------
    SynthesisError
        For what is no list.
    """
    if not isinstance(values, Iterable):
        raise SynthesisError(f"{name}: {values!r} is not a list with an entry per study")
    return [None if _missing(value) else value for value in values]


def level_names(found: Iterable[object], levels: Iterable[str] | None) -> tuple[Any, ...]:
    """The levels of labels in their order: as asked for, else sorted.

    Raises
    ------
    SynthesisError
        For labels of different kinds, which have no order.
    """
    if levels is not None:
        return tuple(labels("levels", levels))
    known: set[Any] = {label for label in found if label is not None}
    try:
        return tuple(sorted(known))
    except TypeError:
        raise SynthesisError("labels must be all texts or all numbers, not both") from None


def _missing(value: object) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and bool(np.isnan(value))


def check_share(name: str, value: object) -> float:
    """A number between 0 and 1, neither included: a level, a threshold.

    Raises
    ------
    SynthesisError
        For anything else.
    """
    if isinstance(value, Real) and not isinstance(value, bool) and 0 < float(value) < 1:
        return float(value)
    raise SynthesisError(f"{name}: {value!r} is not a number between 0 and 1")


def check_positive(name: str, value: object) -> float:
    """A finite number above 0.

    Raises
    ------
    SynthesisError
        For anything else.
    """
    if isinstance(value, Real) and not isinstance(value, bool) and 0 < float(value) < np.inf:
        return float(value)
    raise SynthesisError(f"{name}: {value!r} is not a number above 0")


def check_count(name: str, value: object, least: int) -> int:
    """A whole number of at least so many.

    Raises
    ------
    SynthesisError
        For anything else.
    """
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= least:
        return int(value)
    raise SynthesisError(f"{name}: {value!r} is not a whole number of {least} or more")


def cluster_labels(clusters: Iterable[object], arms: int | None = None) -> list[str]:
    """The trial of each arm; `arms` is how many there must be."""
    found = labels("clusters", clusters)
    if arms is not None and len(found) != arms:
        raise SynthesisError(
            f"events, total and clusters must have one length, not {arms}, {arms}, {len(found)}"
        )
    without = [str(i) for i, label in enumerate(found, 1) if label is None]
    if without:
        raise SynthesisError(
            f"clusters: no trial (None or NaN) for arm {', '.join(without)}; allowed: a label for"
            " every arm, one of its own for an arm that is the only one of its trial"
        )
    return [str(label) for label in found]

"""What all specifications of a multiverse say together, and which choice moves them most."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import Bools, Floats, Ints
from .specifications import CHOICES, Multiverse

#: Estimates that agree to so many decimals are one.
SAME_DIGITS = 9
#: A fit of the same model by another road is this near.
SAME_FIT = 1e-7


def summarise(
    m: Multiverse, published: float | None = None, primary: float | None = None
) -> list[dict[str, object]]:
    """Distribution of the estimates over all specifications and over each level of each choice.

    Parameters
    ----------
    m : Multiverse
        From `multiverse`.
    published : float, optional
        A proportion; asks for the shares of the estimates below and above it.
    primary : float, optional
        The primary model's proportion; asks for the same of it.

    Returns
    -------
    list of dict
        A row for all specifications, where any has an estimate, then one for each level of each
        choice that has several.

    Notes
    -----
    Specifications that differ in their interval only have one estimate, so each share and median is
    given twice: over specifications, and over `distinct` estimates, each counted once. Of the
    primary model's estimate, which is one of them or near them, over distinct estimates alone.

    `moves_mean` and `moves_max` say how far a choice alone moves the estimate: the range of the
    medians of its levels where all other choices are the same (for the likelihood: the same data),
    its mean and maximum over those other choices. The choice with the largest mean moves it most.
    """
    there = np.isfinite(m.estimate)
    rows = (
        [_distribution(m.estimate[there], "all", None, published, primary)] if there.any() else []
    )
    for choice in CHOICES:
        levels = [w for w in dict.fromkeys(m.names[choice][there]) if w]
        if len(levels) < 2:
            continue
        mean, most = _moves(m, choice, there)
        for level in levels:
            values = m.estimate[there & (m.names[choice] == level)]
            row = _distribution(values, choice, level, published, primary)
            rows.append(row | {"moves_mean": mean, "moves_max": most})
    return rows


def _distribution(
    values: Floats, choice: str, level: str | None, published: float | None, primary: float | None
) -> dict[str, object]:
    once = np.unique(np.round(values, SAME_DIGITS))
    side, side_once = _sides(values, published), _sides(once, published)
    below, above = _sides(once, primary, SAME_FIT)
    return {
        "choice": choice, "level": level, "specifications": values.size,
        "minimum": values.min(), "median": np.median(values), "maximum": values.max(),
        "published": published, "share_below": side[0], "share_above": side[1],
        "moves_mean": None, "moves_max": None,
        "distinct": once.size, "median_distinct": np.median(once),
        "share_below_distinct": side_once[0], "share_above_distinct": side_once[1],
        "primary": primary,
        "share_below_primary": below, "share_above_primary": above,
    }  # fmt: skip


def _sides(
    values: Floats, line: float | None, near: float = 0.0
) -> tuple[float | None, float | None]:
    """Shares further than `near` below and above a value."""
    if line is None:
        return None, None
    return float((values < line - near).mean()), float((values > line + near).mean())


def _moves(m: Multiverse, choice: str, there: Bools) -> tuple[float | None, float | None]:
    """Mean and largest range of level medians, all else equal; None where nothing compares."""
    on_data = ("inclusion", "data_cut", "denominators")
    fixed = on_data if choice == "likelihood" else [c for c in CHOICES if c != choice]
    rest = _codes([m.names[c][there] for c in fixed])
    cell = _codes([rest, m.names[choice][there]])
    values = m.estimate[there]
    order = np.lexsort((values, cell))
    start = np.searchsorted(cell[order], np.arange(cell.max() + 1))
    count = np.diff(np.append(start, cell.size))
    ranked = values[order]
    medians = (ranked[start + (count - 1) // 2] + ranked[start + count // 2]) / 2
    # cells are numbered by what else is fixed, so those of one setting lie side by side
    first = np.unique(rest[order][start], return_index=True)[1]
    several = np.diff(np.append(first, medians.size)) > 1
    if not several.any():
        return None, None
    ranges = np.maximum.reduceat(medians, first) - np.minimum.reduceat(medians, first)
    return float(ranges[several].mean()), float(ranges[several].max())


def _codes(columns: Sequence[NDArray[Any]]) -> Ints:
    """Whole numbers from 0 for the distinct combinations of columns, in the columns' order."""
    code = np.zeros(len(columns[0]), int)
    for column in columns:
        known, index = np.unique(column, return_inverse=True)
        code = np.unique(code * known.size + index, return_inverse=True)[1]
    return code

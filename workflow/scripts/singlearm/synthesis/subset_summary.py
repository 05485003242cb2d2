"""What all subsets say together: quantiles, a two-dimensional histogram, its clusters.

Quantiles are exact: a histogram finds the bins that hold the wanted ranks, and only those values
are sorted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np

from .arrays import Floats, Ints
from .notes import join
from .subsets import LOW_BITS, Subsets, bits_of, parts

#: Bins that narrow down an order statistic, and values looked at in one go.
SELECT_BINS = 4096
CHUNK = 1 << 16
PROBABILITIES = (0.0, 0.025, 0.25, 0.5, 0.75, 0.975, 1.0)
#: What these quantiles are called.
QUANTILES = ("minimum", "q025", "q250", "median", "q750", "q975", "maximum")
#: Widths a bin of the estimate may have; the smallest that needs no more than MOST_BINS is taken.
STEPS = (0.0005, 0.001, 0.002, 0.0025, 0.005, 0.01)
MOST_BINS = 160
I2_BINS = 100
#: Two peaks are one cluster when the saddle between them reaches this share of the lower one.
SADDLE = 0.7
#: A peak whose basin holds less than this share is part of its neighbour.
LEAST_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts (E, I) over bins of the estimate and of I2 with their edges (E+1,), (I+1,)."""

    counts: Ints
    estimate_edges: Floats
    i2_edges: Floats


def quantiles(
    subsets: Subsets, values: Floats, probabilities: Sequence[float] = PROBABILITIES
) -> Floats:
    """Quantiles of values (N,) over the subsets that count, linear between order statistics (type
    7), from exact ranks."""
    place = np.asarray(probabilities, float) * (subsets.count - 1)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, subsets.count - 1)
    ranks = np.unique(np.concatenate([below, above]))
    extra = values.size - subsets.count
    if extra and values.min() < 0:
        values, extra = np.delete(values, subsets.empty()), 0
    # subsets that do not count hold 0, the smallest value: they rank first
    found = dict(zip(ranks.tolist(), order_statistics(values, ranks + extra), strict=True))
    low, high = (np.array([found[r] for r in part.tolist()]) for part in (below, above))
    return low + (place - below) * (high - low)


def order_statistics(values: Floats, ranks: Ints) -> Floats:
    """The values at the ascending ranks (from 0), as after sorting."""
    low, high = values.min(), values.max()
    if low == high:
        return np.full(len(ranks), low)
    scale = SELECT_BINS / (high - low)

    def bins(i: int) -> Ints:
        return ((values[i : i + CHUNK] - low) * scale).astype(np.intp)

    starts = range(0, values.size, CHUNK)
    counts = sum(np.bincount(bins(i), minlength=SELECT_BINS + 1) for i in starts)
    upto = np.cumsum(counts)
    wanted = np.zeros(SELECT_BINS + 1, bool)
    home = np.searchsorted(upto, ranks, side="right")
    wanted[home] = True
    kept = np.concatenate([values[i : i + CHUNK][wanted[bins(i)]] for i in starts])
    # ranks among the kept values: less everything in bins that were not wanted
    left_out = np.cumsum(np.where(wanted, 0, counts))
    inner = np.asarray(ranks) - left_out[home]
    return np.partition(kept, inner)[inner]


def histogram(subsets: Subsets) -> Histogram:
    """Counts of subsets over proportion and I2."""
    low, high = quantiles(subsets, subsets.estimate, (0.0, 1.0))
    step = next((s for s in STEPS if (high - low) / s <= MOST_BINS), STEPS[-1])
    first, last = int(np.floor(low / step)), int(np.floor(high / step)) + 1
    width = last - first
    counts = np.zeros(width * I2_BINS, np.int64)
    for i in range(0, subsets.estimate.size, CHUNK):
        e = (subsets.estimate[i : i + CHUNK] / step).astype(np.intp) - first
        h = (subsets.i2[i : i + CHUNK] * I2_BINS).astype(np.intp)
        cell = np.clip(e, 0, width - 1) * I2_BINS + np.minimum(h, I2_BINS - 1)
        if subsets.members is None:
            number = np.arange(i, i + e.size)
            cell = cell[(number & (number - 1)) != 0]
        counts += np.bincount(cell, minlength=counts.size)
    digits = 4  # every width in STEPS is a whole number of ten-thousandths
    edges = np.round(np.arange(first, last + 1) * step, digits)
    i2_edges = np.round(np.arange(I2_BINS + 1) / I2_BINS, digits)
    return Histogram(counts.reshape(width, I2_BINS), edges, i2_edges)


def clusters(counts: Ints) -> Ints:
    """Cluster numbers (E, I) of the cells of a histogram, 0 the largest, -1 where no subset lies.

    The smoothed density is flooded from its peaks down; two basins that meet are one when the
    saddle is at least `SADDLE` of the lower peak, or when one of them is small.
    """
    smooth = _smoothed(counts.astype(float))
    label = np.full((smooth.shape[0] + 2, smooth.shape[1] + 2), -1)
    around = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0)]
    parent: list[int] = []
    peak: list[float] = []
    mass: list[int] = []
    least = LEAST_SHARE * counts.sum()

    def root(c: int) -> int:
        while parent[c] != c:
            c = parent[c]
        return c

    order = np.argsort(-smooth, axis=None, kind="stable")
    order = order[smooth.ravel()[order] > 0]
    for cell in order.tolist():
        i, j = divmod(cell, smooth.shape[1])
        near = {root(c) for a, b in around if (c := label[i + 1 + a, j + 1 + b]) >= 0}
        height = smooth[i, j]
        if not near:
            mine = len(parent)
            parent.append(mine)
            peak.append(height)
            mass.append(0)
        else:
            mine, *others = sorted(near, key=lambda c: (-peak[c], c))
            for other in others:
                if height >= SADDLE * peak[other] or mass[other] < least:
                    parent[other] = mine
                    mass[mine] += mass[other]
        mass[mine] += int(counts[i, j])
        label[i + 1, j + 1] = mine
    return _renumbered(label[1:-1, 1:-1], root, counts)


def _renumbered(label: Ints, root: Callable[[int], int], counts: Ints) -> Ints:
    """Roots in place of basins, numbered by falling number of subsets."""
    roots = np.array([[root(c) if c >= 0 else -1 for c in row] for row in label])
    names = [c for c in np.unique(roots) if c >= 0]
    size = {c: counts[roots == c].sum() for c in names}
    ranked = sorted(names, key=lambda c: (-size[c], c))
    out = np.full(roots.shape, -1)
    for number, c in enumerate(ranked):
        out[roots == c] = number
    return np.where(counts > 0, out, -1)


def _smoothed(grid: Floats) -> Floats:
    """Binomial weights (1 4 6 4 1)/16 along both axes, twice."""
    for _ in range(2):
        for axis in (0, 1):
            wide = np.pad(grid, [(2, 2) if a == axis else (0, 0) for a in (0, 1)])
            n = grid.shape[axis]
            parts = (wide.take(range(s, s + n), axis=axis) for s in range(5))
            weighted = [w * p for w, p in zip((1, 4, 6, 4, 1), parts, strict=True)]
            grid = np.sum(weighted, axis=0) / 16
    return grid


def histogram_rows(grid: Histogram, label: Ints) -> list[dict[str, float]]:
    """The bins that hold a subset, with the number of their cluster (from 1)."""
    return [
        {
            "estimate_low": grid.estimate_edges[i],
            "estimate_high": grid.estimate_edges[i + 1],
            "i2_low": grid.i2_edges[j],
            "i2_high": grid.i2_edges[j + 1],
            "subsets": grid.counts[i, j],
            "cluster": label[i, j] + 1,
        }
        for i, j in zip(*np.nonzero(grid.counts), strict=True)
    ]


def quantile_rows(subsets: Subsets) -> list[dict[str, object]]:
    """Quantiles of the pooled values, tau2 and I2 over the subsets, one row for each."""
    values = (
        ("DL", "estimate", subsets.estimate),
        ("EE", "estimate", subsets.estimate_ee),
        ("DL", "tau2", subsets.tau2),
        ("DL", "i2", subsets.i2),
    )
    return [
        {"model": model, "quantity": quantity, "subsets": subsets.count}
        | dict(zip(QUANTILES, quantiles(subsets, found), strict=True))
        | {"note": join(*subsets.notes)}
        for model, quantity, found in values
    ]


def study_rows(subsets: Subsets) -> list[dict[str, float]]:
    """Mean estimate and I2 over the subsets with and without each study, one row a study."""
    means = [*study_effects(subsets, subsets.estimate), *study_effects(subsets, subsets.i2)]
    columns = ("mean_with", "mean_without", "i2_with", "i2_without")
    return [dict(zip(columns, values, strict=True)) for values in zip(*means, strict=True)]


def cluster_table(grid: Histogram, label: Ints) -> list[dict[str, float]]:
    """Share and mean place of each cluster, the largest first; those that hold less than
    `LEAST_SHARE` make one row of cluster 0."""
    counts, total = grid.counts, grid.counts.sum()
    shares = [counts[label == c].sum() / total for c in range(label.max() + 1)]
    named = [c for c, share in enumerate(shares) if share >= LEAST_SHARE]
    groups = [(c + 1, label == c) for c in named]
    rest = (label >= 0) & ~np.isin(label, named)
    if rest.any():
        groups.append((0, rest))
    middle_x = (grid.estimate_edges[:-1] + grid.estimate_edges[1:]) / 2
    middle_y = (grid.i2_edges[:-1] + grid.i2_edges[1:]) / 2
    rows = []
    for number, inside in groups:
        part = np.where(inside, counts, 0)
        size = part.sum()
        rows.append(
            {
                "cluster": number, "subsets": int(size), "share": size / total,
                "estimate": (part.sum(axis=1) * middle_x).sum() / size,
                "i2": (part.sum(axis=0) * middle_y).sum() / size,
            }
        )  # fmt: skip
    return rows


def study_effects(subsets: Subsets, values: Floats) -> tuple[Floats, Floats]:
    """Mean of `values` (N,) over the subsets with and without each study: (k,), (k,).

    Drawn subsets are first summed by their pattern of a few studies at a time.
    """
    if subsets.members is None:
        inside, whole = _sums_by_bit(values, subsets.k)
        counts = np.full(subsets.k, 2 ** (subsets.k - 1) - 1.0)
        missing = 2 ** (subsets.k - 1) - subsets.k * 1.0
        return inside / counts, (whole - inside) / missing
    inside, counts = np.empty(subsets.k), np.empty(subsets.k)
    for first, last in parts(subsets.k):
        pattern, size = bits_of(subsets.members, first, last - first), last - first
        sums, number = (
            np.bincount(pattern, each, 2**size).astype(float) for each in (values, None)
        )
        inside[first:last], whole = _sums_by_bit(sums, size)
        counts[first:last], _ = _sums_by_bit(number, size)
    return inside / counts, (whole - inside) / (values.size - counts)


def _sums_by_bit(values: Floats, k: int) -> tuple[Floats, float]:
    """Sum over the subsets with each bit set (k,), and over all."""
    bits = min(k, LOW_BITS)
    t = values.reshape(-1, 2**bits)
    inside = np.empty(k)
    for i in range(bits):
        odd = t[:, 1::2]
        inside[i] = fsum(odd.sum(axis=1))
        t = t[:, ::2] + odd
    leaves, number = t[:, 0], np.arange(t.shape[0])
    for i in range(bits, k):
        inside[i] = fsum(leaves[((number >> (i - bits)) & 1).astype(bool)])
    return inside, fsum(leaves)

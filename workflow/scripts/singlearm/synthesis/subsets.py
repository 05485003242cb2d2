"""Every subset of the studies pooled: the graphical display of study heterogeneity (GOSH).

Olkin, Dahabreh and Trikalinos (2012), Res Synth Methods 3:214. For each subset of two studies or
more: the DerSimonian-Laird and the common-effect value, tau2 and I2.

A subset is a whole number whose bit i says whether study i is in. Five sums (of w, wy, wyy, ww and
1) give I2, tau2 and the common-effect value of all subsets by adding two tables, one for the low
bits and one for the high bits. The random-effects value needs weights of its own in each subset;
they are added study by study, in the order of the studies, in blocks that stay in the processor's
cache. No result depends on the size of the blocks or on the number of threads: each subset's sums
have one fixed order. So have sums over subsets (`subset_summary`): those of all subsets run over
leaves of one fixed size, added exactly, those of drawn ones in the order of the draws.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .arrays import ArrayLike, Floats, Ints
from .effects import back_transform, effect_sizes
from .notes import Note, Notes
from .words import SynthesisError

#: From the scale of the effect sizes to that of the results, element by element.
Back = Callable[[Floats], Floats] | None
#: Up to this many studies all subsets are visited; beyond, a sample is drawn.
EXHAUSTIVE_UP_TO = 24
SAMPLE = 2_000_000
SEED = 20210101
#: Subsets handled at once: 2 to this power doubles in one temporary array.
BLOCK_BITS = 13
#: Low bits of a subset's number, served by one table; also the bits of a leaf of the sums.
LOW_BITS = 12
#: Bits along the contiguous axis of a block, masked; the others are skipped when not set.
INNER_BITS = 7
#: Bits looked up at once for a drawn subset.
TABLE_BITS = 11
#: Studies whose bits one whole number holds.
WORD_BITS = 63
#: Draws times studies at most: of more studies fewer subsets are drawn, in the same time.
MOST_WORK = SAMPLE * WORD_BITS


@dataclass(frozen=True, slots=True)
class Subsets:
    """One element for each subset, (N,).

    Parameters
    ----------
    k : int
        Studies.
    estimate, estimate_ee : array
        With random effects and with a common effect, back-transformed when asked for.
    tau2, i2 : array
        DerSimonian-Laird.
    members : array of int, shape (W, N), or None
        The bits of drawn subsets, those of 63 studies in a number. None when all subsets are there:
        then element s is subset s, and those with fewer than two studies hold 0 and do not count.
    notes : tuple of Note
        How the subsets were chosen.
    """

    k: int
    estimate: Floats
    estimate_ee: Floats
    tau2: Floats
    i2: Floats
    members: Ints | None
    notes: Notes = ()

    @property
    def count(self) -> int:
        """Number of subsets that count."""
        return self.estimate.size - len(self.empty())

    def empty(self) -> list[int]:
        """Places of the subsets that do not count."""
        return [] if self.members is not None else [0, *(1 << i for i in range(self.k))]


def gosh(
    events: ArrayLike,
    total: ArrayLike,
    measure: str = "PLO",
    *,
    draws: int = SAMPLE,
    seed: int = SEED,
    threads: int = 1,
) -> Subsets:
    """Pool every subset of the studies, or a sample of the subsets of many studies.

    Parameters
    ----------
    events, total : array_like of int, shape (k,)
        Counts of the studies, two or more.
    measure : str
        Effect size; PLO takes the place of PFT, whose way back differs from subset to subset, and
        a note says so.
    draws, seed : int
        Subsets drawn (at most `MOST_WORK` / k), and the seed, beyond `EXHAUSTIVE_UP_TO` studies.
    threads : int
        Threads that share the work; no number depends on it.

    Returns
    -------
    Subsets
        Estimates as proportions.

    Raises
    ------
    SynthesisError
        For counts that are not counts, fewer than two studies, and a measure that is not known.

    Examples
    --------
    >>> gosh([4, 3, 2], [10, 20, 30]).count
    4
    """
    usable = usable_measure(measure)
    e = effect_sizes(events, total, usable)

    def back(values: Floats) -> Floats:
        return back_transform(values, usable)

    if e.yi.size <= EXHAUSTIVE_UP_TO:
        found = all_subsets(e.yi, e.vi, back=back, threads=threads)
    else:
        fewer = min(draws, MOST_WORK // e.yi.size)
        found = drawn_subsets(e.yi, e.vi, draws=fewer, seed=seed, back=back, threads=threads)
    if usable == measure:
        return found
    return replace(found, notes=(*found.notes, Note("measure", value=usable)))


def usable_measure(measure: str) -> str:
    """The measure of the subsets: PLO takes the place of PFT."""
    return measure if measure != "PFT" else "PLO"


def all_subsets(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    back: Back = None,
    block_bits: int = BLOCK_BITS,
    threads: int = 1,
) -> Subsets:
    """All 2^k subsets of effect sizes, each pooled.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effect sizes and variances of 2 to 30 studies.
    back : callable, optional
        Maps pooled values, an array, to the scale of the results.
    block_bits, threads : int
        How the work is cut; no number depends on them.

    Returns
    -------
    Subsets
        Element s is the subset whose studies are the bits of s.

    Raises
    ------
    SynthesisError
        For fewer than 2 or more than 30 studies, and variances that are not above 0.

    Examples
    --------
    >>> s = all_subsets([0.1, 0.3, 0.6], [0.02, 0.03, 0.05])
    >>> s.count, round(float(s.estimate[0b111]), 4), round(float(s.tau2[0b111]), 4)
    (4, 0.2921, 0.0255)
    """
    y, v, centre = _checked(yi, vi)
    k = y.size
    if not 2 <= k <= 30:
        raise SynthesisError(f"all subsets of {k} studies cannot be visited; 2 to 30 can")
    low, high = _tables(y, v, 0, min(k, LOW_BITS)), _tables(y, v, LOW_BITS, k)
    high[4] -= 1  # the sum of both is then the degrees of freedom
    out = [np.empty(2**k) for _ in range(4)]
    bits = min(max(block_bits, INNER_BITS), k)

    def work(block: int) -> None:
        start = block << bits
        sums = _block_sums(low, high, start, bits)
        values = _from_sums(sums, lambda t: _random_effects(y, v, t, start, bits))
        _store(out, slice(start, start + 2**bits), values, centre, back)

    _each(work, range(2 ** (k - bits)), threads)
    estimate, common, tau2, i2 = out
    whole = Subsets(k, estimate, common, tau2, i2, None, notes=(Note("exhaustive"),))
    for a in out:
        a[whole.empty()] = 0.0
    return whole


def drawn_subsets(
    yi: Floats,
    vi: Floats,
    *,
    draws: int = SAMPLE,
    seed: int = SEED,
    back: Back = None,
    threads: int = 1,
) -> Subsets:
    """Subsets of two studies or more, equally likely, with replacement, each pooled.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effect sizes and variances of two studies or more.
    draws, seed : int
        How many, and the seed of numpy's PCG64.
    back, threads
        As in `all_subsets`.

    Returns
    -------
    Subsets
        `members` says which studies each has.

    Raises
    ------
    SynthesisError
        For fewer than two studies, and variances that are not above 0.
    """
    y, v, centre = _checked(yi, vi)
    k = y.size
    if k < 2:
        raise SynthesisError(f"subsets of {k} studies cannot be drawn; of two or more they can")
    members = _draw(k, draws, seed)
    places = parts(k)
    tables = [_tables(y, v, *place) for place in places]
    tables[-1][4] -= 1
    out = [np.empty(draws) for _ in range(4)]

    def work(start: int) -> None:
        chosen = members[:, start : start + 2**BLOCK_BITS]
        index = [bits_of(chosen, a, b - a).astype(np.intp) for a, b in places]
        sums = [
            sum(table[q].take(i) for table, i in zip(tables, index, strict=True)) for q in range(5)
        ]
        values = _from_sums(sums, lambda t: _random_effects_drawn(y, v, t, chosen))
        _store(out, slice(start, start + chosen.shape[1]), values, centre, back)

    _each(work, range(0, draws, 2**BLOCK_BITS), threads)
    notes = (Note("sampled", count=draws), Note("seed", value=seed))
    estimate, common, tau2, i2 = out
    return Subsets(k, estimate, common, tau2, i2, members, notes)


def _checked(yi: ArrayLike, vi: ArrayLike) -> tuple[Floats, Floats, float]:
    """Effect sizes about their common-effect value, so that Q loses no digits to it."""
    y, v = np.asarray(yi, float), np.asarray(vi, float)
    if y.ndim != 1 or y.shape != v.shape or not (np.isfinite(y).all() and (v > 0).all()):
        raise SynthesisError("yi and vi must be two lists of finite numbers, vi above 0")
    centre = (y / v).sum() / (1 / v).sum()
    return y - centre, v, centre


def _draw(k: int, draws: int, seed: int) -> Ints:
    """Uniform subsets of at least two studies, as bits (W, N)."""
    rng = np.random.Generator(np.random.PCG64(seed))
    widths = [min(WORD_BITS, k - first) for first in range(0, k, WORD_BITS)]
    members = np.array([rng.integers(0, 1 << bits, draws, dtype=np.int64) for bits in widths])
    while k <= WORD_BITS:  # of more studies a subset of one or none is never met
        only = members[0]
        small = (only & (only - 1)) == 0
        if not small.any():
            break
        only[small] = rng.integers(0, 1 << k, int(small.sum()), dtype=np.int64)
    return members


def parts(k: int) -> list[tuple[int, int]]:
    """First study and end of the groups of studies whose bits lie in one word."""
    return [
        (i, min(i + TABLE_BITS, word + WORD_BITS, k))
        for word in range(0, k, WORD_BITS)
        for i in range(word, min(word + WORD_BITS, k), TABLE_BITS)
    ]


def bits_of(members: Ints, first: int, count: int = 1) -> Ints:
    """`count` bits of each drawn subset, from that of study `first` on; all in one word."""
    return (members[first // WORD_BITS] >> (first % WORD_BITS)) & ((1 << count) - 1)


def _tables(y: Floats, v: Floats, first: int, last: int) -> Floats:
    """Sums of w, wy, wyy, ww and of 1 over all subsets of the studies first..last, (5, 2^n)."""
    w = 1 / v
    terms = np.array([w, w * y, w * y * y, w * w, np.ones_like(w)])[:, first:last]
    table = np.zeros((5, 1))
    for term in terms.T:
        table = np.concatenate([table, table + term[:, None]], axis=1)
    return table


def _block_sums(low: Floats, high: Floats, start: int, bits: int) -> Floats:
    """The five sums of subsets start .. start + 2^bits - 1."""
    size = low.shape[1]
    if 2**bits <= size:
        part = low[:, start % size : start % size + 2**bits]
        return part + high[:, start // size][:, None]
    rows = high[:, start // size : (start + 2**bits) // size]
    return (rows[:, :, None] + low[:, None, :]).reshape(5, -1)


def _from_sums(
    sums: Floats | list[Floats], random_effects: Callable[[Floats], Floats]
) -> tuple[Floats, ...]:
    """DL value, common-effect value, tau2 and I2 from the five sums; `random_effects` gives the
    value at tau2. Subsets with fewer than two studies get numbers that nobody reads."""
    s0, s1, s2, w2, df = sums
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        common = s1 / s0
        excess = s1 * common
        np.subtract(s2, excess, out=excess)
        i2 = np.maximum(excess, 1e-300)
        excess -= df
        np.maximum(excess, 0.0, out=excess)
        tau2 = w2 / s0
        np.subtract(s0, tau2, out=tau2)
        np.divide(excess, tau2, out=tau2)
        np.divide(excess, i2, out=i2)
        return random_effects(tau2), common, tau2, i2


def _random_effects(y: Floats, v: Floats, tau2: Floats, start: int, bits: int) -> Floats:
    """Pooled value with weights 1/(v + tau2) for the subsets of one block, study by study."""
    inner = min(INNER_BITS, bits)
    t = tau2.reshape(-1, 2**inner)
    total, product, w = np.zeros_like(t), np.zeros_like(t), np.empty_like(t)
    within = np.arange(2**inner)
    for i in range(inner):
        np.add(t, v[i], out=w)
        np.divide(((within >> i) & 1).astype(float), w, out=w)
        total += w
        w *= y[i]
        product += w
    for i in range(inner, y.size):
        if i >= bits:
            if not (start >> i) & 1:
                continue
            some: tuple[Any, ...] = (slice(None),)
            shape: tuple[int, ...] = t.shape
        else:
            some = (slice(None), 1)
            shape = (-1, 2, 2 ** (i - inner), 2**inner)
        ti, wi = t.reshape(shape)[some], w.reshape(shape)[some]
        np.add(ti, v[i], out=wi)
        np.divide(1.0, wi, out=wi)
        total.reshape(shape)[some] += wi
        wi *= y[i]
        product.reshape(shape)[some] += wi
    product /= total
    return product.reshape(-1)


def _random_effects_drawn(y: Floats, v: Floats, tau2: Floats, members: Ints) -> Floats:
    """The same for drawn subsets, members (W, N) as bits."""
    total, product = np.zeros_like(tau2), np.zeros_like(tau2)
    for i in range(y.size):
        w = tau2 + v[i]
        np.divide(bits_of(members, i), w, out=w)
        total += w
        w *= y[i]
        product += w
    return product / total


def _store(
    out: list[Floats], where: slice, values: tuple[Floats, ...], centre: float, back: Back
) -> None:
    common_scale = [value + centre for value in values[:2]]
    for a, value in zip(out[:2], common_scale, strict=True):
        a[where] = back(value) if back else value
    for a, value in zip(out[2:], values[2:], strict=True):
        a[where] = value


def _each(work: Callable[[int], None], items: range, threads: int) -> None:
    """Call `work` on every item; threads share them, none reads what another writes."""
    if threads == 1:
        for item in items:
            work(item)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, items, chunksize=max(1, len(items) // (threads * 8))):
            pass

"""Patient-level times behind a published Kaplan-Meier curve with its numbers at risk.

After Guyot et al. (2012), BMC Med Res Methodol 12:9. Between two columns of the risk table the
curve says how many events there were and the table how many patients left; the rest were censored
in between. Number of censorings and events depend on each other, so the number of censorings is
changed until the patients left at the next column are those printed.

Three things differ from the published algorithm. A fall between two readings happened somewhere
between them: its events are laid evenly there, the last at the second reading or, where a curve is
read at both corners of its steps, before it. Censorings are not always laid evenly: of a few ways
(early, even, late) that meet the next column the one is taken whose curve lies closest to the
readings. After the last column the number censored is chosen in the same way, or so as to give the
total of events, where that is printed.
"""

from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np

from .arrays import ArrayLike, Floats
from .notes import Note, Notes
from .survival import KaplanMeier, kaplan_meier
from .words import SynthesisError

ROUNDS = 40
#: Censorings lie at the powers of an even spread: below 1 late, above 1 early in the interval.
SKEWS = (1.0, 0.6, 1.6, 0.4, 2.5, 0.25, 4.0, 0.15, 6.0)
#: Numbers of censorings tried to either side of the first that meets the next column.
NEARBY = 3
#: Up to this many at risk after the last column all ways are tried, above only the even one.
FEW = 40
#: From this share of readings at the time of the one before, a curve was read at its corners.
CORNERS = 0.25


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Times (n,) and status (n,) of the patients, in order of time.

    `events` is their number, `error` the largest distance of their curve from the readings,
    `at_risk_error` the largest distance from the printed numbers at risk; `notes` are codes.
    """

    time: Floats
    status: Floats
    events: int
    error: float
    at_risk_error: int
    notes: Notes

    def curve(self) -> KaplanMeier:
        """The Kaplan-Meier estimate of the patients."""
        return kaplan_meier(self.time, self.status)


@dataclass(frozen=True, slots=True)
class _Fall:
    """A fall of the curve to `survival` that happened after `start` and up to `end`.

    `at_end`: the last of its events happened at `end`, not before it.
    """

    start: float
    end: float
    survival: float
    at_end: bool

    def times(self, events: int) -> list[float]:
        """Times of its events, laid evenly."""
        parts = events if self.at_end else events + 1
        return [self.start + (i + 1) / parts * (self.end - self.start) for i in range(events)]


@dataclass(slots=True)
class _Walk:
    """Patients so far: those at risk, the product-limit estimate and who left when.

    `misfit` sums the squared distances of the estimate from the readings.
    """

    at_risk: int
    survival: float = 1.0
    misfit: float = 0.0
    events: list[float] = field(default_factory=list)
    censored: list[float] = field(default_factory=list)


def reconstruct(
    time: ArrayLike,
    survival: ArrayLike,
    risk_time: ArrayLike,
    at_risk: ArrayLike,
    *,
    events: int | None = None,
) -> Reconstruction:
    """Patient-level times behind a digitised Kaplan-Meier curve.

    Parameters
    ----------
    time, survival : array_like, shape (r,)
        Readings in the order of the curve, survival as a probability. Small rises (errors of
        reading) are levelled by monotone regression.
    risk_time, at_risk : array_like, shape (c,)
        The risk table; its first column must be at time 0, and give the number of patients.
    events : int, optional
        The total number of events, where it is printed.

    Returns
    -------
    Reconstruction

    Raises
    ------
    SynthesisError
        For readings outside 0 to 1, times that fall, a risk table that rises or has no time 0.

    Examples
    --------
    >>> r = reconstruct([0, 2, 2, 5, 5, 9], [1, 1, 0.9, 0.9, 0.8, 0.8], [0, 4], [10, 9])
    >>> r.events, r.time.tolist()
    (2, [2.0, 5.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0])
    """
    t, s = _readings(time, survival)
    columns, numbers = _risk_table(risk_time, at_risk, t[-1])
    # read at both corners of its steps, not once after each of them
    corners = bool(np.mean(np.diff(t) == 0) >= CORNERS)
    falls = _falls(t, s, columns, corners)
    walk = _Walk(int(numbers[0]))
    for i in range(len(columns) - 1):
        inside = [f for f in falls if columns[i] <= f.start < columns[i + 1]]
        walk = _to_next_column(walk, inside, columns[i], columns[i + 1], int(numbers[i + 1]))
    rest = [f for f in falls if f.start >= columns[-1]]
    walk = _after_last_column(walk, rest, columns[-1], t[-1], events)
    return _result(walk, t, s, columns, numbers, events)


def _readings(time: ArrayLike, survival: ArrayLike) -> tuple[Floats, Floats]:
    """Readings that start at (0, 1) and never rise."""
    t, s = np.asarray(time, float), np.asarray(survival, float)
    if t.ndim != 1 or t.shape != s.shape or t.size < 2:
        raise SynthesisError("time and survival must be two lists of one length, 2 or more")
    if not (np.isfinite(t).all() and (np.diff(t) >= 0).all() and t[0] >= 0):
        raise SynthesisError("times of a curve must be 0 or more and must not fall")
    if not ((s >= 0).all() and (s <= 1).all()):
        raise SynthesisError("survival must be a probability between 0 and 1")
    if t[0] > 0 or s[0] < 1:
        t, s = np.concatenate([[0.0], t]), np.concatenate([[1.0], s])
    return t, falling(s)


def falling(values: Floats) -> Floats:
    """The closest sequence (least squares) that never rises: pool adjacent violators."""
    means: list[float] = []
    sizes: list[int] = []
    for value in values:
        means.append(float(value))
        sizes.append(1)
        while len(means) > 1 and means[-2] < means[-1]:
            size = sizes[-2] + sizes[-1]
            mean = (means[-2] * sizes[-2] + means[-1] * sizes[-1]) / size
            means[-2:], sizes[-2:] = [mean], [size]
    return np.repeat(means, sizes)


def _risk_table(time: ArrayLike, at_risk: ArrayLike, last: float) -> tuple[Floats, Floats]:
    """The columns of the risk table up to the end of the curve."""
    t, n = np.asarray(time, float), np.asarray(at_risk, float)
    if t.ndim != 1 or t.shape != n.shape or not t.size or t[0] != 0:
        raise SynthesisError("a risk table needs a time and a number in each column, from time 0")
    if not ((np.diff(t) > 0).all() and (np.diff(n) <= 0).all()):
        raise SynthesisError("times of a risk table must rise and its numbers must not")
    if not ((n >= 0).all() and (n == np.floor(n)).all() and n[0] >= 1):
        raise SynthesisError("numbers at risk must be whole numbers, 1 or more at time 0")
    inside = t < last
    inside[0] = True
    return t[inside], n[inside]


def _falls(t: Floats, s: Floats, columns: Floats, corners: bool) -> list[_Fall]:
    """The falls between readings; one that lies across a column of the risk table is cut there."""
    cuts = np.setdiff1d(columns, t)
    where = np.searchsorted(t, cuts, side="right")
    read = np.insert(np.ones(t.size, bool), where, False)
    t, s = np.insert(t, where, cuts), np.insert(s, where, np.interp(cuts, t, s))
    return [
        _Fall(float(t[i - 1]), float(t[i]), float(s[i]), bool(read[i]) and not corners)
        for i in range(1, t.size)
        if s[i] < s[i - 1]
    ]


def _to_next_column(
    walk: _Walk, falls: list[_Fall], start: float, end: float, target: int
) -> _Walk:
    """The walk to the next column that leaves `target` at risk and fits the readings best."""
    options = []
    for skew in SKEWS:
        count = _count_that_meets(walk, falls, (start, end, skew), target)
        for near in {0, *range(max(count - NEARBY, 0), min(count + NEARBY, walk.at_risk) + 1)}:
            options.append(_go(walk, falls, (start, end, skew), near))
    options = [w for w in options if w.at_risk >= 0]
    return min(options, key=lambda w: (abs(w.at_risk - target), w.misfit))


def _count_that_meets(
    walk: _Walk, falls: list[_Fall], interval: tuple[float, float, float], target: int
) -> int:
    """The number of censorings that leaves `target` at risk, or comes closest."""
    count, best, gap = 0, 0, np.inf
    tried: set[int] = set()
    while count not in tried and len(tried) < ROUNDS:
        tried.add(count)
        missed = _go(walk, falls, interval, count).at_risk - target
        if abs(missed) < gap:
            best, gap = count, abs(missed)
        count = int(np.clip(count + missed, 0, walk.at_risk))
    return best


def _after_last_column(
    walk: _Walk, falls: list[_Fall], start: float, end: float, events: int | None
) -> _Walk:
    """The walk to the end of the curve, with the number of censorings that fits best."""
    options = [
        _go(walk, falls, (start, end, skew), count)
        for skew in (SKEWS if walk.at_risk <= FEW else SKEWS[:1])
        for count in range(walk.at_risk + 1)
    ]
    options = [w for w in options if w.at_risk >= 0]
    if events is None:
        return min(options, key=_closeness)
    return min(options, key=lambda w: (abs(len(w.events) - events), *_closeness(w)))


def _closeness(walk: _Walk) -> tuple[float, int]:
    """Distance from the readings, up to their rounding; among equals fewer censorings."""
    return round(walk.misfit, 7), len(walk.censored)


def _go(walk: _Walk, falls: list[_Fall], interval: tuple[float, float, float], count: int) -> _Walk:
    """Walk through an interval (start, end, skew) with `count` censorings in it."""
    start, end, skew = interval
    leaving = [start + ((i + 0.5) / count) ** skew * (end - start) for i in range(count)]
    at_risk, survival, misfit = walk.at_risk, walk.survival, walk.misfit
    events, done = [], 0
    for fall in falls:
        if survival <= 0:
            break  # the patients ran out before the curve did
        middle = (fall.start + fall.end) / 2
        exposed = at_risk - (bisect_left(leaving, middle) - done)
        died = min(max(round(exposed * (1 - fall.survival / survival)), 0), max(exposed, 0))
        for at in fall.times(died):
            out = bisect_left(leaving, at)
            at_risk, done = at_risk - (out - done), out
            if at_risk < 1:
                break
            survival *= 1 - 1 / at_risk
            at_risk -= 1
            events.append(at)
        misfit += (survival - fall.survival) ** 2
    at_risk -= count - done
    return _Walk(at_risk, survival, misfit, walk.events + events, walk.censored + leaving)


def _result(
    walk: _Walk, t: Floats, s: Floats, columns: Floats, numbers: Floats, events: int | None
) -> Reconstruction:
    left = np.full(max(walk.at_risk, 0), t[-1])
    time = np.concatenate([walk.events, walk.censored, left])
    status = np.concatenate([np.ones(len(walk.events)), np.zeros(len(walk.censored) + left.size)])
    order = np.lexsort((-status, time))
    time, status = time[order], status[order]
    km = kaplan_meier(time, status)
    last = np.append(np.diff(t) > 0, True)
    error = float(np.nanmax(np.abs(km.at(t[last]) - s[last])))
    off = int(np.abs(km.at_risk_at(columns) - numbers).max())
    notes: Notes = (Note("no_risk_table"),) if columns.size == 1 else ()
    if off > 1:
        notes += (Note("risk_table_missed_by", count=off),)
    if events is not None and events != len(walk.events):
        notes += (Note("events_missed_by", count=abs(events - len(walk.events))),)
    return Reconstruction(time, status, len(walk.events), error, off, notes)

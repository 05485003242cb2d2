"""Drapery plot (Ruecker 2021, Res Synth Methods 12:34): p of every possible percentage."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from singlearm.catalogue import Row, numbers
from singlearm.catalogue.language import mark, say
from singlearm.figures.marks.axis import Axis, percent_axis
from singlearm.figures.marks.estimands import estimates_of
from singlearm.figures.marks.inputs import Data, FigureModel, Rows, rows_of
from singlearm.figures.marks.words import AXIS_TITLE, plural

KEY = mark(
    "Each curve gives the two-sided p value of every percentage: its limits at any level lie where "
    "it crosses that level, 95% at the dashed line. Thin: studies (exact); thick: pooled, from its "
    "estimate and limits on the log-odds scale."
)
EXACT_KEY = mark(
    "Each curve gives the two-sided p value of every percentage: its limits at any level lie where "
    "it crosses that level, 95% at the dashed line. Thin: studies (exact); thick: the summed "
    "counts (exact)."
)
PREDICTION_KEY = mark("Bar: 95% prediction interval.")
#: Values of p with a tick, and the confidence level of each.
LEVELS = (0.0, 0.05, 0.2, 0.5, 1.0)
GRID = 400
#: Below this p a curve is not drawn.
LEAST = 0.002
_Z = NormalDist().inv_cdf(0.975)
Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class DraperyMarks:
    """Curves of (proportion, p): one a study, and the pooled one; empty where none is pooled."""

    title: str
    subtitle: str
    studies: tuple[Curve, ...]
    pooled: Curve
    prediction: tuple[float, float] | None
    x_axis: Axis
    y_axis: Axis
    footer: tuple[str, ...]
    empty: str = ""

    @property
    def description(self) -> str:
        """The figure in words."""
        return self.empty or f"{self.title}, {self.subtitle}. {self.footer[0]}"


def drapery_marks(
    effects: Rows,
    pooled: Row,
    model: FigureModel,
    data: Data,
    *,
    title: str,
    headline: str = "typical",
) -> DraperyMarks:
    """The curves of one outcome under one model.

    Parameters
    ----------
    effects : Rows
        Studies with `events` and `total`.
    pooled : Row
        The model's row of all studies.
    headline : {"average", "typical"}
        Which estimate the pooled curve is about, where the model has both.
    """
    studies = rows_of(effects)
    estimate = estimates_of(pooled, model, headline)[0]
    around = [end for end in (estimate.low, estimate.value, estimate.high) if end and end < 1]
    exact = pooled["events"] in (0, pooled["total"])
    grid = np.linspace(0, 1, GRID + 1)
    thick: Curve = ()
    if len(studies) > 1 and exact:
        thick = _exact(pooled, grid)
    elif len(studies) > 1 and len(around) == 3:
        thick = _normal(around, grid)
    curves = tuple(_exact(row, grid) for row in studies)
    ends = (pooled["pi_low"], pooled["pi_high"])
    prediction = None if None in ends else ends
    key = [EXACT_KEY if exact else KEY, *([PREDICTION_KEY] if prediction else [])]
    empty = say("No study of data version {version} reports this outcome.", version=data.version)
    return DraperyMarks(
        title=title,
        subtitle=f"{model.label}; {plural(len(studies), 'study', 'studies')}",
        studies=curves,
        pooled=thick,
        prediction=prediction,
        x_axis=percent_axis((x for x, _ in _tops(curves)), _feet(curves), say(AXIS_TITLE)),
        y_axis=Axis(0.0, 1.0, tuple((p, _level(p)) for p in LEVELS), say("p (confidence)")),
        footer=(" ".join(map(say, key)), str(data)),
        empty="" if studies else empty,
    )


def _level(p: float) -> str:
    """`0.05 (95%)`."""
    return f"{numbers.number(p, 2 if p == 0.05 else 1)} ({round(100 * (1 - p))}%)"


def _exact(row: Row, grid: np.ndarray) -> Curve:
    """Twice the smaller binomial tail, as the exact (Clopper-Pearson) limits have it."""
    from scipy.special import bdtr  # a quarter of a second that other figures need not wait for

    events, total = row["events"], row["total"]
    low = bdtr(events, total, grid)
    high = 1 - bdtr(events - 1, total, grid) if events else np.ones_like(grid)
    return _seen(grid, np.minimum(1.0, 2 * np.minimum(low, high)))


def _normal(around: Sequence[float], grid: np.ndarray) -> Curve:
    """Normal in the log odds on either side of the estimate, through 0.05 at each limit."""
    inside = grid[1:-1]
    low, value, high = (math.log(p / (1 - p)) for p in around)
    logit = np.log(inside / (1 - inside))
    half = np.where(logit < value, value - low, high - value)
    z = _Z * np.abs(logit - value) / half
    p = np.array([math.erfc(abs(each) / math.sqrt(2)) for each in z])
    top = np.exp(value) / (1 + np.exp(value))
    order = np.argsort(np.append(inside, top))
    return _seen(np.append(inside, top)[order], np.append(p, 1.0)[order])


def _seen(xs: np.ndarray, ps: np.ndarray) -> Curve:
    """The part of a curve that can be seen, and where it leaves the ground."""
    seen = np.flatnonzero(ps >= LEAST)
    first, last = max(seen[0] - 1, 0), min(seen[-1] + 1, xs.size - 1)
    points = np.array([xs, ps])[:, first : last + 1]
    return tuple((float(x), float(p)) for x, p in points.T)


def _tops(curves: Iterable[Curve]) -> list[tuple[float, float]]:
    return [max(curve, key=lambda point: point[1]) for curve in curves]


def _feet(curves: Iterable[Curve]) -> list[float]:
    return [curve[end][0] for curve in curves for end in (0, -1)]

"""Drapery plot (Ruecker 2021, Res Synth Methods 12:34): p of every possible percentage."""

import math
from dataclasses import dataclass
from statistics import NormalDist

from singlearm.catalogue import Row, notes, numbers
from singlearm.catalogue.language import mark, say
from singlearm.figures.marks.axis import Axis, expit, percent_axis
from singlearm.figures.marks.base import Marks
from singlearm.figures.marks.estimands import drawn_is, estimates_of
from singlearm.figures.marks.inputs import Data, FigureModel, Rows, rows_of
from singlearm.figures.marks.words import AXIS_TITLE

KEY = mark(
    "Each curve gives the two-sided p value of every percentage: its limits at any level lie where "
    "it crosses that level, 95% at the dashed line. Thin: studies (exact)."
)
#: What the thick curve is, or why there is none.
POOLED_KEY = mark("Thick: pooled, from its estimate and limits on the log-odds scale.")
EXACT_KEY = mark("Thick: the summed counts (exact).")
BAYESIAN_KEY = mark("Nothing pooled: a Bayesian model has no p value.")
PREDICTION_KEY = mark("Bar: 95% prediction interval.")
#: Values of p with a tick, and the confidence level of each.
LEVELS = (0.0, 0.05, 0.2, 0.5, 1.0)
#: The values of p at which a curve is known; straight lines join them.
POINTS = (0.002, 0.005, 0.01, 0.02, 0.035, *(step / 40 for step in range(2, 41)))
_Z = NormalDist().inv_cdf(0.975)
Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class DraperyMarks(Marks):
    """Curves of (proportion, p): one a study, and the pooled one; empty where none is pooled."""

    studies: tuple[Curve, ...]
    pooled: Curve
    prediction: tuple[float, float] | None
    x_axis: Axis
    y_axis: Axis

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
    curves = tuple(_exact(row) for row in studies)
    thick, key = _pooled(pooled, model, headline) if len(studies) > 1 else ((), "")
    ends = (pooled["pi_low"], pooled["pi_high"])
    prediction = None if None in ends else ends
    keys = [KEY, key, PREDICTION_KEY if prediction else ""]
    shown = [x for curve in curves for x, p in curve if p == 1]
    shown += [x for x, _ in thick[:: max(1, len(thick) - 1)]] + [*(prediction or ())]
    feet = [curve[end][0] for curve in curves for end in (0, -1)]
    return DraperyMarks(
        title=title,
        subtitle=f"{model.label}; {numbers.plural(len(studies), 'study', 'studies')}",
        studies=curves,
        pooled=thick,
        prediction=prediction,
        x_axis=percent_axis(shown, feet, say(AXIS_TITLE)),
        y_axis=Axis(0.0, 1.0, tuple((p, _level(p)) for p in LEVELS), say("p (confidence)")),
        footer=(
            " ".join(say(text) for text in keys if text),
            *(drawn_is(pooled, model, headline) if key == POOLED_KEY else ()),
            str(data),
        ),
        empty="" if studies else data.unreported,
    )


def _level(p: float) -> str:
    """`0.05 (95%)`."""
    return f"{numbers.number(p, 2 if p == 0.05 else 1)} ({round(100 * (1 - p))}%)"


def _pooled(row: Row, model: FigureModel, headline: str) -> tuple[Curve, str]:
    """The pooled curve and what is said of it; no curve where there are no limits."""
    if "homogeneous_exact" in notes.codes(row["note"]):
        return _exact(row), EXACT_KEY
    _, value, low, high = estimates_of(row, model, headline)[0]
    if model.bayesian:
        return (), BAYESIAN_KEY
    if value is None or low is None or high is None or not 0 < low <= value <= high < 1:
        return (), ""
    return _normal(low, value, high), POOLED_KEY


def _exact(row: Row) -> Curve:
    """Twice the smaller binomial tail, as the exact (Clopper-Pearson) limits have it."""
    from scipy.special import betaincinv  # a quarter of a second that other figures don't wait for

    events, rest = row["events"], row["total"] - row["events"]
    rising = ((float(betaincinv(events, rest + 1, p / 2)), p) for p in POINTS)
    falling = ((float(betaincinv(events + 1, rest, 1 - p / 2)), p) for p in reversed(POINTS))
    left = rising if events else [(0.0, 1.0)]
    return (*left, *(falling if rest else [(1.0, 1.0)]))


def _normal(low: float, value: float, high: float) -> Curve:
    """Normal in the log odds on either side of the estimate, through 0.05 at each limit."""
    down, centre, up = (math.log(p / (1 - p)) for p in (low, value, high))
    steps = [(NormalDist().inv_cdf(1 - p / 2) / _Z, p) for p in POINTS]
    rising = [(expit(centre - z * (centre - down)), p) for z, p in steps]
    falling = [(expit(centre + z * (up - centre)), p) for z, p in reversed(steps)]
    return (*rising, *falling[1:])

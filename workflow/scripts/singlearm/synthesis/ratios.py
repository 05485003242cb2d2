"""Effects of randomised trials, printed with an interval or from counts.

HR, OR and RR are pooled as logs and given as ratios, the risk difference RD is pooled as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from .arguments import check_share, real_numbers
from .notes import Note, Notes, notes_of
from .ratio_counts import contrasts, two_by_two
from .records import Noted, Number, number
from .words import SynthesisError, check_word

RATIO_MEASURES = ("HR", "OR", "RR", "RD")
FROM_COUNTS = ("OR", "RR", "RD")
#: A printed interval whose middle lies further than this share of its half-width from the estimate,
#: on the scale of pooling, gets a note: a misprint, or an interval that is not of the usual kind.
SKEW = 0.15


@dataclass(frozen=True, slots=True)
class Ratio(Noted):
    """A trial's effect with its interval; `yi` and `vi` on the scale of pooling, None: not known.

    `source` is printed, counts, or arms (several contrasts of the trial taken together).
    """

    estimate: Number
    ci_low: Number
    ci_high: Number
    yi: Number
    vi: Number
    source: str


def ratio_from_counts(
    measure: str, events_treat: float, n_treat: float, events_ctrl: float, n_ctrl: float,
    *, level: float = 0.95,
) -> Ratio:  # fmt: skip
    """Odds ratio, risk ratio or risk difference of one trial from its counts.

    Parameters
    ----------
    measure : {"OR", "RR", "RD"}
        Odds ratio, risk ratio or risk difference.
    events_treat, n_treat, events_ctrl, n_ctrl : float
        Patients with the event, and all, with the treatment and with the control.
    level : float
        Of the normal interval on the scale of pooling.

    Returns
    -------
    Ratio
        The effect with its interval, and both numbers that pooling takes (`yi`, `vi`).

    Raises
    ------
    SynthesisError
        For a measure that is not known, counts that are not counts, and those of several trials.

    Notes
    -----
    With an empty cell 1/2 is added to all four, as in metafor (note half_added_to_cells). A trial
    without events, or with events only, in both arms has no ratio (note double_zero), but it has a
    risk difference, of about 0.

    Examples
    --------
    >>> r = ratio_from_counts("RR", 10, 100, 20, 100)
    >>> round(r.estimate, 3), round(r.ci_low, 3), round(r.ci_high, 3)
    (0.5, 0.247, 1.014)
    """
    check_word("measure", measure, FROM_COUNTS)
    level = check_share("level", level)
    table = two_by_two(events_treat, n_treat, events_ctrl, n_ctrl)
    if table.n_treat.shape != (1,):
        raise SynthesisError("counts of one trial are needed, four numbers, not lists")
    own = contrasts(measure, table, drop_double_zero=measure != "RD")
    yi, vi = float(own.yi[0]), float(own.vi[0])
    if np.isnan(yi):
        return Ratio(None, None, None, None, None, "counts", notes=(Note("double_zero"),))
    notes = notes_of(bool(own.half_added[0]) and Note("half_added_to_cells"))
    return ratio_of(measure, yi, vi, "counts", notes, level=level)


def ratio_of(
    measure: str, yi: float, vi: float, source: str, notes: Notes = (), *, level: float = 0.95
) -> Ratio:
    """An effect and its variance on the scale of pooling as a `Ratio` with a normal interval."""
    half = float(-ndtri((1 - level) / 2) * np.sqrt(vi))
    back = back_of(measure)
    if measure == "RD" and abs(yi) + half > 1:
        notes = (*notes, Note("limits_cut_to_1"))
    return Ratio(back(yi), back(yi - half), back(yi + half), yi, vi, source, notes=notes)


def ratio_from_printed(
    estimate: float | None,
    ci_low: float | None = None,
    ci_high: float | None = None,
    *,
    measure: str = "HR",
    level: float = 0.95,
) -> Ratio:
    """A printed effect; its variance from the width of the interval on the scale of pooling.

    Parameters
    ----------
    estimate : float
        As it is printed: a ratio, not its logarithm.
    ci_low, ci_high : float, optional
        Its limits. Without both the effect is shown but cannot be pooled (note no_interval).
    measure : {"HR", "OR", "RR", "RD"}
        What it is; all but RD are pooled as logarithms.
    level : float
        Of the printed interval.

    Returns
    -------
    Ratio
        The numbers as they are printed, and both that pooling takes (`yi`, `vi`).

    Raises
    ------
    SynthesisError
        Without an estimate; if a ratio is not positive, a difference beyond 1, or the interval has
        no width or does not contain the estimate.
    """
    check_word("measure", measure, RATIO_MEASURES)
    given = {"estimate": estimate, "ci_low": ci_low, "ci_high": ci_high}
    level = check_share("level", level)
    known = {name: one for name, value in given.items() if (one := _lone(name, value)) is not None}
    if "estimate" not in known:
        raise SynthesisError("an effect needs its estimate, not the interval only")
    bad = [f"{name}={v!r}" for name, v in known.items() if not _possible(measure, v)]
    if bad:
        allowed = "from -1 to 1" if measure == "RD" else "positive"
        raise SynthesisError(f"{measure} and its limits must be {allowed}: {', '.join(bad)}")
    forward: Callable[[float], float] = float if measure == "RD" else _log
    at = forward(known["estimate"])
    low, high = known.get("ci_low"), known.get("ci_high")
    if low is None or high is None:
        return Ratio(
            known["estimate"], low, high, at, None, "printed", notes=(Note("no_interval"),)
        )
    if not low <= known["estimate"] <= high:
        raise SynthesisError(f"the interval {low} to {high} does not contain {estimate}")
    if low == high:
        raise SynthesisError(f"the interval {low} to {high} has no width")
    half = (forward(high) - forward(low)) / 2
    se = half / float(-ndtri((1 - level) / 2))
    skewed = abs((forward(low) + forward(high)) / 2 - at) > SKEW * half
    lopsided = (
        "interval_not_symmetric" if measure == "RD" else "interval_not_symmetric_on_log_scale"
    )
    notes = notes_of(bool(skewed) and Note(lopsided))
    return Ratio(known["estimate"], low, high, at, se**2, "printed", notes=notes)


def _lone(name: str, value: object) -> float | None:
    """One number; None where it is missing."""
    found = real_numbers(name, value)
    if found.size != 1:
        raise SynthesisError(f"{name}: one number is needed, not {found.size}")
    return None if np.isnan(found).all() else float(found.ravel()[0])


def back_of(measure: str) -> Callable[[float], Number]:
    """From the scale of pooling to what people read: exp, but for RD, which is cut to -1 and 1.

    None for no number.
    """
    return _difference if measure == "RD" else _exp


def _difference(value: float) -> Number:
    return number(np.clip(value, -1.0, 1.0))


def _exp(value: float) -> Number:
    with np.errstate(over="ignore"):
        return number(np.exp(value))


def _log(value: float) -> float:
    return float(np.log(value))


def _possible(measure: str, value: float) -> bool:
    return -1 <= value <= 1 if measure == "RD" else 0 < value < np.inf

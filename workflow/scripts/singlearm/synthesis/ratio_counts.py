"""Effects of randomised trials from their counts: odds ratio, risk ratio, risk difference, Peto."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arguments import lists
from .arrays import ArrayLike, Bools, Floats
from .effects import check_counts
from .words import check_word

#: PETO is Peto's one-step log odds ratio; OR and RR are pooled as logs, RD as it is.
COUNT_MEASURES = ("OR", "RR", "RD", "PETO")


@dataclass(frozen=True, slots=True)
class TwoByTwo:
    """The two-by-two tables of k trials, each array (k,): events and patients of both arms."""

    events_treat: Floats
    n_treat: Floats
    events_ctrl: Floats
    n_ctrl: Floats

    @classmethod
    def stacked(cls, tables: Sequence["TwoByTwo"]) -> "TwoByTwo":
        """The trials of several tables, one after another; of no table none."""
        parts = ([getattr(t, name) for t in tables] for name in cls.__slots__)
        return cls(*(np.concatenate([np.zeros(0), *part]) for part in parts))

    @property
    def zero(self) -> Bools:
        """Trials with an empty cell: an arm with no event, or with nothing but events."""
        a, n1, c, n2 = self.events_treat, self.n_treat, self.events_ctrl, self.n_ctrl
        return np.asarray((a == 0) | (c == 0) | (a == n1) | (c == n2))

    @property
    def double_zero(self) -> Bools:
        """Trials without events in both arms, or without anything else in both arms."""
        a, n1, c, n2 = self.events_treat, self.n_treat, self.events_ctrl, self.n_ctrl
        return np.asarray(((a == 0) & (c == 0)) | ((a == n1) & (c == n2)))

    def where(self, keep: Bools) -> "TwoByTwo":
        """The trials selected by a boolean array."""
        return TwoByTwo(*(getattr(self, name)[keep] for name in self.__slots__))

    def plus_half(self, where: Bools) -> "TwoByTwo":
        """With 1/2 added to all four cells of the selected trials."""
        half = 0.5 * where
        return TwoByTwo(
            self.events_treat + half,
            self.n_treat + 2 * half,
            self.events_ctrl + half,
            self.n_ctrl + 2 * half,
        )


@dataclass(frozen=True, slots=True)
class Contrasts:
    """Effects `yi` with sampling variances `vi`, each (k,); NaN where a trial has none.

    `half_added` marks the trials that needed 1/2 in each cell.
    """

    yi: Floats
    vi: Floats
    half_added: Bools


def two_by_two(
    events_treat: ArrayLike, n_treat: ArrayLike, events_ctrl: ArrayLike, n_ctrl: ArrayLike
) -> TwoByTwo:
    """The tables of one or more trials.

    Parameters
    ----------
    events_treat, n_treat : array_like of int, shape (k,)
        Patients with the event, and all, of the arm with the treatment; a number for one trial.
    events_ctrl, n_ctrl : array_like of int, shape (k,)
        The same of the control.

    Returns
    -------
    TwoByTwo
        What the functions that pool counts take.

    Raises
    ------
    SynthesisError
        If a count is not a whole number between 0 and its number of patients, or an arm is empty.
    """
    counts = lists(
        events_treat=events_treat, n_treat=n_treat, events_ctrl=events_ctrl, n_ctrl=n_ctrl
    )
    a, n1 = check_counts(*counts[:2])
    c, n2 = check_counts(*counts[2:])
    return TwoByTwo(a, n1, c, n2)


def contrasts(measure: str, tables: TwoByTwo, *, drop_double_zero: bool = True) -> Contrasts:
    """Effect of every trial with its sampling variance, treatment against control.

    Parameters
    ----------
    measure : {"OR", "RR", "RD", "PETO"}
        Log odds ratio, log risk ratio, risk difference, Peto's log odds ratio.
    tables : TwoByTwo
        Counts of k trials.
    drop_double_zero : bool
        Whether trials without events (or with events only) in both arms have no effect (NaN).
        Otherwise 1/2 in each cell gives them a log odds ratio near 0 of little weight.

    Notes
    -----
    1/2 is added to all four cells of a trial with an empty one, for every measure: the rule of
    `escalc` with `to="only0"`, `drop00` (Viechtbauer 2010, J Stat Softw 36(3)).

    Examples
    --------
    >>> c = contrasts("OR", two_by_two([4, 0], [20, 10], [8, 3], [20, 10]))
    >>> [round(float(v), 4) for v in c.yi]
    [-0.9808, -2.2824]
    """
    check_word("measure", measure, COUNT_MEASURES)
    half = tables.zero
    t = tables.plus_half(half)
    a, n1, c, n2 = t.events_treat, t.n_treat, t.events_ctrl, t.n_ctrl
    b, d = n1 - a, n2 - c
    if measure == "OR":
        yi, vi = np.log(a / b) - np.log(c / d), 1 / a + 1 / b + 1 / c + 1 / d
    elif measure == "RR":
        yi, vi = np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2
    elif measure == "RD":
        yi, vi = a / n1 - c / n2, a * b / n1**3 + c * d / n2**3
    else:
        excess, variance = observed_less_expected(t)
        yi, vi = excess / variance, 1 / variance
    if drop_double_zero:
        gone = tables.double_zero
        return Contrasts(np.where(gone, np.nan, yi), np.where(gone, np.nan, vi), half & ~gone)
    return Contrasts(yi, vi, half)


def observed_less_expected(tables: TwoByTwo) -> tuple[Floats, Floats]:
    """Events under treatment less those expected without an effect, and their variance, (k,).

    Mean and variance of the hypergeometric distribution given all margins (Yusuf et al. 1985,
    Prog Cardiovasc Dis 27:335). The variance is 0 for a double-zero trial.
    """
    total = tables.n_treat + tables.n_ctrl
    events = tables.events_treat + tables.events_ctrl
    share = tables.n_treat / total
    variance = events * (total - events) * share * (1 - share) / np.maximum(total - 1, 1)
    return tables.events_treat - events * share, variance

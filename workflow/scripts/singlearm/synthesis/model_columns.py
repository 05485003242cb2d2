"""What the module of a likelihood gives back: the numbers of many datasets, and their notes."""

from dataclasses import dataclass

from .arrays import Bools, Columns, Floats
from .notes import NoteTable


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a model: coverage, and proportions to set the result beside (or None).

    `threshold` asks for the probability that a new study lies above it, `null_value` for the p of
    the hypothesis that the pooled proportion is that one; without `tau2_limits` two-step models and
    the binomial-normal one leave out the limits of tau2 and I2, without `predict` every model but
    the Bayesian one leaves out what it says of a new study. Both take longer than all else.
    """

    level: float = 0.95
    threshold: float | None = None
    null_value: float | None = None
    tau2_limits: bool = True
    predict: bool = True


#: Intervals of 95%, nothing to compare with.
USUAL = Asked()


@dataclass(frozen=True, slots=True)
class ModelColumns:
    """Results of B datasets.

    Parameters
    ----------
    numbers : dict of (B,) arrays
        By the names of `records.NUMBERS`, NaN where nothing applies.
    converged : (B,) array of bool
    weights : (K, B) array
        Percent per study.
    notes : NoteTable
    """

    numbers: Columns
    converged: Bools
    weights: Floats
    notes: NoteTable

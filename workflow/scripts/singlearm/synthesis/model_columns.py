"""What the module of a likelihood gives back: the numbers of many datasets, and their notes."""

from dataclasses import dataclass

from .arrays import Bools, Columns, Floats
from .notes import NoteTable


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

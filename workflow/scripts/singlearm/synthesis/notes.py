"""Notes on results: a code, and what the code counts or names; words are made elsewhere."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: What a note may carry beside its code.
Value = int | float | str


class Note:
    """One thing to know about a result.

    Parameters
    ----------
    code : str
        What it is about, in snake_case.
    **values : int, float or str
        What the code counts or names: `Note("left_out", count=2)`.

    Notes
    -----
    `str(note)` is the form of the CSV files, `code` or `code=value`; several values are joined by
    `, `. `Note.parse` reads it back; two notes are equal when that form is.

    Examples
    --------
    >>> str(Note("left_out", count=2))
    'left_out=2'
    >>> Note.parse("left_out=2") == Note("left_out", count=2)
    True
    """

    __slots__ = ("code", "values")

    code: str
    values: Mapping[str, Value]

    def __init__(self, code: str, **values: Value) -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "values", values)

    @classmethod
    def parse(cls, text: str) -> "Note":
        """The note of one entry of a CSV cell."""
        code, sign, value = text.partition("=")
        return cls(code, value=value) if sign else cls(code)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a note does not change; {name} cannot be set")

    def __str__(self) -> str:
        values = ", ".join(_text(value) for value in self.values.values())
        return f"{self.code}={values}" if values else self.code

    def __repr__(self) -> str:
        return f"Note({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Note) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


#: The notes of one result, in the order in which they are printed.
Notes = tuple[Note, ...]


def _text(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def notes_of(*notes: Note | bool | None) -> Notes:
    """The notes that are there, of `condition and Note(...)`."""
    return tuple(note for note in notes if isinstance(note, Note))


def few_studies(k: int) -> Notes:
    """The note that there is one study, or that there are two; none of more."""
    return {1: (Note("single_study"),), 2: (Note("two_studies"),)}.get(k, ())


def join(*notes: object) -> str:
    """Notes as the text of a CSV cell, joined by `; `; empty ones are left out."""
    return "; ".join(text for text in map(str, notes) if text)


def parse(text: str | None) -> Notes:
    """The notes of a CSV cell.

    >>> parse("two_studies; left_out=2")
    (Note('two_studies'), Note('left_out=2'))
    """
    return tuple(Note.parse(part.strip()) for part in (text or "").split(";") if part.strip())


def without(notes: Iterable[Note], *codes: str) -> Notes:
    """The notes but those of the given codes: of numbers that are not printed, or are others."""
    return tuple(note for note in notes if note.code not in codes)


class NoteTable:
    """Notes collected for many datasets, in the order added.

    Parameters
    ----------
    count : int
        The number of datasets B.
    """

    def __init__(self, count: int) -> None:
        self._added: list[tuple[NDArray[np.bool_], Note]] = []
        self._count = count

    def add(self, where: ArrayLike, code: str, **values: Value) -> None:
        """Add a note to the datasets selected by the boolean array `where` (B,)."""
        chosen = np.broadcast_to(np.asarray(where, bool), (self._count,)).copy()
        if chosen.any():
            self._added.append((chosen, Note(code, **values)))

    def lists(self) -> NDArray[np.object_]:
        """The notes of each dataset: a tuple in each element (B,)."""
        out = np.empty(self._count, object)
        out[:] = [()] * self._count
        for chosen, note in self._added:
            for i in np.flatnonzero(chosen):
                out[i] = (*out[i], note)
        return out

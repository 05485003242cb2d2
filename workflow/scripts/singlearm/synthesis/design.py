"""The design of a meta-regression: one moderator or several, complete cases, what has no fit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .arguments import labels as listed
from .arguments import level_names, real_numbers
from .arrays import Bools, Floats, Ints
from .notes import Note, Notes, notes_of
from .suitability import COLLINEAR
from .words import SynthesisError

#: Values of one moderator, study by study: numbers, or labels; None where not known.
Values = Iterable[float | str | None]
#: One moderator, or several by name (a mapping, or a frame with a column for each).
Moderators = Values | Mapping[str, Values]
#: The order of the labels of one moderator, or of several by name.
Levels = Sequence[str] | Mapping[str, Sequence[str]] | None


@dataclass(frozen=True, slots=True)
class Design:
    """The design of the studies that have a value of every moderator.

    Parameters
    ----------
    matrix : array (k, P)
        Intercept first.
    terms : tuple of str
        A name for each column.
    variables : tuple of str or None
        The moderator of each column, where there are several; None for the intercept.
    kept : array of bool (all studies,)
        Which studies those are.
    moderators : tuple of str
        Names of the moderators where there are several, else empty.
    lacking : tuple of int
        Studies without a value of each of `moderators`.
    """

    matrix: Floats
    terms: tuple[str, ...]
    variables: tuple[str | None, ...]
    kept: Bools
    moderators: tuple[str, ...] = ()
    lacking: tuple[int, ...] = ()

    @property
    def left_out(self) -> int:
        """Studies without a value of every moderator."""
        return int((~self.kept).sum())

    def columns(self, moderator: str) -> Ints:
        """The columns of a moderator."""
        return np.flatnonzero([name == moderator for name in self.variables])

    def notes(self) -> Notes:
        """How many studies lack which of several moderators."""
        parts = {
            name: f"{name} {count}"
            for name, count in zip(self.moderators, self.lacking, strict=True)
            if count
        }
        return notes_of(bool(parts) and Note("values_lacking", **parts))

    def why_none(self, per_coefficient: int) -> Note | None:
        """Why the design allows no regression, None if it does.

        It takes two studies more than coefficients, `per_coefficient` studies for each beside the
        intercept, and columns that vary and do not follow from each other.
        """
        k, width = self.matrix.shape
        needed = max(width + 2, per_coefficient * (width - 1))
        if k < needed:
            return Note("studies_needed", count=needed) if k else Note("no_data")
        if not self.moderators:
            if width == 1:
                return Note("one_level")
            return Note("constant_moderator") if _rank(self.matrix) < width else None
        constant = [name for name in self.moderators if self._constant(name)]
        if constant:
            return Note("moderators_constant", names=", ".join(constant))
        if _rank(self.matrix) == width:
            return None
        found = [name for name in self.moderators if self._follows(name)]
        return Note("moderators_collinear", names=", ".join(found))

    def _constant(self, name: str) -> bool:
        own = self.matrix[:, self.columns(name)]
        return bool((np.ptp(own, axis=0) == 0).all())

    def _follows(self, name: str) -> bool:
        """Whether a column of the moderator follows from the other moderators."""
        others = np.delete(self.matrix, self.columns(name), axis=1)
        return _rank(self.matrix) < _rank(others) + len(self.columns(name))


def design_of(
    moderator: Moderators, levels: Levels, name: str, count: int, among: Ints | None = None
) -> Design:
    """The design of one moderator, whose slope is called `name`, or of several.

    Parameters
    ----------
    moderator : iterable, mapping or frame
        As in `meta_regression`, with an entry for each of `count` studies.
    levels : sequence, mapping or None
        Order of the labels.
    among : array of int, optional
        The studies that can enter at all; others are neither kept nor left out.

    Raises
    ------
    SynthesisError
        For lengths that differ, labels that are not levels, numbers that are not finite.

    Examples
    --------
    >>> d = design_of({"year": [1, 2, None], "arm": ["b", "a", "b"]}, None, "slope", 3)
    >>> d.terms, d.left_out
    (('intercept', 'year', 'arm: b - a'), 1)
    """
    values, orders = _read(moderator, levels)
    for key, one in values.items():
        if len(one) != count:
            what = f"moderator {key}" if key else "moderator"
            raise SynthesisError(
                f"the studies and their {what} must have one length, not {count}, {len(one)}"
            )
    if among is not None:
        values = {key: [one[i] for i in among] for key, one in values.items()}
    kept = np.array([all(v is not None for v in row) for row in zip(*values.values(), strict=True)])
    columns, terms = [np.ones(int(kept.sum()))], ["intercept"]
    variables: list[str | None] = [None]
    for key, one in values.items():
        known = [v for v, keep in zip(one, kept, strict=True) if keep]
        labelled = orders.get(key) is not None or any(isinstance(v, str) for v in one)
        own, texts = _indicators(known, orders.get(key)) if labelled else ([_finite(known)], [""])
        columns += own
        terms += [": ".join(filter(None, (key, text))) or name for text in texts]
        variables += [key or None] * len(own)
    names = tuple(filter(None, values))
    lacking = tuple(sum(value is None for value in values[key]) for key in names)
    matrix = np.array(columns).T
    return Design(matrix, tuple(terms), tuple(variables), kept.astype(bool), names, lacking)


def _read(
    moderator: Moderators, levels: Levels
) -> tuple[dict[str, list[object]], dict[str, Sequence[str] | None]]:
    """Values and order of levels of each moderator by name; the name of a single one is empty."""
    several = _by_name(moderator)
    if several is not None:
        return {key: listed(key, one) for key, one in several.items()}, _orders(levels, several)
    if isinstance(levels, Mapping):
        raise SynthesisError("levels of one moderator: a list of them")
    return {"": listed("moderator", moderator)}, {"": levels}


def _by_name(moderator: object) -> dict[str, Values] | None:
    """Several moderators by name; None for a list of one."""
    table = getattr(moderator, "ndim", 1) == 2
    if not (isinstance(moderator, Mapping) or (table and hasattr(moderator, "items"))):
        if table:
            raise SynthesisError("several moderators need names: a mapping, or a frame")
        return None
    found = {str(key): values for key, values in moderator.items()}
    if not found:
        raise SynthesisError("a regression needs a moderator")
    return found


def _orders(levels: Levels, names: Iterable[str]) -> dict[str, Sequence[str] | None]:
    """The order of the labels of each of several moderators."""
    if levels is None:
        return {}
    if not isinstance(levels, Mapping):
        raise SynthesisError("levels of several moderators: a mapping from name to levels")
    if unknown := sorted(set(levels) - set(names)):
        raise SynthesisError(f"levels: {', '.join(unknown)} not among the moderators {[*names]}")
    return dict(levels)


def _indicators(
    known: Sequence[object], levels: Sequence[str] | None
) -> tuple[list[Floats], list[str]]:
    """A column for each level but the first that has a study, and their names."""
    names = list(level_names(known, levels))
    if unknown := sorted({str(v) for v in known if v not in names}):
        raise SynthesisError(f"{', '.join(unknown)}: not among the levels {names}")
    present = [name for name in names if name in known]
    columns = [np.array([float(v == name) for v in known]) for name in present[1:]]
    return columns, [f"{name} - {present[0]}" for name in present[1:]]


def _finite(values: Sequence[object]) -> Floats:
    """The values of a moderator that is a number."""
    found = real_numbers("moderator", values)
    if not np.isfinite(found).all():
        raise SynthesisError("moderator: numbers must be finite, None where unknown")
    return found


def _rank(matrix: Floats) -> int:
    """Rank of a design, its columns centred and scaled so that units play no part."""
    if not matrix.size:
        return 0
    rest = matrix[:, 1:]
    away = rest - rest.mean(axis=0)
    scale = np.sqrt((away**2).mean(axis=0))
    # a constant keeps traces of rounding, which scaling would make as large as any column
    flat = (np.ptp(rest, axis=0) == 0) | (scale <= 1e-14 * np.abs(rest).max(axis=0, initial=0))
    away = np.where(flat, 0.0, away / np.where(flat, 1.0, scale))
    values = np.linalg.svd(away, compute_uv=False)
    return 1 + int((values > COLLINEAR * values.max(initial=1.0)).sum())

"""What a comparison of subgroups is made of: studies by level, rows of levels, tests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy.special import chdtrc, fdtrc

from .arguments import labels as listed
from .arguments import level_names, lists
from .arrays import ArrayLike, Floats, Ints
from .effects import check_counts
from .models import Model
from .notes import Note, Notes, notes_of
from .pooling import pool_many
from .records import Noted, Number, Pooled, number
from .suitability import own_tau2_testable
from .words import SynthesisError


@dataclass(frozen=True, slots=True)
class Level(Noted):
    """One level of a subgrouping; fields are the columns of `subgroups.csv`, as in `Pooled`.

    Parameters
    ----------
    level : str
        Its name.
    k, events, total : int
        Studies, patients with the event, patients.
    estimate, ci_low, ci_high, pi_low, pi_high : float, optional
        The proportion with its interval, and where that of a new study lies.
    marginal, marginal_low, marginal_high : float, optional
        The average over studies.
    tau2, tau2_low, tau2_high : float, optional
        The limits are there where the level has a tau2 of its own.
    converged : bool
        Whether the fit arrived.
    notes : tuple of Note
        What to know about the numbers.
    """

    level: str
    k: int
    events: int
    total: int
    estimate: Number = None
    ci_low: Number = None
    ci_high: Number = None
    pi_low: Number = None
    pi_high: Number = None
    marginal: Number = None
    marginal_low: Number = None
    marginal_high: Number = None
    tau2: Number = None
    tau2_low: Number = None
    tau2_high: Number = None
    converged: bool = True


#: Limits of a level's own fit, which one that shares its tau2 has otherwise or not at all.
NO_LIMITS: dict[str, Any] = dict.fromkeys(("pi_low", "pi_high", "tau2_low", "tau2_high"))


@dataclass(frozen=True, slots=True)
class BetweenTest(Noted):
    """One test between levels; fields are the columns of `subgroup_tests.csv`.

    Parameters
    ----------
    test : {"q_between", "f", "lrt", "lrt_bootstrap"}
        Chi-square of Q, F with `df2` degrees of freedom below, chi-square of the likelihood ratio,
        the likelihood ratio among those of datasets drawn under the null.
    statistic, df, df2, p_value : optional
        None where no test was done; `notes` say why.
    p_permutation, permutations, p_permutation_se : optional
        Permutation p, the number of arrangements behind it, and its Monte Carlo standard error
        (None when all arrangements were visited); of a bootstrap the error of `p_value`.
    left_out : int
        Studies without a label; between groups of effects also those without a standard error.
    notes : tuple of Note
        What to know about the test.
    draws : int, optional
        Datasets behind the p of a bootstrap.
    p_bootstrap : float, optional
        That p of a test in a regression, beside its `p_value`; `p_permutation_se` is its error.
    lead : bool
        Whether conclusions are drawn from this test.
    """

    test: str
    statistic: Number = None
    df: int | None = None
    df2: Number = None
    p_value: Number = None
    p_permutation: Number = None
    permutations: int | None = None
    p_permutation_se: Number = None
    left_out: int = 0
    draws: int | None = None
    lead: bool = False
    p_bootstrap: Number = None


@dataclass(frozen=True, slots=True)
class SubgroupComparison:
    """Levels of a subgrouping, and whether they differ.

    Parameters
    ----------
    levels : tuple of Level
        In the order asked for.
    tests : tuple of BetweenTest
        Between those with data.
    """

    levels: tuple[Level, ...]
    tests: tuple[BetweenTest, ...]


@dataclass(frozen=True, slots=True)
class Grouped:
    """The studies that have a label: counts (k,), level index (k,), level names."""

    x: Floats
    n: Floats
    index: Ints
    names: tuple[str, ...]
    left_out: int

    def studies(self, level: int) -> Ints:
        """The studies of a level."""
        return np.flatnonzero(self.index == level)

    def counts(self, level: int) -> tuple[Floats, Floats]:
        """Events and totals of a level."""
        at = self.studies(level)
        return self.x[at], self.n[at]

    def side_by_side(self, levels: Sequence[int]) -> tuple[Floats, Floats]:
        """Counts (K, G) of some levels, 0 of 0 where one has fewer studies than the largest."""
        sizes = [self.studies(g).size for g in levels]
        x, n = np.zeros((2, max(sizes, default=0), len(sizes)))
        for i, (g, size) in enumerate(zip(levels, sizes, strict=True)):
            x[:size, i], n[:size, i] = self.counts(g)
        return x, n

    @property
    def with_data(self) -> list[int]:
        """The levels that have a study."""
        return [g for g in range(len(self.names)) if (self.index == g).any()]


def grouped(
    events: ArrayLike, total: ArrayLike, groups: Iterable[str | None], levels: Sequence[str] | None
) -> Grouped:
    """The studies that have a label, by level.

    Raises
    ------
    SynthesisError
        If the lengths differ, or a label is not among the levels.
    """
    labels = listed("groups", groups)
    x, n = check_counts(*lists(events=events, total=total))
    if len(labels) != x.size:
        raise SynthesisError(
            f"events, total and groups must have one length, not {x.size}, {n.size}, {len(labels)}"
        )
    names = level_names(labels, levels)
    unknown = sorted({str(g) for g in labels if g is not None and g not in names})
    if unknown:
        raise SynthesisError(f"groups {', '.join(unknown)} are not among the levels {names}")
    kept = np.array([g is not None for g in labels], bool)
    index = np.array([names.index(g) for g in labels if g is not None], int)
    return Grouped(x[kept], n[kept], index, names, int((~kept).sum()))


def cell_means(index: Ints, levels: Sequence[int] | Ints) -> Floats:
    """Indicators (G, K, B) of the levels for level indices (K, B)."""
    return (index[None] == np.asarray(levels)[:, None, None]).astype(float)


def level_row(name: str, fit: Pooled) -> Level:
    """A pooled record as the row of a level."""
    shared = [field.name for field in fields(Level) if field.name != "level"]
    return Level(name, **{field: getattr(fit, field) for field in shared})


def pool_levels(data: Grouped, model: Model, level: float) -> list[Pooled]:
    """Each level pooled by itself, all in one batch."""
    x, n = (a.T for a in data.side_by_side(range(len(data.names))))
    return pool_many(x, np.maximum(n, 1), model, present=n > 0, level=level).records()


def level_rows(data: Grouped, fits: Iterable[Pooled]) -> list[Level]:
    """The rows of all levels from their fits."""
    return [level_row(name, fit) for name, fit in zip(data.names, fits, strict=True)]


def no_test(name: str, *reasons: Note) -> tuple[BetweenTest, ...]:
    """The record of a test that was not done, with its reasons."""
    return (BetweenTest(name, notes=reasons),)


def chi_square_test(name: str, statistic: float, df: int, *notes: Note) -> BetweenTest:
    """A chi-square test; without a number where the statistic has none."""
    p = number(chdtrc(df, statistic)) if np.isfinite(statistic) else None
    return BetweenTest(name, number(statistic), df, p_value=p, notes=notes)


def f_test(statistic: float, df: int, df2: float, *notes: Note) -> BetweenTest:
    """An F test; without a number where the statistic has none."""
    p = number(fdtrc(df, df2, statistic)) if np.isfinite(statistic) and df2 > 0 else None
    return BetweenTest("f", number(statistic), df, number(df2), p, notes=notes)


def why_no_test(data: Grouped, own_tau2: int = 0) -> Notes:
    """Why the data allow no test; empty if they do.

    `own_tau2`: the studies that every level needs, where each has a tau2 of its own.
    """
    if not data.x.size:
        return (Note("no_data"),)
    if len(data.with_data) < 2:
        return (Note("one_level"),)
    sizes = [data.studies(g).size for g in data.with_data]
    return notes_of(not own_tau2_testable(sizes, own_tau2) and Note("fewer_than_five_per_group"))

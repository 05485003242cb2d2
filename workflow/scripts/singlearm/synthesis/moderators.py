"""Subgroups: a row for each level and a test between them, with separate or common tau2."""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, fdtrc

from .models import Model
from .notes import join
from .pooling import pool
from .records import Number, number
from .words import TAU2_MODES, SynthesisError, check_word

#: Arrangements up to which the permutation test goes through all of them.
EXACT_UP_TO = 200_000
#: Random arrangements otherwise.
DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a subgrouping; fields are the columns of `subgroups.csv`."""

    level: str
    k: int
    events: int
    total: int
    estimate: Number = None
    ci_low: Number = None
    ci_high: Number = None
    pi_low: Number = None
    pi_high: Number = None
    tau2: Number = None
    converged: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class BetweenTest:
    """One test between levels; fields are the columns of `subgroup_tests.csv`.

    test: q_between (chi-square), f (F with `df2`), lrt (chi-square of the likelihood ratio).
    """

    test: str
    statistic: Number = None
    df: int | None = None
    df2: Number = None
    p_value: Number = None
    p_permutation: Number = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class SubgroupComparison:
    """`levels` in the order asked for, `tests` between those with data."""

    levels: tuple[Level, ...]
    tests: tuple[BetweenTest, ...]


@dataclass(frozen=True, slots=True)
class Grouped:
    """The studies that have a label: counts (k,), level index (k,), level names."""

    x: np.ndarray
    n: np.ndarray
    index: np.ndarray
    names: tuple[str, ...]
    left_out: int

    def studies(self, level: int) -> np.ndarray:
        return np.flatnonzero(self.index == level)

    @property
    def with_data(self) -> list[int]:
        return [g for g in range(len(self.names)) if (self.index == g).any()]


def compare_subgroups(
    events, total, groups, model: Model, *, tau2_mode="separate", levels=None,
    permutations=EXACT_UP_TO, draws=DRAWS, seed=20210101, level=0.95,
) -> SubgroupComparison:  # fmt: skip
    """Pool each level and test whether the levels differ.

    `groups`: a label per study, None for unknown (left out, counted in the note). `levels`: their
    order, default sorted. `tau2_mode`: `separate` gives each level its own tau2, `common` one tau2
    to all. `permutations`: go through all arrangements of the labels when there are at most this
    many, otherwise draw `draws` at random with `seed`; 0 leaves the permutation test out.

    A level with one study keeps its own interval (note single_study) and still counts in the test;
    fewer than two levels with data give a record without a number. Tests between subgroups of
    trials are observational comparisons.
    """
    check_word("tau2_mode", tau2_mode, TAU2_MODES)
    data = grouped(events, total, groups, levels)
    compare = _BY_LIKELIHOOD[model.likelihood]
    rows, tests = compare(data, model, tau2_mode, level)
    if permutations and any(t.statistic is not None for t in tests):
        from .permutation import add_permutation_p

        tests = add_permutation_p(data, model, tau2_mode, tests, permutations, draws, seed)
    left_out = f"left_out={data.left_out}" if data.left_out else ""
    tests = tuple(_with_note(t, left_out) for t in tests)
    return SubgroupComparison(tuple(rows), tests)


def holm(p_values) -> list[Number]:
    """Holm's step-down adjustment (1979, Scand J Stat 6:65); None stays None and is not counted.

    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    out: list[Number] = [None] * len(p_values)
    running = 0.0
    for rank, (p, i) in enumerate(known):
        running = max(running, min(1.0, p * (len(known) - rank)))
        out[i] = running
    return out


def grouped(events, total, groups, levels) -> Grouped:
    """The studies that have a label, by level."""
    labels = list(groups)
    x, n = np.asarray(events, float), np.asarray(total, float)
    if not len(labels) == x.size == n.size:
        raise SynthesisError(
            f"events, total and groups must have one length, not {x.size}, {n.size}, {len(labels)}"
        )
    names = tuple(sorted({g for g in labels if g is not None}) if levels is None else levels)
    unknown = sorted({str(g) for g in labels if g is not None and g not in names})
    if unknown:
        raise SynthesisError(f"groups {', '.join(unknown)} are not among the levels {names}")
    kept = np.array([g is not None for g in labels], bool)
    index = np.array([names.index(g) for g in labels if g is not None], int)
    return Grouped(x[kept], n[kept], index, names, int((~kept).sum()))


def _with_note(test: BetweenTest, word: str) -> BetweenTest:
    values = {name: getattr(test, name) for name in BetweenTest.__slots__}
    return BetweenTest(**values | {"note": join(test.note, word)})


def as_level(name, fit) -> Level:
    """A pooled record as the row of a level."""
    shared = [f for f in Level.__slots__ if f != "level"]
    return Level(name, **{f: getattr(fit, f) for f in shared})


def separate_levels(data: Grouped, model, level) -> list:
    """Each level pooled by itself."""
    return [
        pool(data.x[data.studies(g)], data.n[data.studies(g)], model, level=level)
        for g in range(len(data.names))
    ]


def no_test(name: str, word: str) -> tuple[BetweenTest, ...]:
    """The record of a test that was not done, with its reason."""
    return (BetweenTest(name, note=word),)


def chi_square_test(name, statistic, df, note="") -> BetweenTest:
    p = number(chdtrc(df, statistic)) if np.isfinite(statistic) else None
    return BetweenTest(name, number(statistic), df, None, p, None, note)


def f_test(statistic, df, df2, note="") -> BetweenTest:
    p = number(fdtrc(df, df2, statistic)) if np.isfinite(statistic) and df2 > 0 else None
    return BetweenTest("f", number(statistic), df, number(df2), p, None, note)


def too_few(data: Grouped) -> str:
    """Why no test is possible, or an empty string."""
    if not data.x.size:
        return "no_data"
    return "one_level" if len(data.with_data) < 2 else ""


def _normal(data, model, tau2_mode, level):
    from . import subgroups_normal

    return subgroups_normal.compare(data, model, tau2_mode, level)


def _binomial(data, model, tau2_mode, level):
    from . import subgroups_binomial

    return subgroups_binomial.compare(data, model, tau2_mode, level)


def _untested(data, model, tau2_mode, level):
    rows = [
        as_level(n, f) for n, f in zip(data.names, separate_levels(data, model, level), strict=True)
    ]
    word = f"no_test_for_{model.likelihood}"
    if tau2_mode == "common":
        word = join(word, "levels_pooled_separately")
    return rows, no_test("lrt", too_few(data) or word)


_BY_LIKELIHOOD = {
    "normal": _normal,
    "binomial_normal": _binomial,
    "beta_binomial": _untested,
    "bayes": _untested,
}

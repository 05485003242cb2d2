"""Subgroups: a row for each level and a test between them, with separate or common tau2."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from . import subgroups_binomial, subgroups_normal
from .arrays import ArrayLike
from .levels import (
    BetweenTest,
    Grouped,
    Level,
    SubgroupComparison,
    grouped,
    level_rows,
    no_test,
    pool_levels,
    why_no_test,
)
from .models import DEFAULT_MODEL, Model, named_model
from .notes import Note, notes_of
from .permutation import add_permutation_p
from .records import Number
from .words import TAU2_MODES, check_word

#: Arrangements up to which the permutation test goes through all of them.
EXACT_UP_TO = 200_000
#: Random arrangements otherwise.
DRAWS = 10_000
SEED = 20210101


def compare_subgroups(
    events: ArrayLike,
    total: ArrayLike,
    groups: Iterable[str | None],
    model: Model | str = DEFAULT_MODEL,
    *,
    tau2_mode: str = "separate",
    levels: Sequence[str] | None = None,
    permutations: int = EXACT_UP_TO,
    draws: int = DRAWS,
    seed: int = SEED,
    level: float = 0.95,
) -> SubgroupComparison:
    """Pool each level and test whether the levels differ.

    Parameters
    ----------
    events, total : array_like of int, shape (k,)
        Counts of the studies.
    groups : iterable of str or None
        A label per study, None for unknown: left out and counted.
    model : Model or str
        How the levels are pooled; see `pool`.
    tau2_mode : {"separate", "common"}
        Each level its own tau2, or one tau2 for all.
    levels : sequence of str, optional
        Their order, default sorted.
    permutations : int
        Go through all arrangements of the labels when there are at most this many, otherwise draw
        `draws` at random with `seed`; 0 leaves the permutation test out.
    level : float
        Coverage of the intervals.

    Returns
    -------
    SubgroupComparison

    Raises
    ------
    SynthesisError
        For labels that are not levels, lengths that differ and words that are not known.

    Notes
    -----
    A level with one study keeps its own interval and still counts in the test; fewer than two
    levels with data give a record without a number. Tests between subgroups of trials are
    observational comparisons.

    Examples
    --------
    >>> r = compare_subgroups([1, 2, 8, 9], [10, 10, 10, 10], ["a", "a", "b", "b"], "logit_dl")
    >>> r.tests[0].test, round(r.tests[0].p_value, 5), round(r.tests[0].p_permutation, 3)
    ('q_between', 0.00017, 0.333)
    """
    check_word("tau2_mode", tau2_mode, TAU2_MODES)
    model = named_model(model)
    data = grouped(events, total, groups, levels)
    rows, tests = _compare(data, model, tau2_mode, level)
    if permutations and any(test.statistic is not None for test in tests):
        tests = add_permutation_p(data, model, tau2_mode, tests, permutations, draws, seed)
    return SubgroupComparison(tuple(rows), tuple(_left_out(test, data.left_out) for test in tests))


def _compare(
    data: Grouped, model: Model, tau2_mode: str, level: float
) -> tuple[list[Level], tuple[BetweenTest, ...]]:
    if model.likelihood == "normal":
        return subgroups_normal.compare(data, model, tau2_mode, level)
    if model.likelihood == "binomial_normal":
        return subgroups_binomial.compare(data, model, tau2_mode, level)
    reasons = why_no_test(data) or notes_of(
        Note(f"no_test_for_{model.likelihood}"),
        tau2_mode == "common" and Note("levels_pooled_separately"),
    )
    return level_rows(data, pool_levels(data, model, level)), no_test("lrt", *reasons)


def _left_out(test: BetweenTest, count: int) -> BetweenTest:
    """The test with the number of studies without a label."""
    more = notes_of(count > 0 and Note("left_out", count=count))
    return replace(test, left_out=count, notes=test.notes + more)


def holm(p_values: Sequence[Number]) -> list[Number]:
    """Holm's step-down adjustment (1979, Scand J Stat 6:65); None stays None and is not counted.

    Examples
    --------
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


def holm_by_test(tests: Sequence[BetweenTest]) -> list[Number]:
    """Holm's adjustment over subgroupings, for each kind of test by itself, in the order given."""
    out: list[Number] = [None] * len(tests)
    for kind in {test.test for test in tests}:
        at = [i for i, test in enumerate(tests) if test.test == kind]
        for i, adjusted in zip(at, holm([tests[i].p_value for i in at]), strict=True):
            out[i] = adjusted
    return out

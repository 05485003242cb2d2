"""Subgroups: a row for each level and a test between them, with separate or common tau2."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from . import subgroups_binomial, subgroups_normal
from .arguments import check_count, check_share
from .arrays import ArrayLike
from .group_bootstrap import bootstrap_test
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
from .permutation import DRAWS, EXACT_UP_TO, SEED, add_permutation_p
from .records import Number
from .suitability import PER_GROUP, large_sample
from .words import TAU2_MODES, check_word


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
    bootstrap: int = 0,
    least: int = PER_GROUP,
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
    permutations, draws, seed : int
        Go through all arrangements of the labels when there are at most this many, otherwise draw
        `draws` at random with `seed`; 0 leaves the permutation test out.
    bootstrap : int
        Datasets drawn with `seed` for the bootstrap of the likelihood ratio, the test that leads
        whatever the `model`: it is that of the binomial-normal model under one tau2; 0 leaves it
        out.
    least : int
        Studies that every level needs for a test with separate tau2.
    level : float
        Coverage of the intervals.

    Returns
    -------
    SubgroupComparison
        A row for each level, and the tests between them; that of a bootstrap stands first.

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
    >>> x, n, groups = [1, 2, 8, 9], [10, 10, 10, 10], ["a", "a", "b", "b"]
    >>> r = compare_subgroups(x, n, groups, "logit_dl", tau2_mode="common")
    >>> r.tests[0].test, round(r.tests[0].p_value, 5), round(r.tests[0].p_permutation, 3)
    ('q_between', 0.00017, 0.333)
    >>> compare_subgroups(x, n, groups, "logit_dl").tests[0].note
    'fewer_than_five_per_group'
    """
    check_word("tau2_mode", tau2_mode, TAU2_MODES)
    model, level = named_model(model), check_share("level", level)
    permutations = check_count("permutations", permutations, 0)
    draws = check_count("draws", draws, 1)
    bootstrap = check_count("bootstrap", bootstrap, 0)
    data = grouped(events, total, groups, levels)
    needed = least if tau2_mode == "separate" else 1
    rows, tests = _compare(data, model, tau2_mode, level, needed)
    if tau2_mode == "common" and model.has_tau2 and data.x.size == len(data.with_data) > 1:
        # no study is left that could tell how much studies of a group differ
        tests = no_test(tests[0].test, Note("one_study_per_group"))
    if bootstrap and tau2_mode == "common":
        exact = _likelihood_ratio(data, model, tests[0], level)
        tests = (_bootstrap(data, exact, bootstrap, seed), *tests)
    tests = tuple(_marked(test, data.x.size) for test in tests)
    own = [test for test in tests if test.statistic is not None and test.test != "lrt_bootstrap"]
    if permutations and own:  # a bootstrap has a p of its own
        tests = add_permutation_p(data, model, tau2_mode, tests, permutations, draws, seed)
    return SubgroupComparison(tuple(rows), tuple(_left_out(test, data.left_out) for test in tests))


def _compare(
    data: Grouped, model: Model, tau2_mode: str, level: float, least: int
) -> tuple[list[Level], tuple[BetweenTest, ...]]:
    if model.likelihood == "normal":
        return subgroups_normal.compare(data, model, tau2_mode, level, least)
    if model.likelihood == "binomial_normal":
        return subgroups_binomial.compare(data, model, tau2_mode, level, least)
    reasons = why_no_test(data) or notes_of(
        Note(f"no_test_for_{model.likelihood}"),
        tau2_mode == "common" and Note("levels_pooled_separately"),
    )
    return level_rows(data, pool_levels(data, model, level)), no_test("lrt", *reasons)


def _likelihood_ratio(data: Grouped, model: Model, first: BetweenTest, level: float) -> BetweenTest:
    """The likelihood ratio of the binomial-normal model under one tau2; `first` is that of `model`.

    Under another model, whose chi-square and F need many studies or which has no test, it is lent.
    """
    if model.likelihood == "binomial_normal":
        return first
    if data.x.size == len(data.with_data) > 1:
        return no_test("lrt", Note("one_study_per_group"))[0]
    lent = Model("binomial_normal")
    _, tests = subgroups_binomial.compare(data, lent, "common", level, 1)
    return replace(tests[0], notes=(*tests[0].notes, Note("test_of_binomial_normal")))


def _bootstrap(data: Grouped, exact: BetweenTest, draws: int, seed: int) -> BetweenTest:
    """The likelihood ratio `exact` with its p from datasets drawn under the null."""
    if exact.statistic is None:
        return replace(exact, test="lrt_bootstrap", lead=True)
    index = np.searchsorted(data.with_data, data.index)
    p_value, error = bootstrap_test(data.x, data.n, index, draws=draws, seed=seed)
    notes = (
        *exact.notes,
        Note("bootstrap_draws", count=draws),
        Note("smallest_p", value=f"{1 / (draws + 1):.2g}"),
    )
    return replace(
        exact, test="lrt_bootstrap", p_value=p_value, p_permutation_se=error, notes=notes,
        draws=draws, lead=True,
    )  # fmt: skip


def _marked(test: BetweenTest, studies: int) -> BetweenTest:
    """A test whose p needs many studies, marked where they are few."""
    if test.p_value is None or test.draws is not None or large_sample(studies):
        return test
    return replace(test, notes=(*test.notes, Note("large_sample_p")))


def _left_out(test: BetweenTest, count: int) -> BetweenTest:
    """The test with the number of studies without a label."""
    more = notes_of(count > 0 and Note("left_out", count=count))
    return replace(test, left_out=count, notes=test.notes + more)


def holm(p_values: Sequence[Number]) -> list[Number]:
    """Holm's step-down adjustment of p values for their number.

    Parameters
    ----------
    p_values : sequence of float or None
        None and NaN stay and do not count.

    Returns
    -------
    list of float or None
        The adjusted ones, in the order given.

    References
    ----------
    Holm (1979), Scand J Stat 6:65.

    Examples
    --------
    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None and not math.isnan(p))
    out: list[Number] = [None if p is None else math.nan for p in p_values]
    running = 0.0
    for rank, (p, i) in enumerate(known):
        running = max(running, min(1.0, p * (len(known) - rank)))
        out[i] = running
    return out


def holm_by_test(tests: Sequence[BetweenTest]) -> list[Number]:
    """Holm's adjustment over subgroupings, for each kind of test by itself.

    Parameters
    ----------
    tests : sequence of BetweenTest
        Those of all subgroupings; the word in `test` is their kind.

    Returns
    -------
    list of float or None
        The adjusted p of each test, in the order given.
    """
    out: list[Number] = [None] * len(tests)
    for kind in {test.test for test in tests}:
        at = [i for i, test in enumerate(tests) if test.test == kind]
        for i, adjusted in zip(at, holm([tests[i].p_value for i in at]), strict=True):
            out[i] = adjusted
    return out

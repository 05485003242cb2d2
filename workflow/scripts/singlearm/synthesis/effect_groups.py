"""A test of groups of studies from effect sizes: landmarks, log medians, log rates, ratios."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from .arguments import labels as listed
from .arguments import lists
from .arrays import ArrayLike, Floats, Ints
from .levels import BetweenTest, f_test
from .notes import Note, notes_of
from .permutation import DRAWS, EXACT_UP_TO, SEED, common_tau2_statistics, with_permutation_p
from .suitability import large_sample
from .words import SynthesisError


def compare_effects(yi: ArrayLike, vi: ArrayLike, groups: Iterable[str | None]) -> BetweenTest:
    """Test whether groups of studies differ in their mean effect, under one tau2 by REML.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effect sizes and their sampling variances; a study without a variance (NaN) is left out.
    groups : iterable of str or None
        A label per study, None for unknown: left out as well.

    Returns
    -------
    BetweenTest
        The F of Knapp and Hartung with its permutation p; without a number where fewer than two
        groups have a study or no study is left to tell how much studies of a group differ.
        `left_out` counts the studies with an effect that did not enter, for want of a variance or
        of a group; the note `without_error_left_out` those that have a group and no variance.

    Raises
    ------
    SynthesisError
        For lengths that differ.

    References
    ----------
    Knapp and Hartung (2003), Stat Med 22:2693; Higgins and Thompson (2004), Stat Med 23:1663.

    Examples
    --------
    >>> test = compare_effects([0.1, 0.2, 1.1, 1.3], [0.1] * 4, ["a", "a", "b", "b"])
    >>> test.df, test.df2, round(test.p_permutation, 3)
    (1, 2.0, 0.333)
    """
    labels = listed("groups", groups)
    y, v = lists(yi=yi, vi=vi)
    if len(labels) != y.size:
        raise SynthesisError(
            f"yi, vi and groups must have one length, not {y.size}, {v.size}, {len(labels)}"
        )
    usable = np.isfinite(y) & np.isfinite(v)
    if (v[usable] <= 0).any():
        raise SynthesisError("variances must be above 0, or missing")
    grouped = np.array([label is not None for label in labels], bool)
    kept = usable & grouped
    entered = [str(label) for label, k in zip(labels, kept, strict=True) if k]
    names, index = np.unique(entered, return_inverse=True)
    left_out = np.isfinite(y) & ~kept
    unweighed = int((left_out & ~usable & grouped).sum())
    test = _test(y[kept], v[kept], index, names.size)
    more = notes_of(unweighed > 0 and Note("without_error_left_out", count=unweighed))
    return replace(test, left_out=int(left_out.sum()), notes=(*test.notes, *more))


def _test(y: Floats, v: Floats, index: Ints, levels: int) -> BetweenTest:
    """The test of studies that all have a group and a variance."""
    # other groups may have results: of studies without a variance, or medians that were not reached
    if not y.size:
        return BetweenTest("f", notes=(Note("no_group_with_errors"),))
    if levels < 2:
        return BetweenTest("f", notes=(Note("one_group_with_errors"),))
    if y.size <= levels:
        return BetweenTest("f", notes=(Note("one_study_per_group"),))

    def statistics(at: Ints) -> dict[str, Floats]:
        return common_tau2_statistics(y[:, None], v[:, None], at, levels, "REML", "hk_adhoc")

    found = float(statistics(index[:, None])["f"][0])
    few = notes_of(not large_sample(y.size) and Note("large_sample_p"))
    test = f_test(found, levels - 1, float(y.size - levels), *few)
    return with_permutation_p((test,), statistics, index, EXACT_UP_TO, DRAWS, SEED)[0]

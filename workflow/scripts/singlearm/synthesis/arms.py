"""Arms of one trial: a random effect of the trial and one of the arm, or robust limits."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from . import pool_nested, pool_threelevel
from .arguments import check_share, cluster_labels, lists
from .arguments import labels as listed
from .arrays import ArrayLike, Bools, Floats
from .clusters import WITH_SCORES, robust_limits
from .diagnostics import leave_out
from .effects import check_counts
from .levels import SubgroupComparison, grouped, level_row, no_test, why_no_test
from .model_columns import Asked, ModelColumns
from .models import DEFAULT_MODEL, Model, named_model
from .notes import Note, notes_of
from .pooling import counted, note_average, pool_many
from .records import NUMBERS, OF_ARMS, Pooled, number
from .suitability import arms_modelled


def pool_arms(
    events: ArrayLike,
    total: ArrayLike,
    clusters: Iterable[object],
    model: Model | str = DEFAULT_MODEL,
    *,
    threshold: float | None = None,
    null_value: float | None = None,
    level: float = 0.95,
    tau2_limits: bool = True,
) -> Pooled:
    """Pool arms that belong to trials.

    Parameters
    ----------
    events, total : array_like of int, shape (k,)
        Counts of the arms.
    clusters : iterable, length k
        The trial of each arm; equal labels are one trial, and none may be missing.
    model : Model or str
        A two-step or the binomial-normal model, with t limits whatever its `ci` is.
    threshold, null_value, level
        As in `pool`.
    tau2_limits : bool
        Whether the variances have limits, which take longest, and there is a prediction.

    Returns
    -------
    Pooled
        From five trials with several arms on: of a model with a variance of the trials and one of
        their arms. `tau2` is their sum, the prediction interval that of a new arm in a new trial.
        With fewer: the model's own estimate with the limits of `pool_clustered`. Where no trial
        has two arms: what `pool` gives.

    Raises
    ------
    SynthesisError
        As `pool`, for lengths that differ, and for an arm without a trial.

    Examples
    --------
    >>> x, n = [4, 6, 9, 8, 2, 3, 12, 9, 7, 5, 3], [20, 22, 30, 25, 18, 20, 31, 29, 24, 26, 20]
    >>> r = pool_arms(x, n, "aabbccddeef")
    >>> r.clusters, round(r.tau2_trials, 2), round(r.tau2_arms, 2)
    (6, 0.04, 0.0)
    """
    model, level = named_model(model), check_share("level", level)
    x, n = check_counts(*lists(events=events, total=total))
    labels = cluster_labels(clusters, x.size)
    several = sum(arms > 1 for arms in Counter(labels).values())
    known = model.likelihood in WITH_SCORES and model.has_tau2
    varies = model.likelihood == "normal" or 0 < x.sum() < n.sum()
    tried = known and varies and arms_modelled(several)
    if tried:
        asked = Asked(level, threshold, null_value, tau2_limits)
        found = _columns(x, n, labels, model, asked)
        if found.converged[0]:
            return _record(x, n, labels, model, asked, found)
    own = pool_many(
        x[None], n[None], model, threshold=threshold, null_value=null_value, level=level,
        tau2_limits=tau2_limits, predict=tau2_limits,
    ).records()[0]  # fmt: skip
    own = replace(own, counts=counted(x, n))
    fit = robust_limits(x, n, labels, model, null_value, level, own).pooled(own)
    if fit.clusters in (None, fit.k) or not known:
        return fit
    why = Note("arms_not_modelled") if tried else Note("few_trials_of_arms", count=several)
    return replace(fit, notes=(*fit.notes, why))


def pool_arms_without(
    events: ArrayLike,
    total: ArrayLike,
    clusters: Iterable[object] | None,
    model: Model | str,
    left_out: ArrayLike,
) -> Sequence[Pooled]:
    """`pool_arms` without some of the arms, many times; without limits of the variances.

    Parameters
    ----------
    events, total, clusters, model
        As in `pool_arms`; without `clusters` arms are independent, as in `leave_out`.
    left_out : array_like of bool, shape (B, k)
        The arms that each of the B fits goes without.

    Returns
    -------
    sequence of Pooled, length B
        What `pool_arms` gives for the arms that are left; without `clusters` what `pool` gives.

    Raises
    ------
    SynthesisError
        As `pool_arms`.
    """
    if clusters is None:
        return leave_out(events, total, model, left_out).records()
    x, n = lists(events=events, total=total)
    labels = np.array(cluster_labels(clusters, x.size), object)
    kept = ~np.asarray(left_out, bool)
    return tuple(
        pool_arms(x[some], n[some], labels[some].tolist(), model, tau2_limits=False)
        for some in kept
    )


def arms_of_trials(clusters: Iterable[object]) -> Bools:
    """Which arms belong to each trial.

    Parameters
    ----------
    clusters : iterable, length k
        The trial of each arm, as in `pool_arms`.

    Returns
    -------
    array of bool, shape (T, k)
        A row for each trial, in the order in which the trials come.

    Raises
    ------
    SynthesisError
        For an arm without a trial.
    """
    labels = cluster_labels(clusters)
    names = list(dict.fromkeys(labels))
    return np.array([[label == name for label in labels] for name in names], bool)


def _columns(
    x: Floats, n: Floats, labels: Sequence[str], model: Model, asked: Asked
) -> ModelColumns:
    if model.likelihood == "normal":
        return pool_threelevel.columns(x, n, labels, model, asked)
    return pool_nested.columns(x, n, labels, asked)


def _record(
    x: Floats, n: Floats, labels: Sequence[str], model: Model, asked: Asked, found: ModelColumns
) -> Pooled:
    """The record of a model of arms within trials."""
    notes, numbers = found.notes, found.numbers
    none = numbers["tau2"] == 0
    notes.add(none, "tau2_at_zero")
    for part in ("trials", "arms"):
        notes.add((numbers[f"tau2_{part}"] == 0) & ~none, f"tau2_{part}_at_zero")
    notes.add(asked.tau2_limits & ~np.isfinite(numbers["tau2_high"]), "tau2_interval_open")
    note_average(notes, numbers, np.array([x.sum() / n.sum()]))
    trials = len(set(labels))
    first = Note("clusters", count=trials), Note("arms_within_trials")
    known = [name for name in (*NUMBERS, *OF_ARMS) if name in numbers]
    values: dict[str, Any] = {name: number(numbers[name][0]) for name in known}
    return Pooled(
        k=x.size,
        events=int(x.sum()),
        total=int(n.sum()),
        **values,
        notes=(*first, *notes.lists()[0]),
        weights=tuple(number(w) for w in found.weights[:, 0]),
        clusters=trials,
        model=model,
        level=asked.level,
        counts=counted(x, n),
    )


def compare_clustered(
    events: ArrayLike,
    total: ArrayLike,
    groups: Iterable[str | None],
    clusters: Iterable[object],
    model: Model | str = DEFAULT_MODEL,
    *,
    tau2_mode: str = "separate",
    levels: Sequence[str] | None = None,
    level: float = 0.95,
) -> SubgroupComparison:
    """Each level pooled by itself as `pool_arms` does.

    There is no test, as arms of one trial may lie in different levels.

    Parameters
    ----------
    events, total, groups, model, tau2_mode, levels, level
        As in `compare_subgroups`.
    clusters : iterable, length k
        The trial of each arm, as in `pool_arms`; also of one that is in no group.

    Returns
    -------
    SubgroupComparison
        The levels, and a test without a number, whose notes say why there is none.

    Raises
    ------
    SynthesisError
        As `compare_subgroups` and `pool_arms`.
    """
    model = named_model(model)
    known: list[Any] = [*listed("groups", groups)]
    data = grouped(events, total, known, levels)
    trials = cluster_labels(clusters, len(known))
    labels = [trial for trial, group in zip(trials, known, strict=True) if group is not None]

    def of_level(g: int) -> list[str]:
        return [labels[i] for i in data.studies(g)]

    rows = [
        level_row(name, pool_arms(*data.counts(g), of_level(g), model, level=level))
        for g, name in enumerate(data.names)
    ]
    reasons = why_no_test(data) or notes_of(
        Note("no_test_with_clusters"), tau2_mode == "common" and Note("levels_pooled_separately")
    )
    left_out = notes_of(data.left_out > 0 and Note("left_out", count=data.left_out))
    (test,) = no_test("q_between", *reasons, *left_out)
    return SubgroupComparison(tuple(rows), (replace(test, left_out=data.left_out),))

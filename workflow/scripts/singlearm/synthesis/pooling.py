"""One outcome, or many at once, pooled by one model: the entrance to the package.

`pool` is `pool_many` on one dataset. Degenerate data get a stated answer before any model sees
them: no study, one study, no events at all, events in everybody.
"""

from dataclasses import replace

import numpy as np

from . import pool_bayes, pool_beta_binomial, pool_binomial, pool_normal
from .arguments import check_share, lists, together
from .arrays import ArrayLike, Bools, Columns, Floats, Ints
from .effects import check_counts, logit
from .intervals import study_intervals
from .model_columns import Asked
from .models import DEFAULT_MODEL, Model, named_model
from .notes import NoteTable
from .records import NUMBERS, Pooled, PooledMany

_COLUMNS = {
    "normal": pool_normal.columns,
    "binomial_normal": pool_binomial.columns,
    "beta_binomial": pool_beta_binomial.columns,
    "bayes": pool_bayes.columns,
}
#: Likelihoods that answer one study, or data without variation, by the exact binomial interval.
EXACT_WITHOUT_VARIATION = ("binomial_normal", "beta_binomial")
#: Limits that differ by less are one.
ROUNDING = 1e-12
#: Studies x datasets handled at once, by likelihood: bounds the memory of a call.
CHUNK = {"normal": 200_000, "binomial_normal": 30_000, "beta_binomial": 30_000, "bayes": 1_600}


def pool(
    events: ArrayLike,
    total: ArrayLike,
    model: Model | str = DEFAULT_MODEL,
    *,
    threshold: float | None = None,
    null_value: float | None = None,
    level: float = 0.95,
) -> Pooled:
    """Pool one outcome.

    Parameters
    ----------
    events, total : array_like of int, shape (k,)
        Patients with the event of patients assessed, in each of k studies (k may be 0).
    model : Model or str
        How, or the name of a model in `MODELS`; default `glmm`, the random-intercept logistic
        model with profile-likelihood limits.
    threshold : float, optional
        A proportion; asks for `p_above`, the probability that a new study's true proportion lies
        above it.
    null_value : float, optional
        A proportion; asks for `p_value`, the p of the hypothesis that the pooled proportion is it,
        whatever scale the model works on.
    level : float
        Coverage of the intervals.

    Returns
    -------
    Pooled
        A number that does not apply is None, and a note says why.

    Raises
    ------
    SynthesisError
        For counts that are not counts, and for words that are not known.

    Notes
    -----
    One study, no events at all and events in everybody are answered by the exact (Clopper-Pearson)
    interval of the summed counts in the likelihood models (note `exact_interval` or
    `homogeneous_exact`); so is one study in the Bayesian one, which otherwise goes by its prior;
    the two-step models correct by 1/2.

    Examples
    --------
    >>> r = pool([4, 3, 2, 1], [10, 20, 30, 40])
    >>> round(r.estimate, 4), round(r.tau2, 4)
    (0.1045, 0.9066)
    >>> pool([4, 3], [10, 20], "logit_dl").note
    'two_studies'
    """
    x, n = lists(events=events, total=total)
    fit = pool_many(
        x[None], n[None], model, threshold=threshold, null_value=null_value, level=level
    ).records()[0]
    return replace(fit, counts=counted(x, n))


def counted(x: Floats, n: Floats) -> tuple[tuple[int, int], ...]:
    """The counts (k,) as a result keeps them."""
    return tuple((int(events), int(total)) for events, total in zip(x, n, strict=True))


def pool_many(
    events: ArrayLike,
    total: ArrayLike,
    model: Model | str = DEFAULT_MODEL,
    *,
    present: ArrayLike | None = None,
    threshold: float | None = None,
    null_value: float | None = None,
    level: float = 0.95,
    tau2_limits: bool = True,
    predict: bool = True,
) -> PooledMany:
    """Pool many datasets at once.

    Parameters
    ----------
    events, total : array_like of int, shape (..., k)
        Counts of k studies; all axes but the last number the datasets.
    present : array_like of bool, shape (..., k), optional
        Which studies belong to each dataset; default all.
    model, threshold, null_value, level
        As in `pool`.
    tau2_limits : bool
        Whether two-step models and the binomial-normal one give the limits of tau2 and I2;
        without them the latter does not look for a second maximum either.
    predict : bool
        Whether a new study is predicted; the Bayesian model does so in any case.

    Returns
    -------
    PooledMany
        The fields of `Pooled` as arrays of the leading shape, NaN for what does not apply.

    Raises
    ------
    SynthesisError
        As `pool`.
    """
    model = named_model(model)
    level = check_share("level", level)
    threshold = None if threshold is None else check_share("threshold", threshold)
    null_value = None if null_value is None else check_share("null_value", null_value)
    asked = Asked(level, threshold, null_value, tau2_limits, predict)
    x, n = together(events=events, total=total)
    x, n, there = np.broadcast_arrays(
        x, n, np.True_ if present is None else np.asarray(present, bool)
    )
    check_counts(np.where(there, x, 0), np.where(there, n, 1))
    lead, k = x.shape[:-1], x.shape[-1]
    x, n, there = (np.ascontiguousarray(a.reshape(int(np.prod(lead)), k).T) for a in (x, n, there))
    x, n = np.where(there, x, 0.0), np.where(there, n, 0.0)
    size = max(1, CHUNK[model.likelihood] // max(k, 1))
    chunks = [slice(i, i + size) for i in range(0, max(x.shape[1], 1), size)]
    parts = [_pool_chunk(x[:, c], n[:, c], there[:, c], model, asked) for c in chunks]
    whole = {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}
    weights = np.moveaxis(whole.pop("weights"), 0, -1).reshape(*lead, k)
    return PooledMany(
        k=there.sum(axis=0).reshape(lead),
        events=x.sum(axis=0).astype(int).reshape(lead),
        total=n.sum(axis=0).astype(int).reshape(lead),
        **{name: a.reshape(lead) for name, a in whole.items()},
        weights=weights,
        model=model,
        level=level,
    )


def _pool_chunk(x: Floats, n: Floats, present: Bools, model: Model, asked: Asked) -> Columns:
    """Fields of `PooledMany` for one chunk (K, B): the stated answers, then the model."""
    b = x.shape[1]
    k, events, total = present.sum(axis=0), x.sum(axis=0), n.sum(axis=0)
    out: Columns = {name: np.full(b, np.nan) for name in NUMBERS}
    out["weights"] = np.full(x.shape, np.nan)
    some, uniform = k > 0, (events == 0) | (events == total)
    exact = np.zeros(b, bool)
    if model.likelihood in EXACT_WITHOUT_VARIATION:
        exact = some & (uniform | (k == 1))
    elif model.likelihood == "bayes":
        # one study says nothing of the spread: its posterior would be that of the prior of tau
        exact = k == 1
    if exact.any():
        _exact(out, exact, events, total, asked.level)
    notes = _stated(k, uniform, exact).lists()
    converged = np.ones(b, bool)
    modelled = np.flatnonzero(some & ~exact)
    if modelled.size:
        there = present[:, modelled]
        got = _COLUMNS[model.likelihood](x[:, modelled], n[:, modelled], there, model, asked)
        there = there & got.converged
        out["weights"][:, modelled] = np.where(there, got.weights, np.nan)
        for name, values in got.numbers.items():  # a fit that failed shows no number
            out[name][modelled] = np.where(got.converged, values, np.nan)
        converged[modelled] = got.converged
        crude = events[modelled] / total[modelled]
        note_average(got.notes, got.numbers, crude, k[modelled] > 1)
        for i, more in zip(modelled, got.notes.lists(), strict=True):
            notes[i] = notes[i] + more
    return out | {"converged": converged, "notes": notes}


def note_average(
    notes: NoteTable, numbers: Columns, crude: Floats, several: ArrayLike = True
) -> None:
    """Say where the interval of the average reaches beyond the prediction interval, and where the
    `crude` proportion (B,) lies outside of it, or of the estimate's for a model without an average.

    `several`: whether there are studies that could differ in size.
    """
    average = "marginal_low" in numbers
    if average and "pi_low" in numbers:
        low, high = numbers["marginal_low"], numbers["marginal_high"]
        # where studies do not differ the two may be one interval, up to rounding
        beyond = (low < numbers["pi_low"] - ROUNDING) | (high > numbers["pi_high"] + ROUNDING)
        notes.add(beyond, "average_beyond_prediction")
    ends = ("marginal_low", "marginal_high") if average else ("ci_low", "ci_high")
    if ends[0] in numbers:
        low, high = (numbers[end] for end in ends)
        notes.add(np.asarray(several) & ((crude < low) | (crude > high)), "crude_outside")


def _stated(k: Ints, uniform: Bools, exact: Bools) -> NoteTable:
    """Notes on the data alone, for numbers of studies (B,)."""
    notes = NoteTable(k.size)
    notes.add(k == 0, "no_data")
    notes.add(k == 1, "single_study")
    notes.add((k == 1) & exact, "exact_interval")
    notes.add(k == 2, "two_studies")
    notes.add((k > 1) & uniform & exact, "homogeneous_exact")
    notes.add((k > 1) & uniform & ~exact, "all_or_none")
    return notes


def _exact(out: Columns, pick: Bools, events: Floats, total: Floats, level: float) -> None:
    """One study, or no variation at all: Clopper-Pearson on the pooled counts, no model."""
    x, n = events[pick], total[pick]
    out["estimate"][pick] = x / n
    out["ci_low"][pick], out["ci_high"][pick] = study_intervals(x, n, level=level)
    out["estimate_link"][pick] = logit(x / n)

"""One outcome, or many at once, pooled by one model: the entrance to the package.

`pool` is `pool_many` on one dataset. Degenerate data get a stated answer before any model sees
them: no study, one study, no events at all, events in everybody.
"""

from importlib import import_module

import numpy as np

from .effects import check_counts, logit
from .intervals import study_intervals
from .models import Model
from .notes import Notes, join
from .records import NUMBERS, Pooled, PooledMany, one
from .words import SynthesisError

_MODULES = {
    "normal": "pool_normal",
    "binomial_normal": "pool_binomial",
    "beta_binomial": "pool_beta_binomial",
    "bayes": "pool_bayes",
}
#: Studies x datasets handled at once, by likelihood: bounds the memory of a call.
CHUNK = {"normal": 200_000, "binomial_normal": 30_000, "beta_binomial": 30_000, "bayes": 1}


def pool(events, total, model: Model, *, threshold=None, level=0.95) -> Pooled:
    """Pool one outcome: `events` of `total` in each of k studies (k may be 0).

    `threshold` (a proportion): asks for `p_above`, the probability that a new study's true
    proportion lies above it. Raises SynthesisError for counts that are not counts.

    >>> r = pool([4, 3, 2, 1], [10, 20, 30, 40], Model("binomial_normal"))
    >>> round(r.estimate, 4), round(r.tau2, 4)
    (0.1045, 0.9066)
    """
    x, n = np.atleast_1d(np.asarray(events, float)), np.atleast_1d(np.asarray(total, float))
    if x.ndim != 1 or x.shape != n.shape:
        raise SynthesisError(
            f"events and total must be two lists of one length, not {x.shape}, {n.shape}"
        )
    return one(pool_many(x[None], n[None], model, threshold=threshold, level=level))


def pool_many(
    events, total, model: Model, *, present=None, threshold=None, level=0.95
) -> PooledMany:
    """Pool many datasets: counts (..., k), `present` (..., k) marks the studies of each dataset.

    The result has the fields of `Pooled`, arrays of the leading shape, NaN for what does not apply.
    """
    if not 0 < level < 1:
        raise SynthesisError(f"level: {level!r} is not between 0 and 1")
    if threshold is not None and not 0 < threshold < 1:
        raise SynthesisError(f"threshold: {threshold!r} is not a proportion between 0 and 1")
    there = np.True_ if present is None else np.asarray(present, bool)
    x, n, there = np.broadcast_arrays(np.asarray(events, float), np.asarray(total, float), there)
    check_counts(np.where(there, x, 0), np.where(there, n, 1))
    lead, k = x.shape[:-1], x.shape[-1]
    x, n, there = (np.ascontiguousarray(a.reshape(int(np.prod(lead)), k).T) for a in (x, n, there))
    x, n = np.where(there, x, 0.0), np.where(there, n, 0.0)
    size = max(1, CHUNK[model.likelihood] // max(k, 1))
    parts = [
        _pool_chunk(
            x[:, i : i + size], n[:, i : i + size], there[:, i : i + size], model, threshold, level
        )
        for i in range(0, max(x.shape[1], 1), size)
    ]
    whole = {name: np.concatenate([p[name] for p in parts], axis=-1) for name in parts[0]}
    weights = np.moveaxis(whole.pop("weights"), 0, -1).reshape(*lead, k)
    return PooledMany(weights=weights, **{name: a.reshape(lead) for name, a in whole.items()})


def _pool_chunk(x, n, present, model, threshold, level):
    """All columns for one chunk (K, B): the stated answers, then the model for the rest."""
    b = x.shape[1]
    k, events, total = present.sum(axis=0), x.sum(axis=0), n.sum(axis=0)
    out = {name: np.full(b, np.nan) for name in NUMBERS}
    out |= {"k": k, "events": events.astype(int), "total": total.astype(int)}
    out |= {"converged": np.ones(b, bool), "weights": np.full(x.shape, np.nan)}
    notes = Notes(b)
    none, single = k == 0, k == 1
    uniform = (k > 0) & ((events == 0) | (events == total))
    notes.add(none, "no_data")
    notes.add(single, "single_study")
    notes.add(k == 2, "two_studies")
    notes.add(uniform & ~single, "homogeneous_exact")
    modelled = ~none
    if model.likelihood in ("binomial_normal", "beta_binomial"):
        exact = ~none & (single | uniform)
        _exact(out, exact, events, total, level)
        modelled = modelled & ~exact
    words = np.full(b, "", object)
    if modelled.any():
        words[modelled] = _modelled(out, modelled, x, n, present, model, threshold, level)
    base = notes.text()
    out["note"] = np.array([join(*pair) for pair in zip(base, words, strict=True)], object)
    return out


def _modelled(out, pick, x, n, present, model, threshold, level):
    """Fill the columns of the picked datasets from the model; a fit that failed shows no number."""
    module = import_module(f".{_MODULES[model.likelihood]}", __package__)
    got = module.columns(x[:, pick], n[:, pick], present[:, pick], model, level, threshold)
    words = got.pop("notes").text()
    failed = ~got["converged"]
    out["converged"][pick] = got.pop("converged")
    weights = np.where(failed | ~present[:, pick], np.nan, got.pop("weights"))
    out["weights"][:, pick] = weights
    for name, values in got.items():
        out[name][pick] = np.where(failed, np.nan, values)
    return words


def _exact(out, pick, events, total, level):
    """One study, or no variation at all: Clopper-Pearson on the pooled counts, no model."""
    if not pick.any():
        return
    x, n = events[pick], total[pick]
    out["estimate"][pick] = x / n
    out["ci_low"][pick], out["ci_high"][pick] = study_intervals(x, n, level=level)
    out["estimate_link"][pick] = logit(x / n)

"""The record of a pooled outcome: one field per column of `pooled.csv`."""

from dataclasses import dataclass, fields, make_dataclass

import numpy as np

Number = float | None


@dataclass(frozen=True, slots=True)
class Pooled:
    """A pooled proportion. None: does not apply (the reason is in `note`).

    `estimate` is the proportion in the median study, `marginal` the average over the population of
    studies; both with limits on the 0-1 scale, as are the prediction limits `pi_*` and `i2`.
    `estimate_link` and `se_link` are on the scale the model works on. `note` holds words joined by
    `; `. `weights` are percent per study, in the order given.
    """

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
    estimate_link: Number = None
    se_link: Number = None
    tau2: Number = None
    tau2_low: Number = None
    tau2_high: Number = None
    tau2_p: Number = None
    i2: Number = None
    i2_low: Number = None
    i2_high: Number = None
    h2: Number = None
    q: Number = None
    q_df: Number = None
    q_p: Number = None
    p_value: Number = None
    p_above: Number = None
    rho: Number = None
    loglik: Number = None
    converged: bool = True
    note: str = ""
    weights: tuple[Number, ...] = ()


COLUMNS = tuple(f.name for f in fields(Pooled))
#: The columns that hold a number or nothing.
NUMBERS = tuple(f.name for f in fields(Pooled) if f.type == Number)

#: The same for many datasets: arrays of one leading shape, NaN for None, `weights` (..., k).
PooledMany = make_dataclass(
    "PooledMany", [(name, np.ndarray) for name in COLUMNS], frozen=True, slots=True
)
PooledMany.__doc__ = "The fields of `Pooled` as arrays over datasets; NaN where nothing applies."


def number(value) -> Number:
    """A float, or None for NaN and infinity."""
    value = float(value)
    return value if np.isfinite(value) else None


def one(many, index=0) -> Pooled:
    """Dataset `index` of a flat `PooledMany` as a `Pooled`."""
    values = {name: number(getattr(many, name)[index]) for name in NUMBERS}
    counts = {name: int(getattr(many, name)[index]) for name in ("k", "events", "total")}
    weights = tuple(number(w) for w in many.weights[index])
    return Pooled(
        **counts, **values, weights=weights,
        converged=bool(many.converged[index]), note=str(many.note[index]),
    )  # fmt: skip

"""Survival at a fixed time pooled over studies: the entrance `pool_landmarks` and its result."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .arguments import check_share, real_numbers
from .arrays import ArrayLike, Bools, Columns, Floats
from .genq import estimator_interval
from .landmark_effects import SOURCES, LandmarkEffects, landmark_back, landmark_effects
from .new_effect import new_effect, of_each
from .notes import Note, few_studies, notes_of
from .records import Number, RandomEffects, number
from .stack import stack
from .suitability import PREDICTION_STUDIES
from .twostep import TAU2_LIMITS, pool_effects
from .words import SynthesisError

#: Notes on the limits of many datasets.
DOUBTS = ("tau2_interval_by_likelihood", "tau2_limit_moved")


@dataclass(frozen=True, slots=True)
class PooledLandmark(RandomEffects):
    """A pooled probability of being event-free at one time. None: does not apply.

    `estimate` is the probability in the median study, with limits; `pi_*` where that of a new study
    lies, from three studies on. `estimate_link`, `se_link` and `tau2` are on `scale`, `i2` is a
    fraction. `k` counts the studies that take part, `n` their patients as far as printed;
    `from_interval`, `from_one_limit`, `from_at_risk` and `from_n` where their errors come from,
    `n_ratio` is the effective per printed number of patients put in for the last. `notes` are
    codes; `weights` percent per study in the order given, None for one that cannot take part.
    """

    k: int
    n: int
    scale: str
    from_interval: int = 0
    from_one_limit: int = 0
    from_at_risk: int = 0
    from_n: int = 0
    n_ratio: Number = None


def pool_landmarks(
    survival: ArrayLike,
    ci_low: ArrayLike = np.nan,
    ci_high: ArrayLike = np.nan,
    n: ArrayLike = np.nan,
    at_risk: ArrayLike = np.nan,
    *,
    scale: str = "cloglog",
    n_ratio: float | None = None,
    level: float = 0.95,
) -> PooledLandmark:
    """Pool survival probabilities at one time from k studies (k may be 0), REML with `hk_adhoc`.

    Parameters
    ----------
    survival, ci_low, ci_high, n, at_risk, scale, n_ratio
        As in `landmark_effects`, shape (k,).
    level : float
        Level of the printed and of the pooled intervals.

    Returns
    -------
    PooledLandmark
        A study without interval and without n takes no part and is counted in a note; a single
        study keeps its printed limits.

    Examples
    --------
    >>> r = pool_landmarks([0.741, 0.4, 0.494], [0.638, 0.292, 0.396], [0.819, 0.506, 0.584])
    >>> round(r.estimate, 4), round(r.ci_low, 4), round(r.ci_high, 4), r.from_interval
    (0.5562, 0.085, 0.8697, 3)
    """
    level = check_share("level", level)
    s = np.atleast_1d(real_numbers("survival", survival))
    if s.ndim != 1:
        raise SynthesisError("survival must be a list with one number per study, not a table")
    others = {"ci_low": ci_low, "ci_high": ci_high, "n": n, "at_risk": at_risk}
    arrays = [s, *(_beside(s, name, values) for name, values in others.items())]
    e = landmark_effects(*arrays, scale=scale, n_ratio=n_ratio, level=level)
    there = np.isfinite(e.sei)
    base = _described(e, there, arrays[0], arrays[3], scale)
    if base.k == 0:
        return replace(base, notes=(*base.notes, Note("no_data")))
    values = landmark_columns(e.yi, e.sei, there, scale=scale, level=level)
    doubts = notes_of(*(bool(values.pop(code, False)) and Note(code) for code in DOUBTS))
    numbers: dict[str, Any] = {name: number(v) for name, v in values.items() if v.ndim == 0}
    if not numbers.pop("converged"):
        return replace(base, converged=False, notes=(*base.notes, Note("no_finite_maximum")))
    weights = tuple(number(w) if t else None for w, t in zip(values["weights"], there, strict=True))
    pooled = replace(base, **numbers, weights=weights)
    if base.k > 1:
        more = notes_of(
            numbers["tau2"] == 0 and Note("tau2_at_zero"),
            numbers["tau2_high"] is None and Note("tau2_interval_open"),
        )
        return replace(pooled, notes=(*base.notes, *few_studies(base.k), *more, *doubts))
    at = int(np.flatnonzero(there)[0])
    if e.source[at] == "interval":
        pooled = replace(pooled, ci_low=float(arrays[1][at]), ci_high=float(arrays[2][at]))
    return replace(pooled, tau2=None, i2=None, h2=None, notes=(*base.notes, Note("single_study")))


def _beside(survival: Floats, name: str, values: ArrayLike) -> Floats:
    """What belongs to each survival; one lone number that is missing is missing for all."""
    found = real_numbers(name, values)
    if found.shape != survival.shape and not (found.ndim == 0 and np.isnan(found)):
        raise SynthesisError(f"{name} must be a list as long as survival, {survival.size}")
    return np.broadcast_to(found, survival.shape)


def _described(
    e: LandmarkEffects, there: Bools, survival: Floats, n: Floats, scale: str
) -> PooledLandmark:
    """The counts of a dataset and the notes about its studies."""
    sources: dict[str, Any] = {f"from_{s}": int((e.source == s).sum()) for s in SOURCES}
    given = ~np.isnan(survival)
    lost, from_n = int((given & ~there).sum()), sources["from_n"]
    border = bool((there & ((survival == 0) | (survival == 1))).any())
    notes = notes_of(
        lost > 0 and Note("no_standard_error", count=lost),
        border and Note("half_added_to_events"),
        from_n > 0 and Note("error_from_n", count=from_n),
    )
    return PooledLandmark(
        k=int(there.sum()),
        n=int(np.nansum(np.where(there, n, np.nan))),
        scale=scale,
        n_ratio=float(e.n_ratio) if sources["from_n"] else None,
        notes=notes,
        weights=(None,) * survival.size,
        **sources,
    )


def landmark_columns(
    yi: Floats, sei: Floats, present: Bools, *, scale: str = "cloglog", level: float = 0.95
) -> Columns:
    """Pooled values of many datasets: effect sizes (..., k), results (...), `weights` (..., k).

    The names are those of `PooledLandmark`, with NaN for what does not apply, and those of `DOUBTS`
    for where that note applies.
    """
    y, vi = np.where(present, yi, 0.0), np.where(present, sei, 1.0) ** 2
    f = pool_effects(y, vi, tau2="REML", ci="hk_adhoc", level=level, present=present)
    limits, doubts = estimator_interval(y, vi, f.tau2, "REML", level=level, present=present)
    tau2_ends = (np.ravel(limits["tau2_low"]), np.ravel(limits["tau2_high"]))
    new = new_effect(stack(y, vi, present)[0], of_each(f), tau2_ends, level)
    pi = (new[0].reshape(f.k.shape), new[1].reshape(f.k.shape))
    out: Columns = {"estimate": landmark_back(f.estimate, scale)}
    for name, ends, least in (("ci", (f.ci_low, f.ci_high), 1), ("pi", pi, PREDICTION_STUDIES)):
        back = [landmark_back(end, scale) for end in ends]
        low, high = np.minimum(*back), np.maximum(*back)
        known = f.k >= least
        out |= {f"{name}_low": np.where(known, low, np.nan)}
        out |= {f"{name}_high": np.where(known, high, np.nan)}
    out |= {"estimate_link": f.estimate, "se_link": f.se, "q_df": f.k - 1}
    names = ("tau2", "i2", "h2", "q", "q_p", "loglik", "converged", "weights")
    out |= {name: np.asarray(getattr(f, name)) for name in names}
    return out | {name: limits[name] for name in TAU2_LIMITS} | doubts

"""Columns of the two-step models, metafor's conventions."""

from collections.abc import Callable
from functools import partial

import numpy as np

from .arrays import Bools, Columns, Floats
from .effects import back_transform, effect_sizes, transform
from .genq import limits_of_estimator
from .marginal import logistic_normal_mean
from .model_columns import Asked, ModelColumns
from .models import Model
from .new_effect import Ends, new_effect, predictive
from .notes import NoteTable
from .stack import Stack, stack
from .suitability import predictable
from .twostep import (
    NO_ERROR,
    TAU2_LIMITS,
    fit_stack,
    heterogeneity_limits,
    narrower_than_wald,
    probability_above,
    quantile,
    two_sided_p,
)  # fmt: skip

#: Back-transforms with different sample sizes further apart than this (absolute, or relative to the
#: larger) get a note.
PFT_GAP = (0.005, 0.1)


def columns(x: Floats, n: Floats, present: Bools, model: Model, asked: Asked) -> ModelColumns:
    """Columns (B,) for counts (K, B). Datasets have at least one study."""
    measure = model.effect_measure
    s = effect_stack(x, n, present, measure)
    f = fit_stack(s, str(model.tau2), str(model.ci), asked.level)
    notes = NoteTable(s.k.size)
    notes.add((s.k == 1) & (model.ci != "wald"), "wald_interval")
    corrected = np.isin(measure, ("PLO", "PLN", "PR")) & ((x == n) | (x == 0)) & present
    notes.add((s.k == 1) & corrected.any(axis=0), "half_added_to_events")
    sizes = mean_sizes(n, present) if measure == "PFT" else {}
    back = partial(back_transform, measure=measure, size=sizes.get("harmonic"))
    out = {
        "estimate": back(f["estimate"]), "ci_low": back(f["ci_low"]), "ci_high": back(f["ci_high"]),
        "estimate_link": f["estimate"], "se_link": f["se"],
    }  # fmt: skip
    out |= {name: f[name] for name in ("i2", "h2", "q", "q_p", "loglik")}
    out["q_df"] = np.where(s.k > 1, s.k - 1, np.nan)
    if asked.null_value is not None:
        null = transform(asked.null_value, measure)
        with np.errstate(invalid="ignore", divide="ignore"):
            out["p_value"] = two_sided_p(np.abs((f["estimate"] - null) / f["se"]), f["df"])
    notes.add(~f["converged"].astype(bool), "not_converged")
    if model.ci == "hk":
        narrow = narrower_than_wald(s, f["tau2"], f["se"], f["df"], asked.level)
        notes.add(narrow, "narrower_than_wald")
    add_value_notes(notes, f, out["estimate"], measure, x, n, present)
    if model.tau2 != "EE":
        out |= _random_effects(s, f, model, asked, back, notes)
        notes.add((f["tau2"] == 0) & (s.k > 1), "tau2_at_zero")
    return ModelColumns(out, f["converged"].astype(bool), f["weights"], notes)


def add_value_notes(
    notes: NoteTable,
    fit: Columns,
    estimate: Floats,
    measure: str,
    x: Floats,
    n: Floats,
    present: Bools,
) -> None:
    """Notes on pooled values: `fit` on the measure's scale, `estimate` (B,) from 0 to 1."""
    notes.add(fit["se"] < NO_ERROR, "standard_error_zero")
    ends = {"PR": (0.0, 1.0), "PLN": (-np.inf, 0.0), "PAS": (0.0, np.pi / 2)}.get(measure)
    if ends is not None:
        outside = (fit["ci_low"] < ends[0]) | (fit["ci_high"] > ends[1])
        notes.add(outside, "limits_cut_to_0_1")
    if measure == "PFT":
        _note_freeman_tukey(notes, estimate, fit["estimate"], x, n, present)


def effect_stack(x: Floats, n: Floats, present: Bools, measure: str) -> Stack:
    """The effect sizes of counts (K, B)."""
    e = effect_sizes(np.where(present, x, 1), np.where(present, n, 2), measure)
    return stack(e.yi.T, e.vi.T, present.T)[0]


def mean_sizes(n: Floats, present: Bools) -> Columns:
    """Harmonic and arithmetic mean of the sizes of the studies that are there."""
    k = present.sum(axis=0)
    return {
        "harmonic": k / np.where(present, 1 / np.where(present, n, 1.0), 0.0).sum(axis=0),
        "arithmetic": np.where(present, n, 0.0).sum(axis=0) / k,
    }


def _note_freeman_tukey(
    notes: NoteTable, estimate: Floats, link: Floats, x: Floats, n: Floats, present: Bools
) -> None:
    """Say when the answer depends on the size chosen, or lies outside all the studies."""
    notes.add(True, "freeman_tukey_for_reproduction_only")
    p = np.where(present, x / np.where(present, n, 1.0), np.nan)
    low, high = np.nanmin(p, axis=0), np.nanmax(p, axis=0)
    outside = (estimate < low - 1e-12) | (estimate > high + 1e-12)
    notes.add(outside, "freeman_tukey_estimate_outside_all_studies")
    other = back_transform(link, "PFT", mean_sizes(n, present)["arithmetic"])
    gap, larger = np.abs(estimate - other), np.maximum(estimate, other)
    notes.add((gap > PFT_GAP[0]) | (gap > PFT_GAP[1] * larger), "freeman_tukey_depends_on_size")


def _random_effects(
    s: Stack,
    f: Columns,
    model: Model,
    asked: Asked,
    back: Callable[[Floats], Floats],
    notes: NoteTable,
) -> Columns:
    out, level = {"tau2": f["tau2"]}, asked.level
    low = high = np.full(s.k.shape, np.nan)
    if asked.tau2_limits or (asked.predict and model.prediction == "integrated"):
        low, high, profiled, moved = limits_of_estimator(s, f["tau2"], str(model.tau2), level)
        notes.add(profiled, "tau2_interval_by_likelihood")
        notes.add(moved, "tau2_limit_moved")
        notes.add((s.k > 1) & ~np.isfinite(high), "tau2_interval_open")
    if asked.tau2_limits:
        ends = heterogeneity_limits(s, low, high)
        out |= {c: ends[c] for c in TAU2_LIMITS}
    if asked.predict:
        out |= _new_study(s, f, (low, high), model, asked, back)
    if model.measure == "PLO":
        # with t(k-1) whatever `ci` is
        half = quantile(np.where(s.k > 1, s.k - 1, np.inf), level)
        out |= average(f["estimate"], f["se"], f["tau2"], half)
    return out


def _new_study(
    s: Stack,
    f: Columns,
    tau2_ends: Ends,
    model: Model,
    asked: Asked,
    back: Callable[[Floats], Floats],
) -> Columns:
    """Where a new study's proportion lies, and how probably above the threshold."""
    several, how = predictable(s.k), str(model.prediction)
    new = predictive(s, f, tau2_ends, asked.level) if how == "integrated" else None
    low, high = new.limits(asked.level) if new else new_effect(s, f, tau2_ends, asked.level, how)
    out = {"pi_low": np.where(several, back(low), np.nan)}
    out["pi_high"] = np.where(several, back(high), np.nan)
    if asked.threshold is not None and model.measure != "PFT":
        at = float(transform(asked.threshold, model.effect_measure))
        if new:
            above = 1 - new.cdf(at)[0]
        else:
            above = probability_above(at, f["estimate"], f["se"], f["tau2"], s.k)
        out["p_above"] = np.where(several, above, np.nan)
    return out


def average(mean: Floats, se: Floats, tau2: Floats, half: Floats) -> Columns:
    """The average over studies, of a mean log odds with `half` standard errors to each side.

    Two-step pooling takes tau2 as known; so do the limits.
    """
    ends = {"": mean, "_low": mean - half * se, "_high": mean + half * se}
    means = {end: logistic_normal_mean(at, np.sqrt(tau2))[0] for end, at in ends.items()}
    # sums of weights are 1 but for rounding
    return {f"marginal{end}": np.minimum(mean, 1.0) for end, mean in means.items()}

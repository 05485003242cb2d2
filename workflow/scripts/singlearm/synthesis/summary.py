"""A pooled result as text for people: the words come from the model that gave the numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .records import Number, Pooled


def lines(pooled: Pooled) -> list[str]:
    """Heading, one line for each number with its name in front, notes."""
    rows = entries(pooled)
    width = max(len(name) for name, _ in rows)
    return [heading(pooled), *(f"{name:<{width}}  {text}" for name, text in rows)]


def line(pooled: Pooled) -> str:
    """The result in one line."""
    value = _with_limits(pooled.estimate, pooled.ci_low, pooled.ci_high)
    parts = [f"k={pooled.k}", f"{pooled.events}/{pooled.total}", f"estimate {value}"]
    if pooled.tau2 is not None:
        parts.append(f"tau2 {pooled.tau2:.3g}")
    return ", ".join([*parts, *map(str, pooled.notes)])


def html_table(pooled: Pooled) -> str:
    """The same as `lines`, as a table for a notebook."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th>"
        f"<td style='text-align:left'>{escape(text)}</td></tr>"
        for name, text in entries(pooled)
    )
    return f"<table><caption>{escape(heading(pooled))}</caption>{rows}</table>"


def heading(pooled: Pooled) -> str:
    """The model in words."""
    text = "pooled proportion" if pooled.model is None else pooled.model.words
    return text[:1].upper() + text[1:]


def entries(pooled: Pooled) -> list[tuple[str, str]]:
    """Name and text of everything that the result holds."""
    average = pooled.model is not None and pooled.model.estimand == "average"
    rows = [
        ("Studies", str(pooled.k)),
        ("Events of total", f"{pooled.events} of {pooled.total}"),
        (
            "Average over studies" if average else "Median study",
            _with_limits(pooled.estimate, pooled.ci_low, pooled.ci_high, pooled.level),
        ),
    ]
    if not average and pooled.marginal is not None:
        limits = (pooled.marginal_low, pooled.marginal_high)
        text = _with_limits(pooled.marginal, *limits, pooled.level)
        rows.append(("Average over studies", text))
    if pooled.pi_low is not None and pooled.pi_high is not None:
        text = f"{_percent(pooled.pi_low)} to {_percent(pooled.pi_high)}"
        rows.append((f"New study ({100 * pooled.level:g}% prediction)", text))
    if pooled.p_above is not None:
        rows.append(("New study above the threshold", _percent(pooled.p_above)))
    if pooled.p_value is not None:
        rows.append(("p of the null value", f"{pooled.p_value:.3g}"))
    rows += _heterogeneity(pooled)
    if pooled.clusters is not None:
        rows.append(("Clusters", str(pooled.clusters)))
    if not pooled.converged:
        rows.append(("Fit", "did not converge: no number"))
    if pooled.notes:
        rows.append(("Notes", "; ".join(str(note).replace("_", " ") for note in pooled.notes)))
    return rows


def _heterogeneity(pooled: Pooled) -> list[tuple[str, str]]:
    rows = []
    if pooled.tau2 is not None:
        scale = "" if pooled.model is None else f" ({pooled.model.scale})"
        limits = _range(pooled.tau2_low, pooled.tau2_high, "{:.3g}".format)
        rows.append((f"Between-study variance tau2{scale}", f"{pooled.tau2:.3g}{limits}"))
    if pooled.rho is not None:
        rows.append(("Intraclass correlation rho", f"{pooled.rho:.3g}"))
    if pooled.i2 is not None:
        rows.append(("I2", _with_limits(pooled.i2, pooled.i2_low, pooled.i2_high)))
    if pooled.q is not None and pooled.q_df is not None and pooled.q_p is not None:
        text = f"Q = {pooled.q:.2f}, df = {pooled.q_df:.0f}, p = {pooled.q_p:.3g}"
        rows.append(("Homogeneity", text))
    return rows


def _with_limits(value: Number, low: Number, high: Number, level: float | None = None) -> str:
    """A percentage with its limits; `level` names their coverage."""
    if value is None:
        return "none"
    name = "" if level is None else f"{100 * level:g}% interval "
    return _percent(value) + _range(low, high, _percent, name)


def _range(low: Number, high: Number, form: Callable[[float], str], name: str = "") -> str:
    if low is None and high is None:
        return ""
    ends = ("?" if end is None else form(end) for end in (low, high))
    return f" ({name}{' to '.join(ends)})"


def _percent(value: float) -> str:
    """One decimal; so many more that what is not 0% or 100% does not look like it."""
    edge = min(value, 1 - value)
    more = 2 - math.floor(math.log10(100 * edge)) if 0 < edge < 0.0005 else 1
    return f"{value:.{min(more, 15)}%}"

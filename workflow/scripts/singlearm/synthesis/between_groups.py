"""How much groups of studies differ: each level of a subgrouping against the first.

Bayesian levels have independent posteriors, whose difference is found on their grids
(`posterior_difference`). The other models give limits of each level, from which those of a
difference follow (MOVER; Zou and Donner 2008, Stat Med 27:1693) with the correlation that a shared
tau2 brings; the odds ratio of median studies is a difference on the logit scale.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .arguments import check_share
from .arrays import ArrayLike, Columns, Floats
from .effects import back_transform, expit, freeman_tukey_sizes
from .glmm import GlmmFit
from .levels import Grouped, grouped, pool_levels
from .marginal import logistic_normal_mean
from .models import DEFAULT_MODEL, Model, named_model
from .notes import Note, Notes, notes_of
from .pool_binomial import average as likelihood_average
from .pool_normal import average
from .posterior_difference import group_posteriors, posterior_difference
from .records import Noted, Number, number
from .subgroups_binomial import fit_levels, varying
from .subgroups_normal import fit_means
from .suitability import MOST_GROUPS
from .twostep import NO_ERROR, interval, quantile

#: An estimate with its lower and upper limit.
Ends = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Difference(Noted):
    """A level against the first (`reference`); fields are columns of `subgroup_differences.csv`.

    Of Bayesian models the numbers are posterior medians with equal-tailed limits.

    Parameters
    ----------
    level, reference : str
        Their names.
    tau2_mode : {"separate", "common"}
        Whether each has its own tau2.
    k, k_reference : int
        Studies of each.
    odds_ratio, odds_ratio_low, odds_ratio_high : float, optional
        Of the median studies, with its limits.
    difference, difference_low, difference_high : float, optional
        Of their proportions, level minus reference.
    marginal, marginal_low, marginal_high : float, optional
        The difference of the averages over studies.
    p_above, marginal_p_above : float, optional
        Of Bayesian models: the probability that `difference`, or `marginal`, lies above 0.
    notes : tuple of Note
        What to know about the numbers, or why there are none.
    """

    level: str
    reference: str
    tau2_mode: str
    k: int
    k_reference: int
    odds_ratio: Number = None
    odds_ratio_low: Number = None
    odds_ratio_high: Number = None
    difference: Number = None
    difference_low: Number = None
    difference_high: Number = None
    marginal: Number = None
    marginal_low: Number = None
    marginal_high: Number = None
    p_above: Number = None
    marginal_p_above: Number = None


@dataclass(frozen=True, slots=True)
class _Side:
    """What a model says of one level: its mean on the logit scale with its standard error (NaN on
    other scales), the proportion of the median study and the average with their limits (NaN: none),
    and the derivatives of the average's logit in (mean, tau)."""

    link: tuple[float, float]
    typical: Ends
    average: Ends
    slopes: tuple[float, float] = (0.0, 0.0)


def group_differences(
    events: ArrayLike,
    total: ArrayLike,
    groups: Iterable[str | None],
    model: Model | str = DEFAULT_MODEL,
    *,
    levels: Sequence[str] | None = None,
    level: float = 0.95,
) -> tuple[Difference, ...]:
    """Each level of a subgrouping against the first that has a study.

    Parameters
    ----------
    events, total, groups, levels, level
        As in `compare_subgroups`.
    model : Model or str
        `binomial_normal` and `normal`: one tau2 for all levels; `bayes` and `beta_binomial`: each
        level by itself.

    Returns
    -------
    tuple of Difference
        Empty where fewer than two levels have a study; without numbers, and with a note, where
        there are more than `MOST_GROUPS`, a level lies at 0% or 100%, or every level has one study.

    Raises
    ------
    SynthesisError
        As `compare_subgroups`.

    Examples
    --------
    >>> x, n, groups = [1, 2, 2, 8, 9, 7], [10] * 6, list("aaabbb")
    >>> (d,) = group_differences(x, n, groups, "bayes")
    >>> d.level, d.reference, round(d.difference, 1), d.p_above > 0.99
    ('b', 'a', 0.6, True)
    """
    model, level = named_model(model), check_share("level", level)
    data = grouped(events, total, groups, levels)
    there = data.with_data
    own = model.likelihood in ("bayes", "beta_binomial")
    mode = "separate" if own else "common"
    sizes = [data.studies(g).size for g in there]
    rows = [
        Difference(data.names[g], data.names[there[0]], mode, size, sizes[0])
        for g, size in zip(there[1:], sizes[1:], strict=True)
    ]
    if len(there) > MOST_GROUPS:
        return tuple(replace(row, notes=(Note("too_many_levels"),)) for row in rows)
    if not rows:
        return ()
    return tuple(_FOUND[model.likelihood](data, model, level, rows))


def _bayes(data: Grouped, model: Model, level: float, rows: list[Difference]) -> list[Difference]:
    x, n = data.side_by_side(data.with_data)
    first, *others = group_posteriors(x, n, float(model.tau_scale or 0))
    out, notes = [], (Note("posterior_median"),)
    for row, group in zip(rows, others, strict=True):
        typical = posterior_difference(group, first, level)
        mean = posterior_difference(group, first, level, average=True)
        ratio: Ends = tuple(np.exp(typical.log_odds_ratio).tolist())
        found = replace(row, p_above=typical.p_above, marginal_p_above=mean.p_above, notes=notes)
        out.append(_named(found, ratio, typical.difference, mean.difference))
    return out


def _beta_binomial(
    data: Grouped, model: Model, level: float, rows: list[Difference]
) -> list[Difference]:
    nothing = (np.nan,) * 3
    sides: list[_Side | None] = []
    fits = pool_levels(data, model, level)
    for g in data.with_data:
        found = [np.nan if v is None else v for v in
                 (fits[g].estimate, fits[g].ci_low, fits[g].ci_high)]  # fmt: skip
        known = varying(*data.counts(g)) and np.isfinite(found).all()
        mean: Ends = (found[0], found[1], found[2])
        sides.append(_Side((np.nan, np.nan), nothing, mean) if known else None)
    return _compared(rows, sides, np.zeros((len(sides), len(sides), 2, 2)), np.nan)


def _normal(data: Grouped, model: Model, level: float, rows: list[Difference]) -> list[Difference]:
    """The cell-means model under one tau2, which its limits take as known."""
    measure, there = model.effect_measure, data.with_data
    s, tau2, f, factor, df = fit_means(data, model)
    if s.df[0] < 1 and model.has_tau2:
        return [replace(row, notes=(Note("one_study_per_group"),)) for row in rows]
    mean = f.beta[:, 0]
    se = factor[0] * np.sqrt(np.einsum("ppb->pb", f.inverse)[:, 0])
    ends = interval(mean, se, np.full(mean.shape, df[0]), level)
    sides: list[_Side | None] = []
    for i, g in enumerate(there):
        size = freeman_tukey_sizes(data.counts(g)[1][:, None], axis=0)["harmonic"]
        link = np.array([mean[i], ends["ci_low"][i], ends["ci_high"][i]])
        typical: Ends = tuple(back_transform(link, measure, size).tolist())
        of_all: Ends = (np.nan,) * 3
        logits = (np.nan, np.nan)
        if measure == "PLO":
            logits = (float(mean[i]), float(se[i]))
            if model.has_tau2:
                half = quantile(s.df[0], level)
                found = average(mean[i : i + 1], se[i : i + 1], tau2, half)
                of_all = _average_ends(found)
        sides.append(_Side(logits, typical, of_all))
    t = float(quantile(df[0], level))
    narrow = model.ci == "hk" and factor[0] * t < quantile(np.inf, level) * (1 - 1e-9)
    more = notes_of(
        bool(narrow) and Note("narrower_than_wald"),
        bool((se < NO_ERROR).any()) and Note("standard_error_zero"),
    )
    nothing = np.zeros((len(sides), len(sides), 2, 2))
    return _noted(_compared(rows, sides, nothing, t), more)


def _noted(found: list[Difference], more: Notes) -> list[Difference]:
    """The differences that have a number with further notes."""
    return [
        replace(row, notes=row.notes + more) if row.difference is not None else row for row in found
    ]


def _binomial(
    data: Grouped, model: Model, level: float, rows: list[Difference]
) -> list[Difference]:
    """One fit of all levels that vary, under one tau2."""
    there = data.with_data
    inner = [g for g in there if varying(*data.counts(g))]
    residual = sum(data.studies(g).size for g in inner) - len(inner)
    if residual <= 0 and inner:
        return [replace(row, notes=(Note("one_study_per_group"),)) for row in rows]
    fit = fit_levels(data, inner) if inner else None
    if fit is None or not fit.converged[0]:
        return [replace(row, notes=(Note("no_finite_maximum"),)) for row in rows]
    # normal quantiles only where the protocol asks for them: groups have few studies
    t = quantile(np.inf if model.ci == "wald" else residual, level)
    covariance = fit.covariance()[:, :, 0]
    sides: list[_Side | None] = [None] * len(there)
    pairs = np.zeros((len(there), len(there), 2, 2))
    place = {there.index(g): i for i, g in enumerate(inner)}
    for a, i in place.items():
        sides[a] = _likelihood_side(fit, i, float(t), float(quantile(residual, level)))
        for b, j in place.items():
            pairs[a, b] = covariance[np.ix_([i, -1], [j, -1])]
    more = notes_of(model.ci not in ("wald", "t") and Note("t_interval"))
    return _noted(_compared(rows, sides, pairs, float(t)), more)


def _likelihood_side(fit: GlmmFit, i: int, t: float, half: float) -> _Side:
    mean, tau = float(fit.beta[i, 0]), float(fit.tau[0])
    se = float(np.sqrt(fit.variance()[i, i, 0]))
    typical: Ends = tuple(expit(np.array([mean, mean - t * se, mean + t * se])).tolist())
    of_all = _average_ends(likelihood_average(fit, half, i))
    p, d_mu, d_tau = (float(a) for a in logistic_normal_mean(mean, tau))
    return _Side((mean, se), typical, of_all, (d_mu / (p * (1 - p)), d_tau / (p * (1 - p))))


def _average_ends(found: Columns) -> Ends:
    low, high = (float(found[f"marginal_{end}"][0]) for end in ("low", "high"))
    return float(found["marginal"][0]), low, high


def _compared(
    rows: list[Difference], sides: Sequence[_Side | None], covariance: Floats, t: float
) -> list[Difference]:
    """Each side but the first against it; None is a level at 0% or 100%.

    `covariance` (G, G, 2, 2) of (mean, tau) of two levels, whose tau is the same.
    """
    first, out = sides[0], []
    for i, (row, side) in enumerate(zip(rows, sides[1:], strict=True), start=1):
        if side is None or first is None:
            out.append(replace(row, notes=(Note("level_at_the_edge"),)))
            continue
        shared = float(covariance[i, 0, 0, 0])
        link = side.link[0] - first.link[0]
        reach = t * np.sqrt(side.link[1] ** 2 + first.link[1] ** 2 - 2 * shared)
        ratio: Ends = tuple(np.exp([link, link - reach, link + reach]).tolist())
        scale = side.link[1] * first.link[1]
        typical = mover(side.typical, first.typical, shared / scale if scale > 0 else 0.0)
        rho = _average_correlation(side, first, covariance[np.ix_([i, 0], [i, 0])])
        out.append(_named(row, ratio, typical, mover(side.average, first.average, rho)))
    return out


def _average_correlation(side: _Side, first: _Side, covariance: Floats) -> float:
    """Correlation of the logits of two averages, by the delta method; `covariance` (2, 2, 2, 2)."""
    slopes = np.array([side.slopes, first.slopes])
    joint = np.einsum("ip,ijpq,jq->ij", slopes, covariance, slopes)
    scale = float(np.sqrt(joint[0, 0] * joint[1, 1]))
    return float(joint[0, 1]) / scale if scale > 0 else 0.0


def mover(one: Ends, other: Ends, correlation: float = 0.0) -> Ends:
    """The difference of two estimates with limits recovered from theirs.

    Parameters
    ----------
    one, other : tuple of float
        Estimate, lower and upper limit.
    correlation : float
        Of the two estimates; NaN counts as 0.

    Returns
    -------
    tuple of float
        one - other, its lower and its upper limit.

    References
    ----------
    Zou and Donner (2008), Stat Med 27:1693.

    Examples
    --------
    >>> [round(v, 4) for v in mover((0.6, 0.5, 0.7), (0.3, 0.2, 0.4))]
    [0.3, 0.1586, 0.4414]
    """
    rho = 0.0 if np.isnan(correlation) else correlation

    def reach(a: float, b: float) -> float:
        return float(np.sqrt(max(a * a + b * b - 2 * rho * a * b, 0.0)))

    difference = one[0] - other[0]
    down = reach(one[0] - one[1], other[2] - other[0])
    up = reach(one[2] - one[0], other[0] - other[1])
    return difference, difference - down, difference + up


def _named(row: Difference, ratio: Ends, typical: Ends, of_all: Ends) -> Difference:
    found = {"odds_ratio": ratio, "difference": typical, "marginal": of_all}
    values = {
        f"{name}{end}": number(value)
        for name, ends in found.items()
        for end, value in zip(("", "_low", "_high"), ends, strict=True)
    }
    return replace(row, **values)  # type: ignore[arg-type]


_FOUND: dict[str, Callable[[Grouped, Model, float, list[Difference]], list[Difference]]] = {
    "bayes": _bayes,
    "beta_binomial": _beta_binomial,
    "normal": _normal,
    "binomial_normal": _binomial,
}

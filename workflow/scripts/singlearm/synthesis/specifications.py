"""Every combination of analytic choices at once (multiverse analysis, specification curve).

Steegen, Tuerlinckx, Gelman and Vanpaemel (2016), Perspect Psychol Sci 11:702; for meta-analysis
Voracek, Kossmeier and Tran (2019), Z Psychol 227:64. Specifications that share a model's core run
as one batch: all measures, corrections and datasets side by side for each estimator of tau2, one
fit of a likelihood model for all its intervals. Specifications that put the same numbers into the
same method are one specification and keep the first name.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.special import chdtrc

from .arrays import Bools, Columns, Floats, Ints, Objects
from .batch_results import LIKELIHOOD_RESULTS, exact_results, normal_results, without_variation
from .effects import check_counts, effect_sizes
from .estimators import TAU2_METHODS
from .model_columns import Asked
from .models import Model
from .pool_normal import mean_sizes
from .pooling import pool_many
from .stack import Stack
from .subgroups_normal import q_between
from .suitability import own_tau2_testable
from .words import CI_METHODS, LIKELIHOODS, MEASURES, SynthesisError, check_word

#: Corrections of studies without or with only events; measures that need none have "none".
CORRECTIONS = ("only0", "if0all", "all")
UNCORRECTED = ("PAS", "PFT")
#: The choices that a row names, in this order; the first five say how, the others on what.
CHOICES = (
    "likelihood", "measure", "tau2_estimator", "ci", "zeros",
    "inclusion", "data_cut", "denominators",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choices:
    """What may vary in the model; every combination that exists is a specification.

    Parameters
    ----------
    likelihoods, measures, tau2 : tuple of str
        As the fields of `Model`; measures and estimators are those of `normal`.
    ci : tuple of str
        Intervals of all likelihoods: each takes those it knows.
    zeros : tuple of str
        Corrections (see `effect_sizes`) of the two-step measures that need one.
    tau_scales : tuple of float
        Scales of the prior of `bayes`.

    Raises
    ------
    SynthesisError
        For words that are not known.
    """

    likelihoods: tuple[str, ...] = LIKELIHOODS
    measures: tuple[str, ...] = MEASURES
    tau2: tuple[str, ...] = TAU2_METHODS
    ci: tuple[str, ...] = ("wald", "t", "hk", "hk_adhoc", "profile")
    zeros: tuple[str, ...] = CORRECTIONS
    tau_scales: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        allowed_ci = tuple(dict.fromkeys(c for methods in CI_METHODS.values() for c in methods))
        for what, allowed in (
            ("likelihoods", LIKELIHOODS), ("measures", MEASURES), ("tau2", TAU2_METHODS),
            ("ci", allowed_ci), ("zeros", CORRECTIONS),
        ):  # fmt: skip
            object.__setattr__(self, what, tuple(getattr(self, what)))
            for word in getattr(self, what):
                check_word(what, word, allowed)


@dataclass(frozen=True, slots=True)
class Dataset:
    """One version of the data.

    Parameters
    ----------
    inclusion, data_cut, denominators : str
        Names of the choices that lead to it.
    events, total : array, shape (K,)
        Counts of the studies.
    present : array of bool, shape (K,)
        Which of them take part.
    """

    inclusion: str
    data_cut: str
    denominators: str
    events: Floats
    total: Floats
    present: Bools


@dataclass(frozen=True, slots=True)
class Multiverse:
    """One element for each specification (N,); NaN where nothing applies or no fit arrived.

    Parameters
    ----------
    names : dict of arrays
        The choices of each, by the words of `CHOICES`.
    k : array
        Studies.
    estimate, ci_low, ci_high : array
        From 0 to 1.
    link, se, tau2 : array
        Estimate, standard error and variance between studies on the model's own scale.
    p_value : array
        Of the hypothesis that the proportion is the null value asked for.
    converged : array of bool
        Whether the fit arrived.
    """

    names: dict[str, np.ndarray]
    k: Floats
    estimate: Floats
    ci_low: Floats
    ci_high: Floats
    tau2: Floats
    p_value: Floats
    link: Floats
    se: Floats
    converged: Bools

    def specs(self) -> list[str]:
        """Name of each specification: its choices joined by dots, without the empty ones."""
        columns = (self.names[c] for c in CHOICES)
        return [".".join(w for w in words if w) for words in zip(*columns, strict=True)]

    def rows(self) -> list[dict[str, object]]:
        """One row for each specification: its name, its choices, its result."""
        results = ("estimate", "ci_low", "ci_high", "tau2", "converged", "p_value")
        return [
            {"spec": spec, "k": int(self.k[i])}
            | {choice: self.names[choice][i] or None for choice in CHOICES}
            | {name: getattr(self, name)[i] for name in results}
            for i, spec in enumerate(self.specs())
        ]

    def __len__(self) -> int:
        return self.k.size


RESULTS = ("k", "estimate", "ci_low", "ci_high", "tau2", "p_value", "link", "se", "converged")


def multiverse(
    datasets: Iterable[Dataset],
    choices: Choices,
    *,
    least: int = 2,
    distinct: bool = True,
    level: float = 0.95,
    null_value: float | None = None,
) -> Multiverse:
    """Pool every dataset in every way.

    Parameters
    ----------
    datasets : iterable of Dataset
        Versions of the data, all with the same studies (absent ones marked).
    choices : Choices
        What may vary in the model.
    least : int
        Datasets with fewer studies are passed over.
    distinct : bool
        Specifications that put the same numbers into the same method are one, unless False.
    level : float
        Coverage of the intervals.
    null_value : float, optional
        A proportion; asks for `p_value`.

    Returns
    -------
    Multiverse
        One element for each specification.

    Raises
    ------
    SynthesisError
        For counts that are not counts, and datasets with different studies.

    References
    ----------
    Steegen, Tuerlinckx, Gelman and Vanpaemel (2016), Perspect Psychol Sci 11:702.
    """
    data = _Data.of(datasets, least, distinct)
    parts = []
    if data.k.size:
        for likelihood in choices.likelihoods:
            parts += _RUN[likelihood](data, choices, Asked(level, null_value=null_value))
    names = {c: np.concatenate([p[c] for p in parts] or [np.empty(0, object)]) for c in CHOICES}
    return Multiverse(
        names, **{r: np.concatenate([p[r] for p in parts] or [np.empty(0)]) for r in RESULTS}
    )


@dataclass(frozen=True, slots=True)
class _Data:
    """The distinct datasets side by side: counts (K, D), 0 of 0 where a study is absent."""

    x: Floats
    n: Floats
    present: Bools
    k: Floats
    names: dict[str, np.ndarray]
    distinct: bool

    @classmethod
    def of(cls, datasets: Iterable[Dataset], least: int, distinct: bool) -> "_Data":
        kept, seen = [], set()
        for d in datasets:
            present = np.asarray(d.present, bool)
            check_counts(np.where(present, d.events, 0), np.where(present, d.total, 1))
            x, n = np.where(present, d.events, 0.0), np.where(present, d.total, 0.0)
            key = (x.tobytes(), n.tobytes())
            if present.sum() >= least and not (distinct and key in seen):
                seen.add(key)
                kept.append((d, x, n, present))
        if len({x.size for _, x, _, _ in kept}) > 1:
            raise SynthesisError("all datasets must have the same studies, absent ones marked")
        names = {
            c: np.array([getattr(d, c) for d, *_ in kept], object)
            for c in ("inclusion", "data_cut", "denominators")
        }
        x, n, present = (
            np.array([row[i] for row in kept]).T if kept else np.empty((0, 0)) for i in (1, 2, 3)
        )
        k = present.sum(axis=0).astype(float)
        return cls(x, n, present.astype(bool), k, names, distinct)


def _part(data: _Data, pick: Ints, result: Columns, **words: Any) -> Columns:
    """Rows for the datasets `pick` (indices) with constant or per-row words."""
    size = len(pick)
    names = {c: data.names[c][pick] for c in data.names}
    names |= {c: np.broadcast_to(np.asarray(w, object), size) for c, w in words.items()}
    blank = np.full(size, "", object)
    out = {c: names.get(c, blank) for c in CHOICES}
    failed = ~result["converged"]
    for r in RESULTS[1:-1]:
        out[r] = np.where(failed, np.nan, result[r])
    return out | {"k": data.k[pick], "converged": result["converged"]}


def _normal(data: _Data, choices: Choices, asked: Asked) -> list[Columns]:
    """All two-step specifications: one batch for each estimator of tau2."""
    columns = _effect_columns(data, choices)
    if columns is None:
        return []
    s, pick, measure, zeros, sizes = columns
    methods = [c for c in choices.ci if c in CI_METHODS["normal"]]
    return [
        _part(
            data, pick, result,
            likelihood="normal", measure=measure, tau2_estimator=tau2, ci=ci, zeros=zeros,
        )
        for tau2 in choices.tau2
        for ci, result in normal_results(s, measure, sizes, tau2, methods, asked)
    ]  # fmt: skip


def _effect_columns(
    data: _Data, choices: Choices
) -> tuple[Stack, Ints, Objects, Objects, Floats] | None:
    """Distinct effect sizes of all (measure, correction, dataset): a Stack and, for each of its
    columns, the dataset, measure, correction and harmonic mean size."""
    rows, seen = [], set()
    x, n = np.where(data.present, data.x, 1).T, np.where(data.present, data.n, 2).T
    sizes = mean_sizes(data.n, data.present)["harmonic"]
    for measure in choices.measures:
        for zeros in ("none",) if measure in UNCORRECTED else choices.zeros:
            e = effect_sizes(x, n, measure, zeros=zeros)
            for d in range(data.k.size):
                there = data.present[:, d]
                y, v = np.where(there, e.yi[d], 0.0), np.where(there, e.vi[d], np.inf)
                key = (measure, d, y.tobytes(), v.tobytes())
                usable = np.isfinite(y).all() and (v > 0).all()
                if usable and not (data.distinct and key in seen):
                    seen.add(key)
                    rows.append((y, v, d, measure, zeros))
    if not rows:
        return None
    ys, vs, datasets, measures, corrections = zip(*rows, strict=True)
    pick = np.array(datasets)
    s = Stack(
        np.array(ys).T.copy(), np.array(vs).T.copy(), data.present[:, pick].copy(), data.k[pick]
    )
    return s, pick, np.array(measures, object), np.array(corrections, object), sizes[pick]


def _by_likelihood(likelihood: str, data: _Data, choices: Choices, asked: Asked) -> list[Columns]:
    """The specifications of a likelihood model; datasets without variation or with one study get
    their exact answer, whatever the interval: one specification."""
    methods = [c for c in choices.ci if c in CI_METHODS[likelihood]]
    exact = without_variation(data.x, data.n, data.k)
    parts = []
    if exact.any() and methods:
        pick = np.flatnonzero(exact)
        result = exact_results(data.x[:, pick], data.n[:, pick], asked.level)
        parts.append(_part(data, pick, result, likelihood=likelihood, ci="exact"))
    pick = np.flatnonzero(~exact)
    if pick.size:
        x, n = data.x[:, pick].copy(), data.n[:, pick].copy()
        fitted = LIKELIHOOD_RESULTS[likelihood](x, n, data.k[pick], methods, asked)
        parts += [_part(data, pick, r, likelihood=likelihood, ci=ci) for ci, r in fitted]
    return parts


def _bayes(data: _Data, choices: Choices, asked: Asked) -> list[Columns]:
    parts = []
    pick = np.arange(data.k.size)
    for scale in choices.tau_scales:
        got = pool_many(
            data.x.T, np.where(data.present, data.n, 1).T, Model("bayes", tau_scale=scale),
            present=data.present.T, level=asked.level,
        )  # fmt: skip
        alike = ("estimate", "ci_low", "ci_high", "tau2", "p_value", "converged")
        result = {name: getattr(got, name) for name in alike}
        result |= {"link": got.estimate_link, "se": got.se_link}
        how = {"likelihood": "bayes", "ci": "equal_tailed"}
        parts.append(_part(data, pick, result, **how, tau2_estimator=f"half_normal_{scale:g}"))
    return parts


_RUN: dict[str, Callable[[_Data, Choices, Asked], list[Columns]]] = {
    "normal": _normal,
    "binomial_normal": partial(_by_likelihood, "binomial_normal"),
    "beta_binomial": partial(_by_likelihood, "beta_binomial"),
    "bayes": _bayes,
}


def contrast(levels: Sequence[Multiverse]) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Q between levels under each two-step specification that all levels have.

    Parameters
    ----------
    levels : sequence of Multiverse
        One for each level, not `distinct`, so that all have the same specifications.

    Returns
    -------
    names : dict of arrays (N,)
        The choices of the shared specifications.
    q, p : arrays (N,)
        As `compare_subgroups` with separate tau2.
    """
    places = []
    for m in levels:
        normal = (m.names["likelihood"] == "normal") & np.isfinite(m.se)
        specs = m.specs()
        places.append({specs[i]: i for i in np.flatnonzero(normal)})
    shared = [spec for spec in places[0] if all(spec in p for p in places[1:])]
    index = [np.array([p[spec] for spec in shared], int) for p in places]
    means = np.array([m.link[i] for m, i in zip(levels, index, strict=True)])
    se = np.array([m.se[i] for m, i in zip(levels, index, strict=True)])
    q = q_between(means, se**2)
    names = {c: levels[0].names[c][index[0]] for c in CHOICES}
    return names, q, chdtrc(len(levels) - 1, q)


def contrast_rows(levels: Sequence[Multiverse]) -> list[dict[str, object]]:
    """The tests of `contrast`, one row for each specification; none for fewer than two levels, or
    where a level is too small for a tau2 of its own (`suitability.PER_GROUP`)."""
    if len(levels) < 2:
        return []
    names, q, p = contrast(levels)
    sizes = [dict(zip(level.specs(), level.k.tolist(), strict=True)) for level in levels]
    rows = []
    for i in range(q.size):
        words = {choice: names[choice][i] or None for choice in CHOICES}
        spec = ".".join(word for word in words.values() if word)
        if own_tau2_testable(size[spec] for size in sizes):
            rows.append({"spec": spec, "q_between": q[i], "p_value": p[i]} | words)
    return rows

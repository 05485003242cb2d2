"""Meta-regression on one moderator or more: of proportions by either likelihood, of effects."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc

from .arguments import check_count, check_share, lists
from .arrays import ArrayLike, Floats, Ints
from .design import Design, Levels, Moderators, design_of
from .effects import check_counts, effect_sizes
from .glmm import GlmmFit, fit_glmm
from .levels import BetweenTest
from .models import DEFAULT_MODEL, Model, named_model
from .notes import Note, Notes, notes_of
from .records import Noted, Number, number
from .regression import regress_effects, wald_test
from .regression_bootstrap import bootstrap_ratio
from .suitability import large_sample
from .twostep import NO_ERROR, interval

#: Seed of the datasets that a bootstrap draws.
SEED = 20210101


@dataclass(frozen=True, slots=True)
class Term(Noted):
    """A coefficient on the link scale, or a test of several: a row of `regression.csv`.

    Parameters
    ----------
    term : str
        What the coefficient belongs to; `omnibus` is the test of all of them but the intercept,
        `omnibus: name` of those of one of several moderators.
    k : int
        Studies.
    estimate, se, ci_low, ci_high, p_value : float, optional
        The coefficient; of a test the p alone.
    tau2, r2 : float, optional
        What remains between studies, and the share of tau2 that the moderators explain.
    statistic, df, df2 : optional
        Of a test.
    left_out : int
        Studies without a value of every moderator.
    variable : str, optional
        The moderator, where there are several.
    p_bootstrap, p_bootstrap_se, draws : optional
        The p of the test among `draws` datasets drawn without an effect of what is tested, and its
        Monte Carlo error.
    notes : tuple of Note
        What to know about the numbers.
    """

    term: str
    k: int
    estimate: Number = None
    se: Number = None
    ci_low: Number = None
    ci_high: Number = None
    p_value: Number = None
    tau2: Number = None
    r2: Number = None
    statistic: Number = None
    df: int | None = None
    df2: Number = None
    left_out: int = 0
    variable: str | None = None
    p_bootstrap: Number = None
    p_bootstrap_se: Number = None
    draws: int | None = None


@dataclass(frozen=True, slots=True)
class Regression:
    """A regression and its tests.

    Parameters
    ----------
    terms : tuple of Term
        The coefficients.
    omnibus : BetweenTest
        Of all of them but the intercept (q_between, f or lrt).
    tests : mapping of str to BetweenTest
        Of several moderators: of each one's coefficients beside the others, by name.
    """

    terms: tuple[Term, ...]
    omnibus: BetweenTest
    tests: Mapping[str, BetweenTest]

    def rows(self) -> tuple[Term, ...]:
        """The coefficients, the tests of single moderators, and the test of all as the last row."""
        single = (self._row(test, name) for name, test in self.tests.items())
        return (*self.terms, *single, self._row(self.omnibus, None))

    def _row(self, test: BetweenTest, name: str | None) -> Term:
        first = self.terms[0]
        done: Notes = ()
        if test.statistic is not None:
            degrees = f"{test.df}" if test.df2 is None else f"{test.df}, {test.df2:g}"
            done = (Note(test.test, statistic=test.statistic), Note("df", value=degrees))
        return Term(
            "omnibus" if name is None else f"omnibus: {name}",
            first.k,
            p_value=test.p_value,
            tau2=first.tau2,
            r2=first.r2 if name is None else None,
            statistic=test.statistic,
            df=test.df,
            df2=test.df2,
            left_out=test.left_out,
            notes=done + test.notes,
            variable=name,
            p_bootstrap=test.p_bootstrap,
            p_bootstrap_se=test.p_permutation_se,
            draws=test.draws,
        )


def meta_regression(
    events: ArrayLike,
    total: ArrayLike,
    moderator: Moderators,
    model: Model | str = DEFAULT_MODEL,
    *,
    levels: Levels = None,
    name: str = "slope",
    per_coefficient: int = 0,
    bootstrap: int = 0,
    level: float = 0.95,
) -> Regression:
    """Regress proportions on one moderator, or on several at once.

    Parameters
    ----------
    events, total : array_like of int, shape (k,)
        Counts of the studies.
    moderator : iterable of float, str or None; mapping or frame of such
        Numbers, or labels compared with the first of `levels`; None leaves a study out. Several
        moderators by name: a study enters that has a value of each.
    model : Model or str
        `normal`: see `regress_effects`. `binomial_normal`: maximum likelihood with Wald or t
        intervals (t for the ci words t, hk, hk_adhoc) and likelihood-ratio tests. The other
        likelihoods give a note.
    levels : sequence of str, or mapping from name to such, optional
        Order of the labels, default sorted.
    name : str
        The term of the slope of a single continuous moderator.
    per_coefficient : int
        Studies needed for each coefficient beside the intercept; at least two more studies than
        coefficients are needed anyway.
    bootstrap : int
        Datasets drawn for a bootstrap p of each likelihood-ratio test, of `binomial_normal`; 0
        leaves it out.
    level : float
        Coverage of the intervals.

    Returns
    -------
    Regression
        Without numbers, and with a note that says why, where the data do not allow one: too few
        studies, a moderator with one value, moderators that follow from each other.

    Raises
    ------
    SynthesisError
        For lengths that differ, labels that are not levels and words that are not known.

    Notes
    -----
    Continuous moderators enter as they are; the intercept is the value at 0.

    Examples
    --------
    >>> r = meta_regression([4, 3, 2, 1], [10, 20, 30, 40], [1, 2, 3, 4], "logit_common")
    >>> [t.term for t in r.terms]
    ['intercept', 'slope']
    >>> both = {"year": [1, 2, 3, 4, 5], "arm": ["a", "b", "b", "a", "b"]}
    >>> r = meta_regression([4, 3, 2, 1, 2], [10, 20, 30, 40, 50], both, "logit_common")
    >>> [row.term for row in r.rows()]
    ['intercept', 'year', 'arm: b - a', 'omnibus: year', 'omnibus: arm', 'omnibus']
    """
    model, level = named_model(model), check_share("level", level)
    bootstrap = check_count("bootstrap", bootstrap, 0)
    x, n = check_counts(*lists(events=events, total=total))
    design = design_of(moderator, levels, name, x.size)
    reason = design.why_none(per_coefficient)
    if reason is None and model.likelihood not in ("normal", "binomial_normal"):
        reason = Note(f"no_regression_for_{model.likelihood}")
    if reason is not None:
        return _nothing(design, reason)
    x, n = x[design.kept], n[design.kept]
    if model.likelihood == "normal":
        e = effect_sizes(x, n, model.effect_measure)
        found = _of_effects(e.yi, e.vi, design, str(model.tau2), str(model.ci), level)
    else:
        found = _binomial(x, n, design, str(model.ci), level, bootstrap)
    return _with_left_out(found, design)


def moderate_effects(
    yi: ArrayLike,
    vi: ArrayLike,
    moderator: Moderators,
    *,
    levels: Levels = None,
    name: str = "slope",
    per_coefficient: int = 0,
) -> Regression:
    """Regress effect sizes on one moderator, or on several at once: REML, `hk_adhoc`, 95%.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effect sizes and sampling variances; a study without a variance (NaN) is left out.
    moderator, levels, name, per_coefficient
        As in `meta_regression`.

    Returns
    -------
    Regression

    Raises
    ------
    SynthesisError
        As `meta_regression`.

    Examples
    --------
    >>> r = moderate_effects([0.1, 0.3, 0.2, 0.6], [0.02, 0.03, 0.02, 0.04], [1, 2, 3, 4])
    >>> round(r.terms[1].estimate, 3)
    0.121
    """
    y, v = lists(yi=yi, vi=vi)
    usable = np.flatnonzero(np.isfinite(y) & np.isfinite(v))
    design = design_of(moderator, levels, name, y.size, usable)
    reason = design.why_none(per_coefficient)
    if reason is not None:
        return _nothing(design, reason)
    y, v = (a[usable][design.kept] for a in (y, v))
    return _with_left_out(_of_effects(y, v, design, "REML", "hk_adhoc", 0.95), design)


def _with_left_out(fitted: Regression, design: Design) -> Regression:
    """The regression with the number of studies without a value, and marks of its tests."""
    count = design.left_out
    more = notes_of(count > 0 and Note("left_out", count=count))

    def noted(test: BetweenTest, *others: Note) -> BetweenTest:
        few = test.p_value is not None and not large_sample(len(design.matrix))
        marks = notes_of(few and Note("large_sample_p"))
        return replace(test, left_out=count, notes=(*test.notes, *marks, *more, *others))

    return Regression(
        tuple(replace(term, left_out=count, notes=term.notes + more) for term in fitted.terms),
        noted(fitted.omnibus, *design.notes()),
        {name: noted(test) for name, test in fitted.tests.items()},
    )


def _nothing(design: Design, reason: Note) -> Regression:
    """Terms and tests without numbers, with the reason."""
    terms = tuple(
        Term(name, len(design.matrix), notes=(reason,), variable=of)
        for name, of in zip(design.terms, design.variables, strict=True)
    )
    test = BetweenTest("lrt", notes=(reason,))
    return _with_left_out(Regression(terms, test, dict.fromkeys(design.moderators, test)), design)


def _of_effects(
    y: Floats, v: Floats, design: Design, estimator: str, ci: str, level: float
) -> Regression:
    r = regress_effects(y, v, design.matrix, tau2=estimator, ci=ci, level=level)
    notes: Notes = ()
    if ci == "hk":
        wald = regress_effects(y, v, design.matrix, tau2=estimator, ci="wald", level=level)
        narrow = r.ci_high - r.ci_low < (wald.ci_high - wald.ci_low) * (1 - 1e-9)
        notes = notes_of(
            bool(narrow.any()) and Note("narrower_than_wald"),
            bool((r.se < NO_ERROR).any()) and Note("standard_error_zero"),
        )
    tau2 = None if estimator == "EE" else number(r.tau2)
    terms = tuple(
        Term(name, len(y), number(r.beta[i]), number(r.se[i]), number(r.ci_low[i]),
             number(r.ci_high[i]), number(r.p_value[i]), tau2, number(r.r2), notes=notes,
             variable=design.variables[i])
        for i, name in enumerate(design.terms)
    )  # fmt: skip
    kind = "f" if np.isfinite(r.qm_df2) else "q_between"
    df2 = number(r.qm_df2)

    def test(at: Ints) -> BetweenTest:
        inner = r.covariance[np.ix_(at, at)]
        statistic, p = wald_test(r.beta[at][:, None], inner[..., None], r.qm_df2[None])
        return BetweenTest(kind, number(statistic[0]), len(at), df2, number(p[0]), notes=notes)

    of_all = BetweenTest(kind, number(r.qm), r.qm_df, df2, number(r.qm_p), notes=notes)
    return Regression(
        terms, of_all, {name: test(design.columns(name)) for name in design.moderators}
    )


def _binomial(
    x: Floats, n: Floats, design: Design, ci: str, level: float, draws: int
) -> Regression:
    # centred and scaled columns keep the Newton steps well conditioned
    middle, scale = design.matrix.mean(axis=0), design.matrix.std(axis=0)
    middle[0], scale[0] = 0.0, 1.0
    shifted = (design.matrix - middle) / scale
    fit, null = _fit(x, n, shifted), fit_glmm(x[:, None], n[:, None])
    if not (fit.converged[0] and null.converged[0]):
        return _nothing(design, Note("no_finite_maximum"))
    undo = np.diag(1 / scale)
    undo[0] = np.r_[1.0, -middle[1:] / scale[1:]]
    beta = undo @ fit.beta[:, 0]
    se = np.sqrt(np.diag(undo @ fit.variance()[:, :, 0] @ undo.T))
    df = np.inf if ci in ("wald", "profile") else float(len(x) - len(beta))
    ends = interval(beta, se, np.full(beta.shape, df), level)
    tau2, before = float(fit.tau[0] ** 2), float(null.tau[0] ** 2)
    r2 = max(0.0, 1 - tau2 / before) if before > 0 else None
    how = "wald_interval" if np.isinf(df) else "t_interval"
    notes = notes_of(ci not in ("wald", "t") and Note(how))
    terms = tuple(
        Term(t, len(x), float(beta[i]), float(se[i]), float(ends["ci_low"][i]),
             float(ends["ci_high"][i]), float(ends["p_value"][i]), tau2, r2, notes=notes,
             variable=design.variables[i])
        for i, t in enumerate(design.terms)
    )  # fmt: skip

    def test(at: Ints) -> BetweenTest:
        return _ratio_test(x, n, shifted, fit, at, draws)

    of_all = test(np.arange(1, len(beta)))
    return Regression(
        terms, of_all, {name: test(design.columns(name)) for name in design.moderators}
    )


def _fit(x: Floats, n: Floats, columns: Floats) -> GlmmFit:
    """One dataset on columns (k, P); those of an intercept alone are no design."""
    design = None if columns.shape[1] == 1 else columns.T[:, :, None]
    return fit_glmm(x[:, None], n[:, None], design)


def _ratio_test(
    x: Floats, n: Floats, columns: Floats, fit: GlmmFit, at: Ints, draws: int
) -> BetweenTest:
    """Likelihood ratio of the fit against the one without the columns `at`."""
    less = np.delete(columns, at, axis=1)
    null = _fit(x, n, less)
    if not null.converged[0]:
        return BetweenTest("lrt", notes=(Note("no_finite_maximum"),))
    ratio = max(2 * float(fit.loglik[0] - null.loglik[0]), 0.0)
    test = BetweenTest("lrt", ratio, len(at), p_value=float(chdtrc(len(at), ratio)))
    if not draws:
        return test
    found = bootstrap_ratio(x, n, columns, at, (null, ratio), draws=draws, seed=SEED)
    notes = notes_of(
        Note("regression_draws", count=found.draws),
        Note("smallest_p", value=f"{1 / (found.draws + 1):.2g}"),
        found.failed > 0 and Note("draws_without_fit", count=found.failed),
    )
    return replace(
        test,
        p_bootstrap=found.p_value,
        p_permutation_se=found.error,
        draws=found.draws,
        notes=notes,
    )

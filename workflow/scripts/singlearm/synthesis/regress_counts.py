"""Meta-regression on one moderator: of proportions by either likelihood, of effect sizes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import chdtrc

from .arguments import check_share, level_names, lists, real_numbers
from .arguments import labels as listed
from .arrays import ArrayLike, Floats
from .effects import check_counts, effect_sizes
from .glmm import fit_glmm
from .levels import BetweenTest
from .models import DEFAULT_MODEL, Model, named_model
from .notes import Note, Notes, join, notes_of
from .records import Number, number
from .regression import regress_effects
from .twostep import interval
from .words import SynthesisError


@dataclass(frozen=True, slots=True)
class Term:
    """A coefficient on the link scale, or the test of all; fields are columns of `regression.csv`.

    `tau2` is what remains between studies, `r2` the share of tau2 that the moderator explains;
    `statistic`, `df` and `df2` belong to the test of all coefficients (term `omnibus`); `left_out`
    counts studies without a value of the moderator.
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
    notes: Notes = ()

    @property
    def note(self) -> str:
        """The notes as the text of a CSV cell."""
        return join(*self.notes)


@dataclass(frozen=True, slots=True)
class Regression:
    """Coefficients and the test of all of them but the intercept (q_between, f or lrt)."""

    terms: tuple[Term, ...]
    omnibus: BetweenTest

    def rows(self) -> tuple[Term, ...]:
        """The coefficients, and the test of all of them but the intercept as a last row."""
        test, first = self.omnibus, self.terms[0]
        done: Notes = ()
        if test.statistic is not None:
            degrees = f"{test.df}" if test.df2 is None else f"{test.df}, {test.df2:g}"
            done = (Note(test.test, statistic=test.statistic), Note("df", value=degrees))
        omnibus = Term(
            "omnibus",
            first.k,
            p_value=test.p_value,
            tau2=first.tau2,
            r2=first.r2,
            statistic=test.statistic,
            df=test.df,
            df2=test.df2,
            left_out=test.left_out,
            notes=done + test.notes,
        )
        return (*self.terms, omnibus)


def meta_regression(
    events: ArrayLike,
    total: ArrayLike,
    moderator: Iterable[float | str | None],
    model: Model | str = DEFAULT_MODEL,
    *,
    levels: Sequence[str] | None = None,
    name: str = "slope",
    per_coefficient: int = 0,
    level: float = 0.95,
) -> Regression:
    """Regress proportions on one moderator.

    Parameters
    ----------
    events, total : array_like of int, shape (k,)
        Counts of the studies.
    moderator : iterable of float, str or None
        Numbers, or labels compared with the first of `levels`; None leaves a study out.
    model : Model or str
        `normal`: see `regress_effects`. `binomial_normal`: maximum likelihood with Wald or t
        intervals (t for the ci words t, hk, hk_adhoc) and a likelihood-ratio test. The other
        likelihoods give a note.
    levels : sequence of str, optional
        Order of the labels, default sorted.
    name : str
        The term of the slope of a continuous moderator.
    per_coefficient : int
        Studies needed for each coefficient beside the intercept; at least two more studies than
        coefficients are needed anyway.
    level : float
        Coverage of the intervals.

    Returns
    -------
    Regression
        Without numbers, and with a note that says why, where the data do not allow one.

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
    """
    model, level = named_model(model), check_share("level", level)
    x, n = check_counts(*lists(events=events, total=total))
    x, n, design, names, left_out = _design(x, n, moderator, levels, name)
    reason = _why_none(design, per_coefficient)
    if reason is None and model.likelihood not in _FITS:
        reason = Note(f"no_regression_for_{model.likelihood}")
    if reason is not None:
        return _nothing(names, len(x), reason, left_out)
    return _with_left_out(_FITS[model.likelihood](x, n, design, names, model, level), left_out)


def moderate_effects(
    yi: ArrayLike,
    vi: ArrayLike,
    moderator: Iterable[float | str | None],
    *,
    tau2: str = "REML",
    ci: str = "hk_adhoc",
    levels: Sequence[str] | None = None,
    name: str = "slope",
    per_coefficient: int = 0,
    level: float = 0.95,
) -> Regression:
    """Regress effect sizes on one moderator.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effect sizes and sampling variances; a study without a variance (NaN) is left out.
    moderator, levels, name, per_coefficient, level
        As in `meta_regression`.
    tau2, ci : str
        As in `pool_effects`.

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
    (y, v), values, level = (
        lists(yi=yi, vi=vi),
        listed("moderator", moderator),
        check_share("level", level),
    )
    if y.size != len(values):
        raise SynthesisError("yi, vi and moderator must have one length")
    usable = np.flatnonzero(np.isfinite(y) & np.isfinite(v))
    y, v, design, names, left_out = _design(
        y[usable], v[usable], [values[i] for i in usable], levels, name
    )
    reason = _why_none(design, per_coefficient)
    if reason is not None:
        return _nothing(names, len(y), reason, left_out)
    return _with_left_out(_of_effects(y, v, design, names, tau2, ci, level), left_out)


def _why_none(design: Floats, per_coefficient: int) -> Note | None:
    """Why a design (k, P) allows no regression; None if it does."""
    k, width = design.shape
    needed = max(width + 2, per_coefficient * (width - 1))
    if k < needed:
        return Note("studies_needed", count=needed) if k else Note("no_data")
    if width == 1:
        return Note("one_level")
    if np.linalg.matrix_rank(design - np.r_[0.0, design[:, 1:].mean(axis=0)]) < width:
        return Note("constant_moderator")
    return None


def _design(
    x: Floats,
    n: Floats,
    moderator: Iterable[object],
    levels: Sequence[str] | None,
    slope: str,
) -> tuple[Floats, Floats, Floats, list[str], int]:
    """Counts of the studies with a value, their design (k, P), its terms, and who was left out."""
    values = listed("moderator", moderator)
    if x.size != len(values):
        raise SynthesisError("events, total and moderator must have one length")
    kept = np.array([v is not None for v in values], bool)
    known = [v for v in values if v is not None]
    labels = levels is not None or any(isinstance(v, str) for v in known)
    if labels:
        names = list(level_names(known, levels))
        if unknown := sorted({str(v) for v in known if v not in names}):
            raise SynthesisError(f"{', '.join(unknown)}: not among the levels {names}")
        present = [name for name in names if name in known]
        columns = [[float(v == name) for v in known] for name in present[1:]]
        terms = ["intercept", *(f"{name} - {present[0]}" for name in present[1:])]
    else:
        columns, terms = [_finite(known)], ["intercept", slope]
    design = np.array([[1.0] * len(known), *columns]).reshape(len(terms), len(known)).T
    return x[kept], n[kept], design, terms, int((~kept).sum())


def _finite(values: Sequence[object]) -> list[float]:
    """The values of a moderator that is a number."""
    found = real_numbers("moderator", values)
    if not np.isfinite(found).all():
        raise SynthesisError("moderator: numbers must be finite, None where unknown")
    return [float(v) for v in found]


def _with_left_out(fitted: Regression, count: int) -> Regression:
    """The regression with the number of studies without a value of the moderator."""
    more = notes_of(count > 0 and Note("left_out", count=count))
    terms = (replace(term, left_out=count, notes=term.notes + more) for term in fitted.terms)
    test = fitted.omnibus
    return Regression(tuple(terms), replace(test, left_out=count, notes=test.notes + more))


def _nothing(names: list[str], k: int, reason: Note, left_out: int = 0) -> Regression:
    """Terms and test without numbers, with the reason."""
    terms = tuple(Term(name, k, notes=(reason,)) for name in names)
    return _with_left_out(Regression(terms, BetweenTest("lrt", notes=(reason,))), left_out)


def _normal(
    x: Floats, n: Floats, design: Floats, names: list[str], model: Model, level: float
) -> Regression:
    e = effect_sizes(x, n, model.effect_measure)
    return _of_effects(e.yi, e.vi, design, names, str(model.tau2), str(model.ci), level)


def _of_effects(
    y: Floats, v: Floats, design: Floats, names: list[str], estimator: str, ci: str, level: float
) -> Regression:
    r = regress_effects(y, v, design, tau2=estimator, ci=ci, level=level)
    notes: Notes = ()
    if ci == "hk":
        wald = regress_effects(y, v, design, tau2=estimator, ci="wald", level=level)
        narrow = r.ci_high - r.ci_low < (wald.ci_high - wald.ci_low) * (1 - 1e-9)
        notes = notes_of(bool(narrow.any()) and Note("narrower_than_wald"))
    tau2 = None if estimator == "EE" else number(r.tau2)
    values = zip(r.beta, r.se, r.ci_low, r.ci_high, r.p_value, strict=True)
    columns = ("estimate", "se", "ci_low", "ci_high", "p_value")
    found: list[dict[str, Any]] = [
        dict(zip(columns, map(number, row), strict=True)) for row in values
    ]
    terms = tuple(
        Term(name, len(y), **row, tau2=tau2, r2=number(r.r2), notes=notes)
        for name, row in zip(names, found, strict=True)
    )
    finite = np.isfinite(r.qm_df2)
    test = BetweenTest(
        "f" if finite else "q_between", number(r.qm), r.qm_df, number(r.qm_df2), number(r.qm_p),
        notes=notes,
    )  # fmt: skip
    return Regression(terms, test)


def _binomial(
    x: Floats, n: Floats, design: Floats, names: list[str], model: Model, level: float
) -> Regression:
    # centred and scaled columns keep the Newton steps well conditioned
    middle, scale = design.mean(axis=0), design.std(axis=0)
    middle[0], scale[0] = 0.0, 1.0
    shifted = ((design - middle) / scale).T[:, :, None]
    fit, null = fit_glmm(x[:, None], n[:, None], shifted), fit_glmm(x[:, None], n[:, None])
    if not (fit.converged[0] and null.converged[0]):
        return _nothing(names, len(x), Note("no_finite_maximum"))
    undo = np.diag(1 / scale)
    undo[0] = np.r_[1.0, -middle[1:] / scale[1:]]
    beta = undo @ fit.beta[:, 0]
    se = np.sqrt(np.diag(undo @ fit.variance()[:, :, 0] @ undo.T))
    df = np.inf if model.ci in ("wald", "profile") else float(len(x) - len(beta))
    ends = interval(beta, se, np.full(beta.shape, df), level)
    tau2, before = float(fit.tau[0] ** 2), float(null.tau[0] ** 2)
    r2 = max(0.0, 1 - tau2 / before) if before > 0 else None
    how = "wald_interval" if np.isinf(df) else "t_interval"
    notes = notes_of(model.ci not in ("wald", "t") and Note(how))
    terms = tuple(
        Term(t, len(x), float(beta[i]), float(se[i]), float(ends["ci_low"][i]),
             float(ends["ci_high"][i]), float(ends["p_value"][i]), tau2, r2, notes=notes)
        for i, t in enumerate(names)
    )  # fmt: skip
    ratio = max(2 * float(fit.loglik[0] - null.loglik[0]), 0.0)
    width = len(names) - 1
    test = BetweenTest("lrt", ratio, width, p_value=float(chdtrc(width, ratio)))
    return Regression(terms, test)


_FITS = {"normal": _normal, "binomial_normal": _binomial}

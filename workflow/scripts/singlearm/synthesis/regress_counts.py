"""Meta-regression of proportions on one moderator, for the two-step and the exact likelihood."""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from .effects import effect_sizes
from .glmm import fit_glmm
from .models import Model
from .moderators import BetweenTest
from .notes import join
from .records import Number, number
from .regression import regress_effects
from .twostep import interval
from .words import SynthesisError


@dataclass(frozen=True, slots=True)
class Term:
    """A coefficient on the link scale; fields are columns of `regression.csv`.

    `tau2` is what remains between studies, `r2` the share of tau2 that the moderator explains.
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
    note: str = ""


@dataclass(frozen=True, slots=True)
class Regression:
    """Coefficients and the test of all of them but the intercept (q_between, f or lrt)."""

    terms: tuple[Term, ...]
    omnibus: BetweenTest


def meta_regression(
    events, total, moderator, model: Model, *,
    levels=None, name="slope", per_coefficient=0, level=0.95,
) -> Regression:  # fmt: skip
    """Regress on a moderator: numbers, or labels compared with the first of `levels`.

    None leaves a study out (counted in the note). Continuous moderators enter as they are; the
    intercept is the value at 0 and `name` the term of the slope. normal: `regress_effects`.
    binomial_normal: maximum likelihood with Wald or t intervals (t for the ci words t, hk,
    hk_adhoc) and a likelihood-ratio test; the other likelihoods give a note. Fewer than two studies
    more than coefficients, or fewer than `per_coefficient` studies for each coefficient beside the
    intercept: a note that says how many it takes, no number.

    >>> common = Model("normal", tau2="EE")
    >>> r = meta_regression([4, 3, 2, 1], [10, 20, 30, 40], [1, 2, 3, 4], common)
    >>> [t.term for t in r.terms]
    ['intercept', 'slope']
    """
    x, n, design, names, left_out = _design(events, total, moderator, levels, name)
    k, width = design.shape
    word = f"left_out={left_out}" if left_out else ""
    needed = max(width + 2, per_coefficient * (width - 1))
    if k < needed:
        return _nothing(names, k, join(f"studies_needed={needed}" if k else "no_data", word))
    if width == 1:
        return _nothing(names, k, join("one_level", word))
    if np.linalg.matrix_rank(design - np.r_[0.0, design[:, 1:].mean(axis=0)]) < width:
        return _nothing(names, k, join("constant_moderator", word))
    if model.likelihood == "normal":
        return _normal(x, n, design, names, model, level, word)
    if model.likelihood == "binomial_normal":
        return _binomial(x, n, design, names, model, level, word)
    return _nothing(names, k, join(f"no_regression_for_{model.likelihood}", word))


def _design(events, total, moderator, levels, slope):
    values = list(moderator)
    x, n = np.asarray(events, float), np.asarray(total, float)
    if not x.size == n.size == len(values):
        raise SynthesisError("events, total and moderator must have one length")
    kept = np.array([v is not None for v in values], bool)
    known = [v for v in values if v is not None]
    labels = levels is not None or any(isinstance(v, str) for v in known)
    if labels:
        names = list(levels) if levels is not None else sorted(set(known))
        if unknown := sorted(set(known) - set(names)):
            raise SynthesisError(f"{', '.join(unknown)}: not among the levels {names}")
        present = [name for name in names if name in known]
        columns = [[float(v == name) for v in known] for name in present[1:]]
        terms = ["intercept", *(f"{name} - {present[0]}" for name in present[1:])]
    else:
        columns, terms = [[float(v) for v in known]], ["intercept", slope]
    design = np.array([[1.0] * len(known), *columns]).reshape(len(terms), len(known)).T
    return x[kept], n[kept], design, terms, int((~kept).sum())


def _nothing(names, k, note):
    return Regression(tuple(Term(t, k, note=note) for t in names), BetweenTest("lrt", note=note))


def _normal(x, n, design, names, model, level, word):
    e = effect_sizes(x, n, model.measure)
    r = regress_effects(e.yi, e.vi, design, tau2=model.tau2, ci=model.ci, level=level)
    tau2 = None if model.tau2 == "EE" else number(r.tau2)
    rows = zip(names, r.beta, r.se, r.ci_low, r.ci_high, r.p_value, strict=True)
    terms = tuple(
        Term(t, len(x), *(number(v) for v in values), tau2, number(r.r2), word)
        for t, *values in rows
    )
    finite = np.isfinite(r.qm_df2)
    test = BetweenTest(
        "f" if finite else "q_between", number(r.qm), r.qm_df, number(r.qm_df2), number(r.qm_p),
        None, word,
    )  # fmt: skip
    return Regression(terms, test)


def _binomial(x, n, design, names, model, level, word):
    # centred and scaled columns keep the Newton steps well conditioned
    middle, scale = design.mean(axis=0), design.std(axis=0)
    middle[0], scale[0] = 0.0, 1.0
    shifted = ((design - middle) / scale).T[:, :, None]
    fit, null = fit_glmm(x[:, None], n[:, None], shifted), fit_glmm(x[:, None], n[:, None])
    if not (fit.converged[0] and null.converged[0]):
        return _nothing(names, len(x), join("no_finite_maximum", word))
    undo = np.diag(1 / scale)
    undo[0] = np.r_[1.0, -middle[1:] / scale[1:]]
    beta = undo @ fit.beta[:, 0]
    se = np.sqrt(np.diag(undo @ fit.variance()[:, :, 0] @ undo.T))
    df = np.inf if model.ci in ("wald", "profile") else float(len(x) - len(beta))
    ends = interval(beta, se, np.full(beta.shape, df), level)
    tau2, before = float(fit.tau[0] ** 2), float(null.tau[0] ** 2)
    r2 = max(0.0, 1 - tau2 / before) if before > 0 else None
    note = join(
        word, "" if model.ci in ("wald", "t") else f"{'wald' if np.isinf(df) else 't'}_interval"
    )
    terms = tuple(
        Term(t, len(x), float(beta[i]), float(se[i]), float(ends["ci_low"][i]),
             float(ends["ci_high"][i]), float(ends["p_value"][i]), tau2, r2, note)
        for i, t in enumerate(names)
    )  # fmt: skip
    ratio = max(2 * float(fit.loglik[0] - null.loglik[0]), 0.0)
    width = len(names) - 1
    return Regression(
        terms, BetweenTest("lrt", ratio, width, None, float(chdtrc(width, ratio)), None, word)
    )

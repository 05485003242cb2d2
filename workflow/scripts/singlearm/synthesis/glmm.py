"""Binomial-normal model (random-intercept logistic): maximum likelihood for many datasets at once.

Events of study i are binomial with logit eta_i = design_i . beta + tau * u_i, u_i standard normal
(Stijnen, Hamza and Ozdemir 2010, Stat Med 29:3046). Arrays are (K, B): studies x datasets; absent
studies have n = 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import ArrayLike, Bools, Columns, Floats, Ints
from .logistic import (
    MAX_STEPS,
    fit_common,
    intercept,
    predictor,
    project,
    separated,
    solve,
    weighted_gram,
)
from .quadrature import Integral, at_zero, binomial_constant, integrate, move_centres, start_centres

#: Nodes of the search, then of the rungs on which the answer must stand still; the search is made
#: again with more nodes where the few led astray.
SEARCH_NODES, CLOSE_NODES = 11, 81
RUNGS = (21, 41, 81, 161, 321, 641)
#: Largest Newton step still taken as standing still, relative to 1 + |value|.
STILL = 1e-9
#: A tau below this is taken as 0: the likelihood no longer tells them apart.
TAU_FLOOR = 1e-4
#: A tau above this means that the likelihood has no finite maximum, or no limit on that side.
TAU_CEILING = 1000.0
#: Steps on the rungs before the last ones, where the answer is about to be refined anyway.
RUNG_STEPS = 8
START_FACTORS = (0.5, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class GlmmFit:
    """Maximum of the likelihood for B datasets with P coefficients.

    `beta` (P, B), `tau` (B,), `loglik` and `loglik_common` (tau = 0) with all constants (B,),
    `beta_common` (P, B), `information` (P+1, P+1, B) in (beta, tau), zero in tau at the border,
    `converged` (B,), `nodes` (B,) of the last rung; per study (K, B): `score` and `curvature` in
    the linear predictor.
    """

    beta: Floats
    tau: Floats
    loglik: Floats
    beta_common: Floats
    loglik_common: Floats
    information: Floats
    converged: Bools
    nodes: Ints
    score: Floats
    curvature: Floats

    def columns(self, pick: Bools) -> "GlmmFit":
        """The datasets selected by a boolean or integer index."""
        return GlmmFit(*(getattr(self, f.name)[..., pick] for f in fields(self)))

    def variance(self) -> Floats:
        """Variance of beta (P, P, B): from the full information, tau estimated (not at border)."""
        return self.covariance()[:-1, :-1]

    def covariance(self) -> Floats:
        """Covariance of (beta, tau), (P+1, P+1, B); at the border the tau part is 0."""
        info = np.moveaxis(self.information, -1, 0)
        pad = np.zeros_like(info)
        pad[:, -1, -1] = info[:, -1, -1] == 0
        return np.moveaxis(np.linalg.inv(info + pad) - pad, 0, -1)


def fit_glmm(
    x: Floats,
    n: Floats,
    design: Floats | None = None,
    *,
    start: tuple[Sequence[float], float] | None = None,
    rungs: tuple[int, ...] = RUNGS,
    still: float = STILL,
) -> GlmmFit:
    """Fit B datasets, counts (K, B), design (P, K, B) or broadcastable to it (default intercept).

    The search starts from three values of tau spread around a moment estimate, and from the logits
    taken alike whatever their size, and keeps the best; then nodes are doubled until a Newton step
    no longer moves the answer. `converged` is False where that does not happen and where the
    likelihood has no finite maximum.

    For simulations, where the truth is near and the error of drawing far larger: `start` (beta
    (P,), tau) takes the place of the search, `rungs` and `still` say how far to polish.
    """
    design = intercept() if design is None else design
    beta0, loglik0, ok0 = fit_common(x, n, design)
    if start is None:
        beta, tau = _search(x, n, design, beta0)
    else:
        beta = np.repeat(np.asarray(start[0], float)[:, None], x.shape[1], axis=1)
        tau = np.full(x.shape[1], float(start[1]))
    state = _polish(x, n, design, beta, tau, rungs, still)
    constant = binomial_constant(x, n)
    _, g0, h0, rise = at_zero(x, n, predictor(design, beta0))
    # where the likelihood rises from tau = 0, that is no maximum, whatever a search arrived at
    rises = (rise.sum(axis=0) > 0) & ok0 & (n.max(axis=0) > 1) & ~separated(x, n)
    lost = np.flatnonzero(rises & ~(state["loglik"] > loglik0))
    if start is None and lost.size:
        some = (x[:, lost], n[:, lost], _columns(design, lost))
        found = _search(*some, beta0[:, lost], CLOSE_NODES)
        state = _put(state, lost, _polish(*some, *found, rungs, still))
    # studies of one patient each know nothing of tau: every tau fits alike, 0 is taken
    border = (n.max(axis=0) <= 1) | (state["tau"] <= TAU_FLOOR)
    border |= ~rises & (state["loglik"] <= loglik0 + 1e-10)

    def pick(zero: ArrayLike, inner: ArrayLike) -> NDArray[Any]:
        return np.where(border, zero, inner)

    return GlmmFit(
        beta=pick(beta0, state["beta"]),
        tau=pick(0.0, state["tau"]),
        loglik=pick(loglik0, state["loglik"]) + constant,
        beta_common=beta0,
        loglik_common=loglik0 + constant,
        information=pick(_common_information(design, h0), state["information"]),
        converged=ok0 & (border | state["converged"]) & ~separated(x, n),
        nodes=pick(0, state["nodes"]),
        score=pick(g0, state["score"]),
        curvature=pick(h0, state["curvature"]),
    )


def _common_information(design: Floats, curvature: Floats) -> Floats:
    p = design.shape[0]
    info = np.zeros((p + 1, p + 1, curvature.shape[1]))
    info[:p, :p] = -weighted_gram(design, curvature)
    return info


def moment_tau(x: Floats, n: Floats) -> Floats:
    """A rough tau (B,) to start from: DerSimonian-Laird on logits with 1/2 added throughout."""
    there = n > 0
    y = np.log((x + 0.5) / (n - x + 0.5))
    w = np.where(there, (x + 0.5) * (n - x + 0.5) / (n + 1), 0.0)
    total = w.sum(axis=0)
    r = y - (w * y).sum(axis=0) / total
    q = (w * r * r).sum(axis=0)
    scale = total - (w * w).sum(axis=0) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        tau2 = (q - (there.sum(axis=0) - 1)) / scale
    return np.sqrt(np.clip(np.nan_to_num(tau2), 0.09, 9.0))


def _alike(x: Floats, n: Floats, design: Floats) -> tuple[Floats, Floats]:
    """Least squares of the logits, each study as much as any other: beta (P, B), tau (B,).

    Where one study has nearly all patients, all that is weighed by size starts at its value, on a
    narrow peak at tau = 0 beside the maximum.
    """
    there = (n > 0).astype(float)
    y = np.log((x + 0.5) / (n - x + 0.5))
    beta = solve(weighted_gram(design, there), project(design, there * y))
    beta = np.nan_to_num(beta)
    rest = there * (y - predictor(design, beta))
    free = np.maximum(there.sum(axis=0) - design.shape[0], 1)
    return beta, np.clip(np.sqrt((rest * rest).sum(axis=0) / free), 0.3, 3.0)


def _search(
    x: Floats, n: Floats, design: Floats, beta0: Floats, nodes: int = SEARCH_NODES
) -> tuple[Floats, Floats]:
    """Best of the starts after a few steps with few nodes: beta (P, B), tau (B,)."""
    starts = len(START_FACTORS) + 1
    tau = np.concatenate([f * moment_tau(x, n) for f in START_FACTORS])
    # the mean logit of a heterogeneous sample lies further out than the logit of its mean
    beta = np.tile(beta0, starts - 1) * np.sqrt(1 + 0.346 * tau * tau)
    even, spread = _alike(x, n, design)
    beta, tau = np.concatenate([beta, even], axis=1), np.concatenate([tau, spread])
    xs, ns = np.tile(x, starts), np.tile(n, starts)
    wide = np.tile(design, starts) if design.shape[2] > 1 else design
    state = newton(xs, ns, wide, beta, tau, nodes, still=1e-3, steps=25)
    b = x.shape[1]
    loglik = np.where(np.isfinite(state["loglik"]), state["loglik"], -np.inf).reshape(starts, b)
    best = loglik.argmax(axis=0) * b + np.arange(b)
    return state["beta"][:, best], state["tau"][best]


def _polish(
    x: Floats,
    n: Floats,
    design: Floats,
    beta: Floats,
    tau: Floats,
    rungs: tuple[int, ...],
    still: float,
) -> Columns:
    """Climb the rungs: at each the Newton steps must end, and the next must not move the answer."""
    b = x.shape[1]
    out: Columns = {}
    previous: tuple[Floats, Floats] | None = None
    todo = np.arange(b)
    converged = np.zeros(b, bool)
    for count in rungs:
        part = newton(
            x[:, todo], n[:, todo], _columns(design, todo), beta[:, todo], tau[todo], count, still,
            steps=MAX_STEPS if count == rungs[-1] else RUNG_STEPS,
        )  # fmt: skip
        beta[:, todo], tau[todo] = part["beta"], part["tau"]
        out = _put(out, todo, part) if out else part
        if previous is not None:
            moved = np.maximum(
                np.abs(part["beta"] - previous[0]).max(axis=0)
                / (1 + np.abs(part["beta"]).max(axis=0)),
                np.abs(part["tau"] - previous[1]) / (1 + part["tau"]),
            )
            done = part["arrived"] & (moved < still * 10)
            small = part["tau"] <= TAU_FLOOR
            converged[todo] = done
            todo_next = todo[~(done | small)]
        else:
            todo_next = todo[part["tau"] > TAU_FLOOR]
        if todo_next.size == 0:
            break
        todo, previous = todo_next, (beta[:, todo_next].copy(), tau[todo_next].copy())
    out["converged"] = converged
    return out


def _columns(design: Floats, pick: Bools | Ints) -> Floats:
    return design if design.shape[2] == 1 else design[:, :, pick]


def _put(whole: Columns, where: Ints, part: Columns) -> Columns:
    for name, value in part.items():
        whole[name][..., where] = value
    return whole


def newton(
    x: Floats,
    n: Floats,
    design: Floats,
    beta: Floats,
    tau: Floats,
    count: int,
    still: float = STILL,
    steps: int = MAX_STEPS,
) -> Columns:
    """Maximise over (beta, tau) with `count` nodes from the given start; see `GlmmFit` for names.

    A step that lowers the likelihood is halved. tau moves by at most a factor of 4 a step, and a
    dataset whose tau falls below the floor stops there.
    """
    beta, tau = beta.copy(), tau.copy()
    todo = np.arange(tau.size)
    xs, ns, d, b, t = x, n, design, beta, tau
    mu = predictor(d, b)
    centre, spread = start_centres(xs, ns, mu, t)
    best = np.full(tau.size, -np.inf)
    last: tuple[Floats, Floats] | None = None
    result: Columns = {}
    # few nodes make the likelihood depend on where they lie by about this much
    slack = 1e-3 if count <= 41 else 1e-5 if count <= 81 else 1e-7
    for _ in range(steps):
        got = integrate(xs, ns, mu, t, centre, spread, count)
        loglik = got.loglik.sum(axis=0)
        step_beta, step_tau, info = _newton_step(d, got, t)
        fell = loglik < best - slack * (1 + np.abs(loglik))
        if last is not None and fell.any():
            step_beta = np.where(fell, -0.5 * last[0], step_beta)
            step_tau = np.where(fell, -0.5 * last[1], step_tau)
        best = np.where(fell, best, loglik)
        arrived = (
            ~fell & (np.abs(step_tau) < still * (1 + t)) & (np.abs(step_beta) < still).all(axis=0)
        )
        now: Columns = {
            "beta": b, "tau": t, "loglik": loglik, "information": info, "score": got.score[0],
            "curvature": got.hessian[0], "arrived": arrived, "nodes": np.full(t.size, count),
        }  # fmt: skip
        result = now if todo.size == tau.size else _put(result, todo, now)
        go = ~(arrived | (t <= TAU_FLOOR) | (t > TAU_CEILING) | ~np.isfinite(loglik))
        if not go.any():
            break
        b_new, t_new = b + step_beta, t + step_tau
        old = (mu, t)
        centre, spread, last = got.centre, got.spread, (step_beta, step_tau)
        if not go.all():
            todo, t_new, b_new, best = todo[go], t_new[go], b_new[:, go], best[go]
            xs, ns, d = xs[:, go], ns[:, go], _columns(d, go)
            centre, spread, old = centre[:, go], spread[:, go], (mu[:, go], t[go])
            last = (step_beta[:, go], step_tau[go])
        b, t = b_new, t_new
        mu = predictor(d, b)
        centre, spread = move_centres(centre, spread, old, (mu, t))
    return result


def _newton_step(design: Floats, got: Integral, tau: Floats) -> tuple[Floats, Floats, Floats]:
    """Newton step in (beta, tau) with its bounds, and the information matrix."""
    p = design.shape[0]
    hmm, hmt, htt = got.hessian
    info = np.empty((p + 1, p + 1, tau.size))
    info[:p, :p] = -weighted_gram(design, hmm)
    info[:p, p] = info[p, :p] = -project(design, hmt)
    info[p, p] = -htt.sum(axis=0)
    # a coefficient that no study of a dataset carries stays where it is
    diagonal = np.arange(p)
    info[diagonal, diagonal] += info[diagonal, diagonal] == 0
    g_beta, g_tau = project(design, got.score[0]), got.score[1].sum(axis=0)
    a_g, a_b = solve(info[:p, :p], g_beta), solve(info[:p, :p], info[:p, p])
    schur = info[p, p] - (info[:p, p] * a_b).sum(axis=0)
    slope = g_tau - (info[:p, p] * a_g).sum(axis=0)
    # where the profile in tau is convex its curvature says nothing: walk uphill by a bounded step
    with np.errstate(divide="ignore", invalid="ignore"):
        step_tau = np.where(schur > 0, slope / schur, np.sign(slope) * tau)
    step_tau = np.clip(step_tau, -0.75 * tau, 3 * tau)
    step_beta = np.clip(a_g - a_b * step_tau, -3, 3)
    return step_beta, step_tau, info

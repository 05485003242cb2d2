"""How much the lines of survival differ between studies: by REML, with limits at each time.

The covariance of intercept and slope is L L', and all searches are in the space of L, which has no
borders. From the maximum of the restricted likelihood rays go out to where it has dropped by z^2/2;
the spread at a time is the length of L'(1, x), and its profile limits are the least and the largest
on the rays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import minimize

from .arrays import Bools, Floats

#: Values y (p,), their covariance (p, p) and the rows (1, x) of each study.
Points = Sequence[tuple[Floats, Floats, Floats]]
#: Most that the standard deviations between studies may be, on the scale of the model; a ray that
#: reaches it does not end.
LARGEST = 5.0
#: Rays into the space of three parameters: they miss less than 1% of an ellipsoid's width.
RAYS = 400
#: Doublings until a ray has left the region, bisections of the last stretch, points kept of a ray.
DOUBLINGS, BISECTIONS, KEPT = 12, 14, 8
#: First step of a ray, and how small a parameter's own reach may be.
STEP, LEAST = 0.02, 1e-3
#: Parameters (L11, L21, L22) from which the search for the maximum begins.
STARTS = ((0.3, 0.0, 0.2), (0.05, 0.0, 0.05), (1.0, 0.0, 0.7))
#: Newton's steps after the search; the rise that another would give and that counts as none.
POLISH, RISE = 20, 1e-10
#: How often a step is halved; step of differences of the gradient; least bend of the likelihood.
HALVINGS, DIFFERENCE, LEAST_BEND = 20, 1e-5, 1e-8
#: A parameter that is none, where the likelihood does not fall without it.
NONE = 1e-4
#: Fall of the restricted log-likelihood that each parameter shows somewhere, else it is flat.
LEAST_FALL = 0.01


@dataclass(frozen=True, slots=True)
class Lines:
    """All that studies say of their lines: two independent values of variance 1 for each.

    `values` (k, 2) have means `rows` (k, 2, 2) times a study's intercept and slope; a study of one
    point has a row of zeros. `rest` is what is left of the points, twice its negative
    log-likelihood without constants, and `points` their number.
    """

    values: Floats
    rows: Floats
    rest: float
    points: int

    @classmethod
    def of(cls, points: Points) -> "Lines":
        """By whitening the points of each study and turning them towards its line."""
        values, rows, rest = np.zeros((len(points), 2)), np.zeros((len(points), 2, 2)), 0.0
        for i, (y, v, x) in enumerate(points):
            root = np.linalg.cholesky(v)
            white = solve_triangular(root, np.column_stack([x, y]), lower=True)
            turned = np.zeros((max(y.size, 3), 3))
            turned[: min(y.size, 3)] = np.linalg.qr(white, mode="r")
            rows[i], values[i] = turned[:2, :2], turned[:2, 2]
            rest += float(turned[2, 2] ** 2 + 2 * np.log(np.diag(root)).sum())
        return cls(values, rows, rest, sum(y.size for y, _, _ in points))


@dataclass(frozen=True, slots=True)
class Gls:
    """Generalised least squares under each of G covariances between studies.

    `beta` (G, 2); `of_studies` (G, k, 2, 2) the information of each study on it, `scores`
    (G, k, 2) its score; `loglik` and `restricted` (G,), both without constants.
    """

    beta: Floats
    of_studies: Floats
    scores: Floats
    loglik: Floats
    restricted: Floats

    @property
    def covariance(self) -> Floats:
        """Covariance (G, 2, 2) of `beta`."""
        return np.linalg.inv(self.of_studies.sum(axis=1))

    @property
    def gradient(self) -> Floats:
        """Slopes (G, 2, 2) of `restricted` in the covariance between studies."""
        s, u = self.of_studies, self.scores
        own = s - s @ self.covariance[:, None] @ s - u[..., :, None] * u[..., None, :]
        return np.asarray(-0.5 * own.sum(axis=1))


def gls(lines: Lines, between: Floats) -> Gls:
    """Generalised least squares under covariances (G, 2, 2) between studies."""
    rows, back = lines.rows, lines.rows.transpose(0, 2, 1)
    w = np.eye(2) + rows @ between[:, None] @ back
    inverse = np.linalg.inv(w)
    of_studies = back @ inverse @ rows
    right = np.einsum("kji,gkjl,kl->gi", rows, inverse, lines.values)
    information = of_studies.sum(axis=1)
    beta = np.linalg.solve(information, right[..., None])[..., 0]
    # residuals first: a difference of two sums of squares would lose digits
    off = lines.values - np.einsum("kij,gj->gki", rows, beta)
    solved = np.einsum("gkij,gkj->gki", inverse, off)
    fit = np.einsum("gki,gki->g", off, solved) + np.linalg.slogdet(w)[1].sum(axis=1)
    loglik = -0.5 * (fit + lines.rest)
    restricted = loglik - 0.5 * np.linalg.slogdet(information)[1]
    return Gls(beta, of_studies, np.einsum("kji,gkj->gki", rows, solved), loglik, restricted)


def fit_spread(lines: Lines, sloped: bool, before: Floats | None = None) -> tuple[Floats, bool]:
    """The covariance between studies of the highest restricted likelihood.

    Parameters
    ----------
    lines : Lines
    sloped : bool
        Whether slopes differ; else there is one parameter.
    before : (2, 2) array, optional
        A covariance near by, from which the search starts.

    Returns
    -------
    between : (2, 2) array
    found : bool
        Whether it is a maximum: not at the end of the range, and of a likelihood that is not flat.
    """
    count = 3 if sloped else 1
    starts = np.array(STARTS)[:, :count]
    if before is not None:
        starts = np.maximum(_parameters(before)[:count], [0.01, -np.inf, 0.01][:count])[None]

    def loss(at: Floats) -> tuple[float, Floats]:
        fit = gls(lines, _covariances(at[None]))
        return -float(fit.restricted[0]), _slopes(fit, at[None])[0]

    fits = [
        minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(-LARGEST, LARGEST)] * count)
        for start in starts
    ]
    best = np.asarray(min(fits, key=lambda fit: float(fit.fun)).x, float)
    best, still = _polished(lines, best)
    without = np.where(np.abs(best) < NONE, 0.0, best)
    best = without if _fall(lines, best, without[None])[0] <= RISE else best
    inside = bool((np.abs(best) < LARGEST * (1 - NONE)).all())
    return _covariances(best[None])[0], still and inside and not _flat(lines, best)


def _slopes(fit: Gls, at: Floats) -> Floats:
    """Slopes (G, P) of the negative restricted log-likelihood in parameters (G, P)."""
    slopes = -2 * fit.gradient @ _factors(at)
    return np.asarray(slopes[:, [0, 1, 1], [0, 0, 1]][:, : at.shape[1]])


def _fall(lines: Lines, best: Floats, at: Floats) -> Floats:
    """How far (G,) the restricted log-likelihood falls from the best (P,) to others (G, P)."""
    found = gls(lines, _covariances(np.concatenate([best[None], at]))).restricted
    return np.asarray(found[0] - found[1:])


def _polished(lines: Lines, best: Floats) -> tuple[Floats, bool]:
    """Newton's steps until another gains nothing, and whether that was reached."""
    steps = DIFFERENCE * np.eye(best.size)
    for _ in range(POLISH):
        around = np.concatenate([best[None], best + steps, best - steps])
        slopes, *beside = _slopes(gls(lines, _covariances(around)), around)
        up, down = np.reshape(beside, (2, best.size, best.size))
        bend = (up - down) / (2 * DIFFERENCE)
        values, ways = np.linalg.eigh((bend + bend.T) / 2)
        step = -ways @ (ways.T @ slopes / np.maximum(np.abs(values), LEAST_BEND))
        shorter = 0.5 ** np.arange(HALVINGS)[:, None] * step
        falls = _fall(lines, best, best + shorter)
        best = np.clip(best + shorter[np.argmax(falls <= RISE)], -LARGEST, LARGEST)
        if -float(slopes @ step) < RISE:
            return best, True
    return best, False


def _flat(lines: Lines, best: Floats) -> bool:
    """Whether the likelihood hardly changes with a parameter, from none to the largest."""
    ends = np.stack([np.zeros(best.size), np.full(best.size, LARGEST)])
    others = np.repeat(~np.eye(best.size, dtype=bool)[:, None], 2, axis=1)
    tried = np.where(others, best, ends).reshape(-1, best.size)
    falls = np.abs(_fall(lines, best, tried)).reshape(best.size, 2)
    return bool((falls.max(axis=1) < LEAST_FALL).any())


@dataclass(frozen=True, slots=True)
class SpreadRegion:
    """Factors L (G, 2, 2) of covariances that the data allow, and the signed root at no spread.

    `closed`: whether every ray came to an end, so that the spread has an upper limit.
    """

    factors: Floats
    root_at_zero: float
    closed: bool
    z: float

    def limits(self, rows: Floats) -> tuple[Floats, Floats]:
        """Limits (J,), (J,) of the spread at times with rows (J, 2); NaN above if open."""
        spread = np.linalg.norm(np.einsum("gik,ji->gjk", self.factors, rows), axis=2)
        low = spread.min(axis=0) if -self.root_at_zero > self.z else np.zeros(len(rows))
        return low, spread.max(axis=0) if self.closed else np.full(len(rows), np.nan)


def spread_region(points: Points, between: Floats, sloped: bool, z: float) -> SpreadRegion:
    """The covariances within a drop of z^2/2 of the restricted log-likelihood.

    Parameters
    ----------
    points : sequence of (y, covariance, rows)
        Of each study.
    between : (2, 2) array
        The covariance that fits best.
    sloped : bool
        Whether slopes differ; else there is one parameter.
    z : float

    Returns
    -------
    SpreadRegion
    """
    lines, best = Lines.of(points), _parameters(between)[: 3 if sloped else 1]
    top, zero = gls(lines, np.stack([between, np.zeros((2, 2))])).restricted

    def outside(at: Floats) -> Bools:
        """Whether parameters (R, P) lie beyond the drop; the end of the range is not beyond."""
        return np.asarray(2 * (top - gls(lines, _covariances(at)).restricted) > z * z)

    axes = np.eye(best.size)
    reach, _ = _ends(best, np.concatenate([axes, -axes]), outside)
    scale = np.maximum(reach.reshape(2, -1).max(axis=0), LEAST)
    ways = scale * (_sphere(RAYS) if sloped else np.array([[1.0], [-1.0]]))
    ends, closed = _ends(best, ways, outside)
    shares = np.linspace(0, 1, KEPT + 1)[:, None, None]
    kept = (best + shares * ends[:, None] * ways).reshape(-1, best.size)
    root = -float(np.sqrt(2 * max(top - zero, 0.0)))
    return SpreadRegion(_factors(kept), root, closed, z)


def _ends(best: Floats, ways: Floats, outside: Callable[[Floats], Bools]) -> tuple[Floats, bool]:
    """How often (R,) each way (R, P) can be gone until `outside`, and whether each one ends.

    A way without an end leads to the `LARGEST` parameter.
    """
    far = (LARGEST - np.abs(best).max()) / np.abs(ways).max(axis=1)
    inside, beyond = np.zeros(len(ways)), np.minimum(STEP / np.abs(ways).max(axis=1), far)
    for _ in range(DOUBLINGS):
        more = np.flatnonzero(~outside(best + beyond[:, None] * ways) & (beyond < far))
        if not more.size:
            break
        inside[more] = beyond[more]
        beyond[more] = np.minimum(2 * beyond[more], far[more])
    ended = outside(best + beyond[:, None] * ways)
    for _ in range(BISECTIONS):
        middle = (inside + beyond) / 2
        out = outside(best + middle[:, None] * ways)
        inside, beyond = np.where(out, inside, middle), np.where(out, middle, beyond)
    return np.where(ended, inside, far), bool(ended.all())


def _sphere(count: int) -> Floats:
    """Directions (count, 3) spread evenly: Fibonacci's lattice."""
    height = 1 - (2 * np.arange(count) + 1) / count
    turn = np.pi * (1 + np.sqrt(5)) * np.arange(count)
    around = np.sqrt(1 - height**2)
    return np.stack([around * np.cos(turn), around * np.sin(turn), height], axis=1)


def _parameters(between: Floats) -> Floats:
    """The three entries of L."""
    a = np.sqrt(between[0, 0])
    cross = between[0, 1] / a if a > 0 else 0.0
    return np.array([a, cross, np.sqrt(max(between[1, 1] - cross**2, 0.0))])


def _factors(at: Floats) -> Floats:
    """L (G, 2, 2) of parameters (G, 1) or (G, 3)."""
    out = np.zeros((len(at), 2, 2))
    out[:, 0, 0] = at[:, 0]
    if at.shape[1] > 1:
        out[:, 1, 0], out[:, 1, 1] = at[:, 1], at[:, 2]
    return out


def _covariances(at: Floats) -> Floats:
    factors = _factors(at)
    return np.asarray(factors @ factors.transpose(0, 2, 1))

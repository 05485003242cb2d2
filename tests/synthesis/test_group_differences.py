"""Differences between groups: brute integration of posteriors, limits from limits, refusals."""

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator
from scipy.special import expit, gammaln, logit

from singlearm.synthesis import Model, compare_subgroups, meta_regression
from singlearm.synthesis.between_groups import group_differences, mover
from singlearm.synthesis.glmm import fit_glmm

X = [3, 8, 5, 9, 2, 7, 1, 6, 4, 12]
N = [10, 12, 31, 13, 29, 10, 28, 21, 12, 15]
GROUPS = list("aababbabca")
H = 0.05
MU = np.arange(-8, 8 + H / 2, H)
TAU = (np.arange(70) + 0.5) * 0.06
NODES = np.linspace(-7, 7, 141)
NORMAL = np.exp(-NODES * NODES / 2) * (NODES[1] - NODES[0]) / np.sqrt(2 * np.pi)


def brute(group):
    """Posterior weights (mu, tau) of a group on a plain grid, half-normal(1) and uniform priors."""
    logits = MU[:, None, None] + TAU[:, None] * NODES
    height = -MU[:, None] - 2 * np.log1p(np.exp(-MU))[:, None] - TAU**2 / 2
    for x, n, label in zip(X, N, GROUPS, strict=True):
        if label == group:
            constant = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
            p = constant + x * logits - n * np.logaddexp(0, logits)
            height = height + np.log(np.exp(p) @ NORMAL)
    weight = np.exp(height - height.max())
    return weight / weight.sum()


def law_of(x, n):
    """Distribution function of a group's median study in logits, by plain sums: half-normal(1)."""
    mu, tau = np.arange(-45, 12, 0.05), (np.arange(90) + 0.5) / 15
    logits = mu[:, None, None] + tau[:, None] * NODES
    height = (mu - 2 * np.logaddexp(0, mu))[:, None] - tau**2 / 2
    for events, total in zip(x, n, strict=True):
        constant = gammaln(total + 1) - gammaln(events + 1) - gammaln(total - events + 1)
        p = np.exp(constant + events * logits - total * np.logaddexp(0, logits)) @ NORMAL
        height = height + np.log(np.maximum(p, 1e-300))
    weight = np.exp(height - height.max()).sum(axis=1)
    edges = np.r_[mu - 0.025, mu[-1] + 0.025]
    with np.errstate(over="ignore"):  # where it is flat
        return PchipInterpolator(edges, np.r_[0, np.cumsum(weight / weight.sum())])


def difference_below(group, reference, d):
    """P(group - reference <= d) of proportions: rises of the reference's law over 200,000 steps,
    more where its proportion comes near to -d."""
    logits = np.linspace(-45, 12, 200_001)
    if d < 0:
        logits = np.sort(np.r_[logits, logit(-d) + np.logspace(-13, 0, 20_000)])
    logits = logits[logits <= 11.9]
    middle = (logits[1:] + logits[:-1]) / 2
    other = np.clip(logit(np.clip(expit(middle) + d, 0, 1)), -45, 11.9)
    return group(other) @ np.diff(reference(logits))


def share_below(points, weight, others, other_weight, at):
    """P(point - other <= at) for two sets of weighted points."""
    order = np.argsort(points.ravel())
    cumulated = np.r_[0, np.cumsum(weight.ravel()[order])]
    below = np.searchsorted(points.ravel()[order], others.ravel() + at, side="right")
    return float(other_weight.ravel() @ cumulated[below])


@pytest.fixture(scope="module")
def posteriors():
    return {group: brute(group) for group in "abc"}


@pytest.mark.parametrize("level", ["b", "c"])
def test_posterior_differences_are_those_of_brute_integration(posteriors, level):
    found = {d.level: d for d in group_differences(X, N, GROUPS, Model("bayes"))}[level]
    mine, first = posteriors[level], posteriors["a"]
    lattice = np.convolve(mine.sum(axis=1), first.sum(axis=1)[::-1])
    edges = (np.arange(lattice.size) - (MU.size - 1) + 0.5) * H
    ends = ("", "_low", "_high")
    for end, p in zip(ends, (0.5, 0.025, 0.975), strict=True):
        ratio = np.log(getattr(found, f"odds_ratio{end}"))
        assert np.interp(ratio, edges, np.cumsum(lattice)) == pytest.approx(p, abs=1e-4)
    above = 1 - np.interp(0.0, edges, np.cumsum(lattice))
    assert found.p_above == pytest.approx(above, abs=1e-4)
    typical = expit(np.broadcast_to(MU[:, None], mine.shape))
    average = expit(MU[:, None, None] + TAU[:, None] * NODES) @ NORMAL
    for name, points in (("difference", typical), ("marginal", average)):
        for end, p in zip(ends, (0.5, 0.025, 0.975), strict=True):
            at = getattr(found, f"{name}{end}")
            assert share_below(points, mine, points, first, at) == pytest.approx(p, abs=6e-3)
    assert 1 - share_below(average, mine, average, first, 0.0) == pytest.approx(
        found.marginal_p_above, abs=2e-3
    )


@pytest.mark.parametrize("likelihood", ["bayes", "binomial_normal", "normal", "beta_binomial"])
def test_the_other_way_round_the_signs_turn(likelihood):
    model = Model(likelihood)
    (one,) = group_differences(X[:8], N[:8], GROUPS[:8], model, levels=["a", "b"])
    (other,) = group_differences(X[:8], N[:8], GROUPS[:8], model, levels=["b", "a"])
    assert (one.level, one.reference) == (other.reference, other.level) == ("b", "a")
    for name in ("difference", "marginal"):
        for end, turned in (("", ""), ("_low", "_high"), ("_high", "_low")):
            value, opposite = getattr(one, name + end), getattr(other, name + turned)
            assert value is None or value == pytest.approx(-opposite, abs=1e-5)
    if one.odds_ratio:
        assert one.odds_ratio_low * other.odds_ratio_high == pytest.approx(1, abs=1e-4)
    if one.p_above:
        assert one.p_above + other.p_above == pytest.approx(1, abs=1e-6)


RARE = [
    ([0, 0, 1, 0], [1000] * 4),
    ([0, 0, 1, 0], [10**6] * 4),
    ([0, 0, 4, 2], [20, 15, 100, 60]),
    ([0, 0, 2, 1], [3, 3, 10**6, 10**6]),
    ([10, 10, 0, 0], [10] * 4),
]


def mirrored(x, n):
    return [total - events for events, total in zip(x, n, strict=True)], n


@pytest.mark.parametrize(
    ("x", "n"),
    [
        *RARE,
        *(mirrored(*counts) for counts in RARE),
        ([3, 1, 510, 498, 507, 490, 511, 488], [9, 7] + [2000] * 6),  # one wide, one narrow
    ],
)
def test_posterior_differences_do_not_depend_on_the_reference(x, n):
    """The cut of one law at a proportion of 0 moved a limit by up to 17% with its reference."""
    groups = ["a", "a"] + ["b"] * (len(x) - 2)
    (one,) = group_differences(x, n, groups, Model("bayes"))
    (other,) = group_differences(x, n, groups, Model("bayes"), levels=["b", "a"])
    for name in ("difference", "marginal"):
        for end, turned in (("", ""), ("_low", "_high"), ("_high", "_low")):
            value, opposite = getattr(one, name + end), getattr(other, name + turned)
            assert value == pytest.approx(-opposite, rel=1e-6, abs=1e-10)
    assert one.odds_ratio_low * other.odds_ratio_high == pytest.approx(1, rel=1e-6)
    assert (one.p_above, one.marginal_p_above) == pytest.approx(
        (1 - other.p_above, 1 - other.marginal_p_above), abs=1e-6
    )


@pytest.mark.parametrize(
    ("x", "n"),
    [*RARE[:1], *RARE[2:4], ([3, 1, 510, 498, 507, 490], [9, 7, 2000, 2000, 2000, 2000])],
)
def test_posterior_differences_of_rare_events_are_those_of_brute_integration(x, n):
    first, second = law_of(x[:2], n[:2]), law_of(x[2:], n[2:])
    groups = ["a", "a"] + ["b"] * (len(x) - 2)
    (found,) = group_differences(x, n, groups, Model("bayes"))
    for end, p in (("", 0.5), ("_low", 0.025), ("_high", 0.975)):
        at = getattr(found, f"difference{end}")
        assert difference_below(second, first, at) == pytest.approx(p, abs=5e-5)


def test_groups_alike_do_not_differ():
    (d,) = group_differences([3, 8, 5] * 2, [10, 12, 31] * 2, list("aaabbb"), Model("bayes"))
    values = (d.difference, d.marginal, d.p_above - 0.5, d.marginal_p_above - 0.5)
    assert values == pytest.approx((0, 0, 0, 0), abs=1e-5)
    assert d.difference_low == pytest.approx(-d.difference_high, abs=1e-5)


@pytest.mark.parametrize("ci", ["t", "wald", "profile"])
def test_the_odds_ratio_is_that_of_the_regression_on_the_groups(ci):
    model = Model("binomial_normal", ci=ci)
    same = Model("binomial_normal", ci="wald" if ci == "wald" else "t")
    terms = {t.term: t for t in meta_regression(X, N, GROUPS, same).terms}
    for d in group_differences(X, N, GROUPS, model):
        term = terms[f"{d.level} - a"]
        ours = np.log([d.odds_ratio, d.odds_ratio_low, d.odds_ratio_high])
        assert ours == pytest.approx([term.estimate, term.ci_low, term.ci_high], rel=1e-6)
        assert d.note == ("t_interval" if ci == "profile" else "")


@pytest.mark.parametrize(
    "model",
    [
        Model("normal"),
        Model("normal", measure="PAS", ci="t"),
        Model("normal", measure="PFT", tau2="DL", ci="wald"),
    ],
)
def test_two_step_differences_follow_from_the_limits_of_the_levels(model):
    """tau2 is taken as known there, so the levels are independent."""
    rows = {
        row.level: row
        for row in compare_subgroups(
            X, N, GROUPS, model, tau2_mode="common", permutations=0
        ).levels
    }  # fmt: skip
    found = group_differences(X, N, GROUPS, model)[0]
    ends = [(r.estimate, r.ci_low, r.ci_high) for r in (rows["b"], rows["a"])]
    ours = (found.difference, found.difference_low, found.difference_high)
    assert ours == pytest.approx(mover(*ends), rel=1e-9)
    if model.measure == "PLO":
        ends = [(r.marginal, r.marginal_low, r.marginal_high) for r in (rows["b"], rows["a"])]
        ours = (found.marginal, found.marginal_low, found.marginal_high)
        assert ours == pytest.approx(mover(*ends), rel=1e-9)
        terms = meta_regression(X, N, GROUPS, model).terms
        assert np.log(found.odds_ratio_high) == pytest.approx(terms[1].ci_high, rel=1e-9)


def test_averages_under_one_tau2_are_correlated_by_it():
    """The correlation by numerical derivatives of the averages in all parameters."""
    model = Model("binomial_normal", ci="t")
    rare = [1, 9, 0, 11, 2, 1, 0, 6, 3, 1]
    index = np.array(["abc".index(g) for g in GROUPS])
    design = (index[None] == np.arange(3)[:, None]).astype(float)[:, :, None]
    total = [30] * len(rare)
    fit = fit_glmm(np.array(rare, float)[:, None], np.array(total, float)[:, None], design)
    at = np.r_[fit.beta[:, 0], fit.tau[0]]

    def averages(parameters):
        return logit(expit(parameters[:2, None] + parameters[3] * NODES) @ NORMAL)

    step = 1e-5
    jacobian = np.stack(
        [(averages(at + step * e) - averages(at - step * e)) / (2 * step) for e in np.eye(4)],
        axis=1,
    )
    joint = jacobian @ fit.covariance()[:, :, 0] @ jacobian.T
    rho = joint[0, 1] / np.sqrt(joint[0, 0] * joint[1, 1])
    assert rho > 0.01
    rows = compare_subgroups(rare, total, GROUPS, model, tau2_mode="common", permutations=0)
    levels = rows.levels
    ends = [(r.marginal, r.marginal_low, r.marginal_high) for r in (levels[1], levels[0])]
    found = group_differences(rare, total, GROUPS, model)[0]
    ours = (found.marginal, found.marginal_low, found.marginal_high)
    assert ours == pytest.approx(mover(*ends, rho), abs=1e-6)
    assert found.marginal_high != pytest.approx(mover(*ends)[2], abs=1e-6)


def test_limits_hold_the_estimate_and_stay_between_minus_one_and_one():
    random = np.random.default_rng(4)
    models = [Model("binomial_normal", ci="t"), Model("normal"), Model("bayes")]
    for i in range(12):
        n = random.integers(3, 40, 9)
        x = random.binomial(n, random.choice([0.05, 0.5, 0.95], 9))
        for d in group_differences(x, n, random.choice(list("abc"), 9).tolist(), models[i % 3]):
            assert (d.difference is None) == bool(d.notes and d.notes[0].code != "posterior_median")
            for name in ("difference", "marginal"):
                low, value, high = (getattr(d, name + end) for end in ("_low", "", "_high"))
                if value is not None:
                    assert -1 <= low <= value <= high <= 1


@pytest.mark.parametrize(
    ("events", "total", "equal"),
    [([5, 5, 5, 5], 10, True), ([2, 2, 4, 4], 10, True), ([20, 21, 40, 41], 100, False)],
)
def test_plain_hartung_knapp_says_where_studies_more_alike_than_chance_make_it_narrow(
    events, total, equal
):
    (row,) = group_differences(events, [total] * 4, list("aabb"), "logit_reml_hk")
    width = row.difference_high - row.difference_low
    assert (width < 1e-12) == equal
    codes = {note.code for note in row.notes}
    assert ("standard_error_zero" in codes) == equal and "narrower_than_wald" in codes
    wald = Model("normal", tau2="REML", ci="wald")
    (plain,) = group_differences(events, [total] * 4, list("aabb"), wald)
    assert plain.notes == () and plain.difference_high - plain.difference_low > width


def test_what_cannot_be_compared_says_why():
    exact = Model("binomial_normal")
    assert group_differences(X, N, ["a"] * 10, exact) == ()
    assert group_differences([], [], [], exact) == ()
    edge = group_differences([0, 0, 5, 7], [9, 8, 10, 12], list("aabb"), exact)
    assert [(d.note, d.difference) for d in edge] == [("level_at_the_edge", None)]
    for model in (exact, Model("normal")):
        (alone,) = group_differences([3, 5], [9, 10], list("ab"), model)
        assert (alone.note, alone.difference) == ("one_study_per_group", None)

"""Random reviews through the whole engine: no exception, every number in place or with its reason.

100 reviews; 1,000 with HYPOTHESIS_PROFILE=long.
"""

import os

import numpy as np
import pytest

from singlearm.synthesis import (
    Model,
    compare_subgroups,
    pool,
    pool_arms,
    pool_clustered,
    study_values,
)

COUNT = 1000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 100
PARTS = 20
MODELS = [
    Model("binomial_normal", ci="t"), Model("binomial_normal"), Model("beta_binomial"),
    Model("normal"), Model("normal", tau2="DL", ci="wald"), Model("normal", tau2="EE", ci="wald"),
    Model("normal", measure="PAS", tau2="ML"), Model("normal", measure="PFT", tau2="SJ"),
    Model("normal", measure="PR", tau2="HE"), Model("normal", measure="PLN", tau2="PM"),
]  # fmt: skip
BAYES = Model("bayes")
#: Why a number may be missing: field to codes of notes, one of which must be there.
EXACT = ("exact_interval", "homogeneous_exact")
NOTHING = ("no_finite_maximum", "not_converged")
REASONS = {
    "estimate": NOTHING,
    "ci_low": ("interval_not_found", "tau2_interval_open", *NOTHING),
    "pi_low": ("two_studies", "single_study", "tau2_interval_open", "interval_not_found", *EXACT,
               *NOTHING),
    "tau2": (*EXACT, *NOTHING),
    "tau2_high": ("tau2_interval_open", "single_study", *EXACT, *NOTHING),
}  # fmt: skip


def reviews(part):
    """Reviews of 2 to 60 studies: sizes, spread and mean of every kind, also 0% and 100%."""
    rng = np.random.default_rng([20261128, part])
    for _ in range(COUNT // PARTS):
        k = int(np.exp(rng.uniform(np.log(2), np.log(61))))
        low, high = sorted(np.exp(rng.uniform(0, 6, 2)))
        n = rng.integers(int(low), int(high) + 2, k)
        mean, tau = rng.normal(0, 2.5), abs(rng.normal(0, 1.2)) * rng.integers(0, 2)
        p = 1 / (1 + np.exp(-rng.normal(mean, tau, k)))
        yield rng, rng.binomial(n, p), n


#: Parts in which arms within trials are fitted as well, which takes long.
WITH_ARMS = 3
#: Why a model of arms of trials has no number: its limits are robust, or there are none.
ROBUST = ("few_degrees_of_freedom", "fewer_than_two_clusters", "few_trials_of_arms")


def check(r, model, data, other_reasons=()):
    """One result: numbers in their intervals, or a reason."""
    codes = {note.code for note in r.notes}
    without_tau2 = model.tau2 == "EE" or model.likelihood == "beta_binomial"
    for field, reasons in REASONS.items():
        expected = not (without_tau2 and field.startswith("tau2"))
        expected &= not (model.tau2 == "EE" and field == "pi_low")
        if expected and getattr(r, field) is None:
            assert codes & {*reasons, *other_reasons}, (field, data, model, codes)
    hair = 1e-7
    for name in ("", "marginal"):
        value, low, high = (
            (r.marginal, r.marginal_low, r.marginal_high)
            if name
            else (r.estimate, r.ci_low, r.ci_high)
        )
        if low is not None and high is not None:
            assert 0 <= low <= value + hair and value - hair <= high <= 1, (data, model)
            exact_end = value in (0, 1) or codes & {"limits_cut_to_0_1"}
            assert high > low or exact_end, (data, model)
    if r.pi_low is not None and r.ci_low is not None:
        assert r.pi_low <= r.ci_low + hair and r.pi_high >= r.ci_high - hair, (data, model)
        assert r.pi_high > r.pi_low, (data, model)
    for name in ("tau2", "i2"):
        value, low, high = (getattr(r, name + end) for end in ("", "_low", "_high"))
        if low is not None:
            assert low <= value * (1 + hair) + hair, (name, data, model)
        if high is not None:
            assert value <= high * (1 + hair) + hair, (name, data, model)
    crude = r.events / r.total
    ends = (r.ci_low, r.ci_high) if r.marginal_low is None else (r.marginal_low, r.marginal_high)
    if None not in ends and not ends[0] <= crude <= ends[1]:
        # of one study nothing is crude: what was added to it moved its number
        why = {"half_added_to_events"} if r.k == 1 else {"crude_outside", *EXACT}
        assert codes & why, (data, model)


@pytest.mark.parametrize("part", range(PARTS))
def test_pooled(part):
    for _, x, n in reviews(part):
        for model in MODELS:
            check(pool(x, n, model, threshold=0.5, null_value=0.4), model, (x.tolist(), n.tolist()))


@pytest.mark.parametrize("part", range(0, PARTS, 5))
def test_pooled_by_the_bayesian_model(part):
    for _, x, n in reviews(part):
        r = pool(x, n, BAYES, threshold=0.5)
        check(r, BAYES, (x.tolist(), n.tolist()))
        assert r.estimate is not None


@pytest.mark.parametrize("part", range(0, PARTS, 10))
def test_values_of_studies(part):
    """Each has a value within its limits, or a reason; limits have width wherever there are any."""
    for _, x, n in reviews(part):
        for model in (*MODELS, BAYES):
            fit, data = pool(x, n, model), (x.tolist(), n.tolist(), model)
            found = study_values(fit)
            if found.estimate[0] is None:
                assert {note.code for note in found.notes} & {"common_effect", *EXACT, *NOTHING}, (
                    data
                )
                continue
            for value, low, high in zip(found.estimate, found.ci_low, found.ci_high, strict=True):
                assert value is not None and 0 <= value <= 1, data
                if low is None or high is None:
                    assert found.notes, data
                    continue
                assert 0 <= low <= value <= high <= 1, data
                cut = model.measure in ("PAS", "PFT", "PR", "PLN") and {low, high} & {0.0, 1.0}
                assert high > low or cut or high in (0.0, 1.0), data


@pytest.mark.parametrize("part", range(PARTS))
def test_groups_and_clusters(part):
    """No test under own tau2 with a group of fewer than five; an empty number says why."""
    for rng, x, n in reviews(part):
        groups = np.array(["a", "b", None], object)[rng.integers(0, 3, len(x))].tolist()
        sizes = [groups.count(name) for name in "ab" if name in groups]
        for model in (MODELS[0], MODELS[3]):
            for mode in ("separate", "common"):
                how = {"tau2_mode": mode, "permutations": 0, "bootstrap": 50}
                r = compare_subgroups(x, n, groups, model, **how)
                for test in r.tests:
                    if mode == "separate" and min(sizes, default=0) < 5:
                        assert test.p_value is None
                    assert test.p_value is not None or test.notes
                    assert test.p_value is None or 0 <= test.p_value <= 1
            trials = rng.integers(0, max(len(x) // 2, 1), len(x))
            if part < WITH_ARMS:
                data = (x.tolist(), n.tolist(), trials.tolist())
                check(pool_arms(x, n, trials, model), model, data, ROBUST)
            own, robust = pool(x, n, model), pool_clustered(x, n, trials, model)
            if robust.ci_low is None:
                assert robust.notes
            elif robust.clusters < 10 or model.likelihood == "binomial_normal":
                assert robust.ci_low <= own.ci_low + 1e-9 and robust.ci_high >= own.ci_high - 1e-9

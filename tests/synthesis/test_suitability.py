"""Every rule on both sides of its border; the page of the docs is the table of the module."""

import re

import numpy as np
import pytest

from singlearm.catalogue.notes import NOTES
from singlearm.catalogue.numbers import percent
from singlearm.kinds.ratio_trials import entry_of, trials_of
from singlearm.report.frequency import frequency, out_of
from singlearm.synthesis import (
    Model,
    asymmetry_test,
    compare_subgroups,
    group_differences,
    meta_regression,
    pool,
    pool_arms,
    pool_clustered,
    pool_effects,
    suitability,
    tau2_interval,
    weighted_median_time,
)
from singlearm.synthesis.genq import estimator_interval
from singlearm.synthesis.ratio_choice import (
    peto_doubts,
    poisson_doubts,
    rare_events,
    reading_order,
)
from singlearm.synthesis.ratio_counts import contrasts, two_by_two
from singlearm.synthesis.ratio_glmm import fit_ratio_glmm
from singlearm.synthesis.ratio_pooling import from_glmm
from singlearm.synthesis.ratio_tau import profile_ratio_tau
from singlearm.synthesis.stack import stack
from singlearm.synthesis.survival_model import StudyPoints, fit_survival_model
from singlearm.synthesis.twostep import narrower_than_wald, quantile
from singlearm.synthesis.weighted_times import bounded_median_time

#: Which function of this file looks at both sides of a rule's border, by the rule's note, or by
#: what it prints where it has none.
TESTS = {
    "poisson_events_common": "test_poisson_counts_up_to_a_risk_of_ten_percent",
    "two_studies": "test_prediction_from_three_studies_on",
    "tau2_interval_open": "test_prediction_needs_an_upper_limit_of_tau2",
    "points_as_coefficients": "test_a_curve_has_limits_from_three_points_on",
    "slopes that differ between the studies of a curve from all evidence": (
        "test_slopes_of_survival_from_five_studies_on"
    ),
    "narrower_than_wald": "test_hartung_knapp_at_the_width_of_wald",
    "fewer_than_five_per_group": "test_own_tau2_from_five_studies_in_every_group_on",
    "one_study_per_group": "test_one_tau2_needs_a_group_of_two",
    "large_sample_p": "test_chi_square_without_a_mark_from_twenty_studies_on",
    "few_degrees_of_freedom": "test_robust_interval_from_four_degrees_of_freedom_on",
    "not_narrower_than_model": "test_the_own_width_is_the_floor_below_ten_clusters",
    "few_trials_of_arms": "test_arms_within_trials_from_five_trials_of_arms_on",
    "tau2_limit_moved": "test_a_limit_of_tau2_moves_where_it_leaves_the_estimate_out",
    "two_maxima": "test_a_second_summit_is_marked_once_it_lies_within_the_limits",
    "studies_needed": "test_regression_from_ten_studies_for_each_coefficient_on",
    "moderators_collinear": "test_moderators_that_nearly_follow_from_each_other",
    "too_many_levels": "test_differences_of_up_to_six_groups",
    "fewer_than_10_studies": "test_asymmetry_from_ten_studies_on",
    "inverse variance leads for ratios": "test_rare_events_and_counts_of_more_than_half",
    "arms_correlated": "test_arms_on_one_control_are_combined_where_all_have_counts",
    "earlier_cuts_left_out": "test_only_the_last_cut_of_a_trial_enters",
    "random-effects model leads for ratios": "test_reml_leads_from_five_trials_on",
    "peto_events_common": "test_peto",
    "peto_effect_large": "test_peto",
    "peto_arms_unequal": "test_peto",
    "bounds_differ": "test_a_median_over_studies_where_both_bounds_agree",
    "too_few_studies_for_exact_interval": "test_a_median_has_limits_from_six_studies_on",
    "one_study_outweighs": "test_a_study_that_grows_until_it_holds_a_limit_as_well",
    "p of a pooled proportion against a value": "test_a_p_only_against_a_value_that_is_named",
    "digits of a percentage": "test_digits_of_a_percentage",
    "people in a sentence, of 100": "test_people_are_counted_of_100_where_one_of_them_is_met",
}
DRAW = np.random.default_rng(5)


def review(k):
    """k studies whose proportions differ."""
    n = 40 + np.arange(k)
    return DRAW.binomial(n, 1 / (1 + np.exp(-np.linspace(-1.5, 1, k)))), n


def test_the_docs_hold_the_table(repository):
    page = (repository / "docs/statistics.md").read_text(encoding="utf-8")
    begin, end = "<!-- suitability -->\n", "\n<!-- end of suitability -->"
    assert page.split(begin)[1].split(end)[0] == suitability.table()


def test_every_note_of_a_rule_has_words():
    codes = {rule.note for rule in suitability.RULES if rule.note}
    assert codes <= set(NOTES)
    assert all(rule.source for rule in suitability.RULES)


def test_every_rule_has_a_test_of_its_border():
    rules = [rule.note or rule.printed for rule in suitability.RULES]
    assert len(set(rules)) == len(rules)
    assert set(TESTS) == set(rules)
    assert [name for name in TESTS.values() if not callable(globals().get(name))] == []


def test_constants_stand_in_one_place_only(repository):
    """No module repeats a threshold under a name of its own."""
    folder = repository / "workflow/scripts/singlearm/synthesis"
    names = "PER_GROUP|LARGE_SAMPLE|CLUSTER_DF|MANY_CLUSTERS|TRIALS_OF_ARMS|PER_COEFFICIENT"
    names += "|PREDICTION_STUDIES|SLOPES_STUDIES|ASYMMETRY_STUDIES|COLLINEAR|MOST_GROUPS"
    names += r"|EVENTS_PER_ARM|FEW_TRIALS|PETO_\w+|POISSON_RISK|COUNTS_SHARE"
    for path in folder.glob("*.py"):
        found = re.findall(rf"^(?:{names}) = ", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert not found or path.name == "suitability.py", path.name


@pytest.mark.parametrize("model", ["glmm", "beta_binomial", "bayes", "logit_dl"])
def test_prediction_from_three_studies_on(model):
    assert pool(*review(2), model).pi_low is None
    assert pool(*review(3), model).pi_low is not None


def test_prediction_needs_an_upper_limit_of_tau2():
    """Three small trials with an arm without events set none; larger ones do."""
    for known, t in (
        (False, two_by_two([0, 0, 1], [6] * 3, [1, 1, 0], [6] * 3)),
        (True, two_by_two([9, 4, 6], [60] * 3, [7, 5, 8], [60] * 3)),
    ):
        fit = fit_ratio_glmm(t)
        r = from_glmm(fit, "OR", profile_ratio_tau(t, fit), contrasts("OR", t))
        assert (r.pi_low is not None) == (r.tau2_high is not None) == known
        assert ("tau2_interval_open" in r.note) == (not known)


def test_a_curve_has_limits_from_three_points_on():
    one = StudyPoints(np.array([3.0]), np.array([0.8]), np.array([0.002]))
    other = StudyPoints(np.array([12.0]), np.array([0.4]), np.array([0.004]))
    both = StudyPoints(np.array([12.0, 24.0]), np.array([0.4, 0.3]), np.array([0.004, 0.004]))
    for studies, told in (([one, other], False), ([one, both], True), ([both], True)):
        m = fit_survival_model(studies)
        times = np.array([6.0, 12.0])
        assert ("points_as_coefficients" in [note.code for note in m.notes]) == (not told)
        assert np.isfinite(m.survival(times)[0]).all()
        assert np.isfinite(m.survival(times)[1:]).all() == told


def test_slopes_of_survival_from_five_studies_on():
    """Studies with two points count; those with one have no slope."""
    lines = [
        StudyPoints(np.array([6.0, 18.0]), np.array([s, s**power]), np.array([0.002, 0.006]))
        for s, power in ((0.8, 2), (0.7, 4), (0.85, 3), (0.75, 5), (0.9, 2.5))
    ]
    point = StudyPoints(np.array([12.0]), np.array([0.6]), np.array([0.004]))
    assert fit_survival_model(lines).sloped
    assert not fit_survival_model([*lines[:4], point]).sloped


def test_hartung_knapp_at_the_width_of_wald():
    """Effects that are stretched until the plain interval is just wider than the Wald one."""
    pattern, v = np.array([-1, -0.5, 0, 0.5, 1]), np.ones(5)
    border = float(quantile(np.inf, 0.95) / quantile(4, 0.95)) / np.sqrt((pattern**2).sum() / 4)
    for stretch, narrow in ((0.999, True), (1.001, False)):
        y = stretch * border * pattern
        plain, usual, wald = (pool_effects(y, v, ci=ci) for ci in ("hk", "hk_adhoc", "wald"))
        marked = narrower_than_wald(stack(y, v)[0], plain.tau2, plain.se, plain.df, 0.95)
        assert marked == (plain.ci_high < wald.ci_high) == narrow
        assert usual.ci_high > wald.ci_high


@pytest.mark.parametrize("model", ["glmm", "logit_dl"])
def test_own_tau2_from_five_studies_in_every_group_on(model):
    for small, tested in ((4, False), (5, True)):
        x, n = review(small + 9)
        groups = ["a"] * small + ["b"] * 9
        (test,) = compare_subgroups(x, n, groups, model, permutations=0).tests
        assert (test.p_value is not None) == tested
        assert ("fewer_than_five_per_group" in test.note) == (not tested)


@pytest.mark.parametrize("model", ["glmm", "logit_dl"])
def test_one_tau2_needs_a_group_of_two(model):
    for groups, tested in (("abc", False), ("abb", True)):
        how = {"tau2_mode": "common", "permutations": 0}
        tests = compare_subgroups(*review(3), list(groups), model, **how).tests
        for test in tests:
            assert (test.p_value is not None) == tested
            assert ("one_study_per_group" in test.note) == (not tested)


@pytest.mark.parametrize("model", ["glmm", "logit_dl"])
def test_chi_square_without_a_mark_from_twenty_studies_on(model):
    for k, marked in ((19, True), (20, False)):
        groups = ["a"] * 9 + ["b"] * (k - 9)
        how = {"tau2_mode": "common", "permutations": 0}
        (test,) = compare_subgroups(*review(k), groups, model, **how).tests
        assert ("large_sample_p" in test.note) == marked


@pytest.mark.parametrize("model", ["glmm", "logit_dl"])
def test_robust_interval_from_four_degrees_of_freedom_on(model):
    """Equal clusters leave about one degree of freedom less than clusters."""
    few, more = (
        pool_clustered(*review(2 * m), [i // 2 for i in range(2 * m)], model) for m in (4, 6)
    )
    assert few.df < 4 and few.ci_low is None and "few_degrees_of_freedom" in few.note
    assert more.df > 4 and more.ci_low is not None


def test_the_own_width_is_the_floor_below_ten_clusters():
    model = Model("normal", tau2="DL", ci="wald")
    for m, floor in ((9, True), (10, False)):
        x, n = [5, 15] * m, [20, 20] * m  # the arms of each trial cancel
        r = pool_clustered(x, n, [i // 2 for i in range(2 * m)], model)
        assert ("not_narrower_than_model" in r.note) == floor


@pytest.mark.parametrize("model", ["glmm", "logit_reml_hk"])
def test_arms_within_trials_from_five_trials_of_arms_on(model):
    for several, modelled in ((4, False), (5, True)):
        trials = [i // 2 for i in range(2 * several)] + [f"alone {i}" for i in range(4)]
        r = pool_arms(*review(len(trials)), trials, model)
        assert ("arms_within_trials" in r.note) == (r.tau2_arms is not None) == modelled
        assert (f"few_trials_of_arms={several}" in r.note) == (not modelled)


def test_a_limit_of_tau2_moves_where_it_leaves_the_estimate_out():
    """Sidik and Jonkman's is never 0: it leaves the Q-profile interval as studies draw together."""
    y, v, seen = np.array([0.1, 0.3, 0.9, -0.2, 0.4]), np.array([0.02, 0.03, 0.05, 0.04, 0.3]), []
    for share in np.linspace(0.05, 0.5, 19):
        tau2 = float(pool_effects(share * y, v, tau2="SJ").tau2)
        profile = tau2_interval(share * y, v, "q_profile")
        limits, notes = estimator_interval(share * y, v, tau2, "SJ")
        inside = profile["tau2_low"] <= tau2 <= profile["tau2_high"]
        assert notes["tau2_limit_moved"] == (not inside)
        assert limits["tau2_high"] == (profile["tau2_high"] if inside else tau2)
        seen.append(bool(inside))
    assert seen == sorted(seen) and len(set(seen)) == 2  # out, from one place on in


def test_a_second_summit_is_marked_once_it_lies_within_the_limits():
    """Four small studies beside one that grows: tau2 = 0 comes to fit nearly as well."""
    for large, marked in ((1000, False), (1500, True)):
        r = pool([large // 2, 12, 5, 20, 6], [large, 20, 15, 25, 6])
        assert ("two_maxima" in r.note) == (r.tau2_low == 0) == marked


def test_regression_from_ten_studies_for_each_coefficient_on():
    for k, tested in ((9, False), (10, True)):
        fit = meta_regression(
            *review(k), list(range(k)), "glmm", per_coefficient=suitability.PER_COEFFICIENT
        )
        assert any(term.estimate is not None for term in fit.rows()) == tested


@pytest.mark.parametrize("model", ["glmm", "logit_dl"])
def test_tests_of_regressions_without_a_mark_from_twenty_studies_on(model):
    for k, marked in ((19, True), (20, False)):
        r = meta_regression(*review(k), np.arange(k), model)
        assert ("large_sample_p" in r.omnibus.note) == marked


def test_moderators_that_nearly_follow_from_each_other():
    """A second column that is the first plus a little noise, on both sides of the border."""
    x, n = review(30)
    age, noise = DRAW.normal(size=30), DRAW.normal(size=30)
    for share, refused in ((0.1, True), (10, False)):
        both = {"age": age, "again": age + share * suitability.COLLINEAR * noise}
        r = meta_regression(x, n, both, "logit_dl")
        assert (r.omnibus.note == "moderators_collinear=age, again") == refused
        assert (r.omnibus.p_value is None) == refused


def test_differences_of_up_to_six_groups():
    x, n = review(2 * suitability.MOST_GROUPS + 2)
    for count in (suitability.MOST_GROUPS, suitability.MOST_GROUPS + 1):
        groups = list("abcdefg"[:count] * 2)
        found = group_differences(x[: 2 * count], n[: 2 * count], groups, "logit_dl")
        assert len(found) == count - 1
        refused = count > suitability.MOST_GROUPS
        assert all((d.note == "too_many_levels") == refused for d in found)
        assert all((d.difference is None) == refused for d in found)


def test_asymmetry_from_ten_studies_on():
    few, enough = (asymmetry_test(*review(k)).p_value for k in (9, 10))
    assert few is None and enough is not None


def test_rare_events_and_counts_of_more_than_half():
    assert not rare_events(two_by_two([5, 6], [50, 50], [5, 4], [50, 50]))
    rare = two_by_two([5, 5], [50, 50], [5, 4], [50, 50])
    assert rare_events(rare)
    assert reading_order("OR", 3, rare, "reml_hk_adhoc")[0] == "glmm_cm_el"
    assert reading_order("OR", 4, rare, "reml_hk_adhoc")[0] == "bayes"


def arm(events, n, *printed, months=None):
    """A row of one arm against a control of 20 of 50 patients, by its counts or as printed."""
    row = dict.fromkeys(("estimate", "ci_low", "ci_high", "effect_measure"))
    row |= {"study_id": "A", "outcome": "death", "followup_months": months}
    row["comparison"] = f"{events} deaths against the control"
    row |= {"events_treat": events, "n_treat": n, "n_ctrl": 50}
    row["events_ctrl"] = None if printed else 20
    if printed:
        row |= dict(zip(("estimate", "ci_low", "ci_high"), printed, strict=True))
        row["effect_measure"] = "OR"
    return row


def test_arms_on_one_control_are_combined_where_all_have_counts():
    other = arm(None, 50, 0.6, 0.3, 1.2)
    for rows, note in (
        ([arm(10, 50)], ""),
        ([arm(10, 50), arm(8, 40)], "arms_combined=2"),
        ([arm(10, 50), other], "arms_correlated=2"),
    ):
        (trial,) = trials_of(rows, {})
        entry = entry_of(trial, "OR")
        assert entry.note == note
        alone = [entry_of(*trials_of([row], {}), "OR").ratio.vi for row in rows]
        # arms tell more together than the best of them alone, and less than as many trials
        assert entry.ratio.vi <= min(alone) * (1 + 1e-12)
        assert entry.ratio.vi >= 1 / sum(1 / v for v in alone) * (1 - 1e-12)


def test_poisson_counts_up_to_a_risk_of_ten_percent():
    for events, doubts in ((10, ()), (11, ("poisson_events_common",))):
        assert poisson_doubts(two_by_two([events], [100], [5], [100])) == doubts


def test_only_the_last_cut_of_a_trial_enters():
    for months, kept, earlier in ((12, 2, 0), (11, 1, 1)):
        (trial,) = trials_of([arm(10, 50, months=12), arm(8, 40, months=months)], {})
        assert (len(trial.contrasts), trial.earlier) == (kept, earlier)


def test_reml_leads_from_five_trials_on():
    many = two_by_two([20] * 5, [50] * 5, [15] * 5, [50] * 5)
    assert reading_order("OR", 4, many, "reml_hk_adhoc")[0] == "bayes"
    assert reading_order("OR", 5, many, "reml_hk_adhoc")[0] == "reml_hk_adhoc"


@pytest.mark.parametrize(
    ("inside", "outside", "doubt"),
    [
        (([10], [1000], [10], [1000]), ([11], [1000], [10], [1000]), "peto_events_common"),
        (([9], [5000], [5], [5000]), ([11], [5000], [5], [5000]), "peto_effect_large"),
        (([5], [4000], [5], [2000]), ([5], [4100], [5], [2000]), "peto_arms_unequal"),
    ],
)
def test_peto(inside, outside, doubt):
    assert doubt not in peto_doubts(two_by_two(*inside))
    assert doubt in peto_doubts(two_by_two(*outside))


def test_a_median_over_studies_where_both_bounds_agree():
    """The median that was not reached stands at its bound below, or beyond the middle of all."""
    for bound, agree in ((19.9, False), (20.0, True)):
        r = bounded_median_time([10, 20, None], [10, 20, 25], [None, None, bound])
        assert (r.estimate_months is not None) == agree
        assert ("bounds_differ" in r.note) == (not agree)
        assert (r.bound_low, r.bound_high) == (bound, 20.0)


def test_a_median_has_limits_from_six_studies_on():
    for k, known in ((5, False), (6, True)):
        r = weighted_median_time(list(range(3, 3 + k)), [10] * k, strict=True)
        assert (r.ci_low is not None) == (r.ci_high is not None) == known
        assert ("too_few_studies_for_exact_interval" in r.note) == (not known)


def test_a_study_that_grows_until_it_holds_a_limit_as_well():
    known = []
    for patients in range(50, 250, 10):
        r = weighted_median_time(range(4, 13), [10] * 4 + [patients] + [10] * 4, strict=True)
        assert r.estimate_months == 8
        assert ("one_study_outweighs" in r.note) == (r.ci_low is None)
        known.append(r.ci_low is not None)
    assert known == sorted(known, reverse=True) and len(set(known)) == 2


@pytest.mark.parametrize("model", ["glmm", "beta_binomial", "logit_dl", "logit_reml_hk"])
def test_a_p_only_against_a_value_that_is_named(model):
    x, n = review(6)
    assert pool(x, n, model).p_value is None
    assert pool(x, n, model, null_value=0.3).p_value is not None


def test_digits_of_a_percentage():
    assert [percent(p) for p in (0.0, 0.00051, 0.0005)] == ["0.0", "0.1", "0.0500"]
    assert [percent(p) for p in (0.0000006, 0.0000004)] == ["0.0001", "<0.0001"]


def test_people_are_counted_of_100_where_one_of_them_is_met():
    for value, of in ((0, 100), (0.01, 100), (0.0099, 1000), (0.001, 1000), (0.0009, 100_000)):
        assert out_of({"value": value}) == of
    assert out_of({"value": 0.0099}, 100) == 100
    assert (frequency(4e-6, 100_000), frequency(6e-6, 100_000)) == ("<1", "1")

"""Reconstructed patients against the true ones, and summary curves."""

import numpy as np
import pytest
from reference_ledger import load
from scipy.special import stdtrit

from singlearm.synthesis.curves import curve_on_grid, summary_curve
from singlearm.synthesis.notes import Note
from singlearm.synthesis.reconstruct import falling, reconstruct
from singlearm.synthesis.survival import kaplan_meier
from singlearm.synthesis.words import SynthesisError

FILES = ("ipd_kidney_sex", "ipd_lung_noisy", "ipd_lung_sex", "ipd_veteran_trt")
CONTENTS = {name: load("reference2/curves", name) for name in FILES}
ARMS = [(name, i) for name in FILES for i in range(2)]


def rebuilt(name, i):
    data, arm = CONTENTS[name]["data"], CONTENTS[name]["arms"][i]
    events = arm["events"] if data["events_given"] else None
    return arm, reconstruct(
        arm["read_time"], arm["read_surv"], arm["t_risk"], arm["n_risk"], events=events
    )


def reading_band(arm, time):
    """Survival before and after a time, as far as the readings tell."""
    t, s = np.array(arm["read_time"]), np.array(arm["read_surv"])
    return s[t <= time].min(), s[t >= time].max() if (t >= time).any() else s.min()


@pytest.mark.parametrize(("name", "i"), ARMS)
def test_restricted_mean_is_closer_to_the_truth_than_the_reference(name, i):
    arm, r = rebuilt(name, i)
    horizon = CONTENTS[name]["data"]["rmst_tau"]
    ours = r.curve().restricted_mean(horizon)[0]
    assert abs(ours - arm["true_rmst"]) <= abs(arm["ipd_rmst"] - arm["true_rmst"])


@pytest.mark.parametrize(("name", "i"), ARMS)
def test_survival_is_closer_or_within_what_the_readings_leave_open(name, i):
    arm, r = rebuilt(name, i)
    noise = 4 * CONTENTS[name]["data"]["read_noise_sd"]
    survival = r.curve().at(arm["check_times"])
    for at, s, true, reference in zip(
        arm["check_times"], survival, arm["true_surv"], arm["ipd_surv"], strict=True
    ):
        if abs(s - true) > abs(reference - true) + 1e-12:
            high, low = reading_band(arm, at)
            # one patient of those at risk is the rounding of any reconstruction
            slack = noise + 0.5 * high / max(r.curve().at_risk_at(at), 1)
            assert min(low, high) - slack <= s <= max(low, high) + slack


def test_survival_is_closer_to_the_truth_on_the_whole():
    ours = reference = 0.0
    for name, i in ARMS:
        arm, r = rebuilt(name, i)
        true = np.array(arm["true_surv"])
        ours += np.abs(r.curve().at(arm["check_times"]) - true).sum()
        reference += np.abs(np.array(arm["ipd_surv"]) - true).sum()
    assert ours < 0.5 * reference


@pytest.mark.parametrize(("name", "i"), ARMS)
def test_median_is_as_close_or_within_a_step_that_was_not_read(name, i):
    arm, r = rebuilt(name, i)
    ours, true = r.curve().median, arm["true_median"]
    if abs(ours - true) > abs(arm["ipd_median"] - true):
        t = np.unique(arm["read_time"])
        assert np.abs(np.searchsorted(t, ours) - np.searchsorted(t, true)) <= 1


def log_hazard_ratio(time, status, group):
    """Cox regression on one group variable, Efron's ties."""
    b = 0.0
    for _ in range(30):
        score = information = 0.0
        for at in np.unique(time[status == 1]):
            risk, dead = time >= at, (time == at) & (status == 1)
            w = np.exp(b * group)
            score += group[dead].sum()
            for share in np.arange(dead.sum()) / dead.sum():
                weight = w * (risk - share * dead)
                p = (weight * group).sum() / weight.sum()
                score, information = score - p, information + p * (1 - p)
        b += score / information
    return b


def test_hazard_ratios_are_closer_to_the_truth_on_the_whole():
    ours = reference = 0.0
    for name in FILES:
        pair = [rebuilt(name, i)[1] for i in range(2)]
        group = np.repeat([0.0, 1.0], [r.time.size for r in pair])
        time, status = (np.concatenate([getattr(r, f) for r in pair]) for f in ("time", "status"))
        hr = CONTENTS[name]["hr"][0]
        arms = CONTENTS[name]["arms"]
        known = [np.concatenate([a[f"true_{f}"] for a in arms]) for f in ("time", "status")]
        sizes = [len(a["true_time"]) for a in arms]
        true = log_hazard_ratio(*known, np.repeat([0.0, 1.0], sizes))
        assert true == pytest.approx(hr["true_loghr"], abs=1e-7)
        ours += abs(log_hazard_ratio(time, status, group) - hr["true_loghr"])
        reference += abs(hr["loghr_error"])
    assert ours < reference


@pytest.mark.parametrize(("name", "i"), ARMS)
def test_every_patient_is_there_and_the_risk_table_is_met(name, i):
    arm, r = rebuilt(name, i)
    assert r.time.size == arm["n"] and r.events == r.status.sum()
    assert r.at_risk_error <= 1
    assert r.error < 0.03


def test_a_curve_read_without_error_gives_the_patients_back():
    time = np.array([2, 3, 3, 5, 8, 8, 9, 12, 15, 20.0])
    status = np.array([1, 1, 1, 1, 1, 0, 1, 1, 1, 0])
    km = kaplan_meier(time, status)
    t = np.repeat(km.time, 2)
    s = np.column_stack([np.append(1, km.survival[:-1]), km.survival]).ravel()
    r = reconstruct(t, s, [0, 10], [10, 3])
    assert r.error < 1e-12
    assert r.events == 8
    assert np.sort(r.time[r.status == 1]) == pytest.approx(np.sort(time[status == 1]))


def test_without_a_risk_table_only_the_number_of_patients_is_needed():
    r = reconstruct([0, 5, 10], [1, 0.8, 0.6], [0], [20])
    assert (r.events, r.notes) == (8, (Note("no_risk_table"),))
    # the events of a fall lie evenly between the readings, the last at the second
    assert list(r.time[r.status == 1]) == [1.25, 2.5, 3.75, 5, 6.25, 7.5, 8.75, 10]


@pytest.mark.parametrize("seed", range(12))
def test_random_curves_keep_their_patients_and_their_area(seed):
    draw = np.random.default_rng(seed)
    n = int(draw.integers(15, 200))
    time, censored = draw.exponential(12, n), draw.uniform(3, 40, n)
    km = kaplan_meier(np.minimum(time, censored), time <= censored)
    at = np.flatnonzero(km.events)
    before, after = np.append(1, km.survival[:-1])[at], km.survival[at]
    t = np.concatenate([[0], np.repeat(km.time[at], 2), km.time[-1:]])
    s = np.concatenate([[1], np.column_stack([before, after]).ravel(), km.survival[-1:]])
    columns = np.linspace(0, km.time[-1], 6)[:-1]
    r = reconstruct(t, s.round(4), columns, km.at_risk_at(columns))
    assert r.time.size == n and (np.diff(r.time) >= 0).all()
    assert r.at_risk_error <= 1
    horizon = 0.8 * km.time[-1]
    true = km.restricted_mean(horizon)[0]
    assert r.curve().restricted_mean(horizon)[0] == pytest.approx(true, rel=0.02)


def test_a_total_that_cannot_be_met_is_noted():
    r = reconstruct([0, 5, 10], [1, 0.8, 0.6], [0], [20], events=19)
    assert any(note.code == "events_missed_by" for note in r.notes)


def test_monotone_regression():
    assert list(falling(np.array([1, 0.8, 0.9, 0.5]))) == pytest.approx([1, 0.85, 0.85, 0.5])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (([0, 1], [1, 1.2], [0], [5]), "between 0 and 1"),
        (([0, 2, 1], [1, 0.9, 0.8], [0], [5]), "must not fall"),
        (([0, 1], [1, 0.9], [0, 1], [5, 6]), "must not"),
        (([0, 1], [1, 0.9], [1], [5]), "from time 0"),
        (([0, 1], [1, 0.9], [0], [0]), "whole numbers"),
    ],
)
def test_impossible_curves_are_named(values, words):
    with pytest.raises(SynthesisError, match=words):
        reconstruct(*values)


def test_kaplan_meier_by_hand():
    km = kaplan_meier([6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10], [1] * 9 + [0] * 3)
    assert km.survival[0] == pytest.approx(0.75)
    assert km.at([5, 6, 23, 30]) == pytest.approx([1, 0.75, 0, 0])
    assert km.at_risk_at([6, 6.5]) == pytest.approx([12, 8])
    low, high = km.median_interval()
    assert low <= km.median <= high
    with pytest.raises(SynthesisError, match="ends at 3"):
        kaplan_meier([1, 3], [1, 0]).restricted_mean(5)
    assert np.isnan(kaplan_meier([1, 3, 4], [1, 0, 0]).median)


def simulated(draw, studies, tau=0.35):
    curves = []
    for _ in range(studies):
        n = draw.integers(40, 150)
        time = draw.exponential(1 / (np.log(2) / 10 * np.exp(draw.normal(0, tau))), n)
        censored = draw.uniform(12, 48, n)
        curves.append(kaplan_meier(np.minimum(time, censored), time <= censored))
    return curves


GRID = np.arange(3.0, 25, 3)


def test_summary_curve_of_one_study_is_its_curve():
    km = simulated(np.random.default_rng(3), 1)
    s, n = curve_on_grid(km, GRID, effective=False)
    r = summary_curve(s, n, GRID)
    assert r.notes == (Note("single_study"),) and np.isnan(r.pi_low).all()
    assert r.survival == pytest.approx(s[0], abs=0.02)


@pytest.mark.parametrize("seed", range(20))
def test_the_band_of_a_new_curve_holds_that_of_the_mean(seed):
    """Also where curves hardly differ at a time and draws alone would leave it to chance."""
    draw = np.random.default_rng(seed)
    s, n = curve_on_grid(simulated(draw, int(draw.integers(3, 7))), GRID)
    r = summary_curve(s, n, GRID)
    assert (r.pi_low <= r.ci_low + 1e-12).all() and (r.pi_high >= r.ci_high - 1e-12).all()


def test_the_band_of_a_new_curve_is_the_usual_formula_on_the_arcsine_scale():
    """At the first time: t sqrt(tau2 + se^2), with the two parts from draws."""
    s, n = curve_on_grid(simulated(np.random.default_rng(4), 8), GRID)
    r = summary_curve(s, n, GRID, draws=100_000)
    half = stdtrit(7, 0.975) * np.sqrt(r.covariance[0, 0] + r.between[0, 0])
    ends = np.sin(r.arcsine[0] + np.array([-half, half])) ** 2
    assert (r.pi_low[0], r.pi_high[0]) == pytest.approx(ends, abs=2e-3)


def test_summary_curve_is_in_order_and_repeats():
    s, n = curve_on_grid(simulated(np.random.default_rng(4), 8), GRID)
    a, b = summary_curve(s, n, GRID), summary_curve(s, n, GRID)
    assert (np.diff(a.survival) < 0).all()
    for low, high in ((a.pi_low, a.ci_low), (a.ci_low, a.survival), (a.survival, a.ci_high)):
        assert (low < high).all()
    assert (a.ci_high < a.pi_high).all()
    assert a.median_low < a.median < a.median_high
    assert (a.ci_low == b.ci_low).all() and a.median_low == b.median_low
    shorter = summary_curve(s, n, GRID, horizon=10)
    assert 0 < shorter.restricted_mean < min(a.restricted_mean, 10)
    order = np.random.default_rng(1).permutation(8)
    again = summary_curve(s[order], n[order], GRID)
    assert again.survival == pytest.approx(a.survival, rel=1e-10)


def test_a_median_that_is_not_reached_is_none():
    r = summary_curve([[0.9, 0.8], [0.95, 0.9], [0.9, 0.85]], [[50, 40]] * 3, [6, 12])
    assert r.median is None and r.median_high is None


@pytest.mark.parametrize("studies", [10])
def test_intervals_cover_the_truth(studies):
    """200 seeded reviews: survival at 12 months, median and restricted mean."""
    draw = np.random.default_rng(1)
    rates = np.log(2) / 10 * np.exp(draw.normal(0, 0.35, 200_000))
    share = np.sin(np.arcsin(np.sqrt(np.exp(-3 * rates))).mean()) ** 2
    truth = share ** np.arange(9)
    at = np.flatnonzero(truth <= 0.5)[0]
    median = 3 * (at - 1 + (truth[at - 1] - 0.5) / (truth[at - 1] - truth[at]))
    mean = (truth[1:] + truth[:-1]).sum() * 1.5
    covered, errors = [], []
    for _ in range(200):
        s, n = curve_on_grid(simulated(draw, studies), GRID)
        r = summary_curve(s, n, GRID, draws=500)
        high = np.inf if r.median_high is None else r.median_high
        covered.append(
            [
                r.ci_low[3] <= truth[4] <= r.ci_high[3],
                r.median_low <= median <= high,
                r.restricted_mean_low <= mean <= r.restricted_mean_high,
            ]
        )
        errors.append(r.survival - truth[1:])
    # 92 to 98% with two errors of 200 draws
    rates = np.mean(covered, axis=0)
    assert (rates > 0.92 - 2 * 0.015).all() and (rates < 0.98 + 2 * 0.01).all()
    assert np.abs(np.mean(errors, axis=0)).max() < 0.02


@pytest.mark.parametrize(
    ("s", "n", "t", "words"),
    [
        ([[0.9, np.nan, 0.5]], [[9, 9, 9]], [1, 2, 3], "up to its last one"),
        ([[0.9, 0.95]], [[9, 9]], [1, 2], "must not rise"),
        ([[0.9, 0.8]], [[9, 0]], [1, 2], "above 0"),
        ([[0.9, 0.8]], [[9, 8]], [2, 1], "rise"),
        ([[0.9, np.nan]], [[9, 8]], [1, 2], "reaches the last"),
    ],
)
def test_impossible_grids_are_named(s, n, t, words):
    with pytest.raises(SynthesisError, match=words):
        summary_curve(s, n, t)

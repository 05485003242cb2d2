"""Survival at fixed times, curves, rates and medians: from clean rows to rows of results."""

import csv
from pathlib import Path

import numpy as np
import pytest

from singlearm.catalogue import TABLES
from singlearm.catalogue.tables import table_text
from singlearm.figures.draw.curves import draw_curves
from singlearm.figures.marks.inputs import Data, Outcome
from singlearm.figures.marks.survival import points_marks
from singlearm.kinds import KINDS, POOLINGS, Evidence, curve, landmark, rate, survival, time
from singlearm.kinds.curve_pool import grid, outcome_rows, single_rows
from singlearm.synthesis.curves import curve_on_grid, summary_curve
from singlearm.synthesis.landmarks import pool_landmarks
from singlearm.synthesis.survival import kaplan_meier

ROOT = Path(__file__).parents[2]
CASE = ROOT / "tests/cases/times-not-reached/median-not-reached-at-12-months/overlay/data/raw/first"


def printed(study, months, value, low=None, high=None, n=None, **more):
    """A clean row of survival at a fixed time."""
    row = {"study_id": study, "outcome": "pfs", "months": float(months), "value_percent": value}
    row |= {"ci_low": low, "ci_high": high, "n": n, "n_at_risk": None}
    return row | {"source_url": None, "notes": None} | more


ROWS = [
    printed("A", 12, 78.8, 68.6, 86.0, 103),
    printed("B", 12, 58.3, n=18),
    printed("C", 12, 68.8, n=16),
    printed("D", 11, 70.0, 55.0, n=30),
    printed("D", 14, 60.0, n=30),
    printed("E", 24, 50.0, n=30),
]


def pooled(rows, table, outcome):
    """Rows of a table for one outcome called `it`."""
    kind = outcome["kind"]
    evidence = Evidence({KINDS[kind].sheet.clean_table: rows}, {"it": outcome})
    found = list(POOLINGS[table].call(evidence))
    table_text(table, found)  # what it writes is what its kind declares
    return found


def test_a_study_enters_one_time_once():
    outcome = {"kind": "landmark", "of": "pfs", "months": 12}
    assert {r["study_id"] for r in pooled(ROWS, "landmark_studies", outcome)} == {"A", "B", "C"}
    wide = pooled(ROWS, "landmark_studies", outcome | {"window": 2})
    assert {r["study_id"]: r["months"] for r in wide} == {"A": 12, "B": 12, "C": 12, "D": 11}
    row = pooled(ROWS, "landmarks", outcome | {"window": 2})[0]
    assert "other_time_in_window=1" in row["note"] and row["k"] == 4


def test_what_hangs_on_the_weights_stands_beside():
    row = pooled(ROWS, "landmarks", {"kind": "landmark", "of": "pfs", "months": 12})[0]
    assert (row["from_interval"], row["from_n"], row["k"]) == (1, 2, 3)
    assert row["n_ratio"] == pytest.approx(0.84, abs=0.005)  # FUMANBA-1's
    assert "equals_crude_count=1" in row["note"]  # 11 of 16
    values = [[0.788, 0.583, 0.688], [0.686, np.nan, np.nan], [0.86, np.nan, np.nan], [103, 18, 16]]
    for name, ratio in (("full_n", 1.0), ("half_n", 0.5)):
        fit = pool_landmarks(*values, n_ratio=ratio)
        assert row[name] == pytest.approx(fit.estimate, rel=1e-12)
        assert row[f"{name}_low"] == pytest.approx(fit.ci_low, rel=1e-12)
    rows = pooled(ROWS, "landmarks", {"kind": "landmark", "of": "pfs", "months": 12})
    assert rows[1]["half_n_low"] < rows[1]["full_n_low"]  # less is known if half of them count
    said = landmark.sentence(landmark.lead(rows, {}), "PFS at 12 months")
    assert "Of 2 the source prints no interval" in said


def test_few_studies_are_led_by_the_model_with_a_prior():
    rows = pooled(ROWS[:2], "landmarks", {"kind": "landmark", "of": "pfs", "months": 12})
    assert landmark.lead(rows, {})["model"] == "cloglog_bayes"
    many = [printed(f"S{i}", 12, 60.0 + i, n=40) for i in range(6)]
    rows = pooled(many, "landmarks", {"kind": "landmark", "of": "pfs", "months": 12})
    assert landmark.lead(rows, {})["model"] == "cloglog_reml_hk"
    assert rows[0]["pi_low"] <= rows[0]["ci_low"] < rows[0]["estimate"] < rows[0]["ci_high"]


def test_leaving_a_study_out_is_pooling_the_others():
    outcome = {"kind": "landmark", "of": "pfs", "months": 12}
    exact = [printed(f"S{i}", 12, 60.0 + i, 50.0 + i, 70.0 + i, 90) for i in range(6)]
    without = pooled(exact, "landmark_studies", outcome)[2]["without"]
    rest = pooled([r for r in exact if r["study_id"] != "S2"], "landmarks", outcome)[0]
    assert without == pytest.approx(rest["estimate"], rel=1e-12)


def test_the_rest_without_a_study_is_of_the_model_that_leads_for_so_many():
    """Three of four studies are left: a review of them alone has the Bayesian model in the lead."""
    outcome = {"kind": "landmark", "of": "pfs", "months": 12}
    for count, model in ((4, "cloglog_bayes"), (2, "cloglog_reml_hk")):
        exact = [printed(f"S{i}", 12, 60.0 + i, 50.0 + i, 70.0 + i, 90) for i in range(count)]
        out = pooled(exact, "landmark_studies", outcome)[1]
        rest = landmark.lead(pooled([exact[0], *exact[2:]], "landmarks", outcome), {})
        assert rest["model"] == model
        found = [out["without"], out["without_low"], out["without_high"]]
        assert found == pytest.approx([rest["value"], rest["low"], rest["high"]], rel=1e-12)


def test_a_rate_may_be_crude_by_the_decimals_that_it_is_printed_with():
    """35 of 38 are 92.1%: as 92 it may be crude, as 92.4 it is not; the check says the same."""
    for value, crude in ((92.0, True), (92.1, True), (92.4, False)):
        row = printed("A", 12, value, n=38)
        outcome = {"kind": "landmark", "of": "pfs", "months": 12, "label": "Event-free"}
        pooled_row = pooled([row, printed("B", 12, 60.3, n=90)], "landmarks", outcome)[0]
        assert ("equals_crude_count=1" in pooled_row["note"]) == crude
        told = [fault.message for _, fault in landmark.SHEET.check_all([row], {"it": outcome})]
        assert told == ["A, Event-free: 35 of 38 patients, as printed; a crude rate?"] * crude
    said = printed("A", 6, 92.4, n=38, notes="Crude rate.")
    (fault,) = (fault for _, fault in landmark.SHEET.check_all([said], {"it": outcome}))
    assert fault.message.startswith("A, pfs, 6 months: the note says 'Crude'")


def test_methods_say_where_points_weights_and_bounds_come_from():
    assert "one data cut" not in survival.methods({})
    assert "several data cuts of a study; a later one that is not lower" in survival.methods({})
    assert "which may be of an earlier report" in time.methods({})
    assert "from the one limit that is printed" in landmark.methods({})
    assert "and 1 where none does" in landmark.methods({})


def test_fixed_times_of_several_cuts_are_points_and_one_that_does_not_fall_is_left_out():
    values = {6: 80.0, 12: 60.0, 18: 60.0, 24: 55.0}
    rows = [printed("A", months, value, n=50) for months, value in values.items()]
    evidence = Evidence(
        {landmark.SHEET.clean_table: [*rows, printed("B", 12, 50.0, n=40)]},
        {"it": {"kind": "survival", "of": "pfs", "horizons": [12]}},
    )
    found = [r for r in survival.pool(evidence) if r["quantity"] == "point"]
    times = [r["time_months"] for r in found if r["study_id"] == "A" and r["model"] == "cloglog"]
    assert times == [6.0, 12.0, 24.0]


@pytest.mark.parametrize(("months", "k", "n"), [(12, 6, 302), (18, 3, 183)])
def test_the_flagship_pools_every_trial_cohort_that_has_the_time(months, k, n):
    """As the README of the layers counts: real-world cohorts are not included studies."""
    with (ROOT / "data/raw/2026.2/landmarks_1.csv").open(encoding="utf-8") as file:
        raw = [r for r in csv.DictReader(file) if r["outcome"] == "pfs"]
    rows = [
        printed(
            r["study_id"], r["months"], float(r["value_percent"]),
            float(r["ci_low"]) if r["ci_low"] else None,
            float(r["ci_high"]) if r["ci_high"] else None, int(r["n"]),
        )
        for r in raw
        if "_RW_" not in r["study_id"]
    ]  # fmt: skip
    row = pooled(rows, "landmarks", {"kind": "landmark", "of": "pfs", "months": months})[0]
    assert (row["k"], row["n"]) == (k, n)


def medians():
    """The case times-not-reached as its sheets have it."""
    with (CASE / "durations_1.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row | {
                name: float(row[name]) if row[name] else None
                for name in ("value_months", "ci_low", "ci_high", "n")
            }


def test_medians_that_disagree_give_a_lower_bound_and_say_so():
    with (CASE / "studies.csv").open(encoding="utf-8") as file:
        studies = [
            {"study_id": r["study_id"], "median_followup_months": float(r[FOLLOWUP] or "nan")}
            for r in csv.DictReader(file)
        ]
    for row in studies:
        row[FOLLOWUP] = None if np.isnan(row[FOLLOWUP]) else row[FOLLOWUP]
    evidence = Evidence(
        {"durations": list(medians())}, {"median_pfs": {"kind": "time"}}, studies=studies
    )
    rows = list(POOLINGS["times"].call(evidence))
    row = time.lead(rows, {})
    assert (row["value"], row["bound_low"], row["bound_high"]) == (None, 12.0, 20.0)
    said = time.sentence(row, "Median PFS")
    assert said.startswith("Median PFS: between 12.0 and 20.0 months")
    assert "the second takes such medians as endless" in said
    assert "else at the study's median follow-up, which may be of an earlier report" in said
    assert time.paper_row(rows, {"paper_times": "weighted_median"})["value"] == 20.0


FOLLOWUP = "median_followup_months"


def rates(*values):
    """Clean rows of rates: events, person-time, unit."""
    return [
        {"study_id": f"S{i}", "outcome": "it", "events": x, "person_time": t, "unit": unit}
        for i, (x, t, unit) in enumerate(values)
    ]


def test_rates_are_pooled_per_year_whatever_the_unit():
    years = pooled(rates((3, 10, "person-years"), (6, 20, "person-years")), "rates", RATE)
    months = pooled(rates((3, 120, "person-months"), (6, 7305, "person-days")), "rates", RATE)
    for a, b in zip(years, months, strict=True):
        assert a["estimate"] == pytest.approx(b["estimate"], rel=1e-12)
    assert years[2]["estimate"] == pytest.approx(0.3, rel=1e-12)
    said = rate.sentence(rate.lead(years, {}), "Infection")
    assert said.startswith("Infection: 30.00 per 100 person-years")


RATE = {"kind": "rate"}


def test_the_sentence_of_a_curve_has_median_horizons_and_restricted_mean():
    draw = np.random.default_rng(3)
    curves = [kaplan_meier(draw.exponential(14, 60), np.ones(60)) for _ in range(5)]
    rows = list(outcome_rows("it", {"horizons": [6, 12]}, curves))
    table_text("curve_summary", rows)
    lead = curve.lead(rows, {})
    said = curve.sentence(lead, "PFS")
    assert said.startswith("PFS: median ") and "at 12 months" in said
    assert [r["time_months"] for r in rows if r["at_horizon"]] == [6.0, 12.0]
    assert len([r for r in rows if curve.shown(r)]) == 4


def test_the_grid_keeps_the_summary_of_small_studies_straight():
    """A step counts a quarter of a patient as lost: months would lose 5 points at one year."""
    draw = np.random.default_rng(5)
    ours, monthly, truth = [], [], []
    for _ in range(60):
        means = 14 * np.exp(draw.normal(0, 0.2, 8))
        curves = []
        for mean in means:
            n = int(draw.integers(10, 25))
            t, c = draw.exponential(mean, n), draw.uniform(12, 36, n)
            curves.append(kaplan_meier(np.minimum(t, c), t <= c))
        for times, found in ((grid(curves, [12.0]), ours), (np.arange(1.0, 25), monthly)):
            s, n = curve_on_grid(curves, times)
            fit = summary_curve(s, n, times, draws=100)
            found.append(fit.survival[list(times).index(12.0)])
        truth.append(np.exp(-12 / means).mean())
    assert abs(np.mean(ours) - np.mean(truth)) < 0.02
    assert np.mean(monthly) - np.mean(truth) < -0.03


def test_every_kind_declares_tables_that_the_catalogue_knows():
    for kind in KINDS.values():
        assert kind.table in TABLES and kind.sheet.clean_table in TABLES
        assert kind.name == "proportion" or kind.table in kind.poolings
        assert set(kind.poolings) <= set(TABLES)


def test_one_curve_alone_keeps_its_own_numbers():
    draw = np.random.default_rng(3)
    time, status = draw.exponential(10, 80), draw.random(80) < 0.8
    alone = kaplan_meier(time, status)
    rows = list(single_rows("it", {"horizons": [6]}, [alone]))
    table_text("curve_summary", rows)
    lead = curve.lead(rows, {})
    assert lead["value"] == alone.median
    assert (lead["low"], lead["high"]) == alone.median_interval()
    at = next(row for row in rows if row["at_horizon"])
    assert at["estimate"] == float(alone.at(6.0)) and at["ci_low"] < at["estimate"] < at["ci_high"]
    assert {row["k"] for row in rows} == {1}


def test_patients_that_run_out_before_the_curve_does_are_no_crash():
    readings = [(0, 1.0, 3), (2, 0.3, None), (4, 0.2, None), (5, None, 1), (6, 0.1, None)]
    rows = [
        {"study_id": "A", "outcome": "pfs", "time_months": float(t), "survival": s, "n_at_risk": n}
        for t, s, n in readings
    ]
    found = pooled(rows, "curves", {"kind": "curve", "of": "pfs"})
    assert len(found) == 3


def test_two_fixed_times_of_two_studies_give_a_curve_without_limits_and_say_why():
    rows = [printed("A", 6, 80.0, n=50), printed("B", 24, 35.0, n=70)]
    outcome = {"kind": "survival", "of": "pfs", "horizons": [12]}
    evidence = Evidence({landmark.SHEET.clean_table: rows}, {"it": outcome})
    found = list(survival.pool(evidence))
    table_text("survival_model", found)
    limits = ("ci_low", "ci_high", "pi_low", "pi_high", "average", "tau2", "loglik")
    results = [row for row in found if row["quantity"] != "point"]
    assert {row[name] for row in found for name in limits} == {None}
    assert {row["note"] for row in results} == {"points_as_coefficients"}
    lead = survival.lead(found, {})
    said = survival.sentence(lead, "PFS")
    assert lead["model"] == "cloglog" and said.startswith("PFS: median 16.6 months; ")
    assert "CI" not in said and "nan" not in said
    marks = points_marks(
        [r for r in found if r["model"] == "cloglog"], {}, Outcome("it", "PFS"), Data("1")
    )
    assert marks.summary.line and not marks.summary.low and not marks.summary.pi_low
    draw_curves(marks)


def test_medians_alone_give_no_curve_and_say_why():
    columns = ("value_months", "ci_low", "ci_high", "n")
    medians = [(5.0, 3.0, 8.0, 40), (9.0, 6.0, 12.0, 80), (20.0, 14.0, 30.0, 60)]
    rows = [
        {"study_id": f"s{i}", "outcome": "pfs_median"} | dict(zip(columns, values, strict=True))
        for i, values in enumerate(medians)
    ]
    outcomes = {
        "pfs_median": {"kind": "time", "of": "pfs"},
        "pfs_curve": {"kind": "survival", "of": "pfs", "horizons": [12]},
    }
    evidence = Evidence({time.SHEET.clean_table: rows}, outcomes)
    found = list(survival.pool(evidence))
    assert {row["note"] for row in found} == {"survival_does_not_fall"}
    assert all(row["estimate"] is None and row["ci_low"] is None for row in found)


def test_a_restricted_mean_before_any_event_has_no_interval_and_says_why():
    alone = kaplan_meier([14, 15, 20, 22], [1, 1, 0, 1])
    rows = list(single_rows("it", {"horizons": [12]}, [alone]))
    (mean,) = (row for row in rows if row["quantity"] == "restricted_mean")
    assert (mean["estimate"], mean["ci_low"], mean["ci_high"]) == (12, None, None)
    assert "no_event_before_horizon" in mean["note"]


def test_an_upper_limit_far_beyond_all_times_is_not_printed():
    """It was 301.9 months where nobody was followed beyond 60."""
    studies = {
        "A": ((6, 92.0), (12, 80.0), (18, 76.0)),
        "B": ((6, 88.0), (12, 80.0), (24, 64.0)),
        "C": ((3, 97.0), (9, 88.0), (15, 76.0)),
        "D": ((3, 97.0), (9, 90.0), (20, 66.0)),
        "E": ((4, 94.0), (10, 88.0), (20, 70.0)),
    }
    rows = [printed(name, t, s, n=60) for name, points in studies.items() for t, s in points]
    outcome = {"kind": "survival", "of": "pfs"}
    found = list(survival.pool(Evidence({landmark.SHEET.clean_table: rows}, {"it": outcome})))
    for row in (row for row in found if row["quantity"] == "median"):
        assert 24 < row["ci_low"] < row["estimate"] < 48
        assert (row["ci_high"], row["note"]) == (None, "limit_beyond_all_times")
    assert "95% CI from 25.1, no upper limit" in survival.sentence(survival.lead(found, {}), "PFS")


def test_the_curve_is_known_at_the_fixed_times_that_stand_beside_it():
    outcomes = {
        "it": {"kind": "survival", "of": "pfs", "horizons": [12]},
        "own": {"kind": "landmark", "of": "pfs", "months": 7},
        "other": {"kind": "landmark", "of": "os", "months": 5.3},
        "late": {"kind": "landmark", "of": "pfs", "months": 120},
    }
    found = list(survival.pool(Evidence({landmark.SHEET.clean_table: ROWS}, outcomes)))
    times = {
        row["time_months"]: row["at_horizon"] for row in found if row["quantity"] == "survival"
    }
    assert times[12.0] and 7.0 in times and not times[7.0] and 5.3 not in times
    assert max(times) == 24.0


def test_a_step_is_read_down_however_its_two_rows_stand():
    """Two readings at one time: after a sort by another column the curve was said to rise."""
    readings = [(0.0, 1.0, 20), (2.1, 0.8, None), (2.1, 0.733, None), (6.0, 0.4, None)]
    rows = [
        {"study_id": "A", "outcome": "pfs", "row": number, "time_months": t, "survival": s}
        | {"n_at_risk": n}
        for number, (t, s, n) in enumerate(readings, start=2)
    ]
    turned = [rows[0], rows[2], rows[1], rows[3]]
    assert list(curve.check_all(turned, {})) == []
    outcome = {"kind": "curve", "of": "pfs"}
    assert pooled(turned, "curves", outcome) == pooled(rows, "curves", outcome)
    wrong = [*rows[:3], rows[3] | {"survival": 0.9}]
    assert [fault.rule for _, fault in curve.check_all(wrong, {})] == ["survival_rises"]

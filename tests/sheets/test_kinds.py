"""Sheets of rates, landmarks and curves: read, checked, and in their clean tables."""

from pathlib import Path

import pytest
import yaml

from singlearm.sheets.check import read_version
from singlearm.sheets.clean import clean_tables
from singlearm.sheets.plan import Plan, plan_of
from singlearm.sheets.protocol import complete

PROTOCOL = """
review: {name: kinds, title: Kinds of outcomes}
outcomes:
  infection: {kind: rate}
  pfs_12: {kind: landmark, of: pfs, months: 12}
  pfs_24: {kind: landmark, of: pfs, months: 24}
  pfs_curve: {kind: curve, of: pfs}
"""
SHEETS = {
    "studies": "study_id\nA\nB\n",
    "rates_1": "study_id,outcome,events,person_time,unit\n"
    "A,infection,3,40.5,person-years\nB,infection,0,120,Person-Months\n",
    "landmarks_1": "study_id,outcome,months,value_percent,ci_low,ci_high,n,n_at_risk\n"
    "A,pfs,12,60,50,70,40,20\nA,pfs,24,40,30,50,40,8\nB,pfs,12,55,,,30,\n",
    "curves_1": "study_id,outcome,time_months,survival,n_at_risk\n"
    "A,pfs,0,1,40\nA,pfs,6,0.8,\nA,pfs,12,0.6,20\n",
}


@pytest.fixture
def layers(tmp_path) -> Path:
    """The folder of a review's layers, with one."""
    (tmp_path / "first").mkdir()
    for name, text in SHEETS.items():
        (tmp_path / "first" / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def read(layers):
    """Plan and reading of the review."""
    plan = Plan(**plan_of(complete(yaml.safe_load(PROTOCOL), layers), "1"))
    return plan, read_version(plan, None)


def test_values_are_in_the_clean_tables(layers):
    plan, reading = read(layers)
    assert [problem.line() for problem in reading.errors] == []
    clean, _ = clean_tables(reading, plan)
    rates = [
        (r["study_id"], r["events"], r["person_time"], r["unit"]) for r in clean["rate_values"]
    ]
    assert rates == [("A", 3, 40.5, "person-years"), ("B", 0, 120.0, "person-months")]
    assert [r["value_percent"] for r in clean["landmark_values"]] == [60, 40, 55]
    assert [r["survival"] for r in clean["curve_points"]] == [1, 0.8, 0.6]
    status = {(r["study_id"], r["outcome"]): r["status"] for r in clean["availability"]}
    assert status["A", "pfs_24"] == "available"
    assert status["B", "pfs_24"] == "absent"
    assert status["B", "pfs_12"] == "available"
    assert status["B", "pfs_curve"] == "absent"


@pytest.mark.parametrize(
    ("sheet", "old", "new", "rule", "column"),
    [
        ("rates_1", "40.5", "0", "person_time_zero", "person_time"),
        ("rates_1", "person-years", "years", "not_allowed", "unit"),
        ("rates_1", "A,infection", "A,infections", "not_allowed", "outcome"),
        ("landmarks_1", "50,70", "65,70", "interval_order", "ci_low"),
        ("landmarks_1", "40,20", "40,41", "at_risk_above_n", "n_at_risk"),
        ("landmarks_1", "60,50", "160,50", "range", "value_percent"),
        ("curves_1", "6,0.8", "6,0.5", "survival_rises", "survival"),
        ("curves_1", "12,0.6,20", "12,0.6,44", "n_at_risk_rises", "n_at_risk"),
    ],
)
def test_faults(layers, sheet, old, new, rule, column):
    path = layers / "first" / f"{sheet}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = [(p.sheet, p.rule, p.column) for p in read(layers)[1].errors]
    assert (sheet, rule, column) in found


def test_a_landmark_without_data_at_its_time(layers):
    path = layers / "first" / "landmarks_1.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("pfs,24", "pfs,25"), encoding="utf-8")
    (told,) = read(layers)[1].errors
    assert (told.rule, told.value) == ("outcome_without_data", "pfs_24")

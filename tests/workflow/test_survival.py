"""A review with survival at fixed times, curves, one curve from all evidence, and rates."""

import csv
import shutil
from pathlib import Path

import pytest

SURVIVAL = Path(__file__).parent / "survival"
TABLES = ("landmarks", "landmark_studies", "curves", "curve_summary", "survival_model", "rates")
TABLES += ("group_results", "group_tests", "other_regression")


@pytest.fixture(scope="module")
def tables(empty_house, tmp_path_factory) -> dict[str, list[dict[str, str]]]:
    """The tables of the new kinds, as text."""
    house = empty_house.copy_to(tmp_path_factory.mktemp("survival") / "review")
    shutil.copytree(SURVIVAL, house.root, dirs_exist_ok=True)
    house.build(*(f"results/1/{name}.csv" for name in TABLES))
    found = {}
    for name in TABLES:
        with (house.root / f"results/1/{name}.csv").open(encoding="utf-8", newline="") as file:
            found[name] = list(csv.DictReader(file))
    return found


def test_every_study_enters_a_fixed_time_once(tables):
    months = {row["study_id"]: row["months"] for row in tables["landmark_studies"]}
    assert months == dict.fromkeys(
        ("Alpha2019", "Beta2020", "Delta2021", "Gamma2021"), "12"
    ) | {"Epsilon2022": "11"}  # fmt: skip
    assert {row["k"] for row in tables["landmarks"]} == {"5"}


def test_curves_become_patients_and_a_summary(tables):
    patients = {}
    for row in tables["curves"]:
        patients.setdefault(row["study_id"], []).append(row)
    assert {study: len(rows) for study, rows in patients.items()} == {
        "Alpha2019": 10, "Beta2020": 20, "Gamma2021": 15, "Delta2021": 25,
    }  # fmt: skip
    asked = [row for row in tables["curve_summary"] if row["at_horizon"] == "true"]
    assert [row["time_months"] for row in asked] == ["6", "12"]


def test_one_curve_uses_what_each_study_has(tables):
    points = [row for row in tables["survival_model"] if row["quantity"] == "point"]
    sources = {row["study_id"]: row["source"].split("_")[0] for row in points}
    assert sources == dict.fromkeys(
        ("Alpha2019", "Beta2020", "Delta2021", "Gamma2021"), "curve"
    ) | {"Epsilon2022": "landmark"}  # fmt: skip


def test_groups_of_the_protocol_are_shown_for_every_kind(tables):
    shown = {(row["part"], row["level"]) for row in tables["group_results"]}
    kinds = ("landmark", "curve", "survival", "time", "rate")
    assert {(kind, "single") for kind in kinds} <= shown
    tested = {row["part"]: row for row in tables["group_tests"]}
    assert set(tested) == {"landmark", "time", "rate"}
    assert float(tested["rate"]["p_value"]) > 0
    slopes = [row for row in tables["other_regression"] if row["term"] == "year"]
    assert {row["part"] for row in slopes if row["estimate"]} == {"landmark"}


def test_rates_are_per_person_year(tables):
    years = (98.4 + 160) / 12 + 21.7 + 28.1
    for row in tables["rates"]:
        assert (row["events"], float(row["person_time"])) == ("18", pytest.approx(years))

"""A review with outcomes of every kind, from the sheets to the pages that people read."""

import shutil
from pathlib import Path

import docx
import lxml.html
import openpyxl
import pytest
from houses import rows_of
from test_review_cases import words_of

from singlearm.catalogue.tables import read_table

SURVIVAL = Path(__file__).parent / "survival"
TABLES = ("landmarks", "landmark_studies", "curves", "curve_summary", "survival_model", "rates")
TABLES += ("group_results", "group_tests", "other_regression")


@pytest.fixture(scope="module")
def results(empty_house, tmp_path_factory) -> Path:
    """The results of a whole run."""
    house = empty_house.copy_to(tmp_path_factory.mktemp("survival") / "review")
    shutil.copytree(SURVIVAL, house.root, dirs_exist_ok=True)
    house.build()
    return house.root / "results/1"


@pytest.fixture(scope="module")
def tables(results) -> dict[str, list[dict[str, str]]]:
    """The tables of all kinds but proportions, as text."""
    return {name: rows_of(results / f"{name}.csv") for name in TABLES}


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
    kinds = ("landmark", "curve", "survival", "time", "rate", "ratio")
    assert {(kind, "single") for kind in kinds} <= shown
    tested = {row["part"]: row for row in tables["group_tests"]}
    assert set(tested) == {"landmark", "time", "rate", "ratio"}
    assert float(tested["rate"]["p_value"]) > 0
    slopes = [row for row in tables["other_regression"] if row["term"] == "year"]
    assert {row["part"] for row in slopes if row["estimate"]} == {"landmark"}


def test_rates_are_per_person_year(tables):
    years = (98.4 + 160) / 12 + 21.7 + 28.1
    for row in tables["rates"]:
        assert (row["events"], float(row["person_time"])) == ("18", pytest.approx(years))


#: Of each kind: heading of its section, its figure, its sheet of the workbook, and its result.
KINDS = {
    "proportion": (
        "Overall response",
        "orr/forest",
        "Proportions",
        "68.4% 95% CI 40.1 to 87.5 average over studies; 51 of 76 patients in 5 studies",
    ),
    "landmark": (
        "Survival at fixed times",
        "pfs_12mo/landmark",
        "Landmarks",
        "Progression-free at 12 months: 46.9% (95% CI 30.2 to 61.9), median study; 5 studies, 76 "
        "patients.",
    ),
    "curve": (
        "Survival curves",
        "pfs_curve/curve",
        "Curve summary",
        "Progression-free survival: median 7.7 months (95% CI 3.3 to 13.9); restricted mean up to "
        "12 months 7.2 months (95% CI 5.0 to 9.0); 56.5% (95% CI 34.3 to 73.7) at 6 months; 30.4% "
        "(95% CI 2.7 to 54.1) at 12 months; 4 curves, 70 patients.",
    ),
    "survival": (
        "Survival from all evidence",
        "pfs_all/survival",
        "Survival model",
        "Weibull, random effects, 5 studies, 76 patients; 25 points reported.",
    ),
    "time": (
        "Times to an event",
        "median_pfs/times",
        "Times",
        "between 6.0 and 8.5 months, weighted median of medians of 3 studies, 55 patients; in 1 "
        "the median was not reached.",
    ),
    "rate": (
        "Events per person-time",
        "serious_infection/rate",
        "Rates",
        "Serious infection: 25.23 per 100 person-years (95% CI 8.07 to 42.52), median study; 18 "
        "events in 71 person-years of 4 studies.",
    ),
    "ratio": (
        "Randomised comparisons",
        "ratios",
        "Ratios",
        "Progression or death: hazard ratio 0.60 (95% CrI 0.36 to 1.01), the mean of the effects "
        "of 3 trials",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_section_figure_sheet_and_sentence(results, kind):
    heading, figure, sheet, sentence = KINDS[kind]
    page = lxml.html.parse(results / "report.html").getroot()
    assert heading in [" ".join(h.text_content().split()) for h in page.xpath("//h2|//h3")]
    (drawn,) = page.xpath(f"//figure[@data-place='{figure}']")
    assert drawn.xpath(".//*[local-name()='svg']//*[local-name()='path']")
    for form in ("svg", "pdf", "png"):
        assert (results / f"figures/{figure}.{form}").stat().st_size > 2000
    assert sentence in words_of(results.parents[1])
    book = openpyxl.load_workbook(results / "tables/results.xlsx", read_only=True)
    shown = [row for row in book[sheet].iter_rows(values_only=True) if any(row)]
    assert len(shown) > 2, sheet


def test_the_documents_have_every_kind(results):
    manuscript = docx.Document(str(results / "tables/manuscript.docx"))
    told = " ".join(" ".join(p.text for p in manuscript.paragraphs).split())
    for kind, (_, _, _, sentence) in KINDS.items():
        if kind != "proportion":  # there with a colon after the label
            assert sentence in told, kind
    tables = docx.Document(str(results / "tables/results.docx"))
    cells = {cell.text for table in tables.tables for row in table.rows for cell in row.cells}
    assert {"7.7 [3.3, 13.9]", "25.23 [8.07, 42.52]", "0.60 [0.36, 1.01]"} <= cells


def test_analyses_that_are_off_are_not_spoken_of(results):
    said = words_of(results.parents[1])
    assert "Without one study at a time the pooled value" in said
    for off in ("without any two", "every two of", "subsets", "specification", "simulated reviews"):
        assert off not in said, off
    page = lxml.html.parse(results / "report.html").getroot()
    drawn = {figure.rpartition("/")[2] for figure in page.xpath("//figure/@data-place")}
    assert "leave_one_out" in drawn
    assert not drawn & {"gosh", "multiverse", "calibration"}
    for kind in ("leave_two_out", "gosh", "multiverse", "calibration"):
        assert read_table(results / f"sensitivity/orr/{kind}.csv", kind) == []


def test_what_the_page_says_of_the_kinds_is_meant_for_people(results):
    said = words_of(results.parents[1])
    # a study of a randomised comparison has a comparison group, whatever its design is called
    assert "No study has a comparison group" not in said
    assert "3 of 5 studies are arms of randomised trials" in said
    # medians of curves are called medians where the label does not say so
    assert "Progression-free survival: a median of about 7.7 months (95% CI 3.3 to 13.9)" in said
    assert "dual 1 25 median 11.0 months (95% CI 4.6 to 21.0) One curve alone" in said
    assert "Epsilon 2022 fixed time, number of patients" in said
    assert "Diagnostics of influence were computed" in said
    assert "(1 row)" in said
    assert "(1 rows)" not in said
    rate = (results / "figures/serious_infection/rate.svg").read_text("utf-8")
    assert "← lower is better, per 100 person-years" in rate

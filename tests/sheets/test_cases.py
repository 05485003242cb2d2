"""Cases from use: sheets that were lost, counted twice or refused without a word."""

import csv
import re

import pytest
from review_cases import case

from singlearm.catalogue import tables


def errors(reading):
    """The errors as lines."""
    return [problem.line() for problem in reading.errors]


def test_foreign_review_hip_surgery(tmp_path):
    """Another field, an own column, none of the first review's: no error, the right counts."""
    review = case("foreign-review/hip-surgery", tmp_path)
    assert errors(review.read()) == []
    clean, by_outcome = review.tables()
    cells = by_outcome["infection"]
    assert (sum(c["events"] for c in cells), sum(c["total"] for c in cells)) == (25, 425)
    assert {c["approach"] for c in cells} == {"posterior", "lateral"}
    assert [s["approach"] for s in clean["studies"]].count("posterior") == 3


def test_only_the_core_columns(tmp_path):
    """study_id; study_id, outcome, events, total: no more is needed, not even a codebook."""
    review = case("foreign-review/hip-surgery", tmp_path)
    (review.root / "config/codebook.csv").unlink()
    (review.root / "config/config.yaml").write_text(
        "review: {name: hip, title: Infection}\noutcomes: {infection: }\n", encoding="utf-8"
    )
    layer = review.root / "data/raw/first"
    for sheet, names in (
        ("studies", ["study_id"]),
        ("outcomes_1", ["study_id", "outcome", "events", "total"]),
    ):
        with (layer / f"{sheet}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        with (layer / f"{sheet}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    reading = review.read()
    assert errors(reading) == []
    assert {p.rule for p in reading.problems} == {"single_extractor"}
    _, by_outcome = review.tables()
    assert sum(c["events"] for c in by_outcome["infection"]) == 25
    assert list(by_outcome["infection"][0]) == tables.columns("cells")


def test_european_csv_codebook_semicolons(tmp_path):
    """Cells that hold a semicolon are cut, so the file is not guessed at; the way out is named."""
    review = case("european-csv/codebook-semicolons", tmp_path)
    (told,) = [line for line in errors(review.read()) if "semicolons" in line]
    assert "codebook.csv: its cells are separated by semicolons, and 24 of its rows" in told
    assert "in quotes" in told


def test_european_csv_a_codebook_with_semicolons_and_quotes_is_read(tmp_path):
    review = case("foreign-review/hip-surgery", tmp_path)
    path = review.root / "config/codebook.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    assert errors(review.read()) == []
    assert "approach" in review.tables()[0]["studies"][0]


def test_include_missing(tmp_path):
    """No column `include`: every study is included."""
    review = case("include-missing/column-absent", tmp_path)
    assert errors(review.read()) == []
    clean, _ = review.tables()
    assert len(clean["studies"]) == 5
    assert {study["include"] for study in clean["studies"]} == {"yes"}


def test_nothing_left_stops(tmp_path):
    """A run in which nothing is left of filled sheets stops with that sentence."""
    review = case("study-labels/slash", tmp_path)
    path = review.root / "data/raw/first/studies.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"include": "no", "exclude_reason": "Invented"} for row in rows)
    (told,) = review.found("nothing_left")
    assert told.severity == "error"
    assert "no value is left to analyse" in told.message


@pytest.mark.parametrize("row", [2, 3])
def test_case_insensitive_labels_include(tmp_path, row):
    """Y and TRUE are read as yes, with a warning."""
    review = case("case-insensitive-labels/include-y-true", tmp_path)
    assert errors(review.read()) == []
    assert row in [problem.row for problem in review.found("recoded")]
    assert len(review.tables()[0]["studies"]) == 5


def test_case_insensitive_labels_risk_of_bias(tmp_path):
    """The words as RoB 2 writes them."""
    review = case("case-insensitive-labels/rob-low", tmp_path)
    assert errors(review.read()) == []
    judged = {row["judgement"] for row in review.tables()[0]["risk_of_bias"]}
    assert judged == {"low", "some concerns"}


def test_double_counting_registration_comma(tmp_path):
    review = case("double-counting/registration-comma", tmp_path)
    (comma,) = [p for p in review.read().errors if p.column == "registration"]
    assert "joined by ';'" in comma.message
    assert "NCT00000001;NCT00000002" in comma.hint
    (alike,) = review.found("cohorts_alike")
    assert "NCT00000002" in alike.message


def test_double_counting_registration_lower_case(tmp_path):
    (alike,) = case("double-counting/registration-lower-case", tmp_path).found("cohorts_alike")
    assert (alike.sheet, alike.row, alike.column) == ("studies", 7, "registration")
    assert "row 2" in alike.message


def test_double_counting_same_doi(tmp_path):
    """One report twice, its name in two spellings."""
    review = case("double-counting/same-doi", tmp_path)
    (doi,) = review.found("cohorts_alike")
    assert (doi.row, doi.column) == (7, "doi")
    assert "row 2" in doi.message
    assert "cohort" in doi.hint
    (name,) = review.found("study_twice")
    assert (name.severity, name.row, name.value) == ("error", 7, "alpha 2019")


def test_superseded_cells_lost_are_listed(tmp_path):
    review = case("superseded-cells-lost/outcome-not-in-the-newer-report", tmp_path)
    (lost,) = review.found("superseded_cells")
    assert (lost.sheet, lost.row) == ("studies", 7)
    assert "Beta2022 supersedes Beta2020 and does not report crs_any 16/20" in lost.message
    clean, _ = review.tables()
    assert ("Beta2022", "crs_any") not in {(r["study_id"], r["outcome"]) for r in clean["outcomes"]}


def test_superseded_cells_are_kept_on_request(tmp_path):
    """Under the newer study, marked with where they come from, and in the change log."""
    review = case("superseded-cells-lost/outcome-not-in-the-newer-report", tmp_path)
    clean, by_outcome = review.tables(superseded="keep")
    (row,) = [
        r for r in clean["outcomes"] if (r["study_id"], r["outcome"]) == ("Beta2022", "crs_any")
    ]
    assert (row["events"], row["total"], row["carried_from"]) == (16, 20, "Beta2020")
    assert {r["carried_from"] for r in clean["outcomes"] if r is not row} == {None}
    assert "Beta2022" in {cell["study_id"] for cell in by_outcome["crs_any"]}
    carried = [act for act in clean["change_log"] if act["act"] == "carried"]
    (act,) = [act for act in carried if act["outcome"] == "crs_any"]
    assert "carried over from Beta2020" in act["reason"]
    assert "Beta2020" not in {study["study_id"] for study in clean["studies"]}


def test_study_labels_slash(tmp_path):
    assert errors(case("study-labels/slash", tmp_path).read()) == []


def test_check_passes_then_stops_claims_sheet_missing(tmp_path):
    (told,) = case("check-passes-then-stops/claims-sheet-missing", tmp_path).found("missing_claims")
    assert (told.severity, told.sheet) == ("error", "protocol")
    assert "nope.csv" in told.value


def test_check_passes_then_stops_median_of_zero_months(tmp_path):
    review = case("check-passes-then-stops/median-of-zero-months", tmp_path)
    (told,) = review.found("median_zero")
    assert (told.severity, told.sheet, told.row) == ("error", "durations_1", 2)
    assert told.column == "value_months"


def test_check_passes_then_stops_ratio_interval_without_width(tmp_path):
    review = case("check-passes-then-stops/ratio-interval-without-width", tmp_path)
    (told,) = review.found("interval_width")
    assert (told.severity, told.sheet, told.row) == ("error", "comparative_1", 2)
    assert "ci_low, ci_high" in told.message


def test_times_population(tmp_path):
    """More patients behind a median than were treated."""
    review = case("times-population/more-patients-than-treated", tmp_path)
    (told,) = review.found("total_above_size")
    assert (told.sheet, told.row, told.column, told.value) == ("durations_1", 2, "n", "12")
    assert "10 patients of Alpha2019 (n_infused)" in told.message


def test_r_injection(tmp_path):
    """A column's name is an identifier, else it is refused."""
    review = case("r-injection/column-name-with-line-break", tmp_path)
    (told,) = review.found("codebook")
    assert told.severity == "error"
    assert "letters, digits and _ only" in told.message


CASES_WITH_FAULTS = [
    "double-counting/same-doi",
    "double-counting/registration-comma",
    "check-passes-then-stops/median-of-zero-months",
    "check-passes-then-stops/ratio-interval-without-width",
    "r-injection/column-name-with-line-break",
]


@pytest.mark.parametrize("name", CASES_WITH_FAULTS)
def test_messages_are_in_the_reviewers_words(tmp_path, name):
    """No regular expression, no type of a programming language."""
    for problem in case(name, tmp_path).read().problems:
        words = f"{problem.message} {problem.hint}"
        assert not re.search(r"\\w|\[\^|\]\*|\]\+|NoneType|<class|\bstr\b|\bdict\b", words), words


def test_a_label_of_the_sheet_is_the_studys_name(tmp_path):
    """Arms keep their names."""
    review = case("study-labels/slash", tmp_path)
    path = review.root / "data/raw/first/studies.csv"
    header, first, *rows = path.read_text(encoding="utf-8").splitlines()
    lines = [f"{header},label", f"{first},Arm A", *(f"{row}," for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    _, by_outcome = review.tables()
    assert "Arm A" in {cell["label"] for cell in by_outcome["orr"]}


def test_verified_values_can_be_an_inclusion_set(tmp_path):
    review = case("study-labels/slash", tmp_path)
    for sheet in ("outcomes_1", "outcomes_2"):
        path = review.root / f"data/raw/first/{sheet}.csv"
        header, first, *rows = path.read_text(encoding="utf-8").splitlines()
        lines = [f"{header},verified_by,verified_on,verified_against"]
        lines += [f"{first},AB,2026-01-31,full_text", *(f"{row},,," for row in rows)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    clean, by_outcome = review.tables(include={"checked": {"verified": ["full_text"]}})
    assert [row["verified_by"] for row in clean["outcomes"]].count("AB") == 1
    cells = [cell for each in by_outcome.values() for cell in each]
    assert [cell["verified"] for cell in cells].count("full_text") == 1
    only, _ = review.tables(verified="full_text", subgroups={})
    assert [row["verified_by"] for row in only["outcomes"]] == ["AB"]
    left_out = [act["reason"] for act in only["change_log"] if act["act"] == "excluded"]
    assert set(left_out) == {"not verified against full_text"}

"""Every fault that must be caught, with the layer, sheet, row, column and hint that it tells."""

import pytest
from review import (
    LAYERS,
    NEW,
    OLD,
    OUTCOMES,
    copy_layer,
    errors,
    load,
    place,
    problems,
    put,
    row_of,
    save,
    subgroups_of,
    the,
)

from singlearm.sheets.layers import layer_sha256

#: sheet, key of the row, column, new text, rule, a part of the message, a part of the hint.
CELLS = [
    ("outcomes_1", ("Raje2019", "orr"), "events", "34", "events_above_total", "0 to 33", "swapped"),
    ("outcomes_2", ("Raje2019", "orr"), "events", "-1", "negative", "0 or more", "negative"),
    ("outcomes_1", ("Raje2019", "orr"), "events", "28.5", "fractional", "whole number", "percent"),
    ("outcomes_1", ("Raje2019", "orr"), "events", "28.0", "fractional", "whole number", "write 28"),
    ("outcomes_1", ("Raje2019", "orr"), "events", "85%", "percentage", "percentage", "number of"),
    ("outcomes_1", ("Raje2019", "orr"), "total", "1,033", "thousands", "whole number", "1033"),
    ("outcomes_1", ("Raje2019", "orr"), "total", "33 0", "spaces_in_number", "whole", "blanks"),
    ("outcomes_1", ("Raje2019", "orr"), "total", "3\u20093", "spaces_in_number", "whole", "blanks"),
    ("outcomes_1", ("Raje2019", "orr"), "total", "NR", "not_a_number", "whole", "leave the cell"),
    ("outcomes_1", ("Raje2019", "orr"), "total", "", "empty", "may not be empty", "fill"),
    ("outcomes_1", ("Raje2019", "orr"), "total", "0", "range", "1 or more", "source"),
    ("outcomes_1", ("Raje2019", "orr"), "total", "Jan 33", "date_damage", "whole", "made a date"),
    ("outcomes_1", ("Raje2019", "orr"), "total", "=3*11", "formula", "whole", "not the formula"),
    ("outcomes_1", ("Raje2019", "orr"), "outcome", "orrr", "not_allowed", "one of orr", "'orr'"),
    ("outcomes_1", ("Raje2019", "orr"), "study_id", "Raja2019", "unknown_study", "lower", "Raje"),
    ("outcomes_1", ("Raje2019", "orr"), "confidence", "hihg", "not_allowed", "high", "'high'"),
    ("outcomes_1", ("Raje2019", "orr"), "source_type", "blog", "not_allowed", "label", "codebook"),
    ("outcomes_1", ("Raje2019", "orr"), "notes", "lost \ufffd", "lost_character", "lost", "UTF-8"),
    ("outcomes_1", ("Raje2019", "orr"), "notes", "a\x07b", "control_character", "control", "type"),
    ("outcomes_1", ("Raje2019", "orr"), "notes", "#REF!", "excel_error", "error value", "value"),
    ("outcomes_1", ("Raje2019", "orr"), "notes", "x" * 40_000, "too_long", "40,000", "quote"),
    ("studies", ("Raje2019",), "phase", "1-Feb", "date_damage", "1/2", "as text"),
    ("studies", ("Raje2019",), "country", "U.S.A", "not_allowed", "China", "'USA'"),
    ("studies", ("Raje2019",), "target_antigens", "BCMA+", "list_form", "joined by '+'", "blanks"),
    ("studies", ("Raje2019",), "target_antigens", "BCMA+BCMA", "list_form", "twice", "once"),
    ("studies", ("Raje2019",), "target_antigens", "BCMB", "not_allowed", "from BCMA", "'BCMA'"),
    ("studies", ("Raje2019",), "data_cutoff", "44186", "date_damage", "ISO", "2020-12-21"),
    ("studies", ("Raje2019",), "data_cutoff", "21.12.2020", "not_a_date", "ISO", "year-month-day"),
    ("studies", ("Raje2019",), "data_cutoff", "2021-02-30", "not_a_date", "", "calendar"),
    ("studies", ("Raje2019",), "prior_asct_percent", "101", "range", "0 to 100", "source"),
    ("studies", ("Raje2019",), "prior_asct_percent", "97,5", "decimal_comma", "", "97.5"),
    ("studies", ("Raje2019",), "doi", "https://doi.org/10.1/x", "pattern", "10", "without prefix"),
    ("studies", ("Raje2019",), "year", "1019", "range", "1800 to 2100", "source"),
    ("studies", ("Raje2019",), "include", "no", "exclude_reason", "include is no", "left out"),
    ("studies", ("Raje2019",), "supersedes", "Raje2019", "supersedes", "itself", "older"),
    ("studies", ("Raje2019",), "supersedes", "Zao2018", "supersedes", "lower layer", "'Zhao2018'"),
    ("studies", ("Raje2019",), "cohort", "EVOLVE", "cohort_twice", "Mailankody2018b", "supersede"),
    ("studies", ("Raje2019",), "study_id", "../../etc", "pattern", "begins with", "write 'etc'"),
    ("durations_1", ("Raje2019", "median_pfs"), "ci_low", "12", "interval_order", "order", "rise"),
    ("durations_1", ("Raje2019", "median_pfs"), "not_reached", "yes", "not_reached", "", "empty"),
    ("durations_1", ("Raje2019", "median_dor"), "value_months", "", "not_reached", "no", "fill"),
    ("claims", ("orr",), "quantity", "median", "not_allowed", "median_months", "'median_months'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sheet", "key", "column", "text", "rule", "message", "hint"),
    CELLS,
    ids=[f"{case[4]}-{case[2]}-{case[3][:12]!r}" for case in CELLS],
)
def test_a_cell_at_fault(layer, sheet, key, column, text, rule, message, hint):
    row = row_of(layer, sheet, *key)
    put(layer, sheet, row, column, text)
    told = the(errors([layer]), rule)
    where = {"include": "exclude_reason", "not_reached": "value_months"}.get(column, column)
    where = "cohort" if rule == "cohort_twice" else where
    row = row_of(layer, "studies", "Mailankody2018b") if rule == "cohort_twice" else row
    assert place(told) == ("2021.1", sheet, row, where)
    message = "Raje2019" if rule == "cohort_twice" else message
    assert message in told.message
    assert hint in told.hint


def test_total_above_the_studys_size_needs_a_note(layer):
    row = row_of(layer, "outcomes_1", "Raje2019", "orr")
    put(layer, "outcomes_1", row, "total", "40")
    put(layer, "outcomes_1", row, "notes", "")
    told = the(errors([layer]), "total_above_size")
    assert place(told) == ("2021.1", "outcomes_1", row, "total")
    assert "33 patients of Raje2019 (n_infused)" in told.message
    assert "notes" in told.hint
    put(layer, "outcomes_1", row, "notes", "All enrolled patients.")
    assert "total_above_size" not in {p.rule for p in problems([layer])}


def test_total_above_the_n_infused_of_a_higher_layer(tmp_path, layer):
    higher = tmp_path / "2022.1"
    higher.mkdir()
    grid = [row for row in load(OLD, "studies") if row[0] in ("study_id", "Raje2019")]
    grid[1][grid[0].index("n_infused")] = "30"
    save(higher, "studies", grid)
    save(higher, "outcomes_1", load(OLD, "outcomes_1")[:1])
    sheet, row = "outcomes_1", row_of(layer, "outcomes_1", "Raje2019", "orr")
    for each in ("outcomes_1", "outcomes_2"):
        for cell in range(2, len(load(layer, each)) + 1):
            put(layer, each, cell, "notes", "")
    found = [p for p in errors([layer, higher]) if p.rule == "total_above_size"]
    found = [p for p in found if p.layer == "2022.1" and f"{sheet} row {row}" in p.message]
    assert [place(p) for p in found] == [("2022.1", "studies", 2, "n_infused")]


@pytest.mark.parametrize("sheet", ["studies", "outcomes_2", "adjudication", "claims"])
def test_duplicate_keys(layer, sheet):
    grid = load(layer, sheet)
    save(layer, sheet, [*grid, grid[2]])
    told = the(errors([layer]), "duplicate_key", sheet)
    assert place(told) == ("2021.1", sheet, len(grid) + 1, grid[0][0])
    assert told.message == "is there already in row 3"
    assert told.hint.startswith("one row for each")


def test_one_data_cut_written_in_two_ways_is_a_duplicate(tmp_path):
    layer = copy_layer(NEW, tmp_path / "2026.1")
    grid = load(layer, "comparative_1")
    again = grid[1][:]
    again[3] += "0"
    save(layer, "comparative_1", [*grid, again])
    told = the(errors([OLD, layer], "2026.1", others=()), "duplicate_key")
    assert place(told) == ("2026.1", "comparative_1", len(grid) + 1, "study_id")


def test_outcome_without_data_in_any_version(layer):
    outcomes = OUTCOMES | {"or_rate": {"label": "Typo", "kind": "proportion"}}
    told = the(errors([layer], outcomes=outcomes), "outcome_without_data")
    assert place(told) == ("", "protocol", None, "or_rate")
    assert "no layer of any version" in told.message
    assert "there is: alive_at_last_followup" in told.hint
    assert errors([OLD], others=(NEW,)) == [], (
        "alive_at_last_followup has data in the other version"
    )
    without = {p.value for p in errors([OLD], others=()) if p.rule == "outcome_without_data"}
    # the newest layer, which all stacks of these tests see, has no comparisons
    assert {"pfs", "os"} <= without


def test_outcome_in_the_sheets_that_the_protocol_does_not_ask_for(layer):
    outcomes = {name: o for name, o in OUTCOMES.items() if name != "orr"}
    assert {p.value for p in errors([layer], outcomes=outcomes) if p.rule == "not_allowed"} == {
        "orr"
    }
    found = problems([layer], outcomes=outcomes, not_analysed=("orr",))
    assert [p.line() for p in found if p.severity == "error"] == []
    told = the(found, "outcome_not_asked")
    assert (told.severity, told.value) == ("warning", "orr")


def test_subgroup_with_one_level_everywhere(layer):
    subgroups = subgroups_of("2021.1") | {"design": {"from": "design"}}
    told = the(errors([layer], subgroups=subgroups), "subgroup_one_level")
    assert place(told) == ("", "protocol", None, "design")
    assert told.value == "single_arm"
    assert "versions" in told.hint
    limited = subgroups | {"design": {"from": "design", "versions": ["2026.1"]}}
    assert errors([layer], subgroups=limited) == []


def test_subgroup_with_one_level_in_some_outcomes_is_a_note(layer):
    told = [p for p in problems([layer]) if p.rule == "subgroup_one_level"]
    assert {p.severity for p in told} == {"warning"}
    assert "infection_grade3plus" in next(p for p in told if p.column == "target_class").message


def test_subgroup_of_an_unknown_column_or_level(layer):
    subgroups = {
        "a": {"from": "target_clas"},
        "b": {"from": "target_class", "levels": ["single", "duel"]},
        "c": {"from": "country", "where": {"fase": "1"}},
    }
    found = errors([layer], subgroups=subgroups)
    columns = {p.column: p for p in found if p.rule == "subgroup_column"}
    assert columns["a"].hint == "did you mean 'target_class'?"
    assert columns["c"].hint == "did you mean 'phase'?"
    told = the(found, "subgroup_level")
    assert (told.column, told.value, told.hint) == ("b", "dual", "did you mean 'duel'?")


def test_subgroup_of_a_column_that_no_layer_has(tmp_path):
    """The codebook lists it, but only another version's sheets have it."""
    new = copy_layer(NEW, tmp_path / "2026.1")
    subgroups = {"m": {"from": "membership_confidence"}}
    found = errors([new], "2026.1", subgroups=subgroups, others=(OLD,))
    told = the(found, "subgroup_column")
    assert (told.column, told.value) == ("m", "membership_confidence")


def test_frozen_versions(layer):
    told = the(errors([layer], frozen=True, sha256={}), "frozen_hash_missing")
    assert layer_sha256(layer) in told.hint
    hashes = {str(layer): layer_sha256(layer)}
    assert errors([layer], frozen=True, sha256=hashes) == []
    put(layer, "outcomes_1", 2, "notes", "changed")
    told = the(errors([layer], frozen=True, sha256=hashes), "frozen_changed")
    assert place(told) == ("", "protocol", None, "sha256")
    assert told.value == str(layer)
    assert "add a layer" in told.hint


def test_superseding_in_a_circle(layer):
    put(layer, "studies", row_of(layer, "studies", "Raje2019"), "supersedes", "Zhao2018")
    put(layer, "studies", row_of(layer, "studies", "Zhao2018"), "supersedes", "Raje2019")
    found = [p for p in errors([layer]) if p.rule == "supersedes"]
    assert {p.row for p in found} == {row_of(layer, "studies", s) for s in ("Raje2019", "Zhao2018")}


def test_reports_that_may_share_patients(layer):
    """Same registration without cohorts: a warning that names both and goes away when answered."""
    for study in ("Zhao2018", "Xu2019"):
        put(layer, "studies", row_of(layer, "studies", study), "cohort", "")
    told = the(problems([layer]), "cohorts_alike")
    row = row_of(layer, "studies", "Xu2019")
    assert (told.severity, *place(told)) == ("warning", "2021.1", "studies", row, "registration")
    assert "Zhao2018" in told.message
    assert "NCT03090659" in told.message
    assert all(word in told.hint for word in ("cohort", "supersedes", "distinct patients"))
    put(layer, "studies", row, "notes", "Distinct patients, other hospitals.")
    assert "cohorts_alike" not in {p.rule for p in problems([layer])}
    put(layer, "studies", row, "registration", "")
    put(layer, "studies", row, "notes", "")
    assert the(problems([layer]), "cohorts_alike").column == "product"
    put(layer, "studies", row, "year", "2026")
    assert "cohorts_alike" not in {p.rule for p in problems([layer])}


@pytest.mark.parametrize(
    ("note", "events", "told"),
    [
        ("85% of 33 = 28.", "28", False),
        ("85% of 33 = 28.", "27", True),
        ("84.9% of 33", "28", False),
        ("84.9% of 33", "29", True),
        ("85% of 30 were something else", "20", False),
        ("30 minus 5 of grade 1-2 (15% of 33) = 28", "20", False),
        ("A review gives 60% of 33; the abstract 85% of 33.", "28", False),
    ],
)
def test_derived_counts(layer, note, events, told):
    row = row_of(layer, "outcomes_1", "Raje2019", "orr")
    for column, text in (("events", events), ("derived", "from_percent"), ("notes", note)):
        put(layer, "outcomes_1", row, column, text)
    found = [p for p in problems([layer]) if p.rule == "derived_count"]
    assert [place(p) for p in found] == ([("2021.1", "outcomes_1", row, "events")] if told else [])
    assert {p.severity for p in found} <= {"warning"}


def test_blanks_and_recodes_are_told(layer):
    row = row_of(layer, "studies", "Raje2019")
    put(layer, "studies", row, "country", "US")
    put(layer, "studies", row, "year", "\u00a02019 ")
    found = problems([layer])
    assert the(found, "recoded").message.startswith("is read as 'USA'")
    assert the(found, "blanks").row == row
    assert not [p for p in found if p.severity == "error"]


def test_all_faults_of_all_sheets_at_once(layer):
    """Faults in four sheets are told in one run, none hides another."""
    put(layer, "studies", 4, "year", "x")
    put(layer, "outcomes_1", 5, "events", "-3")
    put(layer, "durations_2", 3, "n", "2.5")
    put(layer, "claims", 6, "value", "many")
    rules = {(p.sheet, p.row, p.rule) for p in errors([layer])}
    assert rules >= {
        ("studies", 4, "not_a_number"),
        ("outcomes_1", 5, "negative"),
        ("durations_2", 3, "fractional"),
        ("claims", 6, "not_a_number"),
    }


def test_a_damaged_codebook_is_told(layer, tmp_path, monkeypatch):
    import review

    book = tmp_path / "codebook.csv"
    text = review.CODEBOOK.read_text(encoding="utf-8")
    book.write_text(
        text.replace("studies,median_age,number", "studies,median_age,real", 1), encoding="utf-8"
    )
    monkeypatch.setattr(review, "CODEBOOK", book)
    (told,) = errors([layer])
    assert (told.sheet, told.rule) == ("codebook", "codebook")
    assert "type 'real' is not one of text" in told.message


def test_names_of_layers_and_rows_in_both_versions():
    """Problems name the layer's folder; the same folder name twice falls back to the path."""
    assert {p.layer for p in problems(LAYERS["2026.1"], "2026.1", others=())} == {"", "2026.1"}

"""Case in lists, dates in columns of any words, headers below a row of groups."""

from datetime import datetime

import pytest
import xlsxwriter
from small import COUNTS, small, told

LIST = "sheet,column,type,allowed,separator,recodes\n"
LIST += "studies,targets,list,CD19|CD20,{sign},CD-19=CD19\n"
DOSE = "sheet,column,type\nstudies,dose,category\n"


@pytest.mark.parametrize("sign", [";", "+"])
@pytest.mark.parametrize("cell, value", [
    ("cd19{}CD20", "CD19{}CD20"), ("Cd20", "CD20"), ("CD-19{}cd20", "CD19{}CD20"),
])  # fmt: skip
def test_case_does_not_matter_in_lists(tmp_path, sign, cell, value):
    rows = f"study_id,targets\nA,{cell.format(sign)}\nB,CD19\n"
    reading = small(tmp_path, rows, codebook=LIST.format(sign=sign))
    assert not reading.errors
    assert reading.stack.studies["A"].values["targets"] == value.format(sign)
    assert [p.severity for p in reading.problems if p.rule == "recoded"] == ["warning"]


def test_one_member_in_two_spellings_is_named_twice(tmp_path):
    reading = small(tmp_path, "study_id,targets\nA,cd19;CD19\nB,\n", codebook=LIST.format(sign=";"))
    assert [p.rule for p in reading.errors] == ["list_form"]


@pytest.mark.parametrize("text, warned", [
    ("2024-02-01", True), ("1-Feb", True), ("Feb-24", True), ("01.02.2024", True),
    ("3-5", False), ("Mayo", False), ("Augsburg", False), ("2019", False), ("May 2019", False),
])  # fmt: skip
def test_a_date_in_a_column_of_any_words_is_told(tmp_path, text, warned):
    reading = small(tmp_path, f"study_id,dose\nA,{text}\nB,\n", codebook=DOSE)
    expected = [("warning", "studies", 2, "dose", text)] if warned else []
    assert told(reading, "date_damage") == expected


def test_a_date_cell_in_a_column_of_any_words_is_an_error(tmp_path):
    """A dose of 1-2 became the level 2024-02-01; a number there is a word like any other."""
    (tmp_path / "1").mkdir()
    book = xlsxwriter.Workbook(tmp_path / "1/extraction.xlsx")
    studies, outcomes = book.add_worksheet("studies"), book.add_worksheet("outcomes_1")
    day = book.add_format({"num_format": "d-mmm"})
    studies.write_row(0, 0, ["study_id", "design", "dose"])
    studies.write_row(1, 0, ["A", "x", 0.5])
    studies.write_row(2, 0, ["B"])
    studies.write_datetime(2, 1, datetime(2024, 2, 1), day)
    studies.write_datetime(2, 2, datetime(2024, 2, 1), day)
    for number, line in enumerate(COUNTS.splitlines()):
        outcomes.write_row(number, 0, [int(c) if c.isdigit() else c for c in line.split(",")])
    book.close()
    reading = small(tmp_path, "", "", codebook=DOSE)
    found = {(p.row, p.column) for p in reading.errors if p.rule == "date_damage"}
    assert found == {(3, "design"), (3, "dose")}
    assert not told(reading, "number_as_text")


@pytest.mark.parametrize("above", ["Study,,Counts,,Source", "study_id,,Counts,,", "A title,,,,"])
def test_the_header_below_a_row_of_groups(tmp_path, above):
    rows = "study_id,outcome,events,total,source_url\nA,orr,5,10,x\nB,orr,5,10,x\nA,crs,1,10,x\n"
    reading = small(tmp_path, "study_id\nA\nB\n", f"{above}\n{rows}")
    (problem,) = [p for p in reading.errors if p.sheet == "outcomes_1"]
    assert problem.rule == "header_row" and "row 2 seems to be" in problem.message
    assert problem.hint == "delete what stands above row 2"


def test_rows_that_hold_names_of_columns_do_not_make_a_header(tmp_path):
    rows = "study_id,outcome,events,total,notes\nA,orr,5,10,total\nB,orr,5,10,events\n"
    assert not small(tmp_path, "study_id\nA\nB\n", rows + "A,crs,1,10,\n").errors


@pytest.mark.parametrize("label, hint", [
    ("A: 2019", "the sign ':' (colon) is at fault; write 'A 2019' in all sheets"),
    ("Smith; 2019 [a]", "the sign ';' (semicolon) is at fault; write 'Smith 2019 a' in all sheets"),
    ("-A", "the sign '-' (hyphen-minus) is at fault; write 'A' in all sheets"),
])  # fmt: skip
def test_a_label_that_is_none_is_told_with_the_sign_and_a_right_one(tmp_path, label, hint):
    rows = f"study_id,year\n{label},2019\nB,2020\n"
    reading = small(tmp_path, rows, COUNTS.replace("A,", f"{label},"))
    found = [p for p in reading.errors if p.rule == "pattern"]
    assert {p.sheet for p in found} == {"studies", "outcomes_1"}
    assert {p.hint for p in found} == {hint}


def test_accents_of_their_own_are_joined(tmp_path):
    """Names from some systems have them so; they were refused, or another study."""
    apart, joined = "Mu\u0308ller2019", "M\u00fcller2019"
    counts = COUNTS.replace("A,", f"{joined},")
    rows = f"study_id,notes\n{apart},Universita\u0308t\nB,\n"
    reading = small(tmp_path, rows, counts)
    assert not reading.errors
    assert told(reading, "accents") == [("warning", "studies", 2, "study_id", apart)]
    assert reading.stack.studies[joined].values["notes"] == "Universit\u00e4t"

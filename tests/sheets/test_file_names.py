"""Files that are meant as sheets or codebook and are not called or saved so are told."""

import pytest
from small import COUNTS, small

from singlearm.sheets.codebook import misnamed
from singlearm.sheets.files import sheet_files


@pytest.mark.parametrize("name, rule, hint", [
    ("outcomes_2.txt", "file_format", "save it as outcomes_2.xlsx or outcomes_2.csv"),
    ("Outcomes_2.csv.txt", "file_format", "save it as outcomes_2.xlsx or outcomes_2.csv"),
    ("extraction.numbers", "file_format", "save it as extraction.xlsx"),
    ("outcomes_2.fods", "file_format", "save it as outcomes_2.xlsx or outcomes_2.csv"),
    ("extraction_v2.xlsx", "file_name", "rename it to extraction.xlsx"),
    ("Extraction final.ODS", "file_name", "rename it to extraction.ods"),
])  # fmt: skip
def test_a_file_that_is_not_read_is_told(tmp_path, name, rule, hint):
    reading = small(tmp_path, "study_id\nA\nB\n", COUNTS, files={name: COUNTS})
    (problem,) = reading.errors
    assert (problem.sheet, problem.rule) == (name, rule) and problem.hint.startswith(hint)
    # a plan must see it go, or the check would not be made again
    assert name in [path.name for path in sheet_files(tmp_path / "1")]


@pytest.mark.parametrize("name", ["notes.txt", "README.md", "protocol.fods", "studies.pdf"])
def test_other_files_may_lie_in_a_layer(tmp_path, name):
    reading = small(tmp_path, "study_id\nA\nB\n", COUNTS, files={name: "x"})
    assert not reading.errors


@pytest.mark.parametrize("name, told", [
    ("Codebook.csv", "rename it"), ("codebook.xlsx", "save it as CSV"), ("notes.csv", None),
])  # fmt: skip
def test_a_codebook_of_another_name_is_told(tmp_path, name, told):
    (tmp_path / name).write_text("x", encoding="utf-8")
    found = misnamed(tmp_path / "codebook.csv")
    assert [told in each for each in found] == ([True] if told else [])
    (tmp_path / "codebook.csv").write_text("x", encoding="utf-8")
    assert misnamed(tmp_path / "codebook.csv") == []

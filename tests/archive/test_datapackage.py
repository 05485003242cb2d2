"""The descriptor of the sheets: a licence of the data only where the review gives one."""

import frictionless
import pytest

import write_archive
from singlearm.archive.datapackage import data_package, sheet_resource
from singlearm.sheets.codebook import core_codebook
from singlearm.sheets.csv_sheets import layout_of

REVIEW = {"name": "few", "title": "Few studies", "question": "How often?", "authors": ["A B"]}


@pytest.mark.parametrize("licensed", [True, False])
def test_a_licence_is_named_only_where_there_is_one(licensed):
    found = data_package(REVIEW, "1", "2022-02-02", [], licensed=licensed)
    assert ("licenses" in found) == licensed


@pytest.mark.parametrize("name, text", [
    ("rates_1.csv", "study_id;outcome;events;person_time;unit\nA;inf;5;812,5;person-years\n"
     "B;inf;5;1.234;person-years\n"),
    ("rates_1.csv", "sep=;\nstudy_id;outcome;events;person_time;unit\nA;inf;5;7;person-years\n"),
    ("rates_1.csv", "\ufeffstudy_id,outcome,events,person_time,unit\nA,inf,5,7.5,person-years\n"),
    ("Rates_1.TSV", "study_id\toutcome\tevents\tperson_time\tunit\nA\tinf\t5\t7\tperson-years\n"),
])  # fmt: skip
def test_other_programs_read_a_sheet_by_its_description(tmp_path, name, text, monkeypatch):
    """Of semicolons or a line sep=; the descriptor had one field, or the wrong ones."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    columns = core_codebook().of("rates")
    layout = layout_of((tmp_path / name).read_bytes(), columns)
    resource = sheet_resource(name, "rates_1", "1", layout, columns)
    assert [each["name"] for each in resource["schema"]["fields"]] == [
        "study_id", "outcome", "events", "person_time", "unit",
    ]  # fmt: skip
    package = frictionless.Package.from_descriptor(
        data_package(REVIEW, "1", "2022-02-02", [resource], licensed=False)
    )
    assert package.validate().flatten(["rowNumber", "fieldNumber", "type", "message"]) == []
    rows = package.resources[0].read_rows()
    assert [int(row["person_time"]) for row in rows][-1] in (1234, 7)


def test_an_archive_names_the_authors_of_the_review(tmp_path):
    """Without a CITATION.cff of its own it named those of the project."""
    assert write_archive.citation_of([], REVIEW) == {"authors": [{"name": "A B"}]}
    assert write_archive.citation_of([], {}) == {
        "authors": [{"name": "The authors of this review"}]
    }
    own = tmp_path / "CITATION.cff"
    own.write_text("authors: [{name: C D}]", encoding="utf-8")
    assert write_archive.citation_of(["README.md", own], REVIEW) == {"authors": [{"name": "C D"}]}

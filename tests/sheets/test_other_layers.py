"""Which layers of other versions a check reads: found by what their sheets hold, however saved."""

import zipfile

import pytest
import xlsxwriter
from review import CODEBOOK, OUTCOMES, PROTOCOL
from small import small

from singlearm.sheets import other_layers as others
from singlearm.sheets.codebook import core_codebook, read_codebook

TWO = {
    "orr": {"kind": "proportion"},
    "os12": {"kind": "landmark", "of": "os", "months": 12},
}
CODES = core_codebook().for_outcomes(TWO)
ORR = [["study_id", "outcome", "events", "total"], ["A", "orr", "1", "2"]]
OS = [["study_id", "outcome", "months", "value_percent"], ["A", "os", "12", "50"]]


def text(rows, sign=","):
    """The rows as a text file."""
    return "".join(sign.join(row) + "\n" for row in rows)


def workbook(path, **tabs):
    """A workbook with these tabs."""
    book = xlsxwriter.Workbook(path)
    for name, rows in tabs.items():
        tab = book.add_worksheet(name)
        for number, row in enumerate(rows):
            tab.write_row(number, 0, row)
    book.close()


def found(folder):
    """What a layer surely and perhaps has."""
    return tuple(map(set, others.outcomes_in(str(folder), TWO, CODES)))


@pytest.mark.parametrize("name, content", [
    ("outcomes_1.csv", text(ORR)),
    ("Outcomes_1.csv", text(ORR)),
    ("outcomes_2.CSV", text(ORR)),
    ("outcomes_1.tsv", text(ORR, "\t")),
    ("outcomes_1.csv", text(ORR, ";")),
    ("outcomes_1.csv", "sep=;\n" + text(ORR, ";")),
    ("outcomes_1.csv", "\ufeff" + text(ORR)),
    ("outcomes_1.csv", text(ORR).replace("orr", "ORR")),
])  # fmt: skip
def test_text_files(tmp_path, name, content):
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert found(tmp_path) == ({"orr"}, {"orr"})


@pytest.mark.parametrize("months, there", [("12", True), ("12.0", True), ("12,0", True),
                                           ("24", False), ("", True)])  # fmt: skip
def test_a_landmark_is_found_by_its_time(tmp_path, months, there):
    rows = text([OS[0], ["A", "Os", months, "50"]], ";")
    (tmp_path / "landmarks_1.csv").write_text(rows, encoding="utf-8")
    assert found(tmp_path)[0] == ({"os12"} if there else set())


@pytest.mark.parametrize("name", ["extraction.xlsx", "Extraction.xlsm"])
def test_workbooks_are_known_by_their_tabs(tmp_path, name):
    """The template's guide and lists name every outcome, and are no data."""
    workbook(tmp_path / name, lists=[["orr"], ["os"], [12]], outcomes_1=ORR)
    assert found(tmp_path) == ({"orr"}, {"orr"})


def test_a_workbook_of_one_sheet(tmp_path):
    workbook(tmp_path / "landmarks_1.xlsx", Tab=[OS[0], ["A", "OS", 12.0, 50]])
    assert found(tmp_path) == ({"os12"}, {"os12"})


def test_what_cannot_be_read_surely_has_nothing_and_may_have_everything(tmp_path):
    """A damaged workbook, which stopped the plan before the check could speak; a title row."""
    with zipfile.ZipFile(tmp_path / "extraction.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", "<a>" + "abc" * 1000 + "</a>")
    content = bytearray((tmp_path / "extraction.xlsx").read_bytes())
    content[45] ^= 0xFF
    (tmp_path / "extraction.xlsx").write_bytes(content)
    assert found(tmp_path) == (set(), set(TWO))
    (tmp_path / "extraction.xlsx").unlink()
    (tmp_path / "outcomes_1.csv").write_text("A title\n" + text(ORR), encoding="utf-8")
    assert found(tmp_path) == (set(), set(TWO))
    assert found(tmp_path / "not there") == (set(), set())


def chosen(own, **layers):
    """The other layers for a version of one layer, of what each surely and perhaps has."""
    versions = {"1": {"layers": ["own"]}, "2": {"layers": ["own", *layers]}}
    return others.other_layers(versions, "1", TWO, lambda name: ({"own": own} | layers)[name])


def test_no_more_layers_than_needed():
    both, none, orr = (frozenset(found) for found in (TWO, (), ("orr",)))
    assert chosen((both, both), a=(orr, orr)) == []
    assert chosen((none, none), a=(orr, orr), b=(both, both), c=(both, both)) == ["a", "b"]
    # one that may have everything is read, and the search goes on
    assert chosen((orr, orr), a=(none, both), b=(both, both)) == ["a", "b"]
    # of the version's own only what it surely has counts
    assert chosen((none, both), a=(both, both)) == ["a"]


def test_a_version_whose_layers_are_all_there_are_reads_nothing():
    assert others.other_layers({"1": {"layers": ["own"]}}, "1", TWO, lambda _: 1 / 0) == []


def test_nothing_more_is_read_once_all_is_found():
    versions = {"1": {"layers": ["own", "x"]}, "2": {"layers": ["y"]}}
    found = {"own": (frozenset(TWO), frozenset(TWO))}
    assert others.other_layers(versions, "1", TWO, found.__getitem__) == []


def test_the_real_versions(repository, monkeypatch):
    monkeypatch.chdir(repository)
    codes = read_codebook(CODEBOOK).for_outcomes(OUTCOMES, PROTOCOL["not_analysed"])
    versions = PROTOCOL["versions"]

    def found(layer):
        return others.outcomes_in(layer, OUTCOMES, codes)

    asked = {name: others.other_layers(versions, name, OUTCOMES, found) for name in versions}
    assert asked == {
        "2021.1": ["data/raw/2026.1", "data/raw/2026.2"], "2026.1": ["data/raw/2026.2"],
        "2026.2": [],
    }  # fmt: skip


def test_no_false_fault_of_an_outcome_in_another_layer(tmp_path):
    other = tmp_path / "2"
    other.mkdir()
    (other / "landmarks_1.csv").write_text(text(OS, ";"), encoding="utf-8")
    (other / "studies.csv").write_text("study_id\nA\n", encoding="utf-8")
    versions = {"1": {"layers": [str(tmp_path / "1")]}, "2": {"layers": [str(other)]}}

    def found(layer):
        return others.outcomes_in(layer, TWO, CODES)

    more = others.other_layers(versions, "1", TWO, found)
    reading = small(tmp_path, "study_id\nA\n", text(ORR), outcomes=TWO, other_layers=more)
    assert more == [str(other)] and not reading.errors

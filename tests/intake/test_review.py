"""What the folder of a review holds, how it is made again, and texts that mean harm."""

import csv
import stat

import pytest
import yaml
from made_tables import ORR, sheet, text_file, values, workbook

from singlearm.intake.__main__ import main, make_review
from singlearm.intake.folder import LAYER
from singlearm.intake.names import NAMES, RANK, ROLE_OF, names_table, plain
from singlearm.intake.rows import identifier
from singlearm.intake.table import IntakeError

HOSTILE = [
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "+1+1",
    "-2+3",
    'Say "no", 2019',
    "two\nlines 2020",
    "Sm\u0456th 2019",  # a Cyrillic i
    "Ｓｍｉｔｈ 2019",  # full-width letters
    "<script>alert(1)</script>",
    "'; DROP TABLE studies; --",
    "../../etc/passwd",
    "O'Brien & Söhne 2018",
    "研究 2020",
    "{{ title }} ${HOME} `id`",
    "a: b # c",
    "x" * 500,
]


@pytest.mark.parametrize("write", [text_file, workbook], ids=["csv", "xlsx"])
def test_hostile_labels_survive_as_text(tmp_path, write):
    """Each is one study whose printed name is what stood there, blanks and line ends apart."""
    rows = [["Study", "Outcome", "Events", "Total"], *([t, t, 1, 9] for t in HOSTILE)]
    folder = tmp_path / "review"
    make_review(folder, write(tmp_path / f"t.{'csv' if write is text_file else 'xlsx'}", rows))
    studies = sheet(folder, "studies")
    printed = [row["label"] or row["study_id"] for row in studies]
    assert printed == [" ".join(text.split()) for text in HOSTILE]
    ids = [row["study_id"] for row in studies]
    assert len(set(ids)) == len(HOSTILE)
    assert all(name[0].isalnum() and len(name) <= 90 for name in ids)
    assert [row["study_id"] for row in sheet(folder, "outcomes_1")] == ids
    protocol = yaml.safe_load((folder / "config" / "config.yaml").read_text(encoding="utf-8"))
    labels = [entry["label"] for entry in protocol["outcomes"].values()]
    assert labels == printed
    assert all(plain(name) == name for name in protocol["outcomes"])


def test_a_hostile_title_and_headers_are_text(tmp_path):
    rows = [["Study", "xi", "ni", '"; rm -rf / #', "=1+1"], ["A 2019", 1, 9, "x", "y"]]
    title = 'x"}\nbuild: ["9"]\n# {{ 1 }}'
    folder = tmp_path / "review"
    make_review(folder, text_file(tmp_path / "t.csv", rows), title)
    protocol = yaml.safe_load((folder / "config" / "config.yaml").read_text(encoding="utf-8"))
    assert set(protocol) == {"review", "outcomes"}
    assert protocol["review"]["title"] == " ".join(title.split())
    assert yaml.safe_load((folder / "CITATION.cff").read_text())["title"] == " ".join(title.split())
    with (folder / "config" / "codebook.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["column"] for line in lines] == ["rm_rf", "x1_1"]


def test_ids_are_unlike_and_keep_letters_of_any_script():
    assert identifier("Müller*Smith/2020", ()) == "Müller Smith/2020"
    assert identifier("研究 2020", ()) == "研究 2020"
    assert identifier("A*", {"A"}) == "A 2"
    assert identifier("***", ()) == "study"


def arms(*names):
    """A table in which one trial has three arms."""
    rows = [["Trial", "Dose", "Events", "Patients", "Country"]]
    rows += [["Gettinger 2015", name, k + 1, 20, "USA"] for k, name in enumerate(names)]
    return [*rows, ["Lee 2021", "all", 30, 41, "Korea"]]


def test_arms_keep_their_names_and_their_trial(tmp_path):
    folder = tmp_path / "review"
    told = make_review(
        folder, text_file(tmp_path / "orr.csv", arms("1 mg/kg", "3 mg/kg", "10* mg"))
    )
    studies = sheet(folder, "studies")
    assert [(row["study_id"], row["label"], row["trial"]) for row in studies] == [
        ("Gettinger 2015, 1 mg/kg", "", "Gettinger 2015"),
        ("Gettinger 2015, 3 mg/kg", "", "Gettinger 2015"),
        ("Gettinger 2015, 10 mg", "Gettinger 2015, 10* mg", "Gettinger 2015"),
        ("Lee 2021", "", "Lee 2021"),
    ]
    assert any("1 studies have several rows for one outcome" in line for line in told)
    assert {row["country"] for row in studies} == {"USA", "Korea"}


def test_arms_without_names_are_numbered(tmp_path):
    folder = tmp_path / "review"
    make_review(folder, text_file(tmp_path / "orr.csv", arms("same", "same", "same")))
    assert [row["study_id"] for row in sheet(folder, "studies")] == [
        "Gettinger 2015, same 1",
        "Gettinger 2015, same 2",
        "Gettinger 2015, same 3",
        "Lee 2021",
    ]


def test_a_group_without_repeats_is_a_column_of_the_studies(tmp_path):
    rows = [["Study", "Group", "r", "n"], ["A 2019", "low", 1, 9], ["B 2019", "high", 2, 9]]
    make_review(tmp_path / "review", text_file(tmp_path / "orr.csv", rows))
    assert [row["group"] for row in sheet(tmp_path / "review", "studies")] == ["low", "high"]


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ((30, 20), "30 events of 20"),
        ((1, 0), "a total of 0"),
        (("3-4", 20), "'3-4' is not a whole number"),
        (("3.5", 20), "'3.5' is not a whole number"),
        ((3, ""), "events without a total"),
        (("12²", 20), "'12²' is not a whole number"),
    ],
)
def test_a_cell_that_cannot_be_is_left_out_and_told(tmp_path, cells, word):
    rows = [["Study", "Events", "Total"], ["Bad 2018", *cells], *map(list, ORR)]
    told = make_review(tmp_path / "review", text_file(tmp_path / "orr.csv", rows))
    assert values(tmp_path / "review", "orr") == ORR
    assert any(line.startswith("left out, row 2:") and word in line for line in told)


SUMS = ["Total", "TOTAL (95% CI)", "Pooled", "Overall estimate", "Gesamt", "Summe:"]
SUMS += ["Heterogeneity: I2 = 75%", "Random effects model"]


@pytest.mark.parametrize("label", SUMS)
def test_sums_are_left_out(tmp_path, label):
    rows = [["Study", "Events", "Total"], *map(list, ORR), [label, 51, 87]]
    make_review(tmp_path / "review", text_file(tmp_path / "orr.csv", rows))
    assert values(tmp_path / "review", "orr") == ORR


def test_columns_yaml_can_be_corrected_and_used_again(tmp_path):
    rows = [["Study", "Hit", "Looked at", "Colour"], *([*row, "red"] for row in ORR)]
    table, folder = text_file(tmp_path / "mine.csv", rows), tmp_path / "review"
    with pytest.raises(IntakeError, match="which of them hold the events and totals"):
        make_review(folder, table)
    path = folder / "columns.yaml"
    known = yaml.safe_load(path.read_text(encoding="utf-8"))
    known["outcomes"] = {"hit": {"label": "Hits", "events": "Hit", "total": "Looked at"}}
    known["studies"], known["left_out"] = {"Colour": "paint"}, None
    path.write_text(yaml.safe_dump(known), encoding="utf-8")
    make_review(folder, table)
    assert values(folder, "hit") == ORR
    assert sheet(folder, "studies")[0]["paint"] == "red"
    again = path.read_text(encoding="utf-8")
    make_review(folder)  # from the copy in the folder
    assert path.read_text(encoding="utf-8") == again


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"outcomes": {"hit": {"events": "No such", "total": "ni"}}}, "no column 'No such'"),
        ({"outcomes": {"hit": {"event": "xi"}}}, "hit has no event"),
        ({"outcomes": {"hit": {"kind": "odd"}}}, "kind of hit is one of"),
        ({"colour": 1}, "colour is not a key"),
        ({"study": None}, "study and outcomes are needed"),
        ({"study": [5]}, "5 is not the name of a column"),
        ({"studies": ["a"]}, "'studies' is not the name of a column"),
        ({"left_out": 5}, "5 is not the name of a column"),
        ({"outcomes": {"hit": ["xi"]}}, "an outcome is written"),
        ({"outcomes": {"hit": {"events": ["xi"], "total": "ni"}}}, "is not the name of a column"),
        ({"header_row": "one"}, "header_row is the number of a row"),
        ({"header_row": 99}, "has no row 99"),
    ],
)
def test_a_slip_in_columns_yaml_is_named(tmp_path, change, word):
    table = text_file(tmp_path / "t.csv", [["study", "xi", "ni"], *map(list, ORR)])
    make_review(tmp_path / "review", table)
    path = tmp_path / "review" / "columns.yaml"
    known = yaml.safe_load(path.read_text(encoding="utf-8")) | change
    path.write_text(yaml.safe_dump(known), encoding="utf-8")
    with pytest.raises(IntakeError, match=word):
        make_review(tmp_path / "review", table)


def test_a_doubled_outcome_in_columns_yaml_is_named(tmp_path):
    """The last one won without a word."""
    folder = tmp_path / "review"
    make_review(folder, text_file(tmp_path / "t.csv", [["study", "xi", "ni"], *map(list, ORR)]))
    outcome = "  orr: {label: R, kind: proportion, events: xi, total: ni}\n"
    text = f"table: t.csv\nstudy: [study]\noutcomes:\n{outcome}{outcome}"
    (folder / "columns.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(IntakeError, match=r"outcomes: the key orr stands twice \(lines"):
        make_review(folder)


def test_columns_yaml_that_is_no_yaml_is_a_fault(tmp_path, capsys):
    (tmp_path / "review").mkdir()
    (tmp_path / "review" / "columns.yaml").write_text("a: b: c")
    table = text_file(tmp_path / "t.csv", [["study", "xi", "ni"], *map(list, ORR)])
    assert main(["--to", str(tmp_path / "review"), "--from", str(table)]) == 1
    assert "make review:" in capsys.readouterr().err


def test_what_was_edited_by_hand_is_kept(tmp_path):
    table, folder = (
        text_file(tmp_path / "t.csv", [["study", "xi", "ni"], *map(list, ORR)]),
        tmp_path / "r",
    )
    make_review(folder, table)
    protocol = folder / "config" / "config.yaml"
    protocol.write_text(protocol.read_text() + "headline: typical\n")
    told = make_review(folder, table)
    assert "edited by hand and kept: config/config.yaml" in told
    assert protocol.read_text().endswith("headline: typical\n")
    outcomes = folder / LAYER / "outcomes_1.csv"
    outcomes.write_text(outcomes.read_text().replace(",13,", ",14,"))
    with pytest.raises(IntakeError, match=r"outcomes_1\.csv was edited by hand"):
        make_review(folder, table)
    assert ",14," in outcomes.read_text()


def test_the_folder_is_complete_and_the_same_each_time(tmp_path):
    table = text_file(
        tmp_path / "t.csv", [["study", "xi", "ni", "mood"], *([*r, "x"] for r in ORR)]
    )
    for name in ("one", "two"):
        make_review(tmp_path / name, table)
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.*"))
    assert {str(file) for file in files} >= {
        "README.md", "CITATION.cff", "columns.yaml", "config/config.yaml", "config/codebook.csv",
        "data/raw/1/studies.csv", "data/raw/1/outcomes_1.csv", "data/source/t.csv",
    }  # fmt: skip
    for file in [*files, "LICENSE-DATA", "Makefile", "Snakefile"]:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), (
            file
        )
        assert not (tmp_path / "one" / file).stat().st_mode & stat.S_IXUSR


def test_the_snakefile_points_to_this_workflow(tmp_path, repository):
    make_review(
        tmp_path / "a" / "review",
        text_file(tmp_path / "t.csv", [["study", "xi", "ni"], *map(list, ORR)]),
    )
    text = (tmp_path / "a" / "review" / "Snakefile").read_text()
    path = text.split('"')[1]
    assert (tmp_path / "a" / "review" / path).resolve() == repository / "workflow" / "Snakefile"
    assert "configfile:" not in text  # the workflow manager would tell a slip without its line


def test_each_name_has_one_role_and_is_written_as_it_is_compared():
    words = [word for name in NAMES for word in name.words]
    assert len(words) == len(set(words)) == len(ROLE_OF) == len(RANK)
    assert [word for word in words if plain(word) != word] == []


def test_the_docs_have_the_table_of_names(repository):
    text = (repository / "docs" / "your-review.md").read_text(encoding="utf-8")
    assert names_table() in text, "paste the output of: make names"

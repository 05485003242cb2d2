"""The codebook: it says what the data's own dictionary says, and its own faults are told."""

import re

import pytest
from review import CODEBOOK, LAYERS, ROOT, codebook, load

from singlearm.sheets.codebook import CodebookError, core_codebook, read_codebook
from singlearm.sheets.core import SHEETS


def dictionary():
    """(sheet kind, column) to the allowed words, from the dictionary of the raw data's README."""
    text = (ROOT / "data" / "raw" / "README.md").read_text(encoding="utf-8")
    line = re.compile(
        r"^\| (studies|outcomes_1, _2) \| (\w+) \| (?:category|list) \|[^|]*\| (.*) \|$", re.M
    )
    found = {}
    for sheet, column, allowed in line.findall(text):
        words = re.sub(r"\([^)]*\)|^joined by `.`:", "", allowed).split(",")
        words = {word.strip() for word in words} - {"empty", ""}
        if not any(" defined " in word or "study_ids" in word for word in words):
            found[sheet.partition("_")[0], column] = words
    return found


def test_allowed_words_are_the_dictionarys():
    words = dictionary()
    assert len(words) >= 9
    for (kind, column), allowed in words.items():
        assert set(codebook().of(kind)[column].allowed) == allowed, (kind, column)


def test_every_column_of_the_real_sheets_is_listed():
    for layer in LAYERS["2026.1"]:
        for file in layer.glob("*.csv"):
            columns = codebook().of(SHEETS[file.stem])
            header = load(layer, file.stem)[0]
            assert set(header) <= set(columns)
            assert {name for name, c in columns.items() if c.required != "optional"} <= set(header)


def test_every_column_says_what_it_holds():
    for kind in dict.fromkeys(SHEETS.values()):
        for column in codebook().of(kind).values():
            assert column.description
            assert column.allows()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "studies,median_age,number",
            "studies,median_age,real",
            "row 14 (studies, median_age): type 'real' is not one of",
        ),
        ("studies,product,text", "study,product,text", "sheet 'study' is not one of"),
        ("studies,country,,", "studies,year,text,", "this column of the program is integer"),
        ("studies,product,text", "studies,phase,text", "the column is listed twice"),
        (",0,50,", ",long ago,50,", "minimum 'long ago' is not a number"),
        ("studies,product,", 'studies,"pro\nduct",', "has letters, digits and _ only"),
        (",,n_enrolled,", ",,n_enroled,", "at_most 'n_enroled' is not a column of this sheet"),
        ("US=USA", "US:USA", "recodes are written as raw=value"),
        ("sheet,column,type,unit", "sheet,column,type,pattern", "pattern 'patients('"),
        (",+,", ",,", "a list needs its separator"),
        ("sheet,column", "sheet,name", "the columns are sheet, column and any of type"),
        ("studies,product,text", "studies,product", "row 7: not 13 cells"),
        (",filled,", ",always,", "required 'always' is not one of filled, present, optional"),
    ],
)
def test_faults_of_the_codebook(tmp_path, old, new, told):
    path = tmp_path / "codebook.csv"
    text = CODEBOOK.read_text(encoding="utf-8")
    text = text.replace("integer,patients,", "integer,patients(,", 1) if "pattern" in new else text
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CodebookError) as error:
        read_codebook(path)
    assert told in str(error.value)


def test_a_codebook_that_cannot_be_read(tmp_path):
    assert set(read_codebook(None).of("studies")) == set(core_codebook().of("studies"))
    path = tmp_path / "codebook.csv"
    path.write_bytes(b"sheet,\xff\n")
    with pytest.raises(CodebookError, match="cannot be read"):
        read_codebook(path)


def own(tmp_path, *lines):
    """A codebook of these lines, read."""
    path = tmp_path / "codebook.csv"
    path.write_text("sheet,column,type,allowed,recodes\n" + "\n".join(lines) + "\n", "utf-8")
    return read_codebook(path)


@pytest.mark.parametrize("sheet, column, allowed, text, word", [
    ("studies", "include", "Yes|No", "No", "no"),
    ("durations", "not_reached", "YES|NO", "YES", "yes"),
    ("outcomes", "verified_against", "Full_Text|Registry", "Full_Text", "full_text"),
    ("comparative", "effect_measure", "hr", "hr", "HR"),
    ("adjudication_durations", "decision_not_reached", "Yes|No", "No", "no"),
])  # fmt: skip
def test_a_narrowed_column_keeps_the_programs_words(tmp_path, sheet, column, allowed, text, word):
    """Narrowed to Yes and No, include took every study in: the program looks for no."""
    found = own(tmp_path, f"{sheet},{column},,{allowed},").of(sheet)[column]
    assert found.meant(text) == word and word in found.allowed
    assert len(found.allowed) == len(allowed.split("|"))


def test_recodes_lead_to_the_programs_words(tmp_path):
    found = own(tmp_path, "studies,include,,Yes|No,ja=Yes|nein=NO").of("studies")["include"]
    assert [found.meant(text) for text in ("ja", "nein", "N")] == ["yes", "no", "no"]


@pytest.mark.parametrize("sheet, column, allowed", [
    ("studies", "include", "yes|nein"), ("rates", "unit", "person-years|patient-years"),
    ("certainty", "judgement", "good"),
])  # fmt: skip
def test_words_that_the_program_does_not_know_are_refused(tmp_path, sheet, column, allowed):
    with pytest.raises(CodebookError, match="none of the words by which the program decides"):
        own(tmp_path, f"{sheet},{column},,{allowed},")


def test_words_that_are_only_shown_may_be_others(tmp_path):
    assert own(tmp_path, "outcomes,confidence,,sure|unsure,").of("outcomes")["confidence"].allowed


@pytest.mark.parametrize("sheet, column", [
    ("studies", "layer"), ("studies", "row"), ("studies", "agreement"), ("studies", "events"),
    ("studies", "source_type"), ("studies", "derived"), ("studies", "verified"),
    ("outcomes", "sheet"), ("durations", "carried_from"), ("claims", "row"),
])  # fmt: skip
def test_own_columns_are_not_called_like_the_programs(tmp_path, sheet, column):
    """They were overwritten by the origin of the row, or read from the count in their place."""
    with pytest.raises(CodebookError, match=f"call it otherwise, as own_{column}"):
        own(tmp_path, f"{sheet},{column},text,,")
    assert own(tmp_path, f"{sheet},own_{column},text,,").of(sheet)[f"own_{column}"].own

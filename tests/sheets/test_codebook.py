"""The codebook: it says what the data's own dictionary says, and its own faults are told."""

import re

import pytest
from review import CODEBOOK, LAYERS, ROOT, codebook, load

from singlearm.sheets.codebook import SHEETS, CodebookError, core_codebook, read_codebook


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

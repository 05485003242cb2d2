"""Faults of files and headers: what is read in spite of them, and what is told."""

import csv

import pytest
from review import (
    OLD,
    errors,
    load,
    place,
    problems,
    put,
    row_of,
    save,
    the,
)


def test_unknown_and_missing_columns(layer):
    grid = load(layer, "outcomes_1")
    grid[0][2] = "event"
    save(layer, "outcomes_1", grid)
    found = errors([layer])
    unknown, missing = the(found, "unknown_column"), the(found, "missing_column")
    assert place(unknown) == ("2021.1", "outcomes_1", 1, "event")
    assert unknown.hint == "did you mean 'events'?"
    assert place(missing) == ("2021.1", "outcomes_1", 1, "events")
    assert missing.hint == "did you mean 'event'?"
    assert len(found) == 2, "what follows from a missing column is not told again"


def test_further_columns_of_studies_need_the_codebook(layer):
    grid = load(layer, "studies")
    save(layer, "studies", [[*row, "x" if n else "ward"] for n, row in enumerate(grid)])
    told = the(errors([layer]), "unknown_column")
    assert place(told) == ("2021.1", "studies", 1, "ward")
    assert told.hint == "list it in config/codebook.csv, or delete it"
    drop = [place for place, name in enumerate(grid[0]) if not name.startswith("membership")]
    save(layer, "studies", [[row[place] for place in drop] for row in grid])
    assert errors([layer], subgroups={}) == []


def test_wrong_encoding(layer):
    path = layer / "studies.csv"
    text = path.read_text(encoding="utf-8").replace("Zhao WH", "Zhäo WH", 1)
    path.write_bytes(text.encode("cp1252"))
    found = errors([layer])
    told = the(found, "encoding")
    row = row_of(OLD, "studies", "Zhao2018")
    assert place(told) == ("2021.1", "studies", row, "")
    assert "Zhäo" in told.value
    assert "CSV UTF-8" in told.hint
    assert found == [told], "no study is called unknown because its sheet cannot be read"
    path.write_bytes(text.encode("utf-16"))
    assert "UTF-16" in the(errors([layer]), "encoding").message
    path.write_bytes(text.encode("utf-8-sig"))
    assert errors([layer]) == []


def test_text_decoded_wrongly_is_a_warning(layer):
    put(layer, "studies", 3, "title", "Müller".encode().decode("cp1252"))
    told = the(problems([layer]), "mojibake")
    assert (told.severity, *place(told)) == ("warning", "2021.1", "studies", 3, "title")
    assert "Müller" in told.hint


@pytest.mark.parametrize(("sign", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_other_delimiters_are_read(layer, sign, word):
    grid = load(layer, "durations_1")
    with (layer / "durations_1.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=sign).writerows(grid)
    found = [p for p in problems([layer]) if p.sheet == "durations_1"]
    assert {p.severity for p in found} == {"warning"}
    assert word in the(found, "delimiter").message


def test_blank_and_doubled_headers(layer):
    grid = load(layer, "outcomes_1")
    grid[0][2] = ""
    grid[0][9] = "total"
    save(layer, "outcomes_1", grid)
    found = errors([layer])
    told = the(found, "blank_header")
    assert place(told) == ("2021.1", "outcomes_1", 1, "column 3")
    assert "first in row 2" in told.message
    assert "unmerge" in told.hint
    assert place(the(found, "duplicate_header")) == ("2021.1", "outcomes_1", 1, "total")


def test_swapped_names_in_the_header_are_a_warning(layer):
    grid = load(layer, "studies")
    a, b = grid[0].index("n_infused"), grid[0].index("n_evaluable")
    grid[0][a], grid[0][b] = grid[0][b], grid[0][a]
    save(layer, "studies", grid)
    told = the(problems([layer]), "column_order")
    assert (told.severity, *place(told)) == ("warning", "2021.1", "studies", 1, "n_evaluable")


def test_rows_that_are_cut_or_too_long(layer):
    path = layer / "outcomes_1.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[4] = lines[4] + ",one more"
    lines[5] = ",".join(lines[5].split(",")[:4])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = [p for p in errors([layer]) if p.rule == "row_length"]
    assert [place(p) for p in found] == [
        ("2021.1", "outcomes_1", 5, ""),
        ("2021.1", "outcomes_1", 6, ""),
    ]
    assert "quote signs" in found[0].hint
    assert "cut" in found[1].hint


def test_an_open_quote_and_a_missing_line_end(layer):
    path = layer / "outcomes_1.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(',"Highest', ',"Highest "dose" ', 1), encoding="utf-8")
    told = the(errors([layer]), "broken_csv")
    assert place(told) == ("2021.1", "outcomes_1", 2, "")
    path.write_text(text[:-1], encoding="utf-8")
    told = the(problems([layer]), "cut_file")
    assert (told.severity, told.row) == ("warning", len(load(OLD, "outcomes_1")))


def test_rows_are_counted_as_a_spreadsheet_counts(layer):
    """A line break inside a cell, and a blank line, do not shift the rows that are told."""
    grid = load(layer, "outcomes_1")
    grid[1][9] = "two\nlines\nand a third"
    grid.insert(3, [""] * len(grid[0]))
    grid[5][2] = "x"
    save(layer, "outcomes_1", grid)
    assert the(errors([layer]), "not_a_number").row == 6


def test_missing_sheets_and_layers(layer, tmp_path):
    (layer / "outcomes_1.csv").unlink()
    told = the(errors([layer]), "missing_sheet")
    assert place(told)[:2] == ("2021.1", "outcomes_1")
    assert "outcomes_2 is there" in told.message
    for other in ("outcomes_2", "durations_1", "durations_2"):
        (layer / f"{other}.csv").unlink()
    assert "outcomes_1.csv" in the(errors([layer]), "missing_sheet").hint
    told = the(errors([OLD, tmp_path / "2022.1"]), "missing_layer")
    assert place(told)[0] == "2022.1"
    assert "data/raw" in told.hint
    told = the(errors([OLD, OLD]), "layer_twice")
    assert told.value == str(OLD)


def test_misnamed_sheet(layer):
    (layer / "outcomes_2.csv").rename(layer / "outcome_2.csv")
    told = the(errors([layer]), "unknown_sheet")
    assert place(told) == ("2021.1", "outcome_2.csv", None, "")
    assert "'outcomes_2'" in told.hint

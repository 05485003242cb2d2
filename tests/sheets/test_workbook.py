"""A layer as one workbook: the same bytes as from CSV, and Excel's damage named."""

import zipfile
from datetime import datetime

import pytest
import xlsxwriter
from review import (
    LAYERS,
    NEW,
    OLD,
    as_workbook,
    check,
    clean,
    copy_layer,
    errors,
    load,
    problems,
    row_of,
    the,
)

from singlearm.sheets.spreadsheets import read_tabs


@pytest.mark.parametrize("typed", [True, False], ids=["numbers", "texts"])
@pytest.mark.parametrize("version", LAYERS)
def test_workbook_and_csv_give_the_same_bytes(version, typed, tmp_path):
    csv_layers = LAYERS[version]
    books = [as_workbook(layer, tmp_path / "raw" / layer.name, typed) for layer in csv_layers]
    others = (NEW,) if version == "2021.1" else ()
    folders = []
    for name, layers in (("csv", csv_layers), ("xlsx", books)):
        folder = check(layers, tmp_path / name, version, others)
        folders.append(clean(layers, folder))
    files = sorted(path.relative_to(folders[0]) for path in folders[0].rglob("*.csv"))
    assert len(files) == 16 + 16
    for file in files:
        assert (folders[0] / file).read_bytes() == (folders[1] / file).read_bytes(), file


@pytest.fixture
def edit(tmp_path):
    """Write 2021.1 as a workbook in which `change(tab, book, sheet)` may alter each tab."""

    def write(change, name="xlsx"):
        folder = tmp_path / name / "2021.1"
        folder.mkdir(parents=True)
        book = xlsxwriter.Workbook(folder / "extraction.xlsx")
        for file in sorted(OLD.glob("*.csv")):
            tab = book.add_worksheet(file.stem)
            for row, cells in enumerate(load(OLD, file.stem)):
                for place, text in enumerate(cells):
                    tab.write_string(row, place, text)
            change(tab, book, file.stem)
        book.close()
        return folder

    return write


def test_a_blank_between_two_looks_of_a_text_is_kept(tmp_path):
    """Excel writes a run for each look, also for a blank alone."""
    path = tmp_path / "runs.xlsx"
    book = xlsxwriter.Workbook(path)
    bold = book.add_format({"bold": True})
    book.add_worksheet("studies").write_rich_string(0, 0, "Smith", bold, " ", "2019")
    book.close()
    assert read_tabs(path)[0].rows == [["Smith 2019"]]


def cell_of(sheet, column, *key):
    """Row and column, from 0, of a cell of 2021.1."""
    return row_of(OLD, sheet, *key) - 1, load(OLD, sheet)[0].index(column)


def test_percent_format_is_named(edit):
    at = cell_of("studies", "prior_asct_percent", "Brudno2018")

    def change(tab, book, sheet):
        if sheet == "studies":
            tab.write_number(*at, 0.85, book.add_format({"num_format": "0%"}))

    told = the(errors([edit(change)]), "percent_format")
    assert (told.layer, told.sheet, told.row, told.column) == (
        "2021.1", "studies", at[0] + 1, "prior_asct_percent",
    )  # fmt: skip
    assert told.value == "0.85"
    assert "type it again" in told.hint


@pytest.mark.parametrize(
    ("sheet", "column", "rule"),
    [
        ("studies", "phase", "date_damage"),
        ("outcomes_1", "source_locator", "date_damage"),
        ("outcomes_1", "events", "date_damage"),
        ("adjudication", "decision_total", "date_damage"),
    ],
)
def test_number_or_text_that_became_a_date_is_named(edit, sheet, column, rule):
    at = cell_of(sheet, column, "Brudno2018") if sheet != "adjudication" else (1, 7)
    column = load(OLD, sheet)[0][at[1]]

    def change(tab, book, name):
        if name == sheet:
            tab.write_datetime(*at, datetime(2021, 2, 1), book.add_format({"num_format": "d-mmm"}))

    told = [p for p in errors([edit(change)]) if p.rule == rule]
    assert [(p.sheet, p.row, p.column) for p in told] == [(sheet, at[0] + 1, column)]
    assert "2021-02-01" in told[0].value
    assert "made a date of it" in told[0].hint


def test_date_that_became_a_number_is_named(edit):
    at = cell_of("studies", "data_cutoff", "Raje2019")

    def change(tab, book, sheet):  # noqa: ARG001
        if sheet == "studies":
            tab.write_number(*at, 44186)

    told = the(errors([edit(change)]), "date_damage")
    assert (told.row, told.column, told.value) == (at[0] + 1, "data_cutoff", "44186")
    assert "2020-12-21" in told.hint


def test_formula_without_value_and_error_value_are_named(edit):
    import openpyxl

    folder = edit(lambda *_: None)
    book = openpyxl.load_workbook(folder / "extraction.xlsx")
    row, place = cell_of("outcomes_1", "events", "Raje2019", "orr")
    book["outcomes_1"].cell(row + 1, place + 1).value = "=20+8"  # openpyxl stores no result
    book["outcomes_2"].cell(2, 3).value = "#REF!"
    book["outcomes_2"].cell(2, 3).data_type = "e"
    book.save(folder / "extraction.xlsx")
    found = errors([folder])
    told = the(found, "formula_without_value")
    assert (told.sheet, told.row, told.column) == ("outcomes_1", row + 1, "events")
    assert told.hint == "write the value itself"
    told = the(found, "excel_error")
    assert (told.sheet, told.row, told.column) == ("outcomes_2", 2, "events")


def test_formula_with_a_stored_value_is_read(edit):
    row, place = cell_of("outcomes_1", "events", "Raje2019", "orr")
    value = int(load(OLD, "outcomes_1")[row][place])

    def change(tab, book, sheet):  # noqa: ARG001
        if sheet == "outcomes_1":
            tab.write_formula(row, place, f"={value - 1}+1", None, value)

    assert errors([edit(change)]) == []


def test_merged_and_blank_headers_are_named(edit):
    def change(tab, book, sheet):
        if sheet == "outcomes_1":
            tab.merge_range(0, 2, 0, 3, "events", book.add_format({"bold": True}))

    found = errors([edit(change)])
    told = the(found, "merged_cells")
    assert (told.sheet, told.row, told.column, told.value) == ("outcomes_1", 1, "C", "C1:D1")
    assert "unmerge" in told.hint
    told = the(found, "blank_header")
    assert (told.sheet, told.row, told.column) == ("outcomes_1", 1, "column 4")
    told = the(found, "missing_column")
    assert (told.sheet, told.row, told.column) == ("outcomes_1", 1, "total")


def test_blank_rows_and_columns_at_the_end_are_nothing(edit):
    def change(tab, book, sheet):  # noqa: ARG001
        tab.write_blank(400, 60, None, book.add_format({"bold": True}))
        tab.write_string(300, 50, "  ")

    assert errors([edit(change)]) == []


def test_numbers_count_to_the_digits_that_a_spreadsheet_keeps(edit):
    """A computed 11.8 that is stored as 11.799999999999999 agrees with the other extractor's."""
    at = cell_of("durations_1", "value_months", "Raje2019", "median_pfs")

    def change(tab, book, sheet):  # noqa: ARG001
        if sheet == "durations_1":
            tab.write_formula(*at, "=5.9+5.9", None, 11.799999999999999)

    assert errors([edit(change)]) == []


def test_a_fraction_in_a_text_column_is_a_warning(edit):
    at = cell_of("outcomes_1", "source_locator", "Raje2019")

    def change(tab, book, sheet):  # noqa: ARG001
        if sheet == "outcomes_1":
            tab.write_number(*at, 1.1)

    told = the(problems([edit(change)]), "number_as_text")
    assert (told.severity, told.row, told.column) == ("warning", at[0] + 1, "source_locator")


def test_unknown_tab_is_named_and_a_guide_is_not(edit):
    def change(tab, book, sheet):  # noqa: ARG001
        if sheet == "studies":
            for name in ("guide", "outcome_3", "empty"):
                extra = book.add_worksheet(name)
                if name != "empty":
                    extra.write_string(0, 0, "words")

    told = the(errors([edit(change)]), "unknown_sheet")
    assert told.sheet == "extraction.xlsx tab outcome_3"
    assert "outcomes_" in told.hint


@pytest.mark.parametrize("name", ["guide", "Guide", " LISTS "])
def test_a_guide_beside_the_one_tab_of_a_sheet_is_no_data(name, tmp_path):
    layer = copy_layer(OLD, tmp_path / "2021.1")
    with xlsxwriter.Workbook(layer / "studies.xlsx") as book:
        tab = book.add_worksheet("studies")
        for row, cells in enumerate(load(OLD, "studies")):
            tab.write_row(row, 0, cells)
        book.add_worksheet(name).write_string(0, 0, "words")
    (layer / "studies.csv").unlink()
    assert errors([layer]) == []


def test_a_sheet_in_both_forms_is_named(tmp_path):
    layer = copy_layer(OLD, tmp_path / "2021.1")
    as_workbook(OLD, tmp_path / "book").joinpath("extraction.xlsx").rename(
        layer / "extraction.xlsx"
    )
    twice = [p for p in errors([layer]) if p.rule == "sheet_twice"]
    assert {p.sheet for p in twice} == {file.stem for file in OLD.glob("*.csv")}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"<html>no</html>"])
def test_a_damaged_workbook_is_named(content, tmp_path):
    layer = tmp_path / "2021.1"
    layer.mkdir()
    (layer / "extraction.xlsx").write_bytes(content)
    found = errors([layer])
    told = the(found, "unreadable")
    assert (told.layer, told.sheet) == ("2021.1", "extraction.xlsx")
    assert "save it again" in told.hint
    assert not any(p.rule == "missing_sheet" for p in found)


def test_a_part_that_cannot_be_unpacked_is_named(tmp_path):
    book = as_workbook(OLD, tmp_path / "2021.1") / "extraction.xlsx"
    content = bytearray(book.read_bytes())
    with zipfile.ZipFile(book) as parts:
        place = parts.getinfo("xl/sharedStrings.xml")
    start = place.header_offset + 30 + len(place.filename)
    content[start : start + 40] = b"\xff" * 40  # no block of deflate begins so
    book.write_bytes(bytes(content))
    assert "the file is damaged" in the(errors([book.parent]), "unreadable").message

"""Sheets as people send them: the cases under tests/cases, named after their folders."""

import csv
from pathlib import Path

import pytest
from review import (
    OLD,
    as_workbook,
    codebook,
    copy_layer,
    errors,
    load,
    problems,
    save,
    the,
)

from singlearm.sheets import number_formats
from singlearm.sheets.csv_sheets import separator_of
from singlearm.sheets.layers import read_layer
from singlearm.sheets.problems import Faults
from singlearm.sheets.spreadsheets import read_tabs
from singlearm.sheets.workbook import as_text

TESTS = Path(__file__).resolve().parents[1]
CASES = TESTS / "cases"
BASE = TESTS / "workflow" / "review"


def test_footnotes_superscript_events_one_becomes_twelve(case):
    found = [
        p
        for p in case("footnotes-superscript", "events-one-becomes-twelve").problems()
        if p.rule == "raised_text"
    ]
    assert [(p.sheet, p.row, p.column) for p in found] == [
        ("outcomes_1", 4, "events"),
        ("outcomes_2", 4, "events"),
    ]
    assert "raised or lowered" in found[0].message
    assert "footnote mark" in found[0].hint


@pytest.mark.parametrize("text", ["12²", "12*", "12†", "12 a", "12ᵃ"])
def test_footnote_marks_as_letters_are_named(tmp_path, text):
    layer = copy_layer(OLD, tmp_path / "2021.1")
    with (layer / "outcomes_1.csv").open(encoding="utf-8") as file:
        grid = list(csv.reader(file))
    grid[1][2] = text
    save(layer, "outcomes_1", grid)
    told = the(errors([layer]), "footnote")
    assert (told.row, told.column) == (2, "events")
    assert told.hint.startswith("write 12;")


def test_strict_xlsx_percent_and_formula(case):
    found = case("strict-xlsx", "percent-and-formula").problems()
    assert {(p.sheet, p.row, p.column, p.rule) for p in found} == {
        ("studies", 2, "prior_asct_percent", "percent_format"),
        ("studies", 2, "notes", "formula_without_value"),
    }


@pytest.mark.parametrize("name", ["extraction-ods", "outcomes-ods", "extraction-xls"])
def test_ods_xls(case, name):
    review = case("ods-xls", name)
    assert review.problems() == []
    layer = read_layer(review.root / "data" / "raw" / "first", "first", codebook(), Faults("first"))
    with (BASE / "data" / "raw" / "first" / "outcomes_1.csv").open(encoding="utf-8") as file:
        wanted = [(row["study_id"], int(row["events"])) for row in csv.DictReader(file)]
    assert [(row["study_id"], row["events"]) for row in layer.rows("outcomes_1")] == wanted


def test_ods_xls_says_what_a_binary_workbook_hides(case):
    found = case("ods-xls", "extraction-xls").problems("warning")
    told = [p.sheet for p in found if p.rule == "formats_unknown"]
    assert "outcomes_1" in told
    assert len(told) == len(set(told))


def test_european_csv_semicolons(case):
    review = case("european-csv", "semicolons")
    assert review.problems() == []
    assert "separated by semicolons" in the(review.problems("warning"), "delimiter").message


def semicolons(layer: Path, sheet: str, change=lambda text: text) -> None:
    """Save a sheet with semicolons, its cells changed."""
    with (layer / f"{sheet}.csv").open(encoding="utf-8", newline="") as file:
        grid = list(csv.reader(file))
    with (layer / f"{sheet}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerows([grid[0], *([change(cell) for cell in row] for row in grid[1:])])


def test_european_csv_decimal_commas_are_read(tmp_path):
    layer = copy_layer(OLD, tmp_path / "2021.1")
    before = read_layer(layer, "2021.1", codebook(), Faults("2021.1"))
    semicolons(
        layer, "durations_1", lambda text: text.replace(".", ",", 1) if len(text) < 6 else text
    )
    found = problems([layer])
    assert [p for p in found if p.severity == "error"] == []
    told = the(found, "decimal_comma")
    assert told.severity == "warning"
    assert "decimal comma" in told.message
    after = read_layer(layer, "2021.1", codebook(), Faults("2021.1"))
    assert after.rows("durations_1") == before.rows("durations_1")


def test_blank_columns_that_end_lines_unevenly_hide_no_separator(tmp_path):
    layer = copy_layer(OLD, tmp_path / "2021.1")
    grid = load(layer, "adjudication")
    ends = [",,", ",", "", ",,,"]
    lines = ["study_id,outcome,reason,,"]
    for i in range(12):
        lines.append(f"S{i},orr,one; two{ends[i % 4]}")
    assert separator_of("\n".join(lines) + "\n")[0] == ","
    padded = [[*row, *[""] * (i % 4)] for i, row in enumerate(grid)]
    save(layer, "adjudication", padded)
    assert [p.line() for p in problems([layer])] == [p.line() for p in problems([OLD])]


def test_european_csv_a_comma_that_may_be_a_thousand_is_an_error(tmp_path):
    """Every comma of the sheet could part thousands: nothing is guessed."""
    layer = copy_layer(OLD, tmp_path / "2021.1")
    semicolons(layer, "durations_1", lambda text: "1,234" if text == "11.8" else text)
    assert the(errors([layer]), "thousands").column == "value_months"


def test_header_not_first_row_title_above_header(case):
    told = case("header-not-first-row", "title-above-header").problems()
    assert [(p.sheet, p.rule, p.row) for p in told] == [("outcomes_1", "header_row", 1)]
    assert "row 1 is not the header" in told[0].message
    assert "row 2 seems to be" in told[0].message
    assert told[0].hint == "delete what stands above row 2"


def test_header_not_first_row_sep_line(case):
    review = case("header-not-first-row", "sep-line")
    assert review.problems() == []


def test_header_not_first_row_sep_line_with_semicolons(case):
    review = case("european-csv", "semicolons")
    path = review.root / "data" / "raw" / "first" / "outcomes_1.csv"
    path.write_bytes(b"sep=;\r\n" + path.read_bytes())
    assert review.problems() == []


@pytest.mark.parametrize("name", ["capital-csv-ending", "capital-extraction-xlsx"])
def test_file_names_are_read_in_any_case(case, name):
    assert case("file-names", name).problems() == []


def test_file_names_downloaded_twice(case):
    found = case("file-names", "downloaded-twice").problems()
    assert [(p.sheet, p.rule) for p in found] == [("extraction (1).xlsx", "file_name")]
    assert found[0].hint.startswith("rename it to extraction.xlsx")


def test_foreign_review_wide_sheet_bladder_leads_to_make_review(case):
    told = the(case("foreign-review", "wide-sheet-bladder").problems(), "unknown_sheet")
    assert "tab All" in told.sheet
    assert "make review" in told.hint
    assert "docs/your-review.md" in told.hint


def test_a_totals_row_is_a_warning(tmp_path):
    layer = copy_layer(OLD, tmp_path / "2021.1")
    with (layer / "outcomes_1.csv").open("a", encoding="utf-8") as file:
        file.write("Total,orr,100,120,no,x,,primary_table,high,\n")
    told = the(problems([layer]), "totals_row")
    assert (told.severity, told.sheet, told.value) == ("warning", "outcomes_1", "Total")


@pytest.fixture
def changed(tmp_path):
    """The layer 2021.1 as a workbook in which `change(tab, book)` alters the tab outcomes_1."""
    import xlsxwriter

    def write(change):
        folder = tmp_path / "changed" / "2021.1"
        folder.mkdir(parents=True)
        book = xlsxwriter.Workbook(folder / "extraction.xlsx")
        for file in sorted(OLD.glob("*.csv")):
            tab = book.add_worksheet(file.stem)
            for row, cells in enumerate(load(OLD, file.stem)):
                for place, text in enumerate(cells):
                    tab.write_string(row, place, text)
            if file.stem == "outcomes_1":
                change(tab, book)
        book.close()
        return folder

    return write


def test_hidden_rows_columns_and_comments_are_warnings(changed):
    def change(tab, book):  # noqa: ARG001
        for row in (3, 4, 7):
            tab.set_row(row, options={"hidden": True})
        tab.set_column(9, 9, options={"hidden": True})
        tab.write_comment(0, 0, "of the header: no matter")
        tab.write_comment(5, 2, "really?")
        tab.hide()

    found = [p for p in problems([changed(change)]) if p.sheet == "outcomes_1"]
    assert {p.severity for p in found} == {"warning"}
    assert the(found, "hidden_rows").value == "4 to 5, 8"
    assert the(found, "hidden_columns").value == "J"
    assert the(found, "hidden_tab")
    told = the(found, "comments")
    assert (told.value, told.row) == ("C6", 6)
    assert told.message.startswith("1 cells have comments")


def test_filtered_rows_are_warnings(changed):
    def change(tab, book):  # noqa: ARG001
        tab.autofilter(0, 0, 20, 3)
        tab.filter_column(1, "x == orr")
        tab.set_row(2, options={"hidden": True})

    assert the(problems([changed(change)]), "hidden_rows").value == "3"


def test_struck_cells_are_warnings_and_struck_digits_errors(changed):
    def change(tab, book):
        struck = book.add_format({"font_strikeout": True})
        text = load(OLD, "outcomes_1")[1]
        tab.write_string(1, 2, text[2], struck)
        tab.write_rich_string(2, 2, struck, "1", "2")

    found = [p for p in problems([changed(change)]) if p.rule == "struck_text"]
    assert [(p.severity, p.row, p.column) for p in found] == [
        ("warning", 2, "events"),
        ("error", 3, "events"),
    ]


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("0", 12.6, "13"),
        ("0.0", 12.64, "12.6"),
        ("#,##0,", 12_600, "13"),
        ('0" of 20"', 12, "12 of 20"),
        (";;;", 12, ""),
        ("[Red]0.0;[Blue]-0.0", -12.64, "-12.6"),
        ("0.0;0.0", -12.5, "12.5"),
        ("0.00", 12.5, None),
        ("General", 12.64, None),
        ("#,##0.00", 1234.5, None),
        ("@", 12.64, None),
        ("0.0E+00", 12.64, None),
        ('"$"0.0', 12.5, None),
    ],
)
def test_what_a_number_format_shows(code, value, shown):
    assert number_formats.shown(code, value) == shown


def test_a_format_that_shows_another_number_is_a_warning(changed):
    def change(tab, book):
        events = int(load(OLD, "outcomes_1")[1][2])
        tab.write_number(1, 2, events, book.add_format({"num_format": '0" or so"'}))

    told = the(problems([changed(change)]), "shown_otherwise")
    assert (told.severity, told.row, told.column) == ("warning", 2, "events")
    assert "or so" in told.message


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_our_readers_see_what_calamine_sees(tmp_path, kind):
    """Every value of the layer 2021.1, and of the case extraction-ods, read by both."""
    import python_calamine

    path = CASES / "ods-xls" / "extraction-ods" / "overlay/data/raw/first/extraction.ods"
    if kind == "xlsx":
        path = as_workbook(OLD, tmp_path / "b") / "extraction.xlsx"
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    tabs = read_tabs(path)
    assert [tab.name for tab in tabs] == book.sheet_names
    for tab in tabs:
        wanted = book.get_sheet_by_name(tab.name).to_python(skip_empty_area=False)
        texts = [[as_text(cell) for cell in row] for row in wanted]
        width = max(map(len, texts), default=0)
        ours = [[as_text(cell) for cell in row] for row in tab.rows]
        assert [row + [""] * (width - len(row)) for row in ours] == texts, tab.name

"""Tables as people have them, each read without a word from its owner."""

from pathlib import Path

import pytest
import xlsxwriter
import yaml
from made_tables import CR, ORR, long_rows, opendocument, sheet, text_file, values, workbook

from singlearm.intake.__main__ import main, make_review
from singlearm.intake.folder import LAYER
from singlearm.intake.table import IntakeError

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"


def assert_both(folder: Path) -> None:
    assert values(folder, "orr") == ORR
    assert values(folder, "cr") == CR


def test_a_csv_of_four_columns(tmp_path):
    table = text_file(tmp_path / "mine.csv", long_rows())
    make_review(tmp_path / "review", table)
    assert_both(tmp_path / "review")
    studies = sheet(tmp_path / "review", "studies")
    assert studies[0] == {"study_id": "Smith 2019", "first_author": "Smith", "year": "2019"}


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_other_separators(tmp_path, sign):
    table = text_file(tmp_path / "mine.txt", long_rows(), sign)
    make_review(tmp_path / "review", table)
    assert_both(tmp_path / "review")


def test_a_line_sep_above_the_header(tmp_path):
    table = text_file(tmp_path / "mine.csv", long_rows(), ";")
    table.write_text(f"sep=;\n{table.read_text()}", encoding="utf-8")
    told = make_review(tmp_path / "review", table)
    assert_both(tmp_path / "review")
    assert "header in row 2" in told[0]


def test_a_semicolon_csv_with_decimal_commas(tmp_path):
    rows = [["Autor", "Jahr", "Ereignisse", "Gesamt", "Alter (Mittel)"]]
    rows += [["Smith", "2019", "13", "26", "61,5"], ["Jones", "2020", "8", "20", "58,25"]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "orr.csv", rows, ";"))
    assert values(tmp_path / "review", "orr") == ORR[:2]
    assert "look at: numbers have decimal commas" in told
    studies = sheet(tmp_path / "review", "studies")
    assert [row["alter_mittel"] for row in studies] == ["61.5", "58.25"]


@pytest.mark.parametrize("write", [workbook, opendocument], ids=["xlsx", "ods"])
def test_a_wide_workbook_with_a_title_row_and_a_totals_row(tmp_path, write):
    rows = [
        ["Table 2. Response rates of the included trials"],
        [],
        ["Author", "Year", "Country", "ORR_events", "ORR_total", "CR_r", "CR_n", "I2"],
    ]
    rows += [
        [study.split()[0], int(study.split()[1]), "France", e, n, r, m, ""]
        for (study, e, n), (_, r, m) in zip(ORR, CR, strict=True)
    ]
    rows += [
        ["Total", "", "", 51, 87, 16, 87, "75%"],
        ["Abbreviations: ORR, overall response rate", "", "", "", "", "", "", ""],
    ]
    ending = "xlsx" if write is workbook else "ods"
    told = make_review(tmp_path / "review", write(tmp_path / f"mine.{ending}", rows))
    assert_both(tmp_path / "review")
    assert "header in row 3" in told[0]
    assert any("row 7: 'Total' is a sum of studies" in line for line in told)
    assert any("row 8: no number; a heading or a footnote" in line for line in told)
    studies = sheet(tmp_path / "review", "studies")
    assert [row["country"] for row in studies] == ["France"] * 3
    assert [row["year"] for row in studies] == ["2019", "2020", "2021"]


def test_two_header_rows_with_merged_groups(tmp_path):
    path = tmp_path / "groups.xlsx"
    book = xlsxwriter.Workbook(path)
    tab = book.add_worksheet("All")
    tab.write(1, 0, "Study")
    tab.merge_range(0, 1, 0, 2, "ORR")
    tab.merge_range(0, 3, 0, 4, "CR")
    for place, word in enumerate(["events", "total"] * 2):
        tab.write(1, place + 1, word)
    for row, ((study, e, n), (_, r, m)) in enumerate(zip(ORR, CR, strict=True), start=2):
        tab.write_row(row, 0, [study, e, n, r, m])
    book.close()
    make_review(tmp_path / "review", path)
    assert_both(tmp_path / "review")


def test_a_study_merged_over_its_outcomes(tmp_path):
    path = tmp_path / "merged.xlsx"
    book = xlsxwriter.Workbook(path)
    tab = book.add_worksheet()
    tab.write_row(0, 0, ["Study", "Outcome", "n", "N"])
    for place, ((study, e, n), (_, r, m)) in enumerate(zip(ORR, CR, strict=True)):
        row = 1 + 2 * place
        tab.merge_range(row, 0, row + 1, 0, study)
        tab.write_row(row, 1, ["ORR", e, n])
        tab.write_row(row + 1, 1, ["CR", r, m])
    book.close()
    make_review(tmp_path / "review", path)
    assert_both(tmp_path / "review")


def test_one_total_for_several_counts(tmp_path):
    rows = [["Trial", "N", "ORR_n", "CR events", "Fatigue (Grade 3-5)"]]
    rows += [[s, n, e, r, 2] for (s, e, n), (_, r, _) in zip(ORR, CR, strict=True)]
    make_review(tmp_path / "review", text_file(tmp_path / "mine.csv", rows))
    assert_both(tmp_path / "review")
    assert values(tmp_path / "review", "fatigue_grade_3_5") == [(s, 2, n) for s, _, n in ORR]


def test_events_and_total_in_one_cell_and_beside_percentages(tmp_path):
    rows = [["Study", "ORR (n/N)", "CR, n/N"]]
    rows += [
        [s, f"{e}/{n} ({100 * e / n:.1f}%)", f"{r} of {m}"]
        for (s, e, n), (_, r, m) in zip(ORR, CR, strict=True)
    ]
    make_review(tmp_path / "review", text_file(tmp_path / "mine.csv", rows))
    assert_both(tmp_path / "review")


def test_percentages_with_a_total_are_counted_and_told(tmp_path):
    rows = [["Study", "n", "ORR (%)"], *([s, n, f"{100 * e / n:.1f}"] for s, e, n in ORR)]
    told = make_review(tmp_path / "review", text_file(tmp_path / "mine.csv", rows))
    assert values(tmp_path / "review", "orr") == ORR
    assert {row["derived"] for row in sheet(tmp_path / "review", "outcomes_1")} == {"from_percent"}
    assert any("read as percent" in line and "compare" in line for line in told)


def test_percent_formatted_cells_are_percentages(tmp_path):
    path = tmp_path / "percent.xlsx"
    book = xlsxwriter.Workbook(path)
    tab = book.add_worksheet()
    tab.write_row(0, 0, ["Study", "Total", "ORR percent"])
    for row, (study, events, total) in enumerate(ORR, start=1):
        tab.write_row(row, 0, [study, total])
        tab.write_number(row, 2, events / total, book.add_format({"num_format": "0.0%"}))
    book.close()
    make_review(tmp_path / "review", path)
    assert values(tmp_path / "review", "orr") == ORR


@pytest.mark.parametrize(
    ("header", "outcome"),
    [
        (["study", "xi", "ni"], "prevalence"),  # metafor, escalc(measure = "PLO")
        (["studlab", "event", "n"], "prevalence"),  # meta, metaprop()
        (["author", "r", "n"], "prevalence"),
        (["slab", "n", "N"], "prevalence"),
        (["First author, year", "No. of events", "Sample size"], "prevalence"),
        (["Reference", "Cases (n)", "Participants"], "prevalence"),
    ],
)
def test_frames_of_metafor_and_meta(tmp_path, header, outcome):
    table = text_file(tmp_path / "prevalence.csv", [header, *map(list, ORR)])
    make_review(tmp_path / "review", table)
    assert values(tmp_path / "review", outcome) == ORR


def test_row_names_of_write_csv_are_no_column(tmp_path):
    rows = [["", "study", "xi", "ni"], *([k, *row] for k, row in enumerate(ORR, start=1))]
    make_review(tmp_path / "review", text_file(tmp_path / "dat.csv", rows))
    assert values(tmp_path / "review", "dat") == ORR


@pytest.mark.parametrize(
    "header",
    [
        ["trial", "author", "year", "ai", "bi", "ci", "di"],
        ["trial", "author", "year", "event.e", "n.e", "event.c", "n.c"],
        ["trial", "author", "year", "ai", "n1i", "ci", "n2i"],
    ],
)
def test_two_by_two_tables_of_metafor_and_meta(tmp_path, header):
    """The first trials of dat.bcg (Colditz 1994, as metafor documents it)."""
    bcg = [(4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209)]
    rows: list[list[object]] = [header]
    for number, (a, b, c, d) in enumerate(bcg, start=1):
        cells = (a, b, c, d) if "bi" in header else (a, a + b, c, c + d)
        rows.append([f"Trial {number}", f"Author {number}", 1948 + number, *cells])
    make_review(tmp_path / "review", text_file(tmp_path / "tuberculosis.csv", rows))
    read = sheet(tmp_path / "review", "comparative_1")
    got = [
        tuple(int(row[name]) for name in ("events_treat", "n_treat", "events_ctrl", "n_ctrl"))
        for row in read
    ]
    assert got == [(a, a + b, c, c + d) for a, b, c, d in bcg]
    assert {row["outcome"] for row in read} == {"tuberculosis"}


def test_words_of_two_groups_may_name_outcomes(tmp_path):
    rows = [["Study", "control_r", "control_n"], *map(list, ORR)]
    make_review(tmp_path / "review", text_file(tmp_path / "mine.csv", rows))
    assert values(tmp_path / "review", "control") == ORR


@pytest.mark.parametrize("header", ["CI", "95% CI", "Confidence interval"])
def test_an_interval_beside_a_median(tmp_path, header):
    rows = [["Study", "Median", header], ["A 2019", "11.8", "6.2-17.8"]]
    make_review(tmp_path / "review", text_file(tmp_path / "pfs.csv", rows))
    (read,) = sheet(tmp_path / "review", "durations_1")
    assert (read["ci_low"], read["ci_high"]) == ("6.2", "17.8")


def test_printed_ratios(tmp_path):
    rows = [["Study", "Outcome", "HR", "95% CI"]]
    rows += [["A 2019", "OS", "0.74", "0.55-0.99"], ["B 2020", "OS", "0.81", "(0.60, 1.10)"]]
    make_review(tmp_path / "review", text_file(tmp_path / "mine.csv", rows))
    read = sheet(tmp_path / "review", "comparative_1")
    assert [(r["effect_measure"], r["estimate"], r["ci_low"], r["ci_high"]) for r in read] == [
        ("HR", "0.74", "0.55", "0.99"),
        ("HR", "0.81", "0.6", "1.1"),
    ]


def test_durations(tmp_path):
    rows = [["Study", "Median PFS", "PFS low", "PFS high", "OS median", "OS 95% CI"]]
    rows += [["A 2019", "11.8", "6.2", "17.8", "not reached", ""]]
    rows += [["B 2020", "4.5", "3.1", "NR", "19.4", "18.2-NR"]]
    make_review(tmp_path / "review", text_file(tmp_path / "mine.csv", rows))
    read = {(r["study_id"], r["outcome"]): r for r in sheet(tmp_path / "review", "durations_1")}
    pfs = read["A 2019", "pfs"]
    assert (pfs["value_months"], pfs["ci_low"], pfs["ci_high"]) == ("11.8", "6.2", "17.8")
    assert pfs["not_reached"] == "no"
    assert read["A 2019", "os"]["not_reached"] == "yes"
    assert read["A 2019", "os"]["value_months"] == ""
    os_ = read["B 2020", "os"]
    assert (os_["value_months"], os_["ci_low"], os_["ci_high"]) == ("19.4", "18.2", "")


def test_a_footnote_mark_is_never_a_digit(tmp_path):
    path = tmp_path / "raised.xlsx"
    book = xlsxwriter.Workbook(path)
    tab = book.add_worksheet()
    tab.write_row(0, 0, ["Study", "Events", "Total"])
    for row, cells in enumerate([*ORR, ("Gamma 2021", 0, 15)], start=1):
        tab.write_row(row, 0, cells)
    tab.write_rich_string(4, 1, "1", book.add_format({"font_script": 1}), "2")
    book.close()
    told = make_review(tmp_path / "review", path, "ORR")
    assert values(tmp_path / "review", "orr") == ORR
    assert any("row 5: orr: '12 [with a raised" in line for line in told)
    assert any("1 cells with raised or lowered signs" in line and "B5" in line for line in told)


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("person_years", "person-years"),
        ("PY", "person-years"),
        ("Patient-months", "person-months"),
        ("Catheter days", "person-days"),
        ("days at risk", "person-days"),
    ],
)
def test_rates_have_the_unit_that_the_header_names(header, unit, tmp_path):
    rows = [["study", "xi", header], ["A 1996", 0, 0.42], ["B 1997", 1, 1560]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "infection.csv", rows))
    read = sheet(tmp_path / "review", "rates_1")
    assert [(r["outcome"], r["events"], r["person_time"], r["unit"]) for r in read] == [
        ("infection", "0", "0.42", unit),
        ("infection", "1", "1560", unit),
    ]
    assert not any("names no unit" in line for line in told)


def test_a_header_without_a_unit_is_told_and_can_be_corrected(tmp_path):
    """`ti` of the data frames of metafor may be years or days."""
    rows = [["study", "xi", "ti"], ["A 1996", 0, 42], ["B 1997", 1, 1560]]
    review, table = tmp_path / "review", text_file(tmp_path / "infection.csv", rows)
    told = make_review(review, table)
    assert [r["unit"] for r in sheet(review, "rates_1")] == ["person-years"] * 2
    assert any("'ti' names no unit and is read as person-years" in line for line in told)
    columns = review / "columns.yaml"
    text = columns.read_text(encoding="utf-8")
    columns.write_text(text.replace("kind: rate", "kind: rate\n    unit: person-days"), "utf-8")
    told = make_review(review)
    assert [r["unit"] for r in sheet(review, "rates_1")] == ["person-days"] * 2
    assert "unit: person-days" in columns.read_text(encoding="utf-8")
    assert not any("names no unit" in line for line in told)
    columns.write_text(text.replace("kind: rate", "kind: rate\n    unit: weeks"), "utf-8")
    with pytest.raises(IntakeError, match="unit of infection is one of person-years"):
        make_review(review)


@pytest.mark.parametrize("name", ["revman", "covidence", "srdrplus"])
def test_exports_of_other_programs(tmp_path, name):
    """Small made samples with the columns of these programs' exports (samples/README.md)."""
    make_review(tmp_path / "review", SAMPLES / f"{name}.csv")
    if name == "revman":
        read = sheet(tmp_path / "review", "comparative_1")
        assert [(r["study_id"], r["outcome"], r["events_treat"], r["n_ctrl"]) for r in read] == [
            ("Smith 2019", "mortality", "4", "119"),
            ("Jones 2020", "mortality", "6", "274"),
            ("Smith 2019", "relapse", "10", "118"),
        ]
    else:
        assert_both(tmp_path / "review")


def test_the_protocol_of_one_outcome_has_at_most_eight_lines(tmp_path):
    table = text_file(tmp_path / "mine.csv", [["study", "xi", "ni"], *map(list, ORR)])
    make_review(tmp_path / "review", table, 'A title: with "quotes" # and more')
    text = (tmp_path / "review" / "config" / "config.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 8
    protocol = yaml.safe_load(text)
    assert protocol["review"]["title"] == 'A title: with "quotes" # and more'
    assert protocol["review"]["name"] == "a-title-with-quotes-and-more"
    assert not (tmp_path / "review" / "config" / "codebook.csv").exists()


def test_a_review_without_a_table_is_empty(tmp_path):
    told = make_review(tmp_path / "review", None, "Nothing yet")
    assert "an empty review" in told[0]
    assert sheet(tmp_path / "review", "studies") == []
    assert (tmp_path / "review" / LAYER / "outcomes_1.csv").read_text() == (
        "study_id,outcome,events,total\n"
    )


def test_a_table_without_outcomes_is_a_fault_that_says_what_to_do(tmp_path, capsys):
    table = text_file(tmp_path / "mine.csv", [["Study", "Colour"], ["A", "red"]])
    assert main(["--to", str(tmp_path / "review"), "--from", str(table)]) == 1
    assert "no outcome is understood" in capsys.readouterr().err
    assert {path.name for path in (tmp_path / "review").iterdir()} <= {
        "columns.yaml", ".made-by-intake.json", "data",
    }  # fmt: skip
    assert [path.name for path in (tmp_path / "review" / "data").iterdir()] == ["source"]


def test_a_table_without_studies_is_a_fault_and_leaves_nothing(tmp_path, capsys):
    table = text_file(tmp_path / "mine.csv", [["Events", "Total"], [1, 2]])
    assert main(["--to", str(tmp_path / "review"), "--from", str(table)]) == 1
    assert "no column names the studies" in capsys.readouterr().err
    assert not (tmp_path / "review").exists()


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n\0\0\0", b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0x"]
)
def test_what_is_no_table_is_a_fault(tmp_path, content):
    path = tmp_path / "mine.xlsx"
    path.write_bytes(content)
    with pytest.raises(IntakeError):
        make_review(tmp_path / "review", path)

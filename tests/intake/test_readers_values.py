"""What a reader of the intake found: values, signs and columns that were lost or read otherwise."""

import pytest
import yaml
from made_tables import sheet, text_file, values

from singlearm.intake.__main__ import main, make_review
from singlearm.intake.names import role_of
from singlearm.intake.numbers import decimal_sign, limits, number, with_limits
from singlearm.intake.table import IntakeError


def medians(folder):
    """Study, median, limits and whether it was not reached."""
    names = ("study_id", "value_months", "ci_low", "ci_high", "not_reached")
    return [tuple(row.get(name, "") for name in names) for row in sheet(folder, "durations_1")]


def test_an_end_that_is_not_reached_is_open(tmp_path):
    rows = [["Study", "Median OS", "OS 95% CI", "N"], ["A 2019", "12.5", "8.1-not reached", 30]]
    rows += [["B 2020", "10", "7.5–NE", 20], ["E", "11", "10.1-∞", 20]]
    rows += [["F", "NE", "9-NE", 22], ["G", "not estimable", "", 22]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "os.csv", rows))
    assert medians(tmp_path / "review") == [
        ("A 2019", "12.5", "8.1", "", "no"),
        ("B 2020", "10", "7.5", "", "no"),
        ("E", "11", "10.1", "", "no"),
        ("F", "", "9", "", "yes"),
        ("G", "", "", "", "yes"),
    ]
    assert any("NE as a median is read as not reached" in line for line in told)


def test_middle_dots_stand_before_decimals(tmp_path):
    rows = [["Study", "N", "ORR n (%)", "PFS median", "PFS 95% CI"]]
    rows += [["A 2019", 34, "12 (35·3%)", "8·8", "5·6–11·6"], ["B", 20, "8 (40·0)", "NR", ""]]
    make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows))
    assert values(tmp_path / "review", "orr") == [("A 2019", 12, 34), ("B", 8, 20)]
    assert medians(tmp_path / "review")[0] == ("A 2019", "8.8", "5.6", "11.6", "no")


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("8.8 (5.6-11.6)", (5.6, 11.6)),
        ("8.8 [5.6, 11.6]", (5.6, 11.6)),
        ("8.8 (95% CI 5.6 to 11.6)", (5.6, 11.6)),
        ("8.8 (95% CI: 5.6–NR)", (5.6, None)),
    ],
)
def test_a_value_with_its_limits(text, interval):
    assert number(text, ".") == 8.8
    assert limits(with_limits(text)[1], ".") == interval


@pytest.mark.parametrize("text", ["8.8 (IQR 3-9)", "8.8 (range 3-20)", "8.8 (2)", "8.8 (n-a)"])
def test_other_brackets_are_no_limits(text):
    assert with_limits(text) == (text, "")


@pytest.mark.parametrize("header", ["Median PFS", "Median PFS (95% CI)", "PFS median, 95% CI"])
def test_medians_with_limits_in_one_cell(tmp_path, header):
    rows = [["Study", header], ["A 2019", "8.8 (5.6-11.6)"], ["B 2020", "NR (5.6-NR)"]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "pfs.csv", rows))
    assert medians(tmp_path / "review") == [
        ("A 2019", "8.8", "5.6", "11.6", "no"),
        ("B 2020", "", "5.6", "", "yes"),
    ]
    assert f"look at: the brackets behind '{header}' are read as its 95% interval" in told


@pytest.mark.parametrize("header", ["HR", "HR (95% CI)"])
def test_ratios_with_limits_in_one_cell(tmp_path, header):
    rows = [["Study", header], ["A 2019", "0.62 (0.48-0.80)"], ["B 2020", "0.7 [0.5 to 0.9]"]]
    make_review(tmp_path / "review", text_file(tmp_path / "os.csv", rows))
    read = sheet(tmp_path / "review", "comparative_1")
    assert [(r["effect_measure"], r["estimate"], r["ci_low"], r["ci_high"]) for r in read] == [
        ("HR", "0.62", "0.48", "0.8"),
        ("HR", "0.7", "0.5", "0.9"),
    ]


def test_other_limits_lead(tmp_path):
    rows = [["Study", "Median PFS", "PFS 95% CI"], ["A 2019", "8.8 (1.0-30.0)", "5.6-11.6"]]
    make_review(tmp_path / "review", text_file(tmp_path / "pfs.csv", rows))
    assert medians(tmp_path / "review") == [("A 2019", "8.8", "5.6", "11.6", "no")]


@pytest.mark.parametrize("header", ["ORR (%)", "ORR % (95% CI)"])
def test_percentages_with_limits_in_one_cell(tmp_path, header):
    rows = [["Study", "N", header], ["A 2019", 120, "35 (27-44)"], ["B", 200, "40.0 (33-47)"]]
    make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows))
    assert values(tmp_path / "review", "orr") == [("A 2019", 42, 120), ("B", 80, 200)]


def test_one_odd_cell_does_not_lose_the_outcome(tmp_path):
    rows = [["Study", "N", "Response n (%)", "Deaths n (%)"]]
    rows += [["A 2019", 34, "12 (35·3)", "no"], ["B 2020", 20, "8 (40; range)", "few"]]
    rows += [["C 2021", 10, "5 (50)", "3"]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows))
    assert values(tmp_path / "review", "response") == [("A 2019", 12, 34), ("C 2021", 5, 10)]
    assert any("row 3: response: '8 (40; range)' is not a whole number" in line for line in told)
    assert any("'Deaths n (%)' would be an outcome, but most" in line for line in told)


def person_time(folder):
    return [row["person_time"] for row in sheet(folder, "rates_1")]


def correct(folder, **keys):
    """Write keys into columns.yaml as its reader would."""
    path = folder / "columns.yaml"
    known = yaml.safe_load(path.read_text(encoding="utf-8")) | keys
    path.write_text(yaml.safe_dump(known, allow_unicode=True), encoding="utf-8")


@pytest.mark.parametrize("sign", [".", ","])
def test_person_time_that_may_be_a_thousand_is_refused_with_the_remedy(tmp_path, sign):
    rows = [["Studie", "Ereignisse", "PY"], ["Huber 2001", 12, f"1{sign}234"]]
    rows += [["Kunz 2010", 8, f"2{sign}500"], ["Maier 2012", 3, 987]]
    folder = tmp_path / "review"
    told = make_review(folder, text_file(tmp_path / "t.csv", rows, ";"))
    assert person_time(folder) == ["987"]
    assert any(f"'1{sign}234' may be 1.234 or 1234: say `decimal:" in line for line in told)
    correct(folder, decimal={".": ",", ",": "."}[sign])
    make_review(folder)
    assert person_time(folder) == ["1234", "2500", "987"]
    correct(folder, decimal=sign)
    make_review(folder)
    assert person_time(folder) == ["1.234", "2.5", "987"]
    assert yaml.safe_load((folder / "columns.yaml").read_text())["decimal"] == sign
    correct(folder, decimal="x")
    with pytest.raises(IntakeError, match="decimal is"):
        make_review(folder)


@pytest.mark.parametrize(
    ("cell", "found"),
    [("12.5", ["1.234", "12.5"]), ("12,5", ["1234", "12.5"]), ("12.987,5", ["1234", "12987.5"])],
)
def test_another_cell_of_the_column_decides(tmp_path, cell, found):
    rows = [["Studie", "Ereignisse", "PY"], ["Huber 2001", 12, "1.234"], ["Kunz", 8, cell]]
    make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows, ";"))
    assert person_time(tmp_path / "review") == found


@pytest.mark.parametrize(
    ("header", "cells"),
    [("Datum", ["03.2019", "05.2020"]), ("Refs", ["12,13", "14"]), ("Grade", ["3,4", "3,4"])],
)
def test_dates_and_references_do_not_decide(tmp_path, header, cells):
    rows = [["Studie", header, "Ereignisse", "PY"]]
    rows += [["Huber 2001", cells[0], 12, "1,234"], ["Kunz 2010", cells[1], 8, 987]]
    make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows, ";"))
    assert person_time(tmp_path / "review") == ["987"]


def test_a_date_beside_decimal_commas(tmp_path):
    rows = [["Studie", "Datum", "Refs", "Ereignisse", "Gesamt", "Alter"]]
    rows += [["Huber 2001", "03.2019", "12,13", 12, "1.000", "61,5"]]
    rows += [["Kunz 2010", "05.2020", "14", 8, 987, "58,2"]]
    make_review(tmp_path / "review", text_file(tmp_path / "sturz.csv", rows, ";"))
    assert values(tmp_path / "review", "sturz") == [("Huber 2001", 12, 1000), ("Kunz 2010", 8, 987)]
    (first, _) = sheet(tmp_path / "review", "studies")
    assert (first["datum"], first["refs"], first["alter"]) == ("03.2019", "12,13", "61.5")


def test_signs_of_numbers_within_cells():
    assert decimal_sign(["12 (35,3%)"]) == decimal_sign(["5,1-9,3"]) == ","
    assert decimal_sign(["1,234,567"]) == decimal_sign(["(0.60, 1.10)"]) == "."
    assert decimal_sign(["01.03.2019", "1.234", "1.000"]) == ""


def test_columns_of_the_studies_hold_what_the_check_of_the_sheets_takes(tmp_path):
    rows = [
        ["Study", "PMID", "DOI", "NCT", "Median follow-up months", "Data_cutoff", "Events", "N"]
    ]
    rows += [["A 2019", 31234567, "https://doi.org/10.1000/abc", "NCT01234567, NCT01234568"]]
    rows[-1] += [12.5, "2019-03-01", 12, 34]
    rows += [["B 2021", "NR", "NR", "NR", "NR", "n.a.", 1, 9]]
    rows += [["C 2022", "PMC12", "abc", "NCT01234567", "12 to 30", "March 2019", 1, 9]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "r.csv", rows))
    first, *others = sheet(tmp_path / "review", "studies")
    names = ("pmid", "doi", "registration", "median_followup_months", "data_cutoff")
    assert [first[name] for name in names] == [
        "31234567", "10.1000/abc", "NCT01234567;NCT01234568", "12.5", "2019-03-01",
    ]  # fmt: skip
    assert [others[0][name] for name in names] == [""] * 5
    assert [others[1][name] for name in names] == ["", "", "NCT01234567", "", ""]
    for told_of in ("PMC12", "abc", "12 to 30", "March 2019"):
        assert any(line.startswith("left out, row 4:") and told_of in line for line in told)


def test_a_year_is_the_first_in_its_cell(tmp_path):
    rows = [["Author", "Year", "Events", "N"], ["A", "2019a", 1, 9], ["A", "2019b", 2, 9]]
    rows += [["B", "01.03.2018", 2, 9], ["C", "n.d.", 2, 9], ["D", "in press", 2, 9]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "r.csv", rows))
    studies = sheet(tmp_path / "review", "studies")
    assert [row["year"] for row in studies] == ["2019", "2019", "2018", "", ""]
    assert [row["study_id"] for row in studies][:2] == ["A 2019a", "A 2019b"]
    assert "look at: row 4: 'Year': 2018 is read of '01.03.2018'" in told
    assert any(line.startswith("left out, row 6: 'Year': 'in press'") for line in told)
    assert not any("2019a" in line for line in told)


@pytest.mark.parametrize(
    ("cells", "column", "found"),
    [
        ((34, 20), "included", ["34", "20"]),
        (("Yes", "NO"), "include", ["yes", "no"]),
        (("TRUE", ""), "include", ["yes", ""]),
        (("adults", "children"), "included", ["adults", "children"]),
    ],
)
def test_included_with_numbers_is_a_column_of_its_own(tmp_path, cells, column, found):
    rows = [["Study", "Included", "Events", "N"], ["A", cells[0], 3, 40], ["B", cells[1], 4, 50]]
    make_review(tmp_path / "review", text_file(tmp_path / "r.csv", rows))
    assert [row[column] for row in sheet(tmp_path / "review", "studies")] == found


def test_an_own_column_without_an_error_value(tmp_path):
    rows = [["Study", "Colour", "Events", "N"], ["A", "#REF!", 3, 40], ["B", "Na", 4, 50]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "r.csv", rows))
    assert [row["colour"] for row in sheet(tmp_path / "review", "studies")] == ["", "Na"]
    assert "left out, row 2: 'Colour': '#REF!' is an error value" in told


def protocol(folder):
    return yaml.safe_load((folder / "config" / "config.yaml").read_text(encoding="utf-8"))


def test_each_outcome_of_a_long_table_has_its_own_kind(tmp_path):
    rows = [["Study", "Outcome", "Events", "Total", "Median months", "CI low", "CI high", "HR"]]
    rows += [
        ["A 2019", "ORR", 13, 26, "", "", "", ""],
        ["A 2019", "PFS", "", "", 8.8, 5.6, 11.6, ""],
    ]
    rows += [["B 2020", "ORR", 8, 20, "NA", "", "", ""], ["B 2020", "PFS", "", "", 4.5, 3.1, 7, ""]]
    rows += [["B 2020", "OS", "", "", "not reached", "", "", ""]]
    rows += [["B 2020", "OS, adjusted", "", "", "", 0.6, 1.0, 0.8]]
    folder = tmp_path / "review"
    make_review(folder, text_file(tmp_path / "t.csv", rows))
    assert values(folder, "orr") == [("A 2019", 13, 26), ("B 2020", 8, 20)]
    assert medians(folder) == [
        ("A 2019", "8.8", "5.6", "11.6", "no"),
        ("B 2020", "4.5", "3.1", "7", "no"),
        ("B 2020", "", "", "", "yes"),
    ]
    assert [row["estimate"] for row in sheet(folder, "comparative_1")] == ["0.8"]
    kinds = {name: entry["kind"] for name, entry in protocol(folder)["outcomes"].items()}
    assert kinds == {"orr": "proportion", "pfs": "time", "os": "time", "os_adjusted": "ratio"}


def test_two_kinds_of_values_of_one_outcome_are_told(tmp_path):
    rows = [["Study", "Outcome", "Events", "Total", "Median"], ["A", "OS", 13, 26, 8.8]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows))
    assert "look at: 'OS' is read as a time; it has values of a proportion too" in told


def test_an_outcome_without_values_is_told_and_not_in_the_protocol(tmp_path):
    rows = [["Study", "Outcome", "Events", "Total"], ["A 2019", "ORR", 3, 10]]
    rows += [["A 2019", "MRD", "NR", 10], ["B 2020", "ORR", 4, 10], ["B 2020", "MRD", "NR", 10]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows))
    assert list(protocol(tmp_path / "review")["outcomes"]) == ["orr"]
    assert any("mrd (MRD; " in line and "no value, so not in the protocol" in line for line in told)


def test_outcomes_that_yaml_reads_otherwise_are_quoted(tmp_path):
    words = ["On", "Off", "Yes", "No", "Null", "Y", "2020"]
    rows = [["Study", "Outcome", "Events", "Total"], *(["A 2019", word, 1, 9] for word in words)]
    folder = tmp_path / "review"
    make_review(folder, text_file(tmp_path / "t.csv", rows))
    names = ["on", "off", "yes", "no", "null", "y", "x2020"]
    assert list(protocol(folder)["outcomes"]) == names
    text = (folder / "config" / "config.yaml").read_text(encoding="utf-8")
    assert all(f'  "{name}": {{' in text for name in names[:-1])
    known = yaml.safe_load((folder / "columns.yaml").read_text(encoding="utf-8"))
    correct(folder, outcomes={True: known["outcomes"]["on"]})
    with pytest.raises(IntakeError, match="the key true is read as True; put it in quotes"):
        make_review(folder)


def test_a_table_with_new_columns_is_understood_afresh(tmp_path):
    folder, table = tmp_path / "review", tmp_path / "t.csv"
    make_review(folder, text_file(table, [["Study", "N", "ORR_n"], ["A 2019", 26, 13]]), "R")
    rows = [["An extraction", "", "", "", ""], ["Study", "N", "ORR_n", "CR_n", "Country"]]
    rows += [["A 2019", 26, 13, 3, "FR"], ["B 2020", 20, 8, 1, "DE"]]
    make_review(folder, text_file(table, rows))
    assert values(folder, "cr") == [("A 2019", 3, 26), ("B 2020", 1, 20)]
    assert sheet(folder, "studies")[0]["country"] == "FR"
    assert protocol(folder)["review"]["title"] == "R"


def test_new_columns_beside_an_edited_columns_yaml_are_told(tmp_path):
    folder, table = tmp_path / "review", tmp_path / "t.csv"
    make_review(folder, text_file(table, [["Study", "N", "ORR_n"], ["A 2019", 26, 13]]))
    orr = {"label": "Response", "kind": "proportion", "events": "ORR_n", "total": "N"}
    correct(folder, outcomes={"response": orr})
    text_file(table, [["Study", "N", "ORR_n", "CR_n", ""], ["A 2019", 26, 13, 3, ""]])
    for _ in range(2):  # written again in the usual form, it is still an edited one
        told = make_review(folder, table)
        assert values(folder, "response") == [("A 2019", 13, 26)]
        assert "look at: new columns, not used (columns.yaml was edited): CR_n" in told


def test_a_path_with_a_tilde_is_below_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    text_file(tmp_path / "t.csv", [["Study", "Events", "Total"], ["A 2019", 3, 10]])
    assert main(["--to", "~/review", "--from", "~/t.csv"]) == 0
    assert (tmp_path / "review" / "columns.yaml").exists()
    assert not (tmp_path / "~").exists()


def test_a_table_that_is_not_understood_is_kept_for_the_second_run(tmp_path, capsys):
    folder, table = tmp_path / "review", tmp_path / "t.csv"
    text_file(table, [["Study", "Hit", "Looked at"], ["A 2019", 3, 10]])
    assert main(["--to", str(folder), "--from", str(table)]) == 1
    said = capsys.readouterr().err
    assert "the events and totals, the person-time, the medians or the ratios" in said
    table.unlink()
    correct(folder, outcomes={"hit": {"events": "Hit", "total": "Looked at"}})
    make_review(folder)
    assert values(folder, "hit") == [("A 2019", 3, 10)]


@pytest.mark.parametrize(
    "header",
    [
        "Person-years at risk", "Person-years of follow-up", "Patient years of exposure",
        "Catheter-days of observation", "person years of followup",
    ],
)  # fmt: skip
def test_words_behind_person_time_do_not_hide_it(header):
    assert role_of(header) == ("", "person_time")
    assert role_of(f"Falls {header}") == ("falls", "person_time")

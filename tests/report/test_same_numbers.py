"""One source for every printed number: report and tables are read back and held to the CSVs."""

import csv
import datetime
import zipfile
from pathlib import Path

import docx
import lxml.html
import openpyxl
import pytest

import write_report
import write_tables
from singlearm.catalogue import numbers
from singlearm.catalogue.tables import read_table
from singlearm.report.subgroup_rows import TAU2_MODE

PRIMARY = "glmm"
#: A workbook's numbers are written with 16 significant digits (a spreadsheet itself keeps 15).
DIGITS = 1e-15


@pytest.fixture(scope="module")
def written(make_invented, tmp_path_factory):
    """The invented review, written in every format: inputs and outputs."""
    inputs, outputs, params = make_invented().write(tmp_path_factory.mktemp("written"))
    write_tables.run(inputs, outputs, params)
    write_report.run(inputs, outputs, params)
    return inputs, outputs


@pytest.fixture
def page(written):
    _, outputs = written
    return lxml.html.parse(outputs.report).getroot()


def cells(row) -> list[str]:
    return [" ".join(cell.text_content().split()) for cell in row.xpath("./td | ./th")]


def table_rows(page, name: str, of: str = "") -> list[list[str]]:
    whose = f" and @data-of={of!r}" if of else ""
    (table,) = page.xpath(f"//table[@data-table={name!r}{whose}]")
    return [cells(row) for row in table.xpath("./tbody/tr")]


def by_heading(page, name: str, of: str, key: str) -> dict[str, str]:
    """The cells of one row of a table; a column that no row fills is not there."""
    (table,) = page.xpath(f"//table[@data-table={name!r} and @data-of={of!r}]")
    (row,) = table.xpath(f".//tr[@data-key={key!r}]")
    return dict(zip(cells(table.xpath("./thead/tr")[0]), cells(row), strict=True))


#: Where `expected_pooled` stands in the table of models.
POOLED_HEADINGS = (
    "Average over studies, % [95% CI]",
    "Median study, % [95% CI]",
    "95% prediction interval, %",
)


def expected_pooled(row) -> list[str]:
    return [
        numbers.percent_ci(row["marginal"], row["marginal_low"], row["marginal_high"]),
        numbers.percent_ci(row["estimate"], row["ci_low"], row["ci_high"]),
        numbers.percent_interval(row["pi_low"], row["pi_high"]),
    ]


def pooled_with_data(inputs):
    return [row for row in read_table(inputs.pooled, "pooled") if row["k"]]


def test_report_findings_are_the_primary_rows_of_pooled(written, page):
    found = {row[0]: row[1:] for row in table_rows(page, "proportions")}
    rows = [row for row in pooled_with_data(written[0]) if row["model"] == PRIMARY]
    labels = {"lifted": "Gloom lifted", "headache": "Headache", "burns": "Burns"}
    assert set(found) == set(labels.values())
    for row in rows:
        told = found[labels[row["outcome"]]]
        assert told[0] == str(row["k"])
        assert told[1] == f"{row['events']}/{row['total']}"
        assert told[2:5] == expected_pooled(row)
        assert told[5] == numbers.tau2_ci(row["tau2"], row["tau2_low"], row["tau2_high"])


def test_report_model_tables_hold_every_row_of_pooled(written, page):
    for row in pooled_with_data(written[0]):
        told = by_heading(page, "models", row["outcome"], row["model"])
        assert told["Studies"] == str(row["k"])
        found = [told.get(heading, numbers.MISSING) for heading in POOLED_HEADINGS]
        assert found == expected_pooled(row)
        tau2 = numbers.tau2_ci(row["tau2"], row["tau2_low"], row["tau2_high"])
        assert told.get("tau² [95% CI]", numbers.MISSING) == tau2
        assert told.get("I²", numbers.MISSING) == numbers.i2(row["i2"])
        assert "p against 50%" not in told


def test_report_sentences_hold_the_numbers_of_pooled(written, page):
    row = next(
        row for row in pooled_with_data(written[0])
        if (row["outcome"], row["model"]) == ("lifted", PRIMARY)
    )  # fmt: skip
    text = " ".join(page.get_element_by_id("lifted").text_content().split())
    low, high = numbers.percent(row["pi_low"]), numbers.percent(row["pi_high"])
    assert f"we expect a true proportion between {low}% and {high}%" in text
    typical = numbers.percent_words(row["estimate"], row["ci_low"], row["ci_high"])
    assert f"In the median study it is {typical}" in text
    assert f"{numbers.percent(row['marginal'])}%" in text
    assert f"above 50% is {numbers.percent(row['p_above'], 0)}%" in text
    assert f"tau² = {numbers.tau2(row['tau2'])}" in text


def test_report_subgroups_are_rows_of_subgroups(written, page):
    rows = [
        row for row in read_table(written[0].subgroups, "subgroups")
        if (row["model"], row["tau2_mode"]) == (PRIMARY, TAU2_MODE)
    ]  # fmt: skip
    assert len(rows) == 4
    for row in rows:
        (line,) = page.xpath(
            f"//table[@data-table='subgroups' and @data-of='{row['outcome']}/{row['by']}']"
            f"//tr[@data-key={row['level']!r}]"
        )
        assert cells(line)[:7] == [
            row["level"],
            str(row["k"]),
            f"{row['events']}/{row['total']}",
            *expected_pooled(row),
            numbers.tau2(row["tau2"]),
        ]
        (summary,) = line.xpath("./ancestor::details[@class='group']/summary")
        assert f"{row['level']} {expected_pooled(row)[0]}" in summary.text_content()


def test_report_tests_are_rows_of_subgroup_tests(written, page):
    for row in read_table(written[0].subgroup_tests, "subgroup_tests"):
        lines = table_rows(page, "subgroup_tests", f"{row['outcome']}/{row['by']}")
        (told,) = [line for line in lines if line[:2] == [row["model"], row["tau2_mode"]]]
        assert told[3:8] == [
            numbers.number(row["statistic"]),
            numbers.count(row["df"]),
            numbers.p_number(row["p_value"]),
            numbers.p_number(row["p_permutation"]),
            numbers.p_number(row["p_adjusted"]),
        ]


def test_report_studies_are_rows_of_effects(written, page):
    for path in written[0].effects:
        outcome = path.split("/")[-2]
        for row in read_table(path, "effects"):
            (line,) = page.xpath(
                f"//table[@data-effects={outcome!r}]//tr[@data-study={row['study_id']!r}]"
            )
            interval = numbers.percent_ci(row["proportion"], row["ci_low"], row["ci_high"])
            assert cells(line)[1:3] == [f"{row['events']}/{row['total']}", interval]


def test_report_regressions_are_the_slopes_of_regression(written, page):
    rows = [row for row in read_table(written[0].regression, "regression") if row["term"] == "year"]
    lines = table_rows(page, "regression", "lifted")
    assert len(lines) == len(rows) == 2
    for row in rows:
        (told,) = [line for line in lines if line[1] == row["model"]]
        limits = numbers.interval(row["ci_low"], row["ci_high"], 3)
        assert told[0] == "Year of the lamp"
        assert told[4] == f"{numbers.number(row['estimate'], 3)} {limits}"
        assert told[5:8] == [
            numbers.p_number(row["p_value"]),
            numbers.tau2(row["tau2"]),
            numbers.i2(row["r2"]),
        ]
    text = " ".join(page.get_element_by_id("lifted").text_content().split())
    assert f"Meta-regression: year of the lamp {numbers.p_value(0.0136)}" in text


def test_claims_print_in_their_own_unit(written, page):
    found = {row[0]: row[1:4] for row in table_rows(page, "claims")}
    assert found == {
        "Gloom lifts in 77%.": ["77%", "77.3%", "76.2%"],
        "Gloom lifts in 70%.": ["70 months", "77.3 months", "76.2 months"],
        "Gloom lifts in 20%.": ["20", "77.3", "76.2"],
        "Gloom lifts in 5%.": ["p < 5", "–", "–"],
    }
    rows = docx.Document(written[1].docx).tables[-1].rows
    printed = {row.cells[0].text: [cell.text for cell in row.cells[1:4]] for row in rows[1:]}
    assert printed == found


def test_certainty_stands_beside_every_proportion(written, page):
    found = {row[0]: row[-1] for row in table_rows(page, "proportions")}
    assert (found["Gloom lifted"], found["Headache"]) == ("low", "–")
    sheet = openpyxl.load_workbook(written[1].xlsx)["Proportions"]
    heads = {cell.value: cell.column for cell in sheet[3]}
    told = {sheet.cell(row, 2).value: row for row in range(4, sheet.max_row + 1)}
    row = told["Gloom lifted"]
    assert sheet.cell(row, heads["Certainty"]).value == "low"
    assert sheet.cell(row, heads["Reason for the certainty"]).value == "Few studies."


def test_report_tells_what_changed(page):
    text = " ".join(page.get_element_by_id("summary").text_content().split())
    assert "Against version 1: 1 study added and 1 cell added." in text
    assert "1 of 2 conclusions that can be compared changed" in text
    assert "Gloom lifted, lamp: p = 0.040 before, p = 0.27 now" in text
    assert table_rows(page, "changes") == [
        ["Gloom lifted", "71.2% (95% CI 60.1 to 80.3); 5 studies",
         "76.2% (95% CI 64.1 to 86.1); 6 studies", "+5.0 percentage points"]
    ]  # fmt: skip


def test_workbook_holds_typed_numbers_of_pooled_and_subgroups(written):
    inputs, outputs = written
    book = openpyxl.load_workbook(outputs.xlsx)
    sheet = book["All results"]
    heads = {cell.value: cell.column - 1 for cell in sheet[3] if cell.value}
    lines = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    kept = {}
    for line in lines:
        key = [line[heads[name]] for name in ("Part", "Outcome code", "Subgrouping", "Group")]
        key += [line[heads[name]] for name in ("Model or method", "tau² in groups")]
        kept[tuple(key)] = line
    for row in pooled_with_data(inputs):
        line = kept["overall", row["outcome"], None, None, row["model"], None]
        assert line[heads["Studies"]] == row["k"]
        for head, name in (("Estimate", "estimate"), ("95% PI low", "pi_low"), ("tau²", "tau2")):
            told = line[heads[head]]
            assert told is row[name] is None or told == pytest.approx(row[name], rel=DIGITS)
    for row in read_table(inputs.subgroups, "subgroups"):
        by = {"lamp": "Lamp", "country": "Country"}[row["by"]]
        key = ("subgroup", row["outcome"], by, row["level"], row["model"], row["tau2_mode"])
        for head, name in (("Estimate", "estimate"), ("Average over studies", "marginal")):
            assert kept[key][heads[head]] == pytest.approx(row[name], rel=DIGITS)
    assert sheet.cell(4, heads["Estimate"] + 1).number_format == "0.0%"


def test_word_tables_print_the_numbers_of_pooled_and_subgroups(written):
    inputs, outputs = written
    tables = docx.Document(outputs.docx).tables
    findings = {row.cells[0].text: [cell.text for cell in row.cells] for row in tables[1].rows}
    groups = [[cell.text for cell in row.cells] for row in tables[3].rows]
    labels = {"lifted": "Gloom lifted", "headache": "Headache", "burns": "Burns"}
    for row in pooled_with_data(inputs):
        if row["model"] == PRIMARY:
            assert findings[labels[row["outcome"]]][3:6] == expected_pooled(row)
    for row in read_table(inputs.subgroups, "subgroups"):
        if (row["model"], row["tau2_mode"]) == (PRIMARY, TAU2_MODE):
            (told,) = [line for line in groups if line[2] == row["level"]]
            assert told[5:8] == expected_pooled(row)


def test_latex_prints_the_numbers_of_pooled(written):
    inputs, outputs = written
    (path,) = [path for path in outputs.latex if "proportions" in path]
    text = Path(path).read_text(encoding="utf-8")
    for row in pooled_with_data(inputs):
        if row["model"] == PRIMARY:
            printed = numbers.percent_ci(row["estimate"], row["ci_low"], row["ci_high"])
            assert printed.replace("[", "{[}").replace("]", "{]}") in text


def test_csv_tables_keep_full_precision(written):
    inputs, outputs = written
    with Path(outputs.all_results).open(encoding="utf-8", newline="") as file:
        lines = {
            (line["outcome"], line["model"]): line
            for line in csv.DictReader(file) if line["part"] == "overall"
        }  # fmt: skip
    for row in pooled_with_data(inputs):
        assert float(lines[row["outcome"], row["model"]]["estimate"]) == row["estimate"]


def test_same_tables_same_bytes(invented, tmp_path):
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        inputs, outputs, params = invented.write(folder)
        write_tables.run(inputs, outputs, params)
        write_report.run(inputs, outputs, params)
        paths = [outputs.report, outputs.xlsx, outputs.docx, outputs.all_results, *outputs.latex]
        made.append([Path(path).read_bytes() for path in paths])
    assert made[0] == made[1]


def test_no_clock_in_workbook_and_word_document(written):
    _, outputs = written
    fixed = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
    properties = docx.Document(outputs.docx).core_properties
    assert (properties.created, properties.modified) == (fixed, fixed)
    assert openpyxl.load_workbook(outputs.xlsx).properties.created == fixed.replace(tzinfo=None)
    for path in (outputs.docx, outputs.xlsx):
        with zipfile.ZipFile(path) as archive:
            assert {member.date_time[0] for member in archive.infolist()} == {1980}

"""A review of rates alone: nothing is said of proportions, and every number has its unit."""

import csv
from pathlib import Path

import docx
import lxml.html
import openpyxl
import pytest

import write_manuscript
import write_report
import write_tables
from singlearm.kinds import POOLINGS, Evidence, rate

FALLS = [(7, 1344.0), (3, 12012.0), (17, 6760.0)]


@pytest.fixture
def written(invented, tmp_path):
    """Report, tables and manuscript of three studies in person-days; and the pooled rows."""
    values = [
        {
            "study_id": f"S{i}",
            "outcome": "falls",
            "events": x,
            "person_time": t,
            "unit": "person-days",
        }
        for i, (x, t) in enumerate(FALLS)
    ]
    invented.empty(*invented.tables)
    invented.effects.clear()
    outcome = {"label": "Falls off the lamp", "kind": "rate"}
    invented.protocol |= {"outcomes": {"falls": outcome}, "subgroups": {}, "moderators": {}}
    invented.protocol["version"].pop("compare_with")
    evidence = Evidence({"rate_values": values}, {"falls": outcome})
    rows = list(POOLINGS["rates"].call(evidence))
    invented.tables["rates"] = rows
    inputs, outputs, params = invented.write(tmp_path)
    for write in (write_report, write_tables, write_manuscript):
        write.run(inputs, outputs, params)
    return outputs, {row["model"]: row for row in rows}


def test_the_page_says_nothing_of_proportions_or_their_models(written):
    outputs, _ = written
    page = lxml.html.parse(outputs.report).getroot()
    said = " ".join(page.get_element_by_id("main").text_content().split())
    for word in ("proportion", "logistic", "How to read the numbers", "log-odds"):
        assert word not in said, word
    assert "years of 12 person-months or 365.25 person-days" in said


def test_the_model_that_leads_stands_first(written):
    outputs, rows = written
    page = lxml.html.parse(outputs.report).getroot()
    (table,) = page.get_element_by_id("rates").xpath(".//table")
    cells = [[c.text_content().strip() for c in tr.xpath("th|td")] for tr in table.xpath(".//tr")]
    assert [row[1] for row in cells[1:]] == list(rate.LABELS.values())
    assert rate.MEASURE.number(rows["poisson_normal"]["estimate"]) in cells[1][5]


def test_numbers_beside_a_unit_are_in_it(written):
    outputs, rows = written
    with Path(outputs.all_results).open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            assert line["unit"] == "per 100 person-years"
            for name in ("estimate", "ci_low", "ci_high", "pi_low"):
                known = rows[line["model"]][name]
                assert line[name] == "" if known is None else float(line[name]) == 100 * known
    book = openpyxl.load_workbook(outputs.xlsx)
    headings, first = (list(book["Rates"].values)[place] for place in (2, 3))
    stored = dict(zip(headings, first, strict=True))
    assert stored["Rate per person-year"] == pytest.approx(rows["poisson_normal"]["estimate"])
    for name in ("All results", "Rates"):
        assert name in book.sheetnames
    assert "Proportions" not in book.sheetnames


def test_differences_and_thresholds_are_in_the_printed_unit():
    assert rate.MEASURE.difference(0.05) == "+5.0 per 100 person-years"
    assert rate.MEASURE.number(0.05) == "5.00"


def test_documents_name_no_model_of_proportions(written):
    outputs, _ = written
    for path in (outputs.docx, outputs.prisma, outputs.moose, outputs.manuscript):
        document = docx.Document(path)
        texts = [paragraph.text for paragraph in document.paragraphs]
        texts += [c.text for table in document.tables for row in table.rows for c in row.cells]
        said = " ".join(texts)
        assert "logistic" not in said and "All proportions" not in said, path
        assert "Main analysis" not in said and "How to read" not in said, path
        if path == outputs.prisma:
            assert said.count("Methods: Events per person-time") == 2

"""The case rare-digits: 1,545 events in 6.8 million print as a number, not as 0.0%."""

import csv
from pathlib import Path

import docx
import invented_tables
import lxml.html
import openpyxl
import pytest

import write_report
import write_tables
from singlearm.synthesis import Model, pool, study_intervals

#: The columns of a pooled row that are not the model's.
KEPT = ("outcome", "model", "note", "clusters")
FIRST = "0.022"  # 2.22 of 10,000, in percent
CASE = Path(__file__).parents[1] / "cases/rare-digits/duchenne-26-cohorts/data.csv"


@pytest.fixture(scope="module")
def written(make_invented, tmp_path_factory):
    """The case's numbers in place of the invented review's first outcome, in every format."""
    with CASE.open(encoding="utf-8") as file:
        cohorts = list(csv.DictReader(file))
    x, n = ([int(row[name]) for row in cohorts] for name in ("events", "total"))
    made = make_invented()
    for row in made.tables["pooled"]:
        if row["outcome"] == "lifted":
            fit = pool(x, n, Model.of(made.protocol["models"][row["model"]]))
            row |= {name: getattr(fit, name, None) for name in row if name not in KEPT}
    low, high = study_intervals(x, n)
    made.effects["lifted"] = [
        invented_tables.row(
            "effects", study_id=f"C{i}", label=f"Cohort {i}", year=1990 + i, events=x[i],
            total=n[i], proportion=x[i] / n[i], ci_low=low[i], ci_high=high[i],
        )
        for i in range(len(x))
    ]  # fmt: skip
    made.protocol["outcomes"]["lifted"].pop("threshold")
    inputs, outputs, params = made.write(tmp_path_factory.mktemp("rare"))
    write_tables.run(inputs, outputs, params)
    write_report.run(inputs, outputs, params)
    return outputs


def test_rare_digits_duchenne_26_cohorts_report(written):
    page = lxml.html.parse(written.report).getroot()
    text = " ".join(page.get_element_by_id("lifted").text_content().split())
    assert FIRST in text and "0.0 [0.0, 0.0]" not in text and "0.0%" not in text
    (findings,) = page.xpath("//table[@data-table='summary_of_findings']")
    (row,) = [r for r in findings.xpath("./tbody/tr") if "Gloom lifted" in r.text_content()]
    said = " ".join(row.text_content().split())
    assert "of 10,000" in said or "of 100,000" in said or "of 1,000" in said
    assert "0 of 1" not in said.replace("10 of", "")


def test_rare_digits_duchenne_26_cohorts_tables(written):
    document = docx.Document(written.docx)
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    assert any(FIRST in cell for cell in cells) and "0.0 [0.0, 0.0]" not in cells
    latex = "\n".join(Path(path).read_text(encoding="utf-8") for path in written.latex)
    assert FIRST in latex and "0.0 [0.0, 0.0]" not in latex
    for path in (written.xlsx, written.findings_xlsx):
        for tab in openpyxl.load_workbook(path):
            for cell in (cell for row in tab.iter_rows() for cell in row):
                value, form = cell.value, cell.number_format
                if isinstance(value, float) and value and "[" not in form and "E" not in form:
                    scale, decimals = (100 if "%" in form else 1), form.partition(".")[2].count("0")
                    assert round(scale * value, decimals) != 0, (tab.title, cell.coordinate, form)

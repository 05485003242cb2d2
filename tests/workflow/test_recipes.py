"""The recipes of CONTRIBUTING: each done in a copy of the workflow and seen wherever it is printed.

One copy takes several changes, since a whole run is what costs.
"""

import ast
import csv

import docx
import lxml.html
import openpyxl
import pytest

LIBRARY = "workflow/scripts/singlearm"
#: A column of pooled.csv: a value of the record, and a line of the catalogue.
VALUE = """
    @property
    def crude(self):
        \"\"\"Events of all patients.\"\"\"
        return self.events / self.total if self.total else None
"""
LINE = 'Column("crude", "number", "Crude proportion, %", "percent"),'
END_OF_POOLED = """        ),
    ),
    Table(
        "subgroups",
"""
WORDING = "just a pair of studies"
WORDS = '        "two studies: no prediction interval",'
NEW_WORDS = f'        "{WORDING}",'


def add_to_class(file, name, text):
    """Put a text at the end of a class."""
    source = file.read_text(encoding="utf-8")
    (found,) = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == name
    ]
    lines = source.splitlines(keepends=True)
    lines.insert(found.end_lineno, text)
    file.write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def changed(empty_house, tmp_path_factory):
    """A review run by a workflow with a further column and another wording."""
    house = empty_house.copy_to(tmp_path_factory.mktemp("recipes") / "review")
    add_to_class(house.root / LIBRARY / "synthesis/records.py", "Pooled", VALUE)
    house.edit(
        f"{LIBRARY}/catalogue/results.py",
        END_OF_POOLED,
        f"            {LINE}\n{END_OF_POOLED}",
    )
    house.edit(f"{LIBRARY}/catalogue/notes.py", WORDS, NEW_WORDS)
    house.build("results/1/report.html", "results/1/tables/results.xlsx")
    return house.root / "results/1"


def test_a_column_of_pooled_takes_two_files(changed):
    with (changed / "pooled.csv").open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["outcome"] == "orr")
    assert float(row["crude"]) == int(row["events"]) / int(row["total"])
    printed = f"{100 * float(row['crude']):.1f}"

    page = lxml.html.parse(changed / "report.html").getroot()
    for name in ("proportions", "models"):
        table = page.xpath(f"//table[@data-table={name!r}]")[0]
        heads = [head.text_content() for head in table.xpath("./thead/tr/th")]
        cells = [cell.text_content() for cell in table.xpath("./tbody/tr[1]/*")]
        assert cells[heads.index("Crude proportion, %")] == printed

    sheet = openpyxl.load_workbook(changed / "tables/results.xlsx")["Proportions"]
    heads = [cell.value for cell in sheet[3]]
    value = sheet.cell(4, heads.index("Crude proportion, %") + 1)
    assert value.value == pytest.approx(float(row["crude"]), rel=1e-15)
    assert value.number_format == "0.0%"

    tables = docx.Document(changed / "tables/results.docx").tables
    heads = {i: [cell.text for cell in table.rows[0].cells] for i, table in enumerate(tables)}
    ((i, names),) = [(i, names) for i, names in heads.items() if "Crude proportion, %" in names]
    assert tables[i].rows[1].cells[names.index("Crude proportion, %")].text == printed


def test_a_note_is_worded_in_one_file(changed):
    page = lxml.html.parse(changed / "report.html").getroot()
    notes = [cell.text_content() for cell in page.xpath("//table//td")]
    assert any(WORDING in note for note in notes)
    book = openpyxl.load_workbook(changed / "tables/results.xlsx")
    cells = [cell.value for row in book["All results"].iter_rows() for cell in row]
    assert any(WORDING in str(cell) for cell in cells)
    tables = docx.Document(changed / "tables/results.docx").tables
    assert any(WORDING in cell.text for t in tables for row in t.rows for cell in row.cells)

"""The recipes of CONTRIBUTING: each done in a copy of the workflow and seen wherever it is printed.

One copy takes several changes, since a whole run is what costs.
"""

import ast
import zipfile

import docx
import lxml.html
import openpyxl
import pytest
from houses import rows_of

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

#: An estimator of tau2 of closed form, that of Hartung and Makambi (2003), and where it goes.
ESTIMATOR = """
def _hartung_makambi(s: Stack) -> Floats:
    f = inverse_variance_fit(s, 0.0)
    return f.q**2 / ((2 * s.df + f.q) * trace(s, f))


ESTIMATORS = {
    "HM": Estimator("Hartung-Makambi", "the Hartung-Makambi estimator", _hartung_makambi),
"""
MODELS = """models:
  logit_hm: {likelihood: normal, measure: PLO, tau2: HM, ci: wald}
"""
#: A figure: what to draw, the drawing, and in the script its imports, its name and its entry.
MARKS = '''"""How many studies there are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CountMarks:
    """A number."""

    title: str
    count: int

    @property
    def description(self) -> str:
        """The number in words."""
        return f"{self.count} studies in all."


def head_count_marks(studies) -> CountMarks:
    """The number of studies."""
    return CountMarks("Head count", len(studies))
'''
DRAW = '''"""Draw how many studies there are."""

from singlearm.figures.page import Page


def draw_head_count(marks):
    """The number."""
    page = Page(200, 40)
    page.text(10, 20, f"{marks.count} heads counted")
    return page.figure
'''
SCRIPT = "workflow/scripts/draw_review.py"
IMPORTS = """from singlearm.figures.draw.head_count import draw_head_count
from singlearm.figures.marks.head_count import head_count_marks
"""


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
    """A review run by a workflow with another wording, a further column, estimator and figure."""
    house = empty_house.copy_to(tmp_path_factory.mktemp("recipes") / "review")
    add_to_class(house.root / LIBRARY / "synthesis/records.py", "Pooled", VALUE)
    house.edit(
        f"{LIBRARY}/catalogue/results.py",
        END_OF_POOLED,
        f"            {LINE}\n{END_OF_POOLED}",
    )
    house.edit(f"{LIBRARY}/catalogue/note_words.py", WORDS, NEW_WORDS)
    house.edit(f"{LIBRARY}/synthesis/estimators.py", "\nESTIMATORS = {\n", ESTIMATOR)
    house.edit("config/config.yaml", "models:\n", MODELS)
    for room, text in (("marks", MARKS), ("draw", DRAW)):
        (house.root / LIBRARY / f"figures/{room}/head_count.py").write_text(text, encoding="utf-8")
    first = "from singlearm.figures.draw.groups import draw_groups\n"
    house.edit(SCRIPT, first, IMPORTS + first)
    house.edit(SCRIPT, "NAMES = (\n", 'NAMES = (\n    "head_count",\n')
    entry = '        "prisma": _flow('
    house.edit(
        SCRIPT,
        entry,
        f'        "head_count": (draw_head_count, head_count_marks(studies)),\n{entry}',
    )
    house.build("results/1/report.html", "results/1/tables/results.xlsx")
    house.build("--report", "all.zip", "results/1/report.html")
    return house.root / "results/1"


def test_a_column_of_pooled_takes_two_files(changed):
    row = next(row for row in rows_of(changed / "pooled.csv") if row["outcome"] == "orr")
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


def test_an_estimator_of_tau2_takes_one_file(changed):
    pooled = {
        row["model"]: row for row in rows_of(changed / "pooled.csv") if row["outcome"] == "orr"
    }
    ours, other = pooled["logit_hm"], pooled["logit_dl"]
    q, df = float(ours["q"]), int(ours["q_df"])
    assert q == pytest.approx(float(other["q"]), rel=1e-12)
    # DL is (Q - df) / C of the same C
    c = (q - df) / float(other["tau2"])
    assert float(ours["tau2"]) == pytest.approx(q**2 / ((2 * df + q) * c), rel=1e-9)

    page = lxml.html.parse(changed / "report.html").getroot()
    assert "the Hartung-Makambi estimator" in page.text_content()
    specifications = rows_of(changed / "sensitivity/orr/multiverse.csv")
    assert "HM" in {row["tau2_estimator"] for row in specifications}
    assert "Hartung-Makambi" in (changed / "figures/orr/multiverse.svg").read_text("utf-8")
    sheet = openpyxl.load_workbook(changed / "tables/results.xlsx")["All results"]
    cells = [str(cell.value) for row in sheet.iter_rows() for cell in row]
    assert any("logit_hm" in cell or "Hartung-Makambi" in cell for cell in cells)


def test_a_figure_takes_three_files(changed):
    number = len(rows_of(changed / "clean/studies.csv"))
    said = f"{number} heads counted"
    for kind in ("svg", "pdf", "png"):
        assert (changed / f"figures/head_count.{kind}").stat().st_size > 500
    assert said in (changed / "figures/head_count.svg").read_text("utf-8")
    page = lxml.html.parse(changed / "report.html").getroot()
    (figure,) = page.xpath("//figure[@id='figure-head_count']")
    assert said in figure.text_content()
    assert figure.xpath("string(figcaption)") == "Head count."
    assert f"{number} studies in all" in lxml.html.tostring(figure, encoding="unicode")
    with zipfile.ZipFile(changed.parents[1] / "all.zip") as archive:
        told = archive.read("all/report.html").decode()
    assert "results/1/figures/head_count.svg" in told
    assert "A figure of data version 1; its title says what it shows." in told

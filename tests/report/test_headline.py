"""The protocol's headline leads in every place that prints a pooled proportion."""

from pathlib import Path

import docx
import lxml.html
import openpyxl
import pytest
from test_changes import update

import write_manuscript
import write_report
import write_tables
from singlearm.catalogue.tables import read_table
from singlearm.figures.marks.choices import ForestChoices
from singlearm.report import review_list
from singlearm.report.changed_results import changes
from singlearm.report.review import Review
from singlearm.report.site import pages

#: Of `lifted`, by the protocol's word: the number, and in how many of a hundred.
NUMBERS = {
    "average": ("74.4", "74 of 100", "0.743"),
    "typical": ("76.2", "76 of 100", "0.762"),
}


@pytest.fixture(scope="module", params=NUMBERS)
def written(request, make_invented, tmp_path_factory):
    """The word, and the invented review written in every format under it."""
    made = make_invented()
    made.protocol["headline"] = request.param
    inputs, outputs, params = made.write(tmp_path_factory.mktemp(request.param))
    for script in (write_tables, write_report, write_manuscript):
        script.run(inputs, outputs, params)
    return request.param, inputs, outputs, params


def leads(text: str, word: str, *, forms=(0, 1, 2)) -> None:
    """The headline stands in a text, and the other estimand behind it or not at all."""
    other = next(name for name in NUMBERS if name != word)
    places = [text.find(NUMBERS[word][form]) for form in forms]
    first = min((at for at in places if at >= 0), default=-1)
    assert first >= 0, (NUMBERS[word], text[:500])
    for form in forms:
        at = text.find(NUMBERS[other][form])
        assert at < 0 or at > first, (NUMBERS[other], text[:500])


def words(element) -> str:
    return " ".join(element.text_content().split())


def test_report(written):
    word, _, outputs, _ = written
    page = lxml.html.parse(outputs.report).getroot()
    leads(words(page.get_element_by_id("summary")), word)
    leads(words(page.get_element_by_id("lifted")), word)
    (table,) = page.xpath("//table[@data-table='proportions']")
    leads(words(table), word)
    (table,) = page.xpath("//table[@data-table='models' and @data-of='lifted']")
    leads(words(table.xpath(".//tr[@data-key='glmm']")[0]), word)


@pytest.mark.parametrize("name", ["summary_of_findings", "proportions"])
def test_tables_as_csv_and_latex(written, name):
    word, _, outputs, _ = written
    leads(Path(outputs[name]).read_text(encoding="utf-8"), word)
    latex = next(path for path in outputs.latex if Path(path).stem == name)
    leads(Path(latex).read_text(encoding="utf-8"), word)


@pytest.mark.parametrize("name", ["docx", "findings_docx", "manuscript"])
def test_word_documents(written, name):
    word, _, outputs, _ = written
    document = docx.Document(outputs[name])
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    leads(" ".join([*(p.text for p in document.paragraphs), *cells]), word)


@pytest.mark.parametrize("name", ["xlsx", "findings_xlsx"])
def test_workbooks(written, name):
    """In each tab that has both estimands the headline's column stands first."""
    word, _, outputs, _ = written
    book, seen = openpyxl.load_workbook(outputs[name]), 0
    for tab in book:
        for row in tab.iter_rows(values_only=True):
            text = " ".join(f"{100 * v:.1f}" if isinstance(v, float) else str(v) for v in row)
            if NUMBERS[word][0] in text or NUMBERS[word][1] in text:
                leads(text, word)
                seen += 1
    assert seen


def review_of(inputs, params, version="2") -> Review:
    tables = {n: read_table(path, n) for n, path in inputs.items() if isinstance(path, str)}
    return Review(params.protocol, version, "0" * 12, tables)


def test_site_with_its_search(written):
    word, inputs, _, params = written
    made = pages([review_of(inputs, params)])
    for place in ("outcomes/lifted.html", "index.html"):
        leads(" ".join(made[place].split()), word)


def test_page_of_many_reviews(written, monkeypatch):
    word, inputs, _, params = written
    monkeypatch.setattr(review_list, "Review", lambda *_: review_of(inputs, params))
    monkeypatch.setattr(review_list, "read_table", lambda *_: [])
    found = review_list._version(Path("x"), params.protocol, "2")["findings"]
    leads(" ".join(row["estimate"] for row in found if row["label"] == "Gloom lifted"), word)


def test_changes_between_versions(written):
    word, inputs, _, params = written
    after = [r for r in read_table(inputs.pooled, "pooled") if r["outcome"] == "lifted"]
    compared = update({"pooled": after}, {"pooled": after})
    compared.protocol.update(params.protocol, headline=word)
    rows = [row for row in changes(compared) if row["kind"] in ("estimate", "conclusion")]
    told = {
        row["kind"]: f"{100 * row['value_after']:.1f}"
        for row in rows
        if row["item"].startswith("lifted/glmm")
    }
    assert told == dict.fromkeys(("estimate", "conclusion"), NUMBERS[word][0])


def test_figures_are_told_the_headline(repository):
    """The steps that draw take it from the protocol; what they draw is tested with the figures."""
    rules = (repository / "workflow/rules/draw.smk").read_text(encoding="utf-8")
    rules += (repository / "workflow/rules/release.smk").read_text(encoding="utf-8")
    assert rules.count("headline=") >= 2
    assert ForestChoices.of({}, "average").headline == "average"

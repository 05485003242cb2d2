"""Tables, workbook and the page's programs in another language, with a decimal comma."""

import json
import re
from pathlib import Path

import lxml.html
import openpyxl
import pytest
from chromium import Watched, needs_chromium

import write_report
import write_tables
from singlearm.catalogue import collect, language
from singlearm.report.render import HERE, SCRIPTS
from singlearm.report.review import read_review
from singlearm.report.sections import study_list

#: Numbers of a column of the review's own, the largest first.
FOLLOW_UP = (10.9, 10.2, 9.5)


@pytest.fixture
def brackets():
    """A language that puts each of our texts in brackets."""
    texts = {text: f"⟦{text}⟧" for text in collect.texts()}
    language.use(language.Language("xx", "de", texts, ",", ".", "; ", capital_nouns=True))
    yield
    language.use(language.ENGLISH)


@pytest.fixture
def page(request, invented, tmp_path) -> Path:
    """The report in that language, with a column of numbers of the review's own."""
    request.getfixturevalue("brackets")
    invented.protocol["studies"]["table"].append("median_followup_months")
    for study, value in zip(invented.tables["studies"], FOLLOW_UP, strict=False):
        study["median_followup_months"] = value
    inputs, outputs, params = invented.write(tmp_path)
    write_report.run(inputs, outputs, params)
    return Path(outputs.report)


def test_a_page_carries_what_its_programs_say(page):
    (carried,) = lxml.html.parse(page).xpath("//script[@id='words']")
    words = json.loads(carried.text)
    programs = "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    said = re.findall(r"\bsay\((\"(?:[^\"\\]|\\.)*\")", programs)
    assert words["texts"] == {text: f"⟦{text}⟧" for text in map(json.loads, said)}
    assert (words["decimal"], words["thousands"]) == (",", ".")
    assert len(said) == programs.count("say(")


def test_an_english_page_carries_no_words(invented, tmp_path):
    inputs, outputs, params = invented.write(tmp_path)
    write_report.run(inputs, outputs, params)
    assert not lxml.html.parse(outputs.report).xpath("//script[@id='words']")


@pytest.mark.usefixtures("brackets")
def test_a_workbook_has_said_headings_and_plain_numbers(invented, tmp_path):
    inputs, outputs, params = invented.write(tmp_path)
    write_tables.run(inputs, outputs, params)
    book = openpyxl.load_workbook(outputs.xlsx)
    assert all(name.startswith("⟦") for name in book.sheetnames)
    sheet = book["⟦Proportions⟧"]
    heads = {cell.value: cell.column for cell in sheet[3]}
    estimate = sheet.cell(4, heads["⟦Median study, %⟧"])
    assert isinstance(estimate.value, float)
    assert estimate.number_format == "0.0%"


@pytest.mark.usefixtures("brackets")
def test_a_column_of_the_review_stays_whatever_it_is_called(invented, tmp_path):
    invented.protocol["studies"] |= {"table": ["target_antigens"]}
    invented.protocol["studies"]["labels"] = {"target_antigens": "⟦Study⟧"}
    inputs, _, params = invented.write(tmp_path)
    cells = study_list.studies(read_review(inputs, params))["cells"]
    assert "target_antigens" in [cell.name for cell in cells]


@needs_chromium
class TestInTheBrowser:
    """What the programs read and write with a decimal comma."""

    @pytest.fixture
    def shown(self, browser, page):
        watched = Watched(browser, page)
        yield watched
        assert watched.complaints == []
        watched.context.close()

    def test_numbers_with_a_comma_sort_as_numbers(self, shown):
        column = shown.page.locator("#studies-table thead th", has_text="Median followup")
        place = column.evaluate("head => head.cellIndex")
        column.locator("button").click()
        texts = shown.page.locator(f"#studies-table tbody td:nth-child({place + 1})")
        told = texts.all_inner_texts()
        assert told[:4] == ["3,2", "9,5", "10,2", "10,9"]

    def test_effects_sort_by_their_stored_values(self, shown):
        shown.page.locator("#lifted details.behind summary").click()
        table = shown.page.locator("#table-effects-lifted")
        table.locator("thead button").nth(2).click()
        texts = table.locator("tbody td:nth-child(3)").all_inner_texts()
        shares = [float(text.split(" ")[0].replace(",", ".")) for text in texts]
        assert shares == sorted(shares)

    def test_the_pooled_row_has_a_comma(self, shown):
        behind = shown.page.locator("#lifted details.behind")
        behind.locator("summary").click()
        told = behind.locator("form.choose output").inner_text()
        assert re.match(r"⟦Exploratory: 6 of 6 studies, 136/173 patients: \d+,\d% \(", told)

    def test_a_saved_table_parts_cells_at_semicolons(self, shown):
        bar = shown.page.locator(".scroll:has(> #table-proportions) + .tools")
        bar.scroll_into_view_if_needed()
        with shown.page.expect_download() as waiting:
            bar.get_by_text("CSV").click()
        text = Path(waiting.value.path()).read_text("utf-8-sig")
        assert text.splitlines()[0].startswith('"⟦Outcome⟧";"⟦Studies⟧"')

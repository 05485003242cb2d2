"""A whole run in another language: what people read is in it, what programs read is as ever."""

import re

import lxml.html
import pytest
from docx import Document

from singlearm.catalogue import language

GERMAN = language.read("de")
#: English that no German text has, in the review of these tests neither.
ENGLISH = re.compile(r"\b(the|of|with|studies|study|patients|interval|was|is|are)\b")
#: Tables whose texts are for people; every other is the same in all languages.
WORDED = {"claims.csv", "changes.csv"}


def speak_german(house):
    with (house.root / "config/config.yaml").open("a", encoding="utf-8") as protocol:
        protocol.write("\nlang: de\n")


@pytest.fixture(scope="module")
def german(run_house, tmp_path_factory):
    house = run_house.copy_to(tmp_path_factory.mktemp("german") / "review")
    speak_german(house)
    house.build()
    return house


def texts_of(page):
    """What is on a page, without its programs and its own data."""
    root = lxml.html.parse(str(page)).getroot()
    for node in root.xpath("//script|//style"):
        node.drop_tree()
    return " ".join(root.text_content().split())


def test_no_text_was_without_words(german):
    logs = [path.read_text("utf-8") for path in (german.root / "logs").rglob("*.log")]
    assert logs
    assert not [line for log in logs for line in log.splitlines() if "no words for" in line]


def test_the_report_is_german(german, run_house):
    page = german.root / "results/1/report.html"
    assert lxml.html.parse(str(page)).getroot().get("lang") == "de"
    told = texts_of(page)
    assert GERMAN.texts["How sure we are"] in told
    english = texts_of(run_house.root / "results/1/report.html")
    left = {match[0] for match in ENGLISH.finditer(told)}
    assert len(ENGLISH.findall(told)) < len(ENGLISH.findall(english)) / 10, left
    assert re.search(r"\d,\d", told)


def test_figures_and_documents_are_german(german):
    forest = (german.root / "results/1/figures/orr/forest.svg").read_text("utf-8")
    assert GERMAN.texts["Study"] in forest
    assert "95% CI" not in forest
    document = Document(str(german.root / "results/1/tables/results.docx"))
    heads = {cell.text for table in document.tables for cell in table.rows[0].cells}
    assert GERMAN.texts["Study"] in heads


def test_numbers_for_programs_are_the_same(german, run_house):
    results = run_house.root / "results"
    tables = [path for path in results.rglob("*.csv") if path.name not in WORDED]
    assert tables
    for path in tables:
        other = german.root / "results" / path.relative_to(results)
        assert other.read_bytes() == path.read_bytes(), path


def test_the_language_of_a_review_is_no_reason_to_pool_again(run_house, tmp_path):
    house = run_house.copy_to(tmp_path / "review")
    speak_german(house)
    planned = house.build("-n")
    assert re.search(r"^write_report\s", planned, re.MULTILINE)
    assert not re.search(r"^(pool_outcome|vary_outcome|clean_layers)\s", planned, re.MULTILINE)

"""A whole run in another language: what people read is in it, what programs read is as ever."""

import re

import lxml.html
import pytest
from docx import Document

from singlearm.catalogue import language

GERMAN = language.read("de")
#: English that no German text has but as a name.
ENGLISH = re.compile(r"\b(the|of|with|studies|study|patients|interval|is|are)\b")
#: What the protocol of the review of these tests says, and names.
OWN = re.compile(
    "Year of the report|An invented review of five studies|Does the workflow carry five studies "
    "from sheets to report|patients infused|Every number is invented|The response rate is 70%|"
    "Five studies are included|Summary of Findings"
)
#: What the check of the sheets wrote into its table of problems.
CHECKED = "only one extractor filled this kind of sheet; its values are taken as they are"
#: Tables whose texts are for people; every other is the same in all languages.
WORDED = {"claims.csv", "changes.csv", "summary_of_findings.csv"}


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
    """The texts on a page, without its programs and the list of references."""
    root = lxml.html.parse(str(page)).getroot()
    for node in root.xpath("//script|//style|//ol[@class='works']"):
        node.drop_tree()
    return [" ".join(text.split()) for text in root.itertext() if text.strip()]


def test_no_text_was_without_words(german):
    logs = [path.read_text("utf-8") for path in (german.root / "logs").rglob("*.log")]
    assert logs
    assert not [line for log in logs for line in log.splitlines() if "no words for" in line]


def test_the_report_is_german(german):
    page = german.root / "results/1/report.html"
    assert lxml.html.parse(str(page)).getroot().get("lang") == "de"
    told = texts_of(page)
    assert GERMAN.texts["How sure we are"] in told
    assert len([text for text in told if re.search(r"\d,\d", text)]) > 50
    left = [text for text in told if ENGLISH.search(OWN.sub("", text))]
    assert left == [CHECKED]


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


def test_a_better_word_reruns_what_is_written_in_the_language(german, run_house, tmp_path):
    path = "workflow/scripts/singlearm/catalogue/languages/de.json"
    for house, rerun in ((german, {"write_report", "draw_outcome"}), (run_house, set())):
        copy = house.copy_to(tmp_path / f"{len(rerun)}" / "review")
        copy.edit(path, '"und"', '"sowie"')
        planned = set(re.findall(r"^(\w+) +\d+$", copy.build("-n"), re.MULTILINE))
        assert planned & {"write_report", "draw_outcome", "pool_outcome", "vary_outcome"} == rerun


def test_the_language_of_a_review_is_no_reason_to_pool_again(run_house, tmp_path):
    house = run_house.copy_to(tmp_path / "review")
    speak_german(house)
    planned = house.build("-n")
    assert re.search(r"^write_report\s", planned, re.MULTILINE)
    assert not re.search(r"^(pool_outcome|vary_outcome|clean_layers)\s", planned, re.MULTILINE)

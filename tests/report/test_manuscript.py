"""PRISMA 2020: the protocol's texts, the checklist, the manuscript."""

from pathlib import Path

import docx
import lxml.html

import write_manuscript
import write_report
from singlearm.catalogue import numbers
from singlearm.report.prisma import HEADINGS, checklist
from singlearm.report.review import read_review

#: A text for every key that the report prints.
FILLED = {key: f"Invented words on {key}." for key in HEADINGS} | {
    "sources": [{"name": "PubMed", "searched": "2026-01-05", "search": "gloom AND light"}],
    "eligibility": ["Trials of lamps.", "No candles."],
}
#: Without any text: what still has no place in the invented review.
EMPTY = {
    "1", "2", "3", "5", "6", "7", "8", "10a", "10b", "11", "13f", "14", "16a", "16b", "18", "20d",
    "21", "23a", "23c", "23d", "24a", "24b", "24c", "25", "26", "27",
}  # fmt: skip


def unreported(review):
    rows = checklist(review, "prisma").rows
    return {row["number"] for row in rows if row["place"] == "not reported"}


def test_checklist_has_all_items_and_says_what_is_missing(invented, tmp_path):
    inputs, outputs, params = invented.write(tmp_path)
    write_manuscript.run(inputs, outputs, params)
    (table,) = docx.Document(outputs.prisma).tables
    rows = [[cell.text for cell in row.cells] for row in table.rows[1:]]
    assert len({row[0].rstrip("abcdef") for row in rows}) == 27
    assert {row[0] for row in rows if row[3] == "not reported"} == EMPTY


def test_every_text_of_the_protocol_is_printed_and_ticked(invented, tmp_path):
    invented.protocol["review"] |= FILLED | {
        "abstract": "In short, invented.", "title": "Light: a systematic review",
    }  # fmt: skip
    inputs, outputs, params = invented.write(tmp_path)
    write_report.run(inputs, outputs, params)
    page = lxml.html.parse(outputs.report).getroot()
    told = page.get_element_by_id("process").text_content()
    for key in HEADINGS:
        assert HEADINGS[key] in told
        assert page.get_element_by_id(f"process-{key}") is not None
    assert "PubMed, last searched 2026-01-05: gloom AND light" in told
    assert "In short, invented." in page.get_element_by_id("abstract").text_content()
    missing = unreported(read_review(inputs, params))
    assert missing == {"13f", "14", "16a", "16b", "18", "20d", "21"}  # no such analyses and tables


def test_items_of_moose_that_only_a_reader_can_tick_are_marked_so(invented, tmp_path):
    inputs, _, params = invented.write(tmp_path)
    empty = checklist(read_review(inputs, params), "moose")
    invented.protocol["review"] |= FILLED
    (tmp_path / "filled").mkdir()
    inputs, outputs, params = invented.write(tmp_path / "filled")
    write_manuscript.run(inputs, outputs, params)
    (table,) = docx.Document(outputs.moose).tables
    filled = {row.cells[0].text: row.cells[3].text for row in table.rows[1:]}
    assert list(filled) == [str(number) for number in range(1, 36)]
    assert filled["10"] == "How the review was made: Information sources and searches"
    assert filled["12"] == "if told: How the review was made: Information sources and searches"
    assert not [place for place in (row["place"] for row in empty.rows) if "if told" in place]
    marked = sum(place.startswith("if told: ") for place in filled.values())
    reported = sum(place != "not reported" for place in filled.values()) - marked
    (note,) = checklist(read_review(inputs, params), "moose").notes
    assert f"{reported} of 35 entries (35 items) are reported. Of {marked} more" in note


def test_places_of_the_checklist_are_headings_of_the_page(invented, tmp_path):
    invented.protocol["review"] |= FILLED
    inputs, outputs, params = invented.write(tmp_path)
    write_report.run(inputs, outputs, params)
    page = lxml.html.parse(outputs.report).getroot()
    headings = {h.text_content().strip() for h in page.xpath("//h1|//h2|//h3|//h4|//summary")}
    review = read_review(inputs, params)
    for row in (*checklist(review, "prisma").rows, *checklist(review, "moose").rows):
        if row["place"] in ("not reported", "Title"):
            continue
        place = row["place"].removeprefix("if told: ")
        parts = place.replace(": ", "; ").split("; ")
        assert all(any(h.startswith(part) for h in headings) for part in parts), row["place"]


def test_manuscript_holds_the_numbers_of_the_tables(invented, tmp_path):
    invented.protocol["key_outcomes"] = ["lifted", "gloom"]
    inputs, outputs, params = invented.write(tmp_path)
    write_manuscript.run(inputs, outputs, params)
    document = docx.Document(outputs.manuscript)
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    row = next(
        row for row in invented.tables["pooled"]
        if (row["outcome"], row["model"]) == ("lifted", "glmm")
    )  # fmt: skip
    names = ("marginal", "marginal_low", "marginal_high")
    assert numbers.percent_words(*(row[name] for name in names)) in text
    assert "Gloom or darkness: hazard ratio 0.49 (95% CI 0.38 to 0.65), one trial." in text
    assert "74 of 100; 95% CI 63 to 84" in document.tables[0].rows[1].cells[2].text
    assert len(document.inline_shapes) == 1
    assert "Figure 1. Gloom lifted. Forest plot." in text
    assert "[1]" in text
    assert "1. " in text.split("References")[1]


def test_manuscript_and_checklist_are_the_same_bytes_again(invented, tmp_path):
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        inputs, outputs, params = invented.write(folder)
        write_manuscript.run(inputs, outputs, params)
        paths = (outputs.manuscript, outputs.prisma, outputs.moose)
        made.append([Path(path).read_bytes() for path in paths])
    assert made[0] == made[1]

"""The figure of what each study reports stands in its section and in the manuscript."""

from pathlib import Path

import docx
import lxml.html
import pytest

import write_manuscript
import write_report
from singlearm.report.figure_words import CAPTIONS, COMPARED, WHY, caption
from singlearm.report.review import read_review

#: The caption in a review without comparisons and in one with them.
PLAIN = CAPTIONS["availability"].format(compared="", why="")
WITH_COMPARISONS = CAPTIONS["availability"].format(compared=COMPARED, why=WHY)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><desc>1 of 2.</desc></svg>'


@pytest.fixture
def written(invented, tmp_path):
    """A review with the figure drawn."""
    inputs, outputs, params = invented.write(tmp_path)
    drawn = tmp_path / "figures"
    (drawn / "availability.svg").write_text(SVG, encoding="utf-8")
    picture = next(path for path in inputs.pictures)
    (drawn / "availability.png").write_bytes(Path(picture).read_bytes())
    inputs.figures.append(str(drawn / "availability.svg"))
    inputs.pictures.append(str(drawn / "availability.png"))
    return inputs, outputs, params


def test_the_figure_stands_above_the_table_of_its_section(written):
    _, outputs, _ = written
    write_report.run(*written)
    page = lxml.html.parse(outputs.report).getroot()
    (section,) = page.xpath("//section[@id='availability']")
    (figure,) = section.xpath("./figure[@id='figure-availability']")
    assert figure.xpath("string(figcaption)") == WITH_COMPARISONS
    assert figure.xpath("following-sibling::details//table")


def test_the_manuscript_has_it_last_and_only_where_something_is_recorded(written):
    inputs, outputs, params = written
    write_manuscript.run(*written)
    texts = [paragraph.text for paragraph in docx.Document(outputs.manuscript).paragraphs]
    legend = next(text for text in reversed(texts) if text)
    assert legend.startswith("Figure ")
    assert legend.endswith(WITH_COMPARISONS)

    header = Path(inputs["availability"]).read_text(encoding="utf-8").splitlines()[0]
    Path(inputs["availability"]).write_text(f"{header}\n", encoding="utf-8")
    write_manuscript.run(inputs, outputs, params)
    texts = [paragraph.text for paragraph in docx.Document(outputs.manuscript).paragraphs]
    assert not any(PLAIN[:60] in text for text in texts)


def test_where_every_study_has_every_outcome_nothing_is_said_to_be_missing(written):
    inputs, _, params = written
    review = read_review(inputs, params)
    assert caption(review, "availability").endswith(WHY)
    review.tables["availability"] = review.rows("availability", status="available")
    assert caption(review, "availability").endswith("each study has.")

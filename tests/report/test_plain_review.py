"""A review of one version and little more: nothing is said of what it has not."""

import dataclasses

import lxml.html
import pytest

import write_report
from singlearm.catalogue.tables import columns
from singlearm.report import words
from singlearm.report.figure_words import caption
from singlearm.report.methods_text import paragraphs
from singlearm.report.prisma import checklist
from singlearm.report.review import read_review
from singlearm.report.sections import sensitivity


@pytest.fixture
def plain(invented):
    """The invented review with one layer, one title, no older version and no moderators."""
    invented.protocol["version"] = {"title": invented.protocol["review"]["title"], "layers": ["1"]}
    return invented.empty("changes", "regression")


def page_of(review, folder):
    inputs, outputs, params = review.write(folder)
    write_report.run(inputs, outputs, params)
    page = lxml.html.parse(outputs.report).getroot()
    return page, read_review(inputs, params)


def test_one_version_is_not_called_living_and_nothing_changed(plain, tmp_path):
    page, review = page_of(plain, tmp_path)
    assert page.find_class("kicker")[0].text_content().startswith("Meta-analysis")
    assert not page.find_class("subtitle")  # the same as the title
    assert "What changed" not in page.text_content()
    assert not [
        row for row in checklist(review, "prisma").rows if "Meta-regression" in row["place"]
    ]


def test_versions_of_several_layers_are_living(invented, tmp_path):
    invented.protocol["version"] = {"title": "Second", "layers": ["1", "2"], "compare_with": "1"}
    page, _ = page_of(invented, tmp_path)
    assert page.find_class("kicker")[0].text_content().startswith("Living meta-analysis")
    assert page.find_class("subtitle")[0].text_content() == "Second"
    assert "What changed" in page.text_content()


def test_captions_name_patients_only_where_the_figure_counts_them(plain, tmp_path):
    _, review = page_of(plain, tmp_path)
    words_of_studies = dict(review.protocol.get("studies", {}))
    review.protocol["studies"] = {"size": "n_infused", "size_label": "patients treated"}
    assert caption(review, "timeline").endswith("each year, and the patients treated until then.")
    review.protocol["studies"] = {}
    assert caption(review, "timeline") == "Studies reported in each year."
    assert caption(review, "evidence_map") == "Studies by group and year."
    review.protocol["studies"] = words_of_studies


def test_a_caption_speaks_of_comparisons_only_where_there_are_any(plain, tmp_path):
    _, review = page_of(plain, tmp_path)
    outcomes = review.protocol["outcomes"]
    assert "; a dash is a comparison" in caption(review, "availability")
    review.protocol["outcomes"] = {
        name: one for name, one in outcomes.items() if one["kind"] != "ratio"
    }
    assert "dash" not in caption(review, "availability")
    review.protocol["outcomes"] = outcomes


def test_sentences_on_some_of_many_studies_say_of_how_many(plain, tmp_path):
    _, review = page_of(plain, tmp_path)
    model, row = review.protocol["primary"], review.lead("lifted")
    studies = [effect["study_id"] for effect in review.effects["lifted"]]
    rows = [
        dict.fromkeys(columns("leave_one_out"))
        | {"model": model, "left_out": study, "estimate": 0.5 + place / 10}
        for place, study in enumerate(studies)
    ]
    for some, told in (
        (rows[:2], "Without one at a time of the 2 studies that move it most the pooled value"),
        (rows, "Without one study at a time the pooled value"),
    ):
        varied = dataclasses.replace(review, sensitivity={"lifted": {"leave_one_out": some}})
        assert sensitivity.context(varied, "lifted")["lines"][0].startswith(told)
    assert row["k"] == len(rows) > 2


def test_arms_of_trials_are_called_so():
    arms = [{"trial": "A 2019"}, {"trial": "A 2019"}, {"trial": "B 2020"}, {"trial": None}]
    assert words.arms_of_trials(arms) == "The 4 studies are arms of 3 trials."
    assert words.arms_of_trials(arms[1:]) == ""
    assert words.arms_of_trials([{"study_id": "A 2019"}]) == ""


def test_the_filter_of_designs_finds_their_studies(plain, tmp_path):
    """The choices said "arm of a randomised trial", the rows "rct arm": nothing was found."""
    for study in plain.tables["studies"][:2]:
        study["design"] = "rct_arm"
    page, _ = page_of(plain, tmp_path)
    choices = page.xpath("//form[@data-filters]//select[@name='design']/option[position()>1]")
    told = [choice.text for choice in choices]
    assert told == ["arm of a randomised trial", "single arm"]
    rows = page.xpath("//table[@id='studies-table']//tr/@data-design")
    assert [rows.count(text) for text in told] == [2, 4]


def test_values_of_superseded_reports_that_a_version_keeps_are_told(invented, tmp_path):
    told = {}
    cell = invented.tables["outcomes"][0]
    for older in ("Old2019", None):
        (tmp_path / str(older)).mkdir()
        invented.tables["outcomes"][0] = cell | {"carried_from": older}
        _, review = page_of(invented, tmp_path / str(older))
        told[older] = " ".join(text for _, text in paragraphs(review))
    end = "that it supersedes, with the number of patients of that one: 1 value."
    assert end in told["Old2019"]
    assert "carried over" not in told[None]

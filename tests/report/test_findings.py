"""The summary of findings: natural frequencies, proposals of certainty, groups, footnotes."""

import re

import docx
import lxml.html
import openpyxl
import pytest

import write_report
import write_tables
from singlearm.catalogue import language
from singlearm.catalogue.tables import columns
from singlearm.kinds import KINDS
from singlearm.report import front_groups
from singlearm.report.certainty import certainty, probability_above
from singlearm.report.findings import expected, result, summary_of_findings
from singlearm.report.review import read_review
from singlearm.report.subgroup_rows import said_of


def review_of(invented, folder):
    inputs, _, params = invented.write(folder)
    return read_review(inputs, params)


def rows_by_outcome(review):
    return {row["outcome"]: row for row in summary_of_findings(review).rows}


@pytest.mark.parametrize(
    ("value", "low", "high", "per", "said"),
    [
        (0.8021, 0.7411, 0.8549, None, "80 of 100; 95% CI 74 to 85"),
        (0.0049, 0.0012, 0.0113, None, "5 of 1,000; 95% CI 1 to 11"),
        (0.8021, 0.7411, 0.8549, 1000, "802 of 1,000; 95% CI 741 to 855"),
        (0.0, 0.0, 0.11, None, "0 of 100; 95% CI 0 to 11"),
        (0.02, 0.001, 0.08, None, "2 of 100; 95% CI <1 to 8"),
        (0.02, 0.005, 0.995, None, "2 of 100; 95% CI <1 to >99"),
        (0.5, None, None, None, "50 of 100"),
        (None, None, None, None, "not pooled"),
    ],
)
def test_a_proportion_is_a_natural_frequency(value, low, high, per, said):
    assert result(KINDS["proportion"], {"value": value, "low": low, "high": high}, per) == said


def test_a_new_centre_is_told_of_the_same_hundred():
    row = {"value": 0.8, "pi_low": 0.19, "pi_high": 0.998}
    assert expected(KINDS["proportion"], row) == "19 to >99 of 100"
    assert expected(KINDS["proportion"], row | {"pi_high": 1.0}) == "19 to 100 of 100"
    assert expected(KINDS["proportion"], row | {"pi_low": None}) == "–"


def test_a_median_that_was_not_reached_is_no_failure_to_pool():
    row = {"value": None, "low": 13.8, "high": None}
    limits = "95% CI from 13.8, no upper limit"
    bounds = {"bound_low": 14.0, "bound_high": 18.0}
    assert result(KINDS["time"], row | bounds) == f"between 14.0 and 18.0 months ({limits})"
    bounds["bound_high"] = None
    assert result(KINDS["time"], row | bounds) == f"at least 14.0 months ({limits})"
    beyond = row | {"note": "not_reached"}
    assert result(KINDS["survival"], beyond) == "median not reached (95% CI from 13.8 months)"
    assert result(KINDS["ratio"], row) == "not pooled"


def test_every_kind_stands_in_one_table(invented, tmp_path):
    rows = rows_by_outcome(review_of(invented, tmp_path))
    assert list(rows) == ["lifted", "headache", "burns", "median_gloom", "gloom"]
    assert rows["lifted"]["rests_on"] == "173 (6 studies)"
    assert rows["lifted"]["result"] == "74 of 100; 95% CI 63 to 84"
    assert rows["lifted"]["expected"] == "39 to 94 of 100"
    assert rows["median_gloom"]["result"] == "8.8 months (95% CI 5.2 to 11.8)"
    assert rows["gloom"]["result"].startswith("HR 0.49 (95% CI 0.38 to 0.65)")
    said = "the hazard is about 51% lower than in the control group (95% CI 62% lower to 35% lower)"
    assert said in rows["gloom"]["in_words"]


def test_an_average_and_a_median_study_in_one_table_are_told_apart(invented, tmp_path):
    """75 of 100 at a fixed time stood unlabelled below "Proportions: average over studies"."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir(), two.mkdir()
    alike = summary_of_findings(review_of(invented, one))
    assert "Proportions: average over studies." in alike.notes[0]
    assert not any("over studies" in row["result"] for row in alike.rows)
    fixed = {"label": "Gloom-free at 12 months", "kind": "landmark", "of": "gloom", "months": 12}
    invented.protocol["outcomes"]["fixed"] = fixed
    names = columns("landmarks")
    known = {"outcome": "fixed", "model": "cloglog_reml_hk", "k": 6, "n": 90, "estimate": 0.75}
    invented.tables["landmarks"] = [dict.fromkeys(names) | known | {"ci_low": 0.7, "ci_high": 0.8}]
    mixed = summary_of_findings(review_of(invented, two))
    told = {row["outcome"]: row["result"] for row in mixed.rows}
    assert told["fixed"].startswith("75 of 100; 95% CI 70 to 80, median study")
    assert told["lifted"].startswith("74 of 100; 95% CI 63 to 84, average over studies")
    assert not any("Proportions:" in note for note in mixed.notes)


def test_very_low_certainty_is_said_of_the_evidence(invented, tmp_path):
    """ "Very uncertainly about 74 of 100 patients" was no sentence."""
    for row in invented.tables["certainty"]:
        row["judgement"] = "very low"
    rows = rows_by_outcome(review_of(invented, tmp_path))
    (outcome, *_) = [row["outcome"] for row in invented.tables["certainty"]]
    assert rows[outcome]["in_words"].endswith("; the evidence is very uncertain.")


def test_protocol_chooses_and_orders(invented, tmp_path):
    invented.protocol["key_outcomes"] = ["gloom", "lifted", "relapse"]
    assert list(rows_by_outcome(review_of(invented, tmp_path))) == ["gloom", "lifted"]


def test_nothing_is_proposed_without_a_decision_threshold(invented, tmp_path):
    review = review_of(invented.empty("certainty"), tmp_path)
    assert certainty(review, "lifted").judgement == "not judged"
    assert certainty(review, "lifted").reasons == ()


def test_rules_propose_domains_and_never_a_level(invented, tmp_path):
    invented.protocol["review"]["question_type"] = "prognosis"
    invented.protocol["outcomes"]["lifted"] |= {
        "decision_threshold": 0.5, "decision_reason": "Half is what lamps do.",
    }  # fmt: skip
    found = certainty(review_of(invented.empty("certainty"), tmp_path), "lifted")
    assert found.judgement == "proposed by rule"
    told = " ".join(found.reasons)
    assert "Starts at high" in told
    assert "Imprecision: not serious; the probability that it lies above 50.0%" in told
    assert "Half is what lamps do" in told
    assert "Inconsistency: serious; the prediction interval crosses 50.0%" in told
    assert "Not judged: risk of bias, indirectness and reporting bias" in told


def test_a_person_wins_and_disagreement_is_shown(invented, tmp_path):
    invented.protocol["review"]["question_type"] = "effect"
    invented.protocol["outcomes"]["lifted"] |= {
        "decision_threshold": 0.5, "decision_reason": "Half is what lamps do.",
    }  # fmt: skip
    (row,) = invented.tables["certainty"]
    row |= {"judgement": "high", "imprecision": "serious", "indirectness": "not serious"}
    found = certainty(review_of(invented, tmp_path), "lifted")
    assert found.judgement == "high"
    told = " ".join(found.reasons)
    assert told.startswith("Few studies.")
    assert "Imprecision: judged serious; the rule proposes not serious" in told
    assert "Indirectness: not serious" in told
    assert "The rules would give very low at most: from low" in told


def test_probability_reaches_its_bound_where_the_interval_does():
    kind, row = KINDS["proportion"], {"value": 0.8, "low": 0.7, "high": 0.9}
    assert probability_above(kind, row, 0.7) == pytest.approx(0.975)
    assert probability_above(kind, row, 0.9) == pytest.approx(0.025)
    assert probability_above(kind, row, 0.8) == pytest.approx(0.5)
    ratio = {"value": 0.5, "low": 0.25, "high": 1.0, "effect_measure": "HR"}
    assert probability_above(KINDS["ratio"], ratio, 1.0) == pytest.approx(0.025)
    assert probability_above(kind, row | {"value": 1.0, "high": 1.0}, 0.5) is None


@pytest.mark.parametrize(("threshold", "open_end"), [(12.0, True), (5.0, False)])
def test_an_interval_that_is_open_towards_the_threshold_is_very_imprecise(
    invented, tmp_path, threshold, open_end
):
    invented.protocol["outcomes"]["median_gloom"] |= {
        "decision_threshold": threshold, "decision_reason": "A year.",
    }  # fmt: skip
    for row in invented.tables["times"]:
        row["ci_high"] = None
    told = " ".join(certainty(review_of(invented, tmp_path), "median_gloom").reasons)
    said = "Imprecision: very serious; the interval has no limit on the side of 12.0 months"
    assert (said in told) == open_end
    assert ("the probability that it lies above 5.0" in told) != open_end


def test_page_and_documents_say_the_same(invented, tmp_path):
    invented.protocol["front_groups"] = ["lamp"]
    inputs, outputs, params = invented.write(tmp_path)
    write_tables.run(inputs, outputs, params)
    write_report.run(inputs, outputs, params)
    page = lxml.html.parse(outputs.report).getroot()
    (table,) = page.xpath("//table[@data-table='summary_of_findings']")
    shown = [[cell.text_content() for cell in row] for row in table.xpath("./tbody/tr")]
    (first, groups) = docx.Document(outputs.findings_docx).tables
    assert [[cell.text for cell in row.cells] for row in first.rows[1:]] == shown
    assert groups.rows[1].cells[1].text == "76.8 [62.1, 86.1]; 4 studies, 81/104"
    sheet = openpyxl.load_workbook(outputs.findings_xlsx)["Summary of findings"]
    assert [cell.value for cell in sheet[4]][1:] == shown[0]
    assert page.xpath("//table[@data-table='by_lamp']")
    assert shown[0][4] == "Low [a]"
    assert "a. Few studies." in page.get_element_by_id("summary").text_content()


@pytest.mark.parametrize(
    ("headline", "said", "number"),
    [("average", "average over studies", "76.8"), ("typical", "median study", "79.1")],
)
def test_groups_on_the_front_page_have_the_headline(invented, tmp_path, headline, said, number):
    invented.protocol |= {"front_groups": ["lamp"], "headline": headline}
    inputs, outputs, params = invented.write(tmp_path)
    write_report.run(inputs, outputs, params)
    page = lxml.html.parse(outputs.report).getroot()
    (table,) = page.xpath("//table[@data-table='by_lamp']")
    (row,) = table.xpath(".//tr[@data-key='desk'] | .//tr[td[1][.='desk'] or th[.='desk']]")
    assert number in row.text_content()
    text = " ".join(page.get_element_by_id("summary").text_content().split())
    assert f"Proportions: {said}. Groups of studies" in text


def test_key_outcomes_of_other_kinds_stand_by_group_on_the_front_page(invented, tmp_path):
    """They were left out though their groups were pooled."""
    invented.protocol["front_groups"] = ["lamp"]
    known = dict.fromkeys(columns("group_results")) | {"by": "lamp", "part": "time", "k": 3}
    known |= {"outcome": "median_gloom", "interval": "CI", "n": 80}
    invented.tables["group_results"] = [
        known | {"level": "ceiling", "result": "7.0 months (95% CI 5.0 to 9.0)"},
        known | {"level": "desk", "result": "between 9.0 and 12.0 months"},
        known | {"level": "one alone", "outcome": "gloom", "part": "ratio", "result": "HR 0.50"},
    ]
    review = review_of(invented, tmp_path)
    (table,) = front_groups.tables(review)
    assert [row["level"] for row in table.rows] == ["desk", "ceiling"]
    heads = {column.name: column.heading for column in table.columns}
    assert heads["median_gloom"] == "Median gloom-free time" and "gloom" not in heads
    assert [row["median_gloom"] for row in table.rows] == [
        "between 9.0 and 12.0 months; 3 studies, 80 patients",
        "7.0 months (95% CI 5.0 to 9.0); 3 studies, 80 patients",
    ]
    invented.protocol["key_outcomes"] = ["median_gloom"]
    for row in invented.tables["group_results"]:
        row["estimand"] = "typical"
    again = tmp_path / "again"
    again.mkdir()
    (table,) = front_groups.tables(review_of(invented, again))
    assert table.notes[0].startswith("Median gloom-free time: median study. Groups of studies")
    assert "Proportions" not in table.notes[0]


def test_groups_of_one_study_do_not_change_what_the_others_are_said_to_be():
    rows = [{"of": "common"}, {"of": "average"}, {"of": "average"}]
    assert said_of(rows) == "average over studies"
    assert said_of(rows[:1]) == "one proportion for all studies"
    rows.append({"of": "typical"})
    assert said_of(rows) == "average over studies or median study"
    language.use("de")
    try:
        assert " oder " in said_of(rows)  # it had no word
    finally:
        language.use("en")


def test_a_reader_of_the_front_page_learns_what_is_known_how_sure_and_for_whom(invented, tmp_path):
    inputs, outputs, params = invented.write(tmp_path)
    write_report.run(inputs, outputs, params)
    page = lxml.html.parse(outputs.report).getroot()
    read = {
        row.get("data-key"): [" ".join(cell.text_content().split()) for cell in row]
        for row in page.xpath("//table[@data-table='summary_of_findings']/tbody/tr")
    }
    pooled = {
        row["outcome"]: row for row in invented.tables["pooled"] if row["model"] == "glmm"
    }  # fmt: skip
    judged = {row["outcome"]: row["judgement"] for row in invented.tables["certainty"]}
    for name in ("lifted", "headache", "burns"):
        row, cells = pooled[name], read[name]
        names = ("marginal", "marginal_low", "marginal_high")
        if row["marginal"] is None:
            names = ("estimate", "ci_low", "ci_high")
        known = [int(n) for n in re.findall(r"\d+", cells[2].replace("95% CI", "")) if n != "100"]
        assert known == [round(100 * row[key]) for key in names]
        whom = [int(n) for n in re.findall(r"\d+", cells[1])]
        assert whom == [row["total"], row["k"]]
        assert cells[4].split(" [")[0].lower() == judged.get(name, "not judged")
    (time,), (trial,) = invented.tables["times"], invented.tables["ratios"][:1]
    assert re.findall(r"[\d.]+", read["median_gloom"][2])[0] == f"{time['estimate_months']:.1f}"
    assert f"{trial['estimate']:.2f}" in read["gloom"][2]

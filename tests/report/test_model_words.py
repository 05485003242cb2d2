"""Every sentence about a number follows the model and the review that it comes from."""

from pathlib import Path

import docx
import lxml.html
import openpyxl
import pytest

import write_report
import write_tables
from singlearm.kinds.model_words import describe

ARCSINE = {"likelihood": "normal", "measure": "PAS", "tau2": "REML", "ci": "hk"}
EQUAL = {"likelihood": "normal", "measure": "PLO", "tau2": "EE", "ci": "wald"}
BETA = {"likelihood": "beta_binomial"}


def with_model(invented, settings, **values):
    """The invented review under one model alone."""
    invented.protocol["models"] = {"only": settings | {"label": "The only model"}}
    invented.protocol |= {"primary": "only", "paper_model": "only"}
    for kind in ("pooled", "subgroups", "subgroup_tests", "regression"):
        rows = [row for row in invented.tables[kind] if row["model"] == "glmm"]
        invented.tables[kind] = [row | {"model": "only"} for row in rows]
    for row in (*invented.tables["pooled"], *invented.tables["subgroups"]):
        row |= {name: value for name, value in values.items() if name in row}
    return invented


def printed(invented, folder):
    """Everything that people read of a review: page, workbook, Word and LaTeX tables."""
    inputs, outputs, params = invented.write(folder)
    write_tables.run(inputs, outputs, params)
    write_report.run(inputs, outputs, params)
    page = lxml.html.parse(outputs.report).getroot()
    for element in page.xpath("//script | //style"):
        element.getparent().remove(element)
    texts = [" ".join(page.text_content().split())]
    texts += page.xpath("//@aria-label")
    for sheet in openpyxl.load_workbook(outputs.xlsx):
        texts += [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
    document = docx.Document(outputs.docx)
    texts += [paragraph.text for paragraph in document.paragraphs]
    texts += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    for path in outputs.latex:
        texts.append(Path(path).read_text(encoding="utf-8"))
    return "\n".join(texts)


def test_an_arcsine_model_is_not_said_to_be_on_log_odds(invented, tmp_path):
    nothing = dict.fromkeys(("marginal", "marginal_low", "marginal_high"))
    text = printed(with_model(invented, ARCSINE, **nothing), tmp_path)
    assert "log-odds" not in text
    assert "log odds" not in text
    assert "Between-study variance on the arcsine scale: tau²" in text
    assert "Change in arcsine [95% CI]" in text
    assert "76.2% 95% CI 64.1 to 86.1 median study" in text


def test_equal_effects_are_not_called_random(invented, tmp_path):
    names = ("marginal", "marginal_low", "marginal_high", "pi_low", "pi_high", "tau2", "tau2_low")
    # ratios and medians have random effects whatever the primary model is
    made = with_model(
        invented.empty("ratios", "times"), EQUAL, **dict.fromkeys((*names, "tau2_high"))
    )
    text = printed(made, tmp_path)
    assert "an inverse-variance equal-effects (common-effect) model" in text
    assert "one proportion for all studies" in text
    for false in (
        "random-effects",
        "edian study",
        "new, similar study",
        "95% prediction interval [",
    ):
        assert false not in text, false


def test_the_beta_binomial_model_gives_an_average_and_rho(invented, tmp_path):
    empty = dict.fromkeys(("tau2", "tau2_low", "tau2_high"))
    made = with_model(invented, BETA, rho=0.1234, **empty)
    for row in made.tables["pooled"]:
        row |= {"marginal": row["estimate"], "marginal_low": row["ci_low"]}
        row |= {"marginal_high": row["ci_high"]}
    text = printed(made, tmp_path)
    assert "rho = 0.12" in text
    assert "with profile-likelihood confidence intervals" in text
    assert "tau² =" not in text
    assert "edian study, %" not in printed_models(text)


def printed_models(text):
    """What follows the heading of the comparison of models."""
    return text.split("Does the model matter?", 1)[1].split("Back to all results", 1)[0]


@pytest.mark.parametrize("settings", [ARCSINE, EQUAL, BETA, {"likelihood": "bayes"}])
def test_no_credible_confidence_intervals(settings):
    assert "credible confidence" not in describe(settings)


def test_one_extractor_is_not_called_two(invented, tmp_path):
    for row in invented.tables["reconciliation"]:
        row["value_2"] = None
    text = printed(invented, tmp_path)
    assert "from a single extractor" in text
    assert "wo extractors" not in text


def test_outcomes_without_a_good_side_have_headlines(invented, tmp_path):
    for outcome in invented.protocol["outcomes"].values():
        outcome.pop("favours", None)
    text = printed(invented, tmp_path)
    assert "No study of this version reports an outcome" not in text
    assert "76 of 100; 95% CI 63 to 84" not in text  # the average is the headline
    assert "74 of 100; 95% CI 63 to 84" in text


def test_the_protocol_chooses_the_headline(invented, tmp_path):
    invented.protocol["headline"] = "typical"
    text = printed(invented, tmp_path)
    assert "76 of 100; 95% CI 64 to 86" in text
    assert "Averaged over studies the proportion is 74.4%" in text
    assert "desk 79.1 [59.1, 89.1]" in text
    assert "First number: median study." in text


def test_subgroups_have_the_headline_of_all_studies(invented, tmp_path):
    text = printed(invented, tmp_path)
    assert "desk 76.8 [62.1, 86.1]" in text
    assert "First number: average over studies." in text


def test_a_model_without_an_average_has_none_in_subgroups(invented, tmp_path):
    nothing = dict.fromkeys(("marginal", "marginal_low", "marginal_high"))
    text = printed(with_model(invented, ARCSINE, **nothing), tmp_path)
    assert "desk 79.1 [59.1, 89.1]" in text
    assert "First number: median study." in text


def test_key_outcomes_stand_first_and_alone(invented, tmp_path):
    invented.protocol["key_outcomes"] = ["headache", "gloom"]
    inputs, outputs, params = invented.write(tmp_path)
    write_report.run(inputs, outputs, params)
    page = lxml.html.parse(outputs.report).getroot()
    names = [
        term.text_content()
        for term in page.xpath(
            "//section[@id='summary']//table[@data-table='summary_of_findings']/tbody//th"
        )
    ]
    assert names == ["Headache", "Gloom or darkness"]
    assert "The key outcomes of the protocol." in page.text_content()


def test_without_claims_nothing_is_called_published(invented, tmp_path):
    del invented.protocol["paper_model"]
    text = printed(invented.empty("claims", "published_claims"), tmp_path)
    assert "ublished" not in text


def test_without_words_for_the_studies_no_column_is_made_up(invented, tmp_path):
    invented.protocol["studies"] = {}
    own = ("n_infused", "target_antigens", "target_class", "design", "country", "product", "phase")
    nothing = dict.fromkeys((*own, "median_followup_months", "lymphodepletion"))
    rows = invented.tables["studies"]
    invented.tables["studies"] = [row | nothing for row in rows]
    text = printed(invented, tmp_path)
    for word in ("nfused", "arget", "ymphodepletion", "Countries", "Designs", "Follow-up", "lit\n"):
        assert word not in text, word


def test_the_protocol_names_size_and_group_of_the_studies(invented, tmp_path):
    text = printed(invented, tmp_path)
    assert "Patients lit164" in text
    assert "Colours2" in text
    assert "Lamp" in text


def test_a_test_of_the_pooled_value_needs_a_value(invented, tmp_path):
    invented.protocol["outcomes"]["lifted"]["null_value"] = 0.5
    text = printed(invented, tmp_path)
    assert "p against 50%" in text  # without the key: test_same_numbers
    assert "<0.001" in printed_models(text)


def test_rare_events_are_printed_with_digits_and_counted_out_of_many(invented, tmp_path):
    rare = {"estimate": 2.2234e-4, "ci_low": 2.04e-4, "ci_high": 2.4e-4}
    rare |= {"marginal": 2.2234e-4, "marginal_low": 2.04e-4, "marginal_high": 2.4e-4}
    rare |= {"pi_low": 1.74e-4, "pi_high": 2.84e-4}
    invented.tables["pooled"] = [
        row | rare if row["outcome"] == "lifted" else row for row in invented.tables["pooled"]
    ]
    text = printed(invented, tmp_path)
    assert "0.0222 [0.0204, 0.0240]" in text
    assert "22 of 100,000; 95% CI 20 to 24" in text
    assert "0.0 [0.0, 0.0]" not in text

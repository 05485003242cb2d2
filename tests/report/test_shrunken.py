"""The values of studies under the primary model in the report: table, caption, methods."""

import lxml.html
import pytest

from singlearm.catalogue import numbers
from singlearm.report.render import report
from singlearm.report.review import read_review


def page_of(invented, folder):
    inputs, _, params = invented.write(folder)
    return lxml.html.fromstring(report(read_review(inputs, params)))


def with_values(invented, value=0.5):
    """Values half way between each study's own and one half; nothing where `value` is None."""
    for rows in invented.effects.values():
        for row in rows:
            middle = None if value is None else (row["proportion"] + value) / 2
            ends = (None, None) if middle is None else (middle - 0.1, middle + 0.1)
            names = ("shrunken_glmm", "low_shrunken_glmm", "high_shrunken_glmm")
            row |= dict(zip(names, (middle, *ends), strict=True))
    return invented


def test_each_study_has_its_value_beside_its_own(invented, tmp_path):
    page = page_of(with_values(invented), tmp_path)
    table = page.get_element_by_id("table-effects-lifted")
    heads = [head.text_content() for head in table.xpath("thead/tr/th")]
    assert heads[3] == "Under the model, % [95% interval]"
    for row in invented.effects["lifted"]:
        (line,) = table.xpath(f"tbody/tr[@data-study={row['study_id']!r}]")
        cells = [cell.text_content() for cell in line]
        value = row["shrunken_glmm"]
        assert cells[3] == numbers.percent_ci(value, value - 0.1, value + 0.1)
    assert {len(line) for line in table.xpath(".//tr")} == {len(heads)}
    caption = page.xpath("//*[@id='figure-lifted-forest']/figcaption")[0].text_content()
    assert "Rings: each study's value under the model of all studies" in caption
    methods = page.get_element_by_id("methods").text_content()
    assert "the posterior median of its true proportion" in methods
    assert "the uncertainty of the pooled value and of the between-study variance" in methods
    assert "Empirical Bayes meta-analysis" in page.text_content()


def test_without_values_there_is_neither_a_column_nor_a_word(invented, tmp_path):
    page = page_of(invented, tmp_path)
    text = page.body.text_content()
    for word in ("Under the model,", "Rings:", "Empirical Bayes", "“shrunken”"):
        assert word not in text


def test_where_nothing_was_fitted_the_caption_says_so(invented, tmp_path):
    page = page_of(with_values(invented, None), tmp_path)
    table = page.get_element_by_id("table-effects-lifted")
    assert {line[3].text_content() for line in table.xpath("tbody/tr")} == {numbers.MISSING}
    caption = page.xpath("//*[@id='figure-lifted-forest']/figcaption")[0].text_content()
    assert "No rings: the model has no value for each study" in caption


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"likelihood": "bayes"}, "mean and between-study variance integrated out"),
        ({"likelihood": "beta_binomial"}, "the mean of the beta distribution"),
        (
            {"likelihood": "normal", "tau2": "REML", "ci": "hk_adhoc"},
            "the best linear unbiased prediction",
        ),
    ],
)
def test_the_methods_are_those_of_the_model(settings, told, invented, tmp_path):
    invented.protocol["models"]["glmm"] = settings
    text = page_of(with_values(invented), tmp_path).get_element_by_id("methods").text_content()
    assert told in text
    assert ("too narrow where studies are few" in text) == (settings["likelihood"] != "bayes")
    assert "and of the between-study variance" not in text

"""Small-study effects: the table against the library, its section, the funnel's geometry."""

import math
from pathlib import Path

import lxml.html
import pytest

import assess_reporting_bias
import write_report
from singlearm.catalogue.tables import read_table, write_table
from singlearm.figures.draw.funnel import draw_funnel
from singlearm.figures.marks.funnel import funnel_marks
from singlearm.figures.marks.inputs import Data, FigureModel
from singlearm.report.prisma import reported
from singlearm.report.review import read_review
from singlearm.synthesis.small_study import asymmetry_test

SIZES = (8, 12, 15, 20, 26, 33, 41, 57, 80, 97, 113, 128)


@pytest.fixture
def bias(invented, tmp_path):
    """The invented review with twelve studies of one outcome, written and assessed."""
    effect = invented.effects["lifted"][0]
    invented.effects["lifted"] = [
        effect | {"study_id": f"S{n}", "label": f"S {n}", "events": n * 3 // 4 - n % 5, "total": n}
        for n in SIZES
    ]  # fmt: skip
    inputs, outputs, params = invented.write(tmp_path)
    outputs["reporting_bias"] = inputs["reporting_bias"] = str(tmp_path / "reporting_bias.csv")
    assess_reporting_bias.run(inputs, outputs, params)
    return inputs, outputs, params


def test_ten_studies_are_tested_on_the_arcsine_scale(bias):
    rows = {row["outcome"]: row for row in read_table(bias[0].reporting_bias, "reporting_bias")}
    studies = read_table(bias[0].effects[0], "effects")
    events, total = ([row[name] for row in studies] for name in ("events", "total"))
    expected = asymmetry_test(events, total, measure="PAS")
    row = rows["lifted"]
    assert (row["p_value"], row["slope"]) == (expected.p_value, expected.slope)
    assert row["ci_low_filled"] < row["estimate_filled"] < row["ci_high_filled"]
    assert rows["headache"]["p_value"] is None
    assert "fewer_than_10_studies" in rows["headache"]["note"]
    assert "relapse" not in rows  # no study


def test_report_shows_the_test_with_its_caveat(bias):
    inputs, outputs, params = bias
    write_report.run(inputs, outputs, params)
    page = lxml.html.parse(outputs.report).getroot()
    section = page.get_element_by_id("reporting-bias").text_content()
    assert "no evidence of missing results" in section
    assert section.count("Gloom lifted") == 1
    assert "Headache" not in section
    assert "trim and fill" in page.get_element_by_id("methods").text_content()
    assert reported(read_review(inputs, params), "table:reporting_bias")


def test_no_number_no_section(invented, tmp_path):
    inputs, outputs, params = invented.write(tmp_path)
    inputs["reporting_bias"] = str(tmp_path / "reporting_bias.csv")
    write_table(inputs["reporting_bias"], "reporting_bias", [])
    write_report.run(inputs, outputs, params)
    assert 'id="reporting-bias"' not in Path(outputs.report).read_text(encoding="utf-8")


def test_funnel_stands_where_its_studies_are(bias):
    studies = read_table(bias[0].effects[0], "effects")
    model = FigureModel("glmm", "GLMM")
    marks = funnel_marks(studies, {"estimate": 0.7}, model, Data("1", "0"), title="Light")
    assert "Pooled: the median study." in marks.footer
    assert not marks.empty
    for row, (x, y) in zip(studies, marks.points, strict=True):
        assert math.sin(x) ** 2 == pytest.approx(row["events"] / row["total"])
        assert 1 / y**2 == pytest.approx(row["total"])
    y, left, centre, right = marks.limits[20]
    assert (centre - left, right - centre) == pytest.approx([1.959964 * -y / 2] * 2, rel=1e-6)
    assert draw_funnel(marks).get_children()
    few = funnel_marks(studies[:9], {"estimate": 0.7}, model, Data("1", "0"), title="Light")
    assert few.empty

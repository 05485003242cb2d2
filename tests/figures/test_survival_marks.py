"""Survival over time as marks: what each study reports, by its sign, and the model's curve."""

from xml.etree import ElementTree

import invented
import pytest
import survival_cases

import cases
from singlearm.figures.marks.compare import claims_marks, models_marks, versions_marks
from singlearm.figures.marks.inputs import CREDIBLE, FigureModel
from singlearm.figures.marks.overview import overview_marks
from singlearm.figures.marks.sensitivity import Analysis, leave_one_out_marks
from singlearm.figures.marks.survival import Summary, points_marks
from singlearm.figures.save import save_figure
from singlearm.kinds.landmark import BAYES


def marks_of(count):
    return survival_cases.points(invented.effects(count))


def test_each_study_has_the_signs_of_what_it_reports():
    marks = marks_of(3)
    signs = {
        study.label: of_study for study, of_study in zip(marks.studies, marks.signs, strict=True)
    }
    labels = survival_cases.labels_of(invented.effects(3))
    landmark, median, curve = labels.values()
    assert signs == {landmark: ("square",) * 2, median: ("diamond",), curve: ("disc",) * 3}
    lines = {study.label: study.line for study in marks.studies}
    assert lines[median] == ((9, 0.5),)
    assert [time for time, _ in lines[curve]] == [3, 8, 20]


@pytest.mark.parametrize(
    ("count", "named", "other"),
    [(1, ["square"], ["disc:", "diamond"]), (3, ["square", "diamond", "disc:"], [])],
)
def test_only_signs_that_are_there_are_explained(count, named, other):
    (text, _) = marks_of(count).footer
    assert all(word in text for word in named)
    assert not any(word in text for word in other)


def test_the_curve_begins_where_all_are_event_free_and_has_no_band_without_limits():
    two, three = (marks_of(count).summary for count in (2, 3))
    assert two.line[0] == three.pi_low[0] == (0.0, 1.0)
    assert two.low
    assert not two.pi_low
    assert not two.pi_high
    assert (two.bands, three.bands) == (
        "; dark band 95% confidence", "; dark band 95% confidence, light band 95% prediction",
    )  # fmt: skip
    assert Summary.of([]).bands == ""


@pytest.mark.parametrize("figure", ["curves", "points"])
def test_a_line_has_the_id_of_its_study_and_the_summary_none(figure, tmp_path):
    """The report finds a study by its id; labels, of which two may be equal, were the ids."""
    rows = invented.effects(3, label="Equal 2020")
    _, (page,) = cases.draw(figure, rows)
    paths = {kind: tmp_path / f"figure.{kind}" for kind in ("svg", "pdf", "png")}
    save_figure(page, **paths)
    ids = [one.get("id") or "" for one in ElementTree.parse(paths["svg"]).iter()]
    rows_of_page = sorted(name for name in ids if name.startswith("row:"))
    assert rows_of_page == ["row:S001", "row:S002", "row:S003"]


def test_without_points_it_says_so():
    marks = points_marks([], {}, survival_cases.OUTCOME, survival_cases.DATA)
    assert marks.empty == marks.description == "Data version 1 has too little for a curve of this."


@pytest.mark.parametrize("bayesian", [False, True])
def test_credible_intervals_are_called_so_where_there_are_any(bayesian):
    models = [FigureModel.of("m", {"likelihood": "bayes" if bayesian else "binomial_normal"})]
    rows = invented.effects(3)
    overview = overview_marks([], cases.ALL_OUTCOMES, models[0], cases.DATA)
    pooled = [row | {"model": "m"} for row in cases.all_outcomes(rows)]
    compared = models_marks(pooled, cases.ALL_OUTCOMES, models, "m", cases.DATA)
    landmark = survival_cases.landmarks(rows, BAYES if bayesian else "cloglog_reml_hk")
    analysis = Analysis(invented.pooled(rows), {}, models[0], cases.DATA)
    one_out = leave_one_out_marks(cases.without_each(rows), analysis, "t")
    updated = versions_marks(pooled, pooled, cases.ALL_OUTCOMES, models[0], "0", cases.DATA)
    claims = claims_marks([], [], pooled, [], (cases.MODEL, models[0]), cases.DATA)
    for marks in (overview, compared, landmark, one_out, updated, claims):
        assert (CREDIBLE in marks.footer) == bayesian, marks.title
    assert (CREDIBLE in cases.FIGURES["ratios"][0](rows).footer) is False

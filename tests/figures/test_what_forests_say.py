"""Names in the order in which people count, what differs among trials, where arrows start."""

import dataclasses

import invented
import pytest

import cases
from singlearm.catalogue.natural import natural
from singlearm.figures.draw.forest import draw_forest
from singlearm.figures.marks.availability import availability_marks
from singlearm.figures.marks.bubbles import regression_marks
from singlearm.figures.marks.groups import groups_marks
from singlearm.figures.marks.inputs import studies_of
from singlearm.figures.marks.landscape import curve_marks
from singlearm.figures.marks.other_forests import ratios_marks, times_marks
from singlearm.figures.marks.sensitivity import leave_one_out_marks
from singlearm.figures.marks.words import CHOICES

ROWS = invented.effects(6)
NAMES = ["Author 1", "Author 10", "Author 11", "Author 2", "author 3", "Author 4"]
LABELS = dict(zip((row["study_id"] for row in ROWS), NAMES, strict=True))
COUNTED = ["Author 1", "Author 2", "author 3", "Author 4", "Author 10", "Author 11"]


def test_names_stand_as_people_count():
    assert sorted(NAMES, key=natural) == COUNTED
    assert sorted(["b", "10", "9", "A 2 b", "A 2"], key=natural) == ["9", "10", "A 2", "A 2 b", "b"]
    analysis = dataclasses.replace(cases.analysis(ROWS), labels=LABELS)
    left = leave_one_out_marks(cases.without_each(ROWS), analysis, "t").rows[:-1]
    assert [row.left[0].removeprefix("without ") for row in left] == COUNTED
    rows = [
        {"study_id": study, "outcome": "orr", "status": "available"} for study in reversed(LABELS)
    ]
    outcomes = {"orr": {"label": "Response", "kind": "proportion"}}
    marks = availability_marks(rows, LABELS, outcomes, cases.DATA)
    assert [study.label for study in marks.studies] == COUNTED
    shown = studies_of(cases.durations(ROWS), cases.TIME, LABELS)
    assert [LABELS[row["study_id"]] for row in shown] == COUNTED


def test_choices_of_a_curve_stand_in_order_whatever_their_capitals():
    """ "REML" stood before "all", since capitals have lower numbers."""
    rows = [
        {**dict.fromkeys(CHOICES), "spec": name, "estimate": 0.5 + i / 10, "ci_low": None,
         "ci_high": None, "inclusion": name}
        for i, name in enumerate(("Zhao", "all", "Mid"))
    ]  # fmt: skip
    marks = curve_marks(rows, cases.DATA, title="t")
    assert marks.choices == (("Studies", ("all", "Mid", "Zhao")),)


def test_a_grouping_of_two_groups_need_not_name_them():
    """ "No subgrouping of two groups has pooled results" was said of one without `levels`."""
    tables = (invented.subgroups(ROWS), invented.tests(), cases.ALL_OUTCOMES)
    marks = groups_marks(*tables, {"target_class": {"label": "Target"}}, cases.MODEL, cases.DATA)
    assert not marks.empty
    assert marks.panels[0].levels == ("dual", "single")
    one = [row for row in tables[0] if row["level"] == "single"]
    none = groups_marks(one, *tables[1:], {"target_class": {}}, cases.MODEL, cases.DATA)
    assert none.empty


@pytest.mark.parametrize(
    ("low", "followup", "start"), [(5.0, 9.0, 5.0), (None, 9.0, 9.0), (None, 900.0, None)]
)
def test_a_median_not_reached_starts_where_the_weighted_median_counts_it(low, followup, start):
    """It stood at the end of the axis though the pooled bound used the follow-up."""
    known = {"study_id": "S001", "outcome": "median_pfs", "n": 9, "ci_high": None}
    reached = {"not_reached": "no", "value_months": 12.0, "ci_low": 8.0, "study_id": "S002"}
    rows = [known | {"not_reached": "yes", "value_months": None, "ci_low": low}, known | reached]
    marks = times_marks(rows, [], LABELS, cases.TIME, cases.DATA, {"S001": followup})
    found = next(row for row in marks.rows if row.key == "S001")
    assert found.low == (0.97 * marks.axis.high if start is None else start)
    assert found.high > marks.axis.high and found.low < marks.axis.high
    assert "else at the study's median follow-up" in marks.footer[0]


def test_pooled_ratios_say_how_much_trials_differ():
    rows = cases.ratios(ROWS)
    spread = {"tau2": 0.12, "i2": 0.45, "q": 3.2, "q_df": 2, "q_p": 0.2}
    pooled = rows[0] | spread | {"pi_low": 0.3, "pi_high": 1.2}
    rows = [pooled, *rows[1:]]
    marks = ratios_marks(rows, LABELS, {"pfs": {"label": "PFS", "kind": "ratio"}}, cases.DATA)
    remarks = [row.left[0] for row in marks.rows if row.kind == "remark"]
    assert remarks == ["Heterogeneity: τ² = 0.12, I² = 45%, Q = 3.2 (df 2, p = 0.20)"]
    # that of a Bayesian tau2 has the prior in it: 50% stood beside Q = 0.5 with p = 0.49
    prior = [pooled | {"method": "bayes"}, *rows[1:]]
    told = ratios_marks(prior, LABELS, {"pfs": {"label": "PFS", "kind": "ratio"}}, cases.DATA)
    remarks = [row.left[0] for row in told.rows if row.kind == "remark"]
    assert remarks == ["Heterogeneity: τ² = 0.12, Q = 3.2 (df 2, p = 0.20)"]
    (further,) = [row for row in marks.rows if row.kind == "prediction"]
    assert (further.low, further.high) == (0.3, 1.2)
    assert further.right == ("", "[0.30, 1.20]")
    assert draw_forest(marks)


def test_a_blank_page_of_regressions_explains_no_bubbles():
    marks = regression_marks(ROWS, [], [], {}, cases.MODEL, cases.DATA, title="t")
    assert marks.empty and marks.footer == (str(cases.DATA),)

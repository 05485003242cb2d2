"""What becomes of the values of older reports: each trial's value once, and the newest there is."""

from itertools import permutations

import pytest
from small import COUNTS, small, told

HEADER = COUNTS.splitlines()[0] + "\n"
RATIOS = "study_id,comparison,outcome,followup_months,effect_measure,estimate,ci_low,ci_high\n"
OS = {"os": {"kind": "ratio"}}


def cells(reading):
    """Study, value and origin of each analysed cell that is not the first outcome's."""
    found = reading.stack.cells.values()
    return sorted((c.study_id, c.text, c.carried_from) for c in found if "orr" not in c.label)


def messages(reading):
    """The older report and what is said of its values."""
    return [(p.value, p.message) for p in reading.problems if p.rule == "superseded_cells"]


@pytest.mark.parametrize("order", list(permutations(["C,B\n", "B,A\n", "A,\n"])))
def test_of_a_chain_the_nearest_report_goes_on(tmp_path, order):
    counts = HEADER + "C,orr,9,30\nB,orr,6,20\nB,crs,18,20\nA,orr,3,10\nA,crs,2,10\n"
    reading = small(tmp_path, "study_id,supersedes\n" + "".join(order), counts, superseded="keep")
    assert cells(reading) == [("C", "18/20", "B")]
    ((old, message),) = messages(reading)
    assert old == "B" and message.endswith("does not report crs 18/20; carried over under C")


@pytest.mark.parametrize("superseded", ["drop", "keep"])
def test_two_reports_in_the_place_of_one(tmp_path, superseded):
    """The cell of A is that of B; under D the same patients would count twice."""
    studies = "study_id,supersedes\nA,\nB,A\nD,A\n"
    counts = HEADER + "A,orr,3,10\nA,crs,2,10\nB,orr,4,20\nB,crs,5,20\nD,orr,1,5\n"
    reading = small(tmp_path, studies, counts, superseded=superseded)
    assert cells(reading) == [("B", "5/20", None)]
    assert messages(reading) == []
    (why,) = [e["reason"] for e in reading.stack.log if e["outcome"] == "crs" and e["before"]]
    assert why == "superseded by B and D"


def test_of_two_older_reports_the_later_one_goes_on(tmp_path):
    studies = "study_id,year,supersedes\nC,2023,B;A\nB,2021,\nA,2019,\n"
    counts = HEADER + "C,orr,9,30\nB,crs,18,20\nA,crs,2,10\n"
    reading = small(tmp_path, studies, counts, superseded="keep")
    assert cells(reading) == [("C", "18/20", "B")]
    assert sorted(messages(reading)) == [
        ("A", "C supersedes A and does not report crs 2/10; left out of the analysis, as a later "
         "report's is carried over"),
        ("B", "C supersedes B and does not report crs 18/20; carried over under C"),
    ]  # fmt: skip


@pytest.mark.parametrize("superseded", ["drop", "keep"])
@pytest.mark.parametrize("old, new", [
    ("X vs Y,os,20", "X vs Y,os,30"), ("X vs Y,os,", "X v Y,os,"), ("X vs Y,os,20", "X vs Y,os,"),
])  # fmt: skip
def test_a_later_cut_is_in_place_of_the_earlier_one(tmp_path, superseded, old, new):
    rows = RATIOS + f"A,{old},HR,0.5,0.3,0.8\nB,{new},HR,0.6,0.4,0.9\n"
    files = {"comparative_1.csv": rows}
    reading = small(tmp_path, "study_id,supersedes\nA,\nB,A\n", "", files=files, outcomes=OS,
                    superseded=superseded)  # fmt: skip
    assert [(c.study_id, c.values["estimate"]) for c in reading.stack.cells.values()] == [
        ("B", 0.6)
    ]
    assert told(reading, "superseded_cells") == []


def test_an_outcome_that_the_later_cut_lacks_goes_on(tmp_path):
    rows = RATIOS + "A,X vs Y,os,20,HR,0.5,0.3,0.8\nA,X vs Y,os,10,HR,0.4,0.3,0.8\n"
    files = {"comparative_1.csv": rows + "B,X vs Y,pfs,30,HR,0.6,0.4,0.9\n"}
    more = {"superseded": "keep", "outcomes": OS | {"pfs": {"kind": "ratio"}}}
    reading = small(tmp_path, "study_id,supersedes\nA,\nB,A\n", "", files=files, **more)
    found = [(c.study_id, c.values["outcome"], c.carried_from or "") for c in
             reading.stack.cells.values()]  # fmt: skip
    assert sorted(found) == [("B", "os", "A"), ("B", "os", "A"), ("B", "pfs", "")]


@pytest.mark.parametrize("months, own", [(13, True), (15, False)])
def test_an_older_time_does_not_stand_before_a_newer_one_of_its_window(tmp_path, months, own):
    """The older report's 12 months were nearer, and were pooled in place of the newer's 13."""
    rows = "study_id,outcome,months,value_percent,ci_low,ci_high,n\nA,os,12,70,60,80,30\n"
    files = {"landmarks_1.csv": rows + f"B,os,{months},75,65,85,60\n"}
    outcomes = {"os12": {"kind": "landmark", "of": "os", "months": 12, "window": 2}}
    reading = small(tmp_path, "study_id,supersedes\nA,\nB,A\n", "", files=files,
                    outcomes=outcomes, superseded="keep")  # fmt: skip
    found = sorted(cell.values["months"] for cell in reading.stack.cells.values())
    assert found == ([13] if own else [12, 15])

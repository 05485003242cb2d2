"""A count above the study's size: silent only for a note that speaks of it."""

import pytest
from small import COUNTS, small, told

SIZES = (
    "sheet,column,type,at_most\nstudies,n_treated,integer,\nstudies,n_measured,integer,n_treated\n"
)
NOTED = COUNTS.replace("total\n", "total,notes\n").replace("4,10\n", "4,10,\n").replace(
    "1,10\n", "1,10,\n"
)  # fmt: skip

NOTES = [
    ("", "error"), ("From Table 2.", "warning"), ("Patients had fever.", "warning"),
    ("Read in 2010 of a copy.", "warning"), ("10 of them, with a second cohort", None),
    ("above the 8 of the other report", None), ("ITT denominator", None),
    ("All enrolled", None), ("counts treated twice", None),
]  # fmt: skip


@pytest.mark.parametrize("note, severity", NOTES)
def test_a_count_above_the_size(tmp_path, note, severity):
    counts = NOTED.replace("5,10\n", f'5,10,"{note}"\n')
    studies = "study_id,n_treated\nA,8\nB,\n"
    counts = counts.replace("A,crs,1,10", "A,crs,1,8")
    reading = small(tmp_path, studies, counts, codebook=SIZES, size="n_treated")
    expected = [(severity, "outcomes_1", 2, "total", "10")] if severity else []
    assert told(reading, "total_above_size") == expected


@pytest.mark.parametrize("note, severity", NOTES)
def test_a_size_below_a_count_of_a_lower_layer(tmp_path, note, severity):
    counts = NOTED.replace("5,10\n", f'5,10,"{note}"\n').replace("A,crs,1,10", "A,crs,1,8")
    small(tmp_path, "study_id,n_treated\nA,12\nB,\n", counts, codebook=SIZES)
    higher = tmp_path / "2"
    higher.mkdir()
    (higher / "studies.csv").write_text("study_id,n_treated\nA,8\n", encoding="utf-8")
    (higher / "outcomes_1.csv").write_text("study_id,outcome,events,total\n", encoding="utf-8")
    layers = [str(tmp_path / "1"), str(higher)]
    reading = small(tmp_path, "study_id,n_treated\nA,12\nB,\n", counts, codebook=SIZES,
                    size="n_treated", layers=layers)  # fmt: skip
    expected = [(severity, "studies", 2, "n_treated", "8")] if severity else []
    assert told(reading, "total_above_size") == expected


def test_a_decision_need_not_repeat_the_extractors_note(tmp_path):
    header = "study_id,outcome,e1_events,e1_total,e2_events,e2_total,decision_events,"
    decisions = header + "decision_total,reason\nA,orr,5,10,,,5,10,accepted\n"
    for note, rules in (("ITT", 0), ("Table 2", 2)):
        counts = f"study_id,outcome,events,total,notes\nA,orr,5,10,{note}\nB,orr,4,10,\n"
        files = {"adjudication.csv": decisions}
        outcomes = {"orr": {"kind": "proportion"}}
        reading = small(tmp_path / note, "study_id,n_treated\nA,8\nB,\n", counts, files=files,
                        codebook=SIZES, size="n_treated", outcomes=outcomes)  # fmt: skip
        assert len(told(reading, "total_above_size")) == rules


@pytest.mark.parametrize("note, warned", [("", True), ("From Table 2", True),
                                          ("12 measured, with controls", False)])  # fmt: skip
def test_a_number_above_another_of_its_row(tmp_path, note, warned):
    studies = f'study_id,n_treated,n_measured,notes\nA,10,12,"{note}"\nB,,,\n'
    reading = small(tmp_path, studies, codebook=SIZES)
    assert bool(told(reading, "above")) == warned

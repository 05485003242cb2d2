"""Faults of sheets with survival at fixed times and with curves, each with row, column and hint."""

import pytest

from singlearm.sheets.check import read_version
from singlearm.sheets.clean import clean_tables
from singlearm.sheets.plan import Plan

STUDIES = "study_id,supersedes\nOne,\nTwo,\n"
OUTCOMES = {
    "pfs_12mo": {"kind": "landmark", "label": "PFS", "of": "pfs", "months": 12, "window": 2},
    "pfs_curve": {"kind": "curve", "label": "PFS", "of": "pfs"},
}
LANDMARKS = "study_id,outcome,months,value_percent,ci_low,ci_high,n,n_at_risk,notes\n"
CURVES = "study_id,outcome,time_months,survival,n_at_risk\n"
SOUND = {
    "landmarks": "One,pfs,12,78.8,68.6,86.0,103,,\n",
    "curves": "One,pfs,0,1,20\nOne,pfs,3,0.9,\nOne,pfs,3,0.8,\nOne,pfs,6,,15\n",
}


def reading(folder, studies=STUDIES, more=(), superseded="drop", **sheets):
    """The sheets of one layer, or of two, as read."""
    layers = []
    for number, own in enumerate([{"studies": studies, **(SOUND | sheets)}, *more]):
        layer = folder / f"layer{number}"
        layer.mkdir()
        layers.append(str(layer))
        heads = {"landmarks": LANDMARKS, "curves": CURVES}
        for name, text in own.items():
            file = "studies.csv" if name == "studies" else f"{name}_1.csv"
            (layer / file).write_text(heads.get(name, "") + text, encoding="utf-8")
    return read_version(Plan("1", tuple(layers), OUTCOMES, superseded=superseded), None)


def found(folder, **sheets):
    """The problems of a layer but that there is one extractor."""
    problems = reading(folder, **sheets).problems
    return [p for p in problems if p.rule != "single_extractor"]


def test_sound_sheets_have_no_fault(tmp_path):
    assert [p.line() for p in found(tmp_path)] == []


@pytest.mark.parametrize(
    ("row", "rule", "column", "severity", "hint"),
    [
        ("One,pfs,12,78.8,80,86,103,,", "interval_order", "ci_low", "error", "must rise"),
        ("One,pfs,12,78.8,68,77,103,,", "interval_order", "ci_high", "error", "must rise"),
        ("One,pfs,12,0.788,,,103,,", "fraction", "value_percent", "error", "write 78.8"),
        ("One,pfs,12,78.8,0.686,86,103,,", "fraction", "ci_low", "error", "write 68.6"),
        ("One,pfs,12,101,,,103,,", "range", "value_percent", "error", "0 to 100"),
        ("One,pfs,,78.8,68.6,86,103,,", "empty", "months", "error", ""),
        ("One,pfs,12,78.8,,,,,", "nothing_to_weigh_by", "n", "error", "patients behind"),
        ("One,pfs,12,78.8,,,50,51,", "at_risk_above_n", "n_at_risk", "error", "swapped"),
        ("One,pfs,12,78.8,76.8,99,103,,", "interval_lopsided", "ci_low", "warning", "source"),
        ("One,pfs,12,68.8,,,16,,", "crude_rate", "value_percent", "warning", "Kaplan-Meier"),
        ("One,pfs,12,68.3,,,116,,Crude rate.", "crude_rate", "value_percent", "warning", "Kaplan"),
    ],
)
def test_a_fault_of_a_row_is_told_with_its_place(tmp_path, row, rule, column, severity, hint):
    problems = found(tmp_path, landmarks=row + "\n")
    hits = [p for p in problems if p.sheet == "landmarks_1" and p.column == column]
    assert [(p.row, p.severity) for p in hits] == [(2, severity)], [p.line() for p in problems]
    assert hits[0].rule == rule
    assert hint in f"{hits[0].message} {hits[0].hint}"


def test_faults_between_the_rows_of_a_study(tmp_path):
    rows = (
        "One,pfs,6,90,,,100,60,\nOne,pfs,11,80,,,100,70,\nOne,pfs,13,81,,,100,50,\n"
        "Two,pfs,12,70,,,60,,\n"
    )
    told = {(p.rule, p.row, p.column, p.severity) for p in found(tmp_path, landmarks=rows)}
    assert told == {
        ("n_at_risk_rises", 3, "n_at_risk", "error"),
        ("value_percent_rises", 4, "value_percent", "warning"),
        ("two_times_in_one_window", 4, "months", "warning"),
    }


@pytest.mark.parametrize(
    ("rows", "rule", "row", "column", "hint"),
    [
        ("One,pfs,0,1,20\nOne,pfs,3,90,\n", "percent", 3, "survival", "write 0.9"),
        ("One,pfs,0,1,20\nOne,pfs,3,0.8,\nOne,pfs,5,0.9,\n", "survival_rises", 4, "survival", ""),
        ("One,pfs,0,1,20\nOne,pfs,3,0.8,15\nOne,pfs,5,.7,16\n", "n_at_risk_rises", 4,
         "n_at_risk", "only fall"),
        ("One,pfs,0,0.97,20\nOne,pfs,3,0.8,\n", "curve_start", 2, "survival", "survival 1"),
        ("One,pfs,1,1,20\nOne,pfs,3,0.8,\n", "curve_start", 2, "survival", "time_months 0"),
        ("One,pfs,0,1,\nOne,pfs,3,0.8,15\n", "no_patients_at_start", 2, "n_at_risk", "behind"),
        ("One,pfs,0,1,20\nOne,pfs,3,,\n", "empty_reading", 3, "survival", "take the row out"),
        ("One,pfs,0,1,0\nOne,pfs,3,0.8,\n", "no_patients_at_start", 2, "n_at_risk", "above 0"),
        ("One,pfs,0,1,20\n", "curve_ends_at_start", 2, "time_months", "after time 0"),
        ("One,pfs,0,1,20\nOne,pfs,3,1,9\nOne,pfs,3,.8,9\n", "two_numbers_at_risk", 4,
         "n_at_risk", "row 3"),
    ],
)  # fmt: skip
def test_a_fault_of_a_curve_is_told_with_its_place(tmp_path, rows, rule, row, column, hint):
    hits = [p for p in found(tmp_path, curves=rows) if p.rule == rule]
    assert [(p.sheet, p.row, p.column, p.severity) for p in hits] == [
        ("curves_1", row, column, "error")
    ]
    assert hint in f"{hits[0].message} {hits[0].hint}"


def test_a_small_slip_of_the_eye_is_levelled_and_not_told(tmp_path):
    assert found(tmp_path, curves="One,pfs,0,1,20\nOne,pfs,3,0.8,\nOne,pfs,5,0.805,\n") == []


def points(read):
    """The readings of the curves that are analysed."""
    rows, _ = clean_tables(read, Plan("1", (), OUTCOMES))
    return [(r["study_id"], r["time_months"], r["survival"]) for r in rows["curve_points"]]


def test_a_higher_layer_replaces_a_curve_as_a_whole(tmp_path):
    again = {"curves": "One,pfs,0,1,20\nOne,pfs,4,0.7,\n"}
    assert points(reading(tmp_path, more=[again | {"studies": STUDIES}])) == [
        ("One", 0.0, 1.0),
        ("One", 4.0, 0.7),
    ]


@pytest.mark.parametrize(
    ("newer", "expected"),
    [
        ("", [("Two", 0.0, 1.0), ("Two", 3.0, 0.9), ("Two", 3.0, 0.8), ("Two", 6.0, None)]),
        ("Two,pfs,0,1,30\nTwo,pfs,9,0.6,\n", [("Two", 0.0, 1.0), ("Two", 9.0, 0.6)]),
    ],
)
def test_a_curve_is_carried_over_as_a_whole_or_not_at_all(tmp_path, newer, expected):
    """No curve is patched from two data cuts."""
    read = reading(
        tmp_path,
        studies="study_id,supersedes\nOne,\nTwo,One\n",
        superseded="keep",
        curves=SOUND["curves"] + newer,
    )
    assert points(read) == expected


DECISIONS = (
    "study_id,outcome,time_months,survival,e1_n_at_risk,e2_n_at_risk,decision_n_at_risk,reason\n"
)
FIRST = "One,pfs,0,1,20\nOne,pfs,3,0.9,\nOne,pfs,6,0.8,15\nOne,pfs,9,0.7,10\n"


@pytest.mark.parametrize(
    ("decision", "of_two", "rules"),
    [
        ("One,pfs,6,0.8,15,12,12,read again\n", "", []),
        ("One,pfs,6,0.8,15,12,9,read again\n", "",
         [("n_at_risk_rises", 5, "curves_1", "n_at_risk")]),
        ("One,pfs,6,0.8,15,12,25,slip\n", "",
         [("n_at_risk_rises", 2, "adjudication_curves", "decision_n_at_risk")]),
        # a fault of another study's own rows hides none of a decision's
        ("One,pfs,6,0.8,15,12,25,slip\n", "Two,pfs,0,1,5\nTwo,pfs,3,0.9,9\n",
         [("n_at_risk_rises", 7, "curves_1", "n_at_risk"),
          ("n_at_risk_rises", 7, "curves_2", "n_at_risk"),
          ("n_at_risk_rises", 2, "adjudication_curves", "decision_n_at_risk")]),
    ],
)  # fmt: skip
def test_what_is_decided_on_a_curve_holds_between_its_rows(tmp_path, decision, of_two, rules):
    """A risk table that rises after the decisions was told by the pooling, as a program's error."""
    layer = tmp_path / "layer"
    layer.mkdir()
    curve = {"pfs_curve": OUTCOMES["pfs_curve"]}
    second = FIRST.replace("0.8,15", "0.8,12")
    for name, text in {
        "studies": STUDIES,
        "curves_1": CURVES + FIRST + of_two,
        "curves_2": CURVES + second + of_two,
        "adjudication_curves": DECISIONS + decision,
    }.items():
        (layer / f"{name}.csv").write_text(text, encoding="utf-8")
    problems = read_version(Plan("1", (str(layer),), curve), None).problems
    told = [(p.rule, p.row, p.sheet, p.column) for p in problems if p.severity == "error"]
    assert told == rules, [p.line() for p in problems]

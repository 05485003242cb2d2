"""Two reports on the same patients are told, however their ids are spelt; what differs is not."""

import pytest
from small import COUNTS, small, told

from singlearm.sheets.studies import trial_ids


def asked(folder, column, one, two, **more):
    """The rules told of two studies with these values of a column."""
    rows = f'study_id,{column}\nA,"{one}"\nB,"{two}"\n'
    found = small(folder, rows, **more).problems
    return {p.rule for p in found if p.rule in ("cohorts_alike", "cohort_twice", "study_twice")}


@pytest.mark.parametrize(
    "column, one, two",
    [
        ("registration", "NCT 00000002", "NCT00000002"),
        ("registration", "NCTO0000002", "NCT00000002"),
        ("registration", "NCT-0000 0002", "NCT00000002"),
        ("registration", "ISRCTN 12345678", "isrctn12345678"),
        ("registration", "NCT00000002(ZUMA-1)", "NCT00000002"),
        ("registration", "ClinicalTrials.gov:NCT00000002", "NCT00000002"),
        ("registration", "NCТ00000002", "NCT00000002"),  # a Cyrillic letter
        ("registration", "ＮＣＴ００００００02", "NCT00000002"),
        ("registration", "EudraCT 2010-012345-12", "2010-012345-12"),
        ("registration", "ChiCTR-OIC-17011272", "ChiCTR17011272"),
        ("registration", "XYZ 4711", "xyz-4711"),
        ("doi", "10.1000/аlpha", "10.1000/alpha"),  # a Cyrillic letter
        ("doi", "10.1000/al–pha", "10.1000/al-pha"),
        ("pmid", "02934567", "2934567"),
    ],
)
def test_one_trial_in_two_spellings(tmp_path, column, one, two):
    assert asked(tmp_path, column, one, two) == {"cohorts_alike"}
    assert asked(tmp_path, column, two, one) == {"cohorts_alike"}


@pytest.mark.parametrize(
    "column, one, two",
    [
        ("registration", "NCT00000002", "NCT00000020"),
        ("registration", "CTRI/2010/091/000123", "CTRI/2010/091/000124"),
        ("registration", "NCT00000002", "ISRCTN00000002"),
        ("doi", "10.1000/a.1", "10.1000/a1"),
        ("pmid", "2934567", "29345670"),
    ],
)
def test_two_trials_stay_two(tmp_path, column, one, two):
    assert asked(tmp_path, column, one, two) == set()


@pytest.mark.parametrize("sign", ["，", "、", "；", ","])
def test_ids_without_a_semicolon_between_are_told_with_the_remedy(tmp_path, sign):
    reading = small(tmp_path, f'study_id,registration\nA,"NCT00000001{sign}NCT00000002"\nB,\n')
    (problem,) = reading.errors
    assert (problem.rule, problem.hint) == ("list_form", "write NCT00000001;NCT00000002")


def test_one_cohort_in_two_spellings_is_one(tmp_path):
    rows = "study_id,registration,cohort\nA,NCT00000002,ZUMA-1\nB,NCT00000002,Zuma 1\n"
    assert told(small(tmp_path, rows), "cohort_twice") == [
        ("error", "studies", 3, "cohort", "Zuma 1")
    ]


@pytest.mark.parametrize("note, silent", [("from Table 2", 0), ("Same trial as 2", 0),
                                          ("Distinct patients from 2.", 1)])  # fmt: skip
def test_only_words_about_patients_answer_the_question(tmp_path, note, silent):
    rows = f"study_id,doi,notes\n1,10.1000/a,{note}\n2,10.1000/a,\n"
    counts = COUNTS.replace("A,", "1,").replace("B,", "2,")
    found = told(small(tmp_path, rows, counts), "cohorts_alike")
    assert len(found) == 1 - silent


@pytest.mark.parametrize("one, two, twice", [
    ("1.1", "11", False), ("Smith2019 1", "Smith2019.1", True), ("HPV+", "HPV-", False),
    ("Smith 2019", "smith_2019", True),
])  # fmt: skip
def test_names_that_are_one_but_for_case_blanks_or_signs(tmp_path, one, two, twice):
    rows = f"study_id\n{one}\n{two}\n"
    counts = COUNTS.replace("A,", f"{one},").replace("B,", f"{two},")
    assert bool(told(small(tmp_path, rows, counts), "study_twice")) == twice


def test_ids_of_no_known_registry():
    assert list(trial_ids("ABC 0012 and X-1")) == ["abc0012", "x1"]
    assert trial_ids("registered") == {}

"""What a reader of the intake found: values, signs and columns that were lost or read otherwise."""

import pytest
from made_tables import sheet, text_file, values

from singlearm.intake.__main__ import make_review
from singlearm.intake.numbers import limits, number, with_limits


def medians(folder):
    """Study, median, limits and whether it was not reached."""
    names = ("study_id", "value_months", "ci_low", "ci_high", "not_reached")
    return [tuple(row.get(name, "") for name in names) for row in sheet(folder, "durations_1")]


def test_an_end_that_is_not_reached_is_open(tmp_path):
    rows = [["Study", "Median OS", "OS 95% CI", "N"], ["A 2019", "12.5", "8.1-not reached", 30]]
    rows += [["B 2020", "10", "7.5–NE", 20], ["E", "11", "10.1-∞", 20]]
    rows += [["F", "NE", "9-NE", 22], ["G", "not estimable", "", 22]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "os.csv", rows))
    assert medians(tmp_path / "review") == [
        ("A 2019", "12.5", "8.1", "", "no"),
        ("B 2020", "10", "7.5", "", "no"),
        ("E", "11", "10.1", "", "no"),
        ("F", "", "9", "", "yes"),
        ("G", "", "", "", "yes"),
    ]
    assert any("NE as a median is read as not reached" in line for line in told)


def test_middle_dots_stand_before_decimals(tmp_path):
    rows = [["Study", "N", "ORR n (%)", "PFS median", "PFS 95% CI"]]
    rows += [["A 2019", 34, "12 (35·3%)", "8·8", "5·6–11·6"], ["B", 20, "8 (40·0)", "NR", ""]]
    make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows))
    assert values(tmp_path / "review", "orr") == [("A 2019", 12, 34), ("B", 8, 20)]
    assert medians(tmp_path / "review")[0] == ("A 2019", "8.8", "5.6", "11.6", "no")


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("8.8 (5.6-11.6)", (5.6, 11.6)),
        ("8.8 [5.6, 11.6]", (5.6, 11.6)),
        ("8.8 (95% CI 5.6 to 11.6)", (5.6, 11.6)),
        ("8.8 (95% CI: 5.6–NR)", (5.6, None)),
    ],
)
def test_a_value_with_its_limits(text, interval):
    assert number(text, ".") == 8.8
    assert limits(with_limits(text)[1], ".") == interval


@pytest.mark.parametrize("text", ["8.8 (IQR 3-9)", "8.8 (range 3-20)", "8.8 (2)", "8.8 (n-a)"])
def test_other_brackets_are_no_limits(text):
    assert with_limits(text) == (text, "")


@pytest.mark.parametrize("header", ["Median PFS", "Median PFS (95% CI)", "PFS median, 95% CI"])
def test_medians_with_limits_in_one_cell(tmp_path, header):
    rows = [["Study", header], ["A 2019", "8.8 (5.6-11.6)"], ["B 2020", "NR (5.6-NR)"]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "pfs.csv", rows))
    assert medians(tmp_path / "review") == [
        ("A 2019", "8.8", "5.6", "11.6", "no"),
        ("B 2020", "", "5.6", "", "yes"),
    ]
    assert f"look at: the brackets behind '{header}' are read as its 95% interval" in told


@pytest.mark.parametrize("header", ["HR", "HR (95% CI)"])
def test_ratios_with_limits_in_one_cell(tmp_path, header):
    rows = [["Study", header], ["A 2019", "0.62 (0.48-0.80)"], ["B 2020", "0.7 [0.5 to 0.9]"]]
    make_review(tmp_path / "review", text_file(tmp_path / "os.csv", rows))
    read = sheet(tmp_path / "review", "comparative_1")
    assert [(r["effect_measure"], r["estimate"], r["ci_low"], r["ci_high"]) for r in read] == [
        ("HR", "0.62", "0.48", "0.8"),
        ("HR", "0.7", "0.5", "0.9"),
    ]


def test_other_limits_lead(tmp_path):
    rows = [["Study", "Median PFS", "PFS 95% CI"], ["A 2019", "8.8 (1.0-30.0)", "5.6-11.6"]]
    make_review(tmp_path / "review", text_file(tmp_path / "pfs.csv", rows))
    assert medians(tmp_path / "review") == [("A 2019", "8.8", "5.6", "11.6", "no")]


@pytest.mark.parametrize("header", ["ORR (%)", "ORR % (95% CI)"])
def test_percentages_with_limits_in_one_cell(tmp_path, header):
    rows = [["Study", "N", header], ["A 2019", 120, "35 (27-44)"], ["B", 200, "40.0 (33-47)"]]
    make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows))
    assert values(tmp_path / "review", "orr") == [("A 2019", 42, 120), ("B", 80, 200)]


def test_one_odd_cell_does_not_lose_the_outcome(tmp_path):
    rows = [["Study", "N", "Response n (%)", "Deaths n (%)"]]
    rows += [["A 2019", 34, "12 (35·3)", "no"], ["B 2020", 20, "8 (40; range)", "few"]]
    rows += [["C 2021", 10, "5 (50)", "3"]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows))
    assert values(tmp_path / "review", "response") == [("A 2019", 12, 34), ("C 2021", 5, 10)]
    assert any("row 3: response: '8 (40; range)' is not a whole number" in line for line in told)
    assert any("'Deaths n (%)' would be an outcome, but most" in line for line in told)

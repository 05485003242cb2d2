"""Tables that readers tried and that came out wrong once: each reads right, or says why not."""

import pytest
import yaml
from made_tables import sheet, values

from singlearm.intake.__main__ import main, make_review
from singlearm.intake.names import AT_A_TIME, plain


def made(tmp_path, text, title="Response"):
    """What is told of a table, and the folder made of it."""
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    return make_review(tmp_path / "review", path, title), tmp_path / "review"


def refused(tmp_path, capsys, text):
    """What is said of a table that no review can be made of."""
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    assert main(["--to", str(tmp_path / "review"), "--from", str(path)]) == 1
    return capsys.readouterr().err


def test_small_percentages_under_a_percent_sign_are_percent(tmp_path):
    text = "Study,N,Mortality (%)\nA 2019,1000,0.5\nB 2020,2000,0.8\nC 2021,500,1.0\n"
    told, folder = made(tmp_path, text)
    assert [row[1] for row in values(folder, "mortality")] == [5, 16, 5]
    assert any("'Mortality (%)' is read as percent" in line for line in told)


@pytest.mark.parametrize("header", ["ORR (%)", "ORR percent"])
def test_shares_of_1_under_a_percent_sign_are_refused(tmp_path, capsys, header):
    text = f"Study,N,{header}\nA 2019,34,0.35\nB 2020,20,0.40\nC 2021,40,0.30\n"
    said = refused(tmp_path, capsys, text)
    assert f"'{header}' may be percent or proportions of 1: write % signs" in said


def test_numbers_up_to_1_without_a_percent_sign_are_decided_by_whole_numbers(tmp_path, capsys):
    shares = "Study,N,Dropout rate\nA 2019,340,0.2\nB 2020,200,0.1\nC 2021,100,.6\n"
    _, folder = made(tmp_path, shares)
    assert [row[1] for row in values(folder, "dropout")] == [68, 20, 60]
    (tmp_path / "either").mkdir()
    either = "Study,N,Mortality rate\nA 2019,1000,0.5\nB 2020,2000,0.8\nC 2021,500,1.0\n"
    assert "call it proportion" in refused(tmp_path / "either", capsys, either)
    (tmp_path / "said").mkdir()
    _, folder = made(tmp_path / "said", either.replace("Mortality rate", "Mortality proportion"))
    assert [row[1] for row in values(folder, "mortality")] == [500, 1600, 500]


def test_of_a_count_and_a_percentage_in_one_cell_the_total_says_which_is_which(tmp_path):
    text = "Study,N,CR (%),PR (%)\nA 2019,120,10 (12),12 (10)\nB 2020,200,5.5 (11),11 (5.5)\n"
    text += "C 2021,50,NR,7 (20)\n"
    told, folder = made(tmp_path, text)
    assert values(folder, "cr") == [("A 2019", 12, 120), ("B 2020", 11, 200)]
    assert values(folder, "pr") == [("A 2019", 12, 120), ("B 2020", 11, 200), ("C 2021", 7, 50)]
    assert "look at: 'CR (%)' is read as percentages with the count in brackets" in told
    assert any("'PR (%)' is 20 where the counts are 7/50" in line for line in told)
    assert not any("'CR (%)' is" in line and "where the counts" in line for line in told)


def test_a_count_and_a_percentage_that_fit_neither_way_are_refused(tmp_path):
    text = "Study,N,CR (%),PR n (%)\nA 2019,120,40 (12),3 (9)\nB 2020,200,50 (11),3 (7)\n"
    told, folder = made(tmp_path, text)
    assert values(folder, "cr") == []
    assert any("row 2: cr: '40 (12)' may be a count and its percentage" in line for line in told)
    assert values(folder, "pr") == [("A 2019", 3, 120), ("B 2020", 3, 200)]  # n (%) says it
    protocol = yaml.safe_load((folder / "config" / "config.yaml").read_text(encoding="utf-8"))
    assert list(protocol["outcomes"]) == ["pr"]  # an outcome without any value fails the check


def test_the_tables_own_counts_are_its_outcome_whatever_else_it_has(tmp_path):
    text = "Study,Year,N,Responders,Female (%)\nA,2019,26,13,40\nB,2020,20,8,55\nC,2021,41,30,48\n"
    told, folder = made(tmp_path, text)
    assert [row[1:] for row in values(folder, "response")] == [(13, 26), (8, 20), (30, 41)]
    assert {row["outcome"] for row in sheet(folder, "outcomes_1")} == {"response"}
    assert [row["female_percent"] for row in sheet(folder, "studies")] == ["40", "55", "48"]
    (line,) = [line for line in told if "'Female (%)' has no counts" in line]
    known = yaml.safe_load((folder / "columns.yaml").read_text(encoding="utf-8"))
    del known["studies"]
    known["outcomes"] |= yaml.safe_load("{" + line.partition("columns.yaml: ")[2] + "}")
    (folder / "columns.yaml").write_text(yaml.safe_dump(known), encoding="utf-8")
    make_review(folder)  # what the remark says is what columns.yaml takes
    assert [row[1] for row in values(folder, "female")] == [10, 11, 20]


def test_the_tables_own_counts_come_before_wide_outcomes(tmp_path):
    text = "Study,Total,Events,Relapses,Deaths\nA,340,12,200,9\nB,200,8,100,7\n"
    _, folder = made(tmp_path, text, "Deaths")
    protocol = yaml.safe_load((folder / "config" / "config.yaml").read_text(encoding="utf-8"))
    assert list(protocol["outcomes"]) == ["deaths", "relapses", "deaths_2"]
    assert [row[1] for row in values(folder, "deaths")] == [12, 8]


@pytest.mark.parametrize("header", ["Rate per 1,000", "Prevalence/100 000", "Prevalence (‰)"])
def test_a_rate_of_a_thousand_is_no_percentage(tmp_path, header, capsys):
    text = f"Study;Cases;N;{header}\nA 2010;45;12345;3.6\nB 2014;120;24000;5.0\n"
    _, folder = made(tmp_path, text, "Infection")
    assert values(folder, "infection") == [("A 2010", 45, 12345), ("B 2014", 120, 24000)]
    (tmp_path / "alone").mkdir()
    text = text.replace("Cases", "Age")
    assert "no outcome is understood" in refused(tmp_path / "alone", capsys, text)


@pytest.mark.parametrize("header", ["Region", "Continent", "Zone", "Main n"])
def test_what_n_is_does_not_hang_on_the_letters_of_another_column(tmp_path, header):
    text = f"Study,{header},Patients,CR N,CR %\nA,EU,100,30,30\nB,US,80,20,25\nC,AS,50,10,20\n"
    _, folder = made(tmp_path, text)
    assert values(folder, "cr") == [("A", 30, 100), ("B", 20, 80), ("C", 10, 50)]


def test_a_total_that_the_percentages_show_to_be_the_count_is_the_count(tmp_path):
    text = "Study,N,Total deaths,Deaths (%)\nA,100,30,30\nB,80,20,25\nC,50,10,20\n"
    told, folder = made(tmp_path, text)
    assert values(folder, "deaths") == [("A", 30, 100), ("B", 20, 80), ("C", 10, 50)]
    assert any("'Total deaths' is read as events, for 'Deaths (%)'" in line for line in told)


@pytest.mark.parametrize("name", ["CR n", "CR total"])
def test_an_outcomes_own_total_stays_its_total(tmp_path, name):
    """24 of 80 is 30.0%, and 80 of the 100 patients is not."""
    text = f"Study,Patients,{name},CR %\nA,100,80,30.0\nB,80,60,25.0\nC,50,40,12.5\n"
    _, folder = made(tmp_path, text)
    assert values(folder, "cr") == [("A", 24, 80), ("B", 15, 60), ("C", 5, 40)]


SUMS = ["Subtotal Europe", "Total Europe", "Total studies", "Zwischensumme", "Sous-total", "Σ"]
SUMS += [
    "Gesamtergebnis",
    "Ensemble",
    "Sum total",
    "All",
    "Sub-total (2 studies)",
    "Total, 1990-2019",
]


@pytest.mark.parametrize("label", SUMS)
def test_more_words_for_sums_are_left_out(tmp_path, label):
    text = f'Study,Events,Total\nA 2019,3,10\nB 2020,4,12\n"{label}",7,22\nC 2021,5,20\n'
    told, folder = made(tmp_path, text)
    assert [row[0] for row in values(folder, "response")] == ["A 2019", "B 2020", "C 2021"]
    assert any(line.startswith("left out, row 4:") and label in line for line in told)


def test_names_of_trials_that_begin_like_sums_are_studies(tmp_path):
    text = "Study,Events,Total\nA 2019,3,10\nB 2020,4,12\nTotal 2019,7,23\nTotal Therapy 3,5,20\n"
    told, folder = made(tmp_path, text + "ENSEMBLE,9,30\n")
    assert [row[1] for row in values(folder, "response")] == [3, 4, 7, 5, 9]
    assert any("row 5: 'Total Therapy 3' is called a sum, but its counts" in line for line in told)


def test_sums_of_regions_at_the_end_are_left_out_together(tmp_path):
    text = "Study,Events,Total\nA 2019,3,10\nB 2020,4,12\nC 2021,5,20\nTotal Asia,8,30\n"
    told, folder = made(tmp_path, text + "Total Europe,4,12\nTotal,12,42\n")
    assert [row[1] for row in values(folder, "response")] == [3, 4, 5]
    assert any("row 5 to 6: 'Total Asia'" in line or "row 5: 'Total Asia'" in line for line in told)


def test_a_study_with_the_counts_of_a_sum_is_told(tmp_path):
    text = "Study,Events,Total\nA 2019,3,10\nB 2020,4,12\nEurope,7,22\nC 2021,5,20\nD,5,20\n"
    told, folder = made(tmp_path, text)
    assert [row[1] for row in values(folder, "response")] == [3, 4, 7, 5, 5]
    (line,) = [line for line in told if "looks like a sum" in line]
    assert line.startswith("look at: row 4: 'Europe' looks like a sum of the rows above")


@pytest.mark.parametrize("first", [False, True])
def test_an_arm_that_is_the_sum_of_the_others_is_left_out(tmp_path, first):
    rows = ["A 2019,1 mg,3,10,3.1", "A 2019,3 mg,4,12,4.0"]
    rows.insert(0 if first else 2, "A 2019,All doses,7,22,3.5")
    rows += ["B 2020,all,30,41,5", "C 2021,x,1,9,2", "C 2021,Combined,5,9,2"]
    text = "\n".join(["Study,Arm,N events,N,Median PFS", *rows])
    told, folder = made(tmp_path, text.replace("N events", "ORR n"))
    assert [row[0] for row in values(folder, "orr")] == [
        "A 2019, 1 mg",
        "A 2019, 3 mg",
        "B 2020",
        "C 2021, x",
        "C 2021, Combined",
    ]
    assert len(sheet(folder, "durations_1")) == 5
    assert any("'A 2019, All doses' is the sum of the arms" in line for line in told)
    assert any("'C 2021, Combined' is called a sum of arms, but its" in line for line in told)


def test_a_sum_below_arms_whose_label_is_blank_is_left_out(tmp_path):
    text = "Study,Dose,Events,Total\nA 2019,1 mg,3,10\n,3 mg,4,12\n,Total,7,22\nB 2021,all,30,41\n"
    _, folder = made(tmp_path, text)
    assert [row[1] for row in values(folder, "response")] == [3, 4, 30]


@pytest.mark.parametrize("measure", ["RR", "OR", "HR"])
def test_the_tables_own_counts_come_before_what_may_be_a_ratio(tmp_path, measure):
    text = f"Study,Responders,N,{measure},95% CI\nA,13,26,50,30-70\nB,8,20,40,19-64\n"
    for name, table in (("bare", text), ("interval", text.replace(",95% CI", ",Note"))):
        (tmp_path / name).mkdir()
        told, folder = made(tmp_path / name, table)
        assert values(folder, "response") == [("A", 13, 26), ("B", 8, 20)]
        assert any(f"'{measure}' is not read as a ratio, for" in line for line in told)
        assert [row[measure.lower()] for row in sheet(folder, "studies")] == ["50", "40"]


def test_a_bare_ratio_alone_is_refused_and_can_be_said(tmp_path, capsys):
    text = "Study,N,OR,CR\nA,26,13,3\nB,20,8,2\n"
    said = refused(tmp_path, capsys, text)
    assert "no outcome is understood" in said
    assert "'OR' is not read as a ratio, for no interval stands beside it" in said
    path = tmp_path / "review" / "columns.yaml"
    known = yaml.safe_load(path.read_text(encoding="utf-8"))
    known["outcomes"] = {"death": {"kind": "ratio", "OR": "OR"}}
    path.write_text(yaml.safe_dump(known), encoding="utf-8")
    make_review(tmp_path / "review", tmp_path / "t.csv")
    assert [row["estimate"] for row in sheet(tmp_path / "review", "comparative_1")] == ["13", "8"]


def test_the_line_that_makes_a_ratio_is_one_that_columns_yaml_takes(tmp_path):
    text = "Study,N,ORR n,HR,95% CI\nA,26,13,0.7,0.5-0.9\nB,20,8,0.8,0.6-1.0\n"
    told, folder = made(tmp_path, text)
    (line,) = [line for line in told if "'HR' is not read as a ratio" in line]
    known = yaml.safe_load((folder / "columns.yaml").read_text(encoding="utf-8"))
    known["outcomes"] |= yaml.safe_load("{" + line.partition("columns.yaml: ")[2] + "}")
    (folder / "columns.yaml").write_text(yaml.safe_dump(known), encoding="utf-8")
    make_review(folder)
    assert [row["ci_high"] for row in sheet(folder, "comparative_1")] == ["0.9", "1"]


def test_columns_of_a_sheet_of_ratios_are_in_the_order_of_the_program(tmp_path):
    _, folder = made(tmp_path, "Study,HR,95% CI\nA,0.7,0.5-0.9\nB,0.8,0.6-1.0\n")
    (row, _) = sheet(folder, "comparative_1")
    assert list(row)[:3] == ["study_id", "comparison", "outcome"]


def test_an_outcome_of_a_long_table_is_of_the_kind_that_its_rows_fill(tmp_path):
    text = "Study,Outcome,Events,N,HR,95% CI\nA,ORR,3,10,,\nA,OS,,,0.7,0.5-0.9\n"
    _, folder = made(tmp_path, text + "B,ORR,4,10,,\nB,OS,,,0.8,0.6-1.0\n")
    assert values(folder, "orr") == [("A", 3, 10), ("B", 4, 10)]
    assert [row["estimate"] for row in sheet(folder, "comparative_1")] == ["0.7", "0.8"]
    (tmp_path / "time").mkdir()
    text = "Study,Outcome,Events,Total,Median months\nA,ORR,13,26,\nA,Response time,,,8.8\n"
    _, folder = made(tmp_path / "time", text)
    assert values(folder, "orr") == [("A", 13, 26)]
    assert [row["value_months"] for row in sheet(folder, "durations_1")] == ["8.8"]


def test_n_that_is_another_number_of_patients_is_no_outcome(tmp_path):
    """The second number of patients of examples/checkpoint-inhibitor-harms is called N."""
    text = "Study,N,No. of treated patients,Deaths\nA,33,6,1\nB,30,20,2\n"
    told, folder = made(tmp_path, text)
    assert {row["outcome"] for row in sheet(folder, "outcomes_1")} == {"deaths"}
    assert "left out, columns: N" in told


def test_one_row_with_the_counts_of_another_is_no_sum(tmp_path):
    text = "Study,Outcome,Events,Total\nA,ORR,1,9\nA,CR,2,9\nB,ORR,1,9\nB,CR,2,9\n"
    told, _ = made(tmp_path, text)
    assert not any("looks like a sum" in line for line in told)


@pytest.mark.parametrize("header", ["n", "Events", "Cases"])
def test_percentages_do_not_hide_the_only_count(tmp_path, header):
    text = f"Study,{header},Patients,Crohn's (%)\nA,13,26,40\nB,8,20,55\n"
    told, folder = made(tmp_path, text)
    assert {row["outcome"] for row in sheet(folder, "outcomes_1")} == {"response"}
    assert any('percent: "Crohn\'s (%)"' in line for line in told)


def test_who_the_patients_are_is_no_outcome_beside_wide_outcomes_with_counts(tmp_path):
    text = "Study,N,ORR n,CR (%),Male (%),Current smokers (%)\nA,34,12,9,55,20\nB,20,8,10,60,30\n"
    _, folder = made(tmp_path, text)
    assert {row["outcome"] for row in sheet(folder, "outcomes_1")} == {"orr", "cr"}
    described = [
        (r["male_percent"], r["current_smokers_percent"]) for r in sheet(folder, "studies")
    ]
    assert described == [("55", "20"), ("60", "30")]


def test_foreign_review_wide_sheet_bladder_is_read_as_it_is(tmp_path, repository):
    """A workbook of 72 columns below two header rows: the counts that its own text column prints.

    The fourth trial has no label: it is not an arm of the row above, which has another author.
    """
    overlay = repository / "tests/cases/foreign-review/wide-sheet-bladder/overlay"
    told = make_review(tmp_path / "review", overlay / "data/raw/first/extraction.xlsx", "Bladder")
    assert values(tmp_path / "review", "cr") == [
        ("i/ves BCG + IFNα 8", 210, 467),  # 24 mo CR - 45%
        ("Bassi et al 2011", 9, 15),  # CR at completion of study - 60%
        ("i/ves gemcitabine 18", 4, 9),  # 4wk CR - 44%
        ("i/ves CG0070 10", 17, 35),  # 3mo CR - 48.6% (17/35)
        ("i/ves gemcitabine 20", 7, 18),  # 2mo CR - 7/18
        ("i/ves gemcitabine 21", 15, 30),  # 2mo CR - 15/30
        ("i/ves gemcitabine 6", 8, 40),  # 24mo CR - 19%
        ("i/ves BCG 6", 1, 40),  # 24mo CR - 3%
    ]
    assert "look at: row 6: no label; called 'Bassi et al 2011'" in told
    assert "left out, row 9 to 10: no study is named" in told
    # 0.56 below `%`, beside a cell `>=50%` that is no number, may be 0.56% or 56%
    (odd,) = [line for line in told if line.startswith("left out, row 11 to 12: failed_2")]
    assert "may be percent or proportions of 1" in odd
    (times,) = [line for line in told if "survival at fixed times" in line]
    assert "KM 3mo RFS" in times and "landmarks_1" in times
    columns = {row["study_id"]: row for row in sheet(tmp_path / "review", "studies")}
    assert columns["i/ves CG0070 10"]["agent_used2"] == "CG0070"
    assert "trial" not in columns["Bassi et al 2011"]


@pytest.mark.parametrize(
    ("header", "at_a_time"),
    [
        ("KM 12mo RFS", True),
        ("OS at 2 years (%)", True),
        ("5-year overall survival", True),
        ("PFS 6 months", True),
        ("median OS", False),
        ("OS, events", False),
        ("year", False),
        ("12mo CR", False),
        ("dose 3 mg", False),
    ],
)
def test_survival_at_a_fixed_time_by_its_name(header, at_a_time):
    assert bool(AT_A_TIME.fullmatch(plain(header))) == at_a_time

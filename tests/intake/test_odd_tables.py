"""Honest tables of other fields, set as their authors set them: read right, or a clear message."""

import pytest
from made_tables import sheet, text_file, values

from singlearm.intake.__main__ import main, make_review
from singlearm.intake.names import role_of
from singlearm.intake.numbers import Unreadable, count, decimal_sign, fraction, is_whole, number

#: Two header rows, thousands, counts beside percentages, a blank row, a footnote.
CARIES = """Prevalence of caries in schoolchildren;;;;;;
;;;Caries;;Fluorosis;
Study;Country;{total};n;%;n;%
Müller et al. 2004;Österreich;1,234;321;26.0;12;1.0
García 2009;España;2,500;1,100;44.0;NR;NR
;;;;;;
O'Neill 2011a;Éire;987;45;4.6;9;0.9
Ng 2015;中国;10,450;2,090;20.0;1,045;10.0
* NR, not reported; children aged 6 to 12;;;;;;
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("total", ["Examined", "Children"])
def test_counts_beside_percentages_below_two_header_rows(tmp_path, encoding, total):
    path = tmp_path / "caries.csv"
    path.write_bytes(CARIES.format(total=total).encode(encoding))
    told = make_review(tmp_path / "review", path)
    assert values(tmp_path / "review", "caries") == [
        ("Müller et al. 2004", 321, 1234),
        ("García 2009", 1100, 2500),
        ("O'Neill 2011a", 45, 987),
        ("Ng 2015", 2090, 10_450),
    ]
    assert [row[2] for row in values(tmp_path / "review", "fluorosis")] == [1234, 987, 10_450]
    if total == "Children":  # no usual name: the percentages say what it is
        assert any("'Children' is read as the number examined" in line for line in told)


def test_damaged_utf_16_is_told_as_other_damaged_text_is(tmp_path):
    path = tmp_path / "caries.csv"
    half = "\N{GRINNING FACE}".encode("utf-16-le")[:2]  # of a sign that takes two units
    damaged = (
        CARIES.format(total="Examined").encode("utf-16-le").replace("ü".encode("utf-16-le"), half)
    )
    path.write_bytes(b"\xff\xfe" + damaged)
    told = make_review(tmp_path / "review", path)
    assert any("no UTF-16" in line for line in told)
    assert values(tmp_path / "review", "caries")[1] == ("García 2009", 1100, 2500)


def test_n_beside_percentages_is_never_taken_for_the_total_without_evidence(tmp_path, capsys):
    rows = [["Study", "Caries n", "Caries %"], ["A", 321, "26.0"], ["B", 45, "4.6"], ["C", 7, "9"]]
    table = text_file(tmp_path / "t.csv", rows)
    assert main(["--to", str(tmp_path / "review"), "--from", str(table)]) == 1
    assert "no outcome is understood" in capsys.readouterr().err


def test_percentages_that_are_no_whole_number_are_told(tmp_path):
    rows = [["Study", "n", "%"], ["A", 321, "26.0"], ["B", 200, "4.5"], ["C", 70, "10.0"]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows))
    assert "look at: row 2: '%' of 'n' is no whole number of events" in told


#: Latin-1, arms a, b and c, events and totals in one cell, a sum, a footnote.
HEALED = """Référence;Bras;Guérison (n/N);Décès, n/N (%)
Dupré 1998;a;12/34;0/34 (0%)
;b;15/33;1/33 (3%)
;c;NR;2/35 (6%)
Élan 2001;;22/40;NR

Noël 2003;a;1,020/2,310;0.6% (14/2,310)
Noël 2003;b;30 / 45 (67%);1/45 (2%)
Total;;1099/2462;18/2497
a faible dose, b dose moyenne, c forte dose;;;
"""


def test_arms_under_one_label_in_a_french_latin_1_file(tmp_path):
    path = tmp_path / "healed.txt"
    path.write_bytes(HEALED.encode("latin-1"))
    told = make_review(tmp_path / "review", path)
    assert values(tmp_path / "review", "guerison") == [
        ("Dupré 1998, a", 12, 34),
        ("Dupré 1998, b", 15, 33),
        ("Élan 2001", 22, 40),
        ("Noël 2003, a", 1020, 2310),
        ("Noël 2003, b", 30, 45),
    ]
    assert values(tmp_path / "review", "deces")[2:4] == [
        ("Dupré 1998, c", 2, 35),
        ("Noël 2003, a", 14, 2310),
    ]
    trials = {row["study_id"]: row["trial"] for row in sheet(tmp_path / "review", "studies")}
    assert trials["Dupré 1998, c"] == "Dupré 1998"
    assert "left out, row 9: 'Total' is a sum of studies" in told
    assert "look at: the study's label is taken from the row above" in told


def test_a_label_of_author_and_year_is_carried_down_whole(tmp_path):
    rows = [["Author", "Year", "Dose", "Events", "N"], ["Gettinger", 2015, "1 mg", 3, 33]]
    rows += [["", "", "3 mg", 9, 37], ["Rizvi", 2015, "", 17, 117]]
    make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows))
    assert values(tmp_path / "review", "t") == [
        ("Gettinger 2015, 1 mg", 3, 33),
        ("Gettinger 2015, 3 mg", 9, 37),
        ("Rizvi 2015", 17, 117),
    ]


def test_german_thousands_and_decimals(tmp_path):
    text = """Studie;Jahr;Sturz;;Fraktur;;Alter
;;Ereignisse;Gesamt;Ereignisse;Gesamt;
Huber;2001;1.234;5.000;12;5.000;1.061,5
Kunz;2010;k. A.;400;7;400;58
Quelle: eigene Erhebung;;;;;;
"""
    path = tmp_path / "sturz.csv"
    path.write_bytes(text.encode("latin-1"))
    told = make_review(tmp_path / "review", path)
    assert values(tmp_path / "review", "sturz") == [("Huber 2001", 1234, 5000)]
    assert values(tmp_path / "review", "fraktur") == [
        ("Huber 2001", 12, 5000),
        ("Kunz 2010", 7, 400),
    ]
    assert [row["alter"] for row in sheet(tmp_path / "review", "studies")] == ["1061.5", "58"]
    assert "look at: a point in a whole number is read as a sign between thousands" in told


def test_person_time_with_thousands(tmp_path):
    text = """Study;Cases;Person-years;Rate per 1,000
Ahmed 2010;45;12,345;3.6
Chen 2014;120;1,024,000.5;0.1

Diaz 2016;NR;500;NR
Note: rates per 1,000 person-years;;;
"""
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    make_review(tmp_path / "review", tmp_path / "t.csv")
    read = sheet(tmp_path / "review", "rates_1")
    assert [(r["events"], r["person_time"]) for r in read] == [
        ("45", "12345"),
        ("120", "1024000.5"),
    ]


def test_two_hundred_columns(tmp_path, capsys):
    items = [f"Item {number}" for number in range(195)]
    counted = ["Number positive for anxiety", "Number screened", "Anxiety %"]
    rows = [["Author", "Year", *items, *counted]]
    rows += [
        [f"Smith{k}", 2000 + k, *["1.5"] * 195, 10 + k, "1,000", f"{1 + k / 10:.1f}%"]
        for k in range(4)
    ]
    make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows))
    assert [row[1:] for row in values(tmp_path / "review", "anxiety")] == [
        (10 + k, 1000) for k in range(4)
    ]
    without = text_file(tmp_path / "u.csv", [row[:-3] for row in rows])
    assert main(["--to", str(tmp_path / "other"), "--from", str(without)]) == 1
    said = capsys.readouterr().err
    assert "no outcome is understood" in said
    assert "and 157 more" in said


def test_count_and_percentage_in_one_cell(tmp_path):
    rows = [["Study", "No. of patients", "Response n (%)", "Death (%)"]]
    rows += [["A", "N = 34", "12 (35.3)", "3 (8.8%)"], ["B", "1,250", "500 (40.0%)", "NR"]]
    rows += [["C", "20", "7*", "4 (40%)"]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows))
    assert values(tmp_path / "review", "response") == [("A", 12, 34), ("B", 500, 1250)]
    assert values(tmp_path / "review", "death") == [("A", 3, 34), ("C", 4, 20)]
    assert "left out, row 4: response: '7*' is not a whole number" in told
    assert any("'Death (%)' is 40 where the counts are 4/20" in line for line in told)


def test_the_counts_lead_where_percentages_stand_beside_them(tmp_path):
    rows = [["Author", "Year", "Sample size (n)", "Event (n)", "Event (%)"]]
    rows += [["A", 2001, 100, 12, "12.0"], ["B", 2002, "1,100", 110, "11.9"]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows))
    assert values(tmp_path / "review", "t") == [("A 2001", 12, 100), ("B 2002", 110, 1100)]
    assert any("'Event (%)' is 11.9 where the counts are 110/1100" in line for line in told)


def test_a_header_again_on_each_page_is_no_study(tmp_path):
    head = [["Study", "Year", "ORR", "", "CR", ""], ["", "", "n/N", "%", "n/N", "%"]]
    rows = [*head, ["A", 2001, "12/34", 35.3, "1/34", 2.9], ["B", 2002, "15/33", 45.5, "NR", "NR"]]
    rows += [*head, ["C", 2003, "5/20", "25.0", "2/20", "10.0"]]
    told = make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows))
    assert values(tmp_path / "review", "orr")[2] == ("C 2003", 5, 20)
    assert values(tmp_path / "review", "cr") == [("A 2001", 1, 34), ("C 2003", 2, 20)]
    assert len(sheet(tmp_path / "review", "studies")) == 3
    assert "look at: row 5 to 6: the header again, left out" in told


def test_words_for_what_happened_are_outcomes(tmp_path):
    rows = [["Study", "N", "Deaths", "Relapses", "Mean age"], ["A", 120, 12, 30, 61]]
    rows += [["B", "1,500", "NR", 245, 58], ["Total", 1620, 12, 275, ""]]
    make_review(tmp_path / "review", text_file(tmp_path / "t.csv", rows))
    assert values(tmp_path / "review", "deaths") == [("A", 12, 120)]
    assert values(tmp_path / "review", "relapses") == [("A", 30, 120), ("B", 245, 1500)]


def test_studies_in_columns_are_told(tmp_path, capsys):
    rows = [["Item", "Smith 2010", "Jones 2012"], ["Events", 5, 7], ["Total", 20, 30]]
    table = text_file(tmp_path / "t.csv", rows)
    assert main(["--to", str(tmp_path / "review"), "--from", str(table)]) == 1
    assert "the studies seem to be the columns" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("header", "stem", "role"),
    [
        ("No. examined", "", "total"),
        ("Number of women with anaemia", "anaemia", "events"),
        ("Positive for HPV", "hpv", "events"),
        ("Prevalence of HPV", "hpv", "percent"),
        ("# (%)", "", "events"),
        ("ORR n/N (%)", "orr", "fraction"),
        ("Response % (n)", "response_percent_n", ""),
        ("No response", "no_response", ""),
        ("Deaths", "deaths", "events"),
        ("Cases (%)", "", "percent"),
        ("Positive/Total", "", "fraction"),
        ("ORR events/patients", "orr", "fraction"),
        ("Weight/size", "weight_size", ""),
        ("Événements", "", "events"),
    ],
)
def test_headers_that_say_what_is_counted(header, stem, role):
    assert role_of(header) == (stem, role)


@pytest.mark.parametrize(
    ("text", "decimal", "found"),
    [
        ("1.000", ",", 1000), ("1.000", ".", 1), ("1,250 (40%)", ".", 1250), ("1 250", "", 1250),
        ("1'250", "", 1250), ("1e+05", "", 100_000), ("n=1,234", "", 1234), ("12 [35%]", "", 12),
        ("keine Angabe", "", None),
    ],
)  # fmt: skip
def test_counts(text, decimal, found):
    assert count(text, decimal) == found


@pytest.mark.parametrize(
    ("text", "decimal", "said"),
    [
        ("1.000", "", "may be 1 or 1000"),
        ("2.500", ".", "stands before decimals"),
        ("1,200", ",", "stands before decimals"),
        ("12 (3-15)", "", "not a whole number"),
        ("35.3 (12)", ".", "not a whole number"),
        ("<5", "", "not a whole number"),
    ],
)
def test_a_count_that_may_be_another_is_not_guessed(text, decimal, said):
    with pytest.raises(Unreadable, match=said):
        count(text, decimal)


@pytest.mark.parametrize(
    ("text", "decimal", "found"),
    [
        ("12,345", ".", 12_345), ("12.345", ".", 12.345), ("12.345", ",", 12_345),
        ("0,123", ",", 0.123), ("1.234,5", ",", 1234.5), ("1 234.5", ".", 1234.5),
        ("-.5", "", -0.5),
    ],
)  # fmt: skip
def test_numbers(text, decimal, found):
    assert number(text, decimal) == found


@pytest.mark.parametrize(
    ("text", "decimal"), [("12,345", ""), ("12.345", ""), ("0,123", "."), ("1,234.5", ",")]
)
def test_a_number_that_may_be_another_is_not_guessed(text, decimal):
    with pytest.raises(Unreadable):
        number(text, decimal)


def test_fractions_signs_and_whole_numbers():
    assert fraction("12 out of 34, 35%") == fraction("35% (12/34)") == (12, 34)
    assert fraction("NR/34") is None
    with pytest.raises(Unreadable, match="not written as events/total"):
        fraction("1/2/3")
    assert decimal_sign(["1,234.5", "x"]) == "."
    assert decimal_sign(["0.0412345"]) == "."
    assert is_whole("0.26", 30, ".", 1) is False
    assert is_whole("12,5", 32, ",") is True

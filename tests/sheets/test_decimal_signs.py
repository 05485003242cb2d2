"""Points and commas in numbers where semicolons part the cells: read by the file, or told."""

import pytest
from small import small

OUTCOMES = {"inf": {"kind": "rate"}}


def read(folder, *times, sign=";"):
    """The person-times as read, and what was told of them."""
    rows = [f"S{n};inf;5;{time};person-years" for n, time in enumerate(times)]
    text = "\n".join(["study_id;outcome;events;person_time;unit", *rows, ""])
    studies = "study_id\n" + "".join(f"S{n}\n" for n in range(len(times)))
    files = {"rates_1.csv": text.replace(";", sign)}
    reading = small(folder, studies, "", files=files, outcomes=OUTCOMES)
    rules = ("decimal_comma", "thousands_point", "thousands", "not_a_number")
    told = [(p.severity, p.rule, p.row) for p in reading.problems if p.rule in rules]
    return [cell.values["person_time"] for cell in reading.stack.cells.values()], told


def test_a_point_beside_decimal_commas_is_one_of_thousands(tmp_path):
    values, told = read(tmp_path, "1.234", "812,5", "1.234.567", "2.000,25", "7")
    assert values == [1234, 812.5, 1234567, 2000.25, 7]
    assert told == [("warning", "decimal_comma", 3), ("warning", "thousands_point", 2)]


def test_two_points_are_of_thousands(tmp_path):
    assert read(tmp_path, "1.234", "1.234.567") == (
        [1234, 1234567],
        [("warning", "thousands_point", 2)],
    )


def test_points_of_both_kinds_beside_decimal_commas_are_refused(tmp_path):
    _, told = read(tmp_path, "1.234", "812,5", "3.75")
    assert ("error", "thousands_point", 2) in told


@pytest.mark.parametrize("other", ["3.75", "0.512", "12.3456"])
def test_other_points_say_that_it_is_a_decimal(tmp_path, other):
    assert read(tmp_path, "1.234", other) == ([1.234, float(other)], [])


def test_where_nothing_says_what_it_is_it_is_told(tmp_path):
    values, told = read(tmp_path, "1.234", "2.345", "7")
    assert values == [1.234, 2.345, 7] and told == [("warning", "thousands_point", 2)]


def test_counts_are_read_by_the_same_signs(tmp_path):
    outcomes = "study_id;outcome;events;total\nA;orr;5;1.234\nB;orr;4;10\nA;crs;1;12\n"
    found = small(tmp_path, "study_id\nA\nB\n", outcomes)
    (problem,) = found.errors  # nothing says what it is
    assert (problem.rule, problem.hint) == ("fractional", "write 1234 if it is a thousand")
    rates = "study_id;outcome;events;person_time;unit\nA;inf;1.005;1.812,5;person-years\n"
    found = small(tmp_path / "2", "study_id\nA\n", "", files={"rates_1.csv": rates},
                  outcomes=OUTCOMES)  # fmt: skip
    (cell,) = found.stack.cells.values()
    assert (cell.values["events"], cell.values["person_time"]) == (1005, 1812.5)

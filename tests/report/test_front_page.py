"""Every key outcome on the report's front page, read a second time from the tables alone."""

import pytest
import yaml
from front_page import faults, group_faults, read_page, read_rows

import write_report

TABLES = ("pooled", "times", "ratios", "certainty")


def test_every_key_outcome_of_the_flagship_prints_what_its_tables_have(repository, flagship):
    protocol = yaml.safe_load((repository / "config/config.yaml").read_text(encoding="utf-8"))
    tables = {
        name: read_rows(flagship / ("clean" if name == "certainty" else "") / f"{name}.csv")
        for name in TABLES
    }
    report, primary = flagship / "report.html", protocol["models"]["primary"]
    assert set(read_page(report)) == set(protocol["key_outcomes"])
    assert list(faults(report, protocol, primary, tables)) == []
    groups = (read_rows(flagship / f"{name}.csv") for name in ("subgroups", "group_results"))
    assert list(group_faults(report, protocol, primary, *groups)) == []


@pytest.fixture(scope="module")
def written(make_invented, tmp_path_factory):
    """The invented review with all its outcomes as key ones: report, protocol, folder of tables."""
    made = make_invented()
    made.protocol |= {"key_outcomes": list(made.protocol["outcomes"]), "front_groups": ["lamp"]}
    folder = tmp_path_factory.mktemp("front")
    inputs, outputs, params = made.write(folder)
    write_report.run(inputs, outputs, params)
    return folder / "report.html", made.protocol, folder


def found(written, outcome="", column="", value="") -> list[str]:
    """What the reader says, with one number of the tables changed."""
    report, protocol, folder = written
    tables = {name: read_rows(folder / f"{name}.csv") for name in TABLES}
    changed = [
        row
        for rows in tables.values()
        for row in rows
        if row["outcome"] == outcome and column in row
    ]
    for row in changed:
        row[column] = value
    return list(faults(report, protocol, "glmm", tables))


def test_the_reader_agrees_with_the_page(written):
    assert len(read_page(written[0])) == 5
    assert found(written) == []


@pytest.mark.parametrize(
    ("outcome", "column", "value", "told"),
    [
        ("lifted", "marginal", "0.7551", "lifted: result is '74 of 100; 95% CI 63 to 84'"),
        ("lifted", "marginal_high", "0.8451", "lifted: result is"),
        ("lifted", "pi_low", "0.3849", "lifted: expected is '39 to 94 of 100'"),
        ("lifted", "total", "174", "lifted: counts is '173 (6 studies)'"),
        ("lifted", "k", "7", "lifted: counts is"),
        ("lifted", "judgement", "high", "lifted: certainty is 'low', the sheet has 'high'"),
        ("burns", "ci_high", "", "burns: result is '0 of 100; 95% CI 0 to 11"),
        ("median_gloom", "estimate_months", "8.69", "median_gloom: result is '8.8 months"),
        ("median_gloom", "ci_low", "5.31", "median_gloom: result is"),
        ("gloom", "estimate", "0.4849", "gloom: result is 'HR 0.49 (95% CI 0.38 to 0.65)"),
        ("gloom", "method", "bayes", "gloom: 'HR 0.49 (95% CI 0.38 to 0.65) [c]' is by bayes"),
        ("gloom", "n", "600", "gloom: counts is '1 study'"),
        ("headache", "k", "0", "the page has"),
    ],
)
def test_the_reader_finds_a_number_that_differs(written, outcome, column, value, told):
    first, *_ = found(written, outcome, column, value)
    assert first.startswith(told)


def test_the_reader_of_groups_agrees_and_finds_what_differs(written):
    report, protocol, folder = written
    rows = read_rows(folder / "subgroups.csv")
    assert list(group_faults(report, protocol, "glmm", rows, [])) == []
    desk = [row for row in rows if row["level"] == "desk"]
    for row in desk:
        row["events"] = "80"
    (told,) = group_faults(report, protocol, "glmm", rows, [])
    assert told.startswith("lamp, ('desk', 'lifted'): '76.8 [62.1, 86.1]; 4 studies, 81/104'")
    for row in desk:
        row["k"] = "0"
    (told,) = group_faults(report, protocol, "glmm", rows, [])
    assert told.startswith("lamp: only the page or only the table has [('ceiling', 'lifted'), (")

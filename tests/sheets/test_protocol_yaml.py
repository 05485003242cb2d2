"""What YAML reads otherwise than its writer meant is told with its line and the right remedy."""

import pytest
from test_protocol import MINIMAL, SCHEMA, faults

from singlearm.sheets.protocol_file import schema_faults
from singlearm.sheets.protocol_yaml import file_faults

BASE = "review: {name: a, title: t}\noutcomes: {orr: {}}\n"


def of(folder, text):
    """The faults of a protocol of this text."""
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return [fault.removeprefix(f"{path}, ") for fault in faults(path)]


@pytest.mark.parametrize("more, told", [
    ("versions: {'1': {released: 2022-02-30}}", "line 3: 2022-02-30 is no day of the calendar"),
    ("x: &a [*a]", "line 3: an alias (*) stands within what it names; write it out"),
    ("x: {{title}}", "line 3: a key is a text, no list and no mapping; put it in quotes"),
    ("not_analysed: [!foo x]", "line 3: the tag !foo means nothing here; put the text in quotes"),
    ("gosh: {draws: .nan}", 'line 3: .nan is no number; write one, or ".nan" in quotes'),
    ("subgroups: {g: {from: x, where: {yes: 1}}}", 'line 3: the key yes is read as True; put it '
     'in quotes, "yes"'),
    ("studies: {labels: {1.10: x}}", 'line 3: the key 1.10 is read as 1.1; put it in quotes'),
    ("subgroups: {g: {from: x, levels: [yes, 'no']}}", "line 3: subgroups > g > levels > 0: yes "
     'is not a text, perhaps in quotes: "yes"'),
    ("subgroups: {g: {from: x, versions: [1.10]}}", "line 3: subgroups > g > versions > 0: 1.10 "
     'is not a text, perhaps in quotes: "1.10"'),
    ("headline:", "line 3: headline: "),
])  # fmt: skip
def test_slips_with_their_line(tmp_path, more, told):
    found = of(tmp_path, BASE + more + "\n")
    assert len(found) == 1 and found[0].startswith(told), found


def test_an_empty_text(tmp_path):
    found = of(tmp_path, "review:\n  name: a\n  title:\noutcomes: {orr: {}}\n")
    assert found == ["line 3: review > title: is empty; write a text"]


def test_nothing_is_said_of_aliases_merges_and_plain_keys(tmp_path):
    text = BASE + "models:\n  primary: a\n  a: &a {likelihood: normal, measure: PLO, tau2: DL, "
    text += "ci: hk}\n  b: {<<: *a, ci: t}\nstudies: {labels: {year: Jahr}}\n"
    assert of(tmp_path, text) == []


def test_brackets_without_end(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("x: " + "[" * 5000 + "]" * 5000, encoding="utf-8")
    assert "brackets" in file_faults(path)[0]


def test_numbers_that_are_none_from_the_command_line():
    for outcome in ({"threshold": float("nan")}, {"null_value": float("inf")}):
        found = schema_faults(MINIMAL | {"outcomes": {"infection": outcome}}, SCHEMA)
        assert any("is no number" in fault for fault in found)


def test_the_line_is_that_of_the_file_that_gives_the_value(tmp_path):
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text(BASE, encoding="utf-8")
    second.write_text("\n\nheadline: 1\n", encoding="utf-8")
    found = schema_faults(MINIMAL | {"headline": 1}, SCHEMA, [first, second])
    assert any(fault.startswith("line 3: headline: ") for fault in found), found
    found = schema_faults(MINIMAL | {"headline": 2}, SCHEMA, [first, second])
    assert any(fault.startswith("headline: ") for fault in found), found

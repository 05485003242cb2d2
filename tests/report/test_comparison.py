"""Two trees of results: byte for byte on one processor, to 1e-9 and the same words on another."""

import io
import json
import zipfile

import pytest

from singlearm.report.comparison import byte_faults, value_faults, verdict

RECORD = "results/1/provenance.json"


def record(features, **packages):
    environment = {"cpu_features": features, "packages": packages or {"numpy": "2"}}
    return json.dumps({"environment": environment}).encode()


def packed(text):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as book:
        book.writestr("sheet1.xml", text)
    return content.getvalue()


def tree(features, **files):
    return {RECORD: record(features)} | {name.replace("_", "."): f for name, f in files.items()}


def test_the_same_processor_asks_for_the_same_bytes():
    first, second = tree(["AVX2"], a_csv=b"0.5"), tree(["AVX2"], a_csv=b"0.50000000000000001")
    how, faults = verdict(first, second, RECORD)
    assert how.startswith("byte for byte")
    assert faults == ["a.csv: other bytes"]
    assert verdict(first, first, RECORD)[1] == []


def test_another_processor_asks_for_the_same_values():
    first = tree(["AVX2"], a_csv=b"x,0.5,1e-3", f_png=b"1")
    second = tree([], a_csv=b"x,0.50000000000000011,0.001", f_png=b"2")
    how, faults = verdict(first, second, RECORD)
    assert how.startswith("numbers within 1e-9")
    assert "1 PDF and PNG files" in how
    assert faults == []


@pytest.mark.parametrize(
    ("name", "first", "second", "same"),
    [
        ("a.csv", "x,0.5", "x,0.500000001", False),
        ("a.csv", "x,0.5", "x,0.5000000001", True),
        ("a.csv", "x,0", "x,1e-13", True),
        ("a.csv", "x,0", "x,1e-11", False),
        ("a.csv", "x,0.5", "y,0.5", False),
        ("a.csv", "x,0.5", "x,0.5,0.5", False),
        ("a.csv", "x,true", "x,false", False),
        ("a.csv", "2021", "2022", False),
        ("f.svg", '<g id="p1"/><path d="M 1.000001"/>', '<g id="q"/><path d="M 1.000002"/>', True),
        ("f.svg", '<path d="M 1.0001"/>', '<path d="M 1.0002"/>', False),
        ("f.svg", "<text>88.9%</text>", "<text>88.8%</text>", False),
    ],
)
def test_values_and_words_are_held_against_each_other(name, first, second, same):
    faults = value_faults({name: first.encode()}, {name: second.encode()})
    assert faults == ([] if same else [f"{name}: other values"])


def test_parts_of_workbooks_are_compared():
    files = [{"t.xlsx": packed(f"<v>{value}</v>")} for value in ("0.5", "0.50000000000001", "0.6")]
    assert value_faults(files[0], files[1]) == []
    assert value_faults(files[0], files[2]) == ["t.xlsx, sheet1.xml: other values"]


@pytest.mark.parametrize("compare", [byte_faults, value_faults])
def test_files_missing_or_too_many_are_named(compare):
    faults = compare({"a.csv": b"1", "b.csv": b"1"}, {"b.csv": b"1", "c.csv": b"1"})
    assert faults == ["a.csv: is missing", "c.csv: is not expected"]


def test_other_packages_are_told_where_something_differs():
    first = tree(["AVX2"], a_csv=b"1")
    second = tree(["AVX2"], a_csv=b"2") | {RECORD: record(["AVX2"], numpy="3")}
    _, faults = verdict(first, second, RECORD)
    assert "note: numpy is 3 here, 2 in the record" in faults

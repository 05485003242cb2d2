"""Two trees of results: byte for byte, else to 1e-9 and the same words but for versions."""

import hashlib
import io
import json
import zipfile

import pytest

from singlearm.report.comparison import record_faults, value_faults, verdict

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


def test_the_same_bytes_need_no_words():
    tree_ = tree(["AVX2"], a_csv=b"0.5")
    assert verdict(tree_, tree_, RECORD) == ("byte for byte", [])


def test_other_bytes_with_the_same_values_are_told_with_the_reason():
    first = tree(["AVX2"], a_csv=b"x,0.5,1e-3", f_png=b"1")
    second = tree([], a_csv=b"x,0.50000000000000011,0.001", f_png=b"2")
    how, faults = verdict(first, second, RECORD)
    assert faults == []
    assert how.startswith("numbers within 1e-9 and the same words; 3 files differ in bytes")
    assert "1 of them PDF or PNG" in how
    assert "the processor features are not those of the record" in how


def test_every_file_is_named_but_the_side_files_of_steps():
    names = [f"{n}_csv" for n in range(9)]
    first = tree([], **dict.fromkeys(names, b"0.5"))
    second = tree(["AVX2"], **dict.fromkeys(names, b"0.50000000000000001"))
    for place in ("pool", "draw"):
        first[f"results/1/provenance/{place}.json"] = b'{"python": "3.11.2"}'
        second[f"results/1/provenance/{place}.json"] = b'{"python": "3.12.1"}'
    how, _ = verdict(first, second, RECORD)
    named = ", ".join(f"{n}.csv" for n in range(9))
    assert f"12 files differ in bytes: {named}, {RECORD} and 2 side files of steps; " in how


def test_another_library_of_mathematics_is_told_where_nothing_else_differs():
    first, second = tree(["AVX2"], a_csv=b"0.5"), tree(["AVX2"], a_csv=b"0.50000000000000001")
    how, faults = verdict(first, second, RECORD)
    assert faults == []
    assert "1 files differ in bytes: a.csv; the library of mathematics" in how


def test_verify_elsewhere_versions_are_no_words_of_a_page():
    """Another patch release of Python: its version stands in the record and on the page."""
    trees = []
    for python in ("3.11.2", "3.12.10"):
        environment = {"cpu_features": [], "packages": {"numpy": "2.4.1"}, "python": python}
        side = {"rule": "pool", "python": python, "inputs": {"a.csv": "1"}, "facts_sha256": python}
        side["artifacts"] = {"results/1/report.html": python}
        trees.append(
            {
                RECORD: json.dumps({"environment": environment}).encode(),
                "results/1/provenance/pool.json": json.dumps(side).encode(),
                "results/1/report.html": f"<dd>numpy 2.4.1, Python {python}</dd> 88.9%".encode(),
            }
        )
    how, faults = verdict(*trees, RECORD)
    assert faults == []
    assert "Python is 3.12.10 here, 3.11.2 in the record" in how
    page = trees[1]["results/1/report.html"]
    trees[1]["results/1/report.html"] = page.replace(b"88.9", b"88.8")
    _, faults = verdict(*trees, RECORD)
    assert faults[0] == "results/1/report.html: other values"
    side = trees[1]["results/1/provenance/pool.json"]
    trees[1]["results/1/provenance/pool.json"] = side.replace(b'"a.csv": "1"', b'"a.csv": "2"')
    _, faults = verdict(*trees, RECORD)
    assert "results/1/provenance/pool.json: other values" in faults


def test_an_artifact_that_is_not_the_one_of_its_record_is_named():
    content = {"a.pdf": b"1"}
    facts = {"artifacts": {"a.pdf": {"sha256": hashlib.sha256(b"1").hexdigest()}}}
    files = content | {RECORD: json.dumps(facts).encode()}
    assert record_faults(files, RECORD) == []
    assert record_faults(files | {"a.pdf": b"2"}, RECORD) == [
        "a.pdf: is not the file of its record"
    ]


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


def test_files_missing_or_too_many_are_named():
    faults = value_faults({"a.csv": b"1", "b.csv": b"1"}, {"b.csv": b"1", "c.csv": b"1"})
    assert faults == [
        "a.csv: is here, but the computation does not make it",
        "c.csv: is made by the computation, but is not here",
    ]


def test_other_packages_are_told_where_something_differs():
    first = tree(["AVX2"], a_csv=b"1")
    second = tree(["AVX2"], a_csv=b"2") | {RECORD: record(["AVX2"], numpy="3")}
    _, faults = verdict(first, second, RECORD)
    assert "note: numpy is 3 here, 2 in the record" in faults

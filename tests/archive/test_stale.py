"""What the clocks do not tell: an archive of other files, steps made by other packages."""

import hashlib
import json
import os
from importlib import import_module, metadata
from pathlib import Path

import pytest

import write_archive
from singlearm.archive import archive, provenance, truth
from singlearm.catalogue.json_files import json_text
from singlearm.step import StepError

FILES = {"README.md": "about\n", "data/raw/1/studies.csv": "a\n", "results/1/pooled.csv": "b\n"}


def write_files(files):
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")


def given():
    """What is packed beside results, as the workflow tells it."""
    return {name: provenance.sha256(name) for name in FILES if not name.startswith("results/")}


@pytest.fixture
def packed(tmp_path, monkeypatch):
    """An archive of the files, which lie in the working folder."""
    monkeypatch.chdir(tmp_path)
    truth.disk_sha256.cache_clear()
    write_files(FILES)
    members = {name: text.encode() for name, text in FILES.items()}
    members |= {archive.DATA_PACKAGE: b"{}", archive.METADATA: b"{}"}
    members[archive.CHECKSUMS] = archive.checksum_list(members)
    content = archive.zip_bytes(members)
    Path("a.zip").write_bytes(content)
    Path("a.zip.sha256").write_text(f"{hashlib.sha256(content).hexdigest()}  a.zip\n")
    assert truth.archive_stands(Path("a.zip"), given())
    return Path("a.zip")


@pytest.mark.parametrize("name", [*FILES, "a.zip", "a.zip.sha256"])
def test_an_archive_of_other_files_does_not_stand(packed, name):
    truth.disk_sha256.cache_clear()
    path = Path(name)
    path.write_bytes(path.read_bytes().replace(b"a", b"x").replace(b"b", b"x"))
    assert not truth.archive_stands(packed, given())


def test_an_archive_with_a_file_too_few_or_too_many_does_not_stand(packed):
    more = given() | {"LICENSE-DATA": "0" * 64}
    fewer = {name: known for name, known in given().items() if name != "README.md"}
    assert not truth.archive_stands(packed, more)
    assert not truth.archive_stands(packed, fewer)
    packed.with_name("a.zip.sha256").unlink()
    assert not truth.archive_stands(packed, given())


def test_names_that_no_archive_can_hold_are_not_packed():
    """A sheet `a:b.csv` was packed, and the archive could never be verified."""
    write_archive.refuse_unsafe({"data/raw/1/a.csv": b""})
    with pytest.raises(StepError, match=r"these names, .*: data/raw/1/a:b\.csv, x\\y\. Rename"):
        write_archive.refuse_unsafe({"data/raw/1/a:b.csv": b"", "x\\y": b"", "z": b""})


def side_file(path, **changed):
    """The record of a step without inputs and artifacts, as it is written."""
    facts = {
        "rule": path.stem,
        "wildcards": {},
        "script": {},
        "inputs": {},
        "library": {},
        "params": {},
        "packages": {"numpy": metadata.version("numpy")},
        "python": provenance.PYTHON,
        "artifacts": {},
    } | changed
    known = provenance.facts_sha256(json_text(facts | {"facts_sha256": ""}))
    path.write_text(json_text(facts | {"facts_sha256": known}), encoding="utf-8")
    return facts


def step_now():
    return truth.Step((), frozenset(), frozenset(), {}, {}, {})


OTHER = [
    ({}, None),
    ({"packages": {"numpy": "1.0"}}, "numpy"),
    ({"python": "3.0.1"}, "Python"),
    ({"packages": {"no-such-package": "2"}}, "no-such-package"),
]


@pytest.mark.parametrize(("changed", "what"), OTHER)
def test_a_step_of_another_python_or_package_is_stale(tmp_path, changed, what):
    side = tmp_path / "pool.json"
    facts = side_file(side, **changed)
    found = truth.findings({str(side): step_now})
    assert [(finding.state, finding.what) for finding in found] == (
        [(truth.STALE, what)] if what else []
    )
    if what:
        then = facts["packages"].get(what, facts["python"])
        assert f"  stale: {what} (made with {then}, and here is " in truth.report("1", found)[1]
    # where each step has an environment of its own, this interpreter says nothing about it
    assert truth.findings({str(side): step_now}, same_packages=False) == []


@pytest.mark.parametrize(("changed", "what"), OTHER)
def test_one_record_names_one_environment(tmp_path, changed, what):
    """The record said of every artifact what was true of those made last."""
    side, lock = tmp_path / "pool.json", tmp_path / "lock"
    lock.write_text("")
    facts = side_file(side, script={"a.py": "0"}, artifacts={}, **changed)
    if not what:
        record = provenance.record("1", [side], lock)
        assert record["environment"]["packages"]["numpy"] == facts["packages"]["numpy"]
        return
    with pytest.raises(provenance.MixedStates, match=f"pool: made with {what} "):
        provenance.record("1", [side], lock)


def test_a_package_that_calls_itself_otherwise_is_no_other_one(monkeypatch):
    """Steps record what a package says of itself; where that is not the installed one's name,
    results would be stale for ever.
    """
    monkeypatch.setattr(import_module("numpy"), "__version__", "2+local")
    provenance._of_module.cache_clear()
    try:
        facts = {"python": provenance.PYTHON, "packages": {"numpy": "2+local"}}
        assert provenance.other_versions(facts) == []
        assert json.dumps(facts)
    finally:
        provenance._of_module.cache_clear()


SIDES = ("clean.json", "pool.json")
BEGAN = 1_000_000


@pytest.fixture
def steps(tmp_path, monkeypatch):
    """Two true steps, the second of which reads what the first made; all dated before the plan."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "sheet.csv", "cells.csv", "pooled.csv"):
        Path(name).write_text(name, encoding="utf-8")
    reads, makes = ({"sheet.csv": ""}, {"cells.csv": ""}), ({"cells.csv": ""}, {"pooled.csv": ""})
    for side, inputs, artifacts in zip(SIDES, reads, makes, strict=True):
        side_file(Path(side), script={"a.py": ""}, inputs=inputs, artifacts=artifacts)
    for path in tmp_path.iterdir():
        date(path.name, BEGAN - 100)
    date("sheet.csv", BEGAN - 50)


def date(name, moment):
    os.utime(name, (moment, moment), follow_symlinks=False)


def current():
    return [truth.looks_current(side, truth.read_facts(side)) for side in SIDES]


@pytest.mark.usefixtures("steps")
def test_true_steps_are_dated_in_order():
    assert current() == [False, False]  # outputs must be newer than their script
    truth.date_in_order(SIDES, BEGAN)
    assert current() == [True, True]
    assert Path("sheet.csv").stat().st_mtime == BEGAN - 50


@pytest.mark.usefixtures("steps")
def test_what_another_run_writes_during_the_comparison_stays_newer():
    """A plan beside a run once dated the old result past the cells that the run had just written,
    and the run, looking again behind the gate, took the result for one of these cells.
    """
    date("cells.csv", BEGAN + 1)
    truth.date_in_order(SIDES[1:], BEGAN)
    assert Path("pooled.csv").stat().st_mtime == BEGAN
    assert current()[1] is False
    truth.date_in_order(SIDES, BEGAN)
    assert Path("cells.csv").stat().st_mtime == BEGAN + 1


@pytest.mark.usefixtures("steps")
def test_a_linked_result_is_dated_and_not_what_it_links_to():
    """As where results are kept in a store: the manager goes by the time of the link."""
    for name in ("cells.csv", "pooled.csv"):
        stored = Path(f"{name}.stored")
        Path(name).rename(stored)
        Path(name).symlink_to(stored)
        date(name, BEGAN - 100)
    truth.date_in_order(SIDES, BEGAN)
    assert current() == [True, True]
    assert Path("pooled.csv").stat().st_mtime == BEGAN - 100


@pytest.mark.usefixtures("steps")
def test_a_step_whose_files_are_gone_does_not_look_current():
    truth.date_in_order(SIDES, BEGAN)
    Path("pooled.csv").unlink()
    assert current() == [True, False]
    truth.date_in_order(SIDES, BEGAN + 1)  # nothing to date where nothing is
    assert current() == [True, False]

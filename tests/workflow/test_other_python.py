"""Results of this Python, verified by another release of it.

A release on this machine is found: one of our minor release, which can read our packages, in every
suite; in the long one another minor release, for which `envs/requirements.lock` is installed. Or
OTHER_PYTHON names an interpreter that has the lock:

    OTHER_PYTHON=/elsewhere/bin/python pytest tests/workflow/test_other_python.py
"""

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import other_python
import pytest
from houses import ARCHIVE, other_processor

import verify_results
from singlearm.step import StepError

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


@pytest.fixture(scope="module")
def other(repository, tmp_path_factory):
    """Another interpreter with the packages of the lock, and its release."""
    named = os.environ.get("OTHER_PYTHON")
    if named:
        return named, other_python.release_of(Path(named))
    found = list(other_python.others().items())
    if not LONG:
        found = [(path, release) for path, release in found if release[:2] == sys.version_info[:2]]
    for path, release in reversed(found):
        folder = tmp_path_factory.mktemp("other") / "venv"
        lock = repository / "envs/requirements.lock"
        python = other_python.with_packages(path, release, folder, lock)
        if python:
            return str(python), release
    pytest.skip("no other release of Python here")


def change_a_digit(house):
    """Another last digit of one pooled number."""
    table = house.root / "results/1/pooled.csv"
    text = table.read_text(encoding="utf-8")
    number = re.search(r"0\.\d{8}", text).group()
    changed = number[:-1] + ("1" if number[-1] == "0" else "0")
    table.write_text(text.replace(number, changed, 1), encoding="utf-8")


REFUSED = ("results/1 does not verify", "results/1/pooled.csv: other values")


def test_another_python_verifies_an_archive_and_says_what_differs(archived, other):
    python, release = other
    there, here = (".".join(map(str, parts[:3])) for parts in (release, sys.version_info))
    assert there != here
    done = archived.snakemake("verify", "--config", f"verify={ARCHIVE}", python=[python])
    assert done.returncode == 0, done.stdout
    told = re.search(r"results/1: \d+ files verified, (.*)", done.stdout).group(1)
    assert told.startswith("numbers within 1e-9 and the same words"), told
    assert f"Python is {there} here, {here} in the record" in told, told
    assert "results/1/provenance.json" in told, told
    assert " more" not in told, told


@pytest.mark.skipif(not LONG and "OTHER_PYTHON" not in os.environ, reason="a long suite")
def test_another_python_refuses_one_changed_digit(house, other):
    change_a_digit(house)
    done = house.snakemake("verify", python=[other[0]])
    assert done.returncode != 0
    assert all(words in done.stdout for words in REFUSED)


def has_fma():
    """Whether this processor has what the other one lacks, and its C library chooses by it."""
    info = Path("/proc/cpuinfo")
    known = platform.libc_ver()[0] == "glibc" and info.is_file()
    return known and re.search(r"^flags\b.*\bfma\b", info.read_text(), re.MULTILINE) is not None


@pytest.mark.skipif(not has_fma(), reason="nothing to leave out here")
def test_the_other_processor_has_other_last_digits_in_the_c_library():
    code = "import math; print([math.exp(x / 99) for x in range(2000)])"

    def printed(environment):
        command = [sys.executable, "-c", code]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    name = "GLIBC_TUNABLES"
    without = {k: v for k, v in os.environ.items() if k != name}
    tunables = {name: other_processor()[name]}
    here, there = (
        json.loads(printed(environment).stdout) for environment in (without, without | tunables)
    )
    assert here != there
    assert here == pytest.approx(there, rel=1e-15)


@pytest.fixture(scope="module")
def elsewhere(empty_house, tmp_path_factory):
    """Where the review was computed on another processor."""
    house = empty_house.copy_to(tmp_path_factory.mktemp("elsewhere") / "review")
    house.build(**other_processor())
    return house.root


def compared(house, elsewhere):
    """What `verify` says when that was computed in place of these results."""
    there = verify_results.files_of(house.root, house.root / "results/1")
    return verify_results.compare("1", there, elsewhere, "")


def test_on_another_processor_the_last_digits_may_differ(run_house, elsewhere):
    told = compared(run_house, elsewhere)
    assert re.search(r"results/1: \d+ files verified, numbers within 1e-9", told)
    assert "the processor features are not those of the record" in told


def test_another_processor_refuses_one_changed_digit(house, elsewhere):
    """Where other last digits are allowed, the eighth one is not."""
    change_a_digit(house)
    with pytest.raises(StepError) as refused:
        compared(house, elsewhere)
    assert all(words in str(refused.value) for words in REFUSED)

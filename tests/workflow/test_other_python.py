"""Results of this Python, verified by another release of it.

OTHER_PYTHON names an interpreter that has `envs/requirements.lock`:

    python3.12 -m venv /elsewhere && /elsewhere/bin/python -m pip install --require-hashes \
        -r envs/requirements.lock
    OTHER_PYTHON=/elsewhere/bin/python pytest tests/workflow/test_other_python.py
"""

import os
import re
import subprocess
import sys

import pytest

OTHER = os.environ.get("OTHER_PYTHON")
ARCHIVE = "results/archive/five-studies-1.zip"

pytestmark = pytest.mark.skipif(not OTHER, reason="OTHER_PYTHON names no other interpreter")


def verify(house, *arguments):
    """`verify`, run by the other interpreter."""
    return house.snakemake("verify", *arguments, python=[OTHER])


def test_another_python_verifies_an_archive_and_says_what_differs(house):
    release = subprocess.run(
        [OTHER, "-c", "import platform; print(platform.python_version())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    here = "{}.{}.{}".format(*sys.version_info)
    assert release != here
    house.build("archive")
    done = verify(house, "--config", f"verify={ARCHIVE}")
    assert done.returncode == 0, done.stdout
    told = re.search(r"results/1: \d+ files verified, (.*)", done.stdout).group(1)
    assert told.startswith("numbers within 1e-9 and the same words"), told
    assert f"Python is {release} here, {here} in the record" in told, told
    assert "results/1/provenance.json" in told, told
    assert " more" not in told, told


def test_another_python_refuses_one_changed_digit(house):
    """By its value, not only by the hash in the record."""
    table = house.root / "results/1/pooled.csv"
    text = table.read_text(encoding="utf-8")
    number = re.search(r"0\.\d{8}", text).group()
    changed = number[:-1] + ("1" if number[-1] == "0" else "0")
    table.write_text(text.replace(number, changed, 1), encoding="utf-8")
    done = verify(house)
    assert done.returncode != 0
    assert "results/1 does not verify" in done.stdout
    assert "results/1/pooled.csv: other values" in done.stdout

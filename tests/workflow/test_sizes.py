"""Reviews of many studies, whole: memory is bounded, and the report says what is a sample."""

import os
import random
import subprocess
import sys

import pytest
from test_review_cases import words_of

from singlearm.catalogue.tables import read_table

PROTOCOL = "review: {name: many, title: Many studies}\noutcomes: {orr: {label: Response}}\n"


def many(house, k, more=""):
    """A review of so many invented studies that differ."""
    chance = random.Random(k)
    studies, rows = [], []
    for number in range(k):
        study = f"Study {number + 1}"
        total = chance.randint(8, 200)
        share = chance.betavariate(6, 6)
        events = sum(chance.random() < share for _ in range(total))
        studies.append({"study_id": study, "year": 2000 + number % 25})
        rows.append({"study_id": study, "outcome": "orr", "events": events, "total": total})
    house.with_core_columns(studies, rows, PROTOCOL + more)


def table(house, name):
    return read_table(house.root / f"results/1/sensitivity/orr/{name}.csv", name)


def largest(house):
    """Build all; the megabytes of the largest process."""
    log = house.root / "log.txt"
    with log.open("w", encoding="utf-8") as file:
        command = [sys.executable, "-m", "snakemake", "--cores", "1"]
        run = subprocess.Popen(command, cwd=house.root, stdout=file, stderr=file)
        _, status, used = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    assert run.returncode == 0, log.read_text(encoding="utf-8")
    return used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def test_sixty_four_studies(lay):
    """More than a row of bits has room for: to the report, which says that subsets are a sample."""
    house = lay("sixty-four-studies/sixty-four")
    house.build()
    rows = table(house, "gosh_summary")
    assert {row["subsets"] for row in rows} == {2_000_000 * 63 // 64}
    said = words_of(house.root)
    assert "in 64 studies" in said
    assert "Over a sample of 1,968,750 subsets of two studies or more" in said
    assert "1406 simulated reviews of the same studies" in said


def test_five_hundred_studies_are_left_out_where_they_move_most(new_house):
    """How far the sensitivity analyses of very many studies are bounded, without the report."""
    many(new_house, 500, "calibration: false\n")
    new_house.build("results/1/sensitivity/orr/multiverse.csv")
    assert len(table(new_house, "leave_one_out")) == 300
    assert table(new_house, "calibration") == []


@pytest.mark.long  # 500 studies take a minute of processor, 2,000 several
@pytest.mark.parametrize(
    ("k", "subsets", "refits", "reviews"), [(500, "252,000", 300, 180), (2000, "63,000", 75, 100)]
)
def test_very_many_studies_whole(new_house, k, subsets, refits, reviews):
    """All defaults, to the report, within a gigabyte."""
    many(new_house, k)
    assert largest(new_house) < 1000
    said = words_of(new_house.root)
    assert f"in {k} studies" in said.replace(",", "")
    assert f"Over a sample of {subsets} subsets of two studies or more" in said
    assert f"Without one at a time of the {refits} studies that move it most" in said
    assert f"{reviews} simulated reviews of the same studies" in said
